"""The base of layers and models: a tree of modules that hold parameters and buffers."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..core.versions import tick
from ..dtypes import Array, left_out
from ..tensor import Tensor
from .parameter import Parameter

M = TypeVar("M", bound="Module")

LEFT_OUT = """
    bfloat16 all_weights compile flatten_parameters get_buffer get_extra_state half insert
    ipu mtia pop proj_size register_backward_hook register_forward_hook
    register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook
    register_state_dict_post_hook register_state_dict_pre_hook set_extra_state set_submodule
    share_memory to_empty type xpu
"""
"""What PyTorch's modules have and these do not."""


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` found: names without a value, and values without a name."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        missing, unexpected = self
        return f"IncompatibleKeys(missing_keys={missing}, unexpected_keys={unexpected})"


class Module:
    """The base of all layers and models.

    A subclass calls `super().__init__()` first, keeps its parameters and layers as attributes,
    and defines `forward`. Calling the module calls `forward`.

    Attributes:
        training: Whether the module is in training mode, which `Dropout` depends on.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> class Doubler(torch.nn.Module):
        ...     def forward(self, x):
        ...         return x * 2
        >>> Doubler()(torch.ones(2))
        tensor([2., 2.])
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]

    def __init__(self) -> None:
        self.__dict__.update(
            training=True,
            _parameters={},
            _buffers={},
            _modules={},
            _non_persistent_buffers_set=set(),
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Computes the module's output; every subclass defines it.

        Raises:
            NotImplementedError: If a subclass does not.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no forward method; define `def forward(self, ...)` "
            "(check its spelling and its indentation)"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    # ---- attributes ----

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Parameter | Module) and "_parameters" not in own:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before assigning {name!r} "
                "(check the spelling of __init__)"
            )
        for place, (kind, expected, hint) in PLACES.items():
            table = own.get(place, ())
            # A parameter or a module is registered; a tensor only takes the place of a buffer.
            if isinstance(value, kind) and (name in table or place != "_buffers"):
                self._check_name(name, table, type(self))
                self._enter(table, name, value)
                return
            if name in table:
                if value is not None:
                    raise TypeError(
                        f"{name!r} is a {place[1:-1]}: assign {expected} or None, "
                        f"not {type(value).__name__}{hint}"
                    )
                table[name] = None
                return
        self._warn_of_hidden(name, value)
        object.__setattr__(self, name, value)

    def _warn_of_hidden(self, name: str, value: Any) -> None:
        hidden = value.values() if isinstance(value, dict) else value
        if not isinstance(hidden, list | tuple | type({}.values())):
            return
        hidden = [each for each in hidden if isinstance(each, Parameter | Module)]
        if not hidden:
            return
        registered = {*self.modules(), *self.parameters()}
        if not registered.issuperset(hidden):
            remedy = "ModuleDict" if isinstance(value, dict) else "ModuleList"
            warnings.warn(
                f"{type(self).__name__}.{name} is a plain {type(value).__name__}: the parameters "
                f"in it are not registered and will not be trained; use nn.{remedy}, or assign "
                "each of them to an attribute first",
                stacklevel=3,
            )

    def _enter(self, place: dict[str, Any], name: str, value: object) -> None:
        """Registers a value in one table only. A name that is there keeps its position."""
        for other in (self.__dict__, self._parameters, self._buffers, self._modules):
            if other is not place:
                other.pop(name, None)
        if place is not self._buffers:
            self._non_persistent_buffers_set.discard(name)
        place[name] = value

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_modules" not in own:
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() before using the module"
            )
        for place in (own["_parameters"], own["_modules"], own["_buffers"]):
            if name in place:
                return place[name]
        hint = f"; {left_out('methods of modules')}" if name in LEFT_OUT.split() else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        for place in (self._parameters, self._buffers, self._modules):
            if name in place:
                del place[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def _check_name(self, name: object, table: dict[str, Any], owner: object) -> None:
        """Raises unless `name` is in `table`, or `owner` has no attribute of this name."""
        if not isinstance(name, str):
            raise TypeError(f"a name must be a str, got {type(name).__name__} ({name!r})")
        if not name or "." in name:
            raise KeyError(f"the name {name!r} is empty or contains a '.', which joins names")
        if name not in table and hasattr(owner, name):
            raise KeyError(f"{type(self).__name__} has an attribute {name!r} already: it exists")

    def _check_type(self, name: object, place: str, value: object) -> None:
        kind, expected, _ = PLACES[place]
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name!r} must be {expected} or None, got {type(value).__name__}")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under `name`; None means that there is none.

        Raises:
            TypeError: If it is neither a Parameter nor None.
            KeyError: If the name is empty, contains a dot or is taken.
        """
        self._check_name(name, self._parameters, self)
        self._check_type(name, "_parameters", param)
        self._enter(self._parameters, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that belongs to the module but is not trained.

        Args:
            name: Its name.
            tensor: The tensor, or None.
            persistent: Whether it is part of `state_dict`.

        Raises:
            TypeError: If it is neither a Tensor nor None.
            KeyError: If the name is empty, contains a dot or is taken.
        """
        self._check_name(name, self._buffers, self)
        self._check_type(name, "_buffers", tensor)
        self._enter(self._buffers, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a module under `name`, as an assignment does.

        Raises:
            TypeError: If it is neither a Module nor None.
            KeyError: If the name is empty, contains a dot or is taken.
        """
        self._check_type(name, "_modules", module)
        self._check_name(name, self._modules, self)
        self._enter(self._modules, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    # ---- the tree ----

    def get_submodule(self, target: str) -> Module:
        """The module with this dotted name; the empty name is this module's own.

        Raises:
            AttributeError: If there is none.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> model = torch.nn.Sequential(torch.nn.Linear(1, 2), torch.nn.Tanh())
            >>> model.get_submodule("1")
            Tanh()
        """
        module = self
        for name in target.split(".") if target else ():
            found = module._modules.get(name)
            if found is None:
                raise AttributeError(f"{type(module).__name__!r} object has no module {name!r}")
            module = found
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted name.

        Raises:
            AttributeError: If there is none.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__!r} object has no parameter {name!r}")
        return found

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with their dotted names."""
        seen: set[Module] = set()
        waiting: list[tuple[str, Module]] = [(prefix, self)]
        while waiting:
            path, module = waiting.pop(0)
            if module in seen:
                continue
            seen.add(module)
            yield path, module
            dot = f"{path}." if path else ""
            children = [(dot + name, m) for name, m in module._modules.items() if m is not None]
            waiting[:0] = children

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, with their names."""
        return ((name, module) for name, module in self._modules.items() if module is not None)

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once, with their dotted names.

        Args:
            prefix: What to put before every name.
            recurse: Whether those of the modules below are included.
        """
        return self._named("_parameters", prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once, as an optimizer takes them.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> sum(p.numel() for p in torch.nn.Linear(3, 2).parameters())
            8
        """
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers, each once, with their dotted names."""
        return self._named("_buffers", prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named(self, place: str, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[Tensor] = set()
        for path, module in self.named_modules(prefix) if recurse else ((prefix, self),):
            for name, tensor in getattr(module, place).items():
                if tensor is not None and tensor not in seen:
                    seen.add(tensor)
                    yield (f"{path}.{name}" if path else name), tensor

    # ---- actions on the whole tree ----

    def apply(self: M, fn: Callable[[Module], object]) -> M:
        """Calls `fn` with every module below this one, then with this one."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self: M, mode: bool = True) -> M:
        """Sets training mode for this module and all below it."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Sets evaluation mode: no dropout."""
        return self.train(False)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Removes the gradients of all parameters, or sets them to zero."""
        forget_gradients(self.parameters(), set_to_none)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Sets for all parameters whether they are trained."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self: M, *args: Any, **kwargs: Any) -> M:
        """Converts all floating parameters and buffers, as `Tensor.to` does, and returns self.

        Raises:
            TypeError: If they would no longer be floating.
        """
        target = Tensor(0).to(*args, **kwargs).dtype
        if not target.is_floating_point:
            raise TypeError(
                "a module's parameters must stay floating (float32 or float64), not become "
                f"{target.name}"
            )
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.is_floating_point():
                tensor.data = tensor.data.to(*args, **kwargs)
                if tensor.grad is not None:
                    tensor.grad = tensor.grad.to(*args, **kwargs)
        return self

    def float(self: M) -> M:
        """Converts all floating parameters and buffers to float32."""
        return self.to(np.float32)

    def double(self: M) -> M:
        """Converts all floating parameters and buffers to float64."""
        return self.to(np.float64)

    def cpu(self: M) -> M:
        """The module itself, which is on the CPU already."""
        return self

    def cuda(self: M, device: object = None) -> M:
        """Not supported: there is no GPU here.

        Raises:
            RuntimeError: Always.
        """
        return self.to("cuda")

    # ---- the state ----

    def state_dict(self, prefix: str = "") -> OrderedDict[str, Tensor]:
        """All parameters and buffers by name, detached from the graph and in the same memory.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> {name: list(t.shape) for name, t in torch.nn.Linear(3, 2).state_dict().items()}
            {'weight': [2, 3], 'bias': [2]}
        """
        return OrderedDict((name, tensor.detach()) for name, tensor in self._state(prefix))

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """All parameters and buffers with their names; a shared one under each of its names."""
        for place in (self._parameters, self._buffers):
            for name, tensor in place.items():
                if tensor is not None and name not in self._non_persistent_buffers_set:
                    yield prefix + name, tensor
        for name, child in self.named_children():
            yield from child._state(f"{prefix}{name}.")

    def load_state_dict(
        self, state_dict: Mapping[str, Tensor], strict: bool = True
    ) -> IncompatibleKeys:
        """Copies values into the parameters and buffers: all of them, or none after an error.

        Args:
            state_dict: Tensors by name.
            strict: Whether a missing or an unexpected name is an error.

        Returns:
            The names that were missing, and those that were not expected.

        Raises:
            TypeError: If `state_dict` is not a mapping.
            RuntimeError: If names do not match (with `strict`) or shapes differ; all are listed.
            ValueError: If a finite value would not fit into the parameter's dtype.

        Examples:
            >>> import tinygrad_rnn as torch
            >>> a, b = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
            >>> a.load_state_dict(b.state_dict())
            <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"state_dict must be a mapping, got {type(state_dict).__name__}")
        own = dict(self._state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        faults = []
        if strict:
            faults += [f"missing: {name}" for name in missing]
            faults += [f"unexpected: {name}" for name in unexpected]
        new: list[tuple[Tensor, Array]] = []
        for name, tensor in own.items():
            if name not in state_dict:
                continue
            value = state_dict[name]
            if not isinstance(value, Tensor):
                came = f"{type(value).__module__}.{type(value).__name__}"
                hint = "; bring it over with from_dlpack" if hasattr(value, "__dlpack__") else ""
                faults.append(f"{name}: expected a Tensor, got {came}{hint}")
            elif value.shape != tensor.shape:
                faults.append(f"{name}: shape {list(value.shape)} for {list(tensor.shape)}")
            else:
                new.append((tensor, _converted(name, value, tensor)))
        if faults:
            raise RuntimeError(
                f"load_state_dict of {type(self).__name__}: nothing was loaded, because\n  "
                + "\n  ".join(faults)
            )
        try:
            _copy(new)
        except BaseException:  # an interrupt: finish loading first
            _copy(new)
            raise
        return IncompatibleKeys(missing, unexpected)

    # ---- printing ----

    def extra_repr(self) -> str:
        """What the printed module shows between its brackets; subclasses define it."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        children = [f"({name}): {child!r}" for name, child in self._modules.items()]
        return framed(self._get_name(), self.extra_repr(), children)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._parameters, *self._buffers, *self._modules]


PLACES: dict[str, tuple[type, str, str]] = {
    "_parameters": (Parameter, "an nn.Parameter", "; to change its values write to its .data"),
    "_modules": (Module, "an nn.Module", "; give a result of it another name"),
    "_buffers": (Tensor, "a Tensor", ""),
}
"""The tables of a module's attributes: the type of their values, and words for error messages."""


def framed(name: str, extra: str, children: list[str]) -> str:
    """A module's printed form: one line, or its children indented between brackets."""
    if not children:
        return f"{name}({extra})"
    lines = ([extra] if extra else []) + children
    body = "\n".join("  " + line.replace("\n", "\n  ") for line in lines)
    return f"{name}(\n{body}\n)"


def _converted(name: str, value: Tensor, target: Tensor) -> Array:
    """The values in the dtype of `target`."""
    with np.errstate(over="ignore", invalid="ignore"):
        array = value._array.astype(target._array.dtype)
    if value.is_floating_point():
        lost = np.isfinite(value._array) & ~np.isfinite(array.astype(value._array.dtype))
        if lost.any():
            raise ValueError(
                f"load_state_dict: {name} holds {value._array[lost][0]}, which does not fit "
                f"into {target.dtype.name}; nothing was loaded"
            )
    return array


def _copy(new: list[tuple[Tensor, Array]]) -> None:
    for tensor, array in new:
        np.copyto(tensor._array, array)
        tensor._note_write(tick())


def forget_gradients(parameters: Iterator[Parameter] | list[Tensor], set_to_none: bool) -> None:
    """Removes the gradients, or sets them to zero where they are."""
    for parameter in parameters:
        if set_to_none:
            parameter._grad = None
        elif parameter.grad is not None:
            parameter.grad = parameter.grad.detach()
            parameter.grad.zero_()
