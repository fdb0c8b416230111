"""Every gradient, against finite differences in float64.

`CASES` lists the operations; `test_engine.py` goes through the same list for other promises.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F
from tinygrad_rnn.nn.utils import rnn as rnn_utils

from .gradcheck import gradcheck


def r(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers between -1.5 and 1.5, no two alike and none close to 0: no kink is near."""
    n = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(n)
    return ((order - n // 2 + 0.3) * 2.4 / max(n, 2)).reshape(shape)


def pos(*shape: int, seed: int = 0) -> np.ndarray:
    """The same, but positive: between 0.5 and 2."""
    return np.abs(r(*shape, seed=seed)) + 0.5


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int64)


MASK = np.array([[True, False, True], [False, False, True]])
LABELS = ints(2, 0, 1, 2)
CHANCES = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.1, 0.1, 0.8], [0.4, 0.4, 0.2]])


class Case(NamedTuple):
    """An operation at work.

    Attributes:
        name: The public function that is tested.
        label: What is special about this use of it.
        function: Takes the inputs and the extras as tensors.
        inputs: Values of what is differentiated.
        extras: Values of index tensors and masks.
        free: The numbers of those inputs that the gradient does not depend on, so that nothing
            of them may be saved.
    """

    name: str
    label: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    extras: tuple[np.ndarray, ...] = ()
    free: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}-{self.label}" if self.label else self.name


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: np.ndarray,
    label: str = "",
    extras: tuple[np.ndarray, ...] = (),
    free: tuple[int, ...] = (),
) -> Case:
    return Case(name, label, function, inputs, extras, free)


def in_place(method: str, *arguments: Any) -> Callable[..., Any]:
    """A program that makes a tensor, changes it in place, and returns it."""

    def program(x: Any, *others: Any) -> Any:
        y = x.clone()
        returned = getattr(y, method)(*others, *arguments)
        assert returned is y
        return y

    return program


def assigned(index: Any) -> Callable[..., Any]:
    """A program that writes `value` to `y[index]`."""

    def program(x: Any, value: Any) -> Any:
        y = x.clone()
        y[index] = value
        return y

    return program


def seeded(method: str, *arguments: Any) -> Callable[..., Any]:
    def program(x: Any) -> Any:
        torch.manual_seed(5)
        return in_place(method, *arguments)(x)

    return program


X, V, M = r(2, 3), r(3), r(4, 3)
BOTH = (0, 1)

POINTWISE = [
    case("add", lambda a, b: a + b, X, V, free=BOTH),
    case("add", lambda a, b: torch.add(a, b, alpha=3), X, V, label="alpha", free=BOTH),
    case("add", lambda a: a + 2, X, label="number", free=(0,)),
    case("add", lambda a: 2 + a, X, label="number first", free=(0,)),
    case("sub", lambda a, b: a - b, X, V, free=BOTH),
    case("sub", lambda a, b: torch.sub(a, b, alpha=3), X, V, label="alpha", free=BOTH),
    case("sub", lambda a: a - 2, X, label="number", free=(0,)),
    case("rsub", lambda a: 2 - a, X, free=(0,)),
    case("mul", lambda a, b: a * b, X, r(2, 1, seed=1)),
    case("mul", lambda a: a * 3, X, label="number", free=(0,)),
    case("div", lambda a, b: a / b, X, pos(3, seed=1)),
    case("div", lambda a: a / 3, X, label="number", free=(0,)),
    case("_rdiv", lambda a: 3 / a, pos(2, 3)),
    case("remainder", lambda a, b: a % b, X, pos(3, seed=1)),
    case("remainder", lambda a: a % 0.7, X, label="number", free=(0,)),
    case("_rremainder", lambda a: 3 % a, 1.07 * pos(2, 3)),
    case("pow", lambda a, b: a**b, pos(2, 3), r(3, seed=1)),
    *(case("pow", lambda a, n=n: a**n, X, label=f"{n}") for n in (0, 1, 2, 3, -1, -2)),
    *(case("pow", lambda a, n=n: a**n, pos(2, 3), label=f"{n}") for n in (0.5, 2.5, -1.5)),
    case("_rpow", lambda a: 3**a, X),
    case("maximum", torch.maximum, X, r(2, 3, seed=1)),
    case("minimum", torch.minimum, X, r(2, 3, seed=1)),
    case("neg", lambda a: -a, X, free=(0,)),
    *(
        case(name, getattr(torch, name), X)
        for name in ("abs", "exp", "sin", "cos", "tanh", "sigmoid", "relu", "square", "reciprocal")
    ),
    case("log", torch.log, pos(2, 3)),
    case("sqrt", torch.sqrt, pos(2, 3)),
    case("clamp", lambda a: a.clamp(-0.5, 0.5), X),
    case("clamp", lambda a: a.clamp(min=0), X, label="min"),
    case("clamp", lambda a: a.clamp(max=0), X, label="max"),
    case("clone", torch.clone, X, free=(0,)),
    case(
        "where",
        lambda a, b, c: torch.where(c, a, b),
        X,
        r(3, seed=1),
        extras=(MASK,),
        free=BOTH,
    ),
    case("where", lambda a, c: torch.where(c, a, 2.0), X, label="number", extras=(MASK,)),
    case("masked_fill", lambda a, m: a.masked_fill(m, 7.0), X, extras=(MASK,), free=(0,)),
    case("masked_fill", lambda a, m: a.masked_fill(m, 7.0), V, label="wide", extras=(MASK,)),
]

