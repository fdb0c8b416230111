"""Seeds found from printed numbers, and descriptions that cannot be meant."""

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import tomllib
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    command,
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
        (
            "[[draw]]\nlayer = 'LSTM'",
            "layer must be one of Linear, RNN, RNNCell, Embedding, got 'LSTM'",
        ),
        ("[[draw]]\nlayer = 'Linear'\nin_features = 0\nout_features = 1", "Linear: .*in_features"),
        ("[[draw]]\nlayer = 'Linear'\nin_features = 1", "Linear: .*out_features"),
        (
            "[[draw]]\nlayer = 'Linear'\nin_features = 1\nout_features = 1\nprinted = '1'",
            "Linear: what is printed goes by name",
        ),
        (
            "[[draw]]\nlayer='Linear'\nin_features=1\nout_features=1\n[draw.printed]\nw='1.'",
            r"there is no \['w'\]",
        ),
        ("", r"a description is made of \[\[draw\]\] tables"),
        ("draw = 1", r"a description is made of \[\[draw\]\] tables"),
        ("[[draw", "the description is no TOML"),
        ("draw = " + "[" * 100_000, "the description is no TOML: .*recursion"),
        ("draw = " + "9" * 5000, "the description is no TOML"),
        ("draw = [1, 2]", r"a draw is a \[\[draw\]\] table, got 1"),
        ("draw = [[]]", r"a draw is a \[\[draw\]\] table, got \[\]"),
        (
            "[[draw]]\nrand = 3.5\nprinted = '0.5'",
            "the shape must be made of positive ints, got 3.5",
        ),
        ("[[draw]]\nrand = {a = 1}\nprinted = '0.5'", "the shape must be made of positive ints"),
        ("[[draw]]\nrand = 1979-05-27\nprinted = '0.5'", "the shape must be made of positive ints"),
        ("[[draw]]\nrand = [true]\nprinted = '0.5'", "the shape must be made of positive ints"),
        ("[[draw]]\nrandperm = [2, 3]\nprinted = '0 1'", "the shape must be a positive int"),
        ("[[draw]]\nrand = 1\nprinted = 0.5", "rand: printed must be text, .* got 0.5"),
        ("[[draw]]\nrand = 1\nprinted = 0", "rand: printed must be text, .* got 0"),
        ("[[draw]]\nrand = 1\nprinted = [0.5]", r"rand: printed must be text, .* got \[0.5\]"),
        ("[[draw]]\nrand = 1\nprinted = '1e400'", "rand: '1e400' is too large for a float"),
        ("[[draw]]\nrand = 1\nprinted = '0.e400'", "rand: '0.e400' is too large for a float"),
        ("[[draw]]\nrand = 1\nprinted = '1e99999'", "rand: '1e99999' is no figure"),
        ("[[draw]]\nrandint = 1\nhigh = 9\nprinted = '" + "1" * 400 + "'", "is too large"),
        ("[[draw]]\nrand = 1\nprinted = '0.e1'", "nothing tells one seed from another"),
        ("[[draw]]\nrandperm = 1\nprinted = '0'", "nothing tells one seed from another"),
        ("[[draw]]\nrandperm = 1\nprinted = '1'", "1 .* cannot come out of Permutation"),
        (
            "[[draw]]\nrandint = 1\nlow = 0\nhigh = 9223372036854775809\nprinted = '3'",
            "leave no number",
        ),
        (
            "[[draw]]\nrand = [100000, 100000]",
            "10,000,000,000 numbers are drawn; at most 1,048,576",
        ),
        ("[[draw]]\nrandperm = 100000000", "100,000,000 numbers are drawn"),
        (
            "[[draw]]\nlayer = 'Linear'\nin_features = 100000\nout_features = 100000",
            "10,000,100,000 numbers are drawn",
        ),
        (
            "[[draw]]\nlayer = 'RNN'\ninput_size = 1\nhidden_size = 1\nnum_layers = 1000000000",
            "RNN: num_layers must be an int from 1 to 1,000",
        ),
        ("[[draw]]\nlayer = ['Linear']", r"layer must be one of .* got \['Linear'\]"),
        ("[[draw]]\nlayer = 'Linear'\nin_features = 2.0", "in_features must be an int .* got 2.0"),
        ("[[draw]]\nlayer='Linear'\nin_features=1\nout_features=1\nbias=1", "bias must be true or"),
        (
            "[[draw]]\nlayer = 'RNN'\ninput_size = 1\nhidden_size = 1\nnonlinearity = ['tanh']",
            "nonlinearity must be 'tanh' or 'relu'",
        ),
        (
            "[[draw]]\nlayer = 'RNN'\ninput_size = 1\nhidden_size = 1\ndropout = nan",
            "dropout must be a number from 0 to 1, got nan",
        ),
        (
            "[[draw]]\nlayer = 'Embedding'\nnum_embeddings = 3\nembedding_dim = 2\npadding_idx = 0",
            r"Embedding: \['padding_idx'\] has no meaning here",
        ),
        (
            "[[draw]]\nlayer='Linear'\nin_features=1\nout_features=1\nprinted=0",
            "Linear: what is printed goes by name",
        ),
        (
            "[[draw]]\nlayer='Linear'\nin_features=1\nout_features=1\n[draw.printed]\nbias=0.5",
            "Linear.bias: printed must be text",
        ),
    ],
)
def test_a_description_that_cannot_be_meant_gets_a_sentence(text, message, tmp_path, capsys):
    with pytest.raises(DescriptionError, match=message) as caught:
        from_toml(text)
    assert "\n" not in str(caught.value)
    (tmp_path / "d.toml").write_text(text, encoding="utf-8")
    assert main(["recover", str(tmp_path / "d.toml")]) == 2
    assert capsys.readouterr().err == f"recover: {caught.value}\n"


