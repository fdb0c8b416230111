"""How the package is put together: who may know whom, what is public, what importing costs."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import tinygrad_rnn

ROOT = Path(tinygrad_rnn.__file__).parent
PACKAGE = "tinygrad_rnn"
FILES = {
    ".".join((PACKAGE, *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(
        ".__init__"
    ): path
    for path in sorted(ROOT.rglob("*.py"))
    if "examples" not in path.parts
}


def imports(name: str) -> set[str]:
    """The modules that `name` imports: at its top, in a function, or for the type checker alone."""
    path = FILES[name]
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            members = {f"{base}.{alias.name}" for alias in node.names}
            found.update(members & FILES.keys())
            if members - FILES.keys():  # something else than modules: the base itself is needed
                found.add(base)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text(encoding="utf-8")))
    return found


def inside(names: set[str]) -> set[str]:
    return {name for name in names if name.split(".")[0] == PACKAGE}


def test_the_files_are_found() -> None:
    assert {PACKAGE, f"{PACKAGE}.tensor", f"{PACKAGE}.nn.rnn"} <= FILES.keys()
    assert f"{PACKAGE}.core.graph" in imports(f"{PACKAGE}.operand")
    assert "numpy" in imports(f"{PACKAGE}.tensor")


def test_imports_point_one_way() -> None:
    waiting = {name: inside(imports(name)) - {name} for name in FILES}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        assert free, f"among these are some that import each other: {sorted(waiting)}"
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


EXTRAS = {  # wanted only where somebody asks for them
    f"{PACKAGE}.archives": {"safetensors"},
    f"{PACKAGE}.graph": {"graphviz"},
}


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_imported_but_the_standard_library_and_numpy(name: str) -> None:
    roots = {each.split(".")[0] for each in imports(name)}
    assert roots - {PACKAGE, "numpy"} - EXTRAS.get(name, set()) <= sys.stdlib_module_names


def listed(text: str, pattern: str) -> list[str]:
    """The names that a text lists in order."""
    names = re.findall(pattern, text, re.M)
    assert names
    return names


README = (ROOT.parent / "README.md").read_text(encoding="utf-8")
ROOMS = [
    name
    for row in listed(README.partition("How it is laid out")[2], r"^\| (`.*?) \|")
    for name in re.findall(r"`(\w+)/?`", row)
]
ORDER = (importlib.import_module(f"{PACKAGE}.core").__doc__ or "").partition("in this order")[2]
SHELVES = listed(ORDER, r"^ {4}(\w+)")


def room(name: str) -> str:
    return name.split(".")[1]


@pytest.mark.parametrize("name", [name for name in FILES if "." in name])
def test_files_import_from_rooms_that_the_readme_lists_before_them(name: str) -> None:
    if room(name) == "__main__" or room(name) not in ROOMS:
        assert room(name) in {"__main__", "cuda"}
        return
    before = ROOMS[: ROOMS.index(room(name)) + 1]
    assert {room(each) for each in inside(imports(name)) if "." in each} <= set(before)


@pytest.mark.parametrize("name", SHELVES)
def test_core_reads_from_top_to_bottom(name: str) -> None:
    needed = {each.rpartition(".")[2] for each in inside(imports(f"{PACKAGE}.core.{name}"))}
    assert needed <= set(SHELVES[: SHELVES.index(name)])


def code_lines(name: str) -> int:
    """Lines of code: neither blank, nor comment, nor docstring."""
    source = FILES[name].read_text(encoding="utf-8")
    strings = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    return sum(
        bool(line.strip()) and not line.lstrip().startswith("#") and number not in strings
        for number, line in enumerate(source.splitlines(), 1)
    )


def test_core_can_be_read_in_an_hour() -> None:
    lines = {name: code_lines(name) for name in FILES if f"{PACKAGE}.core" in name}
    assert max(lines.values()) <= 200, lines
    assert sum(lines.values()) <= 1400, lines


@pytest.mark.parametrize("name", [name for name in FILES if ".core" in name])
def test_the_core_knows_arrays_only(name: str) -> None:
    assert all(each.startswith(f"{PACKAGE}.core.") for each in inside(imports(name)))


def test_the_layers_do_not_know_the_optimizers() -> None:
    for name in FILES:
        if name.startswith(f"{PACKAGE}.nn"):
            assert not any(each.startswith(f"{PACKAGE}.optim") for each in imports(name)), name


MODULES = [name for name in FILES if not name.endswith("__main__")]


@pytest.mark.parametrize("name", FILES)
def test_every_module_says_what_it_is(name: str) -> None:
    assert ast.get_docstring(ast.parse(FILES[name].read_text(encoding="utf-8")))


def undocumented(module: ModuleType) -> list[str]:
    missing = []
    for name, each in vars(module).items():
        if name.startswith("_") or getattr(each, "__module__", None) != module.__name__:
            continue
        if not (inspect.isclass(each) or inspect.isfunction(each)):
            continue
        if not (each.__doc__ or "").strip():
            missing.append(name)
        if inspect.isclass(each):
            for key, member in vars(each).items():
                function = member.fget if isinstance(member, property) else member
                function = getattr(function, "__func__", function)
                public = not key.startswith("_") and inspect.isfunction(function)
                if public and not (function.__doc__ or "").strip():
                    missing.append(f"{name}.{key}")
    return missing


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_a_docstring(name: str) -> None:
    assert undocumented(importlib.import_module(name)) == []


@pytest.mark.parametrize("name", MODULES)
def test_every_name_in_all_exists_once(name: str) -> None:
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [])
    assert [each for each in names if not hasattr(module, each)] == []
    assert len(set(names)) == len(names)


def test_no_public_name_stands_for_two_things() -> None:
    owners: dict[str, list[int]] = {}
    for name in MODULES:
        if name.startswith((f"{PACKAGE}.nn", f"{PACKAGE}.optim", f"{PACKAGE}.cuda")):
            continue
        module = importlib.import_module(name)
        for each in getattr(module, "__all__", []):
            owners.setdefault(each, []).append(id(getattr(module, each)))
    assert [name for name, things in owners.items() if len(set(things)) > 1] == []


# ---- what `import tinygrad_rnn` costs beyond `import numpy` ----


def loaded(statement: str) -> set[str]:
    command = [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sorted(sys.modules))"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=ROOT.parent, timeout=60
    )
    return set(done.stdout.split())


# small modules of the standard library that the package itself asks for
ALLOWED = {
    "__future__", "_opcode", "_struct", "copy", "math", "opcode", "struct", "threading", "weakref",
    "numpy.typing",
}  # fmt: skip
HEAVY = {"argparse", "json", "numpy.random", "subprocess", "difflib", "unittest", "asyncio",
         "platform", "logging", "tempfile", "inspect"}  # fmt: skip


def test_importing_the_package_loads_little_beside_numpy() -> None:
    extra = {
        name
        for name in loaded("import tinygrad_rnn") - loaded("import numpy")
        if name.split(".")[0] != PACKAGE
    }
    assert {name for name in extra if not name.startswith("numpy._typing")} <= ALLOWED
    assert not extra & HEAVY


def test_importing_the_package_does_not_load_its_command_line() -> None:
    assert not {f"{PACKAGE}.replay", f"{PACKAGE}.__main__"} & loaded("import tinygrad_rnn")
