"""Operations element by element, and comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..base import TensorBase, record
from ..core import pointwise as core
from ..core.graph import Joint, Result
from ..core.layout import laid_out, row_major
from ..dtypes import Array, Number, bool_
from .arguments import (
    cast,
    check_broadcast,
    common_type,
    floating,
    number_argument,
    number_in,
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
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
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


def _scaled(symbol: str, input: TensorBase, other: TensorBase | Number, alpha: Number) -> Tensor:
    """`alpha * other`, in the type that it has in common with `input`."""
    dtype = common_type(False, input, other)
    if isinstance(alpha, float) and not dtype.is_floating_point:
        raise RuntimeError(
            f"{symbol}: alpha={alpha} is not a whole number, but the result is {dtype.name}; "
            "call .float() on an operand"
        )
    given = other if isinstance(other, TensorBase) else number_in(symbol, other, dtype)
    return mul(cast(given, dtype), dtype.numpy.type(alpha).item())  # type: ignore[arg-type]


def _swapped(result: Result) -> Result:
    """The result of an operation whose first operand is a number, so no input of the graph."""
    value, vjps = result
    assert not isinstance(vjps, Joint)
    return value, vjps[::-1]


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
    if not isinstance(input, TensorBase):
        return add(tensor_argument("add", "other", other), input)
    if alpha != 1:
        other = _scaled("+", input, other, alpha)
    a, b, tensors = operands("+", input, other)
    return record("AddBackward0", core.add(a, b), tensors)


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
    if not isinstance(input, TensorBase):
        return rsub(tensor_argument("sub", "other", other), input)
    if alpha != 1:
        other = _scaled("-", input, other, alpha)
    a, b, tensors = operands("-", input, other)
    return record("SubBackward0", core.sub(a, b), tensors)


def rsub(input: Tensor, other: Number) -> Tensor:
    """`other - input`, for a number `other`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 1 - torch.tensor([0.25])
        tensor([0.7500])
    """
    _no_bool("-", "`~a`", input, other)
    b, a, tensors = operands("-", input, other)
    return record("RsubBackward1", _swapped(core.sub(a, b)), tensors)


def mul(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input * other`. d(ab)/da = b.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1.0, 2.0]) * 3
        tensor([3., 6.])
    """
    if not isinstance(input, TensorBase):
        return mul(tensor_argument("mul", "other", other), input)
    a, b, tensors = operands("*", input, other)
    return record("MulBackward0", core.mul(a, b), tensors)


