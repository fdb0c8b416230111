"""A chapter in the reader's browser: its cells run one after the other, and are watched."""

from __future__ import annotations

import ctypes
import io
import sys
from collections.abc import Callable
from time import monotonic
from typing import Any

from .cells import run_cell


class Flood(BaseException):
    """Ends a cell that prints too much; no Exception, so that the cell does not catch it."""


class Output(io.StringIO):
    """What a cell prints, which is also sent on: a line when it ends, less when it is flushed.

    If there is much, it is sent in larger pieces: the page has to show it.
    """

    def __init__(self, send: Callable[[str], Any], limit: int) -> None:
        super().__init__()
        self._send, self._sent, self._time = send, 0, 0.0
        self._limit, self._lines = limit, limit // 16

    def write(self, text: str) -> int:
        """Takes the text, or as much of it as there is room for.

        Raises:
            Flood: If it is too long.
        """
        room = self._limit - self.tell()
        super().write(text[:room])
        self._lines -= text.count("\n")
        if len(text) > room or self._lines < 0:
            raise Flood
        if text.endswith("\n"):
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Sends what was not sent yet."""
        if self.tell() < 4096 or monotonic() > self._time + 0.02:
            self.seek(self._sent)
            self._send(self.read())
            self._sent, self._time = self.tell(), monotonic()


class Session:
    """A namespace, and the cells that have run in it."""

    def __init__(self) -> None:
        if sys.platform == "emscripten":
            _fit_the_stack()
        self.restart()

    def restart(self) -> None:
        """Begins anew, with the framework's modules, and the book's, to be imported again."""
        self._namespace: dict[str, Any] = {"__name__": "__main__"}
        for name in [*sys.modules]:
            if name.split(".")[0] in {"tinygrad_rnn", "book"}:
                del sys.modules[name]

    def run(self, code: str, send: Callable[[str], Any], limit: int, flood: str) -> str:
        """Runs a cell: its output, which is what `run_cell` says that it is.

        Args:
            code: The cell.
            send: Gets the output as it comes, in pieces.
            limit: How many characters it may print before it is ended; a sixteenth as many lines.
            flood: The line that says so.
        """
        output = Output(send, limit)
        try:
            return run_cell(code, self._namespace, output)
        except Flood:
            return f"{output.getvalue()}\n{flood}"


def _fit_the_stack(calls: int = 700) -> None:
    """Lets calls nest in C no deeper than the stack of a browser's worker is.

    CPython 3.13 counts down from 10,000 there. Long before, when a graph of 3,000 operations is
    freed, the stack would be used up, which ends Python; at the end of the count it frees them one
    by one, or raises RecursionError. The count stands in the thread's state behind the recursion
    limit, which is how it is found.
    """
    state = ctypes.pythonapi.PyThreadState_Get
    state.restype = ctypes.c_void_p
    words = (ctypes.c_int * 16).from_address(state())
    limit, mark = sys.getrecursionlimit(), 12345
    sys.setrecursionlimit(mark)
    if mark in words:
        count = [*words].index(mark) + 1
        words[count] = min(words[count], calls)
    sys.setrecursionlimit(limit)
