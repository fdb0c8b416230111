"""Builds the book in all its languages; a warning ends it.

python -m docs.book          # into site/
python -m docs.book FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from mkdocs.__main__ import cli

from .chapters import DOCS

CONFIGURATIONS = {
    DOCS.parent / "mkdocs.yml": ".",  # the first: it empties the folder
    DOCS / "mkdocs.zh.yml": "zh",
}


def build(site: Path) -> None:
    """Builds the site; chapters run once for all languages.

    Args:
        site: The folder it is to lie in.
    """
    for file, folder in CONFIGURATIONS.items():
        options = ["--strict", "--config-file", str(file), "--site-dir", str(site / folder)]
        cli(["build", *options], standalone_mode=False)


if __name__ == "__main__":
    build(Path(*sys.argv[1:2] or ["site"]).resolve())
