"""Operations element by element, and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic import quiet, rounded, unbroadcast
from ..base import TensorBase, record
from ..dtypes import Array, Number, bool_
from .arguments import (
    cast,
    check_broadcast,
    common_type,
    floating,
    number_argument,
    operands,
    tensor_argument,
    type_name,
)

if TYPE_CHECKING:
    from ..tensor import Tensor

__all__ = [
    "abs",
    "add",
    "allclose",
    "clamp",
    "clone",
    "cos",
    "div",
    "eq",
    "equal",
    "exp",
    "ge",
    "gt",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "lt",
    "masked_fill",
    "maximum",
    "minimum",
    "mul",
    "ne",
    "neg",
    "pow",
    "reciprocal",
    "relu",
    "sigmoid",
    "sin",
    "sqrt",
    "square",
    "sub",
    "tanh",
    "where",
]

# ---- arithmetic ----


def add(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """`input + alpha * other`. The gradient passes through.

    Args:
        input: The first operand.
        other: A tensor that broadcasts with it, or a number.
        alpha: A factor for `other`.

    Raises:
        RuntimeError: If the shapes do not broadcast.
        TypeError: If `other` is neither a tensor nor a number.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1.0, 2.0]) + torch.tensor([[10.0], [20.0]])
        tensor([[11., 12.],
                [21., 22.]])
    """
    if alpha != 1:
        other = other * alpha
    a, b, tensors = operands("+", input, other)
    a_shape, b_shape = a.shape, b.shape
    return record(
        "AddBackward0",
        np.add(a, b),
        tensors,
        (lambda g: unbroadcast(g, a_shape), lambda g: unbroadcast(g, b_shape)),
    )


def _no_bool(symbol: str, instead: str, *operands: object) -> None:
    """Refuses operations that mean nothing for True and False."""
    for each in operands:
        if isinstance(each, bool) or (isinstance(each, TensorBase) and each.dtype is bool_):
            raise RuntimeError(f"{symbol} is not defined for bool; use {instead}")


def sub(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """`input - alpha * other`, with the arguments of `add`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2]) - 1
        tensor([0, 1])
    """
    _no_bool("-", "`a ^ b` or `a & ~b`", input, other)
    if alpha != 1:
        other = other * alpha
    a, b, tensors = operands("-", input, other)
    a_shape, b_shape = a.shape, b.shape
    return record(
        "SubBackward0",
        np.subtract(a, b),
        tensors,
        (lambda g: unbroadcast(g, a_shape), lambda g: unbroadcast(-g, b_shape)),
    )


def rsub(input: Tensor, other: Number) -> Tensor:
    """`other - input`, for a number `other`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 1 - torch.tensor([0.25])
        tensor([0.7500])
    """
    _no_bool("-", "`~a`", input, other)
    a, b, tensors = operands("-", input, other)
    return record("RsubBackward1", np.subtract(b, a), tensors, (lambda g: -g,))


def mul(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input * other`. d(ab)/da = b.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1.0, 2.0]) * 3
        tensor([3., 6.])
    """
    a, b, tensors = operands("*", input, other)
    a_shape, b_shape = a.shape, b.shape
    return record(
        "MulBackward0",
        np.multiply(a, b),
        tensors,
        (lambda g: unbroadcast(g * b, a_shape), lambda g: unbroadcast(g * a, b_shape)),
    )


