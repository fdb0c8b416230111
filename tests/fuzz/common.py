"""Runs one program here and in PyTorch and says how they differ.

A program is a list of lines of Python, in which `torch` is either library. Everything that it
leaves behind is compared: type, shape, value and gradient of every tensor, and every number. What
differs is made smaller by leaving out lines, and printed as a program.
"""

from __future__ import annotations

import argparse
import linecache
import random
import re
import sys
import textwrap
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import tinygrad_rnn as ours

try:
    import torch as pytorch
except ImportError:  # the tests skip these files then
    pytorch = None  # type: ignore[assignment]

PACKAGE = str(Path(ours.__file__).parent)
RTOL = {"float32": 1e-4, "float64": 1e-9}
FLOOR = {"float32": 1e-6, "float64": 1e-12}  # for values of about 1, as the generators draw them

Lines = list[str]
Generate = Callable[[random.Random], Lines]


@dataclass
class Seen:
    """What is left of a value when it is taken out of its library."""

    dtype: str
    array: np.ndarray[Any, Any]
    strides: tuple[int, ...]
    requires_grad: bool
    grad: Seen | None


@dataclass
class Error:
    """An exception of a program."""

    kind: str
    message: str
    documented: bool

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


def see(value: Any, library: ModuleType, grad: bool = True) -> Any:
    if isinstance(value, library.Tensor):
        requires_grad = value.requires_grad
        return Seen(
            str(value.dtype).removeprefix("torch."),
            np.array(value.detach().numpy()),
            tuple(value.stride()),
            requires_grad,
            None
            if not grad or not requires_grad or value.grad is None
            else see(value.grad, library, False),
        )
    if isinstance(value, list | tuple):
        return [see(each, library) for each in value]
    if isinstance(value, dict):
        return [[key, see(value[key], library)] for key in sorted(value)]
    return value if isinstance(value, bool | int | float | str) else None


def _error(error: BaseException, file: str) -> Error:
    """Documented is what our own code raises on purpose, and what the program itself causes."""
    trace = error.__traceback__
    assert trace is not None
    while trace.tb_next is not None:
        trace = trace.tb_next
    place = trace.tb_frame.f_code.co_filename
    source = linecache.getline(place, trace.tb_lineno).strip()
    if place.startswith(PACKAGE):
        documented = source.startswith("raise") and not isinstance(error, OverflowError)
    else:
        documented = place == file and isinstance(error, TypeError | IndexError | NameError)
    return Error(type(error).__name__, str(error), documented)


def run(lines: Lines, library: ModuleType, cloning: bool = False) -> dict[str, Any] | Error:
    """The values of a program's variables, or its error.

    `cloning` is for PyTorch: it keeps what a write destroys, instead of refusing backward.
    """
    file = f"<program in {library.__name__}>"
    space: dict[str, Any] = {"torch": library, "nn": library.nn, "F": library.nn.functional}
    known = {*space, "__builtins__"}
    saved = nullcontext()
    if cloning:
        saved = pytorch.autograd.graph.saved_tensors_hooks(lambda t: t.clone(), lambda t: t)
    try:
        with saved:
            exec(compile("\n".join(lines), file, "exec"), space)
        return {
            name: see(value, library)
            for name, value in space.items()
            if name not in known and not name.startswith("_")
        }
    except Exception as error:
        if library is ours:
            return _error(error, file)
        return Error(type(error).__name__, str(error), True)


def _steps(seen: Seen) -> list[int]:
    """The strides, without those that lead nowhere: NumPy sets these as it likes."""
    if 0 in seen.array.shape:
        return []
    pairs = zip(seen.strides, seen.array.shape, strict=True)
    return [stride for stride, length in pairs if length > 1]


