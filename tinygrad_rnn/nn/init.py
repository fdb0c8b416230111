"""Initial values of parameters, written in place and not recorded in the graph."""

from __future__ import annotations

import math

import numpy as np

from ..autograd.grad_mode import no_grad
from ..creation import from_numpy
from ..dtypes import missing_names
from ..tensor import Tensor

__getattr__ = missing_names("nn.init", "functions")


@no_grad()
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Fills with random numbers from the uniform distribution between `a` and `b`.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.init.uniform_(torch.empty(2))
        tensor([0.4963, 0.7682])
    """
    return tensor.uniform_(a, b)


@no_grad()
def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Fills with random numbers from the normal distribution."""
    return tensor.normal_(mean, std)


@no_grad()
def constant_(tensor: Tensor, val: float) -> Tensor:
    """Sets every element to `val`."""
    return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Sets every element to 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Sets every element to 1."""
    return constant_(tensor, 1.0)


@no_grad()
def eye_(tensor: Tensor) -> Tensor:
    """Ones on the diagonal of a matrix, zeros elsewhere.

    Raises:
        ValueError: If the tensor is not a matrix.
    """
    _matrix("eye_", tensor)
    return tensor.copy_(from_numpy(np.eye(*tensor.shape)))


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """U(-a, a) with a = gain √(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Args:
        tensor: A weight of shape (fan_out, fan_in).
        gain: A factor, as `calculate_gain` gives.

    Raises:
        ValueError: If the tensor is not a matrix.
    """
    fan_out, fan_in = _matrix("xavier_uniform_", tensor)
    bound = gain * math.sqrt(6 / (fan_in + fan_out))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """N(0, s²) with s = gain √(2 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""
    fan_out, fan_in = _matrix("xavier_normal_", tensor)
    return normal_(tensor, 0.0, gain * math.sqrt(2 / (fan_in + fan_out)))


def kaiming_uniform_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """U(-b, b) with b = gain √(3 / fan) (He et al., 2015).

    Args:
        tensor: A weight of shape (fan_out, fan_in).
        a: The slope of a leaky ReLU below zero.
        mode: `"fan_in"` or `"fan_out"`.
        nonlinearity: The function after the layer, one of `calculate_gain`.

    Raises:
        ValueError: If the tensor is not a matrix, or `mode` or `nonlinearity` unknown.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(
    tensor: Tensor, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu"
) -> Tensor:
    """N(0, s²) with s = gain / √fan (He et al., 2015), with the arguments of `kaiming_uniform_`."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    fan_out, fan_in = _matrix("kaiming", tensor)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fan_in if mode == "fan_in" else fan_out)


@no_grad()
def orthogonal_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """A random matrix whose rows (or columns) are orthogonal, times `gain` (Saxe et al., 2013).

    Used as `W_hh`, it keeps the length of the vectors that it is multiplied with.

    Raises:
        ValueError: If the tensor is not a matrix.
    """
    rows, columns = _matrix("orthogonal_", tensor)
    random = Tensor(rows, columns).to(tensor.dtype).normal_().numpy()
    q, r = np.linalg.qr(random.T if rows < columns else random)
    q = q * np.sign(np.diag(r))
    return tensor.copy_(from_numpy(gain * (q.T if rows < columns else q)))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor for initial weights that compensates for how a nonlinearity shrinks its input.

    Args:
        nonlinearity: `"linear"`, `"sigmoid"`, `"tanh"`, `"relu"` or `"leaky_relu"`.
        param: The slope of a leaky ReLU below zero, 0.01 by default.

    Raises:
        ValueError: If the nonlinearity is unknown.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.init.calculate_gain("tanh")
        1.6666666666666667
    """
    slope = 0.01 if param is None else param
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
    }
    if nonlinearity not in gains:
        raise ValueError(f"nonlinearity {nonlinearity!r} is unknown; there are {', '.join(gains)}")
    return gains[nonlinearity]


def _matrix(function: str, tensor: Tensor) -> tuple[int, int]:
    if tensor.dim() != 2:
        raise ValueError(
            f"{function} fills a matrix (fan_out, fan_in), got shape {list(tensor.shape)}"
        )
    rows, columns = tensor.shape
    return rows, columns
