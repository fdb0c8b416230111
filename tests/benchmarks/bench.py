"""Measures tinygrad_rnn beside hand-written NumPy, PyTorch, JAX, HIPS autograd and tinygrad.

    python tests/benchmarks/bench.py                      # everything, in less than five minutes
    python tests/benchmarks/bench.py --quick              # a few seconds: does it run?
    python tests/benchmarks/bench.py --only training --size 1,5,4,4,4
    python tests/benchmarks/bench.py --json run.json --plot run.svg

Whoever is installed takes part. Before anything is timed, all must compute the same loss from the
same weights for a few steps; who does not is not timed. Each contestant's fastest way of running a
program is found first, then all take turns, so that what disturbs the machine disturbs them all.
Printed are medians with quartiles, and how they compare. Do not run anything else meanwhile: four
threads that wait for each other on three free cores can take a hundred times as long. What other
processes did is printed with a cell if it was enough to matter.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))  # this clone, whichever is installed

import blas  # noqa: E402
import chart  # noqa: E402
import numpy as np  # noqa: E402
import processes  # noqa: E402
from contestants import CORES, HandWritten, Ours, Variant, available  # noqa: E402
from problems import EVALUATION, GENERATION, GROWTH, TRAINING, Problem, Sizes  # noqa: E402

YARDSTICK, OURS = HandWritten.name, Ours.name
SAME_LOSS = 1e-5
"""How far losses may lie apart, relative to the yardstick's."""
SAMPLE = 4e-3
"""A sample is one step, or as many as take this many seconds."""
PAUSE = 0.03
"""So many seconds lie before each sample: OpenBLAS's threads look out for work for that long, and
would take the cores from those of the next contestant."""
STAGES = ("forward", "backward", "Adam")
STAGED = {YARDSTICK, OURS, "PyTorch"}
"""In whose steps the stages can be told apart."""
GROUPS = (
    "training",
    "stages",
    "programs",
    "evaluation",
    "generation",
    "growth",
    "memory",
    "import",
    "hello",
)


@dataclass
class Measured:
    """Median and quartiles of one contestant in one cell."""

    median: float
    q1: float
    q3: float
    samples: int
    variant: str = ""

    @classmethod
    def of(cls, values: list[float], variant: str = "") -> Measured:
        """What the values say."""
        q1, _, q3 = quantiles(values, n=4) if len(values) > 1 else values * 3
        return cls(median(values), q1, q3, len(values), variant)


@dataclass
class Cell:
    """One case and what was measured.

    Attributes:
        group: The kind of measurement.
        case: The size or the program.
        unit: `"s"` or `"bytes"`.
        results: By contestant.
        refused: Why the others were not timed.
        others: How many cores other processes kept busy meanwhile, where that can be told.
    """

    group: str
    case: str
    unit: str = "s"
    results: dict[str, Measured] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    others: float | None = None


def agreed(
    problem: Problem, contestants: list[Any], cell: Cell, effort: float
) -> dict[str, tuple[float, int, str]]:
    """Checks that contestants compute the same, and finds each one's fastest variant.

    Args:
        problem: What is computed.
        contestants: Who computes it; the first one is compared with.
        cell: Where to note who is refused.
        effort: How many seconds to spend on each variant, at least three steps.

    Returns:
        For each contestant that may be timed, its fastest variant: (seconds, number, name).
    """
    steps = 20 if problem.program == "generate" else 3
    expected: list[float] = []
    fastest: dict[str, tuple[float, int, str]] = {}
    for contestant in contestants:
        try:
            for number, variant in enumerate(variants_of(contestant, problem)):
                values, seconds = trial(variant, steps, effort)
                expected = expected or values
                if not np.allclose(values, expected, rtol=SAME_LOSS, atol=0):
                    name = f"{contestant.name} {variant.name}".strip()
                    cell.refused[name] = f"computes {values}, not {expected}"
                    continue
                found = (seconds, number, variant.name)
                fastest[contestant.name] = min(found, fastest.get(contestant.name, found))
        except Exception as error:  # whatever a library cannot do
            cell.refused[contestant.name] = f"fails: {error!r}"
    return fastest


def variants_of(contestant: Any, problem: Problem) -> Iterator[Variant]:
    """The ways in which a contestant runs a program; none if it has not got that program."""
    method = getattr(contestant, problem.program, None)
    return iter(()) if method is None else method(problem)


