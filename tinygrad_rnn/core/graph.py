"""Reverse-mode differentiation: the graph, and the walk back through it.

Every recorded operation leaves a node. A node knows a VJP for each input, which turns the gradient
of its output into that input's, and where that goes: to the node of an earlier operation, or to a
leaf, which collects it. `run` visits the nodes in the reverse of the order in which they were made.
It never recurses, so a chain may be of any length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from sys import getrefcount
from typing import Any, Protocol, TypeAlias

import numpy as np

from .arithmetic import Array
from .quiet import quiet
from .versions import tick, written


class Sparse:
    """A gradient that is `values` at `index` and zero elsewhere, for an input of `shape`.

    A slice or a look-up touches a few rows. With this, the sum over many slices is made in one
    array rather than in one array for each.

    Attributes:
        shape: The input's shape.
        index: Where the values belong, as NumPy indexes.
        values: The gradient there.
        repeats: Whether `index` may name an element more than once.
    """

    __slots__ = ("index", "repeats", "shape", "values")

    def __init__(
        self, shape: tuple[int, ...], index: Any, values: Array, repeats: bool = False
    ) -> None:
        self.shape, self.index, self.values, self.repeats = shape, index, values, repeats

    def add_to(self, dense: Array) -> None:
        """Adds this gradient to a dense one, in place."""
        if self.repeats:
            np.add.at(dense, self.index, self.values)
        else:
            dense[self.index] += self.values

    def dense(self) -> Array:
        """The same gradient, zeros and all."""
        zeros = np.zeros(self.shape, self.values.dtype)
        self.add_to(zeros)
        return zeros


# ---- what an operation says of its derivative ----

Saved: TypeAlias = "Array | tuple[Any, ...] | None"
"""What a VJP needs of the forward computation: arrays, or index tuples that hold arrays."""


Vjp: TypeAlias = "tuple[Callable[..., Array | Sparse] | None, tuple[Saved, ...]]"
"""The derivative with respect to one input, and the saved values that it is computed from."""

UNNEEDED: Vjp = (None, ())
"""Of an input that needs no gradient."""


class Joint:
    """The same for all inputs at once: `derivative(g, needs, *saved)` gives one gradient for each.

    `needs` says of each input whether its gradient is needed; the others may be None.
    """

    __slots__ = ("derivative", "saved")

    def __init__(self, derivative: Callable[..., Sequence[Array | None]], *saved: Saved) -> None:
        self.derivative, self.saved = derivative, saved


Vjps: TypeAlias = "Sequence[Vjp] | Joint"
Result: TypeAlias = "tuple[Array, Vjps]"
"""What an operation returns: its value, and a VJP for each input that can have a gradient."""


def vjp(derivative: Callable[..., Array | Sparse], *saved: Saved) -> Vjp:
    """dL/dx = derivative(g, *saved)."""
    return derivative, saved


# ---- the graph ----

Hook = Callable[[Array], "Array | None"]


class Leaf(Protocol):
    """What the walk back asks of a leaf."""

    _hooks: dict[int, Hook] | None

    def _accumulate_grad(self, g: Array, unshared: bool) -> None:
        """Adds `g` to what the leaf has collected; it may adopt `g` without a copy if unshared."""


class GraphError(Exception):
    """The walk back cannot go through `node`."""

    def __init__(self, node: Node) -> None:
        super().__init__()
        self.node = node


class FreedError(GraphError):
    """An earlier walk has freed what the node saved."""


class OverwrittenError(GraphError):
    """A saved array was written to since the node saved it."""

    def __init__(self, node: Node, saved: Array) -> None:
        super().__init__(node)
        self.saved = saved


class Node:
    """One recorded operation.

    Attributes:
        label: The name of the operation's backward, as `grad_fn` prints it.
        vjps: A VJP per input, or one for all; None once they have been used and freed.
        inputs: Where each gradient goes: a node, a leaf, or None for an input that needs none.
        hooks: What to call with the output's gradient, if anything.
        retained: Gives the tensor that keeps the output's gradient, if one does.
        number: When it was made: later than all that its inputs came from.
        shape: The output's shape.
    """

    __slots__ = ("__weakref__", "hooks", "inputs", "label", "number", "retained", "shape", "vjps")

    def __init__(
        self,
        label: str,
        vjps: Vjps,
        inputs: Sequence[Node | Leaf | None],
        shape: tuple[int, ...],
    ) -> None:
        self.label = label
        self.vjps: Vjps | None = vjps
        self.inputs = inputs
        self.shape = shape
        self.hooks: dict[int, Hook] | None = None
        self.retained: Callable[[], Leaf | None] | None = None
        self.number = tick()

    @property
    def next_functions(self) -> tuple[tuple[Node | AccumulateGrad | None, int], ...]:
        """The nodes that this one passes gradients to, each with an output number (always 0)."""
        return tuple(
            (each if each is None or isinstance(each, Node) else AccumulateGrad(each), 0)
            for each in self.inputs
        )

    def name(self) -> str:
        """The name of the operation's backward."""
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def input_gradients(self, g: Array) -> Sequence[Array | Sparse | None]:
        """The gradient of each input that needs one, from the output's.

        Raises:
            FreedError: If an earlier walk has freed what was saved.
            OverwrittenError: If something that was saved was written to since.
        """
        vjps = self.vjps
        if vjps is None:
            raise FreedError(self)
        if written.latest > self.number:
            for saved in self._saved_arrays():
                if written.of(saved) > self.number:
                    raise OverwrittenError(self, saved)
        if isinstance(vjps, Joint):
            return vjps.derivative(g, [each is not None for each in self.inputs], *vjps.saved)
        return [derivative and derivative(g, *saved) for derivative, saved in vjps]

    def _saved_arrays(self) -> Iterator[Array]:
        vjps = self.vjps
        waiting: list[Any] = [vjps.saved] if isinstance(vjps, Joint) else list(vjps or ())
        while waiting:
            each = waiting.pop()
            if isinstance(each, tuple):
                waiting += each
            elif type(each) is np.ndarray:
                yield each


