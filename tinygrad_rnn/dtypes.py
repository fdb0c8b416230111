"""Dtypes, shapes and the device, and type promotion.

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
"""A NumPy array of any dtype; inside the framework, always of one in `ALL`."""

Number: TypeAlias = "bool | int | float"


class dtype:  # noqa: N801 - PyTorch's name
    """An element type, such as `torch.float32`.

    Attributes:
        name: The name, without the leading `torch.`.
        numpy: The NumPy dtype.
        is_floating_point: Whether tensors of this dtype can require gradients.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.tensor([1, 2]).dtype, torch.float64.itemsize
        (torch.int64, 8)
    """

    __slots__ = ("category", "is_floating_point", "limits", "name", "numpy", "tensor_type")

    def __init__(self, name: str, tensor_type: str) -> None:
        self.name, self.tensor_type = name, f"torch.{tensor_type}"
        self.numpy: np.dtype[Any] = np.dtype(name)
        self.category = {"b": 0, "i": 1, "u": 1, "f": 2}[self.numpy.kind]
        self.is_floating_point = self.category == 2
        self.limits: tuple[Number, Number] = (-math.inf, math.inf)  # bool takes every number
        if self.category:
            info: Any = (np.finfo if self.is_floating_point else np.iinfo)(self.numpy)
            number = float if self.is_floating_point else int
            self.limits = number(info.min), number(info.max)

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


bool_ = dtype("bool", "BoolTensor")
uint8 = dtype("uint8", "ByteTensor")
int32 = dtype("int32", "IntTensor")
int64 = dtype("int64", "LongTensor")
float32 = dtype("float32", "FloatTensor")
float64 = dtype("float64", "DoubleTensor")

ALL = (bool_, uint8, int32, int64, float32, float64)
"""All dtypes. Of two tensors of the same category, the dtype that comes later here wins."""

FROM_NUMPY: dict[np.dtype[Any], dtype] = {each.numpy: each for each in ALL}
TENSOR_TYPES = {each.tensor_type: each for each in ALL}
"""The dtypes by PyTorch's older names for them."""

_PYTHON_TYPES: dict[type, dtype] = {bool: bool_, int: int64, float: float64}
_NUMBER_TYPES: dict[type, dtype] = {**_PYTHON_TYPES, float: float32}  # of a number as an operand


def as_dtype(given: object) -> dtype:
    """The dtype that `given` stands for.

    Args:
        given: A dtype of ours or of NumPy, or a Python type: `float` is float64, `int` int64 and
            `bool` bool.

    Raises:
        TypeError: For anything else, and for dtypes that this framework does not have.
    """
    if isinstance(given, dtype):
        return given
    if isinstance(given, type) and given in _PYTHON_TYPES:
        return _PYTHON_TYPES[given]
    try:
        return FROM_NUMPY[np.dtype(given)]  # type: ignore[call-overload]
    except (TypeError, KeyError):
        names = ", ".join(each.name for each in ALL)
        raise TypeError(f"dtype {given!r} is not supported; there are {names}") from None


def check_fits(wanted: dtype, low: Number, high: Number) -> None:
    """Raises a RuntimeError unless the numbers from `low` to `high` fit into the dtype `wanted`.

    Inf and nan fit into a floating dtype, and everything fits into bool.
    """
    lowest, highest = wanted.limits
    if lowest <= low and high <= highest:
        return
    if wanted.category != 1 and not any(highest < abs(n) < math.inf for n in (low, high)):
        return
    numbers = f"a number from {low} to {high}" if low < high else str(low)
    raise RuntimeError(f"{numbers} does not fit into {wanted.name}, from {lowest} to {highest}")


def result_type(*operands: tuple[dtype, int] | Number) -> dtype:
    """The dtype in which an operation on these operands computes: PyTorch's type promotion.

    The highest category (bool < integer < floating) wins. Within it, tensors with dimensions
    decide before 0-dimensional ones, and those before Python numbers; so a number never widens a
    tensor. What is equal in both is decided by the order of `ALL`.

    Args:
        operands: `(dtype, number of dimensions)` for a tensor, or a Python number.
    """
    candidates = [
        (each[0], min(each[1], 1)) if isinstance(each, tuple) else (_NUMBER_TYPES[type(each)], -1)
        for each in operands
    ]
    return max(candidates, key=lambda one: (one[0].category, one[1], ALL.index(one[0])))[0]


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
        return math.prod(self)

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
    """The device that holds a tensor, which is always the CPU.

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
    """The end of the message about a name that does not exist."""
    return (
        f"if PyTorch has it, it was left out: the {what} here are those that small recurrent "
        "programs need"
    )


def missing_names(owner: str, what: str) -> Callable[[str], NoReturn]:
    """A module's `__getattr__`, which raises an error that says that the name was left out."""

    def __getattr__(name: str) -> NoReturn:  # noqa: N807 - it becomes the module's
        caller = sys._getframe(1)
        importing = opname[caller.f_code.co_code[caller.f_lasti]] == "IMPORT_FROM"
        # Of an AttributeError, `from module import name` would make an ImportError in other words.
        error = ImportError if importing else AttributeError
        raise error(f"{owner} has no {name!r}; {left_out(what)}")

    return __getattr__


class ReturnType(NamedTuple):
    """The `(values, indices)` that `max`, `min` and `topk` return; prints like PyTorch's."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        name = type(self).__name__
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"
