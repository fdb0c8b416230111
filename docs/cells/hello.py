"""hello -> ohlol: from characters to a trained network, twice."""

# %% task
import numpy as np
from book import draw

import tinygrad_rnn as torch

F = torch.nn.functional
pairs = list(zip("hello", "ohlol", strict=True))
boxes, arrows = {"zeros": (0, 1)}, [("zeros", "cell|0")]
for t, (read, say) in enumerate(pairs):
    below, cell, above = f"({read})|in {t}", f"cell|{t}", f"({say})|out {t}"
    boxes |= {below: (t + 1, 2), cell: (t + 1, 1), above: (t + 1, 0)}
    arrows += [(below, cell), (cell, above)]
    arrows += [(f"cell|{t - 1}", cell, "h")] if t else []
draw.network(boxes, arrows, title="hello is read below, ohlol said above")

# %% index
alphabet = "ehlo"


def encode(word):
    return torch.LongTensor([alphabet.index(character) for character in word])


def decode(indices):
    return "".join(alphabet[i] for i in indices)


print("hello:", encode("hello"))
print("ohlol:", encode("ohlol"))
print("back: ", decode(encode("ohlol")))

# %% order
print("sorted:", sorted(set("hello")))


# %% one-hot
one_hot = F.one_hot(encode("hello"), num_classes=len(alphabet)).float()
print(one_hot)
print("shape:", tuple(one_hot.shape))
rows = np.eye(4)[[1, 0, 2, 2, 3]]
print("rows of the identity:", np.array_equal(one_hot.numpy(), rows))


# %% softmax
def softmax(scores):  # (N, C) -> (N, C)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


scores = np.array([[0.1, 0.2, 0.5, 0.9], [0, 0, 0, 0], [-1, -1, -1, 1]])
probabilities = softmax(scores)
print(probabilities.round(4))
print("sums:", probabilities.sum(axis=1))
theirs = F.softmax(torch.tensor(scores), dim=1)
print("as the framework's:", np.allclose(probabilities, theirs))


# %% cross-entropy
def log_softmax(scores):  # (N, C) -> (N, C)
    shifted = scores - scores.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(scores, labels):  # (N, C), (N) -> one number for each row
    return -log_softmax(scores)[np.arange(len(labels)), labels]


labels = np.array([3, 1, 2])
losses = cross_entropy(scores, labels)
print("by hand:  ", losses.round(4), "mean", losses.mean().round(4))
rows, right = torch.tensor(scores), torch.tensor(labels)
print("framework:", F.cross_entropy(rows, right, reduction="none"))
print("framework:", F.cross_entropy(rows, right))

# %% twice
scores = torch.tensor([[10.0, 0.0, 0.0, 0.0]])
right = torch.tensor([0])
print("scores go in:       ", F.cross_entropy(scores, right))
print("probabilities go in:", F.cross_entropy(F.softmax(scores, dim=1), right))

# %% log-of-zero
scores = torch.tensor([[200.0, 0.0, 0.0, 0.0]])
print("softmax, then log:", -torch.log(F.softmax(scores, dim=1))[0, 1])
print("both in one:      ", F.cross_entropy(scores, torch.tensor([1])))

# %% slope
scores = torch.tensor([[0.1, 0.2, 0.5, 0.9]], requires_grad=True)
F.cross_entropy(scores, torch.tensor([1])).backward()
print("gradient:           ", scores.grad)
p = F.softmax(scores.detach(), dim=1)
print("softmax minus label:", p - torch.tensor([[0.0, 1.0, 0.0, 0.0]]))

# %% data
inputs = one_hot.view(-1, 1, len(alphabet))  # (seq, batch, features)
labels = encode("ohlol").view(-1, 1)  # (seq, batch)
print("inputs:", tuple(inputs.shape), " labels:", tuple(labels.shape))
for x, label in zip(inputs, labels, strict=True):
    print(x.tolist(), tuple(x.shape), "->", label.tolist(), tuple(label.shape))

# %% one-step
torch.manual_seed(1237907172)
cell = torch.nn.RNNCell(input_size=4, hidden_size=4)
criterion = torch.nn.CrossEntropyLoss()
h = cell(inputs[0], torch.zeros(1, 4))
print("h:", tuple(h.shape), h.detach())
print("best class:", h.argmax(dim=1), decode(h.argmax(dim=1)))
print("loss:", criterion(h, labels[0]))

