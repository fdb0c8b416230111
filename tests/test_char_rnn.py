"""examples/char_rnn.py: what stops it loses nothing, what it resumes equals what never stopped.

python tests/test_char_rnn.py 20      # kills a training twenty times, and prints the verdict
"""

import importlib.util
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinygrad_rnn as torch

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "examples" / "char_rnn.py"
TEXT = "".join(f"{i} squared is {i * i}, and its half is {i / 2}.\n" for i in range(200))
SMALL = ("--hidden", "8", "--layers", "1", "--batch", "4", "--steps", "16", "--epochs", "2")
LONG = ("--hidden", "16", "--dropout", "0.2", "--batch", "4", "--steps", "8", "--every", "10",
        "--epochs", "5")  # fmt: skip
EXTRA = 'pip install "tinygrad-rnn[examples]"'


def needs(name):
    return pytest.mark.skipif(
        not importlib.util.find_spec(name), reason=f"{name} is an extra of the examples"
    )


formats = pytest.mark.parametrize(
    "suffix", ["npz", pytest.param("safetensors", marks=needs("safetensors"))]
)
needs_signals = pytest.mark.skipif(
    os.name == "nt", reason="Windows cannot send another process a Ctrl-C alone"
)


def environment(**variables):
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **variables}


def run(*arguments, folder, program=PROGRAM, **variables):
    return subprocess.run(
        [sys.executable, str(program), *map(str, arguments)],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def trained(*arguments, folder, **variables):
    done = run(*arguments, folder=folder, **variables)
    assert done.returncode == 0, done.stderr
    return done


def refused(*arguments, folder, **variables):
    """The one sentence with which the program ends."""
    done = run(*arguments, folder=folder, **variables)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    assert len(done.stderr.strip().splitlines()) == 1 or sentence.startswith("char_rnn.py: error")
    return sentence


def start(*arguments, folder):
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *map(str, arguments)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )


