"""Checks and conversions of arguments that operations share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import pointwise as core
from ..dtypes import FROM_NUMPY, Array, Number, check_fits, dtype, float32, result_type, uint8
from ..operand import Operand, T, record


def tensor_argument(function: str, name: str, value: object) -> Operand:
    """`value`, which must be a tensor.

    Raises:
        TypeError: If it is not.
        RuntimeError: If it is a tensor of several elements.
    """
    if isinstance(value, Operand):
        return value
    hint = ""
    if isinstance(value, np.ndarray):
        hint = "; wrap it in torch.tensor(...)"
    elif isinstance(value, tuple) and any(isinstance(each, Operand) for each in value):
        hint = "; RNN returns (output, h_n), so write `output, h_n = rnn(x)`"
    raise TypeError(f"{function}: {name} must be a Tensor, got {type(value).__name__}{hint}")


def _wrong(function: str, name: str, expected: str, value: object) -> TypeError:
    return TypeError(
        f"{function}: {name} must be {expected}, got {type(value).__name__} ({value!r:.60})"
    )


def type_name(tensor: Operand) -> str:
    """The name of a tensor's dtype, for messages."""
    return FROM_NUMPY[tensor._array.dtype].name


def cast(input: T, dtype: dtype) -> T:
    """`input` with this dtype: itself, or a recorded copy."""
    if input._array.dtype == dtype.numpy:
        return input
    result = core.to(input._array, dtype.numpy)
    if not dtype.is_floating_point:
        return input._wrap(result[0])
    return record("ToCopyBackward0", result, input)


def operands(
    symbol: str, input: T | Number, other: Operand | Number, floating: bool = False
) -> tuple[Array, Array, T, tuple[Operand, ...]]:
    """The arrays of a binary operation in their common dtype, and the tensors they belong to.

    Args:
        symbol: How messages name the operation.
        input: The first operand.
        other: The second: a tensor that broadcasts with the first, or a number. If this is a
            tensor, the first may be a number.
        floating: Whether integers become float32 first, as for division.

    Returns:
        Two arrays, the first tensor, and a tuple of the second tensor, empty if there is only one.

    Raises:
        TypeError: If `other` is neither a tensor nor a number.
        RuntimeError: If the shapes do not broadcast.
    """
    if not isinstance(input, Operand):
        tensor: Any = tensor_argument(symbol, "one operand", other)
        b, a, x, _ = operands(symbol, tensor, input, floating)
        return a, b, x, ()
    if isinstance(other, Operand):
        if input._array.dtype != other._array.dtype or (
            floating and not input.dtype.is_floating_point
        ):
            common = common_type(floating, input, other)
            input, other = cast(input, common), cast(other, common)
        a, b = input._array, other._array
        if a.shape != b.shape:
            check_broadcast(symbol, a.shape, b.shape)
        return a, b, input, (other,)
    if isinstance(other, np.generic):
        other = other.item()  # a NumPy scalar never widens a tensor
    if not isinstance(other, bool | int | float):
        raise TypeError(
            f"unsupported operand for {symbol}: a Tensor and {type(other).__name__}; the other "
            "operand must be a Tensor or a number (make one with torch.tensor)"
        )
    if input._array.dtype.kind != "f":
        input = cast(input, common_type(floating, input, other))
    return input._array, _wrapped(symbol, other, input._array.dtype), input, ()


def _wrapped(symbol: str, value: Number, dtype: np.dtype[Any]) -> Array:
    """A number as a 0-dimensional array; an integer that does not fit wraps, as in PyTorch."""
    if dtype.kind == "f" and -_LARGEST <= value <= _LARGEST:
        return np.asarray(value, dtype)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise RuntimeError(f"{symbol}: {value} does not fit into 64 bits")
    return core.to(np.asarray(value), dtype)[0]


_LARGEST = float(np.finfo(np.float32).max)


