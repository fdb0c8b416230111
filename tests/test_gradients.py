"""Every gradient, against finite differences in float64.

The cases are those of the registry in `operations.py`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F

from .arguments import pos, r
from .gradcheck import gradcheck
from .operations import (
    BAG,
    CASES,
    DRAWN,
    LABELS,
    MEANS,
    OPERATIONS,
    TABLE,
    WEIGHT,
    WITHOUT_A_GRADIENT,
    C,
    Case,
    S,
    V,
    X,
    in_place,
)


@pytest.mark.parametrize("each", CASES, ids=str)
def test_the_gradient_agrees_with_finite_differences(each: Case) -> None:
    gradcheck(each.function, *each.inputs, extras=each.extras)


# ---- nothing is left out ----


OPERATIONS_ARE_IN = ("tinygrad_rnn.functions.", "tinygrad_rnn.nn.functional")


def public_functions() -> set[str]:
    """The names of all operations: functions that the package has, and methods of Tensor."""
    public = {name: getattr(F, name) for name in F.__all__}
    functions = {**vars(torch), **public, **dict(inspect.getmembers(torch.Tensor))}
    return {
        each.__name__.strip("_") if each.__name__.endswith("item__") else each.__name__
        for each in functions.values()
        if inspect.isfunction(each) and each.__module__.startswith(OPERATIONS_ARE_IN)
    }


def test_every_public_function_is_in_the_registry() -> None:
    drawn, fixed = ({each.name for each in some} for some in (DRAWN, OPERATIONS))
    assert public_functions() - drawn == set(), "an operation without arguments to be drawn"
    assert fixed - public_functions() == {"pad_sequence", "RNN", "RNNCell"}, "no such function"


def test_every_operation_has_fixed_cases_and_expressions_for_all_layouts() -> None:
    names = {each.name for each in OPERATIONS}
    without_cases = names - {each.name for each in OPERATIONS if each.cases}
    assert without_cases == {"RNN", "RNNCell", "equal", "allclose"}  # checked below; no tensors
    unstrided = names - {each.name for each in OPERATIONS if each.strided}
    assert {each for each in unstrided if each[-1] != "_"} == {"setitem", "equal", "allclose"}


@pytest.mark.parametrize("each", WITHOUT_A_GRADIENT, ids=str)
def test_what_has_no_gradient_is_outside_of_the_graph(each: Case) -> None:
    inputs = [torch.tensor(x, requires_grad=True) for x in each.inputs]
    result = each.function(*inputs, *map(torch.tensor, each.extras))
    assert not result.requires_grad
    assert result.is_leaf


@pytest.mark.parametrize("kind", [torch.int64, torch.int32, torch.bool, torch.uint8], ids=str)
def test_a_conversion_to_whole_numbers_leaves_the_graph(kind: Any) -> None:
    x = torch.tensor(r(2, 3), requires_grad=True)
    assert not x.to(kind).requires_grad


# ---- broadcasting ----

BROADCASTING = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "remainder": lambda a, b: a % b,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where": lambda a, b: torch.where(torch.tensor([[True], [False]]), a, b),
}
WIDTHS = [(), (1,), (3,), (2, 3), (1, 3), (2, 1), (1, 1), (4, 1, 3), (4, 2, 1)]


@pytest.mark.parametrize("name", BROADCASTING)
@pytest.mark.parametrize("a", WIDTHS, ids=str)
@pytest.mark.parametrize("b", WIDTHS, ids=str)
def test_the_gradient_of_a_broadcast_operand_has_the_operands_shape(
    name: str, a: tuple[int, ...], b: tuple[int, ...]
) -> None:
    # stretched by an odd factor, lest a quotient be whole or two operands equal
    gradcheck(BROADCASTING[name], pos(*a), 1.0717 * pos(*b, seed=1) + 0.0137)


@pytest.mark.parametrize("b", [(), (1,), (3,), (2, 1), (1, 3), (2, 3)], ids=str)
@pytest.mark.parametrize("method", ["add_", "sub_", "mul_", "div_", "pow_", "copy_"])
def test_in_place_operations_broadcast_their_second_operand(
    method: str, b: tuple[int, ...]
) -> None:
    gradcheck(in_place(method), pos(2, 3), pos(*b, seed=1))


# ---- where finite differences cannot look: kinks, and the ends of what a function is defined on


def gradient_at(function: Callable[..., Any], *values: Any) -> list[Any]:
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (torch.abs, [0.0], [0]),
        (torch.relu, [0.0], [0]),
        (torch.sqrt, [0.0], [float("inf")]),
        (torch.log, [0.0], [float("inf")]),
        (lambda x: x.clamp(-1, 1), [-1.0, 1.0], [1, 1]),
        (lambda x: torch.maximum(x, x.detach()), [2.0], [0.5]),
        (lambda x: torch.minimum(x, x.detach()), [2.0], [0.5]),
        (lambda x: x.max(), [1.0, 1.0], [0.5, 0.5]),
        (lambda x: x.amin(0), [1.0, 1.0], [0.5, 0.5]),
        (lambda x: x.max(0).values, [1.0, 1.0], [1, 0]),
        (lambda x: x**0, [0.0], [0]),
        (lambda x: x**2, [0.0], [0]),
        (lambda x: 0.0**x, [2.0], [0]),
        (lambda x: torch.zeros(1).double() ** x, [2.0], [0]),
        (lambda x: x.norm(), [0.0, 0.0], [0, 0]),
        (lambda x: x.norm(1), [0.0, 2.0], [0, 1]),
        (lambda x: x.std(), [3.0, 3.0], [0, 0]),
    ],
    ids=[
        "abs", "relu", "sqrt", "log", "clamp", "maximum", "minimum", "max", "amin", "max of dim",
        "power 0", "power 2", "number power", "tensor power", "norm", "norm 1", "std",
    ],
)  # fmt: skip
def test_the_gradient_at_a_kink_is_pytorchs(
    function: Callable[..., Any], values: list[float], expected: list[float]
) -> None:
    assert gradient_at(function, *values) == expected


@pytest.mark.parametrize("value", [1e4, -1e4])
@pytest.mark.parametrize("function", [torch.tanh, torch.sigmoid], ids=["tanh", "sigmoid"])
def test_far_out_the_gradient_is_zero_and_nothing_overflows(
    function: Callable[..., Any], value: float
) -> None:
    assert gradient_at(function, value) == [0]


def test_softmax_of_large_scores_has_a_finite_gradient() -> None:
    x = torch.tensor([[1e4, -1e4, 0.0]], requires_grad=True)
    F.cross_entropy(x, torch.tensor([1])).backward()
    assert x.grad.tolist() == [[1, -1, 0]]


# ---- indexing means what it means in PyTorch ----


@pytest.mark.parametrize(
    ("index", "definition"),
    [
        ((0, slice(None), [0, 1]), lambda x: x[0][:, [0, 1]]),
        ((slice(None), 0, [0, 1]), lambda x: x[:, 0][:, [0, 1]]),
        (([0, 1], slice(None), 0), lambda x: x[:, :, 0][[0, 1]]),
        ((0, ..., [0, 1]), lambda x: x[0][..., [0, 1]]),
    ],
    ids=["int, slice, list", "slice, int, list", "list, slice, int", "int, dots, list"],
)
def test_an_int_takes_its_slice_before_lists_pick(index: Any, definition: Any) -> None:
    x = torch.tensor(C)
    assert torch.equal(x[index], definition(x))


# ---- modules ----


def by_parameters(module: Any, call: Callable[..., Any]) -> tuple[Callable[..., Any], list[Any]]:
    """A module as a function of its parameters' values as well, and those values."""
    names = [name for name, _ in module.named_parameters()]
    values = [0.7 * r(*p.shape, seed=n) for n, p in enumerate(module.parameters())]

    def function(*tensors: Any) -> Any:
        inputs, weights = tensors[: -len(names)], tensors[-len(names) :]
        for name, weight in zip(names, weights, strict=True):
            *path, last = name.split(".")
            owner = module
            for step in path:
                owner = owner._modules[step]
            owner._parameters[last] = weight
        return call(module, *inputs)

    return function, values


