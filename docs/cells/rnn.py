"""Using RNN: a whole sequence in one call."""

# %% picture
from itertools import pairwise

from book import draw

import tinygrad_rnn as torch

line = ["(h0)", "step|0", "step|1", "step|2", "h_n"]
boxes = {name: (column, 1) for column, name in enumerate(line)}
arrows = list(pairwise(line))
for t in range(3):
    boxes |= {f"out[{t}]": (t + 1, 0), f"(x[{t}])": (t + 1, 2)}
    arrows += [(f"(x[{t}])", f"step|{t}"), (f"step|{t}", f"out[{t}]")]
draw.network(boxes, arrows, title="One call: the steps inside, out above them, h_n after the last")

# %% call
torch.manual_seed(0)
rnn = torch.nn.RNN(input_size=4, hidden_size=3)
x = torch.rand(5, 2, 4)
out, h_n = rnn(x)
print("x  ", x.shape)
print("out", out.shape)
print("h_n", h_n.shape)
print(out[-1])
print(h_n)

# %% loop
cell = torch.nn.RNNCell(4, 3)
weights = rnn.state_dict()
cell.load_state_dict({name.removesuffix("_l0"): w for name, w in weights.items()})

h, states = torch.zeros(2, 3), []
for step in x:
    h = cell(step, h)
    states.append(h)
print(torch.allclose(torch.stack(states), out), torch.allclose(h, h_n[0]))

# %% given-h0
h0 = torch.ones(1, 2, 3)
late, _ = rnn(x, h0)
for t in range(5):
    print(t, f"{(late[t] - out[t]).abs().max():.4f}")

# %% layers-picture
boxes = {"(h0[1])": (0, 1), "(h0[0])": (0, 2), "h_n[1]": (4, 1), "h_n[0]": (4, 2)}
chains = [
    ["(h0[1])", "layer 1|0", "layer 1|1", "layer 1|2", "h_n[1]"],
    ["(h0[0])", "layer 0|0", "layer 0|1", "layer 0|2", "h_n[0]"],
]
for t in range(3):
    chain = [f"out[{t}]", f"layer 1|{t}", f"layer 0|{t}", f"(x[{t}])"]
    boxes |= {name: (t + 1, row) for row, name in enumerate(chain)}
    chains.append(chain[::-1])
arrows = [arrow for chain in chains for arrow in pairwise(chain)]
draw.network(boxes, arrows, title="Two stacked layers over three steps")

# %% layers
deep = torch.nn.RNN(input_size=4, hidden_size=3, num_layers=2)
out, h_n = deep(x)
print("out", out.shape)
print("h_n", h_n.shape)
print("out[-1] is h_n[-1]:", torch.equal(out[-1], h_n[-1]))
print("out[-1] is h_n[0]: ", torch.equal(out[-1], h_n[0]))
print("h_n of 50 steps:", deep(torch.rand(50, 2, 4))[1].shape)

# %% layers-weights
for name, parameter in deep.named_parameters():
    print(f"{name:13} {list(parameter.shape)}")
for layers in (1, 2, 3):
    wide = torch.nn.RNN(4, 16, layers)
    print(layers, "layers:", sum(p.numel() for p in wide.parameters()), "numbers")

# %% layers-loop
weights = deep.state_dict()
cells = [torch.nn.RNNCell(4, 3), torch.nn.RNNCell(3, 3)]
for k, each in enumerate(cells):
    own = {name: w for name, w in weights.items() if name.endswith(f"_l{k}")}
    each.load_state_dict({name.removesuffix(f"_l{k}"): w for name, w in own.items()})

a, b, tops = torch.zeros(2, 3), torch.zeros(2, 3), []
for step in x:
    a = cells[0](step, a)
    b = cells[1](a, b)
    tops.append(b)
print(torch.allclose(torch.stack(tops), out))
print(torch.allclose(torch.stack([a, b]), h_n))

# %% batch-first
swapped = torch.nn.RNN(4, 3, num_layers=2, batch_first=True)
swapped.load_state_dict(deep.state_dict())
out_b, h_b = swapped(x.transpose(0, 1), torch.zeros(2, 2, 3))
print("x  ", x.transpose(0, 1).shape)
print("out", out_b.shape, torch.allclose(out_b.transpose(0, 1), out))
print("h_n", h_b.shape, torch.allclose(h_b, h_n))

# %% unbatched
single_out, single_h = deep(x[:, 0])
print(single_out.shape, single_h.shape)
print(torch.allclose(single_out, out[:, 0]))

# %% step-by-step
plain = torch.nn.RNN(4, 3, num_layers=2, fused=False)
plain.load_state_dict(deep.state_dict())
plain_out, _ = plain(x)
print(torch.allclose(plain_out, out, atol=1e-6))

out.sum().backward()
plain_out.sum().backward()
pairs = zip(deep.parameters(), plain.parameters(), strict=True)
print(all(torch.allclose(p.grad, q.grad, atol=1e-6) for p, q in pairs))

