"""What the operations see of a tensor: its array, and its place in the graph.

`record` is the one door through which an operation's result enters the graph. The full
`Tensor`, with an operation behind every method, is built on top of this in `tensor.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .autograd.engine import (
    Hook,
    JointRule,
    Node,
    Rule,
    Version,
    _grad_enabled,
    hooked,
)
from .dtypes import FROM_NUMPY, Array, Size, dtype

if TYPE_CHECKING:
    from .tensor import Tensor


class TensorBase:
    """An array, and how it came about."""

    __slots__ = (
        "__weakref__",
        "_array",
        "_grad",
        "_hooks",
        "_node",
        "_recorded",
        "_requires_grad",
        "_version",
    )

    _array: Array
    _requires_grad: bool
    _node: Node | None  # the operation that made this tensor; None for a leaf
    _grad: Tensor | None
    _hooks: dict[int, Hook] | None  # of a leaf; those of other tensors are the node's
    _version: Version  # shared by all tensors that share the memory
    _recorded: int  # the value of `_version.recorded` at which `_node` tells the truth

    _tensor_class: type[Tensor]  # what operations return; set in tensor.py

    @staticmethod
    def _wrap(array: Array, version: Version | None = None) -> Tensor:
        """A tensor of `array` outside of any graph; `version` if its memory is shared."""
        tensor = object.__new__(TensorBase._tensor_class)
        tensor._array = array if type(array) is np.ndarray else np.asarray(array)
        tensor._requires_grad = False
        tensor._node = tensor._grad = tensor._hooks = None
        tensor._version = version = Version() if version is None else version
        tensor._recorded = version.recorded
        return tensor

    @property
    def dtype(self) -> dtype:
        """The type of the elements."""
        return FROM_NUMPY[self._array.dtype]

    @property
    def shape(self) -> Size:
        """The length of every dimension."""
        return Size(self._array.shape)

    def accumulate_grad(self, g: Array) -> None:
        """Adds `g` to `.grad`, which is this tensor's alone. The engine calls this for leaves."""
        self._collect(hooked(self._hooks, g))

    def _collect(self, g: Array) -> None:
        if g.shape != self._array.shape:
            raise AssertionError(f"a gradient of shape {g.shape} for a tensor of {self.shape}")
        if self._grad is None:
            self._grad = TensorBase._wrap(np.array(g, self._array.dtype))
        else:
            self._grad._array += g
            self._grad._version.writes += 1


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
    output = TensorBase._wrap(array, inputs[0]._version if view else None)
    if not _grad_enabled.get():
        return output
    wanted = False
    for each in inputs:
        if each._recorded != each._version.recorded:
            raise stale(each)
        wanted = wanted or each._requires_grad
    if wanted:
        receivers = tuple([(x._node or x) if x._requires_grad else None for x in inputs])
        if not callable(rules) and (None in receivers or len(rules) > len(receivers)):
            pairs = zip(receivers, rules, strict=False)  # a number's rule has no input beside it
            rules = tuple([None if to is None else rule for to, rule in pairs])
        output._requires_grad = True
        output._node = Node(name, rules, receivers, _saved(rules, (*inputs, output)), array.shape)
    return output


def _saved(
    rules: Sequence[Rule | None] | JointRule, tensors: Sequence[TensorBase]
) -> list[tuple[Version, int]] | None:
    """The versions of those tensors whose memory the rules hold on to."""
    saved = None
    for rule in (rules,) if callable(rules) else rules:
        if rule is None:
            continue
        for cell in rule.__closure__ or ():
            held = cell.cell_contents
            if type(held) is np.ndarray:
                owner = held if held.base is None else held.base
                for tensor in tensors:
                    array = tensor._array
                    if owner is (array if array.base is None else array.base):
                        saved = saved or []
                        saved.append((tensor._version, tensor._version.writes))
    return saved


def stale(tensor: TensorBase) -> RuntimeError:
    """The error of a tensor whose memory another one has rewritten."""
    return RuntimeError(
        f"the memory of this tensor of shape {list(tensor.shape)} was rewritten by a recorded "
        "in-place operation on another tensor that shares it (a view, or what it is a view of), so "
        "its gradient would be wrong. Write to the whole tensor by index, as `x[0] = value`, "
        "and take views after that"
    )
