"""Layers and losses: outputs, all gradients, names of parameters."""

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import programs
from .programs import GROUPS
from .recordings import CHAINED, ROUNDINGS

nn = torch.nn
F = nn.functional


@pytest.mark.parametrize("name", GROUPS["recurrent"])
def test_recurrent_layers_give_pytorch_s_outputs_and_gradients(name):
    assert not programs.compare(torch, "recurrent", name, CHAINED)


@pytest.mark.parametrize("name", GROUPS["layers"])
def test_layers_give_pytorch_s_outputs_gradients_and_names(name):
    assert not programs.compare(torch, "layers", name, CHAINED)


@pytest.mark.parametrize("name", GROUPS["losses"])
def test_losses_give_pytorch_s_values_and_gradients(name):
    assert not programs.compare(torch, "losses", name)


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
@pytest.mark.parametrize("settings", [{}, {"num_layers": 2, "bidirectional": True, "bias": False}])
def test_the_fused_layer_and_the_loop_that_defines_it_agree(nonlinearity, settings):
    results = []
    for fused in (True, False):
        torch.manual_seed(5)
        kind = {"dtype": torch.float64, "fused": fused, "nonlinearity": nonlinearity}
        rnn = nn.RNN(3, 4, **kind, **settings)
        x = programs.fixed(torch, 6, 2, 3, kind="float64").requires_grad_()
        output, h_n = rnn(x)
        (output.sin().sum() + h_n.square().sum()).backward()
        results.append([output, h_n, x.grad, *(p.grad for p in rnn.parameters())])
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-13)


def test_a_layer_of_steps_is_a_loop_of_the_cell():
    torch.manual_seed(1)
    rnn = nn.RNN(3, 2)
    cell = nn.RNNCell(3, 2)
    state = {name.removesuffix("_l0"): value for name, value in rnn.state_dict().items()}
    cell.load_state_dict(state)
    x = programs.fixed(torch, 5, 2, 3)
    output, h_n = rnn(x)
    h = None
    for t, step in enumerate(x):
        h = cell(step, h)
        np.testing.assert_allclose(h.detach().numpy(), output[t].detach().numpy(), rtol=1e-6)
    assert torch.equal(h_n[0], output[-1])


def test_the_output_of_a_batch_first_rnn_is_a_transposed_view():
    output, _ = nn.RNN(3, 2, batch_first=True)(torch.zeros(4, 5, 3))
    assert not output.is_contiguous()
    assert output.stride() == (2, 8, 1)


def test_cross_entropy_of_sequences_is_that_of_all_their_steps():
    scores = programs.fixed(torch, 2, 3, 4).requires_grad_()
    target = torch.tensor([[0, 1, 2, 0], [2, -100, 1, 0]])
    F.cross_entropy(scores, target).backward()
    rows = scores.detach().transpose(1, 2).reshape(-1, 3).requires_grad_()
    F.cross_entropy(rows, target.view(-1)).backward()
    assert torch.equal(scores.grad, rows.grad.view(2, 4, 3).transpose(1, 2))


@pytest.mark.parametrize("shape", [(3, 1), (1,), (3, 3)])
def test_mse_loss_refuses_a_target_of_another_shape(shape):
    with pytest.raises(ValueError, match="shape"):
        F.mse_loss(torch.zeros(3), torch.zeros(shape))


def test_a_loss_of_one_uncounted_row_has_no_gradient_there():
    x = programs.fixed(torch, 3, 4).requires_grad_()
    F.cross_entropy(x, torch.tensor([1, -100, 2])).backward()
    assert x.grad[1].tolist() == [0.0] * 4
    assert np.abs(x.grad.numpy().sum(1)).max() < 1e-7


def test_the_gradient_of_a_padding_row_is_zero():
    table = nn.Embedding(5, 3, padding_idx=2)
    assert table.weight[2].tolist() == [0.0] * 3
    table(torch.tensor([2, 1, 2])).sum().backward()
    assert table.weight.grad.tolist() == [[0.0] * 3, [1.0] * 3] + [[0.0] * 3] * 3


def test_a_state_dict_shares_memory_and_loading_copies():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    state = a.state_dict()
    b.load_state_dict(state)
    with torch.no_grad():
        a.weight.fill_(7)
    assert state["weight"].tolist() == [[7.0, 7.0]] * 2
    assert b.weight.tolist() != [[7.0, 7.0]] * 2


@pytest.mark.parametrize("change", [{"extra": (1,)}, {"weight": (3, 3)}, {"bias": None}])
def test_a_state_that_does_not_fit_is_refused_and_nothing_is_loaded(change):
    layer = nn.Linear(2, 2)
    before = {name: value.tolist() for name, value in layer.state_dict().items()}
    state = {name: torch.ones(value.shape) for name, value in layer.state_dict().items()}
    for name, shape in change.items():
        state.pop(name, None)
        if shape is not None:
            state[name] = torch.ones(shape)
    with pytest.raises(RuntimeError, match="nothing was loaded"):
        layer.load_state_dict(state)
    assert {name: value.tolist() for name, value in layer.state_dict().items()} == before


def theirs():
    return pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


@pytest.mark.live
@pytest.mark.parametrize("group", ["recurrent", "layers", "losses"])
def test_pytorch_as_it_is_installed_computes_the_same(group):
    live = theirs()
    if group == "layers":
        live.manual_seed(0)
        if live.empty(5).bernoulli_(0.5).tolist() != [0.0, 0.0, 1.0, 0.0, 0.0]:
            pytest.skip("on this processor PyTorch draws dropout from Intel's MKL")
    tolerance = ROUNDINGS if group == "losses" else CHAINED
    assert not programs.compare_live(torch, live, group, tolerance)
