"""Matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from ..core import linalg as core
from ..dtypes import Array, Number
from ..operand import Operand, T, record
from .arguments import check_broadcast, check_broadcast_to, tensor_argument, type_name


def _check(function: str, tensors: Sequence[Operand], *ndims: int) -> None:
    """Checks that all are tensors of one dtype, and the dimensions of the last ones."""
    dtypes = {tensor_argument(function, "every operand", each)._array.dtype for each in tensors}
    if len(dtypes) > 1:
        raise RuntimeError(
            f"{function}: the operands must be of one dtype, got "
            f"{', '.join(map(type_name, tensors))}; convert one, as with .float()"
        )
    for tensor, ndim in zip(tensors[len(tensors) - len(ndims) :], ndims, strict=True):
        if tensor._array.ndim != ndim:
            raise RuntimeError(
                f"{function}: expected a {ndim}-dimensional tensor, got shape "
                f"{list(tensor._array.shape)}; matmul (@) takes any"
            )


def _check_inner(function: str, a: Array, b: Array) -> None:
    """Checks that the inner dimensions of a product agree."""
    if not a.ndim or not b.ndim:
        raise RuntimeError(f"{function}: a 0-dimensional tensor is not a matrix; multiply with *")
    inner = b.shape[-2 if b.ndim > 1 else 0]
    if a.shape[-1] != inner:
        shapes = " and ".join("x".join(map(str, each.shape)) for each in (a, b))
        raise RuntimeError(
            f"{function}: shapes {shapes} cannot be multiplied: the rows of the first have "
            f"{a.shape[-1]} elements, the columns of the second {inner}"
        )


def _matmul(function: str, name: str, input: T, other: Operand) -> T:
    a, b = input._array, other._array
    _check_inner(function, a, b)
    if a.ndim > 2 or b.ndim > 2:
        batches = f"{function} of {list(a.shape)} and {list(b.shape)}: the batches"
        check_broadcast(batches, a.shape[:-2], b.shape[:-2])
    return record(name, core.matmul(a, b), input, other)


def linear(input: T, weight: Operand, bias: Operand | None = None) -> T:
    """y = x Wᵀ + b, as one operation.

    dL/dx = G W, dL/dW = Gᵀ x, dL/db = the sum of G over all rows.

    Args:
        input: x, of shape (..., in_features).
        weight: W, of shape (out_features, in_features).
        bias: b, of shape (out_features), or None.

    Returns:
        A tensor of shape (..., out_features).

    Raises:
        TypeError: If an argument is not a tensor; an RNN returns a pair of tensors.
        RuntimeError: If the shapes do not fit or the types differ.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.functional.linear(torch.ones(1, 2), torch.tensor([[1.0, 2.0]]))
        tensor([[3.]])
    """
    x = tensor_argument("linear", "input", input)._array
    w = tensor_argument("linear", "weight", weight)._array
    rest = (weight,) if bias is None else (weight, bias)
    if x.dtype != w.dtype:
        raise RuntimeError(
            f"linear: input is {type_name(input)} and weight is {type_name(weight)}; "
            "convert the input, as with .float()"
        )
    if w.ndim != 2 or not x.ndim or x.shape[-1] != w.shape[1]:
        raise RuntimeError(
            f"linear: shape {list(x.shape)} does not fit a weight of shape {list(w.shape)}: the "
            f"input's last dimension must be in_features={w.shape[-1] if w.ndim else '?'}"
        )
    b = None if bias is None else tensor_argument("linear", "bias", bias)._array
    if bias is not None and b is not None and (b.shape != w.shape[:1] or b.dtype != x.dtype):
        raise RuntimeError(
            f"linear: bias is {type_name(bias)} of shape {list(b.shape)}; expected "
            f"{type_name(input)} and out_features={w.shape[0]}"
        )
    name = _LINEAR.get((x.ndim, bias is not None))
    name = name or ("ViewBackward0" if bias is not None else "UnsafeViewBackward0")
    return record(name, core.linear(x, w, b), input, *rest)


_LINEAR = {(2, True): "AddmmBackward0", (2, False): "MmBackward0", (1, False): "SqueezeBackward4"}
"""PyTorch's name of the backward by the input's dimensions and whether there is a bias."""

_MATMUL = {(2, 2): "MmBackward0", (2, 1): "MvBackward0", (1, 1): "DotBackward0"}
_MATMUL |= {(1, 2): "SqueezeBackward4", (2, 3): "CloneBackward0"}
"""PyTorch's name of the backward by the dimensions of the two operands."""


