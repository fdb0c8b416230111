"""The fence that shows a cell: its code, and what that code printed when the site was built.

```run
hello#model
```
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from html import escape
from typing import Any

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pymdownx.superfences import SuperFencesException

from .chapters import BookError, checked, code


class WrongFence(SuperFencesException):
    """Ends the build."""


def fence(show: Callable[[str], str]) -> Callable[..., str]:
    """What SuperFences calls: `show` of the fence's text, with every error ending the build.

    Exceptions of other kinds SuperFences swallows.
    """

    @wraps(show)
    def formatter(source: str, *_: Any, **_settings: Any) -> str:
        try:
            return show(source.strip())
        except Exception as error:
            raise WrongFence(f"{type(error).__name__}: {error}") from error

    return formatter


def validator(_language: str, inputs: dict[str, str], *_: Any) -> bool:
    """A fence has no options: what it shows stands in its text."""
    return not inputs


@fence
def cell(source: str) -> str:
    """The HTML of the cell that `source` names as `chapter#cell`.

    Raises:
        BookError: If there is no such cell, or it prints something else than was committed.
    """
    chapter, _, name = source.partition("#")
    if name not in code(chapter):
        raise BookError(f"chapter {chapter!r} has no cell {name!r}; it has {list(code(chapter))}")
    output = checked(chapter)[name]
    shown = highlight(code(chapter)[name], PythonLexer(), HtmlFormatter(nowrap=True)).rstrip("\n")
    return (
        f'<div class="cell" id="cell-{name}" data-cell="{chapter}#{name}">'
        f'<div class="highlight"><pre tabindex="0"><code>{shown}</code></pre></div>'
        f'<div class="cell-output" role="group">{as_html(output)}</div></div>'
    )


def as_html(output: str) -> str:
    """Output as HTML: a line that is an SVG picture becomes one, the rest stays text."""
    parts: list[str] = []
    text: list[str] = []
    for line in [*output.split("\n"), None]:
        if line is not None and not line.startswith("<svg "):
            text.append(line)
            continue
        if "\n".join(text):
            parts.append(f'<pre tabindex="0">{escape(chr(10).join(text), quote=False)}</pre>')
        if line is not None:
            parts.append(f"<figure>{line}</figure>")
        text = []
    return "".join(parts)
