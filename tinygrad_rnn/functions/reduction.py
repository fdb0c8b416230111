"""Reductions over dimensions: sums, extremes, softmax and their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self, overload

import numpy as np

from ..core import reduction as core
from ..core.graph import Result
from ..core.layout import row_major
from ..core.pointwise import clone
from ..dtypes import Array, ReturnType, as_dtype, dtype
from ..operand import Operand, T, record
from .arguments import (
    GatherIndexError,
    array_argument,
    cast,
    floating,
    int_argument,
    tensor_argument,
    wrap_dim,
    wrap_dims,
)
from .pointwise import Pointwise

Dims = int | Sequence[int]


# ---- sums ----


def _as_dtype(function: str, input: T, wanted: dtype | None) -> T:
    """The tensor, converted if a dtype is given."""
    tensor_argument(function, "input", input)
    return input if wanted is None else cast(input, as_dtype(wanted))


def _reduced(
    name: str, formula: Callable[..., Result], input: T, dim: Dims | None, keepdim: bool
) -> T:
    """Records a formula of an array, the dimensions to reduce and whether they stay."""
    x = input._array
    return record(name, formula(x, wrap_dims(dim, x.ndim), keepdim), input)


def _spread(
    function: str,
    formula: Callable[..., Result],
    input: T,
    dim: Dims | bool | None,
    unbiased: bool,
    keepdim: bool,
    correction: int | None,
) -> T:
    x = array_argument(function, "input", input, "f")
    if isinstance(dim, bool):  # x.var(False) is PyTorch's shortest way to say unbiased=False
        unbiased, dim = dim, None
    correction = int(unbiased) if correction is None else correction
    result = formula(x, wrap_dims(dim, x.ndim), keepdim, correction)
    return record(f"{function.capitalize()}Backward0", result, input)


class _MaxPair(ReturnType):
    __slots__ = ()


class _MinPair(ReturnType):
    __slots__ = ()


class _TopkPair(ReturnType):
    __slots__ = ()


_MaxPair.__name__, _MinPair.__name__, _TopkPair.__name__ = "max", "min", "topk"


def _picked(pair: type[ReturnType], input: T, where: T, dim: int, keepdim: bool) -> ReturnType:
    """The elements at `where` along a dimension, and `where` itself."""
    x = input._array
    axis = wrap_dim(dim, x.ndim)
    result = core.take_along(x, where._array, axis, keepdim) if x.ndim else clone(x)
    return pair(record(f"{pair.__name__.capitalize()}Backward0", result, input), where)


def _position(
    function: str, find: Callable[..., Array], input: T, dim: int | None, keepdim: bool
) -> T:
    x = tensor_argument(function, "input", input)._array
    axis = None if dim is None else wrap_dim(dim, x.ndim)
    if (x.size if axis is None or not x.ndim else x.shape[axis]) == 0:
        raise IndexError(f"{function}: nothing to choose from in a tensor of shape {list(x.shape)}")
    found = find(x, axis=axis if x.ndim else None, keepdims=keepdim)
    # where the flat position was asked for, some call sites of NumPy give a plain number
    return input._wrap(row_major(np.asarray(found, np.int64)))


def _extreme(
    function: str, name: str, choose: np.ufunc, input: T, dim: Dims | None, keepdim: bool
) -> T:
    """The largest or smallest elements, which share the gradient."""
    x = tensor_argument(function, "input", input)._array
    dims = wrap_dims(dim, x.ndim)
    if 0 in [x.shape[each] for each in dims]:
        shape = list(x.shape)
        raise GatherIndexError(f"{function}: nothing to choose from, an empty tensor of {shape}")
    nan_shares = function in ("max", "min")  # the two pairs differ in nothing else
    return record(name, core.extreme(x, choose, dims, keepdim, nan_shares), input)


def _truth(
    function: str, judge: Callable[..., Array], input: T, dim: Dims | None, keepdim: bool
) -> T:
    x = tensor_argument(function, "input", input)._array
    answer = row_major(np.asarray(judge(x, axis=wrap_dims(dim, x.ndim), keepdims=keepdim)))
    return input._wrap(answer.astype(x.dtype) if x.dtype == np.uint8 else answer)


class Reduction(Pointwise):
    """Reductions over dimensions, and softmax."""

    def sum(
        input: Self, dim: Dims | None = None, keepdim: bool = False, *, dtype: dtype | None = None
    ) -> Self:
        """The sum over `dim`, added in float64. Every summand gets the gradient of its sum.

        Args:
            input: Any tensor; bool and whole numbers add up to int64.
            dim: The dimension or dimensions to sum over; None for all.
            keepdim: Whether they stay, with length 1.
            dtype: A type to convert to first.

        Raises:
            IndexError: If there is no such dimension.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
            >>> x.sum(), x.sum(0), x.sum(1, keepdim=True)
            (tensor(10.), tensor([4., 6.]), tensor([[3.],
                    [7.]]))
        """
        input = _as_dtype("sum", input, dtype)
        name = "SumBackward0" if dim is None else "SumBackward1"
        return _reduced(name, core.sum, input, dim, keepdim)

    def mean(
        input: Self, dim: Dims | None = None, keepdim: bool = False, *, dtype: dtype | None = None
    ) -> Self:
        """The mean over `dim`, with the arguments of `sum`. dy/dx = 1/n.

        Raises:
            RuntimeError: If the elements are not floating.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1.0, 2.0], [3.0, 4.0]]).mean(1)
            tensor([1.5000, 3.5000])
        """
        input = _as_dtype("mean", input, dtype)
        array_argument("mean", "input", input, "f")
        name = "MeanBackward0" if dim is None else "MeanBackward1"
        return _reduced(name, core.mean, input, dim, keepdim)

    def var(
        input: Self,
        dim: Dims | None = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Self:
        """The variance over `dim`: Σ(x - mean)² / (n - correction).

        Args:
            input: A floating tensor.
            dim: The dimension or dimensions to reduce; None for all.
            unbiased: Whether to divide by n - 1 rather than n.
            keepdim: Whether the dimensions stay, with length 1.
            correction: What to subtract from n, instead of `unbiased`.

        Raises:
            RuntimeError: If the elements are not floating.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1.0, 2.0, 4.0]).var()
            tensor(2.3333)
        """
        return _spread("var", core.var, input, dim, unbiased, keepdim, correction)

    def std(
        input: Self,
        dim: Dims | None = None,
        unbiased: bool = True,
        keepdim: bool = False,
        *,
        correction: int | None = None,
    ) -> Self:
        """The standard deviation over `dim`: the root of the variance, with the arguments of `var`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1.0, 2.0, 4.0]).std()
            tensor(1.5275)
        """
        return _spread("std", core.std, input, dim, unbiased, keepdim, correction)

    def norm(input: Self, p: float = 2, dim: Dims | None = None, keepdim: bool = False) -> Self:
        """The p-norm: (Σ|x|ᵖ)^(1/p), or the largest magnitude for p = inf.

        Args:
            input: A floating tensor.
            p: The power, 1 or more, or `float("inf")`.
            dim: The dimension or dimensions to reduce; None for all.
            keepdim: Whether they stay, with length 1.

        Raises:
            ValueError: If p is less than 1.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([3.0, 4.0]).norm()
            tensor(5.)
        """
        x = array_argument("norm", "input", input, "f")
        if isinstance(p, str) or not p >= 1:
            raise ValueError(f"norm: p must be a number, 1 or more, got {p!r}")
        result = core.norm(x, p, wrap_dims(dim, x.ndim), keepdim)
        return record("LinalgVectorNormBackward0", result, input)

    # ---- extremes ----

    @overload
    def max(input: Self) -> Self: ...

    @overload
    def max(input: Self, dim: Operand) -> Self: ...

    @overload
    def max(input: Self, dim: int, keepdim: bool = False) -> ReturnType: ...

    def max(
        input: Self, dim: int | Operand | None = None, keepdim: bool = False
    ) -> Self | ReturnType:
        """The largest element; or, along a dimension, the largest elements and where they are.

        Without `dim` the gradient is shared by all that are largest; with it, the first one has it.

        Args:
            input: Any tensor.
            dim: The dimension to reduce. A tensor here means `maximum(input, dim)`.
            keepdim: Whether the dimension stays, with length 1.

        Returns:
            A tensor; with `dim`, a named pair `(values, indices)`.

        Raises:
            RuntimeError: If there is no element to choose from.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> values, indices = torch.tensor([[0.1, 0.7], [0.9, 0.2]]).max(dim=1)
            >>> values, indices
            (tensor([0.7000, 0.9000]), tensor([1, 0]))
        """
        if isinstance(dim, Operand):
            return input.maximum(dim)
        if dim is None:
            return _extreme("max", "MaxBackward1", np.maximum, input, None, False)
        where = _position("max", np.argmax, input, dim, keepdim)
        return _picked(_MaxPair, input, where, dim, keepdim)

    @overload
    def min(input: Self) -> Self: ...

    @overload
    def min(input: Self, dim: Operand) -> Self: ...

    @overload
    def min(input: Self, dim: int, keepdim: bool = False) -> ReturnType: ...

    def min(
        input: Self, dim: int | Operand | None = None, keepdim: bool = False
    ) -> Self | ReturnType:
        """The smallest element, or the smallest along a dimension, with the arguments of `max`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([3, 1, 2]).min()
            tensor(1)
        """
        if isinstance(dim, Operand):
            return input.minimum(dim)
        if dim is None:
            return _extreme("min", "MinBackward1", np.minimum, input, None, False)
        where = _position("min", np.argmin, input, dim, keepdim)
        return _picked(_MinPair, input, where, dim, keepdim)

    def argmax(input: Self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the largest element is (the first of them), in the flat tensor without `dim`.

        Raises:
            IndexError: If there is no element to choose from.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[0.1, 0.7], [0.9, 0.2]]).argmax(dim=1)
            tensor([1, 0])
        """
        return _position("argmax", np.argmax, input, dim, keepdim)

    def argmin(input: Self, dim: int | None = None, keepdim: bool = False) -> Self:
        """Where the smallest element is, with the arguments of `argmax`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([3.0, 1.0, 2.0]).argmin()
            tensor(1)
        """
        return _position("argmin", np.argmin, input, dim, keepdim)

    def amax(input: Self, dim: Dims | None = None, keepdim: bool = False) -> Self:
        """The largest element over `dim`; all that are largest share the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1.0, 5.0], [3.0, 2.0]]).amax(0)
            tensor([3., 5.])
        """
        return _extreme("amax", "AmaxBackward0", np.maximum, input, dim, keepdim)

    def amin(input: Self, dim: Dims | None = None, keepdim: bool = False) -> Self:
        """The smallest element over `dim`; all that are smallest share the gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1.0, 5.0], [3.0, 2.0]]).amin(0)
            tensor([1., 2.])
        """
        return _extreme("amin", "AminBackward0", np.minimum, input, dim, keepdim)

    def topk(
        input: Self, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
    ) -> ReturnType:
        """The `k` largest (or smallest) elements along a dimension, in order.

        Args:
            input: Any tensor.
            k: How many.
            dim: The dimension to search.
            largest: Whether to return the largest elements or the smallest.
            sorted: Accepted as in PyTorch; the result is sorted in any case.

        Returns:
            A named pair `(values, indices)`.

        Raises:
            RuntimeError: If the dimension has fewer than `k` elements.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([5, 1, 7, 2]).topk(2).values
            tensor([7, 5])
        """
        x = tensor_argument("topk", "input", input)._array
        dim = wrap_dim(dim, x.ndim)
        length = x.shape[dim] if x.ndim else 1
        k = int_argument("topk", "k", k)
        if not 0 <= k <= length:
            raise RuntimeError(f"topk: k={k} of {length} elements along dimension {dim}")
        if not x.ndim:
            indices = np.zeros((), np.int64)
        else:  # for the largest, flipped twice, so that the first of equal elements comes first
            order = np.argsort(np.flip(x, dim) if largest else x, dim, kind="stable")
            order = length - 1 - np.flip(order, dim) if largest else order
            indices = order.take(range(k), dim).astype(np.int64)
        return _picked(_TopkPair, input, input._wrap(row_major(indices)), dim, keepdim=True)

    def all(input: Self, dim: Dims | None = None, keepdim: bool = False) -> Self:
        """Whether every element is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([True, False]).all()
            tensor(False)
        """
        return _truth("all", np.all, input, dim, keepdim)

    def any(input: Self, dim: Dims | None = None, keepdim: bool = False) -> Self:
        """Whether any element is true (not zero).

        Examples:
            >>> import tinygrad_rnn as torch
            >>> (torch.arange(3) > 1).any()
            tensor(True)
        """
        return _truth("any", np.any, input, dim, keepdim)

    # ---- softmax ----

    def logsumexp(input: Self, dim: Dims, keepdim: bool = False) -> Self:
        """y = ln Σ eˣ over `dim`, the largest x taken out first so that nothing overflows.

        dy/dx = eˣ⁻ʸ, which is the softmax.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.logsumexp(torch.tensor([1000.0, 1000.0]), 0)
            tensor(1000.6932)
        """
        input = floating("logsumexp", input)
        return _reduced("LogsumexpBackward0", core.logsumexp, input, dim, keepdim)

    def softmax(input: Self, dim: int, *, dtype: dtype | None = None) -> Self:
        """y = eˣ / Σ eˣ along `dim`: positive numbers that add up to 1.

        dL/dx = y (g - Σ g y).

        Args:
            input: A floating tensor.
            dim: The dimension along which the result adds up to 1.
            dtype: A type to convert to first.

        Raises:
            RuntimeError: If the elements are not floating.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.softmax(torch.tensor([0.0, 1.0]), dim=0)
            tensor([0.2689, 0.7311])
        """
        input = _as_dtype("softmax", input, dtype)
        x = array_argument("softmax", "input", input, "f")
        return record("SoftmaxBackward0", core.softmax(x, wrap_dim(dim, x.ndim)), input)

    def log_softmax(input: Self, dim: int, *, dtype: dtype | None = None) -> Self:
        """y = x - ln Σ eˣ along `dim`: the logarithm of `softmax`, without its loss of digits.

        dL/dx = g - eʸ Σ g.

        Args:
            input: A floating tensor.
            dim: The dimension along which the probabilities add up to 1.
            dtype: A type to convert to first.

        Raises:
            RuntimeError: If the elements are not floating.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.log_softmax(torch.tensor([0.0, 1.0]), dim=0)
            tensor([-1.3133, -0.3133])
        """
        input = _as_dtype("log_softmax", input, dtype)
        x = array_argument("log_softmax", "input", input, "f")
        return record("LogSoftmaxBackward0", core.log_softmax(x, wrap_dim(dim, x.ndim)), input)
