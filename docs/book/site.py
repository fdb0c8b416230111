"""Looks for dead links, dead anchors and what another host would serve, in a built site.

    python -m docs.book.site site

The build checks the links of Markdown; this reads the HTML, with all that themes and raw HTML add.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

_FETCHED = {"img", "script", "link", "iframe", "source", "audio", "video", "object", "embed"}
_NOT_FETCHED = {"canonical", "alternate", "prev", "next", "edit", "license"}


class _Page(HTMLParser):
    """The identifiers of a page, and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        target = values.get("href", values.get("src", ""))
        if not target:
            return
        if tag in _FETCHED and not set(values.get("rel", "").split()) & _NOT_FETCHED:
            self.fetched.append(target)
        self.links.append(target)


def faults(site: Path) -> Iterator[str]:
    """A sentence for everything that is wrong.

    Args:
        site: The folder of the built site.
    """
    pages = {path: _Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    for path, page in pages.items():
        where = path.relative_to(site)
        for target in page.fetched:
            if urlsplit(target).netloc:
                yield f"{where}: {target} is fetched from another host"
        if where.name == "404.html":  # its links begin with the site's real address
            continue
        for target in page.links:
            address, anchor = urldefrag(target)
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            file = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            if file.is_dir():
                file = file / "index.html"
            if not file.exists():
                yield f"{where}: {target} leads nowhere"
                continue
            linked = pages.get(site / file.relative_to(site.resolve()))
            if linked and unquote(anchor) not in linked.anchors:
                yield f"{where}: {target} has no such place on its page"


def main() -> int:
    """Prints the faults of the site that is named; 1 if there are any."""
    found = list(faults(Path(sys.argv[1])))
    print("\n".join(found) or "no dead link, no dead anchor, nothing from another host")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
