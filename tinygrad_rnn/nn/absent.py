"""Layers of PyTorch that are missing here: their error messages say so."""

from __future__ import annotations

from typing import Any

from .module import Module


class _Absent(Module):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        name = type(self).__name__
        raise NotImplementedError(
            f"nn.{name} is not part of tinygrad_rnn, whose recurrent layers are RNN and RNNCell; "
            f"PyTorch has it, as torch.nn.{name}"
        )


class LSTM(_Absent):
    """Not supported; making one raises NotImplementedError."""


class LSTMCell(_Absent):
    """Not supported; making one raises NotImplementedError."""


class GRU(_Absent):
    """Not supported; making one raises NotImplementedError."""


class GRUCell(_Absent):
    """Not supported; making one raises NotImplementedError."""
