"""The registry: every public operation, how it is called, what it computes, and on what.

An entry is made once, and these tests are made from it:

* `test_properties.py`: its value and gradient on drawn arguments, against its NumPy definition;
* `test_gradients.py`: its gradient on fixed arguments (its cases), against finite differences;
* `test_engine.py`: the cases again: cycles, a second backward, overwritten operands and results;
* `fuzz/layouts.py`: the strides of its results for every layout of its operands, against PyTorch.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F
from tinygrad_rnn.nn.utils import rnn as rnn_utils

from . import arguments as given
from .arguments import (
    BOTH,
    CUTTABLE,
    FULL_SHAPES,
    MATRICES,
    SMOOTHING,
    along,
    axes,
    into,
    ints,
    masked,
    one,
    parts,
    pos,
    r,
    reduced,
    reduction,
    several,
    sized,
    with_number,
    with_options,
)


class Operation(NamedTuple):
    """One way to call an operation.

    In its arguments, a float64 array is a tensor with a gradient, an int64 or bool array is an
    index, a label or a mask, and anything else is passed on as it is.

    Attributes:
        name: The public function.
        label: The expression, and what is special about this way of calling it.
        call: Takes the arguments, arrays as tensors.
        value: Takes the same as arrays, and returns what NumPy computes.
        arguments: Draws a tuple of arguments; None if there are only cases.
        cases: Fixed tuples of arguments.
        free: Positions of arguments whose values the gradient does not depend on, so that nothing
            of them may be saved.
        strided: Expressions of x and y, which have one shape and layout: `fuzz/layouts.py`.
        result: The dtype of the result, or of each: that in which all tensors and numbers meet
            ("common"), that of the first tensor ("first"), or a name. "floating" and "sum" are
            "common", but float32 and int64 for whole numbers.
        dtypes: Which dtypes it takes: floating "f", integer "i", bool "b", only float64 "d".
        mixed: Whether its tensors may differ in dtype; numbers after them take part, too.
        constant: Positions of float64 arrays that take no part in the gradient.
        layouts: Layouts of memory that it takes, if not all.
        roundings: How many roundings to float32 the result has seen.
        differentiable: Whether the result belongs to the graph.
    """

    name: str
    label: str
    call: Callable[..., Any]
    value: Callable[..., Any]
    arguments: given.Strategy | None
    cases: Sequence[tuple[Any, ...]]
    free: tuple[int, ...]
    strided: Sequence[str]
    result: str | tuple[str, ...] = "common"
    dtypes: str = "f"
    mixed: bool = False
    constant: tuple[int, ...] = ()
    layouts: tuple[str, ...] = ("C", "F", "sliced", "flipped", "expanded")
    roundings: int = 1
    differentiable: bool = True

    def __str__(self) -> str:
        return f"{self.name}: {self.label}" if self.label else self.name


UNREPEATED = ("C", "F", "sliced", "flipped")
"""The layouts in which no element stands twice, for operations that have a kink there."""

GLOBALS = {"torch": torch, "F": F, "np": np}


def parameters(expression: str) -> list[str]:
    """The names in an expression: x, y and z, then the others as they appear."""
    nodes = [each for each in ast.walk(ast.parse(expression)) if isinstance(each, ast.Name)]
    nodes.sort(key=lambda each: (each.id not in ("x", "y", "z"), each.col_offset))
    names = dict.fromkeys(each.id for each in nodes)
    first = sorted(name for name in names if name in ("x", "y", "z"))
    known = {*first, *GLOBALS, *vars(builtins)}
    return first + [name for name in names if name not in known]


def op(
    name: str,
    call: str | Callable[..., Any],
    arguments: given.Strategy | None = None,
    value: Callable[..., Any] | None = None,
    *,
    label: str = "",
    cases: Sequence[tuple[Any, ...]] = (),
    free: tuple[int, ...] = (),
    strided: str = "",
    **properties: Any,
) -> Operation:
    """An entry of the registry.

    Args:
        name: The public function.
        call: An expression, or a function where Python is needed.
        arguments: Draws the arguments.
        value: What NumPy computes; without it, the call itself works on arrays.
        label: What is special about this entry.
        cases: Fixed arguments.
        free: See `Operation`.
        strided: Expressions of x and y, separated by two spaces; without them, `call` if it is one.
        **properties: See `Operation`.
    """
    if isinstance(call, str):
        names = parameters(call)
        if arguments is not None and not strided and {*names} <= {"x", "y"}:
            strided = call
        label = f"{call}, {label}" if label else call
        call = eval(f"lambda {', '.join(names)}: {call}", GLOBALS)
    assert callable(call)
    texts = strided.split("  ") if strided else []
    return Operation(
        name, label, call, value or call, arguments, cases, free, texts, **properties
    )  # fmt: skip


def variants(
    name: str, arguments: tuple[Any, ...], *calls: str, **properties: Any
) -> list[Operation]:
    """Entries with one case each: several expressions of the same fixed arguments."""
    return [op(name, each, cases=[arguments], **properties) for each in calls]


# ---- functions that cannot be written as expressions ----


def in_place(name: str) -> Callable[..., Any]:
    """The method of that name, on a copy of the first tensor."""

    def call(x: Any, *arguments: Any) -> Any:
        y = x.clone()
        returned = getattr(y, name)(*arguments)
        assert returned is y
        return y

    return call


def written(name: str, *arguments: Any, **properties: Any) -> Operation:
    """The entry of a method that writes to its tensor."""
    return op(name, in_place(name), *arguments, **properties)


def set_item(x: Any, where: Any, value: Any) -> Any:
    y = x.clone()
    y[where] = value
    return y


def seeded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, after the default generator was seeded."""

    def call(x: Any, *arguments: Any) -> Any:
        torch.manual_seed(5)
        return function(x, *arguments)

    return call


