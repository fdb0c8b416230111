"""The network of `hello_rnn.py` on arrays alone: no Tensor, no graph, no optimizer object.

The formulas of `tinygrad_rnn.core` and their derivatives are called by hand. Both programs print
the same, byte for byte.
"""

import numpy as np

from tinygrad_rnn.core.loss import cross_entropy
from tinygrad_rnn.core.recurrent import rnn_layer
from tinygrad_rnn.core.update import adam
from tinygrad_rnn.random import Generator

ALPHABET = "ehlo"
EPOCHS = 15
SETTINGS = {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
SETTINGS |= {"weight_decay": 0, "decoupled": False, "maximize": False}


def encode(word):
    return np.array([ALPHABET.index(character) for character in word])


def tensor(x, grad_fn):
    """How PyTorch prints a tensor with the numbers of `x`."""
    numbers = np.array2string(x, precision=4, floatmode="fixed", separator=", ", prefix="tensor(")
    return f"tensor({numbers}, grad_fn=<{grad_fn}>)"


x = np.eye(4, dtype=np.float32)[encode("hello")].reshape(5, 1, 4)  # (seq, batch, characters)
h0 = np.zeros((1, 4), np.float32)  # (batch, characters)
labels = encode("ohlol")  # (seq)
print(f"labels.shape: torch.Size({list(labels.shape)})")
print(f"labels tensor({labels.tolist()})")

generator = Generator().manual_seed(390739060)
parameters = []  # a weight and Adam's averages m and v, for W_ih, W_hh, b_ih and b_hh
for shape in ((4, 4), (4, 4), (4,), (4,)):
    w = generator.uniform(np.prod(shape), x.dtype).reshape(shape) - 0.5  # from -1/√4 to 1/√4
    parameters.append((w, np.zeros_like(w), np.zeros_like(w)))

for epoch in range(1, EPOCHS + 1):
    h, layer = rnn_layer(x, h0, [w for w, _, _ in parameters], "tanh", reverse=False)
    scores = h.reshape(5, 4)
    loss, [(derivative, saved)] = cross_entropy(scores, labels, None, "mean")
    g = derivative(np.ones_like(loss), *saved).reshape(h.shape)  # dL/dh
    needs = [False, False, True, True, True, True]  # x and h0 need no gradient
    _, _, *gradients = layer.derivative(g, needs, *layer.saved)
    parameters = [
        adam(w, g, m, v, step=epoch, **SETTINGS) for (w, m, v), g in zip(parameters, gradients)
    ]
    best, values = scores.argmax(axis=1), scores.max(axis=1)
    print("outputs:", tensor(scores, "ViewBackward0"))
    print("outputs.max(dim=1) torch.return_types.max(")
    print(f"values={tensor(values, 'MaxBackward0')},\nindices=tensor({best.tolist()}))")
    print("idx:", best)
    answer = "".join(ALPHABET[i] for i in best)
    print(f"Predicted: {answer},Epoch [{epoch}/{EPOCHS}] loss =  {loss:.4f}")