@quiet
def div(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input / other`; whole numbers become float32. d(a/b)/da = 1/b, d(a/b)/db = -a/b².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2]) / 2
        tensor([0.5000, 1.0000])
    """
    a, b, tensors = operands("/", input, other, floating=True)
    a_shape, b_shape = a.shape, b.shape
    return record(
        "DivBackward0",
        np.divide(a, b),
        tensors,
        (lambda g: unbroadcast(g / b, a_shape), lambda g: unbroadcast(-g * a / (b * b), b_shape)),
    )


def rdiv(input: Tensor, other: Number) -> Tensor:
    """`other / input`, for a number `other`: the reciprocal times the number, as in PyTorch.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 1 / torch.tensor([4.0])
        tensor([0.2500])
    """
    return mul(reciprocal(input), other)


def floor_divide(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input // other`, rounded towards minus infinity. It has no gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([-7, 7]) // 2
        tensor([-4,  3])
    """
    a, b, _ = operands("//", input, other)
    _no_division("//", a, b)
    return TensorBase._wrap(np.floor_divide(a, b))


def remainder(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input % other`, with the sign of `other`. d(a mod b)/da = 1, d/db = -floor(a / b).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([-7, 7]) % 3
        tensor([2, 1])
    """
    a, b, tensors = operands("%", input, other)
    _no_division("%", a, b)
    a_shape, b_shape = a.shape, b.shape
    return record(
        "RemainderBackward1" if isinstance(other, TensorBase) else "RemainderBackward0",
        np.remainder(a, b),
        tensors,
        (
            lambda g: unbroadcast(g, a_shape),
            lambda g: unbroadcast(-g * np.floor_divide(a, b), b_shape),
        ),
    )


def rfloor_divide(input: Tensor, other: Number) -> Tensor:
    """`other // input`, for a number `other`. It has no gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 7 // torch.tensor([2, 3])
        tensor([3, 2])
    """
    b, a, _ = operands("//", input, other)
    _no_division("//", a, b)
    return TensorBase._wrap(np.floor_divide(a, b))


def rremainder(input: Tensor, other: Number) -> Tensor:
    """`other % input`, for a number `other`. d(a mod b)/db = -floor(a / b).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 7 % torch.tensor([2, 4])
        tensor([1, 3])
    """
    b, a, tensors = operands("%", input, other)
    _no_division("%", a, b)
    y = np.remainder(a, b)
    return record("RemainderBackward2", y, tensors, (lambda g: -g * np.floor_divide(a, b),))


def _no_division(symbol: str, a: Array, divisor: Array) -> None:
    if a.dtype.kind == "b":
        raise RuntimeError(f"{symbol} is not defined for bool; use whole numbers, as with .long()")
    if divisor.dtype.kind != "f" and not divisor.all():
        raise RuntimeError(
            f"{symbol} by zero, in whole numbers; use a floating tensor for inf or nan"
        )


@quiet
def pow(input: Tensor | Number, exponent: Tensor | Number) -> Tensor:
    """`input ** exponent`. d(aⁿ)/da = n aⁿ⁻¹, d(aⁿ)/dn = aⁿ ln a.

    Args:
        input: The base.
        exponent: A tensor that broadcasts with it, or a number.

    Raises:
        RuntimeError: For a negative power of whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1.0, 2.0, 3.0]) ** 2
        tensor([1., 4., 9.])
    """
    if not isinstance(input, TensorBase):
        return rpow(tensor_argument("pow", "exponent", exponent), input)  # type: ignore[arg-type]
    a, n, tensors = operands("**", input, exponent)
    if a.dtype.kind == "b" and isinstance(exponent, TensorBase):
        raise RuntimeError("** is not defined for bool; use whole numbers, as with .long()")
    if a.dtype.kind != "f" and (n < 0).any():
        raise RuntimeError(
            "a negative power of whole numbers would be a fraction; call .float() on the base"
        )
    name = "PowBackward1" if isinstance(exponent, TensorBase) else "PowBackward0"
    y = _power(a, n)
    a_shape, n_shape = a.shape, n.shape

    def by_base(g: Array) -> Array:
        slope = n * _power(a, n - 1)
        return unbroadcast(g * np.where(n == 0, 0, slope).astype(g.dtype, copy=False), a_shape)

    def by_exponent(g: Array) -> Array:
        return unbroadcast(g * _exponent_slope(a, n, y), n_shape)

    return record(name, y, tensors, (by_base, by_exponent))


def _exponent_slope(a: Array, n: Array, y: Array) -> Array:
    """d(aⁿ)/dn = aⁿ ln a, and 0 for 0ⁿ."""
    return np.where((a == 0) & (n >= 0), 0, y * np.log(a)).astype(y.dtype, copy=False)


def _power(a: Array, n: Array) -> Array:
    if a.dtype == np.float32:
        return np.asarray(np.power(a, n, dtype=np.float64), np.float32)
    return np.asarray(np.power(a, n), a.dtype)


@quiet
def rpow(input: Tensor, base: Number) -> Tensor:
    """`base ** input`, for a number `base`. d(aⁿ)/dn = aⁿ ln a.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 2 ** torch.tensor([0.0, 3.0])
        tensor([1., 8.])
    """
    n, a, tensors = operands("**", input, base)
    if n.dtype.kind == "b":
        raise RuntimeError("** is not defined for bool; use whole numbers, as with .long()")
    y = _power(a, n)
    return record("PowBackward2", y, tensors, (lambda g: g * _exponent_slope(a, n, y),))


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two tensors; where they are equal, each gets half of the gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([3, 5])
    """
    return _extremum("MaximumBackward0", np.maximum, np.greater, input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two tensors; where they are equal, each gets half of the gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([1, 2])
    """
    return _extremum("MinimumBackward0", np.minimum, np.less, input, other)


def _extremum(
    name: str, choose: np.ufunc, better: np.ufunc, input: Tensor, other: Tensor
) -> Tensor:
    other_tensor = tensor_argument(choose.__name__, "other", other)
    a, b, tensors = operands(choose.__name__, input, other_tensor)
    a_shape, b_shape = a.shape, b.shape

    def share(g: Array, mine: Array, theirs: Array) -> Array:
        either_nan = np.isnan(mine) | np.isnan(theirs)
        part: Array = (better(mine, theirs) | either_nan) + 0.5 * (mine == theirs)
        mine_of_it: Array = g * part.astype(g.dtype)
        return mine_of_it

    return record(
        name,
        choose(a, b),
        tensors,
        (
            lambda g: unbroadcast(share(g, a, b), a_shape),
            lambda g: unbroadcast(share(g, b, a), b_shape),
        ),
    )


# ---- functions of one tensor ----


def neg(input: Tensor) -> Tensor:
    """`-input`. dy/dx = -1.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> -torch.tensor([1, -2])
        tensor([-1,  2])
    """
    tensor_argument("neg", "input", input)
    _no_bool("-", "`~a`", input)
    return record("NegBackward0", np.negative(input._array), (input,), (lambda g: -g,))


def abs(input: Tensor) -> Tensor:
    """|x|. dy/dx = sign x, and 0 at 0.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.abs(torch.tensor([-1.5, 2.0]))
        tensor([1.5000, 2.0000])
    """
    x = tensor_argument("abs", "input", input)._array
    return record("AbsBackward0", np.abs(x), (input,), (lambda g: g * np.sign(x),))


@quiet
def exp(input: Tensor) -> Tensor:
    """y = eˣ; dy/dx = y.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    input = floating("exp", input)  # type: ignore[assignment]
    y = rounded(np.exp, input._array)
    return record("ExpBackward0", y, (input,), (lambda g: g * y,))


@quiet
def log(input: Tensor) -> Tensor:
    """y = ln x; dy/dx = 1/x. ln 0 is -inf, ln of a negative number nan.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.log(torch.tensor([1.0, 0.0]))
        tensor([0., -inf])
    """
    input = floating("log", input)  # type: ignore[assignment]
    x = input._array
    return record("LogBackward0", rounded(np.log, x), (input,), (lambda g: g / x,))


@quiet
def sqrt(input: Tensor) -> Tensor:
    """y = √x; dy/dx = 1/(2y).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])
    """
    input = floating("sqrt", input)  # type: ignore[assignment]
    y = np.sqrt(input._array)
    return record("SqrtBackward0", y, (input,), (lambda g: g / (2 * y),))


def square(input: Tensor) -> Tensor:
    """`input ** 2`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.square(torch.tensor([3.0]))
        tensor([9.])
    """
    return pow(input, 2)


@quiet
def reciprocal(input: Tensor) -> Tensor:
    """y = 1/x; dy/dx = -y².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.reciprocal(torch.tensor([4.0]))
        tensor([0.2500])
    """
    input = floating("reciprocal", input)  # type: ignore[assignment]
    y = np.reciprocal(input._array)
    return record("ReciprocalBackward0", y, (input,), (lambda g: -g * y * y,))


def sin(input: Tensor) -> Tensor:
    """y = sin x, x in radians; dy/dx = cos x.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """
    input = floating("sin", input)  # type: ignore[assignment]
    x = input._array
    return record("SinBackward0", rounded(np.sin, x), (input,), (lambda g: g * rounded(np.cos, x),))


def cos(input: Tensor) -> Tensor:
    """y = cos x, x in radians; dy/dx = -sin x.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.cos(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """
    input = floating("cos", input)  # type: ignore[assignment]
    x = input._array
    return record(
        "CosBackward0", rounded(np.cos, x), (input,), (lambda g: -g * rounded(np.sin, x),)
    )


def tanh(input: Tensor) -> Tensor:
    """y = tanh x, between -1 and 1; dy/dx = 1 - y².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tanh(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.7616,  0.0000,  0.7616])
    """
    input = floating("tanh", input)  # type: ignore[assignment]
    y = rounded(np.tanh, input._array)
    return record("TanhBackward0", y, (input,), (lambda g: g * (1 - y * y),))


def sigmoid(input: Tensor) -> Tensor:
    """y = 1 / (1 + e⁻ˣ), between 0 and 1; dy/dx = y(1 - y).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sigmoid(torch.tensor([0.0, 100.0]))
        tensor([0.5000, 1.0000])
    """
    input = floating("sigmoid", input)  # type: ignore[assignment]
    x = input._array
    half = x.dtype.type(0.5)
    y = half * (1 + rounded(np.tanh, half * x))  # the same function, and it cannot overflow
    return record("SigmoidBackward0", y, (input,), (lambda g: g * y * (1 - y),))


def relu(input: Tensor) -> Tensor:
    """y = max(x, 0); dy/dx = 1 where x > 0, else 0. nan stays nan, and so does its gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    x = tensor_argument("relu", "input", input)._array
    y = np.maximum(x, 0)
    return record("ReluBackward0", y, (input,), (lambda g: g * ~(y <= 0),))


