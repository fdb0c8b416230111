"""The README shows what its commands and its programs really print."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from tinygrad_rnn import replay

from .test_architecture import FILES, code_lines

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def printed(run, *arguments):
    output = StringIO()
    with redirect_stdout(output):
        run(*arguments)
    return output.getvalue()


def without_time(text):
    return re.sub(r"\(\d+\.\d s\)", "(time)", text)


def after(marker):
    """The output block that follows the block holding `marker`."""
    at = next(i for i, (_, body) in enumerate(BLOCKS) if marker in body)
    language, body = BLOCKS[at + 1]
    assert language == "text"
    return body


def test_the_taste_prints_what_stands_below_it():
    program = next(body for language, body in BLOCKS if "optimizer.step()" in body)
    assert printed(exec, program, {}) == after("optimizer.step()")


def test_the_replay_prints_what_stands_below_it():
    assert without_time(printed(replay.main, False)) == without_time(after("-m tinygrad_rnn\n"))


def test_there_are_exactly_two_set_up_commands():
    commands = [body for language, body in BLOCKS if language == "sh"]
    assert [command.count("\n") for command in commands] == [1, 1]
    assert all(command.startswith("python3 -m venv") for command in commands)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_core_has_as_many_lines_of_code_as_the_readme_says(name):
    core = sum(code_lines(each) for each in FILES if each.startswith("tinygrad_rnn.core"))
    claims = re.findall(r"([\d,]+) (?:lines of code|行代码)", (ROOT / name).read_text("utf-8"))
    assert claims == [f"{round(core, -2):,}"]


def test_the_layout_names_every_file():
    layout = README.split("How it is laid out")[1].split("\n## ")[0]
    shown = re.findall(r"(?<=`)\w+(?=/?`.*\|)", layout)
    package = ROOT / "tinygrad_rnn"
    for name in shown:
        assert (package / name).is_dir() or (package / f"{name}.py").exists(), name
    parts = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    unnamed = parts - set(shown) - {"transcripts", "examples", "nn", "optim"}
    assert {each for each in unnamed if not each.startswith("_")} == {"cuda"}
