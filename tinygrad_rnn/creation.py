"""Functions that create tensors: from values, from a rule, or at random."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from .core.layout import empty_like as new_like
from .core.layout import like
from .core.quiet import quiet
from .dtypes import Array, Number, as_dtype, check_fits, dtype, float32, int64
from .functions.arguments import int_argument, new_size, number_argument, tensor_argument
from .random import Generator, default_generator, stream
from .tensor import Tensor, TypedTensor, array_of, filled, made, size_of, wrap

__all__ = [
    "BoolTensor", "ByteTensor", "DoubleTensor", "FloatTensor", "IntTensor", "LongTensor",
    "arange", "as_tensor", "bernoulli", "empty", "empty_like", "eye", "from_dlpack", "from_numpy",
    "full", "full_like", "get_rng_state", "initial_seed", "linspace", "manual_seed", "multinomial",
    "ones", "ones_like", "rand", "rand_like", "randint", "randn", "randn_like", "randperm", "seed",
    "set_rng_state", "tensor", "zeros", "zeros_like",
]  # fmt: skip


# ---- from values ----


def tensor(
    data: Any, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A new tensor that holds a copy of `data`.

    Args:
        data: A number, an array, a tensor, or nested lists of numbers.
        dtype: The dtype; by default float32 for Python floats, int64 for whole numbers, and that
            of an array or a tensor.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.

    Raises:
        TypeError: If `data` holds anything but numbers, or tensors that require a gradient.
        ValueError: If lists differ in length.
        RuntimeError: If a number does not fit into the dtype, or whole numbers require a gradient.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([[1, 2], [3, 4]]), torch.tensor(0.5, requires_grad=True)
        (tensor([[1, 2],
                [3, 4]]), tensor(0.5000, requires_grad=True))
    """
    if data is None:
        raise RuntimeError("tensor: None holds no numbers")
    return made(array_of(data, dtype), device, requires_grad)