def check_module(module: Any, *inputs: Any, call: Callable[..., Any] | None = None) -> None:
    function, values = by_parameters(module.double(), call or (lambda m, *x: m(*x)))
    gradcheck(function, *inputs, *values, rtol=1e-6)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("size", [(3,), (1, 3), (4, 3), (2, 4, 3)], ids=str)
def test_linear(size: tuple[int, ...], bias: bool) -> None:
    check_module(nn.Linear(3, 2, bias), r(*size, seed=9))


@pytest.mark.parametrize("padding", [None, 1, -1])
def test_embedding(padding: int | None) -> None:
    module = nn.Embedding(4, 2, padding_idx=padding).double()
    ids = torch.tensor(BAG)
    weight = nn.Parameter(torch.tensor(TABLE))
    module.weight = weight
    factors = torch.tensor(r(2, 3, 2, seed=1))
    (module(ids) * factors).sum().backward()
    expected = np.zeros((4, 2))
    for place in np.ndindex(2, 3):  # the definition: each look-up adds to its row
        if padding is None or BAG[place] != padding % 4:
            expected[BAG[place]] += factors.numpy()[place]
    np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-14)


SETTINGS = list(product((True, False), ("tanh", "relu"), (True, False)))


@pytest.mark.parametrize(("fused", "nonlinearity", "bias"), SETTINGS)
@pytest.mark.parametrize("batch", [(), (2,)], ids=["unbatched", "batched"])
def test_rnn_cell(fused: bool, nonlinearity: str, bias: bool, batch: tuple[int, ...]) -> None:
    cell = nn.RNNCell(3, 2, bias, nonlinearity, fused=fused)
    check_module(cell, r(*batch, 3, seed=7), r(*batch, 2, seed=8))
    check_module(cell, r(*batch, 3, seed=7))


