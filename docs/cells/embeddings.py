"""Embeddings: why one-hot vectors are poor inputs, and what a learned table does instead."""

# %% picture
from itertools import pairwise, product

from book import draw

word, answer = "hello", "ohlol"
boxes, arrows = {}, []
for t in range(5):
    floors = ["Linear", "layer 2", "layer 1", "row"]
    floors = [f"{answer[t]}|out", *floors, f"{word[t]}|in"]
    names = [f"{part}|{t}" for part in floors]
    boxes |= {name: (t, floor) for floor, name in enumerate(names)}
    arrows += [(below, above) for above, below in pairwise(names)]
    if t:
        arrows += [(f"layer {k}|{t - 1}", f"layer {k}|{t}") for k in (1, 2)]
draw.network(boxes, arrows, title="From letters through four layers to letters")

# %% one-hot
import numpy as np

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F

alphabet = "ehlo"


def encode(word, alphabet=alphabet):
    return torch.tensor([alphabet.index(letter) for letter in word])


def decode(scores):
    return "".join(alphabet[i] for i in scores.argmax(dim=1))


index = encode("hello")
one_hot = F.one_hot(index, len(alphabet)).float()
print(index, index.shape)
print(one_hot, one_hot.shape)

# %% fault-size
steps, hidden = 1_000, 128
for words in (4, 1_000, 10_000):
    megabytes, weights = 4 * steps * words / 1e6, hidden * words
    print(f"V = {words:6,}: input {megabytes:6.3f} MB, W_ih {weights:9,}")

# %% size-dense
size = 50
print(f"indices {8 * steps / 1e6} MB, rows {4 * steps * size / 1e6} MB")
print(f"table {10_000 * size:,} weights, W_ih {hidden * size:,}")

# %% fault-sparse
for words in (4, 1_000, 10_000):
    total, zero = hidden * words, hidden * (words - 1)
    print(f"V = {words:6,}: {zero:9,} of {total:9,}, {zero / total:.2%}")

vectors = F.one_hot(torch.arange(1_000), 1_000)
(vectors == 0).float().mean()

# %% fault-distance
words = ["cat", "kitten", "tax"]
vectors = F.one_hot(torch.arange(3), 3).float()
print((vectors.unsqueeze(1) - vectors).norm(dim=2))
print(vectors @ vectors.t())

# %% dense-distance
vectors = torch.tensor([[0.9, 0.8], [0.8, 1.0], [-0.7, 0.3]])
unit = vectors / vectors.norm(dim=1, keepdim=True)
print((vectors.unsqueeze(1) - vectors).norm(dim=2))
print(unit @ unit.t())

# %% lookup
torch.manual_seed(0)
embedding = nn.Embedding(4, 3)
W = embedding.weight
print(W, W.shape)
print(embedding(index), embedding(index).shape)

# %% product
print(one_hot @ W)
print(torch.equal(one_hot @ W, W[index]))
print(torch.equal(W[index], embedding(index)))

# %% heatmap
rows = embedding(index).tolist()
draw.heatmap(rows, rows=list("hello"), title="The five rows that hello selects")

# %% gradient
letters = "ehlow"
table = nn.Embedding(len(letters), 2)
hello = encode("hello", letters)
g = torch.tensor([[t, 10.0 * t] for t in range(1, 6)])
(table(hello) * g).sum().backward()
for i, letter in enumerate(letters):
    print(letter, table.weight.grad[i])

# %% gradient-two
parts = []
for t in (2, 3):
    table.zero_grad()
    (table(hello[t]) * g[t]).sum().backward()
    parts.append(table.weight.grad[letters.index("l")])
print(parts[0], parts[1], parts[0] + parts[1])

# %% gradient-product
F.one_hot(hello, len(letters)).float().t() @ g

# %% initial
torch.manual_seed(0)
rows = nn.Embedding(1_000, 10).weight
print(f"mean {rows.mean():.2f}, standard deviation {rows.std():.2f}")
weights = nn.Linear(10, 1_000).weight
print(f"Linear: from {weights.min():.2f} to {weights.max():.2f}")

# %% padding
torch.manual_seed(0)
padded = nn.Embedding(4, 2, padding_idx=0)
batch = torch.tensor([[1, 2, 3], [2, 0, 0]])
padded(batch).sum().backward()
print(padded.weight)
print(padded.weight.grad)


