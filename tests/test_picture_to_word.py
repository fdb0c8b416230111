"""The example that spells what a picture shows: its parts, its training and its command line."""

import importlib.util
import re
import runpy
import shlex
import subprocess
import sys
import types
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import recordings
from .gradcheck import gradcheck
from .record_conv2d import CASES, convolved

ROOT = Path(__file__).parent.parent
FILE = ROOT / "examples" / "picture_to_word.py"


def loaded():
    spec = importlib.util.spec_from_file_location("picture_to_word", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = loaded()

needs_extras = pytest.mark.skipif(
    example.MISSING is not None,
    reason=f'needs pip install -e ".[examples]": there is no {example.MISSING}',
)


# ---- the convolution ----


def test_a_patch_is_a_row():
    images = torch.rand(2, 3, 4, 5)
    patches = example.im2col(images, 2)
    assert patches.shape == (2, 3 * 4, 3 * 2 * 2)
    for place in range(12):
        row, column = divmod(place, 4)
        patch = images[:, :, row : row + 2, column : column + 2]
        assert torch.equal(patches[:, place], patch.reshape(2, -1))


def test_the_gradient_of_im2col_is_that_of_finite_differences():
    images = np.random.default_rng(0).standard_normal((2, 2, 3, 4))
    gradcheck(lambda x: example.im2col(x, 2), images)


@pytest.mark.parametrize("case", CASES)
def test_weights_values_and_gradients_are_those_of_pytorch(case):
    found = recordings.described(convolved(torch, example.Conv2d, *CASES[case]))
    expected = recordings.recorded("conv2d")[case]
    assert recordings.differences(found, expected) == []
    for drawn in ("weight", "bias"):
        assert found[drawn] == expected[drawn]


@pytest.mark.live
def test_the_recording_is_what_pytorch_gives():
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    fresh = {
        name: recordings.described(convolved(live, live.nn.Conv2d, *sizes))
        for name, sizes in CASES.items()
    }
    assert recordings.differences(fresh, recordings.recorded("conv2d")) == []


# ---- words ----


def test_every_word_survives_spelling_and_decoding():
    assert example.SPELLINGS.shape == (10, len("three$"))
    assert [example.decode(row) for row in example.SPELLINGS.tolist()] == example.WORDS
    assert all(row[-1] == example.ALPHABET.index("$") for row in example.SPELLINGS.tolist())


def test_decoding_stops_at_the_first_end_mark():
    assert example.decode(example.encode("one$e$")) == "one"
    assert example.decode(example.encode("$one")) == ""
    assert example.decode(example.encode("threee")) == "threee"


def test_a_word_counts_only_if_every_letter_is_right():
    labels = torch.tensor([3, 3, 3, 3])
    read = ["three", "thre", "threee", "there"]
    assert example.exact(read, labels) == [True, False, False, False]


# ---- the network ----


def ten_pictures():
    """A picture of noise for each digit."""
    torch.manual_seed(0)
    return torch.rand(10, 1, 8, 8), torch.arange(10)


def test_the_shapes_are_those_of_the_documentation():
    images, _ = ten_pictures()
    model = example.PictureToWord(hidden_size=7)
    assert model.h0(images).shape == (1, 10, 7)
    assert model(images, example.SPELLINGS.t()).shape == (6, 10, len(example.ALPHABET))
    assert len(model.read(images)) == 10


def test_reading_never_sees_the_right_word():
    """What is read is what greedy steps give, taken one picture at a time."""
    images, _ = ten_pictures()
    model = example.PictureToWord()
    for image, word in zip(images, model.read(images), strict=True):
        h, said = model.h0(image.unsqueeze(0)), example.START
        for _ in range(example.STEPS):
            scores, h = model.spell(example.encode(said[-1]).view(1, 1), h)
            said += example.ALPHABET[scores.argmax().item()]
        assert word == said[1:].split(example.END)[0]


@needs_extras
def test_a_short_training_learns_a_few_pictures_by_heart():
    images, labels = ten_pictures()
    assert example.train(images, labels, epochs=1).read(images) != example.WORDS
    model = example.train(images, labels, epochs=150)
    assert model.read(images) == example.WORDS
    words = example.SPELLINGS.t()
    assert torch.equal(model(images, words).argmax(dim=2), words)


@needs_extras
def test_the_split_is_1297_to_500_and_pixels_go_from_0_to_1():
    images, labels = example.pictures()
    assert images.shape == (example.TRAINING + 500, 1, 8, 8)
    assert images.dtype is torch.float32
    assert (images.min().item(), images.max().item()) == (0, 1)
    assert sorted(set(labels.tolist())) == list(range(10))


@pytest.mark.live
@needs_extras
def test_the_program_runs_unchanged_under_pytorch():
    pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    source = FILE.read_text(encoding="utf-8")
    theirs = types.ModuleType("with_pytorch")
    exec(source.replace("import tinygrad_rnn as torch", "import torch"), vars(theirs))
    trained = []
    for module in (example, theirs):
        module.torch.manual_seed(0)
        images, labels = module.pictures()
        model = module.train(images[:200], labels[:200], epochs=3)
        trained.append((model.h0(images[200:210]).tolist(), model.read(images[:200])))
    (our_h0, our_words), (their_h0, their_words) = trained
    assert np.allclose(our_h0, their_h0, atol=1e-3)
    assert our_words == their_words


# ---- the command line ----


def run(monkeypatch, *arguments):
    """Runs the program as a command; what it ends with, if not by itself."""
    monkeypatch.setattr(sys, "argv", [str(FILE), *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(FILE), run_name="__main__")
    return end.value.code


@needs_extras
def test_the_command_of_the_book_reads_95_percent_and_draws(tmp_path):
    page = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^python (examples/picture_to_word.py --plot .*)$", page, re.MULTILINE)
    program, *arguments = shlex.split(command)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / program), *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    right = re.fullmatch(r"(\d+) of 500 test words exactly right\n", done.stdout)
    assert int(right[1]) >= 0.95 * 500
    assert "20/20" in done.stderr
    assert "accuracy=" in done.stderr
    (drawn,) = tmp_path.iterdir()
    picture = ET.parse(drawn).getroot()
    assert picture.tag.endswith("svg")
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}use"))) > 500  # a mark for each h0


