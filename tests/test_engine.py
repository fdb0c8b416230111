"""The graph and the walk back through it: depth, sharing, memory, hooks, writes in place, modes."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.core.graph import AccumulateGrad
from tinygrad_rnn.nn import functional as F

from .arguments import r
from .gradcheck import outputs_of, weights_for
from .operations import CASES, Case


def leaf(*values: float) -> Any:
    """A float64 leaf: of these values, or a 0-dimensional one if there is but one of them."""
    data = values[0] if len(values) == 1 else list(values)
    return torch.tensor(data, dtype=torch.float64, requires_grad=True)


def matrix(*shape: int, seed: int = 0) -> Any:
    return torch.tensor(r(*shape, seed=seed), requires_grad=True)


def values_of(tensor: Any) -> Any:
    return None if tensor is None else tensor.tolist()


# ---- depth ----


def test_a_chain_of_100_000_operations_works_at_the_default_recursion_limit() -> None:
    assert sys.getrecursionlimit() <= 1000
    x = leaf(2.0)
    y = x
    for _ in range(100_000):
        y = -y
    y.backward()
    assert x.grad.item() == 1


def test_a_very_long_chain_can_be_freed_before_and_after_its_backward() -> None:
    for go_backward in (True, False):  # a million works as well, and takes 8 seconds
        x = leaf(2.0)
        y = x
        for _ in range(150_000):
            y = -y
        first = weakref.ref(y.grad_fn)
        if go_backward:
            y.backward()
            assert x.grad.item() == 1
        del y
        assert first() is None


def test_a_thousand_tanh_steps_have_the_gradient_of_the_chain_rule() -> None:
    # h' = tanh(w h + x): dh'/dw = (1 - h'²)(h + w dh/dw), in plain numbers
    w, h, slope = 0.9, 0.0, 0.0
    weight, state = leaf(w), torch.tensor(0.0, dtype=torch.float64)
    for step in range(1000):
        x = 0.5 * (-1) ** (step // 3)
        state = (weight * state + x).tanh()
        after = float(np.tanh(w * h + x))
        slope = (1 - after * after) * (h + w * slope)
        h = after
    state.backward()
    assert np.isfinite(weight.grad.item())
    assert state.item() == pytest.approx(h, rel=1e-12)
    assert weight.grad.item() == pytest.approx(slope, rel=1e-10)


# ---- sharing ----


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (lambda x: x + x, 2),
        (lambda x: x * x, 6),
        (lambda x: x * x * x, 27),
        (lambda x: x * x * x + x * x * x, 54),
        (lambda x: x - x, 0),
        (lambda x: (y := x * 2) * y + y, 26),
        (lambda x: ((y := x * x) + 1) * (y - 1), 108),
        (lambda x: (y := x.exp() * 0 + x) + y + y, 3),
    ],
    ids=["x+x", "x*x", "x*x*x", "twice x*x*x", "x-x", "y*y+y", "diamond", "three times"],
)
def test_a_tensor_used_several_times_gets_the_sum(
    program: Callable[..., Any], expected: float
) -> None:
    x = leaf(3.0)
    program(x).backward()
    assert x.grad.item() == expected


def test_a_plus_b_plus_a() -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b + a).sum().backward()
    assert (values_of(a.grad), values_of(b.grad)) == ([2, 2], [1, 1])


def test_two_losses_that_share_a_part_add_up() -> None:
    x = leaf(3.0)
    shared = x * x
    (shared * 2).backward(retain_graph=True)
    (shared * 5).backward()
    assert x.grad.item() == 42


def test_two_separate_graphs_add_up() -> None:
    x = leaf(3.0)
    (x * 2).backward()
    (x * 5).backward()
    assert x.grad.item() == 7


def test_fan_out_and_fan_in_of_ten_thousand() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    torch.stack([y * k for k in range(10_000)]).sum().backward()
    assert values_of(x.grad) == [49_995_000, 49_995_000]


def test_nodes_are_visited_after_all_that_use_them() -> None:
    x = leaf(1.0)
    early = x * 2  # made first, used last: it must wait for the long way round
    late = early
    for _ in range(50):
        late = late + 0
    seen = []
    early.register_hook(lambda g: seen.append(g.item()))
    (early + late).backward()
    assert seen == [2]
    assert x.grad.item() == 4


# ---- memory ----


@contextmanager
def no_collector() -> Iterator[None]:
    """Only reference counts free anything here."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def programs() -> dict[str, Callable[[], Any]]:
    rnns = {
        f"RNN fused={fused} {kind}": lambda fused=fused, settings=settings: nn.RNN(
            2, 3, fused=fused, **settings
        )(torch.ones(4, 2, 2))[0].sum()
        for fused in (True, False)
        for kind, settings in (
            ("plain", {}),
            ("deep", {"num_layers": 2, "bidirectional": True, "batch_first": True}),
        )
    }
    return rnns | {
        "RNNCell": lambda: nn.RNNCell(2, 3)(torch.ones(4, 2)).sum(),
        "RNNCell defined": lambda: nn.RNNCell(2, 3, fused=False)(torch.ones(4, 2)).sum(),
        "Linear": lambda: nn.Linear(2, 3)(torch.ones(4, 2)).sum(),
        "Embedding": lambda: nn.Embedding(4, 2)(torch.tensor([1, 1, 3])).sum(),
    }


PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("go_backward", [True, False])
def test_a_model_and_its_graph_die_with_the_loss(name: str, go_backward: bool) -> None:
    with no_collector():
        loss = PROGRAMS[name]()
        node = weakref.ref(loss.grad_fn)
        below = [weakref.ref(each) for each, _ in loss.grad_fn.next_functions]
        if go_backward:
            loss.backward()
        del loss
        assert node() is None
        assert all(each() is None for each in below)


@pytest.mark.parametrize("each", CASES, ids=str)
def test_a_result_is_no_cycle(each: Case) -> None:
    with no_collector():
        inputs = [torch.tensor(x, requires_grad=True) for x in each.inputs]
        extras = [torch.tensor(x) for x in each.extras]
        outputs = outputs_of(each.function(*inputs, *extras))
        watched = [weakref.ref(y) for y in outputs] + [weakref.ref(y.grad_fn) for y in outputs]
        outputs[0].backward(torch.ones_like(outputs[0]))
        del outputs
        assert all(ref() is None for ref in watched)
        watched = [weakref.ref(x) for x in inputs]
        del inputs
        assert all(ref() is None for ref in watched)


def test_intermediate_tensors_die_before_the_loss_does() -> None:
    with no_collector():
        x = leaf(1.0, 2.0)
        h = x * x
        tensor, array = weakref.ref(h), weakref.ref(h._array)
        loss = (h * h).sum()
        del h
        assert tensor() is None, "the graph holds on to a tensor"
        assert array() is not None, "nothing was saved; the test shows nothing"
        loss.backward()
        assert array() is None, "backward has not let go of what was saved"
        assert loss.item() == 17


def test_with_retain_graph_what_was_saved_stays() -> None:
    x = leaf(1.0, 2.0)
    h = x * x
    array = weakref.ref(h._array)
    loss = (h * h).sum()
    del h
    loss.backward(retain_graph=True)
    assert array() is not None
    loss.backward()
    assert array() is None


