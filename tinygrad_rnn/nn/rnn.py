"""Recurrent layers: RNNCell for one step, RNN for a whole sequence."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np

from ..core import recurrent as core
from ..creation import empty
from ..dtypes import dtype
from ..functions.arguments import positive_int, tensor_argument, true_or_false, type_name
from ..functions.shape import cat, stack
from ..operand import record
from ..tensor import Tensor, wrap
from . import functional as F  # noqa: N812 - the field's name for it
from . import init
from .module import Module
from .parameter import Parameter


def rnn_step(x: Tensor, h: Tensor, weights: Sequence[Tensor], nonlinearity: str) -> Tensor:
    """One step, composed of the operations that define it: h' = f(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh).

    Args:
        x: The input, of shape (B, I).
        h: The hidden state before, of shape (B, H).
        weights: W_ih (H, I), W_hh (H, H), and b_ih (H), b_hh (H) if there are biases.
        nonlinearity: `"tanh"` or `"relu"`.
    """
    z = F.linear(x, *weights[0::2]) + F.linear(h, *weights[1::2])
    return z.tanh() if nonlinearity == "tanh" else z.relu()


def rnn_layer(
    input: Tensor, h0: Tensor, weights: Sequence[Tensor], nonlinearity: str, reverse: bool
) -> Tensor:
    """All steps of one layer as one operation; returns (seq, batch, hidden)."""
    arrays = [each._array for each in weights]
    result = core.rnn_layer(input._array, h0._array, arrays, nonlinearity, reverse)
    return record("StackBackward0", result, input, h0, *weights)


def rnn_steps(
    input: Tensor, h0: Tensor, weights: Sequence[Tensor], nonlinearity: str, reverse: bool
) -> Tensor:
    """The same, composed of `rnn_step`."""
    h, states = h0, []
    steps = input.unbind()
    for x in reversed(steps) if reverse else steps:
        h = rnn_step(x, h, weights, nonlinearity)
        states.append(h)
    return stack(states[::-1] if reverse else states)


STEP_SHAPES = (
    "(batch, input_size) or (input_size), as RNNCell takes one step "
    "(for a sequence loop over its steps, or use RNN)"
)


class _RNNBase(Module):
    """What RNNCell and RNN share: sizes, weights and the checks of their inputs."""

    _printed: ClassVar[Mapping[str, object]]  # settings printed unless they have these defaults

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool, nonlinearity: str, fused: bool
    ) -> None:
        super().__init__()
        layer = type(self).__name__
        self.input_size = positive_int(layer, "input_size", input_size)
        self.hidden_size = positive_int(layer, "hidden_size", hidden_size)
        true_or_false(layer, "bias", bias)
        true_or_false(layer, "fused", fused)
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"{layer}: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}"
            )
        self.bias = bias
        self.nonlinearity = nonlinearity
        self.fused = fused

    def _add_weights(
        self, suffix: str, input_size: int, device: Any, dtype: dtype | None
    ) -> list[str]:
        """Adds the weights of one layer in one direction, and returns their names."""
        h = self.hidden_size
        shapes = {
            "weight_ih": (h, input_size),
            "weight_hh": (h, h),
            "bias_ih": (h,),
            "bias_hh": (h,),
        }
        for name, shape in shapes.items():
            if self.bias or name.startswith("weight"):
                setattr(self, name + suffix, Parameter(empty(shape, device=device, dtype=dtype)))
            else:
                self.register_parameter(name + suffix, None)
        return [name + suffix for name in shapes][: 4 if self.bias else 2]

    def _weights(self, names: Sequence[str]) -> list[Tensor]:
        own = self.__dict__["_parameters"]  # faster than self.weight_ih, which looks in two places
        return [own[name] for name in names]

    def reset_parameters(self) -> None:
        """Initializes the parameters again: U(-1/√hidden_size, 1/√hidden_size)."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def extra_repr(self) -> str:
        """The sizes and the settings that are not the defaults, as PyTorch prints them."""
        settings = [(name, getattr(self, name)) for name in self._printed]
        other = [f", {name}={value}" for name, value in settings if value != self._printed[name]]
        return f"{self.input_size}, {self.hidden_size}" + "".join(other)

    def _check_tensor(self, name: str, value: object, weight: Tensor) -> Tensor:
        layer = type(self).__name__
        if isinstance(value, tuple | list) and name != "input":
            raise TypeError(
                f"{layer} takes one tensor as {name}, got a {type(value).__name__} of "
                f"{len(value)}; a pair (h, c) belongs to an LSTM"
            )
        tensor = tensor_argument(layer, name, value)
        if tensor._array.dtype != weight._array.dtype:
            raise RuntimeError(
                f"{layer}: {name} is {type_name(tensor)} and the weights are {type_name(weight)}; "
                f"convert it with .{'float' if weight.dtype.name == 'float32' else 'double'}()"
            )
        return cast(Tensor, tensor)

    def _check_input(self, value: object, weight: Tensor, batched: int, shapes: str) -> Tensor:
        """Checks the input, which has `batched` dimensions or one less, as in `shapes`."""
        x = self._check_tensor("input", value, weight)
        shape = x._array.shape
        if not batched - 1 <= len(shape) <= batched:
            raise ValueError(
                f"{type(self).__name__}: the input must have shape {shapes}, got {list(shape)}"
            )
        if shape[-1] != self.input_size:
            raise RuntimeError(
                f"{type(self).__name__}: the input of shape {list(shape)} has {shape[-1]} "
                f"features, but input_size={self.input_size}"
            )
        return x


