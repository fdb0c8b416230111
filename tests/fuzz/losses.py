"""Cross-entropy and NLL, here and in PyTorch: every option in every layout.

python tests/fuzz/losses.py --count 20000 --seed 0
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import FLOATS, Fuzzer, Lines, literal, main, tensor


def generate(rng: random.Random) -> Lines:
    function = rng.choice(("cross_entropy", "cross_entropy", "nll_loss"))
    dtype = rng.choice(FLOATS)
    classes = rng.randint(1, 5)
    batch = rng.choice((0, 1, 2, 3, 4))
    outer = rng.choice(
        (
            (),
            (batch,),
            (batch,),
            (batch,),
            (batch, rng.randint(1, 3)),
            (batch, 2, rng.randint(1, 3)),
        )
    )
    shape = (*outer[:1], classes, *outer[1:])
    scale = rng.choice((1.0, 1.0, 1.0, 30.0, 1e4))
    scores = np.array([round(rng.gauss(0, 1), 2) for _ in range(int(np.prod(shape)))])
    scores = scores.reshape(shape) * scale
    axis = 1 if outer else 0
    lines: Lines = []
    keywords = {"reduction": repr(rng.choice(("mean", "sum", "none")))}
    if rng.random() < 0.4:
        weight = np.array([rng.choice((0, 0.5, 1, 2, 0.3)) for _ in range(classes)], dtype)
        if rng.random() < 0.02:
            weight = np.ones(classes + 1, dtype)
        lines += tensor(rng, "w", weight)
        keywords["weight"] = "w"
    if function == "cross_entropy" and rng.random() < 0.35:
        keywords["label_smoothing"] = rng.choice(("0.0", "0.1", "0.1", "1.0"))
    if function == "cross_entropy" and rng.random() < 0.3:
        target = np.zeros(shape)
        flat = np.moveaxis(target, axis, -1).reshape(-1, classes)
        for row in flat:
            for _ in range(8):
                row[rng.randrange(classes)] += 0.125
        target = np.moveaxis(flat.reshape(*outer, classes), -1, axis)
        probable = tensor(rng, "p", target.astype(dtype), rng.random() < 0.5, layout=None)
        lines += probable
        second = "p"
    else:
        ignored = -100
        if rng.random() < 0.5:
            ignored = rng.choice((0, 0, classes - 1, -1, 255, 3))
            keywords["ignore_index"] = str(ignored)
        kind = rng.choice(("int64",) * 14 + ("uint8", "int32"))
        part = rng.choice((0, 0.3, 0.5, 1))
        labels = [
            ignored if rng.random() < part else rng.randrange(classes)
            for _ in range(int(np.prod(outer)))
        ]
        if rng.random() < 0.02 and labels:
            labels[-1] = rng.choice((classes, -1, 7))
        target = np.array(labels, "int64").astype(kind).reshape(outer)
        if rng.random() < 0.02 and outer:
            target = target[..., :-1]
        lines += tensor(rng, "y", target)
        second = "y"
    # A class of weight or probability 0 adds 0 here, even at a score of -inf; nan in PyTorch.
    plain = second == "y" and not {"weight", "label_smoothing"} & keywords.keys()
    if plain and classes > 1 and rng.random() < 0.2:
        for place in np.ndindex(*shape):
            if rng.random() < 0.3 and place[axis]:
                scores[place] = -np.inf
    lines = tensor(rng, "x", scores.astype(dtype), rng.random() < 0.95) + lines
    options = ", ".join(f"{key}={value}" for key, value in keywords.items())
    lines.append(f"loss = F.{function}(x, {second}, {options})")
    if rng.random() < 0.15:
        lines.append(rng.choice(("loss /= 2", "loss += 1", "loss *= 3", "loss -= 0.5")))
    factors = np.array([round(rng.uniform(-1, 2), 1) for _ in range(int(np.prod(outer)))], dtype)
    if keywords["reduction"] == "'none'":
        if rng.random() < 0.5:
            lines.append(f"(loss * {literal(factors.reshape(outer))}).sum().backward()")
        else:
            lines.append(rng.choice(("loss.sum().backward()", "loss.mean().backward()")))
    else:
        lines.append(rng.choice(("loss.backward()", "loss.backward()", "(loss * 0.7).backward()")))
    return lines


def scale(lines: Lines) -> float:
    """The largest score: a loss of large scores is a difference of them."""
    numbers = re.findall(r"\d+\.\d+|\d+", " ".join(line for line in lines if line[0] == "x"))
    return max([1.0, *map(float, numbers)])


def reference(lines: Lines) -> Lines:
    """PyTorch's nll_loss of (N, C, d1, d2) has no gradient for scores that are not contiguous."""
    return [re.sub(r"^(loss = F\.\w+\()x,", r"\1x.contiguous(),", line) for line in lines]


FUZZER = Fuzzer(
    generate,
    reference=reference,
    deliberate=(
        "there is nothing to average",
        "the loss is nan",
        "not negative and add up to 1",
    ),
    scale=scale,
)

if __name__ == "__main__":
    main(FUZZER, __doc__ or "", 20_000)