def test_operations_without_a_gradient_save_nothing() -> None:
    with no_collector():
        x = torch.tensor([1.0, 2.0])
        h = x * x
        array = weakref.ref(h._array)
        y = h * h
        del h
        assert array() is None
        assert y.grad_fn is None


def test_a_constant_operand_is_kept_only_for_a_gradient_that_is_wanted() -> None:
    with no_collector():
        x = leaf(1.0, 2.0)
        constant, factor = torch.ones(2).double(), torch.ones(2).double()
        kept, dropped = weakref.ref(factor._array), weakref.ref(constant._array)
        y = x * factor + constant
        del factor, constant
        assert dropped() is None
        assert kept() is not None
        del y
        assert kept() is None


@pytest.mark.parametrize("in_place", [False, True])
def test_two_hundred_graphs_leave_nothing_behind(in_place: bool) -> None:
    w = matrix(2, 2)

    def graph() -> None:
        h = torch.ones(1, 2).double()
        for _ in range(100):
            h = (h @ w).tanh_() if in_place else (h @ w).tanh()
        h.sum().backward()
        w.grad = None

    graph()
    gc.collect()
    with no_collector():
        before = len(gc.get_objects())
        for _ in range(200):
            graph()
        # a graph is hundreds of objects; a handful may come from the interpreter's own caches
        assert len(gc.get_objects()) - before < 50


# ---- whose memory a gradient is ----


def arrays_of(tensors: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: x.detach().numpy() for name, x in tensors.items() if x is not None}


def assert_apart(tensors: dict[str, Any]) -> None:
    for (a, x), (b, y) in combinations(arrays_of(tensors).items(), 2):
        assert not np.shares_memory(x, y), f"{a} and {b} share memory"


ALIASING = {
    "a + b": lambda a, b: a + b,
    "a - b": lambda a, b: a - b,
    "clones": lambda a, b: a.clone() + b.clone(),
    "views": lambda a, b: a.view(6) + b.reshape(2, 3).T.reshape(6),
    "cat": lambda a, b: torch.cat([a, b]),
    "stack": lambda a, b: torch.stack([a, b, a]),
    "views of one": lambda a, b: torch.stack([a[0], a[1], a.t()[0:2].reshape(-1)[:3], b[0]]),
    "in place": lambda a, b: (a * 1).add_(b),
    "sum": lambda a, b: a.sum() + b.sum(),
    "squeeze": lambda a, b: a.unsqueeze(0).squeeze(0) + b.contiguous(),
    "where": lambda a, b: torch.where(a > 0, a, b),
    "copy": lambda a, b: a + torch.zeros(2, 3).double().copy_(b),
    "setitem": lambda a, b: a + torch.zeros(2, 3).double().masked_fill(a > 9, 1.0) + b,
}


@pytest.mark.parametrize("name", ALIASING)
def test_gradients_share_memory_with_nothing(name: str) -> None:
    a, b = matrix(2, 3), matrix(2, 3, seed=1)
    y = ALIASING[name](a, b)
    y.retain_grad()
    gradient = torch.ones_like(y.detach())
    y.backward(gradient)
    assert_apart({
        "a.grad": a.grad, "b.grad": b.grad, "y.grad": y.grad, "gradient": gradient, "a": a, "b": b,
    })  # fmt: skip


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_the_gradients_of_a_network_share_no_memory(fused: bool, bidirectional: bool) -> None:
    rnn = nn.RNN(2, 3, 2, bidirectional=bidirectional, fused=fused)
    x = torch.ones(4, 2, 2, requires_grad=True)
    h0 = torch.ones(2 * (1 + bidirectional), 2, 3, requires_grad=True)
    output, h_n = rnn(x, h0)
    (output.sum() + h_n.sum()).backward()
    leaves = {"x": x, "h0": h0, **dict(rnn.named_parameters())}
    assert_apart({name: each.grad for name, each in leaves.items()})


def test_backward_from_a_leaf_copies_the_gradient_it_is_given() -> None:
    x, gradient = leaf(1.0, 2.0), torch.ones(2).double()
    x.backward(gradient)
    x.backward(gradient)
    assert values_of(x.grad) == [2, 2]
    assert values_of(gradient) == [1, 1]


def test_a_gradient_that_is_written_to_leaves_the_other_one_alone() -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).sum().backward()
    a.grad.zero_()
    assert values_of(b.grad) == [1, 1]


def test_accumulating_never_writes_into_what_a_hook_returned() -> None:
    x = leaf(1.0, 2.0)
    mine = torch.ones(2).double()
    y = x * 1
    y.register_hook(lambda _: mine)
    (y + 0).sum().backward()  # y passes `mine` on to x, by way of mul
    z = x + 0
    z.register_hook(lambda _: mine)
    (x * 3 + z + x[...]).sum().backward()
    assert values_of(mine) == [1, 1]
    assert values_of(x.grad) == [6, 6]


# ---- who gets a gradient ----


def test_only_leaves_that_want_one_get_a_gradient() -> None:
    x, constant = leaf(1.0, 2.0), torch.ones(2).double()
    h = x * constant
    loss = h.sum()
    loss.backward()
    assert values_of(x.grad) == [1, 1]
    assert constant.grad is h.grad is loss.grad is None
    assert (x.is_leaf, constant.is_leaf, h.is_leaf) == (True, True, False)


def test_retain_grad_keeps_that_of_a_computed_tensor_and_adds_up() -> None:
    x = leaf(1.0, 2.0)
    h = x * 3
    h.retain_grad()
    h.retain_grad()  # twice is once
    loss = (h * h).sum()
    loss.backward(retain_graph=True)
    assert values_of(h.grad) == [6, 12]
    loss.backward()
    assert values_of(h.grad) == [12, 24]


def test_retain_grad_keeps_no_tensor_alive() -> None:
    with no_collector():
        x = leaf(1.0, 2.0)
        h = x * 3
        h.retain_grad()
        y, gone = h.sum(), weakref.ref(h)
        del h
        assert gone() is None
        y.backward()
        assert values_of(x.grad) == [3, 3]


def test_retain_grad_on_a_leaf_changes_nothing_and_on_a_constant_is_an_error() -> None:
    x = leaf(1.0, 2.0)
    x.retain_grad()
    x.sum().backward()
    assert values_of(x.grad) == [1, 1]
    with pytest.raises(RuntimeError, match="retain_grad"):
        torch.ones(1).retain_grad()


# ---- hooks ----


