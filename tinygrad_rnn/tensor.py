"""The tensor: an array that remembers how it was computed.

This file has what a tensor is: construction, attributes, backward, conversions and the operators.
The operations are methods of the mixins in `functions`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from . import dtypes
from .core.graph import FreedError, Hook, Node, OverwrittenError, run
from .core.loss import NotANumberError
from .core.quiet import quiet
from .core.shape import view
from .core.versions import tick
from .dtypes import CPU, Array, Number, Size, as_dtype, check_fits, cpu_only, device, dtype
from .functions.arguments import new_size, number_argument, tensor_argument, type_name, wrap_dim
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
        hooks: All hooks of the tensor.
        key: The key of this one.
    """

    def __init__(self, hooks: dict[int, Hook], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Removes the hook; a second call does nothing."""
        self._hooks.pop(self._key, None)


class Tensor(Reduction, Linalg, Indexing, InPlace):
    """An n-dimensional array of one dtype that backward can compute a gradient for.

    `Tensor(2, 3)` and `Tensor(size)` with a `Size` make zeros of that shape, and `Tensor(values)`
    copies a list or an array, float32 in each case, as in PyTorch (where the first two are left
    uninitialised). `Tensor(tensor)` is a view of that tensor, in its graph. `torch.tensor` keeps
    the dtype of what it is given.

    Raises:
        TypeError: If the values are not numbers in a list or an array.
        ValueError: If the lists are ragged.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.Tensor([[1, 2], [3, 4]])
        tensor([[1., 2.],
                [3., 4.]])
    """

    __array_priority__ = 1000  # so `np.float64(2) * x` is left to `x.__rmul__`

    def __array_wrap__(self, array: Array, context: Any = None, scalar: bool = False) -> Tensor:
        """What a NumPy function returns: `np.sqrt(x)` is a tensor outside the graph."""
        return wrap(array_of(array))

    def __new__(cls, *data: Any, device: Any = None) -> Tensor:
        cpu_only(device)
        wanted: dtype | None = getattr(cls, "element_type", None)  # of `FloatTensor` and the like
        dtype = wanted or dtypes.float32
        if len(data) != 1 or isinstance(data[0], Size | int | np.integer):
            return wrap(np.zeros(new_size(cls.__name__, data or (0,)), dtype.numpy))
        values = data[0]
        if isinstance(values, Tensor):
            if wanted and values.dtype is not wanted:
                raise TypeError(
                    f"{cls.__name__} takes tensors of {wanted.name}, got {type_name(values)}; "
                    f"use .to(torch.{wanted.name})"
                )
            x = values._array
            return record("AliasBackward0", view(x, x.shape), values, view=True)
        if values is None or isinstance(values, float | np.generic):
            raise TypeError(
                f"{cls.__name__}: values come in a list or an array, and a shape is made of ints; "
                f"got {values!r}"
            )
        if dtype.numpy.kind in "iu":
            numbers = array_of(values)
            broken = numbers[numbers != np.trunc(numbers)]  # nan too
            if broken.size:
                raise TypeError(
                    f"{cls.__name__} holds whole numbers, got {broken[0]}; "
                    "use FloatTensor or tensor"
                )
        return wrap(array_of(values, dtype))

    def _wrap(self, array: Array) -> Tensor:
        tensor = object.__new__(Tensor)
        tensor._array = array if type(array) is np.ndarray else np.asarray(array)
        return tensor

    # ---- the graph ----

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded, so that backward reaches it."""
        self._follow_base()
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets whether backward computes a gradient for this leaf, and returns the tensor.

        Raises:
            RuntimeError: If the elements are not floating, or the tensor is not a leaf.

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
                f"({self._node}). Use .detach() for a tensor outside the graph"
            )
        if self._node is None:
            self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation computed this tensor; only leaves collect `.grad`."""
        self._follow_base()
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        """The operation that computed this tensor, or None for a leaf."""
        self._follow_base()
        return self._node

    @property
    def grad(self) -> Tensor | None:
        """The sum of the gradients that backward has computed, or None before the first one."""
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
        """This tensor outside the graph, in the same memory: the same as `detach()`."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        tensor_argument("Tensor", "data", value)
        self._array, self._since = value._array, tick()
        self._viewed = value._viewed = True

    def detach(self) -> Tensor:
        """A tensor with the same memory but outside the graph: no gradient flows through it.

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
            gradient: The gradient with respect to this tensor; 1 by default for one element.
            retain_graph: Whether the graph is kept for another backward.
            create_graph: Not supported: gradients are not recorded.

        Raises:
            RuntimeError: If there is no graph, if its saved tensors were freed or overwritten, or
                if a tensor of several elements comes without `gradient`.
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
            tensor_argument("backward", "gradient", gradient)
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
        """Makes backward keep this tensor's gradient in `.grad` even if it is not a leaf.

        Raises:
            RuntimeError: If the tensor does not require a gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> h = torch.ones(1, requires_grad=True) * 3
            >>> h.retain_grad()
            >>> (h * h).sum().backward()
            >>> h.grad
            tensor([6.])
        """
        if not self.requires_grad:
            raise RuntimeError("retain_grad on a tensor that does not require a gradient")
        if self._node:
            self._node.retained = weakref.ref(self)

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Calls `hook` with the gradient of this tensor whenever one is computed.

        Args:
            hook: Called with the gradient; what it returns, unless None, replaces the gradient.

        Returns:
            A handle whose `remove()` removes the hook.

        Raises:
            RuntimeError: If the tensor does not require a gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> w = torch.ones(1, requires_grad=True)
            >>> handle = w.register_hook(lambda g: g * 10)
            >>> w.sum().backward()
            >>> w.grad
            tensor([10.])
        """
        if not self.requires_grad:
            raise RuntimeError(
                "a hook on a tensor that does not require a gradient would never be called"
            )

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

    # ---- attributes ----

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def device(self) -> device:
        """The device that holds the tensor: the CPU."""
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
        """A view with the last two dimensions swapped."""
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
        """The distance in memory between neighbours along each dimension, in elements."""
        x = self._array if self._array.size else np.empty([max(n, 1) for n in self.shape], np.int8)
        return tuple(step // x.itemsize for step in x.strides)

    def is_contiguous(self) -> bool:
        """Whether the elements are in memory in order, without gaps."""
        return self._array.flags.c_contiguous

    def is_floating_point(self) -> bool:
        """Whether the elements are float32 or float64."""
        return self._array.dtype.kind == "f"

    def element_size(self) -> int:
        """Bytes per element."""
        return self._array.itemsize

    # ---- conversion to Python and NumPy ----

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: If there is not exactly one element.
        """
        refusal = "has no item(), which takes one element; use tolist(), or pick one by index"
        return self._only_element(RuntimeError, refusal)

    def _only_element(self, error: type[Exception], refusal: str) -> Any:
        if self._array.size != 1:
            raise error(f"a tensor of shape {list(self.shape)} {refusal}")
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists, or one number."""
        return self._array.tolist()

    def numpy(self) -> Array:
        """The elements as a read-only NumPy array in the same memory.

        PyTorch's array may be written to, and a graph that has saved the tensor does not notice.
        Use `.numpy().copy()` for an array of your own.

        Raises:
            RuntimeError: If the tensor requires a gradient.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> torch.tensor([1, 2]).numpy()
            array([1, 2])
        """
        if self._requires_grad:
            raise RuntimeError(
                "numpy() would leave the graph: this tensor requires a gradient; "
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
                "this tensor requires a gradient, and what others do with its memory is not "
                "recorded; hand over tensor.detach()"
            )
        return self._array.__dlpack__(**request)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()

    def __float__(self) -> float:
        return float(self._only_element(ValueError, _NOT_A_NUMBER))

    def __int__(self) -> int:
        return int(self._only_element(ValueError, _NOT_A_NUMBER))

    def __index__(self) -> int:
        if self._array.size != 1 or self._array.dtype.kind not in "iu":
            raise TypeError(
                "only a whole-number tensor of one element can be an index, got "
                f"{type_name(self)} of shape {list(self.shape)}"
            )
        return int(self._array.item())

    def __bool__(self) -> bool:
        refusal = "is neither true nor false; use .any() or .all()"
        return bool(self._only_element(RuntimeError, refusal))

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

    if not TYPE_CHECKING:  # a type checker knows which names exist

        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(f"Tensor has no {name!r}; {dtypes.left_out('methods')}")

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

    # ---- new tensors of the same dtype ----

    def new_full(
        self, size: Any, fill_value: Number, *,
        dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        """`torch.full` with this tensor's dtype by default."""
        dtype = dtype or self.dtype
        return filled(new_size("new_full", (size,)), fill_value, dtype, device, requires_grad)

    def new_zeros(
        self, *lengths: Any, size: Any = None,
        dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        """`torch.zeros` with this tensor's dtype by default."""
        dtype = dtype or self.dtype
        return filled(size_of("new_zeros", lengths, size), 0, dtype, device, requires_grad)

    def new_ones(
        self, *lengths: Any, size: Any = None,
        dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        """`torch.ones` with this tensor's dtype by default."""
        dtype = dtype or self.dtype
        return filled(size_of("new_ones", lengths, size), 1, dtype, device, requires_grad)

    def new_tensor(
        self, data: Any, *,
        dtype: dtype | None = None, device: Any = None, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        """`torch.tensor` with this tensor's dtype by default."""
        return made(array_of(data, dtype or self.dtype), device, requires_grad)

    # ---- conversion to another dtype ----

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
        """The tensor itself, which is on the CPU."""
        return self

    def cuda(self, device: object = None) -> Tensor:
        """Not supported: there is no GPU here.

        Raises:
            RuntimeError: Always.
        """
        return self.to(device="cuda")

    def type(self, dtype: Any = None) -> Any:
        """The tensor converted to `dtype`; without it, PyTorch's older name for the dtype it has.

        Args:
            dtype: A dtype, or one of the older names: `torch.LongTensor` or `"torch.LongTensor"`.

        Raises:
            ValueError: If there is no dtype of this name.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> x = torch.tensor([1.5])
            >>> x.type(), x.type("torch.LongTensor")
            ('torch.FloatTensor', tensor([1]))
        """
        if dtype is None:
            return self.dtype.tensor_type
        if dtype is Tensor:
            dtype = dtypes.float32
        elif isinstance(dtype, TypedTensor):
            dtype = dtype.element_type
        elif isinstance(dtype, str):
            names = dtypes.TENSOR_TYPES
            if dtype not in names:
                raise ValueError(f"there is no type {dtype!r}; there are {', '.join(names)}")
            dtype = names[dtype]
        return self.to(dtype)

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor converted to the dtype of `other`."""
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


_NOT_A_NUMBER = "is not a number; only a tensor of one element can be converted to one"

wrap: Callable[[Array], Tensor] = object.__new__(Tensor)._wrap
"""A tensor of an array, outside any graph."""


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


def _rebuild(cls: type[Tensor], array: Array, requires_grad: bool) -> Tensor:
    """A tensor from the arguments that `Tensor.__reduce__` returns."""
    return made(array, None, requires_grad) if cls is Tensor else cls(wrap(array), requires_grad)


class TypedTensor(type):
    """The metaclass of `FloatTensor` and the like, which make tensors of one dtype.

    These classes have no instances of their own: a tensor counts as one if it has their dtype.
    """

    element_type: dtype

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and instance.dtype is cls.element_type


def made(array: Array, device: Any, requires_grad: bool) -> Tensor:
    """A new leaf that holds `array`.

    Raises:
        RuntimeError: If `device` is not the CPU, or whole numbers require a gradient.
    """
    cpu_only(device)
    tensor = wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


def filled(
    size: tuple[int, ...], value: Number, dtype: dtype | None, device: Any, requires_grad: bool
) -> Tensor:
    """A new leaf with the number `value` everywhere, by default of the dtype of `tensor(value)`.

    Raises:
        TypeError: If `value` is not a number.
        RuntimeError: If it does not fit into the dtype.
    """
    value = number_argument("full", "fill_value", value)
    dtype = as_dtype(dtype or _natural_dtype(np.asarray(value)) or bool)
    check_fits(dtype, value, value)
    return made(np.full(size, dtype.numpy.type(value)), device, requires_grad)


def size_of(function: str, lengths: tuple[Any, ...], size: Any) -> tuple[int, ...]:
    """The shape that is given as `f(2, 3)`, `f((2, 3))` or `f(size=(2, 3))`.

    Raises:
        TypeError: If it is given twice, not at all, or not in ints.
        RuntimeError: If a length is negative.
    """
    if bool(lengths) is not (size is None):
        raise TypeError(f"{function}: give the shape once, as {function}(2, 3); () has one element")
    return new_size(function, lengths or (size,))


@quiet  # what is too large for float32 becomes inf
def array_of(data: Any, dtype: dtype | None = None) -> Array:
    """A new array of the numbers in `data`.

    Args:
        data: A number, an array, a tensor, or nested lists or tuples of them.
        dtype: The dtype. By default Python floats become float32 and whole numbers int64; arrays
            and tensors keep theirs.

    Raises:
        TypeError: If it holds anything but numbers, or tensors that require a gradient.
        ValueError: If lists differ in length.
        RuntimeError: If a number does not fit into the dtype.
    """
    if isinstance(data, Tensor):
        array = data._array
    else:
        try:
            array = np.asarray(_plain(data))
        except ValueError:
            raise ValueError("lists of different lengths make no tensor; pad the shorter") from None
        if dtype is None and not isinstance(_first(data), np.ndarray | np.generic):
            dtype = _natural_dtype(array)
    huge = array.dtype.kind == "O" and all(isinstance(each, int) for each in array.flat)
    if array.dtype.kind not in "biuf" and not huge:
        raise TypeError(f"a tensor holds numbers, got {type(data).__name__} ({data!r:.60})")
    dtype = as_dtype(dtype or array.dtype)
    if dtype.numpy.kind in "iu" and array.size:
        ends = array.min(), array.max()  # as Python's numbers, whose comparisons are exact
        check_fits(dtype, *(end.item() if isinstance(end, np.generic) else end for end in ends))
    return array.astype(dtype.numpy)


def _first(data: Any) -> Any:
    """The first element of nested lists, which decides whether NumPy's dtype is kept."""
    while isinstance(data, list | tuple) and data:
        data = data[0]
    return data


def _natural_dtype(array: Array) -> dtype | None:
    """The dtype of a tensor of Python's numbers: float32, int64, or None for bool."""
    if array.dtype.kind == "f" or array.size == 0:
        return dtypes.float32
    return dtypes.int64 if array.dtype.kind in "iuO" else None


def _plain(data: Any) -> Any:
    """`data` with every tensor in its lists converted to a list."""
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
