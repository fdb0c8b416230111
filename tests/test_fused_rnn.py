"""The recurrent layers as one operation agree with the operations that define them.

`fused=False` is the definition: a loop of products, sums and nonlinearities, each of which
`test_gradients.py` checks by itself. `fused=True` must give the same numbers, forward and back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn

Results = dict[str, np.ndarray]


def numbers(*shape: int, seed: int, kind: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.5, 1.5, shape).astype(kind)


def pair(layer: Callable[..., Any], *args: Any, **settings: Any) -> list[Any]:
    """The layer fused and by definition, with the same weights."""
    torch.manual_seed(0)
    fused, defined = (layer(*args, fused=fused, **settings) for fused in (True, False))
    defined.load_state_dict(fused.state_dict())
    return [fused, defined]


def results(module: Any, inputs: dict[str, np.ndarray], loss: Callable[..., Any]) -> Results:
    """Everything that the module computes, forward and back."""
    tensors = {name: torch.tensor(x, requires_grad=True) for name, x in inputs.items()}
    outputs = module(*tensors.values())
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    loss(*outputs).backward()
    leaves = tensors | dict(module.named_parameters())
    return {
        **{f"output {n}": each.detach().numpy() for n, each in enumerate(outputs)},
        **{f"gradient of {name}": x.grad.numpy() for name, x in leaves.items()},
    }


def assert_same(
    modules: list[Any], inputs: dict[str, np.ndarray], loss: Any, **limits: Any
) -> None:
    fused, defined = (results(module, inputs, loss) for module in modules)
    assert fused.keys() == defined.keys()
    for name, expected in defined.items():
        assert fused[name].shape == expected.shape, name
        assert fused[name].dtype == expected.dtype, name
        np.testing.assert_allclose(fused[name], expected, err_msg=name, **limits)


def weighted(x: Any, seed: int) -> Any:
    """A sum in which every element counts differently, and more than linearly."""
    return (x * x * torch.tensor(numbers(*x.shape, seed=seed)).to(x.dtype) + 0.5 * x).sum()


LOSSES = {
    "output": lambda output, _: weighted(output, 1),
    "h_n": lambda _, h_n: weighted(h_n, 2),
    "both": lambda output, h_n: weighted(output, 1) + weighted(h_n, 2),
    "last step": lambda output, _: weighted(output[-1], 1),
}

LENGTHS, BATCHES, SIZES = (1, 2, 5), (1, 3), ((1, 1), (3, 2), (2, 4))
NONLINEARITIES = ("tanh", "relu")
KINDS = ("seq first", "batch first", "unbatched")


def shapes(
    length: int, batch: int | None, size: int, hidden: int, rows: int, batch_first: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of input and h0; `batch` None is an unbatched input."""
    if batch is None:
        return (length, size), (rows, hidden)
    x = (batch, length, size) if batch_first else (length, batch, size)
    return x, (rows, batch, hidden)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("given", [True, False], ids=["h0", "no h0"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_rnn_agrees_with_its_definition(
    layers: int, bidirectional: bool, nonlinearity: str, bias: bool, given: bool, loss: str
) -> None:
    # every length meets every size, each in another one of the three layouts
    for (turn, kind), (n, length) in product(enumerate(KINDS), enumerate(LENGTHS)):
        size, hidden = SIZES[(turn + n) % 3]
        modules = pair(
            nn.RNN,
            size,
            hidden,
            layers,
            nonlinearity,
            bias,
            kind == "batch first",
            bidirectional=bidirectional,
            dtype=torch.float64,
        )
        for batch in BATCHES if kind != "unbatched" else (None,):
            x, h0 = shapes(
                length, batch, size, hidden, layers * (1 + bidirectional), kind == "batch first"
            )
            inputs = {"input": numbers(*x, seed=3)}
            if given:
                inputs["h0"] = numbers(*h0, seed=4)
            assert_same(modules, inputs, LOSSES[loss], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("given", [True, False], ids=["h", "no h"])
@pytest.mark.parametrize("bias", [True, False], ids=["bias", "no bias"])
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("batch", [(), (1,), (3,)], ids=["unbatched", "batch 1", "batch 3"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_rnn_cell_agrees_with_its_definition(
    size: tuple[int, int], batch: tuple[int, ...], nonlinearity: str, bias: bool, given: bool
) -> None:
    modules = pair(nn.RNNCell, *size, bias, nonlinearity, dtype=torch.float64)
    inputs = {"input": numbers(*batch, size[0], seed=3)}
    if given:
        inputs["h"] = numbers(*batch, size[1], seed=4)
    assert_same(modules, inputs, lambda h: weighted(h, 1), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_a_loop_of_cells_is_a_layer(fused: bool, nonlinearity: str) -> None:
    rnn = nn.RNN(3, 2, nonlinearity=nonlinearity, dtype=torch.float64)
    cell = nn.RNNCell(3, 2, nonlinearity=nonlinearity, dtype=torch.float64, fused=fused)
    cell.load_state_dict(
        {name.removesuffix("_l0"): each for name, each in rnn.state_dict().items()}
    )

    def loop(x: Any) -> Any:
        states, h = [], None
        for step in x:
            h = cell(step, h)
            states.append(h)
        return torch.stack(states)

    x = torch.tensor(numbers(5, 3, 3, seed=3))
    output, _ = rnn(x)
    weighted(output, 1).backward()
    states = loop(x)
    weighted(states, 1).backward()
    np.testing.assert_allclose(states.detach().numpy(), output.detach().numpy(), rtol=1e-12)
    for name, weight in cell.named_parameters():
        expected = getattr(rnn, f"{name}_l0").grad.numpy()
        np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-12, err_msg=name)


# What is summed is small, but a sum of n products, each rounded, may be wrong by n half ulps of
# the largest term, and two ways of adding by twice that. The longest chain is that of 5 steps
# through 2 layers with sums of up to 64 terms: 10 steps times 64 is 640 roundings at worst, and
# about its root, 25, as roundings go. The limit lies in between; relative to the largest
# element, because small elements are differences of large ones.
ULPS = 64


@pytest.mark.parametrize("hidden", [2, 64], ids=["rounded once", "too large to be rounded once"])
@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one way", "both ways"])
def test_in_float32_they_agree_to_a_few_roundings(
    layers: int, bidirectional: bool, nonlinearity: str, hidden: int
) -> None:
    modules = pair(
        nn.RNN, 3, hidden, layers, nonlinearity, bidirectional=bidirectional, dtype=torch.float32
    )
    inputs = {
        "input": numbers(5, 3, 3, seed=3, kind=np.float32),
        "h0": numbers(layers * (1 + bidirectional), 3, hidden, seed=4, kind=np.float32),
    }
    fused, defined = (results(module, inputs, LOSSES["both"]) for module in modules)
    for name, expected in defined.items():
        assert fused[name].dtype == expected.dtype == np.float32, name
        ulp = np.spacing(np.abs(expected).max())
        worst = np.abs(fused[name].astype(np.float64) - expected).max() / ulp
        assert worst <= ULPS, f"{name}: {worst} ulps apart"


@pytest.mark.parametrize("frozen", ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"])
def test_a_frozen_weight_gets_no_gradient_and_the_others_theirs(frozen: str) -> None:
    modules = pair(nn.RNN, 3, 2, dtype=torch.float64)
    x = numbers(4, 3, 3, seed=3)
    for module in modules:
        getattr(module, frozen).requires_grad_(False)
        weighted(module(torch.tensor(x))[0], 1).backward()
    for (name, ours), theirs in zip(
        modules[0].named_parameters(), modules[1].parameters(), strict=True
    ):
        if name == frozen:
            assert ours.grad is theirs.grad is None
        else:
            np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), rtol=1e-12)


def test_a_thousand_steps_agree() -> None:
    modules = pair(nn.RNN, 2, 3, dtype=torch.float64)
    inputs = {"input": numbers(1000, 1, 2, seed=3), "h0": numbers(1, 1, 3, seed=4)}
    assert_same(modules, inputs, LOSSES["both"], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_they_agree_where_a_hidden_state_is_not_a_number(nonlinearity: str) -> None:
    modules = pair(nn.RNN, 2, 2, nonlinearity=nonlinearity, dtype=torch.float64)
    x = numbers(3, 1, 2, seed=3)
    x[1, 0, 0] = np.nan
    inputs = {"input": x, "h0": numbers(1, 1, 2, seed=4)}
    assert_same(modules, inputs, lambda output, _: output.sum(), rtol=1e-12, atol=1e-12)


def test_the_fused_graph_has_one_node_for_a_layer() -> None:
    rnn = nn.RNN(2, 3)
    output, _ = rnn(torch.zeros(5, 1, 2))
    [(layer, _)] = output.grad_fn.next_functions  # the output is a copy of the layer's states
    receivers = [each for each, _ in layer.next_functions]
    leaves = [each.variable for each in receivers if each is not None]
    assert leaves == list(rnn.parameters())