def kinds_of_tensor() -> list[Any]:
    return [pytest.param(lambda x: x, id="leaf"), pytest.param(lambda x: x * 1, id="computed")]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_a_hook_is_called_once_with_the_total(made: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    h, seen = made(x), []
    h.register_hook(lambda g: seen.append(g.tolist()))
    (h * 2 + h * h).sum().backward()
    assert seen == [[4, 6]]
    assert values_of(x.grad) == [4, 6]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_hooks_run_in_order_and_each_sees_what_the_one_before_returned(
    made: Callable[..., Any],
) -> None:
    x = leaf(1.0, 2.0)
    h, seen = made(x), []
    h.register_hook(lambda g: (seen.append(("first", g.tolist())), g * 10)[1])
    h.register_hook(lambda g: seen.append(("second", g.tolist())))
    h.register_hook(lambda g: g + 1)
    h.sum().backward()
    assert seen == [("first", [1, 1]), ("second", [10, 10])]
    assert values_of(x.grad) == [11, 11]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_a_removed_hook_is_not_called(made: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    h = made(x)
    handle = h.register_hook(lambda g: g * 10)
    h.register_hook(lambda g: g * 2)
    handle.remove()
    handle.remove()
    h.sum().backward()
    assert values_of(x.grad) == [2, 2]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_removing_a_hook_twice_takes_no_later_one_away(made: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    h = made(x)
    handle = h.register_hook(lambda g: g * 10)
    handle.remove()
    h.register_hook(lambda g: g * 2)
    handle.remove()
    h.sum().backward()
    assert values_of(x.grad) == [2, 2]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_a_hook_may_remove_itself(made: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    h, handles = made(x), []

    def once(g: Any) -> Any:
        handles[0].remove()
        return g * 10

    handles.append(h.register_hook(once))
    h.register_hook(lambda g: g + 1)
    loss = h.sum()
    loss.backward(retain_graph=True)
    loss.backward()
    assert values_of(x.grad) == [13, 13]


@pytest.mark.parametrize("made", kinds_of_tensor())
def test_a_hook_cannot_write_into_the_gradient_behind_backwards_back(
    made: Callable[..., Any],
) -> None:
    x = leaf(1.0, 2.0)
    h, kept = made(x), []
    h.register_hook(kept.append)
    (h + h).sum().backward()
    kept[0].zero_()
    assert values_of(x.grad) == [2, 2]


@pytest.mark.parametrize("made", kinds_of_tensor())
@pytest.mark.parametrize(
    "wrong", [lambda g: g.sum(), lambda g: g.view(2, 1), lambda _: 3, lambda g: g.tolist()]
)
def test_a_hook_that_returns_what_is_no_such_gradient_is_an_error(
    made: Callable[..., Any], wrong: Callable[..., Any]
) -> None:
    x = leaf(1.0, 2.0)
    h = made(x)
    h.register_hook(wrong)
    with pytest.raises((RuntimeError, TypeError), match="hook"):
        h.sum().backward()
    assert x.grad is None


def test_retain_grad_keeps_what_the_hooks_made_of_the_gradient() -> None:
    # PyTorch: whenever retain_grad was called, it comes after all hooks
    for retain_first in (True, False):
        h = leaf(1.0, 2.0) * 1
        if retain_first:
            h.retain_grad()
        h.register_hook(lambda g: g * 10)
        h.retain_grad()
        h.sum().backward()
        assert values_of(h.grad) == [10, 10]


def test_a_hook_on_a_constant_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="never be called"):
        torch.ones(1).register_hook(lambda _: None)


# ---- going backward more than once ----


@pytest.mark.parametrize("each", CASES, ids=str)
def test_a_second_backward_is_an_error(each: Case) -> None:
    inputs = [torch.tensor(x, requires_grad=True) for x in each.inputs]
    y = outputs_of(each.function(*inputs, *map(torch.tensor, each.extras)))[0]
    gradient = torch.ones_like(y.detach())
    y.backward(gradient)
    before = [values_of(x.grad) for x in inputs]
    with pytest.raises(RuntimeError, match="second time"):
        y.backward(gradient)
    assert [values_of(x.grad) for x in inputs] == before


@pytest.mark.parametrize("program", [lambda x: x + x, lambda x: x.sum(), lambda x: -x])
def test_that_holds_where_nothing_was_saved_as_well(program: Callable[..., Any]) -> None:
    x = leaf(3.0)
    y = program(x)
    y.backward()
    with pytest.raises(RuntimeError, match="retain_graph=True"):
        y.backward()


def test_a_part_that_another_loss_used_up_is_an_error() -> None:
    x = leaf(3.0)
    shared = x * x
    (shared * 2).backward()
    with pytest.raises(RuntimeError, match="second time"):
        (shared * 5).backward()
    assert x.grad.item() == 12


@pytest.mark.parametrize("each", CASES, ids=str)
def test_with_retain_graph_each_backward_adds_the_same(each: Case) -> None:
    inputs = [torch.tensor(x, requires_grad=True) for x in each.inputs]
    y = outputs_of(each.function(*inputs, *map(torch.tensor, each.extras)))[0]
    gradient = torch.ones_like(y.detach())
    y.backward(gradient, retain_graph=True)
    once = [None if x.grad is None else 2 * x.grad.numpy() for x in inputs]
    y.backward(gradient)
    for x, expected in zip(inputs, once, strict=True):
        assert (x.grad is None) == (expected is None)
        if expected is not None:
            np.testing.assert_array_equal(x.grad.numpy(), expected)


class TestAtomicity:
    """A backward that fails leaves every `.grad` as it was."""

    def fail(self, loss: Any, *leaves: Any) -> None:
        before = [values_of(x.grad) for x in leaves]
        with pytest.raises((RuntimeError, ZeroDivisionError)):
            loss.backward()
        assert [values_of(x.grad) for x in leaves] == before

    def prepared(self) -> tuple[Any, Any]:
        a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
        (a + b).sum().backward()
        return a, b

    def test_after_a_write_to_a_saved_value(self) -> None:
        a, b = self.prepared()
        saved = b * 1
        loss = (a * 2).sum() + (saved * saved).sum()
        saved.detach().zero_()
        self.fail(loss, a, b)

    def test_after_half_of_the_graph_was_used_up(self) -> None:
        a, b = self.prepared()
        used = b * b
        used.sum().backward()
        self.fail((a * 2).sum() + used.sum(), a, b)

    @pytest.mark.parametrize("order", ["first", "last"])
    @pytest.mark.parametrize("where", ["leaf", "computed"])
    def test_after_an_error_in_a_hook(self, where: str, order: str) -> None:
        a, b = self.prepared()
        chosen = a if order == "first" else b
        x, y = a * 1, b * 1
        of = chosen if where == "leaf" else (x if order == "first" else y)
        of.register_hook(lambda _: 1 / 0)
        self.fail((x + y).sum(), a, b)

    def test_of_computed_tensors_that_retain_theirs(self) -> None:
        a, b = self.prepared()
        x, y = a * 1, b * 1
        y.retain_grad()
        a.register_hook(lambda _: 1 / 0)
        x.register_hook(lambda _: 1 / 0)
        self.fail((x + y * 2).sum(), a, b, x, y)

    def test_after_an_error_in_a_rule(self) -> None:
        a, b = self.prepared()
        scores = (b * float("inf")).unsqueeze(0)
        with np.errstate(invalid="ignore"):
            loss = F.cross_entropy(scores, torch.tensor([0])) + (a * 2).sum()
        self.fail(loss, a, b)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: (x * 2).backward(), RuntimeError, "gradient="),
        (lambda x: (x * 2).backward(torch.ones(3).double()), RuntimeError, "shape"),
        (lambda x: (x * 2).backward(2.0), TypeError, "Tensor"),
        (lambda x: x.detach().sum().backward(), RuntimeError, "requires a gradient"),
        (lambda x: x.sum().backward(create_graph=True), NotImplementedError, "create_graph"),
    ],
)
def test_what_backward_refuses(
    call: Callable[..., Any], error: type[Exception], message: str
) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(error, match=message):
        call(x)
    assert x.grad is None


