"""The number of BLAS threads is the one that was set, whatever is computed."""

import threading

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import threads

controllable = pytest.mark.skipif(
    threads._openblas() is None, reason="this NumPy does not come with OpenBLAS"
)


@pytest.fixture
def five_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(5)
    yield
    torch.set_num_threads(before)


@controllable
def test_training_leaves_the_number_as_it_was(five_threads):
    rnn = torch.nn.RNN(64, 64)
    output, _ = rnn(torch.rand(20, 16, 64))
    output.sum().backward()
    assert torch.get_num_threads() == 5


@controllable
def test_products_that_overlap_in_threads_leave_the_number_as_it_was(five_threads, quick_switches):
    def train():
        rnn = torch.nn.RNN(128, 128)  # a step is a product of 2**21 multiplications
        for _ in range(3):
            rnn(torch.ones(3, 128, 128))[0].sum().backward()
            seen.append(torch.get_num_threads())

    seen = []
    trainings = [threading.Thread(target=train) for _ in range(2)]
    for training in trainings:
        training.start()
    for training in trainings:
        training.join()
    assert seen == [5] * 6
    assert torch.get_num_threads() == 5


@controllable
def test_an_integer_of_numpy_is_a_number_of_threads(five_threads):
    torch.set_num_threads(np.int64(2))
    assert torch.get_num_threads() == 2


@controllable
def test_the_number_does_not_change_what_is_computed():
    before, results = torch.get_num_threads(), []
    for number in (1, before):
        torch.set_num_threads(number)
        torch.manual_seed(0)
        rnn = torch.nn.RNN(64, 128, dtype=torch.float64)
        results.append(rnn(torch.rand(30, 32, 64, dtype=torch.float64))[0].detach().numpy())
    np.testing.assert_allclose(*results, rtol=1e-12)


@pytest.mark.parametrize(
    ("number", "error"),
    [
        *((0, RuntimeError), (-1, RuntimeError), (1.5, TypeError), (True, TypeError)),
        *((2**31, RuntimeError), (2**32 + 3, RuntimeError), (2**70, RuntimeError)),
    ],
)
def test_what_is_no_number_of_threads_is_refused(number, error):
    with pytest.raises(error, match="set_num_threads"):
        torch.set_num_threads(number)


def test_without_openblas_the_number_is_unknown_and_cannot_be_set(monkeypatch):
    monkeypatch.setattr(threads, "_openblas", lambda: None)
    assert torch.get_num_threads() == 1
    with pytest.raises(RuntimeError, match="OMP_NUM_THREADS"):
        torch.set_num_threads(2)
