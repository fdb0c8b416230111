"""Sequences of different lengths."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from ...dtypes import missing_names
from ...functions.arguments import tensor_argument
from ...functions.shape import cat, stack
from ...tensor import Tensor

__getattr__ = missing_names("nn.utils.rnn", "functions")


def pad_sequence(
    sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0
) -> Tensor:
    """Sequences of different lengths side by side, the shorter ones padded at the end.

    Args:
        sequences: Tensors of shape (length, ...), in a list or another iterable; the result has
            the dtype of the first.
        batch_first: Whether the result is (batch, seq, ...) rather than (seq, batch, ...).
        padding_value: The value of the padding.

    Raises:
        RuntimeError: If there are no sequences.
        TypeError: If one is not a tensor, or 0-dimensional.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])])
        tensor([[1, 3],
                [2, 0]])
    """
    sequences = list(sequences)
    if not sequences:
        raise RuntimeError("pad_sequence: the list is empty; give a list of tensors")
    for i, each in enumerate(sequences):
        tensor_argument("pad_sequence", f"element {i}", each)
    longest = max(len(each) for each in sequences)
    filled = []
    for each in sequences:
        each = each.type_as(sequences[0])
        missing = each.new_full((longest - len(each), *each.shape[1:]), padding_value)
        filled.append(cat([each, missing]) if len(missing) else each)
    return stack(filled, 0 if batch_first else 1)


def _absent(name: str) -> NoReturn:
    raise NotImplementedError(
        f"{name} is not part of tinygrad_rnn: RNN takes sequences of one length. Use pad_sequence "
        "and ignore_index, or PyTorch for packed sequences"
    )


def pack_padded_sequence(*args: Any, **kwargs: Any) -> NoReturn:
    """Not supported; raises NotImplementedError."""
    _absent("pack_padded_sequence")


def pad_packed_sequence(*args: Any, **kwargs: Any) -> NoReturn:
    """Not supported; raises NotImplementedError."""
    _absent("pad_packed_sequence")


def pack_sequence(*args: Any, **kwargs: Any) -> NoReturn:
    """Not supported; raises NotImplementedError."""
    _absent("pack_sequence")
