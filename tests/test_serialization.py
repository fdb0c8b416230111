"""What is saved comes back, and nothing else is taken for it."""

import io
import os
import pickle
import random
import stat
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

import tinygrad_rnn as torch

safetensors = pytest.mark.skipif(
    find_spec("safetensors") is None,
    reason="safetensors is an extra, which is not installed",
)
FORMATS = ["file.npz", pytest.param("file.safetensors", marks=safetensors), "file"]


def trained():
    """All that a program wants to keep of a training."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.RNN(3, 4))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.rand(5, 1, 2))[0].sum().backward()
    optimizer.step()
    return {
        "model": dict(model.state_dict()),
        "optimizer": optimizer.state_dict(),
        "random": torch.get_rng_state(),
        "history": [0.1, float("nan"), float("-inf"), (1, -(2**70), None, True)],
        "text": 'ä "quoted"',
        "types": [torch.tensor(1.5), torch.tensor([True]), torch.zeros(0, 3), torch.arange(3)],
        "doubles": torch.rand(2, 2, dtype=torch.float64).T,
        3: torch.ones(1, requires_grad=True),
    }


@pytest.mark.parametrize("name", FORMATS)
def test_a_tree_comes_back_as_it_was(tmp_path, name):
    saved = trained()
    torch.save(saved, tmp_path / name)
    loaded = torch.load(tmp_path / name)
    assert repr(loaded) == repr(saved)
    for before, after in zip(leaves(saved), leaves(loaded), strict=True):
        assert before.dtype == after.dtype
        assert before.requires_grad == after.requires_grad
        np.testing.assert_array_equal(before.detach().numpy(), after.detach().numpy())
    assert os.listdir(tmp_path) == [name]


def leaves(tree):
    if isinstance(tree, torch.Tensor):
        return [tree]
    if isinstance(tree, dict):
        tree = list(tree.values())
    return [leaf for each in tree for leaf in leaves(each)] if isinstance(tree, list) else []


@pytest.mark.parametrize("name", FORMATS)
def test_training_goes_on_bit_for_bit(tmp_path, name):
    def steps(model, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            model(torch.rand(5, 2, 2))[0].square().sum().backward()
            optimizer.step()

    def made():
        model = torch.nn.RNN(2, 3)
        return model, torch.optim.Adam(model.parameters(), lr=0.1)

    torch.manual_seed(1)
    model, optimizer = made()
    steps(model, optimizer, 3)
    states = [model.state_dict(), optimizer.state_dict(), torch.get_rng_state()]
    torch.save(states, tmp_path / name)
    steps(model, optimizer, 3)

    again, its_optimizer = made()
    weights, moments, generator = torch.load(tmp_path / name)
    again.load_state_dict(weights)
    its_optimizer.load_state_dict(moments)
    torch.set_rng_state(generator)
    steps(again, its_optimizer, 3)
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_names_that_collide_are_kept_apart(tmp_path):
    saved = {"a": {"b": torch.ones(1)}, "a.b": torch.zeros(1), "tree": torch.full((1,), 2.0)}
    torch.save(saved, tmp_path / "file.npz")
    assert repr(torch.load(tmp_path / "file.npz")) == repr(saved)


def test_numpy_reads_what_is_saved(tmp_path):
    torch.save({"weight": torch.eye(2)}, tmp_path / "file.npz")
    np.testing.assert_array_equal(np.load(tmp_path / "file.npz")["weight"], np.eye(2))


def test_arrays_that_numpy_saved_come_as_a_dict(tmp_path):
    np.savez_compressed(tmp_path / "file.npz", x=np.arange(3), y=np.ones((), np.float32))
    loaded = torch.load(tmp_path / "file.npz")
    assert repr(loaded) == "{'x': tensor([0, 1, 2]), 'y': tensor(1.)}"


@safetensors
def test_tensors_that_another_program_saved_come_as_a_dict(tmp_path):
    from safetensors.numpy import load_file, save_file

    save_file({"x": np.arange(3)}, tmp_path / "other.safetensors")
    assert repr(torch.load(tmp_path / "other.safetensors")) == "{'x': tensor([0, 1, 2])}"
    torch.save({"weight": torch.eye(2)}, tmp_path / "ours.safetensors")
    np.testing.assert_array_equal(load_file(tmp_path / "ours.safetensors")["weight"], np.eye(2))


def test_an_open_file_will_do():
    file = io.BytesIO()
    torch.save([torch.tensor([1, 2])], file)
    file.seek(0)
    assert repr(torch.load(file)) == "[tensor([1, 2])]"


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_refused(tmp_path, name):
    saved, file = trained(), tmp_path / name
    torch.save(saved, file)
    content = file.read_bytes()
    places = random.Random(0).sample(range(len(content)), 400)
    for place in places:
        file.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        try:
            loaded = torch.load(file)
        except RuntimeError as error:
            assert str(file) in str(error)  # noqa: PT017 - some bits, as those of a date, do not matter
        else:
            assert repr(loaded) == repr(saved)
    for length in [0, 1, 7, 8, 9, *places[:100]]:
        file.write_bytes(content[:length])
        with pytest.raises(RuntimeError, match=r"is damaged|it is (empty|of another kind)"):
            torch.load(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"plain text, nothing more", "it is of another kind"),
        (pickle.dumps({"a": 1}), "a pickle, which could execute anything"),
    ],
    ids=["empty", "text", "pickle"],
)
def test_a_file_of_another_kind_is_refused(tmp_path, content, message):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RuntimeError, match=message):
        torch.load(tmp_path / "file")


class Trap:
    """Opened by pickle, it leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (open, (self.mark, "w"))


