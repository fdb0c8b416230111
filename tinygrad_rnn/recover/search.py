"""The search through all seeds."""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from ..dtypes import Array
from ..files import replace_file
from .description import SEEDS, Computed, Description, DescriptionError, Interval, intervals
from .distributions import Element, Stream
from .words import stream_words

CHUNK = 2**22
"""Seeds in one piece of work, which takes about a second."""

_BLOCK = 2**16
"""Seeds in one array if few words of each are needed: such arrays fit the cache."""

_MOST_WORDS = 2**26
"""Words held at a time for all seeds of a block, 4 bytes each."""

_MOST_HITS = 2**20
"""If more seeds fit, the search is stopped: the result would only fill the memory."""

_RARE = 1e-3
"""The first test should be passed by a smaller part of the seeds than this."""


@dataclass
class Found:
    """The result of a search.

    Attributes:
        seeds: The seeds that reproduce every number.
        covered: How many seeds were tried.
        seconds: How long it took.
    """

    seeds: list[int]
    covered: int
    seconds: float


@dataclass
class _Test:
    """Numbers that a seed must reproduce.

    Attributes:
        elements: Drawn numbers.
        bounds: The interval of each of them, or of each number computed from them.
        computed: What is computed from them, if anything.
        shapes: The shapes of the tensors that it takes, which the elements fill in order.
    """

    elements: list[Element]
    bounds: list[Interval | None]
    computed: Computed | None = None
    shapes: Sequence[tuple[int, ...]] = ()

    def passed(self, seeds: Array) -> Array:
        """The seeds whose numbers are within the bounds."""
        positions = sorted({p for each in self.elements for p in each.positions})
        most = _BLOCK if len(positions) < 8 else _BLOCK // 2
        block = min(most, _MOST_WORDS // (len(positions) or 1))
        blocks = [seeds[i : i + block] for i in range(0, len(seeds), block)]
        return np.concatenate([seeds[:0], *(self._passed(part, positions) for part in blocks)])

    def _passed(self, seeds: Array, positions: Sequence[int]) -> Array:
        words = dict(zip(positions, stream_words(seeds, positions), strict=True))
        drawn = (each.value(*(words[p] for p in each.positions)) for each in self.elements)
        keep = np.ones(len(seeds), bool)
        for value, bounds in zip(self._numbers(drawn, len(seeds)), self.bounds, strict=True):
            if bounds:
                keep &= (value >= bounds[0]) & (value <= bounds[1])
        return seeds[keep]

    def _numbers(self, drawn: Iterator[Array], seeds: int) -> Iterable[Array]:
        """The numbers to compare, each for all seeds."""
        if self.computed is None:
            return drawn
        tensors = [
            np.stack(list(islice(drawn, math.prod(shape))), 1).reshape(-1, *shape)
            for shape in self.shapes
        ]
        numbers = self.computed.function(*tensors)
        if numbers.shape != (seeds, len(self.bounds)):
            raise DescriptionError(
                f"{self.computed.name}: the function returned shape {list(numbers.shape)} for "
                f"{seeds} seeds and {len(self.bounds)} printed figures"
            )
        return numbers.T


def _tests(description: Description) -> Iterator[_Test]:
    """All tests that a seed must pass, the cheapest first."""
    stream, known = Stream(), []
    tensors: dict[str, tuple[list[Element], tuple[int, ...]]] = {}
    for drawn in description.drawn:
        elements = drawn.law.place(stream, math.prod(drawn.shape))
        tensors[drawn.name] = elements, drawn.shape
        for i, (element, bounds) in enumerate(zip(elements, drawn.figures(), strict=True)):
            if bounds:
                widened = (bounds[0] - drawn.law.slack, bounds[1] + drawn.law.slack)
                known.append((element, widened, drawn.law.chance(*bounds, i)))
    first, rest, passing = _Test([], []), _Test([], []), 1.0
    for element, interval, chance in sorted(known, key=lambda each: max(each[0].positions)):
        test = first if passing > _RARE else rest
        test.elements.append(element)
        test.bounds.append(interval)
        passing *= chance
    yield from (test for test in (first, rest) if test.elements)
    for figures in description.computed:
        taken = [tensors[name] for name in figures.takes()]
        yield _Test(
            [element for elements, _ in taken for element in elements],
            intervals(figures.printed, figures.name),
            figures,
            [shape for _, shape in taken],
        )


def _fitting(description: Description, first: int, last: int) -> list[int]:
    """The seeds from `first` to `last - 1` that reproduce every number."""
    seeds: Array = np.arange(first, last, dtype=np.uint32)
    with np.errstate(all="ignore"):
        for test in _tests(description):
            seeds = test.passed(seeds)
    fitting: list[int] = seeds.tolist()
    return fitting


Span = tuple[int, int]
"""Seeds: the first, and one more than the last."""


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same seeds in as few spans as possible, in order."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            start, last = merged.pop()
            end = max(end, last)
        merged.append((start, end))
    return merged


class Progress:
    """Which seeds have been covered and which of them fit, kept in a file.

    Args:
        path: The file; None to keep nothing.
        description: Identifies the search; the file of another search is refused.
        resume: Whether to continue from the file.

    Attributes:
        covered: The seeds that were tried, in any windows.
        hits: Those of them that fit.

    Raises:
        DescriptionError: If the file exists and is not to be continued, has other content, or
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
            same = kept["description"] == description
            self.covered = _merged(_span(*span) for span in kept["covered"])
            self.hits = [_span(seed, seed + 1)[0] for seed in kept["hits"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise DescriptionError(
                f"{path} holds no search that this version can continue; remove it"
            ) from None
        if not same:
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
        """Records that a span is covered; the file is replaced as a whole."""
        self.covered, self.hits = _merged([*self.covered, span]), self.hits + hits
        if self._path:
            kept = {"description": self._description, "covered": self.covered, "hits": self.hits}
            replace_file(self._path, json.dumps(kept).encode())


def _span(start: object, end: object) -> Span:
    """A span read from a file.

    Raises:
        ValueError: If it is not one.
    """
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= SEEDS:
        raise ValueError(f"not a span of seeds: {start!r} to {end!r}")
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
    """Tries seeds and returns those that reproduce every number.

    Args:
        description: What was drawn and printed.
        first: The first seed.
        last: One more than the last.
        processes: The number of processes; None for one per core, 1 for only the current one.
        progress: Records the covered seeds; those that it already holds are not tried again.
        report: Called from time to time with the number of seeds covered, the number of all seeds,
            and the seconds so far.

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
    """Spans as they are finished, each with the seeds that fit."""
    if processes < 2:
        for span in spans:
            yield span, _fitting(description, *span)
        return
    # Imported here because Python in a browser has no processes.
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415

    # Only the process that distributes the work handles Ctrl-C.
    ignoring = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(processes, initializer=ignoring) as pool:
        try:
            running = {pool.submit(_fitting, description, *span): span for span in spans}
            for done in as_completed(running):
                yield running[done], done.result()
        finally:
            pool.shutdown(cancel_futures=True)
