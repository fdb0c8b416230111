"""The list of all public operations: how each is called, what it computes, and on what.

An entry holds a function of tensors, the same function of NumPy arrays in float64, and a strategy
that draws the arguments of both. In these arguments

* a float64 array is a tensor that the gradient is checked for (unless it is in `constant`),
* an int64 or bool array is an index, a label or a mask,
* anything else (a number, a dimension, a keyword's value) is passed on as it is.

Float64 arrays hold multiples of 1/256, which are exact in float32, too. No two elements are equal,
none is 0, and they lie further apart than the steps of a finite difference, so no kink is near.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F
from tinygrad_rnn.nn.utils import rnn as rnn_utils

FAST = {
    "database": None,
    "deadline": None,
    "phases": set(Phase) - {Phase.explain},
    "report_multiple_bugs": False,
}
settings.register_profile("gate", max_examples=30, derandomize=True, **FAST)
settings.register_profile("long", max_examples=500, **FAST)
PROFILE = settings.get_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))

Strategy = st.SearchStrategy[Any]


class Operation(NamedTuple):
    """One way to call an operation.

    Attributes:
        name: The public function.
        label: What is special about this way of calling it.
        call: Takes the drawn arguments, arrays as tensors.
        value: Takes the same as arrays, and returns what NumPy computes.
        arguments: Draws a tuple of arguments.
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
    arguments: Strategy
    result: str | tuple[str, ...] = "common"
    dtypes: str = "f"
    mixed: bool = False
    constant: tuple[int, ...] = ()
    layouts: tuple[str, ...] = ("C", "F", "sliced", "flipped", "expanded")
    roundings: int = 1
    differentiable: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.label}" if self.label else self.name


UNREPEATED = ("C", "F", "sliced", "flipped")
"""The layouts in which no element stands twice, for operations that have a kink there."""


def op(
    name: str,
    call: Callable[..., Any],
    arguments: Strategy,
    value: Callable[..., Any] | None = None,
    *,
    label: str = "",
    **properties: Any,
) -> Operation:
    """An entry of the list; without `value`, the call itself works on arrays."""
    return Operation(name, label, call, value or call, arguments, **properties)


# ---- shapes ----

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.sampled_from((2, 1, 3, 4, 2, 3, 0))
FULL_SIDES = st.integers(1, 4)
SHAPES = st.lists(SIDES, max_size=3).map(tuple)
FULL_SHAPES = st.lists(FULL_SIDES, max_size=3).map(tuple)
MATRICES = st.tuples(SIDES, SIDES)


