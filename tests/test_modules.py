"""Modules hold parameters and optimizers move them: whose, in which order, and how often."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.optim import SGD, Adam, AdamW


class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        return self.linear(x).tanh()


class Outer(nn.Module):
    """A parameter of its own, a buffer, nested modules, and one layer under two names."""

    def __init__(self):
        super().__init__()
        self.first = Inner()
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("seen", torch.zeros(2))
        self.layers = nn.ModuleList([nn.Linear(2, 2), Inner()])
        self.alias = self.first.linear

    def forward(self, x):
        for layer in (self.first, *self.layers):
            x = layer(x)
        return self.alias(x * self.scale)


PARAMETERS = [
    "scale",
    "first.linear.weight",
    "first.linear.bias",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.linear.weight",
    "layers.1.linear.bias",
]
MODULES = [
    "",
    "first",
    "first.linear",
    "layers",
    "layers.0",
    "layers.1",
    "layers.1.linear",
]
STATE = [
    "scale",
    "seen",
    "first.count",
    "first.linear.weight",
    "first.linear.bias",
    "layers.0.weight",
    "layers.0.bias",
    "layers.1.count",
    "layers.1.linear.weight",
    "layers.1.linear.bias",
    "alias.weight",
    "alias.bias",
]


@pytest.fixture
def outer():
    torch.manual_seed(0)
    return Outer()


def values(module):
    return {name: tensor.tolist() for name, tensor in module.state_dict().items()}


# ---- the tree ----


def test_parameters_come_in_order_and_a_shared_one_once(outer):
    assert [name for name, _ in outer.named_parameters()] == PARAMETERS
    listed = list(outer.parameters())
    assert len(listed) == len(PARAMETERS)
    assert listed[1] is outer.alias.weight is outer.first.linear.weight


def test_parameters_of_the_module_alone_and_with_a_prefix(outer):
    assert [name for name, _ in outer.named_parameters(recurse=False)] == ["scale"]
    assert list(outer.parameters(recurse=False)) == [outer.scale]
    named = outer.first.named_parameters(prefix="x")
    assert [name for name, _ in named] == ["x.linear.weight", "x.linear.bias"]


def test_one_parameter_under_two_names_of_one_module_is_one():
    module = nn.Module()
    module.a = module.b = nn.Parameter(torch.ones(1))
    assert [name for name, _ in module.named_parameters()] == ["a"]
    assert list(module.state_dict()) == ["a", "b"]


def test_buffers_are_state_but_no_parameters(outer):
    assert [name for name, _ in outer.named_buffers()] == ["seen", "first.count", "layers.1.count"]
    assert len(list(outer.buffers())) == 3
    assert [name for name, _ in outer.named_buffers(recurse=False)] == ["seen"]
    assert not outer.seen.requires_grad


def test_modules_come_each_once_and_children_are_the_direct_ones(outer):
    assert [name for name, _ in outer.named_modules()] == MODULES
    assert len(list(outer.modules())) == len(MODULES)
    assert next(outer.modules()) is outer
    assert [name for name, _ in outer.named_children()][:2] == ["first", "layers"]
    assert list(outer.children())[:2] == [outer.first, outer.layers]


def test_apply_visits_children_before_their_parents(outer):
    order = []
    assert outer.first.apply(order.append) is outer.first
    assert order == [outer.first.linear, outer.first]


def test_train_and_eval_reach_all_modules_below(outer):
    assert all(module.training for module in outer.modules())
    assert outer.eval() is outer
    assert not any(module.training for module in outer.modules())
    assert outer.train() is outer
    assert all(module.training for module in outer.modules())
    outer.first.train(False)
    assert outer.training
    assert not outer.first.linear.training


@pytest.mark.parametrize("set_to_none", [True, False])
def test_zero_grad_forgets_or_zeroes(outer, set_to_none):
    outer(torch.ones(1, 2)).sum().backward()
    before = outer.scale.grad
    outer.zero_grad(set_to_none)
    if set_to_none:
        assert all(p.grad is None for p in outer.parameters())
        assert before.tolist() != [0.0, 0.0]
    else:
        assert all(p.grad.abs().sum().item() == 0 for p in outer.parameters())


def test_zero_grad_leaves_a_parameter_without_gradient_without_one():
    linear = nn.Linear(1, 1)
    linear.zero_grad(set_to_none=False)
    assert linear.weight.grad is None


def test_requires_grad_freezes_and_thaws(outer):
    assert outer.first.requires_grad_(False) is outer.first
    frozen = [name for name, p in outer.named_parameters() if not p.requires_grad]
    assert frozen == ["first.linear.weight", "first.linear.bias"]
    outer(torch.ones(1, 2)).sum().backward()
    assert outer.first.linear.weight.grad is None
    assert outer.scale.grad is not None
    assert all(p.requires_grad for p in outer.requires_grad_().parameters())


@pytest.mark.parametrize(
    "convert",
    [
        lambda m: m.double(),
        lambda m: m.to(torch.float64),
        lambda m: m.to(dtype=torch.float64),
        lambda m: m.to("cpu", torch.float64),
        lambda m: m.to(torch.zeros(1, dtype=torch.float64)),
    ],
)
def test_conversion_reaches_parameters_buffers_and_gradients(outer, convert):
    outer(torch.ones(1, 2)).sum().backward()
    parameters = list(outer.parameters())
    outer.register_buffer("index", torch.tensor([3]))
    assert convert(outer) is outer
    assert all(a is b for a, b in zip(parameters, outer.parameters(), strict=True))
    floating = [*outer.parameters(), outer.seen, outer.first.count, outer.scale.grad]
    assert {tensor.dtype for tensor in floating} == {torch.float64}
    assert outer.index.dtype is torch.int64
    assert outer(torch.ones(1, 2).double()).dtype is torch.float64
    assert outer.float().scale.dtype is torch.float32


def test_a_module_on_the_cpu_is_itself(outer):
    assert outer.cpu() is outer.to("cpu") is outer.to(torch.device("cpu")) is outer


# ---- attributes ----


def test_what_is_replaced_keeps_its_place(outer):
    linear = nn.Linear(2, 1)
    linear.weight = new = nn.Parameter(torch.zeros(1, 2))
    assert [name for name, _ in linear.named_parameters()] == ["weight", "bias"]
    assert next(linear.parameters()) is new
    linear.register_parameter("weight", nn.Parameter(torch.ones(1, 2)))
    assert list(linear.state_dict()) == ["weight", "bias"]
    outer.first = nn.Tanh()
    assert [name for name, _ in outer.named_children()] == ["first", "layers", "alias"]
    module = nn.Module()
    module.register_buffer("a", torch.zeros(1))
    module.register_buffer("b", torch.zeros(1))
    module.a = torch.ones(1)
    assert list(module.state_dict()) == ["a", "b"]


def test_a_parameter_set_to_none_is_gone_and_can_come_back():
    linear = nn.Linear(2, 1)
    linear.bias = None
    assert linear.bias is None
    assert list(linear.state_dict()) == ["weight"]
    assert linear(torch.zeros(1, 2)).tolist() == [[0.0]]
    linear.bias = nn.Parameter(torch.ones(1))
    assert [name for name, _ in linear.named_parameters()] == ["weight", "bias"]


def test_a_module_is_replaced_set_to_none_or_overwritten_by_a_value(outer):
    outer.alias = nn.Tanh()
    assert isinstance(outer.alias, nn.Tanh)
    outer.alias = None
    assert outer.alias is None
    assert "alias.weight" not in outer.state_dict()
    assert [name for name, _ in outer.named_children()] == ["first", "layers"]


def test_a_plain_attribute_that_becomes_a_parameter_is_registered():
    module = nn.Module()
    module.x = 3
    module.x = nn.Parameter(torch.ones(1))
    assert list(module.state_dict()) == ["x"]
    assert module.x.requires_grad


def test_a_module_cannot_take_a_parameter_s_name():
    module = nn.Module()
    module.x = nn.Parameter(torch.ones(1))
    with pytest.raises(TypeError, match="x"):
        module.x = nn.Linear(1, 1)
    assert list(module.state_dict()) == ["x"]


def test_a_plain_tensor_is_an_attribute_and_no_state():
    module = nn.Module()
    module.h = torch.ones(1)
    assert list(module.state_dict()) == list(module.parameters()) == []


@pytest.mark.parametrize("name", ["scale", "seen", "first"])
def test_attributes_of_every_kind_can_be_deleted(outer, name):
    delattr(outer, name)
    assert not hasattr(outer, name)
    assert not [key for key in outer.state_dict() if key.partition(".")[0] == name]


def test_a_plain_attribute_can_be_deleted():
    module = nn.Module()
    module.x = 3
    del module.x
    assert not hasattr(module, "x")


def test_a_buffer_can_be_replaced_and_set_to_none(outer):
    outer.seen = torch.ones(2)
    assert outer.state_dict()["seen"].tolist() == [1.0, 1.0]
    outer.seen = None
    assert "seen" not in outer.state_dict()


def test_registering_none_keeps_the_name_free_of_state():
    module = nn.Module()
    module.register_parameter("bias", None)
    module.register_buffer("buffer", None)
    module.add_module("child", None)
    assert module.bias is module.buffer is module.child is None
    assert list(module.state_dict()) == list(module.modules())[1:] == []


def test_dir_lists_what_was_registered(outer):
    assert {"scale", "seen", "first", "forward"} <= set(dir(outer))


def test_extra_repr_of_a_user_s_module_is_printed():
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(1, 2, bias=False)

        def extra_repr(self):
            return "kind=soft"

    assert repr(Gate()) == (
        "Gate(\n  kind=soft\n  (linear): Linear(in_features=1, out_features=2, bias=False)\n)"
    )
    gate = Gate()
    del gate.linear
    assert repr(gate) == "Gate(kind=soft)"


# ---- state ----


def test_the_state_has_every_name_and_the_same_memory(outer):
    state = outer.state_dict()
    assert list(state) == STATE
    assert not any(tensor.requires_grad for tensor in state.values())
    with torch.no_grad():
        outer.scale += 1
    assert state["scale"].tolist() == [2.0, 2.0]


def test_the_state_goes_round_through_nested_modules(outer):
    other = Outer()
    assert values(other) != values(outer)
    parameters = list(other.parameters())
    assert str(other.load_state_dict(outer.state_dict())) == "<All keys matched successfully>"
    assert values(other) == values(outer)
    assert all(a is b for a, b in zip(parameters, other.parameters(), strict=True))
    with torch.no_grad():
        outer.scale.zero_()
    assert other.scale.tolist() == [1.0, 1.0]
    assert all(p.requires_grad for p in other.parameters())


def test_not_strict_loads_what_fits_and_reports_the_rest():
    linear = nn.Linear(2, 1)
    bias = linear.bias.tolist()
    found = linear.load_state_dict({"weight": torch.ones(1, 2), "more": torch.ones(1)}, False)
    assert (found.missing_keys, found.unexpected_keys) == (["bias"], ["more"])
    assert tuple(found) == (["bias"], ["more"])
    assert linear.weight.tolist() == [[1.0, 1.0]]
    assert linear.bias.tolist() == bias


def test_not_strict_still_refuses_a_wrong_shape_and_loads_nothing():
    linear = nn.Linear(2, 1)
    before = values(linear)
    state = {"bias": torch.ones(1), "weight": torch.ones(3, 3)}
    with pytest.raises(RuntimeError, match="weight"):
        linear.load_state_dict(state, strict=False)
    assert values(linear) == before


def test_loading_converts_to_the_parameter_s_type():
    linear = nn.Linear(1, 1)
    linear.load_state_dict(nn.Linear(1, 1).double().state_dict())
    assert linear.weight.dtype is torch.float32


def test_a_forward_pass_from_before_loading_cannot_go_backward_with_the_new_values():
    linear = nn.Linear(1, 1)
    x = torch.ones(1, 1, requires_grad=True)
    loss = linear(x).sum()
    linear.load_state_dict(nn.Linear(1, 1).state_dict())
    with pytest.raises(RuntimeError, match="modified"):
        loss.backward()


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_is_equal_shares_nothing_and_keeps_what_is_shared_inside(outer, clone):
    twin = clone(outer)
    assert values(twin) == values(outer)
    assert not {id(p) for p in twin.parameters()} & {id(p) for p in outer.parameters()}
    assert twin.alias is twin.first.linear
    assert [name for name, _ in twin.named_parameters()] == PARAMETERS
    with torch.no_grad():
        outer.scale.zero_()
    assert twin.scale.tolist() == [1.0, 1.0]
    x = torch.ones(1, 2)
    twin(x).sum().backward()
    assert outer.scale.grad is None


def test_a_deep_copy_keeps_frozen_parameters_frozen_and_shared_ones_shared():
    module = nn.Module()
    module.a = module.b = nn.Parameter(torch.ones(1), requires_grad=False)
    twin = copy.deepcopy(module)
    assert twin.a is twin.b
    assert isinstance(twin.a, nn.Parameter)
    assert not twin.a.requires_grad


# ---- containers ----


@pytest.fixture
def three():
    return [nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)]


@pytest.mark.parametrize("kind", [lambda m: nn.Sequential(*m), nn.ModuleList])
def test_numbered_containers_behave_as_lists(kind, three):
    container = kind(three)
    assert len(container) == 3
    assert list(container) == three
    assert (container[0], container[-1], container[-3]) == (three[0], three[2], three[0])
    assert type(container[1:]) is type(container)
    assert list(container[1:]) == three[1:]
    assert list(container[::2]) == three[::2]
    assert three[1] in container
    last = nn.ReLU()
    assert container.append(last) is container
    assert container[3] is last
    assert list(container.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]


@pytest.mark.parametrize("kind", [lambda m: nn.Sequential(*m), nn.ModuleList])
def test_numbered_containers_can_be_extended_and_changed_as_pytorch_s(kind, three):
    container = kind(three[:1])
    assert container.extend(three[1:]) is container
    assert list(container) == three
    container[-1] = three[0]
    assert container[2] is three[0]


def test_a_slice_shares_the_layers_of_the_whole(three):
    whole = nn.Sequential(*three)
    assert whole[:1][0] is whole[0]
    assert whole[:2](torch.ones(1, 2)).shape == (1, 3)


def test_sequential_of_a_dict_keeps_its_names_and_passes_through(three):
    model = nn.Sequential(OrderedDict(hidden=three[0], out=nn.Sequential(*three[1:])))
    x = torch.ones(4, 2)
    assert list(model.state_dict()) == [
        "hidden.weight",
        "hidden.bias",
        "out.1.weight",
        "out.1.bias",
    ]
    assert torch.equal(model(x), three[2](three[0](x).tanh()))
    assert model.hidden is model[0]
    assert [name for name, _ in model[1:].named_children()] == ["out"]


def test_an_empty_sequential_returns_its_input():
    x = torch.ones(1)
    assert nn.Sequential()(x) is x


def test_a_module_list_in_a_model_is_trained(three):
    model = nn.Module()
    model.layers = nn.ModuleList(three)
    assert len(list(model.parameters())) == 4


def test_a_module_dict_behaves_as_a_dict(three):
    heads = nn.ModuleDict({"a": three[0]})
    heads["b"] = three[1]
    heads.update({"c": three[2]})
    assert list(heads) == list(heads.keys()) == ["a", "b", "c"]
    assert (len(heads), "b" in heads, "x" in heads) == (3, True, False)
    assert list(heads.values()) == three
    assert dict(heads.items()) == dict(zip("abc", three, strict=True))
    del heads["b"]
    assert list(heads.state_dict()) == ["a.weight", "a.bias", "c.weight", "c.bias"]
    assert len(heads.values()) == len(heads.items()) == 2


# ---- optimizers ----

OPTIMIZERS = {
    "SGD": lambda params: SGD(params, lr=0.1),
    "momentum": lambda params: SGD(params, lr=0.1, momentum=0.9, weight_decay=0.01),
    "nesterov": lambda params: SGD(params, lr=0.1, momentum=0.9, nesterov=True),
    "Adam": lambda params: Adam(params, lr=0.1),
    "amsgrad": lambda params: Adam(params, lr=0.1, amsgrad=True, weight_decay=0.01),
    "AdamW": lambda params: AdamW(params, lr=0.1),
}
every_optimizer = pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)


def weights(*numbers):
    return nn.Parameter(torch.tensor([float(number) for number in numbers]))


def step(optimizer, *parameters):
    """A step down the sum of squares."""
    optimizer.zero_grad()
    sum(((p * p).sum() for p in parameters), torch.zeros(())).backward()
    optimizer.step()


def test_groups_move_with_settings_of_their_own():
    a, b = weights(1), weights(1)
    optimizer = SGD([{"params": [a]}, {"params": b, "lr": 0.01}], lr=0.1)
    step(optimizer, a, b)
    assert (a.item(), b.item()) == pytest.approx((0.8, 0.98))
    optimizer.param_groups[0]["lr"] = 0.0
    step(optimizer, a, b)
    assert (a.item(), b.item()) == pytest.approx((0.8, 0.98 * 0.98))


@every_optimizer
def test_frozen_parameters_and_those_without_a_gradient_stay(make):
    moved, frozen, unused = weights(1), weights(1), weights(1)
    frozen.requires_grad_(False)
    optimizer = make([moved, frozen, unused])
    step(optimizer, moved)
    assert moved.item() < 1
    assert frozen.item() == unused.item() == 1


def test_a_zero_gradient_is_not_the_same_as_none():
    zero, none = weights(1), weights(1)
    optimizer = AdamW([zero, none], lr=0.1, weight_decay=0.5)
    zero.grad = torch.zeros(1)
    optimizer.step()
    assert zero.item() == pytest.approx(0.95)
    assert none.item() == 1


@every_optimizer
def test_a_parameter_added_later_starts_afresh_and_moves(make):
    early, late, alone = weights(1), weights(1), weights(1)
    optimizer = make([early])
    step(optimizer, early)
    optimizer.add_param_group({"params": [late]})
    step(optimizer, early, late)
    step(make([alone]), alone)
    assert late.item() == alone.item() < 1
    assert len(optimizer.param_groups) == 2
    assert optimizer.param_groups[1]["lr"] == 0.1


@every_optimizer
def test_a_shared_parameter_moves_once(make):
    tied = nn.Module()
    tied.one, tied.two = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    tied.two.weight = tied.one.weight
    alone = nn.Parameter(tied.one.weight.detach().clone())
    optimizer = make(tied.parameters())
    assert [len(group["params"]) for group in optimizer.param_groups] == [1]
    step(optimizer, tied.one.weight)
    step(make([alone]), alone)
    assert tied.two.weight is tied.one.weight
    assert tied.two.weight.item() == alone.item()


@every_optimizer
def test_data_that_was_replaced_is_what_moves(make):
    p = weights(1)
    optimizer = make([p])
    step(optimizer, p)
    old, new = p.data, torch.tensor([5.0])
    p.data = new
    before = old.item()
    step(optimizer, p)
    assert p.item() == new.item() != 5
    assert old.item() == before


@every_optimizer
def test_loading_a_model_between_steps_keeps_the_optimizer_at_work(make):
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = make(model.parameters())
    step(optimizer, *model.parameters())
    model.load_state_dict({"weight": torch.full((1, 2), 3.0), "bias": torch.zeros(1)})
    step(optimizer, *model.parameters())
    assert all(abs(w) < 3 for w in model.weight.view(-1).tolist())
    assert optimizer.param_groups[0]["params"][0] is model.weight


def test_converting_the_model_keeps_the_optimizer_at_work():
    model = nn.Linear(1, 1)
    optimizer = SGD(model.parameters(), lr=0.1)
    model.double()
    before = model.weight.item()
    step(optimizer, *model.parameters())
    assert model.weight.item() == pytest.approx(before * 0.8, rel=1e-12)


@pytest.mark.parametrize("set_to_none", [True, False])
def test_an_optimizer_forgets_or_zeroes_gradients(set_to_none):
    p, without = weights(1, 2), weights(1)
    optimizer = SGD([p, without], lr=0.1)
    p.grad = torch.ones(2)
    optimizer.zero_grad(set_to_none)
    assert (p.grad is None) if set_to_none else p.grad.tolist() == [0.0, 0.0]
    assert without.grad is None


def test_gradients_add_up_until_they_are_forgotten():
    p = weights(1)
    for _ in range(2):
        (p * 3).sum().backward()
    assert p.grad.item() == 6
    SGD([p], lr=0.1).zero_grad()
    (p * 3).sum().backward()
    assert p.grad.item() == 3


@every_optimizer
def test_a_saved_optimizer_goes_on_bit_for_bit(make):
    a, b = weights(1, -2), weights(3)
    optimizer = make([{"params": [a]}, {"params": [b], "lr": 0.05}])
    for _ in range(3):
        step(optimizer, a, b)
    saved = pickle.loads(pickle.dumps(optimizer.state_dict()))
    c, d = nn.Parameter(a.detach().clone()), nn.Parameter(b.detach().clone())
    other = make([{"params": [c]}, {"params": [d]}])
    other.load_state_dict(saved)
    for _ in range(3):
        step(optimizer, a, b)
        step(other, c, d)
    assert (c.tolist(), d.tolist()) == (a.tolist(), b.tolist())
    assert other.param_groups[1]["lr"] == 0.05


def test_a_saved_state_is_a_copy():
    p = weights(1)
    optimizer = Adam([p], lr=0.1)
    step(optimizer, p)
    saved = optimizer.state_dict()
    before = saved["state"][0]["exp_avg"].tolist()
    step(optimizer, p)
    assert saved["state"][0]["exp_avg"].tolist() == before


def test_an_optimizer_state_of_other_shapes_is_not_half_loaded():
    p, q = weights(1), weights(1, 2)
    source = Adam([q], lr=0.5)
    step(source, q)
    target = Adam([p], lr=0.1)
    with pytest.raises(ValueError, match="nothing was loaded"):
        target.load_state_dict(source.state_dict())
    assert target.param_groups[0]["lr"] == 0.1
    step(target, p)
    assert p.item() == pytest.approx(0.9)


def test_a_closure_computes_the_loss_with_gradients_even_under_no_grad():
    p = weights(2)
    optimizer = SGD([p], lr=0.25)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        loss = optimizer.step(closure)
    assert loss.item() == 4
    assert p.item() == 1
    assert optimizer.step() is None


def test_a_step_between_forward_and_backward_is_noticed():
    p = weights(2)
    optimizer = SGD([p], lr=0.1)
    loss = (p * p).sum()
    p.grad = torch.ones(1)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified"):
        loss.backward()


def test_maximize_climbs():
    up, down = weights(1), weights(1)
    step(SGD([up], lr=0.1, maximize=True), up)
    step(SGD([down], lr=0.1), down)
    assert up.item() == pytest.approx(1.2)
    assert down.item() == pytest.approx(0.8)


def test_the_settings_of_an_optimizer_are_printed():
    assert repr(SGD([weights(1)], lr=0.5)).startswith("SGD (\nParameter Group 0\n")
    assert "    lr: 0.5\n" in repr(SGD([weights(1)], lr=0.5))


def test_schedules_change_every_group_s_rate_and_resume():
    optimizer = SGD([{"params": [weights(1)]}, {"params": [weights(1)], "lr": 0.01}], lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.1)
    rates = []
    for _ in range(4):
        optimizer.step()
        schedule.step()
        rates.append(schedule.get_last_lr())
    assert [rate for rate, _ in rates] == pytest.approx([1, 0.1, 0.1, 0.01])
    assert [rate for _, rate in rates] == pytest.approx([0.01, 0.001, 0.001, 0.0001])
    resumed = torch.optim.lr_scheduler.StepLR(optimizer, 99)
    resumed.load_state_dict(schedule.state_dict())
    assert (resumed.last_epoch, resumed.step_size) == (4, 2)
    assert resumed.optimizer is optimizer


def test_an_exponential_schedule_multiplies_every_epoch():
    optimizer = SGD([weights(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        schedule.step()
    assert optimizer.param_groups[0]["lr"] == 0.125


@pytest.mark.parametrize(
    "make",
    [
        lambda where: nn.Linear(2, 3, device=where),
        lambda where: nn.Embedding(2, 3, device=where),
        lambda where: nn.RNNCell(2, 3, device=where),
        lambda where: nn.RNN(2, 3, device=where),
    ],
    ids=["Linear", "Embedding", "RNNCell", "RNN"],
)
def test_layers_are_made_on_the_cpu_and_nowhere_else(make):
    assert all(p.device == torch.device("cpu") for p in make("cpu").parameters())
    with pytest.raises(RuntimeError, match="'cuda' is not supported"):
        make("cuda")


def test_a_setting_that_an_optimizer_has_not_is_refused():
    group = {"params": [nn.Parameter(torch.zeros(1))], "learning_rate": 1}
    with pytest.raises(TypeError, match=r"Adam has no setting \['learning_rate'\]; it has .*'lr'"):
        torch.optim.Adam([group])


def test_a_state_of_another_library_s_tensors_names_the_way():
    linear = torch.nn.Linear(1, 1)
    state = {"weight": np.ones((1, 1), np.float32), "bias": torch.ones(1)}
    with pytest.raises(RuntimeError, match=r"got numpy\.ndarray; bring it over with from_dlpack"):
        linear.load_state_dict(state)
