"""Inside the cell: one step and its gradient, by hand."""

# %% picture
import numpy as np
from book import draw

import tinygrad_rnn as torch

draw.network(
    {
        "(x)": (0, 0),
        "(h)": (0, 2),
        "W_ih, b_ih": (1, 0),
        "W_hh, b_hh": (1, 2),
        "+": (2, 1),
        "tanh": (3, 1),
        "(h')": (4, 1),
    },
    [
        ("(x)", "W_ih, b_ih"),
        ("(h)", "W_hh, b_hh"),
        ("W_ih, b_ih", "+"),
        ("W_hh, b_hh", "+"),
        ("+", "tanh", "z"),
        ("tanh", "(h')"),
    ],
    title="x and h go through a linear map each; the sum z goes through tanh and is the new state",
)

# %% setup
torch.manual_seed(0)
batch, inputs, hidden = 2, 4, 3
cell = torch.nn.RNNCell(inputs, hidden)
x, h = torch.rand(batch, inputs), torch.rand(batch, hidden)

symbols = {"x": x, "h": h, "W_ih": cell.weight_ih, "W_hh": cell.weight_hh}
symbols |= {"b_ih": cell.bias_ih, "b_hh": cell.bias_hh}
for name, value in symbols.items():
    print(f"{name:4} {list(value.shape)}")

# %% by-hand
arrays = {name: value.detach().numpy() for name, value in symbols.items()}
x_, h_, W_ih, W_hh, b_ih, b_hh = arrays.values()

from_input = x_ @ W_ih.T + b_ih
from_state = h_ @ W_hh.T + b_hh
z = from_input + from_state
h_next = np.tanh(z)
print(from_input.shape, from_state.shape, z.shape)
print(h_next.round(4))

# %% same
print(cell(x, h))
assert np.allclose(h_next, cell(x, h).detach().numpy(), atol=1e-6)

# %% one-number
k, j = 1, 2
number = b_ih[j] + b_hh[j]
number += sum(W_ih[j, i] * x_[k, i] for i in range(inputs))
number += sum(W_hh[j, i] * h_[k, i] for i in range(hidden))
print(f"row {k}, unit {j}: {np.tanh(number):.4f}, above {h_next[k, j]:.4f}")

column = np.tanh(W_ih @ x_[k] + b_ih + W_hh @ h_[k] + b_hh)
print("W x, as for one column:", column.round(4))
assert np.allclose(column, h_next[k], atol=1e-6)

# %% graph
open_cell = torch.nn.RNNCell(inputs, hidden, fused=False)
open_cell.load_state_dict(cell.state_dict())
g = torch.randn(batch, hidden)

draw.graph(
    (open_cell(x, h) * g).sum(),
    title="A step and a loss as recorded: two Addmm, Add and Tanh are the step",
    params={
        "W_ih": open_cell.weight_ih,
        "W_hh": open_cell.weight_hh,
        "b_ih": open_cell.bias_ih,
        "b_hh": open_cell.bias_hh,
    },
)

# %% tanh
for value in (0.0, 1.0, 2.0, 5.0):
    state = np.tanh(value)
    print(f"z = {value}  tanh {state:.4f}  slope {1 - state**2:.4f}")

points = np.arange(40, -41, -1) / 10
curves = {"tanh z": np.tanh(points), "slope of tanh": 1 - np.tanh(points) ** 2}
draw.paths(
    {name: list(zip(points, curve, strict=True)) for name, curve in curves.items()},
    title="tanh rises from -1 to 1; its slope is 1 at z = 0 and almost 0 beyond -3 and 3",
    x="z",
)

# %% backward-autograd
x.requires_grad_()
h.requires_grad_()
loss = (cell(x, h) * g).sum()
loss.backward()
for name, leaf in symbols.items():
    print(f"d{name:4} {list(leaf.grad.shape)}")


# %% backward-by-hand
def backward(g, x, h, h_next, W_ih, W_hh):
    dz = g * (1 - h_next**2)
    return {
        "x": dz @ W_ih,
        "h": dz @ W_hh,
        "W_ih": dz.T @ x,
        "W_hh": dz.T @ h,
        "b_ih": dz.sum(axis=0),
        "b_hh": dz.sum(axis=0),
    }


by_hand = backward(g.numpy(), x_, h_, h_next, W_ih, W_hh)
for name, value in by_hand.items():
    equal = np.allclose(value, symbols[name].grad.numpy(), atol=1e-6)
    print(f"d{name:4} {value.shape!s:7} equal to autograd: {equal}")


# %% check
def forward(x, h, W_ih, W_hh, b_ih, b_hh):
    return np.tanh(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh)


def numerical(values, name, g, eps=1e-5):
    slopes = np.zeros_like(values[name])
    for place in np.ndindex(slopes.shape):
        ends = []
        for step in (eps, -eps):
            moved = values[name].copy()
            moved[place] += step
            ends.append((forward(**{**values, name: moved}) * g).sum())
        slopes[place] = (ends[0] - ends[1]) / (2 * eps)
    return slopes


