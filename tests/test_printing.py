"""Tensors, modules and their like print as under PyTorch, to the character."""

import pytest

import tinygrad_rnn as torch

from . import programs
from .programs import GROUPS


@pytest.mark.parametrize("name", GROUPS["printing"])
def test_prints_as_pytorch_to_the_character(name):
    assert not programs.compare(torch, "printing", name)


@pytest.mark.parametrize("wrong", [{"precision": 4.5, "profile": "none"}, {"unknown": 1}])
def test_an_unknown_print_option_is_refused(wrong):
    with pytest.raises((TypeError, ValueError)):
        torch.set_printoptions(**wrong)


def test_printing_leaves_the_tensor_and_its_graph_alone():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    assert repr(y) == repr(y)
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_a_backward_prints_its_name_without_an_address():
    y = torch.ones(1, requires_grad=True) + 1
    assert repr(y.grad_fn) == "<AddBackward0>"


@pytest.mark.live
def test_pytorch_as_it_is_installed_prints_the_same():
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    assert not programs.compare_live(torch, live, "printing")
