"""Changes the operations' source in one place at a time, and asks whether a test notices.

    python tests/mutate.py                                  # a sample over all operations
    python tests/mutate.py --module core/loss.py --sample 0 --jobs 2   # all of one module

A mutant swaps an operator, a comparison, a constant, a name; drops a sign or an `unbroadcast`. It
lives in a copy of the repository, and meets the tests that call the changed function, the fastest
first. Messages and the conditions of errors are left alone. A survivor is a gap in the tests, or
an equivalent program.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MODULES = (
    *(f"core/{name}.py" for name in
      ("arithmetic", "graph", "indexing", "layout", "linalg", "loss", "pointwise", "recurrent",
       "reduction", "shape", "versions")),
    "functions/inplace.py", "base.py",
)  # fmt: skip
TESTS = ("properties", "reference_engine", "gradients", "functions", "engine", "fused_rnn",
         "regressions", "creation", "random", "manners")  # fmt: skip
LONGEST = 5.0  # seconds; a test that takes longer is not asked
AT_MOST = 150  # tests for one mutant
TIMEOUT = 120.0


class Mutant(NamedTuple):
    """A piece of source, from one offset to another, and what takes its place."""

    module: str
    start: int
    stop: int
    text: str
    line: int
    function: int  # the line where the innermost function around it begins, 0 for none
    before: str  # the source around it, and what becomes of that
    after: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.stop :]

    def __str__(self) -> str:
        return f"{self.module}:{self.line}\n    - {self.before}\n    + {self.after}"


# ---- making mutants ----

OPERATORS: dict[type, tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.Pow: ("**", "*"), ast.FloorDiv: ("//", "/"), ast.Mod: ("%", "//"),
    ast.BitAnd: ("&", "|"), ast.BitOr: ("|", "&"),
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.And: ("and", "or"), ast.Or: ("or", "and"),
}  # fmt: skip
SIBLINGS = [
    ("maximum", "minimum"), ("greater", "less"), ("zeros", "ones"), ("zeros_like", "ones_like"),
    ("sin", "cos"), ("exp", "log"), ("argmax", "argmin"), ("max", "min"), ("floor", "ceil"),
    ("add", "subtract"), ("multiply", "divide"), ("all", "any"), ("float64", "float32"),
    ("a", "b"), ("x", "y"), ("g", "y"), ("a_shape", "b_shape"), ("left", "right"),
    ("mine", "theirs"), ("start", "end"), ("rows", "columns"), ("first", "last"),
    ("before", "after"), ("low", "high"),
    ("w_ih", "w_hh"), ("dz", "dh"), ("kind", "wide"), ("weights", "losses"), ("shape", "before"),
]  # fmt: skip
NAMES = {one: other for pair in SIBLINGS for one, other in (pair, pair[::-1])}
LEFT_ALONE = (ast.Raise, ast.Assert, ast.JoinedStr, ast.arguments, ast.Import, ast.ImportFrom)


class Finder(ast.NodeVisitor):
    """Collects the mutants of a module."""

    def __init__(self, package: Path, module: str) -> None:
        self.module = module
        self.source = (package / module).read_bytes()
        self.lines = [0]
        for line in self.source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.functions = [0]
        self.known: set[str] = set()  # the names in the outermost function
        self.found: list[Mutant] = []
        self.visit(ast.parse(self.source))

    def offsets(self, node: Any) -> tuple[int, int]:
        start = self.lines[node.lineno - 1] + node.col_offset
        return start, self.lines[node.end_lineno - 1] + node.end_col_offset

    def add(self, node: Any, start: int, stop: int, text: str) -> None:
        head = self.source[self.source.rfind(b"\n", 0, start) + 1 : start].decode().lstrip()
        tail = self.source[stop : self.source.find(b"\n", stop)].decode()
        self.found.append(
            Mutant(
                module=self.module, start=start, stop=stop, text=text, line=node.lineno,
                function=self.functions[-1], after=head + text + tail,
                before=head + self.source[start:stop].decode() + tail,
            )
        )  # fmt: skip

    def between(self, node: ast.AST, left: ast.AST, operator: ast.AST, right: ast.AST) -> None:
        """Swaps the operator between two operands."""
        if type(operator) not in OPERATORS:
            return
        old, new = OPERATORS[type(operator)]
        start, stop = self.offsets(left)[1], self.offsets(right)[0]
        at = self.source.find(old.encode(), start, stop)
        if at >= 0:
            self.add(node, at, at + len(old), new)

    def generic_visit(self, node: ast.AST) -> None:
        if isinstance(node, LEFT_ALONE) or _is_check(node) or _is_text(node):
            return
        enters = isinstance(node, ast.FunctionDef | ast.Lambda)
        if isinstance(node, ast.FunctionDef):
            if len(self.functions) == 1:
                self.known = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            self.functions.append(first)
            for statement in node.body:
                self.visit(statement)
        elif enters:
            self.functions.append(node.lineno)
            self.visit(node.body)
        else:
            self.mutate(node)
            for field, child in ast.iter_fields(node):
                if field not in {"annotation", "returns", "decorator_list"}:
                    for each in child if isinstance(child, list) else [child]:
                        if isinstance(each, ast.AST):
                            self.visit(each)
        if enters:
            self.functions.pop()

    def mutate(self, node: ast.AST) -> None:
        if not hasattr(node, "lineno"):
            return
        start, stop = self.offsets(node)
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                self.between(node, left, operator, right)
            case ast.AugAssign(target=left, op=operator, value=right):
                self.between(node, left, operator, right)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                self.between(node, left, operator, right)
            case ast.BoolOp(op=operator, values=[left, right, *_]):
                self.between(node, left, operator, right)
            case ast.UnaryOp(op=operator):
                self.add(node, start, start + (4 if isinstance(operator, ast.Not) else 1), "")
            case ast.Constant(value=bool(value)):
                self.add(node, start, stop, str(not value))
            case ast.Constant(value=int(value)):
                self.add(node, start, stop, str(1 - value if value in (0, 1) else value + 1))
            case ast.Constant(value=float(value)):
                self.add(node, start, stop, str(value + 1))
            case ast.If(test=test) | ast.IfExp(test=test):
                at = self.offsets(test)
                text = self.source[at[0] : at[1]].decode()
                self.add(test, *at, f"(not ({text}))")
            case ast.Call(func=ast.Name(id="unbroadcast" | "rounded"), args=[*_, _]):
                kept = node.args[0] if node.func.id == "unbroadcast" else node.args[1]
                at = self.offsets(kept)
                self.add(node, start, stop, self.source[at[0] : at[1]].decode())
            case ast.Name(id=name, ctx=ast.Load()) if NAMES.get(name) in self.known:
                self.add(node, start, stop, NAMES[name])
            case ast.Attribute(value=ast.Name(id="np"), attr=name) if name in NAMES:
                self.add(node, stop - len(name), stop, NAMES[name])
            case ast.Call(func=ast.Attribute(attr="max" | "min" | "all" | "any" as name)):
                at = self.offsets(node.func)[1]
                self.add(node, at - len(name), at, NAMES[name])


def _is_check(node: ast.AST) -> bool:
    """Whether a statement does nothing but refuse arguments."""
    return isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise) and not node.orelse


def _is_text(node: ast.AST) -> bool:
    """Whether a node is a docstring, a list of names, the name of a backward, or `copy=`."""
    if isinstance(node, ast.keyword):
        return node.arg == "copy"  # whether memory is shared; no number depends on that
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and node.targets[0].id in {"__all__", "name"}
    return isinstance(node, ast.FunctionDef) and any(
        isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list
    )


# ---- which tests call which function: this file as a plugin of pytest ----

Calls = dict[str, dict[str, Any]]


def pytest_configure(config: Any) -> None:
    if "MUTATE_RECORD" in os.environ:
        config.pluginmanager.register(Recorder(Path(os.environ["MUTATE_RECORD"])))


class Recorder:
    """Notes every function of the package that a test calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: Calls = {}

    def pytest_pyfunc_call(self, pyfuncitem: Any) -> None:
        seen: set[tuple[str, int]] = set()

        def note(frame: Any, event: str, _: Any) -> None:
            if event == "call":
                seen.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

        begin = time.perf_counter()
        sys.setprofile(note)
        try:
            pyfuncitem.obj(**{a: pyfuncitem.funcargs[a] for a in pyfuncitem._fixtureinfo.argnames})
        finally:
            sys.setprofile(None)
        inside = str(Path.cwd() / "tinygrad_rnn") + os.sep
        keys = [f"{name.removeprefix(inside)}:{n}" for name, n in seen if name.startswith(inside)]
        self.calls[pyfuncitem.nodeid] = {"seconds": time.perf_counter() - begin, "calls": keys}
        return True

    def pytest_sessionfinish(self) -> None:
        self.path.write_text(json.dumps(self.calls))