# %% cell-program
torch.manual_seed(1237907172)
cell = torch.nn.RNNCell(input_size=4, hidden_size=4)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)

cell_losses = []
for epoch in range(1, 16):
    optimizer.zero_grad()
    h = torch.zeros(1, 4)  # (batch, hidden)
    loss, answer = 0, ""
    for x, label in zip(inputs, labels, strict=True):
        h = cell(x, h)
        loss = loss + criterion(h, label)
        answer += decode(h.argmax(dim=1))
    loss.backward()
    optimizer.step()
    cell_losses.append(loss.item())
    print(f"Predicted: {answer},Epoch [{epoch}/15] loss =  {loss.item():.4f}")

# %% cell-figures
tutorial = (
    "6.5936 5.1479 4.1417 3.5055 3.0920 2.8072 2.5990 2.4372 "
    "2.3106 2.2115 2.1293 2.0575 1.9963 1.9460 1.9059"
)
here = " ".join(f"{each:.4f}" for each in cell_losses)
print("all 15 equal:", here == tutorial)


# %% states
def states(cell):
    """What the cell holds after each letter, (seq, 4)."""
    h, rows = torch.zeros(1, 4), []
    for x in inputs:
        h = cell(x, h)
        rows.append(h)
    return torch.cat(rows).detach()


steps = [f"{read} → {say}" for read, say in pairs]
title = "Four states for each of the five letters"
draw.heatmap(states(cell).tolist(), title=title, rows=steps, columns=alphabet)

# %% rnn-program
torch.manual_seed(390739060)
rnn = torch.nn.RNN(input_size=4, hidden_size=4)
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(rnn.parameters(), lr=0.1)
labels_row = labels.view(-1)  # (seq * batch)

rnn_losses = []
for epoch in range(1, 16):
    optimizer.zero_grad()
    output, h_n = rnn(inputs)  # (seq, batch, hidden), (layers, batch, hidden)
    scores = output.view(-1, 4)  # (seq * batch, hidden)
    loss = criterion(scores, labels_row)
    loss.backward()
    optimizer.step()
    rnn_losses.append(loss.item())
    if epoch == 1:
        print("output:", tuple(output.shape), " labels:", tuple(labels_row.shape))
        print("outputs:", scores)
        print(scores.max(dim=1))
    answer = decode(scores.argmax(dim=1))
    print(f"Predicted: {answer},Epoch [{epoch}/15] loss =  {loss.item():.4f}")

# %% rnn-figures
tutorial = (
    "1.1690 1.0504 0.9826 0.9192 0.8708 0.8216 0.7695 0.7178 "
    "0.6879 0.6628 0.6299 0.6009 0.5797 0.5627 0.5464"
)
here = " ".join(f"{each:.4f}" for each in rnn_losses)
print("all 15 equal:", here == tutorial)

# %% floor
floor = np.log(1 + 3 * np.exp(-2))
best = F.cross_entropy(torch.tensor([[-1.0, -1.0, -1.0, 1.0]]), torch.tensor([3]))
print(f"a step:     {floor:.4f}, and with scores of -1 and 1: {best.item():.4f}")
print(f"five steps: {5 * floor:.4f}")
print(f"the best probability of the right letter: {np.exp(-floor):.4f}")


# %% train
def train(change="as written", epochs=200, seed=1237907172):
    """Trains an RNNCell, with one change: its answers, its losses, the cell."""
    torch.manual_seed(seed)
    cell = torch.nn.RNNCell(4, 4)
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)
    answers, losses = [], []
    h = torch.zeros(1, 4)
    for _ in range(epochs):
        if change != "no zero_grad":
            optimizer.zero_grad()
        if change != "h carried over":
            h = torch.zeros(1, 4)
        loss, answer = 0, ""
        for x, label in zip(inputs, labels, strict=True):
            if change == "h never fed back":
                h = torch.zeros(1, 4)
            if change == "h detached at each step":
                h = h.detach()
            h = cell(x, h)
            scores = F.softmax(h, dim=1) if change == "softmax first" else h
            step = criterion(scores, label)
            loss = step if change == "loss = instead of +=" else loss + step
            answer += decode(scores.argmax(dim=1))
        loss.backward()
        if change == "zero_grad after backward":
            optimizer.zero_grad()
        optimizer.step()
        answers.append(answer)
        losses.append(loss.item())
    return answers, losses, cell