def trial(variant: Variant, steps: int, effort: float) -> tuple[list[float], float]:
    """What the first steps compute, and how long a step takes once it has run."""
    values, times = [], []
    with variant.setting():
        while len(times) < steps or (sum(times[1:]) < effort and len(times) < 200):
            start = time.perf_counter()
            values.append(variant.step())
            times.append(time.perf_counter() - start)
    return values[:steps], min(times[1:]) if len(times) < 10 else median(times[1:])


def compare(
    group: str, problem: Problem, contestants: list[Any], options: Any, stage: str = ""
) -> Cell:
    """Times a program, or one stage of it, under all contestants that agree about it."""
    cell = Cell(group, f"{problem.sizes} {stage}".strip())
    wait_for_quiet(options.patience)
    fastest = agreed(problem, contestants, cell, options.seconds / 100)
    timed: dict[str, tuple[Variant, float]] = {}
    for contestant in contestants:
        if contestant.name in fastest:
            seconds, number, _ = fastest[contestant.name]
            variants = variants_of(contestant, problem.frozen())
            timed[contestant.name] = next(islice(variants, number, None)), seconds
    samplers = {name: sampler(*each, stage) for name, each in timed.items()}
    cost = sum(PAUSE + max(3 * SAMPLE, 2 * seconds) for _, seconds in timed.values())
    rounds = max(3 if options.quick else 5, min(100, int(options.seconds / cost)))
    wait_for_quiet(options.patience)
    before = clocks()
    with calm():
        samples = take_turns(samplers, rounds)
    cell.others = others_since(before)
    for name, values in samples.items():
        cell.results[name] = Measured.of(values, timed[name][0].name)
    return cell


def sampler(variant: Variant, seconds: float, stage: str) -> Callable[[], float]:
    """A function that takes one sample of a variant whose step takes about `seconds`.

    If a `stage` is named, the other ones run, but only this one is timed.
    """
    repeats = max(1, round(SAMPLE / seconds))
    step, setting = variant.step, variant.setting

    def sample() -> float:
        time.sleep(PAUSE)
        with setting():
            for _ in range(2 * repeats if repeats > 1 else 1):  # what has slept is not fast at once
                step()
            if stage:
                return sum(time_of(stage) for _ in range(repeats)) / repeats
            start = time.perf_counter()
            for _ in range(repeats):
                step()
            return (time.perf_counter() - start) / repeats

    def time_of(stage: str) -> float:
        taken = 0.0
        for name, run in variant.stages.items():
            start = time.perf_counter()
            run()
            if name == stage:
                taken = time.perf_counter() - start
        return taken

    return sample


