"""Tensors and other libraries' arrays in the same memory, by DLPack."""

import numpy as np
import pytest

import tinygrad_rnn as torch


def test_a_tensor_is_given_without_a_copy():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    array = np.from_dlpack(x.T)
    x[0, 1] = 5.0
    np.testing.assert_array_equal(array, [[1.0, 3.0], [5.0, 4.0]])
    assert x.__dlpack_device__() == (1, 0)  # the CPU


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_])
def test_an_array_is_taken_without_a_copy(kind):
    array = np.array([0, 1, 1]).astype(kind)
    x = torch.from_dlpack(array)
    assert np.shares_memory(x.numpy(), array)
    array[0] = 1
    assert x.tolist() == [1, 1, 1]
    x[1] = 0
    assert array.tolist() == [1, 0, 1]


def test_a_write_through_a_tensor_of_foreign_memory_is_noticed():
    w = torch.from_dlpack(np.ones(2)).requires_grad_()
    loss = (w * w).sum()
    with torch.no_grad():
        w += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_tensor_that_requires_a_gradient_stays():
    with pytest.raises(BufferError, match=r"hand over tensor\.detach\(\)"):
        np.from_dlpack(torch.ones(1, requires_grad=True))


@pytest.mark.parametrize(
    ("given", "message"),
    [([1.0], "speaks DLPack is wanted, got list"), (np.ones(1, np.float16), "float16")],
    ids=["a list", "an unknown type"],
)
def test_what_cannot_be_taken_is_named(given, message):
    with pytest.raises(TypeError, match=message):
        torch.from_dlpack(given)


@pytest.mark.live
def test_pytorch_and_we_share_memory_both_ways():
    pytorch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = torch.rand(2, 3)
    theirs = pytorch.from_dlpack(ours)
    theirs[0, 0] = 7.0
    assert ours[0, 0].item() == 7.0
    back = torch.from_dlpack(theirs)
    back[1, 2] = 8.0
    assert theirs[1, 2].item() == 8.0
