"""Descriptions: what a program drew, and what it printed of that."""

from __future__ import annotations

import inspect
import math
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any

from ..dtypes import Array
from .distributions import Distribution, Integers, Normal, Permutation, Uniform

SEEDS = 2**32
"""The number of different seeds."""

LARGEST = 2**20
"""The largest number of draws in a description: more would take too long to generate."""

_DECORATION = re.compile(
    r"grad_fn=<[^>]*>|requires_grad=\w+|dtype=[\w.]+|Parameter containing:|tensor|[(),\[\]]"
)
_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d{1,3})?")

Interval = tuple[float, float]
Settings = dict[str, Any]


class DescriptionError(ValueError):
    """A description that makes no sense or cannot be searched for."""


def intervals(printed: str, what: str) -> list[Interval | None]:
    """The interval of each printed number: half a unit of its last digit to either side.

    Args:
        printed: Numbers as PyTorch prints them, with brackets; `?` for an unknown one.
        what: What they are called in messages.

    Raises:
        DescriptionError: If `printed` is not text, has no numbers, or has something else.
    """
    if not isinstance(printed, str):
        raise DescriptionError(
            f"{what}: printed must be text, exactly as it was printed, in quotes; got {printed!r}"
        )
    found: list[Interval | None] = []
    for word in _DECORATION.sub(" ", printed).split():
        if word == "?":
            found.append(None)
            continue
        if not _NUMBER.fullmatch(word):
            raise DescriptionError(f"{what}: {word!r} is no figure (write ? for an unknown one)")
        unit = float(f"1e{Decimal(word).as_tuple().exponent}") if "." in word else 0.0
        half = 0.5 * unit * (1 + 1e-6)
        if not math.isfinite(abs(float(word)) + half):
            raise DescriptionError(f"{what}: {word!r} is too large for a float")
        found.append((float(word) - half, float(word) + half))
    if not any(found):
        raise DescriptionError(f"{what}: no figures are given")
    return found


@dataclass(frozen=True)
class Drawn:
    """A tensor that a program drew.

    Attributes:
        name: What it is called in messages.
        law: The distribution of its numbers.
        shape: Its shape.
        printed: What was printed of it, as text; "" if nothing was.
    """

    name: str
    law: Distribution
    shape: tuple[int, ...]
    printed: str = ""

    def figures(self) -> list[Interval | None]:
        """The interval of each number, None if it is unknown.

        Raises:
            DescriptionError: If the printed numbers are too few, too many, or cannot be drawn.
        """
        count = math.prod(self.shape)
        if self.printed == "":
            return [None] * count
        found = intervals(self.printed, self.name)
        if len(found) != count:
            raise DescriptionError(
                f"{self.name}: {len(found)} figures are given for {list(self.shape)}, which has "
                f"{count} numbers (write ? for an unknown one)"
            )
        for i, bounds in enumerate(found):
            if bounds and not self.law.chance(*bounds, i):
                number = f"{sum(bounds) / 2:g} (number {i})"
                raise DescriptionError(f"{self.name}: {number} cannot come out of {self.law}")
        return found


@dataclass(frozen=True)
class Computed:
    """Numbers that a program computed from what it drew.

    Attributes:
        name: What they are called in messages.
        function: Computes them for many seeds at once. It takes drawn tensors, by the names of its
            arguments, as arrays of shape (seeds, *shape), and returns an array of shape
            (seeds, numbers).
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
    """All that a program drew, in order, and what it computed from that.

    Attributes:
        drawn: The tensors, in the order in which they were drawn.
        computed: Numbers computed from them, the cheapest first.

    Raises:
        DescriptionError: If nothing was printed, a number cannot have been drawn, or more than
            2**20 numbers are drawn.
    """

    drawn: Sequence[Drawn]
    computed: Sequence[Computed] = ()

    def __post_init__(self) -> None:
        if (count := sum(math.prod(drawn.shape) for drawn in self.drawn)) > LARGEST:
            raise DescriptionError(f"{count:,} numbers are drawn; at most {LARGEST:,} can be")
        if not self.computed and self.chance() == 1:
            raise DescriptionError("no figures are given: nothing tells one seed from another")
        for figures in self.computed:
            intervals(figures.printed, figures.name)
            names = [drawn.name for drawn in self.drawn]
            if wrong := [name for name in figures.takes() if names.count(name) != 1]:
                raise DescriptionError(
                    f"{figures.name}: its function takes {wrong}; drawn are {names}, and a tensor "
                    "that it takes must be there once"
                )

    def identity(self) -> str:
        """A text that is the same for equal descriptions."""
        return f"{self.drawn}, {[(each.name, each.printed) for each in self.computed]}"

    def chance(self) -> float:
        """The probability that a wrong seed gives all drawn numbers by chance."""
        return math.prod(
            each.law.chance(*bounds, i)
            for each in self.drawn
            for i, bounds in enumerate(each.figures())
            if bounds
        )


_CHECKS: dict[type, tuple[str, Callable[[Any], bool]]] = {
    NoneType: (f"an int from 1 to {LARGEST:,}", lambda v: type(v) is int and 0 < v <= LARGEST),
    int: ("an int from 1 to 1,000", lambda v: type(v) is int and 0 < v <= 1000),
    bool: ("true or false", lambda v: type(v) is bool),
    float: ("a number from 0 to 1", lambda v: type(v) in (int, float) and 0 <= v <= 1),
    str: ("'tanh' or 'relu'", lambda v: v in ("tanh", "relu")),
}
"""What a setting must be, by the type of its default."""

_CELL: Settings = {"input_size": None, "hidden_size": None, "bias": True, "nonlinearity": "tanh"}
_STACK = {"num_layers": 1, "batch_first": False, "dropout": 0.0, "bidirectional": False}
_LAYERS = {
    "Linear": {"in_features": None, "out_features": None, "bias": True},
    "RNN": _CELL | _STACK,
    "RNNCell": _CELL,
    "Embedding": {"num_embeddings": None, "embedding_dim": None},
}
"""The settings of each layer with their defaults: first two sizes, which have none."""


def _shapes(kind: str, settings: Settings) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's parameters, in the order in which PyTorch draws them."""
    inputs, outputs, *_ = settings.values()
    if kind == "Embedding":
        return {"weight": (inputs, outputs)}
    shapes: dict[str, tuple[int, ...]] = {}
    if kind == "Linear":
        shapes = {"weight": (outputs, inputs), "bias": (outputs,)}
    else:
        directions = ("", "_reverse") if settings.get("bidirectional") else ("",)
        for layer in range(settings.get("num_layers", 1)):
            for direction in directions:
                suffix = f"_l{layer}{direction}" if kind == "RNN" else ""
                shapes[f"weight_ih{suffix}"] = (outputs, inputs)
                shapes[f"weight_hh{suffix}"] = (outputs, outputs)
                shapes[f"bias_ih{suffix}"] = shapes[f"bias_hh{suffix}"] = (outputs,)
            inputs = outputs * len(directions)
    return {name: shape for name, shape in shapes.items() if settings["bias"] or len(shape) == 2}


