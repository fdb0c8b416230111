"""An RNNCell steps through a sequence of three vectors, one sequence at a time.

Prints, figure by figure, what the document prints; the seed is the one its run had.
"""

import tinygrad_rnn as torch

torch.manual_seed(1807845816)

SEQ_LEN, BATCH, INPUT_SIZE, HIDDEN_SIZE = 3, 1, 4, 2

cell = torch.nn.RNNCell(INPUT_SIZE, HIDDEN_SIZE)
sequence = torch.rand(SEQ_LEN, BATCH, INPUT_SIZE)
print("dataset::", sequence)

h = torch.zeros(BATCH, HIDDEN_SIZE)
for t, x in enumerate(sequence):
    print(f"{'=' * 20} {t} {'=' * 20}")
    print("input:", x)
    print("input size:", x.shape)
    h = cell(x, h)  # the same cell, the same weights, at every step
    print("hidden size:", h.shape)
    print(h)
