"""Looking up and replacing elements by position."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..core import indexing as core
from ..core import shape as core_shape
from ..core.pointwise import clone
from ..dtypes import Array, Number
from ..operand import Operand, T, record
from .arguments import (
    GatherIndexError,
    array_argument,
    check_bounds,
    check_broadcast,
    converted,
    tensor_argument,
    type_name,
    wrap_dim,
)
from .shape import Shape
from .writing import in_place

# ---- x[...] ----


def numpy_index(x: Array, index: Any) -> tuple[tuple[Any, ...], tuple[Any, ...] | None, str]:
    """PyTorch's index as one or two of NumPy's, and the name of the backward.

    Returns:
        Without arrays: the index, None, and the name of the last step that PyTorch would take. With
        arrays: an index that picks by the ints, which PyTorch does first; the index that looks up
        the rest; and the name. Both without `...`, whole dimensions in its place.

    Raises:
        IndexError: If there are too many indices, or one is of a type that cannot be one.
    """
    if type(index) is int and x.ndim:
        return (index,), None, "SelectBackward0"
    items = _items(index)
    taken = sum(_dimensions_taken(item) for item in items)
    if taken > x.ndim:
        raise IndexError(f"{taken} indices for a tensor of {x.ndim} dimensions")
    name = _last_step(items)
    for at, item in enumerate(items):
        if item is Ellipsis:
            items[at : at + 1] = [slice(None)] * (x.ndim - taken)
            break
    if not any(isinstance(item, np.ndarray) for item in items):
        return tuple(items), None, name
    ints: list[Any] = []
    for item in items:
        ints += [item] if isinstance(item, int) else [slice(None)] * _dimensions_taken(item)
    has_ints = any(isinstance(item, int) for item in items)
    where = tuple(item for item in items if not isinstance(item, int))
    return tuple(ints) if has_ints else (), where, "IndexBackward0"


def _items(index: Any) -> list[Any]:
    """The parts of an index: ints, slices, None, `...` (once), and arrays of ints or bools."""
    if isinstance(index, list) and not all(isinstance(each, int | np.integer) for each in index):
        index = tuple(index)  # as PyTorch takes a list that holds more than numbers
    items = []
    for item in index if isinstance(index, tuple) else (index,):
        if isinstance(item, Operand):
            item = item._array
            if item.ndim == 0 and item.dtype.kind == "i":
                item = int(item)
        elif isinstance(item, list | tuple):
            item = np.array([_plain(each) for each in item] or np.empty(0, np.int64))
        elif isinstance(item, bool | np.bool_):
            item = np.array(item)
        elif isinstance(item, np.integer):
            item = int(item)
        elif isinstance(item, slice):
            item = slice(*(_plain(each) for each in (item.start, item.stop, item.step)))
            if item.step is not None and item.step < 1:
                raise ValueError(
                    f"a slice's step must be positive, got {item.step}; use flip to reverse"
                )
        elif isinstance(item, np.ndarray):
            item = item.copy()  # the graph keeps it, and the array may change
        elif not (item is None or item is Ellipsis or isinstance(item, int)):
            kind = type(item).__name__
            message = f"a tensor is indexed by ints, slices, ..., None and tensors, not {kind}"
            raise TypeError(message) if isinstance(item, str) else IndexError(message)
        if isinstance(item, np.ndarray) and item.dtype.kind not in "ib":
            raise IndexError(
                f"an index must hold ints (call .long()) or bools (call .bool()), got {item.dtype}"
            )
        items.append(item)
    if sum(item is Ellipsis for item in items) > 1:
        raise IndexError("an index can have a single ellipsis ('...')")
    return items


def _dimensions_taken(item: Any) -> int:
    """The number of dimensions that a part of an index applies to."""
    if isinstance(item, np.ndarray) and item.dtype.kind == "b":
        return item.ndim
    return int(item is not None and item is not Ellipsis)


def _last_step(items: list[Any]) -> str:
    name = "AliasBackward0"
    for item in items:
        if isinstance(item, int):
            name = "SelectBackward0"
        elif item is None:
            name = "UnsqueezeBackward0"
        elif isinstance(item, slice) and (item != slice(None) or len(items) == 1):
            name = "SliceBackward0"
    return name


def _plain(bound: Any) -> Any:
    return bound._array.item() if isinstance(bound, Operand) else bound


def _at_least_1d(input: T) -> T:
    """The tensor; a number as a tensor of one element."""
    x = tensor_argument("gather or scatter", "input", input)._array
    return input if x.ndim else record("ViewBackward0", core_shape.view(x, (1,)), input, view=True)


def _fitting(function: str, x: Array, dim: int, index: Operand) -> tuple[int, Array]:
    """The dimension and the index, checked against `x`."""
    where = array_argument(function, "index", index, "i")
    axis = wrap_dim(dim, x.ndim)
    others = [i for i in range(x.ndim) if i != axis]
    fits = where.ndim == x.ndim and all(where.shape[i] <= x.shape[i] for i in others)
    if not fits and where.size and not x.ndim == 1 > where.ndim:
        raise RuntimeError(
            f"{function}: an index of shape {list(where.shape)} ({where.ndim} dimensions) does "
            f"not fit an input of shape {list(x.shape)} ({x.ndim} dimensions): it needs as many "
            f"dimensions, none but dimension {axis} longer"
        )
    check_bounds(function, where, x.shape[axis], GatherIndexError)
    return axis, where


def one_hot(input: T, num_classes: int = -1) -> T:
    """Vectors of int64 that are 1 at the class and 0 elsewhere.

    Args:
        input: Classes, int64, of any shape (...).
        num_classes: How many there are; -1 for the largest plus one.

    Returns:
        A tensor of shape (..., num_classes).

    Raises:
        RuntimeError: If a class is negative or too large, or the classes are not int64.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.functional.one_hot(torch.tensor([1, 0]), num_classes=3)
        tensor([[0, 1, 0],
                [1, 0, 0]])
    """
    classes = array_argument("one_hot", "input", input, "i")
    if num_classes == -1:
        if classes.size == 0:
            raise RuntimeError("one_hot: give num_classes, which an empty tensor does not tell")
        num_classes = int(classes.max()) + 1
    if num_classes < 1:
        raise RuntimeError(f"one_hot: num_classes must be positive, got {num_classes}")
    check_bounds("one_hot", classes, num_classes, RuntimeError)
    onehot = classes[..., None] == np.arange(num_classes)
    return input._wrap(onehot.astype(np.int64, order="C"))


def embedding(input: Operand, weight: T, padding_idx: int | None = None) -> T:
    """The rows of `weight` that `input` names; the same as one-hot vectors times `weight`.

    The gradient of a row is the sum over all places that looked it up.

    Args:
        input: Positions, int64 or int32, of any shape (...).
        weight: A matrix of shape (num_embeddings, embedding_dim).
        padding_idx: A row that gets no gradient.

    Returns:
        A tensor of shape (..., embedding_dim).

    Raises:
        RuntimeError: If the positions are not whole numbers.
        IndexError: If one is negative or too large.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> weight = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
        >>> torch.nn.functional.embedding(torch.tensor([1, 0, 1]), weight)
        tensor([[0.3000, 0.4000],
                [0.1000, 0.2000],
                [0.3000, 0.4000]])
    """
    where = array_argument("embedding", "input", input, "i")
    table = tensor_argument("embedding", "weight", weight)._array
    if table.ndim != 2:
        raise RuntimeError(f"embedding: the weight must be a matrix, got {list(table.shape)}")
    check_bounds(f"embedding of {len(table)} rows", where, len(table), IndexError)
    if padding_idx is not None and padding_idx < 0:
        padding_idx += len(table)
    return record("EmbeddingBackward0", core.embedding(table, where, padding_idx), weight)


class Indexing(Shape):
    """Looking up and replacing elements by position."""

    def __getitem__(input: Self, index: Any) -> Self:
        """`input[index]`, with ints, slices, `...`, None, and tensors or lists of ints or bools.

        Ints and slices give a view, tensors and lists a copy.

        Args:
            input: Any tensor.
            index: The index.

        Raises:
            IndexError: If a position does not exist, or the index is of a type that cannot be one.
            ValueError: For a negative step.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.arange(6).view(2, 3)
            >>> x[0], x[:, 1], x[torch.tensor([1, 0]), 2], x[x > 3]
            (tensor([0, 1, 2]), tensor([1, 4]), tensor([5, 2]), tensor([4, 5]))
        """
        x = input._array
        ints, where, name = numpy_index(x, index)
        try:
            if where is None:
                return record(name, core_shape.piece(x, ints), input, view=True)
            if ints:
                input = record("SelectBackward0", core_shape.piece(x, ints), input, view=True)
            return record(name, core.index(input._array, where), input)
        except IndexError as error:
            raise IndexError(f"{error} (a tensor of shape {list(x.shape)})") from None

    def gather(input: Self, dim: int, index: Operand) -> Self:
        """For every element of `index`, the element of `input` there along `dim`.

        The gradient is scattered back: elements looked up twice get the sum.

        Args:
            input: Any tensor.
            dim: The dimension along which `index` counts.
            index: int64, with as many dimensions as `input`, none but `dim` longer than its.

        Raises:
            RuntimeError: If the shapes do not fit.
            IndexError: If an index is out of range.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
            >>> x.gather(1, torch.tensor([[1], [0]]))
            tensor([[2.],
                    [3.]])
        """
        x = _at_least_1d(input)
        axis, where = _fitting("gather", x._array, dim, index)
        return record("GatherBackward0", core.gather(x._array, axis, where), x)

    def scatter(input: Self, dim: int, index: Operand, src: Operand | Number) -> Self:
        """A copy of `input` with `src` put where `index` says along `dim`: the reverse of `gather`.

        Args:
            input: Any tensor.
            dim: The dimension along which `index` counts.
            index: int64, with as many dimensions as `input`.
            src: A number, or a tensor at least as large as `index`.

        Raises:
            RuntimeError: If the shapes do not fit.
            IndexError: If an index is out of range.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2, 3).scatter(1, torch.tensor([[1], [2]]), 1.0)
            tensor([[0., 1., 0.],
                    [0., 0., 1.]])
        """
        x = _at_least_1d(input)
        axis, where = _fitting("scatter", x._array, dim, index)
        if isinstance(src, Operand):
            if src._array.dtype != x._array.dtype:
                raise RuntimeError(
                    f"scatter: src is {type_name(src)} and input is {type_name(x)}; "
                    f"convert src, as with .to(torch.{type_name(x)})"
                )
            shape = src._array.shape
            if len(shape) != where.ndim or any(map(int.__lt__, shape, where.shape)):
                raise RuntimeError(
                    f"scatter: src of shape {list(shape)} is smaller than the index of shape "
                    f"{list(where.shape)}, or has another number of dimensions"
                )
        source = converted("scatter", src, input)
        name = f"ScatterBackward{0 if isinstance(src, Operand) else 1}"
        result = record(name, core.scatter(x._array, axis, where, source._array), x, source)
        return result if input._array.ndim else result.view(())

    def index_select(input: Self, dim: int, index: Operand) -> Self:
        """The slices of `input` along `dim` that `index` names, as a copy.

        Args:
            input: Any tensor.
            dim: The dimension to pick from.
            index: int64, with one dimension.

        Raises:
            IndexError: If an index is out of range.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1, 2], [3, 4]]).index_select(0, torch.tensor([1, 1]))
            tensor([[3, 4],
                    [3, 4]])
        """
        x = tensor_argument("index_select", "input", input)._array
        where = array_argument("index_select", "index", index, "i")
        if where.ndim > 1 or (not x.ndim and where.size != 1):
            raise IndexError(
                "index_select: the index must have 1 dimension, 1 element if the input has none; "
                f"got shape {list(where.shape)}"
            )
        axis = wrap_dim(dim, x.ndim)
        check_bounds("index_select", where, x.shape[axis] if x.ndim else 1, IndexError)
        result = core.index_select(x, axis, where.reshape(-1)) if x.ndim else clone(x)
        return record("IndexSelectBackward0", result, input)

    def masked_select(input: Self, mask: Operand) -> Self:
        """The elements of `input` where `mask` is True, as a vector.

        Raises:
            RuntimeError: If `mask` is not a bool tensor.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([1, 5, 2])
            >>> x.masked_select(x > 1)
            tensor([5, 2])
        """
        x = tensor_argument("masked_select", "input", input)._array
        chosen = array_argument("masked_select", "mask", mask, "b")
        check_broadcast("masked_select", x.shape, chosen.shape)
        return record("MaskedSelectBackward0", core.masked_select(x, chosen), input)

    scatter_ = in_place(scatter)
    """`scatter`, written into the tensor itself."""
