"""The book: cells print what was committed and are shown once; the site holds together."""

import importlib.util
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import tinygrad_rnn as torch  # noqa: E402
from docs.book import chapters, draw, site  # noqa: E402
from docs.book.cells import cut, joined, run_cell  # noqa: E402

from .pages import BOOKS, fences, names, pages  # noqa: E402


def navigation(language):
    """The part of a configuration that lists the pages."""
    text = BOOKS[language][1].read_text(encoding="utf-8")
    return re.search(r"^nav:\n((?:  .*\n)+)", text, re.MULTILINE)[1]


PUBLIC = {
    name: value
    for name, value in vars(torch).items()
    if callable(value)
    and name[0] != "_"
    and name != "left_out"
    and str(getattr(value, "__module__", None)).startswith("tinygrad_rnn")
}
PUBLIC |= {
    f"nn.{name}": getattr(torch.nn, name)
    for name in ("RNN", "RNNCell", "Linear", "Embedding", "Module", "Parameter")
}
PUBLIC |= {f"optim.{name}": getattr(torch.optim, name) for name in ("Adam", "AdamW", "SGD")}

needs_mkdocs = pytest.mark.skipif(
    not importlib.util.find_spec("mkdocs"), reason='needs pip install -e ".[docs]"; the gate has it'
)


# ---- what the book shows ----


@pytest.mark.parametrize("chapter", chapters.chapters())
def test_every_cell_prints_what_was_committed(chapter):
    assert chapters.checked(chapter) == chapters.committed(chapter)
    assert list(chapters.committed(chapter)) == list(chapters.code(chapter))


@pytest.mark.parametrize("language", BOOKS)
@pytest.mark.parametrize("chapter", chapters.chapters())
def test_every_cell_is_shown_once_and_in_order(chapter, language):
    texts = [page.read_text(encoding="utf-8") for page in pages(language)]
    parts = [part for text in texts for part in fences(text)]
    shown = [body.strip().split("#") for kind, body in parts if kind == "run"]
    of_chapter = [name for where, name in shown if where == chapter]
    assert of_chapter == list(chapters.code(chapter))


@pytest.mark.parametrize("language", BOOKS)
def test_no_page_shows_python_that_is_not_run(language):
    for page in pages(language):
        kinds = re.findall(r"^ *(?:```|~~~) *(\S+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(kinds) <= {"run", "measured", "sh", "text"}, page


@pytest.mark.parametrize("language", BOOKS)
def test_every_page_is_in_the_navigation(language):
    listed = re.findall(r"[\w/-]+\.md", navigation(language))
    assert sorted(listed) == sorted(names(language))
    assert listed == re.findall(r"[\w/-]+\.md", navigation("en"))


def test_a_chapter_has_its_mistakes_a_summary_and_three_solved_exercises():
    for name in re.findall(r"^      - .*: (\S+\.md)$", navigation("en"), re.MULTILINE):
        if name.startswith("api/"):
            continue
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        assert "\n## Summary" in text, name
        assert len(re.findall(r'^\?\?\? success "', text, re.MULTILINE)) >= 3, name


@pytest.fixture
def one_chapter(tmp_path, monkeypatch):
    """A folder with one chapter of two cells, and its output."""
    (tmp_path / "small.py").write_text('"""Small."""\n\n# %% one\nx = 1\n\n# %% two\nx + 1\n')
    (tmp_path / "small.out").write_text("# %% one\n\n\n# %% two\n2\n")
    monkeypatch.setattr(chapters, "CELLS", tmp_path)
    for function in (chapters.code, chapters.printed):
        function.cache_clear()
    yield tmp_path
    for function in (chapters.code, chapters.printed):
        function.cache_clear()


def test_an_output_that_was_tampered_with_is_found(one_chapter):
    assert chapters.checked("small") == {"one": "", "two": "2"}
    (one_chapter / "small.out").write_text("# %% one\n\n\n# %% two\n3\n")
    with pytest.raises(chapters.BookError, match=r"(?s)prints something else.*-3.*\+2"):
        chapters.checked("small")


def test_a_chapter_that_kills_its_process_is_found(one_chapter):
    (one_chapter / "small.py").write_text('"""Small."""\n\n# %% one\nimport os\nos._exit(3)\n')
    with pytest.raises(chapters.BookError, match="did not run"):
        chapters.checked("small")


def test_a_chapter_that_does_not_end_is_found(one_chapter, monkeypatch):
    (one_chapter / "small.py").write_text('"""Small."""\n\n# %% one\nwhile True: pass\n')
    monkeypatch.setattr(chapters, "SECONDS", 1)
    with pytest.raises(chapters.BookError, match="longer than 1 s"):
        chapters.checked("small")


@needs_mkdocs
def test_a_fence_that_fails_ends_the_build(one_chapter):
    from docs.book.fence import WrongFence, cell
    from docs.book.measured import table

    assert ">2</pre>" in cell("small#two")
    for wrong in ("small#three", "none#one", "small"):
        with pytest.raises(WrongFence, match=r"has no cell|no chapter"):
            cell(wrong)
    with pytest.raises(WrongFence, match="no measurement 'speed'"):
        table("speed")
    (one_chapter / "small.out").write_text("# %% one\n\n\n# %% two\n3\n")
    with pytest.raises(WrongFence, match="prints something else"):
        cell("small#two")


# ---- cells ----


@pytest.mark.parametrize(
    ("code", "output"),
    [
        ("1 + 1", "2"),
        ("x = 3", ""),
        ("", ""),
        ("None", ""),
        ("# nothing", ""),
        ("print(1)\n'a'", "1\n'a'"),
        ("import sys\nx = print('e', file=sys.stderr)", "e"),
        ("print(1)\n1 / 0\nprint(2)", "1\nZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import warnings\nwarnings.warn('careful')", "UserWarning: careful"),
        ("1 +", "    1 +\n       ^\nSyntaxError: invalid syntax"),
    ],
)
def test_a_cell_prints_as_in_a_notebook(code, output):
    assert run_cell(code, {}).endswith(output)
    assert bool(output) == bool(run_cell(code, {}))


def test_cells_share_names_and_are_cut_at_their_marks():
    cells = cut('"""About."""\n\n# %% a\nx = 1\n\n# %% b-2\nx\n')
    assert cells == {"a": "x = 1", "b-2": "x"}
    assert cut(joined(cells)) == cells
    namespace = {}
    assert [run_cell(code, namespace) for code in cells.values()] == ["", "1"]


@pytest.mark.parametrize("source", ["# %% a\n1\n# %% a\n2\n", "import os\n# %% a\n1\n"])
def test_a_file_that_is_not_made_of_cells_is_refused(source):
    with pytest.raises(ValueError, match=r"is there twice|before the first cell"):
        cut(source)


# ---- pictures ----


def drawn(picture):
    assert "\n" not in picture
    assert repr(picture) == str(picture)
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return root


def test_curves_go_through_their_values():
    root = drawn(draw.lines({"a": [1, 2, 3], "b": [3, 3, 3]}, title="t", x="i", y="v", start=1))
    curves = {}
    for each in root.iter("polyline"):  # a curve comes before its line in the legend
        curves.setdefault(each.get("class"), each.get("points"))
    heights = [float(point.split(",")[1]) for point in curves["line line-0"].split()]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.11)
    assert heights[0] > heights[2]  # SVG counts downwards
    level = [float(point.split(",")[1]) for point in curves["line line-1"].split()]
    assert set(level) == {heights[2]}