def div(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input / other`; whole numbers become float32. d(a/b)/da = 1/b, d(a/b)/db = -a/b².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2]) / 2
        tensor([0.5000, 1.0000])
    """
    a, b, tensors = operands("/", input, other, floating=True)
    return record("DivBackward0", core.div(a, b), tensors)


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
    return TensorBase._wrap(core.elementwise(np.floor_divide, a, b))


def remainder(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input % other`, with the sign of `other`. d(a mod b)/da = 1, d/db = -floor(a / b).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([-7, 7]) % 3
        tensor([2, 1])
    """
    a, b, tensors = operands("%", input, other)
    _no_division("%", a, b)
    name = "RemainderBackward1" if isinstance(other, TensorBase) else "RemainderBackward0"
    return record(name, core.remainder(a, b), tensors)


def rfloor_divide(input: Tensor, other: Number) -> Tensor:
    """`other // input`, for a number `other`. It has no gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 7 // torch.tensor([2, 3])
        tensor([3, 2])
    """
    b, a, _ = operands("//", input, other)
    _no_division("//", a, b)
    return TensorBase._wrap(core.elementwise(np.floor_divide, a, b))


def rremainder(input: Tensor, other: Number) -> Tensor:
    """`other % input`, for a number `other`. d(a mod b)/db = -floor(a / b).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> 7 % torch.tensor([2, 4])
        tensor([1, 3])
    """
    b, a, tensors = operands("%", input, other)
    _no_division("%", a, b)
    return record("RemainderBackward2", _swapped(core.remainder(a, b)), tensors)


def _no_division(symbol: str, a: Array, divisor: Array) -> None:
    if a.dtype.kind == "b":
        raise RuntimeError(f"{symbol} is not defined for bool; use whole numbers, as with .long()")
    if divisor.dtype.kind != "f" and not divisor.all():
        raise RuntimeError(
            f"{symbol} by zero, in whole numbers; use a floating tensor for inf or nan"
        )


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
    if a.dtype.kind != "f" and not isinstance(exponent, TensorBase) and exponent < 0:
        raise RuntimeError(
            "a negative power of whole numbers would be a fraction; call .float() on the base"
        )
    name = "PowBackward1" if isinstance(exponent, TensorBase) else "PowBackward0"
    return record(name, core.pow(a, n), tensors)


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
    y, vjps = _swapped(core.pow(a, n))
    return record("PowBackward2", (row_major(y), vjps), tensors)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of two tensors; where they are equal, each gets half of the gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([3, 5])
    """
    a, b, tensors = operands("maximum", input, tensor_argument("maximum", "other", other))
    return record("MaximumBackward0", core.maximum(a, b), tensors)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of two tensors; where they are equal, each gets half of the gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))
        tensor([1, 2])
    """
    a, b, tensors = operands("minimum", input, tensor_argument("minimum", "other", other))
    return record("MinimumBackward0", core.minimum(a, b), tensors)


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
    return record("NegBackward0", core.neg(input._array), (input,))


def abs(input: Tensor) -> Tensor:
    """|x|. dy/dx = sign x, and 0 at 0.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.abs(torch.tensor([-1.5, 2.0]))
        tensor([1.5000, 2.0000])
    """
    x = tensor_argument("abs", "input", input)._array
    return record("AbsBackward0", core.abs(x), (input,))


def exp(input: Tensor) -> Tensor:
    """y = eˣ; dy/dx = y.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """
    input = floating("exp", input)  # type: ignore[assignment]
    return record("ExpBackward0", core.exp(input._array), (input,))


def log(input: Tensor) -> Tensor:
    """y = ln x; dy/dx = 1/x. ln 0 is -inf, ln of a negative number nan.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.log(torch.tensor([1.0, 0.0]))
        tensor([0., -inf])
    """
    input = floating("log", input)  # type: ignore[assignment]
    return record("LogBackward0", core.log(input._array), (input,))


def sqrt(input: Tensor) -> Tensor:
    """y = √x; dy/dx = 1/(2y).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])
    """
    input = floating("sqrt", input)  # type: ignore[assignment]
    return record("SqrtBackward0", core.sqrt(input._array), (input,))


def square(input: Tensor) -> Tensor:
    """`input ** 2`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.square(torch.tensor([3.0]))
        tensor([9.])
    """
    return pow(input, 2)


def reciprocal(input: Tensor) -> Tensor:
    """y = 1/x; dy/dx = -y².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.reciprocal(torch.tensor([4.0]))
        tensor([0.2500])
    """
    input = floating("reciprocal", input)  # type: ignore[assignment]
    return record("ReciprocalBackward0", core.reciprocal(input._array), (input,))


def sin(input: Tensor) -> Tensor:
    """y = sin x, x in radians; dy/dx = cos x.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sin(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])
    """
    input = floating("sin", input)  # type: ignore[assignment]
    return record("SinBackward0", core.sin(input._array), (input,))


def cos(input: Tensor) -> Tensor:
    """y = cos x, x in radians; dy/dx = -sin x.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.cos(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.5403])
    """
    input = floating("cos", input)  # type: ignore[assignment]
    return record("CosBackward0", core.cos(input._array), (input,))


def tanh(input: Tensor) -> Tensor:
    """y = tanh x, between -1 and 1; dy/dx = 1 - y².

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tanh(torch.tensor([-1.0, 0.0, 1.0]))
        tensor([-0.7616,  0.0000,  0.7616])
    """
    input = floating("tanh", input)  # type: ignore[assignment]
    return record("TanhBackward0", core.tanh(input._array), (input,))


def sigmoid(input: Tensor) -> Tensor:
    """y = 1 / (1 + e⁻ˣ), between 0 and 1; dy/dx = y(1 - y).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.sigmoid(torch.tensor([0.0, 100.0]))
        tensor([0.5000, 1.0000])
    """
    input = floating("sigmoid", input)  # type: ignore[assignment]
    return record("SigmoidBackward0", core.sigmoid(input._array), (input,))


def relu(input: Tensor) -> Tensor:
    """y = max(x, 0); dy/dx = 1 where x > 0, else 0. nan stays nan, and so does its gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.relu(torch.tensor([-1.0, 2.0]))
        tensor([0., 2.])
    """
    x = tensor_argument("relu", "input", input)._array
    return record("ReluBackward0", core.relu(x), (input,))


def clamp(
    input: Tensor, min: Tensor | Number | None = None, max: Tensor | Number | None = None
) -> Tensor:
    """`input`, with what is below `min` or above `max` replaced by it. dy/dx = 1 in between.

    Args:
        input: Any tensor.
        min: The least value, a number or a tensor that broadcasts; or None.
        max: The greatest value, likewise.

    Raises:
        RuntimeError: If neither is given, or a number does not fit into the tensor's type.
        TypeError: If a bound is neither a number nor a tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.clamp(torch.tensor([-2.0, 0.5, 2.0]), -1, 1)
        tensor([-1.0000,  0.5000,  1.0000])
    """
    tensor_argument("clamp", "input", input)
    if min is None and max is None:
        raise RuntimeError("clamp: neither min nor max was given; give at least one of them")
    bounds = [
        each if isinstance(each, TensorBase) else number_argument("clamp", name, each)
        for name, each in (("min", min), ("max", max))
        if each is not None
    ]
    dtype = common_type(False, input, *bounds)
    x, *given = (
        cast(each, dtype) if isinstance(each, TensorBase) else number_in("clamp", each, dtype)
        for each in (input, *bounds)
    )
    for each in given:
        check_broadcast("clamp", x._array.shape, each._array.shape)
    low = None if min is None else given[0]._array
    high = None if max is None else given[-1]._array
    by_tensors = any(isinstance(each, TensorBase) for each in bounds)
    name = f"ClampBackward{0 if by_tensors else 1}"
    return record(name, core.clamp(x._array, low, high), (x, *given))


def clone(input: Tensor) -> Tensor:
    """A copy with its own memory, connected to the graph.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.ones(1, requires_grad=True).clone()
        tensor([1.], grad_fn=<CloneBackward0>)
    """
    x = tensor_argument("clone", "input", input)._array
    return record("CloneBackward0", core.clone(x), (input,))


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
    input, other = (
        each if isinstance(each, TensorBase) else number_argument("where", name, each)
        for name, each in (("input", input), ("other", other))
    )
    dtype = common_type(False, input, other)
    first, second = (
        cast(each, dtype) if isinstance(each, TensorBase) else number_in("where", each, dtype)
        for each in (input, other)
    )
    a, b = first._array, second._array
    check_broadcast("where", a.shape, b.shape)
    check_broadcast("where", mask.shape, np.broadcast_shapes(a.shape, b.shape))
    return record("WhereBackward0", core.where(mask, a, b), (first, second))


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
    x = tensor_argument("masked_fill", "input", input)
    chosen = _mask("masked_fill", "mask", mask)
    filler: TensorBase
    if not isinstance(value, TensorBase):
        filler = number_in("masked_fill", value, x.dtype)
    elif value._array.ndim:
        raise RuntimeError(
            f"masked_fill: value must be one number, got a tensor of shape {list(value.shape)}"
        )
    else:
        filler = cast(value, x.dtype)
    check_broadcast("masked_fill", x._array.shape, chosen.shape)
    result = core.masked_fill(x._array, chosen, filler._array)
    return record("MaskedFillBackward0", result, (x, filler))


# ---- comparisons and logic: bool tensors, outside of the graph ----


def _compared(symbol: str, compare: np.ufunc, input: Tensor, other: Tensor | Number) -> Tensor:
    a, b, _ = operands(symbol, input, other)
    return TensorBase._wrap(core.elementwise(compare, a, b))


def eq(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input == other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) == 2
        tensor([False,  True, False])
    """
    return _compared("==", np.equal, input, other)


