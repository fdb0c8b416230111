"""Weights, Adam's memory and files go to PyTorch and come back; two processes there train on.

Those marked `live` need PyTorch. What is said where it is missing is tested everywhere.
"""

import importlib.util
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import tinygrad_rnn as ours

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "to_pytorch.py"
PAGE = ROOT / "docs" / "growing.md"


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def example():
    """The example as a module; PyTorch on one thread, as small products are slower on several."""
    pytorch = pytest.importorskip(
        "torch", reason="the example goes on in PyTorch, which is not installed"
    )
    pytest.importorskip("safetensors", reason="safetensors is an extra, which is not installed")
    spec = importlib.util.spec_from_file_location("to_pytorch", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    threads = pytorch.get_num_threads()
    pytorch.set_num_threads(1)
    yield module
    pytorch.set_num_threads(threads)


@pytest.fixture(scope="module")
def pytorch(example):
    return example.pytorch


@pytest.fixture(params=["from here to PyTorch", "from PyTorch to here"])
def libraries(request, pytorch):
    """Where a model was made, and where it goes."""
    return (ours, pytorch) if request.param == "from here to PyTorch" else (pytorch, ours)


def trained(example, torch, updates=3):
    torch.manual_seed(0)
    model, optimizer = example.build(torch)
    example.train(torch, model, optimizer, range(updates))
    return model, optimizer


def crossed(tensors, target):
    return {name: target.from_dlpack(tensor) for name, tensor in tensors.items()}


def twins(example, source, target):
    """A trained model, and one of the other library with its weights."""
    model, _ = trained(example, source)
    arrived, _ = example.build(target)
    arrived.load_state_dict(crossed(model.state_dict(), target))
    return model, arrived


def weights(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def assert_same_state(found, expected):
    assert len(expected) == 7 * (1 + 3)  # weights, and what Adam remembers of each
    assert set(found) == set(expected)
    for name in expected:
        np.testing.assert_array_equal(found[name].numpy(), expected[name].numpy(), err_msg=name)


# ---- in memory ----


@pytest.mark.live
def test_weights_cross_without_a_copy(example, libraries):
    source, target = libraries
    model, _ = example.build(source)
    tensors = model.state_dict()
    for name, tensor in crossed(tensors, target).items():
        assert tensor.shape == tensors[name].shape
        assert np.shares_memory(tensor.numpy(), tensors[name].numpy()), name


@pytest.mark.live
def test_a_model_of_pytorch_lives_in_our_memory_and_trains_our_weights(example, pytorch):
    model, _ = trained(example, ours)
    theirs, _ = example.build(pytorch)
    theirs.load_state_dict(crossed(model.state_dict(), pytorch), assign=True)
    before = {name: array.copy() for name, array in weights(model).items()}
    optimizer = pytorch.optim.Adam(theirs.parameters(), lr=0.003)
    example.train(pytorch, theirs, optimizer, range(3))
    for name, array in weights(model).items():
        assert (array != before[name]).any(), name
        np.testing.assert_array_equal(array, weights(theirs)[name])


@pytest.mark.live
def test_numpy_sees_either_librarys_memory_and_only_pytorchs_is_writable(pytorch):
    mine, theirs = ours.ones(3), pytorch.ones(3)
    assert np.shares_memory(np.asarray(mine), mine.numpy())
    assert np.shares_memory(np.asarray(theirs), theirs.numpy())
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(mine)[0] = 2.0
    np.asarray(theirs)[0] = 2.0
    assert theirs[0].item() == 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pytorch.tensor(mine.numpy()).tolist() == [1.0] * 3
        assert ours.tensor(theirs.numpy()).tolist() == [2.0, 1.0, 1.0]


@pytest.mark.live
def test_outputs_and_gradients_are_the_same(example, libraries):
    source, target = libraries
    model, arrived = twins(example, source, target)
    for expected, found in zip(
        example.outputs_and_gradients(source, model),
        example.outputs_and_gradients(target, arrived),
        strict=True,
    ):
        assert found.dtype == expected.dtype == np.float32
        assert np.abs(found).max() > 0.01
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.live
def test_in_float64_only_the_last_digits_differ(example, libraries):
    source, target = libraries
    model, arrived = twins(example, source, target)
    for expected, found in zip(
        example.outputs_and_gradients(source, model.double()),
        example.outputs_and_gradients(target, arrived.double()),
        strict=True,
    ):
        assert found.dtype == expected.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


# ---- Adam's memory, and files ----


@pytest.mark.live
def test_adam_goes_on_with_what_it_remembered(example, libraries):
    source, target = libraries
    model, optimizer = trained(example, source)
    sent = example.state_of(source, model, optimizer)
    arrived, its_optimizer = example.build(target)
    example.load_state(crossed(sent, target), arrived, its_optimizer)
    assert_same_state(example.state_of(target, arrived, its_optimizer), sent)
    example.train(source, model, optimizer, range(3, 13))
    example.train(target, arrived, its_optimizer, range(3, 13))
    for name, expected in weights(model).items():
        np.testing.assert_allclose(weights(arrived)[name], expected, rtol=0, atol=1e-4)
    assert example.state_of(target, arrived, its_optimizer)["adam.0.step"].item() == 13


@pytest.mark.live
def test_without_its_memory_adam_goes_another_way(example):
    """So the test above would notice."""
    model, optimizer = trained(example, ours)
    other, its_optimizer = example.build(ours)
    other.load_state_dict(model.state_dict())
    example.train(ours, model, optimizer, range(3, 13))
    example.train(ours, other, its_optimizer, range(3, 13))
    assert max(np.abs(a - weights(other)[n]).max() for n, a in weights(model).items()) > 1e-3


@pytest.mark.live
def test_files_are_read_by_both(example, libraries, tmp_path):
    from safetensors.torch import load_file, save_file

    source, target = libraries
    write = {ours: ours.save, example.pytorch: save_file}[source]
    read = {ours: ours.load, example.pytorch: load_file}[target]
    model, optimizer = trained(example, source)
    sent = example.state_of(source, model, optimizer)
    write(sent, str(tmp_path / "state.safetensors"))
    arrived, its_optimizer = example.build(target)
    example.load_state(read(str(tmp_path / "state.safetensors")), arrived, its_optimizer)
    assert_same_state(example.state_of(target, arrived, its_optimizer), sent)


# ---- several processes ----


@pytest.mark.live
def test_the_parts_of_the_processes_are_the_batch(example):
    parts = [example.COLUMNS[:, rank::2] for rank in range(2)]
    assert parts[0].shape == parts[1].shape  # a mean of means is the mean of all only then
    columns = [column.tobytes() for part in parts for column in part.T]
    assert sorted(columns) == sorted(column.tobytes() for column in example.COLUMNS.T)


@pytest.fixture(scope="module")
def journey(example):
    """What the example prints."""
    done = python(str(EXAMPLE))
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.live
def test_the_loss_falls_on_in_two_processes_and_back_here(journey):
    losses = [float(each) for each in re.findall(r"update \d+: (\d\.\d{4})", journey)]
    here, there, alone, after = losses[:2], losses[2:6], losses[6], losses[7:]
    assert [len(here), len(there), len(after)] == [2, 4, 2]
    falling = [*here, *there, after[1]]
    assert falling == sorted(falling, reverse=True)
    assert abs(after[0] - there[-1]) < 2e-4  # it comes back as it was there
    assert abs(alone - there[-1]) < 5e-4  # two halves there are a whole here, for 200 updates


@pytest.mark.live
def test_outputs_and_gradients_differ_by_less_than_a_millionth(journey):
    ways = re.findall(r"by (\w+) +(.*?)  +outputs (\S+)  gradients (\S+)", journey)
    memory = [("DLPack", "the same memory"), ("NumPy", "a copy"), ("file", "a copy")]
    assert [way[:2] for way in ways] == memory * 2
    assert all(0 < float(figure) < 1e-6 for way in ways for figure in way[2:])


# ---- without PyTorch ----


@pytest.mark.parametrize(
    ("hidden", "sentence"),
    [
        ({"torch": None}, "PyTorch, where this example leads, is missing: pip install torch\n"),
        (
            {"torch": "a stand-in", "safetensors": None},
            'safetensors, which the files need, is missing: pip install "tinygrad-rnn[files]"\n',
        ),
    ],
    ids=["PyTorch", "safetensors"],
)
def test_what_is_missing_is_said_in_one_sentence(hidden, sentence):
    program = (
        f"import runpy, sys; sys.modules.update({hidden}); "
        f"runpy.run_path({str(EXAMPLE)!r}, run_name='__main__')"
    )
    done = python("-c", program)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


# ---- the chapter ----


def test_the_chapters_commands_are_those_of_the_example():
    commands = re.findall(
        r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line for command in commands for line in command.splitlines()]
    assert lines == ['pip install torch "tinygrad-rnn[files]"', "python examples/to_pytorch.py"]
    described = [line.strip() for line in EXAMPLE.read_text(encoding="utf-8").splitlines()]
    assert all(line in described for line in lines)


@pytest.mark.live
def test_the_chapter_shows_what_the_example_prints(journey):
    page = PAGE.read_text(encoding="utf-8")
    shown = re.search(r"^```text\n(Loss on the text\n.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    assert re.sub(r"\d\.\d\S*", "figure", shown) == re.sub(r"\d\.\d\S*", "figure", journey)