NAMES = st.sampled_from(
    [
        *("rand", "randn", "randint", "randperm", "layer", "printed", "low", "high", "other"),
        *("in_features", "out_features", "bias", "input_size", "hidden_size", "num_layers"),
        *("nonlinearity", "batch_first", "dropout", "bidirectional", "num_embeddings"),
        *("embedding_dim", "padding_idx", "weight", "weight_ih", "weight_hh_l0", "bias_ih"),
    ]
)
TOML_TEXT = st.sampled_from(
    [
        *("0.5", "0.1 0.2", "1", "0 1 2", "?", "[[0.25, -1.5]]", "1e400", "nan", "-0.", "0.e9"),
        *("1e-999", "Linear", "RNN", "RNNCell", "Embedding", "tanh", "relu", "", "5" * 400),
    ]
).map(repr)
TOML_SCALARS = st.one_of(
    st.sampled_from([1, 2, 3, 8, 1, 2, 0, -1, 10**6, 2**63, -(10**30), 10**100]).map(str),
    st.sampled_from(
        ["3.5", "1e400", "-0.0", "nan", "-inf", "true", "false", "1979-05-27T07:32:00"]
    ),
    TOML_TEXT,
)
TOML_VALUES = st.recursive(
    TOML_SCALARS,
    lambda values: st.one_of(
        st.lists(values, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.dictionaries(NAMES, values, max_size=2).map(
            lambda table: f"{{{', '.join(f'{key} = {value}' for key, value in table.items())}}}"
        ),
    ),
    max_leaves=4,
)
INTS = st.sampled_from("123")
TOML_DRAWS = st.one_of(  # some that make sense, so that the settings beside them are reached
    st.fixed_dictionaries(
        {"layer": st.just("'Linear'"), "in_features": INTS, "out_features": INTS}
    ),
    st.fixed_dictionaries({"layer": st.just("'RNN'"), "input_size": INTS, "hidden_size": INTS}),
    st.fixed_dictionaries({"layer": st.just("'RNNCell'"), "input_size": INTS, "hidden_size": INTS}),
    st.fixed_dictionaries({"rand": INTS, "printed": TOML_TEXT}),
    st.fixed_dictionaries({"randn": INTS, "printed": TOML_TEXT}),
    st.fixed_dictionaries({"randperm": INTS, "printed": TOML_TEXT}),
    st.fixed_dictionaries({"randint": INTS, "high": INTS, "printed": TOML_TEXT}),
    st.just({}),
)
TOML_TABLES = st.tuples(TOML_DRAWS, st.dictionaries(NAMES, TOML_VALUES, max_size=2)).map(
    lambda parts: {**parts[0], **parts[1]}
)


@given(st.lists(TOML_TABLES, min_size=1, max_size=3))
@settings(max_examples=500)
def test_any_toml_is_a_description_that_can_be_searched_or_gets_a_sentence(tables):
    text = "".join(
        "[[draw]]\n" + "".join(f"{key} = {value}\n" for key, value in table.items())
        for table in tables
    )
    description, refusal = None, ""
    try:
        description = from_toml(text)
    except DescriptionError as error:
        refusal = str(error)
    assert "\n" not in refusal
    if description and sum(math.prod(drawn.shape) for drawn in description.drawn) < 1000:
        found = search(description, 7, 10, processes=1)
        assert set(found.seeds) <= {7, 8, 9}


def test_a_permutation_of_one_number_draws_nothing_and_is_no_error():
    torch.manual_seed(60)
    torch.randperm(1)
    printed = str(torch.rand(3))
    text = f"[[draw]]\nrandperm = 1\nprinted = '[0]'\n[[draw]]\nrand = 3\nprinted = '{printed}'"
    assert search(from_toml(text), 0, 100, processes=1).seeds == [60]
    computed = Description(
        [Drawn("p", Permutation(1), (1,)), Drawn("r", Uniform(), (3,))],
        [Computed("sum", lambda p, r: p + r, printed)],
    )
    assert search(computed, 0, 100, processes=1).seeds == [60]


def test_an_int_of_64_bits_is_found():
    torch.manual_seed(11)
    printed = str(torch.randint(0, 2**63 - 1, (2,)))
    description = Description([Drawn("x", Integers(0, 2**63 - 1), (2,), printed)])
    assert search(description, 0, 100, processes=1).seeds == [11]


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_a_layer_has_the_parameters_that_the_framework_gives_it(bidirectional, bias):
    layers = {
        "Linear": {"in_features": 3, "out_features": 2, "bias": bias},
        "RNN": {
            "input_size": 3,
            "hidden_size": 2,
            "num_layers": 2,
            "bias": bias,
            "bidirectional": bidirectional,
        },
        "RNNCell": {"input_size": 3, "hidden_size": 2, "bias": bias},
        "Embedding": {"num_embeddings": 3, "embedding_dim": 2},
    }
    for kind, options in layers.items():
        text = "".join(f"{name} = {str(value).lower()}\n" for name, value in options.items())
        drawn = from_toml(f"[[draw]]\nlayer = '{kind}'\n{text}\n{RAND}printed = '0.5 0.5'").drawn
        assert [(each.name, each.shape) for each in drawn[:-1]] == [
            (f"{kind}.{name}", tuple(parameter.shape))
            for name, parameter in getattr(torch.nn, kind)(**options).named_parameters()
        ]


def test_words_far_on_in_the_stream_take_no_more_memory():
    seeds = np.arange(2048, dtype=np.uint32)
    tracemalloc.start()
    (words,) = stream_words(seeds, [100 * 624])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words[5] == Generator().manual_seed(5).bits32(100 * 624 + 1)[-1]
    assert peak < 2**26  # 100 states of all seeds are 500 MB


def test_text_that_is_not_utf_8_gets_a_sentence(tmp_path, capsys):
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe")
    assert main(["recover", str(tmp_path / "d.toml")]) == 2
    assert "recover: 'utf-8' codec" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["info"],
        ["replay", "--show", "hello_rnn"],
        ["recover", str(EXAMPLES / "cell_seq4.toml"), "--last", "99", "--processes", "1"],
    ],
    ids=" ".join,
)
def test_output_that_nobody_reads_any_more_is_no_error(words, tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    if "recover" in words:
        words = [*words, "--keep", str(tmp_path / "kept")]
    done = subprocess.run(
        [sys.executable, "-m", "tinygrad_rnn", *words],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


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
    assert json.loads(kept.read_text())["covered"] == [[chunk * CHUNK, (chunk + 1) * CHUNK]]
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
        (
            '{"description": "a", "covered": [], "hits": []}',
            False,
            "go on with --resume, or remove",
        ),
        (
            '{"description": "b", "covered": [], "hits": []}',
            True,
            "belongs to the search for something",
        ),
        # which seeds chunk 3 had covered, an earlier version did not note
        ('{"description": "a", "done": [3], "hits": []}', True, "that this version can continue"),
        ("{", True, "holds no search"),
        ("[]", True, "holds no search"),
        ("[" * 100_000, True, "holds no search"),
        ('{"description": "a", "covered": [[5, 5]], "hits": []}', True, "holds no search"),
        ('{"description": "a", "covered": [[0, 4294967297]], "hits": []}', True, "holds no search"),
        ('{"description": "a", "covered": [[0.5, 7]], "hits": []}', True, "holds no search"),
        ('{"description": "a", "covered": [[0, 7]], "hits": ["1"]}', True, "holds no search"),
    ],
    ids=range(10),
)
def test_a_file_of_progress_is_not_lost_and_not_mistaken(tmp_path, content, resume, message):
    (tmp_path / "kept").write_text(content)
    with pytest.raises(DescriptionError, match=message):
        Progress(tmp_path / "kept", "a", resume)
    assert (tmp_path / "kept").read_text() == content


