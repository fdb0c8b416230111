"""Words of the generator's stream for many seeds at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..dtypes import Array
from ..random import SHIFT, WORDS, mix, next_state, temper


def stream_words(seeds: Array, positions: Sequence[int]) -> list[Array]:
    """The words at some positions of the stream, for every seed.

    A seed is spread over 624 words, each computed from the one before. The word at position p of
    the stream is computed from those at p, p + 1 and p + 397; later ones from earlier words of the
    stream.

    Args:
        seeds: Seeds, as uint32.
        positions: Which words, counted from 0.

    Returns:
        For each position an array with one word per seed.
    """
    last = max(positions, default=0)
    if last < WORDS - SHIFT:  # three words of the first state are enough
        state = _spread(seeds, {p + offset for p in positions for offset in (0, 1, SHIFT)})
        return [temper(state[p + SHIFT] ^ mix(state[p], state[p + 1])) for p in positions]
    words: Array = np.array(list(_spread(seeds, set(range(WORDS))).values()))
    needed, found = set(positions), dict[int, Array]()
    for start in range(0, last + 1, WORDS):
        words = next_state(words)
        found |= {start + i: temper(words[i]) for i in range(WORDS) if start + i in needed}
    return [found[p] for p in positions]


def _spread(seeds: Array, needed: set[int]) -> dict[int, Array]:
    """Those words of the first state that are needed (the generator's `init_genrand`)."""
    word, scratch = seeds.copy(), np.empty_like(seeds)
    factor, shift = np.array(1812433253, np.uint32), np.array(30, np.uint32)
    found = {0: word.copy()} if 0 in needed else {}
    for i in range(1, max(needed, default=0) + 1):
        np.right_shift(word, shift, scratch)
        np.bitwise_xor(word, scratch, word)
        np.multiply(word, factor, word)
        np.add(word, np.array(i, np.uint32), word)
        if i in needed:
            found[i] = word.copy()
    return found