class RNNCell(_RNNBase):
    """One step of a recurrent network: h' = f(x W_ihᵀ + b_ih + h W_hhᵀ + b_hh).

    It takes one step only; call it in a loop over the sequence, with the hidden state it returned.
    The parameters are initialized as U(-1/√hidden_size, 1/√hidden_size).

    Args:
        input_size: The length of an input vector.
        hidden_size: The length of the hidden state.
        bias: Whether there are b_ih and b_hh.
        nonlinearity: f, `"tanh"` or `"relu"`.
        device: `"cpu"` or None.
        dtype: float32 or float64.
        fused: Whether the step is one operation with a hand-written gradient (not in PyTorch). If
            not, it is composed of the operations that define it; the results agree up to rounding.

    Attributes:
        weight_ih: W_ih, of shape (hidden_size, input_size).
        weight_hh: W_hh, of shape (hidden_size, hidden_size).
        bias_ih: b_ih, of shape (hidden_size), or None.
        bias_hh: b_hh, of shape (hidden_size), or None.

    Raises:
        ValueError: If a size is less than 1 or the nonlinearity unknown.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> cell = torch.nn.RNNCell(4, 2)
        >>> h = torch.zeros(3, 2)
        >>> for x in torch.rand(5, 3, 4):
        ...     h = cell(x, h)
        >>> h.shape
        torch.Size([3, 2])
    """

    _printed: ClassVar[Mapping[str, object]] = {"bias": True, "nonlinearity": "tanh"}
    weight_ih: Parameter
    weight_hh: Parameter

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        device: Any = None,
        dtype: dtype | None = None,
        fused: bool = True,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, nonlinearity, fused)
        self._names = self._add_weights("", input_size, device, dtype)
        self.reset_parameters()

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The next hidden state.

        Args:
            input: x, of shape (batch, input_size) or (input_size).
            hx: h, of shape (batch, hidden_size) or (hidden_size); zeros if None.

        Returns:
            h', in the shape of `hx`.

        Raises:
            TypeError: If an argument is not a tensor.
            ValueError: If one has more than 2 dimensions.
            IndexError: If only one of them has a batch dimension.
            RuntimeError: If sizes or dtypes do not fit.
        """
        weights = self._weights(self._names)
        x = self._check_input(input, weights[0], 2, STEP_SHAPES)
        shape = (*x._array.shape[:-1], self.hidden_size)
        h = wrap(np.zeros(shape, x._array.dtype)) if hx is None else hx
        h = self._check_tensor("hidden state", h, weights[0])
        if h._array.shape != shape:
            wrong_dims = ValueError if h.dim() > 2 else IndexError
            error = RuntimeError if h.dim() == x.dim() else wrong_dims
            came, found = ("batched" if each.dim() > 1 else "unbatched" for each in (x, h))
            raise error(
                f"RNNCell: for {came} input of shape {list(x.shape)} the hidden state must have "
                f"shape {list(shape)}, got {found} hidden state of shape {list(h.shape)}; "
                f"pass zeros({', '.join(map(str, shape))})"
            )
        batch = len(shape) == 2
        rows, before = (x, h) if batch else (x.unsqueeze(0), h.unsqueeze(0))
        if self.fused:
            name = f"{self.nonlinearity.capitalize()}Backward0"
            arrays = [each._array for each in weights]
            result = core.rnn_cell(rows._array, before._array, arrays, self.nonlinearity)
            after = record(name, result, rows, before, *weights)
        else:
            after = rnn_step(rows, before, weights, self.nonlinearity)
        return after if batch else after.squeeze(0)


class RNN(_RNNBase):
    """A recurrent network over whole sequences, of one or more layers.

    Each layer computes h[t] = f(x[t] W_ihᵀ + b_ih + h[t-1] W_hhᵀ + b_hh) for every step; the next
    one takes its states as input. The parameters are initialized as
    U(-1/√hidden_size, 1/√hidden_size).

    Args:
        input_size: The length of an input vector.
        hidden_size: The length of a hidden state.
        num_layers: The number of stacked layers (not the length of the sequence).
        nonlinearity: f, `"tanh"` or `"relu"`.
        bias: Whether there are b_ih and b_hh.
        batch_first: Whether `input` and `output` are (batch, seq, feature) rather than
            (seq, batch, feature). The hidden states never are.
        dropout: The probability of a zero after each layer but the last, while training.
        bidirectional: Whether a second network reads the sequence from the end.
        device: `"cpu"` or None.
        dtype: float32 or float64.
        fused: Whether a layer is one operation with a hand-written gradient (not in PyTorch). If
            not, it is a loop of the operations that define it; the results agree up to rounding.

    Attributes:
        weight_ih_l0: W_ih of layer 0, (hidden_size, input_size); later layers take
            hidden_size inputs, twice that if bidirectional. `_reverse` is the other direction.
        weight_hh_l0: W_hh of layer 0, (hidden_size, hidden_size).
        bias_ih_l0: b_ih of layer 0, (hidden_size).
        bias_hh_l0: b_hh of layer 0, (hidden_size).

    Raises:
        TypeError: If `num_layers` is not an int, as in RNN(4, 2, True).
        ValueError: If a size is less than 1, `nonlinearity` unknown or `dropout` not
            a probability.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> rnn = torch.nn.RNN(input_size=4, hidden_size=2, num_layers=3)
        >>> output, h_n = rnn(torch.zeros(5, 1, 4))
        >>> output.shape, h_n.shape
        (torch.Size([5, 1, 2]), torch.Size([3, 1, 2]))
    """

    _printed: ClassVar[Mapping[str, object]] = {
        "num_layers": 1,
        "bias": True,
        "batch_first": False,
        "dropout": 0.0,
        "bidirectional": False,
    }

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        device: Any = None,
        dtype: dtype | None = None,
        fused: bool = True,
    ) -> None:
        if isinstance(num_layers, bool):
            raise TypeError(
                f"RNN: the third argument is num_layers, an int, got {num_layers}; "
                f"did you mean batch_first={num_layers}?"
            )
        super().__init__(input_size, hidden_size, bias, nonlinearity, fused)
        self.num_layers = positive_int("RNN", "num_layers", num_layers)
        true_or_false("RNN", "batch_first", batch_first)
        true_or_false("RNN", "bidirectional", bidirectional)
        self.dropout = F.check_probability("RNN: dropout", dropout)
        if dropout and num_layers == 1:
            warnings.warn(
                f"RNN: dropout={dropout} comes after each layer but the last, and there is only "
                "one layer, so it does nothing",
                stacklevel=2,
            )
        self.batch_first = batch_first
        self.bidirectional = bidirectional
        directions = ["", "_reverse"] if bidirectional else [""]
        size = input_size
        self._layers = []  # for each, the names of the weights in each direction
        for k in range(num_layers):
            names = [self._add_weights(f"_l{k}{way}", size, device, dtype) for way in directions]
            self._layers.append(names)
            size = hidden_size * len(directions)
        self.reset_parameters()

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """All hidden states of the last layer, and the last hidden state of every layer.

        With L layers and D directions (1 or 2), H = hidden_size:

        Args:
            input: x, of shape (seq, batch, input_size), (batch, seq, input_size) with
                `batch_first`, or (seq, input_size).
            hx: h0, of shape (D L, batch, H), or (D L, H) for unbatched input; zeros if None.

        Returns:
            `output`, of the shape of `input` with D H features, and `h_n`, of the shape of `hx`.

        Raises:
            TypeError: If an argument is not a tensor.
            ValueError: If `input` has neither 2 nor 3 dimensions.
            RuntimeError: If sizes or dtypes do not fit.
        """
        weight = self.__dict__["_parameters"]["weight_ih_l0"]
        axes = "(batch, seq, input_size)" if self.batch_first else "(seq, batch, input_size)"
        x = self._check_input(input, weight, 3, f"{axes} or (seq, input_size)")
        batched = x._array.ndim == 3
        if not batched:
            x = x.unsqueeze(1)
        elif self.batch_first:
            x = x.transpose(0, 1)
        if not len(x._array):
            shape = list(input.shape)
            raise RuntimeError(f"RNN: the sequence is empty: the input has shape {shape}")
        h0 = self._first_states(hx, x._array.shape[1], batched, weight)

        run = rnn_layer if self.fused else rnn_steps
        every: list[Tensor] = []  # the states of each layer and direction
        for number, layer in enumerate(self._layers):
            if number and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outputs = [
                run(x, h0[len(every) + way], self._weights(names), self.nonlinearity, way == 1)
                for way, names in enumerate(layer)
            ]
            every += outputs
            x = cat(outputs, 2) if self.bidirectional else outputs[0]
        result = core.last_states([h._array for h in every], self.bidirectional)
        h_n = record("StackBackward0", result, *every)
        swapped = batched and self.batch_first
        name = "TransposeBackward1" if swapped else x._node.label if x._node else ""
        output = record(name, core.output(x._array, swapped), x)
        return (output, h_n) if batched else (output.squeeze(1), h_n.squeeze(1))

    def _first_states(
        self, hx: Tensor | None, batch: int, batched: bool, weight: Tensor
    ) -> Sequence[Tensor]:
        """h0 of every layer and direction, each of shape (batch, hidden_size)."""
        rows = len(self._layers) * len(self._layers[0])
        if hx is None:
            none = np.zeros((batch, self.hidden_size), weight._array.dtype)
            return [wrap(none)] * rows
        h = self._check_tensor("h0", hx, weight)
        shape = (rows, batch, self.hidden_size) if batched else (rows, self.hidden_size)
        if h.shape != shape:
            both = " x 2 directions" if self.bidirectional else ""
            rest = f", batch={batch}" if batched else ""
            note = "; batch_first does not move the batch axis of h0" if self.batch_first else ""
            raise RuntimeError(
                f"RNN: h0 must have shape (num_layers={self.num_layers}{both}{rest}, "
                f"hidden={self.hidden_size}) = {list(shape)}, got {list(h.shape)}{note}"
            )
        return (h if batched else h.unsqueeze(1)).unbind(0)