DIMS = (None, 0, 1, -1, (0, 2), (0, 1, 2))
REDUCTIONS = [
    *(
        case(
            name,
            lambda x, name=name, dim=dim, keep=keep: getattr(torch, name)(x, dim, keepdim=keep),
            r(2, 3, 2),
            label=f"{dim} {keep}",
            free=(0,) if name in ("sum", "mean") else (),
        )
        for name, dim, keep in product(
            ("sum", "mean", "var", "std", "amax", "amin"), DIMS, (False, True)
        )
    ),
    *(
        case(
            "norm",
            lambda x, p=p, dim=dim, keep=keep: x.norm(p, dim, keep),
            r(2, 3, 2),
            label=f"{p} {dim} {keep}",
        )
        for p, dim, keep in product((1, 2, 3, 2.5, float("inf")), DIMS, (False, True))
    ),
    *(
        case(
            "logsumexp",
            lambda x, dim=dim, keep=keep: x.logsumexp(dim, keep),
            r(2, 3, 2),
            label=f"{dim} {keep}",
        )
        for dim, keep in product(DIMS[1:], (False, True))
    ),
    case("var", lambda x: x.var(unbiased=False), X, label="biased"),
    case("var", lambda x: x.var(False), X, label="biased, in short"),
    case("var", lambda x: x.var(1, correction=2), X, label="correction"),
    case("std", lambda x: x.std(1, unbiased=False), X, label="biased"),
    case("sum", lambda x: x.sum(dtype=torch.float64), X, label="dtype"),
    case("mean", lambda x: x.mean(0, dtype=torch.float64), X, label="dtype"),
    *(
        case(
            name,
            lambda x, name=name, dim=dim, keep=keep: getattr(x, name)(dim, keep),
            r(2, 3, 2),
            label=f"{dim} {keep}",
            free=(0,),
        )
        for name, dim, keep in product(("max", "min"), (0, 1, -1), (False, True))
    ),
    *(case(name, lambda x, name=name: getattr(x, name)(), X) for name in ("max", "min")),
    *(
        case(name, lambda x, name=name: getattr(x, name)(0), r(), label="of a number")
        for name in ("max", "min", "softmax", "log_softmax", "logsumexp")
    ),
    case("max", lambda a, b: a.max(b), X, r(2, 3, seed=1), label="of two"),
    case("min", lambda a, b: a.min(b), X, r(2, 3, seed=1), label="of two"),
    *(
        case(
            "topk",
            lambda x, k=k, dim=dim, largest=largest: x.topk(k, dim, largest),
            r(2, 3),
            label=f"{k} {dim} {largest}",
            free=(0,),
        )
        for k, dim, largest in product((1, 2), (0, 1), (False, True))
    ),
    *(
        case(name, lambda x, name=name, dim=dim: getattr(x, name)(dim), r(2, 3, 2), label=f"{dim}")
        for name, dim in product(("softmax", "log_softmax"), (0, 1, -1))
    ),
]