def clamp(input: Tensor, min: Number | None = None, max: Number | None = None) -> Tensor:
    """`input`, with what is below `min` or above `max` replaced by it. dy/dx = 1 in between.

    Args:
        input: Any tensor.
        min: The least value, or None.
        max: The greatest value, or None.

    Raises:
        RuntimeError: If neither is given.
        TypeError: If a bound is not a number.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.5, 2.0]), -1, 1)
        tensor([-1.0000,  0.5000,  1.0000])
    """
    tensor_argument("clamp", "input", input)
    if min is None and max is None:
        raise RuntimeError("clamp: neither min nor max was given; give at least one of them")
    for name, bound in (("min", min), ("max", max)):
        if bound is not None and not isinstance(bound, bool | int | float):
            raise TypeError(f"clamp: {name} must be a number, got {type(bound).__name__}")
    if isinstance(min, float) or isinstance(max, float):
        input = floating("clamp", input)  # type: ignore[assignment]
    x = input._array
    low, high = (None if each is None else x.dtype.type(each) for each in (min, max))
    y = x if low is None else np.maximum(x, low)
    y = y if high is None else np.minimum(y, high)

    def inside(g: Array) -> Array:
        kept = np.ones(x.shape, np.bool_)
        if low is not None:
            kept &= x >= low
        if high is not None:
            kept &= x <= high
        return g * kept

    return record("ClampBackward1", y, (input,), (inside,))