@st.composite
def narrowed(draw: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`."""
    missing = draw(st.integers(0, len(shape)) | st.just(0))
    return tuple(draw(st.sampled_from((n, n, 1))) for n in shape[missing:])


def dims(ndim: int) -> Strategy:
    """A dimension, counted from the front or from the end."""
    return st.integers(-max(ndim, 1), max(ndim, 1) - 1)


# ---- tensors ----


@st.composite
def numbers(draw: Any, shape: Any, offset: int = 0, positive: bool = False) -> np.ndarray:
    """An array of a shape, given or drawn; `offset` tells those of one call apart.

    Its elements are odd multiples of 1/32, at least 1/4 from 0, `offset` / 256 added.
    """
    shape = shape if isinstance(shape, tuple) else draw(shape)
    n = math.prod(shape)
    order = np.random.default_rng(draw(SEEDS)).permutation(n) - (0 if positive else n // 2)
    apart = (order + 0.5) / 16
    return (apart + np.sign(apart) / 4 + offset / 256).reshape(shape)


def one(shape: Strategy = SHAPES, offset: int = 1, positive: bool = False) -> Strategy:
    """The arguments of a function of one tensor."""
    return st.tuples(numbers(shape, offset, positive))


@st.composite
def several(draw: Any, count: int, positive: str = "", sizes: Strategy = SHAPES) -> tuple:
    """Tensors whose shapes broadcast; `positive` names those that are, as "b"."""
    shape = draw(sizes)
    return tuple(
        draw(numbers(draw(narrowed(shape)), i, "abc"[i] in positive)) for i in range(count)
    )


@st.composite
def into(draw: Any, positive: str = "") -> tuple:
    """A tensor, and one that broadcasts to its shape."""
    shape = draw(SHAPES)
    other = draw(numbers(draw(narrowed(shape)), 1, "b" in positive))
    return draw(numbers(shape, 0, "a" in positive)), other


@st.composite
def alike(draw: Any, count: int = 2, sizes: Strategy = SHAPES) -> tuple:
    """Tensors of one shape."""
    shape = draw(sizes)
    return tuple(draw(numbers(shape, i)) for i in range(count))


@st.composite
def with_options(draw: Any, tensors: Strategy, **options: Sequence[Any]) -> tuple:
    """Tensors, and for each option one of its values."""
    chosen = [draw(st.sampled_from(values)) for values in options.values()]
    return *draw(tensors), *chosen


def with_number(tensors: Strategy, *values: Any) -> Strategy:
    """Tensors, and a Python number."""
    return with_options(tensors, number=values or (2, -3, 0.75, 1.5))


@st.composite
def multiples(draw: Any) -> tuple:
    """A dividend and a divisor, which never go into each other: odd and even 32nds."""
    a, b = draw(several(2, "b"))
    return a, np.asarray((b + 7 / 256) * draw(st.sampled_from((1, -1))))


@st.composite
def masks(draw: Any, shape: tuple[int, ...]) -> np.ndarray:
    return np.asarray(np.random.default_rng(draw(SEEDS)).integers(0, 2, shape) > 0)


@st.composite
def masked(draw: Any, count: int) -> tuple:
    """Tensors whose shapes broadcast, and a mask that does, too."""
    shape = draw(SHAPES)
    tensors = [draw(numbers(draw(narrowed(shape)), i)) for i in range(count)]
    return *tensors, draw(masks(draw(narrowed(shape))))


@st.composite
def whole(draw: Any, shape: tuple[int, ...], limit: int) -> np.ndarray:
    """int64 numbers from 0 to `limit` - 1."""
    return np.random.default_rng(draw(SEEDS)).integers(0, limit, shape)


# ---- along dimensions ----


@st.composite
def along(draw: Any, sizes: Strategy = SHAPES, **options: Sequence[Any]) -> tuple:
    """A tensor, one of its dimensions, and options."""
    x = draw(numbers(draw(sizes), 1))
    chosen = [draw(st.sampled_from(values)) for values in options.values()]
    return x, draw(dims(x.ndim)), *chosen


@st.composite
def reduced(draw: Any, sizes: Strategy = SHAPES, **options: Sequence[Any]) -> tuple:
    """A tensor, the dimensions to reduce (None, one or several), whether to keep them."""
    x = draw(numbers(draw(sizes), 1))
    some = st.lists(st.integers(0, max(x.ndim, 1) - 1), unique=True).map(tuple)
    dim = draw(st.one_of(st.none(), dims(x.ndim), some))
    chosen = [draw(st.sampled_from(values)) for values in options.values()]
    return x, dim, draw(st.booleans()), *chosen


def axes(x: np.ndarray, dim: Any) -> tuple[int, ...]:
    """The axes that `dim` names: all for None and for ()."""
    if dim is None or dim == () or not x.ndim:
        return tuple(range(x.ndim))
    return tuple(each % x.ndim for each in (dim if isinstance(dim, tuple) else (dim,)))


def reduction(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of an array, from that over axes with the axes kept."""

    def value(x: np.ndarray, dim: Any = None, keep: bool = False, *options: Any) -> Any:
        over = axes(x, dim)
        y = np.asarray(function(x, over, *options))
        return y if keep else y.squeeze(over)

    return value


def variance(x: np.ndarray, over: tuple[int, ...], correction: int = 1) -> np.ndarray:
    n = math.prod(x.shape[each] for each in over)
    mean = x.sum(over, keepdims=True) / np.float64(n)
    return ((x - mean) ** 2).sum(over, keepdims=True) / np.float64(max(n - correction, 0))


def p_norm(x: np.ndarray, over: tuple[int, ...], p: float) -> np.ndarray:
    if p == math.inf:
        return np.abs(x).max(over, keepdims=True, initial=0)
    return (np.abs(x) ** p).sum(over, keepdims=True) ** (1 / p)


def softmax(x: np.ndarray, dim: int) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(axes(x, dim), keepdims=True)


def pair(name: str) -> Callable[..., Any]:
    """The value of max and min along a dimension, and where it is."""

    def value(x: np.ndarray, dim: int, keep: bool) -> tuple:
        if not x.ndim:
            return x, np.int64(0)
        where = getattr(x, f"arg{name}")(dim, keepdims=True)
        both = np.take_along_axis(x, where, dim), where
        return both if keep else tuple(each.squeeze(dim) for each in both)

    return value


def position(name: str) -> Callable[..., Any]:
    def value(x: np.ndarray, dim: int | None, keep: bool) -> Any:
        return getattr(x, name)(dim if x.ndim else None, keepdims=keep)

    return value


@st.composite
def positions(draw: Any) -> tuple:
    x = draw(numbers(draw(FULL_SHAPES), 1))
    return x, draw(st.none() | dims(x.ndim)), draw(st.booleans())


@st.composite
def best(draw: Any) -> tuple:
    """The arguments of topk."""
    x, dim, largest = draw(along(st.lists(SIDES, min_size=1, max_size=3).map(tuple), largest=BOTH))
    return x, draw(st.integers(0, x.shape[dim])), dim, largest


def topk(x: np.ndarray, k: int, dim: int, largest: bool) -> tuple:
    order = np.argsort(-x if largest else x, dim, kind="stable").take(range(k), dim)
    return np.take_along_axis(x, order, dim), order


BOTH = (False, True)

# ---- products ----


@st.composite
def factors(draw: Any) -> tuple:
    """Vectors, matrices and batches of them that can be multiplied."""
    m, k, n = draw(SIDES), draw(SIDES), draw(SIDES)
    batch = draw(st.lists(SIDES, max_size=2).map(tuple))
    left = draw(st.sampled_from(((k,), (m, k), (*draw(narrowed(batch)), m, k))))
    right = draw(st.sampled_from(((k,), (k, n), (*draw(narrowed(batch)), k, n))))
    return draw(numbers(left)), draw(numbers(right, 1))


@st.composite
def sized(draw: Any, *names: str) -> tuple:
    """Tensors whose dimensions are named by letters: the same letter, the same length."""
    lengths = {letter: draw(SIDES) for letter in "".join(names)}
    shapes = [tuple(lengths[letter] for letter in each) for each in names]
    return tuple(draw(numbers(shape, i)) for i, shape in enumerate(shapes))


@st.composite
def sum_and_factors(draw: Any) -> tuple:
    """A summand that broadcasts to a product, its two factors, beta and alpha."""
    a, b = draw(sized("mk", "kn"))
    summand = draw(numbers(draw(narrowed((a.shape[0], b.shape[1]))), 2))
    return summand, a, b, draw(st.sampled_from((1, 0.5, 2))), draw(st.sampled_from((1, 3, 0.5)))


@st.composite
def layer(draw: Any) -> tuple:
    """An input of any number of dimensions, a weight, and perhaps a bias."""
    w, b = draw(sized("oi", "o"))
    x = draw(numbers((*draw(SHAPES), w.shape[1]), 2))
    return (x, w, b) if draw(st.booleans()) else (x, w)


def linear(x: np.ndarray, w: np.ndarray, b: Any = 0) -> np.ndarray:
    return x @ w.T + b


# ---- shapes of results ----


@st.composite
def reshaped(draw: Any) -> tuple:
    """A tensor and another shape for it, with one -1 perhaps."""
    x = draw(numbers(draw(FULL_SHAPES)))
    sides, rest = [], x.size
    while rest > 1:
        side = draw(st.sampled_from([n for n in range(2, rest + 1) if rest % n == 0]))
        sides.append(side)
        rest //= side
    sides += [1] * draw(st.integers(0, 1))
    if sides and draw(st.booleans()):
        sides[draw(st.integers(0, len(sides) - 1))] = -1
    return x, tuple(sides)


@st.composite
def between(draw: Any) -> tuple:
    """The arguments of flatten: a tensor and two of its dimensions, in order."""
    x = draw(numbers(draw(SHAPES)))
    return x, *sorted((draw(dims(x.ndim)) % max(x.ndim, 1), draw(dims(x.ndim)) % max(x.ndim, 1)))


def flatten(x: np.ndarray, first: int, last: int) -> np.ndarray:
    joined = math.prod(x.shape[first : last + 1])
    return x.reshape(*x.shape[:first], joined, *x.shape[last + 1 :])


@st.composite
def unsqueezed(draw: Any) -> tuple:
    x = draw(numbers(draw(SHAPES)))
    return x, draw(st.integers(-x.ndim - 1, x.ndim))


@st.composite
def permuted(draw: Any) -> tuple:
    x = draw(numbers(draw(SHAPES)))
    order = draw(st.permutations(range(x.ndim)))
    return x, tuple(each - x.ndim * draw(st.booleans()) for each in order)


@st.composite
def swapped(draw: Any) -> tuple:
    x = draw(numbers(draw(st.lists(SIDES, min_size=1, max_size=3).map(tuple))))
    return x, draw(dims(x.ndim)), draw(dims(x.ndim))


@st.composite
def flipped(draw: Any) -> tuple:
    x = draw(numbers(draw(SHAPES)))
    return x, tuple(draw(st.lists(st.integers(0, x.ndim - 1), unique=True)) if x.ndim else ())


@st.composite
def expanded(draw: Any) -> tuple:
    shape = draw(SHAPES)
    return draw(numbers(draw(narrowed(shape)))), shape


@st.composite
def repeated(draw: Any) -> tuple:
    x = draw(numbers(draw(SHAPES)))
    more = draw(st.integers(0, 2))
    return x, tuple(draw(st.integers(0, 3)) for _ in range(x.ndim + more))


@st.composite
def joined(draw: Any) -> tuple:
    """A dimension, and tensors that differ in no other one."""
    shape = list(draw(st.lists(SIDES, min_size=1, max_size=3)))
    dim = draw(dims(len(shape)))
    parts = []
    for i in range(draw(st.integers(1, 3))):
        shape[dim] = draw(SIDES)
        parts.append(draw(numbers(tuple(shape), i)))
    return dim, *parts


@st.composite
def stacked(draw: Any) -> tuple:
    shape = draw(SHAPES)
    parts = [draw(numbers(shape, i)) for i in range(draw(st.integers(1, 3)))]
    return draw(st.integers(-len(shape) - 1, len(shape))), *parts


CUTTABLE = st.lists(FULL_SIDES, min_size=1, max_size=3).map(tuple)


@st.composite
def cut(draw: Any) -> tuple:
    """A tensor, the lengths of the parts that a dimension is cut into, the dimension."""
    x = draw(numbers(draw(CUTTABLE)))
    dim = draw(dims(x.ndim))
    at = sorted(draw(st.lists(st.integers(0, x.shape[dim]), max_size=2)))
    return x, np.diff([0, *at, x.shape[dim]]).tolist(), dim


def parts(x: np.ndarray, size: int, dim: int) -> tuple:
    return tuple(np.array_split(x, range(size, x.shape[dim], size), dim))


@st.composite
def selected(draw: Any) -> tuple:
    x = draw(numbers(draw(CUTTABLE)))
    dim = draw(dims(x.ndim))
    return x, dim, draw(st.integers(-x.shape[dim], x.shape[dim] - 1))


@st.composite
def narrow(draw: Any) -> tuple:
    x, dim, start = draw(selected())
    return x, dim, start, draw(st.integers(0, x.shape[dim] - start % x.shape[dim]))


def stretch(x: np.ndarray, dim: int, start: int, length: int) -> np.ndarray:
    return x.take(np.arange(length) + start % x.shape[dim], dim)


# ---- positions ----


@st.composite
def index(draw: Any, shape: tuple[int, ...], kinds: Sequence[str], repeats: bool) -> tuple:
    """An index with ints, slices, ..., None, and tensors and lists of ints or bools.

    Args:
        draw: Hypothesis' function.
        shape: What it is an index of.
        kinds: What it is made of; masks, "..." and None come in besides.
        repeats: Whether tensors and lists may name an element twice.
    """
    rng = np.random.default_rng(draw(SEEDS))
    kinds = kinds if math.prod(shape) else ("all",) * len(shape)
    count = draw(FULL_SIDES) if repeats else min(shape, default=1)
    taken = shape[: len(shape) - draw(st.sampled_from((0, 0, 1, 2)))]
    items: list[Any] = []
    for kind, length in zip(draw(st.permutations(kinds)), taken, strict=False):
        if kind == "all":
            items.append(slice(None))
        elif kind == "slice":
            bounds = st.none() | st.integers(-length - 1, length + 1)
            items.append(slice(draw(bounds), draw(bounds), draw(st.none() | st.integers(1, 2))))
        elif kind == "int":
            items.append(draw(st.integers(-length, length - 1)))
        else:
            size = (2, count) if kind == "tensor" and length % 2 else count
            picked = rng.integers(-length, length, size)
            picked = picked if repeats else rng.permutation(length)[:count]
            items.append(picked if kind == "tensor" else picked.tolist())
    rest = shape[len(taken) :]
    if "list" in kinds and rest and not any(isinstance(i, np.ndarray | list) for i in items):
        items.append(rng.integers(0, 2, rest) > 0)
    elif draw(st.booleans()):
        items.append(...)
    if not draw(st.integers(0, 3)):
        items.insert(draw(st.integers(0, len(items))), None)
    return tuple(items)


def _dimensions(item: Any) -> int:
    """How many dimensions an item of an index takes."""
    if isinstance(item, np.ndarray) and item.dtype == bool:
        return item.ndim
    return int(item is not None)


def pick(x: np.ndarray, where: tuple) -> np.ndarray:
    """`x[where]` as PyTorch reads it: ints take their slices before tensors and lists pick."""
    ints: list[Any] = []
    for item in where:
        if item is not None:
            plain = item if isinstance(item, int) or item is ... else slice(None)
            ints += [plain] * _dimensions(item)
    return x[tuple(ints)][tuple(each for each in where if not isinstance(each, int))]


def as_tensors(where: tuple) -> tuple:
    return tuple(torch.tensor(each) if isinstance(each, np.ndarray) else each for each in where)


INDEX_KINDS = {
    "view": ("all", "slice", "int", "slice", "int"),
    "copy": ("all", "slice", "tensor", "list"),
    "int and tensor": ("int", "all", "tensor"),
}
INDEXABLE = st.lists(FULL_SIDES, min_size=3, max_size=3).map(tuple) | SHAPES


@st.composite
def indexed(draw: Any, kinds: Sequence[str]) -> tuple:
    x = draw(numbers(draw(INDEXABLE)))
    return x, draw(index(x.shape, kinds, repeats=True))


@st.composite
def assigned(draw: Any, kinds: Sequence[str]) -> tuple:
    """A tensor, an index, and a value for that place."""
    x = draw(numbers(draw(INDEXABLE)))
    where = draw(index(x.shape, kinds, repeats=False))
    value = draw(numbers(draw(narrowed(pick(x, where).shape)), 1))
    return x, where, draw(st.sampled_from((value, value, value, 2)))


def set_item(x: np.ndarray, where: tuple, value: Any) -> np.ndarray:
    y = x.copy()
    places = pick(np.arange(x.size).reshape(x.shape), where)
    y.reshape(-1)[places] = value
    return y


def call_set_item(x: Any, where: tuple, value: Any) -> Any:
    y = x.clone()
    y[as_tensors(where)] = value
    return y


@st.composite
def gathered(draw: Any) -> tuple:
    x = draw(numbers(draw(FULL_SHAPES)))
    dim = draw(dims(x.ndim))
    shape = [draw(st.integers(1, n)) for n in x.shape]
    if x.ndim:
        shape[dim] = draw(SIDES)
    return x, dim, draw(whole(tuple(shape), x.shape[dim] if x.ndim else 1))


def gather(x: np.ndarray, dim: int, places: np.ndarray) -> np.ndarray:
    if not x.ndim:
        return x
    corner = tuple(slice(n if i != dim % x.ndim else None) for i, n in enumerate(places.shape))
    return np.take_along_axis(x[corner], places, dim)


@st.composite
def scattered(draw: Any) -> tuple:
    """A tensor, a dimension, places along it that differ, and what to put there."""
    x = draw(numbers(draw(CUTTABLE)))
    dim = draw(dims(x.ndim))
    shape = [draw(st.integers(1, n)) for n in x.shape]
    order = np.random.default_rng(draw(SEEDS)).permuted(np.indices(x.shape)[dim], axis=dim)
    places = order[tuple(map(slice, shape))].copy()
    source = draw(numbers(tuple(n + draw(st.integers(0, 1)) for n in shape), 1))
    return x, dim, places, draw(st.sampled_from((source, source, 2)))


def scatter(x: np.ndarray, dim: int, places: np.ndarray, source: Any) -> np.ndarray:
    y = x.copy()
    for at in np.ndindex(places.shape):
        target = list(at)
        target[dim] = places[at]
        y[tuple(target)] = source if isinstance(source, int) else source[at]
    return y


@st.composite
def rows(draw: Any) -> tuple:
    x, dim, _ = draw(selected())
    return x, dim, draw(whole((draw(SIDES),), x.shape[dim]))


@st.composite
def looked_up(draw: Any) -> tuple:
    table = draw(numbers((draw(FULL_SIDES), draw(SIDES))))
    return draw(whole(draw(SHAPES), len(table))), table


# ---- losses ----

REDUCTIONS = ("mean", "sum", "none")


@st.composite
def scores(draw: Any, *more: Strategy) -> tuple:
    """Scores, a label for each row, class weights or None, ignore_index, reduction, and `more`."""
    classes = draw(FULL_SIDES)
    shape = draw(st.sampled_from(((), (3,), (2,), (1,), (4,), (2, 3), (2, 1, 2), (0,), (2, 0))))
    labels = draw(whole(shape, classes))
    ignored = draw(st.sampled_from((-100, 0, classes - 1, -1)))
    labels = np.where(draw(masks(shape)) & draw(st.booleans()), ignored, labels)
    weight = draw(st.none() | numbers((classes,), 3, positive=True))
    allowed = REDUCTIONS if (labels != ignored).any() else REDUCTIONS[1:]
    x = draw(numbers((*shape[:1], classes, *shape[1:])))
    return x, labels, weight, ignored, draw(st.sampled_from(allowed)), *map(draw, more)


@st.composite
def chances(draw: Any) -> tuple:
    """Scores, a row of probabilities for each, class weights, reduction and label smoothing."""
    classes = draw(FULL_SIDES)
    shape = draw(st.sampled_from(((), (3,), (2,), (2, 3), (2, 1, 2))))
    size = (*shape[:1], classes, *shape[1:])
    raw = draw(numbers(size, 2, positive=True))
    t = raw / raw.sum(1 if shape else 0, keepdims=True)
    weight = draw(st.none() | numbers((classes,), 3, positive=True))
    return draw(numbers(size)), t, weight, draw(st.sampled_from(REDUCTIONS)), draw(SMOOTHING)


SMOOTHING = st.sampled_from((0.0, 0.25, 1.0))


def nll_loss(
    x: np.ndarray, target: np.ndarray, weight: Any, ignored: int, reduced: str, smoothing: float = 0
) -> np.ndarray:
    """The definition of PyTorch, over rows of log-probabilities; `target` may hold rows, too."""
    x = np.moveaxis(x, min(x.ndim - 1, 1), -1)
    classes = x.shape[-1]
    w = np.ones(classes) if weight is None else weight
    if target.dtype == np.int64:
        counted = (target != ignored)[..., None]
        t = (target[..., None] == np.arange(classes)) * counted
        divisor = (w * t).sum()
    else:
        t = np.moveaxis(target, min(target.ndim - 1, 1), -1)
        counted, divisor = 1, math.prod(x.shape[:-1])
    t = t * (1 - smoothing) + smoothing / classes * counted
    losses = -(w * t * x).sum(-1)
    if reduced == "none":
        return losses
    return losses.sum() / (divisor if reduced == "mean" else 1)


def cross_entropy(x: np.ndarray, target: np.ndarray, *options: Any) -> np.ndarray:
    return nll_loss(np.log(softmax(x, min(x.ndim - 1, 1))), target, *options)


def mse_loss(x: np.ndarray, y: np.ndarray, reduced: str) -> np.ndarray:
    square = (x - y) ** 2
    return {"none": square, "sum": square.sum(), "mean": square.sum() / np.float64(x.size)}[reduced]


# ---- recurrent layers ----


@st.composite
def sequences(draw: Any, steps: bool = True) -> tuple:
    """Nonlinearity, fused or not, x, h0, W_ih, W_hh, b_ih, b_hh."""
    t, b, i, h = (draw(FULL_SIDES) for _ in range(4))
    shapes = ((t, b, i), (1, b, h)) if steps else ((b, i), (b, h))
    tensors = [
        np.asarray(0.5 * draw(numbers(shape, n)))
        for n, shape in enumerate((*shapes, (h, i), (h, h), (h,), (h,)))
    ]
    return draw(st.sampled_from(("tanh", "relu"))), draw(st.booleans()), *tensors


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


def cell(nonlinearity: str, fused: bool, x: Any, h: Any, *weights: Any) -> np.ndarray:
    w_ih, w_hh, b_ih, b_hh = weights
    z = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    return np.tanh(z) if nonlinearity == "tanh" else np.maximum(z, 0)


def rnn(nonlinearity: str, fused: bool, x: Any, h0: Any, *weights: Any) -> tuple:
    h, states = h0[0], []
    for step in x:
        h = cell(nonlinearity, fused, step, h, *weights)
        states.append(h)
    return np.stack(states), h[None]


# ---- in place ----


def in_place(name: str) -> Callable[..., Any]:
    """The method of that name, on a copy of the first tensor."""

    def call(x: Any, *arguments: Any) -> Any:
        y = x.clone()
        returned = getattr(y, name)(*arguments)
        assert returned is y
        return y

    return call


def seeded(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, after the default generator was seeded."""

    def call(x: Any, *arguments: Any) -> Any:
        torch.manual_seed(5)
        return function(x, *arguments)

    return call


def drawn(function: Callable[..., Any]) -> Callable[..., Any]:
    """The value of a random fill: what the same seed gives `function` of the shape."""
    return seeded(lambda x: function(x.shape, dtype=torch.float64).numpy())


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


ANY = {"dtypes": "fib", "mixed": True}
NUMERIC = {"dtypes": "fi", "mixed": True}
FLAGS = {"dtypes": "fib", "mixed": True, "result": "bool", "differentiable": False}
INTEGER_TOO = {"dtypes": "fi", "result": "floating"}

POINTWISE = [
    op("add", lambda a, b: a + b, several(2), **ANY),
    op("add", lambda a, b: a + b, with_number(one()), label="number", **ANY),
    op("add", lambda a, b: b + a, with_number(one()), label="number first", **ANY),
    op(
        "add",
        lambda a, b, alpha: torch.add(a, b, alpha=alpha),
        with_options(several(2), alpha=(2, 3)),
        lambda a, b, alpha: a + alpha * b,
        label="alpha",
        roundings=2,
        **NUMERIC,
    ),
    op("sub", lambda a, b: a - b, several(2), **NUMERIC),
    op("sub", lambda a, b: a - b, with_number(one()), label="number", **NUMERIC),
    op(
        "sub",
        lambda a, b, alpha: torch.sub(a, b, alpha=alpha),
        with_options(several(2), alpha=(2, 3)),
        lambda a, b, alpha: a - alpha * b,
        label="alpha",
        roundings=2,
        **NUMERIC,
    ),
    op("rsub", lambda a, b: b - a, with_number(one()), **NUMERIC),
    op("mul", lambda a, b: a * b, several(2), **ANY),
    op("mul", lambda a: a * a, one(), label="with itself", dtypes="fi"),
    op("mul", lambda a, b: a * b, with_number(one()), label="number", **ANY),
    op("div", lambda a, b: a / b, several(2, "b"), dtypes="fi", mixed=True, result="floating"),
    op("div", lambda a, b: a / b, with_number(one()), label="number", mixed=True, **INTEGER_TOO),
    op(
        "_rdiv",
        lambda a, b: b / a,
        with_number(one(positive=True)),
        roundings=2,
        mixed=True,
        **INTEGER_TOO,
    ),
    op("floor_divide", lambda a, b: a // b, multiples(), differentiable=False, **NUMERIC),
    op(
        "_rfloor_divide",
        lambda a: 7 // a,
        one(positive=True, offset=8),
        dtypes="fi",
        differentiable=False,
    ),
    op("remainder", lambda a, b: a % b, multiples(), roundings=4, **NUMERIC),
    op(
        "remainder",
        lambda a, b: a % b,
        with_number(one(offset=0), 0.75, -1.5, 2),
        label="number",
        roundings=4,
        **NUMERIC,
    ),
    op("_rremainder", lambda a: (13 / 32) % a, one(positive=True, offset=8), roundings=4),
    op("pow", lambda a, b: a**b, several(2, "a"), mixed=True, roundings=2),
    op(
        "pow",
        lambda a, n: a**n,
        with_number(one(), 0, 1, 2, 3, -1, -2),
        label="whole",
        roundings=4,
    ),
    op(
        "pow",
        lambda a, n: a**n,
        with_number(one(), 0, 1, 2, 3),
        label="of whole",
        dtypes="fi",
        roundings=2,
    ),
    op(
        "pow",
        lambda a, n: a**n,
        with_number(one(positive=True), 0.5, 2.5, -1.5),
        label="number",
        roundings=2,
    ),
    op("_rpow", lambda a, b: b**a, with_number(one(), 2, 3, 0.5), roundings=2, mixed=True),
    op("maximum", torch.maximum, several(2), np.maximum, **ANY),
    op("minimum", torch.minimum, several(2), np.minimum, **ANY),
    op("neg", lambda a: -a, one(), dtypes="fi"),
    op("abs", torch.abs, one(), np.abs, dtypes="fi"),
    op("exp", torch.exp, one(), np.exp, **INTEGER_TOO),
    op("log", torch.log, one(positive=True), np.log, **INTEGER_TOO),
    op("sqrt", torch.sqrt, one(positive=True), np.sqrt, **INTEGER_TOO),
    op("square", torch.square, one(), np.square, dtypes="fi"),
    op("reciprocal", torch.reciprocal, one(), lambda a: 1 / a, dtypes="f", roundings=2),
    op("sin", torch.sin, one(), np.sin, **INTEGER_TOO),
    op("cos", torch.cos, one(), np.cos, **INTEGER_TOO),
    op("tanh", torch.tanh, one(), np.tanh, **INTEGER_TOO),
    op("sigmoid", torch.sigmoid, one(), sigmoid, roundings=2, **INTEGER_TOO),
    op("relu", torch.relu, one(), lambda a: np.maximum(a, 0), dtypes="fi"),
    op(
        "clamp",
        torch.clamp,
        with_options(one(), low=(-0.5, None, -1), high=(0.25, 0.5, 1)),
        np.clip,
        mixed=True,
        dtypes="fi",
    ),
    op(
        "clamp",
        torch.clamp,
        several(3),
        lambda a, low, high: np.minimum(np.maximum(a, low), high),
        label="tensors",
    ),
    op("clamp", lambda a, high: a.clamp(max=high), several(2), np.minimum, label="tensor"),
    op("clamp", lambda a: a.clamp(min=0), one(), lambda a: np.maximum(a, 0), label="min"),
    op("clone", torch.clone, one(), np.copy, dtypes="fib"),
    op(
        "where",
        lambda a, b, c: torch.where(c, a, b),
        masked(2),
        lambda a, b, c: np.where(c, a, b),
        **ANY,
    ),
    op(
        "where",
        lambda a, c: torch.where(c, a, 2.0),
        masked(1),
        lambda a, c: np.where(c, a, 2.0),
        label="number",
    ),
    op(
        "masked_fill",
        lambda a, c: a.masked_fill(c, 7),
        masked(1),
        lambda a, c: np.where(c, 7, a),
        dtypes="fi",
    ),
    *(
        op(name, getattr(torch, name), several(2), value, **FLAGS)
        for name, value in (
            ("eq", np.equal),
            ("ne", np.not_equal),
            ("lt", np.less),
            ("le", np.less_equal),
            ("gt", np.greater),
            ("ge", np.greater_equal),
            ("logical_and", np.logical_and),
            ("logical_or", np.logical_or),
            ("logical_xor", np.logical_xor),
        )
    ),
    *(
        op(
            name,
            getattr(torch, name),
            several(2),
            value,
            dtypes="ib",
            mixed=True,
            differentiable=False,
        )
        for name, value in (
            ("bitwise_and", np.bitwise_and),
            ("bitwise_or", np.bitwise_or),
            ("bitwise_xor", np.bitwise_xor),
        )
    ),
    op("bitwise_not", torch.bitwise_not, one(), np.invert, dtypes="ib", differentiable=False),
    op("logical_not", torch.logical_not, one(), np.logical_not, **FLAGS),
    op("isnan", torch.isnan, one(), np.isnan, **FLAGS),
    op("isinf", torch.isinf, one(), np.isinf, **FLAGS),
    op("isfinite", torch.isfinite, one(), np.isfinite, **FLAGS),
    op("equal", torch.equal, alike(), np.array_equal, dtypes="fib", differentiable=False),
    op("allclose", torch.allclose, alike(), np.allclose, dtypes="f", differentiable=False),
]


def method(name: str) -> Callable[..., Any]:
    """Calls the method of that name."""
    return lambda x, *arguments: getattr(x, name)(*arguments)


REDUCED = [
    op("sum", torch.sum, reduced(), reduction(lambda x, over: x.sum(over, keepdims=True)),
       dtypes="fib", result="sum"),
    op(
        "mean",
        torch.mean,
        reduced(),
        reduction(
            lambda x, over: (
                x.sum(over, keepdims=True) / np.float64(math.prod(x.shape[i] for i in over))
            )
        ),
    ),
    op(
        "var",
        lambda x, dim, keep, c: x.var(dim, keepdim=keep, correction=c),
        reduced(correction=(0, 1, 2)),
        reduction(variance),
        roundings=2,
    ),
    op(
        "std",
        lambda x, dim, keep, c: x.std(dim, keepdim=keep, correction=c),
        reduced(correction=(0, 1)),
        reduction(lambda *arguments: np.sqrt(variance(*arguments))),
        layouts=UNREPEATED,
        roundings=2,
    ),
    op(
        "norm",
        lambda x, dim, keep, p: x.norm(p, dim, keep),
        reduced(p=(1, 2, 3, 2.5, math.inf)),
        reduction(p_norm),
        layouts=UNREPEATED,
        roundings=2,
    ),
    *(
        op(
            name,
            getattr(torch, name),
            reduced(FULL_SHAPES),
            reduction(lambda x, over, f=f: f(x, axis=over, keepdims=True)),
            dtypes="fi",
            layouts=UNREPEATED,
        )
        for name, f in (("amax", np.max), ("amin", np.min))
    ),
    *(
        op(name, method(name), one(FULL_SHAPES), dtypes="fi", layouts=UNREPEATED)
        for name in ("max", "min")
    ),
    *(
        op(
            name,
            method(name),
            along(FULL_SHAPES, keepdim=BOTH),
            pair(name),
            label="dim",
            dtypes="fi",
            layouts=UNREPEATED,
            result=("common", "int64"),
        )
        for name in ("max", "min")
    ),
    *(
        op(name, method(name), positions(), position(name), dtypes="fi", layouts=UNREPEATED,
           result="int64", differentiable=False)
        for name in ("argmax", "argmin")
    ),
    op("topk", method("topk"), best(), topk, dtypes="f", layouts=UNREPEATED,
       result=("common", "int64")),
    *(
        op(
            name,
            getattr(torch, name),
            reduced(),
            reduction(lambda x, over, f=f: f(x, axis=over, keepdims=True)),
            dtypes="fib",
            result="truth",
            differentiable=False,
        )
        for name, f in (("all", np.all), ("any", np.any))
    ),
    op(
        "logsumexp",
        lambda x, dim, keep: torch.logsumexp(x, tuple(range(x.ndim)) if dim is None else dim, keep),
        reduced(),
        reduction(lambda x, over: np.log(np.exp(x).sum(over, keepdims=True))),
        roundings=4,
    ),
    op("softmax", torch.softmax, along(), softmax, roundings=4),
    op("log_softmax", torch.log_softmax, along(), lambda x, dim: np.log(softmax(x, dim)),
       roundings=4),
]  # fmt: skip

PRODUCTS = [
    op("matmul", lambda a, b: a @ b, factors()),
    op("mm", torch.mm, sized("mk", "kn"), np.matmul),
    op("bmm", torch.bmm, sized("bmk", "bkn"), np.matmul),
    op("mv", torch.mv, sized("mk", "k"), np.matmul),
    op("dot", torch.dot, sized("k", "k"), np.matmul),
    op(
        "addmm",
        lambda c, a, b, beta, alpha: torch.addmm(c, a, b, beta=beta, alpha=alpha),
        sum_and_factors(),
        lambda c, a, b, beta, alpha: beta * c + alpha * (a @ b),
        roundings=8,
    ),
    op("linear", F.linear, layer(), linear, roundings=8),
]

SHAPED = [
    op("view", method("view"), reshaped(), np.reshape, dtypes="fib", layouts=("C",)),
    op(
        "view_as",
        lambda x: x.view_as(torch.zeros(x.numel(), 1)),
        one(),
        lambda x: x.reshape(x.size, 1),
        layouts=("C",),
    ),
    op("reshape", torch.reshape, reshaped(), np.reshape, dtypes="fib"),
    op("flatten", torch.flatten, between(), flatten),
    op("squeeze", torch.squeeze, one(), np.squeeze),
    op(
        "squeeze",
        torch.squeeze,
        along(),
        lambda x, dim: x.squeeze(tuple(i for i in axes(x, dim) if x.shape[i] == 1)),
        label="dim",
    ),
    op("unsqueeze", torch.unsqueeze, unsqueezed(), np.expand_dims),
    op("transpose", torch.transpose, swapped(), np.swapaxes),
    op("t", torch.t, one(st.lists(SIDES, max_size=2).map(tuple)), np.transpose),
    op("permute", torch.permute, permuted(), np.transpose, dtypes="fib"),
    op("permute", lambda x: x.T, one(), label="T"),
    op("permute", lambda x: x.mT, one(MATRICES), label="mT"),
    op("flip", torch.flip, flipped(), np.flip),
    op("contiguous", method("contiguous"), one(), np.copy),
    op("expand", method("expand"), expanded(), np.broadcast_to),
    op("expand_as", lambda x, size: x.expand_as(torch.zeros(size)), expanded(), np.broadcast_to),
    op("repeat", method("repeat"), repeated(), np.tile),
    op(
        "cat",
        lambda dim, *xs: torch.cat(xs, dim),
        joined(),
        lambda dim, *xs: np.concatenate(xs, dim),
        **ANY,
    ),
    op(
        "stack",
        lambda dim, *xs: torch.stack(xs, dim),
        stacked(),
        lambda dim, *xs: np.stack(xs, dim),
        **ANY,
    ),
    op(
        "split",
        torch.split,
        along(CUTTABLE, size=(1, 2, 3)).map(lambda drawn: (drawn[0], drawn[2], drawn[1])),
        parts,
    ),
    op(
        "split",
        torch.split,
        cut(),
        lambda x, lengths, dim: tuple(np.array_split(x, np.cumsum(lengths)[:-1], dim)),
        label="lengths",
    ),
    op(
        "chunk",
        torch.chunk,
        along(CUTTABLE, count=(1, 2, 3)).map(lambda drawn: (drawn[0], drawn[2], drawn[1])),
        lambda x, count, dim: parts(x, -(-x.shape[dim] // count), dim),
    ),
    op("unbind", torch.unbind, along(CUTTABLE), lambda x, dim: tuple(np.moveaxis(x, dim, 0))),
    op("select", torch.select, selected(), lambda x, dim, i: x.take(i, dim)),
    op("narrow", torch.narrow, narrow(), stretch),
    op("to", lambda x: x.to(torch.float64), one(), lambda x: x.astype(np.float64), dtypes="fib",
       result="float64"),
]  # fmt: skip

INDEXED = [
    *(
        op("getitem", lambda x, where: x[as_tensors(where)], indexed(kinds), pick, label=label,
           dtypes="fib")
        for label, kinds in INDEX_KINDS.items()
    ),
    op("gather", torch.gather, gathered(), gather, dtypes="fib"),
    op("scatter", torch.scatter, scattered(), scatter, layouts=UNREPEATED),
    op("index_select", torch.index_select, rows(), lambda x, dim, where: x.take(where, dim)),
    op(
        "masked_select",
        torch.masked_select,
        masked(1),
        lambda x, mask: np.broadcast_arrays(x, mask)[0][np.broadcast_arrays(x, mask)[1]],
    ),
    op(
        "one_hot",
        F.one_hot,
        st.tuples(st.builds(tuple, st.lists(SIDES, max_size=2)).flatmap(lambda s: whole(s, 3)),
                  st.integers(3, 4)),
        lambda labels, n: (labels[..., None] == np.arange(n)).astype(np.int64),
        result="int64",
        differentiable=False,
    ),
    op("embedding", F.embedding, looked_up(), lambda where, table: table[where]),
]  # fmt: skip

LOSSES = [
    op("mse_loss", F.mse_loss, with_options(alike(), reduction=REDUCTIONS), mse_loss, roundings=4),
    op("nll_loss", F.nll_loss, scores(), nll_loss, constant=(2,), roundings=8),
    op("cross_entropy", F.cross_entropy, scores(SMOOTHING), cross_entropy, constant=(2,),
       roundings=8),
    op(
        "cross_entropy",
        lambda x, t, w, reduced, smoothing: F.cross_entropy(
            x, t, w, reduction=reduced, label_smoothing=smoothing
        ),
        chances(),
        lambda x, t, w, *options: cross_entropy(x, t, w, -100, *options),
        label="probabilities",
        constant=(2,),
        layouts=UNREPEATED,
        roundings=8,
    ),
]  # fmt: skip

RECURRENT = [
    op("RNN", recurrent(nn.RNN, "_l0"), sequences(), rnn, roundings=16),
    op("RNNCell", recurrent(nn.RNNCell, ""), sequences(steps=False), cell, roundings=8),
]

IN_PLACE = [
    op("add_", in_place("add_"), into(), np.add, result="first"),
    op("sub_", in_place("sub_"), into(), np.subtract, result="first"),
    op("mul_", in_place("mul_"), into(), np.multiply, result="first"),
    op("mul_", in_place("mul_"), with_number(one()), np.multiply, label="number"),
    op("div_", in_place("div_"), into("b"), np.divide, result="first"),
    op("pow_", in_place("pow_"), into("a"), np.power, result="first", roundings=2),
    op("neg_", in_place("neg_"), one(), np.negative),
    op("abs_", in_place("abs_"), one(), np.abs),
    op("exp_", in_place("exp_"), one(), np.exp),
    op("sqrt_", in_place("sqrt_"), one(positive=True), np.sqrt),
    op("tanh_", in_place("tanh_"), one(), np.tanh),
    op("sigmoid_", in_place("sigmoid_"), one(), sigmoid, roundings=2),
    op("relu_", in_place("relu_"), one(), lambda a: np.maximum(a, 0)),
    op("clamp_", in_place("clamp_"), with_options(one(), low=(-0.5, -1), high=(0.25, 1)), np.clip),
    op("zero_", in_place("zero_"), one(), np.zeros_like, dtypes="fib"),
    op("fill_", in_place("fill_"), with_number(one(), 3, 7), np.full_like, dtypes="fi"),
    op("copy_", in_place("copy_"), into(), lambda x, y: np.broadcast_to(y, x.shape), mixed=True,
       result="first", dtypes="f"),
    op(
        "masked_fill_",
        lambda x, mask: in_place("masked_fill_")(x, mask, 7),
        SHAPES.flatmap(lambda s: st.tuples(numbers(s), narrowed(s).flatmap(masks))),
        lambda x, mask: np.where(mask, 7, x),
    ),
    op("scatter_", in_place("scatter_"), scattered(), scatter, layouts=UNREPEATED),
    *(
        op("setitem", call_set_item, assigned(kinds), set_item, label=label)
        for label, kinds in INDEX_KINDS.items()
    ),
    op("uniform_", seeded(in_place("uniform_")), one(), drawn(torch.rand), layouts=("C",),
       dtypes="d"),
    op("normal_", seeded(in_place("normal_")), one(), drawn(torch.randn), layouts=("C",),
       dtypes="d"),
    op("bernoulli_", seeded(in_place("bernoulli_")), one(),
       drawn(lambda size, dtype: torch.zeros(size, dtype=dtype).bernoulli_()), layouts=("C",),
       dtypes="d"),
]  # fmt: skip

OTHERS = [
    op(
        "dropout",
        seeded(F.dropout),
        with_options(one(), p=(0.0, 0.4, 1.0)),
        seeded(lambda x, p: x * F.dropout(torch.ones(x.shape, dtype=torch.float64), p).numpy()),
        layouts=("C",),
        roundings=2,
    ),
    op("dropout", lambda x: F.dropout(x, 0.9, training=False), one(), np.copy, label="off"),
    op(
        "pad_sequence",
        lambda *xs: rnn_utils.pad_sequence(list(xs)),
        sized("ak", "bk", "ck"),
        lambda *xs: np.stack([np.pad(x, ((0, max(map(len, xs)) - len(x)), (0, 0))) for x in xs], 1),
    ),
]

OPERATIONS = [
    *POINTWISE, *REDUCED, *PRODUCTS, *SHAPED, *INDEXED, *LOSSES, *RECURRENT, *IN_PLACE, *OTHERS,
]  # fmt: skip