answers, losses, trained = train()
print("epochs 15 and 200:", answers[14], answers[-1])
print(f"losses: {losses[14]:.4f} and {losses[-1]:.4f}; floor: {5 * floor:.4f}")

# %% floor-curve
draw.lines(
    {"loss": losses, "5 ln(1 + 3e⁻²) = 1.7038": 200 * [5 * floor]},
    title="The summed loss falls towards its floor and no further",
    x="epoch",
    y="loss, five steps",
    start=1,
)

# %% floor-states
title = "After 200 epochs: the right letter near 1, the others near -1"
draw.heatmap(states(trained).tolist(), title=title, rows=steps, columns=alphabet)


# %% stuck
def train_rnn(
    seed,
    method=torch.optim.Adam,
    lr=0.1,
    reduction="mean",
    head=False,
    epochs=200,
):
    """Trains an RNN, with a Linear layer if wanted: losses and last scores."""
    torch.manual_seed(seed)
    rnn = torch.nn.RNN(4, 4)
    linear = torch.nn.Linear(4, 4) if head else torch.nn.Sequential()
    optimizer = method([*rnn.parameters(), *linear.parameters()], lr=lr)
    losses = []
    for _ in range(epochs):
        optimizer.zero_grad()
        scores = linear(rnn(inputs)[0]).view(-1, 4)
        loss = F.cross_entropy(scores, labels.view(-1), reduction=reduction)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, scores.detach()


stuck, scores = train_rnn(390739060)
print(decode(scores.argmax(dim=1)), f"{stuck[-1]:.4f}")
print("the second l:", scores[3])
tie = np.log(2 + 2 * np.exp(-2))
print(f"a tie of two letters costs {tie:.4f}")
print(f"(4 * {floor:.4f} + {tie:.4f}) / 5 = {(4 * floor + tie) / 5:.4f}")

# %% head
with_head, scores = train_rnn(390739060, head=True)
print(decode(scores.argmax(dim=1)), f"{with_head[-1]:.4f}")
draw.lines(
    {
        "states as scores": stuck,
        "with a Linear layer": with_head,
        "ln(1 + 3e⁻²) = 0.3408": 200 * [floor],
    },
    title="A linear layer takes the loss below the floor of the states",
    x="epoch",
    y="loss, averaged",
    start=1,
    log=True,
)

# %% same-seed
same_seed, _ = train_rnn(1237907172, epochs=15)
print(f"RNNCell, summed:        {cell_losses[-1]:.4f}")
print(f"RNNCell, a step:        {cell_losses[-1] / 5:.4f}")
print(f"RNN, same seed:         {same_seed[-1]:.4f}")
print(f"RNN, its own seed:      {rnn_losses[-1]:.4f}")

# %% both-curves
draw.lines(
    {
        "RNNCell, divided by 5": [each / 5 for each in cell_losses],
        "RNN": rnn_losses,
        "ln(1 + 3e⁻²)": 15 * [floor],
    },
    title="Both programs on one scale",
    x="epoch",
    y="loss, a step",
    start=1,
)

# %% step-size
print("optimizer  reduction   lr  loss a step after 50 epochs")
for method in (torch.optim.SGD, torch.optim.Adam):
    for reduction, lr in (("mean", 0.1), ("sum", 0.1), ("mean", 0.5)):
        losses, _ = train_rnn(1237907172, method, lr, reduction, epochs=50)
        a_step = losses[-1] / (5 if reduction == "sum" else 1)
        print(f"{method.__name__:10} {reduction:9} {lr:4}  {a_step:.4f}")


# %% seeds
def spelt(seed, head):
    _, scores = train_rnn(seed, head=head, epochs=15)
    return decode(scores.argmax(dim=1)) == "ohlol"


for name, head in (("states as scores: ", False), ("with Linear layer:", True)):
    print(name, sum(spelt(seed, head) for seed in range(50)), "of 50 seeds")

# %% changes
curves = {}
print("change                    ohlol in  last answer   last loss")
for change in (
    "as written",
    "loss = instead of +=",
    "no zero_grad",
    "softmax first",
    "h never fed back",
    "h detached at each step",
    "zero_grad after backward",
):
    answers, losses, _ = train(change)
    curves[change] = losses
    right = answers.count("ohlol")
    print(f"{change:24} {right:5}/200  {answers[-1]:11} {losses[-1]:11.4f}")

