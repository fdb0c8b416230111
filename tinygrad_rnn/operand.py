"""The minimal tensor: an array and its autograd state.

`record` is the only function that enters the result of an operation into the graph. The class
`Tensor` in `tensor.py` adds the operations as methods.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from .autograd.grad_mode import recording
from .core.graph import UNNEEDED, Hook, Joint, Leaf, Node, Result
from .core.indexing import view_of, write_through
from .core.layout import empty_like
from .core.versions import tick, written
from .dtypes import FROM_NUMPY, Array, Size, dtype

T = TypeVar("T", bound="Operand")


class Operand:
    """An array and its autograd state."""

    _array: Array

    # Defaults of the class, because most tensors have them.
    _requires_grad: bool = False
    _node: Node | None = None  # the operation that computed this tensor; None for a leaf
    _grad: Any = None  # a tensor of the same shape, or None
    _hooks: dict[int, Hook] | None = None  # of a leaf; those of other tensors are on their node
    _base: Operand | None = None  # the base tensor if this is a view, else None
    _since: int = 0  # when this became a view of the current version of its base
    _viewed: bool = False  # True once a view of it exists
    _rewritten: int = 0  # when a recorded operation last wrote to this base

    _latest_rewritten: int = 0  # of all bases

    def _wrap(self: T, array: Array) -> T:
        """A tensor of `array` outside any graph; implemented by `Tensor`."""
        raise NotImplementedError

    def _become_view_of(self, shared: Operand) -> None:
        """Notes that this tensor is in the memory of another one."""
        base = shared._base
        if base is None or (shared._node is None and shared._requires_grad):
            base = shared
        self._base, self._since = base, tick()
        self._viewed = base._viewed = True

    def _note_write(self, number: int) -> None:
        """Notes a write to this tensor's memory that was not recorded."""
        written.note(self._array, number)

    def _follow_base(self) -> None:
        """If a recorded operation has written to this view's base, updates the node of the view."""
        base = self._base
        if base is None or base._rewritten <= self._since:
            return
        self._since = tick()
        if self._node or not self._requires_grad:  # a leaf of its own stays one
            self._became(self._node_of_view(base))

    def _node_of_view(self, base: Operand) -> Node:
        _, vjps = view_of(base._array, self._array)
        return Node("AsStridedBackward0", vjps, [base._node], self._array.shape)

    def _before_write(self: T, values: Array) -> T:
        """A tensor of the `values` and the node that this tensor has before it is written to.

        For a view, the node is derived from its base, as in PyTorch: the view's hooks do not run.
        """
        self._follow_base()
        before = self._wrap(values)
        base = self._base
        before._requires_grad, before._node = self._requires_grad, self._node
        if base is not None and base._node and self._node:
            before._node = self._node_of_view(base)
        return before

    def _became(self, node: Node) -> None:
        """Makes `node` the operation that computed this tensor."""
        before = self._node
        if before and before.retained and before.retained() is self:
            node.retained, before.retained = before.retained, None
        self._node, self._requires_grad = node, True

    def _was_overwritten(self, value: Operand) -> None:
        """Notes that this tensor's memory now holds `value`, the result of an in-place operation.

        If that was recorded, its node becomes this tensor's, or, for a view, part of the base's.
        """
        if value._node:
            base = self._base
            if base is None:
                self._became(value._node)
            else:
                _, vjps = write_through(base._array, self._array)
                base._became(Node("CopySlices", vjps, [base._node, value._node], base._array.shape))
            if self._viewed:
                owner = self if base is None else base
                owner._rewritten = Operand._latest_rewritten = tick()
                self._follow_base()
        written.note(self._array, tick())  # after the nodes: they may not use what was overwritten

    @property
    def dtype(self) -> dtype:
        """The dtype of the elements."""
        return FROM_NUMPY[self._array.dtype]

    @property
    def shape(self) -> Size:
        """The length of every dimension."""
        return Size(self._array.shape)

    def _accumulate_grad(self, g: Array, unshared: bool) -> None:
        """Adds `g` to `.grad`; the first `g` is adopted without a copy if it is unshared."""
        x = self._array
        if g.shape != x.shape:
            raise AssertionError(f"a gradient of shape {g.shape} for a tensor of {self.shape}")
        if self._grad is None:
            plain = x.flags.c_contiguous
            alike = plain and g.flags.c_contiguous and g.dtype == x.dtype
            if not (unshared and alike and g.base is None):
                g, given = np.empty(x.shape, x.dtype) if plain else empty_like(x), g
                g[...] = given
            self._grad = self._wrap(g)
        else:
            self._grad._array += g
            self._grad._note_write(tick())


def record(name: str, result: Result, input: T, *others: Operand, view: bool = False) -> T:
    """The result of an operation as a tensor, recorded if an input requires a gradient.

    The VJPs of inputs that do not require a gradient are dropped together with what they saved.

    Args:
        name: PyTorch's name for the operation's backward.
        result: The value, and a VJP for every input or a joint one.
        input: The first input.
        others: The other inputs.
        view: Whether the result is in the memory of the first input.
    """
    array, vjps = result
    output = input._wrap(array)
    if view:
        output._become_view_of(input)
    if not recording():
        return output
    inputs: tuple[Operand, ...] = (input, *others)
    if Operand._latest_rewritten:
        for each in inputs:
            each._follow_base()
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
    if not isinstance(vjps, Joint) and needed < len(vjps):
        pairs = zip(receivers, vjps, strict=False)  # scalar operands have a VJP but no graph input
        vjps = [UNNEEDED if to is None else vjp for to, vjp in pairs]
    output._requires_grad = True
    output._node = Node(name, vjps, receivers, array.shape)
    return output
