"""How the gradient is found: a small engine, the framework's engine, and time."""

# %% two-ways
import math

from book import draw

w, x, y = 0.6, 0.5, 1.0
z = w * x
h = math.tanh(z)
e = h - y
L = e * e

dL_de = 2 * e
dL_dh = dL_de * 1
dL_dz = dL_dh * (1 - h * h)
dL_dw = dL_dz * x

values = [
    f"{name} = {value:.4f}" for name, value in {"w": w, "z": z, "h": h, "e": e, "L": L}.items()
]
found = {"w": dL_dw, "z": dL_dz, "h": dL_dh, "e": dL_de, "L": 1}
gradients = [f"(dL/d{name} = {g:.4f})" for name, g in found.items()]

operations = ["w · x", "tanh z", "h − y", "e · e"]
slopes = ["× x", "× (1 − h²)", "× 1", "× 2e"]
draw.network(
    {
        **{name: (0, i) for i, name in enumerate(values)},
        **{name: (1, i) for i, name in enumerate(gradients)},
    },
    [
        *zip(values[:-1], values[1:], operations, strict=True),
        (values[-1], gradients[-1]),
        *zip(gradients[1:], gradients[:-1], slopes, strict=True),
    ],
    title="Values are computed downward, gradients upward",
)


# %% difference
def loss(w):
    return (math.tanh(w * x) - y) ** 2


print("step        from one side   from both sides")
for step in (1.0, 0.1, 0.01, 0.001):
    one_side = (loss(w + step) - loss(w)) / step
    both_sides = (loss(w + step) - loss(w - step)) / (2 * step)
    print(f"{step:<10}  {one_side:13.4f}  {both_sides:16.4f}")
print(f"chain rule  {dL_dw:13.4f}")

# %% value
from itertools import count

clock = count()


class Value:
    def __init__(self, value, *inputs):
        self.value, self.inputs = value, inputs
        self.number = next(clock)
        self.grad = 0.0

    def __add__(self, other):
        return Value(self.value + other.value, (self, 1.0), (other, 1.0))

    def __mul__(self, other):
        return Value(self.value * other.value, (self, other.value), (other, self.value))

    def tanh(self):
        y = math.tanh(self.value)
        return Value(y, (self, 1.0 - y * y))


w, x, minus_y = Value(0.6), Value(0.5), Value(-1.0)
z = w * x
h = z.tanh()
e = h + minus_y
L = e * e
for name, each in {"z": z, "h": h, "e": e, "L": L}.items():
    print(f"{name} = {each.value:7.4f}   slopes:", *(f"{slope:.4f}" for _, slope in each.inputs))


# %% naive
def every_time(value):
    """Passes the gradient on whenever the value is reached."""
    for parent, slope in value.inputs:
        parent.grad += value.grad * slope
        every_time(parent)


def first_time(value, seen):
    """Passes the gradient on only when the value is reached first."""
    seen.add(value)
    for parent, slope in value.inputs:
        parent.grad += value.grad * slope
        if parent not in seen:
            first_time(parent, seen)


def diamond():
    x = Value(3.0)
    y = x * x
    return x, y + y


x, z = diamond()
z.grad = 1.0
every_time(z)
print("every time it is reached:", x.grad)

x, z = diamond()
z.grad = 1.0
first_time(z, set())
print("only the first time:     ", x.grad)

print("true, 4x:                ", 4 * x.value)


# %% paths
def every_path(value, g=1.0):
    """Carries a gradient along every path; returns the number of visits."""
    value.grad += g
    visits = 1
    for parent, slope in value.inputs:
        visits += every_path(parent, g * slope)
    return visits


def doubled(times):
    x = y = Value(3.0)
    for _ in range(times):
        y = y + y
    return x, y


for times in (1, 4, 16):
    x, y = doubled(times)
    visits = every_path(y)
    print(f"{times:2} sums: gradient {x.grad:7.0f}, {visits:6} visits to {times + 1} values")


