"""Every operation on random shapes, layouts, dtypes, masks and labels.

The values are NumPy's in float64, the gradients are finite differences of those, and every element
has its own tolerance. `HYPOTHESIS_PROFILE=long pytest tests/test_properties.py` looks further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_rnn as torch
from tinygrad_rnn.core.arithmetic import multiply_add

from .arguments import PROFILE
from .operations import DRAWN, Operation

STEP = 2e-4
"""Of the differences: their error is some 1e-15 times a fifth derivative, rounding's 1e-12."""
RTOL, ATOL = 1e-9, 1e-10

EPS = float(np.finfo(np.float32).eps)


def is_number_tensor(argument: Any) -> bool:
    """Whether a drawn argument is a tensor of numbers, not an index, a mask or an option."""
    return isinstance(argument, np.ndarray) and argument.dtype == np.float64


# ---- layouts ----


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """The same elements in another layout of memory; expanded, the first row for all."""
    if not array.ndim:
        return array.copy()
    if layout == "F":
        return np.array(array, order="F")
    if layout == "sliced":
        room = np.zeros([2 * n + 1 for n in array.shape], array.dtype)
        part = room[tuple(slice(1, None, 2) for _ in array.shape)]
        part[...] = array
        return part
    if layout == "flipped":
        return np.flip(np.flip(array).copy())
    if layout == "expanded" and array.size:
        first = array[:1].copy()
        strides = (0, *first.strides[1:])
        return np.lib.stride_tricks.as_strided(first, array.shape, strides)
    return array.copy()


def draw_call(data: Any, operation: Operation) -> tuple[Any, ...]:
    """Drawn arguments, every array in a drawn layout."""
    arguments = data.draw(operation.arguments, label="arguments")
    layouts = st.sampled_from(operation.layouts)
    return tuple(
        laid_out(each, data.draw(layouts, label="layout")) if isinstance(each, np.ndarray) else each
        for each in arguments
    )


def tensors_of(
    operation: Operation, arguments: Sequence[Any], dtypes: Sequence[Any] | None = None
) -> list[Any]:
    """The arguments with tensors for arrays, in the same layout and if possible in the memory."""
    made = []
    for i, each in enumerate(arguments):
        if isinstance(each, np.ndarray):
            each = torch.from_dlpack(each).requires_grad_(is_gradient_checked(operation, i, each))
        elif isinstance(each, tuple):  # an index
            each = tuple(torch.tensor(j) if isinstance(j, np.ndarray) else j for j in each)
        made.append(each)
    return made


def is_gradient_checked(operation: Operation, place: int, argument: Any) -> bool:
    return (
        isinstance(argument, np.ndarray)
        and argument.dtype.kind == "f"
        and place not in operation.constant
        and operation.differentiable
    )


def results_of(result: Any) -> list[Any]:
    """What a function returned as a list of arrays or tensors."""
    return list(result) if isinstance(result, tuple | list) else [result]


def evaluate(operation: Operation, arguments: Sequence[Any]) -> list[np.ndarray]:
    """The values that NumPy computes."""
    with np.errstate(all="ignore"):
        return [np.asarray(each) for each in results_of(operation.value(*arguments))]


def array_of(result: Any) -> np.ndarray:
    return result.detach().numpy() if isinstance(result, torch.Tensor) else np.asarray(result)


# ---- float64: value and gradient ----

FLOATING = [each for each in DRAWN if {*each.dtypes} & {"f", "d"}]


def numeric_gradient(function: Callable[[np.ndarray], float], array: np.ndarray) -> np.ndarray:
    """The gradient of a function by differences of fourth order."""
    gradient = np.zeros(array.shape)
    moved = array.copy()
    for place in np.ndindex(array.shape):
        value = array[place]
        near, far = (
            [function(_set(moved, place, value + sign * step)) for sign in (1, -1)]
            for step in (STEP, 2 * STEP)
        )
        moved[place] = value
        gradient[place] = (8 * (near[0] - near[1]) - (far[0] - far[1])) / (12 * STEP)
    return gradient


def _set(array: np.ndarray, place: tuple[int, ...], value: float) -> np.ndarray:
    array[place] = value
    return array


@pytest.mark.parametrize("operation", FLOATING, ids=str)
@PROFILE
@given(data=st.data())
def test_value_and_gradient_in_float64(operation: Operation, data: Any) -> None:
    arguments = draw_call(data, operation)
    before = [each.copy() if isinstance(each, np.ndarray) else each for each in arguments]
    tensors = tensors_of(operation, arguments)
    results = results_of(operation.call(*tensors))

    expected = evaluate(operation, before)
    assert len(results) == len(expected)
    for ours, theirs in zip(results, expected, strict=True):
        assert array_of(ours).shape == theirs.shape
        np.testing.assert_allclose(array_of(ours), theirs, rtol=1e-13, atol=1e-14)

    if operation.differentiable:
        check_gradients(data, operation, before, tensors, results)
    for now, then in zip(arguments, before, strict=True):
        if isinstance(now, np.ndarray):
            np.testing.assert_array_equal(now, then, "an argument was changed")