def as_tensor(data: Any, dtype: dtype | None = None, device: Any = None) -> Tensor:
    """`data` itself if it is a tensor of the given dtype, else a new tensor.

    A tensor of another dtype is converted as by `to`, in its graph.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> x = torch.zeros(2)
        >>> torch.as_tensor(x) is x
        True
    """
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: Array) -> Tensor:
    """A tensor with a copy of an array.

    PyTorch shares the memory. Here a later write to the array does not reach the tensor: it would
    change saved tensors of a graph, unnoticed.

    Args:
        ndarray: An array of a supported dtype.

    Raises:
        TypeError: If it is not an array, or of another dtype.

    Examples:
        >>> import numpy as np
        >>> import tinygrad_rnn as torch
        >>> torch.from_numpy(np.array([1.0, 2.0]))
        tensor([1., 2.], dtype=torch.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"from_numpy: ndarray must be an array, got {type(ndarray).__name__}")
    return tensor(ndarray)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A tensor that shares the memory of another library's tensor, such as PyTorch's.

    Nothing is copied, so what the other library writes shows up here; also in saved tensors of a
    graph, unnoticed. In the other direction, `from_dlpack` of PyTorch and NumPy takes our tensors.

    Args:
        ext_tensor: A tensor or an array on the CPU, of any library that supports DLPack.

    Raises:
        TypeError: If it does not support DLPack, or its dtype is not supported here.
        BufferError: If it requires a gradient, or is on another device.

    Examples:
        >>> import numpy as np
        >>> import tinygrad_rnn as torch
        >>> array = np.array([1.0, 2.0])
        >>> x = torch.from_dlpack(array)
        >>> array[0] = 5.0
        >>> x
        tensor([5., 2.], dtype=torch.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(
            "from_dlpack: a tensor or an array that speaks DLPack is wanted, "
            f"got {type(ext_tensor).__name__}; make one with torch.tensor(...)"
        )
    array = np.from_dlpack(ext_tensor)
    as_dtype(array.dtype)  # raises for a dtype that is not supported
    return wrap(array.view())  # a view's memory has an owner whose writes can be noted


class FloatTensor(Tensor, metaclass=TypedTensor):
    """A float32 tensor of values in a list or an array, or of zeros of a shape.

    It has no instances of its own: `isinstance(x, torch.FloatTensor)` is True for every tensor `x`
    of float32.

    Raises:
        TypeError: If the values are not numbers in a list or an array, or a tensor of another
            dtype.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.FloatTensor([1, 2]), torch.FloatTensor(2, 3).shape
        (tensor([1., 2.]), torch.Size([2, 3]))
        >>> isinstance(torch.rand(2), torch.FloatTensor)
        True
    """

    element_type = dtypes.float32


class DoubleTensor(Tensor, metaclass=TypedTensor):
    """The same as `FloatTensor` for float64."""

    element_type = dtypes.float64


class LongTensor(Tensor, metaclass=TypedTensor):
    """The same as `FloatTensor` for int64; the values must be whole numbers.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.LongTensor([3, 1, 2])
        tensor([3, 1, 2])
    """

    element_type = dtypes.int64


class IntTensor(Tensor, metaclass=TypedTensor):
    """The same as `LongTensor` for int32."""

    element_type = dtypes.int32


class ByteTensor(Tensor, metaclass=TypedTensor):
    """The same as `LongTensor` for uint8."""

    element_type = dtypes.uint8


class BoolTensor(Tensor, metaclass=TypedTensor):
    """The same as `FloatTensor` for bool."""

    element_type = dtypes.bool_


# ---- from a rule ----


def full(
    size: int | Sequence[int], fill_value: Number, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor with `fill_value` everywhere.

    Args:
        size: The shape.
        fill_value: A number.
        dtype: The dtype; by default that of `torch.tensor(fill_value)`.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.

    Raises:
        TypeError: If `fill_value` is not a number.
        RuntimeError: If it does not fit into the dtype, or a length is negative.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.full((2,), 7)
        tensor([7, 7])
    """
    return filled(new_size("full", (size,)), fill_value, dtype, device, requires_grad)