values = {name: value.astype(np.float64) for name, value in arrays.items()}
g64 = g.numpy().astype(np.float64)
x64, h64, *weights = values.values()
exact = backward(g64, x64, h64, forward(**values), *weights[:2])
for name, value in values.items():
    error = np.abs(numerical(values, name, g64) - exact[name]).max()
    print(f"d{name:4} {value.size:2} numbers, error below 1e-9: {error < 1e-9}")

# %% two-biases
print("gradient of b_ih", cell.bias_ih.grad)
print("gradient of b_hh", cell.bias_hh.grad)
assert torch.equal(cell.bias_ih.grad, cell.bias_hh.grad)


def moved(optimizer):
    before = (cell.bias_ih + cell.bias_hh).detach()
    optimizer.step()
    return (cell.bias_ih + cell.bias_hh).detach() - before


print("lr * gradient   ", 0.1 * cell.bias_ih.grad)
print("SGD moves sum by", moved(torch.optim.SGD(cell.parameters(), lr=0.1)))
print("Adam, lr = 0.1  ", moved(torch.optim.Adam(cell.parameters(), lr=0.1)))

# %% one-bias
cell.load_state_dict(open_cell.state_dict())
with torch.no_grad():
    cell.bias_ih += cell.bias_hh
    cell.bias_hh.zero_()
cell.bias_hh.requires_grad_(False)
assert torch.allclose(cell(x, h), open_cell(x, h))

trained = [p for p in cell.parameters() if p.requires_grad]
print("SGD moves sum by", moved(torch.optim.SGD(trained, lr=0.1)))

# %% mistake-transpose
x @ cell.weight_ih

# %% mistake-square
wrong = (x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh + cell.bias_hh).tanh()
print("h @ W_hh  ", wrong.detach()[0])
print("h @ W_hh.T", cell(x, h).detach()[0])

# %% mistake-sizes
swapped = torch.nn.RNNCell(hidden, inputs)
swapped(x, h)

# %% mistake-batch
cell(x[0], h)

# %% mistake-float64
cell(torch.tensor(np.ones((batch, inputs))), h)

# %% mistake-relu
print("W_hh  f        h1     h10     h50      h100")
for scale in (1.5, 1.0, 0.5):
    for f in ("relu", "tanh"):
        grown = torch.nn.RNNCell(1, hidden, nonlinearity=f, bias=False)
        with torch.no_grad():
            grown.weight_ih.fill_(1.0)
            grown.weight_hh.copy_(scale * torch.eye(hidden))
        s, first_unit = torch.zeros(1, hidden), []
        for _ in range(100):
            s = grown(torch.ones(1, 1), s)
            first_unit.append(s[0, 0].item())
        h1, h10, h50, h100 = (first_unit[t - 1] for t in (1, 10, 50, 100))
        print(f"{scale:4}  {f}  {h1:5.3g} {h10:7.3g} {h50:9.3g} {h100:9.3g}")


# %% solution-relu
def backward_relu(g, x, h, h_next, W_ih, W_hh):
    dz = g * (h_next > 0)
    return {"x": dz @ W_ih, "h": dz @ W_hh, "W_ih": dz.T @ x, "W_hh": dz.T @ h}


relu_cell = torch.nn.RNNCell(inputs, hidden, nonlinearity="relu")
x.grad = h.grad = None
h_relu = relu_cell(x, h)
(h_relu * g).sum().backward()
weights = [p.detach().numpy() for p in (relu_cell.weight_ih, relu_cell.weight_hh)]
by_hand = backward_relu(g.numpy(), x_, h_, h_relu.detach().numpy(), *weights)
grads = {"x": x.grad, "h": h.grad}
grads |= {"W_ih": relu_cell.weight_ih.grad, "W_hh": relu_cell.weight_hh.grad}
for name, value in by_hand.items():
    assert np.allclose(value, grads[name].numpy(), atol=1e-6)
    print(f"d{name:4} equal")

# %% solution-two-steps
xs = torch.rand(2, batch, inputs)
h0 = torch.rand(batch, hidden)
step = torch.nn.RNNCell(inputs, hidden)
h1 = step(xs[0], h0)
h2 = step(xs[1], h1)
(h2 * g).sum().backward()

weights = [p.detach().numpy() for p in (step.weight_ih, step.weight_hh)]
states = [each.detach().numpy() for each in (h0, h1, h2)]
second = backward(g.numpy(), xs[1].numpy(), states[1], states[2], *weights)
first = backward(second["h"], xs[0].numpy(), states[0], states[1], *weights)
dW_hh = first["W_hh"] + second["W_hh"]
print("dW_hh", dW_hh.round(4), sep="\n")
assert np.allclose(dW_hh, step.weight_hh.grad.numpy(), atol=1e-6)

# %% solution-latch
latch = torch.nn.RNNCell(1, 1)
with torch.no_grad():
    for parameter, value in zip(latch.parameters(), (8.0, 3.0, -1.0, 0.0), strict=True):
        parameter.fill_(value)

for bits in ("00000", "00100", "10000", "01010"):
    s = torch.zeros(1, 1)
    for bit in bits:
        s = latch(torch.tensor([[float(bit)]]), s)
    print(bits, f"{s.item():.3f}")
    assert (s.item() > 0) == ("1" in bits)
