"""The tensors that a module trains."""

from __future__ import annotations

from ..core.versions import tick
from ..tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module registers when it is assigned, and that requires a gradient.

    `Parameter(data, requires_grad=True)` shares the memory of `data`, a tensor of floating
    numbers; without `requires_grad` it is not trained.

    Raises:
        TypeError: If `data` is not a tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.Parameter(torch.zeros(2))
        Parameter containing:
        tensor([0., 0.], requires_grad=True)
    """

    def __new__(cls, data: Tensor, requires_grad: bool = True) -> Parameter:
        if not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a Tensor, got {type(data).__name__}")
        parameter = object.__new__(cls)
        parameter._array, parameter._since = data._array, tick()
        parameter._viewed = data._viewed = True
        parameter.requires_grad_(requires_grad)
        return parameter

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"
