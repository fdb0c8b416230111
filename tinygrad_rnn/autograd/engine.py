"""Reverse-mode differentiation: the graph, and the walk back through it.

Every recorded operation leaves a `Node`. A node knows the rules that turn the gradient of its
output into the gradients of its inputs, and who gets those: the node of an earlier operation, or
a leaf, which collects them in `.grad`. `run` visits the nodes in the reverse of the order in
which they were made. It never recurses, so a chain may be of any length.

Nothing here knows what a tensor is; arrays come in and go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from sys import getrefcount
from typing import Any, Protocol

import numpy as np

from ..arithmetic import quiet
from ..dtypes import Array
from .writes import next_moment, writes


class PartialGradient:
    """A gradient that is `values` at `index` and zero elsewhere, for an input of `shape`.

    A slice or a look-up touches a few rows. This says which, so that the sum over many slices is
    made in one array rather than in one array for each.

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

    def add_to(self, full: Array) -> None:
        """Adds this gradient to a full one, in place."""
        if self.repeats:
            np.add.at(full, self.index, self.values)
        else:
            full[self.index] += self.values

    def full(self) -> Array:
        """The same gradient, zeros and all."""
        zeros = np.zeros(self.shape, self.values.dtype)
        self.add_to(zeros)
        return zeros


Rule = Callable[[Array], "Array | PartialGradient"]
"""From the gradient of an operation's output to that of one of its inputs."""

JointRule = Callable[[Array, "tuple[bool, ...]"], Sequence["Array | None"]]
"""The same for all inputs at once, told which of them want a gradient."""

Hook = Callable[[Array], "Array | None"]


def hooked(hooks: dict[int, Hook], g: Array) -> Array:
    """The gradient `g` after all hooks have seen it and perhaps replaced it."""
    for hook in tuple(hooks.values()):
        replaced = hook(g)
        g = g if replaced is None else replaced
    return g


class Leaf(Protocol):
    """What the engine asks of a leaf of the graph."""

    _hooks: dict[int, Hook] | None

    def accumulate_grad(self, g: Array, alone: bool) -> None:
        """Adds `g` to what the leaf has collected; if `g` is `alone`, the leaf may keep it."""


def _held_arrays(rule: Rule | JointRule | None) -> Iterator[Array]:
    """The arrays that a rule closes over, those of an index among them."""
    for cell in (rule.__closure__ or ()) if rule else ():
        held = cell.cell_contents
        for each in held if isinstance(held, tuple) else (held,):
            if type(each) is np.ndarray:
                yield each


class Node:
    """One recorded operation.

    Attributes:
        label: PyTorch's name of the operation's backward, as `grad_fn` prints it.
        rules: A rule per input, or one for all; None once they have been used and freed.
        inputs: Where each gradient goes: a node, a leaf, or None for an input that wants none.
        hooks: What to call with the output's gradient, if anything.
        retained: Gives the tensor that keeps the output's gradient, if one does.
        moment: When it was made: later than all that its inputs came from.
        shape: The output's shape.
    """

    __slots__ = ("__weakref__", "hooks", "inputs", "label", "moment", "retained", "rules", "shape")

    def __init__(
        self,
        label: str,
        rules: Sequence[Rule | None] | JointRule,
        inputs: Sequence[Node | Leaf | None],
        shape: tuple[int, ...],
    ) -> None:
        self.label = label
        self.rules: Sequence[Rule | None] | JointRule | None = rules
        self.inputs = inputs
        self.shape = shape
        self.hooks: dict[int, Hook] | None = None
        self.retained: Callable[[], Leaf | None] | None = None
        self.moment = next_moment()

    @property
    def next_functions(self) -> tuple[tuple[Node | AccumulateGrad | None, int], ...]:
        """The nodes that this one passes gradients to, each with an output number (always 0)."""
        return tuple(
            (each if each is None or isinstance(each, Node) else AccumulateGrad(each), 0)
            for each in self.inputs
        )

    def name(self) -> str:
        """PyTorch's name of the operation's backward."""
        return self.label

    def __repr__(self) -> str:
        return f"<{self.label}>"

    def input_gradients(self, g: Array) -> Sequence[Array | PartialGradient | None]:
        """Applies the rules to the output's gradient: a gradient for each input that wants one."""
        rules = self.rules
        if rules is None:
            raise RuntimeError(
                f"backward through {self.label} a second time: its saved values were freed by the "
                "first backward. If a hidden state was carried over from an earlier backward, cut "
                "the graph there with `h = h.detach()`; to go backward twice on purpose, pass "
                "retain_graph=True the first time"
            )
        if writes.latest > self.moment:
            self._refuse_overwritten()
        if callable(rules):
            return rules(g, tuple([each is not None for each in self.inputs]))
        return [rule(g) if rule else None for rule in rules]

    def _refuse_overwritten(self) -> None:
        """Raises if an array that a rule closes over was written to since this node was made."""
        for rule in (self.rules,) if callable(self.rules) else self.rules or ():
            for held in _held_arrays(rule):
                if writes.last(held) > self.moment:
                    raise RuntimeError(
                        f"a value of shape {list(held.shape)} that {self.label} saved for its "
                        "gradient has been modified by an inplace operation since. Compute a new "
                        "tensor instead, as `h = h + 1` for `h += 1`, or `h = cell(x, h)` for "
                        "`h.copy_(cell(x, h))`"
                    )


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


def _count_of_one() -> int:
    """What `getrefcount` says of an array that one local variable refers to, and nobody else.

    It is 2 up to Python 3.13, for the call refers to it as well, and 1 where calls only borrow.
    """
    array = np.empty(0)
    return getrefcount(array)


_ALONE = _count_of_one()


def ancestors(root: Node) -> list[Node]:
    """The nodes that `root` depends on and itself, latest first."""
    seen = {root}
    waiting = [root]
    while waiting:
        for each in waiting.pop().inputs:
            if isinstance(each, Node) and each not in seen:
                seen.add(each)
                waiting.append(each)
    return sorted(seen, key=attrgetter("moment"), reverse=True)


@quiet
def run(root: Node | Leaf, g: Array, retain_graph: bool) -> None:
    """Takes the gradient `g` of `root` back through the graph.

    The leaves get theirs at the end, so an error leaves every `.grad` as it was.

    Args:
        root: The node of the tensor to differentiate, or the leaf itself.
        g: The gradient with respect to that tensor.
        retain_graph: Whether the graph can be walked once more.

    Raises:
        RuntimeError: If the graph has been used up, or a saved value was overwritten.
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
            if receiver is None or part is None:
                continue
            if receiver not in gradients:
                if isinstance(part, PartialGradient):
                    gradients[receiver] = part.full()
                    owned.add(receiver)
                else:
                    gradients[receiver] = part
                continue
            if receiver not in owned:
                gradients[receiver] = np.array(gradients[receiver])
                owned.add(receiver)
            if isinstance(part, PartialGradient):
                part.add_to(gradients[receiver])
            else:
                gradients[receiver] += part
        if not retain_graph:
            node.rules = None  # lets go of all that they hold
    for leaf, total in gradients.items():  # what is left has no node
        assert not isinstance(leaf, Node)
        collected.append((leaf, hooked(leaf._hooks, total) if leaf._hooks else total))
    gradients.clear()
    while collected:
        keeper, total = collected.pop(0)
        alone = getrefcount(total) == _ALONE
        keeper.accumulate_grad(total, alone)
