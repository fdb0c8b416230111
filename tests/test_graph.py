"""Pictures of graphs: what is in them, what they look like as text, and what is refused."""

import builtins
import shutil
from collections import Counter
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

import tinygrad_rnn as torch
from tinygrad_rnn.graph import Graph

drawable = pytest.mark.skipif(
    not (find_spec("graphviz") and shutil.which("dot")), reason="Graphviz is not installed"
)


def unrolled(steps):
    """The sum of the last state of a cell that is made of single operations, and the cell."""
    cell, h = torch.nn.RNNCell(4, 3, fused=False), torch.zeros(1, 3)
    for x in torch.rand(steps, 1, 4):
        h = cell(x, h)
    return h.sum(), cell


def test_every_operation_and_every_parameter_is_there_once():
    total, cell = unrolled(3)
    graph = Graph(total, dict(cell.named_parameters()))
    operations = [box.label for box in graph.boxes if not box.is_leaf]
    assert operations == ["Addmm", "Addmm", "Add", "Tanh"] * 3 + ["Sum"]
    leaves = {box.label: box.shape for box in graph.boxes if box.is_leaf}
    assert leaves == {name: tuple(each.shape) for name, each in cell.named_parameters()}
    uses = [start.label for start, _ in graph.arrows if start.is_leaf]
    assert Counter(uses) == dict.fromkeys(leaves, 3)
    assert len({box.name for box in graph.boxes}) == len(graph.boxes) == 13 + 4
    assert repr(graph) == "Graph(operations=13, leaves=4)"


def test_the_steps_of_a_sequence_stand_side_by_side():
    total, cell = unrolled(4)
    graph = Graph(total, dict(cell.named_parameters()))
    steps = [box.column for box in graph.boxes if not box.is_leaf][:-1]
    assert steps == [1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11, 12]
    for start, end in graph.arrows:
        assert start.column < end.column


def test_shapes_are_those_of_the_tensors():
    w = torch.ones(3, 4, requires_grad=True)
    graph = Graph((w @ torch.ones(4, 2)).tanh().mean(), {"w": w})
    assert [(box.label, box.shape) for box in graph.boxes] == [
        ("Mm", (3, 2)), ("Tanh", (3, 2)), ("Mean", ()), ("w", (3, 4)),
    ]  # fmt: skip


def test_a_tensor_used_twice_has_two_arrows_and_a_leaf_alone_has_none():
    x = torch.ones(1, requires_grad=True)
    assert len(Graph(x * x).arrows) == 2
    alone = Graph(x, {"x": x})
    assert [(box.label, box.is_leaf) for box in alone.boxes] == [("x", True)]
    assert alone.arrows == []


def test_a_long_graph_needs_no_deep_stack_and_a_ladder_no_exponential_time():
    y = torch.ones(1, requires_grad=True)
    for _ in range(20_000):
        y = y * 0.5 + y * 0.5
    assert max(box.column for box in Graph(y).boxes) == 40_000


def test_text_for_graphviz():
    w = torch.ones(2, requires_grad=True)
    assert Graph((w * 2).sum(), {'my "w"': w}).dot() == "\n".join(
        [
            "digraph {",
            "    rankdir=LR",
            "    node [shape=box, fontname=sans]",
            '    op0 [label="Mul\\n2", style=rounded]',
            '    op1 [label="Sum\\nnumber", style=rounded]',
            "    leaf0 [label=\"my 'w'\\n2\", style=filled, fillcolor=lightgrey]",
            "    {rank=same; op0}",
            "    {rank=same; op1}",
            "    {rank=same; leaf0}",
            "    leaf0 -> op0",
            "    op0 -> op1",
            "}",
        ]
    )


@drawable
def test_graphviz_draws_it_and_a_notebook_shows_it():
    total, cell = unrolled(2)
    graph = Graph(total, dict(cell.named_parameters()))
    picture = ElementTree.fromstring(graph._repr_svg_())
    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("Tanh") == 2
    assert texts.count("weight_hh") == 1


def test_without_graphviz_a_notebook_shows_the_text(monkeypatch):
    original = builtins.__import__

    def without(name, *args):
        if name == "graphviz":
            raise ImportError(name)
        return original(name, *args)

    monkeypatch.setattr(builtins, "__import__", without)
    graph = Graph(torch.ones(1, requires_grad=True))
    assert graph._repr_svg_() is None
    with pytest.raises(ImportError, match=r"tinygrad-rnn\[graph\]"):
        graph.svg()


@pytest.mark.skipif(not find_spec("graphviz"), reason="the package graphviz is not installed")
def test_without_the_program_the_way_to_it_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match=r"see graphviz\.org"):
        Graph(torch.ones(1, requires_grad=True)).svg()


def test_what_has_no_graph_is_refused():
    with pytest.raises(TypeError, match="got float"):
        Graph(1.0)
    with pytest.raises(RuntimeError, match=r"shape \[2\] requires no gradient"):
        Graph(torch.ones(2))
