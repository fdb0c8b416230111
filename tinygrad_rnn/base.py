"""What the operations see of a tensor: its array, and its place in the graph.

`record` is the one door through which an operation's result enters the graph. The full
`Tensor`, with an operation behind every method, is built on top of this in `tensor.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from sys import getrefcount
from typing import TYPE_CHECKING

import numpy as np

from .autograd.engine import (
    Hook,
    JointRule,
    Leaf,
    Node,
    Rule,
)
from .autograd.grad_mode import is_grad_enabled
from .autograd.writes import next_moment, recorded_writes, writes
from .dtypes import FROM_NUMPY, Array, Size, dtype

if TYPE_CHECKING:
    from .tensor import Tensor


class TensorBase:
    """An array, and how it came about."""

    _array: Array

    # What most tensors have; the class holds it for them.
    _requires_grad: bool = False
    _node: Node | None = None  # the operation that made this tensor; None for a leaf
    _grad: Tensor | None = None
    _hooks: dict[int, Hook] | None = None  # of a leaf; those of other tensors are the node's
    _base: TensorBase | None = None  # whose memory this tensor looks at, if not its own
    _since: int = 0  # the moment at which it began to
    _viewed: bool = False  # whether other tensors look at this one's memory

    _tensor_class: type[Tensor]  # what operations return; set in tensor.py

    @staticmethod
    def _wrap(array: Array, shared: TensorBase | None = None) -> Tensor:
        """A tensor of `array` outside of any graph.

        Args:
            array: Its elements.
            shared: The tensor whose memory they lie in, if it has none of its own.
        """
        tensor = object.__new__(TensorBase._tensor_class)
        tensor._array = array if type(array) is np.ndarray else np.asarray(array)
        if shared is not None:
            tensor._base = shared if shared._base is None else shared._base
            tensor._since = next_moment()
            tensor._viewed = tensor._base._viewed = True
        return tensor

    def _note_write(self, moment: int, recorded: bool = False) -> None:
        """Notes a write to this tensor's memory, unless nothing but the tensor holds it.

        Args:
            moment: When it was.
            recorded: Whether it is an operation of a graph.
        """
        if self._array.base is None and getrefcount(self._array) == _OWN:
            return  # neither a view nor anything that a graph has saved
        writes.note(self._array, moment)
        if recorded:
            recorded_writes.note(self._array, moment)

    def _is_stale(self) -> bool:
        """Whether a recorded operation has rewritten this tensor's memory through another one."""
        since = self._node.moment if self._node else self._since
        return recorded_writes.last(self._array) > since

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return FROM_NUMPY[self._array.dtype]

    @property
    def shape(self) -> Size:
        """The length of every dimension."""
        return Size(self._array.shape)

    def accumulate_grad(self, g: Array, alone: bool) -> None:
        """Adds `g` to `.grad`, which is this tensor's alone; if `alone`, `g` may become it."""
        if g.shape != self._array.shape:
            raise AssertionError(f"a gradient of shape {g.shape} for a tensor of {self.shape}")
        if self._grad is None:
            own = alone and g.base is None and g.flags.c_contiguous and g.dtype == self._array.dtype
            self._grad = TensorBase._wrap(g if own else np.array(g, self._array.dtype, order="C"))
        else:
            self._grad._array += g
            self._grad._note_write(next_moment())


def _references_to_own() -> int:
    """What `getrefcount` says of a tensor's array that nothing but the tensor holds."""
    tensor = object.__new__(TensorBase)
    tensor._array = np.empty(0)
    return getrefcount(tensor._array)


_OWN = _references_to_own()


def record(
    name: str,
    array: Array,
    inputs: Sequence[TensorBase],
    rules: Sequence[Rule | None] | JointRule,
    view: bool = False,
) -> Tensor:
    """The result of an operation as a tensor, entered into the graph if an input wants that.

    What a rule closes over is what the graph saves: arrays, never tensors, so that a graph dies
    with the last tensor that belongs to it. Rules of inputs that want no gradient are dropped.

    Args:
        name: PyTorch's name for the operation's backward.
        array: The result.
        inputs: The tensors it was computed from.
        rules: For every input the rule for its gradient, or one rule for all of them.
        view: Whether the result shares the memory of the first input.
    """
    output = TensorBase._wrap(array, inputs[0] if view else None)
    if not is_grad_enabled():
        return output
    if recorded_writes.latest:
        for each in inputs:
            if each._viewed and each._is_stale():
                raise stale(each)
    receivers: list[Node | Leaf | None] = []
    wanted = 0
    for each in inputs:
        if each._requires_grad:
            wanted += 1
            receivers.append(each._node or each)
        else:
            receivers.append(None)
    if not wanted:
        return output
    if not callable(rules) and wanted < len(rules):
        pairs = zip(receivers, rules, strict=False)  # a number's rule has no input beside it
        rules = tuple([None if to is None else rule for to, rule in pairs])
    output._requires_grad = True
    output._node = Node(name, rules, receivers, array.shape)
    return output


def stale(tensor: TensorBase) -> RuntimeError:
    """The error of a tensor whose memory another one has rewritten."""
    return RuntimeError(
        f"the memory of this tensor of shape {list(tensor.shape)} was rewritten by a recorded "
        "in-place operation on another tensor that shares it (a view, or what it is a view of), so "
        "its gradient would be wrong. Write to the whole tensor by index, as `x[0] = value`, "
        "and take views after that"
    )
