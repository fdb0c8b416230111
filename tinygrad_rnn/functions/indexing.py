"""Looking up and replacing elements by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..arithmetic import unbroadcast
from ..autograd.engine import PartialGradient
from ..base import TensorBase, record
from ..dtypes import Array, Number
from .arguments import (
    GatherIndexError,
    check_bounds,
    check_broadcast,
    index_tensor,
    tensor_argument,
    type_name,
    wrap_dim,
)

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "gather",
    "index_select",
    "masked_select",
    "scatter",
]


def along(index: Array, dim: int) -> tuple[Array, ...]:
    """NumPy's index for `index` along `dim` and every position of its own along the others."""
    places: list[Array] = list(np.indices(index.shape, sparse=True))
    places[dim] = index
    return tuple(places)


# ---- x[...] ----


def numpy_index(x: Array, index: Any) -> tuple[tuple[Any, ...], bool, str]:
    """PyTorch's index as NumPy's.

    Returns:
        The index, whether arrays take part in it (the result is then a copy), and the name of
        the backward of the last step that PyTorch would take.
    """
    items = index if isinstance(index, tuple) else (index,)
    converted: list[Any] = []
    advanced, name = False, "AliasBackward0"
    for item in items:
        if isinstance(item, TensorBase):
            kind = item._array.dtype.kind
            if kind not in "ib":
                raise IndexError(
                    f"an index tensor must be int64, int32 or bool, got {type_name(item)}; "
                    "call .long() on it"
                )
            item = item._array
            if item.ndim == 0 and kind == "i":
                item = int(item)
        if isinstance(item, list | np.ndarray):
            item = np.array(item, np.int64 if isinstance(item, list) and not item else None)
            if item.dtype.kind not in "ib":
                raise IndexError(f"an index list must hold ints or bools, got {item.dtype}")
        if isinstance(item, bool | np.bool_ | np.ndarray):
            advanced = True
        elif isinstance(item, slice):
            item = slice(*(_plain(each) for each in (item.start, item.stop, item.step)))
            if item.step is not None and item.step < 1:
                raise ValueError(
                    f"a slice's step must be positive, got {item.step}; use flip to reverse"
                )
            if item != slice(None) or len(items) == 1:
                name = "SliceBackward0"
        elif item is None:
            name = "UnsqueezeBackward0"
        elif isinstance(item, int | np.integer):
            name = "SelectBackward0"
        elif item is not Ellipsis:
            kind_name = type(item).__name__
            message = f"a tensor is indexed by ints, slices, ..., None and tensors, not {kind_name}"
            raise TypeError(message) if isinstance(item, str) else IndexError(message)
        converted.append(item)
    taken = sum(
        item.ndim if isinstance(item, np.ndarray) and item.dtype.kind == "b" else 1
        for item in converted
        if item is not None and item is not Ellipsis and not isinstance(item, bool | np.bool_)
    )
    if taken > x.ndim:
        raise IndexError(f"{taken} indices for a tensor of {x.ndim} dimensions")
    return tuple(converted), advanced, "IndexBackward0" if advanced else name