def drawn(function: Callable[..., Any]) -> Callable[..., Any]:
    """The value of a random fill: what the same seed gives `function` of the shape."""
    return seeded(lambda x: function(x.shape, dtype=torch.float64).numpy())


def recurrent(module: type, suffix: str) -> Callable[..., Any]:
    """A recurrent layer or cell as a function of its weights."""

    def call(nonlinearity: str, fused: bool, x: Any, h0: Any, *weights: Any) -> Any:
        sizes = (x.shape[-1], h0.shape[-1])
        made = module(*sizes, nonlinearity=nonlinearity, fused=fused)
        for name, weight in zip(WEIGHTS, weights, strict=True):
            made._parameters[name + suffix] = weight
        return made(x, h0)

    return call


WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")

# ---- fixed arguments ----

X, Y, V, M, C, S = r(2, 3), r(2, 3, seed=1), r(3), r(4, 3), r(2, 3, 4), r(4, 3)
WIDE, NUMBER, SIDE = r(2, 3, 2), r(), r(1, 3, 1)
MASK = np.array([[True, False, True], [False, False, True]])
LABELS, LABEL = ints(2, 0, 1, 2), ints(2).reshape(())
CHANCES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.1, 0.1, 0.8], [0.4, 0.4, 0.2]])
WEIGHT = np.array([0.5, 2.0, 1.5])
TABLE, BAG = r(4, 2), ints([1, 0, 1], [3, 3, 1])
DIMS = (None, 0, 1, -1, (0, 2), (0, 1, 2))
ALONG = [(WIDE, dim, keep) for dim, keep in product(DIMS, BOTH)]
BY_DIM = [(WIDE, dim, keep) for dim, keep in product((0, 1, -1), BOTH)]
MEANS = ("mean", "sum", "none")

# ---- the registry ----

ANY = {"dtypes": "fib", "mixed": True}
NUMERIC = {"dtypes": "fi", "mixed": True}
FLAGS = {"dtypes": "fib", "mixed": True, "result": "bool", "differentiable": False}
INTEGER_TOO = {"dtypes": "fi", "result": "floating"}