PRODUCTS = [
    *(
        case("matmul", lambda a, b: a @ b, r(*a), r(*b, seed=1), label=f"{a} {b}")
        for a, b in (
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3, 4)),
            ((1, 1), (1, 1)),
            ((5, 2, 3), (3, 4)),
            ((5, 2, 3), (3,)),
            ((3,), (5, 3, 2)),
            ((2, 3), (5, 3, 2)),
            ((5, 2, 3), (5, 3, 2)),
            ((1, 2, 3), (5, 3, 2)),
            ((4, 1, 2, 3), (5, 3, 2)),
            ((4, 1, 2, 3), (4, 5, 3, 1)),
        )
    ),
    case("mm", torch.mm, r(2, 3), r(3, 4, seed=1)),
    case("bmm", torch.bmm, r(2, 2, 3), r(2, 3, 1, seed=1)),
    case("mv", torch.mv, r(2, 3), r(3, seed=1)),
    case("dot", torch.dot, r(3), r(3, seed=1)),
    *(
        case(
            "addmm",
            lambda a, b, c: torch.addmm(a, b, c, beta=0.5, alpha=3),
            r(*wide),
            r(2, 3, seed=1),
            r(3, 4, seed=2),
            label=f"{wide}",
            free=(0,),
        )
        for wide in ((), (1,), (4,), (2, 1), (1, 4), (2, 4))
    ),
    *(
        case("linear", F.linear, r(*x), r(2, 3, seed=1), r(2, seed=2), label=f"{x}", free=(2,))
        for x in ((3,), (1, 3), (4, 3), (2, 4, 3))
    ),
    *(
        case("linear", F.linear, r(*x), r(2, 3, seed=1), label=f"{x} no bias")
        for x in ((3,), (4, 3), (2, 4, 3))
    ),
]

C = r(2, 3, 4)
SHAPES = [
    case("view", lambda x: x.view(3, -1), C, free=(0,)),
    case("view_as", lambda x: x.view_as(torch.zeros(6, 4)), C, free=(0,)),
    case("reshape", lambda x: x.reshape(4, 6), C, free=(0,)),
    case("reshape", lambda x: x.transpose(0, 2).reshape(-1), C, label="copy", free=(0,)),
    case("flatten", lambda x: x.flatten(1), C, free=(0,)),
    case("flatten", lambda x: x.flatten(), r(), label="of a number", free=(0,)),
    case("squeeze", lambda x: x.squeeze(), r(1, 3, 1), free=(0,)),
    case("squeeze", lambda x: x.squeeze(0), r(1, 3, 1), label="dim", free=(0,)),
    case("squeeze", lambda x: x.squeeze((0, 2)), r(1, 3, 1), label="dims", free=(0,)),
    case("unsqueeze", lambda x: x.unsqueeze(1), X, free=(0,)),
    case("transpose", lambda x: x.transpose(0, -1), C, free=(0,)),
    case("t", lambda x: x.t(), X, free=(0,)),
    case("t", lambda x: x.t(), V, label="vector", free=(0,)),
    case("permute", lambda x: x.permute(2, 0, 1), C, free=(0,)),
    case("permute", lambda x: x.T * x.mT, X, label="T and mT"),
    case("flip", lambda x: x.flip((0, 2)), C, free=(0,)),
    case("flip", lambda x: x.flip(1), C, label="one", free=(0,)),
    case("contiguous", lambda x: x.t().contiguous(), X, free=(0,)),
    case("contiguous", lambda x: x.contiguous().clone(), X, label="already", free=(0,)),
    case("expand", lambda x: x.expand(5, -1, 3), r(2, 1), free=(0,)),
    case("expand", lambda x: x.expand(2, 2), r(), label="of a number", free=(0,)),
    case("expand_as", lambda x: x.expand_as(torch.zeros(4, 3)), V, free=(0,)),
    case("repeat", lambda x: x.repeat(2, 1, 3), X, free=(0,)),
    case("cat", lambda a, b: torch.cat([a, b, a]), X, r(1, 3, seed=1), free=BOTH),
    case("cat", lambda a, b: torch.cat([a, b], -1), X, r(2, 1, seed=1), label="dim", free=BOTH),
    case("stack", lambda a, b: torch.stack([a, b, a]), X, r(2, 3, seed=1), free=BOTH),
    case("stack", lambda a, b: torch.stack([a, b], -1), X, r(2, 3, seed=1), label="d", free=BOTH),
    case("split", lambda x: x.split(2, 1), C, free=(0,)),
    case("split", lambda x: x.split([1, 3], 2), C, label="lengths", free=(0,)),
    case("chunk", lambda x: x.chunk(2, 1), C, free=(0,)),
    case("unbind", lambda x: x.unbind(1), C, free=(0,)),
    case("unbind", tuple, C, label="by a for loop", free=(0,)),
    case("select", lambda x: x.select(2, -1), C, free=(0,)),
    case("narrow", lambda x: x.narrow(1, -2, 2), C, free=(0,)),
    case("to", lambda x: x.to(torch.float64).clone(), X, free=(0,)),
]