def _ints_first(where: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """An index with ints and arrays as two: PyTorch picks by the ints first, NumPy at once."""
    ints: list[Any] = []
    for item in where:
        if isinstance(item, np.ndarray) and item.dtype.kind == "b":
            ints += [slice(None)] * item.ndim
        elif isinstance(item, bool | np.bool_):
            continue
        elif item is not None:
            ints.append(slice(None) if isinstance(item, np.ndarray | slice) else item)
    rest = tuple(item for item in where if not _is_int(item))
    return tuple(ints), rest


def _is_int(item: Any) -> bool:
    return isinstance(item, int | np.integer) and not isinstance(item, bool)


def _plain(bound: Any) -> Any:
    return bound._array.item() if isinstance(bound, TensorBase) else bound


def getitem(input: Tensor, index: Any) -> Tensor:
    """`input[index]`, with ints, slices, `...`, None, and tensors or lists of ints or bools.

    Ints and slices give a view, tensors and lists a copy.

    Args:
        input: Any tensor.
        index: What stands in the brackets.

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
    where, advanced, name = numpy_index(x, index)
    if advanced and any(map(_is_int, where)):
        ints, rest = _ints_first(where)
        return getitem(getitem(input, ints), rest)
    try:
        y = x[where if advanced or Ellipsis in where else (*where, ...)]
    except IndexError as error:
        raise IndexError(f"{error} (a tensor of shape {list(x.shape)})") from None
    shape = x.shape
    return record(
        name,
        y,
        (input,),
        (lambda g: PartialGradient(shape, where, g, repeats=advanced),),
        view=not advanced,
    )


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
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
    x = tensor_argument("gather", "input", input)._array
    places = _fitting("gather", x, dim, index)
    shape = x.shape
    return record(
        "GatherBackward0",
        np.asarray(x[places]),
        (input,),
        (lambda g: PartialGradient(shape, places, g, repeats=True),),
    )


def _fitting(function: str, x: Array, dim: int, index: Tensor) -> tuple[Array, ...]:
    """NumPy's index for `index` along `dim` of `x`, once it was found to fit."""
    where = index_tensor(function, index)
    axis = wrap_dim(dim, x.ndim)
    others = [i for i in range(x.ndim) if i != axis]
    if where.ndim != x.ndim or any(where.shape[i] > x.shape[i] for i in others):
        raise RuntimeError(
            f"{function}: an index of shape {list(where.shape)} ({where.ndim} dimensions) does "
            f"not fit an input of shape {list(x.shape)} ({x.ndim} dimensions): it needs as many "
            f"dimensions, none but dimension {axis} longer"
        )
    check_bounds(function, where, x.shape[axis] if x.ndim else 1, GatherIndexError)
    return along(where, axis) if x.ndim else ()


def scatter(input: Tensor, dim: int, index: Tensor, src: Tensor | Number) -> Tensor:
    """A copy of `input` with `src` put where `index` says along `dim`: `gather`, turned round.

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
    x = tensor_argument("scatter", "input", input)._array
    places = _fitting("scatter", x, dim, index)
    corner: tuple[Any, ...] = tuple(slice(length) for length in index._array.shape)
    source = src if isinstance(src, TensorBase) else None
    if source is not None and source._array[corner].shape != index._array.shape:
        raise RuntimeError(
            f"scatter: src of shape {list(source.shape)} is smaller than the index "
            f"of shape {list(index.shape)}"
        )
    y = x.copy()
    y[places] = src if source is None else source._array[corner]
    source_shape = None if source is None else source._array.shape

    def by_input(g: Array) -> Array:
        g = g.copy()
        g[places] = 0
        return g

    def by_source(g: Array) -> PartialGradient:
        assert source_shape is not None
        return PartialGradient(source_shape, corner, g[places])

    tensors = (input,) if source is None else (input, source)
    name = f"ScatterBackward{1 if source is None else 0}"
    return record(name, y, tensors, (by_input, by_source)[: len(tensors)])


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
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
    where = index_tensor("index_select", index)
    if where.ndim > 1:
        raise IndexError(f"index_select: the index must have 1 dimension, got {where.ndim}")
    axis = wrap_dim(dim, x.ndim)
    check_bounds("index_select", where, x.shape[axis], IndexError)
    places: tuple[Any, ...] = (*(slice(None),) * axis, where.reshape(-1))
    shape = x.shape
    return record(
        "IndexSelectBackward0",
        x[places],
        (input,),
        (lambda g: PartialGradient(shape, places, g, repeats=True),),
    )


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements of `input` where `mask` is True, in a row.

    Raises:
        RuntimeError: If `mask` is not a bool tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1, 5, 2])
        >>> x.masked_select(x > 1)
        tensor([5, 2])
    """
    x = tensor_argument("masked_select", "input", input)
    chosen = tensor_argument("masked_select", "mask", mask)
    if chosen._array.dtype.kind != "b":
        raise RuntimeError(f"masked_select: the mask must be bool, got {type_name(chosen)}")
    check_broadcast("masked_select", x._array.shape, chosen._array.shape)
    shape = np.broadcast_shapes(x._array.shape, chosen._array.shape)
    where = np.nonzero(np.broadcast_to(chosen._array, shape))
    before = x._array.shape

    def backward(g: Array) -> Array:
        return unbroadcast(PartialGradient(shape, where, g).full(), before)

    full = np.broadcast_to(x._array, shape)
    return record("MaskedSelectBackward0", full[where], (x,), (backward,))


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
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
    classes = index_tensor("one_hot", input)
    if num_classes == -1:
        if classes.size == 0:
            raise RuntimeError("one_hot: give num_classes, which an empty tensor does not tell")
        num_classes = int(classes.max()) + 1
    if num_classes < 1:
        raise RuntimeError(f"one_hot: num_classes must be positive, got {num_classes}")
    check_bounds("one_hot", classes, num_classes, RuntimeError)
    return TensorBase._wrap((classes[..., None] == np.arange(num_classes)).astype(np.int64))


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
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
    where = index_tensor("embedding", input)
    table = tensor_argument("embedding", "weight", weight)._array
    if table.ndim != 2:
        raise RuntimeError(f"embedding: the weight must be a matrix, got {list(table.shape)}")
    check_bounds(f"embedding of {len(table)} rows", where, len(table), IndexError)
    shape = table.shape
    if padding_idx is not None and padding_idx < 0:
        padding_idx += len(table)

    def backward(g: Array) -> PartialGradient:
        if padding_idx is not None:
            g = np.where((where == padding_idx)[..., None], 0, g)
        return PartialGradient(shape, where, g, repeats=True)

    return record("EmbeddingBackward0", table[where], (weight,), (backward,))