def test_a_logarithmic_axis_makes_equal_factors_equally_high():
    root = drawn(draw.lines({"a": [1, 10, 100]}, title="t", x="i", y="v", log=True))
    points = next(e for e in root.iter("polyline") if e.get("class") == "line line-0").get("points")
    first, second, third = (float(point.split(",")[1]) for point in points.split())
    assert first - second == pytest.approx(second - third, abs=0.11)


def test_a_heat_map_shows_every_value():
    root = drawn(draw.heatmap([[1, -0.5], [0, 0.25]], title="t", rows="ab", columns="cd"))
    texts = [each.text for each in root.iter("text")]
    assert {"1.00", "-0.50", "0.00", "0.25", *"abcd"} <= set(texts)
    assert [each.get("class") for each in root.iter("rect")] == ["above", "below", "above", "above"]


def test_names_cannot_break_out_of_a_picture():
    root = drawn(draw.network({"<script>": (0, 0)}, [], title='"<b>'))
    assert [each.text for each in root.iter("text")] == ["<script>"]


def test_a_graph_has_a_box_for_every_operation_and_leaf():
    cell = torch.nn.RNNCell(3, 2, fused=False)
    h = cell(torch.zeros(1, 3), torch.zeros(1, 2))
    params = dict(cell.named_parameters())
    texts = [each.text for each in drawn(draw.graph(h, title="t", params=params)).iter("text")]
    assert sorted(texts) == sorted([*params, "Addmm", "Addmm", "Add", "Tanh"])


# ---- the site ----


@needs_mkdocs
def test_the_site_builds_and_nothing_in_it_is_dead(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "docs.book", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(site.faults(tmp_path / "site")) == []
    for book in (tmp_path / "site", tmp_path / "site" / "zh"):
        inventory = (book / "objects.inv").read_bytes().split(b"\n", 4)[4]
        documented = {line.split()[0] for line in zlib.decompress(inventory).decode().splitlines()}
        for name, value in PUBLIC.items():
            places = {f"tinygrad_rnn.{name}", f"{value.__module__}.{value.__qualname__}"}
            assert places & documented, f"the API pages have no entry for {name}"
    built = "".join(
        page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html")
    )
    cells = sum(len(chapters.code(chapter)) for chapter in chapters.chapters())
    assert built.count('<div class="cell"') == cells * len(BOOKS)


def test_dead_links_and_other_hosts_are_found(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="a/#there">ok</a><a href="b/">dead</a><a href="a/#gone">dead</a>'
        '<a href="https://example.org/">fine</a><script src="https://example.org/x.js"></script>'
        '<img src="missing.png">'
    )
    (tmp_path / "a" / "index.html").write_text('<p id="there"><a href="../">ok</a></p>')
    assert list(site.faults(tmp_path)) == [
        "index.html: https://example.org/x.js is fetched from another host",
        "index.html: b/ leads nowhere",
        "index.html: a/#gone has no such place on its page",
        "index.html: missing.png leads nowhere",
    ]
