"""The pages of the book in each language, for the tests that read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BOOKS = {  # the folder of each language's pages, and its configuration
    "en": (DOCS, ROOT / "mkdocs.yml"),
    "zh": (DOCS / "zh", DOCS / "mkdocs.zh.yml"),
}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def pages(language):
    """The pages of the book in a language."""
    folder, _ = BOOKS[language]
    others = {place for place, _ in BOOKS.values()} - {folder, DOCS}
    return sorted(page for page in folder.rglob("*.md") if not others & {*page.parents})


def names(language):
    """The same, as the other languages have them, too: by their path in the folder."""
    folder, _ = BOOKS[language]
    return [page.relative_to(folder).as_posix() for page in pages(language)]


def fences(text):
    """What stands between a page's fences, with its kind; a fence within a fence is none."""
    return [(kind, body) for _, kind, body in FENCE.findall(text)]


def without_fences(text):
    """The rest of the page."""
    return FENCE.sub("\n", text)
