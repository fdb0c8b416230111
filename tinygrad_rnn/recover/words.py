"""The first words of the generator's stream for many seeds at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..dtypes import Array
from ..random import _SHIFT, _WORDS, _next_state, _temper

NEAR = _WORDS - _SHIFT
"""Words before this one depend on the seed's state alone, and on three words of it."""


def stream_words(seeds: Array, positions: Sequence[int]) -> list[Array]:
    """The words at some positions of the stream, for every seed.

    A seed is spread over 624 words, each from the one before; the word at position p of the stream
    comes of those at p, p + 1 and p + 397, and later ones of earlier words of the stream.

    Args:
        seeds: Seeds, as uint32.
        positions: Which words, counted from 0.

    Returns:
        For each position an array with a word per seed.
    """
    last = max(positions, default=0)
    if last < NEAR:
        wanted = {p + offset for p in positions for offset in (0, 1, _SHIFT)}
        state = _spread(seeds, wanted, last + _SHIFT)
        return [_temper(_next_word(state, p)) for p in positions]
    words: Array = np.array(list(_spread(seeds, set(range(_WORDS)), _WORDS - 1).values()))
    blocks: list[list[int]] = [[] for _ in range(last // _WORDS + 1)]
    for p in positions:
        blocks[p // _WORDS].append(p)
    found: dict[int, Array] = {}
    for block in blocks:
        words = _next_state(words)
        found |= {p: _temper(words[p % _WORDS]) for p in block}
    return [found[p] for p in positions]


def _spread(seeds: Array, wanted: set[int], last: int) -> dict[int, Array]:
    """The wanted ones of the state's words up to `last` (the generator's `init_genrand`)."""
    word, scratch = seeds.copy(), np.empty_like(seeds)
    factor, shift = np.array(1812433253, np.uint32), np.array(30, np.uint32)
    found = {0: word.copy()} if 0 in wanted else {}
    for i in range(1, last + 1):
        np.right_shift(word, shift, scratch)
        np.bitwise_xor(word, scratch, word)
        np.multiply(word, factor, word)
        np.add(word, np.array(i, np.uint32), word)
        if i in wanted:
            found[i] = word.copy()
    return found


def _next_word(state: dict[int, Array], p: int) -> Array:
    y = (state[p] & np.uint32(0x80000000)) | (state[p + 1] & np.uint32(0x7FFFFFFF))
    mixed: Array = (y >> np.uint32(1)) ^ ((y & np.uint32(1)) * np.uint32(0x9908B0DF))
    return state[p + _SHIFT] ^ mixed
