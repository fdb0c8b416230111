"""A recurrent layer: one step, and all steps of a sequence as one operation.

    h[t] = f(z[t]),   z[t] = x[t] W_ihᵀ + b_ih + h[t-1] W_hhᵀ + b_hh,   f = tanh or relu

Through time the gradient of h[t] has two parts, that of the output and that of the next step:

    dh[t] = g[t] + dz[t+1] W_hh,   dz[t] = f'(z[t]) dh[t]

and every weight is used at every step, so its gradient is a sum over steps, a single product:

    dW_ih = Σ dz[t]ᵀ x[t],   dW_hh = Σ dz[t]ᵀ h[t-1],   db = Σ dz[t],   dx[t] = dz[t] W_ih

The inputs of all steps are projected in one product before the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .arithmetic import Array, as_rows, rounded_to, sum_of_rows, working_type
from .graph import Joint, Result, Sparse, vjp
from .quiet import quiet

Activation = Callable[[Array, Array], Array]
"""f(z, out): computed in place."""


def relu(z: Array, out: Array) -> Array:
    """max(z, 0)."""
    return np.maximum(z, 0, out=out)


ACTIVATIONS: dict[str, Activation] = {"tanh": np.tanh, "relu": relu}


def _slopes(h: Array, f: str) -> Array:
    """f'(z) in terms of h = f(z): 1 - h² for tanh; 1 where h > 0 (or nan) for relu."""
    if f == "relu":
        return (~(h <= 0)).astype(h.dtype)
    slopes = np.multiply(h, h)
    return np.subtract(1, slopes, slopes)


def _wide_product(wide: np.dtype[Any], a: Array, b: Array) -> Array:
    """The matrix product, computed in the type `wide` and left in it: not yet rounded."""
    return a.astype(wide, copy=False).dot(b.astype(wide, copy=False))  # type: ignore[no-any-return]


# ---- one step ----


@quiet
def rnn_cell(x: Array, h: Array, weights: Sequence[Array], f: str) -> Result:
    """h' = f(z) for x (B, I), h (B, H), W_ih (H, I), W_hh (H, H), and b_ih (H), b_hh (H) if any."""
    w_ih, w_hh, *biases = weights
    dtype, wide = x.dtype, working_type(x, h, w_ih, w_hh)
    z = _wide_product(wide, x, w_ih.T)
    for bias in biases:
        z += bias.astype(wide, copy=False)
    z += _wide_product(wide, h, w_hh.T)
    z = rounded_to(dtype, z)  # z and h' are each rounded once
    after = ACTIVATIONS[f](z, z).astype(dtype, copy=False)

    def to_all(
        g: Array, needs: Sequence[bool], x: Array, h: Array, after: Array, w_ih: Array, w_hh: Array
    ) -> Sequence[Array | None]:
        dz = _slopes(after.astype(wide, copy=False), f)
        dz *= g.astype(wide, copy=False)
        dz = rounded_to(dtype, dz)
        dh = _wide_product(wide, dz, w_hh) if needs[1] else None
        return _gradients(dtype, needs, dz, dh, x, h, w_ih)

    return after, Joint(to_all, x, h, after, w_ih, w_hh)


def _gradients(
    dtype: np.dtype[Any],
    needs: Sequence[bool],
    dz: Array,
    dh0: Array | None,
    x: Array,
    before: Array,
    w_ih: Array,
) -> list[Array | None]:
    """The gradients of x, h0 and the weights that are needed, from those of z and h0."""
    rows, wide = as_rows(dz), dz.dtype
    need_x, need_h, need_ih, need_hh, *need_biases = needs
    db = sum_of_rows(rows) if any(need_biases) else None
    gradients = [
        _wide_product(wide, rows, w_ih).reshape(x.shape) if need_x else None,
        dh0 if need_h else None,
        _wide_product(wide, rows.T, as_rows(x)) if need_ih else None,
        _wide_product(wide, rows.T, as_rows(before)) if need_hh else None,
        *(db if need else None for need in need_biases),
    ]
    if wide == dtype:
        return gradients
    return [None if each is None else each.astype(dtype) for each in gradients]


# ---- all steps ----


