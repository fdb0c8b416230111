"""What is measured: sizes, weights and data, the same for every contestant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Sizes(NamedTuple):
    """The sizes of one layer with a classifier on top of it."""

    batch: int
    steps: int
    inputs: int
    hidden: int
    classes: int

    def __str__(self) -> str:
        return ",".join(map(str, self))


TRAINING = [
    Sizes(1, 5, 4, 4, 4),
    Sizes(1, 25, 65, 100, 65),
    Sizes(16, 32, 32, 64, 64),
    Sizes(32, 35, 64, 128, 64),
    Sizes(64, 64, 128, 256, 100),
    Sizes(64, 128, 256, 512, 256),
    Sizes(128, 64, 512, 1024, 1000),
]
EVALUATION = [TRAINING[0], TRAINING[1], TRAINING[3], TRAINING[5]]
GENERATION = [TRAINING[1], Sizes(1, 1, 128, 512, 128)]
GROWTH = {
    "steps": [Sizes(1, steps, 4, 16, 4) for steps in (10, 100, 1000, 10_000)],
    "batch": [Sizes(batch, 25, 32, 64, 32) for batch in (1, 4, 16, 64, 256)],
    "hidden": [Sizes(16, 25, 32, hidden, 32) for hidden in (16, 64, 256, 1024)],
}


@dataclass(frozen=True)
class Problem:
    """A program to run at some size.

    Attributes:
        program: The method of a contestant that sets it up.
        sizes: How large it is.
        lr: Adam's step size.
    """

    program: str
    sizes: Sizes
    lr: float = 1e-3

    def frozen(self) -> Problem:
        """The same work with weights that hardly move, however often the step is repeated.

        After thousands of true steps a small network has learned all there is, its gradients
        vanish, and the arithmetic of subnormal numbers would be timed.
        """
        return replace(self, lr=1e-9)

    @cached_property
    def weights(self) -> dict[str, Array]:
        """The weights at the start, under PyTorch's names."""
        _, _, inputs, hidden, classes = self.sizes
        shapes: dict[str, tuple[int, ...]] = {}
        if self.program == "cell":
            shapes |= _recurrent("cell.", "", inputs, hidden)
        elif self.program == "embedding":
            shapes["embedding.weight"] = (classes, inputs)
            shapes |= _recurrent("rnn.", "_l0", inputs, hidden)
            shapes |= _recurrent("rnn.", "_l1", hidden, hidden)
        else:
            shapes |= _recurrent("rnn.", "_l0", inputs, hidden)
        if self.program != "cell":
            shapes |= {"linear.weight": (classes, hidden), "linear.bias": (classes,)}
        random = np.random.default_rng(0)
        bound = hidden**-0.5
        return {
            name: random.uniform(-bound, bound, shape).astype(np.float32)
            for name, shape in shapes.items()
        }

    @cached_property
    def x(self) -> Array:
        """The input: (steps, batch, inputs), or character numbers (batch, steps) to embed."""
        batch, steps, inputs, _, classes = self.sizes
        random = np.random.default_rng(1)
        if self.program == "embedding":
            return random.integers(0, classes, (batch, steps))
        return random.standard_normal((steps, batch, inputs), np.float32)

    @cached_property
    def labels(self) -> Array:
        """The right class at every position, (steps, batch)."""
        random = np.random.default_rng(2)
        return random.integers(0, self.sizes.classes, (self.sizes.steps, self.sizes.batch))


def _recurrent(prefix: str, suffix: str, inputs: int, hidden: int) -> dict[str, tuple[int, ...]]:
    return {
        f"{prefix}weight_ih{suffix}": (hidden, inputs),
        f"{prefix}weight_hh{suffix}": (hidden, hidden),
        f"{prefix}bias_ih{suffix}": (hidden,),
        f"{prefix}bias_hh{suffix}": (hidden,),
    }
