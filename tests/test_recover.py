"""Seeds found from printed numbers, and descriptions that cannot be meant."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn.__main__ import main
from tinygrad_rnn.random import Generator
from tinygrad_rnn.recover import (
    Computed,
    Description,
    DescriptionError,
    Drawn,
    Integers,
    Normal,
    Permutation,
    Uniform,
    from_toml,
    search,
)
from tinygrad_rnn.recover.command import expectation
from tinygrad_rnn.recover.search import CHUNK, Progress
from tinygrad_rnn.recover.words import stream_words

EXAMPLES = Path(__file__).parent.parent / "examples" / "recover"
SEEDS = {
    "cell_batch1": 1807845816,
    "cell_batch2": 404241112,
    "cell_seq4": 103194028,
    "hello_cell": 1237907172,
    "hello_rnn": 390739060,
    "hello_embedding": 1512213648,
}
WINDOW = {"hello_cell": 2**19, "hello_rnn": 2**20}  # seeds to either side; others 2**21


def example(name):
    if (EXAMPLES / f"{name}.toml").exists():
        return from_toml((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
    spec = importlib.util.spec_from_file_location(f"recover_{name}", EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DESCRIPTION


# ---- the document's seeds ----


@pytest.mark.parametrize("name", SEEDS)
def test_exactly_one_seed_fits_in_a_window_around_the_document_s(name):
    around = WINDOW.get(name, 2**21)
    found = search(example(name), SEEDS[name] - around, SEEDS[name] + around, processes=1)
    assert found.seeds == [SEEDS[name]]
    assert found.covered == 2 * around


# ---- the words and the numbers are those of the generator ----


@pytest.mark.parametrize("positions", [[0], [226], [3, 40, 226], [227], [0, 623, 624], [2000]])
def test_words_are_those_of_the_stream(positions):
    seeds = np.array([0, 1, 5489, 2**32 - 1], np.uint32)
    found = np.array(stream_words(seeds, positions))
    for column, seed in zip(found.T, seeds, strict=True):
        stream = Generator().manual_seed(int(seed)).bits32(max(positions) + 1)
        assert column.tolist() == stream[positions].tolist()


DRAWS = {
    "rand": (lambda: torch.rand(3), Uniform(), (3,)),
    "randn 3": (lambda: torch.randn(3), Normal(), (3,)),
    "randn 16": (lambda: torch.randn(16), Normal(), (16,)),
    "randn 20": (lambda: torch.randn(4, 5), Normal(), (4, 5)),
    "randn 48": (lambda: torch.randn(48), Normal(), (48,)),
    "randint": (lambda: torch.randint(-5, 1000, (6,)), Integers(-5, 1000), (6,)),
    "randint wide": (lambda: torch.randint(0, 2**40, (3,)), Integers(0, 2**40), (3,)),
    "randperm": (lambda: torch.randperm(30), Permutation(30), (30,)),
    "Linear": (lambda: torch.nn.Linear(4, 3).weight, Uniform(-0.5, 0.5), (3, 4)),
    "Embedding": (lambda: torch.nn.Embedding(4, 3).weight, Normal(), (4, 3)),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("before", [0, 5, 700])
def test_every_kind_of_draw_is_found_among_thousands(name, before):
    draw, law, shape = DRAWS[name]
    seed = 4321 + before
    torch.manual_seed(seed)
    torch.rand(before)
    printed = str(draw())
    drawn = [Drawn("x", law, shape, printed)]
    if before:
        drawn.insert(0, Drawn("before", Uniform(), (before,)))
    assert search(Description(drawn), 4000, 6000, processes=1).seeds == [seed]


def test_small_normal_numbers_share_pairs_across_draws():
    torch.manual_seed(99)
    torch.randn(3)
    printed = str(torch.randn(2))
    description = Description(
        [Drawn("first", Normal(), (3,)), Drawn("second", Normal(), (2,), printed + " ")]
    )
    assert search(description, 0, 3000, processes=1).seeds == [99]


def test_layers_draw_in_pytorch_s_order():
    torch.manual_seed(2024)
    torch.nn.Embedding(3, 6)
    torch.nn.RNN(6, 5, num_layers=2)
    linear = torch.nn.Linear(5, 2)
    text = f'''
[[draw]]
layer = "Embedding"
num_embeddings = 3
embedding_dim = 6
[[draw]]
layer = "RNN"
input_size = 6
hidden_size = 5
num_layers = 2
[[draw]]
layer = "Linear"
in_features = 5
out_features = 2
[draw.printed]
weight = """{linear.weight}"""
bias = "?  {linear.bias[1].item():.4f}"
'''
    assert search(from_toml(text), 0, 5000, processes=1).seeds == [2024]


def test_scientific_notation_is_read_as_it_is_printed():
    torch.manual_seed(77)
    x = torch.rand(2) * torch.tensor([1.0, 1e-4])
    description = Description(
        [Drawn("r", Uniform(), (2,))], [Computed("x", lambda r: r * np.array([1, 1e-4]), str(x))]
    )
    assert "e-" in str(x)
    assert search(description, 0, 2000, processes=1).seeds == [77]


def test_reading_a_description_draws_nothing():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    example("cell_batch1")
    assert torch.get_rng_state().equal(before)


# ---- seeds that nothing gives ----


def test_no_seed_is_found_where_none_fits(capsys):
    code = main(
        ["recover", str(EXAMPLES / "cell_seq4.toml"), "--last", "50000", "--processes", "1"]
    )
    assert code == 1
    assert "No seed fits (50,001 seeds" in capsys.readouterr().out


def test_a_changed_figure_is_not_explained_away():
    text = (EXAMPLES / "cell_batch1.toml").read_text(encoding="utf-8").replace("0.6044", "0.6045")
    seed = SEEDS["cell_batch1"]
    assert search(from_toml(text), seed - 1000, seed + 1000, processes=1).seeds == []


@pytest.mark.parametrize(
    ("figures", "sentence"),
    [
        ("0.1234 0.2345 0.3456 0.4567", "what is found is the one"),
        ("0.123 ? ? ?", r"About 4\.29e\+06 other seeds .* about 3 more figures of 4 decimals"),
        ("0.1234 0.2345 0.34 ?", r"About 0\.429 other seeds .* about 1 more figure of 4 decimals"),
    ],
)
def test_how_much_the_figures_tell_is_said_beforehand(figures, sentence):
    description = Description([Drawn("x", Uniform(), (4,), figures)])
    assert re.search(sentence, expectation(description, 2**32))


# ---- descriptions that cannot be meant ----

RAND = "[[draw]]\nrand = [2]\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RAND, "no figures are given: nothing tells one seed from another"),
        (RAND + 'printed = "? ?"', "rand: no figures are given"),
        (RAND + 'printed = "0.1 1.5"', r"rand: 1.5 \(number 1\) cannot come out of Uniform"),
        (RAND + 'printed = "0.1 -0.1"', r"rand: -0.1 \(number 1\) cannot come out"),
        (RAND + 'printed = "0.1"', r"1 figures are given for \[2\], which has 2 numbers"),
        (RAND + 'printed = "0.1 0.x"', "'0.x' is no figure"),
        (RAND + 'printed = "nan 0.1"', "'nan' is no figure"),
        ("[[draw]]\nrandint = [1]\nlow = 3\nhigh = 3\nprinted = '3'", "low=3 and high=3 leave no"),
        ("[[draw]]\nrandint = [1]\nhigh = 3\nprinted = '3'", "3 .* cannot come out of Integers"),
        ("[[draw]]\nrandint = [1]\nhigh = 3\nprinted = '1.5'", "1.5 .* cannot come out"),
        ("[[draw]]\nrandperm = 3\nprinted = '0 1 3'", "3 .* cannot come out of Permutation"),
        ("[[draw]]\nrandn = [1]\nprinted = '12.0'", "12 .* cannot come out of Normal"),
        ("[[draw]]\nrand = [0]\nprinted = '1'", "the shape must be made of positive ints"),
        ("[[draw]]\nrand = 'x'\nprinted = '1'", "the shape must be made of positive ints"),
        ("[[draw]]\nrand = [1]\nrandn = [1]\nprinted = '1'", "a draw has one of"),
        ("[[draw]]\nprinted = '1'", "a draw has one of"),
        ("[[draw]]\nrand = [1]\nlow = 3\nprinted = '1'", r"\['low'\] has no meaning here"),
        ("[[draw]]\nlayer = 'LSTM'", "one of Linear, RNN, RNNCell, Embedding is wanted"),
        ("[[draw]]\nlayer = 'Linear'\nin_features = 0\nout_features = 1", "Linear: .*in_features"),
        ("[[draw]]\nlayer = 'Linear'\nin_features = 1", "Linear: .*out_features"),
        (
            "[[draw]]\nlayer = 'Linear'\nin_features = 1\nout_features = 1\nprinted = '1'",
            "a layer's figures go by name",
        ),
        (
            "[[draw]]\nlayer='Linear'\nin_features=1\nout_features=1\n[draw.printed]\nw='1.'",
            r"there is no \['w'\]",
        ),
        ("", r"a description is made of \[\[draw\]\] tables"),
        ("draw = 1", r"a description is made of \[\[draw\]\] tables"),
        ("[[draw", "the description is no TOML"),
    ],
)
def test_a_description_that_cannot_be_meant_gets_a_sentence(text, message, tmp_path, capsys):
    with pytest.raises(DescriptionError, match=message) as caught:
        from_toml(text)
    assert "\n" not in str(caught.value)
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    assert main(["recover", str(tmp_path / "d.toml")]) == 2
    assert capsys.readouterr().err == f"recover: {caught.value}\n"


def test_a_file_that_is_not_there_gets_a_sentence(capsys):
    assert main(["recover", "nowhere.toml"]) == 2
    assert "nowhere.toml" in capsys.readouterr().err


@pytest.mark.parametrize(("first", "last"), [(5, 5), (10, 5), (-1, 5), (0, 2**32 + 1)])
def test_seeds_that_are_none_are_refused(first, last):
    with pytest.raises(DescriptionError, match="seeds go from 0 to 4294967295"):
        search(example("cell_seq4"), first, last)


def test_computed_figures_say_what_they_take_and_give():
    rand = Drawn("r", Uniform(), (2,))
    with pytest.raises(DescriptionError, match=r"its function takes \['s'\]; drawn are \['r'\]"):
        Description([rand], [Computed("f", lambda s: s, "0.1 0.2")])
    wrong = Description([rand], [Computed("f", lambda r: r[:, :1], "0.1 0.2")])
    with pytest.raises(DescriptionError, match=r"returned shape \[10, 1\] for 10 seeds and 2"):
        search(wrong, 0, 10, processes=1)


# ---- going on ----


def test_a_search_goes_on_where_it_was_stopped(tmp_path):
    description = example("cell_seq4")
    kept = tmp_path / "kept.json"
    begun = Progress(kept, description.identity(), resume=False)
    chunk = SEEDS["cell_seq4"] // CHUNK

    class Stop(Exception):
        pass

    def stop(*_):
        raise Stop

    with pytest.raises(Stop):  # after its first chunk, which is where the seed is
        search(
            description,
            chunk * CHUNK,
            (chunk + 2) * CHUNK,
            processes=1,
            progress=begun,
            report=stop,
        )
    assert json.loads(kept.read_text())["done"] == [chunk]
    tried = []
    resumed = Progress(kept, description.identity(), resume=True)
    found = search(
        description,
        chunk * CHUNK,
        (chunk + 2) * CHUNK,
        processes=1,
        progress=resumed,
        report=lambda covered, every, _: tried.append((covered, every)),
    )
    assert tried == [(2 * CHUNK, 2 * CHUNK)]  # one chunk was left
    assert found.seeds == [SEEDS["cell_seq4"]]
    assert os.listdir(tmp_path) == ["kept.json"]


@pytest.mark.parametrize(
    ("content", "resume", "message"),
    [
        ('{"description": "a", "done": [], "hits": []}', False, "go on with --resume, or remove"),
        (
            '{"description": "b", "done": [], "hits": []}',
            True,
            "belongs to the search for something",
        ),
        ("{", True, "holds no search"),
        ("[]", True, "holds no search"),
    ],
)
def test_a_file_of_progress_is_not_lost_and_not_mistaken(tmp_path, content, resume, message):
    (tmp_path / "kept").write_text(content)
    with pytest.raises(DescriptionError, match=message):
        Progress(tmp_path / "kept", "a", resume)
    assert (tmp_path / "kept").read_text() == content


def test_several_processes_find_the_same(tmp_path, capsys):
    first = SEEDS["cell_batch2"] // CHUNK * CHUNK
    keep = tmp_path / "kept"
    arguments = [str(EXAMPLES / "cell_batch2.toml"), "--first", str(first), "--keep", str(keep)]
    arguments += ["--last", str(first + 2 * CHUNK - 1), "--processes", "2"]
    assert main(["recover", *arguments]) == 0
    out = capsys.readouterr().out
    assert f"The seed is {SEEDS['cell_batch2']} (8,388,608 seeds in" in out
    assert out.endswith(f"    torch.manual_seed({SEEDS['cell_batch2']})\n")
    assert not keep.exists()  # the search is over


def test_the_descriptions_hold_the_document_s_figures():
    transcripts = Path(torch.__file__).parent / "transcripts"
    for name in ("cell_batch1", "cell_batch2", "cell_seq4"):
        printed = (transcripts / f"{name}.txt").read_text(encoding="utf-8")
        tables = tomllib.loads((EXAMPLES / f"{name}.toml").read_text(encoding="utf-8"))
        assert all(figure in printed for figure in tables["draw"][1]["printed"].split())


def test_an_example_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-c", f"import runpy; runpy.run_path({str(EXAMPLES / 'hello_rnn.py')!r})"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
