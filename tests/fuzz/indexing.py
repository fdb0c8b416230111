"""Reading and writing by position, here and in PyTorch: every index on every layout and type.

python tests/fuzz/indexing.py --count 30000 --seed 0
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import (
    DTYPES,
    FLOATS,
    Fuzzer,
    Lines,
    literal,
    main,
    pytorch,
    shape_of,
    tensor,
    values,
)


def position(rng: random.Random, length: int) -> int:
    """A valid position, or rarely another."""
    if length and rng.random() < 0.985:
        return rng.randrange(-length, length)
    return rng.randint(-length - 1, length + 1)


def whole_numbers(rng: random.Random, shape: tuple[int, ...], length: int) -> str:
    """A tensor or list of positions."""
    numbers = [position(rng, length) for _ in range(int(np.prod(shape)))]
    dtype = rng.choice(("int64",) * 5 + ("int32", "uint8"))
    if dtype == "uint8":
        numbers = [abs(number) for number in numbers]
    array = np.array(numbers, dtype).reshape(shape)
    if array.ndim == 1 and rng.random() < 0.5:
        return str([int(number) for number in array])
    if array.ndim == 2 and array.shape[0] > 1 and rng.random() < 0.2:
        array = np.ascontiguousarray(array.T)
        return f"{literal(array)}.t()"
    return literal(array)


def slice_of(rng: random.Random, length: int) -> str:
    def bound() -> str:
        return "" if rng.random() < 0.4 else str(rng.randint(-length - 1, length + 1))

    if rng.random() < 0.4:
        return ":"
    step = rng.choice(("", "", "", ":2", ":3", ":1", ":"))
    if rng.random() < 0.01:
        step = ":-1"
    return f"{bound()}:{bound()}{step}"


def index_of(rng: random.Random, shape: tuple[int, ...]) -> str:
    """What stands in the brackets, for a tensor of this shape."""
    items: list[str] = []
    dim = 0
    common = tuple(rng.choice((1, 2, 2, 3)) for _ in range(rng.choice((0, 1, 1, 1, 2))))
    kinds = rng.choice(
        ("is", "sa", "isa", "isa", "isa", "isan.", "isam", "m", "am", "is.n", "a", "isamnb.")
    )
    ellipsis = "." in kinds and rng.random() < 0.7
    count = rng.choice((rng.randint(0, len(shape)), len(shape)))
    count += rng.random() < 0.02
    gap = rng.randint(0, count) if ellipsis else -1
    front = count
    for number in range(count + 1):
        if number == gap:
            items.append("...")
            dim = max(0, len(shape) - (count - number))
        if "n" in kinds and rng.random() < 0.3:
            items.append("None")
        if "b" in kinds and rng.random() < 0.1:
            items.append(rng.choice(("True", "False", "torch.tensor(True)")))
        if number >= front:
            break
        length = shape[dim] if dim < len(shape) else 1
        kind = rng.choice([each for each in kinds if each in "isam"] or ["i"])
        if kind == "i":
            at = position(rng, length)
            items.append(rng.choice((str(at), str(at), str(at), f"torch.tensor({at})")))
        elif kind == "s":
            items.append(slice_of(rng, length))
        elif kind == "a":
            squeezed = common[rng.choice((0, 0, 0, 1)) :]
            squeezed = tuple(rng.choice((n, n, n, 1)) for n in squeezed)
            items.append(whole_numbers(rng, squeezed, length))
        else:
            over = rng.choice((1, 1, 2)) if dim + 2 <= len(shape) and number + 2 <= count else 1
            mask = values(rng, shape[dim : dim + over], "bool")
            if rng.random() < 0.03:
                mask = values(rng, (length + 1,), "bool")
            if mask.ndim == 1 and rng.random() < 0.3:
                items.append(str([bool(each) for each in mask]))
            else:
                items.append(literal(mask))
            if over == 2:
                front -= 1
            dim += over - 1
        dim += 1
    if not items:
        return rng.choice(("...", "()", "None"))
    text = ", ".join(items)
    return text


def weighted(name: str) -> str:
    """A sum of all elements in which each has a weight of its own."""
    return f"({name} * torch.arange(1., {name}.numel() + 1).view({name}.shape)).sum()"


def reading(rng: random.Random, x: Lines, shape: tuple[int, ...]) -> Lines:
    return [*x, f"y = x[{index_of(rng, shape)}]"]


def number_for(rng: random.Random, dtype: str) -> str:
    if dtype in FLOATS:
        return rng.choice(("1.5", "-2", "7", "True", "1e30", "1e300", "float('inf')"))
    if dtype == "bool":
        return rng.choice(("True", "False", "1", "0"))
    return rng.choice(("3", "0", "1", "7", "True", "2.5", "200", "-1", "300", "1e30"))


def writing(rng: random.Random, x: Lines, shape: tuple[int, ...], dtype: str, index: str) -> Lines:
    """A write, whose value's shape comes from what PyTorch reads there.

    Where a position comes twice, all elements of the value are equal: which is written last is
    not defined.
    """
    count = int(np.prod(shape))
    space = {"torch": pytorch}
    try:
        exec(f"place = torch.arange({count}).view({shape})[{index}]", space)
    except Exception:
        place, repeated = (), False
    else:
        place = tuple(space["place"].shape)
        repeated = len(set(space["place"].reshape(-1).tolist())) < int(np.prod(place))
    lines = list(x)
    operator = rng.choice(("=", "=", "=", "=", "+=", "*=", "-="))
    kind = rng.choice(("number", "0-d") if repeated else ("number", "tensor", "tensor", "0-d"))
    if kind == "number":
        value = number_for(rng, dtype)
    else:
        given = place if kind == "tensor" else ()
        given = given[rng.choice((0, 0, 0, 1)) :]
        given = tuple(rng.choice((n, n, n, 1)) for n in given)
        if rng.random() < 0.1:
            given = (1, *given)
        if rng.random() < 0.02:
            given = (*given, 2)
        other = dtype if rng.random() < 0.85 else rng.choice(DTYPES)
        grad = other in FLOATS and dtype in FLOATS and rng.random() < 0.6
        lines += tensor(rng, "v", values(rng, given, other), grad)
        value = "v"
    return [*lines, f"x[{index}] {operator} {value}"]


def along(rng: random.Random, x: Lines, shape: tuple[int, ...], dtype: str) -> Lines:
    """The functions that take an index or a mask as an argument."""
    n = len(shape)
    dim = rng.randrange(-n, n) if n and rng.random() < 0.97 else rng.choice((0, -1, 2))
    length = shape[dim] if -n <= dim < n else 1
    axis = dim % n if n else 0
    function = rng.choice(
        (
            "gather",
            "gather",
            "scatter",
            "scatter_",
            "index_select",
            "masked_fill",
            "masked_fill_",
            "masked_select",
            "where",
        )
    )
    if function in ("gather", "scatter", "scatter_"):
        index_shape = tuple(
            rng.randint(0, 4) if at == axis else rng.randint(0, size) if size else 0
            for at, size in enumerate(shape)
        )
        if rng.random() < 0.03:
            index_shape = shape_of(rng)
        numbers = [
            rng.randrange(length) if length and rng.random() < 0.99 else rng.choice((-1, length))
            for _ in range(int(np.prod(index_shape)))
        ]
        kind = "int64" if rng.random() < 0.9 else rng.choice(("int32", "uint8"))
        fits = len(index_shape) == n > 0
        if function != "gather" and fits and rng.random() < 0.8:
            # Each place once: which of several writes wins is not defined.
            index_shape = tuple(
                length if at == axis else size for at, size in enumerate(index_shape)
            )
            order = np.argsort([rng.random() for _ in range(int(np.prod(index_shape)))])
            array = order.reshape(index_shape).argsort(axis).astype(kind)
        else:
            array = np.array(numbers).astype(kind).reshape(index_shape)
        lines = [*x, *tensor(rng, "i", array)]
        if function == "gather":
            return [*lines, f"y = x.gather({dim}, i)"]
        ranks_only = len(numbers) != array.size or array.size == 0
        if rng.random() < 0.5 or (not ranks_only and rng.random() < 0.9):
            source = number_for(rng, dtype)
        else:
            source_shape = tuple(size + rng.choice((0, 0, 1)) for size in array.shape)
            grad = dtype in FLOATS and rng.random() < 0.6
            lines += tensor(rng, "v", values(rng, source_shape, dtype), grad)
            source = "v"
        if function == "scatter":
            return [*lines, f"y = x.scatter({dim}, i, {source})"]
        return [*lines, f"x.scatter_({dim}, i, {source})"]
    if function == "index_select":
        count = rng.randint(0, 4)
        array = np.array([rng.randrange(length) if length else 0 for _ in range(count)], "int64")
        if rng.random() < 0.02 and count:
            array[0] = rng.choice((-1, length))
        if rng.random() < 0.1:
            array = array.astype("int32")
        if rng.random() < 0.05:
            array = array[:1].reshape(()) if count else array
        return [*x, *tensor(rng, "i", array), f"y = x.index_select({dim}, i)"]
    mask_shape = shape[rng.choice((0, 0, 1)) :]
    mask_shape = tuple(rng.choice((n, n, 1)) for n in mask_shape)
    if rng.random() < 0.1:
        mask_shape = (2, *shape)
    lines = [*x, *tensor(rng, "m", values(rng, mask_shape, "bool"))]
    if function == "masked_select":
        return [*lines, "y = x.masked_select(m)"]
    if function == "where":
        if rng.random() < 0.4:
            other = number_for(rng, dtype)
        else:
            grad = dtype in FLOATS and rng.random() < 0.6
            lines += tensor(rng, "v", values(rng, mask_shape, dtype), grad)
            other = "v"
        first, second = rng.choice((("x", other), (other, "x")))
        return [*lines, f"y = torch.where(m, {first}, {second})"]
    value = number_for(rng, dtype)
    if function == "masked_fill":
        return [*lines, f"y = x.masked_fill(m, {value})"]
    return [*lines, f"x.masked_fill_(m, {value})"]


def generate(rng: random.Random) -> Lines:
    shape = shape_of(rng, (0, 1, 2, 2, 3, 3, 3, 4))
    if len(shape) > 2 and rng.random() < 0.4:
        shape = (2,) * len(shape)  # dimensions that change places in silence
    dtype = rng.choice((*FLOATS, *FLOATS, *DTYPES))
    grad = dtype in FLOATS and rng.random() < 0.8
    x = tensor(rng, "x", values(rng, shape, dtype), grad)
    kind = rng.choice(("read", "read", "write", "write", "write", "along", "along"))
    if kind != "read" and grad and rng.random() < 0.85:
        x.append(rng.choice(("x = x * 1", "x = x.clone()", "x = x + 0")))
    elif kind != "read" and rng.random() < 0.15:
        x.append("x = x.clone()")
    if kind == "read":
        lines = reading(rng, x, shape)
    elif kind == "write":
        lines = writing(rng, x, shape, dtype, index_of(rng, shape))
    else:
        lines = along(rng, x, shape, dtype)
    result = "y" if lines[-1].startswith("y = ") else "x"
    if dtype in FLOATS:
        lines.append(f"if {result}.requires_grad: {weighted(result)}.backward()")
    return lines


def reference(lines: Lines) -> Lines:
    """Without two quirks of PyTorch.

    It has no gradient for a scatter's source that is larger than the index, and where v requires a
    gradient, it refuses to assign a view back to the view that it is of, as `x[...] -= v` does.
    """
    fitting = r"\1v[tuple(slice(n) for n in i.shape)])"
    lines = [re.sub(r"(x\.scatter_?\(.*, i, )v\)", fitting, line) for line in lines]
    return [re.sub(r"^(x\[[^\[TF]*\]) ([-+*]=) v", r"part = \1; part \2 v", line) for line in lines]


FUZZER = Fuzzer(generate, reference=reference, scale=lambda _: 10.0)

if __name__ == "__main__":
    main(FUZZER, __doc__ or "", 30_000)
