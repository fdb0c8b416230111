"""Questions that come up, with the error message or the cure."""

# %% start
import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F

torch.manual_seed(0)
x = torch.randn(5, 3, 4)  # (seq, batch, input)
rnn = nn.RNN(4, 2, num_layers=2)
out, h_n = rnn(x)
print(out.shape, h_n.shape)

# %% two-results
print(torch.equal(out[-1], h_n[-1]))
nn.Linear(2, 3)(rnn(x))

# %% cell-split
h, surprise = nn.RNNCell(4, 2)(x[0][:2])
print(h.shape)

# %% h0
rows = x.transpose(0, 1)  # (batch, seq, input)
nn.RNN(4, 2, batch_first=True)(rows, torch.zeros(3, 1, 2))

# %% loss-shape
scores = torch.randn(3, 5, 4)  # (batch, seq, classes)
labels = torch.randint(0, 4, (3, 5))
F.cross_entropy(scores, labels)

# %% loss-shape-cure
F.cross_entropy(scores.view(-1, 4), labels.view(-1)).shape

# %% dtype
nn.Linear(4, 2)(torch.tensor([[0, 1, 0, 0]]))

# %% no-gradient
first, second = nn.Linear(4, 3), nn.Linear(3, 2)
model = nn.Sequential(first, second)
hidden = first(torch.ones(1, 4)).detach()
second(hidden).sum().backward()
for name, parameter in model.named_parameters():
    print(f"{name:9} gradient: {parameter.grad is not None}")

# %% softmax-twice
criterion = nn.CrossEntropyLoss()
sure = torch.tensor([[20.0, 0.0, 0.0, 0.0]])
print(criterion(sure.softmax(dim=1), torch.tensor([0])))
print(criterion(sure, torch.tensor([0])))

# %% nan
torch.manual_seed(0)
model = nn.RNN(1, 8, nonlinearity="relu")
with torch.no_grad():
    model.weight_hh_l0.mul_(8)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
states, _ = model(torch.ones(200, 1, 1))
loss = states[-1].sum()
loss.backward()
print(loss)
optimizer.step()

# %% clip
optimizer.zero_grad()
states, _ = model(torch.ones(20, 1, 1))
states[-1].sum().backward()
norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
print(f"more than a million before: {norm.item() > 1e6}")
squares = [(p.grad**2).sum() for p in model.parameters()]
print(f"after: {sum(squares).sqrt().item():.4f}")
optimizer.step()

# %% twice
cell = nn.RNNCell(4, 2)
h = torch.zeros(3, 2)
for step in x:
    h = cell(step, h)
    h.sum().backward()

# %% twice-cure
h = torch.zeros(3, 2)
for step in x:
    h = cell(step, h.detach())
    h.sum().backward()
print(cell.weight_hh.grad.shape)

# %% inplace
h = torch.zeros(3, 2)
for step in x:
    h.copy_(cell(step, h))
h.sum().backward()


# %% plain-list
class Stack(nn.Module):
    def __init__(self, container):
        super().__init__()
        self.layers = container([nn.Linear(2, 2), nn.Linear(2, 2)])


print(len(list(Stack(nn.ModuleList).parameters())), "parameters")
torch.optim.Adam(Stack(list).parameters())

# %% state-names
small, large = nn.RNN(4, 2), nn.RNN(4, 3, num_layers=2)
small.load_state_dict(large.state_dict())

# %% seed
torch.manual_seed(1)
print(torch.rand(2), torch.rand(2))
torch.manual_seed(1)
print(torch.rand(2))

# %% seed-order
torch.manual_seed(1)
print(nn.Linear(2, 1).weight)
torch.manual_seed(1)
noise = torch.rand(1)
print(nn.Linear(2, 1).weight)

# %% letters
alphabet = sorted(set("hello"))
print(alphabet)

# %% float32
print(torch.tensor(16_777_216.0) + 1 == torch.tensor(16_777_216.0))
tenth = torch.tensor(0.1).item()
print(tenth == 0.1, f"{abs(tenth - 0.1):.0e}")


# %% double
def last_loss(model):
    x = torch.eye(4)[[1, 0, 2, 2, 3]].to(model.weight_ih_l0.dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x)[0], torch.tensor([3, 1, 2, 3, 2]))
        loss.backward()
        optimizer.step()
    return loss.item()


single, double = nn.RNN(4, 4), nn.RNN(4, 4).double()
double.load_state_dict(single.state_dict())
a, b = last_loss(single), last_loss(double)
print(f"{a:.4f} {b:.4f}, less than a millionth apart: {abs(a - b) < 1e-6}")

# %% cuda
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(device)
rnn.to("cuda")

# %% absent
nn.LSTM(4, 2)

# %% absent-name
torch.einsum

# %% biases
layer = nn.RNN(4, 2)
before = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)
layer(x)[0].sum().backward()
optimizer.step()
after = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
gradient = layer.bias_ih_l0.grad
print(torch.equal(gradient, layer.bias_hh_l0.grad))
print((after - before) / (-0.1 * gradient))

# %% save
import io

file = io.BytesIO()
torch.save(rnn.state_dict(), file)

file.seek(0)
copy = nn.RNN(4, 2, num_layers=2)
print(copy.load_state_dict(torch.load(file)), torch.equal(copy(x)[0], rnn(x)[0]))

# %% numpy
import numpy as np

array = np.ones((2, 3), dtype=np.float32)
tensor = torch.from_numpy(array)
array[0, 0] = 99
print(tensor)
print(rnn(x)[0].detach().numpy().shape)
rnn(x)[0].numpy()

# %% numpy-double
rnn(torch.from_numpy(np.ones((5, 3, 4))))
