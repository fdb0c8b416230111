"""What a program drew and what it printed of that."""

from __future__ import annotations

import inspect
import math
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import nn
from ..dtypes import Array
from ..random import default_generator
from .laws import Integers, Law, Normal, Permutation, Uniform

SEEDS = 2**32
"""So many seeds are different ones."""

_NOT_FIGURES = re.compile(
    r"grad_fn=<[^>]*>|requires_grad=\w+|dtype=[\w.]+|Parameter containing:|tensor|[(),\[\]]"
)
_FIGURE = re.compile(r"[-+]?\d+(?:\.(?P<decimals>\d*))?(?:e(?P<power>[-+]?\d+))?")

Interval = tuple[float, float]


class DescriptionError(ValueError):
    """A description that cannot be meant."""


def intervals(printed: str, what: str) -> list[Interval | None]:
    """Between which bounds printed figures lie: half a unit of their last digit to either side.

    Args:
        printed: Figures as PyTorch prints them, brackets and all; `?` for one that is not known.
        what: What they are, for messages.

    Raises:
        DescriptionError: If there are none, or something else is among them.
    """
    found: list[Interval | None] = []
    for word in _NOT_FIGURES.sub(" ", printed).split():
        if word == "?":
            found.append(None)
            continue
        figure = _FIGURE.fullmatch(word)
        if not figure:
            raise DescriptionError(f"{what}: {word!r} is no figure (write ? for an unknown one)")
        decimals = figure["decimals"]
        half = 0.5 * 10.0 ** (int(figure["power"] or 0) - len(decimals or ""))
        half = 0.0 if decimals is None else half * (1 + 1e-6)
        found.append((float(word) - half, float(word) + half))
    if not any(found):
        raise DescriptionError(f"{what}: no figures are given")
    return found


@dataclass(frozen=True)
class Drawn:
    """A tensor that a program drew.

    Attributes:
        name: What it is called in messages.
        law: How its numbers were drawn.
        shape: Its shape.
        printed: What was printed of it, as text; "" if nothing was.
    """

    name: str
    law: Law
    shape: tuple[int, ...]
    printed: str = ""

    def figures(self) -> list[Interval | None]:
        """The bounds of every number, None where nothing is known.

        Raises:
            DescriptionError: If there are not as many figures as numbers, or one cannot be drawn.
        """
        count = math.prod(self.shape)
        if not self.printed:
            return [None] * count
        found = intervals(self.printed, self.name)
        if len(found) != count:
            raise DescriptionError(
                f"{self.name}: {len(found)} figures are given for {list(self.shape)}, which has "
                f"{count} numbers (write ? for an unknown one)"
            )
        for i, bounds in enumerate(found):
            if bounds and not self.law.chance(*bounds, i):
                middle = (bounds[0] + bounds[1]) / 2
                raise DescriptionError(
                    f"{self.name}: {middle:g} (number {i}) cannot come out of {self.law}"
                )
        return found


@dataclass(frozen=True)
class Computed:
    """Figures that a program computed from what it drew.

    Attributes:
        name: What they are called in messages.
        function: Computes them for many seeds at once: takes drawn tensors, by the names of its
            arguments, as arrays of shape (seeds, *shape); returns the figures, (seeds, figures).
        printed: What was printed of them, as text.
    """

    name: str
    function: Callable[..., Array]
    printed: str

    def takes(self) -> list[str]:
        """The names of the tensors that it is computed from."""
        return list(inspect.signature(self.function).parameters)


@dataclass(frozen=True)
class Description:
    """All that a program drew, in order, and what is computed from it.

    Attributes:
        drawn: The tensors, in the order in which they were drawn.
        computed: Figures computed from them, the cheapest first.

    Raises:
        DescriptionError: If no figures are given, or one cannot come out of its draw.
    """

    drawn: Sequence[Drawn]
    computed: Sequence[Computed] = ()

    def __post_init__(self) -> None:
        if not self.computed and not any(each.printed for each in self.drawn):
            raise DescriptionError("no figures are given: nothing tells one seed from another")
        for drawn in self.drawn:
            drawn.figures()
        for figures in self.computed:
            intervals(figures.printed, figures.name)
            names = [drawn.name for drawn in self.drawn]
            if wrong := [name for name in figures.takes() if names.count(name) != 1]:
                raise DescriptionError(
                    f"{figures.name}: its function takes {wrong}; drawn are {names}, and a tensor "
                    "that it takes must be there once"
                )

    def identity(self) -> str:
        """A text by which the same description is known again."""
        return f"{self.drawn}, {[(each.name, each.printed) for each in self.computed]}"

    def chance(self) -> float:
        """How likely a wrong seed gives all drawn figures by accident."""
        return math.prod(
            each.law.chance(*bounds, i)
            for each in self.drawn
            for i, bounds in enumerate(each.figures())
            if bounds
        )


