"""Growing out of it: weights that go to PyTorch and come back."""

# %% picture
from book import draw

import tinygrad_rnn as torch

boxes = {
    "train here": (0, 0.5),
    "(state)": (1, 0.5),
    "process 0": (2, 0),
    "process 1": (2, 1),
    "(state)|back": (3, 0.5),
    "go on here": (4, 0.5),
}
arrows = [
    ("train here", "(state)"),
    ("(state)", "process 0"),
    ("(state)", "process 1"),
    ("process 0", "process 1", "gradients"),
    ("process 1", "process 0"),
    ("process 0", "(state)|back"),
    ("(state)|back", "go on here"),
]
draw.network(boxes, arrows, title="From here to two processes of PyTorch, and back")

# %% train
text = "the cat sat on the mat and the dog sat on the log and the cat and the dog saw the fog "
alphabet = sorted(set(text))
numbers = torch.tensor([alphabet.index(character) for character in text])
x, y = numbers[:-1].view(-1, 17).t(), numbers[1:].view(-1, 17).t()


class Writer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(alphabet), 8)
        self.rnn = torch.nn.RNN(8, 16)
        self.linear = torch.nn.Linear(16, len(alphabet))

    def forward(self, x):  # (seq, batch)
        states, _ = self.rnn(self.embedding(x))
        return self.linear(states).view(-1, len(alphabet))


def loss_on(model, x, y):
    return torch.nn.functional.cross_entropy(model(x), y.reshape(-1))


def train(model, optimizer, updates):
    losses = []
    for _ in range(updates):
        optimizer.zero_grad()
        loss = loss_on(model, x, y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


torch.manual_seed(0)
model = Writer()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
losses = train(model, optimizer, 60)
print("x", x.shape, "y", y.shape)
print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}")

# %% state
for name, tensor in model.state_dict().items():
    print(f"{name:18}{list(tensor.shape)}")

# %% adam
state = optimizer.state_dict()["state"]
for name, value in state[0].items():
    print(f"{name:11}", value if name == "step" else list(value.shape))
print(len(state), "parameters")

# %% dlpack
import numpy as np

tensor = torch.tensor([1.0, 2.0, 3.0])
array = np.from_dlpack(tensor)
array[0] = 10.0
print(tensor)

back = torch.from_dlpack(array)
back[2] = 30.0
print(array, tensor)

# %% dlpack-state
views = {name: np.from_dlpack(tensor) for name, tensor in model.state_dict().items()}
before = model.linear.bias[0].item()
views["linear.bias"][0] += 1.0
print(f"{model.linear.bias[0].item() - before:.4f}")
views["linear.bias"][0] -= 1.0

# %% dlpack-refused
np.from_dlpack(model.linear.bias)

# %% numpy
array = tensor.numpy()
print(np.shares_memory(array, np.from_dlpack(tensor)), array.flags.writeable)
array[0] = 5.0

# %% copies
mine = tensor.numpy().copy()
mine[0] = 5.0
taken = torch.from_numpy(mine)
mine[1] = 5.0
print(tensor, mine, taken)

# %% save
import io

file = io.BytesIO()
torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, file)
file.seek(0)
for name in np.load(file).files[:9]:
    print(name)

# %% load
file.seek(0)
saved = torch.load(file)
other = Writer()
its_optimizer = torch.optim.Adam(other.parameters(), lr=0.02)
print(other.load_state_dict(saved["model"]))
its_optimizer.load_state_dict(saved["optimizer"])
there, here = train(other, its_optimizer, 20), train(model, optimizer, 20)
print(f"{there[-1]:.4f} {here[-1]:.4f}", there == here)

# %% pickle
import pickle


class Trap:
    def __reduce__(self):
        return print, ("This ran when the file was opened.",)


trap = pickle.dumps(Trap())
pickle.loads(trap)
torch.load(io.BytesIO(trap))

# %% deepcopy
import copy

twin = copy.deepcopy(model)
train(twin, torch.optim.Adam(twin.parameters()), 1)
print(torch.equal(twin.linear.bias, model.linear.bias))

sent = pickle.loads(pickle.dumps(model.rnn))
print(sent, torch.equal(sent.weight_hh_l0, model.rnn.weight_hh_l0))
copy.deepcopy(loss_on(model, x, y))