def converted(function: str, value: T | Number, like: T, dtype: dtype | None = None) -> T:
    """A tensor or a number as a tensor, in the dtype of `like` or another.

    Raises:
        TypeError: If it is neither.
        RuntimeError: If it is a number that does not fit into the dtype. As in PyTorch, -1 stands
            for 255 in uint8.
    """
    dtype = dtype or like.dtype
    if isinstance(value, Operand):
        return cast(value, dtype)
    number = number_argument(function, "the value", value)
    if not (dtype is uint8 and -255 <= number < 0):
        check_fits(dtype, number, number)
    return like._wrap(core.to(np.asarray(number), dtype.numpy)[0])


def scalar_argument(function: str, value: T | Number, like: T) -> T:
    """A number or a 0-dimensional tensor as a tensor in the dtype of `like`.

    Raises:
        TypeError: If it is neither.
        RuntimeError: If it has dimensions, or does not fit into the dtype.
    """
    if isinstance(value, Operand) and value._array.ndim:
        raise RuntimeError(
            f"{function}: value must be one number, got a tensor of shape {list(value.shape)}"
        )
    return converted(function, value, like)


def in_common_dtype(function: str, like: T, **values: object) -> list[T]:
    """Tensors and numbers, given by the names of their arguments, as tensors of one dtype.

    Raises:
        TypeError: If one is neither a tensor nor a number.
        RuntimeError: If a number does not fit into the dtype.
    """
    checked: list[Any] = [
        value if isinstance(value, Operand) else number_argument(function, name, value)
        for name, value in values.items()
    ]
    dtype = common_type(False, *checked)
    return [converted(function, each, like, dtype) for each in checked]


def array_argument(function: str, name: str, value: object, kinds: str) -> Array:
    """The elements of a tensor whose dtype must be of one of NumPy's `kinds`.

    Raises:
        TypeError: If it is not a tensor.
        RuntimeError: If it has another dtype.
    """
    tensor = tensor_argument(function, name, value)
    if tensor._array.dtype.kind not in kinds:
        raise RuntimeError(
            f"{function}: {name} must be {_EXPECTED[kinds]}, got {type_name(tensor)}"
        )
    return tensor._array


_EXPECTED = {
    "b": "a bool tensor (write a comparison, as `x > 0`, or call .bool())",
    "i": "int64 (call .long())",
    "iu": "int64, class numbers (call .long())",
    "f": "floating (call .float())",
}


def common_type(floating: bool, *values: Operand | Number) -> dtype:
    """The common dtype of tensors and numbers; with `floating`, float32 instead of integers."""
    operands = ((v.dtype, v._array.ndim) if isinstance(v, Operand) else v for v in values)
    common = result_type(*operands)
    return float32 if floating and not common.is_floating_point else common