# ---- writes between forward and backward ----


def without_recording(write: Callable[[Any, Any], Any]) -> Callable[[Any, Any], None]:
    def method(tensor: Any, new: Any) -> None:
        with torch.no_grad():
            write(tensor, new)

    return method


def by_item(tensor: Any, new: Any) -> None:
    tensor[...] = new


WRITES = {
    "copy_": without_recording(lambda x, new: x.copy_(new)),
    "data": lambda x, new: x.data.copy_(new),
    "detach": lambda x, new: x.detach().copy_(new),
    "view": without_recording(lambda x, new: x[...].copy_(new)),
    "a view of a view": without_recording(
        lambda x, new: x.unsqueeze(0).T.copy_(new.unsqueeze(0).T)
    ),
    "item": without_recording(by_item),
}


def other_values(array: np.ndarray) -> Any:
    """Values that the operation accepts as well, and that give another gradient."""
    if array.dtype.kind == "b":
        return torch.tensor(~array)
    if array.dtype.kind == "i":  # any other index: 0, or 1 where 0 was
        return torch.tensor(np.where(array == 0, 1, 0))
    if array.shape and array.shape[-1] == 3 and np.allclose(array.sum(-1), 1):
        return torch.tensor(np.roll(array, 1, -1))  # probabilities
    return torch.tensor(array * 1.25 + 0.375)


def gradients(
    each: Case, meddle: Callable[[list[Any], list[Any]], None] = lambda *_: None
) -> list[Any]:
    """The gradients of a case, with `meddle` between forward and backward."""
    inputs = [torch.tensor(x, requires_grad=True) for x in each.inputs]
    operands = [*inputs, *map(torch.tensor, each.extras)]
    outputs = outputs_of(each.function(*operands))
    weights = [torch.tensor(weight) for weight in weights_for(outputs)]
    ends = [y.clone() for y in outputs]  # which saves nothing, so outputs may be written to
    meddle(operands, outputs)
    for end, weight in zip(ends, weights, strict=True):
        end.backward(weight, retain_graph=True)
    return [None if x.grad is None else x.grad.numpy() for x in inputs]


def assert_right_or_refused(each: Case, meddle: Callable[..., None], must_work: bool) -> None:
    expected = gradients(each)
    try:
        found = gradients(each, meddle)
    except RuntimeError as error:
        if must_work or "modified by an inplace operation" not in str(error):
            raise  # nothing of this operand is needed, or it is another error
        return
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, "a wrong gradient, and no error")


def check_writes_to_operands(each: Case) -> None:
    values = (*each.inputs, *each.extras)
    for number in range(len(values)):
        for write in WRITES.values():

            def meddle(operands: list[Any], _: Any, n: int = number, do: Any = write) -> None:
                do(operands[n], other_values(values[n]))

            assert_right_or_refused(each, meddle, must_work=number in each.free)


def check_writes_to_results(each: Case) -> None:
    for write in WRITES.values():

        def meddle(operands: list[Any], outputs: list[Any], do: Any = write) -> None:
            for y in outputs:
                if 0 not in y.stride():  # what `expand` gives repeats elements
                    do(y, torch.zeros_like(y.detach()) + 0.375)

        assert_right_or_refused(each, meddle, must_work=False)


@pytest.mark.parametrize("each", CASES, ids=str)
def test_an_operand_that_was_overwritten_is_refused_or_makes_no_difference(each: Case) -> None:
    check_writes_to_operands(each)


@pytest.mark.parametrize("each", CASES, ids=str)
def test_a_result_that_was_overwritten_is_refused_or_makes_no_difference(each: Case) -> None:
    check_writes_to_results(each)


def recurrent(layer: Any, **settings: Any) -> Callable[[], Any]:
    """Makes a layer, and values of its input and its first hidden state."""
    cell = layer is nn.RNNCell
    rows = settings.get("num_layers", 1) * (1 + settings.get("bidirectional", False))
    h = r(4, 2, seed=1) if cell else r(rows, 4, 2, seed=1)
    x = r(4, 5, 3) if settings.get("batch_first") else r(5, 4, 3)
    return lambda: (layer(3, 2, **settings), [x[0] if cell else x, h])


MODULES = {
    "Linear": lambda: (nn.Linear(3, 2), [r(4, 3)]),
    **{
        f"{layer.__name__} {kind} fused={fused}": recurrent(layer, nonlinearity=kind, fused=fused)
        for layer, kind, fused in product((nn.RNN, nn.RNNCell), ("tanh", "relu"), (True, False))
    },
    "RNN deep": recurrent(nn.RNN, num_layers=2, bidirectional=True),
    "RNN batch first": recurrent(nn.RNN, batch_first=True),
    "RNN unbatched": lambda: (nn.RNN(3, 2), [r(5, 3)]),
}


def as_case(name: str) -> Case:
    """A module as a case, with its parameters among the inputs."""
    torch.manual_seed(0)
    module, inputs = MODULES[name]()
    module = module.double()
    names = [key for key, _ in module.named_parameters()]
    values = [p.detach().numpy().copy() for p in module.parameters()]

    def function(*tensors: Any) -> Any:
        for key, tensor in zip(names, tensors[len(inputs) :], strict=True):
            module._parameters[key] = tensor
        return module(*tensors[: len(inputs)])

    return Case(name, function, (*inputs, *values))


@pytest.mark.parametrize("name", MODULES)
def test_the_same_for_layers_their_inputs_and_their_weights(name: str) -> None:
    check_writes_to_operands(as_case(name))
    check_writes_to_results(as_case(name))


def test_what_a_layer_saves_is_really_watched() -> None:
    # that the tests above pass is not because nothing is saved
    for name, number in (("RNN tanh fused=True", 0), ("RNNCell tanh fused=True", 1), ("Linear", 1)):
        each = as_case(name)
        with pytest.raises(RuntimeError, match="inplace operation"):
            gradients(each, lambda operands, _, n=number: operands[n].detach().zero_())


def test_embedding_does_not_mind_a_changed_table_but_a_changed_index() -> None:
    layer, ids = nn.Embedding(4, 2), torch.tensor([1, 1, 3])
    loss = layer(ids).sum()
    layer.weight.data.zero_()
    loss.backward()
    assert layer.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]
    layer.zero_grad()
    loss = layer(ids).sum()
    ids[0] = 0
    try:
        loss.backward()
    except RuntimeError:
        assert layer.weight.grad is None
    else:
        assert layer.weight.grad.tolist() == [[0, 0], [2, 2], [0, 0], [1, 1]]


