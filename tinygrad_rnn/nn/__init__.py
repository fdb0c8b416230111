"""Layers, losses and what they are built on (PyTorch: `torch.nn`)."""

from __future__ import annotations

from ..dtypes import missing_names
from . import functional, init, utils
from .absent import GRU, LSTM, GRUCell, LSTMCell
from .container import ModuleDict, ModuleList, Sequential
from .layers import (
    CrossEntropyLoss,
    Dropout,
    Embedding,
    Linear,
    LogSoftmax,
    MSELoss,
    NLLLoss,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from .module import Module
from .parameter import Parameter
from .rnn import RNN, RNNCell

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "GRUCell",
    "LSTMCell",
    "Linear",
    "LogSoftmax",
    "MSELoss",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NLLLoss",
    "Parameter",
    "RNNCell",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Tanh",
    "functional",
    "init",
    "utils",
]

__getattr__ = missing_names("tinygrad_rnn.nn", "layers")
