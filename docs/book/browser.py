"""Puts Python, NumPy and the framework into a built site, so that its cells run in the browser.

    python -m docs.book.browser site              # NumPy as an npm package holds it, for tests
    python -m docs.book.browser site --official   # NumPy as Pyodide released it, to be published
    python -m docs.book.browser --modules         # where npm's packages are, for the tests' tools

All goes into `site/_py/<hash>/`, which browsers may keep for ever; `site/_py/current.json` names
the folder. What npm brings is kept outside the repository, and fetched again if `package-lock.json`
changes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinygrad_rnn-book"
RELEASE = "https://cdn.jsdelivr.net/pyodide/v{version}/full/{file}"
FOR_COMPILERS = (".pyi", ".pxd", "/include/", "/f2py/")
"""What is in NumPy's wheel and not needed to run anything."""
BOOK = ("__init__.py", "cells.py", "draw.py", "live.py", "playground.py")
NOTICE = """\
This folder holds, compressed anew:
Pyodide {version}, Mozilla Public License 2.0, https://github.com/pyodide/pyodide
Python {python}, PSF License, https://www.python.org
NumPy {numpy}, BSD License, https://numpy.org, its licences inside the wheel, which
is without the parts that serve compilers;
and tinygrad_rnn, MIT License, with the book's own code, in book.zip.
"""


class AssemblyError(Exception):
    """Something that the browser needs is not to be had."""


def modules() -> Path:
    """The folder `node_modules` with what `package-lock.json` names; npm fills it once.

    Raises:
        AssemblyError: If npm does not succeed.
    """
    lock = HERE / "package-lock.json"
    folder = CACHE / f"npm-{_digest(lock.read_bytes())[:12]}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as place:
            whole = Path(place) / "npm"
            whole.mkdir()
            for file in (lock, HERE / "package.json"):
                shutil.copy(file, whole)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=whole, capture_output=True, text=True, check=False)
            if done.returncode:
                raise AssemblyError(f"{' '.join(command)} failed:\n{done.stderr}")
            whole.replace(folder)
    return folder / "node_modules"


def numpy_for_tests(folder: Path) -> bytes:
    """NumPy's wheel out of a package that has nothing to do with it; npm checked the package.

    Args:
        folder: npm's `node_modules`.
    """
    (wheel,) = (folder / "@bentopdf" / "pymupdf-wasm" / "assets").glob("numpy-*.whl")
    return wheel.read_bytes()


def _fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=60) as answer:
        return bytes(answer.read())


def official_numpy(lock: dict[str, Any], fetch: Callable[[str], bytes] = _fetched) -> bytes:
    """NumPy's wheel as it belongs to a release of Pyodide.

    Args:
        lock: The lock file of that release, out of its npm package.
        fetch: What gets the bytes at an address.

    Raises:
        AssemblyError: If it cannot be fetched, or is not the file that the lock file names.
    """
    numpy = lock["packages"]["numpy"]
    kept: Path = CACHE / numpy["file_name"]
    if kept.exists() and _digest(kept.read_bytes()) == numpy["sha256"]:
        return kept.read_bytes()
    address = RELEASE.format(version=lock["version"], file=numpy["file_name"])
    try:
        wheel = fetch(address)
    except OSError as error:
        raise AssemblyError(f"{address} cannot be fetched: {error}") from None
    if _digest(wheel) != numpy["sha256"]:
        raise AssemblyError(
            f"{address} has the SHA-256 {_digest(wheel)}, and Pyodide's lock file says "
            f"{numpy['sha256']}"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    _write(kept, wheel)
    return wheel


def files(pyodide: Path, lock: dict[str, Any], wheel: bytes) -> dict[str, bytes]:
    """Everything that the browser fetches, by file name.

    Args:
        pyodide: Pyodide's npm package.
        lock: Its lock file.
        wheel: NumPy's wheel.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:  # released without compression
        members = {
            name: archive.read(name)
            for name in archive.namelist()
            if not any(part in name for part in FOR_COMPILERS)
        }
    numpy = {**lock["packages"]["numpy"]}
    packed = _zipped(members)
    own_lock = {
        "info": lock["info"],
        "packages": {"numpy": {**numpy, "sha256": _digest(packed)}},
    }
    notice = NOTICE.format(
        version=lock["version"], python=lock["info"]["python"], numpy=numpy["version"]
    )
    wasm = (pyodide / "pyodide.asm.wasm").read_bytes()
    plain = ("pyodide.mjs", "pyodide.asm.js", "python_stdlib.zip")
    return {
        **{name: (pyodide / name).read_bytes() for name in plain},
        # Not .gz, which some hosts take for an encoding and undo.
        "pyodide.asm.wasm.gzip": gzip.compress(wasm, 9, mtime=0),
        numpy["file_name"]: packed,
        "pyodide-lock.json": json.dumps(own_lock).encode(),
        "book.zip": _zipped(_sources()),
        "NOTICE.txt": notice.encode(),
    }


def _sources() -> dict[str, bytes]:
    framework = ROOT / "tinygrad_rnn"
    paths = {path.relative_to(ROOT).as_posix(): path for path in framework.rglob("*.py")}
    paths |= {f"book/{name}": HERE / name for name in BOOK}
    return {name: paths[name].read_bytes() for name in sorted(paths)}


def _zipped(members: dict[str, bytes]) -> bytes:
    """A compressed archive that is the same whenever it is made."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for name, content in members.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return archive.getvalue()


def assemble(site: Path, official: bool = False) -> Path:
    """Puts the files into a site and says in `current.json` where they are.

    Args:
        site: The folder of the built site.
        official: Whether NumPy is to be the one that Pyodide released.

    Returns:
        The folder they are in.

    Raises:
        AssemblyError: If there is no site, or something cannot be had.
    """
    if not (site / "index.html").exists():
        raise AssemblyError(f"{site} is not a built site: run mkdocs build first")
    pyodide = modules() / "pyodide"
    lock = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))
    lock["version"] = json.loads((pyodide / "package.json").read_text(encoding="utf-8"))["version"]
    wheel = official_numpy(lock) if official else numpy_for_tests(pyodide.parent)
    content = files(pyodide, lock, wheel)
    name = _digest(b"".join(_digest(each).encode() for each in content.values()))[:12]
    folder = site / "_py" / name
    if not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as place:
            whole = Path(place) / name
            whole.mkdir()
            for file, data in content.items():
                (whole / file).write_bytes(data)
            whole.replace(folder)
    _write(folder.parent / "current.json", json.dumps({"folder": name}).encode())
    return folder


def _write(path: Path, data: bytes) -> None:
    """Writes a file that is there as a whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(data)
    new.replace(path)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main() -> int:
    """Assembles the site that is named; 1 if that fails."""
    parser = argparse.ArgumentParser(prog="python -m docs.book.browser")
    parser.add_argument("site", type=Path, nargs="?", help="the folder of the built site")
    parser.add_argument("--official", action="store_true", help="take the NumPy of the release")
    parser.add_argument("--modules", action="store_true", help="print the folder of npm's packages")
    chosen = parser.parse_args()
    try:
        if chosen.modules:
            print(modules())
        elif chosen.site is None:
            parser.error("name the folder of the built site")
        else:
            folder = assemble(chosen.site, chosen.official)
            size = sum(path.stat().st_size for path in folder.iterdir())
            print(f"{folder}: {size / 1e6:.2f} MB")
    except AssemblyError as error:
        print(error)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
