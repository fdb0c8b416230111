"""What a tensor is made of: element types, shapes, the device, and how types mix.

The names and the printed forms are PyTorch's; NumPy supplies the types themselves.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from opcode import opname
from typing import Any, NamedTuple, NoReturn, SupportsIndex, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

__all__ = ["Size", "device", "dtype", "float32", "float64", "int32", "int64", "uint8"]

Array: TypeAlias = NDArray[Any]
"""A NumPy array of any element type; inside the framework, always of one of ours."""

Number: TypeAlias = "bool | int | float"


class dtype:  # noqa: N801 - PyTorch's name
    """An element type, as `torch.float32` is one.

    Attributes:
        name: The type's name, without the `torch.` in front of it.
        numpy: The NumPy type behind it.
        is_floating_point: Whether tensors of this type can require gradients.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2]).dtype, torch.float64.itemsize
        (torch.int64, 8)
    """

    __slots__ = ("is_floating_point", "limits", "name", "numpy", "rank")

    def __init__(self, name: str, rank: int) -> None:
        self.name = name
        self.numpy: np.dtype[Any] = np.dtype(name)
        self.is_floating_point = self.numpy.kind == "f"
        self.limits: tuple[Number, Number] | None = None  # bool takes every number
        if self.is_floating_point:
            largest = float(np.finfo(self.numpy).max)
            self.limits = -largest, largest
        elif self.numpy.kind in "iu":
            self.limits = np.iinfo(self.numpy).min, np.iinfo(self.numpy).max
        self.rank = rank  # in a mix of types of one category, the highest rank wins

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


bool_ = dtype("bool", 0)
uint8 = dtype("uint8", 1)
int32 = dtype("int32", 2)
int64 = dtype("int64", 3)
float32 = dtype("float32", 4)
float64 = dtype("float64", 5)

ALL = (bool_, uint8, int32, int64, float32, float64)
FROM_NUMPY: dict[np.dtype[Any], dtype] = {each.numpy: each for each in ALL}
_PYTHON_TYPES: dict[type, dtype] = {bool: bool_, int: int64, float: float64}
_NUMBER_TYPES: dict[type, dtype] = {**_PYTHON_TYPES, float: float32}  # of a number as an operand

TENSOR_TYPES = {
    "torch.BoolTensor": bool_,
    "torch.ByteTensor": uint8,
    "torch.IntTensor": int32,
    "torch.LongTensor": int64,
    "torch.FloatTensor": float32,
    "torch.DoubleTensor": float64,
}
"""The element types by PyTorch's older names for them."""


def as_dtype(kind: object) -> dtype:
    """The element type that `kind` names.

    Args:
        kind: One of our types, a NumPy type, or a Python type: `float` is float64, `int` int64
            and `bool` bool.

    Raises:
        TypeError: For anything else, and for types that this framework does not have.
    """
    if isinstance(kind, dtype):
        return kind
    if isinstance(kind, type) and kind in _PYTHON_TYPES:
        return _PYTHON_TYPES[kind]
    try:
        return FROM_NUMPY[np.dtype(kind)]  # type: ignore[call-overload]
    except (TypeError, KeyError):
        names = ", ".join(each.name for each in ALL)
        raise TypeError(f"dtype {kind!r} is not supported; there are {names}") from None


def check_fits(kind: dtype, low: Number, high: Number) -> None:
    """Raises a RuntimeError unless the numbers from `low` to `high` fit into the type `kind`.

    A floating type takes inf and nan, and bool takes everything.
    """
    if kind.limits is None:
        return
    lowest, highest = kind.limits
    if lowest <= low and high <= highest:
        return
    if kind.is_floating_point and not any(highest < abs(n) < math.inf for n in (low, high)):
        return
    numbers = f"a number from {low} to {high}" if low < high else str(low)
    raise RuntimeError(f"{numbers} does not fit into {kind.name}, from {lowest} to {highest}")


