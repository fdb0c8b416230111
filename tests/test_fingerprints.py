"""Trained weights keep their bits, and public names their signatures and descriptions."""

from __future__ import annotations

import inspect

import pytest

import tinygrad_rnn as torch

from . import fingerprint

WEIGHTS = fingerprint.recorded("weights")
SIGNATURES = fingerprint.recorded("signatures")


def rewrite(name):
    return f"if that is meant: python tests/fingerprint.py --write {name}"


# ---- weights ----


@pytest.fixture(scope="module")
def runs():
    return fingerprint.measured(fingerprint.FEW)


def first_difference(trace, expected):
    """The first step after which the weights differ, from 1, or None."""
    steps = range(0, len(trace), 4)
    return next((i // 4 + 1 for i in steps if trace[i : i + 4] != expected[i : i + 4]), None)


def changed(actual, expected):
    return sorted(
        name for name in actual.keys() | expected.keys() if actual.get(name) != expected.get(name)
    )


def test_a_difference_is_found_at_its_step():
    assert first_difference("00010002", "000100020003") is None
    assert first_difference("000100020003", "000100040003") == 2
    assert changed({"a": 1, "b": 2}, {"a": 1, "c": 2}) == ["b", "c"]


def test_every_program_is_recorded():
    names = [f"exact {name}" for name in fingerprint.EXACT]
    names += [f"close {name}" for name in fingerprint.CLOSE]
    assert [*WEIGHTS] == names, rewrite("weights")


@pytest.mark.parametrize("processor", fingerprint.environments())
def test_the_weights_of_small_programs_are_the_same_bits_on_every_processor(processor, runs):
    wrong = []
    for name, run in runs[processor]["exact"].items():
        expected = WEIGHTS[f"exact {name}"]
        step = first_difference(run["trace"], expected["trace"])
        complete = len(run["trace"]) == len(expected["trace"])
        tensors = changed(run["weights"], expected["weights"]) if complete else []
        if step or tensors:
            wrong.append(f"{name}: from step {step} on; {', '.join(tensors)}".rstrip("; "))
    assert not wrong, "\n".join(["other weights", *wrong, rewrite("weights")])


@pytest.mark.parametrize("processor", fingerprint.environments())
def test_the_weights_of_larger_programs_are_the_same_bits_on_a_known_kernel(processor, runs):
    kernel = runs[processor]["kernel"]
    wrong, compared = [], 0
    for name, run in runs[processor]["close"].items():
        expected = WEIGHTS[f"close {name}"]["kernels"].get(kernel)
        if expected is not None:
            compared += 1
            wrong += [f"{name}: {tensor}" for tensor in changed(run["weights"], expected)]
    if not compared:
        pytest.skip(f"no bits are recorded for {kernel}")
    assert not wrong, "\n".join([f"other weights on {kernel}", *wrong, rewrite("weights")])


@pytest.mark.parametrize("processor", fingerprint.environments())
def test_the_weights_of_larger_programs_are_close_on_every_kernel(processor, runs):
    for name, run in runs[processor]["close"].items():
        expected = WEIGHTS[f"close {name}"]["values"]
        assert run["values"].keys() == expected.keys(), name
        for tensor, values in run["values"].items():
            assert values == pytest.approx(expected[tensor], rel=1e-5, abs=1e-5), (name, tensor)


# ---- signatures ----


@pytest.fixture(scope="module")
def current():
    """The public names as they are; one that only moved to a base class still counts."""
    found = fingerprint.signatures()
    for name in SIGNATURES.keys() - found.keys():
        described = fingerprint.looked_up(name)
        if described is not None:
            found[name] = described
    return found


def test_public_names_are_those_recorded(current):
    gone = [f"{name} is gone" for name in SIGNATURES if name not in current]
    new = [f"{name} is new" for name in current if name not in SIGNATURES]
    assert not gone + new, "\n".join([*gone, *new, rewrite("signatures")])


def test_public_names_are_called_as_recorded(current):
    wrong = [
        f"{name}: was {signature}, is {current[name][0]}"
        for name, (signature, _) in SIGNATURES.items()
        if name in current and current[name][0] != signature
    ]
    assert not wrong, "\n".join([*wrong, rewrite("signatures")])


def test_public_names_are_described_as_recorded(current):
    wrong = [
        f"{name}: was {line!r}, is {current[name][1]!r}"
        for name, (_, line) in SIGNATURES.items()
        if name in current and current[name][1] != line
    ]
    assert not wrong, "\n".join([*wrong, rewrite("signatures")])


def test_signatures_cover_functions_classes_methods_and_properties(current):
    assert current["torch.nn.Linear"][0].startswith("(in_features, out_features, bias=True")
    assert current["torch.Tensor.grad"][0] == "property"
    assert current["torch.float32"][0] == "torch.float32"
    assert "torch.nn.Linear.zero_grad" not in current  # it is Module's
    documented = {name for name in vars(torch.Tensor) if not name.startswith("_")}
    assert documented <= {name.removeprefix("torch.Tensor.") for name in current}
    assert inspect.signature(torch.zeros).parameters.keys() >= {"dtype", "requires_grad"}
