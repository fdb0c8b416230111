"""Optimizers and schedules take PyTorch's steps."""

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import programs
from .programs import GROUPS

# 20 steps of a few roundings each; in float64 that is still below 1e-12 of the parameters.
STEPS = {"float32": 40 * 2.0**-23, "float64": 1e-12}


@pytest.mark.parametrize("name", GROUPS["optimizers"])
def test_twenty_steps_are_pytorch_s(name):
    assert not programs.compare(torch, "optimizers", name, STEPS)


@pytest.mark.parametrize("name", GROUPS["schedules"])
def test_rates_change_as_pytorch_s(name):
    assert not programs.compare(torch, "schedules", name, STEPS)


RESUMED = {
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "SGD": {"lr": 0.05, "momentum": 0.9},
}


@pytest.mark.parametrize("name", RESUMED)
def test_a_state_saved_and_loaded_in_mid_run_changes_nothing(name):
    make = getattr(torch.optim, name)
    straight, loss = programs.problem(torch, "float64")
    whole = programs.descend(straight, loss, make(straight, **RESUMED[name]), 20)
    parameters, loss = programs.problem(torch, "float64")
    first = make(parameters, **RESUMED[name])
    programs.descend(parameters, loss, first, 9)
    second = make(parameters, lr=99.0)
    second.load_state_dict(first.state_dict())
    programs.descend(parameters, loss, second, 11)
    for a, b in zip(whole[-1], parameters, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("number", [lambda n: n, float, lambda n: torch.tensor(float(n))])
def test_a_state_in_pytorch_s_layout_is_taken_over(number):
    """PyTorch keeps `step` as a tensor; older versions, and we, as a number."""
    parameters, loss = programs.problem(torch, "float64")
    optimizer = torch.optim.Adam(parameters, lr=0.1)
    programs.descend(parameters, loss, optimizer, 6)
    ours = optimizer.state_dict()
    layout = {
        "state": {
            key: {**each, "step": number(int(each["step"]))} for key, each in ours["state"].items()
        },
        # these are the keys that PyTorch 2.13 writes
        "param_groups": [
            {
                "lr": 0.1,
                "betas": (0.9, 0.999),
                "eps": 1e-08,
                "weight_decay": 0,
                "amsgrad": False,
                "maximize": False,
                "foreach": None,
                "capturable": False,
                "differentiable": False,
                "fused": None,
                "decoupled_weight_decay": False,
                "params": [0, 1],
            }
        ],
    }
    before = [each.detach().clone() for each in parameters]
    programs.descend(parameters, loss, optimizer, 5)
    expected = [each.detach().clone() for each in parameters]
    with torch.no_grad():
        for parameter, value in zip(parameters, before, strict=True):
            parameter.copy_(value)
    other = torch.optim.Adam(parameters)
    other.load_state_dict(layout)
    programs.descend(parameters, loss, other, 5)
    for a, b in zip(parameters, expected, strict=True):
        assert torch.equal(a, b)


def test_a_state_that_was_saved_does_not_change_with_later_steps():
    parameters, loss = programs.problem(torch, "float64")
    optimizer = torch.optim.Adam(parameters, lr=0.1)
    programs.descend(parameters, loss, optimizer, 2)
    saved = optimizer.state_dict()
    before = saved["state"][0]["exp_avg"].tolist()
    programs.descend(parameters, loss, optimizer, 2)
    assert saved["state"][0]["exp_avg"].tolist() == before


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", RESUMED)
def test_a_gradient_that_is_not_finite_is_refused_and_moves_nothing(name, value):
    w = [torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)]
    w[0].grad = torch.ones(2)
    w[1].grad = torch.tensor([0.0, value])
    optimizer = getattr(torch.optim, name)(w, lr=0.1)
    with pytest.raises(RuntimeError, match="inf or nan"):
        optimizer.step()
    assert [each.tolist() for each in w] == [[1.0, 1.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SGD", {"lr": -1}),
        ("SGD", {"lr": 0.1, "momentum": -0.5}),
        ("SGD", {"lr": 0.1, "nesterov": True}),
        ("SGD", {"lr": 0.1, "nesterov": True, "momentum": 0.9, "dampening": 0.1}),
        ("Adam", {"lr": -0.1}),
        ("Adam", {"betas": (1.0, 0.9)}),
        ("Adam", {"eps": -1e-8}),
        ("AdamW", {"weight_decay": -1}),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(name, settings):
    with pytest.raises(ValueError, match=name):
        getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)], **settings)


@pytest.mark.live
@pytest.mark.parametrize("group", ["optimizers", "schedules"])
def test_pytorch_as_it_is_installed_takes_the_same_steps(group):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    assert not programs.compare_live(torch, live, group, STEPS)


def moved_once(make):
    """An optimizer after a step, and its state."""
    w = torch.ones(2, requires_grad=True)
    optimizer = make([w])
    (w * w).sum().backward()
    optimizer.step()
    return optimizer, optimizer.state_dict()


def adam(params):
    return torch.optim.Adam(params, lr=0.1)


def test_the_order_of_a_saved_state_does_not_matter():
    straight, saved = moved_once(adam)
    saved["state"][0] = dict(reversed(saved["state"][0].items()))
    other, _ = moved_once(adam)
    other.load_state_dict(saved)
    for optimizer in (straight, other):
        optimizer.step()
    one, two = (optimizer.param_groups[0]["params"][0] for optimizer in (straight, other))
    assert torch.equal(one, two)


class Foreign:
    """A tensor of another library."""


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda s: s["state"].update({9: {}}), ValueError, "of parameter 9, where there are 1"),
        (lambda s: s["state"][0].update(exp_avg=Foreign()), TypeError, r"a \S*Foreign; bring"),
        (lambda s: s["state"][0].pop("step"), ValueError, r"keeps \['exp_avg', 'exp_avg_sq', 's"),
        (lambda s: s["state"][0].update(exp_avg=torch.ones(3)), ValueError, r"shape \[3\]"),
        (lambda s: s["param_groups"][0].update(lr="x"), TypeError, "lr must be a number"),
        (lambda s: s["param_groups"][0].update(capturable=True), ValueError, "capturable=True is"),
    ],
    ids=["number", "another library", "names", "shape", "setting", "unknown setting"],
)
def test_a_state_that_cannot_be_meant_is_refused_as_a_whole(change, error, message):
    optimizer, saved = moved_once(adam)
    before = str(optimizer.state_dict())
    saved["param_groups"][0]["eps"] = 0.5
    change(saved)
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(saved)
    assert str(optimizer.state_dict()) == before


def test_the_state_of_another_optimizer_is_refused():
    _, saved = moved_once(lambda params: torch.optim.SGD(params, lr=0.1, momentum=0.9))
    optimizer, _ = moved_once(adam)
    saved["param_groups"] = optimizer.state_dict()["param_groups"]
    with pytest.raises(ValueError, match=r"holds \['momentum_buffer'\], Adam keeps"):
        optimizer.load_state_dict(saved)