# %% in-order
def ancestors(root):
    """What `root` was computed from and itself, latest first."""
    seen, waiting = {root}, [root]
    while waiting:
        for parent, _ in waiting.pop().inputs:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return sorted(seen, key=lambda each: each.number, reverse=True)


def backward(root):
    root.grad = 1.0
    for value in ancestors(root):
        for parent, slope in value.inputs:
            parent.grad += value.grad * slope


x, z = diamond()
backward(z)
print("the diamond:", x.grad)

x, y = doubled(16)
backward(y)
print(f"16 sums: gradient {x.grad:.0f}, {len(ancestors(y))} visits")


# %% long-chain
def chain(length):
    w, h = Value(0.9999), Value(1.0)
    for _ in range(length):
        h = h * w
    return w, h


w, h = chain(10_000)
try:
    every_path(h)
except RecursionError as error:
    print("recursive:", type(error).__name__)

w, h = chain(10_000)
backward(h)
print(f"by number: {w.grad:.4f}")
print(f"formula:   {10_000 * 0.9999**9_999:.4f}")

# %% node
import numpy as np


class Node:
    """One operation: where the gradient of each input goes, and the rule that finds it."""

    def __init__(self, inputs):
        self.inputs = inputs
        self.number = next(clock)


class Tensor:
    """An array, the node that computed it, and the gradient collected if there is no node."""

    inputs = ()

    def __init__(self, array, node=None):
        self.array, self.node = np.asarray(array, np.float64), node
        self.number = next(clock)
        self.grad = 0.0


def record(array, *inputs):
    return Tensor(array, Node([(tensor.node or tensor, rule) for tensor, rule in inputs]))


# %% bias
z = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
b = np.array([0.1, 0.2])
g = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
print("z + b:", (z + b).shape, " gradient of the sum:", g.shape, " of b:", b.shape)
print("gradient of b:", g.sum(axis=0))

for i in range(2):
    step = np.zeros(2)
    step[i] = 1e-3
    difference = (g * (z + b + step)).sum() - (g * (z + b - step)).sum()
    print(f"measured, b[{i}]: {difference / 2e-3:.4f}")