TABLE, BAG = r(4, 2), ints([1, 0, 1], [3, 3, 1])
INDEXING = [
    *(
        case("getitem", lambda x, index=index: x[index], C, label=label, free=(0,))
        for label, index in {
            "int": 1,
            "negative int": -1,
            "ints": (1, 2, -4),
            "slice": slice(1, None),
            "step": (slice(None), slice(0, 3, 2)),
            "empty": (slice(2, 2),),
            "dots": (..., 1),
            "all dots": ...,
            "nothing": (),
            "None": (None, 0, slice(None), None),
            "list": [1, 0, 1],
            "lists": ([1, 0, 1], [2, 2, 2]),
            "list and slice": (slice(None), [0, 2, 0], slice(1, 3)),
            "list last": (..., [3, 3, -1]),
            "lists apart": ([0, 1], slice(None), [3, 0]),
            "int and list": (1, slice(None), [0, 0, 3]),
            "bools": [True, False],
            "array": np.array([[0, 1], [1, 1]]),
        }.items()
    ),
    *(
        case("getitem", f, C, label=label, extras=(extra,), free=(0,))
        for label, f, extra in (
            ("tensor", lambda x, i: x[i], ints(1, 0, 1)),
            ("tensor and int", lambda x, i: x[i, 0], ints(1, 0, 1)),
            ("tensor after slice", lambda x, i: x[:, i], ints([1, 0], [2, 2])),
            ("two tensors", lambda x, i: x[i, :, i], ints(1, 0, 1)),
            ("number tensor", lambda x, i: x[i], ints(1).reshape(())),
            ("mask of rows", lambda x, m: x[m], np.array([True, False])),
            ("mask of all", lambda x, m: x[m], r(2, 3, 4, seed=3) > 0),
            ("mask inside", lambda x, m: x[1, m], np.array([True, False, True])),
        )
    ),
    case("getitem", lambda x: x[None], r(), label="None on a number", free=(0,)),
    case("getitem", lambda x: x[...], r(), label="dots on a number", free=(0,)),
    *(
        case("gather", lambda x, i, d=d: x.gather(d, i), X, label=f"{d}", extras=(i,), free=(0,))
        for d, i in ((0, ints([1, 0, 1], [1, 1, 0])), (1, ints([2], [2])), (-1, ints([1, 1, 2, 0])))
    ),
    case(
        "scatter",
        lambda x, s, i: x.scatter(1, i, s),
        X,
        r(2, 3, seed=1),
        extras=(ints([2], [1]),),
        free=BOTH,
    ),
    case(
        "scatter",
        lambda x, i: x.scatter(0, i, 2.0),
        X,
        label="number",
        extras=(ints([1, 0, 1]),),
        free=(0,),
    ),
    case(
        "index_select",
        lambda x, i: x.index_select(1, i),
        C,
        extras=(ints(2, 0, 2, 2),),
        free=(0,),
    ),
    case("masked_select", lambda x, m: x.masked_select(m), X, extras=(MASK,), free=(0,)),
    case("masked_select", lambda x, m: x.masked_select(m), V, label="wide", extras=(MASK,)),
    case("embedding", lambda w, i: F.embedding(i, w), TABLE, extras=(BAG,), free=(0,)),
    case(
        "embedding",
        lambda w, i: F.embedding(i, w),
        TABLE,
        label="one",
        extras=(ints(2).reshape(()),),
        free=(0,),
    ),
]