# %% change-curves
shown = ("as written", "loss = instead of +=", "no zero_grad", "h never fed back")
draw.lines(
    {change: curves[change] for change in shown},
    title="The losses of four variants over 200 epochs",
    x="epoch",
    y="loss",
    start=1,
)

# %% change-floors
q = 1 / (np.exp(2) + 3)  # the least probability of a wrong letter
p = 1 - 3 * q  # and the most of the right one
floors = {
    "as written": 5 * floor,
    "loss = instead of +=": floor,
    "softmax first": 5 * np.log(1 + 3 * np.exp(q - p)),
    "h never fed back": 3 * floor + 2 * tie,
}
for change, lowest in floors.items():
    print(f"{change:21} floor {lowest:.4f}, reached {curves[change][-1]:.4f}")

# %% change-carried
train("h carried over")

# %% column-labels
scores = rnn(inputs)[0].view(-1, 4)
criterion(scores, labels)

# %% float-labels
criterion(scores, labels.view(-1).float())

# %% no-such-class
criterion(scores, torch.tensor([3, 1, 2, 3, 4]))

# %% item-early
loss, h = 0, torch.zeros(1, 4)
for x, label in zip(inputs, labels, strict=True):
    h = cell(x, h)
    loss = loss + criterion(h, label).item()
loss.backward()

# %% item-wrapped
torch.tensor(loss).backward()

# %% item-silent
optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)
optimizer.zero_grad()
torch.tensor(loss, requires_grad=True).backward()
optimizer.step()
print("gradient:", cell.weight_hh.grad)

# %% wrong-dim
h = trained(inputs[0], torch.zeros(1, 4))
print("h:", tuple(h.shape))
print("dim=1:", h.argmax(dim=1), decode(h.argmax(dim=1)))
print("dim=0:", h.argmax(dim=0), decode(h.argmax(dim=0)))


# %% solution-floor
def floor_of(classes):
    return np.log(1 + (classes - 1) * np.exp(-2))


for classes in (2, 4, 27, 10_000):
    loss = floor_of(classes)
    print(f"{classes:6} classes: loss {loss:.4f}, probability {np.exp(-loss):.4f}")
assert np.isclose(floor_of(4), floor)

# %% solution-batch
x = F.one_hot(torch.stack([encode("hello"), encode("ohlol")], dim=1), 4).float()
y = torch.stack([encode("ohlol"), encode("hello")], dim=1)
print("x:", tuple(x.shape), " y:", tuple(y.shape))


def train_two(targets):
    """Trains on two words at once, and says what is answered to each."""
    torch.manual_seed(0)
    rnn, linear = torch.nn.RNN(4, 8), torch.nn.Linear(8, 4)
    parameters = [*rnn.parameters(), *linear.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        scores = linear(rnn(x)[0])  # (5, 2, 4)
        F.cross_entropy(scores.view(-1, 4), targets).backward()
        optimizer.step()
    return [decode(scores[:, word].argmax(dim=1)) for word in range(2)]


print("labels in the order of the scores:", train_two(y.view(-1)))
print("labels word after word:           ", train_two(y.t().reshape(-1)))
assert train_two(y.view(-1)) == ["ohlol", "hello"]


# %% solution-memory
def remembers(length, detach, seed):
    """Whether a cell learns to name the first letter after `length` letters l."""
    words = ["h" + length * "l", "e" + length * "l"]
    x = F.one_hot(torch.stack([encode(word) for word in words], dim=1), 4).float()
    torch.manual_seed(seed)
    cell, linear = torch.nn.RNNCell(4, 8), torch.nn.Linear(8, 4)
    parameters = [*cell.parameters(), *linear.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        h = torch.zeros(2, 8)
        for letters in x:
            h = cell(letters, h.detach() if detach else h)
        loss = F.cross_entropy(linear(h), encode("he"))
        loss.backward()
        optimizer.step()
    return loss.item() < 0.1


for length in (1, 3):
    for detach in (False, True):
        learned = sum(remembers(length, detach, seed) for seed in range(10))
        print(f"{length} between, detached {detach!s:5} learned by {learned} of 10")
