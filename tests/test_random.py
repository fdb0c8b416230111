"""A seed gives PyTorch's random numbers, and leaves the generator in PyTorch's state."""

import copy
import os
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import tinygrad_rnn as torch

from . import programs
from .programs import GROUPS
from .recordings import CHAINED, EXACT, NORMAL


@pytest.mark.parametrize("name", GROUPS["bits"])
def test_uniform_numbers_integers_and_first_weights_agree_to_the_last_bit(name):
    assert not programs.compare(torch, "bits", name, EXACT)


@pytest.mark.parametrize("name", GROUPS["normals"])
def test_normal_numbers_agree_to_six_digits_in_every_mix_of_calls(name):
    assert not programs.compare(torch, "normals", name, NORMAL)


@pytest.mark.parametrize("name", GROUPS["choices"])
def test_bernoulli_dropout_and_multinomial_choose_the_same(name):
    assert not programs.compare(torch, "choices", name, EXACT)


@pytest.mark.parametrize("name", GROUPS["states"])
def test_the_generator_s_bytes_are_pytorch_s_at_every_edge_of_a_block(name):
    assert not programs.compare(torch, "states", name, EXACT)


@pytest.mark.parametrize("seed", programs.SEEDS)
def test_a_seed_and_a_state_bring_the_same_numbers_back(seed):
    torch.manual_seed(seed)
    torch.randn(3)
    state = torch.get_rng_state()
    first = [torch.randn(5), torch.rand(1000), torch.randperm(9), torch.empty(9).bernoulli_(0.5)]
    torch.set_rng_state(state)
    again = [torch.randn(5), torch.rand(1000), torch.randperm(9), torch.empty(9).bernoulli_(0.5)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_only_the_low_32_bits_of_a_seed_count():
    draws = []
    for seed in (5, 2**32 + 5, 2**40 + 5):
        torch.manual_seed(seed)
        draws.append(torch.rand(4).tolist())
    assert draws[0] == draws[1] == draws[2]


def test_a_state_that_was_taken_does_not_change_with_later_draws():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    before = state.clone()
    torch.rand(2000)
    assert torch.equal(state, before)
    assert state.shape == (5056,)


@pytest.mark.parametrize(
    ("seed", "error"), [(2**64, RuntimeError), (-(2**63) - 1, RuntimeError), (0.5, TypeError)]
)
def test_a_seed_that_is_none_is_refused(seed, error):
    with pytest.raises(error):
        torch.manual_seed(seed)


def changed_state(place, value):
    state = torch.Generator().state_bytes()
    state[place] = value
    return torch.tensor(state)


@pytest.mark.parametrize(
    "wanted",
    [
        torch.zeros(5056),
        torch.zeros(7, dtype=torch.uint8),
        torch.zeros(5056, dtype=torch.uint8),
        torch.full((5056,), 255, dtype=torch.uint8),
        changed_state(8, 2),
        changed_state(12, 0),
        changed_state(16, 3),
        changed_state(23, 1),
    ],
    ids=["float", "short", "zeros", "ones", "words left", "unseeded", "next", "next is huge"],
)
def test_a_state_that_is_none_is_refused_and_changes_nothing(wanted):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    with pytest.raises((TypeError, RuntimeError)):
        torch.set_rng_state(wanted)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("low_high", [(0, 6), (-3, 3), (0, 2**28), (0, 2**33)])
def test_random_integers_stay_in_their_range_and_use_all_of_it(low_high):
    low, high = low_high
    torch.manual_seed(0)
    drawn = torch.randint(low, high, (2000,)).numpy()
    assert drawn.min() >= low
    assert drawn.max() < high
    # 2000 draws leave less than a hundredth of the range unused at either end, but for e-9
    span = high - low
    assert drawn.min() < low + span * 0.01 + 1
    assert drawn.max() >= high - span * 0.01 - 1


def test_wide_integers_are_exact_also_between_bounds_of_numpy():
    generator = torch.Generator()
    drawn = [
        generator.manual_seed(3).integers(low, high, 5).tolist()
        for low, high in [(-5, 2**40), (np.int64(-5), np.int64(2**40))]
    ]
    assert drawn[0] == drawn[1]


def test_an_own_generator_leaves_the_common_stream_alone():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    torch.rand(100, generator=torch.Generator().manual_seed(1))
    assert torch.equal(torch.rand(3), expected)


# ---- threads ----

DRAWS = {
    "rand": lambda: torch.rand(3),
    "rand, float64": lambda: torch.rand(3, dtype=torch.float64),
    "rand, many": lambda: torch.rand(700),
    "randint": lambda: torch.randint(0, 2**31, (2,)),
    "randn, spare": lambda: torch.randn(1),
    "randn, several spares": lambda: torch.randn(3),
    "randn, last 16 again": lambda: torch.randn(20),
}


def in_threads(work, count=4):
    """Runs `work` in threads that begin together, and returns what each returned."""
    results, together = [], threading.Barrier(count)

    def begin():
        together.wait()
        results.append(work())

    threads = [threading.Thread(target=begin) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("name", DRAWS)
def test_threads_share_one_stream_and_no_number_is_drawn_twice(quick_switches, name):
    def draw():
        return [DRAWS[name]().numpy() for _ in range(250)]

    torch.manual_seed(0)
    alone = np.sort(np.concatenate([draw() for _ in range(4)], axis=None))
    state = torch.get_rng_state()
    torch.manual_seed(0)
    together = np.sort(np.concatenate(in_threads(draw), axis=None))
    assert np.array_equal(together, alone)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_state_taken_while_others_draw_is_one_that_was(quick_switches):
    generator = torch.Generator().manual_seed(0)
    before = [generator.state_bytes().tobytes()]
    for _ in range(1200):
        torch.randn(1, generator=generator)
        before.append(generator.state_bytes().tobytes())
    generator.manual_seed(0)

    def draw_and_look():
        taken = []
        for _ in range(300):
            torch.randn(1, generator=generator)
            taken.append(generator.state_bytes().tobytes())
        return taken

    assert {state for taken in in_threads(draw_and_look) for state in taken} <= set(before)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda generator: pickle.loads(pickle.dumps(generator))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copied_generator_continues_with_the_same_numbers_on_its_own(copied):
    generator = torch.Generator().manual_seed(3)
    torch.randn(5, generator=generator)  # leaves a spare number
    other = copied(generator)
    expected = torch.randn(5, generator=generator)
    assert torch.equal(torch.randn(5, generator=other), expected)
    assert other.initial_seed() == 3


def test_a_draw_that_fails_leaves_the_generator_as_it_was():
    torch.manual_seed(0)
    torch.rand(600)  # 24 words of the first block are left
    before = torch.get_rng_state()
    with pytest.raises(MemoryError):
        torch.random.default_generator.bits32(2**50)
    assert torch.equal(torch.get_rng_state(), before)


def test_normal_numbers_are_the_same_with_every_instruction_set():
    features = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    program = (
        "import hashlib, tinygrad_rnn as torch; _ = torch.manual_seed(0); "
        "print(hashlib.sha256(torch.randn(300_000).numpy().tobytes()).hexdigest())"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(off)},
        ).stdout
        for off in ([], features)
    }
    assert len(hashes) == 1


