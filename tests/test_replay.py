"""The six examples print the document's print-outs, here and under other code paths."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinygrad_rnn import __main__ as command
from tinygrad_rnn import replay

ROOT = Path(replay.__file__).parents[1]
NAMES = ["cell_batch1", "cell_batch2", "cell_seq4", "hello_cell", "hello_embedding", "hello_rnn"]
EXACT = "Every line is the document's own, to the last digit."
WRONG = "This is NOT what the document shows"


def python(*arguments, root=ROOT, **variables):
    """Runs Python in a fresh process that finds the package in `root` and nowhere else."""
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONUTF8": "1", **variables}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, check=False
    )
    done.stdout = done.stdout.replace(b"\r\n", b"\n")
    return done


def transcript(name, root=ROOT):
    return root / "tinygrad_rnn" / "transcripts" / f"{name}.txt"


# ---- byte for byte ----


def test_there_are_the_six():
    assert replay.NAMES == NAMES
    assert set(NAMES) <= {path.stem for path in replay.EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_prints_its_transcript_byte_for_byte(name):
    done = python(str(ROOT / "examples" / f"{name}.py"))
    assert done.stderr == b""
    assert done.stdout == transcript(name).read_bytes()


def test_replay_yields_the_same_and_every_line_counts_as_equal():
    runs = list(replay.replay(NAMES))
    assert [run.name for run in runs] == NAMES
    for run in runs:
        assert run.printed.encode() == transcript(run.name).read_bytes()
        assert list(run.lines()) == [(line, line) for line in run.document.splitlines()]
        counts = run.counts()
        assert counts["lines"] == counts["lines_equal"] > 0
        assert counts["figures"] == counts["equal"] > 0
        assert (counts["off_by_one"], counts["wrong"], counts["text_differs"]) == (0, 0, 0)


def test_a_replay_after_other_random_draws_and_print_options_is_the_same():
    program = (
        "import tinygrad_rnn as torch\n"
        "from tinygrad_rnn import replay\n"
        "torch.randn(7)\n"
        "first, again = (list(replay.replay(['hello_rnn', 'hello_cell'])) for _ in range(2))\n"
        "print(first == again, all(run.printed == run.document for run in again))\n"
    )
    assert python("-c", program).stdout.split() == [b"True", b"True"]


# ---- the command ----


@pytest.fixture(scope="module")
def plain_run():
    return python("-m", "tinygrad_rnn")


def test_the_command_shows_a_row_for_each_run_and_the_verdict(plain_run):
    assert plain_run.returncode == 0, plain_run.stderr
    lines = plain_run.stdout.decode().splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in lines if "/" in line}
    assert list(rows) == [*NAMES, "all"]
    assert all(row[1] == row[2] and row[3:] == ["0", "0"] for row in rows.values())
    assert lines[-1].startswith(EXACT)


def test_replay_is_what_happens_without_a_command(plain_run):
    done = python("-m", "tinygrad_rnn", "replay")
    assert done.returncode == 0
    assert done.stdout.splitlines()[:-1] == plain_run.stdout.splitlines()[:-1]


def test_json_can_be_read_and_sums_up():
    done = python("-m", "tinygrad_rnn", "--json")
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert sorted(result["runs"]) == NAMES
    keys = {"lines", "lines_equal", "figures", "equal", "off_by_one", "wrong", "text_differs"}
    assert set(result["all"]) == keys
    for key in keys:
        assert result["all"][key] == sum(counts[key] for counts in result["runs"].values())
    assert result["all"]["lines"] == sum(len(transcript(n).read_text("utf-8").splitlines())
                                         for n in NAMES)  # fmt: skip


@pytest.mark.parametrize("arguments", [["--json"], ["replay", "--json"], ["--json", "replay"]])
def test_json_is_heeded_wherever_it_stands(arguments, capsys):
    assert command.main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["all"]["wrong"] == 0


@pytest.mark.parametrize("arguments", [["--show"], ["replay", "--show"]])
def test_show_prints_one_run_unmarked_where_it_is_the_document_s(arguments, capsys):
    assert command.main([*arguments, "hello_cell"]) == 0
    out = capsys.readouterr().out
    document = transcript("hello_cell").read_text("utf-8").splitlines()
    assert out.splitlines()[: len(document)] == [f"  {line}" for line in document]
    assert out.splitlines()[-1] == "16 of 16 lines are the document's"


def test_info_names_the_versions(capsys):
    assert command.main(["info"]) == 0
    out = capsys.readouterr().out
    rows = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert rows["NumPy"] == np.__version__
    assert rows["Python"] == platform.python_version()
    assert platform.machine() in rows["machine"]


@pytest.mark.parametrize(
    "arguments",
    [["--show", "hello_lstm"], ["replay", "--show", "hello_lstm"], ["--shoe"], ["reply"]],
)
def test_an_unknown_name_is_an_error_of_use(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert arguments[-1] in captured.err


def test_an_unknown_name_is_exit_code_2_and_the_names_are_listed():
    done = python("-m", "tinygrad_rnn", "--show", "nothing")
    assert done.returncode == 2
    assert all(name.encode() in done.stderr for name in NAMES)


# ---- counting ----

DOCUMENT = "loss = 1.2345\nEpoch [1/2] word\ntensor([0.5000, -2.0000])\n"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (DOCUMENT, {"lines_equal": 3, "equal": 3}),
        (DOCUMENT.replace("1.2345", "1.2346"), {"lines_equal": 2, "equal": 2, "off_by_one": 1}),
        (DOCUMENT.replace("1.2345", "1.2344"), {"lines_equal": 2, "equal": 2, "off_by_one": 1}),
        (DOCUMENT.replace("1.2345", "1.2347"), {"lines_equal": 2, "equal": 2, "wrong": 1}),
        (DOCUMENT.replace("1.2345", "-1.2345"), {"lines_equal": 2, "equal": 2, "wrong": 1}),
        (DOCUMENT.replace("1.2345", "1.234"), {"lines_equal": 2, "equal": 2, "wrong": 1}),
        (DOCUMENT.replace("1.2345", "1.23450"), {"lines_equal": 2, "equal": 2, "wrong": 1}),
        (DOCUMENT.replace("0.5000", "0.4999"), {"lines_equal": 2, "equal": 2, "off_by_one": 1}),
        (DOCUMENT.replace("-2.0000", "2.0000"), {"lines_equal": 2, "equal": 2, "wrong": 1}),
        (
            DOCUMENT.replace("1.2345", "nan"),
            {"lines_equal": 2, "equal": 2, "wrong": 1, "text_differs": 1},
        ),
        (DOCUMENT.replace("word", "work"), {"lines_equal": 2, "equal": 3, "text_differs": 1}),
        (DOCUMENT.replace("[1/2]", "[1/3]"), {"lines_equal": 2, "equal": 3, "text_differs": 1}),
        (
            DOCUMENT.replace("tensor([0.5000, -2.0000])\n", ""),
            {"lines_equal": 2, "equal": 1, "wrong": 2, "text_differs": 1},
        ),
        (
            DOCUMENT.replace("Epoch [1/2] word\n", ""),
            {"lines_equal": 1, "equal": 1, "wrong": 4, "text_differs": 2},
        ),
        (DOCUMENT + "more\n", {"lines_equal": 3, "equal": 3, "text_differs": 1}),
        (DOCUMENT + "0.1\n", {"lines_equal": 3, "equal": 3, "wrong": 1, "text_differs": 1}),
        ("", {"wrong": 3, "text_differs": 3}),
    ],
)
def test_every_difference_is_counted_as_what_it_is(printed, expected):
    usual = {"lines": 3, "lines_equal": 0, "figures": 3, "equal": 0, "off_by_one": 0, "wrong": 0}
    expected = {**usual, "text_differs": 0, **expected}
    assert replay.Run("a", DOCUMENT, printed).counts() == expected


@pytest.mark.parametrize(
    ("document", "figure", "other", "kind"),
    [
        ("1.2345e-05", "1.2345e-05", "1.2346e-05", "off_by_one"),
        ("1.2345e-05", "1.2345e-05", "1.2345e-04", "wrong"),
        ("12.", "12.", "13.", "off_by_one"),
        ("0.0000", "0.0000", "-0.0001", "off_by_one"),
        ("9.9999", "9.9999", "10.0000", "off_by_one"),
    ],
)
def test_the_last_digit_is_found_in_every_notation(document, figure, other, kind):
    counts = replay.Run("a", document, document.replace(figure, other)).counts()
    assert (counts["figures"], counts["equal"], counts[kind]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("document", "printed", "equal"),
    [("a\n", "a\n\n", 1), ("a\n", "\na\n", 0), ("a\n\n", "a\n", 1), ("a\n\nb\n", "a\nb\n", 1)],
)
def test_empty_lines_count_too(document, printed, equal):
    counts = replay.Run("a", document, printed).counts()
    assert counts["lines"] == len(document.splitlines())
    assert counts["lines_equal"] == equal
    assert counts["text_differs"] > 0


# ---- faults in the installed package ----


@pytest.fixture
def installation(tmp_path):
    """A package that may be spoiled, with examples inside, as an installed one has them."""
    package = tmp_path / "tinygrad_rnn"
    shutil.copytree(
        ROOT / "tinygrad_rnn", package, ignore=shutil.ignore_patterns("__pycache__", "examples")
    )
    shutil.copytree(ROOT / "examples", package / "examples")
    return tmp_path


def spoil(path, old, new):
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8", newline="\n")


@pytest.mark.parametrize(
    ("old", "new", "code", "key", "verdict"),
    [
        ("6.5936", "6.5937", 0, "off_by_one", "No figure is wrong"),
        ("6.5936", "6.5939", 1, "wrong", WRONG),
        ("labels:", "label:", 1, "text_differs", WRONG),
        ("labels: torch.Size([5, 1])\n", "", 1, "text_differs", WRONG),
    ],
)
def test_a_transcript_that_differs_is_noticed(installation, old, new, code, key, verdict):
    spoil(transcript("hello_cell", installation), old, new)
    table = python("-m", "tinygrad_rnn", root=installation)
    assert table.returncode == code
    assert table.stdout.decode().splitlines()[-1].startswith(verdict)
    counted = python("-m", "tinygrad_rnn", "--json", root=installation)
    assert counted.returncode == code
    result = json.loads(counted.stdout)
    assert result["all"][key] == result["runs"]["hello_cell"][key] >= 1
    shown = python("-m", "tinygrad_rnn", "--show", "hello_cell", root=installation)
    assert shown.returncode == code
    marks = [line[:2] for line in shown.stdout.decode().splitlines()]
    assert "! " in marks
    assert "> " in marks


def test_another_learning_rate_is_noticed(installation):
    spoil(installation / "tinygrad_rnn" / "examples" / "hello_rnn.py", "lr=0.1", "lr=0.11")
    done = python("-m", "tinygrad_rnn", "--json", root=installation)
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result["runs"]["hello_rnn"]["wrong"] == result["all"]["wrong"] > 100


@pytest.mark.parametrize("fault", ["raise ValueError('on purpose')", "raise SystemExit(0)"])
@pytest.mark.parametrize("arguments", [(), ("--json",), ("--show", "cell_batch1")])
def test_an_example_that_stops_half_way_does_not_look_like_success(installation, fault, arguments):
    with open(installation / "tinygrad_rnn" / "examples" / "cell_batch1.py", "a") as file:
        file.write(f"\n{fault}\n")
    done = python("-m", "tinygrad_rnn", *arguments, root=installation)
    assert done.returncode not in (0, 2)
    assert EXACT.encode() not in done.stdout


# ---- the same digits under other code paths ----

FINGERPRINTS = """
import ctypes, hashlib, io, json, runpy, sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
from tinygrad_rnn import nn, replay