class Stopped(Exception):
    pass


def stop(*_):
    raise Stopped


def three_numbers(seed):
    torch.manual_seed(seed)
    return Description([Drawn("x", Uniform(), (3,), str(torch.rand(3)))])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ([(100, 3000)], (0, 4000)),
        ([(0, 40)], (0, 100)),
        ([(60, 90), (10, 40)], (0, 4000)),
        ([(0, 60), (40, 100)], (45, 55)),
        ([(0, 100)], (200, 300)),
    ],
    ids=["begins earlier", "ends later", "between two", "inside", "apart"],
)
@pytest.mark.parametrize("seed", [0, 50, 99, 250])
def test_a_resumed_search_of_any_window_finds_what_is_there(tmp_path, earlier, later, seed):
    description = three_numbers(seed)
    for window in earlier:
        progress = Progress(tmp_path / "kept", description.identity(), resume=True)
        with pytest.raises(Stopped):
            search(description, *window, processes=1, progress=progress, report=stop)
    progress = Progress(tmp_path / "kept", description.identity(), resume=True)
    found = search(description, *later, processes=1, progress=progress)
    assert found.seeds == ([seed] if later[0] <= seed < later[1] else [])
    assert found.covered == later[1] - later[0]


WINDOWS = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(
    lambda at: ((at[0] * CHUNK) // 4, (at[0] + at[1]) * CHUNK // 4)
)


@given(st.lists(WINDOWS, max_size=5), WINDOWS)
def test_what_is_left_is_what_is_not_covered(windows, window):
    progress = Progress(None, "", resume=False)
    for each in windows:
        for span in progress.left(*each):
            progress.add(span, [])
    quarters = {q for start, end in windows for q in range(start, end, CHUNK // 4)}
    left = progress.left(*window)
    assert all(0 < end - start <= CHUNK for start, end in left)
    assert [q for start, end in left for q in range(start, end, CHUNK // 4)] == [
        q for q in range(*window, CHUNK // 4) if q not in quarters
    ]
    assert all(a[1] < b[0] for a, b in pairwise(progress.covered))


def test_a_finished_window_does_not_throw_away_what_is_known_of_another(tmp_path):
    description, keep = three_numbers(9000), tmp_path / "kept"
    Progress(keep, description.identity(), resume=False).add((5000, 7000), [])
    assert not command.run(description, first=0, last=100, processes=1, keep=keep, resume=True)
    assert json.loads(keep.read_text())["covered"] == [[0, 100], [5000, 7000]]
    assert command.run(description, first=0, last=9500, processes=1, keep=keep, resume=True)
    assert not keep.exists()


def test_ctrl_c_says_how_to_continue_and_ends_with_its_own_code(tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "search", interrupted)
    with pytest.raises(SystemExit) as stopped:
        main(["recover", str(EXAMPLES / "cell_seq4.toml"), "--keep", str(tmp_path / "kept")])
    assert stopped.value.code == 130
    assert "go on with --resume" in capsys.readouterr().out


def test_a_search_that_nearly_every_seed_passes_is_stopped():
    description = Description([Drawn("x", Uniform(), (1,), "0.")])  # half of all
    with pytest.raises(DescriptionError, match="more than 1,048,576 seeds fit"):
        search(description, 0, CHUNK, processes=1)


@pytest.mark.parametrize("processes", [0, -1])
def test_a_number_of_processes_that_is_none_is_refused(processes):
    with pytest.raises(DescriptionError, match=f"at least 1 process is needed, got {processes}"):
        search(example("cell_seq4"), 0, 10, processes=processes)


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
