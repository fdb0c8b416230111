"""Operations that write into their first tensor.

Each is its out-of-place twin, computed from a fork of the tensor and then written into its
memory. The graph keeps what the twin saved; the write is noted, so that a
backward that needs what was overwritten says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import numpy as np

from ..autograd.grad_mode import recording
from ..base import TensorBase, record
from ..core import indexing as core
from ..core.arithmetic import multiply_add
from ..core.layout import copy, like, write
from ..core.shape import overwrite
from ..dtypes import Array, Number
from ..random import Generator, stream
from .arguments import as_tensor, cast, check_broadcast, number_in, tensor_argument, type_name
from .indexing import numpy_index, scatter
from .pointwise import (
    abs,
    add,
    clamp,
    div,
    exp,
    masked_fill,
    mul,
    neg,
    pow,
    relu,
    sigmoid,
    sqrt,
    sub,
    tanh,
)
from .shape import squeeze

if TYPE_CHECKING:
    from ..tensor import Tensor

P = ParamSpec("P")


def _check_writable(target: TensorBase, recorded: bool) -> None:
    """Raises a RuntimeError unless `target` may be written to."""
    owner = target if target._base is None else target._base
    if recorded and any(each._requires_grad and each._node is None for each in (target, owner)):
        raise RuntimeError(
            "an in-place operation on a leaf that requires a gradient (or on a view of one) would "
            "destroy the value the gradient belongs to; write under `with torch.no_grad():`, "
            "or compute a new tensor"
        )
    x = target._array
    repeats = x.size and any(s == 0 and n > 1 for s, n in zip(x.strides, x.shape, strict=True))
    if repeats or (owner._array.flags.writeable and not x.flags.writeable):
        raise RuntimeError(
            "this tensor repeats elements in memory (it comes from expand), so writing to it would "
            "change several at once; call .clone() first"
        )
    if not x.flags.writeable:
        raise RuntimeError("this tensor is in memory that may only be read; call .clone() first")


def _category(tensor: TensorBase) -> int:
    """Bool, whole or floating: a result may be written into an equal or a wider one."""
    return {"b": 0, "i": 1, "u": 1, "f": 2}[tensor._array.dtype.kind]


def _overwrite(target: Tensor, result: TensorBase) -> Tensor:
    """Writes `result` into the memory of `target`."""
    if result._array.shape != target._array.shape:
        raise RuntimeError(
            f"an in-place operation cannot change the shape: {list(target.shape)} would become "
            f"{list(result.shape)}"
        )
    if _category(result) > _category(target):
        raise RuntimeError(
            f"an in-place operation cannot change the type: the result is {type_name(result)}, "
            f"the tensor {type_name(target)}; compute a new tensor, or convert this one first"
        )
    _check_writable(target, result._node is not None)
    write(target._array, result._array)
    target._was_overwritten(result)
    return target


def _in_place(
    function: Callable[Concatenate[Tensor, P], Tensor],
) -> Callable[Concatenate[Tensor, P], Tensor]:
    """`function`, written into its first argument."""

    def method(input: Tensor, /, *args: P.args, **kwargs: P.kwargs) -> Tensor:
        tensor_argument(method.__name__, "input", input)
        source = input
        if recording():  # the old values may be needed for the gradient
            source = input._before_write(copy(input._array))
        return _overwrite(input, function(source, *args, **kwargs))

    method.__name__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, written into the tensor itself."
    return method


def _replaced(name: str, target: Tensor, value: TensorBase) -> Tensor:
    """Writes a value that does not depend on the old one, so no gradient goes back to that."""
    result = overwrite(target._array, value._array)
    return _overwrite(target, record(name, result, (target._before_write(target._array), value)))


def _drawn(name: str, target: Tensor, numbers: Array) -> Tensor:
    """Writes random numbers, in the order in which the elements lie in memory."""
    return _replaced(name, target, TensorBase._wrap(like(target._array, numbers)))


abs_ = _in_place(abs)
"""`abs`, written into the tensor itself."""
add_ = _in_place(add)
"""`add`, written into the tensor itself."""
sub_ = _in_place(sub)
"""`sub`, written into the tensor itself."""
mul_ = _in_place(mul)
"""`mul`, written into the tensor itself."""
div_ = _in_place(div)
"""`div`, written into the tensor itself."""
pow_ = _in_place(pow)
"""`pow`, written into the tensor itself."""
neg_ = _in_place(neg)
"""`neg`, written into the tensor itself."""
exp_ = _in_place(exp)
"""`exp`, written into the tensor itself."""
sqrt_ = _in_place(sqrt)
"""`sqrt`, written into the tensor itself."""
tanh_ = _in_place(tanh)
"""`tanh`, written into the tensor itself."""
sigmoid_ = _in_place(sigmoid)
"""`sigmoid`, written into the tensor itself."""
relu_ = _in_place(relu)
"""`relu`, written into the tensor itself."""
clamp_ = _in_place(clamp)
"""`clamp`, written into the tensor itself."""
masked_fill_ = _in_place(masked_fill)
"""`masked_fill`, written into the tensor itself."""
scatter_ = _in_place(scatter)
"""`scatter`, written into the tensor itself."""


def zero_(input: Tensor) -> Tensor:
    """Makes every element 0.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.ones(2).zero_()
        tensor([0., 0.])
    """
    zero = TensorBase._wrap(np.zeros((), tensor_argument("zero_", "input", input)._array.dtype))
    return _replaced("ZeroBackward0", input, zero)


def fill_(input: Tensor, value: Number) -> Tensor:
    """Makes every element `value`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.zeros(2).fill_(3)
        tensor([3., 3.])
    """
    tensor_argument("fill_", "input", input)
    if isinstance(value, TensorBase) and value._array.ndim:
        raise RuntimeError(
            f"fill_: the value must be one number, got a tensor of shape {list(value.shape)}"
        )
    if isinstance(value, TensorBase):
        return _replaced("FillBackward1", input, cast(value, input.dtype))
    return _replaced("FillBackward2", input, number_in("fill_", value, input.dtype))


def copy_(input: Tensor, src: Tensor) -> Tensor:
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
    _check_fits("copy_", source._array.shape, input._array.shape)
    return _replaced("CopyBackwards", input, source)


def uniform_(
    input: Tensor, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fills with random numbers, evenly spread from `from_` to `to`.

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
    dtype = _floating_dtype("uniform_", input)
    if not from_ <= to:
        raise RuntimeError(f"uniform_: from={from_} is above to={to}")
    low, span = dtype.type(from_), dtype.type(to) - dtype.type(from_)
    numbers = multiply_add(stream(generator).uniform(input._array.size, dtype), span, low)
    return _drawn("UniformBackward0", input, numbers)


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
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
    dtype = _floating_dtype("normal_", input)
    if not std >= 0:
        raise RuntimeError(f"normal_: std must not be negative, got {std}")
    x = input._array
    numbers = stream(generator).normal(x.size, dtype, blocks=x.flags.c_contiguous)
    return _drawn("NormalBackward0", input, numbers * dtype.type(std) + dtype.type(mean))


def _floating_dtype(function: str, input: Tensor) -> np.dtype[Any]:
    kind = tensor_argument(function, "input", input)._array.dtype
    if kind.kind != "f":
        raise RuntimeError(f"{function} fills floating tensors, not {type_name(input)} ones")
    return kind


def bernoulli_(input: Tensor, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fills with ones, each with probability `p`, and zeros.

    Args:
        input: Any tensor.
        p: The probability, from 0 to 1.
        generator: Where the numbers come from; None for the one that `manual_seed` seeds.

    Raises:
        RuntimeError: If `p` is no probability.

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


def _check_fits(function: str, shape: tuple[int, ...], place: tuple[int, ...]) -> None:
    """Raises a RuntimeError unless a value of this shape broadcasts to the place."""
    check_broadcast(function, shape, place)
    if np.broadcast_shapes(shape, place) != place:
        raise RuntimeError(
            f"{function}: a value of shape {list(shape)} does not fit into a place of shape "
            f"{list(place)}"
        )


def _fills(where: tuple[Any, ...], value: TensorBase) -> bool:
    """Whether one number is written where masks say, which converts it, as in PyTorch."""
    arrays = [each for each in where if isinstance(each, np.ndarray)]
    return value._array.size == 1 and all(each.dtype.kind == "b" for each in arrays)


def setitem(input: Tensor, index: Any, value: Tensor | Number) -> None:
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
        value = TensorBase._wrap(value.astype(input._array.dtype))
    if not isinstance(value, TensorBase):
        source: TensorBase = number_in("an assignment", value, input.dtype)
    elif where and value.dtype is not input.dtype and not _fills(where, value):
        raise RuntimeError(
            f"a value of {type_name(value)} for a {type_name(input)} tensor indexed by tensors or "
            f"lists; convert it, as with .to(torch.{type_name(input)})"
        )
    else:
        source = cast(value, input.dtype)
    try:
        view = input._array[(*ints, ...)]
        place = view if where is None else view[where]
    except IndexError as error:
        raise IndexError(f"{error} (a tensor of shape {list(input.shape)})") from None
    while source._array.ndim > place.ndim and source._array.shape[0] == 1:
        source = squeeze(as_tensor(source), 0)
    _check_fits("an assignment", source._array.shape, place.shape)
    result = record(
        "CopySlices" if where is None else "IndexPutBackward0",
        core.put(input._array, ints, where or (), source._array),
        (input._before_write(input._array), source),
    )
    _check_writable(input, result._node is not None)
    view[where or ()] = source._array
    input._was_overwritten(result)