def openblas_core():
    libraries = Path(np.__file__).parent.parent / "numpy.libs"
    for path in libraries.glob("*openblas*"):
        library = ctypes.CDLL(str(path))
        for name in ("scipy_openblas_get_corename64_", "openblas_get_corename64_",
                     "scipy_openblas_get_corename", "openblas_get_corename"):
            if hasattr(library, name):
                function = getattr(library, name)
                function.restype = ctypes.c_char_p
                return function().decode()
    return None


result = {}
for name in replay.NAMES:
    output = io.StringIO()
    with redirect_stdout(output):
        left = runpy.run_path(str(replay.EXAMPLES / f"{name}.py"), run_name="__main__")
    digest = hashlib.sha256()
    modules = [each for each in left.values() if isinstance(each, nn.Module)]
    tensors = [tensor for module in modules for tensor in module.state_dict().values()]
    for tensor in tensors:
        digest.update(tensor.numpy().tobytes())
    result[name] = {
        "printed": hashlib.sha256(output.getvalue().encode()).hexdigest(),
        "weights": digest.hexdigest(),
        "tensors": len(tensors),
    }
found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
print(json.dumps({"runs": result, "core": openblas_core(), "found": found}))
"""


def fingerprints(**variables):
    done = python("-W", "ignore", "-c", FINGERPRINTS, **variables)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def here():
    return fingerprints()


DISPATCHED = list(np.show_config(mode="dicts")["SIMD Extensions"].get("found", []))
CORES = {"Nehalem": set(), "Haswell": {"AVX2", "X86_V3"}, "SkylakeX": {"AVX512_SKX", "X86_V4"}}


def test_the_fingerprint_is_that_of_the_transcripts_and_of_trained_weights(here):
    for name in NAMES:
        printed = hashlib.sha256(transcript(name).read_bytes()).hexdigest()
        assert here["runs"][name]["printed"] == printed
        assert here["runs"][name]["tensors"] >= 4


@pytest.mark.parametrize("core", CORES)
def test_every_kernel_of_the_blas_gives_the_same_digits_and_weights(core, here):
    if platform.machine().lower() not in ("x86_64", "amd64"):
        pytest.skip(f"{core} is an x86-64 processor; this is {platform.machine()}")
    if here["core"] is None:
        pytest.skip("NumPy does not come with an OpenBLAS that can be asked for its kernels")
    if CORES[core] and not CORES[core] & set(DISPATCHED):
        pytest.skip(f"this processor cannot run {core}'s kernels")
    there = fingerprints(OPENBLAS_CORETYPE=core)
    if there["core"] != core:
        pytest.skip(f"this OpenBLAS has no kernels for {core}: it took {there['core']}")
    assert there["runs"] == here["runs"]


@pytest.mark.parametrize("first", range(max(len(DISPATCHED), 1)))
def test_without_the_vector_units_the_digits_and_weights_are_the_same(first, here):
    if not DISPATCHED:
        pytest.skip("NumPy dispatches to no vector unit on this machine")
    disabled = DISPATCHED[first:]  # each builds on those before it
    there = fingerprints(NPY_DISABLE_CPU_FEATURES=" ".join(disabled))
    assert not set(there["found"]) & set(disabled)
    assert there["runs"] == here["runs"]


@pytest.mark.parametrize("threads", ["1", "4"])
def test_the_number_of_threads_does_not_matter(threads, here):
    there = fingerprints(OPENBLAS_NUM_THREADS=threads, OMP_NUM_THREADS=threads)
    assert there["runs"] == here["runs"]


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_order_of_sets_does_not_matter(seed, here):
    assert fingerprints(PYTHONHASHSEED=seed)["runs"] == here["runs"]
