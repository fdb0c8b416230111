"""Modules made of modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, overload

from .module import Module, framed


def _module(container: str, value: object) -> Module:
    if not isinstance(value, Module):
        raise TypeError(f"{container} holds modules, got {type(value).__name__}")
    return value


class _Numbered(Module):
    """Modules under the names 0, 1, 2, ..."""

    def _append(self, module: object) -> None:
        self.add_module(str(len(self._modules)), _module(type(self).__name__, module))

    def _list(self) -> list[Module]:
        return list(self.children())

    def _key(self, index: int) -> str:
        try:
            return list(self._modules)[index]
        except IndexError:
            raise IndexError(
                f"{type(self).__name__} of {len(self)} has no module {index}"
            ) from None

    def __setitem__(self, index: int, module: Module) -> None:
        self._modules[self._key(index)] = _module(type(self).__name__, module)

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._list())


class Sequential(_Numbered):
    """Modules one after the other: each gets what the one before it returned.

    Args:
        args: The modules, or one dict of them by name.

    Raises:
        TypeError: If one is no module.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh())
        Sequential(
          (0): Linear(in_features=2, out_features=3, bias=True)
          (1): Tanh()
        )
    """

    def __init__(self, *args: Module | Mapping[str, Module]) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], Mapping):
            for name, module in args[0].items():
                self.add_module(name, _module("Sequential", module))
        else:
            for each in args:
                self._append(each)

    def append(self, module: Module) -> Sequential:
        """Adds a module at the end and returns the container."""
        self._append(module)
        return self

    def extend(self, modules: Iterable[Module]) -> Sequential:
        """Adds modules at the end and returns the container."""
        for module in modules:
            self._append(module)
        return self

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Module | Sequential:
        if isinstance(index, slice):
            return Sequential(OrderedDict(list(self.named_children())[index]))
        return _module("Sequential", self._modules[self._key(index)])

    def forward(self, input: Any) -> Any:
        """Passes `input` through all modules."""
        for module in self:
            input = module(input)
        return input


class ModuleList(_Numbered):
    """A list of modules whose parameters are registered.

    Args:
        modules: The modules.

    Raises:
        TypeError: If one is no module.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> cells = torch.nn.ModuleList(torch.nn.RNNCell(2, 2) for _ in range(3))
        >>> len(cells), len(list(cells.parameters()))
        (3, 12)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    def append(self, module: Module) -> ModuleList:
        """Adds a module at the end and returns the list."""
        self._append(module)
        return self

    def extend(self, modules: Iterable[Module]) -> ModuleList:
        """Adds modules at the end and returns the list."""
        for module in modules:
            self._append(module)
        return self

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module | ModuleList:
        if isinstance(index, slice):
            return ModuleList(self._list()[index])
        return _module("ModuleList", self._modules[self._key(index)])

    def __repr__(self) -> str:
        runs: list[tuple[int, int, str]] = []  # equal neighbours are printed once
        for i, child in enumerate(self):
            text = repr(child)
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        lines = [
            f"({a}): {text}" if a == b else f"({a}-{b}): {b - a + 1} x {text}"
            for a, b, text in runs
        ]
        return framed("ModuleList", "", lines)


class ModuleDict(Module):
    """A dict of modules whose parameters are registered.

    Args:
        modules: The modules by name.

    Raises:
        TypeError: If one is no module.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> heads = torch.nn.ModuleDict({"class": torch.nn.Linear(4, 3)})
        >>> heads["class"].out_features
        3
    """

    def __init__(self, modules: Mapping[str, Module] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Adds modules by name.

        Raises:
            TypeError: If `modules` is no mapping, or holds what is no module.
        """
        if not isinstance(modules, Mapping):
            raise TypeError(f"ModuleDict takes a dict of modules, got {type(modules).__name__}")
        for name, module in modules.items():
            self[name] = module

    def __getitem__(self, key: str) -> Module:
        return _module("ModuleDict", self._modules[key])

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, _module("ModuleDict", module))

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def keys(self) -> KeysView[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> ValuesView[Module | None]:
        """The modules."""
        return self._modules.values()

    def items(self) -> ItemsView[str, Module | None]:
        """The names with their modules."""
        return self._modules.items()