class AccumulateGrad:
    """Stands for a leaf among `next_functions`.

    Attributes:
        variable: The leaf.
    """

    next_functions = ()

    def __init__(self, variable: Leaf) -> None:
        self.variable = variable

    def name(self) -> str:
        """`AccumulateGrad`."""
        return type(self).__name__

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def ancestors(root: Node) -> list[Node]:
    """The nodes that `root` depends on and itself, latest first."""
    seen = {root}
    waiting = [root]
    while waiting:
        for each in waiting.pop().inputs:
            if isinstance(each, Node) and each not in seen:
                seen.add(each)
                waiting.append(each)
    return sorted(seen, key=attrgetter("number"), reverse=True)


# ---- the walk back ----


def hooked(hooks: dict[int, Hook], g: Array) -> Array:
    """The gradient after all hooks have seen a copy of it, and changed or replaced that."""
    g = np.array(g)
    for hook in tuple(hooks.values()):
        replaced = hook(g)
        g = g if replaced is None else replaced
    return g


def _add(
    gradients: dict[Node | Leaf, Array],
    owned: set[Node | Leaf],
    receiver: Node | Leaf,
    part: Array | Sparse,
) -> None:
    """Adds `part` to the gradient of the receiver, in place once that sum was made here."""
    if receiver not in gradients:
        if isinstance(part, Sparse):
            part = part.dense()
            owned.add(receiver)
        gradients[receiver] = part
        return
    if receiver not in owned:
        gradients[receiver] = np.array(gradients[receiver])
        owned.add(receiver)
    if isinstance(part, Sparse):
        part.add_to(gradients[receiver])
    else:
        gradients[receiver] += part


def _references_of_one_name() -> int:
    """What `getrefcount` says of an array that one local variable refers to, and nobody else.

    It is 2 up to Python 3.13, because the call refers to it as well, and 1 where calls borrow.
    """
    array = np.empty(0)
    return getrefcount(array)


_UNSHARED = _references_of_one_name()


@quiet
def run(root: Node | Leaf, g: Array, retain_graph: bool) -> None:
    """Takes the gradient `g` of `root` back through the graph.

    The leaves get theirs at the end, so an error leaves every leaf as it was.

    Args:
        root: The node of the tensor to differentiate, or the leaf itself.
        g: The gradient with respect to that tensor.
        retain_graph: Whether the graph can be walked once more.

    Raises:
        GraphError: If the graph was freed, or a saved array was overwritten.
    """
    gradients: dict[Node | Leaf, Array] = {root: g}
    owned: set[Node | Leaf] = set()  # whose sums were made here, so that they may be added to
    collected: list[tuple[Leaf, Array]] = []
    for node in ancestors(root) if isinstance(root, Node) else ():
        arrived = gradients.pop(node, None)
        if arrived is None:
            continue
        if node.hooks:
            arrived = hooked(node.hooks, arrived)
        if node.retained and (keeper := node.retained()) is not None:
            collected.append((keeper, arrived))
        for receiver, part in zip(node.inputs, node.input_gradients(arrived), strict=True):
            if receiver is not None and part is not None:
                _add(gradients, owned, receiver, part)
        if not retain_graph:
            node.vjps = None  # frees the saved arrays
    for leaf, total in gradients.items():  # what is left has no node
        assert not isinstance(leaf, Node)
        collected.append((leaf, hooked(leaf._hooks, total) if leaf._hooks else total))
    gradients.clear()
    while collected:
        keeper, total = collected.pop(0)  # so that the list does not refer to it any more
        unshared = getrefcount(total) == _UNSHARED
        keeper._accumulate_grad(total, unshared)
