"""The playground of the front page: what it trains, when it ends, and what it refuses."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.book import browser, playground  # noqa: E402
from docs.book.cells import cut, run_cell  # noqa: E402

EMOJI = ["👩‍👩‍👧", "é", "🇨🇳"]  # each of several code points


def last(*arguments, **keywords):
    return list(playground.train(*arguments, **keywords))[-1]


def test_hello_is_learned_and_training_ends_thirty_epochs_later():
    epochs = list(playground.train("hello", "ohlol"))
    assert [each["epoch"] for each in epochs] == list(range(1, len(epochs) + 1))
    right = [each["predicted"] == list("ohlol") for each in epochs]
    assert right == (len(right) - playground.PATIENCE) * [False] + playground.PATIENCE * [True]
    assert epochs[-1]["loss"] < epochs[0]["loss"] / 2


def test_it_is_the_network_of_the_front_pages_cells():
    cells = cut((ROOT / "docs" / "cells" / "index.py").read_text(encoding="utf-8"))
    names = {}
    for name in ("model", "training"):
        run_cell(cells[name], names)
    ours = [each["loss"] for each in playground.train("hello", "ohlol", 16, 0.05)]
    assert names["losses"] == pytest.approx(ours[: len(names["losses"])], abs=1e-6)


def test_states_have_a_number_for_each_unit_at_each_character():
    states = next(playground.train("abc", "xyz", hidden=7))["states"]
    assert [len(state) for state in states] == [7, 7, 7]
    assert all(-1 <= h <= 1 and h == round(h, 3) for state in states for h in state)


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("循环神经网络", "环神经网络循"),
        (EMOJI, EMOJI[::-1]),
        ("a", "a"),
        ("a\0 '\"\\", "\\\"' \0a"),
    ],
)
def test_any_characters_can_be_learned(word, target):
    assert last(word, target, 32, 0.02)["predicted"] == list(target)


def test_the_same_seed_trains_the_same_way():
    assert last("hello", "ohlol", seed=3) == last("hello", "ohlol", seed=3)
    assert last("hello", "ohlol", seed=3) != last("hello", "ohlol", seed=4)


@pytest.mark.parametrize("hidden", [1, 64])
@pytest.mark.parametrize("lr", [0.0001, 1])
@pytest.mark.parametrize("word", ["a", "aaaaaaaa", "the quick brown fox jumps over the dog.."])
def test_the_limits_themselves_give_finite_losses(word, hidden, lr):
    losses = [each["loss"] for each in playground.train(word, word[::-1], hidden, lr)]
    assert len(losses) <= 200
    assert all(map(math.isfinite, losses))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"word": ""}, "A word has 1 to 40 characters; this one has 0."),
        ({"word": 10_000 * "a"}, "this one has 10000."),
        ({"target": "ohlo"}, "they have 4 and 5."),
        ({"target": ["o", "h", "l", "o", ""]}, "A character is a string"),
        ({"target": [1, 2, 3, 4, 5]}, "A character is a string"),
        ({"hidden": 0}, "The hidden size is a whole number from 1 to 64, not 0."),
        ({"hidden": 1000}, "not 1000."),
        ({"hidden": 1.5}, "not 1.5."),
        ({"hidden": True}, "not True."),
        ({"lr": math.nan}, "The learning rate is a number from 0.0001 to 1, not nan."),
        ({"lr": -1}, "not -1."),
        ({"lr": math.inf}, "not inf."),
        ({"lr": 1e9}, "not 1000000000.0."),
        ({"lr": "0.1"}, "not '0.1'."),
        ({"epochs": 0}, "The number of epochs is a whole number from 1 to 1000, not 0."),
    ],
)
def test_a_value_out_of_its_limits_is_refused_in_a_sentence(change, sentence):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the sentence is compared
        playground.train(**{"word": "hello", "target": "ohlol"} | change)
    assert str(raised.value).endswith(sentence) or str(raised.value).startswith(sentence)
    assert str(raised.value).endswith(".")


def test_each_epoch_is_printed_as_a_line_of_json():
    settings = json.dumps({"word": EMOJI, "target": EMOJI, "epochs": 3})
    done = subprocess.run(
        [sys.executable, "-m", "docs.book.playground", settings],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines == list(playground.train(EMOJI, EMOJI, epochs=3))


def test_the_browser_gets_it():
    assert "playground.py" in browser.BOOK


def test_the_page_has_the_same_limits():
    page = (ROOT / "docs" / "assets" / "playground.js").read_text(encoding="utf-8")
    low, high = playground.LEARNING_RATES
    assert f"MOST_CHARACTERS = {playground.CHARACTERS};" in page
    assert f"MOST_HIDDEN = {playground.HIDDEN};" in page
    assert f"LEARNING_RATES = [{low:g}, {high:g}];" in page