def _layer(kind: object, given: Settings, printed: object) -> list[Drawn]:
    """The parameters of a layer."""
    if not isinstance(kind, str) or kind not in _LAYERS:
        raise DescriptionError(f"layer must be one of {', '.join(_LAYERS)}, got {kind!r}")
    defaults = _LAYERS[kind]
    if unknown := sorted(given.keys() - defaults):
        raise DescriptionError(f"{kind}: {unknown} has no meaning here; it takes {list(defaults)}")
    settings = defaults | given
    for name, default in defaults.items():
        expected, accepts = _CHECKS[type(default)]
        if not accepts(settings[name]):
            raise DescriptionError(f"{kind}: {name} must be {expected}, got {settings[name]!r}")
    shapes = _shapes(kind, settings)
    if not isinstance(printed, dict):
        raise DescriptionError(f"{kind}: what is printed goes by name: [draw.printed] weight='...'")
    if unknown := sorted(printed.keys() - shapes):
        raise DescriptionError(f"{kind}: there is no {unknown}; it has {list(shapes)}")
    law: Distribution = Normal()
    if kind != "Embedding":
        bound = 1 / math.sqrt(settings["in_features" if kind == "Linear" else "hidden_size"])
        law = Uniform(-bound, bound)
    return [
        Drawn(f"{kind}.{name}", law, shape, printed.get(name, "")) for name, shape in shapes.items()
    ]


def _tensors(table: object) -> list[Drawn]:
    """The tensors of one `[[draw]]` table."""
    if not isinstance(table, dict):
        raise DescriptionError(f"a draw is a [[draw]] table, got {table!r}")
    names = ("layer", "rand", "randn", "randint", "randperm")
    if len(kinds := table.keys() & set(names)) != 1:
        raise DescriptionError(f"a draw has one of {', '.join(names)}; got {sorted(table)}")
    (kind,), options = kinds, dict(table)
    size, printed = options.pop(kind), options.pop("printed", {} if kind == "layer" else "")
    if kind == "layer":
        return _layer(size, options, printed)
    shape = tuple(size) if isinstance(size, list) and kind != "randperm" else (size,)
    if not shape or not all(type(length) is int and length > 0 for length in shape):
        expected = "a positive int" if kind == "randperm" else "made of positive ints"
        raise DescriptionError(f"{kind}: the shape must be {expected}, got {size!r}")
    law = {"rand": Uniform(), "randn": Normal()}.get(kind, Permutation(shape[0]))
    if kind == "randint":
        low, high = options.pop("low", 0), options.pop("high", None)
        if type(low) is not int or type(high) is not int or not -(2**63) <= low < high <= 2**63:
            raise DescriptionError(f"randint: low={low!r} and high={high!r} leave no number")
        law = Integers(low, high)
    if options:
        raise DescriptionError(f"{kind}: {sorted(options)} has no meaning here")
    return [Drawn(kind, law, shape, printed)]


def from_toml(text: str) -> Description:
    """Reads a description.

    Args:
        text: TOML: a `[[draw]]` for each tensor or layer, in the order in which the program drew
            them. A draw is `rand = shape`, `randn = shape`, `randint = shape` with `low` and
            `high`, `randperm = n`, or `layer = "Linear"`, `"RNN"`, `"RNNCell"` or `"Embedding"`
            with its arguments; `printed` is what was printed of it, as text; for a layer, a table
            of texts by parameter. Write `?` for an unknown number, also for an Embedding's zeros at
            `padding_idx`.

    Raises:
        DescriptionError: If `text` is not TOML or makes no sense.

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
    except (ValueError, RecursionError) as error:  # also for very long ints and deep nesting
        raise DescriptionError(f"the description is no TOML: {error}") from None
    if set(tables) != {"draw"} or not isinstance(tables["draw"], list):
        raise DescriptionError(f"a description is made of [[draw]] tables, got {sorted(tables)}")
    return Description([each for table in tables["draw"] for each in _tensors(table)])