def clone(input: Tensor) -> Tensor:
    """A copy with its own memory, connected to the graph.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.ones(1, requires_grad=True).clone()
        tensor([1.], grad_fn=<CloneBackward0>)
    """
    x = tensor_argument("clone", "input", input)._array
    return record("CloneBackward0", x.copy(), (input,), (lambda g: g,))


# ---- choices ----


def where(condition: Tensor, input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """`input` where `condition` is True, else `other`.

    Args:
        condition: A bool tensor; the three broadcast.
        input: Taken where True: a tensor or a number.
        other: Taken where False: a tensor or a number.

    Raises:
        TypeError: If `condition` is not a tensor.
        RuntimeError: If it is not a bool tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([-1.0, 2.0])
        >>> torch.where(x > 0, x, 0.0)
        tensor([0., 2.])
    """
    mask = _mask("where", "condition", condition)
    if not isinstance(input, TensorBase):
        input = number_argument("where", "input", input)
    if not isinstance(other, TensorBase):
        other = number_argument("where", "other", other)
    kind = common_type(False, input, other)
    first, second = (
        cast(each, kind)
        if isinstance(each, TensorBase)
        else TensorBase._wrap(np.asarray(each, kind.numpy))
        for each in (input, other)
    )
    a, b = first._array, second._array
    check_broadcast("where", a.shape, b.shape)
    check_broadcast("where", mask.shape, np.broadcast_shapes(a.shape, b.shape))
    a_shape, b_shape = a.shape, b.shape
    y = np.where(mask, a, b)
    return record(
        "WhereBackward0",
        y,
        (first, second),
        (
            lambda g: unbroadcast(np.where(mask, g, 0).astype(g.dtype, copy=False), a_shape),
            lambda g: unbroadcast(np.where(mask, 0, g).astype(g.dtype, copy=False), b_shape),
        ),
    )


def _mask(function: str, name: str, mask: object) -> Array:
    tensor = tensor_argument(function, name, mask)
    if tensor._array.dtype.kind != "b":
        raise RuntimeError(
            f"{function}: {name} must be a bool tensor, got {type_name(tensor)}; "
            "write a comparison, as `x > 0`"
        )
    return tensor._array


def masked_fill(input: Tensor, mask: Tensor, value: Number) -> Tensor:
    """`input` with `value` where `mask` is True; no gradient comes from there.

    Raises:
        RuntimeError: If `mask` is not a bool tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1.0, 2.0])
        >>> x.masked_fill(x > 1, 0.0)
        tensor([1., 0.])
    """
    chosen = _mask("masked_fill", "mask", mask)
    if isinstance(value, TensorBase) and value._array.ndim:
        raise RuntimeError(
            f"masked_fill: value must be one number, got a tensor of shape {list(value.shape)}"
        )
    x, filler, tensors = operands("masked_fill", input, value)
    check_broadcast("masked_fill", x.shape, chosen.shape)
    x_shape = x.shape
    y = np.where(chosen, filler, x)
    return record(
        "MaskedFillBackward0",
        y,
        tensors,
        (
            lambda g: unbroadcast(np.where(chosen, 0, g).astype(g.dtype, copy=False), x_shape),
            lambda g: unbroadcast(np.where(chosen, g, 0).astype(g.dtype, copy=False), ()),
        ),
    )


# ---- comparisons and logic: bool tensors, outside of the graph ----


def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input == other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) == 2
        tensor([False,  True, False])
    """
    a, b, _ = operands("==", input, other)
    return TensorBase._wrap(np.equal(a, b))


def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input != other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) != 2
        tensor([ True, False,  True])
    """
    a, b, _ = operands("!=", input, other)
    return TensorBase._wrap(np.not_equal(a, b))