POINTWISE = [
    op("add", "x + y", several(2), cases=[(X, V)], free=(0, 1), **ANY),
    op("add", "x + n", with_number(one()), cases=[(X, 2)], free=(0,), strided="x + 1", **ANY),
    op("add", "n + x", with_number(one()), cases=[(X, 2)], free=(0,), **ANY),
    op("add", "torch.add(x, y, alpha=n)", with_options(several(2), alpha=(2, 3)),
       lambda x, y, n: x + n * y, cases=[(X, V, 3)], free=(0, 1), strided="x.add(y, alpha=2)",
       roundings=2, **NUMERIC),
    op("sub", "x - y", several(2), cases=[(X, V)], free=(0, 1), **NUMERIC),
    op("sub", "x - n", with_number(one()), cases=[(X, 2)], free=(0,), **NUMERIC),
    op("sub", "torch.sub(x, y, alpha=n)", with_options(several(2), alpha=(2, 3)),
       lambda x, y, n: x - n * y, cases=[(X, V, 3)], free=(0, 1),
       strided="torch.sub(x, y, alpha=3)", roundings=2, **NUMERIC),
    op("rsub", "n - x", with_number(one()), cases=[(X, 2)], free=(0,), strided="2 - x", **NUMERIC),
    op("mul", "x * y", several(2), cases=[(X, r(2, 1, seed=1))], **ANY),
    op("mul", "x * x", one(), dtypes="fi"),
    op("mul", "x * n", with_number(one()), cases=[(X, 3)], free=(0,), strided="x * 2", **ANY),
    op("div", "x / y", several(2, "b"), cases=[(X, pos(3, seed=1))], mixed=True, **INTEGER_TOO),
    op("div", "x / n", with_number(one()), cases=[(X, 3)], free=(0,), mixed=True, **INTEGER_TOO),
    op("_rdiv", "n / x", with_number(one(positive=True)), cases=[(pos(2, 3), 3)], strided="1 / x",
       roundings=2, mixed=True, **INTEGER_TOO),
    op("floor_divide", "x // y", given.multiples(), differentiable=False, **NUMERIC),
    *variants("floor_divide", (X,), "x // 2", strided="x // 2", differentiable=False),
    op("_rfloor_divide", "n // x", with_number(one(positive=True, offset=8), 7), cases=[(X, 2)],
       strided="2 // x", dtypes="fi", differentiable=False),
    op("remainder", "x % y", given.multiples(), cases=[(X, pos(3, seed=1))], roundings=4,
       **NUMERIC),
    op("remainder", "x % n", with_number(one(offset=0), 0.75, -1.5, 2), cases=[(X, 0.7)],
       free=(0,), strided="x % 2", roundings=4, **NUMERIC),
    op("_rremainder", "n % x", with_number(one(positive=True, offset=8), 13 / 32),
       cases=[(1.07 * pos(2, 3), 3)], strided="3 % x", roundings=4),
    op("pow", "x ** y", several(2, "a"), cases=[(pos(2, 3), r(3, seed=1))], mixed=True,
       roundings=2),
    op("pow", "x ** n", with_number(one(), 0, 1, 2, 3, -1, -2), label="whole",
       cases=[(X, n) for n in (0, 1, 2, 3, -1, -2)], strided="x ** 2", roundings=4),
    op("pow", "x ** n", with_number(one(), 0, 1, 2, 3), label="of whole", dtypes="fi",
       roundings=2),
    op("pow", "x ** n", with_number(one(positive=True), 0.5, 2.5, -1.5), label="fractional",
       cases=[(pos(2, 3), n) for n in (0.5, 2.5, -1.5)], roundings=2),
    op("_rpow", "n ** x", with_number(one(), 2, 3, 0.5), cases=[(X, 3)], strided="2. ** x",
       roundings=2, mixed=True),
    op("maximum", "torch.maximum(x, y)", several(2), np.maximum, cases=[(X, Y)], **ANY),
    op("minimum", "torch.minimum(x, y)", several(2), np.minimum, cases=[(X, Y)], **ANY),
    op("neg", "-x", one(), cases=[(X,)], free=(0,), strided="x.neg()", dtypes="fi"),
    *(
        op(name, f"torch.{name}(x)", one(), value, cases=[(X,)], strided=f"x.{name}()", **dtypes)
        for dtypes, values in (
            ({"dtypes": "fi"}, {"abs": np.abs, "square": np.square,
                                "relu": lambda x: np.maximum(x, 0)}),
            (INTEGER_TOO, {"exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh}),
            ({"roundings": 2, **INTEGER_TOO}, {"sigmoid": given.sigmoid}),
            ({"roundings": 2}, {"reciprocal": lambda x: 1 / x}),
        )
        for name, value in values.items()
    ),
    *(
        op(name, f"torch.{name}(x)", one(positive=True), value, cases=[(pos(2, 3),)],
           strided=f"x.{name}()", **INTEGER_TOO)
        for name, value in (("log", np.log), ("sqrt", np.sqrt))
    ),
    op("clamp", "torch.clamp(x, low, high)",
       with_options(one(), low=(-0.5, None, -1), high=(0.25, 0.5, 1)), np.clip,
       cases=[(X, -0.5, 0.5)], strided="x.clamp(-1, 1)", **NUMERIC),
    op("clamp", "torch.clamp(x, y, z)", several(3),
       lambda x, y, z: np.minimum(np.maximum(x, y), z)),
    op("clamp", "x.clamp(max=y)", several(2), np.minimum),
    op("clamp", "x.clamp(min=0)", one(), lambda x: np.maximum(x, 0), cases=[(X,)]),
    *variants("clamp", (X,), "x.clamp(max=0)"),
    op("clone", "torch.clone(x)", one(), np.copy, cases=[(X,)], free=(0,), strided="x.clone()",
       dtypes="fib"),
    op("where", "torch.where(mask, x, y)", masked(2), lambda x, y, mask: np.where(mask, x, y),
       cases=[(X, r(3, seed=1), MASK)], free=(0, 1), strided="torch.where(x > 0, x, y)", **ANY),
    op("where", "torch.where(mask, x, 2.0)", masked(1), lambda x, mask: np.where(mask, x, 2.0),
       cases=[(X, MASK)], free=(0,), strided="torch.where(x > 0, x, 0.)"),
    op("masked_fill", "x.masked_fill(mask, 7)", masked(1), lambda x, mask: np.where(mask, 7, x),
       cases=[(X, MASK), (V, MASK)], free=(0,), strided="x.masked_fill(x > 0, 0.)", dtypes="fi"),
    *(
        op(name, f"torch.{name}(x, y)", several(2), value, cases=[(X, X)], strided=strided, **FLAGS)
        for name, value, strided in (
            ("eq", np.equal, "x == y"), ("ne", np.not_equal, "x != y"), ("lt", np.less, "x < y"),
            ("le", np.less_equal, "x <= y"), ("gt", np.greater, "x > 0"),
            ("ge", np.greater_equal, "x >= y"),
            ("logical_and", np.logical_and, "torch.logical_and(x > 0, y > 0)"),
            ("logical_or", np.logical_or, ""), ("logical_xor", np.logical_xor, ""),
        )
    ),
    *(
        op(name, f"torch.{name}(x, y)", several(2), value, cases=[(MASK, ~MASK)], strided=strided,
           dtypes="ib", mixed=True, differentiable=False)
        for name, value, strided in (
            ("bitwise_and", np.bitwise_and, "(x > 0) & (y > 0)"),
            ("bitwise_or", np.bitwise_or, "(x > 0) | (y > 0)"),
            ("bitwise_xor", np.bitwise_xor, "(x > 0) ^ (y > 0)"),
        )
    ),
    op("bitwise_not", "torch.bitwise_not(x)", one(), np.invert, cases=[(MASK,)],
       strided="~(x > 0)", dtypes="ib", differentiable=False),
    *(
        op(name, f"torch.{name}(x)", one(), getattr(np, name), cases=[(X,)],
           strided=f"x.{name}()", **FLAGS)
        for name in ("logical_not", "isnan", "isinf", "isfinite")
    ),
    op("equal", torch.equal, given.alike(), np.array_equal, dtypes="fib", differentiable=False),
    op("allclose", torch.allclose, given.alike(), np.allclose, differentiable=False),
]  # fmt: skip

REDUCED = [
    op("sum", "torch.sum(x, dim, keepdim=keep)", reduced(),
       reduction(lambda x, over: x.sum(over, keepdims=True)), cases=ALONG, free=(0,),
       strided="x.sum()  x.sum(0)  x.sum(-1)  x.sum(0, keepdim=True)  x.sum(-1, keepdim=True)",
       dtypes="fib", result="sum"),
    *variants("sum", (X,), "x.sum(dtype=torch.float64)"),
    op("mean", "torch.mean(x, dim, keepdim=keep)", reduced(), reduction(given.mean), cases=ALONG,
       free=(0,), strided="x.mean(0)  x.mean(-1)  x.mean((0, 1))"),
    *variants("mean", (X,), "x.mean(0, dtype=torch.float64)"),
    op("var", "x.var(dim, keepdim=keep, correction=n)", reduced(correction=(0, 1, 2)),
       reduction(given.variance), cases=[(X, 1, False, 2)], strided="x.var(0)", roundings=2),
    op("var", "torch.var(x, dim, keepdim=keep)", cases=ALONG),
    *variants("var", (X,), "x.var(unbiased=False)", "x.var(False)"),
    op("std", "x.std(dim, keepdim=keep, correction=n)", reduced(correction=(0, 1)),
       reduction(lambda *drawn: np.sqrt(given.variance(*drawn))), strided="x.std(-1)",
       layouts=UNREPEATED, roundings=2),
    op("std", "torch.std(x, dim, keepdim=keep)", cases=ALONG),
    *variants("std", (X,), "x.std(1, unbiased=False)"),
    op("norm", "x.norm(dim=dim, keepdim=keep, p=p)", reduced(p=(1, 2, 3, 2.5, math.inf)),
       reduction(given.p_norm),
       cases=[(*each, p) for p in (1, 2, 3, 2.5, math.inf) for each in ALONG],
       strided="x.norm(dim=0)  x.norm(dim=-1)", layouts=UNREPEATED, roundings=2),
    *(
        op(name, f"torch.{name}(x, dim, keepdim=keep)", reduced(FULL_SHAPES),
           reduction(lambda x, over, f=f: f(x, axis=over, keepdims=True)), cases=ALONG,
           strided=f"x.{name}({dim})", dtypes="fi", layouts=UNREPEATED)
        for name, f, dim in (("amax", np.max, 0), ("amin", np.min, -1))
    ),
    *(
        op(name, f"x.{name}()", one(FULL_SHAPES), cases=[(X,)], dtypes="fi", layouts=UNREPEATED)
        for name in ("max", "min")
    ),
    *(
        op(name, f"x.{name}(dim, keep)", along(FULL_SHAPES, keepdim=BOTH), given.pair(name),
           cases=[*BY_DIM, (NUMBER, 0, False)], free=(0,),
           strided=f"x.{name}(0)  x.{name}(-1)  x.{name}(-1, keepdim=True)",
           dtypes="fi", layouts=UNREPEATED, result=("common", "int64"))
        for name in ("max", "min")
    ),
    *variants("max", (X, Y), "x.max(y)"),
    *variants("min", (X, Y), "x.min(y)"),
    *(
        op(name, f"x.{name}(dim, keep)", given.positions(), given.position(name),
           cases=[(X, None, False)],
           strided=f"x.{name}(0)  x.{name}(-1)  x.{name}(0, keepdim=True)",
           dtypes="fi", layouts=UNREPEATED, result="int64", differentiable=False)
        for name in ("argmax", "argmin")
    ),
    op("topk", "x.topk(k, dim, largest)", given.best(), given.topk,
       cases=[(X, *each) for each in product((1, 2), (0, 1), BOTH)], free=(0,),
       strided="x.topk(1, 0)[0]  x.topk(1, -1)[0]",
       layouts=UNREPEATED, result=("common", "int64")),
    *(
        op(name, f"torch.{name}(x, dim, keep)", reduced(),
           reduction(lambda x, over, f=f: f(x, axis=over, keepdims=True)), cases=[(X, None, False)],
           strided=f"(x > 0).{name}({dim})", dtypes="fib", result="truth", differentiable=False)
        for name, f, dim in (("all", np.all, 0), ("any", np.any, -1))
    ),
    op("logsumexp", "x.logsumexp(tuple(range(x.ndim)) if dim is None else dim, keep)", reduced(),
       reduction(lambda x, over: np.log(np.exp(x).sum(over, keepdims=True))),
       cases=[*ALONG[2:], (NUMBER, 0, False)], strided="x.logsumexp(0)  x.logsumexp(-1)",
       roundings=4),
    *(
        op(name, f"torch.{name}(x, dim)", along(), value,
           cases=[(WIDE, 0), (WIDE, 1), (WIDE, -1), (NUMBER, 0)],
           strided=f"x.{name}(0)  x.{name}(-1)", roundings=4)
        for name, value in (("softmax", given.softmax),
                            ("log_softmax", lambda x, dim: np.log(given.softmax(x, dim))))
    ),
]  # fmt: skip

FACTORS = (
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
    ((5, 2, 3), (3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)), ((2, 3), (5, 3, 2)),
    ((5, 2, 3), (5, 3, 2)), ((1, 2, 3), (5, 3, 2)), ((4, 1, 2, 3), (5, 3, 2)),
    ((4, 1, 2, 3), (4, 5, 3, 1)),
)  # fmt: skip

PRODUCTS = [
    op("matmul", "x @ y", given.factors(), cases=[(r(*a), r(*b, seed=1)) for a, b in FACTORS],
       strided="x @ y.mT  x.mT @ y  x @ y[..., 0, :]  x.new_zeros(x.shape[-2]) @ x"),
    op("mm", "torch.mm(x, y)", sized("mk", "kn"), np.matmul,
       cases=[(r(2, 3), r(3, 4, seed=1))], strided="torch.mm(x, y.t())"),
    op("bmm", "torch.bmm(x, y)", sized("bmk", "bkn"), np.matmul,
       cases=[(r(2, 2, 3), r(2, 3, 1, seed=1))], strided="torch.bmm(x, y.mT)"),
    op("mv", "torch.mv(x, y)", sized("mk", "k"), np.matmul, cases=[(r(2, 3), r(3, seed=1))],
       strided="torch.mv(x, y[0])"),
    op("dot", "torch.dot(x, y)", sized("k", "k"), np.matmul, cases=[(r(3), r(3, seed=1))],
       strided="torch.dot(x[..., 0], y[..., 0])"),
    op("addmm", "torch.addmm(x, y, z, beta=beta, alpha=alpha)", given.sum_and_factors(),
       lambda x, y, z, beta, alpha: beta * x + alpha * (y @ z),
       cases=[(r(*wide), r(2, 3, seed=1), r(3, 4, seed=2), 0.5, 3)
              for wide in ((), (1,), (4,), (2, 1), (1, 4), (2, 4))],
       free=(0,), strided="torch.addmm(x, x, y.mT @ x)", roundings=8),
    op("linear", F.linear, given.layer(), given.linear,
       cases=[(r(*x), r(2, 3, seed=1), r(2, seed=2)) for x in ((3,), (1, 3), (4, 3), (2, 4, 3))]
       + [(r(*x), r(2, 3, seed=1)) for x in ((3,), (4, 3), (2, 4, 3))],
       free=(2,), strided="F.linear(x, y.reshape(-1, y.shape[-1]))  "
       "F.linear(x, y.reshape(-1, y.shape[-1]), y.sum(-1).view(-1))", roundings=8),
]  # fmt: skip

SHAPED = [
    op("view", "x.view(shape)", given.reshaped(), np.reshape, strided="x.view(x.shape)",
       dtypes="fib", layouts=("C",)),
    *variants("view", (C,), "x.view(3, -1)", free=(0,)),
    op("view_as", "x.view_as(torch.zeros(x.numel(), 1))", one(), lambda x: x.reshape(x.size, 1),
       strided="x.view_as(y)", layouts=("C",)),
    *variants("view_as", (C,), "x.view_as(torch.zeros(6, 4))", free=(0,)),
    op("reshape", "torch.reshape(x, shape)", given.reshaped(), np.reshape,
       strided="x.reshape(-1)  x.reshape(x.shape[::-1])", dtypes="fib"),
    *variants("reshape", (C,), "x.reshape(4, 6)", "x.transpose(0, 2).reshape(-1)", free=(0,)),
    op("flatten", "torch.flatten(x, first, last)", given.between(), given.flatten,
       strided="x.flatten()"),
    *variants("flatten", (C,), "x.flatten(1)", free=(0,)),
    *variants("flatten", (NUMBER,), "x.flatten()", free=(0,)),
    op("squeeze", "torch.squeeze(x)", one(), np.squeeze, cases=[(SIDE,)], free=(0,),
       strided="x.squeeze()"),
    op("squeeze", "torch.squeeze(x, dim)", along(),
       lambda x, dim: x.squeeze(tuple(i for i in axes(x, dim) if x.shape[i] == 1)),
       cases=[(SIDE, 0), (SIDE, (0, 2))], free=(0,), strided="x.squeeze(0)"),
    op("unsqueeze", "torch.unsqueeze(x, dim)", given.unsqueezed(), np.expand_dims, cases=[(X, 1)],
       free=(0,), strided="x.unsqueeze(0)  x.unsqueeze(-1)"),
    op("transpose", "torch.transpose(x, a, b)", given.swapped(), np.swapaxes, cases=[(C, 0, -1)],
       free=(0,), strided="x.transpose(0, -1)"),
    op("t", "torch.t(x)", one(given.UP_TO_2D), np.transpose,
       cases=[(X,), (V,)], free=(0,), strided="x.t()"),
    op("permute", "torch.permute(x, dims)", given.permuted(), np.transpose,
       strided="x.permute(list(range(x.dim()))[::-1])", dtypes="fib"),
    *variants("permute", (C,), "x.permute(2, 0, 1)", free=(0,)),
    op("permute", "x.T", one()),
    op("permute", "x.mT", one(MATRICES)),
    *variants("permute", (X,), "x.T * x.mT"),
    op("flip", "torch.flip(x, dims)", given.flipped(), np.flip, cases=[(C, (0, 2))], free=(0,),
       strided="x.flip(0)  x.flip(-1)"),
    *variants("flip", (C,), "x.flip(1)", free=(0,)),
    op("contiguous", "x.contiguous()", one(), np.copy),
    *variants("contiguous", (X,), "x.t().contiguous()", "x.contiguous().clone()", free=(0,)),
    op("expand", "x.expand(shape)", given.expanded(), np.broadcast_to,
       strided="x.expand(2, *x.shape)"),
    *variants("expand", (r(2, 1),), "x.expand(5, -1, 3)", free=(0,)),
    *variants("expand", (NUMBER,), "x.expand(2, 2)", free=(0,)),
    op("expand_as", "x.expand_as(torch.zeros(shape))", given.expanded(), np.broadcast_to,
       cases=[(V, (4, 3))], free=(0,), strided="x.expand_as(y)"),
    op("repeat", "x.repeat(times)", given.repeated(), np.tile,
       strided="x.repeat([2] + [1] * x.dim())  x.repeat([2] * x.dim())"),
    *variants("repeat", (X,), "x.repeat(2, 1, 3)", free=(0,)),
    op("cat", lambda dim, *xs: torch.cat(xs, dim), given.joined(),
       lambda dim, *xs: np.concatenate(xs, dim),
       strided="torch.cat([x, y])  torch.cat([x, y], -1)  torch.cat([x])", **ANY),
    *variants("cat", (X, r(1, 3, seed=1)), "torch.cat([x, y, x])", free=(0, 1)),
    *variants("cat", (X, r(2, 1, seed=1)), "torch.cat([x, y], -1)", free=(0, 1)),
    op("stack", lambda dim, *xs: torch.stack(xs, dim), given.stacked(),
       lambda dim, *xs: np.stack(xs, dim),
       strided="torch.stack([x, y])  torch.stack([x, y], -1)  torch.stack([x])", **ANY),
    *variants("stack", (X, Y), "torch.stack([x, y, x])", "torch.stack([x, y], -1)", free=(0, 1)),
    op("split", "torch.split(x, size, dim)", given.pieces(), parts, cases=[(C, 2, 1)],
       free=(0,), strided="x.split(1)"),
    op("split", "torch.split(x, lengths, dim)", given.cut(),
       lambda x, lengths, dim: tuple(np.array_split(x, np.cumsum(lengths)[:-1], dim)),
       cases=[(C, [1, 3], 2)], free=(0,)),
    op("chunk", "torch.chunk(x, count, dim)", given.pieces(),
       lambda x, count, dim: parts(x, -(-x.shape[dim] // count), dim), cases=[(C, 2, 1)],
       free=(0,), strided="x.chunk(2, -1)"),
    op("unbind", "torch.unbind(x, dim)", along(CUTTABLE),
       lambda x, dim: tuple(np.moveaxis(x, dim, 0)), cases=[(C, 1)], free=(0,),
       strided="x.unbind()  x.unbind(-1)"),
    *variants("unbind", (C,), "tuple(x)", free=(0,)),
    op("select", "torch.select(x, dim, i)", given.selected(), lambda x, dim, i: x.take(i, dim),
       cases=[(C, 2, -1)], free=(0,), strided="x.select(0, 0)  x.select(-1, 0)"),
    op("narrow", "torch.narrow(x, dim, start, length)", given.narrow(), given.stretch,
       cases=[(C, 1, -2, 2)], free=(0,), strided="x.narrow(-1, 0, 1)"),
    op("to", "x.to(torch.float64)", one(), lambda x: x.astype(np.float64),
       strided="x.to(torch.float64)  "
       "x.double()  x.float()  x.long()  x.bool()  x.int()  x.type_as(y)", dtypes="fib",
       result="float64"),
    *variants("to", (X,), "x.to(torch.float64).clone()", free=(0,)),
]  # fmt: skip

STRIDED_INDICES = {
    "view": "x[0]  x[..., 0]  x[:, None]  x[::2]",
    "copy": "x[[0]]  x[[0, 0]]  x[:, [0]]  x[..., [0, 0]]  x[[0], ..., [0]]  x[x > 0]  x[[0], :1]  "
    "x[[[0, 0]]]  x[None, [0]]  x[torch.tensor([[0], [0]])]  x[:, torch.tensor([[0], [0]])]  "
    "x[[0, 0], [0, 0]]  x[..., [True] * x.shape[-1]]  x[[True] * x.shape[0]]",
    "int and tensor": "x[0, [0]]",
}

INDEXED = [
    *(
        op("getitem", "x[index]", given.indexed(kinds), given.pick, label=label,
           strided=STRIDED_INDICES[label], dtypes="fib")
        for label, kinds in given.INDEX_KINDS.items()
    ),
    *variants(
        "getitem", (C,), "x[1]", "x[-1]", "x[1, 2, -4]", "x[1:]", "x[:, 0:3:2]", "x[2:2,]",
        "x[..., 1]", "x[...]", "x[()]", "x[None, 0, :, None]", "x[[1, 0, 1]]",
        "x[[1, 0, 1], [2, 2, 2]]", "x[:, [0, 2, 0], 1:3]", "x[..., [3, 3, -1]]",
        "x[[0, 1], :, [3, 0]]", "x[1, :, [0, 0, 3]]", "x[[True, False]]",
        "x[np.array([[0, 1], [1, 1]])]", free=(0,),
    ),
    *variants("getitem", (C, ints(1, 0, 1)), "x[i]", "x[i, 0]", "x[i, :, i]", free=(0,)),
    *variants("getitem", (C, ints([1, 0], [2, 2])), "x[:, i]", free=(0,)),
    *variants("getitem", (C, ints(1).reshape(())), "x[i]", label="0-d index", free=(0,)),
    *variants("getitem", (C, np.array([True, False])), "x[mask]", label="of rows", free=(0,)),
    *variants("getitem", (C, r(2, 3, 4, seed=3) > 0), "x[mask]", label="of all", free=(0,)),
    *variants("getitem", (C, np.array([True, False, True])), "x[1, mask]", free=(0,)),
    *variants("getitem", (NUMBER,), "x[None]", "x[...]", label="of a number", free=(0,)),
    op("gather", "torch.gather(x, dim, i)", given.gathered(), given.gather,
       cases=[(X, 0, ints([1, 0, 1], [1, 1, 0])), (X, 1, ints([2], [2])),
              (X, -1, ints([1, 1, 2, 0]))],
       free=(0,), strided="x.gather(0, x.long() * 0)  x.gather(-1, (x[..., :1].long() * 0))",
       dtypes="fib"),
    op("scatter", "torch.scatter(x, dim, i, source)", given.scattered(), given.scatter,
       cases=[(X, 1, ints([2], [1]), Y), (X, 0, ints([1, 0, 1]), 2.0)], free=(0, 3),
       strided="x.scatter(0, x.long() * 0, 1.)  x.scatter(-1, x.long() * 0, 2.)",
       layouts=UNREPEATED),
    op("index_select", "torch.index_select(x, dim, i)", given.rows(),
       lambda x, dim, i: x.take(i, dim), cases=[(C, 1, ints(2, 0, 2, 2))], free=(0,),
       strided="x.index_select(0, torch.tensor([0, 0]))  x.index_select(-1, torch.tensor([0]))"),
    op("masked_select", "torch.masked_select(x, mask)", masked(1),
       lambda x, mask: np.broadcast_arrays(x, mask)[0][np.broadcast_arrays(x, mask)[1]],
       cases=[(X, MASK), (V, MASK)], free=(0,), strided="x.masked_select(x > 0)"),
    op("one_hot", "F.one_hot(labels, n)", given.classes(),
       lambda labels, n: (labels[..., None] == np.arange(n)).astype(np.int64),
       strided="F.one_hot(x.long() * 0, 2)", result="int64", differentiable=False),
    *variants("one_hot", (X,), "F.one_hot(x.argmax(1))", differentiable=False),
    op("embedding", "F.embedding(i, x)", given.looked_up(), lambda x, i: x[i],
       cases=[(TABLE, BAG), (TABLE, LABEL)], free=(0,), strided="F.embedding(x.long() * 0, y)"),
]  # fmt: skip

LOSSES = [
    op("mse_loss", "F.mse_loss(x, y, reduction)",
       with_options(given.alike(), reduction=MEANS), given.mse_loss,
       cases=[(X, Y, each) for each in MEANS], strided="F.mse_loss(x, y, reduction='none')",
       roundings=4),
    op("nll_loss", "F.nll_loss(x, labels, weight, ignored, reduction)", given.scores(),
       given.nll_loss,
       cases=[(S, LABELS, WEIGHT, i, each) for each, i in product(MEANS, (-100, 2))],
       strided="F.nll_loss(x, x.select(1, 0).long() * 0, reduction='none')", constant=(2,),
       roundings=8),
    op("cross_entropy", "F.cross_entropy(x, labels, weight, ignored, reduction, smoothing)",
       given.scores(SMOOTHING), given.cross_entropy,
       cases=[(S, LABELS, WEIGHT, i, each, smoothing)
              for each, i, smoothing in product(MEANS, (-100, 2), (0.0, 0.3))],
       constant=(2,), roundings=8),
    *(
        op("cross_entropy",
           "F.cross_entropy(x, y, weight, reduction=reduction, label_smoothing=smoothing)",
           arguments, lambda x, y, weight, *options: given.cross_entropy(
               x, y, weight, -100, *options),
           label=label, cases=cases, strided="F.cross_entropy(x, y.softmax(1), reduction='none')",
           constant=constant, layouts=UNREPEATED, roundings=8)
        for label, constant, arguments, cases in (
            ("probabilities", (2,), given.chances(), ()),
            ("constant probabilities", (1, 2), None,
             [(S, CHANCES, WEIGHT, *each) for each in product(MEANS, (0.0, 0.3))]),
        )
    ),
    *(
        each
        for name in ("nll_loss", "cross_entropy")
        for each in (
            *variants(name, (S, LABELS), f"F.{name}(x, labels)"),
            op(name, f"F.{name}(x, labels, reduction=reduction)", label="one row",
               cases=[(V, LABEL, each) for each in MEANS]),
        )
    ),
]  # fmt: skip

RECURRENT = [
    op("RNN", recurrent(nn.RNN, "_l0"), given.sequences(), given.rnn,
       strided="nn.RNN(x.shape[-1], 2)(x)  nn.RNN(x.shape[-1], 2, batch_first=True)(x)  "
       "nn.RNN(x.shape[-1], 2, 2, bidirectional=True)(x)", roundings=16),
    op("RNNCell", recurrent(nn.RNNCell, ""), given.sequences(steps=False), given.cell,
       strided="nn.RNNCell(x.shape[-1], 2)(x)", roundings=8),
]  # fmt: skip

IN_PLACE = [
    written("add_", into(), np.add, cases=[(X, V)], result="first"),
    written("sub_", into(), np.subtract, cases=[(X, V)], result="first"),
    written("mul_", into(), np.multiply, cases=[(X, V)], result="first"),
    written("mul_", with_number(one()), np.multiply, label="number", cases=[(X, 3)]),
    written("div_", into("b"), np.divide, cases=[(X, pos(3))], result="first"),
    written("pow_", into("a"), np.power, cases=[(pos(2, 3), V)], result="first", roundings=2),
    written("pow_", label="number", cases=[(X, 3)]),
    *(
        written(name, one(), value, cases=[(X,)])
        for name, value in (
            ("neg_", np.negative), ("abs_", np.abs), ("exp_", np.exp), ("tanh_", np.tanh),
            ("relu_", lambda x: np.maximum(x, 0)),
        )
    ),
    written("sigmoid_", one(), given.sigmoid, cases=[(X,)], roundings=2),
    written("sqrt_", one(positive=True), np.sqrt, cases=[(pos(2, 3),)]),
    written("clamp_", with_options(one(), low=(-0.5, -1), high=(0.25, 1)), np.clip,
            cases=[(X, -0.5, 0.5)]),
    written("zero_", one(), np.zeros_like, cases=[(X,)], dtypes="fib"),
    written("fill_", with_number(one(), 3, 7), np.full_like, cases=[(X, 3)], dtypes="fi"),
    written("copy_", into(), lambda x, y: np.broadcast_to(y, x.shape), cases=[(X, V)],
            mixed=True, result="first"),
    op("copy_", lambda x: in_place("copy_")(x, torch.ones(3).double()), label="of constants",
       cases=[(X,)]),
    op("masked_fill_", lambda x, mask: in_place("masked_fill_")(x, mask, 7),
       given.overlaid(),
       lambda x, mask: np.where(mask, 7, x), cases=[(X, MASK)]),
    written("scatter_", given.scattered(), given.scatter, cases=[(X, 1, ints([2], [1]), Y)],
            layouts=UNREPEATED),
    *(
        op("setitem", set_item, given.assigned(kinds), given.set_item, label=label)
        for label, kinds in given.INDEX_KINDS.items()
    ),
    op("setitem", set_item, label="fixed", cases=[
        (C, 1, r(3, 4)), (C, 1, r(4)), (C, (0, 1, 2), r()),
        (C, (slice(None), slice(0, 3, 2)), r(2, 2, 4)), (C, (..., -1), r(2, 3)),
        (C, ..., r(2, 3, 4)), (C, (None, 0), r(1, 3, 4)), (C, [1], r(1, 3, 4)),
        (C, ([1, 0], [2, 1]), r(2, 4)), (C, (slice(None), [0, 2], slice(1, 3)), r(2, 2, 2)),
        (C, [True, False], r(1, 3, 4)), (X, 0, 2.0), (X, MASK, 2.0), (X, MASK, V),
        (M, ints(3, 1), r(2, 3)), (NUMBER, ..., r(seed=1)),
    ]),
    *(
        op(name, seeded(in_place(name)), one(), drawn(fill), cases=[(X, *limits)],
           strided=strided, layouts=("C",), dtypes="d")
        for name, fill, limits, strided in (
            ("uniform_", torch.rand, (-1, 1), "x.clone().uniform_()"),
            ("normal_", torch.randn, (), "x.clone().normal_()"),
            ("bernoulli_", lambda size, dtype: torch.zeros(size, dtype=dtype).bernoulli_(), (),
             "x.clone().bernoulli_(0.4)"),
        )
    ),
]  # fmt: skip

OTHERS = [
    op("dropout", seeded(F.dropout), with_options(one(), p=(0.0, 0.4, 1.0)),
       seeded(lambda x, p: x * F.dropout(torch.ones(x.shape, dtype=torch.float64), p).numpy()),
       cases=[(X, 0.4), (X, 1.0)], free=(0,), strided="F.dropout(x)", layouts=("C",), roundings=2),
    op("dropout", "F.dropout(x, 0.9, training=False)", one(), np.copy,
       strided="F.dropout(x, 0.2, False)"),
    *variants("dropout", (X,), "F.dropout(x, 0.9, training=False).clone()", free=(0,)),
    op("pad_sequence", lambda *xs: rnn_utils.pad_sequence(list(xs)), sized("ak", "bk", "ck"),
       lambda *xs: np.stack([np.pad(x, ((0, max(map(len, xs)) - len(x)), (0, 0))) for x in xs], 1),
       cases=[(M, X)], free=(0, 1), strided="nn.utils.rnn.pad_sequence([x, y])"),
]  # fmt: skip

OPERATIONS = [
    *POINTWISE, *REDUCED, *PRODUCTS, *SHAPED, *INDEXED, *LOSSES, *RECURRENT, *IN_PLACE, *OTHERS,
]  # fmt: skip

# ---- what is made from it ----


class Case(NamedTuple):
    """A function of tensors at fixed values, for checks of gradients and of the graph.

    Attributes:
        name: What it is called in a report.
        function: Takes the inputs and the extras as tensors.
        inputs: Values of what is differentiated.
        extras: Values of index tensors, masks and constants.
        free: The numbers of those inputs that the gradient does not depend on.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    extras: tuple[np.ndarray, ...] = ()
    free: tuple[int, ...] = ()

    def __str__(self) -> str:
        return self.name


def case(operation: Operation, arguments: tuple[Any, ...]) -> Case:
    """A case of an operation as a function of its tensors."""
    tensors = [i for i, each in enumerate(arguments) if isinstance(each, np.ndarray)]
    inputs = [i for i in tensors if arguments[i].dtype == float and i not in operation.constant]
    places = inputs + [i for i in tensors if i not in inputs]

    def function(*values: Any) -> Any:
        filled = dict(enumerate(arguments)) | dict(zip(places, values, strict=True))
        return operation.call(*filled.values())

    return Case(
        f"{operation} of {', '.join(map(described, arguments))}",
        function,
        tuple(arguments[i] for i in inputs),
        tuple(arguments[i] for i in places[len(inputs) :]),
        tuple(n for n, i in enumerate(inputs) if i in operation.free),
    )


def described(argument: Any) -> str:
    """An argument in the name of a case: the shape of an array, the value of anything else."""
    if not isinstance(argument, np.ndarray):
        return str(argument)
    return f"{'' if argument.dtype == float else argument.dtype}{list(argument.shape)}"


CASES = [case(each, fixed) for each in OPERATIONS if each.differentiable for fixed in each.cases]
"""Every case with a gradient."""

WITHOUT_A_GRADIENT = [
    case(each, fixed) for each in OPERATIONS if not each.differentiable for fixed in each.cases
]
DRAWN = [each for each in OPERATIONS if each.arguments is not None]
STRIDED = tuple(dict.fromkeys(text for each in OPERATIONS for text in each.strided))
