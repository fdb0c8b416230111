"""How an in-place operation writes into its first tensor.

The result is computed out of place, from a copy of the tensor, and then written into its memory. So
the graph keeps what the operation saved. The write is noted, so that a backward that needs what was
overwritten says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from ..autograd.grad_mode import recording
from ..core.layout import copy, write
from ..operand import Operand, T
from .arguments import tensor_argument, type_name

P = ParamSpec("P")


def check_writable(target: Operand, recorded: bool) -> None:
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


def category(tensor: Operand) -> int:
    """Bool, whole or floating: a result may be written into an equal or a wider one."""
    return {"b": 0, "i": 1, "u": 1, "f": 2}[tensor._array.dtype.kind]


def overwrite(target: T, result: Operand) -> T:
    """Writes `result` into the memory of `target`."""
    if result._array.shape != target._array.shape:
        raise RuntimeError(
            f"an in-place operation cannot change the shape: {list(target.shape)} would become "
            f"{list(result.shape)}"
        )
    if category(result) > category(target):
        raise RuntimeError(
            f"an in-place operation cannot change the type: the result is {type_name(result)}, "
            f"the tensor {type_name(target)}; compute a new tensor, or convert this one first"
        )
    check_writable(target, result._node is not None)
    write(target._array, result._array)
    target._was_overwritten(result)
    return target


def in_place(
    function: Callable[Concatenate[T, P], T],
) -> Callable[Concatenate[T, P], T]:
    """`function`, written into its first argument."""

    def method(input: T, /, *args: P.args, **kwargs: P.kwargs) -> T:
        tensor_argument(method.__name__, "input", input)
        source = input
        if recording():  # the old values may be needed for the gradient
            source = input._before_write(copy(input._array))
        return overwrite(input, function(source, *args, **kwargs))

    method.__name__ = f"{function.__name__}_"
    method.__doc__ = f"`{function.__name__}`, written into the tensor itself."
    return method