def check_broadcast(symbol: str, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Raises a RuntimeError unless the shapes `a` and `b` broadcast."""
    for back in range(1, min(len(a), len(b)) + 1):
        if a[-back] != b[-back] and a[-back] != 1 and b[-back] != 1:
            dim = max(len(a), len(b)) - back
            raise RuntimeError(
                f"{symbol}: shapes {list(a)} and {list(b)} do not broadcast: dimension {dim} has "
                f"size {a[-back]} in one and {b[-back]} in the other, and neither is 1"
            )


def check_broadcast_to(function: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    """Raises a RuntimeError unless `shape` broadcasts to the shape `wanted`."""
    check_broadcast(function, shape, wanted)
    if np.broadcast_shapes(shape, wanted) != wanted:
        raise RuntimeError(
            f"{function}: a tensor of shape {list(shape)} does not broadcast to {list(wanted)}"
        )


def floating(function: str, input: T) -> T:
    """`input`, converted to float32 if its elements are integers.

    Raises:
        TypeError: If it is not a tensor.
    """
    if isinstance(input, Operand) and input._array.dtype.kind == "f":
        return input
    tensor_argument(function, "input", input)
    return cast(input, float32)


def number_argument(function: str, name: str, value: object) -> Number:
    """`value`, which must be a number; a NumPy scalar or a tensor of one element will do.

    Raises:
        TypeError: If it is not.
        RuntimeError: If it is a tensor of several elements.
    """
    if isinstance(value, Operand):
        if value._array.size != 1:
            shape = list(value.shape)
            raise RuntimeError(f"{function}: {name} must be one number, got shape {shape}")
        value = value._array.item()
    elif isinstance(value, np.generic):
        value = value.item()
    if not isinstance(value, bool | int | float):
        raise _wrong(function, name, "a number", value)
    return value


def int_argument(function: str, name: str, value: object) -> int:
    """`value`, which must be an int.

    Raises:
        TypeError: If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise _wrong(function, name, "an int", value)
    return int(value)


def positive_int(function: str, name: str, value: object) -> int:
    """`value`, which must be an int of at least 1.

    Raises:
        TypeError: If it is not an int.
        ValueError: If it is less than 1.
    """
    number = int_argument(function, name, value)
    if number < 1:
        raise ValueError(f"{function}: {name} must be at least 1, got {number}")
    return number


def true_or_false(function: str, name: str, value: object) -> None:
    """Raises a TypeError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise _wrong(function, name, "True or False", value)


def wrap_dim(dim: object, ndim: int) -> int:
    """A dimension counted from the front.

    Raises:
        TypeError: If `dim` is not an int.
        IndexError: If there is no such dimension.
    """
    dim = int_argument("a tensor's dimensions", "dim", dim)
    size = max(ndim, 1)
    if not -size <= dim < size:
        raise IndexError(
            f"dimension {dim} is out of range: {ndim} dimensions are {-size} to {size - 1}"
        )
    return dim % size


def wrap_dims(dim: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front; None and () mean all of them.

    Raises:
        RuntimeError: If one is named twice.
    """
    if dim is None:
        return tuple(range(ndim))
    dims = [wrap_dim(each, ndim) for each in (dim if isinstance(dim, tuple | list) else (dim,))]
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"a dimension appears twice in dim={dim}")
    return tuple(sorted(dims)) if dims and ndim else tuple(range(ndim))


def new_size(function: str, size: Sequence[Any]) -> tuple[int, ...]:
    """The shape of a new tensor, given as `f(2, 3)` or as `f((2, 3))`.

    Raises:
        TypeError: If a length is not an int.
        RuntimeError: If one is negative.
    """
    lengths = size_argument(function, size)
    if min(lengths, default=0) < 0:
        raise RuntimeError(f"{function}: a length cannot be negative, got {list(lengths)}")
    return lengths


def size_argument(function: str, size: Sequence[Any]) -> tuple[int, ...]:
    """Lengths given as `f(2, 3)` or as `f((2, 3))`.

    Raises:
        TypeError: If one is not an int.
    """
    if len(size) == 1 and isinstance(size[0], tuple | list):
        size = size[0]
    if {*map(type, size)} <= {int}:
        return tuple(size)
    lengths = (
        each._array.item() if isinstance(each, Operand) and each._array.size == 1 else each
        for each in size
    )
    return tuple(int_argument(function, "a length", each) for each in lengths)


class GatherIndexError(IndexError, RuntimeError):
    """An index out of range where PyTorch raises a RuntimeError; in Python it is an IndexError."""


def check_bounds(function: str, index: Array, size: int, error: type[Exception]) -> None:
    """Raises `error` for the first element of `index` that is not in 0 to `size - 1`."""
    wrong = (index < 0) | (index >= size)
    if wrong.any():
        where = np.argwhere(wrong)[0].tolist()
        value = index[tuple(where)]
        raise error(
            f"{function}: index {value} at position {where} is out of range: valid are "
            f"0 to {size - 1}"
        )
