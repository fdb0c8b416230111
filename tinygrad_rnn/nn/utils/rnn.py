"""Sequences of different lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from ...functions.arguments import tensor_argument
from ...functions.shape import cat, stack
from ...tensor import Tensor


def pad_sequence(
    sequences: Sequence[Tensor], batch_first: bool = False, padding_value: float = 0.0
) -> Tensor:
    """Sequences of different lengths side by side, the shorter ones filled up at the end.

    Args:
        sequences: Tensors of shape (length, ...).
        batch_first: Whether the result is (batch, seq, ...) rather than (seq, batch, ...).
        padding_value: What to fill up with.

    Raises:
        RuntimeError: If there is no sequence.
        TypeError: If one is no tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])])
        tensor([[1, 3],
                [2, 0]])
    """
    if isinstance(sequences, Tensor) or not sequences:
        raise RuntimeError("pad_sequence: the list is empty, or no list; give a list of tensors")
    for i, each in enumerate(sequences):
        tensor_argument("pad_sequence", f"element {i}", each)
    longest = max((len(each) for each in sequences), default=0)
    filled = []
    for each in sequences:
        missing = each.new_zeros(longest - len(each), *each.shape[1:]).fill_(padding_value)
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
