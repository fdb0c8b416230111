"""Finds the seed of hello_cell.py, which printed nothing but what it predicted and its losses.

python examples/recover/hello_cell.py
"""

import sys
from pathlib import Path

import numpy as np

import tinygrad_rnn as torch
from tinygrad_rnn.recover import Computed, Description, Drawn, Uniform
from tinygrad_rnn.recover.command import run

HELLO, OHLOL = [1, 0, 2, 2, 3], [3, 1, 2, 3, 2]  # in "ehlo"
PREDICTED = "1 1 1 0 0"  # "hhhee", in the first epoch
LOSSES = """
    6.5936 5.1479 4.1417 3.5055 3.0920 2.8072 2.5990 2.4372
    2.3106 2.2115 2.1293 2.0575 1.9963 1.9460 1.9059
"""


def first_epoch(weight_ih, weight_hh, bias_ih, bias_hh):
    """What many cells predict before they have learned, and their loss: (cells, 5 + 1)."""
    h, loss, predicted = np.zeros_like(bias_ih), 0.0, []
    for character, label in zip(HELLO, OHLOL):
        h = np.tanh(
            weight_ih[:, :, character] + bias_ih + bias_hh + np.einsum("nij,nj->ni", weight_hh, h)
        )
        loss = loss + np.log(np.exp(h).sum(1)) - h[:, label]
        predicted.append(h.argmax(1))
    return np.stack([*predicted, loss], 1)


def first_letter(weight_ih, bias_ih, bias_hh):
    """What many cells predict for the first letter: (cells, 1)."""
    return (weight_ih[:, :, HELLO[0]] + bias_ih + bias_hh).argmax(1)[:, None]


def training(weight_ih, weight_hh, bias_ih, bias_hh):
    """The losses of all epochs, each cell trained on its own: (cells, 15)."""
    cells = zip(weight_ih, weight_hh, bias_ih, bias_hh)
    return np.array([losses(*weights) for weights in cells]).reshape(-1, 15)


def losses(*weights):
    """The losses of one cell as it learns."""
    cell = torch.nn.RNNCell(4, 4)
    with torch.no_grad():
        for parameter, values in zip(cell.parameters(), weights):
            parameter.copy_(torch.from_numpy(values))
    optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)
    inputs = torch.eye(4)[HELLO].unsqueeze(1)
    found = []
    for _ in range(15):
        optimizer.zero_grad()
        h, loss = torch.zeros(1, 4), 0
        for x, label in zip(inputs, OHLOL):
            h = cell(x, h)
            loss = loss + torch.nn.functional.cross_entropy(h, torch.tensor([label]))
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


CELL = [
    Drawn("weight_ih", Uniform(-0.5, 0.5), (4, 4)),
    Drawn("weight_hh", Uniform(-0.5, 0.5), (4, 4)),
    Drawn("bias_ih", Uniform(-0.5, 0.5), (4,)),
    Drawn("bias_hh", Uniform(-0.5, 0.5), (4,)),
]
DESCRIPTION = Description(
    CELL,
    [
        Computed("the first letter", first_letter, PREDICTED.split(maxsplit=1)[0]),
        Computed("the first epoch", first_epoch, f"{PREDICTED} {LOSSES.split(maxsplit=1)[0]}"),
        Computed("all epochs", training, LOSSES),
    ],
)

if __name__ == "__main__":
    kept = Path(__file__).with_suffix(".progress")  # a search that is stopped goes on from there
    sys.exit(not run(DESCRIPTION, keep=kept, resume=True))
