"""Operations that fill a tensor, or a part of it, with other values."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..core import indexing as core
from ..core import shape as core_shape
from ..core.arithmetic import multiply_add
from ..core.layout import like
from ..dtypes import Array, Number
from ..operand import Operand, T, record
from ..random import Generator, stream
from .arguments import (
    array_argument,
    cast,
    check_broadcast_to,
    converted,
    scalar_argument,
    tensor_argument,
    type_name,
)
from .indexing import numpy_index
from .shape import Shape
from .writing import check_writable, overwrite


def _replaced(name: str, target: T, value: Operand) -> T:
    """Writes a value that does not depend on the old one, so no gradient goes back to that."""
    result = core_shape.overwrite(target._array, value._array)
    return overwrite(target, record(name, result, target._before_write(target._array), value))


def _drawn(name: str, target: T, numbers: Array) -> T:
    """Writes random numbers, in the memory order of the elements."""
    return _replaced(name, target, target._wrap(like(target._array, numbers)))


def _converts(where: tuple[Any, ...], value: Operand, target: Operand) -> bool:
    """Whether `value` may be written by arrays: in the same dtype, or one number by masks alone."""
    by_masks = all(each.dtype.kind == "b" for each in where if isinstance(each, np.ndarray))
    return value.dtype is target.dtype or (value._array.size == 1 and by_masks)


class InPlace(Shape):
    """Writing into a tensor."""

    def zero_(input: Self) -> Self:
        """Makes every element 0.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.ones(2).zero_()
            tensor([0., 0.])
        """
        zero = input._wrap(np.zeros((), tensor_argument("zero_", "input", input)._array.dtype))
        return _replaced("ZeroBackward0", input, zero)

    def fill_(input: Self, value: Number) -> Self:
        """Makes every element `value`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2).fill_(3)
            tensor([3., 3.])
        """
        tensor_argument("fill_", "input", input)
        name = "FillBackward1" if isinstance(value, Operand) else "FillBackward2"
        return _replaced(name, input, scalar_argument("fill_", value, input))

    def copy_(input: Self, src: Operand) -> Self:
        """Copies the elements of `src`, which broadcasts and is converted, into `input`.

        Raises:
            RuntimeError: If the shapes do not fit.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(2).copy_(torch.tensor([1, 2]))
            tensor([1., 2.])
        """
        tensor_argument("copy_", "input", input)
        source = cast(tensor_argument("copy_", "src", src), input.dtype)
        check_broadcast_to("copy_", source._array.shape, input._array.shape)
        return _replaced("CopyBackwards", input, source)

    def uniform_(
        input: Self, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fills with random numbers, uniformly distributed from `from_` to `to`.

        Args:
            input: A floating tensor.
            from_: The lower end, included (PyTorch calls it `from`; give it by position).
            to: The upper end, excluded.
            generator: Where the numbers come from; None for the one that `manual_seed` seeds.

        Raises:
            RuntimeError: If the elements are not floating, or `from_` is above `to`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> _ = torch.manual_seed(0)
            >>> torch.empty(2).uniform_(-1, 1)
            tensor([-0.0075,  0.5364])
        """
        dtype = array_argument("uniform_", "input", input, "f").dtype
        if not from_ <= to:
            raise RuntimeError(f"uniform_: from={from_} is above to={to}")
        low, span = dtype.type(from_), dtype.type(to) - dtype.type(from_)
        numbers = multiply_add(stream(generator).uniform(input._array.size, dtype), span, low)
        return _drawn("UniformBackward0", input, numbers)

    def normal_(
        input: Self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
    ) -> Self:
        """Fills with normally distributed random numbers.

        Args:
            input: A floating tensor.
            mean: Their mean.
            std: Their standard deviation.
            generator: Where the numbers come from; None for the one that `manual_seed` seeds.

        Raises:
            RuntimeError: If the elements are not floating, or `std` is negative.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> _ = torch.manual_seed(0)
            >>> torch.empty(2).normal_()
            tensor([ 1.5410, -0.2934])
        """
        x = array_argument("normal_", "input", input, "f")
        if not std >= 0:
            raise RuntimeError(f"normal_: std must not be negative, got {std}")
        numbers = stream(generator).normal(x.size, x.dtype, blocks=x.flags.c_contiguous)
        return _drawn("NormalBackward0", input, numbers * x.dtype.type(std) + x.dtype.type(mean))

    def bernoulli_(input: Self, p: float = 0.5, *, generator: Generator | None = None) -> Self:
        """Fills with ones, each with probability `p`, and zeros.

        Args:
            input: Any tensor.
            p: The probability, from 0 to 1.
            generator: Where the numbers come from; None for the one that `manual_seed` seeds.

        Raises:
            RuntimeError: If `p` is not a probability.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> _ = torch.manual_seed(0)
            >>> torch.empty(5).bernoulli_(0.5)
            tensor([0., 0., 1., 0., 0.])
        """
        tensor_argument("bernoulli_", "input", input)
        if not 0 <= p <= 1:
            raise RuntimeError(f"bernoulli_: p must lie between 0 and 1, got {p}")
        ones = stream(generator).bernoulli(p, input._array.size)
        return _drawn("BernoulliBackward2", input, ones.astype(input._array.dtype))

    def __setitem__(input: Self, index: Any, value: Operand | Number) -> None:
        """`input[index] = value`, in place.

        The replaced elements pass no gradient back any more; `value` gets theirs.

        Args:
            input: A tensor; not a leaf that requires a gradient, unless under `no_grad`.
            index: As for reading.
            value: A tensor that broadcasts to the place, or a number.

        Raises:
            IndexError: If there is no such place.
            RuntimeError: If the value does not fit, or `input` may not be written to.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.zeros(3)
            >>> x[1:] = torch.tensor([1.0, 2.0])
            >>> x
            tensor([0., 1., 2.])
        """
        ints, where, _ = numpy_index(input._array, index)
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            value = input._wrap(value.astype(input._array.dtype))
        if where and isinstance(value, Operand) and not _converts(where, value, input):
            raise RuntimeError(
                f"a value of {type_name(value)} for a {type_name(input)} tensor, by tensors or "
                f"lists; convert it, as with .to(torch.{type_name(input)})"
            )
        source = converted("an assignment", value, input)
        try:
            view = input._array[(*ints, ...)]
            place = view if where is None else view[where]
        except IndexError as error:
            raise IndexError(f"{error} (a tensor of shape {list(input.shape)})") from None
        while source._array.ndim > place.ndim and source._array.shape[0] == 1:
            source = record("SqueezeBackward1", core_shape.squeeze(source._array, (0,)), source)
        check_broadcast_to("an assignment", source._array.shape, place.shape)
        result = record(
            "CopySlices" if where is None else "IndexPutBackward0",
            core.put(input._array, ints, where or (), source._array),
            input._before_write(input._array),
            source,
        )
        check_writable(input, result._node is not None)
        view[where or ()] = source._array
        input._was_overwritten(result)
