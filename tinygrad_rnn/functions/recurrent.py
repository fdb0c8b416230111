"""A whole recurrent layer as one operation, with its gradient by hand.

    h[t] = f(x[t] W_ihᵀ + b_ih + h[t-1] W_hhᵀ + b_hh),   f = tanh or relu

The inputs of all steps are projected in one product before the loop; after the loop back, each
weight's gradient is one product over all steps. The same, one step at a time and with nothing
but the operations of `functions`, stands in `nn/rnn.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic import product, quiet, rounded, total, working_type
from ..base import record
from ..dtypes import Array

if TYPE_CHECKING:
    from ..tensor import Tensor


def rnn_layer(
    name: str,
    input: Tensor,
    h0: Tensor,
    weights: Sequence[Tensor],
    nonlinearity: str,
) -> Tensor:
    """All hidden states of one layer in one direction.

    Args:
        name: PyTorch's name for the backward of what this stands for.
        input: x, of shape (T, B, I).
        h0: The first hidden state, of shape (B, H).
        weights: W_ih (H, I), W_hh (H, H), and b_ih (H), b_hh (H) if there are biases.
        nonlinearity: `"tanh"` or `"relu"`.

    Returns:
        h, of shape (T, B, H).
    """
    x, first = input._array, h0._array
    w_ih, w_hh, *biases = (each._array for each in weights)
    h = _forward(x, first, w_ih, w_hh, biases, nonlinearity)

    def backward(g: Array, wanted: tuple[bool, ...]) -> Sequence[Array | None]:
        return _backward(g, wanted, x, first, h, w_ih, w_hh, nonlinearity)

    return record(name, h, (input, h0, *weights), backward)


def rnn_cell(
    name: str,
    input: Tensor,
    hidden: Tensor,
    weights: Sequence[Tensor],
    nonlinearity: str,
) -> Tensor:
    """One step: a layer over a sequence of length 1, with x of shape (B, I) and h (B, H)."""
    x, first = input._array, hidden._array
    w_ih, w_hh, *biases = (each._array for each in weights)
    h = _forward(x[None], first, w_ih, w_hh, biases, nonlinearity)[0]

    def backward(g: Array, wanted: tuple[bool, ...]) -> Sequence[Array | None]:
        dx, *others = _backward(g[None], wanted, x[None], first, h[None], w_ih, w_hh, nonlinearity)
        return [dx if dx is None else dx[0], *others]

    return record(name, h, (input, hidden, *weights), backward)


@quiet
def _forward(
    x: Array, first: Array, w_ih: Array, w_hh: Array, biases: Sequence[Array], nonlinearity: str
) -> Array:
    kind = x.dtype
    wide = working_type(x, w_ih, w_hh)
    projected = np.matmul(x, w_ih.T, dtype=wide)
    for bias in biases:
        projected += bias
    h = np.empty(projected.shape, kind)
    w = w_hh.T.astype(wide)
    before = first
    for t, z in enumerate(projected):
        z += np.matmul(before, w, dtype=wide)
        before = h[t] = _activate(z.astype(kind, copy=False), nonlinearity)
    return h


def _activate(z: Array, nonlinearity: str) -> Array:
    return rounded(np.tanh, z) if nonlinearity == "tanh" else np.maximum(z, 0)


def _backward(
    g: Array,
    wanted: tuple[bool, ...],
    x: Array,
    first: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    nonlinearity: str,
) -> list[Array | None]:
    """The gradients of x, h0 and the weights that are wanted, from that of all states."""
    dz, dh0 = _backward_steps(g, h, w_hh, nonlinearity)
    rows = dz.reshape(-1, dz.shape[-1])
    want_x, want_h0, want_ih, want_hh, *want_biases = wanted
    dw_hh = None
    if want_hh:
        before = np.concatenate([first[None], h[:-1]])
        dw_hh = product(rows.T, before.reshape(rows.shape))
    return [
        product(dz, w_ih) if want_x else None,
        dh0 if want_h0 else None,
        product(rows.T, x.reshape(len(rows), -1)) if want_ih else None,
        dw_hh,
        *(total(rows, 0) if want else None for want in want_biases),
    ]


def _backward_steps(g: Array, h: Array, w_hh: Array, nonlinearity: str) -> tuple[Array, Array]:
    """The gradients of all pre-activations z, and that of the first hidden state."""
    wide = working_type(h, w_hh)
    states = h.astype(wide, copy=False)
    slope = 1 - states * states if nonlinearity == "tanh" else (~(states <= 0)).astype(wide)
    dz = np.empty_like(h)
    dh = np.zeros_like(h[0])
    for t in range(len(h) - 1, -1, -1):
        dz[t] = (g[t] + dh) * slope[t]
        dh = product(dz[t], w_hh)
    return dz, dh
