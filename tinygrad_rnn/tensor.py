"""The tensor: an array that remembers how it was computed.

What a tensor *is* stands here: making one, its attributes, going backward, conversions and
printing. What can be *done* with one stands in `functions`; the tables below make methods and
operators of it.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import dtypes
from .core.arithmetic import quiet
from .core.graph import FreedError, Hook, Node, OverwrittenError, run
from .core.loss import NotANumberError
from .core.shape import view
from .core.versions import tick
from .dtypes import (
    CPU,
    TENSOR_TYPES,
    Array,
    Number,
    Size,
    as_dtype,
    check_fits,
    cpu_only,
    device,
    dtype,
    left_out,
)
from .functions.arguments import new_size, number_argument, type_name, wrap_dim
from .functions.indexing import Indexing
from .functions.inplace import InPlace
from .functions.linalg import Linalg
from .functions.pointwise import Pointwise
from .functions.reduction import Reduction
from .operand import record
from .printing import format_tensor

__all__ = ["Tensor", "is_tensor"]


class RemovableHandle:
    """What `register_hook` returns.

    Args:
        hooks: The hooks that this one is among.
        key: Which one it is.
    """

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Takes the hook away; doing so twice does nothing."""
        self._hooks.pop(self._key, None)


_OPERATORS = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.floor_divide: operator.floordiv,
    np.remainder: operator.mod,
    np.power: operator.pow,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
}
"""What NumPy calls a Python operator whose left side is a number or an array of its own."""