def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input < other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) < 2
        tensor([ True, False, False])
    """
    a, b, _ = operands("<", input, other)
    return TensorBase._wrap(np.less(a, b))


def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input <= other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) <= 2
        tensor([ True,  True, False])
    """
    a, b, _ = operands("<=", input, other)
    return TensorBase._wrap(np.less_equal(a, b))


def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input > other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) > 2
        tensor([False, False,  True])
    """
    a, b, _ = operands(">", input, other)
    return TensorBase._wrap(np.greater(a, b))


def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input >= other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) >= 2
        tensor([False,  True,  True])
    """
    a, b, _ = operands(">=", input, other)
    return TensorBase._wrap(np.greater_equal(a, b))


def _bits(symbol: str, combine: np.ufunc, input: Tensor, other: Tensor | Number) -> Tensor:
    a, b, _ = operands(symbol, input, other)
    if a.dtype.kind == "f":
        raise RuntimeError(f"{symbol} needs bool or whole numbers, got {type_name(input)}")
    return TensorBase._wrap(combine(a, b))


def logical_and(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input & other` for bool tensors; the bits of both for whole numbers.

    Raises:
        RuntimeError: For floating tensors.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1, 2, 3])
        >>> (x > 1) & (x < 3)
        tensor([False,  True, False])
    """
    return _bits("&", np.bitwise_and, input, other)


def logical_or(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input | other` for bool tensors; the bits of either for whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1, 2, 3])
        >>> (x < 2) | (x > 2)
        tensor([ True, False,  True])
    """
    return _bits("|", np.bitwise_or, input, other)


def logical_xor(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input ^ other` for bool tensors; the bits in which they differ for whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([True, False]) ^ True
        tensor([False,  True])
    """
    return _bits("^", np.bitwise_xor, input, other)


