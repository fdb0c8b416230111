"""The strides of every operation's result, here and in PyTorch, for inputs of every layout.

    python tests/fuzz/layouts.py

A pair of an operation and a layout is equal if shape, values and strides of each result are, and if
`view(-1)` succeeds or fails as in PyTorch. Strides along dimensions of size 1, and of empty
tensors, lead to no other element; NumPy sets them as it likes, so they are not compared.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import (
    ACCEPTED,
    DTYPES,
    FLOATS,
    REFUSED,
    WRONG,
    Fuzzer,
    Lines,
    main,
    shape_of,
    tensor,
    values,
)
from tests.operations import STRIDED

# The shape (m, n) or (b, m, n) of `x` is that of the layout; `y` has the same shape and layout.
# The registry has the operations one by one; here are other names, compositions, new tensors.
OPERATIONS = (
    *STRIDED,
    *("F.relu(x)", "F.softmax(x, -1)", "F.tanh(x)", "F.log_softmax(x, 0)", "nn.Dropout(0.5)(x)"),
    *("nn.Linear(x.shape[-1], 2)(x)", "x + y.contiguous()", "x.contiguous() + y", "x[:1] * y"),
    *("x + 1. * y[0]", "x * y[..., :1]", "x.relu() + y.tanh()", "(x * y).sum(0)", "(x + 1).t()"),
    *("x.sum(0) + y.sum(0)", "torch.ones(x.shape) * x", "x + torch.ones(x.shape[-1])"),
    *("x * torch.ones(2, *x.shape)", "torch.cat([x, y.contiguous()])", "x.clone().contiguous()"),
    *("x.detach()", "x.data", "x.new_zeros(x.shape)", "torch.zeros_like(x)", "torch.ones_like(x)"),
    *("torch.full_like(x, 2.)", "torch.empty_like(x).zero_()", "torch.rand_like(x)"),
    *("torch.randn_like(x)", "torch.bernoulli(x.abs() * 0)", "torch.bernoulli(x * 0 + 0.5)"),
    *("torch.tensor(x.tolist())", "torch.as_tensor(x)"),
)
SHAPES = ((3, 2), (2, 3, 2), (1, 3), (3, 1), (2, 1, 3), (1, 1), (3,), (1,), (), (0, 2), (2, 0, 3))
KINDS = (
    "dense",
    "permuted",
    "sliced",
    "cut",
    "indexed",
    "expanded",
    "computed",
    "selected",
    "cloned",
)


# With numbers, and for other types than float32:
NUMBERS = (
    *("x + 300", "x - 300", "x * 200", "x > -1", "x == 300", "x + 2.5", "x * True", "x / 0"),
    *("x // 0", "x % 0", "x ** 2", "2 ** x", "x ** -1", "x ** y", "300 - x", "x // -2", "x % -3"),
    *("torch.add(x, y, alpha=2)", "torch.sub(x, y, alpha=3)", "torch.add(x, y, alpha=0.5)"),
    *("torch.logical_and(x, y)", "torch.logical_or(x, y)", "torch.logical_xor(x, y)"),
    *("x & y", "x | y", "x ^ y", "~x", "x.logical_not()", "x.clamp(1, 3)", "x.clamp(min=0.5)"),
    *("torch.where(x > 0, x, y)", "torch.where(x > 0, x, 1.5)", "x.masked_fill(x > 0, 2)"),
    *("torch.full_like(x, 3)", "x.clone().fill_(200)", "x.clone().fill_(1e30)", "x * 1e30 * 1e30"),
    *(
        "x.sum()",
        "x.mean()",
        "x.max()",
        "x.argmax()",
        "x.all()",
        "x.any()",
        "(x.abs() * 1e38).sum()",
    ),
    *("x.norm()", "x.norm(1)", "x.norm(float('inf'), 0)", "(x / 0).long()", "(x / 0).int()"),
    *("(x / 0).sin()", "(x / 0).abs()", "torch.cat([x, y])", "torch.stack([x, y])", "x @ y.t()"),
    *("x.clone().add_(y)", "x.clone().mul_(y)", "x.clone().div_(2)", "x.clone().sub_(y, alpha=2)"),
    *("x.clone().copy_(y)", "x.clone().pow_(2)", "x.clone().clamp_(0, 2)", "x.to(y.dtype)"),
)


def program(
    operation: str,
    shape: tuple[int, ...],
    layout: str,
    rng: random.Random,
    dtypes: tuple[str, str] = ("float32", "float32"),
) -> Lines:
    if 1 in shape and layout in ("indexed", "computed", "cloned"):
        layout = "permuted"  # PyTorch looks at strides that lead nowhere, and these have others
    x, y = (values(rng, shape, dtype) for dtype in dtypes)
    lines = ["torch.manual_seed(1)"]
    state = rng.getstate()
    lines += tensor(rng, "x", x, layout=layout)
    rng.setstate(state)  # the same permutation again
    lines += tensor(rng, "y", y, layout=layout)
    return [*lines, f"z = {operation}", FLAT]


FLAT = """views = []
for _each in z if isinstance(z, tuple) else (z,):
    for _part in _each if isinstance(_each, tuple) else (_each,):
        try: views.append(_part.view(-1))
        except RuntimeError: views.append('no view')"""


def generate(rng: random.Random) -> Lines:
    shape = rng.choice(SHAPES) if rng.random() < 0.5 else shape_of(rng)
    if rng.random() < 0.5:
        return program(rng.choice(OPERATIONS), shape, rng.choice(KINDS), rng)
    operation = rng.choice(NUMBERS + NUMBERS + OPERATIONS)
    # PyTorch refuses softmax of whole numbers, but not if there are none: then it is whole, too
    allowed = FLOATS if "softmax" in operation else DTYPES
    dtypes = rng.choice(allowed), rng.choice(allowed)
    return program(operation, shape, rng.choice(KINDS), rng, dtypes)


FUZZER = Fuzzer(generate, strides=("x", "y", "z"))


def table() -> tuple[Counter[str], list[str]]:
    """Every operation with every layout, in a few shapes; a line for each pair that differs."""
    kinds, found = Counter[str](), []
    for operation in OPERATIONS:
        for layout in KINDS:
            examples: dict[str, str] = {}
            for shape in SHAPES:
                rng = random.Random(f"{operation} {shape} {layout}")
                verdict = FUZZER.judge(program(operation, shape, layout, rng))
                kinds[verdict.kind] += 1
                if verdict.kind in (WRONG, REFUSED, ACCEPTED):
                    examples.setdefault(verdict.kind, f"{shape}: {verdict.detail[:120]}")
            found += [
                f"{operation:44} {layout:9} {kind}, as {example}"
                for kind, example in examples.items()
            ]
    return kinds, found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(FUZZER, __doc__ or "", 10_000)
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", RuntimeWarning)
    kinds, found = table()
    print("\n".join(found))
    print(f"{kinds.total()} programs: {dict(kinds)}")
    sys.exit(bool(kinds[WRONG]))