# ---- running ----


def copied(where: Path) -> Path:
    """A copy of the repository to change."""
    ignored = shutil.ignore_patterns(".*", "__pycache__", "site", "dist")
    shutil.copytree(ROOT, where, ignore=ignored)
    return where


def run_tests(where: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "PYTHONPATH": str(where), "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", *arguments],
        cwd=where, env=os.environ | variables | environment, text=True, capture_output=True,
        timeout=None if environment else TIMEOUT, check=False,
    )  # fmt: skip


def recorded(where: Path) -> Calls:
    """What each passing test calls."""
    record = where / "calls.json"
    files = [f"tests/test_{name}.py" for name in TESTS]
    done = run_tests(where, "-p", "tests.mutate", *files, MUTATE_RECORD=str(record))
    print(done.stdout.splitlines()[-1], flush=True)
    calls: Calls = json.loads(record.read_text())
    return calls


def tests_of(mutant: Mutant, calls: Calls) -> list[str]:
    """The tests that call the mutant's function, the fastest first, properties before all."""
    key = f"{mutant.module}:{mutant.function}"
    found = [
        (not name.startswith("tests/test_properties"), each["seconds"], name)
        for name, each in calls.items()
        if each["seconds"] < LONGEST and (key in each["calls"] or not mutant.function)
    ]
    return [name for *_, name in sorted(found)[:AT_MOST]]