# %% rules
def unbroadcast(g, shape):
    """The gradient of an input of `shape` that was repeated to `g.shape`."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, length in enumerate(shape) if length == 1), keepdims=True)


def add(a, b):
    x, y = a.array, b.array
    return record(
        x + y,
        (a, lambda g: unbroadcast(g, x.shape)),
        (b, lambda g: unbroadcast(g, y.shape)),
    )


def mul(a, b):
    x, y = a.array, b.array
    return record(
        x * y,
        (a, lambda g: unbroadcast(g * y, x.shape)),
        (b, lambda g: unbroadcast(g * x, y.shape)),
    )


def matmul(a, b):
    x, y = a.array, b.array
    return record(x @ y, (a, lambda g: g @ y.T), (b, lambda g: x.T @ g))


def tanh(a):
    y = np.tanh(a.array)
    return record(y, (a, lambda g: g * (1 - y * y)))


def total(a):
    x = a.array
    return record(x.sum(), (a, lambda g: np.broadcast_to(g, x.shape)))


Tensor.__add__, Tensor.__mul__, Tensor.__matmul__ = add, mul, matmul


# %% walk
def backward(tensor):
    gradients = {tensor.node: np.ones_like(tensor.array)}
    for each in ancestors(tensor.node):
        g = gradients.pop(each)
        if isinstance(each, Tensor):
            each.grad = each.grad + g
        for source, rule in each.inputs:
            gradients[source] = gradients.get(source, 0.0) + rule(g)


x = Tensor([[3.0, 4.0]])
y = x * x
backward(total(y + y))
x.grad

# %% leaves
w = Tensor(2.0)
backward(w * Tensor(5.0))
print("after one loss, 5w:     ", w.grad)
backward(w * w)
print("after a second, w * w:  ", w.grad)

w.grad = 0.0
backward(w * Tensor(5.0) + w * w)
print("zeroed, both as one sum:", w.grad)

# %% against
import tinygrad_rnn as torch

torch.manual_seed(0)
cell = torch.nn.RNNCell(4, 2, dtype=torch.float64)
x = torch.rand(5, 3, 4, dtype=torch.float64)

h = torch.zeros(3, 2, dtype=torch.float64)
for x_t in x:
    h = cell(x_t, h)
h.square().sum().backward()

W_ih, W_hh, b_ih, b_hh = ours = [Tensor(each.detach().numpy().T) for each in cell.parameters()]
h = Tensor(np.zeros((3, 2)))
for x_t in x.numpy():
    h = tanh(Tensor(x_t) @ W_ih + b_ih + h @ W_hh + b_hh)
backward(total(h * h))

for (name, theirs), own in zip(cell.named_parameters(), ours, strict=True):
    print(
        f"{name:9}  {tuple(theirs.shape)!s:6}  same:",
        np.allclose(theirs.grad, own.grad.T, atol=1e-12),
    )

# %% grad-fn
W_hh = torch.tensor([[0.5, -0.3], [0.2, 0.4]], requires_grad=True)
b = torch.tensor([0.1, 0.2], requires_grad=True)
h0 = torch.tensor([[0.6, -0.1], [0.3, 0.8]])
h1 = (h0 @ W_hh + b).tanh()
loss = (h1 * h1).sum()

print(loss)
print(loss.grad_fn)
print(loss.grad_fn.next_functions)
print(loss.grad_fn.next_functions[0][0].next_functions)
print(W_hh.grad_fn, W_hh.is_leaf, h1.is_leaf)

# %% graph
draw.graph(loss, title="The recorded graph of one step and its loss", params={"W_hh": W_hh, "b": b})


# %% order
def nodes(tensor):
    """All operations behind a tensor, in the order in which a gradient meets them."""
    seen, waiting = {tensor.grad_fn}, [tensor.grad_fn]
    while waiting:
        for node, _ in waiting.pop().next_functions:
            if node is not None and node.name() != "AccumulateGrad" and node not in seen:
                seen.add(node)
                waiting.append(node)
    return sorted(seen, key=lambda node: node.number, reverse=True)


for node in nodes(loss):
    print(f"{node.name():14} -> {', '.join(str(to) for to, _ in node.next_functions)}")

# %% through-time
torch.manual_seed(1)
T, H = 6, 3
cell = torch.nn.RNNCell(2, H, dtype=torch.float64)
x = torch.rand(T, 1, 2, dtype=torch.float64)

h, states = torch.zeros(1, H, dtype=torch.float64), []
for x_t in x:
    h = cell(x_t, h)
    h.retain_grad()
    states.append(h)
h.sum().backward()

draw.heatmap(
    [h.grad[0].tolist() for h in states],
    title="The gradient of the last loss with respect to each hidden state",
    rows=[f"h_{t}" for t in range(1, T + 1)],
    digits=4,
)

# %% by-hand
W_hh = cell.weight_hh.detach().numpy()
dh = np.ones((1, H))
dW_hh = np.zeros((H, H))
for t in reversed(range(T)):
    print(f"dL/dh_{t + 1}  same: {np.allclose(dh, states[t].grad.numpy(), atol=1e-12)}")
    before = states[t - 1].detach().numpy() if t else np.zeros((1, H))
    dz = dh * (1 - states[t].detach().numpy() ** 2)
    dW_hh += dz.T @ before
    dh = dz @ W_hh
print(f"dL/dW_hh same: {np.allclose(dW_hh, cell.weight_hh.grad.numpy(), atol=1e-12)}")

# %% vanishing
torch.manual_seed(0)
T, H = 40, 16
matrix = torch.rand(H, H) - 0.5
W = matrix / float(abs(np.linalg.eigvals(matrix.numpy())).max())
x = torch.rand(T, 1, H) - 0.5


def gradient_norms(W, x, activation):
    """The norm of dL/dh_t for t = 1 ... T, where L is the sum of h_T."""
    h, states = torch.zeros(1, H, requires_grad=True), []
    for x_t in x:
        h = activation(x_t + h @ W.T)
        h.retain_grad()
        states.append(h)
    h.sum().backward()
    return [h.grad.norm().item() for h in states]


linear = {f"radius {r}": gradient_norms(r * W, x, torch.clone) for r in (0.5, 1.0, 1.5)}
for name, norms in linear.items():
    print(f"{name}: norm at t = 1 is {norms[0] / norms[-1]:.0e} of that at t = {T}")
draw.lines(linear, title="Gradient norms, no tanh", x="t", y="norm of dL/dh_t", start=1, log=True)

# %% saturation
curves = {}
for factor in (1e-6, 1e-3, 1.0):
    norms = gradient_norms(1.5 * W, factor * x, torch.tanh)
    print(
        f"inputs times {factor:g}: norm at t = 1 is {norms[0] / norms[-1]:.0e} of that at t = {T}"
    )
    curves[f"inputs times {factor:g}"] = norms
draw.lines(curves, title="Radius 1.5 with tanh", x="t", y="norm of dL/dh_t", start=1, log=True)

# %% clipping
W_hh = (1.5 * W).requires_grad_()
h = torch.zeros(1, H)
for x_t in x:
    h = x_t + h @ W_hh.T
h.sum().backward()
direction = W_hh.grad / W_hh.grad.norm()

norm = torch.nn.utils.clip_grad_norm_([W_hh], max_norm=1.0)
print(f"norm before: {norm.item():.0e}, after: {W_hh.grad.norm().item():.4f}")
print("same direction:", torch.allclose(W_hh.grad, direction, atol=1e-5))

# %% truncated
torch.manual_seed(70)
cell = torch.nn.RNNCell(2, 3)


def reach(cut_at=None):
    """The largest |dL/dx_t| of each of 8 steps; the state is detached before step `cut_at`."""
    x = torch.ones(8, 1, 2, requires_grad=True)
    h = torch.zeros(1, 3)
    for t, x_t in enumerate(x, start=1):
        if t == cut_at:
            h = h.detach()
        h = cell(x_t, h)
    h.sum().backward()
    return h.detach(), x.grad.abs().amax(dim=(1, 2)).tolist()


whole, reached = reach()
print("whole:   ", *(f"{g:.4f}" for g in reached))
cut, reached = reach(cut_at=5)
print("cut at 5:", *(f"{g:.4f}" for g in reached))
print("same h_T:", torch.equal(whole, cut))

# %% check
torch.manual_seed(0)
rnn = torch.nn.RNN(3, 4, num_layers=2, dtype=torch.float64)
x = torch.rand(5, 2, 3, dtype=torch.float64, requires_grad=True)
h_0 = torch.rand(2, 2, 4, dtype=torch.float64, requires_grad=True)


def loss_of_rnn():
    output, h_n = rnn(x, h_0)
    return (output * output).sum() + h_n.sum()


@torch.no_grad()
def differences(loss, p, step=1e-5):
    """The gradient of loss() with respect to `p`, measured from both sides."""
    flat, slopes = p.detach().view(-1), []
    for i, value in enumerate(flat.tolist()):
        flat[i] = value + step
        above = loss().item()
        flat[i] = value - step
        slopes.append((above - loss().item()) / (2 * step))
        flat[i] = value
    return torch.tensor(slopes, dtype=p.dtype).view(p.shape)


loss_of_rnn().backward()
for name, p in {"x": x, "h_0": h_0, **dict(rnn.named_parameters())}.items():
    error = (p.grad - differences(loss_of_rnn, p)).abs().max().item()
    print(f"{name:12}  {p.numel():2} numbers  error < 1e-8: {error < 1e-8}")

# %% fused
from tinygrad_rnn.core.graph import Joint
from tinygrad_rnn.operand import record as framework_record


def layer_derivative(g, _, x, W_ih, W_hh, before, h):
    """The gradients of all inputs of `layer`, from that of its result and what was saved."""
    dz, dh = 1 - h * h, np.zeros_like(h[0])
    for t in reversed(range(len(h))):
        dz[t] *= g[t] + dh
        dh = dz[t] @ W_hh
    dW_ih = np.einsum("tbh,tbi->hi", dz, x)
    dW_hh = np.einsum("tbh,tbk->hk", dz, before)
    return dz @ W_ih, dh, dW_ih, dW_hh, dz.sum(axis=(0, 1))


def layer(x, h_0, W_ih, W_hh, b):
    """All hidden states (T, B, H) as one operation; x is (T, B, I), h_0 is (B, H)."""
    tensors = (x, h_0, W_ih, W_hh, b)
    x, h_0, W_ih, W_hh, b = (each.detach().numpy() for each in tensors)
    states = np.empty((len(x) + 1, *h_0.shape))
    states[0] = h_0
    for t, z in enumerate(x @ W_ih.T + b):
        states[t + 1] = np.tanh(z + states[t] @ W_hh.T)
    before, h = states[:-1], states[1:]
    result = h, Joint(layer_derivative, x, W_ih, W_hh, before, h)
    return framework_record("LayerBackward", result, *tensors)


# %% fused-same
torch.manual_seed(0)
shapes = {"x": (20, 3, 4), "h_0": (3, 5), "W_ih": (5, 4), "W_hh": (5, 5), "b": (5,)}
leaves = [torch.rand(shape, dtype=torch.float64, requires_grad=True) for shape in shapes.values()]
x, h_0, W_ih, W_hh, b = leaves

h, states = h_0, []
for x_t in x.unbind():
    h = (x_t @ W_ih.T + b + h @ W_hh.T).tanh()
    states.append(h)
stepwise, fused = torch.stack(states), layer(*leaves)
print("stepwise:", len(nodes(stepwise)), "nodes")
print("fused:   ", len(nodes(fused)), "node")

stepwise.square().sum().backward()
found = [leaf.grad.clone() for leaf in leaves]
for leaf in leaves:
    leaf.grad = None
fused.square().sum().backward()
for name, leaf, g in zip(shapes, leaves, found, strict=True):
    print(f"dL/d{name:4}  same:", torch.allclose(leaf.grad, g, rtol=1e-10))

# %% layer-graph
x = torch.rand(20, 3, 4)
for fused in (True, False):
    output, _ = torch.nn.RNN(4, 5, fused=fused)(x)
    print(f"fused={fused}: nodes: {len(nodes(output))}, the last: {output.grad_fn}")

# %% file-tanh
import inspect

from tinygrad_rnn.core import graph, pointwise, recurrent


def show(*functions):
    """Prints the source of each function, below its full name."""
    for each in functions:
        print(f"# {each.__module__}.{each.__qualname__}\n{inspect.getsource(each)}\n")


show(pointwise.tanh)

# %% file-tanh-called
y, [(derivative, saved)] = pointwise.tanh(np.array([0.0, 0.5, -2.0]))
print("y:    ", y.round(4))
print("saved:", *(each.round(4) for each in saved))
print("dL/dx:", derivative(np.ones(3), *saved).round(4))

# %% file-walk
show(graph.ancestors, graph.run)

# %% file-node
show(graph.Node.input_gradients)

# %% file-step
show(recurrent.rnn_cell, recurrent._slopes, recurrent._gradients)

# %% file-step-called
x, h_0, W_ih, W_hh, b = (leaf.detach().numpy() for leaf in leaves)
h, joint = recurrent.rnn_cell(x[0], h_0, [W_ih, W_hh, b], "tanh")
g = np.ones_like(h)
found = joint.derivative(g, [True] * 5, *joint.saved)
ours = layer_derivative(g[None], None, x[:1], W_ih, W_hh, h_0[None], h[None])
for name, theirs, own in zip(shapes, found, ours, strict=True):
    print(f"dL/d{name:4}  same:", np.allclose(theirs, own, rtol=1e-10))

# %% mistake-twice
cell = torch.nn.RNNCell(2, 3)
h = torch.zeros(1, 3)
for _ in range(2):
    h = cell(torch.ones(1, 2), h)
    h.sum().backward()

# %% mistake-in-place
w = torch.tensor([0.5, -0.5], requires_grad=True)
h = torch.tanh(w)
h += 1
h.sum().backward()

# %% mistake-no-graph
scores = torch.tensor([0.2, 0.7], requires_grad=True)
scores.argmax().backward()

# %% mistake-cut
w_1 = torch.tensor([0.5], requires_grad=True)
w_2 = torch.tensor([2.0], requires_grad=True)
h = torch.tanh(w_1)
loss = (w_2 * h.data).sum()
loss.backward()
print("w_1:", w_1.grad, " w_2:", w_2.grad)

# %% mistake-forgotten
linear = torch.nn.Linear(2, 1)
for _ in range(3):
    linear(torch.ones(1, 2)).sum().backward()
    print(linear.weight.grad)

# %% mistake-vector
h = torch.tanh(torch.ones(3, requires_grad=True))
h.backward()

# %% mistake-leaf
w = torch.ones(2, requires_grad=True)
w -= 0.1


# %% solution-exp
def exp(a):
    y = np.exp(a.array)
    return record(y, (a, lambda g: g * y))


a = Tensor([[0.5, -1.0], [2.0, 0.0]])
backward(total(exp(a) * exp(a)))

step = 1e-5
measured = (np.exp(2 * (a.array + step)) - np.exp(2 * (a.array - step))) / (2 * step)
print("measured:", np.allclose(a.grad, measured, rtol=1e-8))
print("2 exp(2a):", np.allclose(a.grad, 2 * np.exp(2 * a.array), rtol=1e-12))

# %% solution-relu
torch.manual_seed(3)
rnn = torch.nn.RNN(2, 4, nonlinearity="relu", bias=False, dtype=torch.float64)
x = torch.rand(6, 1, 2, dtype=torch.float64)
output, _ = rnn(x)
output.sum().backward()

h = output.detach().numpy()
before = np.concatenate([np.zeros((1, 1, 4)), h[:-1]])
W_hh = rnn.weight_hh_l0.detach().numpy()
dh, dW_hh = np.zeros((1, 4)), np.zeros((4, 4))
for t in reversed(range(6)):
    dz = (1 + dh) * (h[t] > 0)
    dW_hh += dz.T @ before[t]
    dh = dz @ W_hh
print("states that are 0:", int((h == 0).sum()), "of", h.size)
print("same:", np.allclose(dW_hh, rnn.weight_hh_l0.grad.numpy(), atol=1e-12))


# %% solution-step
def f(w):
    return 1 / (1 + w * w)


w = 0.7
true = -2 * w / (1 + w * w) ** 2
steps = [float(f"1e-{k}") for k in range(1, 13)]
errors = {
    "one side": [abs((f(w + h) - f(w)) / h - true) for h in steps],
    "both sides": [abs((f(w + h) - f(w - h)) / (2 * h) - true) for h in steps],
}
for name, each in errors.items():
    smallest = min(each)
    print(f"{name}: best step {steps[each.index(smallest)]:.0e}")
draw.lines(errors, title="Error against step", x="k, step = 10⁻ᵏ", y="error", start=1, log=True)
