"""What is installed works on its own and tells a type checker its types."""

import email
import importlib.util
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import tinygrad_rnn

ROOT = Path(tinygrad_rnn.__file__).parents[1]
NAMES = ["cell_batch1", "cell_batch2", "cell_seq4", "hello_cell", "hello_embedding", "hello_rnn"]


def importable(name):
    return importlib.util.find_spec(name) is not None


def run(*arguments, cwd=ROOT, **variables):
    environment = {**os.environ, **variables}
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(target, folder):
    if not (ROOT / "pyproject.toml").exists():
        pytest.skip("this is an installed package, not a checkout that could be built")
    if not importable("hatchling"):
        pytest.skip("hatchling, which builds the distributions, is not installed")
    run("-m", "hatchling", "build", "-t", target, "-d", folder)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    if not importable("pip"):
        pytest.skip("pip, which installs the wheel, is not installed")
    target = tmp_path_factory.mktemp("installed")
    run("-m", "pip", "install", "--no-deps", "--no-index", "--quiet",
        "--disable-pip-version-check", "--target", target, wheel)  # fmt: skip
    return target


def test_the_wheel_holds_what_the_command_needs_and_no_tests(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    for name in NAMES:
        assert f"tinygrad_rnn/transcripts/{name}.txt" in held
        assert f"tinygrad_rnn/examples/{name}.py" in held
    assert "tinygrad_rnn/examples/core_only.py" in held
    assert "tinygrad_rnn/py.typed" in held
    modules = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tinygrad_rnn").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert modules <= held
    top = {name.partition("/")[0] for name in held}
    assert top == {"tinygrad_rnn", f"tinygrad_rnn-{tinygrad_rnn.__version__}.dist-info"}
    assert not [name for name in held if "test" in name.lower() or "__pycache__" in name]


def test_the_source_distribution_holds_what_its_tests_read(tmp_path):
    with tarfile.open(build("sdist", tmp_path)) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    patterns = ("*.md", "mkdocs.yml", "pyproject.toml", "docs/**/*", "examples/**/*", "tests/**/*")
    read = {
        path.relative_to(ROOT).as_posix()
        for pattern in patterns
        for path in ROOT.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert read - held == set()


def test_the_wheel_says_its_version_and_that_it_needs_numpy_alone(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    assert metadata["Version"] == tinygrad_rnn.__version__
    always = [each for each in metadata.get_all("Requires-Dist") if "extra" not in each]
    assert [each.partition(">")[0] for each in always] == ["numpy"]


def test_the_installed_package_replays_from_an_empty_folder(installed, tmp_path):
    variables = {"PYTHONPATH": str(installed), "PYTHONUTF8": "1"}
    where = run("-c", "import tinygrad_rnn; print(tinygrad_rnn.__file__)", cwd=tmp_path,
                **variables)  # fmt: skip
    assert Path(where.strip()).is_relative_to(installed)
    out = run("-m", "tinygrad_rnn", cwd=tmp_path, **variables)
    assert out.splitlines()[-1].startswith("Every line is the document's own")
    assert list(tmp_path.iterdir()) == []


def test_importing_needs_numpy_and_nothing_else_from_outside():
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import numpy\n"
        "numpys = set(sys.modules)\n"
        "import tinygrad_rnn\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - numpys}\n"
        "print(sorted(new - sys.stdlib_module_names - {'numpy'}))\n"
    )
    assert run("-c", program, PYTHONPATH=str(ROOT)).strip() == "['tinygrad_rnn']"


USER_PROGRAM = """
import tinygrad_rnn as torch
from tinygrad_rnn import nn


class Speller(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.RNNCell(4, 4)

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        return self.cell.forward(x, h)


torch.manual_seed(0)
model = Speller()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
criterion = nn.CrossEntropyLoss()
x = torch.eye(4)
loss = criterion.forward(model.forward(x, torch.zeros(4, 4)), torch.LongTensor([0, 1, 2, 3]))
optimizer.zero_grad()
loss.backward()
optimizer.step()
reveal_type((x @ x).tanh() + 1)
reveal_type(x.shape)
reveal_type(x.max(1))
values, indices = x.max(1)
"""


def mypy(folder, program, path):
    if not importable("mypy"):
        pytest.skip("mypy is not installed")
    (folder / "program.py").write_text(program, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "program.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    return done.stdout


def test_a_strict_type_checker_sees_the_installed_types(installed, tmp_path):
    wrong = USER_PROGRAM + 'torch.tanh("a")\nnn.RNNCell("4", 4)\nx.nothere\n'
    out = mypy(tmp_path, wrong, installed)
    lines = [line.partition(" ")[2] for line in out.splitlines()]
    notes = [line for line in lines if line.startswith("note: Revealed")]
    assert [note.rpartition(".")[2].strip('"]') for note in notes] == [
        "Tensor",
        "Size",
        "ReturnType",
    ]
    errors = [line for line in lines if line.startswith("error")]
    assert [error.rpartition("[")[2].strip("]") for error in errors] == [
        "type-var",
        "arg-type",
        "attr-defined",
    ]