def test_what_dropout_keeps_is_scaled_so_that_the_mean_stays():
    torch.manual_seed(0)
    y = torch.nn.functional.dropout(torch.ones(10000), 0.2).numpy()
    assert set(np.unique(y).tolist()) == {0.0, 1.25}
    assert abs(y.mean() - 1) < 0.03  # six standard deviations of the mean


def theirs():
    return pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")


@pytest.mark.live
@pytest.mark.parametrize(("group", "tolerance"), [("bits", EXACT), ("normals", NORMAL)])
def test_pytorch_as_it_is_installed_draws_the_same(group, tolerance):
    assert not programs.compare_live(torch, theirs(), group, tolerance)


@pytest.mark.live
def test_pytorch_as_it_is_installed_chooses_the_same():
    live = theirs()
    live.manual_seed(0)
    if live.empty(5).bernoulli_(0.5).tolist() != [0.0, 0.0, 1.0, 0.0, 0.0]:
        pytest.skip("on this processor PyTorch draws bernoulli_ from Intel's MKL")
    assert not programs.compare_live(torch, live, "choices", EXACT)
    assert not programs.compare_live(torch, live, "states", CHAINED)


def test_a_program_that_sets_no_seed_draws_other_numbers_each_time():
    program = "import tinygrad_rnn as torch; print(torch.initial_seed(), torch.rand(2).tolist())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(runs) == 2
    assert torch.Generator().initial_seed() == 67280421310721  # PyTorch's own, too