def take_turns(samplers: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Samples of everyone, round by round, each round in the reverse order of the one before."""
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    order = list(samplers)
    for _ in range(rounds):
        for name in order:
            samples[name].append(samplers[name]())
        order.reverse()
    return samples


def clocks() -> tuple[float, float, float] | None:
    """Seconds so far: of the clock, of all processors at work, and of those for this process."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system = map(int, stat.read_text(encoding="ascii").split()[1:4])
    busy = (user + nice + system) / os.sysconf("SC_CLK_TCK")
    return time.perf_counter(), busy, time.process_time()


def others_since(before: tuple[float, float, float] | None) -> float | None:
    """How many cores other processes have kept busy since `before`, on average."""
    now = clocks()
    if before is None or now is None:
        return None
    elapsed, busy, own = (b - a for a, b in zip(before, now, strict=True))
    return max(0.0, busy - own) / elapsed


def wait_for_quiet(patience: float) -> None:
    """Waits until other processes leave the processor alone, at most `patience` seconds."""
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        before = clocks()
        time.sleep(0.2)
        if (others_since(before) or 0) < 0.2:
            return


@contextmanager
def calm() -> Iterator[None]:
    """Hides all that exists from the garbage collector.

    Otherwise whoever makes many objects would pay for looking through other libraries'.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def problems(options: Any) -> Iterator[tuple[str, Problem, set[str] | None]]:
    """What is to be timed: the group, the problem, and for whom (None for everyone)."""
    few = {YARDSTICK, OURS, "PyTorch", "JAX"}
    training = TRAINING[:2] if options.quick else TRAINING
    yield from (("training", Problem("train", sizes), None) for sizes in training)
    yield from (("stages", Problem("train", sizes), STAGED) for sizes in TRAINING[:2])
    yield "programs", Problem("cell", Sizes(1, 5, 4, 4, 4), 0.1), None
    yield "programs", Problem("embedding", Sizes(1, 5, 10, 4, 4), 0.1), None
    evaluation, generation = EVALUATION, GENERATION
    if options.quick:
        evaluation, generation = evaluation[:1], generation[:1]
    yield from (("evaluation", Problem("evaluate", sizes), few) for sizes in evaluation)
    yield from (("generation", Problem("generate", sizes), few) for sizes in generation)
    for axis, all_sizes in GROWTH.items():
        for sizes in all_sizes[1:2] if options.quick else all_sizes:
            yield f"growth with {axis}", Problem("train", sizes), few


def measure(options: Any, contestants: list[Any]) -> Iterator[Cell]:
    """All cells that the options ask for, one after the other."""

    def wanted(group: str, case: str = "") -> bool:
        return (not options.only or group.split(maxsplit=1)[0] in options.only) and (
            not options.size or not case or case in options.size
        )

    for group, problem, names in problems(options):
        if wanted(group, str(problem.sizes)):
            chosen = [each for each in contestants if names is None or each.name in names]
            for stage in STAGES if group == "stages" else ("",):
                cell = compare(group, problem, chosen, options, stage)
                if problem.program in ("cell", "embedding"):
                    cell.case = {"cell": "RNNCell program", "embedding": "embedding program"}[
                        problem.program
                    ]
                yield cell
    if options.quick:
        return
    for sizes in TRAINING:
        if wanted("memory", str(sizes)):
            yield memory(sizes, contestants)
    rounds = 5
    if wanted("import"):
        starts = {"Python alone": "pass", "NumPy": "import numpy"}
        starts |= {each.name: f"import {each.needs}" for each in contestants[1:]}
        samplers = {name: processes.seconds("-c", code) for name, code in starts.items()}
        yield of_processes("import", "import", samplers, rounds)
    if wanted("hello"):
        with processes.hello_for_pytorch() as twin:
            samplers = {
                "NumPy": processes.seconds("-c", "import numpy"),
                OURS: processes.seconds(str(processes.HELLO)),
            }
            if any(each.name == "PyTorch" for each in contestants):
                samplers["PyTorch"] = processes.seconds(twin)
            yield of_processes("hello", "hello program", samplers, rounds)


def memory(sizes: Sizes, contestants: list[Any]) -> Cell:
    """The peak memory of training at some size."""
    cell = Cell("memory", str(sizes), "bytes")
    for contestant in contestants:
        if contestant.name in (YARDSTICK, OURS, "PyTorch", "JAX"):
            peak = processes.peak_memory(contestant.name.lower(), str(sizes))
            if peak is not None:
                cell.results[contestant.name] = Measured.of([float(peak)])
    return cell


def of_processes(
    group: str, case: str, samplers: dict[str, Callable[[], float]], rounds: int
) -> Cell:
    """Times whole processes; the first run of each, which may fill caches, does not count."""
    samples = take_turns(samplers, rounds + 1)
    return Cell(group, case, results={name: Measured.of(v[1:]) for name, v in samples.items()})


# ---- what is printed ----


def quantity(value: float, unit: str) -> str:
    """A value as people read it."""
    scales = {"s": ((1, "s"), (1e-3, "ms"), (1e-6, "us")), "bytes": ((1e6, "MB"), (1e3, "kB"))}[
        unit
    ]
    scale, name = next((each for each in scales if value >= each[0]), scales[-1])
    return f"{value / scale:.3g} {name}"


def printed(cell: Cell) -> str:
    """A cell as lines: the median, the quartiles, and the ratio to the first and to ours."""
    lines = [f"\n{cell.group}: {cell.case}"]
    if cell.others is not None and cell.others > 0.1:
        lines[0] += f" (other processes kept {cell.others:.1f} cores busy meanwhile)"
    first = next(iter(cell.results), None)
    for name, each in cell.results.items():
        spread = ""
        if each.samples > 1:
            spread = f"{quantity(each.q1, cell.unit)} .. {quantity(each.q3, cell.unit)}"
        ratios = f"{each.median / cell.results[first].median:7.2f} x {first}" if first else ""
        if OURS in cell.results and first != OURS:
            ratios += f"{each.median / cell.results[OURS].median:8.2f} x ours"
        row = f"  {name:<20}{quantity(each.median, cell.unit):>9}  {spread:<24}{ratios}"
        lines.append(f"{row}  {each.variant}".rstrip())
    lines += [f"  {name} was not timed: it {reason}" for name, reason in cell.refused.items()]
    return "\n".join(lines)


def summary(cells: list[Cell]) -> str:
    """One line for each timed cell: who takes how many times as long as whom."""
    head = ("", "hand", "ours", "ours/hand", "PyTorch/ours", "JAX/ours", "autograd/ours")
    rows = [f"{head[0]:<40}" + "".join(f"{each:>14}" for each in head[1:])]
    for cell in cells:
        ours = cell.results.get(OURS)
        if ours is None or len(cell.results) < 2:
            continue
        hand = cell.results.get(YARDSTICK)
        figures = [
            quantity(hand.median, cell.unit) if hand else "",
            quantity(ours.median, cell.unit),
            f"{ours.median / hand.median:.2f}" if hand else "",
        ]
        for name in ("PyTorch", "JAX", "HIPS autograd"):
            other = cell.results.get(name)
            figures.append(f"{other.median / ours.median:.2f}" if other else "")
        label = f"{cell.group}: {cell.case}"
        rows.append(f"{label:<40}" + "".join(f"{each:>14}" for each in figures))
    return "\n".join(rows)


def machine(contestants: list[Any]) -> dict[str, Any]:
    """What the figures were measured on."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
        processor = models[0] if models else processor
    packages = {each.needs for each in contestants} - {"tinygrad_rnn"} | {"numpy"}
    return {
        "processor": processor,
        "cores": CORES,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in sorted(packages)},
        "blas": {"kernel": blas.kernel(), "threads": blas.threads()},
        "environment": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(("OPENBLAS_", "OMP_", "MKL_", "XLA_"))
        },
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def plot(cells: list[Cell]) -> str:
    """The training steps as a chart."""
    groups = {}
    for cell in cells:
        hand = cell.results.get(YARDSTICK)
        if hand and cell.group in ("training", "programs"):
            others = {n: m.median / hand.median for n, m in cell.results.items() if n != YARDSTICK}
            groups[f"{cell.case} ({quantity(hand.median, 's')})"] = others
    return chart.bars("A training step, in multiples of hand-written NumPy's time", groups)


