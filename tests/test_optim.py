"""Optimizers and schedules take PyTorch's steps."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import programs
from .programs import GROUPS
from .test_module_state import interrupted

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


def test_a_loaded_state_is_one_vector_after_a_step():
    p, q = leaf(2), leaf(3)
    first, second = adam([p, q]), adam([p, q])
    move(first, p, q)
    second.load_state_dict(first.state_dict())
    move(second, p, q)
    for name in ("step", "exp_avg", "exp_avg_sq"):
        one, two = (second.state[each][name].numpy() for each in (p, q))
        assert one.base is two.base is not None


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


# ---- the state is live ----

MAKE = {
    "SGD": lambda params, torch=torch: torch.optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params, torch=torch: torch.optim.Adam(params, lr=0.1),
    "amsgrad": lambda params, torch=torch: torch.optim.Adam(params, lr=0.1, amsgrad=True),
    "AdamW": lambda params, torch=torch: torch.optim.AdamW(params, lr=0.1),
}
every = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def move(optimizer, *parameters):
    optimizer.zero_grad()
    for parameter in parameters:
        (parameter * parameter + parameter).sum().backward()
    optimizer.step()


def leaf(*shape):
    return torch.ones(shape, requires_grad=True)


@every
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_a_loaded_state_goes_on_whatever_the_shape(make, shape):
    a, b = leaf(*shape), leaf(*shape)
    straight, first = make([a]), make([b])
    for _ in range(3):
        move(straight, a)
        move(first, b)
    second = make([b])
    second.load_state_dict(first.state_dict())
    for _ in range(3):
        move(straight, a)
        move(second, b)
    assert a.tolist() == b.tolist()
    assert str(straight.state_dict()) == str(second.state_dict())


@every
def test_a_state_is_tensors_in_the_memory_that_is_worked_with(make):
    p, q = leaf(2), leaf(3)
    optimizer = make([p, q])
    move(optimizer, p, q)
    name = next(key for key in optimizer.state[p] if key != "step")
    average, shared = optimizer.state[p][name], optimizer.state[p][name].numpy()
    assert isinstance(average, torch.Tensor)
    move(optimizer, p)
    move(optimizer, p, q)
    assert optimizer.state[p][name] is average
    assert np.shares_memory(average.numpy(), shared)
    before = average.tolist()
    move(optimizer, p)
    assert shared.tolist() == average.tolist() != before
    optimizer.state[p][name].fill_(1e6)
    kept = q.tolist(), p.tolist()
    move(optimizer, p)
    assert abs(p[0].item() - kept[1][0]) > 1
    assert q.tolist() == kept[0]


def test_a_step_that_is_set_counts():
    p, q = leaf(2), leaf(2)
    optimizer = adam([p, q])
    move(optimizer, p, q)
    step = optimizer.state[p]["step"]
    assert (str(step), step.dtype, step.shape) == ("tensor(1.)", torch.float32, ())
    for change in (100, 100.0, torch.tensor(100.0)):
        optimizer.state[p]["step"] = change
        move(optimizer, p, q)
        assert optimizer.state[p]["step"].item() == 101
    optimizer.state[p]["step"].fill_(7)
    move(optimizer, p, q)
    assert [optimizer.state[each]["step"].item() for each in (p, q)] == [8, 5]


@every
def test_a_state_follows_its_parameter_from_group_to_group(make):
    a, b, c, d = leaf(2), leaf(3), leaf(2), leaf(3)
    alone, both = make([b]), make([{"params": [a]}, {"params": [b]}])
    for _ in range(2):
        move(alone, b)
    with torch.no_grad():
        b.fill_(1)
    alone = make([d])
    for _ in range(2):
        move(both, a, b)
        move(alone, d)
    del both.param_groups[0]
    move(both, b)
    move(alone, d)
    both.add_param_group({"params": [c]})
    both.param_groups.reverse()
    move(both, b, c)
    move(alone, d)
    both.param_groups[0]["params"].append(both.param_groups.pop()["params"][0])
    move(both, b, c)
    move(alone, d)
    assert b.tolist() == d.tolist()
    assert str(both.state[b]) == str(alone.state[d])


@every
@pytest.mark.parametrize("moves", [1, 3])
def test_a_cleared_state_begins_anew(make, moves):
    p, q = leaf(2), leaf(2)
    optimizer = make([p])
    for _ in range(moves):
        move(optimizer, p)
    optimizer.state.clear()
    p.data = torch.ones(2)
    move(optimizer, p)
    move(make([q]), q)
    assert p.tolist() == q.tolist()


@every
def test_parameters_that_share_memory_move_one_after_the_other(make):
    p, q = leaf(2), leaf(2)
    q.data = p.data
    p.grad, q.grad = torch.ones(2), torch.ones(2)
    before = p.detach().clone()
    optimizer = make([p, q])
    optimizer.param_groups[0]["weight_decay"] = 0
    optimizer.step()
    assert (before - p.detach()).tolist() == pytest.approx([0.2, 0.2])


def test_a_state_that_cannot_be_used_is_refused():
    p = leaf(2)
    optimizer = adam([p])
    move(optimizer, p)
    before = p.tolist()
    for wrong, error in ((torch.ones(3), RuntimeError), ("much", TypeError)):
        optimizer.state[p]["exp_avg"] = wrong
        with pytest.raises(error, match="exp_avg in the state of a parameter"):
            optimizer.step()
        assert p.tolist() == before


@every
def test_a_copied_or_pickled_optimizer_goes_on_by_itself(make):
    p = leaf(2)
    optimizer = make([p])
    move(optimizer, p)
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (twin,) = other.param_groups[0]["params"]
        straight, expected = copy.deepcopy(optimizer), None
        (expected,) = straight.param_groups[0]["params"]
        for _ in range(2):
            move(other, twin)
            move(straight, expected)
        assert twin.tolist() == expected.tolist() != p.tolist()
        assert str(other.state_dict()) == str(straight.state_dict())


# ---- interrupts ----


def everything(optimizer):
    parameters = [each.tolist() for group in optimizer.param_groups for each in group["params"]]
    return str((parameters, optimizer.state_dict()))


def outcomes(prepare, act):
    """What is left of `prepare()` after `act`, with an interrupt before each line in turn."""
    untouched, finished = prepare(), prepare()
    act(finished)
    allowed = [everything(untouched), everything(finished)]
    seen, at, stopped = set(), 0, True
    while stopped:
        at += 1
        optimizer = prepare()
        stopped = interrupted(lambda optimizer=optimizer: act(optimizer), at)
        found = everything(optimizer)
        assert found in allowed, f"half moved by an interrupt before line {at}"
        seen.add(allowed.index(found))
    return seen, at


@every
@pytest.mark.parametrize("moves", [0, 2])
def test_an_interrupted_step_is_taken_or_not(make, moves):
    def prepare():
        a, b, c = leaf(2), leaf(), leaf(2, 2)
        optimizer = make([{"params": [a, b]}, {"params": [c]}])
        for _ in range(moves):
            move(optimizer, a, b, c)
        a.grad, b.grad, c.grad = torch.ones(2), torch.ones(()), torch.ones(2, 2)
        return optimizer

    seen, lines = outcomes(prepare, lambda optimizer: optimizer.step())
    assert seen == {0, 1}
    assert lines > 50


def test_an_interrupted_step_of_many_blocks_is_finished(monkeypatch):
    monkeypatch.setattr("tinygrad_rnn.optim.flat.BLOCK", 2)

    def prepare():
        optimizer = adam([leaf(5)])
        optimizer.param_groups[0]["params"][0].grad = torch.ones(5)
        return optimizer

    assert outcomes(prepare, lambda optimizer: optimizer.step())[0] == {0, 1}


@every
def test_an_interrupted_load_is_whole_or_not_at_all(make):
    source = make([leaf(2), leaf()])
    move(source, *source.param_groups[0]["params"])
    source.param_groups[0]["lr"] = 0.5
    saved = source.state_dict()

    def prepare():
        optimizer = make([leaf(2), leaf()])
        move(optimizer, *optimizer.param_groups[0]["params"])
        return optimizer

    seen, _ = outcomes(prepare, lambda optimizer: optimizer.load_state_dict(saved))
    assert seen == {0, 1}


# ---- PyTorch's settings, printed and saved ----


@pytest.mark.parametrize("setting", ["capturable", "differentiable"])
def test_settings_that_are_not_here_are_refused_by_name(setting):
    with pytest.raises(ValueError, match=f"Adam: {setting}=True is not supported"):
        torch.optim.Adam([leaf(1)], **{setting: True})


def test_settings_of_pytorch_s_implementations_change_nothing():
    p, q = leaf(2), leaf(2)
    move(adam([p]), p)
    move(torch.optim.Adam([q], lr=0.1, foreach=True, fused=False, capturable=False), q)
    assert p.tolist() == q.tolist()


def test_names_of_parameters_are_kept_and_used():
    p = leaf(1)
    optimizer = adam([("weight", p)])
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight"]
    p.grad = torch.tensor([float("inf")])
    with pytest.raises(RuntimeError, match="gradient of weight"):
        optimizer.step()


def test_an_optimizer_of_one_s_own_has_a_state():
    class Halving(torch.optim.Optimizer):
        def __init__(self, params, lr):
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self):
            for group in self.param_groups:
                for p in group["params"]:
                    self.state[p]["count"] = self.state[p].get("count", 0) + 1
                    p.mul_(group["lr"])

    p = leaf(2)
    optimizer = Halving([p], lr=0.5)
    optimizer.step()
    optimizer.step()
    assert (p.tolist(), optimizer.state[p]["count"]) == ([0.25, 0.25], 2)


PRINTED = {
    **{name: (lambda torch, w, make=make: make([w], torch)) for name, make in MAKE.items()},
    "named": lambda torch, w: torch.optim.AdamW([("w", w)], fused=False),
}


@pytest.mark.live
@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_and_saved_is_pytorch_s(name):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    found = []
    for library in (torch, live):
        w = library.ones(2, requires_grad=True)
        optimizer = PRINTED[name](library, w)
        w.sum().backward()
        optimizer.step()
        found.append([repr(optimizer), str(optimizer.state_dict()), str(optimizer.state)])
    assert found[0] == found[1]


@pytest.mark.live
@pytest.mark.parametrize("name", MAKE)
def test_a_state_goes_to_pytorch_and_back(name):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

    def brought(saved, to):
        state = {
            number: {key: to.tensor(value.numpy()) for key, value in each.items()}
            for number, each in saved["state"].items()
        }
        return {**saved, "state": state}

    p, q = leaf(2), live.ones(2, requires_grad=True)
    ours, theirs = MAKE[name]([p]), MAKE[name]([q], live)
    move(ours, p)
    theirs.load_state_dict(brought(ours.state_dict(), live))
    with live.no_grad():
        q.copy_(live.tensor(p.detach().numpy()))
    move(ours, p)
    move(theirs, q)
    ours.load_state_dict(brought(theirs.state_dict(), torch))
    move(ours, p)
    move(theirs, q)
    assert p.tolist() == pytest.approx(q.tolist(), rel=1e-6)
    assert str(ours.state_dict()) == str(theirs.state_dict())


@pytest.mark.live
@pytest.mark.parametrize("last", [-1, 0, 2, 5])
@pytest.mark.parametrize("name", ["StepLR", "ExponentialLR"])
def test_schedules_keep_what_pytorch_s_keep(name, last):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    found = []
    for library in (torch, live):
        w = library.ones(1, requires_grad=True)
        group = {"params": [w], "lr": 0.05, "initial_lr": 0.1}
        optimizer = library.optim.SGD([group], lr=0.1)
        make = getattr(library.optim.lr_scheduler, name)
        schedule = make(optimizer, 3 if name == "StepLR" else 0.5, last_epoch=last)
        states = [dict(schedule.state_dict())]
        for _ in range(4):
            optimizer.step()
            schedule.step()
            states.append(dict(schedule.state_dict()))
        found.append(states)
    assert found[0] == found[1]


def test_a_schedule_that_goes_on_needs_the_first_rates():
    with pytest.raises(KeyError, match="no 'initial_lr'; load the optimizer's state_dict"):
        torch.optim.lr_scheduler.StepLR(adam([leaf(1)]), 3, last_epoch=4)


# ---- clipping ----


@pytest.mark.live
@pytest.mark.parametrize("power", [2.0, "inf", float("inf"), "-inf", 1, 0.5, 0, "3"])
@pytest.mark.parametrize("values", [[3.0, -4.0], [0.0, 0.0], [1.0, np.inf], [np.nan, 1.0], []])
def test_gradients_are_clipped_as_in_pytorch(power, values):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    if not values and "inf" in str(power):
        pytest.skip("PyTorch refuses an infinity norm of nothing")
    found = []
    for library in (torch, live):
        p = library.zeros(len(values), requires_grad=True)
        q = library.zeros(1, dtype=library.float64, requires_grad=True)
        p.grad, q.grad = library.tensor(values), library.ones(1, dtype=library.float64)
        norm = library.nn.utils.clip_grad_norm_((each for each in (p, q)), 0.5, power)
        numbers = [norm.item(), *p.grad.tolist(), *q.grad.tolist()]
        found.append((str(norm.dtype), str(p.grad.dtype), numbers))
    assert found[0][:2] == found[1][:2]
    np.testing.assert_allclose(found[0][2], found[1][2], rtol=1e-5)


def test_large_gradients_are_clipped_without_a_warning():
    p = leaf(2)
    p.grad = torch.tensor([3e38, 3e38])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.nn.utils.clip_grad_norm_([p], 1.0, 1).item() == float("inf")
        assert torch.nn.utils.clip_grad_norm_([p], 1.0, -1).item() == pytest.approx(0.25)


def test_a_norm_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="norm_type must be a number"):
        torch.nn.utils.clip_grad_norm_([leaf(1)], 1.0, "two")


@pytest.mark.live
def test_random_programs_give_what_pytorch_gives():
    pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    from .fuzz.optimizers import FUZZER

    report = FUZZER.fuzz(150, seed=2026)
    assert not report.failed, str(report)


def test_what_is_deleted_from_a_state_is_made_anew():
    p, q = leaf(2), leaf(2)
    optimizer = adam([p, q])
    move(optimizer, p, q)
    del optimizer.state[p]["step"]
    del optimizer.state[q]["exp_avg"]
    move(optimizer, p, q)
    assert optimizer.state[p]["step"].item() == 1
    assert optimizer.state[q]["step"].item() == 2
    assert optimizer.state[q].keys() == {"step", "exp_avg", "exp_avg_sq"}
    move(optimizer, p, q)
    assert optimizer.state[p]["step"].item() == 2


def test_a_step_tensor_of_one_s_own_may_be_written_to_later():
    p, q = leaf(2), leaf(2)
    optimizer = adam([p, q])
    move(optimizer, p, q)
    mine = optimizer.state[p]["step"] = torch.tensor(1.0)
    move(optimizer, p, q)
    assert mine.item() == 2
    mine.fill_(50)
    move(optimizer, p, q)
    assert [optimizer.state[each]["step"].item() for each in (p, q)] == [51, 3]


def test_a_state_that_a_graph_has_saved_is_watched():
    p, w = leaf(2), leaf(2)
    optimizer = adam([p])
    move(optimizer, p)
    loss = (w * optimizer.state[p]["exp_avg"]).sum()
    move(optimizer, p)
    with pytest.raises(RuntimeError, match="modified"):
        loss.backward()