def difference(
    theirs: Any, here: Any, strides: bool, precision: str = "float32", scale: float = 1.0
) -> str:
    """How a value here differs from PyTorch's; empty if it does not."""
    if isinstance(theirs, Seen):
        if not isinstance(here, Seen):
            return f"PyTorch has a tensor, here it is {here!r}"
        if theirs.dtype != here.dtype:
            return f"dtype {here.dtype}, PyTorch {theirs.dtype}"
        if theirs.array.shape != here.array.shape:
            return f"shape {here.array.shape}, PyTorch {theirs.array.shape}"
        if theirs.requires_grad != here.requires_grad:
            return f"requires_grad {here.requires_grad}, PyTorch {theirs.requires_grad}"
        if strides and _steps(theirs) != _steps(here):
            return f"strides {here.strides}, PyTorch {theirs.strides}"
        if not _close(theirs.array, here.array, precision, scale):
            return f"value {here.array.tolist()}, PyTorch {theirs.array.tolist()}"
        if (theirs.grad is None) != (here.grad is None):
            return "grad is None" if here.grad is None else "grad is not None, PyTorch None"
        found = difference(theirs.grad, here.grad, False, precision, scale) if theirs.grad else ""
        return f"grad: {found}" if found else ""
    if isinstance(theirs, list):
        if not isinstance(here, list) or len(theirs) != len(here):
            return f"{here!r}, PyTorch {theirs!r}"
        for number, (one, other) in enumerate(zip(theirs, here, strict=True)):
            if found := difference(one, other, strides, precision, scale):
                return f"[{number}]: {found}"
        return ""
    if isinstance(theirs, float) and isinstance(here, float):
        same = _close(np.array(theirs), np.array(here), precision, scale)
        return "" if same else f"{here!r}, PyTorch {theirs!r}"
    return "" if theirs == here and type(theirs) is type(here) else f"{here!r}, PyTorch {theirs!r}"


def _close(
    theirs: np.ndarray[Any, Any], here: np.ndarray[Any, Any], precision: str, scale: float
) -> bool:
    if theirs.dtype.kind != "f":
        return bool(np.array_equal(theirs, here))
    with np.errstate(all="ignore"):
        return bool(
            np.allclose(here, theirs, RTOL[precision], FLOOR[precision] * scale, equal_nan=True)
        )


def _is_single(value: Any) -> bool:
    """Whether there is float32 in it: then no result of the program has more digits."""
    if isinstance(value, list):
        return any(map(_is_single, value))
    return isinstance(value, Seen) and value.dtype == "float32"


@dataclass
class Verdict:
    """How a program went: `kind` is a heading of the report, `detail` says what was found."""

    kind: str
    detail: str = ""


EQUAL, RIGHT, BOTH, REFUSED, ACCEPTED, WRONG, DELIBERATE = (
    "equal",
    "right where PyTorch refuses or depends on the order of the elements",
    "refused by both",
    "refused here only",
    "accepted here only",
    "WRONG",
    "deliberate difference",
)


@dataclass
class Fuzzer:
    """A generator of programs, and how its programs are judged.

    Attributes:
        generate: Draws a program.
        strides: The variables whose strides are compared.
        deliberate: Beginnings of messages here that the documentation lists as differences.
        allowed: Parts of PyTorch's messages where accepting is documented.
        reference: Rewrites a program so that PyTorch's result does not depend on the order in which
            a write goes through overlapping memory; judged by it is what differs at first.
        scale: About how large the numbers of the program are.
    """

    generate: Generate
    strides: tuple[str, ...] = ()
    deliberate: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    reference: Callable[[Lines], Lines] | None = None
    scale: Callable[[Lines], float] = lambda _: 1.0

    def judge(self, lines: Lines) -> Verdict:
        here = run(lines, ours)
        verdict = self._compare(run(lines, pytorch), here, lines)
        if self.reference and verdict.kind in (WRONG, ACCEPTED):
            theirs = run(self.reference(lines), pytorch, cloning=True)
            if self._compare(theirs, here, lines).kind == EQUAL:
                return Verdict(RIGHT)
        return verdict

    def _compare(
        self, theirs: dict[str, Any] | Error, here: dict[str, Any] | Error, lines: Lines
    ) -> Verdict:
        if isinstance(here, Error):
            same = isinstance(theirs, Error) and theirs.message == here.message
            if not here.documented and not same:
                return Verdict(WRONG, f"undocumented {here}")
            if isinstance(theirs, Error):
                return Verdict(BOTH)
            if any(re.search(each, here.message) for each in self.deliberate):
                return Verdict(DELIBERATE, str(here))
            return Verdict(REFUSED, str(here))
        if isinstance(theirs, Error):
            message = theirs.message.strip().split("\n")[0]
            if any(re.search(each, message) for each in self.allowed):
                return Verdict(DELIBERATE, f"accepted where PyTorch says: {message}")
            return Verdict(ACCEPTED, f"PyTorch {theirs.kind}: {message}")
        scale = self.scale(lines)
        precision = "float32" if _is_single(list(theirs.values())) else "float64"
        for name, value in theirs.items():
            if name not in here:
                continue  # a name that the reference needs
            found = difference(value, here.get(name), name in self.strides, precision, scale)
            if found:
                return Verdict(WRONG, f"{name}: {found}")
        return Verdict(EQUAL)

    def smaller(self, lines: Lines) -> Lines:
        """The program with as few lines as show the same kind of verdict."""
        first = self.judge(lines)

        def same(fewer: Lines) -> bool:
            verdict = self.judge(fewer)
            return verdict.kind == first.kind and _plain(verdict.detail) == _plain(first.detail)

        shrunk = True
        while shrunk:
            shrunk = False
            for at in reversed(range(len(lines))):
                fewer = lines[:at] + lines[at + 1 :]
                if same(fewer):
                    lines, shrunk = fewer, True
        return lines

    def fuzz(self, count: int, seed: int, first: int = 0) -> Report:
        """Judges `count` programs; number n of a seed is always the same program."""
        report = Report()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", RuntimeWarning)
            for number in range(first, first + count):
                lines = self.generate(random.Random(f"{seed} {number}"))
                verdict = self.judge(lines)
                report.count[verdict.kind] += 1
                if verdict.kind in (EQUAL, RIGHT, BOTH):
                    continue
                small = lines
                if verdict.kind != DELIBERATE and len(report.examples) < 200:
                    small = self.smaller(lines)
                kind = verdict.kind, _sort(verdict, small)
                report.kinds[kind] += 1
                report.examples.setdefault(kind, (number, small, self.judge(small).detail))
        return report


