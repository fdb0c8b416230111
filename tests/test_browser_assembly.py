"""What is put into a site for the browser: nothing but what its lock file names."""

import ast
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from docs.book import browser  # noqa: E402

WHEEL = b"a wheel"
LOCK = {
    "version": "1.2.3",
    "packages": {
        "numpy": {
            "file_name": "numpy.whl",
            "version": "9",
            "sha256": hashlib.sha256(WHEEL).hexdigest(),
        }
    },
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(browser, "CACHE", tmp_path / "cache")
    return tmp_path / "cache"


def never(address):
    raise AssertionError(f"{address} is fetched though it is there")


def test_the_official_wheel_is_fetched_once_and_from_its_release(cache):
    asked = []

    def fetch(address):
        asked.append(address)
        return WHEEL

    assert browser.official_numpy(LOCK, fetch) == WHEEL
    assert asked == ["https://cdn.jsdelivr.net/pyodide/v1.2.3/full/numpy.whl"]
    assert browser.official_numpy(LOCK, never) == WHEEL
    assert [path.name for path in cache.iterdir()] == ["numpy.whl"]


def test_a_wheel_that_is_another_file_is_refused_and_not_kept(cache):
    with pytest.raises(browser.AssemblyError, match="SHA-256"):
        browser.official_numpy(LOCK, lambda _: b"something else")
    assert not cache.exists()


def test_a_kept_wheel_that_was_changed_is_fetched_again(cache):
    browser.official_numpy(LOCK, lambda _: WHEEL)
    (cache / "numpy.whl").write_bytes(b"changed")
    assert browser.official_numpy(LOCK, lambda _: WHEEL) == WHEEL


def test_without_a_network_a_sentence_says_so(cache):
    def fetch(address):
        raise OSError("no network")

    with pytest.raises(browser.AssemblyError, match="cannot be fetched: no network"):
        browser.official_numpy(LOCK, fetch)


def test_a_folder_that_is_no_site_is_refused(tmp_path):
    with pytest.raises(browser.AssemblyError, match="run mkdocs build first"):
        browser.assemble(tmp_path)


def test_the_site_gets_what_the_lock_file_names(tmp_path, monkeypatch, cache):
    package = tmp_path / "node_modules" / "pyodide"
    package.mkdir(parents=True)
    for name in ("pyodide.mjs", "pyodide.asm.js", "python_stdlib.zip", "pyodide.asm.wasm"):
        (package / name).write_text(name)
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("numpy/__init__.py", "")
        archive.writestr("numpy/_core/include/numpy/ndarraytypes.h", "")
    held = package.parent / "@bentopdf" / "pymupdf-wasm" / "assets"
    held.mkdir(parents=True)
    (held / "numpy-9.whl").write_bytes(wheel.getvalue())
    lock = {"info": {"python": "3.13"}, "packages": LOCK["packages"]}
    (package / "pyodide-lock.json").write_text(json.dumps(lock))
    (package / "package.json").write_text('{"version": "1.2.3"}')
    monkeypatch.setattr(browser, "modules", lambda: package.parent)
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("")

    folder = browser.assemble(site)
    assert browser.assemble(site) == folder  # the same content has the same name
    assert json.loads((site / "_py" / "current.json").read_text()) == {"folder": folder.name}
    own = json.loads((folder / "pyodide-lock.json").read_text())["packages"]
    assert list(own) == ["numpy"]
    packed = (folder / own["numpy"]["file_name"]).read_bytes()
    assert own["numpy"]["sha256"] == hashlib.sha256(packed).hexdigest()
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist() == ["numpy/__init__.py"]
    names = zipfile.ZipFile(folder / "book.zip").namelist()
    assert {"tinygrad_rnn/__init__.py", "book/cells.py", "book/draw.py"} <= set(names)
    assert {path.name for path in (site / "_py").iterdir()} == {folder.name, "current.json"}


SESSION = """
from docs.book.live import Session

session, pieces = Session(), []
print([session.run("x = 2\\nprint('a')\\nprint('b')\\nx", pieces.append, 100, "Ended.")])
print(["".join(pieces), len(pieces) > 1])
print([session.run("x", pieces.append, 100, "Ended.")])
print(session.run("while True: print('more')", pieces.append, 160, "Ended.").splitlines()[-2:])
session.restart()
print([session.run("x", pieces.append, 100, "Ended.")])
"""


def test_a_session_streams_what_a_cell_prints_and_ends_a_flood():
    done = subprocess.run(  # apart, because a session forgets the framework to begin anew
        [sys.executable, "-c", SESSION], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert [ast.literal_eval(line) for line in done.stdout.splitlines()] == [
        ["a\nb\n2"],
        ["a\nb\n2\n", True],
        ["2"],
        ["", "Ended."],
        ["NameError: name 'x' is not defined"],
    ]