def ne(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input != other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) != 2
        tensor([ True, False,  True])
    """
    return _compared("!=", np.not_equal, input, other)


def lt(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input < other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) < 2
        tensor([ True, False, False])
    """
    return _compared("<", np.less, input, other)


def le(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input <= other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) <= 2
        tensor([ True,  True, False])
    """
    return _compared("<=", np.less_equal, input, other)


def gt(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input > other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) > 2
        tensor([False, False,  True])
    """
    return _compared(">", np.greater, input, other)


def ge(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input >= other`, element by element.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2, 3]) >= 2
        tensor([False,  True,  True])
    """
    return _compared(">=", np.greater_equal, input, other)


def _logical(function: str, combine: np.ufunc, input: Tensor, other: Tensor) -> Tensor:
    tensor_argument(function, "other", other)
    return _compared(function, combine, input, other)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """True where both elements are true (not zero). For the bits of whole numbers write `a & b`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.logical_and(torch.tensor([1, 0]), torch.tensor([2, 2]))
        tensor([ True, False])
    """
    return _logical("logical_and", np.logical_and, input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """True where either element is true (not zero).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.logical_or(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]))
        tensor([ True, False])
    """
    return _logical("logical_or", np.logical_or, input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """True where exactly one of the two elements is true (not zero).

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.logical_xor(torch.tensor([1, 0]), torch.tensor([2, 2]))
        tensor([False,  True])
    """
    return _logical("logical_xor", np.logical_xor, input, other)


def logical_not(input: Tensor) -> Tensor:
    """True where an element is zero.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.logical_not(torch.tensor([1, 0, 2]))
        tensor([False,  True, False])
    """
    x = tensor_argument("logical_not", "input", input)._array
    return TensorBase._wrap(laid_out(np.logical_not(x), x))


def _bits(symbol: str, combine: np.ufunc, input: Tensor, other: Tensor | Number) -> Tensor:
    a, b, _ = operands(symbol, input, other)
    if a.dtype.kind == "f":
        raise RuntimeError(f"{symbol} needs bool or whole numbers, got {type_name(input)}")
    return TensorBase._wrap(core.elementwise(combine, a, b))


def bitwise_and(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input & other`: both for bool tensors; the bits that both have for whole numbers.

    Raises:
        RuntimeError: For floating tensors.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1, 2, 3])
        >>> (x > 1) & (x < 3)
        tensor([False,  True, False])
    """
    return _bits("&", np.bitwise_and, input, other)


def bitwise_or(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input | other`: either for bool tensors; the bits that either has for whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.tensor([1, 2, 3])
        >>> (x < 2) | (x > 2)
        tensor([ True, False,  True])
    """
    return _bits("|", np.bitwise_or, input, other)