WEIGHT = np.array([0.5, 2.0, 1.5])
S = r(4, 3)
REDUCED = ("mean", "sum", "none")
LOSSES = [
    *(
        case("mse_loss", lambda x, y, k=k: F.mse_loss(x, y, k), X, r(2, 3, seed=1), label=k)
        for k in REDUCED
    ),
    *(
        case(
            "nll_loss",
            lambda x, y, w, k=k, i=i: F.nll_loss(x, y, w, i, k),
            S,
            label=f"{k} ignore={i}",
            extras=(LABELS, WEIGHT),
        )
        for k, i in product(REDUCED, (-100, 2))
    ),
    *(
        case(
            "cross_entropy",
            lambda x, y, w, k=k, i=i, e=e: F.cross_entropy(x, y, w, i, k, e),
            S,
            label=f"{k} ignore={i} smoothing={e}",
            extras=(LABELS, WEIGHT),
        )
        for k, i, e in product(REDUCED, (-100, 2), (0.0, 0.3))
    ),
    *(
        case(
            "cross_entropy",
            lambda x, y, w, k=k, e=e: F.cross_entropy(x, y, w, reduction=k, label_smoothing=e),
            S,
            label=f"{k} probabilities smoothing={e}",
            extras=(CHANCES, WEIGHT),
        )
        for k, e in product(REDUCED, (0.0, 0.3))
    ),
    *(
        case(f, lambda x, y, f=f: getattr(F, f)(x, y), S, label="plain", extras=(LABELS,))
        for f in ("nll_loss", "cross_entropy")
    ),
    *(
        case(f, lambda x, y, f=f, k=k: getattr(F, f)(x, y, reduction=k), V, label=f"one row {k}",
             extras=(ints(2).reshape(()),))
        for f, k in product(("nll_loss", "cross_entropy"), REDUCED)
    ),
]  # fmt: skip

IN_PLACE = [
    case("add_", in_place("add_"), X, V),
    case("sub_", in_place("sub_"), X, V),
    case("mul_", in_place("mul_"), X, V),
    case("mul_", in_place("mul_", 3), X, label="number"),
    case("div_", in_place("div_"), X, pos(3)),
    case("pow_", in_place("pow_"), pos(2, 3), V),
    case("pow_", in_place("pow_", 3), X, label="number"),
    *(case(f, in_place(f), X) for f in ("neg_", "abs_", "exp_", "tanh_", "sigmoid_", "relu_")),
    case("sqrt_", in_place("sqrt_"), pos(2, 3)),
    case("clamp_", in_place("clamp_", -0.5, 0.5), X),
    case("masked_fill_", lambda x, m: in_place("masked_fill_", m, 7.0)(x), X, extras=(MASK,)),
    case(
        "scatter_",
        lambda x, s, i: in_place("scatter_", 1, i, s)(x),
        X,
        r(2, 3, seed=1),
        extras=(ints([2], [1]),),
    ),
    case("zero_", in_place("zero_"), X),
    case("fill_", in_place("fill_", 3), X),
    case("copy_", in_place("copy_"), X, V),
    case("copy_", in_place("copy_", torch.ones(3).double()), X, label="of constants"),
    case("uniform_", seeded("uniform_", -1, 1), X),
    case("normal_", seeded("normal_"), X),
    case("bernoulli_", seeded("bernoulli_"), X),
    *(
        case("setitem", assigned(index), C, r(*value), label=label)
        for label, index, value in (
            ("int", 1, (3, 4)),
            ("broadcast", 1, (4,)),
            ("number tensor", (0, 1, 2), ()),
            ("slice", (slice(None), slice(0, 3, 2)), (2, 2, 4)),
            ("dots", (..., -1), (2, 3)),
            ("everything", ..., (2, 3, 4)),
            ("None", (None, 0), (1, 3, 4)),
            ("list", [1], (1, 3, 4)),
            ("lists", ([1, 0], [2, 1]), (2, 4)),
            ("list and slice", (slice(None), [0, 2], slice(1, 3)), (2, 2, 2)),
            ("bools", [True, False], (1, 3, 4)),
        )
    ),
    case("setitem", lambda x: assigned(0)(x, 2.0), X, label="number"),
    case("setitem", lambda x, m: assigned(m)(x, 2.0), X, label="mask", extras=(MASK,)),
    case("setitem", lambda x, v, m: assigned(m)(x, v), X, V, label="by mask", extras=(MASK,)),
    case("setitem", lambda x, v, i: assigned(i)(x, v), M, r(2, 3), label="by tensor",
         extras=(ints(3, 1),)),
    case("setitem", assigned(...), r(), r(seed=1), label="of a number"),
]  # fmt: skip