# %% bidirectional
both = torch.nn.RNN(4, 3, bidirectional=True)
out, h_n = both(x)
print("out", out.shape)
print("h_n", h_n.shape)
print(torch.equal(h_n[0], out[-1, :, :3]))
print(torch.equal(h_n[1], out[0, :, 3:]))

# %% options
relu = torch.nn.RNN(4, 3, nonlinearity="relu")
out, _ = relu(x)
print("smallest state:", out.min().item())

dropping = torch.nn.RNN(4, 3, num_layers=2, dropout=0.5)
print("train:", torch.equal(dropping(x)[0], dropping(x)[0]))
dropping.eval()
print("eval: ", torch.equal(dropping(x)[0], dropping(x)[0]))

# %% pieces
sequence = torch.rand(12, 2, 4)
whole, h_whole = deep(sequence)

h, outs = torch.zeros(2, 2, 3), []
for piece in sequence.split(4):
    out, h = deep(piece, h)
    outs.append(out)
print([list(each.shape) for each in outs])
print(torch.allclose(torch.cat(outs), whole), torch.allclose(h, h_whole))

# %% training
torch.manual_seed(1)
wave = torch.sin(torch.arange(61) * 0.3).view(-1, 1, 1)
pieces = list(zip(wave[:-1].split(15), wave[1:].split(15), strict=True))
rnn = torch.nn.RNN(1, 8)
linear = torch.nn.Linear(8, 1)
optimizer = torch.optim.Adam([*rnn.parameters(), *linear.parameters()], lr=0.01)

losses = []
for _ in range(60):
    h, total = torch.zeros(1, 1, 8), 0.0
    for given, wanted in pieces:
        out, h = rnn(given, h.detach())
        loss = torch.nn.functional.mse_loss(linear(out), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() / len(pieces)
    losses.append(total)
draw.lines(
    {"loss": losses},
    title="The loss falls while the state is carried from piece to piece",
    x="epoch",
    y="mean squared error",
    log=True,
)

# %% mistake-h0
for shape in [(2, 3), (1, 2, 3), (2, 5, 3), (2, 2, 4)]:
    try:
        deep(x, torch.zeros(shape))
    except RuntimeError as error:
        print(error)


# %% mistake-batch-first
def sequences_that_change(rnn):
    data = torch.rand(3, 5, 4)
    other = data.clone()
    other[0] = 0.0
    return (rnn(data)[0] != rnn(other)[0]).any(dim=2).any(dim=1).tolist()


print("forgotten:", sequences_that_change(torch.nn.RNN(4, 3)))
print("given:    ", sequences_that_change(torch.nn.RNN(4, 3, batch_first=True)))

# %% mistake-first-layer
_, h_n = deep(x)
deep.zero_grad()
h_n[0].sum().backward()
for name, parameter in deep.named_parameters():
    print(f"{name:13} {parameter.grad.abs().sum():.4f}")

# %% mistake-pair
linear = torch.nn.Linear(3, 2)
linear(deep(x))

# %% mistake-view
data = torch.arange(6).view(2, 3, 1)
print("sequences:    ", data[0].flatten().tolist(), data[1].flatten().tolist())
viewed, turned = data.view(3, 2, 1), data.transpose(0, 1)
print("shapes:       ", viewed.shape, turned.shape)
print("by view:      ", viewed[:, 0].flatten().tolist(), viewed[:, 1].flatten().tolist())
print("by transpose: ", turned[:, 0].flatten().tolist(), turned[:, 1].flatten().tolist())

# %% mistake-empty
deep(torch.zeros(0, 2, 4))

# %% mistake-carry
h = torch.zeros(2, 2, 3)
for piece in sequence.split(4):
    out, h = deep(piece, h)
    out.sum().backward()

# %% solution-shapes
rnn = torch.nn.RNN(10, 20, num_layers=3, batch_first=True, bidirectional=True)
out, h_n = rnn(torch.zeros(7, 11, 10))
assert out.shape == (7, 11, 40)
assert h_n.shape == (6, 7, 20)
print(out.shape, h_n.shape)

# %% solution-reverse
forward, backward = torch.nn.RNN(4, 3), torch.nn.RNN(4, 3)
w = both.state_dict()
forward.load_state_dict({name: w[name] for name in forward.state_dict()})
backward.load_state_dict({name: w[name + "_reverse"] for name in backward.state_dict()})
there = forward(x)[0]
back = backward(x.flip(0))[0].flip(0)
print(torch.allclose(torch.cat([there, back], dim=2), both(x)[0]))

# %% solution-reach
torch.manual_seed(2)
rnn = torch.nn.RNN(4, 3)
start = torch.zeros(1, 2, 3, requires_grad=True)
_, h = rnn(sequence[:6], start)
rnn(sequence[6:], h)[0].sum().backward()
print("carried as it is:", start.grad is not None)

start.grad = None
_, h = rnn(sequence[:6], start)
rnn(sequence[6:], h.detach())[0].sum().backward()
print("detached:        ", start.grad is not None)