# %% parallel
def gradient(x, y):
    model.zero_grad()
    loss_on(model, x, y).backward()
    return torch.cat([parameter.grad.view(-1) for parameter in model.parameters()])


x4, y4 = x[:, :4], y[:, :4]
whole = gradient(x4, y4)
halves = [gradient(x4[:, rank::2], y4[:, rank::2]) for rank in range(2)]
average = sum(halves) / 2
print("whole  ", whole.shape, f"largest {whole.abs().max().item():.4f}")
print(f"halves  differ by {(halves[0] - halves[1]).abs().max().item():.4f}")
print("average equals whole:", torch.allclose(average, whole, atol=1e-6))

# %% mistake-behind
array = np.array([1.0, 2.0, 3.0])
inputs = torch.from_dlpack(array)
weight = torch.ones(3, dtype=torch.float64, requires_grad=True)
loss = (weight * inputs).sum()
array[:] = 0.0
loss.backward()
print(loss.item(), weight.grad)

# %% mistake-noticed
inputs = torch.from_dlpack(np.array([1.0, 2.0, 3.0]))
loss = (weight * inputs).sum()
inputs[:] = 0.0
loss.backward()

# %% mistake-adam
curves = {}
for name in ("with Adam's state", "without"):
    model.load_state_dict(saved["model"])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    if name != "without":
        optimizer.load_state_dict(saved["optimizer"])
    curves[name] = losses[-10:] + train(model, optimizer, 15)
    print(f"{name:18}", " ".join(f"{loss:.3f}" for loss in curves[name][9:14]))
draw.lines(curves, title="The loss after update 60", x="update", y="loss", start=51)

# %% mistake-names
layer = torch.nn.Linear(2, 1)
wrapped = torch.nn.Sequential()
wrapped.add_module("module", layer)
layer.load_state_dict(wrapped.state_dict())

# %% mistake-names-loose
layer.load_state_dict(wrapped.state_dict(), strict=False)

# %% mistake-names-mended
state = {name.removeprefix("module."): each for name, each in wrapped.state_dict().items()}
layer.load_state_dict(state)

# %% mistake-same-data
same = [gradient(x4, y4) for rank in range(2)]
print(torch.equal(same[0], same[1]), torch.equal(sum(same) / 2, same[0]))

# %% solution-weighted
whole = gradient(x4, y4)  # anew: the weights have moved since
first, rest = gradient(x4[:, :1], y4[:, :1]), gradient(x4[:, 1:], y4[:, 1:])
print("plain    ", torch.allclose((first + rest) / 2, whole, atol=1e-6))
print("weighted ", torch.allclose(1 / 4 * first + 3 / 4 * rest, whole, atol=1e-6))


# %% solution-count
def count(tree):
    if isinstance(tree, torch.Tensor):
        return tree.numel()
    return sum(count(each) for name, each in tree.items() if name != "step")


weights, memory = count(saved["model"]), count(saved["optimizer"]["state"])
assert memory == 2 * weights
print(weights, "weights,", memory, "numbers that Adam keeps")

# %% solution-simulate
copies = [copy.deepcopy(model) for _ in range(2)]
optimizers = [torch.optim.Adam(each.parameters(), lr=0.02) for each in copies]
alone = copy.deepcopy(model)
its_optimizer = torch.optim.Adam(alone.parameters(), lr=0.02)
for _ in range(5):
    for rank, each in enumerate(copies):
        each.zero_grad()
        loss_on(each, x4[:, rank::2], y4[:, rank::2]).backward()
    for pair in zip(*(each.parameters() for each in copies), strict=True):
        mean = (pair[0].grad + pair[1].grad) / 2
        for parameter in pair:
            parameter.grad = mean.clone()
    alone.zero_grad()
    loss_on(alone, x4, y4).backward()
    for each in (*optimizers, its_optimizer):
        each.step()

for name, tensor in alone.state_dict().items():
    first, second = (each.state_dict()[name] for each in copies)
    assert torch.equal(first, second)
    assert torch.allclose(first, tensor, atol=1e-4)
print("the copies are equal, and what one process computes alone")
