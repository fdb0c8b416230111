"""When each piece of memory was last written to.

What a graph has saved must not change before it is used. One clock numbers the nodes of graphs and
the writes to memory in the order in which they happen. So a saved array is intact if the last write
to its memory, its version, has a smaller number than the node that saved it.

Arrays that share memory (views) share its version. Memory that is never written to has none.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from .arithmetic import Array

tick: Callable[[], int] = count(1).__next__
"""The next number of the clock."""


class Versions:
    """The last write to each piece of memory, kept as long as the memory lives.

    Attributes:
        latest: The last write to any memory.
    """

    def __init__(self) -> None:
        self._known: dict[
            int, list[Any]
        ] = {}  # the memory's owner, as a weak reference, and the number
        self.latest = 0

    def note(self, array: Array, number: int) -> None:
        """Makes `number`, the clock's last, the version of the memory that `array` looks at."""
        owner = array if array.base is None else array.base
        entry = self._known.get(id(owner))
        if entry:
            entry[1] = number
        else:  # an entry goes when its memory goes
            key, forget = id(owner), self._known.pop
            self._known[key] = [weakref.ref(owner, lambda _: forget(key, None)), number]
        self.latest = number

    def of(self, array: Array) -> int:
        """The version of the memory that `array` looks at, 0 if it was never written to."""
        entry = self._known.get(id(array if array.base is None else array.base))
        return entry[1] if entry else 0


written = Versions()
"""Of all memory: a node that saved an array before it was written to refuses to use it."""