@pytest.mark.parametrize(("fused", "nonlinearity", "bias"), SETTINGS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["seq first", "batch first", "unbatched"])
def test_rnn(
    fused: bool, nonlinearity: str, bias: bool, layers: int, bidirectional: bool, kind: str
) -> None:
    rnn = nn.RNN(
        2,
        2,
        layers,
        nonlinearity,
        bias,
        kind == "batch first",
        bidirectional=bidirectional,
        fused=fused,
    )
    rows = layers * (1 + bidirectional)
    if kind == "unbatched":
        x, h0 = r(3, 2, seed=7), r(rows, 2, seed=8)
    else:
        x = r(2, 3, 2, seed=7) if kind == "batch first" else r(3, 2, 2, seed=7)
        h0 = r(rows, 2, 2, seed=8)
    check_module(rnn, x, h0)


@pytest.mark.parametrize("fused", [True, False])
def test_rnn_with_dropout_between_its_layers(fused: bool) -> None:
    def call(module: Any, x: Any) -> Any:
        torch.manual_seed(1)
        return module(x)

    check_module(nn.RNN(2, 3, 2, dropout=0.4, fused=fused), r(3, 2, 2, seed=7), call=call)


def test_sequential_of_everything_that_has_no_memory() -> None:
    def call(module: Any, x: Any) -> Any:
        torch.manual_seed(1)
        return module(x)

    module = nn.Sequential(
        nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.3), nn.Linear(4, 4), nn.Sigmoid(), nn.Softmax(1),
        nn.Linear(4, 3), nn.ReLU(), nn.LogSoftmax(-1),
    )  # fmt: skip
    check_module(module, r(2, 3, seed=9), call=call)


@pytest.mark.parametrize("reduction", MEANS)
def test_loss_modules(reduction: str) -> None:
    weight = torch.tensor(WEIGHT)
    labels = torch.tensor(LABELS)
    gradcheck(lambda x: nn.CrossEntropyLoss(weight, 1, reduction, 0.1)(x, labels), S)
    gradcheck(lambda x: nn.NLLLoss(weight, 1, reduction)(x, labels), S)
    gradcheck(nn.MSELoss(reduction), X, r(2, 3, seed=1))


# ---- the checker itself ----


def test_the_checker_finds_a_wrong_gradient() -> None:
    with pytest.raises(AssertionError, match=r"by backward:(.|\n)*by differences:"):
        gradcheck(lambda x: x * x.detach(), V)


def test_the_checker_looks_at_every_element_of_every_input() -> None:
    def wrong_in_one_place(a: Any, b: Any) -> Any:
        return a * b + torch.tensor([0.0, 0.0, 1.0]) * b.detach()

    with pytest.raises(AssertionError, match="gradient of input 1"):
        gradcheck(wrong_in_one_place, V, r(3, seed=1))
