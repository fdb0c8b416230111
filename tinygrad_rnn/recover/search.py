"""The search through all seeds."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..dtypes import Array
from ..files import replace_file
from .description import SEEDS, Computed, Description, DescriptionError, Interval, intervals
from .laws import Element, elements_of
from .words import stream_words

if TYPE_CHECKING:
    from concurrent.futures import Future

CHUNK = 2**22
"""So many seeds are one piece of work: about a second."""

_BLOCK = 2**16
"""So many seeds are worked on at a time where little of each is needed: they fit the cache."""

_MOST_WORDS = 2**26
"""At most so many words of all seeds of a block are held at a time, 4 bytes each."""

_MOST_HITS = 2**20
"""If more seeds fit than this, the search is stopped: its result would only fill the memory."""

_RARE = 1e-3
"""Seeds that pass the first test should be fewer than this part of all."""


@dataclass
class Found:
    """What a search has come to.

    Attributes:
        seeds: The seeds that give every figure.
        covered: How many seeds were tried.
        seconds: How long it took.
    """

    seeds: list[int]
    covered: int
    seconds: float


def _block(positions: Sequence[int]) -> int:
    """How many seeds to work on at a time, if these words of each are needed."""
    return min(_BLOCK if len(positions) < 8 else _BLOCK // 2, _MOST_WORDS // (len(positions) or 1))


class _Test:
    """Some of the drawn numbers, and the bounds that they must keep."""

    def __init__(self, elements: Sequence[Element], bounds: Sequence[Interval]) -> None:
        self.elements, self.bounds = elements, bounds
        self.positions = sorted({p for each in elements for p in each.positions})
        self.block = _block(self.positions)

    def passed(self, seeds: Array) -> Array:
        """The seeds that keep the bounds."""
        words = dict(zip(self.positions, stream_words(seeds, self.positions), strict=True))
        keep = np.ones(len(seeds), bool)
        for element, (low, high) in zip(self.elements, self.bounds, strict=True):
            value = element.value(*(words[p] for p in element.positions))
            keep &= (value >= low) & (value <= high)
        return seeds[keep]


class _ComputedTest:
    """Figures that are computed from drawn tensors."""

    def __init__(
        self, tensors: Sequence[tuple[Sequence[Element], tuple[int, ...]]], figures: Computed
    ) -> None:
        self.tensors, self.figures = tensors, figures
        self.bounds = intervals(figures.printed, figures.name)
        every = (p for elements, _ in tensors for each in elements for p in each.positions)
        self.positions = sorted(set(every))
        self.block = _block(self.positions)

    def passed(self, seeds: Array) -> Array:
        """The seeds whose figures keep the bounds."""
        words = dict(zip(self.positions, stream_words(seeds, self.positions), strict=True))
        tensors = []
        for elements, shape in self.tensors:
            numbers = [each.value(*(words[p] for p in each.positions)) for each in elements]
            tensors.append(np.stack(numbers, 1).reshape(-1, *shape))
        values = self.figures.function(*tensors)
        if values.shape != (len(seeds), len(self.bounds)):
            raise DescriptionError(
                f"{self.figures.name}: the function returned shape {list(values.shape)} for "
                f"{len(seeds)} seeds and {len(self.bounds)} printed figures"
            )
        keep = np.ones(len(seeds), bool)
        for value, bounds in zip(values.T, self.bounds, strict=True):
            if bounds:
                keep &= (value >= bounds[0]) & (value <= bounds[1])
        return seeds[keep]


def _tests(description: Description) -> list[_Test | _ComputedTest]:
    """All that a seed must pass, the cheapest first."""
    elements = elements_of([(each.law, int(np.prod(each.shape))) for each in description.drawn])
    known: list[tuple[int, float, Element, Interval]] = []
    for tensor, drawn in zip(elements, description.drawn, strict=True):
        for i, (element, bounds) in enumerate(zip(tensor, drawn.figures(), strict=True)):
            if bounds:
                widened = (bounds[0] - drawn.law.slack, bounds[1] + drawn.law.slack)
                chance = drawn.law.chance(*bounds, i)
                known.append((max(element.positions), chance, element, widened))
    known.sort(key=lambda each: each[0])
    passing, first = 1.0, 0
    while first < len(known) and passing > _RARE:
        passing *= known[first][1]
        first += 1
    parts = [each for each in (known[:first], known[first:]) if each]
    tests: list[_Test | _ComputedTest] = [
        _Test([each[2] for each in part], [each[3] for each in part]) for part in parts
    ]
    named = {
        drawn.name: (tensor, drawn.shape)
        for tensor, drawn in zip(elements, description.drawn, strict=True)
    }
    for figures in description.computed:
        tests.append(_ComputedTest([named[name] for name in figures.takes()], figures))
    return tests


def _fitting(description: Description, first: int, last: int) -> list[int]:
    """The seeds from `first` to `last - 1` that give every figure."""
    seeds = np.arange(first, last, dtype=np.uint32)
    with np.errstate(all="ignore"):
        for test in _tests(description):
            blocks = (seeds[i : i + test.block] for i in range(0, len(seeds), test.block))
            seeds = np.concatenate([test.passed(block) for block in blocks] or [seeds])
    return [int(seed) for seed in seeds]


Span = tuple[int, int]
"""Seeds: the first, and one more than the last."""


def _merged(spans: Sequence[Span]) -> list[Span]:
    """The same seeds in as few spans as possible, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


