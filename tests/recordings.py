"""Running a program under either library, and comparing its result with a recording.

`recorded/` has what PyTorch returned for the programs of `programs.py`: a file for each group, a
line for each program.
"""

import ast
import hashlib
import json
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .expressions import INPUTS

RECORDED = Path(__file__).parent / "recorded"

# ---- descriptions ----


def described(value: Any) -> Any:
    """`value` as JSON has it; a tensor as `{"type shape grad_fn": numbers}`."""
    if hasattr(value, "grad_fn"):
        header = f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
        if value.grad_fn is not None:
            header += f" {value.grad_fn.name().split('::')[-1]}"
        elif value.requires_grad:
            header += " leaf"
        return {header: numbers(value.detach().numpy())}
    if isinstance(value, dict):
        return {str(key): described(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [described(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def numbers(array: np.ndarray) -> list[Any]:
    """The elements, flat; float32 ones with the fewest digits that identify them."""
    flat = array.ravel()
    return [float(str(each)) for each in flat] if flat.dtype == np.float32 else flat.tolist()


def digest(array: Any) -> str:
    """A hash of the bits of a tensor that is too long to record."""
    return hashlib.sha256(np.ascontiguousarray(array.numpy()).tobytes()).hexdigest()[:16]


def result(program: Callable[[Any], Any], torch: Any) -> Any:
    """Describes what a program returns, or the error that it raises."""
    try:
        return described(program(torch))
    except RuntimeError:  # or one by another name, as NotImplementedError is
        return {"error": "RuntimeError"}
    except Exception as error:
        return {"error": type(error).__name__}


@cache
def recorded(group: str) -> dict[str, Any]:
    """What PyTorch gave for the programs of a group."""
    return dict(json.loads((RECORDED / f"{group}.json").read_text(encoding="utf-8")))


def write(group: str, results: dict[str, Any]) -> None:
    """Writes a line for each program, so that a change shows as a change of one line."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(each, separators=(',', ':'))}"
        for name, each in results.items()
    )
    RECORDED.mkdir(exist_ok=True)
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    (RECORDED / f"{group}.json").write_text(text, encoding="utf-8")


# ---- comparison ----

# Short sums of products in another order differ by a few roundings of the largest term, so the
# tolerance is relative to the largest element of the tensor.
ROUNDINGS = {"float32": 6 * 2.0**-23, "float64": 1e-13}
# Many steps in a row, and gradients in which large terms cancel, accumulate more roundings.
CHAINED = {"float32": 40 * 2.0**-23, "float64": 1e-12}
# Normal numbers: the logarithms and cosines of processors differ beyond the printed digits.
NORMAL = {"float32": 1e-6, "float64": 1e-6}
EXACT = {"float32": 0.0, "float64": 0.0}


def differences(
    actual: Any, expected: Any, tolerance: dict[str, float] | None = None, at: str = ""
) -> list[str]:
    """The differences between two descriptions, one line for each."""
    tolerance = ROUNDINGS if tolerance is None else tolerance
    if isinstance(actual, dict) and isinstance(expected, dict):
        if list(actual) != list(expected):
            return [f"{at}: {list(actual)}, but PyTorch has {list(expected)}"]
        found = []
        for key, value in expected.items():
            kind = key.split("[")[0]
            if kind in tolerance and isinstance(value, list):
                found += _unequal(actual[key], value, kind, tolerance[kind], at)
            else:
                found += differences(actual[key], value, tolerance, f"{at}.{key}")
        return found
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        pairs = enumerate(zip(actual, expected, strict=True))
        return [d for i, (a, e) in pairs for d in differences(a, e, tolerance, f"{at}[{i}]")]
    if isinstance(actual, float) and isinstance(expected, float):
        same = math.isclose(actual, expected, rel_tol=1e-12, abs_tol=1e-15)
        same = same or (math.isnan(actual) and math.isnan(expected))
        return [] if same else [f"{at}: {actual!r}, but PyTorch has {expected!r}"]
    return [] if actual == expected else [f"{at}: {actual!r}, but PyTorch has {expected!r}"]


def _unequal(
    actual: list[float], expected: list[float], kind: str, tolerance: float, at: str
) -> list[str]:
    a, e = np.array(actual, np.float64), np.array(expected, np.float64)
    scale = np.abs(e[np.isfinite(e)]).max(initial=0.0)
    if a.shape == e.shape and np.allclose(a, e, rtol=0, atol=tolerance * scale, equal_nan=True):
        return []
    return [f"{at} {kind}: {actual}, but PyTorch has {expected}"]


# ---- expressions ----


def inputs_of(source: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The inputs that an expression names: the floating ones and the others."""
    used = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    arrays = {name: INPUTS[name] for name in sorted(used & INPUTS.keys())}
    floating = {name: array for name, array in arrays.items() if array.dtype == np.float64}
    return floating, {name: array for name, array in arrays.items() if name not in floating}


def run(torch: Any, source: str, tensors: dict[str, Any]) -> Any:
    """The value of the last statement, an expression, after the others were executed."""
    names = {"torch": torch, "F": torch.nn.functional, "np": np, "inf": math.inf, "nan": math.nan}
    names |= tensors
    *statements, last = ast.parse(source).body
    assert isinstance(last, ast.Expr)
    exec(compile(ast.Module(statements, []), source, "exec"), names)
    return eval(compile(ast.Expression(last.value), source, "eval"), names)


def evaluate(torch: Any, source: str, dtype: str) -> dict[str, Any]:
    """Runs statements, the last an expression, and goes backward from its value.

    Args:
        torch: The library.
        source: What to run; it sees `torch`, `F`, `np` and the inputs.
        dtype: The dtype of the floating inputs, which are leaves that require gradients.
    """
    floating, others = inputs_of(source)
    leaves = {
        name: torch.tensor(array.astype(dtype), requires_grad=True)
        for name, array in floating.items()
    }
    tensors = leaves | {name: torch.tensor(array) for name, array in others.items()}
    value = run(torch, source, tensors)
    loss = projection(torch, value)
    if loss is None:
        return {"value": value}
    loss.backward()
    return {"value": value, "grad": {name: leaf.grad for name, leaf in leaves.items()}}


def projection(torch: Any, value: Any) -> Any:
    """A weighted sum of all elements of the tensors in `value` that require gradients, or None."""
    parts = value if isinstance(value, list | tuple) else [value]
    loss = None
    for part in parts:
        if getattr(part, "requires_grad", False) and part.numel():
            weights = np.random.RandomState(5).uniform(0.5, 1.5, tuple(part.shape))
            dtype = str(part.dtype).removeprefix("torch.")
            term = (part * torch.tensor(weights.astype(dtype))).sum()
            loss = term if loss is None else loss + term
    return loss
