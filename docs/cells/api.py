"""The API reference: what is left out, and what methods are."""

# %% left-out
import tinygrad_rnn as torch

torch.nn.LSTM(4, 2)

# %% methods
import tinygrad_rnn as torch

x = torch.tensor([1.0, 2.0])
torch.Tensor.tanh is torch.tanh, x.tanh().equal(torch.tanh(x))
