"""What a recurrent network is: one linear layer, used at every step."""

# %% picture
from book import draw

import tinygrad_rnn as torch

draw.network(
    {
        "(h0)": (0, 1),
        **{f"(h{t})": (t, 0) for t in (1, 2, 3)},
        **{f"cell|{t}": (t, 1) for t in (1, 2, 3)},
        **{f"(x{t})": (t, 2) for t in (1, 2, 3)},
    },
    [
        ("(h0)", "cell|1"),
        ("cell|1", "cell|2"),
        ("cell|2", "cell|3"),
        *((f"(x{t})", f"cell|{t}") for t in (1, 2, 3)),
        *((f"cell|{t}", f"(h{t})") for t in (1, 2, 3)),
    ],
    title="An unrolled recurrent network: the cell takes x1 and h0 and gives h1, and so on",
)

# %% one-layer
torch.manual_seed(0)
layer = torch.nn.Linear(4 + 2, 2)
xs = torch.rand(3, 1, 4)
print("xs", xs.shape)

h = torch.zeros(1, 2)
for t, x in enumerate(xs, start=1):
    h = layer(torch.cat([x, h], dim=1)).tanh()
    print(f"h{t}", h.shape, h.detach())

# %% same-as-cell
cell = torch.nn.RNNCell(4, 2)
with torch.no_grad():
    cell.weight_ih.copy_(layer.weight[:, :4])
    cell.weight_hh.copy_(layer.weight[:, 4:])
    cell.bias_ih.copy_(layer.bias)
    cell.bias_hh.zero_()

h_cell = torch.zeros(1, 2)
for x in xs:
    h_cell = cell(x, h_cell)
print("layer", h.detach())
print("cell ", h_cell.detach())
assert torch.allclose(h, h_cell)

# %% any-length
for length in (1, 3, 100):
    h = torch.zeros(1, 2)
    for x in torch.rand(length, 1, 4):
        h = cell(x, h)
    count = sum(p.numel() for p in cell.parameters())
    print(f"T = {length:3}: {count} parameters, state {list(h.shape)}")

# %% graph
torch.manual_seed(5)
cell = torch.nn.RNNCell(4, 2, fused=False)
h = torch.zeros(1, 2)
for x in xs:
    h = cell(x, h)
draw.graph(
    h,
    title="Three steps as recorded: all of them take the same four parameters",
    params={
        "W_ih": cell.weight_ih,
        "W_hh": cell.weight_hh,
        "b_ih": cell.bias_ih,
        "b_hh": cell.bias_hh,
    },
)

# %% gradient
h.sum().backward()

copies = [cell.weight_ih.detach().clone().requires_grad_() for _ in xs]
h = torch.zeros(1, 2)
for x, w_ih in zip(xs, copies, strict=True):
    h = (x @ w_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh).tanh()
h.sum().backward()

parts = torch.stack([w_ih.grad.view(-1) for w_ih in copies])
shared = cell.weight_ih.grad.view(-1)
print("parts", parts.shape, "shared", shared.shape)
assert torch.allclose(parts.sum(dim=0), shared)

draw.heatmap(
    [*parts, parts.sum(dim=0), shared],
    rows=["step 1", "step 2", "step 3", "sum", "shared"],
    columns=[f"w{i}{j}" for i in range(2) for j in range(4)],
    title="The gradient of each weight of W_ih: one part for each step, and their sum",
    digits=3,
)

# %% order
letters = sorted(set("listen"))
torch.manual_seed(2)
cell = torch.nn.RNNCell(6, 2)


def one_hot(letter):
    return torch.eye(6)[[letters.index(letter)]]


def states(word):
    h = [torch.zeros(1, 2)]
    for letter in word:
        h.append(cell(one_hot(letter), h[-1]).detach())
    return h


for word in ("listen", "silent", "tinsel"):
    bag = sum(one_hot(letter) for letter in word)
    print(word, "bag", bag, "last state", states(word)[-1])

# %% order-picture
draw.paths(
    {word: [h[0].tolist() for h in states(word)] for word in ("listen", "silent")},
    title="The states while two words are read: both start at zero and end in different places",
    x="first unit of h",
    y="second unit of h",
)

# %% zeros
x = one_hot("l")
print(cell(x, torch.zeros(1, 2)))
print(cell(x))

# %% image
images = torch.tensor(
    [
        [[0.9, 0.8, 0.9], [0.1, 0.0, 0.1]],
        [[0.0, 0.1, 0.1], [0.8, 0.9, 0.8]],
    ]
)
print("images", images.shape)
draw.heatmap(images[0], title="The first image: bright above, dark below", digits=1)

# %% image-state
torch.manual_seed(0)
hidden_size = 8
alphabet = "lopwt"
words = ["top", "low"]