def _layer(kind: str, settings: dict[str, Any], printed: dict[str, str]) -> list[Drawn]:
    """The parameters of a layer, in the order in which PyTorch draws them."""
    classes: dict[str, type[nn.Module]] = {
        "Linear": nn.Linear,
        "RNN": nn.RNN,
        "RNNCell": nn.RNNCell,
        "Embedding": nn.Embedding,
    }
    if kind not in classes:
        raise DescriptionError(f"layer = {kind!r}: one of {', '.join(classes)} is wanted")
    state = default_generator.state_bytes()  # making a layer draws: nobody should notice
    try:
        layer = classes[kind](**settings)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DescriptionError(f"{kind}: {error}") from None
    finally:
        default_generator.set_state_bytes(state)
    law: Law = Normal()
    if kind != "Embedding":
        bound = 1 / math.sqrt(settings["in_features" if kind == "Linear" else "hidden_size"])
        law = Uniform(-bound, bound)
    names = dict(layer.named_parameters())
    if unknown := set(printed) - set(names):
        raise DescriptionError(f"{kind}: there is no {sorted(unknown)}; it has {list(names)}")
    return [
        Drawn(f"{kind}.{name}", law, tuple(parameter.shape), printed.get(name, ""))
        for name, parameter in names.items()
    ]


def _one(table: dict[str, Any]) -> list[Drawn]:
    """The tensors of one `[[draw]]`."""
    table = dict(table)
    printed = table.pop("printed", "")
    if "layer" in table:
        printed = printed or {}
        if not isinstance(printed, dict):
            raise DescriptionError("a layer's figures go by name: [draw.printed] weight = '...'")
        return _layer(table.pop("layer"), table, printed)
    kinds = {"rand", "randn", "randint", "randperm"} & set(table)
    if len(kinds) != 1:
        raise DescriptionError(
            f"a draw has one of layer, rand, randn, randint, randperm; got {sorted(table)}"
        )
    kind = kinds.pop()
    size = table.pop(kind)
    shape = (size,) if isinstance(size, int) else tuple(size)
    if not shape or not all(type(length) is int and length > 0 for length in shape):
        raise DescriptionError(f"{kind}: the shape must be made of positive ints, got {size!r}")
    laws: dict[str, Law] = {"rand": Uniform(), "randn": Normal()}
    law = laws.get(kind, Permutation(math.prod(shape)))
    if kind == "randint":
        low, high = table.pop("low", 0), table.pop("high", None)
        if type(low) is not int or type(high) is not int or not low < high:
            raise DescriptionError(f"randint: low={low!r} and high={high!r} leave no number")
        law = Integers(low, high)
    if table:
        raise DescriptionError(f"{kind}: {sorted(table)} has no meaning here")
    return [Drawn(kind, law, shape, printed)]


def from_toml(text: str) -> Description:
    """Reads a description.

    Args:
        text: TOML: a `[[draw]]` for each tensor or layer, in the order in which the program drew
            them. A draw is `rand = shape`, `randn = shape`, `randint = shape` with `low` and
            `high`, `randperm = n`, or `layer = "Linear"`, `"RNN"`, `"RNNCell"` or `"Embedding"`
            with its arguments; `printed` is what was printed of it, for a layer by parameter.

    Raises:
        DescriptionError: If it is no TOML, or says something that cannot be meant.

    Examples:
        >>> from tinygrad_rnn.recover import from_toml
        >>> d = from_toml('''
        ... [[draw]]
        ... layer = "RNNCell"
        ... input_size = 4
        ... hidden_size = 2
        ...
        ... [[draw]]
        ... rand = [3]
        ... printed = "[0.0838, 0.6044, 0.0810]"
        ... ''')
        >>> [each.name for each in d.drawn][-2:]
        ['RNNCell.bias_hh', 'rand']
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError(f"the description is no TOML: {error}") from None
    if set(tables) != {"draw"} or not isinstance(tables["draw"], list):
        raise DescriptionError(f"a description is made of [[draw]] tables, got {sorted(tables)}")
    return Description([each for table in tables["draw"] for each in _one(table)])
