"""Non-recurrent layers: Linear, Embedding, Dropout, nonlinearities and losses."""

from __future__ import annotations

import math
import warnings
from typing import Any, NoReturn

import numpy as np

from ..creation import empty
from ..dtypes import dtype
from ..functions.arguments import int_argument, positive_int, true_or_false
from ..functions.loss import check_reduction
from ..tensor import Tensor
from . import functional as F  # noqa: N812 - the field's name for it
from . import init
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """y = x Wᵀ + b.

    The parameters are initialized as U(-1/√in_features, 1/√in_features).

    Args:
        in_features: The length of the input's last dimension.
        out_features: The length of the output's last dimension.
        bias: Whether there is a b.
        device: `"cpu"` or None.
        dtype: float32 or float64.

    Attributes:
        weight: W, of shape (out_features, in_features).
        bias: b, of shape (out_features), or None.

    Raises:
        ValueError: If a size is less than 1.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.Linear(4, 2)(torch.zeros(3, 4)).shape
        torch.Size([3, 2])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.in_features = positive_int("Linear", "in_features", in_features)
        self.out_features = positive_int("Linear", "out_features", out_features)
        true_or_false("Linear", "bias", bias)
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(empty(out_features, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initializes the parameters again."""
        bound = 1 / math.sqrt(self.in_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Maps (..., in_features) to (..., out_features)."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, as PyTorch prints them."""
        bias = self.bias is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


def _padding_row(padding_idx: int | None, rows: int) -> int | None:
    """The row of an embedding that `padding_idx` names, counted from the front."""
    if padding_idx is None:
        return None
    if not -rows <= int_argument("Embedding", "padding_idx", padding_idx) < rows:
        raise ValueError(
            f"Embedding: padding_idx={padding_idx} is none of the {rows} embeddings, "
            f"0 to {rows - 1}"
        )
    return padding_idx % rows


class Embedding(Module):
    """A learned vector for each of `num_embeddings` items, initialized as N(0, 1).

    Args:
        num_embeddings: The number of items.
        embedding_dim: The length of a vector.
        padding_idx: The index of an item whose vector is initialized as zeros and gets no gradient.
        device: `"cpu"` or None.
        dtype: float32 or float64.

    Attributes:
        weight: The vectors, of shape (num_embeddings, embedding_dim).

    Raises:
        ValueError: If a size is less than 1, or `padding_idx` out of range.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.Embedding(4, 10)(torch.tensor([[1, 0, 2, 2, 3]])).shape
        torch.Size([1, 5, 10])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: Any = None,
        dtype: dtype | None = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = positive_int("Embedding", "num_embeddings", num_embeddings)
        self.embedding_dim = positive_int("Embedding", "embedding_dim", embedding_dim)
        self.padding_idx = _padding_row(padding_idx, num_embeddings)
        self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initializes the vectors again."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Embedding:
        """An Embedding with given vectors.

        Args:
            embeddings: The vectors, of shape (num_embeddings, embedding_dim).
            freeze: Whether the vectors are excluded from training.
            padding_idx: The index of an item whose vector gets no gradient; negative ones count
                from the end.

        Raises:
            ValueError: If `embeddings` is not a matrix, or `padding_idx` is none of its rows.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.nn.Embedding.from_pretrained(torch.ones(4, 2), padding_idx=-1)
            Embedding(4, 2, padding_idx=3)
        """
        if not isinstance(embeddings, Tensor) or embeddings.dim() != 2:
            raise ValueError(
                "Embedding.from_pretrained wants a matrix (num_embeddings, embedding_dim), got "
                + (f"shape {list(embeddings.shape)}" if isinstance(embeddings, Tensor) else "none")
            )
        rows, columns = embeddings.shape
        layer = cls.__new__(cls)
        Module.__init__(layer)
        layer.num_embeddings, layer.embedding_dim = rows, columns
        layer.padding_idx = _padding_row(padding_idx, rows)
        layer.weight = Parameter(embeddings.detach(), requires_grad=not freeze)
        return layer

    def forward(self, input: Tensor) -> Tensor:
        """Maps indices of shape (...) to vectors of shape (..., embedding_dim)."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """The sizes, as PyTorch prints them."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Dropout(Module):
    """Zeros elements with probability `p` while training, and divides the others by 1 - p.

    Args:
        p: The probability of a zero.

    Raises:
        ValueError: If `p` is not a probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = F.check_probability("Dropout", p)

    def forward(self, input: Tensor) -> Tensor:
        """Zeros elements in training mode; returns the input in evaluation mode."""
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """The probability, as PyTorch prints it."""
        return f"p={self.p}, inplace=False"


class Tanh(Module):
    """tanh, elementwise."""

    def forward(self, input: Tensor) -> Tensor:
        """Applies tanh."""
        return input.tanh()


class ReLU(Module):
    """max(x, 0), elementwise."""

    def forward(self, input: Tensor) -> Tensor:
        """Applies the ReLU."""
        return input.relu()


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ), elementwise."""

    def forward(self, input: Tensor) -> Tensor:
        """Applies the sigmoid."""
        return input.sigmoid()


class Softmax(Module):
    """Softmax along a dimension.

    Args:
        dim: The dimension along which the result adds up to 1.

    Raises:
        TypeError: If `dim` is missing; PyTorch then guesses it, and warns.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        if dim is None:
            layer = type(self).__name__
            raise TypeError(
                f"{layer}: say along which dimension the probabilities add up to 1, as in "
                f"{layer}(dim=-1) for the last one"
            )
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Applies softmax."""
        return input.softmax(self.dim)

    def extra_repr(self) -> str:
        """The dimension, as PyTorch prints it."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of softmax along a dimension.

    Args:
        dim: The dimension along which the probabilities add up to 1.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Applies log_softmax."""
        return input.log_softmax(self.dim)


def _refuse_call(loss: str, more: str = "") -> NoReturn:
    raise TypeError(
        f"{loss} is made first and called then: `criterion = {loss}()`, then "
        f"`criterion(output, target)`{more}"
    )


class _ClassifierLoss(Module):
    """What the losses of classifiers share: class weights, the index to ignore, the reduction."""

    def __init__(
        self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__()
        loss = type(self).__name__
        if isinstance(ignore_index, Tensor):
            _refuse_call(loss)
        if weight is not None and not isinstance(weight, Tensor):
            raise TypeError(f"{loss}: weight must be a Tensor, got {type(weight).__name__}")
        if weight is not None and weight.dim() != 1:
            shape = list(weight.shape)
            _refuse_call(
                loss, f". Its first argument is a weight for each class, not shape {shape}"
            )
        check_reduction(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.reduction = reduction


class CrossEntropyLoss(_ClassifierLoss):
    """Softmax and negative log-likelihood in one: the loss of a classifier.

    The arguments are those of `nn.functional.cross_entropy`.

    Args:
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this target are left out.
        reduction: `"mean"`, `"sum"` or `"none"`.
        label_smoothing: The part of each target that is spread over all classes.

    Raises:
        TypeError: If it is given the output and the target, which belong in the call.
        ValueError: If `reduction` is unknown.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> criterion = torch.nn.CrossEntropyLoss()
        >>> criterion(torch.tensor([[0.0, 0.0]]), torch.tensor([0]))
        tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, ignore_index, reduction)
        self.label_smoothing = label_smoothing
        self._checked = False

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of scores (N, C) for targets (N)."""
        loss = F.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )
        if not self._checked:  # the first batch only
            self._checked = True
            x = input._array
            if x.min() >= 0 and np.allclose(x.sum(-1), 1, atol=1e-5):
                warnings.warn(
                    "CrossEntropyLoss got rows that add up to 1, as softmax returns them. It "
                    "applies softmax itself: pass the scores from before the softmax",
                    stacklevel=3,
                )
        return loss


class NLLLoss(_ClassifierLoss):
    """The negative log-likelihood of log-probabilities, as `LogSoftmax` gives.

    Args:
        weight: A weight for each class, of shape (C).
        ignore_index: Rows with this target are left out.
        reduction: `"mean"`, `"sum"` or `"none"`.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of log-probabilities (N, C) for targets (N)."""
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)


class MSELoss(Module):
    """The squared error.

    Args:
        reduction: `"mean"`, `"sum"` or `"none"`.

    Raises:
        TypeError: If it is given the output and the target, which belong in the call.
        ValueError: If `reduction` is unknown.
    """

    def __init__(self, reduction: str = "mean", *more: Any) -> None:
        super().__init__()
        if more or isinstance(reduction, Tensor):
            _refuse_call("MSELoss")
        check_reduction(reduction)
        self.reduction = reduction

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """The loss of `input` for a `target` of the same shape."""
        return F.mse_loss(input, target, self.reduction)
