"""Containers: modules that consist of other modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from itertools import groupby
from operator import itemgetter
from typing import Any, Self, overload

from .module import Module, framed


def _module(container: str, value: object) -> Module:
    if not isinstance(value, Module):
        raise TypeError(f"{container} holds modules, got {type(value).__name__}")
    return value


class _Numbered(Module):
    """Modules with the names 0, 1, 2, ..."""

    def append(self, module: Module) -> Self:
        """Adds a module at the end and returns the container."""
        self.add_module(str(len(self._modules)), _module(type(self).__name__, module))
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end and returns the container."""
        for module in modules:
            self.append(module)
        return self

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
        return self.children()


class Sequential(_Numbered):
    """Modules one after the other: each gets what the one before it returned.

    Args:
        args: The modules, or one dict of them by name.

    Raises:
        TypeError: If one is not a module.

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
        named: Any = args[0] if len(args) == 1 else None
        if not isinstance(named, Mapping):
            named = {str(i): each for i, each in enumerate(args)}
        for name, module in named.items():
            self.add_module(name, _module(type(self).__name__, module))

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
        TypeError: If one is not a module.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> cells = torch.nn.ModuleList(torch.nn.RNNCell(2, 2) for _ in range(3))
        >>> len(cells), len(list(cells.parameters()))
        (3, 12)
    """

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        super().__init__()
        self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: int | slice) -> Module | ModuleList:
        if isinstance(index, slice):
            return ModuleList(list(self)[index])
        return _module("ModuleList", self._modules[self._key(index)])

    def __repr__(self) -> str:
        lines = []
        for text, run in groupby(enumerate(map(repr, self)), itemgetter(1)):  # once if equal
            first, *others = [i for i, _ in run]
            end = f"-{others[-1]}): {len(others) + 1} x " if others else "): "
            lines.append(f"({first}{end}{text}")
        return framed("ModuleList", "", lines)


class ModuleDict(Module):
    """A dict of modules whose parameters are registered.

    Args:
        modules: The modules by name.

    Raises:
        TypeError: If one is not a module.

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
            TypeError: If `modules` is not a mapping, or holds something else than modules.
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