image_layer = torch.nn.Linear(2 * 3, hidden_size)
cell = torch.nn.RNNCell(len(alphabet), hidden_size)
scores = torch.nn.Linear(hidden_size, len(alphabet))

h0 = image_layer(images.view(2, 6))
print("pixels", images.view(2, 6).shape)
print("h0", h0.shape)
print("layers", image_layer, cell, scores)

# %% image-gradient
targets = torch.tensor([[alphabet.index(letter) for letter in word] for word in words]).t()
print("targets", targets.shape)


def mean_loss(h):
    x = torch.zeros(2, len(alphabet))
    total = 0
    for target in targets:
        h = cell(x, h)
        total = total + torch.nn.functional.cross_entropy(scores(h), target)
        x = torch.eye(len(alphabet))[target]
    return total / len(targets)


h0.retain_grad()
loss = mean_loss(h0)
loss.backward()
print("loss", loss.detach())
print("dL/dh0", h0.grad.shape)
print("gradient of the image layer", image_layer.weight.grad.shape)
assert torch.allclose(image_layer.weight.grad, h0.grad.t() @ images.view(2, 6))

# %% image-train
layers = torch.nn.ModuleList([image_layer, cell, scores])


def train(first_state, epochs=100):
    optimizer = torch.optim.Adam(layers.parameters(), lr=0.03)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = mean_loss(first_state())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def tell(h):
    x, told = torch.zeros(2, len(alphabet)), ["", ""]
    for _ in range(3):
        h = cell(x, h)
        best = scores(h).argmax(dim=1)
        told = [text + alphabet[i] for text, i in zip(told, best, strict=True)]
        x = torch.eye(len(alphabet))[best]
    return told


losses = train(lambda: image_layer(images.view(2, 6)))
print(f"loss {losses[-1]:.4f}")
print("told", tell(image_layer(images.view(2, 6))))

# %% no-image
torch.manual_seed(0)
for layer in layers:
    layer.reset_parameters()
blind = train(lambda: torch.zeros(2, hidden_size))
print(f"loss {blind[-1]:.4f}")
first = scores(cell(torch.zeros(2, 5), torch.zeros(2, hidden_size))).softmax(dim=1)
for letter, probability in zip(alphabet, first[0].tolist(), strict=True):
    print(f"first letter {letter}: {probability:.4f}")
draw.lines(
    {"h0 from the image": losses, "h0 = 0": blind},
    title="With h0 from the image the loss goes to 0; with h0 = 0 it stays above ln 2 / 3",
    x="epoch",
    y="loss",
    levels={"ln 2 / 3": 0.2310},
)

# %% mistake-layers
chain = torch.nn.ModuleList([torch.nn.RNNCell(4, 2) for _ in range(3)])
print("three cells:", sum(p.numel() for p in chain.parameters()), "parameters")

h = torch.zeros(1, 2)
for t, x in enumerate(torch.rand(4, 1, 4)):
    h = chain[t](x, h)

# %% mistake-lost
torch.manual_seed(0)
cell = torch.nn.RNNCell(6, 2)
h0 = torch.zeros(1, 2)
for word in ("listen", "tin", "n"):
    for letter in word:
        h = cell(one_hot(letter), h0)
    print(f"{word:6}", h.detach())

# %% mistake-random
for _ in range(2):
    h = torch.randn(1, 2)
    for letter in "tin":
        h = cell(one_hot(letter), h)
    print(h.detach())

# %% mistake-size
cell(one_hot("t"), torch.zeros(1, 6))

# %% mistake-batch
cell(torch.cat([one_hot("t"), one_hot("i")]), torch.zeros(1, 2))

# %% solution-count
inputs, hidden = 10, 20
cell = torch.nn.RNNCell(inputs, hidden)
layer = torch.nn.Linear(inputs + hidden, hidden)
in_cell = sum(p.numel() for p in cell.parameters())
in_layer = sum(p.numel() for p in layer.parameters())
print("RNNCell", in_cell, "Linear", in_layer)
assert in_cell == hidden * inputs + hidden * hidden + 2 * hidden
assert in_cell - in_layer == hidden

# %% solution-bag
w_ih = torch.rand(2, 6)
sums = []
for word in ("listen", "silent", "tinsel"):
    h = torch.zeros(1, 2)
    for letter in word:
        h = one_hot(letter) @ w_ih.T + h
    sums.append(h)
    print(word, h)
assert torch.allclose(sums[0], sums[1])
assert torch.allclose(sums[0], sums[2])

# %% solution-first
for start in (0.0, 1.0):
    copies = [torch.full((2, 2), 0.5, requires_grad=True) for _ in range(3)]
    h = torch.full((1, 2), start)
    for w_hh in copies:
        h = (h @ w_hh.T + 0.1).tanh()
    h.sum().backward()
    print(f"h0 = {start}: what step 1 adds to dL/dW_hh")
    print(copies[0].grad)
