"""BLAS uses the threads that suit the work, and is left as it was found."""

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


def seen_inside(multiplications):
    with threads.threads_for(multiplications):
        return torch.get_num_threads()


@controllable
@pytest.mark.parametrize(
    ("multiplications", "used"),
    [(10, 5), (2**18, 1), (2**20 - 1, 1), (2**20, 2), (2**22 - 1, 2), (2**22, 5)],
    ids=["tiny: BLAS does it alone", "small", "largest small", "middle", "largest middle", "large"],
)
def test_work_has_the_threads_that_suit_its_size(five_threads, multiplications, used):
    assert seen_inside(multiplications) == used
    assert torch.get_num_threads() == 5


@controllable
def test_one_thread_stays_one_thread(five_threads):
    torch.set_num_threads(1)
    assert seen_inside(2**20) == 1


@controllable
def test_an_error_inside_leaves_the_number_as_it_was(five_threads):
    with pytest.raises(ZeroDivisionError), threads.threads_for(2**20):
        raise ZeroDivisionError
    assert torch.get_num_threads() == 5


@controllable
def test_training_leaves_the_number_as_it_was(five_threads):
    rnn = torch.nn.RNN(64, 64)
    output, _ = rnn(torch.rand(20, 16, 64))
    output.sum().backward()
    assert torch.get_num_threads() == 5


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
    ("number", "error"), [(0, RuntimeError), (1.5, TypeError), (True, TypeError)]
)
def test_what_is_no_number_of_threads_is_refused(number, error):
    with pytest.raises(error, match="set_num_threads"):
        torch.set_num_threads(number)


def test_without_openblas_the_number_is_unknown_and_cannot_be_set(monkeypatch):
    monkeypatch.setattr(threads, "_openblas", lambda: None)
    assert torch.get_num_threads() == 1
    assert seen_inside(2**20) == 1
    with pytest.raises(RuntimeError, match="OMP_NUM_THREADS"):
        torch.set_num_threads(2)
