"""The minimal tensor: an array and its place in the graph.

`record` is the only way for an operation's result to enter the graph. The full `Tensor`, with an
operation behind every method, is built on this in `tensor.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .autograd.grad_mode import is_grad_enabled
from .core.graph import Hook, Joint, Leaf, Node, Result
from .core.layout import empty_like
from .core.versions import rewritten, tick, written
from .dtypes import FROM_NUMPY, Array, Size, dtype

if TYPE_CHECKING:
    from .tensor import Tensor


class TensorBase:
    """An array, and how it came about."""

    _array: Array

    # Defaults, held by the class because most tensors have them.
    _requires_grad: bool = False
    _node: Node | None = None  # the operation that made this tensor; None for a leaf
    _grad: Tensor | None = None
    _hooks: dict[int, Hook] | None = None  # of a leaf; other tensors' hooks are on their node
    _base: TensorBase | None = None  # the base tensor if this is a view, else None
    _since: int = 0  # when this became a view
    _viewed: bool = False  # True once a view of it exists

    _tensor_class: type[Tensor]  # what operations return; set in tensor.py

    @staticmethod
    def _wrap(array: Array, shared: TensorBase | None = None) -> Tensor:
        """A tensor of `array` outside of any graph.

        Args:
            array: Its elements.
            shared: The tensor whose memory they are in, if it has none of its own.
        """
        tensor = object.__new__(TensorBase._tensor_class)
        tensor._array = array if type(array) is np.ndarray else np.asarray(array)
        if shared is not None:
            tensor._base = shared if shared._base is None else shared._base
            tensor._since = tick()
            tensor._viewed = tensor._base._viewed = True
        return tensor

    def _note_write(self, number: int) -> None:
        """Notes a write to this tensor's memory."""
        written.note(self._array, number)

    def _is_stale(self) -> bool:
        """Whether a recorded operation has rewritten this tensor's memory through another one."""
        since = self._node.number if self._node else self._since
        return rewritten.of(self._array) > since

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return FROM_NUMPY[self._array.dtype]

    @property
    def shape(self) -> Size:
        """The length of every dimension."""
        return Size(self._array.shape)

    def accumulate_grad(self, g: Array, unshared: bool) -> None:
        """Adds `g` to `.grad`, which has memory of its own; adopts `g` if that is unshared."""
        x = self._array
        if g.shape != x.shape:
            raise AssertionError(f"a gradient of shape {g.shape} for a tensor of {self.shape}")
        if self._grad is None:
            if not (
                unshared and g.base is None and g.dtype == x.dtype and g.strides == x.strides
                and x.flags.c_contiguous
            ):
                g, given = empty_like(x), g
                g[...] = given
            self._grad = TensorBase._wrap(g)
        else:
            self._grad._array += g
            self._grad._note_write(tick())


def record(name: str, result: Result, inputs: Sequence[TensorBase], view: bool = False) -> Tensor:
    """The result of an operation as a tensor, recorded in the graph if an input requires it.

    The VJPs of inputs that require no gradient are dropped, and with them what they saved.

    Args:
        name: PyTorch's name for the operation's backward.
        result: The value, and a VJP for every input or a joint one.
        inputs: The tensors it was computed from.
        view: Whether the result shares the memory of the first input.
    """
    array, vjps = result
    output = TensorBase._wrap(array, inputs[0] if view else None)
    if not is_grad_enabled():
        return output
    if rewritten.latest:
        for each in inputs:
            if each._viewed and each._is_stale():
                raise stale(each)
    receivers: list[Node | Leaf | None] = []
    needed = 0
    for each in inputs:
        if each._requires_grad:
            needed += 1
            receivers.append(each._node or each)
        else:
            receivers.append(None)
    if not needed:
        return output
    if type(vjps) is not Joint and needed < len(vjps):
        pairs = zip(receivers, vjps, strict=False)  # a number has a VJP but is no input
        vjps = [None if to is None else vjp for to, vjp in pairs]
    output._requires_grad = True
    output._node = Node(name, vjps, receivers, array.shape)
    return output


def stale(tensor: TensorBase) -> RuntimeError:
    """The error of a tensor whose memory another one has rewritten."""
    return RuntimeError(
        f"the memory of this tensor of shape {list(tensor.shape)} was rewritten by a recorded "
        "in-place operation on another tensor that shares it (a view, or what it is a view of), so "
        "its gradient would be wrong. Write to the whole tensor by index, as `x[0] = value`, "
        "and take views after that"
    )