class Progress:
    """Which seeds have been covered and which of them fit, kept in a file so that nothing is lost.

    Args:
        path: The file; None to keep nothing.
        description: What is searched for; a file of another search is refused.
        resume: Whether to continue from the file.

    Attributes:
        covered: The seeds that were tried, in whatever windows.
        hits: Those of them that fit.

    Raises:
        DescriptionError: If the file exists and is not to be continued, holds something else, or
            belongs to another search.
    """

    def __init__(self, path: Path | None, description: str, resume: bool) -> None:
        self._path, self._description = path, description
        self.covered: list[Span] = []
        self.hits: list[int] = []
        if path is None or not path.exists():
            return
        if not resume:
            raise DescriptionError(
                f"{path} holds an earlier search: go on with --resume, or remove it"
            )
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            same = kept["description"]
            self.covered = _merged([_span(start, end) for start, end in kept["covered"]])
            self.hits = [_span(seed, seed + 1)[0] for seed in kept["hits"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise DescriptionError(
                f"{path} holds no search that this version can continue; remove it"
            ) from None
        if same != description:
            raise DescriptionError(f"{path} belongs to the search for something else; remove it")

    def left(self, first: int, last: int) -> list[Span]:
        """The seeds from `first` to `last - 1` that are not covered, at most `CHUNK` a span."""
        spans, at = [], first
        for start, end in [*self.covered, (last, last)]:
            until = min(start, last)
            spans += [(begin, min(begin + CHUNK, until)) for begin in range(at, until, CHUNK)]
            at = max(at, end)
        return spans

    def add(self, span: Span, hits: list[int]) -> None:
        """Notes that a span is covered; the file is replaced as a whole."""
        self.covered, self.hits = _merged([*self.covered, span]), self.hits + hits
        if self._path:
            kept = {
                "description": self._description,
                "covered": self.covered,
                "hits": self.hits,
            }
            replace_file(self._path, json.dumps(kept).encode())


def _span(start: object, end: object) -> Span:
    """A span read from a file.

    Raises:
        ValueError: If it is none.
    """
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= SEEDS:
        raise ValueError(f"no span of seeds: {start!r} to {end!r}")
    return start, end


def search(
    description: Description,
    first: int = 0,
    last: int = SEEDS,
    *,
    processes: int | None = None,
    progress: Progress | None = None,
    report: Callable[[int, int, float], None] | None = None,
) -> Found:
    """Tries seeds, and says which give every figure.

    Args:
        description: What was drawn and printed.
        first: The first seed.
        last: One more than the last.
        processes: How many work at a time; None for one per core, 1 for this one only.
        progress: Where to note what is covered, and what not to do again.
        report: Called now and then with the seeds covered, all seeds, and the seconds so far.

    Raises:
        DescriptionError: If there is nothing to search, or more than 2**20 seeds fit.

    Examples:
        >>> import tinygrad_rnn as torch
        >>> from tinygrad_rnn.recover import Description, Drawn, Uniform, search
        >>> _ = torch.manual_seed(1234)
        >>> printed = str(torch.rand(3))
        >>> search(Description([Drawn("rand", Uniform(), (3,), printed)]), 0, 5000).seeds
        [1234]
    """
    if not 0 <= first < last <= SEEDS:
        raise DescriptionError(f"seeds go from 0 to {SEEDS - 1}; got {first} to {last - 1}")
    if processes is not None and processes < 1:
        raise DescriptionError(f"at least 1 process is needed, got {processes}")
    progress = progress or Progress(None, "", resume=False)
    begun = time.perf_counter()
    todo = progress.left(first, last)
    covered = last - first - sum(end - start for start, end in todo)
    processes = min(processes or os.cpu_count() or 1, len(todo))
    for span, hits in _worked(description, todo, processes):
        progress.add(span, hits)
        if len(progress.hits) > _MOST_HITS:
            raise DescriptionError(f"more than {_MOST_HITS:,} seeds fit: more figures are needed")
        covered += span[1] - span[0]
        if report:
            report(covered, last - first, time.perf_counter() - begun)
    seeds = sorted(seed for seed in progress.hits if first <= seed < last)
    return Found(seeds, covered, time.perf_counter() - begun)


def _worked(
    description: Description, spans: Sequence[Span], processes: int
) -> Iterator[tuple[Span, list[int]]]:
    """Spans as they are done, each with the seeds that fit."""
    if processes < 2:
        for span in spans:
            yield span, _fitting(description, *span)
        return
    # A browser's Python has no processes, so it may not be asked for them.
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait  # noqa: PLC0415

    waiting = iter(spans)
    running: dict[Future[list[int]], Span] = {}
    # Ctrl-C is for the process that gives out the work.
    ignoring = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(processes, initializer=ignoring) as pool:
        try:
            while True:
                for span in islice(waiting, 2 * processes - len(running)):
                    running[pool.submit(_fitting, description, *span)] = span
                if not running:
                    return
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(done), done.result()
        finally:
            for each in running:
                each.cancel()
