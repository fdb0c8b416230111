"""One step of an optimizer, on vectors: p is what moves, g the gradient of the loss.

The results are new, p first; what they are computed from stays as it is. Where an intermediate
array is not needed any more, the next is computed in its memory.
"""

from __future__ import annotations

import math

import numpy as np

from .arithmetic import Array


def sgd(
    p: Array,
    g: Array,
    *b: Array,
    step: float,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> tuple[Array, ...]:
    """b = μ b + (1 - d) g, and b = g at first;  θ = θ - lr b, or θ - lr (g + μ b)."""
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * p
    if not momentum:
        return (p + -lr * g,)
    buffer = g if step == 1 else momentum * b[0] + (1 - dampening) * g
    return p + -lr * (g + momentum * buffer if nesterov else buffer), buffer


def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *largest: Array,
    step: float,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    decoupled: bool,
    maximize: bool,
) -> tuple[Array, ...]:
    """m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²;  θ = θ - lr m̂ / (√v̂ + ε).

    Here m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ); with AMSGrad, v̂ has the largest v so far.
    """
    if maximize:
        g = -g
    if decoupled:
        p = p * (1 - lr * weight_decay)
    elif weight_decay:
        g = g + weight_decay * p
    g_minus_m = g - m
    g_minus_m *= 1 - beta1
    m = np.add(m, g_minus_m, g_minus_m)
    square = (1 - beta2) * g
    square *= g
    v = beta2 * v
    v += square
    largest = tuple([np.maximum(each, v) for each in largest])
    divisor = np.sqrt(largest[0] if largest else v, square)
    divisor /= math.sqrt(1 - beta2**step)
    divisor += eps
    move = -lr / (1 - beta1**step) * m
    move /= divisor
    return np.add(p, move, move), m, v, *largest
