"""What is saved comes back, and nothing else is taken for it."""

import enum
import io
import os
import pickle
import random
import stat
import sys
import zipfile
from collections import Counter, OrderedDict, defaultdict, namedtuple
from importlib.util import find_spec

import numpy as np
import pytest

import tinygrad_rnn as torch

from .fuzz.files import plain, read_zip, write_zip

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


# ---- what comes back ----


def same(saved, loaded):
    return plain(saved) == plain(loaded)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(
    "saved",
    [
        None,
        "",
        7,
        torch.tensor(2.5),
        {},
        OrderedDict(b=1, a=OrderedDict()),
        torch.zeros(2, 3).shape,
        [torch.Size([]), (), []],
        torch.nn.Parameter(torch.ones(2)),
        {"fixed": torch.nn.Parameter(torch.ones(2), requires_grad=False)},
        {"a\0b": torch.ones(1), "a": torch.zeros(1), "a_b": torch.full((1,), 2.0)},
        {"__metadata__": torch.ones(1), "tree": torch.arange(3), "crc32": torch.zeros(1)},
        {"a/b": torch.ones(1), "../c": torch.zeros(1), "/": torch.zeros(2), "\\": torch.zeros(3)},
        {"a.npy": torch.ones(1), "a": torch.zeros(1), "": torch.zeros(2), ".": torch.zeros(3)},
        {chr(0xD800): torch.ones(1), chr(0xDFFF): torch.zeros(1), "ä 字 \n": torch.zeros(2)},
        {"x" * 70_000: torch.ones(1), "x" * 70_001: torch.zeros(1)},
        {"a": {"b.c": torch.ones(1)}, "a.b": {"c": torch.zeros(1)}, "a.b.c": torch.zeros(2)},
        {True: 1, 2: 1.5, 0.5: None, None: "x", float("inf"): -0.0, -(2**80): 10**4299},
        {False: torch.ones(1), "False": torch.zeros(1)},
        [0.0, -0.0, float("inf"), float("-inf"), float("nan"), 5e-324, 0.1, 1e308, 1e16],
        ["\0", "\ud800", '"', "\\", "\u2028"],
        ["Tensor", "dict", ["tuple", []], {"Tensor": "x", "dict": []}],
    ],
)
def test_it_comes_back_exactly(tmp_path, name, saved):
    torch.save(saved, tmp_path / name)
    assert same(saved, torch.load(tmp_path / name))


Pair = namedtuple("Pair", "a b")


class Level(enum.IntEnum):
    LOW = 1


def containing_itself():
    items = []
    items.append(items)
    return {"a": items}


@pytest.mark.parametrize(
    ("saved", "error", "message"),
    [
        ({"a": Pair(1, 2)}, TypeError, "a is of type Pair"),
        (Level.LOW, TypeError, "this is of type Level"),
        ({Level.LOW: 1}, TypeError, "of type Level; a key is"),
        (Counter("a"), TypeError, "of type Counter"),
        (defaultdict(int), TypeError, "of type defaultdict"),
        (np.float64(1), TypeError, r"float64; .*save its item\(\)"),
        ({np.str_("a"): 1}, TypeError, "of type str_; a key is"),
        ({np.float64(1): 1}, TypeError, "of type float64; a key is"),
        ({b"a": 1}, TypeError, "of type bytes; a key is"),
        ({float("nan"): 1}, ValueError, "the key nan"),
        ([10**4300], ValueError, "0: an int has more than 4,300 digits"),
        ({"a": {-(10**4300): torch.ones(1)}}, ValueError, "a: .*4,300 digits"),
        (containing_itself(), ValueError, "or contains itself"),
    ],
)
@pytest.mark.parametrize("name", FORMATS)
def test_what_would_come_back_as_something_else_is_refused(tmp_path, name, saved, error, message):
    with pytest.raises(error, match=message):
        torch.save(saved, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_the_deepest_tree_that_is_saved_loads(tmp_path):
    def nested(depth):
        return {"a": nested(depth - 1)} if depth else torch.ones(1)

    torch.save(nested(100), tmp_path / "file")
    assert same(nested(100), torch.load(tmp_path / "file"))
    with pytest.raises(ValueError, match="100 levels"):
        torch.save(nested(101), tmp_path / "file")


def test_the_same_tree_gives_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        torch.save(trained(), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


# ---- damage that is not random, and files that are too large ----


@safetensors
@pytest.mark.parametrize(
    ("before", "after"),
    [(b'"F32"', b'"I32"'), (b"[2,3]", b"[3,2]"), (b'"x"', b'"y"'), (b'\\"Tensor', b'\\"Sensor')],
    ids=["dtype", "shape", "name", "tree"],
)
def test_the_checksum_of_safetensors_covers_everything(tmp_path, before, after):
    torch.save({"x": torch.ones(2, 3)}, tmp_path / "file.safetensors")
    content = (tmp_path / "file.safetensors").read_bytes()
    assert content.count(before) == 1
    (tmp_path / "file.safetensors").write_bytes(content.replace(before, after))
    with pytest.raises(RuntimeError, match=r"file\.safetensors is damaged \(it does not match"):
        torch.load(tmp_path / "file.safetensors")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<f4", b"<i4"),
        (b"(2, 3)", b"(3, 2)"),
        (b"'fortran_order': False", b"'fortran_order': True "),
    ],
    ids=["dtype", "shape", "order"],
)
def test_the_checksum_of_npz_covers_everything(tmp_path, before, after):
    torch.save({"x": torch.arange(6.0).view(2, 3)}, tmp_path / "file")
    members = read_zip((tmp_path / "file").read_bytes())
    members = [(name, data.replace(before, after)) for name, data in members]
    (tmp_path / "file").write_bytes(write_zip(members, zipfile.ZIP_STORED))
    with pytest.raises(RuntimeError, match=r"file is damaged \(it does not match its checksum"):
        torch.load(tmp_path / "file")