@pytest.mark.parametrize("index", [np.array([1, 0]), [1, 0]], ids=["array", "list"])
def test_an_index_that_the_user_changes_later_makes_no_difference(index: Any) -> None:
    x = leaf(1.0, 2.0, 3.0)
    y = x[index]
    index[0] = 2
    y.sum().backward()
    assert values_of(x.grad) == [1, 1, 0]


def test_an_optimizer_step_between_forward_and_backward_is_noticed() -> None:
    x = leaf(1.0, 2.0)
    optimizer = torch.optim.SGD([x], lr=0.1)
    loss = (x * x).sum()
    x.grad = torch.ones(2).double()
    optimizer.step()
    with pytest.raises(RuntimeError, match="inplace operation"):
        loss.backward()


def test_load_state_dict_between_forward_and_backward_is_noticed() -> None:
    layer = nn.Linear(2, 1)
    x = torch.ones(1, 2, requires_grad=True)
    loss = layer(x).sum()
    layer.load_state_dict({name: p + 1 for name, p in layer.state_dict().items()})
    with pytest.raises(RuntimeError, match="inplace operation"):
        loss.backward()


def test_setting_data_leaves_the_old_graph_its_values() -> None:
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    x.data = torch.tensor([5.0, 5.0], dtype=torch.float64)
    x.data.add_(1)
    loss.backward()
    assert values_of(x.grad) == [2, 4]
    assert values_of(x) == [6, 6]


# ---- in-place operations that are recorded ----

