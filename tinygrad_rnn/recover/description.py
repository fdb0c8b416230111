"""What a program drew and what it printed of that."""

from __future__ import annotations

import inspect
import math
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..dtypes import Array
from .laws import Integers, Law, Normal, Permutation, Uniform

SEEDS = 2**32
"""So many seeds are different ones."""

LARGEST = 2**20
"""A description with more drawn numbers than this is refused: to reach them takes too long."""

_NOT_FIGURES = re.compile(
    r"grad_fn=<[^>]*>|requires_grad=\w+|dtype=[\w.]+|Parameter containing:|tensor|[(),\[\]]"
)
_FIGURE = re.compile(r"[-+]?\d+(?:\.(?P<decimals>\d*))?(?:e(?P<power>[-+]?\d{1,3}))?")

Interval = tuple[float, float]


class DescriptionError(ValueError):
    """A description that makes no sense, or that no search can use."""


def intervals(printed: str, what: str) -> list[Interval | None]:
    """Between which bounds printed figures lie: half a unit of their last digit to either side.

    Args:
        printed: Figures as PyTorch prints them, brackets and all; `?` for one that is not known.
        what: What they are, for messages.

    Raises:
        DescriptionError: If it is not text, there are none, or something else is among them.
    """
    if not isinstance(printed, str):
        raise DescriptionError(
            f"{what}: printed must be text, exactly as it was printed, in quotes; got {printed!r}"
        )
    found: list[Interval | None] = []
    for word in _NOT_FIGURES.sub(" ", printed).split():
        if word == "?":
            found.append(None)
            continue
        figure = _FIGURE.fullmatch(word)
        if not figure:
            raise DescriptionError(f"{what}: {word!r} is no figure (write ? for an unknown one)")
        decimals = figure["decimals"]
        unit = float(f"1e{int(figure['power'] or 0) - len(decimals or '')}")
        half = 0.0 if decimals is None else 0.5 * unit * (1 + 1e-6)
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
        DescriptionError: If no figures are given, one cannot come out of its draw, or more than
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


class _Setting(NamedTuple):
    """What a layer's setting can be."""

    default: object
    wanted: str
    accepts: Callable[[Any], bool]


def _int_up_to(most: int, default: int | None = None) -> _Setting:
    return _Setting(
        default,
        f"an int from 1 to {most:,}",
        lambda value: type(value) is int and 0 < value <= most,
    )


def _flag(default: bool) -> _Setting:
    return _Setting(default, "true or false", lambda value: isinstance(value, bool))


_SIZE = _int_up_to(LARGEST)
_NONLINEARITY = _Setting("tanh", "'tanh' or 'relu'", lambda value: value in ("tanh", "relu"))
_CELL = {
    "input_size": _SIZE,
    "hidden_size": _SIZE,
    "bias": _flag(True),
    "nonlinearity": _NONLINEARITY,
}
_LAYERS: dict[str, dict[str, _Setting]] = {
    "Linear": {"in_features": _SIZE, "out_features": _SIZE, "bias": _flag(True)},
    "RNN": {
        **_CELL,
        "num_layers": _int_up_to(1000, default=1),
        "batch_first": _flag(False),
        "dropout": _Setting(
            0.0,
            "a number from 0 to 1",
            lambda value: type(value) in (int, float) and 0 <= value <= 1,
        ),
        "bidirectional": _flag(False),
    },
    "RNNCell": _CELL,
    "Embedding": {"num_embeddings": _SIZE, "embedding_dim": _SIZE},
}


def _settings(kind: object, given: dict[str, Any]) -> dict[str, Any]:
    """A layer's settings, checked, with the defaults of those that are not given."""
    if not isinstance(kind, str) or kind not in _LAYERS:
        raise DescriptionError(f"layer must be one of {', '.join(_LAYERS)}, got {kind!r}")
    known = _LAYERS[kind]
    if unknown := sorted(set(given) - set(known)):
        raise DescriptionError(f"{kind}: {unknown} has no meaning here; it takes {list(known)}")
    settings = {name: given.get(name, setting.default) for name, setting in known.items()}
    for name, value in settings.items():
        if not known[name].accepts(value):
            raise DescriptionError(f"{kind}: {name} must be {known[name].wanted}, got {value!r}")
    return settings


