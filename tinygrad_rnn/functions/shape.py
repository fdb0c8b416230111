"""Operations that rearrange, repeat or cut a tensor, or change its shape or dtype.

Most return views: the result shares the memory of its input.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ..core import shape as core
from ..dtypes import ALL, Array, as_dtype, dtype, result_type
from ..dtypes import device as Device  # noqa: N812 - `device` is an argument here
from ..operand import Operand, T, record
from .arguments import cast, int_argument, size_argument, tensor_argument, wrap_dim, wrap_dims

# ---- the same elements in another shape ----


def _shares(x: Array, y: Array) -> bool:
    """Whether `y`, a reshaped `x`, is a view of it rather than a copy."""
    return x.flags.c_contiguous or x.size == 0 or bool(np.may_share_memory(x, y))


def _full_shape(function: str, x: Array, shape: Sequence[Any]) -> tuple[int, ...]:
    """`shape` with a -1 worked out, checked against the number of elements."""
    given = lengths = size_argument(function, shape)
    if -1 in given:
        known = -math.prod(given)
        if known > 0:
            lengths = tuple(x.size // known if n == -1 else n for n in given)
    if math.prod(lengths) != x.size or min(lengths, default=0) < 0:
        raise RuntimeError(
            f"{function}: {x.size} elements of shape {list(x.shape)} cannot have {list(given)}"
        )
    return lengths


def _swapped(name: str, input: T, first: int, second: int) -> T:
    x = input._array
    result = core.transpose(x, first, second) if x.ndim else core.view(x, ())
    return record(name, result, input, view=True)


def _joinable(function: str, tensors: Sequence[T]) -> list[T]:
    """The tensors in their common type."""
    if isinstance(tensors, Operand) or not isinstance(tensors, Sequence):
        kind = type(tensors).__name__
        raise TypeError(f"{function}: expected a list or tuple of tensors, got {kind}")
    if not tensors:
        error = ValueError if function == "cat" else RuntimeError  # PyTorch's, both
        raise error(f"{function}: the list of tensors is empty")
    for i, tensor in enumerate(tensors):
        tensor_argument(function, f"element {i}", tensor)
    if len({tensor._array.dtype for tensor in tensors}) == 1:
        return list(tensors)
    common = result_type(*((tensor.dtype, tensor._array.ndim) for tensor in tensors))
    return [cast(tensor, common) for tensor in tensors]


def cat(tensors: Sequence[T], dim: int = 0) -> T:
    """Tensors one after the other along a dimension that they have.

    Args:
        tensors: Tensors whose shapes agree in every other dimension.
        dim: The dimension along which they are joined.

    Raises:
        ValueError: For an empty list.
        TypeError: If an element is not a tensor.
        RuntimeError: If the shapes do not agree.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.cat([torch.zeros(2), torch.ones(1)])
        tensor([0., 0., 1.])
    """
    parts = _joinable("cat", tensors)
    joined = [part._array for part in parts if part._array.shape != (0,)] or [parts[0]._array]
    ours = joined[0].shape
    axis = wrap_dim(dim, len(ours))
    for theirs in (each.shape for each in joined):
        fits = len(theirs) == len(ours) and theirs[:axis] == ours[:axis]
        if not ours or not fits or theirs[axis + 1 :] != ours[axis + 1 :]:
            raise RuntimeError(
                f"cat: shapes {list(ours)} and {list(theirs)} cannot be joined along dimension "
                f"{axis}: the other dimensions must agree" + ("" if ours else "; use stack")
            )
    return record("CatBackward0", core.cat([part._array for part in parts], axis), *parts)


def stack(tensors: Sequence[T], dim: int = 0) -> T:
    """Tensors of one shape, side by side along a new dimension.

    Args:
        tensors: Tensors of one shape.
        dim: Where the new dimension goes.

    Raises:
        ValueError: For an empty list.
        TypeError: If an element is not a tensor.
        RuntimeError: If the shapes differ.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.stack([torch.zeros(2), torch.ones(2)])
        tensor([[0., 0.],
                [1., 1.]])
    """
    parts = _joinable("stack", tensors)
    first = parts[0]._array.shape
    for i, shape in enumerate(part._array.shape for part in parts):
        if shape != first:
            raise RuntimeError(
                f"stack: expected equal shapes, got {list(first)} and, at {i}, {list(shape)}"
            )
    axis = wrap_dim(dim, len(first) + 1)
    return record("StackBackward0", core.stack([each._array for each in parts], axis), *parts)


def _dimension(function: str, x: Array, dim: int, error: type[Exception] = RuntimeError) -> int:
    """The dimension to cut, which a 0-dimensional tensor does not have."""
    if not x.ndim:
        raise error(f"{function}: a 0-dimensional tensor has no dimension to take apart")
    return wrap_dim(dim, x.ndim)


def _piece(name: str, input: T, axis: int, index: int | slice) -> T:
    """A view of the part of `input` at `index` along a dimension."""
    where = (*(slice(None),) * axis, index)
    return record(name, core.piece(input._array, where), input, view=True)


class Shape(Operand):
    """The same elements in another shape, order, place or type."""

    def view(input: Self, *shape: Any) -> Self:
        """The same memory in another shape.

        Args:
            input: Any tensor.
            shape: The lengths, as `view(2, 3)` or `view((2, 3))`; one may be -1 and is worked out.
                A dtype converts nothing here: use `to`.

        Raises:
            RuntimeError: If the number of elements differs, or their order in memory is another;
                `reshape` copies then.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(6).view(2, -1)
            tensor([[0, 1, 2],
                    [3, 4, 5]])
        """
        x = tensor_argument("view", "input", input)._array
        after = _full_shape("view", x, shape)
        result = core.view(x, after)
        if not _shares(x, result[0]):
            raise RuntimeError(
                f"view: shape {list(x.shape)} cannot become {list(after)} without a copy, because "
                "the tensor was transposed or cut and its elements are not in order; use reshape"
            )
        return record("ViewBackward0", result, input, view=True)

    def reshape(input: Self, *shape: Any) -> Self:
        """The same elements in another shape: a view if possible, else a copy.

        Args:
            input: Any tensor.
            shape: The lengths; one may be -1 and is worked out.

        Raises:
            RuntimeError: If the number of elements differs.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1, 2], [3, 4]]).t().reshape(-1)
            tensor([1, 3, 2, 4])
        """
        x = tensor_argument("reshape", "input", input)._array
        result = core.view(x, _full_shape("reshape", x, shape))
        shares = _shares(x, result[0])
        name = "ViewBackward0" if shares else "UnsafeViewBackward0"
        return record(name, result, input, view=shares)

    def view_as(input: Self, other: Operand) -> Self:
        """`input.view(other.shape)`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(4).view_as(torch.zeros(2, 2)).shape
            torch.Size([2, 2])
        """
        return input.view(other.shape)

    def flatten(input: Self, start_dim: int = 0, end_dim: int = -1) -> Self:
        """The dimensions `start_dim` to `end_dim` as one.

        Raises:
            RuntimeError: If `start_dim` comes after `end_dim`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2, 3, 4).flatten(1).shape
            torch.Size([2, 12])
        """
        x = tensor_argument("flatten", "input", input)._array
        first, last = wrap_dim(start_dim, x.ndim), wrap_dim(end_dim, x.ndim)
        if first > last:
            raise RuntimeError(f"flatten: start_dim={start_dim} comes after end_dim={end_dim}")
        if first == last and x.ndim:
            return input
        length = math.prod(x.shape[first : last + 1])
        return input.reshape((*x.shape[:first], length, *x.shape[last + 1 :]))

    def squeeze(input: Self, dim: int | Sequence[int] | None = None) -> Self:
        """A view without dimensions of length 1: all of them, or those of `dim` that are.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(1, 3, 1).squeeze().shape, torch.zeros(1, 3, 1).squeeze(0).shape
            (torch.Size([3]), torch.Size([3, 1]))
        """
        x = tensor_argument("squeeze", "input", input)._array
        named = () if dim == () else wrap_dims(dim, x.ndim)
        dims = tuple(each for each in named if x.ndim and x.shape[each] == 1)
        name = f"SqueezeBackward{0 if dim is None else 1 if isinstance(dim, int) else 2}"
        return record(name, core.squeeze(x, dims), input, view=True)

    def unsqueeze(input: Self, dim: int) -> Self:
        """A view with a dimension of length 1 in front of dimension `dim`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(3).unsqueeze(0).shape, torch.zeros(3).unsqueeze(-1).shape
            (torch.Size([1, 3]), torch.Size([3, 1]))
        """
        x = tensor_argument("unsqueeze", "input", input)._array
        at = wrap_dim(dim, x.ndim + 1)
        result = core.view(x, (*x.shape[:at], 1, *x.shape[at:]))
        return record("UnsqueezeBackward0", result, input, view=True)

    # ---- dimensions in another order ----

    def transpose(input: Self, dim0: int, dim1: int) -> Self:
        """A view with two dimensions exchanged.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(5, 2, 4).transpose(0, 1).shape
            torch.Size([2, 5, 4])
        """
        x = tensor_argument("transpose", "input", input)._array
        first, second = wrap_dim(dim0, x.ndim), wrap_dim(dim1, x.ndim)
        return _swapped("TransposeBackward0", input, first, second)

    def t(input: Self) -> Self:
        """A matrix with rows and columns exchanged, as a view; a vector as it is.

        Raises:
            RuntimeError: For a tensor of more than 2 dimensions.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2, 3).t().shape
            torch.Size([3, 2])
        """
        x = tensor_argument("t", "input", input)._array
        if x.ndim > 2:
            raise RuntimeError(f"t: {x.ndim} dimensions, not a matrix; use transpose(dim0, dim1)")
        return _swapped("TBackward0", input, 0, max(x.ndim - 1, 0))

    def permute(input: Self, *dims: Any) -> Self:
        """A view with the dimensions in another order.

        Args:
            input: Any tensor.
            dims: Every dimension once, in the new order.

        Raises:
            RuntimeError: If a dimension is missing or named twice.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2, 3, 4).permute(2, 0, 1).shape
            torch.Size([4, 2, 3])
        """
        x = tensor_argument("permute", "input", input)._array
        order = tuple(wrap_dim(dim, x.ndim) for dim in size_argument("permute", dims))
        if sorted(order) != list(range(x.ndim)):
            raise RuntimeError(f"permute: name each of {x.ndim} dimensions once, got {list(order)}")
        return record("PermuteBackward0", core.permute(x, order), input, view=True)

    def flip(input: Self, *dims: Any) -> Self:
        """A copy with the order along `dims` reversed.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(3).flip(0)
            tensor([2, 1, 0])
        """
        x = tensor_argument("flip", "input", input)._array
        axes = tuple(wrap_dim(dim, x.ndim) for dim in size_argument("flip", dims))
        if len(set(axes)) != len(axes):
            raise RuntimeError(f"flip: a dimension appears twice in {list(axes)}")
        return record("FlipBackward0", core.flip(x, axes if x.ndim else ()), input)

    def contiguous(input: Self) -> Self:
        """The tensor itself if its elements are in row-major order in memory, else such a copy.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2, 3).t().contiguous().is_contiguous()
            True
        """
        x = tensor_argument("contiguous", "input", input)._array
        if x.flags.c_contiguous:
            return input
        return record("CloneBackward0", core.contiguous(x), input)

    # ---- repeating ----

    def expand(input: Self, *size: Any) -> Self:
        """A view in which dimensions of length 1 are repeated, without memory for it.

        The gradient of a repeated element is the sum over its repetitions.

        Args:
            input: Any tensor.
            size: The new lengths; -1 keeps one. New dimensions come in front.

        Raises:
            RuntimeError: If a dimension that is not of length 1 would have to change.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1], [2]]).expand(-1, 3)
            tensor([[1, 1, 1],
                    [2, 2, 2]])
        """
        x = tensor_argument("expand", "input", input)._array
        lengths = size_argument("expand", size)
        before = (-1,) * (len(lengths) - x.ndim) + x.shape  # -1: a new dimension
        pairs = zip(lengths, before, strict=False)
        after = tuple(old if length == -1 else length for length, old in pairs)
        pairs = zip(after, before, strict=False)
        if len(lengths) < x.ndim or any(n < 0 or old not in (-1, 1, n) for n, old in pairs):
            raise RuntimeError(
                f"expand: shape {list(x.shape)} cannot become {list(lengths)}: only dimensions of "
                "length 1 can be repeated, and new ones come in front"
            )
        return record("ExpandBackward0", core.expand(x, after), input, view=True)

    def expand_as(input: Self, other: Operand) -> Self:
        """`input.expand(other.shape)`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(3).expand_as(torch.zeros(2, 3)).shape
            torch.Size([2, 3])
        """
        return input.expand(other.shape)

    def repeat(input: Self, *repeats: Any) -> Self:
        """A copy, tiled `repeats` times along each dimension.

        Args:
            input: Any tensor.
            repeats: How often for each dimension, new ones in front.

        Raises:
            RuntimeError: If there are fewer numbers than dimensions, or a negative one.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]).repeat(2, 2)
            tensor([[1, 2, 1, 2],
                    [1, 2, 1, 2]])
        """
        x = tensor_argument("repeat", "input", input)._array
        times = size_argument("repeat", repeats)
        if len(times) < x.ndim or min(times, default=0) < 0:
            raise RuntimeError(
                f"repeat: {list(times)} for a tensor of shape {list(x.shape)}; give a number "
                "of repetitions, 0 or more, for each dimension"
            )
        return record("RepeatBackward0", core.repeat(x, times), input)

    def split(input: Self, split_size: int | Sequence[int], dim: int = 0) -> tuple[Self, ...]:
        """Views of consecutive parts along a dimension.

        Args:
            input: Any tensor.
            split_size: The length of every part (the last may be shorter), or a list of lengths.
            dim: The dimension to cut.

        Raises:
            RuntimeError: If the lengths are not positive, or do not add up.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(5).split(2)
            (tensor([0, 1]), tensor([2, 3]), tensor([4]))
        """
        x = tensor_argument("split", "input", input)._array
        axis = _dimension("split", x, dim)
        length = x.shape[axis]
        if not isinstance(split_size, tuple | list):
            split_size = int_argument("split", "split_size", split_size)
            if split_size < 0 or (split_size == 0 and length):
                raise RuntimeError(f"split: split_size must be positive, got {split_size}")
            name = "SplitBackward0"
            sizes = [min(split_size, length - i) for i in range(0, length, split_size or 1)] or [0]
        else:
            name, sizes = "SplitWithSizesBackward0", list(split_size)
            if sum(sizes) != length or min(sizes, default=0) < 0:
                raise RuntimeError(
                    f"split: the lengths {sizes} must add up to {length} along dimension {axis}"
                )
        ends = np.cumsum(sizes).tolist()
        return tuple(
            _piece(name, input, axis, slice(end - size, end))
            for size, end in zip(sizes, ends, strict=True)
        )

    def chunk(input: Self, chunks: int, dim: int = 0) -> tuple[Self, ...]:
        """At most `chunks` views of equal length along a dimension; the last may be shorter.

        Raises:
            RuntimeError: If `chunks` is not positive.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(5).chunk(2)
            (tensor([0, 1, 2]), tensor([3, 4]))
        """
        x = tensor_argument("chunk", "input", input)._array
        chunks = int_argument("chunk", "chunks", chunks)
        if chunks < 1:
            raise RuntimeError(f"chunk: the number of chunks must be positive, got {chunks}")
        length = x.shape[_dimension("chunk", x, dim)]
        return input.split(-(-length // chunks) if length else [0] * chunks, dim)

    def unbind(input: Self, dim: int = 0) -> tuple[Self, ...]:
        """Views of all slices along a dimension, without it. A `for` loop over a tensor does this.

        Raises:
            IndexError: For a 0-dimensional tensor.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1, 2], [3, 4]]).unbind()
            (tensor([1, 2]), tensor([3, 4]))
        """
        x = tensor_argument("unbind", "input", input)._array
        axis = _dimension("unbind", x, dim, IndexError)
        return tuple(_piece("UnbindBackward0", input, axis, i) for i in range(x.shape[axis]))

    def select(input: Self, dim: int, index: int) -> Self:
        """A view of the slice `index` along a dimension, without that dimension.

        Raises:
            IndexError: If there is no such slice.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1, 2], [3, 4]]).select(1, 0)
            tensor([1, 3])
        """
        x = tensor_argument("select", "input", input)._array
        axis = _dimension("select", x, dim, IndexError)
        index = int_argument("select", "index", index)
        if not -x.shape[axis] <= index < x.shape[axis]:
            raise IndexError(
                f"select: index {index} is out of range of dimension {axis} in {list(x.shape)}"
            )
        return _piece("SelectBackward0", input, axis, index)

    def narrow(input: Self, dim: int, start: int, length: int) -> Self:
        """A view of `length` slices along a dimension, from `start` on.

        Raises:
            RuntimeError: If the dimension does not hold that many.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.arange(5).narrow(0, 1, 3)
            tensor([1, 2, 3])
        """
        x = tensor_argument("narrow", "input", input)._array
        axis = _dimension("narrow", x, dim)
        size = x.shape[axis]
        first = start + size if start < 0 else start
        if length < 0 or not 0 <= first <= size or first + length > size:
            raise RuntimeError(
                f"narrow: start={start}, length={length} is outside of dimension {axis} of {size}"
            )
        return _piece("SliceBackward0", input, axis, slice(first, first + length))

    # ---- another type ----

    def to(input: Self, *args: Any, dtype: dtype | None = None, device: Any = None) -> Self:
        """The tensor with another element type; itself if it has that type already.

        Args:
            input: Any tensor.
            args: A dtype, a device, or a tensor whose type to take, in any order.
            dtype: The new type.
            device: `"cpu"`, the only device there is.

        Raises:
            RuntimeError: For another device.
            TypeError: For any other argument.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]).to(torch.float64)
            tensor([1., 2.], dtype=torch.float64)
        """
        tensor_argument("to", "input", input)
        for argument in (*args, dtype, device):
            if isinstance(argument, Operand):
                dtype = argument.dtype
            elif isinstance(argument, str) and argument in (each.name for each in ALL):
                raise RuntimeError(f"to: write torch.{argument}; a string stands for a device")
            elif isinstance(argument, str | Device):
                Device(argument)
            elif argument is not None and not isinstance(argument, bool):
                dtype = as_dtype(argument)
        return cast(input, dtype) if dtype is not None else input
