"""A whole recurrent layer as one operation, with its gradient by hand.

    h[t] = f(x[t] W_ihᵀ + b_ih + h[t-1] W_hhᵀ + b_hh),   f = tanh or relu

The inputs of all steps are projected in one product before the loop; after the loop back, each
weight's gradient is one product over all steps. The same, one step at a time and with nothing
but the operations of `functions`, stands in `nn/rnn.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arithmetic import quiet, sum_of_rows, working_type
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


@quiet
def rnn_cell(
    name: str,
    input: Tensor,
    hidden: Tensor,
    weights: Sequence[Tensor],
    nonlinearity: str,
) -> Tensor:
    """One step of such a layer, with x of shape (B, I) and h (B, H)."""
    x, before, w_ih, w_hh, *biases = [each._array for each in (input, hidden, *weights)]
    kind, wide = x.dtype, working_type(x, before, w_ih, w_hh)
    z = _product(wide, x, w_ih.T)
    for bias in biases:
        z += bias.astype(wide, copy=False)
    z += _product(wide, before, w_hh.T)
    z = z.astype(kind, copy=False).astype(wide, copy=False)  # z and h are each rounded once
    h = (np.tanh(z, z) if nonlinearity == "tanh" else _relu(z, z)).astype(kind, copy=False)

    def backward(g: Array, wanted: tuple[bool, ...]) -> Sequence[Array | None]:
        dz = _slopes(h.astype(wide, copy=False), nonlinearity)
        dz *= g.astype(wide, copy=False)
        dz = dz.astype(kind, copy=False).astype(wide, copy=False)
        dh = _product(wide, dz, w_hh) if wanted[1] else None
        return _gradients(kind, wanted, dz, dh, x, before, w_ih)

    return record(name, h, (input, hidden, *weights), backward)


def _product(wide: np.dtype[Any], a: Array, b: Array) -> Array:
    """The matrix product, computed in the type `wide` and left in it."""
    return a.astype(wide, copy=False).dot(b.astype(wide, copy=False))  # type: ignore[no-any-return]


def _gradients(
    kind: np.dtype[Any],
    wanted: tuple[bool, ...],
    dz: Array,
    dh0: Array | None,
    x: Array,
    before: Array,
    w_ih: Array,
) -> list[Array | None]:
    """The gradients of x, h0 and the weights that are wanted, from those of z and h0."""
    rows, wide = _rows(dz), dz.dtype
    want_x, _, want_ih, want_hh, *want_biases = wanted
    db = sum_of_rows(rows) if any(want_biases) else None
    gradients = [
        _product(wide, rows, w_ih).reshape(x.shape) if want_x else None,
        dh0,
        _product(wide, rows.T, _rows(x)) if want_ih else None,
        _product(wide, rows.T, _rows(before)) if want_hh else None,
        *(db if want else None for want in want_biases),
    ]
    if wide == kind:
        return gradients
    return [None if each is None else each.astype(kind) for each in gradients]


@quiet
def _forward(
    x: Array, first: Array, weights: Sequence[Array], nonlinearity: str, reverse: bool
) -> Array:
    """h0 and all hidden states in the order of the sequence, (T + 1, B, H); h0 last in reverse."""
    steps, batch, hidden = len(x), x.shape[1], len(weights[1])
    states = np.empty((steps + 1, batch, hidden), x.dtype)
    states[-1 if reverse else 0] = first
    h = states[:-1] if reverse else states[1:]

    kind, wide = x.dtype, working_type(states, x, *weights)
    w_ih, w_hh, *biases = [each.astype(wide, copy=False) for each in weights]
    rows = h.reshape(-1, hidden) if wide == kind else None  # z is made where h will be
    z = _rows(x).astype(wide, copy=False).dot(w_ih.T, rows)
    if biases:
        z += biases[0] + biases[1]
    z = z.reshape(h.shape)
    w = w_hh.T
    if steps > 4:  # then a copy in the order in which products read it pays
        w = np.ascontiguousarray(w)
    state = first.astype(wide)
    from_state = np.empty_like(state)
    add, activate = np.add, np.tanh if nonlinearity == "tanh" else _relu
    in_order = slice(None, None, -1 if reverse else 1)
    if wide == kind:
        for row in h[in_order]:
            state.dot(w, from_state)
            add(row, from_state, row)
            state = activate(row, row)
        return states
    for row, single in zip(z[in_order], h[in_order], strict=True):
        state.dot(w, from_state)
        add(row, from_state, row)
        single[...] = row  # z and h are each rounded once
        row[...] = single
        single[...] = activate(row, row)
        row[...] = single
        state = row
    return states


def _relu(z: Array, out: Array) -> Array:
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
    wide = working_type(h, x, w_ih, w_hh)
    dz, dh0 = _backward_steps(g, h, w_hh.astype(wide, copy=False), nonlinearity, reverse)
    return _gradients(h.dtype, wanted, dz, dh0 if wanted[1] else None, x, before, w_ih)


def _backward_steps(
    g: Array, h: Array, w: Array, nonlinearity: str, reverse: bool
) -> tuple[Array, Array]:
    """The gradients of all pre-activations z, in the type of `w`, and that of the first state."""
    kind, wide = h.dtype, w.dtype
    dz = _slopes(h.astype(wide, copy=False), nonlinearity)  # where df/dz is, dL/dz comes to lie
    dh = np.zeros(h.shape[1:], kind)
    add, multiply = np.add, np.multiply
    back = slice(None, None, 1 if reverse else -1)
    if wide == kind:
        for g_row, row in zip(g[back], dz[back], strict=True):
            add(g_row, dh, dh)
            multiply(row, dh, row)
            row.dot(w, dh)
        return dz, dh
    wide_dh = np.empty(dh.shape, wide)
    for g_row, row in zip(g[back], dz[back], strict=True):
        add(g_row, dh, dh)
        wide_dh[...] = dh
        dh[...] = multiply(row, wide_dh, row)  # dz and dh are each rounded once
        row[...] = dh
        dh[...] = row.dot(w, wide_dh)
    return dz, dh


def _slopes(h: Array, nonlinearity: str) -> Array:
    """df/dz in terms of h = f(z)."""
    if nonlinearity == "relu":
        return (~(h <= 0)).astype(h.dtype)
    slopes = np.multiply(h, h)
    return np.subtract(1, slopes, slopes)