# %% model
class Speller(nn.Module):
    def __init__(self, size=10, hidden=4, layers=2):
        super().__init__()
        self.embedding = nn.Embedding(4, size)
        self.rnn = nn.RNN(size, hidden, layers, batch_first=True)
        self.linear = nn.Linear(hidden, 4)

    def forward(self, index):  # (batch, seq)
        vectors = self.embedding(index)  # (batch, seq, size)
        states, _ = self.rnn(vectors)  # (batch, seq, hidden)
        return self.linear(states).view(-1, 4)  # (batch * seq, 4)


torch.manual_seed(1512213648)
model = Speller()
for name, parameter in model.named_parameters():
    print(f"{name:18} {list(parameter.shape)}")

# %% first-rows
x, y = encode("hello").view(1, -1), encode("ohlol")
print(model.embedding(x))
print(model(x))

# %% replay
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
tables = []
for epoch in range(1, 16):
    optimizer.zero_grad()
    scores = model(x)
    loss = criterion(scores, y)
    loss.backward()
    tables.append(model.embedding.weight.detach().clone())
    optimizer.step()
    print(epoch, decode(scores), f"{loss.item():.4f}")

# %% last-rows
print(tables[-1][x])

# %% first-move
print(tables[1] - tables[0])

# %% linear-missing
torch.manual_seed(0)
vectors = nn.Embedding(4, 10)(x)
states, _ = nn.RNN(10, 6, batch_first=True)(vectors)
print(states.shape)
states.view(-1, 4)

# %% linear-few
states, _ = nn.RNN(10, 3, batch_first=True)(vectors)
criterion(states.view(-1, 3), y)

# %% linear-many
states, _ = nn.RNN(10, 6, batch_first=True)(vectors)
print(criterion(states.view(-1, 6), y))
print(states.view(-1, 6).softmax(dim=1)[:, 4:].sum(dim=1))


# %% linear-there
def train(model, epochs, lr):
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        scores = model(x)
        loss = criterion(scores, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, decode(scores)


torch.manual_seed(0)
losses, answer = train(Speller(hidden=6), epochs=100, lr=0.05)
print(answer, f"{losses[0]:.4f} -> {losses[-1]:.4f}")


# %% floor
class Bare(Speller):
    def forward(self, index):
        states, _ = self.rnn(self.embedding(index))
        return states.reshape(-1, 4)


curves = {}
for name, kind in {"states as scores": Bare, "with Linear": Speller}.items():
    torch.manual_seed(0)
    curves[name], answer = train(kind(), epochs=300, lr=0.02)
    print(f"{name:16} {answer} {curves[name][-1]:.4f}")

# %% floor-picture
floor = np.log(1 + 3 * np.exp(-2))
draw.lines(
    curves,
    title="The loss with and without a Linear layer",
    x="epoch",
    y="loss, averaged",
    log=True,
    levels={"ln(1 + 3/e²)": floor},
)

# %% tracks
torch.manual_seed(1)
plane = Speller(size=2, hidden=8, layers=1)
optimizer = torch.optim.Adam(plane.parameters(), lr=0.03)
tables = []
for _ in range(200):
    tables.append(plane.embedding.weight.tolist())
    optimizer.zero_grad()
    loss = criterion(plane(x), y)
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.4f}")
tables.reverse()
tracks = {alphabet[i]: [table[i] for table in tables] for i in range(4)}
draw.paths(tracks, title="Rows of two numbers while they learn", x="1", y="2")

# %% sentences
words = ["cat", "dog", "eats", "likes", "rice", "bread"]
animals, verbs, foods = (0, 1), (2, 3), (4, 5)
orders = [(animals, verbs, foods), (verbs, foods, animals)]
orders.append((foods, animals, verbs))
text = torch.tensor([line for order in orders for line in product(*order)])
print(text.shape)
print([" ".join(words[i] for i in line) for line in text[:4]])


# %% neighbours
def nearest(table):
    gaps = (table.unsqueeze(1) - table).norm(dim=2)
    gaps += 99 * torch.eye(len(table))
    return {words[i]: words[j] for i, j in enumerate(gaps.argmin(dim=1))}