def _category(kind: dtype) -> int:
    return 2 if kind.is_floating_point else int(kind is not bool_)


def result_type(*operands: tuple[dtype, int] | Number) -> dtype:
    """The type in which an operation on these operands computes, as PyTorch decides it.

    Tensors with dimensions decide before 0-dimensional ones, and those before Python
    numbers; a later group only matters when its category (bool < integer < floating) is
    higher. So a number never widens a tensor.

    Args:
        operands: `(dtype, number of dimensions)` for a tensor, or a Python number.
    """
    groups: list[list[dtype]] = [[], [], []]
    for operand in operands:
        if isinstance(operand, tuple):
            groups[0 if operand[1] else 1].append(operand[0])
        else:
            groups[2].append(_NUMBER_TYPES[type(operand)])
    winner: dtype | None = None
    for group in groups:
        best = max(group, key=lambda kind: kind.rank, default=None)
        if best and (winner is None or _category(best) > _category(winner)):
            winner = best
    assert winner is not None, "result_type needs an operand"
    return winner


class Size(tuple[int, ...]):
    """A shape: a tuple of ints that prints as PyTorch's does.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> shape = torch.zeros(2, 3).shape
        >>> shape, shape.numel(), shape[1:]
        (torch.Size([2, 3]), 6, torch.Size([3]))
    """

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        count = 1
        for length in self:
            count *= length
        return count

    @overload
    def __getitem__(self, index: SupportsIndex) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Size: ...
    def __getitem__(self, index: SupportsIndex | slice) -> int | Size:
        part = super().__getitem__(index)
        return Size(part) if isinstance(part, tuple) else part

    def __add__(self, other: tuple[Any, ...]) -> Size:
        return Size(super().__add__(other))

    def __radd__(self, other: object) -> Size:
        return Size((*other, *self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, count: SupportsIndex) -> Size:
        return Size(super().__mul__(count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


class device:  # noqa: N801 - PyTorch's name
    """Where tensors live. There is one place: the CPU.

    Args:
        type: `"cpu"`, or `"cpu:0"` with a number.
        index: The number, if `type` has none.

    Raises:
        RuntimeError: For any other device.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.device("cuda" if torch.cuda.is_available() else "cpu")
        device(type='cpu')
    """

    __slots__ = ("index", "type")

    type: str
    index: int | None

    def __init__(self, type: str | device = "cpu", index: int | None = None) -> None:
        name = str(type) if index is None else f"{type}:{index}"
        self.type, colon, number = name.partition(":")
        if self.type != "cpu" or (colon and not number.isdecimal()):
            raise RuntimeError(
                f"device {name!r} is not supported: tinygrad_rnn computes on the CPU only; "
                "use device('cpu'), or PyTorch for a GPU"
            )
        self.index = int(number) if colon else None

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


CPU = device("cpu")


def cpu_only(where: Any) -> None:
    """Raises unless `where` is None or the CPU."""
    if where is not None:
        device(where)


def left_out(what: str) -> str:
    """Ends the message about a name that is not here."""
    return (
        f"if PyTorch has it, it was left out: the {what} here are those that small recurrent "
        "programs need"
    )


def missing_names(owner: str, what: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of a module, which says of a name that it was left out."""

    def __getattr__(name: str) -> NoReturn:  # noqa: N807 - it becomes the module's
        caller = sys._getframe(1)
        importing = opname[caller.f_code.co_code[caller.f_lasti]] == "IMPORT_FROM"
        # Of an AttributeError, `from module import name` would make an ImportError in other words.
        error = ImportError if importing else AttributeError
        raise error(f"{owner} has no {name!r}; {left_out(what)}")

    return __getattr__


class _Pair(NamedTuple):
    values: Any
    indices: Any


class ReturnType(_Pair):
    """The `(values, indices)` that `max`, `min` and `topk` return; prints like PyTorch's."""

    __slots__ = ()

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"