IN_PLACE = {
    "add_": (lambda h, b: h.add_(b), lambda h, b: h + b),
    "sub_": (lambda h, b: h.sub_(b), lambda h, b: h - b),
    "mul_": (lambda h, b: h.mul_(b), lambda h, b: h * b),
    "div_": (lambda h, b: h.div_(b), lambda h, b: h / b),
    "pow_": (lambda h, _: h.pow_(2), lambda h, _: h**2),
    "tanh_": (lambda h, _: h.tanh_(), lambda h, _: h.tanh()),
    "relu_ then mul_": (lambda h, b: h.relu_().mul_(b), lambda h, b: h.relu() * b),
    "zero_": (lambda h, _: h.zero_(), lambda h, _: h * 0),
    "fill_": (lambda h, _: h.fill_(3), lambda h, _: h * 0 + 3),
    "copy_": (lambda h, b: h.copy_(b), lambda h, b: h * 0 + b),
    "copy_ of a constant": (lambda h, b: h.copy_(b.detach()), lambda h, b: h * 0 + b.detach()),
    "copy_ of itself": (lambda h, _: h.copy_(h), lambda h, _: h),
    "add_ of itself": (lambda h, _: h.add_(h), lambda h, _: h + h),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_a_recorded_in_place_operation_has_the_gradient_of_its_twin(name: str) -> None:
    found = []
    for change in IN_PLACE[name]:
        a, b = matrix(2, 3), matrix(2, 3, seed=1)
        h = change(a * 2, b)
        (h * h + h.exp()).sum().backward()
        found.append([np.zeros((2, 3)) if x.grad is None else x.grad.numpy() for x in (a, b)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-14)


@pytest.mark.parametrize("change", [
    lambda x: x.add_(1), lambda x: x.mul_(2), lambda x: x.zero_(), lambda x: x.exp_(),
    lambda x: x.copy_(x.detach()), lambda x: x.uniform_(), lambda x: x[0].add_(1),
    lambda x: x.view(2, 1).zero_(), lambda x: x.__setitem__(0, 1.0), lambda x: x.__iadd__(1),
], ids=["add_", "mul_", "zero_", "exp_", "copy_", "uniform_", "of a part", "of a view", "item",
        "+="])  # fmt: skip
@pytest.mark.parametrize(
    "made",
    [
        lambda: leaf(1.0, 2.0),
        lambda: nn.Parameter(torch.tensor([1.0, 2.0])),
        lambda: nn.Linear(1, 2).double().bias,
    ],
    ids=["leaf", "parameter", "converted parameter"],
)
def test_a_leaf_may_only_be_written_to_without_recording(
    change: Callable[..., Any], made: Callable[..., Any]
) -> None:
    x = made()
    before = values_of(x)
    with pytest.raises(RuntimeError, match="leaf"):
        change(x)
    assert values_of(x) == before
    assert x.is_leaf
    with torch.no_grad():
        change(x)
    assert x.is_leaf
    assert x.requires_grad


@pytest.mark.parametrize(
    "forget",
    [
        lambda x: x.detach().requires_grad_(False),
        lambda x: nn.Embedding.from_pretrained(x.view(2, 1)),
        lambda x: nn.Parameter(x.data, requires_grad=False),
        lambda x: setattr(x, "data", x.data.clone()),
    ],
    ids=["detached", "frozen embedding", "frozen parameter", "new data"],
)
def test_a_leaf_stays_one_whatever_is_made_of_its_memory(forget: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    forget(x)
    with pytest.raises(RuntimeError, match="leaf"):
        x.add_(1)
    assert x.is_leaf


def test_plus_equals_on_a_computed_tensor() -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    h += x
    h *= torch.tensor([3.0, 4.0], dtype=torch.float64)
    h -= 1
    h /= 2
    h.sum().backward()
    assert values_of(x.grad) == [4.5, 6]


def test_an_in_place_operation_on_a_constant_makes_it_computed() -> None:
    total, x = torch.zeros(2).double(), leaf(1.0, 2.0)
    total += x * 2
    total += x
    assert total.requires_grad
    total.sum().backward()
    assert values_of(x.grad) == [3, 3]


def test_states_collected_by_index_have_the_gradients_of_those_stacked() -> None:
    found = []
    for collect in (True, False):
        w = matrix(3, 3)
        h, states, out = torch.ones(3).double(), [], torch.zeros(5, 3).double()
        for t in range(5):
            h = (h @ w).tanh()
            states.append(h)
            if collect:
                out[t] = h
        result = out if collect else torch.stack(states)
        (result * result * torch.tensor(r(5, 3, seed=2))).sum().backward()
        found.append(w.grad.numpy())
    np.testing.assert_allclose(found[0], found[1], rtol=1e-13)


@pytest.mark.parametrize("index", [0, slice(0, 2), (0, 1), [0, 2], (slice(None), 1), ...], ids=str)
@pytest.mark.parametrize("constant", [True, False], ids=["constant", "tensor"])
def test_adding_to_a_part_by_index(index: Any, constant: bool) -> None:
    a, v = matrix(3, 2), leaf(2.0)
    h = a * 3
    h[index] += 2.0 if constant else v
    (h * h).sum().backward()
    mask = np.zeros((3, 2))
    mask[index] = 1
    h_values = 3 * a.detach().numpy() + 2 * mask
    np.testing.assert_allclose(a.grad.numpy(), 6 * h_values, rtol=1e-14)
    if not constant:
        assert v.grad.item() == pytest.approx((2 * h_values * mask).sum())


def test_adding_to_a_part_of_a_constant() -> None:
    v, total = leaf(1.0, 2.0), torch.zeros(3, 2).double()
    for t in range(3):
        total[t] += v * (t + 1)
        total[t] += v
    total.sum().backward()
    assert values_of(v.grad) == [9, 9]


SHARED = {  # writes that others see: what is looked at afterwards, and its gradients (x, v)
    "a view of what was written": (lambda h, v: (h[0:1], h.mul_(v))[0], [10, 0, 0], 2),
    "what a view was written through": (lambda h, v: (h, h[0:1].mul_(v))[0], [10, 2, 2], 2),
    "a sister view": (lambda h, v: (h[0:1], h[0:2].mul_(v))[0], [10, 0, 0], 2),
    "an older view, after an assignment": (
        lambda h, v: (h.view(3), h.__setitem__(0, v))[0],
        [0, 2, 2],
        1,
    ),
    "what was written through twice": (lambda h, v: (h, h[0:1][0].mul_(v))[0], [10, 2, 2], 2),
}


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize(
    "use",
    [
        lambda x: x * 1,
        lambda x: x.sum(),
        lambda x: x[...],
        lambda x: x.clone().add_(1),
        lambda x: x,
    ],
    ids=["product", "sum", "view", "in place", "itself"],
)
def test_tensors_that_share_memory_know_what_was_written(
    name: str, use: Callable[..., Any]
) -> None:
    x, v = leaf(1.0, 2.0, 3.0), leaf(5.0)
    write, dx, dv = SHARED[name]
    y = use(write(x * 2, v))
    y.backward(torch.ones_like(y.detach()))
    assert (values_of(x.grad), v.grad.item()) == (dx, dv)


def test_a_constant_that_was_written_through_a_view_is_none_any_more() -> None:
    v, total = leaf(2.0), torch.zeros(2, 2).double()
    row, column = total[0], total[:, 0]
    row += v
    assert total.requires_grad
    assert column.requires_grad
    assert str(total.grad_fn) == "<CopySlices>"
    (column * torch.tensor([3.0, 5.0]).double()).sum().backward()
    assert v.grad.item() == 3


def test_a_write_to_a_detached_tensor_does_not_concern_the_other() -> None:
    b, a = leaf(1.0, 2.0), leaf(3.0, 4.0)
    d = b.detach()
    d -= a
    d.sum().backward()
    assert (values_of(a.grad), b.grad, values_of(b)) == ([-1, -1], None, [-2, -2])


def test_a_view_that_is_a_leaf_may_not_be_written_to() -> None:
    x = torch.zeros(2, 3).t().requires_grad_()
    for write in (lambda: x.add_(1), lambda: x.__setitem__(0, 1.0), lambda: x[0].mul_(2)):
        with pytest.raises(RuntimeError, match="leaf"):
            write()


@pytest.mark.parametrize("computed", [False, True], ids=["constant", "computed"])
def test_writing_to_what_repeats_memory_is_an_error(computed: bool) -> None:
    x = torch.ones(1, 2, requires_grad=True) * 1 if computed else torch.ones(1, 2)
    wide = x.expand(3, 2)
    for write in (
        lambda: wide.add_(1),
        lambda: wide.__setitem__(0, 1.0),
        wide.zero_,
        lambda: wide.copy_(torch.ones(3, 2)),
    ):
        with pytest.raises(RuntimeError, match="clone"):
            write()
    assert values_of(x) == [[1, 1]]


def test_a_value_that_a_second_operation_saved_is_not_lost_silently() -> None:
    x = leaf(1.0, 2.0)
    h = x * 2
    y = h * h  # saves h
    h.add_(1)
    with pytest.raises(RuntimeError, match=r"MulBackward0.*inplace operation"):
        (y.sum() + h.sum()).backward()
    assert x.grad is None


def test_a_write_through_one_tensor_is_seen_by_all_that_share_its_memory() -> None:
    aliases = {
        "itself": lambda x: x,
        "part": lambda x: x[0],
        "flat": lambda x: x.view(4),
        "transposed": lambda x: x.T,
        "detached": lambda x: x.detach(),
        "data": lambda x: x.data,
        "part of a part": lambda x: x[0][1:],
        "parameter": lambda x: nn.Parameter(x, requires_grad=False),
    }
    writes = (lambda x: x.add_(1), lambda x: x.zero_(), by_ones, lambda x: x.uniform_())
    for saved, written in product(aliases, aliases):
        for write in writes:
            x, w = torch.zeros(2, 2).double(), leaf(3.0)
            y = (aliases[saved](x) * w).sum()
            write(aliases[written](x))
            with pytest.raises(RuntimeError, match="inplace operation"):
                y.backward()
            assert w.grad is None, (saved, written)
        copied, w = torch.zeros(2, 2).double(), leaf(3.0)
        y = (aliases[saved](copied) * w).sum()
        aliases[written](copied.clone()).add_(1)
        y.backward()
        assert w.grad.item() == 0


def by_ones(x: Any) -> None:
    x[...] = 1.0


def with_data(leaf: Any, data: Any) -> Any:
    leaf.data = data
    return leaf


@pytest.mark.parametrize(
    "adopt",
    [
        nn.Parameter,
        lambda x: nn.Parameter(x.detach()),
        lambda x: x.detach().requires_grad_(),
        lambda x: with_data(nn.Parameter(torch.ones(2).double()), x.detach()),
        lambda x: with_data(leaf(1.0, 2.0), x.data),
    ],
    ids=["Parameter", "Parameter of detached", "detached", "data", "data of data"],
)
def test_memory_that_a_recorded_operation_has_filled_may_be_adopted(
    adopt: Callable[..., Any],
) -> None:
    buffer = torch.zeros(2).double()
    buffer[0] = leaf(5.0)
    p = adopt(buffer)
    (p * p).sum().backward()
    assert values_of(p.grad) == [10, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: x.add_(torch.ones(3, 2)),
        lambda x: x.add_("a"),
        lambda x: x.copy_(torch.ones(5)),
        lambda x: x.__setitem__(5, 1.0),
        lambda x: x.__setitem__(0, torch.ones(7)),
        lambda x: x.add_(leaf(1.0, 2.0).unsqueeze(0).expand(3, 2)),
    ],
    ids=["shape", "type", "copy_", "no such place", "value", "too wide"],
)
def test_a_write_that_fails_changes_nothing(wrong: Callable[..., Any]) -> None:
    x = leaf(1.0, 2.0)
    h = x * 1
    node, loss = h.grad_fn, (h * h).sum()
    with pytest.raises((RuntimeError, TypeError, IndexError)):
        wrong(h)
    assert (values_of(h), h.grad_fn) == ([1, 2], node)
    loss.backward()
    assert values_of(x.grad) == [2, 4]


# ---- recording on and off ----

MODES = {
    "no_grad": (torch.no_grad, False),
    "enable_grad": (torch.enable_grad, True),
    "set True": (lambda: torch.set_grad_enabled(True), True),
    "set False": (lambda: torch.set_grad_enabled(False), False),
}


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("outside", [True, False])
def test_a_mode_holds_inside_and_ends_outside(name: str, outside: bool) -> None:
    mode, expected = MODES[name]
    with torch.set_grad_enabled(outside):
        with mode():
            assert torch.is_grad_enabled() is expected
            assert (leaf(1.0) * 2).requires_grad is expected
        assert torch.is_grad_enabled() is outside
        with pytest.raises(KeyError), mode():
            raise KeyError
        assert torch.is_grad_enabled() is outside
        assert mode()(torch.is_grad_enabled)() is expected
        assert torch.is_grad_enabled() is outside
    assert torch.is_grad_enabled()


def test_modes_nest_and_one_object_may_be_entered_again() -> None:
    off = torch.no_grad()
    with off:
        with torch.enable_grad():
            with off:
                assert not torch.is_grad_enabled()
                with off:
                    assert not torch.is_grad_enabled()
                assert not torch.is_grad_enabled()
            assert torch.is_grad_enabled()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_a_decorated_function_keeps_its_name_and_may_recurse_and_raise() -> None:
    @torch.no_grad()
    def down(n: int) -> list[bool]:
        """Counts down."""
        return [torch.is_grad_enabled(), *(down(n - 1) if n else [])]

    @torch.no_grad()
    def fails() -> None:
        raise KeyError

    assert down(3) == [False] * 4
    assert (down.__name__, down.__doc__) == ("down", "Counts down.")
    with pytest.raises(KeyError):
        fails()
    assert torch.is_grad_enabled()


def test_a_generator_that_is_left_by_an_exception_leaves_the_mode_behind() -> None:
    def steps() -> Iterator[int]:
        with torch.no_grad():
            yield 1
            yield 2

    running = steps()
    assert next(running) == 1
    with pytest.raises(KeyError):
        running.throw(KeyError())
    assert torch.is_grad_enabled()
    running = steps()
    next(running)
    running.close()
    assert torch.is_grad_enabled()


def test_a_decorated_generator_runs_in_its_mode_and_its_caller_in_its_own() -> None:
    @torch.no_grad()
    def steps() -> Iterator[bool]:
        yield torch.is_grad_enabled()
        yield torch.is_grad_enabled()

    inside, outside = [], []
    for each in steps():
        inside.append(each)
        outside.append(torch.is_grad_enabled())
    assert (inside, outside) == ([False, False], [True, True])


def in_thread(function: Callable[[], Any]) -> Any:
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(function()))
    thread.start()
    thread.join(timeout=30)
    assert result, "the thread has failed"
    return result[0]


def test_a_new_thread_starts_with_recording_on() -> None:
    with torch.no_grad():
        assert in_thread(torch.is_grad_enabled) is True
        assert not torch.is_grad_enabled()


def test_a_thread_that_records_nothing_does_not_stop_another() -> None:
    inside, go_on = threading.Event(), threading.Event()

    def quiet() -> bool:
        with torch.no_grad():
            inside.set()
            go_on.wait(timeout=30)
            return torch.is_grad_enabled()

    result: list[bool] = []
    thread = threading.Thread(target=lambda: result.append(quiet()))
    thread.start()
    assert inside.wait(timeout=30)
    x = leaf(3.0)
    (x * x).backward()
    go_on.set()
    thread.join(timeout=30)
    assert x.grad.item() == 6
    assert result == [False]


def test_a_decorated_function_may_run_in_several_threads_at_once() -> None:
    meet = threading.Barrier(4, timeout=30)

    @torch.no_grad()
    def work() -> bool:
        meet.wait()  # all are inside
        seen = torch.is_grad_enabled()
        meet.wait()
        return seen

    def thread(results: list[Any], outside: bool) -> None:
        with torch.set_grad_enabled(outside):
            results.append((work(), torch.is_grad_enabled() is outside))

    results: list[Any] = []
    threads = [
        threading.Thread(target=thread, args=(results, bool(n % 2)), daemon=True) for n in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=30)
    assert results == [(False, True)] * 4


def test_graphs_may_be_made_and_gone_back_through_in_several_threads() -> None:
    def work() -> Any:
        w = matrix(3, 3)
        h = torch.ones(1, 3).double()
        for _ in range(200):
            h = (h @ w).tanh()
        h.sum().backward()
        return w.grad.tolist()

    expected = work()
    results: list[Any] = []

    def thread() -> None:
        results.append(work())

    threads = [threading.Thread(target=thread) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=60)
    assert results == [expected] * 4


# ---- copies ----

COPIES = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda x, n=protocol: pickle.loads(pickle.dumps(x, n))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(
    "made",
    [
        lambda: torch.tensor([1, 2]),
        lambda: torch.tensor([[1.5, 2.5]], requires_grad=True),
        lambda: torch.tensor(True),
        lambda: nn.Parameter(torch.tensor([1.0, 2.0])),
        lambda: nn.Parameter(torch.tensor([1.0, 2.0]), requires_grad=False),
        lambda: torch.tensor([[1.0, 2.0], [3.0, 4.0]]).t(),
    ],
    ids=["ints", "leaf", "bool", "parameter", "frozen", "transposed"],
)
def test_a_copy_of_a_leaf_is_like_it_and_its_own(way: str, made: Callable[..., Any]) -> None:
    x = made()
    y = COPIES[way](x)
    assert type(y) is type(x)
    assert (y.dtype, y.requires_grad, y.is_leaf) == (x.dtype, x.requires_grad, True)
    assert values_of(y) == values_of(x)
    assert not np.shares_memory(x._array, y._array)
    before = values_of(x)
    with torch.no_grad():
        y.zero_()
    assert values_of(x) == before


@pytest.mark.parametrize("way", COPIES)
def test_a_computed_tensor_is_not_copied_and_the_error_says_what_to_do(way: str) -> None:
    h = leaf(1.0, 2.0) * 2
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        COPIES[way](h)
    assert values_of(COPIES[way](h.detach())) == [2, 4]


def tied() -> Any:
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.RNN(2, 2))
    model[2].weight = model[0].weight
    return model