class Tensor(Reduction, Linalg, Indexing, InPlace):
    """An n-dimensional array of one element type that can go backward.

    `Tensor(2, 3)` and `Tensor(size)` of a `Size` make zeros of that shape, and `Tensor(values)`
    copies a list or an array, float32 in each case, as in PyTorch (where the first two are left
    uninitialised). `Tensor(tensor)` is a view of that tensor, in its graph. `torch.tensor` keeps
    the type of what it is given.

    Raises:
        TypeError: If the values are not numbers in a list or an array.
        ValueError: If the lists are ragged.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.Tensor([[1, 2], [3, 4]])
        tensor([[1., 2.],
                [3., 4.]])
    """

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """`np.sqrt(x)` is a tensor outside of the graph; `np.float64(2) * x` is `2 * x`."""
        if method == "__call__" and len(inputs) == 1 and not kwargs:
            return wrap(quiet(ufunc)(self.numpy()))
        if method != "__call__" or ufunc not in _OPERATORS:
            return NotImplemented
        arrays = [each for each in inputs if isinstance(each, np.ndarray) and each.ndim]
        if arrays:
            return _OPERATORS[ufunc](self, arrays[0])  # which refuses it by name
        return _OPERATORS[ufunc](*[e if isinstance(e, Tensor) else e.item() for e in inputs])

    def __new__(cls, *data: Any, device: Any = None) -> Tensor:
        cpu_only(device)
        if len(data) == 1 and isinstance(data[0], Tensor):
            return _alias(data[0])  # of any type, as in PyTorch
        return _of_type("Tensor", dtypes.float32, data)

    def _wrap(self, array: Array) -> Tensor:
        tensor = object.__new__(Tensor)
        tensor._array = array if type(array) is np.ndarray else np.asarray(array)
        return tensor

    # ---- the graph ----

    @property
    def requires_grad(self) -> bool:
        """Whether a gradient with respect to this tensor, or through it, is wanted."""
        self._follow_base()
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Says whether this leaf wants a gradient, and returns it.

        Raises:
            RuntimeError: If the elements are not floating, or the tensor is no leaf.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.zeros(1).requires_grad_()
            tensor([0.], requires_grad=True)
        """
        if requires_grad and self._array.dtype.kind != "f":
            raise RuntimeError(
                f"only floating tensors can require a gradient, not {type_name(self)} ones; "
                "use .float()"
            )
        if not requires_grad and self._node:
            raise RuntimeError(
                "requires_grad can only be turned off for a leaf; this tensor was computed "
                f"({self._node}). Use .detach() for a tensor outside of the graph"
            )
        if self._node is None:
            self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was given rather than computed; only leaves collect `.grad`."""
        self._follow_base()
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The operation that computed this tensor, or None for a leaf."""
        self._follow_base()
        return self._node

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward has collected, or None before the first one."""
        grad: Tensor | None = self._grad
        return grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"grad must be a Tensor or None, got {type(value).__name__}")
            if value.shape != self.shape or value.dtype is not self.dtype:
                raise RuntimeError(
                    f"a {type_name(value)} gradient of shape {list(value.shape)} does not fit a "
                    f"{type_name(self)} tensor of shape {list(self.shape)}"
                )
        self._grad = value

    @property
    def data(self) -> Tensor:
        """This tensor outside of the graph, in the same memory: as `detach`."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"data must be a Tensor, got {type(value).__name__}")
        self._array, self._since = value._array, tick()
        self._viewed = value._viewed = True

    def detach(self) -> Tensor:
        """The same memory outside of the graph: no gradient comes through it.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.ones(1, requires_grad=True).detach().requires_grad
            False
        """
        return wrap(self._array)

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool = False,
        create_graph: bool = False,
    ) -> None:
        """Computes the gradients of this tensor and adds them to `.grad` of every leaf.

        Args:
            gradient: The gradient with respect to this tensor; 1 for a single element.
            retain_graph: Whether the graph is kept, so that one can go backward again.
            create_graph: Not supported: gradients are not recorded.

        Raises:
            RuntimeError: If there is no graph, if it was used up, if a saved value was
                overwritten, or if a tensor of several elements comes without `gradient`.
            NotImplementedError: For `create_graph=True`.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
            >>> (x * x).sum().backward()
            >>> x.grad
            tensor([2., 4.])
        """
        if create_graph:
            raise NotImplementedError(
                "create_graph=True (gradients of gradients) is not part of tinygrad_rnn; "
                "PyTorch has it"
            )
        if not self.requires_grad:
            raise RuntimeError(
                f"backward from a tensor of shape {list(self.shape)} that has no grad_fn: nothing "
                "it was computed from requires a gradient, or the graph was cut on the way, by "
                "argmax, a comparison, .long(), .item(), .data, .detach() or no_grad()"
            )
        if gradient is None:
            if self._array.size != 1:
                raise RuntimeError(
                    f"backward from a tensor of shape {list(self.shape)} needs to know how to "
                    "weigh its elements: make one number of it, as with .sum() or .mean(), or pass "
                    "gradient=, a tensor of this shape"
                )
            g = np.ones(self._array.shape, self._array.dtype)
        else:
            if not isinstance(gradient, Tensor):
                raise TypeError(f"gradient must be a Tensor, got {type(gradient).__name__}")
            if gradient.shape != self.shape:
                raise RuntimeError(
                    f"a gradient of shape {list(gradient.shape)} for a tensor of shape "
                    f"{list(self.shape)}; they must be equal"
                )
            g = gradient._array.astype(self._array.dtype)
        try:
            run(self._node or self, g, retain_graph)
        except FreedError as error:
            raise RuntimeError(
                f"backward through {error.node.label} a second time: its saved values were freed "
                "by the first backward. If a hidden state was carried over from an earlier "
                "backward, cut the graph there with `h = h.detach()`; to go backward twice on "
                "purpose, pass retain_graph=True the first time"
            ) from None
        except OverwrittenError as error:
            raise RuntimeError(
                f"a value of shape {list(error.saved.shape)} that {error.node.label} saved for its "
                "gradient has been modified by an inplace operation since. Compute a new tensor "
                "instead, as `h = h + 1` for `h += 1`, or `h = cell(x, h)` for "
                "`h.copy_(cell(x, h))`"
            ) from None
        except NotANumberError:
            raise RuntimeError(
                "cross_entropy: the loss is nan, because the scores hold inf or nan; look at "
                "input.isfinite() and at the step size"
            ) from None

    def retain_grad(self) -> None:
        """Makes backward keep this tensor's gradient in `.grad`, although it is no leaf.

        Raises:
            RuntimeError: If no gradient comes through this tensor.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> h = torch.ones(1, requires_grad=True) * 3
            >>> h.retain_grad()
            >>> (h * h).sum().backward()
            >>> h.grad
            tensor([6.])
        """
        if not self.requires_grad:
            raise RuntimeError("retain_grad on a tensor that requires no gradient")
        if self._node:
            self._node.retained = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Calls `hook` with the gradient of this tensor whenever one is computed.

        Args:
            hook: Gets the gradient; what it returns, unless None, takes the gradient's place.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            RuntimeError: If this tensor requires no gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> w = torch.ones(1, requires_grad=True)
            >>> handle = w.register_hook(lambda g: g * 10)
            >>> w.sum().backward()
            >>> w.grad
            tensor([10.])
        """
        if not self.requires_grad:
            raise RuntimeError("a hook on a tensor that requires no gradient would never be called")

        def on_array(g: Array) -> Array | None:
            replaced = hook(wrap(g))
            if replaced is None:
                return None
            if not isinstance(replaced, Tensor) or replaced._array.shape != g.shape:
                came = getattr(replaced, "shape", type(replaced).__name__)
                raise RuntimeError(
                    f"a hook must return None or a Tensor of shape {list(g.shape)}, the "
                    f"gradient's; got {came}"
                )
            return replaced._array

        if self._node:
            hooks = self._node.hooks = self._node.hooks or {}
        else:
            hooks = self._hooks = self._hooks or {}
        key = tick()
        hooks[key] = on_array
        return RemovableHandle(hooks, key)

    # ---- what it is made of ----

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def device(self) -> device:
        """Where the tensor lives: on the CPU."""
        return CPU

    @property
    def is_cuda(self) -> bool:
        """False: there is no GPU here."""
        return False

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """A view with all dimensions in reverse order."""
        return self.permute(*range(self.ndim - 1, -1, -1))

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """A view with the last two dimensions exchanged."""
        return self.transpose(-2, -1)

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of dimension `dim`.

        Raises:
            IndexError: If there is no such dimension.
        """
        if dim is None:
            return self.shape
        if not self._array.ndim:
            raise IndexError(f"dimension {dim} is out of range: the tensor has no dimensions")
        return self._array.shape[wrap_dim(dim, self._array.ndim)]

    def stride(self) -> tuple[int, ...]:
        """How many elements lie between neighbours along each dimension."""
        x = self._array if self._array.size else np.empty([max(n, 1) for n in self.shape], np.int8)
        return tuple(step // x.itemsize for step in x.strides)

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in order."""
        return self._array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Whether the elements are float32 or float64."""
        return self._array.dtype.kind == "f"

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    # ---- out into Python and NumPy ----

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: If there is not exactly one element.
        """
        if self._array.size != 1:
            raise RuntimeError(
                f"item() takes a tensor of one element, got shape {list(self.shape)}; "
                "use tolist(), or pick one by index"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists, or one number."""
        return self._array.tolist()

    def numpy(self) -> Array:
        """The elements as a NumPy array: the same memory, but not to be written to.

        PyTorch's may be written to, behind the back of a graph that has saved it. Take
        `.numpy().copy()` for an array of your own.

        Raises:
            RuntimeError: If the tensor requires a gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]).numpy()
            array([1, 2])
        """
        if self._requires_grad:
            raise RuntimeError(
                "numpy() would leave the graph unseen: this tensor requires a gradient; "
                "use .detach().numpy()"
            )
        array = self._array.view()
        array.flags.writeable = False
        return array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype, copy=copy)

    def __dlpack__(self, **request: Any) -> Any:
        if self._requires_grad:
            raise BufferError(
                "this tensor requires a gradient, and what others do with its memory is in no "
                "graph; hand over tensor.detach()"
            )
        return self._array.__dlpack__(**request)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()

    def __float__(self) -> float:
        return float(self._scalar())

    def __int__(self) -> int:
        return int(self._scalar())

    def _scalar(self) -> Any:
        if self._array.size != 1:
            raise ValueError(
                f"only a tensor of one element is a number, this one has shape {list(self.shape)}"
            )
        return self._array.item()

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iu":
            raise TypeError(
                "only a whole-number tensor of one element can be an index, got "
                f"{type_name(self)} of shape {list(self.shape)}"
            )
        return int(self._array.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError(
                f"a tensor of shape {list(self.shape)} is neither true nor false; "
                "use .any() or .all()"
            )
        return bool(self._array.item())

    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("a 0-dimensional tensor has no length")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("a 0-dimensional tensor cannot be iterated over; use .item()")
        return iter(self.unbind())

    def __contains__(self, value: Any) -> bool:
        return bool(self.eq(value).any())

    def __repr__(self) -> str:
        grad = None
        if self._node:
            grad = f"grad_fn={self._node!r}"
        elif self._requires_grad:
            grad = "requires_grad=True"
        return format_tensor(self._array, grad)

    def __format__(self, spec: str) -> str:
        if not self._array.ndim and type(self) is Tensor:
            return format(self._array.item(), spec)
        if spec:
            raise TypeError(
                f"a tensor of shape {list(self.shape)} cannot be printed as {spec!r}; use .item() "
                "of one element, or torch.set_printoptions"
            )
        return repr(self)

    if not TYPE_CHECKING:  # a type checker knows which names there are

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(f"Tensor has no {name!r}; {left_out('methods')}")

    __hash__ = object.__hash__

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        rebuild, arguments = self.__reduce__()
        copied: Tensor = rebuild(*arguments)
        copied._grad = deepcopy(self._grad, memo)
        memo[id(self)] = copied
        return copied

    def __reduce__(self) -> tuple[Any, ...]:
        if self._node:
            raise RuntimeError(
                f"a computed tensor ({self._node}) would take its graph along: copy or pickle "
                "tensor.detach() instead"
            )
        return _rebuild, (type(self), self._array.copy(), self._requires_grad)

    # ---- new tensors of the same type ----

    def new_full(
        self,
        size: Any,
        fill_value: Number,
        *,
        dtype: dtype | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """`torch.full` with this tensor's type, unless `dtype` is another."""
        kind = as_dtype(dtype or self.dtype)
        return filled(new_size("new_full", (size,)), fill_value, kind, device, requires_grad)

    def new_zeros(
        self,
        *lengths: Any,
        size: Any = None,
        dtype: dtype | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """`torch.zeros` with this tensor's type, unless `dtype` is another."""
        kind = as_dtype(dtype or self.dtype)
        return filled(size_of("new_zeros", lengths, size), 0, kind, device, requires_grad)

    def new_ones(
        self,
        *lengths: Any,
        size: Any = None,
        dtype: dtype | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """`torch.ones` with this tensor's type, unless `dtype` is another."""
        kind = as_dtype(dtype or self.dtype)
        return filled(size_of("new_ones", lengths, size), 1, kind, device, requires_grad)

    def new_tensor(
        self,
        data: Any,
        *,
        dtype: dtype | None = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        """`torch.tensor` with this tensor's type, unless `dtype` is another."""
        return made(array_of(data, as_dtype(dtype or self.dtype)), device, requires_grad)

    # ---- into another type ----

    def float(self) -> Tensor:
        """The tensor as float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """The tensor as float64."""
        return self.to(dtypes.float64)

    def long(self) -> Tensor:
        """The tensor as int64, rounded towards zero."""
        return self.to(dtypes.int64)

    def int(self) -> Tensor:
        """The tensor as int32, rounded towards zero."""
        return self.to(dtypes.int32)

    def bool(self) -> Tensor:
        """True where an element is not zero."""
        return self.to(dtypes.bool_)

    def cpu(self) -> Tensor:
        """The tensor itself, which lives on the CPU."""
        return self

    def cuda(self, device: object = None) -> Tensor:
        """Not supported: there is no GPU here.

        Raises:
            RuntimeError: Always.
        """
        return self.to(device="cuda")

    def type(self, dtype: Any = None) -> Any:
        """The tensor with the element type `dtype`; without it, the name of the type it has.

        Args:
            dtype: An element type, or one of PyTorch's older names for it: `torch.LongTensor` or
                `"torch.LongTensor"`.

        Raises:
            ValueError: If there is no type of this name.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([1.5])
            >>> x.type(), x.type("torch.LongTensor")
            ('torch.FloatTensor', tensor([1]))
        """
        if dtype is None:
            return next(name for name, kind in TENSOR_TYPES.items() if kind is self.dtype)
        if dtype is Tensor:
            dtype = dtypes.float32
        elif isinstance(dtype, TypedTensor):
            dtype = dtype.element_type
        elif isinstance(dtype, str):
            if dtype not in TENSOR_TYPES:
                raise ValueError(f"there is no type {dtype!r}; there are {', '.join(TENSOR_TYPES)}")
            dtype = TENSOR_TYPES[dtype]
        return self.to(dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor with the element type of `other`."""
        return self.to(other.dtype)

    # ---- operators ----

    __add__ = __radd__ = Pointwise.add
    __sub__, __rsub__ = Pointwise.sub, Pointwise.rsub
    __mul__ = __rmul__ = Pointwise.mul
    __truediv__, __rtruediv__ = Pointwise.div, Pointwise._rdiv
    __floordiv__, __rfloordiv__ = Pointwise.floor_divide, Pointwise._rfloor_divide
    __mod__, __rmod__ = Pointwise.remainder, Pointwise._rremainder
    __pow__, __rpow__ = Pointwise.pow, Pointwise._rpow
    __matmul__ = Linalg.matmul
    __neg__, __abs__, __invert__ = Pointwise.neg, Pointwise.abs, Pointwise.bitwise_not
    __and__ = __rand__ = Pointwise.bitwise_and
    __or__ = __ror__ = Pointwise.bitwise_or
    __xor__ = __rxor__ = Pointwise.bitwise_xor
    __lt__, __le__, __gt__, __ge__ = Pointwise.lt, Pointwise.le, Pointwise.gt, Pointwise.ge
    __iadd__, __isub__ = Pointwise.add_, Pointwise.sub_
    __imul__, __itruediv__, __ipow__ = Pointwise.mul_, Pointwise.div_, Pointwise.pow_

    def __eq__(self, other: Any) -> Any:
        return self.eq(other) if _comparable(other) else NotImplemented

    def __ne__(self, other: Any) -> Any:
        return self.ne(other) if _comparable(other) else NotImplemented

    clip = Pointwise.clamp


wrap: Callable[[Array], Tensor] = object.__new__(Tensor)._wrap
"""A tensor of an array, outside of any graph."""


def is_tensor(obj: object) -> bool:
    """Whether `obj` is a Tensor.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.is_tensor([1, 2])
        False
    """
    return isinstance(obj, Tensor)


def _comparable(other: object) -> bool:
    return isinstance(other, Tensor | bool | int | float | np.generic | np.ndarray)


def _rebuild(kind: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    """A tensor from what `Tensor.__reduce__` gave away."""
    tensor = wrap(array)
    if kind is not Tensor:
        return kind(tensor, requires_grad)
    return tensor.requires_grad_() if requires_grad else tensor


class TypedTensor(type):
    """The class of `FloatTensor` and the like, which make tensors of one element type.

    They have no instances of their own: a tensor is one of theirs if it has their element type.
    """

    element_type: dtype

    def __call__(cls, *data: Any, device: Any = None) -> Tensor:
        cpu_only(device)
        if len(data) == 1 and isinstance(data[0], Tensor):
            wanted = cls.element_type
            if data[0].dtype is not wanted:
                raise TypeError(
                    f"{cls.__name__} takes tensors of {wanted.name}, got {type_name(data[0])}; "
                    f"use .to(torch.{wanted.name})"
                )
            return _alias(data[0])
        return _of_type(cls.__name__, cls.element_type, data)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.element_type


def _alias(tensor: Tensor) -> Tensor:
    """Another tensor in the same memory and the same graph."""
    x = tensor._array
    return record("AliasBackward0", view(x, x.shape), tensor, view=True)


def _of_type(function: str, kind: dtype, data: tuple[Any, ...]) -> Tensor:
    """A tensor of values, given as one list or array, or of zeros, given as a shape."""
    if len(data) != 1 or isinstance(data[0], Size | int | np.integer):
        return wrap(np.zeros(new_size(function, data or (0,)), kind.numpy))
    values = data[0]
    if values is None or isinstance(values, float | np.generic):
        raise TypeError(
            f"{function}: values come in a list or an array, and a shape is made of ints; "
            f"got {values!r}"
        )
    if kind.numpy.kind in "iu":
        numbers = array_of(values)
        broken = numbers[numbers != np.trunc(numbers)]  # nan too
        if broken.size:
            raise TypeError(
                f"{function} holds whole numbers, got {broken[0]}; use FloatTensor or tensor"
            )
    return wrap(array_of(values, kind))


def made(array: Array, device: Any, requires_grad: bool) -> Tensor:
    """A new leaf of `array`, on the CPU, that collects gradients if it is to.

    Raises:
        RuntimeError: For another device, or if whole numbers are to collect gradients.
    """
    cpu_only(device)
    tensor = wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


def filled(
    size: tuple[int, ...], value: Number, kind: dtype | None, device: Any, requires_grad: bool
) -> Tensor:
    """A new leaf with the number `value` everywhere; without `kind`, its type suits the number.

    Raises:
        TypeError: If `value` is not a number.
        RuntimeError: If it does not fit into the type.
    """
    value = number_argument("full", "fill_value", value)
    kind = kind or _natural_type(np.asarray(value)) or dtypes.bool_
    check_fits(kind, value, value)
    return made(np.full(size, kind.numpy.type(value)), device, requires_grad)


def size_of(function: str, lengths: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    """The shape that is given as `f(2, 3)`, `f((2, 3))` or `f(size=(2, 3))`.

    Raises:
        TypeError: If it is given twice, not at all, or not in ints.
        RuntimeError: If a length is negative.
    """
    if bool(lengths) is not (size is None):
        raise TypeError(f"{function}: give the shape once, as {function}(2, 3); () has one element")
    return new_size(function, lengths or (size,))


@quiet  # what is too large for float32 is inf there
def array_of(data: Any, kind: dtype | None = None) -> Array:
    """A new array of the numbers in `data`.

    Args:
        data: A number, an array, a tensor, or nested lists or tuples of them.
        kind: The element type; None for the one that suits the data: Python floats become
            float32, whole numbers int64, arrays and tensors keep theirs.

    Raises:
        TypeError: If there are no numbers in it, or tensors that require a gradient.
        ValueError: If lists differ in length.
        RuntimeError: If a number does not fit into the type.
    """
    if isinstance(data, Tensor):
        array = data._array
    else:
        try:
            array = np.asarray(_plain(data))
        except ValueError:
            raise ValueError("lists of different lengths make no tensor; pad the shorter") from None
        if kind is None and not isinstance(_first(data), np.ndarray | np.generic):
            kind = _natural_type(array)
    huge = array.dtype.kind == "O" and all(isinstance(each, int) for each in array.flat)
    if array.dtype.kind not in "biuf" and not huge:
        raise TypeError(f"a tensor holds numbers, got {type(data).__name__} ({data!r:.60})")
    wanted = kind or as_dtype(array.dtype)
    if wanted.numpy.kind in "iu" and array.size:
        ends = array.min(), array.max()  # as Python's numbers, whose comparisons are exact
        check_fits(wanted, *(end.item() if isinstance(end, np.generic) else end for end in ends))
    return array.astype(wanted.numpy)


def _first(data: Any) -> Any:
    """The first element in nested lists: NumPy's keep their type, Python's get a suitable one."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return data


def _natural_type(array: Array) -> dtype | None:
    if array.dtype.kind == "f" or array.size == 0:
        return dtypes.float32
    return dtypes.int64 if array.dtype.kind in "iuO" else None


def _plain(data: Any) -> Any:
    """`data` with every tensor in its lists made a list."""
    if isinstance(data, Tensor):
        if data._requires_grad:
            raise TypeError(
                "making a tensor from tensors that require a gradient would cut the graph; "
                "use torch.stack([...]) or torch.cat([...])"
            )
        return data.tolist()
    if isinstance(data, list | tuple):
        return [_plain(each) for each in data]
    return data