class Guesser(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(6, 2)
        self.rnn = nn.RNN(2, 8, batch_first=True)
        self.linear = nn.Linear(8, 6)

    def forward(self, index):
        return self.linear(self.rnn(self.embedding(index))[0]).reshape(-1, 6)


def guess(model, parameters, epochs=300, new_table=False):
    optimizer = torch.optim.Adam(parameters, lr=0.03, weight_decay=0.003)
    tables = []
    for _ in range(epochs):
        if new_table:
            model.embedding = nn.Embedding(6, 2)
        tables.append(model.embedding.weight.detach().clone())
        optimizer.zero_grad()
        loss = criterion(model(text[:, :2]), text[:, 1:].reshape(-1))
        loss.backward()
        optimizer.step()
    return loss.item(), tables


torch.manual_seed(6)
model = Guesser()
loss, tables = guess(model, model.parameters())
print("before", nearest(tables[0]))
print("after ", nearest(tables[-1]))
print(f"loss {loss:.4f}, ln 2 = {np.log(2):.4f}")

# %% words-picture
ways = torch.stack(tables[::-1])  # (epoch, word, 2), the last epoch first
tracks = {word: ways[:, i].tolist() for i, word in enumerate(words)}
draw.paths(tracks, title="Words used alike come together", x="1", y="2")

# %% mistake-index
embedding = nn.Embedding(4, 10)
embedding(torch.tensor([1, 0, 2, 4]))

# %% mistake-negative
embedding(torch.tensor([1, 0, -1]))

# %% mistake-float
embedding(torch.tensor([1.0, 0.0, 2.0]))

# %% mistake-one-hot
print(one_hot.shape, embedding(one_hot.long()).shape)
print(torch.equal(embedding(one_hot.argmax(dim=1)), embedding(index)))

# %% mistake-h0
rnn = nn.RNN(10, 4, num_layers=2, batch_first=True)
vectors = embedding(torch.stack([index, index, index]))
print(vectors.shape)
rnn(vectors, torch.zeros(3, 2, 4))

# %% mistake-new
torch.manual_seed(6)
model = Guesser()
loss, _ = guess(model, model.parameters(), new_table=True)
print(f"loss {loss:.4f}, ln 6 = {np.log(6):.4f}")

# %% mistake-new-hello
torch.manual_seed(0)
model = Speller()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for _ in range(60):
    model.embedding = nn.Embedding(4, 10)
    optimizer.zero_grad()
    scores = model(x)
    loss = criterion(scores, y)
    loss.backward()
    optimizer.step()
print(decode(scores), f"{loss.item():.4f}")

# %% mistake-optimizer
torch.manual_seed(6)
model = Guesser()
parameters = [*model.rnn.parameters(), *model.linear.parameters()]
loss, tables = guess(model, parameters)
moved = not torch.equal(tables[0], tables[-1])
print(f"loss {loss:.4f}, the table moved: {moved}")
print(nearest(tables[-1]))

# %% mistake-numpy
G, H = np.zeros(4), np.zeros(4)
place = [1, 0, 2, 2, 3]
G[place] += [1, 2, 3, 4, 5]
np.add.at(H, place, [1, 2, 3, 4, 5])
print(G, H)

# %% solution-size
hidden, size = 128, 50
for words in (82, 83):
    without, with_table = words * hidden, words * size + size * hidden
    print(words, without, with_table, without > with_table)

# %% solution-fold
torch.manual_seed(0)
table, rnn = nn.Embedding(4, 10), nn.RNN(10, 6)
folded = nn.RNN(4, 6)
state = rnn.state_dict()
state["weight_ih_l0"] = rnn.weight_ih_l0.detach() @ table.weight.detach().t()
folded.load_state_dict(state)
by_table, _ = rnn(table(index))
by_one_hot, _ = folded(one_hot)
print(state["weight_ih_l0"].shape)
assert torch.allclose(by_table, by_one_hot, atol=1e-5)

# %% solution-momentum
torch.manual_seed(0)
for name in ("Adam", "SGD"):
    model = Speller()
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.05)
    for word in ("hello", "he"):
        before = model.embedding.weight.detach().clone()
        optimizer.zero_grad()
        criterion(model(encode(word).view(1, -1)), y[: len(word)]).backward()
        optimizer.step()
    moved = (model.embedding.weight - before).abs().sum(dim=1) > 0
    gradient = model.embedding.weight.grad[alphabet.index("o")]
    print(f"{name:5} gradient of o: {gradient.abs().sum()}, moved:", moved.tolist())
