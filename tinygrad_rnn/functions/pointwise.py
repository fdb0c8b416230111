"""Operations element by element, and comparisons."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from ..core import pointwise as core
from ..core.graph import Joint, Result
from ..core.layout import laid_out, row_major
from ..dtypes import Array, Number, bool_
from ..operand import Operand, T, record
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
from .writing import in_place

# ---- arithmetic ----


def _scaled(symbol: str, input: Pointwise, other: Operand | Number, alpha: Number) -> Pointwise:
    """`alpha * other`, in the type that it has in common with `input`."""
    dtype = common_type(False, input, other)
    if isinstance(alpha, float) and not dtype.is_floating_point:
        raise RuntimeError(
            f"{symbol}: alpha={alpha} is not a whole number, but the result is {dtype.name}; "
            "call .float() on an operand"
        )
    given = other if isinstance(other, Operand) else number_in(symbol, other, input, dtype)
    assert isinstance(given, Pointwise)
    return cast(given, dtype).mul(dtype.numpy.type(alpha).item())


def _swapped(result: Result) -> Result:
    """The result of an operation whose first operand is a number, so no input of the graph."""
    value, vjps = result
    assert not isinstance(vjps, Joint)
    return value, vjps[::-1]


def _second(function: str, other: object) -> Any:
    """The tensor that stands second where a number stands first."""
    return tensor_argument(function, "one of the two", other)


def _no_bool(symbol: str, instead: str, *operands: object) -> None:
    """Refuses operations that mean nothing for True and False."""
    for each in operands:
        if isinstance(each, bool) or (isinstance(each, Operand) and each.dtype is bool_):
            raise RuntimeError(f"{symbol} is not defined for bool; use {instead}")


def _no_division(symbol: str, a: Array, divisor: Array) -> None:
    if a.dtype.kind == "b":
        raise RuntimeError(f"{symbol} is not defined for bool; use whole numbers, as with .long()")
    if divisor.dtype.kind != "f" and not divisor.all():
        raise RuntimeError(
            f"{symbol} by zero, in whole numbers; use a floating tensor for inf or nan"
        )


def where(condition: Operand, input: T | Number, other: Operand | Number) -> T:
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
    chosen = [
        each if isinstance(each, Operand) else number_argument("where", name, each)
        for name, each in (("input", input), ("other", other))
    ]
    dtype = common_type(False, *chosen)
    tensors: list[Any] = [
        cast(each, dtype)
        if isinstance(each, Operand)
        else number_in("where", each, condition, dtype)
        for each in chosen
    ]
    a, b = (each._array for each in tensors)
    check_broadcast("where", a.shape, b.shape)
    check_broadcast("where", mask.shape, np.broadcast_shapes(a.shape, b.shape))
    result: T = record("WhereBackward0", core.where(mask, a, b), *tensors)
    return result


def _mask(function: str, name: str, mask: object) -> Array:
    tensor = tensor_argument(function, name, mask)
    if tensor._array.dtype.kind != "b":
        raise RuntimeError(
            f"{function}: {name} must be a bool tensor, got {type_name(tensor)}; "
            "write a comparison, as `x > 0`"
        )
    return tensor._array


def _compared(symbol: str, compare: np.ufunc, input: T, other: Operand | Number) -> T:
    a, b, x, _ = operands(symbol, input, other)
    return x._wrap(core.elementwise(compare, a, b))


def _logical(function: str, combine: np.ufunc, input: T, other: Operand) -> T:
    tensor_argument(function, "other", other)
    return _compared(function, combine, input, other)


def _bits(symbol: str, combine: np.ufunc, input: T, other: Operand | Number) -> T:
    a, b, x, _ = operands(symbol, input, other)
    if a.dtype.kind == "f":
        raise RuntimeError(f"{symbol} needs bool or whole numbers, got {type_name(input)}")
    return x._wrap(core.elementwise(combine, a, b))


class Pointwise(Operand):
    """Operations element by element, and comparisons."""

    def add(input: Self, other: Operand | Number, *, alpha: Number = 1) -> Self:
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
        if not isinstance(input, Operand):
            return _second("add", other).add(input)
        if alpha != 1:
            other = _scaled("+", input, other, alpha)
        a, b, x, rest = operands("+", input, other)
        return record("AddBackward0", core.add(a, b), x, *rest)

    def sub(input: Self, other: Operand | Number, *, alpha: Number = 1) -> Self:
        """`input - alpha * other`, with the arguments of `add`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]) - 1
            tensor([0, 1])
        """
        _no_bool("-", "`a ^ b` or `a & ~b`", input, other)
        if not isinstance(input, Operand):
            return _second("sub", other).rsub(input)
        if alpha != 1:
            other = _scaled("-", input, other, alpha)
        a, b, x, rest = operands("-", input, other)
        return record("SubBackward0", core.sub(a, b), x, *rest)

    def rsub(input: Self, other: Number) -> Self:
        """`other - input`, for a number `other`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 1 - torch.tensor([0.25])
            tensor([0.7500])
        """
        _no_bool("-", "`~a`", input, other)
        b, a, x, rest = operands("-", input, other)
        return record("RsubBackward1", _swapped(core.sub(a, b)), x, *rest)

    def mul(input: Self, other: Operand | Number) -> Self:
        """`input * other`. d(ab)/da = b.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1.0, 2.0]) * 3
            tensor([3., 6.])
        """
        if not isinstance(input, Operand):
            return _second("mul", other).mul(input)
        a, b, x, rest = operands("*", input, other)
        return record("MulBackward0", core.mul(a, b), x, *rest)

    def div(input: Self, other: Operand | Number) -> Self:
        """`input / other`; whole numbers become float32. d(a/b)/da = 1/b, d(a/b)/db = -a/b².

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]) / 2
            tensor([0.5000, 1.0000])
        """
        a, b, x, rest = operands("/", input, other, floating=True)
        return record("DivBackward0", core.div(a, b), x, *rest)

    def _rdiv(input: Self, other: Number) -> Self:
        """`other / input`, for a number `other`: the reciprocal times the number, as in PyTorch.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 1 / torch.tensor([4.0])
            tensor([0.2500])
        """
        return input.reciprocal().mul(other)

    def floor_divide(input: Self, other: Operand | Number) -> Self:
        """`input // other`, rounded towards minus infinity. It has no gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([-7, 7]) // 2
            tensor([-4,  3])
        """
        a, b, x, _ = operands("//", input, other)
        _no_division("//", a, b)
        return x._wrap(core.elementwise(np.floor_divide, a, b))

    def remainder(input: Self, other: Operand | Number) -> Self:
        """`input % other`, with the sign of `other`. d(a mod b)/da = 1, d/db = -floor(a / b).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([-7, 7]) % 3
            tensor([2, 1])
        """
        a, b, x, rest = operands("%", input, other)
        _no_division("%", a, b)
        name = "RemainderBackward1" if isinstance(other, Operand) else "RemainderBackward0"
        return record(name, core.remainder(a, b), x, *rest)

    def _rfloor_divide(input: Self, other: Number) -> Self:
        """`other // input`, for a number `other`. It has no gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 7 // torch.tensor([2, 3])
            tensor([3, 2])
        """
        b, a, x, _ = operands("//", input, other)
        _no_division("//", a, b)
        return x._wrap(core.elementwise(np.floor_divide, a, b))

    def _rremainder(input: Self, other: Number) -> Self:
        """`other % input`, for a number `other`. d(a mod b)/db = -floor(a / b).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 7 % torch.tensor([2, 4])
            tensor([1, 3])
        """
        b, a, x, rest = operands("%", input, other)
        _no_division("%", a, b)
        return record("RemainderBackward2", _swapped(core.remainder(a, b)), x, *rest)

    def pow(input: Self, exponent: Operand | Number) -> Self:
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
        if not isinstance(input, Operand):
            return _second("pow", exponent)._rpow(input)
        a, n, x, rest = operands("**", input, exponent)
        if a.dtype.kind == "b" and isinstance(exponent, Operand):
            raise RuntimeError("** is not defined for bool; use whole numbers, as with .long()")
        if a.dtype.kind != "f" and not isinstance(exponent, Operand) and exponent < 0:
            raise RuntimeError(
                "a negative power of whole numbers would be a fraction; call .float() on the base"
            )
        name = "PowBackward1" if isinstance(exponent, Operand) else "PowBackward0"
        return record(name, core.pow(a, n), x, *rest)

    def _rpow(input: Self, base: Number) -> Self:
        """`base ** input`, for a number `base`. d(aⁿ)/dn = aⁿ ln a.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 2 ** torch.tensor([0.0, 3.0])
            tensor([1., 8.])
        """
        n, a, x, rest = operands("**", input, base)
        if n.dtype.kind == "b":
            raise RuntimeError("** is not defined for bool; use whole numbers, as with .long()")
        y, vjps = _swapped(core.pow(a, n))
        return record("PowBackward2", (row_major(y), vjps), x, *rest)

    def maximum(input: Self, other: Operand) -> Self:
        """The larger of two tensors; where they are equal, each gets half of the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
            tensor([3, 5])
        """
        a, b, x, rest = operands("maximum", input, tensor_argument("maximum", "other", other))
        return record("MaximumBackward0", core.maximum(a, b), x, *rest)

    def minimum(input: Self, other: Operand) -> Self:
        """The smaller of two tensors; where they are equal, each gets half of the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))
            tensor([1, 2])
        """
        a, b, x, rest = operands("minimum", input, tensor_argument("minimum", "other", other))
        return record("MinimumBackward0", core.minimum(a, b), x, *rest)

    # ---- functions of one tensor ----

    def neg(input: Self) -> Self:
        """`-input`. dy/dx = -1.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> -torch.tensor([1, -2])
            tensor([-1,  2])
        """
        tensor_argument("neg", "input", input)
        _no_bool("-", "`~a`", input)
        return record("NegBackward0", core.neg(input._array), input)

    def abs(input: Self) -> Self:
        """|x|. dy/dx = sign x, and 0 at 0.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.abs(torch.tensor([-1.5, 2.0]))
            tensor([1.5000, 2.0000])
        """
        x = tensor_argument("abs", "input", input)._array
        return record("AbsBackward0", core.abs(x), input)

    def exp(input: Self) -> Self:
        """y = eˣ; dy/dx = y.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.exp(torch.tensor([0.0, 1.0]))
            tensor([1.0000, 2.7183])
        """
        input = floating("exp", input)
        return record("ExpBackward0", core.exp(input._array), input)

    def log(input: Self) -> Self:
        """y = ln x; dy/dx = 1/x. ln 0 is -inf, ln of a negative number nan.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.log(torch.tensor([1.0, 0.0]))
            tensor([0., -inf])
        """
        input = floating("log", input)
        return record("LogBackward0", core.log(input._array), input)

    def sqrt(input: Self) -> Self:
        """y = √x; dy/dx = 1/(2y).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sqrt(torch.tensor([4.0, 2.0]))
            tensor([2.0000, 1.4142])
        """
        input = floating("sqrt", input)
        return record("SqrtBackward0", core.sqrt(input._array), input)

    def square(input: Self) -> Self:
        """`input ** 2`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.square(torch.tensor([3.0]))
            tensor([9.])
        """
        return input.pow(2)

    def reciprocal(input: Self) -> Self:
        """y = 1/x; dy/dx = -y².

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.reciprocal(torch.tensor([4.0]))
            tensor([0.2500])
        """
        input = floating("reciprocal", input)
        return record("ReciprocalBackward0", core.reciprocal(input._array), input)

    def sin(input: Self) -> Self:
        """y = sin x, x in radians; dy/dx = cos x.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sin(torch.tensor([0.0, 1.0]))
            tensor([0.0000, 0.8415])
        """
        input = floating("sin", input)
        return record("SinBackward0", core.sin(input._array), input)

    def cos(input: Self) -> Self:
        """y = cos x, x in radians; dy/dx = -sin x.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.cos(torch.tensor([0.0, 1.0]))
            tensor([1.0000, 0.5403])
        """
        input = floating("cos", input)
        return record("CosBackward0", core.cos(input._array), input)

    def tanh(input: Self) -> Self:
        """y = tanh x, between -1 and 1; dy/dx = 1 - y².

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tanh(torch.tensor([-1.0, 0.0, 1.0]))
            tensor([-0.7616,  0.0000,  0.7616])
        """
        input = floating("tanh", input)
        return record("TanhBackward0", core.tanh(input._array), input)

    def sigmoid(input: Self) -> Self:
        """y = 1 / (1 + e⁻ˣ), between 0 and 1; dy/dx = y(1 - y).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sigmoid(torch.tensor([0.0, 100.0]))
            tensor([0.5000, 1.0000])
        """
        input = floating("sigmoid", input)
        return record("SigmoidBackward0", core.sigmoid(input._array), input)

    def relu(input: Self) -> Self:
        """y = max(x, 0); dy/dx = 1 where x > 0, else 0. nan stays nan, and so does its gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.relu(torch.tensor([-1.0, 2.0]))
            tensor([0., 2.])
        """
        x = tensor_argument("relu", "input", input)._array
        return record("ReluBackward0", core.relu(x), input)

    def clamp(
        input: Self, min: Operand | Number | None = None, max: Operand | Number | None = None
    ) -> Self:
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
            each if isinstance(each, Operand) else number_argument("clamp", name, each)
            for name, each in (("min", min), ("max", max))
            if each is not None
        ]
        dtype = common_type(False, input, *bounds)
        x = cast(input, dtype)
        given = [
            cast(each, dtype)
            if isinstance(each, Operand)
            else number_in("clamp", each, input, dtype)
            for each in bounds
        ]
        for each in given:
            check_broadcast("clamp", x._array.shape, each._array.shape)
        low = None if min is None else given[0]._array
        high = None if max is None else given[-1]._array
        by_tensors = any(isinstance(each, Operand) for each in bounds)
        name = f"ClampBackward{0 if by_tensors else 1}"
        return record(name, core.clamp(x._array, low, high), x, *given)

    def clone(input: Self) -> Self:
        """A copy with its own memory, connected to the graph.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.ones(1, requires_grad=True).clone()
            tensor([1.], grad_fn=<CloneBackward0>)
        """
        x = tensor_argument("clone", "input", input)._array
        return record("CloneBackward0", core.clone(x), input)

    def masked_fill(input: Self, mask: Operand, value: Number) -> Self:
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
        filler: Operand
        if not isinstance(value, Operand):
            filler = number_in("masked_fill", value, input)
        elif value._array.ndim:
            raise RuntimeError(
                f"masked_fill: value must be one number, got a tensor of shape {list(value.shape)}"
            )
        else:
            filler = cast(value, x.dtype)
        check_broadcast("masked_fill", x._array.shape, chosen.shape)
        result = core.masked_fill(x._array, chosen, filler._array)
        return record("MaskedFillBackward0", result, input, filler)

    def eq(input: Self, other: Operand | Number) -> Self:
        """`input == other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) == 2
            tensor([False,  True, False])
        """
        return _compared("==", np.equal, input, other)

    def ne(input: Self, other: Operand | Number) -> Self:
        """`input != other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) != 2
            tensor([ True, False,  True])
        """
        return _compared("!=", np.not_equal, input, other)

    def lt(input: Self, other: Operand | Number) -> Self:
        """`input < other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) < 2
            tensor([ True, False, False])
        """
        return _compared("<", np.less, input, other)

    def le(input: Self, other: Operand | Number) -> Self:
        """`input <= other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) <= 2
            tensor([ True,  True, False])
        """
        return _compared("<=", np.less_equal, input, other)

    def gt(input: Self, other: Operand | Number) -> Self:
        """`input > other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) > 2
            tensor([False, False,  True])
        """
        return _compared(">", np.greater, input, other)

    def ge(input: Self, other: Operand | Number) -> Self:
        """`input >= other`, element by element.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2, 3]) >= 2
            tensor([False,  True,  True])
        """
        return _compared(">=", np.greater_equal, input, other)

    def logical_and(input: Self, other: Operand) -> Self:
        """True where both elements are true (not zero). `a & b` is for bools, and for bits.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_and(torch.tensor([1, 0]), torch.tensor([2, 2]))
            tensor([ True, False])
        """
        return _logical("logical_and", np.logical_and, input, other)

    def logical_or(input: Self, other: Operand) -> Self:
        """True where either element is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_or(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]))
            tensor([ True, False])
        """
        return _logical("logical_or", np.logical_or, input, other)

    def logical_xor(input: Self, other: Operand) -> Self:
        """True where exactly one of the two elements is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_xor(torch.tensor([1, 0]), torch.tensor([2, 2]))
            tensor([False,  True])
        """
        return _logical("logical_xor", np.logical_xor, input, other)

    def logical_not(input: Self) -> Self:
        """True where an element is zero.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_not(torch.tensor([1, 0, 2]))
            tensor([False,  True, False])
        """
        x = tensor_argument("logical_not", "input", input)._array
        return input._wrap(laid_out(np.logical_not(x), x))

    def bitwise_and(input: Self, other: Operand | Number) -> Self:
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

    def bitwise_or(input: Self, other: Operand | Number) -> Self:
        """`input | other`: either for bool tensors; the bits that either has for whole numbers.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([1, 2, 3])
            >>> (x < 2) | (x > 2)
            tensor([ True, False,  True])
        """
        return _bits("|", np.bitwise_or, input, other)

    def bitwise_xor(input: Self, other: Operand | Number) -> Self:
        """`input ^ other`: one of the two for bool tensors; the bits that differ for whole numbers.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([True, False]) ^ True
            tensor([False,  True])
        """
        return _bits("^", np.bitwise_xor, input, other)

    def bitwise_not(input: Self) -> Self:
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
        return input._wrap(laid_out(np.invert(x), x))

    def isnan(input: Self) -> Self:
        """Where `input` is not a number.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isnan(torch.tensor([1.0, float("nan")]))
            tensor([False,  True])
        """
        x = tensor_argument("isnan", "input", input)._array
        return input._wrap(laid_out(np.isnan(x), x))

    def isinf(input: Self) -> Self:
        """Where `input` is infinite.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isinf(torch.tensor([1.0, -float("inf")]))
            tensor([False,  True])
        """
        x = tensor_argument("isinf", "input", input)._array
        return input._wrap(laid_out(np.isinf(x), x))

    def isfinite(input: Self) -> Self:
        """Where `input` is neither infinite nor nan.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isfinite(torch.tensor([1.0, float("nan")]))
            tensor([ True, False])
        """
        x = tensor_argument("isfinite", "input", input)._array
        return input._wrap(laid_out(np.isfinite(x), x))

    def equal(input: Self, other: Operand) -> bool:
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
        input: Self, other: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
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

    # ---- the same, written into the tensor itself ----

    abs_ = in_place(abs)
    """`abs`, written into the tensor itself."""
    add_ = in_place(add)
    """`add`, written into the tensor itself."""
    sub_ = in_place(sub)
    """`sub`, written into the tensor itself."""
    mul_ = in_place(mul)
    """`mul`, written into the tensor itself."""
    div_ = in_place(div)
    """`div`, written into the tensor itself."""
    pow_ = in_place(pow)
    """`pow`, written into the tensor itself."""
    neg_ = in_place(neg)
    """`neg`, written into the tensor itself."""
    exp_ = in_place(exp)
    """`exp`, written into the tensor itself."""
    sqrt_ = in_place(sqrt)
    """`sqrt`, written into the tensor itself."""
    tanh_ = in_place(tanh)
    """`tanh`, written into the tensor itself."""
    sigmoid_ = in_place(sigmoid)
    """`sigmoid`, written into the tensor itself."""
    relu_ = in_place(relu)
    """`relu`, written into the tensor itself."""
    clamp_ = in_place(clamp)
    """`clamp`, written into the tensor itself."""
    masked_fill_ = in_place(masked_fill)
    """`masked_fill`, written into the tensor itself."""