def _shapes(kind: str, settings: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shapes of a layer's parameters, in the order in which PyTorch draws them."""
    if kind == "Embedding":
        return {"weight": (settings["num_embeddings"], settings["embedding_dim"])}
    shapes: dict[str, tuple[int, ...]] = {}
    if kind == "Linear":
        outputs = settings["out_features"]
        shapes = {"weight": (outputs, settings["in_features"]), "bias": (outputs,)}
    else:
        inputs, hidden = settings["input_size"], settings["hidden_size"]
        directions = ("", "_reverse") if settings.get("bidirectional") else ("",)
        for layer in range(settings.get("num_layers", 1)):
            for direction in directions:
                suffix = f"_l{layer}{direction}" if kind == "RNN" else ""
                shapes[f"weight_ih{suffix}"] = (hidden, inputs)
                shapes[f"weight_hh{suffix}"] = (hidden, hidden)
                shapes[f"bias_ih{suffix}"] = shapes[f"bias_hh{suffix}"] = (hidden,)
            inputs = hidden * len(directions)
    if not settings["bias"]:
        shapes = {name: shape for name, shape in shapes.items() if name.startswith("weight")}
    return shapes


def _layer(kind: Any, given: dict[str, Any], printed: object) -> list[Drawn]:
    """The parameters of a layer."""
    settings = _settings(kind, given)
    law: Law = Normal()
    if kind != "Embedding":
        bound = 1 / math.sqrt(settings["in_features" if kind == "Linear" else "hidden_size"])
        law = Uniform(-bound, bound)
    shapes = _shapes(kind, settings)
    if not isinstance(printed, dict):
        raise DescriptionError(
            f"{kind}: what is printed goes by name: [draw.printed] weight = '...'"
        )
    if unknown := sorted(set(printed) - set(shapes)):
        raise DescriptionError(f"{kind}: there is no {unknown}; it has {list(shapes)}")
    return [
        Drawn(f"{kind}.{name}", law, shape, printed.get(name, "")) for name, shape in shapes.items()
    ]


def _one(table: object) -> list[Drawn]:
    """The tensors of one `[[draw]]`."""
    if not isinstance(table, dict):
        raise DescriptionError(f"a draw is a [[draw]] table, got {table!r}")
    table = dict(table)
    if "layer" in table:
        printed = table.pop("printed", {})
        return _layer(table.pop("layer"), table, printed)
    kinds = {"rand", "randn", "randint", "randperm"} & set(table)
    if len(kinds) != 1:
        raise DescriptionError(
            f"a draw has one of layer, rand, randn, randint, randperm; got {sorted(table)}"
        )
    kind = kinds.pop()
    size, printed = table.pop(kind), table.pop("printed", "")
    shape = tuple(size) if isinstance(size, list) and kind != "randperm" else (size,)
    if not shape or not all(type(length) is int and length > 0 for length in shape):
        wanted = "a positive int" if kind == "randperm" else "made of positive ints"
        raise DescriptionError(f"{kind}: the shape must be {wanted}, got {size!r}")
    laws: dict[str, Law] = {"rand": Uniform(), "randn": Normal()}
    law = laws.get(kind, Permutation(shape[0]))
    if kind == "randint":
        low, high = table.pop("low", 0), table.pop("high", None)
        if type(low) is not int or type(high) is not int or not -(2**63) <= low < high <= 2**63:
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
            with its arguments; `printed` is what was printed of it as text, for a layer by
            parameter. Write `?` for a number that is not known, also for an Embedding's zeros at
            `padding_idx`.

    Raises:
        DescriptionError: If it is not TOML, or makes no sense.

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
    except (ValueError, RecursionError) as error:  # also ints of thousands of digits, deep nesting
        raise DescriptionError(f"the description is no TOML: {error}") from None
    if set(tables) != {"draw"} or not isinstance(tables["draw"], list):
        raise DescriptionError(f"a description is made of [[draw]] tables, got {sorted(tables)}")
    return Description([each for table in tables["draw"] for each in _one(table)])
