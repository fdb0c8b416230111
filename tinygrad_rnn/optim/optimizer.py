"""The base of all optimizers: parameter groups, state and checks."""

from __future__ import annotations

import math
import operator
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from itertools import chain
from typing import Any, NoReturn

import numpy as np

from ..autograd.grad_mode import enable_grad
from ..core.quiet import quiet
from ..dtypes import Array
from ..nn.module import forget_gradients
from ..tensor import Tensor, wrap
from .flat import FlatGroup, address

Group = dict[str, Any]

STEPPING = RuntimeError, "no parameter was moved"
LOADING = ValueError, "nothing was loaded"


class Optimizer:
    """The base of all optimizers. A subclass defines how parameters move, in `_update`.

    All parameters of a group that have taken equally many steps are updated together, as one
    vector: a small network costs little more than one parameter.

    Args:
        params: Tensors, `(name, tensor)` pairs, or dicts with `params` and settings of their own.
        defaults: The settings of groups that have none of their own.

    Attributes:
        param_groups: Dicts with the parameters and their settings, which may be changed.

    Raises:
        TypeError: If `params` is not iterable, or holds something else than tensors.
        ValueError: If there are none, one appears twice, or one is not a leaf.
    """

    _settings: tuple[str, ...] = ()  # in the order in which PyTorch prints and saves them
    _not_negative: tuple[str, ...] = ()  # those that are numbers, 0 or more
    _memory: tuple[str, ...] = ()  # the names that a state can have

    def __init__(self, params: Iterable[Any], defaults: Group) -> None:
        name = type(self).__name__
        if isinstance(params, Tensor) or not isinstance(params, Iterable):
            hint = "; call it: model.parameters()" if callable(params) else ""
            raise TypeError(
                f"{name}: the parameters must come as a list or an iterator, "
                f"got {type(params).__name__}{hint}"
            )
        self.__setstate__({"defaults": defaults, "state": defaultdict(dict), "param_groups": []})
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

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self._state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Replaces what `__getstate__` returned, all at once, and with it the flat groups."""
        self.defaults: Group
        self.param_groups: list[Group]
        self._state: defaultdict[Tensor, dict[str, Any]]
        self._watched: bool  # True once somebody asked for `state`, who may write to it at any time
        self._known: tuple[list[Any], list[tuple[FlatGroup, Group]]]  # of the last step
        state = {"_state" if key == "state" else key: value for key, value in state.items()}
        self.__dict__.update({**state, "_watched": False, "_known": ([], [])})

    @property
    def state(self) -> defaultdict[Tensor, dict[str, Any]]:
        """The state of each parameter that has moved: a dict of tensors by name.

        The optimizer works with these very tensors. You may write to them or replace them.
        """
        self._watched = True
        return self._state

    @state.setter
    def state(self, value: defaultdict[Tensor, dict[str, Any]]) -> None:
        self._watched, self._state = True, value

    def add_param_group(self, param_group: Group) -> None:
        """Adds parameters with settings of their own.

        Args:
            param_group: A dict with `params`, and the settings that differ from the defaults.

        Raises:
            TypeError: If it is not such a dict.
            ValueError: If a parameter appears twice or is not a leaf, or a setting is out of range.
        """
        name = type(self).__name__
        if not isinstance(param_group, dict) or "params" not in param_group:
            raise TypeError(
                f"{name}: a parameter group is a dict with 'params', got {param_group!r}"
            )
        unknown = set(param_group) - set(self.defaults) - {"params", "param_names", "initial_lr"}
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
            if isinstance(entry, tuple):
                names.append(label)
            tensors.append(tensor)
        known = {tensor for group in self.param_groups for tensor in group["params"]}
        if len(set(tensors)) != len(tensors) or known & set(tensors):
            raise ValueError(f"{name}: a parameter is there twice; it would be moved twice a step")
        named = {"param_names": names} if names else {}
        usual = {key: value for key, value in self.defaults.items() if key not in param_group}
        group = {**param_group, "params": tensors, **named, **usual}
        self._check(group)
        self.param_groups.append(group)

    def _check(self, group: Group) -> None:
        """Raises if a setting of `group` is out of range or not supported."""
        name = type(self).__name__
        for setting in ("capturable", "differentiable"):
            if group.get(setting):
                raise ValueError(f"{name}: {setting}=True is not supported; PyTorch has it")
        for setting in self._not_negative:
            check_number(name, group, setting)

    def _state_names(self, group: Group) -> tuple[str, ...]:
        """The names of the states that each parameter of `group` has."""
        raise NotImplementedError

    def _update(
        self, group: Group, step: float, p: Array, g: Array, *state: Array
    ) -> Sequence[Array]:
        """Computes a step in new memory: neither the parameters nor the state is written to.

        Args:
            group: The settings.
            step: The number of this step; the first is 1.
            p: The values, a vector.
            g: The gradient.
            state: The state without `step`, in the order of its names; zeros at first.

        Returns:
            The new values and the new state.
        """
        raise NotImplementedError

    @quiet  # a large rate can make parameters inf, which the next step refuses
    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        """Moves every parameter that has a gradient.

        All gradients are checked before the first parameter moves. If a KeyboardInterrupt comes
        after that, the step is finished before the exception continues; only a second one within
        that time leaves some parameters moved and others not. `step` locks nothing: another thread
        that reads at the same time sees parameters move one after the other.

        Args:
            closure: A function that computes the loss again, if it is to be called here.

        Returns:
            What `closure` returned.

        Raises:
            TypeError: If something in `state` is not a tensor.
            RuntimeError: If a gradient is inf or nan, or a state has another shape than its
                parameter; then no parameter was moved.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        moving = self._flat_groups()
        for flat, group in moving:
            flat.gather()
            if not math.isfinite(np.dot(flat.gradient, flat.gradient)):  # or only large
                self._refuse_nonfinite(group)
        try:
            self._move(moving)
        except BaseException:  # an interrupt: finish the step first
            self._move(moving)
            raise
        return loss

    def _move(self, moving: list[tuple[FlatGroup, Group]]) -> None:
        """Takes the step, or finishes one that was interrupted."""
        for flat, group in moving:
            flat.move(partial(self._update, group))
            for parameter, name, tensor in flat.created:
                self._state[parameter][name] = tensor
            flat.created.clear()

    def _flat_groups(self) -> list[tuple[FlatGroup, Group]]:
        """The parameters that have a gradient, as vectors with the settings that apply to them.

        They are created again when they consist of other arrays than at the last step.
        """
        found = self._made_of()
        known, flats = self._known
        same = len(found) == len(known) and all(map(operator.is_, found, known))
        if not same or (self._watched and any(flat.moved_apart() for flat, _ in flats)):
            flats = [(flat, group) for group in self.param_groups for flat in self._flatten(group)]
            self._known = self._made_of(), flats
        return flats

    def _made_of(self) -> list[Any]:
        """Everything that flat groups are made of, to be compared by `is`."""
        found: list[Any] = [self._watched]
        for group in self.param_groups:
            moving = [each for each in group["params"] if each._grad is not None]
            names = self._state_names(group)
            found += [group, *names, *moving, *[each._array for each in moving]]
            if names and self._watched:
                states = [self._state[each].values() for each in moving]
                found += [getattr(value, "_array", None) for value in chain.from_iterable(states)]
        return found

    def _flatten(self, group: Group) -> list[FlatGroup]:
        """The parameters of a group that have a gradient, as vectors."""
        names = self._state_names(group)
        alike: dict[Any, list[Tensor]] = defaultdict(list)
        times = Counter[int]()  # parameters that share their memory move one after the other
        for parameter in group["params"]:
            if parameter._grad is None:
                continue
            state = self._state[parameter] if names else {}
            own = [name for name in names if state.get(name) is not None]
            for name in own:
                where = f"{type(self).__name__}: {name} in the state of a parameter"
                state[name] = _state_tensor(where, name, state[name], parameter, STEPPING)
            step = state["step"].item() if "step" in own else float(len(own) == len(names))
            place = address(parameter._array)
            times[place] += parameter.numel() > 0
            alike[parameter._array.dtype, tuple(own), step, times[place]].append(parameter)
        return [
            FlatGroup(
                each,
                names,
                {name: [self._state[p][name] for p in each] for name in own},
                step,
                self._watched,
            )
            for (_, own, step, _), each in alike.items()
        ]

    def _refuse_nonfinite(self, group: Group) -> None:
        for number, parameter in enumerate(group["params"]):
            if parameter._grad is not None and not np.isfinite(parameter._grad._array).all():
                name = group.get("param_names", {number: f"parameter {number}"})[number]
                raise RuntimeError(
                    f"{type(self).__name__}: the gradient of {name} (shape "
                    f"{list(parameter.shape)}) holds inf or nan, so no parameter was moved. "
                    "Lower lr, or clip the gradients with nn.utils.clip_grad_norm_"
                )

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Removes the gradients, so that the next backward does not add to them.

        Args:
            set_to_none: Whether `.grad` becomes None, or zeros.
        """
        for group in self.param_groups:
            forget_gradients(group["params"], set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """The settings, and the state by the parameter's number, to be loaded later."""
        every = chain.from_iterable(group["params"] for group in self.param_groups)
        numbers = {parameter: number for number, parameter in enumerate(every)}
        groups = [dict(group) for group in self.param_groups]
        for group in groups:
            group["params"] = [numbers[each] for each in group.pop("params")]
        state = {
            numbers[parameter]: {
                key: value.detach().clone() if isinstance(value, Tensor) else value
                for key, value in values.items()
            }
            for parameter, values in self._state.items()
            if values and parameter in numbers
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Loads settings and state: all of them, or nothing after an error.

        Args:
            state_dict: What `state_dict` returned.

        Raises:
            TypeError: If it is not such a dict, or holds another library's tensors.
            ValueError: If its groups, settings, parameters or shapes differ from this optimizer's.
        """
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= set(state_dict):
            raise TypeError(
                "load_state_dict takes what an optimizer's state_dict() returned, "
                f"got {type(state_dict).__name__}"
            )
        saved = deepcopy(list(state_dict["param_groups"]))
        sizes = [len(group["params"]) for group in self.param_groups]
        saved_sizes = [len(group["params"]) for group in saved]
        if sizes != saved_sizes:
            _refuse_load(f"the saved groups have {saved_sizes} parameters, these have {sizes}")
        groups = [self._with_settings(*each) for each in zip(self.param_groups, saved, strict=True)]
        numbers = [number for group in saved for number in group["params"]]
        places = [(each, group) for group in groups for each in group["params"]]
        owners = dict(zip(numbers, places, strict=True))
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number not in owners:
                _refuse_load(f"a state of parameter {number}, where there are {len(owners)}")
            parameter, group = owners[number]
            names = {name for name, value in values.items() if value is not None}
            needed = {*self._state_names(group)}
            if names and not needed <= names <= {*self._memory}:
                _refuse_load(
                    f"the state of parameter {number} holds {sorted(names)}, "
                    f"{type(self).__name__} keeps {sorted(needed)}"
                )
            for name in [name for name in self._memory if name in names]:
                where = f"load_state_dict: {name} of parameter {number}"
                array = _state_tensor(where, name, values[name], parameter, LOADING)._array
                if name == "step":
                    state[parameter][name] = wrap(array.astype(np.float32).reshape(()))
                else:
                    state[parameter][name] = wrap(array.astype(parameter._array.dtype))
        self.__setstate__({"state": state, "param_groups": groups})

    def _with_settings(self, group: Group, saved: Group) -> Group:
        """A group with the saved settings; those that only PyTorch has must be off."""
        known = {*group, "initial_lr", "param_names"}
        unknown = sorted(key for key in {*saved} - known if saved[key])
        if unknown:
            _refuse_load(f"{type(self).__name__} has no setting {unknown}")
        loaded = {**group, **{key: value for key, value in saved.items() if key in known}}
        loaded["params"] = group["params"]
        self._check(loaded)
        return loaded

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _refuse_load(fault: str) -> NoReturn:
    raise ValueError(f"load_state_dict: {fault}; nothing was loaded")


def _state_tensor(
    where: str, name: str, value: object, parameter: Tensor, failure: tuple[type[Exception], str]
) -> Tensor:
    """A state of a parameter as a tensor of the right shape.

    Raises:
        TypeError: If it is neither a tensor nor a number.
        Exception: Of the type in `failure`, if it has another shape than the parameter.
    """
    error, outcome = failure
    if isinstance(value, int | float):
        value = Tensor([value]).reshape(())
    if not isinstance(value, Tensor):
        came = f"{type(value).__module__}.{type(value).__name__}"
        raise TypeError(
            f"{where} must be a Tensor, got a {came}; bring another library's tensor over with "
            f"from_dlpack; {outcome}"
        )
    if value.numel() != 1 if name == "step" else value.shape != parameter.shape:
        raise error(
            f"{where} has shape {list(value.shape)}, the parameter {list(parameter.shape)}; "
            f"{outcome}"
        )
    return value


def check_number(optimizer: str, group: Group, name: str, below: float = math.inf) -> None:
    """Checks that a setting is a number, at least 0 and less than `below`.

    Raises:
        TypeError: If it is not a number.
        ValueError: If it is out of range.
    """
    value = group[name]
    if isinstance(value, Tensor) and value.numel() == 1:
        value = group[name] = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(
            f"{optimizer}: {name} must be a number, got {type(value).__name__} ({value!r})"
        )
    if not value >= 0 or value >= below < math.inf:
        limit = "must not be negative" if below == math.inf else f"must be between 0 and {below}"
        raise ValueError(f"{optimizer}: {name} {limit}, got {value}")