@needs_extras
def test_the_sheet_shows_every_mistake(tmp_path):
    images, labels = ten_pictures()
    model = example.PictureToWord()  # it can read nothing yet
    example.plot(tmp_path / "sheet.svg", model, images, labels)
    comments = re.findall(r"<!-- (.*?) -->", (tmp_path / "sheet.svg").read_text(), re.DOTALL)
    assert "0 of 10 words exactly right; mistakes first, as read ≠ right" in comments
    assert [each for each in comments if each in {f"≠ {word}" for word in example.WORDS}]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--epochs", "0"], "a whole number from 1 on is wanted, got '0'"),
        (["--epochs", "many"], "a whole number from 1 on is wanted, got 'many'"),
        (["--plot", "a.pdf"], "a name ending in .svg or .png is wanted, got 'a.pdf'"),
        (["--plot", "none/a.svg"], "'none/a.svg' cannot be written: "),
    ],
)
def test_a_wrong_argument_is_refused_before_the_training(
    arguments, sentence, monkeypatch, tmp_path, capsys
):
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *arguments) == 2
    assert sentence in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_asking_whether_a_picture_can_be_written_changes_nothing(tmp_path):
    new, old, folder = (tmp_path / f"{name}.png" for name in ("new", "old", "folder"))
    old.write_bytes(b"a picture")
    folder.mkdir()
    assert example.writable(str(new)) == new
    assert not new.exists()
    assert example.writable(str(old)) == old
    assert old.read_bytes() == b"a picture"
    with pytest.raises(example.argparse.ArgumentTypeError, match="cannot be written"):
        example.writable(str(folder))


@pytest.mark.parametrize("name", ["matplotlib", "sklearn", "tqdm"])
def test_a_missing_extra_is_named_with_its_remedy(name, monkeypatch):
    for module in [each for each in sys.modules if each.startswith(f"{name}.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed
    sentence = run(monkeypatch)
    assert sentence.endswith(' is not installed; run pip install "tinygrad-rnn[examples]"')
    assert example.MISSING is not None or sentence.startswith(name)


@needs_extras
def test_ctrl_c_ends_with_a_sentence(monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("sklearn.datasets.load_digits", interrupted)
    assert run(monkeypatch) == "Stopped before the end."
