"""The graph of a computation as a picture: text for Graphviz or Mermaid, or SVG.

    Graph(loss, dict(model.named_parameters()))

A notebook displays it if the package `graphviz` and the program of that name are installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .core.graph import AccumulateGrad, ancestors
from .functions.arguments import tensor_argument
from .tensor import Tensor

__all__ = ["Box", "Graph"]


@dataclass(frozen=True)
class Box:
    """An operation, or a leaf: a tensor that was not computed.

    Attributes:
        name: `op` or `leaf`, and a number.
        label: The operation, such as `Tanh`, or the name of the leaf, such as `weight_hh`.
        shape: The shape of the result.
        column: The column: left of all boxes that use this one, and as close to them as possible.
        is_leaf: Whether it is a leaf.
    """

    name: str
    label: str
    shape: tuple[int, ...]
    column: int
    is_leaf: bool


class Graph:
    """The operations that computed a tensor, from the leaves to the tensor itself.

    Operations that are used at the same time share a column, so the steps of a sequence appear side
    by side. A leaf that many operations use, such as a weight, appears once, left of the first.

    Args:
        tensor: The computed tensor.
        params: Leaves by name, as `dict(model.named_parameters())`; others are called `leaf`.

    Attributes:
        boxes: All operations, in the order in which they were recorded, and then the leaves.
        arrows: For each use of a box, that box and the one that uses it.

    Raises:
        TypeError: If `tensor` is not a tensor.
        RuntimeError: If it does not require a gradient, so that nothing was recorded.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> from tinygrad_rnn.graph import Graph
        >>> w = torch.ones(3, requires_grad=True)
        >>> print(Graph((w * 2).sum(), {"w": w}).mermaid())
        flowchart LR
            op0(["Mul<br>3"])
            op1(["Sum<br>number"])
            leaf0["w<br>3"]
            leaf0 --> op0
            op0 --> op1
    """

    def __init__(self, tensor: Tensor, params: Mapping[str, Tensor] | None = None) -> None:
        tensor_argument("Graph", "tensor", tensor)
        if not tensor.requires_grad:
            raise RuntimeError(
                f"Graph: the tensor of shape {list(tensor.shape)} requires no gradient, so nothing "
                "was recorded; was it computed under no_grad, or detached?"
            )
        nodes = ancestors(tensor.grad_fn) if tensor.grad_fn else []
        column = dict.fromkeys(nodes, -1)  # from the right for now, the last one in column -1
        for node in nodes:
            for each, _ in node.next_functions:
                if each in column:
                    column[each] = min(column[each], column[node] - 1)
        first = min(column.values(), default=0)
        labels = {id(leaf): name for name, leaf in (params or {}).items()}
        operations: dict[Any, Box] = {}
        leaves: dict[int, Box] = {}
        self.arrows: list[tuple[Box, Box]] = []

        def leaf_box(leaf: Any, column: int) -> Box:
            name, label = f"leaf{len(leaves)}", labels.get(id(leaf), "leaf")
            box = Box(name, label, tuple(leaf.shape), column, is_leaf=True)
            return leaves.setdefault(id(leaf), box)

        for number, node in enumerate(reversed(nodes)):
            label = node.name().rstrip("0123456789").removesuffix("Backward")
            place = column[node] - first + 1
            box = operations[node] = Box(f"op{number}", label, node.shape, place, is_leaf=False)
            for each, _ in node.next_functions:
                if isinstance(each, AccumulateGrad):
                    self.arrows.append((leaf_box(each.variable, place - 1), box))
                elif each is not None:
                    self.arrows.append((operations[each], box))
        if not nodes:
            leaf_box(tensor, 0)
        self.boxes = [*operations.values(), *leaves.values()]

    def dot(self) -> str:
        """The picture as text for Graphviz (the DOT language)."""
        lines = ["digraph {", "    rankdir=LR", "    node [shape=box, fontname=sans]"]
        for box in self.boxes:
            text = _text(box, "\\n")
            looks = ", style=filled, fillcolor=lightgrey" if box.is_leaf else ", style=rounded"
            lines.append(f'    {box.name} [label="{text}"{looks}]')
        columns: dict[int, list[str]] = {}
        for box in self.boxes:
            columns.setdefault(box.column, []).append(box.name)
        lines += [f"    {{rank=same; {'; '.join(each)}}}" for each in columns.values()]
        lines += [f"    {start.name} -> {end.name}" for start, end in self.arrows]
        return "\n".join([*lines, "}"])

    def mermaid(self) -> str:
        """The picture as text for Mermaid, which many Markdown viewers render."""
        lines = ["flowchart LR"]
        for box in self.boxes:
            text = f'["{_text(box, "<br>")}"]'
            lines.append(f"    {box.name}{text if box.is_leaf else f'({text})'}")
        lines += [f"    {start.name} --> {end.name}" for start, end in self.arrows]
        return "\n".join(lines)

    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            ImportError: If the package `graphviz` is not installed.
            RuntimeError: If the program `dot`, which draws the picture, is not installed.
        """
        try:
            import graphviz  # noqa: PLC0415 - an extra
        except ImportError:
            raise ImportError(
                'Graph.svg: Graphviz draws this: pip install "tinygrad-rnn[graph]" and the program '
                "from graphviz.org; dot() and mermaid() need neither"
            ) from None
        try:
            picture: str = graphviz.Source(self.dot()).pipe(format="svg", encoding="utf-8")
        except graphviz.ExecutableNotFound:
            raise RuntimeError(
                "Graph.svg: the program dot, which draws this, is not installed: see graphviz.org"
            ) from None
        return picture

    def _repr_svg_(self) -> str | None:
        """What a notebook displays; with None, it displays `repr`."""
        try:
            return self.svg()
        except (ImportError, RuntimeError):
            return None

    def __repr__(self) -> str:
        leaves = sum(box.is_leaf for box in self.boxes)
        return f"Graph(operations={len(self.boxes) - leaves}, leaves={leaves})"


def _text(box: Box, line_end: str) -> str:
    """The text in a box."""
    shape = " x ".join(map(str, box.shape)) or "number"
    label = box.label.replace("\\", "").replace('"', "'")
    return f"{label}{line_end}{shape}"