def logical_not(input: Tensor) -> Tensor:
    """`~input` for a bool tensor; all bits flipped for whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> ~torch.tensor([True, False])
        tensor([False,  True])
    """
    x = tensor_argument("~", "input", input)._array
    if x.dtype.kind == "f":
        raise TypeError(f"~ needs bool or whole numbers, got {type_name(input)}")
    return TensorBase._wrap(np.invert(x))


def isnan(input: Tensor) -> Tensor:
    """Where `input` is not a number.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isnan(torch.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    return TensorBase._wrap(np.isnan(tensor_argument("isnan", "input", input)._array))


def isinf(input: Tensor) -> Tensor:
    """Where `input` is infinite.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isinf(torch.tensor([1.0, -float("inf")]))
        tensor([False,  True])
    """
    return TensorBase._wrap(np.isinf(tensor_argument("isinf", "input", input)._array))


def isfinite(input: Tensor) -> Tensor:
    """Where `input` is neither infinite nor nan.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isfinite(torch.tensor([1.0, float("nan")]))
        tensor([ True, False])
    """
    return TensorBase._wrap(np.isfinite(tensor_argument("isfinite", "input", input)._array))


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and the same elements.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.equal(torch.zeros(2), torch.zeros(2))
        True
    """
    a = tensor_argument("equal", "input", input)._array
    b = tensor_argument("equal", "other", other)._array
    return a.shape == b.shape and bool((a == b).all())


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether |input - other| <= atol + rtol |other| holds everywhere.

    Args:
        input: The first tensor.
        other: The second, which broadcasts with it and is of the same type.
        rtol: Tolerated difference, relative to `other`.
        atol: Tolerated difference.
        equal_nan: Whether two nans count as close.

    Raises:
        RuntimeError: If the types differ.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.allclose(torch.tensor([1.0]), torch.tensor([1.0 + 1e-6]))
        True
    """
    a = tensor_argument("allclose", "input", input)
    b = tensor_argument("allclose", "other", other)
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(f"allclose: the types differ: {type_name(a)} and {type_name(b)}")
    check_broadcast("allclose", a._array.shape, b._array.shape)
    return bool(np.allclose(a._array, b._array, rtol, atol, equal_nan))
