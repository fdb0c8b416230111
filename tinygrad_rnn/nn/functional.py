"""The layers' computations as plain functions (PyTorch: `torch.nn.functional`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.layout import like
from ..dtypes import missing_names
from ..functions.arguments import tensor_argument, type_name
from ..functions.indexing import embedding, one_hot
from ..functions.linalg import linear
from ..functions.loss import cross_entropy, mse_loss, nll_loss
from ..random import default_generator
from ..tensor import Tensor, wrap

log_softmax = Tensor.log_softmax
relu = Tensor.relu
sigmoid = Tensor.sigmoid
softmax = Tensor.softmax
tanh = Tensor.tanh

__all__ = [
    "cross_entropy",
    "dropout",
    "embedding",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


__getattr__ = missing_names("nn.functional", "functions")


def check_probability(function: str, p: Any) -> Any:
    """`p`, which must be a probability.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is not between 0 and 1.
    """
    number = isinstance(p, int | float) and not isinstance(p, bool)
    if not number or not 0 <= p <= 1:
        error = ValueError if number else TypeError
        raise error(f"{function}: p is a probability, between 0 and 1; got {p!r}")
    return p


def dropout(input: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zeros elements with probability `p` and divides the others by 1 - p.

    The random numbers are drawn in the order of the elements in memory.

    Args:
        input: A floating tensor.
        p: The probability of a zero, from 0 to 1.
        training: If False, the input is returned as it is.

    Raises:
        ValueError: If `p` is not a probability.
        RuntimeError: If `input` is not floating.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> _ = torch.manual_seed(0)
        >>> torch.nn.functional.dropout(torch.ones(5))
        tensor([0., 0., 2., 0., 0.])
    """
    tensor_argument("dropout", "input", input)
    check_probability("dropout", p)
    if not training or p == 0 or not input.numel():
        return input
    dtype = input._array.dtype
    if p == 1:
        return input.mul(wrap(np.zeros((), dtype)))
    if dtype.kind != "f":
        raise RuntimeError(
            f"dropout divides by 1 - p, which {type_name(input)} elements cannot hold; use .float()"
        )
    kept = default_generator.bernoulli(1 - p, input.numel())
    factors = like(input._array, kept.astype(dtype) / dtype.type(1 - p))
    return input.mul(wrap(factors))
