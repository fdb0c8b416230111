"""One step of an optimizer, on vectors: p is what moves, g the gradient of the loss.

The results are new vectors, p first; what they are computed from stays as it is.
"""

from __future__ import annotations

import math

import numpy as np

from .arithmetic import Array


def sgd(
    p: Array,
    g: Array,
    *buffer: Array,
    lr: float,
    momentum: float,
    dampening: float,
    weight_decay: float,
    nesterov: bool,
    maximize: bool,
) -> tuple[Array, ...]:
    """b = μ b + (1 - d) g, and b = g at first;  p = p - lr b, or p - lr (g + μ b)."""
    if maximize:
        g = -g
    if weight_decay:
        g = g + weight_decay * p
    if not momentum:
        return (p + -lr * g,)
    b = momentum * buffer[0] + (1 - dampening) * g if buffer else g.copy()
    return p + -lr * (g + momentum * b if nesterov else b), b


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
    """m = β₁ m + (1 - β₁) g;  v = β₂ v + (1 - β₂) g²;  p = p - lr m̂ / (√v̂ + ε).

    Here m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ); with AMSGrad, v̂ has the largest v so far.
    """
    if maximize:
        g = -g
    if decoupled:
        p = p * (1 - lr * weight_decay)
    elif weight_decay:
        g = g + weight_decay * p
    square = (1 - beta2) * g
    square *= g
    v = beta2 * v
    v += square
    difference = g - m
    difference *= 1 - beta1
    m = difference + m
    largest = tuple([np.maximum(each, v) for each in largest])
    divisor = np.sqrt(largest[0] if largest else v, square)
    divisor /= math.sqrt(1 - beta2**step)
    divisor += eps
    move = np.multiply(-lr / (1 - beta1**step), m, difference)
    move /= divisor
    return p + move, m, v, *largest