@pytest.mark.parametrize("way", COPIES)
def test_a_copied_model_is_independent_and_what_it_shared_it_shares(way: str) -> None:
    model = tied()
    other = COPIES[way](model)
    assert other[2].weight is other[0].weight
    assert len(list(other.parameters())) == len(list(model.parameters())) == 7
    for (name, ours), (same, theirs) in zip(
        model.named_parameters(), other.named_parameters(), strict=True
    ):
        assert name == same
        assert isinstance(theirs, nn.Parameter)
        assert torch.equal(ours, theirs)
        assert not np.shares_memory(ours._array, theirs._array)
    x = torch.ones(3, 1, 2)
    assert torch.equal(model(x)[0], other(x)[0])
    other(x)[0].sum().backward()
    assert all(p.grad is None for p in model.parameters())
    assert all(p.grad is not None for p in other.parameters())


def test_a_copied_leaf_has_a_graph_of_its_own() -> None:
    x = leaf(1.0, 2.0)
    loss = (x * x).sum()
    y = copy.deepcopy(x)
    loss.backward()
    assert y.grad is None
    (y * 3).sum().backward()
    assert (values_of(x.grad), values_of(y.grad)) == ([2, 4], [3, 3])


def test_deepcopy_takes_the_gradient_along() -> None:
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    y = copy.deepcopy(x)
    assert values_of(y.grad) == [2, 4]
    assert not np.shares_memory(x.grad._array, y.grad._array)


