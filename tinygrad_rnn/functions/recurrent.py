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

from ..arithmetic import product, quiet, sum_of_rows, working_type
from ..base import record
from ..dtypes import Array
from ..threads import threads_for

if TYPE_CHECKING:
    from ..tensor import Tensor


def rnn_layer(
    name: str,
    input: Tensor,
    h0: Tensor,
    weights: Sequence[Tensor],
    nonlinearity: str,
    reverse: bool = False,
) -> Tensor:
    """All hidden states of one layer in one direction.

    Args:
        name: PyTorch's name for the backward of what this stands for.
        input: x, of shape (T, B, I).
        h0: The first hidden state, of shape (B, H).
        weights: W_ih (H, I), W_hh (H, H), and b_ih (H), b_hh (H) if there are biases.
        nonlinearity: `"tanh"` or `"relu"`.
        reverse: Whether the sequence is read from its end.

    Returns:
        h, of shape (T, B, H), in the order of the input.
    """
    x, w_ih, w_hh = input._array, weights[0]._array, weights[1]._array
    states = _forward(x, h0._array, [each._array for each in weights], nonlinearity, reverse)
    h, before = (states[:-1], states[1:]) if reverse else (states[1:], states[:-1])

    def backward(g: Array, wanted: tuple[bool, ...]) -> Sequence[Array | None]:
        return _backward(g, wanted, x, before, h, w_ih, w_hh, nonlinearity, reverse)

    return record(name, h, (input, h0, *weights), backward)


def rnn_cell(
    name: str,
    input: Tensor,
    hidden: Tensor,
    weights: Sequence[Tensor],
    nonlinearity: str,
) -> Tensor:
    """One step: a layer over a sequence of length 1, with x of shape (B, I) and h (B, H)."""
    x, before, w_ih, w_hh = (each._array for each in (input, hidden, *weights[:2]))
    _, h = _forward(x[None], before, [each._array for each in weights], nonlinearity, False)

    def backward(g: Array, wanted: tuple[bool, ...]) -> Sequence[Array | None]:
        dx, *others = _backward(
            g[None], wanted, x[None], before[None], h[None], w_ih, w_hh, nonlinearity, False
        )
        return [dx if dx is None else dx[0], *others]

    return record(name, h, (input, hidden, *weights), backward)


@quiet
def _forward(
    x: Array, first: Array, weights: Sequence[Array], nonlinearity: str, reverse: bool
) -> Array:
    """h0 and all hidden states in the order of the sequence, (T + 1, B, H); h0 last in reverse."""
    w_ih, w_hh, *biases = weights
    kind, wide = x.dtype, working_type(x, w_ih, w_hh)
    steps, batch, hidden = len(x), x.shape[1], len(w_hh)
    states = np.empty((steps + 1, batch, hidden), kind)
    states[-1 if reverse else 0] = first
    h = states[:-1] if reverse else states[1:]

    rows = h.reshape(-1, hidden) if wide == kind else None  # z is made where h will be
    with threads_for(x.size * hidden):
        z = np.dot(_rows(x).astype(wide, copy=False), w_ih.T.astype(wide, copy=False), rows)
    for bias in biases:
        z += bias
    z = z.reshape(h.shape)
    w = w_hh.T.astype(wide, copy=False)
    if steps > 4:  # then a copy in the order in which products read it pays
        w = np.ascontiguousarray(w)
    state = first.astype(wide, copy=False)
    activate = np.tanh if nonlinearity == "tanh" else _relu
    from_state = np.empty_like(state)
    dot, add = np.dot, np.add
    in_order = slice(None, None, -1 if reverse else 1)
    if wide == kind:
        with threads_for(state.size * hidden):
            for row in h[in_order]:
                dot(state, w, from_state)
                add(row, from_state, row)
                state = activate(row, row)
        return states
    for row, z_row in zip(h[in_order], z[in_order], strict=True):
        dot(state, w, from_state)
        add(from_state, z_row, from_state)
        single = activate(from_state.astype(kind).astype(wide)).astype(kind)
        row[...] = single  # z and h are each rounded once, and h goes on as it was rounded
        state = single.astype(wide)
    return states


def _relu(z: Array, out: Array | None = None) -> Array:
    return np.maximum(z, 0, out=out)


def _rows(x: Array) -> Array:
    """All steps of all sequences, one below the other."""
    return x.reshape(-1, x.shape[-1])


def _backward(
    g: Array,
    wanted: tuple[bool, ...],
    x: Array,
    before: Array,
    h: Array,
    w_ih: Array,
    w_hh: Array,
    nonlinearity: str,
    reverse: bool,
) -> list[Array | None]:
    """The gradients of x, h0 and the weights that are wanted, from that of all states."""
    dz, dh0 = _backward_steps(g, h, w_hh, nonlinearity, reverse)
    rows = _rows(dz)
    want_x, want_h0, want_ih, want_hh, *want_biases = wanted
    db = sum_of_rows(rows) if any(want_biases) else None
    return [
        product(rows, w_ih).reshape(x.shape) if want_x else None,
        dh0 if want_h0 else None,
        product(rows.T, _rows(x)) if want_ih else None,
        product(rows.T, _rows(before)) if want_hh else None,
        *(db if want else None for want in want_biases),
    ]


def _backward_steps(
    g: Array, h: Array, w_hh: Array, nonlinearity: str, reverse: bool
) -> tuple[Array, Array]:
    """The gradients of all pre-activations z, and that of the first hidden state."""
    kind, wide = h.dtype, working_type(h, w_hh)
    w = w_hh.astype(wide, copy=False)
    slopes = _slopes(h.astype(wide, copy=False), nonlinearity)
    dz = slopes if wide == kind else np.empty_like(h)  # where df/dz was, dL/dz comes to lie
    dh = np.zeros(h.shape[1:], kind)
    dot, add, multiply = np.dot, np.add, np.multiply
    back = slice(None, None, 1 if reverse else -1)
    if wide == kind:
        with threads_for(dh.size * len(w)):
            for g_row, row in zip(g[back], slopes[back], strict=True):
                add(g_row, dh, dh)
                multiply(row, dh, row)
                dot(row, w, dh)
        return dz, dh
    for g_row, row, dz_row in zip(g[back], slopes[back], dz[back], strict=True):
        add(g_row, dh, dh)
        dz_row[...] = multiply(row, dh, row)  # dz and dh are each rounded once
        dh = dot(dz_row.astype(wide), w).astype(kind)
    return dz, dh


def _slopes(h: Array, nonlinearity: str) -> Array:
    """df/dz in terms of h = f(z)."""
    if nonlinearity == "relu":
        return (~(h <= 0)).astype(h.dtype)
    slopes = np.multiply(h, h)
    return np.subtract(1, slopes, slopes)
