"""What all optimizers share: parameter groups, state, checks."""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from ..arithmetic import quiet
from ..autograd.grad_mode import enable_grad
from ..base import TensorBase
from ..dtypes import Array
from ..nn.module import forget_gradients
from ..tensor import Tensor
from .bundle import Bundle

Group = dict[str, Any]


class Optimizer:
    """The base of all optimizers. A subclass says how parameters move, in `_update`.

    All parameters of a group that have moved equally often move together, as one long vector:
    a small network costs little more than one parameter.

    Args:
        params: Tensors, `(name, tensor)` pairs, or dicts with `params` and settings of their own.
        defaults: The settings of groups that do not say otherwise.

    Attributes:
        param_groups: Dicts with the parameters and their settings, which may be changed.

    Raises:
        TypeError: If `params` is not iterable, or something in it is no tensor.
        ValueError: If there are none, one is there twice, or is no leaf.
    """

    def __init__(self, params: Iterable[Any], defaults: Group) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            hint = "; call it: model.parameters()" if callable(params) else ""
            raise TypeError(
                f"{name}: the parameters must come as a list or an iterator, "
                f"got {type(params).__name__}{hint}"
            )
        self.defaults = defaults
        self._bundles: dict[int, tuple[list[Tensor], list[Bundle]]] = {}  # by group
        self._names: dict[Tensor, str] = {}  # for messages
        self._apart: dict[Tensor, dict[str, Any]] = {}  # the state of those in no bundle
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{name}: there are no parameters. Does the model assign its layers as attributes "
                "(in nn.ModuleList, not in a plain list), in a method spelled __init__?"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with settings of their own.

        Args:
            param_group: A dict with `params`, and the settings that differ from the defaults.

        Raises:
            TypeError: If it is no such dict.
            ValueError: If a parameter is there twice or no leaf, or a setting is out of range.
        """
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(
                f"{name}: a parameter group is a dict with 'params', got {param_group!r}"
            )
        unknown = set(param_group) - set(self.defaults) - {"params", "initial_lr"}
        if unknown:
            raise TypeError(
                f"{name} has no setting {sorted(unknown)}; it has {sorted(self.defaults)}"
            )
        given = param_group["params"]
        entries = [given] if isinstance(given, Tensor) else list(given)
        names, tensors = [], []
        for i, entry in enumerate(entries):
            label, tensor = entry if isinstance(entry, tuple) else (f"parameter {i}", entry)
            if not isinstance(tensor, Tensor):
                raise TypeError(f"{name}: {label} must be a Tensor, got {type(tensor).__name__}")
            if not tensor.is_leaf:
                raise ValueError(
                    f"{name}: {label} is computed ({tensor.grad_fn}), so it collects no gradient; "
                    "pass the leaves it was computed from"
                )
            names.append(label)
            tensors.append(tensor)
        known = {tensor for group in self.param_groups for tensor in group["params"]}
        if len(set(tensors)) != len(tensors) or known & set(tensors):
            raise ValueError(f"{name}: a parameter is there twice; it would be moved twice a step")
        group = {**self.defaults, **param_group, "params": tensors}
        self._check(group)
        self._names.update(zip(tensors, names, strict=True))
        self.param_groups.append(group)

    def _check(self, group: Group) -> None:
        """Raises if a setting of `group` cannot be meant."""
        raise NotImplementedError

    def _state_names(self, group: Group) -> list[str]:
        """What is remembered of each parameter of `group`, in the order in which it is made."""
        raise NotImplementedError

    def _update(
        self, parameter: Array, gradient: Array, state: dict[str, Any], group: Group
    ) -> None:
        """Moves parameters, in place; what `state` gets as arrays is theirs, element by element."""
        raise NotImplementedError

    @quiet  # of rates so large that parameters become inf, which the next step refuses
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Moves every parameter that has a gradient.

        Args:
            closure: Computes the loss anew, if the caller wants it computed here.

        Returns:
            What `closure` returned.

        Raises:
            RuntimeError: If a gradient is inf or nan; then no parameter was moved.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moving = [(group, self._bundled(number)) for number, group in enumerate(self.param_groups)]
        for _, bundles in moving:
            for bundle in bundles:
                bundle.gather()
                size = np.dot(bundle.gradient, bundle.gradient)
                if not math.isfinite(size):  # it may only be large
                    self._refuse_nonfinite(bundle.parameters)
        for group, bundles in moving:
            for bundle in bundles:
                self._update(bundle.values, bundle.gradient, bundle.state, group)
                bundle.put_back()
        return loss

    def _bundled(self, number: int) -> list[Bundle]:
        """The parameters of a group that have a gradient, in bundles that move as one vector."""
        moving = [each for each in self.param_groups[number]["params"] if each._grad is not None]
        known, bundles = self._bundles.get(number, ([], []))
        if len(known) == len(moving) and all(map(operator.is_, known, moving)):
            return bundles
        state = self.state
        alike: dict[Any, list[Tensor]] = defaultdict(list)
        for parameter in moving:
            settings = {k: v for k, v in state[parameter].items() if not isinstance(v, np.ndarray)}
            kind = (parameter._array.dtype, *sorted(state[parameter]), *sorted(settings.items()))
            alike[kind].append(parameter)
        bundles = [Bundle(each, [state[p] for p in each]) for each in alike.values()]
        self._bundles[number] = (moving, bundles)
        self._apart.update({p: state[p] for p in known})
        return bundles

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """What is remembered of each parameter; arrays lie in the memory that is worked with."""
        state = defaultdict(dict, self._apart)
        for _, bundles in self._bundles.values():
            for bundle in bundles:
                state.update(bundle.states())
        return state

    def _refuse_nonfinite(self, parameters: Iterable[Tensor]) -> None:
        for parameter in parameters:
            if not np.isfinite(parameter._grad._array).all():  # type: ignore[union-attr]
                raise RuntimeError(
                    f"{type(self).__name__}: the gradient of {self._names[parameter]} (shape "
                    f"{list(parameter.shape)}) holds inf or nan, so no parameter was moved. "
                    "Lower lr, or clip the gradients with nn.utils.clip_grad_norm_"
                )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients, so that the next backward starts from nothing.

        Args:
            set_to_none: Whether `.grad` becomes None, or zeros.
        """
        for group in self.param_groups:
            forget_gradients(group["params"], set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The settings, and the state by the parameter's number, to be loaded later."""
        numbers = self._numbers()
        groups = [
            {**group, "params": [numbers[each] for each in group["params"]]}
            for group in self.param_groups
        ]
        state = {
            numbers[parameter]: {key: _as_tensor(value) for key, value in values.items()}
            for parameter, values in self.state.items()
            if values
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Takes over settings and state: all of them, or none after an error.

        Args:
            state_dict: What `state_dict` returned.

        Raises:
            TypeError: If it is no such dict, or holds another library's tensors.
            ValueError: If its groups, settings, parameters or shapes are not those of this one.
        """
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise TypeError(
                "load_state_dict: what an optimizer's state_dict() returned is wanted, "
                f"got {type(state_dict).__name__}"
            )
        saved = deepcopy(dict(state_dict))
        sizes = [len(group["params"]) for group in self.param_groups]
        saved_sizes = [len(group["params"]) for group in saved["param_groups"]]
        if sizes != saved_sizes:
            raise ValueError(
                f"load_state_dict: the saved groups have {saved_sizes} parameters, "
                f"these have {sizes}; nothing was loaded"
            )
        groups = [
            self._with_settings(*each)
            for each in zip(self.param_groups, saved["param_groups"], strict=True)
        ]
        places = [(each, group) for group in groups for each in group["params"]]
        state: dict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, values in saved["state"].items():
            if number not in range(len(places)):
                raise ValueError(
                    f"load_state_dict: a state of parameter {number}, where there are "
                    f"{len(places)}; nothing was loaded"
                )
            parameter, group = places[number]
            state[parameter] = self._loaded(number, values, parameter, group)
        self._bundles, self._apart = {}, state
        for group, loaded in zip(self.param_groups, groups, strict=True):
            group.update(loaded)

    def _with_settings(self, group: Group, saved: Group) -> Group:
        """A group with the saved settings; those that PyTorch alone has must be off."""
        known = {*group, "initial_lr"} - {"params"}
        unknown = sorted(key for key in {*saved} - known - {"params"} if saved[key])
        if unknown:
            raise ValueError(
                f"load_state_dict: {type(self).__name__} has no setting {unknown}; nothing was "
                "loaded"
            )
        loaded = {**group, **{key: value for key, value in saved.items() if key in known}}
        self._check(loaded)
        return loaded

    def _loaded(
        self, number: int, values: Mapping[str, Any], parameter: Tensor, group: Group
    ) -> dict[str, Any]:
        """The saved state of one parameter, in our order."""
        names = self._state_names(group)
        values = {key: value for key, value in values.items() if value is not None}
        if values and set(values) != set(names):
            raise ValueError(
                f"load_state_dict: the state of parameter {number} holds {sorted(values)}, "
                f"{type(self).__name__} keeps {sorted(names)}; nothing was loaded"
            )
        for key, value in values.items():
            if not isinstance(value, Tensor | int | float):
                kind = f"{type(value).__module__}.{type(value).__name__}"
                raise TypeError(
                    f"load_state_dict: {key} of parameter {number} is a {kind}; bring another "
                    "library's tensor over with from_dlpack; nothing was loaded"
                )
            if isinstance(value, Tensor) and value.dim() and value.shape != parameter.shape:
                raise ValueError(
                    f"load_state_dict: {key} of parameter {number} has shape "
                    f"{list(value.shape)}, the parameter {list(parameter.shape)}; "
                    "nothing was loaded"
                )
        return {key: _from_tensor(values[key]) for key in names} if values else {}

    def _numbers(self) -> dict[Tensor, int]:
        every = [parameter for group in self.param_groups for parameter in group["params"]]
        return {parameter: number for number, parameter in enumerate(every)}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _as_tensor(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return TensorBase._wrap(value.copy())
    return value


def _from_tensor(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value._array.copy() if value.dim() else value.item()
    return value


def check_number(optimizer: str, group: Group, name: str, below: float | None = None) -> None:
    """Checks that a setting is a number, not negative, and less than `below`.

    Raises:
        TypeError: If it is no number.
        ValueError: If it is out of range.
    """
    value = group[name]
    if isinstance(value, Tensor) and value.numel() == 1:
        value = group[name] = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(
            f"{optimizer}: {name} must be a number, got {type(value).__name__} ({value!r})"
        )
    if not value >= 0 or (below is not None and not value < below):
        limit = "must not be negative" if below is None else f"must lie between 0 and {below}"
        raise ValueError(f"{optimizer}: {name} {limit}, got {value}")