def test_a_file_without_a_checksum_says_so(tmp_path):
    tree = np.frombuffer(b'{"dict": [["a", {"tensor": "a", "requires_grad": false}]]}', np.uint8)
    np.savez(tmp_path / "file.npz", tree=tree, a=np.ones(2))
    with pytest.raises(RuntimeError, match="earlier version, without a checksum"):
        torch.load(tmp_path / "file.npz")


@pytest.mark.parametrize("kept", [slice(0), slice(1, None)], ids=["none", "all but the tree"])
def test_an_archive_that_lists_too_little_is_damaged(tmp_path, kept):
    torch.save({"weight": torch.ones(2), "bias": torch.zeros(2)}, tmp_path / "state")
    with zipfile.ZipFile(tmp_path / "state", "a") as archive:
        archive.filelist[:] = archive.filelist[kept]
        archive._didModify = True  # so that it writes its list again
    with pytest.raises(RuntimeError, match=r"state is damaged \(its list of arrays is not"):
        torch.load(tmp_path / "state")


def test_another_program_may_call_its_array_tree(tmp_path):
    np.savez(tmp_path / "file.npz", tree=np.arange(3), crc32=np.ones(1, np.float32))
    assert (
        repr(torch.load(tmp_path / "file.npz"))
        == "{'tree': tensor([0, 1, 2]), 'crc32': tensor([1.])}"
    )


@pytest.mark.parametrize("dtype", [np.float16, np.complex64, "U3", object, [("a", "f4")]], ids=str)
def test_an_array_of_an_unsupported_dtype_is_named(tmp_path, dtype):
    np.savez(tmp_path / "file.npz", x=np.zeros(2), weight=np.zeros(2, dtype))
    with pytest.raises(
        RuntimeError, match=r"file\.npz holds weight of dtype .*; supported are bool"
    ):
        torch.load(tmp_path / "file.npz")


def test_the_limit_of_what_a_file_unpacks_to(tmp_path):
    file = tmp_path / "file.npz"
    np.savez_compressed(file, x=np.zeros(1_000_000))
    assert torch.load(file)["x"].shape == (1_000_000,)
    with pytest.raises(RuntimeError, match=r"file\.npz .* unpack to .*max_bytes=8000128") as caught:
        torch.load(file, max_bytes=8_000_000)
    assert "the limit of 8,000,000" in str(caught.value)
    assert torch.load(file, max_bytes=8_000_128)["x"].shape == (1_000_000,)


def test_an_array_in_column_order_and_one_without_elements_load(tmp_path):
    np.savez(
        tmp_path / "f.npz", x=np.arange(6).reshape(2, 3).T, y=np.zeros((0, 3)), z=np.float32(2)
    )
    loaded = torch.load(tmp_path / "f.npz")
    assert loaded["x"].tolist() == [[0, 3], [1, 4], [2, 5]]
    assert loaded["y"].shape == (0, 3)
    assert loaded["z"].item() == 2
    loaded["x"].add_(1)


@pytest.mark.parametrize("name", ["/no/such/file", ""])
def test_a_file_that_is_not_there_is_an_oserror(name):
    with pytest.raises(FileNotFoundError):
        torch.load(name)


def test_map_location_may_be_a_function_or_a_dict(tmp_path):
    file, seen = tmp_path / "file", []
    torch.save([torch.ones(1), torch.zeros(1)], file)

    def remember(storage, location):
        seen.append(location)
        return storage

    for where in (remember, lambda *_: None, {"cuda:0": "cpu"}, {"cpu": "cpu"}):
        assert same([torch.ones(1), torch.zeros(1)], torch.load(file, map_location=where))
    assert seen == ["cpu", "cpu"]
    for where in ({"cpu": "cuda:0"}, lambda storage, _: storage.cuda()):
        with pytest.raises(RuntimeError, match=r"cuda|CPU"):
            torch.load(file, map_location=where)