def check_gradients(
    data: Any, operation: Operation, arrays: Sequence[Any], tensors: Sequence[Any], results: Any
) -> None:
    """Compares the gradients of a randomly weighted sum of the results with differences."""
    floating = [i for i, each in enumerate(results) if each.is_floating_point()]
    rng = np.random.default_rng(7)
    weights = {
        i: laid_out(
            rng.uniform(0.5, 1.5, results[i].shape), data.draw(LAYOUTS, label="layout of g")
        )
        for i in floating
    }
    given = {i: weight.copy() for i, weight in weights.items()}
    for i in floating:
        assert results[i].requires_grad, "the result is outside of the graph"
        results[i].backward(torch.from_dlpack(weights[i]), retain_graph=True)

    checked = [i for i, each in enumerate(arrays) if is_gradient_checked(operation, i, each)]
    for i in checked:

        def weighted_sum(array: np.ndarray, i: int = i) -> float:
            values = evaluate(operation, [*arrays[:i], array, *arrays[i + 1 :]])
            return float(sum((values[j] * given[j]).sum() for j in floating))

        gradient = tensors[i].grad
        ours = np.zeros(arrays[i].shape) if gradient is None else gradient.numpy()
        theirs = numeric_gradient(weighted_sum, arrays[i])
        assert ours.shape == theirs.shape
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=RTOL, atol=ATOL, err_msg=f"argument {i}")

    for i in floating:
        np.testing.assert_array_equal(weights[i], given[i], "the given gradient was changed")
    owned = [tensors[i].grad.numpy() for i in checked if tensors[i].grad is not None]
    others = [*weights.values(), *map(array_of, results)]
    others += [array_of(each) for each in tensors if isinstance(each, torch.Tensor)]
    for i, gradient in enumerate(owned):
        for other in (*others, *owned[:i]):
            assert not np.shares_memory(gradient, other), "a gradient shares memory"


LAYOUTS = st.sampled_from(("C", "F", "sliced", "flipped", "expanded"))


# ---- other dtypes ----

DTYPES = {
    "f": (np.float32, np.float64),
    "i": (np.int64, np.int32, np.uint8),
    "b": (np.bool_,),
    "d": (np.float64,),
}  # fmt: skip


def converted(array: np.ndarray, dtype: Any) -> np.ndarray:
    """Drawn numbers in another dtype: four times as large where they must be whole."""
    if dtype == np.bool_:
        return np.asarray(array > 0)
    if np.dtype(dtype).kind == "f":
        return array.astype(dtype)
    whole = np.asarray(np.rint(4 * array))
    return np.asarray(np.abs(whole) if dtype == np.uint8 else whole).astype(dtype)


RANKS = [
    np.dtype(each) for each in (np.bool_, np.uint8, np.int32, np.int64, np.float32, np.float64)
]


def common_dtype(arguments: Sequence[Any]) -> np.dtype[Any]:
    """PyTorch's promotion: tensors with dimensions first, then 0-d tensors, then numbers.

    A later group only matters where its category (bool, integer, floating) is a higher one.
    """
    groups: list[list[np.dtype[Any]]] = [[], [], []]
    for each in arguments:
        if isinstance(each, np.ndarray):
            groups[0 if each.ndim else 1].append(each.dtype)
        elif isinstance(each, bool | int | float):
            groups[2].append(np.dtype({bool: bool, int: np.int64, float: np.float32}[type(each)]))
    categories = {"b": 0, "u": 1, "i": 1, "f": 2}
    found = None
    for group in groups:
        best = max(group, key=RANKS.index, default=None)
        if best and (found is None or categories[best.kind] > categories[found.kind]):
            found = best
    assert found is not None
    return found


