"""The book in a real browser, and its cells in the browser's Python.

These need Node.js, npm and Chromium. Where one is missing they are skipped, unless
`BOOK_BROWSER=required` says that nothing may be: so it is in the gate.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
REQUIRED = os.environ.get("BOOK_BROWSER") == "required"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
MISSING = [
    name
    for name, found in {
        'what pip install -e ".[docs]" brings': find_spec("mkdocs"),
        "Node.js and npm": shutil.which("node") and shutil.which("npm"),
    }.items()
    if not found
]

pytestmark = pytest.mark.skipif(
    bool(MISSING) and not REQUIRED, reason=f"needs {', '.join(MISSING)}; the gate has it"
)


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)  # pytest shows it if the test fails
    return done


@pytest.fixture(scope="module")
def modules():
    """The folder with npm's packages."""
    done = run(sys.executable, "-m", "docs.book.browser", "--modules")
    assert done.returncode == 0
    return done.stdout.strip()


@pytest.fixture(scope="module")
def site(tmp_path_factory, modules):
    """The built site in both languages, with Python in it."""
    folder = tmp_path_factory.mktemp("book") / "site"
    assert run(sys.executable, "-m", "docs.book", str(folder)).returncode == 0
    assert run(sys.executable, "-m", "docs.book.browser", str(folder)).returncode == 0
    return folder


def test_every_cell_prints_the_same_in_the_browser_s_python(site):
    done = run("node", "tests/browser/node.mjs", str(site))
    assert done.returncode == 0


@pytest.mark.skipif(not CHROMIUM and not REQUIRED, reason="needs Chromium; the gate has it")
def test_the_book_in_chromium(site, modules):
    done = run("node", "tests/browser/site.mjs", modules, str(site), str(CHROMIUM))
    assert done.returncode == 0
    assert " 0 faults" in done.stdout
