"""The arguments of operations: strategies that draw them, fixed ones, and definitions in NumPy.

Drawn float64 arrays hold multiples of 1/256, which are exact in float32, too. No two elements are
equal, none is 0, and they lie further apart than the steps of a finite difference, so no kink is
near. In fixed arrays no two elements are alike and none is close to 0, either.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import Phase, settings
from hypothesis import strategies as st

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

# ---- fixed arrays ----


def r(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers between -1.5 and 1.5."""
    n = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(n)
    return ((order - n // 2 + 0.3) * 2.4 / max(n, 2)).reshape(shape)


def pos(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers between 0.5 and 2."""
    return np.abs(r(*shape, seed=seed)) + 0.5


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int64)


# ---- shapes ----

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.sampled_from((2, 1, 3, 4, 2, 3, 0))
FULL_SIDES = st.integers(1, 4)
SHAPES = st.lists(SIDES, max_size=3).map(tuple)
FULL_SHAPES = st.lists(FULL_SIDES, max_size=3).map(tuple)
MATRICES = st.tuples(SIDES, SIDES)
UP_TO_2D = st.lists(SIDES, max_size=2).map(tuple)


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
def overlaid(draw: Any) -> tuple:
    """A tensor, and a mask that broadcasts to its shape."""
    shape = draw(SHAPES)
    return draw(numbers(shape)), draw(masks(draw(narrowed(shape))))


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


def mean(x: np.ndarray, over: tuple[int, ...]) -> np.ndarray:
    return x.sum(over, keepdims=True) / np.float64(math.prod(x.shape[each] for each in over))


def variance(x: np.ndarray, over: tuple[int, ...], correction: int = 1) -> np.ndarray:
    n = math.prod(x.shape[each] for each in over)
    return ((x - mean(x, over)) ** 2).sum(over, keepdims=True) / np.float64(max(n - correction, 0))


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


def pieces() -> Strategy:
    """A tensor, the length or the number of its parts, the dimension that is cut."""
    return along(CUTTABLE, n=(1, 2, 3)).map(lambda drawn: (drawn[0], drawn[2], drawn[1]))


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
        kinds: The kinds of index to draw from; masks, "..." and None are added to them.
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
def classes(draw: Any) -> tuple:
    """Class numbers below 3, and how many classes there are."""
    return draw(whole(draw(UP_TO_2D), 3)), draw(st.integers(3, 4))


@st.composite
def looked_up(draw: Any) -> tuple:
    table = draw(numbers((draw(FULL_SIDES), draw(SIDES))))
    return table, draw(whole(draw(SHAPES), len(table)))


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


# ---- definitions of single operations ----


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))