def parsed(arguments: list[str] | None) -> Any:
    """The options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="only these measurements")
    parser.add_argument("--size", nargs="+", help="only these sizes, as batch,steps,in,hidden,out")
    parser.add_argument(
        "--contestants",
        nargs="+",
        type=str.lower,
        help="only those whose name contains one of these",
    )
    parser.add_argument("--seconds", type=float, default=1.5, help="for each cell (default 1.5)")
    parser.add_argument(
        "--patience",
        type=float,
        default=5,
        help="seconds to wait for a quiet machine, twice a cell",
    )
    parser.add_argument("--quick", action="store_true", help="a few seconds, few samples")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--plot", type=Path, help="draw the training steps into this SVG file")
    options = parser.parse_args(arguments)
    if options.quick:
        options.seconds, options.patience = 0.05, 0.0
    return options


def main(arguments: list[str] | None = None) -> list[Cell]:
    """Measures, prints, and writes what the options ask for."""
    options = parsed(arguments)
    start = time.perf_counter()
    contestants, absent = available(options.contestants)
    about = machine(contestants)
    print("\n".join(f"{name}: {value}" for name, value in about.items()))
    for name, reason in absent.items():
        print(f"{name} {reason}")
    if about["load"] is not None and about["load"] > 0.5:
        print("Something else is running on this machine: trust ratios little, times not at all.")
    cells = []
    for cell in measure(options, contestants):
        cells.append(cell)
        print(printed(cell), flush=True)
    print(f"\n{summary(cells)}\n\n{time.perf_counter() - start:.0f} s")
    if options.json:
        written = {"machine": about, "absent": absent, "cells": [asdict(cell) for cell in cells]}
        options.json.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        options.plot.write_text(plot(cells), encoding="utf-8")
    return cells


if __name__ == "__main__":
    main()