def zeros(
    *lengths: Any, size: Any = None,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of zeros.

    Args:
        lengths: The shape, as `zeros(2, 3)` or `zeros((2, 3))`.
        size: The same by name, as `zeros(size=(2, 3))`.
        dtype: The dtype, float32 by default.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.

    Raises:
        TypeError: If there is no shape, or a length is not an int.
        RuntimeError: If one is negative.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.zeros(2, 2)
        tensor([[0., 0.],
                [0., 0.]])
    """
    array = np.zeros(size_of("zeros", lengths, size), as_dtype(dtype or float32).numpy)
    return made(array, device, requires_grad)


def ones(
    *lengths: Any, size: Any = None,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A tensor of ones, with the arguments of `zeros`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.ones(3)
        tensor([1., 1., 1.])
    """
    return filled(size_of("ones", lengths, size), 1, dtype or float32, device, requires_grad)


empty = zeros
"""PyTorch leaves the elements undefined; here they are zeros."""


def zeros_like(
    input: Tensor, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros with the shape, dtype and memory layout of `input`.

    Args:
        input: A tensor.
        dtype: Another dtype.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.zeros_like(torch.tensor([1, 2]))
        tensor([0, 0])
    """
    return _filled_like("zeros_like", input, 0, dtype, device, requires_grad)


def ones_like(
    input: Tensor, *, dtype: dtype | None = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones with the shape, dtype and memory layout of `input`, with the arguments of `zeros_like`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.ones_like(torch.tensor([1.5, 2.5]))
        tensor([1., 1.])
    """
    return _filled_like("ones_like", input, 1, dtype, device, requires_grad)


def full_like(
    input: Tensor, fill_value: Number, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`fill_value` everywhere, with the shape, dtype and memory layout of `input`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.full_like(torch.zeros(2), 7)
        tensor([7., 7.])
    """
    return _filled_like("full_like", input, fill_value, dtype, device, requires_grad)


def _filled_like(
    function: str, input: Tensor, value: Number,
    dtype: dtype | None, device: Any, requires_grad: bool,
) -> Tensor:  # fmt: skip
    x = tensor_argument(function, "input", input)
    element = filled((), value, dtype or x.dtype, device, False)._array
    array = new_like(x._array, element.dtype)
    array[...] = element
    return made(array, device, requires_grad)


empty_like = zeros_like
"""PyTorch leaves the elements undefined; here they are zeros."""


def eye(
    n: int, m: int | None = None, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A matrix of n rows and m columns (n by default) with ones on the diagonal.

    Raises:
        RuntimeError: If a length is negative.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.eye(2)
        tensor([[1., 0.],
                [0., 1.]])
    """
    rows, columns = new_size("eye", (n, n if m is None else m))
    array = np.eye(rows, columns, dtype=as_dtype(dtype or float32).numpy)
    return made(array, device, requires_grad)


def arange(
    start: Number, end: Number | None = None, step: Number = 1, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The numbers from `start` up to but excluding `end` in steps; `arange(n)` starts at 0.

    Args:
        start: The first number.
        end: The end, which is not included.
        step: The difference between neighbours.
        dtype: The dtype; by default int64 if all three are ints, else float32. For int64, all three
            are rounded towards zero first.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.

    Raises:
        RuntimeError: If `step` is 0 or leads away from `end`, or a number does not fit into the
            dtype.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.arange(3), torch.arange(0, 1, 0.25)
        (tensor([0, 1, 2]), tensor([0.0000, 0.2500, 0.5000, 0.7500]))
    """
    first, last = (0, start) if end is None else (start, end)
    first = number_argument("arange", "start", first)
    last = number_argument("arange", "end", last)
    step = number_argument("arange", "step", step)
    if not all(math.isfinite(each) for each in (first, last, step)):
        raise RuntimeError(f"arange: from {first} to {last} by {step} would never end")
    whole = all(isinstance(each, int) for each in (first, last, step))
    dtype = as_dtype(dtype or (int64 if whole else float32))
    if dtype is int64:
        first, last, step, whole = int(first), int(last), int(step), True
    if step == 0 or (last - first) * step < 0:
        raise RuntimeError(f"arange: a step of {step} does not lead from {first} to {last}")
    count = -((first - last) // step) if whole else math.ceil((last - first) / step)
    if count:
        ends = sorted((first, first + (count - 1) * step))
        check_fits(int64 if whole else dtype, *ends)
        check_fits(dtype, *ends)
    places: Array = np.arange(count, dtype=np.int64 if whole else np.float64)
    return made((first + places * step).astype(dtype.numpy), device, requires_grad)


def linspace(
    start: float, end: float, steps: int, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`steps` evenly spaced numbers from `start` to `end`, both included.

    Raises:
        RuntimeError: If `steps` is negative, or a number does not fit into the dtype.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.linspace(0, 1, 5)
        tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
    """
    (count,) = new_size("linspace", (steps,))
    dtype = as_dtype(dtype or float32)
    start = number_argument("linspace", "start", start)
    end = number_argument("linspace", "end", end)
    check_fits(dtype, *sorted((start, end)))
    return made(np.linspace(start, end, count).astype(dtype.numpy), device, requires_grad)


# ---- at random ----


def manual_seed(seed: int) -> Generator:
    """Seeds the generator of random numbers, which then draws what PyTorch draws on a CPU.

    Args:
        seed: A whole number of 64 bits, of which the low 32 count.

    Raises:
        TypeError: If it is not an int.
        RuntimeError: If it does not fit into 64 bits.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.rand(2)
        tensor([0.4963, 0.7682])
    """
    return default_generator.manual_seed(seed)


def seed() -> int:
    """Seeds the generator from the operating system's entropy and returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the generator was last seeded with."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the generator: 5056 bytes, the same as PyTorch's after the same draws.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> state = torch.get_rng_state()
        >>> before = torch.rand(3)
        >>> torch.set_rng_state(state)
        >>> torch.equal(before, torch.rand(3))
        True
    """
    return wrap(default_generator.state_bytes())


def set_rng_state(new_state: Tensor) -> None:
    """Restores a state of the generator.

    Args:
        new_state: What `get_rng_state` returned.

    Raises:
        TypeError: If it is not a uint8 tensor.
        RuntimeError: If it has another length.
    """
    default_generator.set_state_bytes(tensor_argument("set_rng_state", "state", new_state)._array)


def rand(
    *lengths: Any, size: Any = None,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Random numbers, uniformly distributed over [0, 1): bit for bit PyTorch's.

    Args:
        lengths: The shape, as `rand(2, 3)` or `rand((2, 3))`.
        size: The same by name, as `rand(size=(2, 3))`.
        dtype: float32 (the default) or float64.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.
        generator: The generator to draw from; None for the one that `manual_seed` seeds.

    Raises:
        RuntimeError: If the dtype is not floating.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(1)
        >>> torch.rand(2, 2)
        tensor([[0.7576, 0.2793],
                [0.4031, 0.7347]])
    """
    new = zeros(size_of("rand", lengths, size), dtype=dtype, device=device)
    return new.uniform_(generator=generator).requires_grad_(requires_grad)


def randn(
    *lengths: Any, size: Any = None,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Normally distributed random numbers, with the arguments of `rand`: PyTorch's to 1e-6.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(1)
        >>> torch.randn(3)
        tensor([0.6614, 0.2669, 0.0617])
    """
    new = zeros(size_of("randn", lengths, size), dtype=dtype, device=device)
    return new.normal_(generator=generator).requires_grad_(requires_grad)


def rand_like(
    input: Tensor, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """`rand` with the shape, dtype and memory layout of `input`.

    The numbers are drawn in the order of memory.
    """
    new = _filled_like("rand_like", input, 0, dtype, device, requires_grad=False)
    return new.uniform_(generator=generator).requires_grad_(requires_grad)


def randn_like(
    input: Tensor, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """`randn` with the shape, dtype and memory layout of `input`.

    The numbers are drawn in the order of memory.
    """
    new = _filled_like("randn_like", input, 0, dtype, device, requires_grad=False)
    return new.normal_(generator=generator).requires_grad_(requires_grad)


def randint(
    low: Any = None, high: Any = None, size: Any = None, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Random whole numbers from `low` to `high - 1`; `randint(high, size)` starts at 0.

    Args:
        low: The smallest number.
        high: One more than the largest.
        size: The shape.
        dtype: The dtype, int64 by default.
        device: `"cpu"` or None.
        requires_grad: Whether backward computes a gradient for it.
        generator: The generator to draw from; None for the one that `manual_seed` seeds.

    Raises:
        RuntimeError: If there is no number from `low` to `high - 1`, or one does not fit into the
            dtype.
        TypeError: If `size` is missing.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randint(0, 10, (4,))
        tensor([4, 9, 3, 0])
    """
    if size is None:
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    elif low is None:
        low = 0
    if not isinstance(size, tuple | list):
        raise TypeError("randint: the last argument must be a size, as in randint(0, 10, (3,))")
    low = int_argument("randint", "low", low)
    high = int_argument("randint", "high", high)
    if low >= high:
        raise RuntimeError(f"randint: low must be less than high, got {low} and {high}")
    dtype = as_dtype(dtype or int64)
    _check_range("randint", dtype, low, high)
    shape = new_size("randint", size)
    numbers = stream(generator).integers(low, high, math.prod(shape)).reshape(shape)
    return made(numbers.astype(dtype.numpy), device, requires_grad)


def _check_range(function: str, dtype: dtype, low: int, high: int) -> None:
    """Raises a RuntimeError unless the numbers from `low` to `high - 1` fit into the dtype."""
    if dtype is dtypes.bool_ and not 0 <= low < high <= 2:
        raise RuntimeError(f"{function}: bool holds 0 and 1, not the numbers {low} to {high - 1}")
    check_fits(int64, low, high - 1)
    check_fits(dtype, low, high - 1)


def randperm(
    n: int, *,
    dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """The numbers 0 to `n - 1` in random order, with the arguments of `randint`.

    Raises:
        RuntimeError: If `n` is negative, or `n - 1` does not fit into the dtype.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.randperm(5)
        tensor([4, 0, 1, 3, 2])
    """
    (count,) = new_size("randperm", (n,))
    dtype = as_dtype(dtype or int64)
    if count:
        _check_range("randperm", dtype, 0, count)
    numbers = stream(generator).permutation(count).astype(dtype.numpy, copy=False)
    return made(numbers, device, requires_grad)


@quiet
def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Draws categories, each with a probability proportional to its weight.

    Args:
        input: Weights, of shape (categories) or (rows, categories); none negative, not all 0.
        num_samples: How many are drawn per row.
        replacement: Whether a category can be drawn more than once.
        generator: The generator to draw from; None for the one that `manual_seed` seeds.

    Returns:
        The categories' numbers, int64, of shape (num_samples) or (rows, num_samples).

    Raises:
        RuntimeError: If the weights are not valid, or there are fewer than `num_samples`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.multinomial(torch.tensor([0.0, 1.0, 0.0]), 1)
        tensor([1])
    """
    weights = tensor_argument("multinomial", "input", input)._array
    if weights.dtype.kind != "f" or weights.ndim not in (1, 2) or weights.shape[-1] == 0:
        raise RuntimeError(
            "multinomial: the weights must be a floating tensor of 1 or 2 dimensions, not empty; "
            f"got {weights.dtype} of shape {list(weights.shape)}"
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise RuntimeError("multinomial: a weight is negative, infinite or nan")
    if (weights.sum(-1) <= 0).any():
        raise RuntimeError("multinomial: all weights of a row are 0, so nothing can be drawn")
    available = weights.shape[-1]
    if num_samples < 1 or (not replacement and num_samples > available):
        raise RuntimeError(
            f"multinomial: num_samples must be at least 1 and, without replacement, at most "
            f"{available}, got {num_samples}"
        )
    source = stream(generator)
    if replacement and num_samples > 1:
        rows = weights.reshape(-1, available)
        cumulative = np.cumsum(rows / rows.sum(-1, keepdims=True), -1, dtype=np.float64)
        cumulative[:, -1] = 1
        points = source.uniform(len(rows) * num_samples, np.dtype(np.float64))
        pairs = zip(cumulative, points.reshape(len(rows), -1), strict=True)
        drawn = np.array([np.searchsorted(row, at) for row, at in pairs], np.int64)
        return wrap(drawn.reshape(*weights.shape[:-1], -1))
    # the largest of weight / exponential is a fair draw (Efraimidis and Spirakis, 2006)
    race = weights / like(weights, source.exponential(weights.size))
    order = np.argsort(-race, -1, kind="stable")[..., :num_samples]
    return wrap(order.astype(np.int64))


def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """Draws a 1 or a 0 for every element, with the element as the probability of a 1.

    Raises:
        RuntimeError: If an element is not a probability.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.bernoulli(torch.tensor([0.0, 1.0]))
        tensor([0., 1.])
    """
    p = tensor_argument("bernoulli", "input", input)._array
    if p.dtype.kind != "f" or not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError("bernoulli: the elements must be probabilities, between 0 and 1")
    points = stream(generator).uniform(p.size, p.dtype)
    return wrap((points.reshape(p.shape) < p).astype(p.dtype))