def bitwise_xor(input: Tensor, other: Tensor | Number) -> Tensor:
    """`input ^ other`: one of the two for bool tensors; the bits that differ for whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([True, False]) ^ True
        tensor([False,  True])
    """
    return _bits("^", np.bitwise_xor, input, other)


def bitwise_not(input: Tensor) -> Tensor:
    """`~input`: not, for a bool tensor; all bits flipped for whole numbers.

    Raises:
        TypeError: For floating tensors.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> ~torch.tensor([True, False])
        tensor([False,  True])
    """
    x = tensor_argument("~", "input", input)._array
    if x.dtype.kind == "f":
        raise TypeError(f"~ needs bool or whole numbers, got {type_name(input)}")
    return TensorBase._wrap(laid_out(np.invert(x), x))


def isnan(input: Tensor) -> Tensor:
    """Where `input` is not a number.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isnan(torch.tensor([1.0, float("nan")]))
        tensor([False,  True])
    """
    x = tensor_argument("isnan", "input", input)._array
    return TensorBase._wrap(laid_out(np.isnan(x), x))


def isinf(input: Tensor) -> Tensor:
    """Where `input` is infinite.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isinf(torch.tensor([1.0, -float("inf")]))
        tensor([False,  True])
    """
    x = tensor_argument("isinf", "input", input)._array
    return TensorBase._wrap(laid_out(np.isinf(x), x))


def isfinite(input: Tensor) -> Tensor:
    """Where `input` is neither infinite nor nan.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.isfinite(torch.tensor([1.0, float("nan")]))
        tensor([ True, False])
    """
    x = tensor_argument("isfinite", "input", input)._array
    return TensorBase._wrap(laid_out(np.isfinite(x), x))


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