def is_killed(mutant: Mutant, where: Path, calls: Calls) -> bool:
    path = where / "tinygrad_rnn" / mutant.module
    source = path.read_bytes()
    names = tests_of(mutant, calls)
    if not names:
        return False
    path.write_bytes(mutant.apply(source))
    try:
        return run_tests(where, "-x", *names).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_bytes(source)


def judged(mutants: list[Mutant], copies: list[Path]) -> Iterator[tuple[Mutant, bool]]:
    """Every mutant, and whether a test noticed it."""
    calls = recorded(copies[0])
    free: Queue[Path] = Queue()
    for each in copies:
        free.put(each)

    def judge(mutant: Mutant) -> bool:
        where = free.get()
        try:
            return is_killed(mutant, where, calls)
        finally:
            free.put(where)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from zip(mutants, pool.map(judge, mutants), strict=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", nargs="*", default=MODULES, help="as core/loss.py")
    parser.add_argument("--sample", type=int, default=200, help="how many mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copies = [copied(Path(folder) / str(i)) for i in range(options.jobs)]
        package = copies[0] / "tinygrad_rnn"
        mutants = [each for name in options.module for each in Finder(package, name).found]
        print(f"{len(mutants)} mutants of {len(options.module)} modules", flush=True)
        if options.sample and options.sample < len(mutants):
            mutants = sorted(random.Random(options.seed).sample(mutants, options.sample))
        survivors = []
        for mutant, killed in judged(mutants, copies):
            print("killed  " if killed else "SURVIVED", mutant, flush=True)
            if not killed:
                survivors.append(mutant)
    print(f"\n{len(mutants) - len(survivors)} of {len(mutants)} killed; survived:\n")
    print(*survivors, sep="\n")


if __name__ == "__main__":
    main()