@pytest.mark.parametrize("form", ["objects in .npz", "pickle", "a file of PyTorch"])
def test_nothing_that_is_loaded_is_executed(tmp_path, form):
    mark, file = tmp_path / "mark", tmp_path / "file"
    if form == "objects in .npz":
        with open(file, "wb") as opened:
            np.savez(opened, x=np.array([Trap(str(mark))], object))
    elif form == "pickle":
        file.write_bytes(pickle.dumps(Trap(str(mark))))
    else:
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("archive/data.pkl", pickle.dumps(Trap(str(mark))))
    with pytest.raises(RuntimeError, match="load: "):
        torch.load(file)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("saved", "error", "message"),
    [
        (torch.nn.Linear(1, 1), TypeError, "save its state_dict"),
        ({"a": [object()]}, TypeError, r"a\.0 is of type object"),
        ({(1, 2): 3}, TypeError, "a key is a string or a number"),
        ([np.int64(3)], TypeError, "0 is of type int64"),
        (torch.ones(1, requires_grad=True) * 2, RuntimeError, r"save tensor\.detach"),
    ],
    ids=["a module", "an object", "a key", "a NumPy number", "a computed tensor"],
)
def test_what_cannot_be_saved_leaves_the_old_file(tmp_path, saved, error, message):
    file = tmp_path / "file.npz"
    torch.save({"old": 1}, file)
    with pytest.raises(error, match=message):
        torch.save(saved, file)
    assert torch.load(file) == {"old": 1}
    assert os.listdir(tmp_path) == ["file.npz"]


def test_an_error_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    file = tmp_path / "file.npz"
    torch.save({"old": 1}, file)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*file\.npz'"):
        torch.save({"new": torch.ones(1000)}, file)
    assert torch.load(file) == {"old": 1}
    assert os.listdir(tmp_path) == ["file.npz"]


def test_a_folder_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match=r"'/no/such/folder/file\.npz'"):
        torch.save({}, "/no/such/folder/file.npz")


def test_a_link_stays_a_link_and_others_may_read_the_file(tmp_path):
    (tmp_path / "link.npz").symlink_to(tmp_path / "file.npz")
    torch.save({"a": 1}, tmp_path / "link.npz")
    assert (tmp_path / "link.npz").is_symlink()
    assert torch.load(tmp_path / "file.npz") == {"a": 1}
    (tmp_path / "ordinary").write_bytes(b"")
    modes = {stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in ("file.npz", "ordinary")}
    assert len(modes) == 1


def test_without_the_package_a_safetensors_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(ImportError, match=r"tinygrad-rnn\[files\]"):
        torch.save({}, tmp_path / "file.safetensors")
    assert os.listdir(tmp_path) == []


def test_unsafe_loading_and_other_devices_are_refused(tmp_path):
    torch.save({}, tmp_path / "file.npz")
    assert torch.load(tmp_path / "file.npz", map_location="cpu", weights_only=True) == {}
    with pytest.raises(NotImplementedError, match="weights_only=False"):
        torch.load(tmp_path / "file.npz", weights_only=False)
    with pytest.raises(RuntimeError, match="cuda"):
        torch.load(tmp_path / "file.npz", map_location="cuda")