def _plain(detail: str) -> str:
    """A finding without its numbers and names of variables."""
    found = re.match(
        r"\w+: ((?:\[\d+\]: |grad: )*(?:value|strides|shape|dtype|requires_grad))", detail
    )
    if found:
        return found[1]
    return re.sub(r"\[[^a-z]*\]|\([^a-z]*\)|-?\d+(\.\d+)?(e[+-]\d+)?", "#", detail)[:160]


USUAL = {"tensor", "backward", "sum", "view", "permute", "append"}


def _sort(verdict: Verdict, lines: Lines) -> str:
    """What findings of a kind have in common: for wrong results, also what the program calls."""
    if verdict.kind != WRONG:
        return _plain(verdict.detail)
    calls = set(re.findall(r"\.(\w+)\(|([-+*/]=)", "\n".join(lines)))
    names = {one or other for one, other in calls} - {
        "tensor",
        "backward",
        "sum",
        "view",
        "permute",
        "append",
    }
    return f"{_plain(verdict.detail)} ({' '.join(sorted(names))})"


@dataclass
class Report:
    """What a run found."""

    count: Counter[str] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], tuple[int, Lines, str]] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return bool(self.count[WRONG])

    def __str__(self) -> str:
        lines = [f"programs tried: {self.count.total()}"]
        lines += [
            f"  {kind}: {self.count[kind]}"
            for kind in (EQUAL, RIGHT, BOTH, DELIBERATE, REFUSED, ACCEPTED, WRONG)
        ]
        for kind in (DELIBERATE, REFUSED, ACCEPTED, WRONG):
            for (of, plain), times in self.kinds.most_common():
                if of != kind:
                    continue
                number, program, detail = self.examples.get((of, plain), (-1, [], plain))
                lines.append(f"\n{kind}, {times} times (program {number}): {detail[:600]}")
                if kind != DELIBERATE:
                    lines += [textwrap.indent(line, "    ") for line in program]
        return "\n".join(lines)


