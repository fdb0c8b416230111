"""The benchmark runs, and what it compares computes the same. Nothing here is about time."""

import json
from xml.etree import ElementTree

import bench
import hand_written
import numpy as np
import pytest
from contestants import HandWritten, Ours
from problems import Problem, Sizes


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    files = ["--json", str(folder / "run.json"), "--plot", str(folder / "run.svg")]
    bench.main(["--quick", "--contestants", "hand-written", "tinygrad_rnn", *files])
    return json.loads((folder / "run.json").read_text()), (folder / "run.svg").read_text()


def test_everyone_computes_the_same_in_every_cell(run):
    cells = run[0]["cells"]
    assert {cell["group"].split()[0] for cell in cells} == {
        "training",
        "stages",
        "programs",
        "evaluation",
        "generation",
        "growth",
    }
    for cell in cells:
        assert cell["refused"] == {}, cell["case"]
        assert set(cell["results"]) == {"hand-written NumPy", "tinygrad_rnn"}, cell["case"]


def test_the_json_has_what_the_book_shows(run):
    assert set(run[0]) == {"machine", "absent", "cells"}
    assert {"processor", "cores", "python", "packages", "blas", "load"} <= set(run[0]["machine"])
    for cell in run[0]["cells"]:
        assert set(cell) == {"group", "case", "unit", "results", "refused", "others"}
        for measured in cell["results"].values():
            assert set(measured) == {"median", "q1", "q3", "samples", "variant"}
            assert 0 < measured["q1"] <= measured["median"] <= measured["q3"]


def test_the_chart_is_a_drawing(run):
    assert ElementTree.fromstring(run[1]).tag.endswith("svg")


def test_who_computes_something_else_is_not_timed(monkeypatch):
    problem = Problem("train", Sizes(2, 3, 4, 5, 6))
    options = bench.parsed(["--quick"])
    monkeypatch.setattr(hand_written.Adam, "step", lambda _: None)
    cell = bench.compare("training", problem, [Ours(), HandWritten()], options)
    assert set(cell.results) == {"tinygrad_rnn"}
    assert "computes" in cell.refused["hand-written NumPy 1 thread"]


@pytest.mark.parametrize("sizes", [(1, 5, 4, 4, 4), (1, 7, 30, 80, 9), (3, 6, 5, 7, 4)])
@pytest.mark.parametrize("scale", [1, 300])
def test_the_yardstick_is_the_definition(sizes, scale):
    """In float64 and by finite differences, also where softmax must be shifted."""
    problem = Problem("train", Sizes(*sizes))
    problem.weights["linear.weight"] *= scale
    network = hand_written.Tagger(problem)

    def loss(weights):
        w = {name: each.astype(np.float64) for name, each in weights.items()}
        h, total = 0, 0
        for x, labels in zip(problem.x, problem.labels, strict=True):
            z = x @ w["rnn.weight_ih_l0"].T + w["rnn.bias_ih_l0"] + w["rnn.bias_hh_l0"]
            h = np.tanh(z + (h @ w["rnn.weight_hh_l0"].T if total else 0))
            scores = h @ w["linear.weight"].T + w["linear.bias"]
            picked = scores[np.arange(len(labels)), labels]
            total += (np.logaddexp.reduce(scores, 1) - picked).sum()
        return total / problem.labels.size

    assert network.forward(problem.x, problem.labels) == pytest.approx(loss(problem.weights), 1e-5)
    network.adam.step = lambda: None  # it would use the gradients' memory
    network.step(problem.x, problem.labels)
    slopes = np.random.default_rng(3).standard_normal(network.d_readout.shape)
    moved = {}
    for sign in (1, -1):
        step = sign * 1e-4 * slopes
        moved[sign] = loss(
            problem.weights
            | {
                "linear.weight": problem.weights["linear.weight"] + step[:-1].T,
                "linear.bias": problem.weights["linear.bias"] + step[-1],
            }
        )
    by_difference = (moved[1] - moved[-1]) / 2e-4
    assert (network.d_readout * slopes).sum() == pytest.approx(by_difference, 1e-3, 1e-5)
