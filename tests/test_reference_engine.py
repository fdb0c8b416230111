"""Random programs with views and writes in place, against the reference engine.

The framework agrees with it to nine digits, or refuses the program with its documented error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from hypothesis import assume, event, given, note, settings
from hypothesis import strategies as st

import tinygrad_rnn as torch

from .arguments import PROFILE
from .reference_engine import Tensor, apply, made

REFUSALS = re.compile(
    "modified by an inplace operation|rewritten by a recorded in-place operation"
    "|on a leaf that requires a gradient|repeats elements in memory"
)

# name in the program: the function on arrays, and its derivatives by each operand
FUNCTIONS: dict[str, tuple[Callable[..., Any], Callable[..., tuple]]] = {
    "tanh": (np.tanh, lambda x: (1 - np.tanh(x) ** 2,)),
    "exp": (np.exp, lambda x: (np.exp(x),)),
    "sin": (np.sin, lambda x: (np.cos(x),)),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0,)),
    "abs": (np.abs, lambda x: (np.sign(x),)),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: (np.exp(-x) / (1 + np.exp(-x)) ** 2,)),
}
WITH_METHOD = ("tanh", "exp", "relu", "abs", "sigmoid")  # which have one that works in place
OPERATORS: dict[str, tuple[Callable[..., Any], Callable[..., tuple]]] = {
    "+": (np.add, lambda a, b: (np.ones(a.shape), np.ones(b.shape))),
    "-": (np.subtract, lambda a, b: (np.ones(a.shape), -np.ones(b.shape))),
    "*": (np.multiply, lambda a, b: (b, a)),
    "/": (np.divide, lambda a, b: (1 / b, -a / b**2)),
}
VIEWS: dict[str, Callable[[Any], Any]] = {  # for tensors and for the reference's arrays of places
    "{}.T": lambda x: x.T,
    "{}[0]": lambda x: x[0],
    "{}[-1]": lambda x: x[-1],
    "{}[..., 1]": lambda x: x[..., 1],
    "{}[1:]": lambda x: x[1:],
    "{}[::2]": lambda x: x[::2],
    "{}[None]": lambda x: x[None],
    "{}[:]": lambda x: x[:],
}
PLACES = {key: view for key, view in VIEWS.items() if key != "{}.T"}
COPIES: dict[str, Callable[[Any], Any]] = {
    "{}.clone()": lambda x: x,
    "{}[[0, 1, 0]]": lambda x: x[[0, 1, 0]],
    "{}.sum(0)": lambda x: x.sum(0),
    "{}.sum()": lambda x: x,
}


class NotPossible(Exception):
    """A drawn statement that the program has no tensors for; it is left out."""


class Program:
    """A program, line by line, run by the framework and by the reference side by side."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.ours: dict[str, Any] = {"torch": torch}
        self.theirs: dict[str, Tensor] = {}
        self.retained: dict[str, slice] = {}  # names, and the columns of derivatives by them
        self.columns = 12 + 2 * 9
        self.free = 12
        self.leaf("a", (3, 3), slice(0, 9))
        self.leaf("b", (3,), slice(9, 12))
        self.leaf("c", (3, 3), None)
        for name, leaf in (("x3", "a"), ("x4", "b")):  # no leaf is written to, but these are
            self.run(f"{name} = torch.sin({leaf})")
            self.theirs[name] = made(*apply(*FUNCTIONS["sin"], self.theirs[leaf]))

    def leaf(self, name: str, shape: tuple[int, ...], columns: slice | None) -> None:
        size = int(np.prod(shape))
        numbers = np.random.default_rng(len(self.theirs)).uniform(0.3, 1.2, shape).round(3)
        slopes = np.zeros((size, self.columns))
        if columns is not None:
            slopes[:, columns] = np.eye(size)
        flag = f", requires_grad={columns is not None}"
        self.run(f"{name} = torch.tensor({numbers.tolist()}, dtype=torch.float64{flag})")
        self.theirs[name] = made(numbers, slopes)

    def run(self, line: str) -> None:
        note(line)
        exec(line, self.ours)

    def choose(self, *values: Any) -> Any:
        return self.data.draw(st.sampled_from(values))

    def name(self, fits: Callable[[Tensor], bool] = lambda _: True) -> str:
        """One of the program's tensors, preferably a late one."""
        names = [name for name, each in reversed(self.theirs.items()) if fits(each)]
        if not names:
            raise NotPossible
        return self.choose(*names[:2], *names)

    def target(self, smallest: int = 0) -> str:
        """A tensor to write to: no leaf that requires a gradient, nor a view of one."""
        leaves = [self.theirs[leaf].memory for leaf in "ab"]
        return self.name(
            lambda each: (
                not each.detached
                and each.memory not in leaves
                and min(each.places.shape, default=0) >= smallest
            )
        )

    def operand(self, target: Tensor) -> str:
        """A tensor that broadcasts to `target`, preferably one that shares its memory."""
        shape = target.places.shape
        names = [name for name, t in self.theirs.items() if broadcasts(t.places.shape, shape)]
        if not names:
            raise NotPossible
        sharing = [name for name in names if self.theirs[name].memory is target.memory]
        return self.choose(*(sharing * len(names)), *names)

    def step(self) -> None:
        """One drawn statement."""
        self.choose(
            self.function, self.operator, self.view, self.view, self.copy, self.write, self.write,
            self.write, self.assign, self.assign, self.unrecorded,
        )()  # fmt: skip
        numbers = [each.memory.numbers for each in self.theirs.values()]
        assume(all((np.abs(each) < 1e3).all() for each in numbers))

    def new(self, text: str, tensor: Tensor) -> None:
        name = f"x{len(self.theirs)}"
        self.run(f"{name} = {text}")
        is_view = any(each.memory is tensor.memory for each in self.theirs.values())
        self.theirs[name] = tensor
        size = tensor.places.size
        fits = not is_view and self.free + size <= self.columns
        if fits and self.ours[name].requires_grad and self.choose(False, False, True):
            self.run(f"{name}.retain_grad()")
            self.retained[name] = slice(self.free, self.free + size)
            self.free += size
            self.probe(tensor, self.retained[name])

    def function(self) -> None:
        x, function = self.name(), self.choose(*FUNCTIONS)
        self.new(f"torch.{function}({x})", made(*apply(*FUNCTIONS[function], self.theirs[x])))

    def operands(self, x: str) -> tuple[str, str, Tensor]:
        """An operator, and a second operand: a tensor that broadcasts, or a number."""
        operator = self.choose(*OPERATORS)
        if self.choose(True, False, False):
            number = np.asarray(self.choose(0.5, 2.0, -1.5))
            return operator, str(number), made(number, np.zeros((1, self.columns)))
        other = self.operand(self.theirs[x])
        numbers = self.theirs[other].read()[0]
        if operator == "/" and (np.abs(numbers) < 0.05).any():
            raise NotPossible
        return operator, other, self.theirs[other]

    def operator(self) -> None:
        x = self.name()
        operator, text, other = self.operands(x)
        pair = apply(*OPERATORS[operator], self.theirs[x], other)
        self.new(f"{x} {operator} {text}", made(*pair))

    def view(self) -> None:
        x = self.name(lambda each: min(each.places.shape, default=0) > 1)
        text = self.choose(*VIEWS, "{}.detach()", "{}.expand(2, *{}.shape)")
        tensor = self.theirs[x]
        if text == "{}.detach()":
            viewed = tensor._replace(detached=True)
        elif text in VIEWS:
            viewed = tensor.view(VIEWS[text])
        else:
            viewed = tensor.view(lambda places: np.broadcast_to(places, (2, *places.shape)))
        self.new(text.format(x, x), viewed)

    def copy(self) -> None:
        x = self.name(lambda each: min(each.places.shape, default=0) > 1)
        text = self.choose(*COPIES)
        numbers, slopes = self.theirs[x].read()
        if text == "{}.sum()":
            numbers, slopes = numbers.sum(), slopes.reshape(-1, self.columns).sum(0)
        else:
            numbers, slopes = COPIES[text](numbers), COPIES[text](slopes)
        self.new(text.format(x), made(np.asarray(numbers), slopes))

    def write(self) -> None:
        """A write to a whole tensor."""
        x = self.target()
        tensor = self.theirs[x]
        kind = self.choose("function", "operator", "operator", "fill", "copy", "square")
        if kind == "function":
            function = self.choose(*WITH_METHOD)
            pair, line = apply(*FUNCTIONS[function], tensor), f"{x}.{function}_()"
        elif kind == "operator":
            operator, text, other = self.operands(x)
            pair, line = apply(*OPERATORS[operator], tensor, other), f"{x} {operator}= {text}"
        elif kind == "square":
            pair, line = apply(np.square, lambda x: (2 * x,), tensor), f"{x}.pow_(2)"
        elif kind == "fill":
            pair = np.full(tensor.places.shape, 0.5), np.zeros((1, self.columns))
            line = f"{x}.fill_(0.5)"
        else:
            other = self.operand(tensor)
            pair, line = self.theirs[other].read(), f"{x}.copy_({other})"
        self.run(line)
        tensor.write(*pair)
        self.written(x, tensor)

    def assign(self) -> None:
        """A write to a part of a tensor, by index."""
        x = self.target(smallest=2)
        text = self.choose(*PLACES)
        tensor = self.theirs[x]
        place = tensor.view(PLACES[text])
        other = self.operand(place)
        operator = self.choose(None, None, "+", "*")
        if operator:
            pair = apply(*OPERATORS[operator], place, self.theirs[other])
        else:
            pair = self.theirs[other].read()
        self.run(f"{text.format(x)} {operator or ''}= {other}")
        place.write(*pair)
        self.written(x, tensor)

    def written(self, name: str, tensor: Tensor) -> None:
        """A retained gradient is that of the last version; a write by way of another ends it."""
        for other in list(self.retained):
            if other == name:
                self.probe(tensor, self.retained[other])
            elif self.theirs[other].memory is tensor.memory:
                del self.retained[other]

    def unrecorded(self) -> None:
        """A write outside of the graph: numbers change, derivatives do not."""
        x = self.name(lambda each: not each.detached)
        with torch.no_grad():
            self.run(f"with torch.no_grad(): {x} *= 0.5")
        self.theirs[x].write(self.theirs[x].read()[0] * 0.5)

    def probe(self, tensor: Tensor, columns: slice) -> None:
        """Makes the tensor's elements inputs: their own derivatives are 1, all earlier ones 0."""
        for each in self.theirs.values():
            each.memory.slopes[:, columns] = 0
        tensor.memory.slopes[tensor.places.reshape(-1), columns] = np.eye(tensor.places.size)

    def finish(self) -> np.ndarray:
        """The sum of some tensors, each times a number; returns its derivatives by all inputs."""
        names = self.data.draw(st.lists(st.sampled_from([*self.theirs]), min_size=1, max_size=3))
        terms = [f"{i + 2} * {name}.sum()" for i, name in enumerate(names)]
        self.run(f"loss = {' + '.join(terms)}")
        reads = [self.theirs[name].read()[1].reshape(-1, self.columns) for name in names]
        return sum((i + 2) * each.sum(0) for i, each in enumerate(reads))


def broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    """Whether one shape broadcasts to the other."""
    return len(small) <= len(large) and all(
        n in (1, m) for n, m in zip(reversed(small), reversed(large), strict=False)
    )


@settings(PROFILE, max_examples=10 * PROFILE.max_examples)
@given(data=st.data())
def test_random_programs_agree_with_the_reference_or_are_refused(data: Any) -> None:
    program = Program(data)
    try:
        for _ in range(data.draw(st.integers(2, 10))):
            with suppress(NotPossible):
                program.step()
        slopes = program.finish()
        if not program.ours["loss"].requires_grad:
            assert not slopes.any(), "the graph was lost"
            return
        program.ours["loss"].backward()
    except RuntimeError as error:
        if not REFUSALS.search(str(error)):
            raise
        event("refused")
        return
    columns = {"a": slice(0, 9), "b": slice(9, 12), **program.retained}
    for name, mine in columns.items():
        gradient = program.ours[name].grad
        found = 0 if gradient is None else gradient.numpy()
        expected = slopes[mine].reshape(program.ours[name].shape)
        np.testing.assert_allclose(
            np.broadcast_to(found, expected.shape), expected, rtol=1e-9, atol=1e-9, err_msg=name
        )
