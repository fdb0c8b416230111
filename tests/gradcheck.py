"""Gradients by central differences, for comparison with those of backward.

(f(x + s) - f(x - s)) / 2s, for every element of every input. In float64 with s = 1e-5 the
formula's own error is about s² = 1e-10 and that of rounding about 1e-16 / s = 1e-11, both times
a derivative of ordinary size; so eight digits can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tinygrad_rnn as torch

STEP = 1e-5
RTOL, ATOL = 1e-7, 1e-8


def outputs_of(result: Any) -> list[Any]:
    """The floating tensors among what a function returned: a tensor, or a tuple of them."""
    several = result if isinstance(result, tuple | list) else (result,)
    return [each for each in several if each.is_floating_point()]


def weights_for(outputs: Sequence[Any]) -> list[Any]:
    """A weight for every element, all different, so that no two errors can cancel."""
    rng = np.random.default_rng(11)
    return [rng.uniform(0.5, 1.5, tuple(each.shape)) for each in outputs]


def analytic(function: Callable[..., Any], arrays: Sequence[Any], extras: Sequence[Any]) -> list:
    """The gradients by backward of the weighted sum of all outputs; None where none arrived."""
    inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
    outputs = outputs_of(function(*inputs, *map(torch.tensor, extras)))
    for output, weight in zip(outputs, weights_for(outputs), strict=True):
        output.backward(torch.tensor(weight), retain_graph=True)
    return [each.grad for each in inputs]


def numeric(function: Callable[..., Any], arrays: Sequence[Any], extras: Sequence[Any]) -> list:
    """The same by central differences."""

    def weighted_sum(changed: Sequence[Any]) -> float:
        with torch.no_grad():
            tensors = [torch.tensor(each) for each in (*changed, *extras)]
            outputs = outputs_of(function(*tensors))
        parts = zip(outputs, weights_for(outputs), strict=True)
        return float(sum((output.numpy() * weight).sum() for output, weight in parts))

    gradients = []
    for number, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for place in np.ndindex(array.shape):
            ends = []
            for step in (STEP, -STEP):
                moved = [each.copy() for each in arrays]
                moved[number][place] += step
                ends.append(weighted_sum(moved))
            gradient[place] = (ends[0] - ends[1]) / (2 * STEP)
        gradients.append(gradient)
    return gradients


def gradcheck(
    function: Callable[..., Any], *arrays: Any, extras: Sequence[Any] = (), rtol: float = RTOL
) -> None:
    """Compares every gradient of `function` with finite differences.

    Args:
        function: Takes a tensor for each array, and returns a tensor or several.
        arrays: float64 values of the inputs to differentiate.
        extras: Values of further tensors, which want no gradient: indices, masks, class numbers.
        rtol: Tolerated difference, relative to the larger of the two.
    """
    arrays = tuple(np.asarray(array, np.float64) for array in arrays)
    found = analytic(function, arrays, extras)
    expected = numeric(function, arrays, extras)
    for number, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        values = np.zeros(theirs.shape) if ours is None else ours.numpy()
        report = f"input {number}\nby backward:\n{values}\nby differences:\n{theirs}"
        assert values.shape == theirs.shape, f"shape of the gradient of {report}"
        assert values.dtype == np.float64, f"type {values.dtype} of the gradient of {report}"
        scale = ATOL + rtol * np.maximum(np.abs(values), np.abs(theirs))
        assert (np.abs(values - theirs) <= scale).all(), f"gradient of {report}"