def main(fuzzer: Fuzzer, description: str, count: int) -> None:
    """The command line of a fuzzer."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--count", type=int, default=count, help="how many programs")
    parser.add_argument("--seed", type=int, default=0, help="which programs")
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    options = parser.parse_args()
    pytorch.set_num_threads(1)
    report = fuzzer.fuzz(options.count, options.seed, options.first)
    print(report)
    sys.exit(report.failed)


# ---- drawing tensors ----

FLOATS = ("float32", "float64")
DTYPES = (*FLOATS, "int64", "int32", "uint8", "bool")


def shape_of(
    rng: random.Random, dims: tuple[int, ...] = (0, 1, 1, 2, 2, 2, 3, 4)
) -> tuple[int, ...]:
    return tuple(rng.choice((0, 1, 1, 2, 2, 3, 3, 4)) for _ in range(rng.choice(dims)))


def values(rng: random.Random, shape: tuple[int, ...], dtype: str) -> np.ndarray[Any, Any]:
    size = int(np.prod(shape))
    if dtype in FLOATS:
        numbers: list[Any] = [round(rng.uniform(-2, 2), 1) for _ in range(size)]
    elif dtype == "bool":
        numbers = [rng.random() < 0.5 for _ in range(size)]
    else:
        numbers = [rng.randint(0 if dtype == "uint8" else -5, 9) for _ in range(size)]
    return np.array(numbers, dtype).reshape(shape)


def literal(array: np.ndarray[Any, Any], requires_grad: bool = False) -> str:
    """A tensor of these values, as source."""
    dtype = array.dtype.name
    if array.size:
        rounded = np.round(array.astype(np.float64), 6) if dtype == "float32" else array
        data = re.sub(r"(-?)\b(inf|nan)\b", r"\1float('\2')", repr(rounded.tolist()))
        start = f"torch.tensor({data}"
    else:
        start = f"torch.zeros({array.shape}"
    usual = dtype in ("float32", "bool", "int64") and (array.size or dtype == "float32")
    kind = "" if usual else f", dtype=torch.{dtype}"
    return f"{start}{kind}{', requires_grad=True' if requires_grad else ''})"


LAYOUTS = (
    "dense",
    "dense",
    "permuted",
    "permuted",
    "sliced",
    "cut",
    "indexed",
    "expanded",
    "computed",
    "selected",
    "leaf",
    "cloned",
)


def tensor(
    rng: random.Random,
    name: str,
    array: np.ndarray[Any, Any],
    requires_grad: bool = False,
    layout: str | None = None,
) -> Lines:
    """Lines that make `name` a tensor of these values in some layout, and its base `name_`.

    An expanded tensor repeats its first values.
    """
    layout = layout or rng.choice(LAYOUTS)
    n = array.ndim
    if n == 0 and layout not in ("selected", "cloned"):
        layout = "dense"
    base = f"{name}0"
    dim = rng.randrange(n) if n else 0
    before = ":, " * dim
    order = list(range(n))
    rng.shuffle(order)
    permuted = np.ascontiguousarray(array.transpose(np.argsort(order))) if n else array
    if layout == "dense":
        return [f"{name} = {literal(array, requires_grad)}"]
    if layout == "leaf":
        grad = ".requires_grad_()" if requires_grad else ""
        return [f"{name} = {literal(permuted)}.permute({order}){grad}"]
    if layout in ("permuted", "computed", "cloned"):
        after = {"permuted": "", "computed": " * 1", "cloned": ".clone()"}[layout]
        if layout == "computed" and array.dtype == bool:
            after = " | False"
        return [
            f"{base} = {literal(permuted, requires_grad)}",
            f"{name} = {base}.permute({order}){after}",
        ]
    if layout == "expanded":
        once = array[(slice(None),) * dim + (slice(0, 1),)]
        if once.shape[dim] == 0:
            return [f"{name} = {literal(array, requires_grad)}"]
        return [
            f"{base} = {literal(once, requires_grad)}",
            f"{name} = {base}.expand({array.shape})",
        ]
    if layout == "indexed":
        places = list(range(array.shape[dim]))
        rng.shuffle(places)
        whole = np.take(array, np.argsort(places), dim) if places else array
        return [
            f"{base} = {literal(whole, requires_grad)}",
            f"{name} = {base}[{before}{places}]",
        ]
    if layout == "selected":
        at = rng.randrange(2)
        axis = rng.randrange(n + 1)
        whole = np.stack([array[::-1] if n else array, array][:: 1 if at else -1], axis)
        return [
            f"{base} = {literal(whole, requires_grad)}",
            f"{name} = {base}.select({axis}, {at})",
        ]
    length = array.shape[dim]
    if layout == "sliced":
        offset = rng.randrange(2)
        whole = np.repeat(array, 2, dim)
        return [
            f"{base} = {literal(whole, requires_grad)}",
            f"{name} = {base}[{before}{offset or ''}::2]",
        ]
    assert layout == "cut"
    edge = array[(slice(None),) * dim + (slice(0, 1),)]
    whole = np.concatenate([edge, array, edge], dim) if length else array
    return [
        f"{base} = {literal(whole, requires_grad)}",
        f"{name} = {base}[{before}{'1:-1' if length else ':'}]",
    ]
