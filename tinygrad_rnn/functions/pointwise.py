"""Elementwise operations and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from ..core import pointwise as core
from ..core.graph import Joint, Result
from ..core.layout import laid_out, row_major
from ..dtypes import Array, Number, bool_
from ..operand import Operand, T, record
from .arguments import (
    array_argument,
    cast,
    check_broadcast,
    floating,
    in_common_dtype,
    operands,
    scalar_argument,
    tensor_argument,
    type_name,
)
from .writing import in_place

# ---- forms that several operations have ----


def _unary(name: str, formula: Callable[[Array], Result], input: T) -> T:
    """Records a formula of one floating tensor; integers become float32 first."""
    x = floating(formula.__name__, input)
    return record(name, formula(x._array), x)


def _binary(
    symbol: str,
    name: str,
    formula: Callable[[Array, Array], Result],
    input: T | Number,
    other: Operand | Number,
    floating: bool = False,
) -> T:
    """Records a formula of two operands, one of which may be a number."""
    a, b, x, rest = operands(symbol, input, other, floating)
    result = formula(a, b)
    return record(name, result if isinstance(input, Operand) else _of_second(result), x, *rest)


def _of_second(result: Result) -> Result:
    """The result of an operation whose first operand is a number, which needs no gradient."""
    y, vjps = result
    assert not isinstance(vjps, Joint)
    return y, vjps[1:]


def _swapped(function: Callable[[Any, Any], Any]) -> Callable[[T, Number], T]:
    """`function` with its operands exchanged, as Python's reflected operators call it."""

    def method(input: T, other: Number) -> T:
        result: T = function(other, input)
        return result

    method.__name__ = f"_r{function.__name__}"
    return method


def _compared(symbol: str, compare: np.ufunc, input: T, other: Operand | Number) -> T:
    if not isinstance(input, Operand):
        tensor_argument(symbol, "the first operand", input)
    a, b, x, _ = operands(symbol, input, other)
    return x._wrap(core.elementwise(compare, a, b))


def _bits(symbol: str, combine: np.ufunc, input: T, other: Operand | Number) -> T:
    a, b, x, _ = operands(symbol, input, other)
    if a.dtype.kind == "f":
        raise RuntimeError(f"{symbol} needs bool or whole numbers, got {type_name(x)}")
    return x._wrap(core.elementwise(combine, a, b))


def _judged(function: str, judge: np.ufunc, input: T) -> T:
    x = tensor_argument(function, "input", input)._array
    return input._wrap(laid_out(judge(x), x))


def _scaled(symbol: str, input: Any, other: Any, alpha: Number) -> Pointwise:
    """`alpha * other`, in the dtype that it has in common with `input`."""
    _, b, x, _ = operands(symbol, input, other)
    if isinstance(alpha, float) and b.dtype.kind != "f":
        raise RuntimeError(
            f"{symbol}: alpha={alpha} is not a whole number, but the result is {b.dtype}; "
            "call .float() on an operand"
        )
    given = cast(other, x.dtype) if isinstance(other, Operand) else x._wrap(b)
    assert isinstance(given, Pointwise)
    return given.mul(b.dtype.type(alpha).item())


def _no_bool(symbol: str, instead: str, *operands: object) -> None:
    """Refuses operations that mean nothing for True and False."""
    for each in operands:
        if isinstance(each, bool) or (isinstance(each, Operand) and each.dtype is bool_):
            raise RuntimeError(f"{symbol} is not defined for bool; use {instead}")


def _check_division(symbol: str, a: Array, divisor: Array) -> None:
    if a.dtype.kind == "b":
        raise RuntimeError(f"{symbol} is not defined for bool; use integers, as with .long()")
    if divisor.dtype.kind != "f" and not divisor.all():
        raise RuntimeError(f"{symbol} by zero, in integers; use a floating tensor for inf or nan")


def _checked_remainder(a: Array, b: Array) -> Result:
    _check_division("%", a, b)
    return core.remainder(a, b)


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
    mask = array_argument("where", "condition", condition, "b")
    tensors: list[Any] = in_common_dtype("where", condition, input=input, other=other)
    a, b = (each._array for each in tensors)
    check_broadcast("where", a.shape, b.shape)
    check_broadcast("where", mask.shape, np.broadcast_shapes(a.shape, b.shape))
    result: T = record("WhereBackward0", core.where(mask, a, b), *tensors)
    return result