class Linalg(Operand):
    """Matrix products."""

    def matmul(input: Self, other: Operand) -> Self:
        """The matrix product `input @ other`. dL/dA = G Bᵀ, dL/dB = Aᵀ G.

        Args:
            input: A vector (k), a matrix (m, k), or a batch of them (..., m, k).
            other: A vector (k), a matrix (k, n), or a batch of them (..., k, n). Batches broadcast.

        Returns:
            A tensor of shape (..., m, n), without m or n where that operand was a vector.

        Raises:
            RuntimeError: If the shapes do not fit or the types differ.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([[1.0, 2.0]]) @ torch.tensor([[3.0], [4.0]])
            tensor([[11.]])
        """
        _check("matmul", (input, other))
        ranks = input._array.ndim, other._array.ndim
        return _matmul("matmul", _MATMUL.get(ranks, "UnsafeViewBackward0"), input, other)

    def mm(input: Self, mat2: Operand) -> Self:
        """The product of two matrices.

        Raises:
            RuntimeError: If an operand is not a matrix, or the shapes do not fit.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.mm(torch.eye(2), torch.tensor([[1.0], [2.0]]))
            tensor([[1.],
                    [2.]])
        """
        _check("mm", (input, mat2), 2, 2)
        return _matmul("mm", "MmBackward0", input, mat2)

    def bmm(input: Self, mat2: Operand) -> Self:
        """The products of two batches of matrices, (B, m, k) and (B, k, n), pair by pair.

        Raises:
            RuntimeError: If an operand does not have 3 dimensions, or the shapes do not fit.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.bmm(torch.ones(5, 2, 3), torch.ones(5, 3, 4)).shape
            torch.Size([5, 2, 4])
        """
        _check("bmm", (input, mat2), 3, 3)
        if len(input._array) != len(mat2._array):
            raise RuntimeError(
                f"bmm: {len(input._array)} and {len(mat2._array)} matrices; expected equal numbers"
            )
        return _matmul("bmm", "BmmBackward0", input, mat2)

    def mv(input: Self, vec: Operand) -> Self:
        """The product of a matrix and a vector.

        Raises:
            RuntimeError: If they are not a matrix and a vector that fit.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.mv(torch.eye(2), torch.tensor([1.0, 2.0]))
            tensor([1., 2.])
        """
        _check("mv", (input, vec), 2, 1)
        return _matmul("mv", "MvBackward0", input, vec)

    def dot(input: Self, other: Operand) -> Self:
        """The inner product of two vectors.

        Raises:
            RuntimeError: If they are not two vectors of one length.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.dot(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0]))
            tensor(11.)
        """
        _check("dot", (input, other), 1, 1)
        return _matmul("dot", "DotBackward0", input, other)

    def addmm(
        input: Self, mat1: Operand, mat2: Operand, *, beta: Number = 1, alpha: Number = 1
    ) -> Self:
        """`beta * input + alpha * (mat1 @ mat2)`.

        Args:
            input: A tensor that broadcasts to the product.
            mat1: A matrix (m, k).
            mat2: A matrix (k, n).
            beta: A factor for `input`.
            alpha: A factor for the product.

        Raises:
            RuntimeError: If the shapes do not fit.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.addmm(torch.ones(1), torch.eye(2), torch.eye(2))
            tensor([[2., 1.],
                    [1., 2.]])
        """
        _check("addmm", (input, mat1, mat2), 2, 2)
        c, a, b = input._array, mat1._array, mat2._array
        _check_inner("addmm", a, b)
        check_broadcast_to("addmm", c.shape, (len(a), b.shape[1]))
        return record("AddmmBackward0", core.addmm(c, a, b, beta, alpha), input, mat1, mat2)
