"""Every function and method: value, type, shape, name in the graph, and gradients."""

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import programs, recordings
from .gradcheck import gradcheck
from .programs import GROUPS

EXPRESSIONS = (
    "pointwise",
    "comparisons",
    "reductions",
    "products",
    "shapes",
    "indexing",
    "inplace",
    "creation",
    "promotion",
    "refusals",
)


@pytest.mark.parametrize("name", GROUPS["pointwise"])
def test_operations_element_by_element(name):
    assert not programs.compare(torch, "pointwise", name)


@pytest.mark.parametrize("name", GROUPS["comparisons"])
def test_comparisons_and_logic(name):
    assert not programs.compare(torch, "comparisons", name)


@pytest.mark.parametrize("name", GROUPS["reductions"])
def test_sums_extremes_and_softmax(name):
    assert not programs.compare(torch, "reductions", name)


@pytest.mark.parametrize("name", GROUPS["products"])
def test_matrix_products(name):
    assert not programs.compare(torch, "products", name)


@pytest.mark.parametrize("name", GROUPS["shapes"])
def test_shapes_parts_and_conversions(name):
    assert not programs.compare(torch, "shapes", name)


@pytest.mark.parametrize("name", GROUPS["indexing"])
def test_reading_and_writing_by_index(name):
    assert not programs.compare(torch, "indexing", name)


@pytest.mark.parametrize("name", GROUPS["inplace"])
def test_operations_in_place(name):
    assert not programs.compare(torch, "inplace", name)


@pytest.mark.parametrize("name", GROUPS["creation"])
def test_making_tensors(name):
    assert not programs.compare(torch, "creation", name)


@pytest.mark.parametrize("name", GROUPS["promotion"])
def test_the_type_of_a_mix_of_types(name):
    assert not programs.compare(torch, "promotion", name)


@pytest.mark.parametrize("name", GROUPS["refusals"])
def test_what_pytorch_refuses_is_refused_with_the_same_error(name):
    assert not programs.compare(torch, "refusals", name)


# ---- gradients, against differences ----

SLOPES = (
    "a * b + a / p",
    "p ** b",
    "torch.tanh(a @ m)",
    "a.sigmoid().log()",
    "a.softmax(1) * b",
    "a.log_softmax(0) * b",
    "a.logsumexp(1)",
    "a.var(1) + a.std(1)",
    "a.norm() + a.norm(3)",
    "torch.where(k, a * b, a + b)",
    "a.max(1).values * a.min(1).values",
    "(a % p)",
    "torch.cat([a, b], 1).t() @ c",
    "x.permute(2, 0, 1).reshape(2, -1)[:, 1:].exp()",
    "a[pair, pos[:2]] * a.gather(1, at)",
    "torch.sin(a) * torch.cos(b) + p.sqrt() + p.reciprocal() + a.square() + a.abs()",
    "F.linear(a, b, c[:, 0])",
    "torch.addmm(c, a, m, beta=2, alpha=3)",
    "F.cross_entropy(a, pair, label_smoothing=0.1)",
    "F.mse_loss(a, b)",
    "r = a.clone(); r[0] = v; r.mul_(b); r[:, 1] += s; r",
    "torch.stack([a, b]).amax((0, 2))",
)


@pytest.mark.parametrize("source", SLOPES)
def test_gradients_are_the_slopes_that_differences_show(source):
    floating, others = recordings.inputs_of(source)

    def value(*tensors):
        names = [*floating, *others]
        return recordings.run(torch, source, dict(zip(names, tensors, strict=True)))

    assert floating
    gradcheck(value, *floating.values(), extras=[*others.values()])


# ---- where we differ from PyTorch on purpose ----


def test_from_numpy_copies():
    array = np.ones(2)
    tensor = torch.from_numpy(array)
    array[0] = 5
    assert tensor.tolist() == [1.0, 1.0]


def test_the_array_of_a_tensor_cannot_be_written_to():
    array = torch.ones(2).numpy()
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 5


def test_the_array_of_a_tensor_follows_the_tensor():
    tensor = torch.ones(2)
    array = tensor.numpy()
    tensor[0] = 5
    assert array.tolist() == [5.0, 1.0]


def test_empty_is_zeros():
    assert torch.empty(2, 3).tolist() == torch.zeros(2, 3).tolist()


def test_a_second_backward_is_refused():
    x = torch.ones(1, requires_grad=True)
    y = (x + 1).sum()
    y.backward()
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_a_graph_that_is_kept_can_be_walked_twice():
    x = torch.ones(1, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4.0]


@pytest.mark.live
@pytest.mark.parametrize("group", EXPRESSIONS)
def test_pytorch_as_it_is_installed_gives_the_same(group):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    assert not programs.compare_live(torch, live, group)