class Pointwise(Operand):
    """Elementwise operations and comparisons."""

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
        if alpha != 1:
            other = _scaled("+", input, other, alpha)
        return _binary("+", "AddBackward0", core.add, input, other)

    def sub(input: Self, other: Operand | Number, *, alpha: Number = 1) -> Self:
        """`input - alpha * other`, with the arguments of `add`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]) - 1
            tensor([0, 1])
        """
        _no_bool("-", "`a ^ b` or `a & ~b`", input, other)
        if alpha != 1:
            other = _scaled("-", input, other, alpha)
        return _binary("-", "SubBackward0", core.sub, input, other)

    def rsub(input: Self, other: Number) -> Self:
        """`other - input`, for a number `other`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> 1 - torch.tensor([0.25])
            tensor([0.7500])
        """
        _no_bool("-", "`~a`", input, other)
        return _binary("-", "RsubBackward1", core.sub, other, input)

    def mul(input: Self, other: Operand | Number) -> Self:
        """`input * other`. d(ab)/da = b.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1.0, 2.0]) * 3
            tensor([3., 6.])
        """
        return _binary("*", "MulBackward0", core.mul, input, other)

    def div(input: Self, other: Operand | Number) -> Self:
        """`input / other`; integers become float32. d(a/b)/da = 1/b, d(a/b)/db = -a/b².

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]) / 2
            tensor([0.5000, 1.0000])
        """
        return _binary("/", "DivBackward0", core.div, input, other, floating=True)

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
            >>> torch.tensor([-7, 7]) // 2, 7 // torch.tensor([2, 3])
            (tensor([-4,  3]), tensor([3, 2]))
        """
        a, b, x, _ = operands("//", input, other)
        _check_division("//", a, b)
        return x._wrap(core.elementwise(np.floor_divide, a, b))

    def remainder(input: Self, other: Operand | Number) -> Self:
        """`input % other`, with the sign of `other`. d(a mod b)/da = 1, d/db = -floor(a / b).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([-7, 7]) % 3, 7 % torch.tensor([2, 4])
            (tensor([2, 1]), tensor([1, 3]))
        """
        numbered = 2 if not isinstance(input, Operand) else int(isinstance(other, Operand))
        return _binary("%", f"RemainderBackward{numbered}", _checked_remainder, input, other)

    _rfloor_divide, _rremainder = _swapped(floor_divide), _swapped(remainder)

    def pow(input: Self, exponent: Operand | Number) -> Self:
        """`input ** exponent`. d(aⁿ)/da = n aⁿ⁻¹, d(aⁿ)/dn = aⁿ ln a.

        Args:
            input: The base.
            exponent: A tensor that broadcasts with it, or a number.

        Raises:
            RuntimeError: For an integer to a negative power.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1.0, 2.0, 3.0]) ** 2, 2 ** torch.tensor([0.0, 3.0])
            (tensor([1., 4., 9.]), tensor([1., 8.]))
        """
        a, n, x, rest = operands("**", input, exponent)
        if a.dtype.kind == "b" and isinstance(exponent, Operand):
            raise RuntimeError("** is not defined for bool; use integers, as with .long()")
        if a.dtype.kind != "f" and not isinstance(exponent, Operand) and exponent < 0:
            raise RuntimeError(
                "an integer to a negative power is a fraction; call .float() on the base"
            )
        result = core.pow(a, n)
        if not isinstance(input, Operand):
            y, vjps = _of_second(result)
            return record("PowBackward2", (row_major(y), vjps), x)
        return record("PowBackward1" if rest else "PowBackward0", result, x, *rest)

    _rpow = _swapped(pow)

    def maximum(input: Self, other: Operand) -> Self:
        """The larger of two tensors; where they are equal, each gets half of the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.maximum(torch.tensor([1, 5]), torch.tensor([3, 2]))
            tensor([3, 5])
        """
        tensor_argument("maximum", "input", input)
        tensor_argument("maximum", "other", other)
        return _binary("maximum", "MaximumBackward0", core.maximum, input, other)

    def minimum(input: Self, other: Operand) -> Self:
        """The smaller of two tensors; where they are equal, each gets half of the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.minimum(torch.tensor([1, 5]), torch.tensor([3, 2]))
            tensor([1, 2])
        """
        tensor_argument("minimum", "input", input)
        tensor_argument("minimum", "other", other)
        return _binary("minimum", "MinimumBackward0", core.minimum, input, other)

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
        return _unary("ExpBackward0", core.exp, input)

    def log(input: Self) -> Self:
        """y = ln x; dy/dx = 1/x. ln 0 is -inf, ln of a negative number nan.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.log(torch.tensor([1.0, 0.0]))
            tensor([0., -inf])
        """
        return _unary("LogBackward0", core.log, input)

    def sqrt(input: Self) -> Self:
        """y = √x; dy/dx = 1/(2y).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sqrt(torch.tensor([4.0, 2.0]))
            tensor([2.0000, 1.4142])
        """
        return _unary("SqrtBackward0", core.sqrt, input)

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
        return _unary("ReciprocalBackward0", core.reciprocal, input)

    def sin(input: Self) -> Self:
        """y = sin x, x in radians; dy/dx = cos x.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sin(torch.tensor([0.0, 1.0]))
            tensor([0.0000, 0.8415])
        """
        return _unary("SinBackward0", core.sin, input)

    def cos(input: Self) -> Self:
        """y = cos x, x in radians; dy/dx = -sin x.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.cos(torch.tensor([0.0, 1.0]))
            tensor([1.0000, 0.5403])
        """
        return _unary("CosBackward0", core.cos, input)

    def tanh(input: Self) -> Self:
        """y = tanh x, between -1 and 1; dy/dx = 1 - y².

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tanh(torch.tensor([-1.0, 0.0, 1.0]))
            tensor([-0.7616,  0.0000,  0.7616])
        """
        return _unary("TanhBackward0", core.tanh, input)

    def sigmoid(input: Self) -> Self:
        """y = 1 / (1 + e⁻ˣ), between 0 and 1; dy/dx = y(1 - y).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.sigmoid(torch.tensor([0.0, 100.0]))
            tensor([0.5000, 1.0000])
        """
        return _unary("SigmoidBackward0", core.sigmoid, input)

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
        bounds = {"min": min, "max": max}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        if not given:
            raise RuntimeError("clamp: neither min nor max was given; give at least one of them")
        x, *limits = in_common_dtype("clamp", input, input=input, **given)
        for each in limits:
            check_broadcast("clamp", x._array.shape, each._array.shape)
        low = None if min is None else limits[0]._array
        high = None if max is None else limits[-1]._array
        by_tensors = isinstance(min, Operand) or isinstance(max, Operand)
        name = f"ClampBackward{0 if by_tensors else 1}"
        return record(name, core.clamp(x._array, low, high), x, *limits)

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
        x = tensor_argument("masked_fill", "input", input)._array
        chosen = array_argument("masked_fill", "mask", mask, "b")
        filler = scalar_argument("masked_fill", value, input)
        check_broadcast("masked_fill", x.shape, chosen.shape)
        result = core.masked_fill(x, chosen, filler._array)
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
        tensor_argument("logical_and", "other", other)
        return _compared("logical_and", np.logical_and, input, other)

    def logical_or(input: Self, other: Operand) -> Self:
        """True where either element is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_or(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]))
            tensor([ True, False])
        """
        tensor_argument("logical_or", "other", other)
        return _compared("logical_or", np.logical_or, input, other)

    def logical_xor(input: Self, other: Operand) -> Self:
        """True where exactly one of the two elements is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_xor(torch.tensor([1, 0]), torch.tensor([2, 2]))
            tensor([False,  True])
        """
        tensor_argument("logical_xor", "other", other)
        return _compared("logical_xor", np.logical_xor, input, other)

    def logical_not(input: Self) -> Self:
        """True where an element is zero.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logical_not(torch.tensor([1, 0, 2]))
            tensor([False,  True, False])
        """
        return _judged("logical_not", np.logical_not, input)

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
        if isinstance(input, Operand) and input.dtype.is_floating_point:
            raise TypeError(f"~ needs bool or whole numbers, got {type_name(input)}")
        return _judged("~", np.invert, input)

    def isnan(input: Self) -> Self:
        """Where `input` is not a number.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isnan(torch.tensor([1.0, float("nan")]))
            tensor([False,  True])
        """
        return _judged("isnan", np.isnan, input)

    def isinf(input: Self) -> Self:
        """Where `input` is infinite.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isinf(torch.tensor([1.0, -float("inf")]))
            tensor([False,  True])
        """
        return _judged("isinf", np.isinf, input)

    def isfinite(input: Self) -> Self:
        """Where `input` is neither infinite nor nan.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.isfinite(torch.tensor([1.0, float("nan")]))
            tensor([ True, False])
        """
        return _judged("isfinite", np.isfinite, input)

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