# ---- gradients of parts ----

PARTS = {
    "index": lambda x: sum(x[t] * (t + 1) for t in range(len(x))),
    "negative index": lambda x: sum(x[-t - 1] * (len(x) - t) for t in range(len(x))),
    "for loop": lambda x: sum(row * (t + 1) for t, row in enumerate(x)),
    "unbind": lambda x: sum(row * (t + 1) for t, row in enumerate(x.unbind())),
    "split": lambda x: sum(part.sum(0) * (t + 1) for t, part in enumerate(x.split(1))),
    "list": lambda x: sum(x[[t]].sum(0) * (t + 1) for t in range(len(x))),
    "repeats": lambda x: x[[t for t in range(len(x)) for _ in range(t + 1)]].sum(0),
    "embedding": lambda x: F.embedding(
        torch.tensor([t for t in range(len(x)) for _ in range(t + 1)]), x
    ).sum(0),
    "index_select": lambda x: x.index_select(
        0, torch.tensor([t for t in range(len(x)) for _ in range(t + 1)])
    ).sum(0),
    "whole": lambda x: (x * torch.arange(1, len(x) + 1).double().unsqueeze(1)).sum(0),
}
EXPECTED = np.arange(1.0, 5)[:, None] * np.ones((4, 2))


@pytest.mark.parametrize("name", PARTS)
def test_the_parts_add_up_to_the_whole(name: str) -> None:
    x = matrix(4, 2)
    PARTS[name](x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), EXPECTED)


@pytest.mark.parametrize("first", PARTS)
@pytest.mark.parametrize("second", PARTS)
@pytest.mark.parametrize("made", kinds_of_tensor())
def test_partial_and_full_gradients_mix_in_any_order(
    first: str, second: str, made: Callable[..., Any]
) -> None:
    x = matrix(4, 2)
    y = made(x)
    a = PARTS[first](y).sum()
    b = (y + 0).sum()  # passes on an array that is not its own
    c = PARTS[second](y).sum()
    (a + b + c).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * EXPECTED + 1)


OF_A_NUMBER = {
    "neg": lambda x: -x,
    "add": lambda x: x + 0,
    "exp": torch.exp,
    "sum": lambda x: x.sum(),
    "square": lambda x: x * x,
    "None": lambda x: x[None].sum(),
    "dots": lambda x: x[...] * 1,
    "unsqueeze": lambda x: x.unsqueeze(0).sum(),
    "expand": lambda x: x.expand(2).sum() / 2,
    "rewritten": lambda x: -((x * 1).masked_fill_(torch.tensor(False), 0.0)),
}


@pytest.mark.parametrize("first", OF_A_NUMBER)
@pytest.mark.parametrize("second", OF_A_NUMBER)
def test_the_same_for_a_0_dimensional_tensor(first: str, second: str) -> None:
    x = leaf(0.5)
    (OF_A_NUMBER[first](x) + OF_A_NUMBER[second](x)).backward()
    alone = 0.0
    for name in (first, second):
        y = leaf(0.5)
        OF_A_NUMBER[name](y).backward()
        alone += y.grad.item()
    assert x.grad.item() == pytest.approx(alone, rel=1e-15)


def test_assigning_to_a_0_dimensional_tensor_before_a_negation() -> None:
    x, v = leaf(2.0), leaf(3.0)
    h = x * 1
    h[...] = v
    (-h).backward()
    assert v.grad.item() == -1
    assert x.grad is None or x.grad.item() == 0


@pytest.mark.parametrize("order", [1, -1])
def test_a_gradient_that_belongs_to_somebody_else_is_not_written_to(order: int) -> None:
    # add passes one array on to both of its inputs; a slice of one must not reach the other
    x, y = matrix(3, 2), matrix(3, 2, seed=1)
    uses = [lambda: x[0], lambda: x + y, lambda: x[1:]][::order]
    total = uses[0]().sum()
    for use in uses[1:]:
        total = total + use().sum()
    total.backward()
    np.testing.assert_array_equal(y.grad.numpy(), np.ones((3, 2)))
    np.testing.assert_array_equal(x.grad.numpy(), np.full((3, 2), 2.0))


@pytest.mark.parametrize("program", [
    lambda x: x + x[0], lambda x: x.view(6).view(3, 2) + x[:1], lambda x: x.clone() + x[[0, 0, 1]],
], ids=["add", "view", "clone"])  # fmt: skip
def test_the_gradient_that_was_passed_in_is_not_written_to(program: Callable[..., Any]) -> None:
    x = matrix(3, 2)
    gradient = torch.ones(3, 2).double()
    program(x).backward(gradient)
    assert torch.equal(gradient, torch.ones(3, 2).double())


def test_a_gradient_set_by_the_user_is_added_to() -> None:
    x = leaf(1.0, 2.0)
    x.grad = torch.tensor([10.0, 20.0], dtype=torch.float64)
    x.sum().backward()
    assert values_of(x.grad) == [11, 21]


# ---- the graph, seen from outside ----


def test_next_functions_lead_to_the_leaves() -> None:
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    loss = ((a * b).tanh() + a).sum()
    assert loss.grad_fn.name() == "SumBackward0"
    ((add, number),) = loss.grad_fn.next_functions
    assert (add.name(), number) == ("AddBackward0", 0)
    (tanh, _), (to_a, _) = add.next_functions
    ((mul, _),) = tanh.next_functions
    assert [each.name() for each in (tanh, mul)] == ["TanhBackward0", "MulBackward0"]
    assert isinstance(to_a, AccumulateGrad)
    assert to_a.variable is a
    assert [each.variable for each, _ in mul.next_functions] == [a, b]
    assert to_a.next_functions == ()
    assert repr(tanh) == "<TanhBackward0>"
    assert to_a.name() == "AccumulateGrad"


def test_a_walk_finds_all_nodes_of_a_cell() -> None:
    cell = nn.RNNCell(2, 3, fused=False)
    waiting, names, leaves = [cell(torch.ones(1, 2)).grad_fn], [], []
    while waiting:
        node = waiting.pop()
        names.append(node.name())
        if isinstance(node, AccumulateGrad):
            leaves.append(node.variable)
        waiting += [each for each, _ in node.next_functions if each is not None]
    assert set(map(id, leaves)) == set(map(id, cell.parameters()))
    assert names[0] == "TanhBackward0"
    assert names.count("AddmmBackward0") == 2


def test_an_operand_that_wants_no_gradient_is_none_among_the_next_functions() -> None:
    y = leaf(1.0, 2.0) * torch.ones(2).double()
    assert y.grad_fn.next_functions[1] == (None, 0)


def test_without_a_gradient_there_is_no_graph() -> None:
    x = leaf(1.0, 2.0)
    assert torch.ones(2).grad_fn is None
    assert (torch.ones(2) * 2).grad_fn is None
    assert x.grad_fn is None
    assert x.detach().grad_fn is None
    with torch.no_grad():
        assert (x * 2).grad_fn is None
