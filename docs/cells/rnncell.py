"""Using RNNCell: one step, and the loop around it."""

# %% picture
from itertools import pairwise

from book import draw

import tinygrad_rnn as torch

line = ["(h0)", "cell|1", "(h1)", "cell|2", "(h2)", "cell|3", "(h3)"]
boxes = {name: (column, 0) for column, name in enumerate(line)}
boxes |= {"(x1)": (1, 1), "(x2)": (3, 1), "(x3)": (5, 1)}
arrows = [*pairwise(line), *((f"(x{t})", f"cell|{t}") for t in (1, 2, 3))]
draw.network(boxes, arrows, title="One cell used three times, each time on the state before")

# %% build
torch.manual_seed(1807845816)
cell = torch.nn.RNNCell(input_size=4, hidden_size=2)
cell

# %% weights
for name, parameter in cell.named_parameters():
    print(f"{name:10} {list(parameter.shape)!s:7} {parameter.numel()} numbers")
print(sum(parameter.numel() for parameter in cell.parameters()), "in all")

# %% data
sequence = torch.rand(3, 1, 4)
print(sequence)
print(sequence.shape)

# %% one-step
h0 = torch.zeros(1, 2)
h1 = cell(sequence[0], h0)
print("x1", sequence[0].shape)
print("h0", h0.shape)
print("h1", h1.shape, h1)

# %% loop
h = h0
for t, x in enumerate(sequence, start=1):
    h = cell(x, h)
    print(f"h{t}", h)

# %% batch-two
torch.manual_seed(404241112)
cell = torch.nn.RNNCell(input_size=4, hidden_size=2)
sequence = torch.rand(3, 2, 4)
print(sequence)

h = torch.zeros(2, 2)
for t, x in enumerate(sequence, start=1):
    h = cell(x, h)
    print(f"h{t}", h.shape)
    print(h)

# %% rows-alone
for row in range(2):
    alone = torch.zeros(1, 2)
    for x in sequence[:, row : row + 1]:
        alone = cell(x, alone)
    print("row", row, alone, torch.allclose(alone, h[row : row + 1]))

# %% four-steps
torch.manual_seed(103194028)
cell = torch.nn.RNNCell(input_size=1, hidden_size=2)
sequence = torch.rand(4, 2, 1)
print(sequence)
print("weight_ih", cell.weight_ih.shape)

h = torch.zeros(2, 2)
states = []
for t, x in enumerate(sequence, start=1):
    h = cell(x, h)
    states.append(h)
    print(f"h{t}", h.shape)
    print(h)

# %% all-states
out = torch.stack(states)
print("all states       ", out.shape)
print("the last of them ", out[-1].shape, torch.equal(out[-1], h))
print("those of row 0   ", out[:, 0].shape)
print("unit 1 of row 0  ", out[:, 0, 1])

# %% states-picture
draw.heatmap(
    out.transpose(0, 2).reshape(4, 4).tolist(),
    title="The two units of the hidden state, for both rows, over four steps",
    rows=["unit 0, b0", "unit 0, b1", "unit 1, b0", "unit 1, b1"],
    columns=["h1", "h2", "h3", "h4"],
)

# %% pulse
quiet = torch.zeros(20, 1)
pulse = quiet.clone()
pulse[8] = 5.0
h, track = torch.zeros(2, 2), []
with torch.no_grad():
    for x in torch.stack([quiet, pulse], dim=1):
        h = cell(x, h)
        track.append(h[:, 1].tolist())
draw.lines(
    {"input 0 at every step": [a for a, _ in track], "input 5 at step 8": [b for _, b in track]},
    title="Unit 1 over 20 steps: with one pulse in the input, and without",
    x="step",
    y="unit 1 of h",
)

# %% defaults
x = torch.rand(2, 1)
print(torch.equal(cell(x), cell(x, torch.zeros(2, 2))))
print(cell(x[0]).shape)

# %% mistake-whole-sequence
cell = torch.nn.RNNCell(4, 2)
sequence = torch.rand(3, 2, 4)
cell(sequence)

# %% mistake-two-results
out, h = cell(sequence[0])
print(out.shape, h.shape)
cell(sequence[1], h)

# %% mistake-not-kept
h = torch.zeros(2, 2)
for x in sequence:
    out = cell(x, h)
print(torch.equal(out, cell(sequence[-1])))

h = torch.zeros(2, 2)
for x in sequence:
    h = cell(x, h)
print(torch.equal(h, cell(sequence[-1])))

# %% mistake-batch
cell(sequence[0], torch.zeros(3, 2))

# %% mistake-input-size
cell(torch.rand(2, 5))

# %% mistake-hidden-size
second = torch.nn.RNNCell(input_size=3, hidden_size=3)
second(cell(sequence[0]))


# %% mistake-batch-axis
def last_state(steps):
    h = None
    for x in steps:
        h = cell(x, h)
    return h


def rows_that_change(read):
    return (read(data) != read(other)).any(dim=1).tolist()


data = torch.rand(3, 3, 4)
other = data.clone()
other[0] = 0.0
print(last_state(data).shape, last_state(data.transpose(0, 1)).shape)
print("over batch:", rows_that_change(last_state))
print("over time: ", rows_that_change(lambda each: last_state(each.transpose(0, 1))))


# %% solution-count
def count(input_size, hidden_size):
    return hidden_size * (input_size + hidden_size + 2)


for sizes in [(4, 2), (1, 2), (3, 5)]:
    numbers = sum(p.numel() for p in torch.nn.RNNCell(*sizes).parameters())
    assert numbers == count(*sizes)
    print(sizes, numbers)

# %% solution-stacked
lower, upper = torch.nn.RNNCell(4, 3), torch.nn.RNNCell(3, 2)
a, b = torch.zeros(2, 3), torch.zeros(2, 2)
for x in torch.rand(5, 2, 4):
    a = lower(x, a)
    b = upper(a, b)
print(a.shape, b.shape)

# %% solution-lengths
lengths = torch.tensor([2, 4, 3])
padded = torch.rand(4, 3, 4)
h = torch.zeros(3, 2)
for t, x in enumerate(padded):
    goes_on = (t < lengths).view(-1, 1)
    h = torch.where(goes_on, cell(x, h), h)

for row, length in enumerate(lengths.tolist()):
    alone = last_state(padded[:length, row : row + 1])
    assert torch.allclose(h[row : row + 1], alone)
print(h.shape)