@quiet
def rnn_layer(x: Array, h0: Array, weights: Sequence[Array], f: str, reverse: bool) -> Result:
    """All hidden states (T, B, H) for x (T, B, I) and h0 (B, H); from the end if `reverse`."""
    states = _forward(x, h0, weights, f, reverse)
    h, before = (states[:-1], states[1:]) if reverse else (states[1:], states[:-1])

    def to_all(
        g: Array, needs: Sequence[bool], x: Array, before: Array, h: Array, w_ih: Array, w_hh: Array
    ) -> Sequence[Array | None]:
        wide = working_type(h, x, w_ih, w_hh)
        dz, dh0 = _backward(g, h, w_hh.astype(wide, copy=False), f, reverse)
        return _gradients(h.dtype, needs, dz, dh0, x, before, w_ih)

    return h, Joint(to_all, x, before, h, weights[0], weights[1])


def _forward(x: Array, h0: Array, weights: Sequence[Array], f: str, reverse: bool) -> Array:
    """h0 and all hidden states in the sequence's order, (T + 1, B, H); h0 last if `reverse`."""
    steps, batch, hidden = len(x), x.shape[1], len(weights[1])
    states = np.empty((steps + 1, batch, hidden), x.dtype)
    states[-1 if reverse else 0] = h0
    h = states[:-1] if reverse else states[1:]

    dtype, wide = x.dtype, working_type(states, x, *weights)
    w_ih, w_hh, *biases = [each.astype(wide, copy=False) for each in weights]
    rows = as_rows(h) if wide == dtype else None  # z is made where h will be
    z = as_rows(x).astype(wide, copy=False).dot(w_ih.T, rows)
    if biases:
        z += biases[0] + biases[1]
    z = z.reshape(h.shape)
    w = w_hh.T
    if steps > 4:  # then a copy in the order in which products read it pays
        w = np.ascontiguousarray(w)
    state = h0.astype(wide, order="C")
    from_state = np.empty_like(state)
    add, activate = np.add, ACTIVATIONS[f]
    in_order = slice(None, None, -1 if reverse else 1)
    if wide == dtype:  # z[t] is where h[t] will be
        for h_t in h[in_order]:
            state.dot(w, from_state)  # h[t-1] W_hhᵀ
            add(h_t, from_state, h_t)
            state = activate(h_t, h_t)
        return states
    for z_t, h_t in zip(z[in_order], h[in_order], strict=True):
        state.dot(w, from_state)
        add(z_t, from_state, z_t)
        h_t[...] = z_t  # z[t] and h[t] are each rounded once, on their way through h_t
        z_t[...] = h_t
        h_t[...] = activate(z_t, z_t)
        z_t[...] = h_t
        state = z_t
    return states


def _backward(g: Array, h: Array, w: Array, f: str, reverse: bool) -> tuple[Array, Array]:
    """dz of all steps, in the type of `w`, and the gradient of the first state."""
    dtype, wide = h.dtype, w.dtype
    dz = _slopes(h.astype(wide, copy=False), f)  # dz replaces f'(z) step by step
    dh = np.zeros(h.shape[1:], dtype)
    add, multiply = np.add, np.multiply
    back = slice(None, None, 1 if reverse else -1)
    if wide == dtype:
        for g_t, dz_t in zip(g[back], dz[back], strict=True):
            add(g_t, dh, dh)  # dh[t] = g[t] + dz[t+1] W_hh
            multiply(dz_t, dh, dz_t)
            dz_t.dot(w, dh)
        return dz, dh
    wide_dh = np.empty(dh.shape, wide)
    for g_t, dz_t in zip(g[back], dz[back], strict=True):
        add(g_t, dh, dh)
        wide_dh[...] = dh
        dh[...] = multiply(dz_t, wide_dh, dz_t)  # dz and dh are each rounded once, by way of dh
        dz_t[...] = dh
        dh[...] = dz_t.dot(w, wide_dh)
    return dz, dh


# ---- what a layer shows ----


def output(h: Array, batch_first: bool) -> Result:
    """y = the states in memory of their own, as (T, B, H) or seen as (B, T, H);  dL/dh = g."""
    if batch_first:
        return h.copy().swapaxes(0, 1), [vjp(lambda g: g.swapaxes(0, 1))]
    return h.copy(), [vjp(lambda g: g)]


def last_states(layers: Sequence[Array], bidirectional: bool) -> Result:
    """y = the last state of every layer and direction, (layers, B, H);  each gets its own g.

    Every other one of two directions ends with the first step of the sequence.
    """
    rows = [0 if bidirectional and i % 2 else -1 for i in range(len(layers))]
    y = np.array([states[row] for states, row in zip(layers, rows, strict=True)])
    return y, [
        vjp(lambda g, i=i, row=row, shape=states.shape: Sparse(shape, row, g[i]))
        for i, (states, row) in enumerate(zip(layers, rows, strict=True))
    ]