def plain(node):
    """A tree with its tensors as lists, so that == compares all of it to the last bit."""
    if isinstance(node, dict):
        return {key: plain(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(map(plain, node))
    return node.tolist() if isinstance(node, torch.Tensor) else node


def loaded(path):
    return plain(torch.load(path))


def imported(path):
    specification = importlib.util.spec_from_file_location(path.parent.name + path.stem, path)
    found = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(found)
    return found


@pytest.fixture(scope="module")
def module():
    """The program's functions and classes."""
    return imported(PROGRAM)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8", newline="")
    return tmp_path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A folder in which a small model was trained."""
    place = tmp_path_factory.mktemp("trained")
    (place / "text.txt").write_text(TEXT, encoding="utf-8", newline="")
    trained("--text", "text.txt", *SMALL, "--checkpoint", "a.npz", folder=place)
    return place


def small_options(module, **changed):
    options = {name: default for name, (_, default, _) in module.OPTIONS.items()}
    return {**options, "hidden": 8, "layers": 1, "batch": 4, "steps": 16, "epochs": 2, **changed}


# ---- reading and training ----


def test_streams_lie_side_by_side_and_go_on_from_window_to_window(module):
    text = "abcdefghijklmnopqrst"
    cut = module.windows(text, text, batch=3, steps=4)  # six characters a stream, 19 and 20 left
    assert [list(x.shape) for x, _ in cut] == [[4, 3], [2, 3]]
    read = [["".join(text[i] for i in x[:, stream]) for x, _ in cut] for stream in range(3)]
    assert read == [["abcd", "ef"], ["ghij", "kl"], ["mnop", "qr"]]
    for x, y in cut:
        assert y.tolist() == (x.view(-1) + 1).tolist()  # the next letter of the alphabet


def test_training_finds_what_frequencies_cannot_tell(checkpoint, module):
    held_out = TEXT[len(TEXT) - len(TEXT) // 10 :]
    share = {each: held_out.count(each) / len(held_out) for each in set(held_out)}
    entropy = -sum(p * module.math.log2(p) for p in share.values())
    training = module.Training(small_options(module, lr=0.01, epochs=4), TEXT)
    while training.done < training.updates:
        training.update()
    assert training.validations[-1] < entropy - 1
    assert len(training.validations) == 4
    assert len(training.losses) == training.updates == 4 * len(training.train_windows)


def test_bits_per_character_are_those_of_the_whole_held_out_text_read_in_order(module):
    training = module.Training(small_options(module), TEXT)
    length, probabilities = len(TEXT) // 10, []
    held_out = TEXT[len(TEXT) - length :]
    piece = (length - 1) // 4
    for stream in range(4):
        state = None
        for i in range(stream * piece, (stream + 1) * piece):
            x = torch.tensor([[training.vocabulary.index(held_out[i])]])
            scores, state = training.model(x, state)
            following = training.vocabulary.index(held_out[i + 1])
            probabilities.append(scores.softmax(dim=1)[0, following].item())
    bits = -sum(map(module.math.log2, probabilities)) / len(probabilities)
    assert training.validate() == pytest.approx(bits, rel=1e-5)


def test_the_rate_decays_to_a_tenth(module):
    training = module.Training(small_options(module, lr=0.01), TEXT)
    for _ in range(training.updates):
        training.update()
    assert training.optimizer.param_groups[0]["lr"] == pytest.approx(0.001)


def test_the_state_is_carried_over_and_starts_anew_with_each_epoch(module):
    training, seen = module.Training(small_options(module), TEXT), []
    forward = training.model.forward

    def watched(x, state):
        if training.model.training:
            seen.append(state)
        return forward(x, state)

    training.model.forward = watched
    for _ in range(training.updates):
        training.update()
    epoch = len(training.train_windows)
    assert [i for i, state in enumerate(seen) if state is None] == [0, epoch]
    assert all(
        state.grad_fn is None and state.abs().max() > 0 for state in seen if state is not None
    )


def test_the_gradient_is_clipped(module):
    training = module.Training(small_options(module, clip=1e-3), TEXT)
    training.update()
    squares = [(each.grad**2).sum().item() for each in training.model.parameters()]
    assert sum(squares) ** 0.5 == pytest.approx(1e-3, rel=1e-3)


def test_the_text_held_out_is_not_trained_on(module):
    length = len(TEXT) // 10
    other = TEXT[:-length] + TEXT[-length:][::-1]
    results = []
    for text in (TEXT, other):
        training = module.Training(small_options(module), text)
        for _ in range(training.updates):
            training.update()
        results.append(training)
    weights = [[each.tolist() for each in training.model.parameters()] for training in results]
    assert weights[0] == weights[1]
    assert results[0].validations != results[1].validations


def test_the_vocabulary_is_sorted_whatever_the_hash_seed(folder):
    kept = []
    for seed in ("1", "2"):
        name = f"{seed}.npz"
        trained("--text", "text.txt", *SMALL, "--checkpoint", name, folder=folder,
                PYTHONHASHSEED=seed)  # fmt: skip
        kept.append(loaded(folder / name))
    assert kept[0] == kept[1]
    assert kept[0]["vocabulary"] == "".join(sorted(set(TEXT)))


def test_several_files_of_any_writing_system_are_one_text(folder):
    (folder / "more.txt").write_text("Привет, 世界! 🙂\r\n" * 40, encoding="utf-8", newline="")
    trained("--text", "text.txt", "more.txt", *SMALL, "--checkpoint", "a.npz", folder=folder)
    assert set("Привет世界🙂\r") < set(loaded(folder / "a.npz")["vocabulary"])
    written = trained("--checkpoint", "a.npz", "--sample", "5", "--prompt", "世界", folder=folder)
    assert written.stdout.startswith("世界")


def test_without_a_text_it_learns_the_framework_by_file_name(module):
    files = module.own_source()
    assert files == sorted(files)
    assert {Path(each).name for each in files} >= {"tensor.py", "graph.py", "__init__.py"}
    assert "class Tensor" in module.read_texts(files)


@pytest.mark.live
def test_under_pytorch_the_same_program_comes_to_the_same_bits():
    pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    benchmark = imported(ROOT / "tests" / "benchmarks" / "char_rnn.py")
    threads = torch.get_num_threads()
    options = SimpleNamespace(epochs=6, dropout=0.1, threads=1)
    try:
        (ours, _), (theirs, _) = benchmark.compare(TEXT * 3, 32, options).values()
    finally:
        torch.set_num_threads(threads)
    assert ours == pytest.approx(theirs, abs=0.02)
    assert ours < 3.5


# ---- stopping and going on ----


@formats
@needs_signals
def test_after_ctrl_c_and_resume_everything_equals_an_unbroken_run(folder, suffix):
    whole, broken = folder / f"whole.{suffix}", folder / f"broken.{suffix}"
    trained("--text", "text.txt", *LONG, "--checkpoint", whole, folder=folder)
    process = start("--text", "text.txt", *LONG, "--checkpoint", broken, folder=folder)
    wait_for_a_save(broken, process)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[0]
    assert re.fullmatch(rf"Stopped after \d+ of \d+ updates, saved in .*broken\.{suffix}\.\n", said)
    assert process.returncode == 130
    updates = loaded(whole)["done"]
    assert 0 < loaded(broken)["done"] < updates
    trained("--resume", "--checkpoint", broken, folder=folder)
    assert loaded(broken) == loaded(whole)


@needs_signals
def test_ctrl_c_in_an_update_waits_for_its_end_and_a_second_does_not(module, tmp_path):
    training = module.Training(small_options(module), TEXT)
    update = training.update

    def interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        update()

    training.update = interrupted
    before = signal.getsignal(signal.SIGINT)
    try:
        module.train(training, tmp_path / "a.npz")
        assert loaded(tmp_path / "a.npz")["done"] == 1
        training.update = lambda: [os.kill(os.getpid(), signal.SIGINT) for _ in range(2)]
        with pytest.raises(KeyboardInterrupt):
            module.train(training, tmp_path / "a.npz")
    finally:
        signal.signal(signal.SIGINT, before)
    assert loaded(tmp_path / "a.npz")["done"] == 1


@needs_signals
def test_ctrl_c_while_saving_leaves_a_whole_checkpoint(module, tmp_path, monkeypatch):
    training, replace = module.Training(small_options(module, every=1), TEXT), os.replace

    def interrupted(*arguments):
        if training.done == 3:
            monkeypatch.undo()
            os.kill(os.getpid(), signal.SIGINT)
        replace(*arguments)

    monkeypatch.setattr(os, "replace", interrupted)
    before = signal.getsignal(signal.SIGINT)
    try:
        module.train(training, tmp_path / "a.npz")
    finally:
        signal.signal(signal.SIGINT, before)
    assert loaded(tmp_path / "a.npz")["done"] == 3


def wait_for_a_save(path, process):
    """Returns when a process has saved something after its first save, which changes nothing."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    saves = 0
    while saves < 2:
        assert process.poll() is None, "the training ended before it was stopped"
        now = path.stat().st_mtime_ns if path.exists() else 0
        saves, before = saves + (now != before), now
        time.sleep(0.001)


def killed(times, folder, checkpoint, options):
    """Trains, kills the process at random moments, each after progress; the moments."""
    moments = random.Random(0)
    process = start(*options, "--checkpoint", checkpoint, folder=folder)
    updates = []
    for _ in range(times):
        wait_for_a_save(checkpoint, process)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.communicate()
        updates.append(torch.load(checkpoint)["done"])
        process = start("--resume", "--checkpoint", checkpoint, folder=folder)
    process.communicate()
    assert process.returncode == 0
    return updates


@formats
def test_after_kills_and_resumes_everything_equals_an_unbroken_run(folder, suffix):
    whole, broken = folder / f"whole.{suffix}", folder / f"broken.{suffix}"
    options = ("--text", "text.txt", *LONG)
    trained(*options, "--checkpoint", whole, folder=folder)
    updates = killed(3, folder, broken, options)
    assert updates == sorted(updates)
    assert loaded(broken) == loaded(whole)


def test_a_checkpoint_holds_all_that_the_next_update_depends_on(checkpoint, module):
    saved = torch.load(checkpoint / "a.npz")
    assert set(saved) == {
        *("program", "version", "options", "fingerprint", "vocabulary", "done", "read", "state"),
        *("losses", "validations", "model", "optimizer", "scheduler", "random"),
    }
    assert saved["scheduler"]["last_epoch"] == saved["done"] == len(saved["losses"])
    training = module.resumed(checkpoint / "a.npz")
    for name, part in plain(training.state_dict()).items():
        assert part == plain(saved[name]), name


def test_resuming_what_is_complete_changes_nothing(checkpoint):
    before = loaded(checkpoint / "a.npz")
    done = trained("--resume", "--checkpoint", "a.npz", folder=checkpoint)
    assert "bits per character. Saved in a.npz." in done.stdout
    assert loaded(checkpoint / "a.npz") == before


# ---- what is refused ----


def test_an_existing_file_is_not_overwritten(folder):
    (folder / "a.npz").write_bytes(b"mine")
    assert refused("--text", "text.txt", "--checkpoint", "a.npz", folder=folder) == (
        "a.npz is there already: go on with --resume, or name another with --checkpoint"
    )
    assert (folder / "a.npz").read_bytes() == b"mine"


def test_resume_takes_its_options_from_the_checkpoint_alone(checkpoint):
    sentence = refused("--resume", "--hidden", "9", "--checkpoint", "a.npz", folder=checkpoint)
    assert sentence.endswith("error: --resume does not go with --hidden")


def test_there_is_no_checkpoint(folder):
    for command in (("--resume",), ("--sample", "3")):
        assert refused(*command, "--checkpoint", "a.npz", folder=folder) == (
            "there is no a.npz: train first, or name it with --checkpoint"
        )


def test_another_text_is_refused(folder):
    trained("--text", "text.txt", *SMALL, "--checkpoint", "a.npz", folder=folder)
    kept = (folder / "a.npz").read_bytes()
    (folder / "text.txt").write_text(TEXT + "!", encoding="utf-8")
    assert re.fullmatch(
        r"a\.npz was trained on another text than is now in .*text\.txt",
        refused("--resume", "--checkpoint", "a.npz", folder=folder),
    )
    (folder / "text.txt").unlink()
    assert re.fullmatch(
        r".*text\.txt: No such file or directory",
        refused("--resume", "--checkpoint", "a.npz", folder=folder),
    )
    assert (folder / "a.npz").read_bytes() == kept


@formats
def test_a_damaged_checkpoint_is_refused_and_left_as_it_is(folder, suffix, module):
    path = folder / f"a.{suffix}"
    training = module.Training(small_options(module, text=[str(folder / "text.txt")]), TEXT)
    training.update()
    module.save(training, path)
    whole = path.read_bytes()
    places = random.Random(0).sample(range(len(whole)), 40)
    spoiled = [
        whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :] for place in places
    ]
    spoiled += [whole[:length] for length in (1, 100, len(whole) // 2, len(whole) - 1)]
    told = 0
    for content in spoiled:
        path.write_bytes(content)
        try:
            found = module.resumed(path).state_dict()
        except SystemExit as error:
            told += "cannot be loaded: " in str(error)
        else:  # a zip file has bytes that say nothing, such as dates
            assert plain(found) == plain(training.state_dict())
        assert path.read_bytes() == content
    assert told > 30
    for content in (b"", whole[:-1], whole[: len(whole) // 2]):
        path.write_bytes(content)
        sentence = refused("--resume", "--checkpoint", path.name, folder=folder)
        assert sentence.startswith(f"a.{suffix} cannot be loaded: ")
        assert path.read_bytes() == content


def test_a_foreign_file_is_refused_and_left_as_it_is(folder):
    path = folder / "a.npz"
    torch.save({"weight": torch.ones(2)}, path)
    foreign = path.read_bytes()
    for content, sentence in {
        foreign: "a.npz is no checkpoint of this program: name one with --checkpoint",
        b"\x80\x04.": "a.npz cannot be loaded: ",
        b"some text": "a.npz cannot be loaded: ",
    }.items():
        path.write_bytes(content)
        for command in (("--resume",), ("--sample", "3")):
            found = refused(*command, "--checkpoint", "a.npz", folder=folder)
            assert found.startswith(sentence)
        assert path.read_bytes() == content


def test_a_later_format_is_refused(checkpoint, tmp_path):
    saved = torch.load(checkpoint / "a.npz")
    torch.save({**saved, "version": 2}, tmp_path / "a.npz")
    assert refused("--sample", "3", "--checkpoint", "a.npz", folder=tmp_path) == (
        "a.npz has format 2; this program reads 1"
    )


def test_texts_that_cannot_be_read(folder):
    (folder / "empty.txt").write_bytes(b"")
    (folder / "latin.txt").write_bytes("naïve ".encode("latin-1") * 1000)
    (folder / "short.txt").write_text("too short", encoding="utf-8")
    for name, sentence in {
        "empty.txt": r".*empty\.txt is empty: give a file with text in it",
        "latin.txt": r".*latin\.txt is not UTF-8 at byte 2: convert it",
        "short.txt": r"the text is too short: of its 9 characters 9 are for training, where one "
        r"window takes 4097, and 0 for validation, which takes 65; lower .* or give more text",
        "none.txt": r".*none\.txt: No such file or directory",
    }.items():
        assert re.fullmatch(sentence, refused("--text", name, folder=folder))
    assert list(folder.glob("char_rnn*")) == []


def test_a_folder_that_cannot_be_written_to_shows_before_training(folder):
    for name in ("none/a.npz", "text.txt/a.npz"):
        sentence = refused("--text", "text.txt", *SMALL, "--checkpoint", name, folder=folder)
        assert re.fullmatch(
            rf"{name} cannot be written: (No such file or directory|Not a directory)", sentence
        )


def test_a_disk_that_fills_up_leaves_the_checkpoint_before(module, tmp_path, monkeypatch):
    training = module.Training(small_options(module), TEXT)
    module.save(training, tmp_path / "a.npz")
    training.update()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit, match=r"a\.npz cannot be written: .*No space left"):
        module.save(training, tmp_path / "a.npz")
    assert loaded(tmp_path / "a.npz")["done"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_a_loss_that_is_no_number_ends_training_and_spoils_nothing(folder):
    done = run("--text", "text.txt", *SMALL, "--lr", "2e37", "--every", "1",
               "--checkpoint", "a.npz", folder=folder)  # fmt: skip
    assert done.returncode == 1
    assert re.search(
        r"\nupdate \d+ failed, a\.npz stays as last saved \(the loss is (nan|inf)\): "
        r"start anew with a lower --lr and another --checkpoint\n$",
        done.stderr,
    )
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    saved = torch.load(folder / "a.npz")
    assert all(torch.isfinite(each).all() for each in saved["model"].values())


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--hidden", "0", "a whole number from 1 is wanted, got '0'"),
        ("--epochs", "1.5", "a whole number from 1 is wanted, got '1.5'"),
        ("--lr", "nan", "a number from 0 is wanted, got 'nan'"),
        ("--dropout", "1", "a number from 0 and less than 1 is wanted, got '1'"),
        ("--plot", "curve.gif", "--plot takes a name that ends in .svg or .png, got curve.gif"),
        ("--temperature", "1", "training does not go with --temperature"),
    ],
)
def test_options_that_cannot_be_meant(folder, option, value, sentence):
    assert refused(option, value, folder=folder).endswith(sentence)


def test_dropout_needs_two_layers(folder):
    assert refused("--dropout", "0.1", "--layers", "1", folder=folder) == (
        "--dropout acts between layers, so it takes --layers 2 or more"
    )


# ---- sampling ----


def test_a_sample_goes_on_from_the_prompt_and_depends_on_the_seed_alone(checkpoint):
    command = ("--checkpoint", "a.npz", "--sample", "40", "--prompt", "12 sq")
    kept = (checkpoint / "a.npz").read_bytes()
    texts = [
        trained(*command, "--seed", seed, folder=checkpoint).stdout for seed in ("1", "1", "2")
    ]
    assert texts[0] == texts[1] != texts[2]
    assert all(text.startswith("12 sq") and len(text) == 5 + 40 + 1 for text in texts)
    assert (checkpoint / "a.npz").read_bytes() == kept


def test_temperature_zero_takes_the_likeliest_and_small_ones_come_near(checkpoint):
    command = ("--checkpoint", "a.npz", "--sample", "30", "--prompt", "7")
    texts = [
        trained(*command, "--temperature", heat, "--seed", seed, folder=checkpoint).stdout
        for heat, seed in (("0", "1"), ("0", "2"), ("1e-30", "3"), ("9", "3"))
    ]
    assert texts[0] == texts[1] == texts[2] != texts[3]


def test_samples_follow_the_probabilities_of_their_temperature(checkpoint, module):
    saved = torch.load(checkpoint / "a.npz")
    vocabulary = saved["vocabulary"]
    model = module.Writer(len(vocabulary), saved["options"])
    model.load_state_dict(saved["model"])
    scores, _ = model(torch.tensor([[vocabulary.index(" ")]]), None)
    torch.manual_seed(0)
    for temperature in (0.5, 1.0):
        expected = (scores[-1] / temperature).softmax(dim=0).tolist()
        drawn = ["".join(module.sample(saved, 1, " ", temperature))[1] for _ in range(600)]
        for character, probability in zip(vocabulary, expected, strict=True):
            spread = (probability * (1 - probability) / 600) ** 0.5
            assert abs(drawn.count(character) / 600 - probability) < 4.5 * spread + 1e-3


def test_a_prompt_with_an_unknown_character_is_refused_by_name(checkpoint):
    assert refused(
        "--checkpoint", "a.npz", "--sample", "3", "--prompt", "7 %€", folder=checkpoint
    ) == ("the prompt has '%', '€', which the text did not have")


# ---- extras ----


@needs("matplotlib")
@pytest.mark.parametrize("name", ["curve.svg", "curve.png"])
def test_the_curves_are_drawn(checkpoint, name):
    trained("--resume", "--checkpoint", "a.npz", "--plot", name, folder=checkpoint)
    content = (checkpoint / name).read_bytes()
    assert content.startswith(b"<?xml" if name.endswith("svg") else b"\x89PNG")


@needs("tqdm")
def test_the_bar_shows_loss_bits_speed_and_time_left(folder):
    shown = trained("--text", "text.txt", *SMALL, "--checkpoint", "a.npz", folder=folder).stderr
    assert re.search(
        r"\d<\d\d:\d\d, [\d.]+k?char/s, loss \d\.\d{3}, \d\.\d{3} bits/char, validation \d\.\d{3}",
        shown,
    )


@pytest.fixture
def without_extras(tmp_path):
    """The search path of a Python that finds none of the extras."""
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text(
        "import sys\nsys.modules.update(tqdm=None, matplotlib=None, safetensors=None)\n",
        encoding="utf-8",
    )
    return os.pathsep.join([str(tmp_path / "hidden"), str(ROOT)])


def test_without_extras_it_trains_into_an_npz_file_and_says_what_is_missing(folder, without_extras):
    done = trained("--text", "text.txt", *SMALL, folder=folder, PYTHONPATH=without_extras)
    assert done.stderr == f"There is no progress bar without tqdm: {EXTRA}\n"
    assert loaded(folder / "char_rnn.npz")["done"] > 0


def test_what_takes_an_extra_says_so_before_training(folder, without_extras):
    command = ("--text", "text.txt", *SMALL)
    sentence = refused(*command, "--plot", "a.svg", folder=folder, PYTHONPATH=without_extras)
    assert sentence == f"--plot needs matplotlib: {EXTRA}"
    sentence = refused(*command, "--checkpoint", "a.safetensors", folder=folder,
                       PYTHONPATH=without_extras)  # fmt: skip
    assert re.search("safetensors.*pip install", sentence)
    assert [path.name for path in folder.glob("*.*")] == ["text.txt"]


# ---- the page about it ----


def test_every_command_on_the_page_runs(folder):
    page = (ROOT / "docs" / "writing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    commands = [line for line in "".join(blocks).splitlines() if "char_rnn.py" in line]
    assert len(commands) >= 4
    (folder / "novel.txt").write_text(TEXT, encoding="utf-8")
    for command in commands:
        python, program, *arguments = shlex.split(command, comments=True)
        assert (python, program) == ("python", "examples/char_rnn.py")
        if "--plot" in arguments and not importlib.util.find_spec("matplotlib"):
            continue
        if not {"--resume", "--sample"} & set(arguments):
            arguments += SMALL
        trained(*arguments, folder=folder)


if __name__ == "__main__":
    kills = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "text.txt").write_text(TEXT, encoding="utf-8", newline="")
        epochs = str(max(5, kills))
        options = ("--text", "text.txt", *LONG, "--epochs", epochs)
        trained(*options, "--checkpoint", "whole.npz", folder=place)
        moments = killed(kills, place, Path(place, "broken.npz"), options)
        whole, broken = (loaded(Path(place, f"{name}.npz")) for name in ("whole", "broken"))
    print(f"killed after the updates {moments}, of {whole['done']}")
    equal = whole == broken
    print("the checkpoint at the end " + ("EQUALS" if equal else "DIFFERS FROM")
          + " that of the unbroken run")  # fmt: skip
    sys.exit(not equal)