def result_dtype(rule: str, common: np.dtype[Any], first: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype that a result should have."""
    whole = common.kind != "f"
    names = {
        "common": common,
        "first": first,
        "floating": np.dtype(np.float32) if whole else common,
        "sum": np.dtype(np.int64) if whole else common,
        "truth": first if first == np.uint8 else np.dtype(bool),
    }
    return names.get(rule) or np.dtype(rule)


@pytest.mark.parametrize("operation", DRAWN, ids=str)
@PROFILE
@given(data=st.data())
def test_other_dtypes(operation: Operation, data: Any) -> None:
    arguments = list(draw_call(data, operation))
    numeric = [i for i, each in enumerate(arguments) if is_number_tensor(each)]
    kinds = st.sampled_from([kind for each in operation.dtypes for kind in DTYPES[each]])
    shared = data.draw(kinds, label="dtype")
    for i in numeric:
        kind = data.draw(kinds, label="dtype") if operation.mixed else shared
        layout = data.draw(st.sampled_from(operation.layouts))
        arguments[i] = laid_out(converted(np.array(arguments[i]), kind), layout)
    arrays = [arguments[i] for i in numeric]
    options = arguments[numeric[0] :] if operation.mixed else []
    others = [each for each in options if not isinstance(each, np.ndarray)]
    common = common_dtype([*arrays, *others]) if arrays else RANKS[3]
    first = arrays[0].dtype if arrays else common

    tensors = tensors_of(operation, arguments)
    results = results_of(operation.call(*tensors))
    wide = list(arguments)
    rules = (operation.result,) if isinstance(operation.result, str) else operation.result
    rules = rules if len(rules) == len(results) else rules * len(results)
    computed_in = np.dtype(np.float64)
    if common.kind != "f" and "floating" not in rules:
        computed_in = np.dtype(bool if common.kind == "b" else np.int64)
    for i in numeric:
        wide[i] = arguments[i].astype(computed_in)
    expected = evaluate(operation, wide)
    for ours, theirs, rule in zip(results, expected, rules, strict=True):
        if not isinstance(ours, torch.Tensor):
            assert ours == theirs
            continue
        dtype = result_dtype(rule, common, first)
        assert ours.dtype.numpy == dtype
        values = array_of(ours)
        if dtype.kind != "f":
            np.testing.assert_array_equal(values, theirs.astype(dtype))
            continue
        unit = EPS if np.float32 in (dtype, *(each.dtype for each in arrays)) else 1e-14
        tolerance = operation.roundings * unit
        absolute = tolerance if operation.roundings > 1 else 0
        np.testing.assert_allclose(values, theirs, rtol=tolerance, atol=absolute)
    if operation.differentiable and common.kind == "f":
        check_gradient_dtypes(operation, arguments, tensors, results)


def check_gradient_dtypes(
    operation: Operation, arguments: Sequence[Any], tensors: Sequence[Any], results: Sequence[Any]
) -> None:
    """Compares the gradients with those of the same call in float64."""
    wide = [
        each.astype(np.float64) if isinstance(each, np.ndarray) and each.dtype.kind == "f" else each
        for each in arguments
    ]
    exact = tensors_of(operation, wide)
    arrived: dict[int, Any] = {}  # the dtype in which a gradient came, before a leaf converts it
    for i, argument in enumerate(arguments):
        if is_gradient_checked(operation, i, argument):
            tensors[i].register_hook(lambda g, i=i: arrived.update({i: g.dtype}))
    for ours, theirs in zip(results, results_of(operation.call(*exact)), strict=True):
        if not ours.is_floating_point() or not ours.requires_grad:
            continue
        for each in (ours, theirs):
            each.backward(torch.ones(each.shape, dtype=each.dtype), retain_graph=True)
    for i, argument in enumerate(arguments):
        if is_gradient_checked(operation, i, argument) and exact[i].grad is not None:
            gradient = tensors[i].grad
            assert gradient is not None
            assert gradient.dtype is arrived[i] is tensors[i].dtype
            g = exact[i].grad.numpy()
            np.testing.assert_allclose(gradient.numpy(), g, rtol=32 * EPS, atol=32 * EPS)


# ---- arithmetic that must be exact ----


@PROFILE
@given(st.integers(0, 2**53 - 1), st.floats(0.01, 3), st.floats(-3, 3))
def test_multiply_add_rounds_once(x: int, factor: float, summand: float) -> None:
    for single in (np.float32, np.float64):  # x / 2**53 is what a generator draws
        a, b, c = single(x * 2**-53), single(factor), single(summand)
        exact = float(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)))
        assert multiply_add(np.array([a]), b, c).tolist() == [float(single(exact))]


# ---- what the strategies draw too rarely, as a mutant showed ----


def test_two_operands_that_disagree_about_the_order_of_dimensions() -> None:
    x = torch.arange(4.0).reshape(2, 2).t()[:, None, :, None].expand(2, 1, 2, 3)
    y = torch.arange(12.0).reshape(2, 1, 3, 2).transpose(2, 3)
    steps = (x + y).stride()
    assert (steps[0], *steps[2:]) == (6, 1, 2)  # PyTorch's; dimension 1 has one element


def test_a_dimension_of_length_1_repeats_nothing() -> None:
    x = torch.zeros(3)
    x.expand(1, 3).add_(1)
    assert x.tolist() == [1, 1, 1]