def dropped(x: Any) -> Any:
    torch.manual_seed(3)
    return F.dropout(x, 0.4)


OTHERS = [
    case("dropout", dropped, X, free=(0,)),
    case("dropout", lambda x: F.dropout(x, 1.0), X, label="everything"),
    case("dropout", lambda x: F.dropout(x, 0.9, training=False).clone(), X, label="off"),
    case("pad_sequence", lambda a, b: rnn_utils.pad_sequence([a, b]), M, X, free=BOTH),
]

CASES = (
    POINTWISE + REDUCTIONS + PRODUCTS + SHAPES + INDEXING + LOSSES + IN_PLACE + OTHERS
)  # fmt: skip


@pytest.mark.parametrize("each", CASES, ids=str)
def test_the_gradient_agrees_with_finite_differences(each: Case) -> None:
    gradcheck(each.function, *each.inputs, extras=each.extras)


# ---- nothing is left out ----

ones = torch.ones(2, 2)
WITHOUT_A_GRADIENT = {
    **{name: lambda x, name=name: getattr(torch, name)(x, x.detach())
       for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    **{name: lambda x, name=name: getattr(torch, name)(x)
       for name in ("isnan", "isinf", "isfinite", "all", "any", "argmax", "argmin")},
    **{name: lambda x, name=name: getattr(torch, name)(x > 0, x > 1)
       for name in ("logical_and", "logical_or", "logical_xor",
                    "bitwise_and", "bitwise_or", "bitwise_xor")},
    **{name: lambda x, name=name: getattr(torch, name)(x > 0)
       for name in ("logical_not", "bitwise_not")},
    "floor_divide": lambda x: x // 2,
    "_rfloor_divide": lambda x: 2 // x,
    "one_hot": lambda x: F.one_hot(x.argmax(1)),
}  # fmt: skip
NO_TENSOR = {"equal", "allclose"}


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


def test_every_public_function_is_either_checked_or_known_to_have_no_gradient() -> None:
    checked = {each.name for each in CASES}
    other = WITHOUT_A_GRADIENT.keys() | NO_TENSOR
    assert public_functions() - checked - other == set(), "a gradient that nothing checks"
    assert (checked | other) - public_functions() - {"pad_sequence"} == set(), "no such function"
    assert checked & other == set()


@pytest.mark.parametrize("name", WITHOUT_A_GRADIENT)
def test_what_has_no_gradient_is_outside_of_the_graph(name: str) -> None:
    x = torch.tensor(r(2, 3), requires_grad=True)
    result = WITHOUT_A_GRADIENT[name](x)
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


@pytest.mark.parametrize("reduction", REDUCED)
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
