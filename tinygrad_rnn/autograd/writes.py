"""When memory was written to in place.

What a graph has saved must not change before it is used. So every write notes its moment here, and
a backward that holds an array written to since refuses to go on. Tensors that share memory, as
views do, share its moments.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from itertools import count
from typing import Any

from ..dtypes import Array

next_moment: Callable[[], int] = count(1).__next__
"""Numbers operations and writes in the order in which they happen."""


class WriteLog:
    """The last moment at which each piece of memory was written to, as long as it lives."""

    def __init__(self) -> None:
        self._moments: dict[int, tuple[weakref.ref[Any], int]] = {}
        self.latest = 0  # the moment of the last write to any memory

    def note(self, array: Array, moment: int) -> None:
        """Notes a write to the memory that `array` looks at."""
        owner = array if array.base is None else array.base
        key, forget = id(owner), self._moments.pop
        known = self._moments.get(key)  # of this memory: an entry goes when its memory goes
        alive = known[0] if known else weakref.ref(owner, lambda _: forget(key, None))
        self._moments[key] = (alive, moment)
        self.latest = max(self.latest, moment)

    def last(self, array: Array) -> int:
        """The moment of the last write, 0 if there was none."""
        entry = self._moments.get(id(array if array.base is None else array.base))
        return entry[1] if entry else 0


writes = WriteLog()
"""All writes."""

recorded_writes = WriteLog()
"""Writes that are operations of a graph: other tensors that share the memory are then stale."""
