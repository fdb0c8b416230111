"""Finds the seed of hello_rnn.py: what it printed first are hidden states, which are computed.

python examples/recover/hello_rnn.py
"""

import sys
from pathlib import Path

import numpy as np

from tinygrad_rnn.recover import Computed, Description, Drawn, Uniform
from tinygrad_rnn.recover.command import run

HELLO = [1, 0, 2, 2, 3]  # in "ehlo"
PRINTED = """
    -0.4914 -0.5676  0.3506  0.7260
    -0.6970 -0.7721  0.5879 -0.0892
    -0.5054 -0.6028  0.2994  0.4381
    -0.4411 -0.6743  0.3136  0.5604
    -0.6518 -0.5096  0.4113  0.2888
"""


def states(weight_ih, weight_hh, bias_ih, bias_hh):
    """The hidden states of all steps, for many cells at once: (cells, 5 * 4)."""
    h, every = np.zeros_like(bias_ih), []
    for character in HELLO:
        h = np.tanh(
            weight_ih[:, :, character] + bias_ih + bias_hh + np.einsum("nij,nj->ni", weight_hh, h)
        )
        every.append(h)
    return np.concatenate(every, 1)


def first_state(weight_ih, bias_ih, bias_hh):
    """The first hidden state alone, which few cells have."""
    return np.tanh(weight_ih[:, :, HELLO[0]] + bias_ih + bias_hh)


CELL = [
    Drawn("weight_ih", Uniform(-0.5, 0.5), (4, 4)),
    Drawn("weight_hh", Uniform(-0.5, 0.5), (4, 4)),
    Drawn("bias_ih", Uniform(-0.5, 0.5), (4,)),
    Drawn("bias_hh", Uniform(-0.5, 0.5), (4,)),
]
DESCRIPTION = Description(
    CELL,
    [
        Computed("the first state", first_state, PRINTED.strip().splitlines()[0]),
        Computed("all states", states, PRINTED),
    ],
)

if __name__ == "__main__":
    kept = Path(__file__).with_suffix(".progress")  # a search that is stopped goes on from there
    sys.exit(not run(DESCRIPTION, keep=kept, resume=True))
