"""Writes in place, views, hooks and retained gradients in random programs, here and in PyTorch.

python tests/fuzz/inplace.py --count 25000 --seed 0
"""

from __future__ import annotations

import random
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import FLOATS, Fuzzer, Lines, literal, main, pytorch, tensor, values

UNARY = (
    "{v}.tanh()",
    "{v}.sigmoid()",
    "{v}.relu()",
    "{v} * 2",
    "{v} + 1",
    "1 - {v}",
    "{v} / 2",
    "-{v}",
    "{v}.square()",
    "{v} ** 2",
    "{v} ** 3",
    "({v} * 0.3).exp()",
    "{v}.abs()",
    "{v}.sin()",
    "{v}.clone()",
    "{v}.sum(0)",
    "{v}.mean()",
    "{v}.softmax(0)",
    "{v}.log_softmax(-1)",
    "{v}.max(0)[0]",
    "{v}.amax(-1)",
    "{v}.var(0)",
    "{v}.norm()",
    "{v}.logsumexp(0)",
    "{v}.clamp(-0.5, 0.5)",
    "{v}[[0, 1]]",
    "{v}[{v} > 0.0137]",
    "{v}.masked_fill({v} > 0.0137, 0.5)",
    "{v}.flip(0)",
    "{v}.repeat(2, 1)",
    "{v}.contiguous()",
    "{v}.reshape(-1)",
    "{v}.flatten()",
    "torch.cat([{v}, {v}])",
    "{v}.to(torch.float64)",
    "torch.where({v} > 0.0137, {v}, 0.)",
    "(2. ** {v})",
    "1 / ({v} + 4)",
    "{v}.reciprocal()",
)
BINARY = (
    "{v} + {u}",
    "{v} - {u}",
    "{v} * {u}",
    "{v} * {u}",
    "{v} / ({u} + 3)",
    "torch.maximum({v}, {u})",
    "torch.minimum({v}, {u})",
    "torch.cat([{v}, {u}])",
    "torch.stack([{v}, {u}])",
    "{v} @ {u}",
    "torch.add({v}, {u}, alpha=2)",
    "torch.where({v} > {u}, {v}, {u})",
    "F.mse_loss({v}, {u}, reduction='none')",
    "F.linear({v}, {u})",
)
VIEWS = (
    "{v}.t()",
    "{v}.view(-1)",
    "{v}[0]",
    "{v}[1]",
    "{v}[-1:]",
    "{v}[..., 0]",
    "{v}[..., 1:]",
    "{v}[::2]",
    "{v}[None]",
    "{v}[...]",
    "{v}.select(0, 1)",
    "{v}.narrow(0, 0, 1)",
    "{v}.unsqueeze(0)",
    "{v}.squeeze()",
    "{v}.transpose(0, 1)",
    "{v}.permute(1, 0)",
    "{v}.expand(2, *{v}.shape)",
    "{v}.unbind(0)[0]",
    "{v}.chunk(2)[0]",
    "{v}.split(1)[-1]",
    "{v}.detach()",
    "{v}.data",
    "{v}.view({v}.shape)",
    "{v}.view_as({v})",
    "{v}.reshape(-1)",
    "{v}.flatten()",
    "{v}.T",
)
WRITES = (
    "{v}.zero_()",
    "{v}.fill_(0.7)",
    "{v}.tanh_()",
    "{v}.relu_()",
    "{v}.sigmoid_()",
    "{v}.neg_()",
    "{v}.abs_()",
    "{v}.clamp_(-0.5, 0.5)",
    "{v}.clamp_(min=0)",
    "{v}.pow_(2)",
    "{v} *= 2",
    "{v} += 1",
    "{v} -= 0.5",
    "{v} /= 2",
    "{v} **= 2",
    "{v}.mul_(0.5)",
    "{v}.add_(2, alpha=3)",
    "{v}.masked_fill_({v} > 0.0137, 0.5)",
    "{v}[0] = 0.3",
    "{v}[0] *= 2",
    "{v}[..., -1] += 1",
    "{v}[1:] = 0.2",
    "{v}[[0]] = 0.4",
    "{v}[{v} > 0.0137] = 0.1",
    "{v}[{v} < 0.0137] *= 3",
    "{v}.sqrt_()",
    "{v}.view(-1)[0] = 0.3",
    "{v}[0].mul_(2)",
    "{v}.t().add_(1)",
)
WRITES_OF = (
    "{v} *= {u}",
    "{v} *= {u}",
    "{v} += {u}",
    "{v} -= {u}",
    "{v} /= {u}",
    "{v}.add_({u}, alpha=2)",
    "{v}.sub_({u}, alpha=0.5)",
    "{v}.mul_({u})",
    "{v}.div_({u})",
    "{v}.copy_({u})",
    "{v}.pow_({u})",
    "{v}[0] = {u}",
    "{v}[...] = {u}",
    "{v}[0] += {u}",
    "{v}[1:] *= {u}",
    "{v}[..., 0] = {u}",
    "{v}[[0]] = {u}",
    "{v}[[0, 1]] += {u}",
    "{v}[{v} > 0.0137] = {u}",
    "{v}.masked_fill_({u} > 0.0137, -1.)",
    "{v}[:, [1, 0]] = {u}",
    "{v} *= {v}",
    "{v} += {v}",
    "{v} *= {v}[0]",
    "{v} /= {v}[0]",
    "{v} *= {v}.t()",
    "{v}.pow_({v})",
    "{v}[0] = {v}[1]",
    "{v}.copy_({v}.t())",
    "{v}[0] *= {v}[1]",
)
# PyTorch 2.13 crashes in register_hook of a view whose base was written to under no_grad, and
# retain_grad of such a view does nothing, unless its grad_fn is asked for first.
HOOKS = (
    "{v}.grad_fn; {v}.retain_grad()",
    "{v}.grad_fn; {v}.retain_grad()",
    "{v}.grad_fn; {v}.register_hook(lambda g: seen.setdefault('{v}', []).append(g.tolist()))",
    "{v}.grad_fn; {v}.register_hook(lambda g: seen.setdefault('{v}', []).append(g.tolist()))",
    "{v}.grad_fn; {v}.register_hook(lambda g: g * 2)",
    "{v}.grad_fn; h_ = {v}.register_hook(lambda g: g * 3)",
    "{v}.grad_fn; {v}.register_hook(lambda g: (g.mul_(2), None)[1])",
    "{v}.grad_fn; k_ = {v}.register_hook(lambda g: g + 1)",
    "h_.remove()",
    "k_.remove()",
)

# Writes that autograd does not see: PyTorch forgets the hooks of all views of that memory.
HIDDEN = re.compile(r"detach|data|no_grad")
SEEN = tuple(template for template in VIEWS if not HIDDEN.search(template))
SHAPES = ((2, 2), (2, 2), (3, 3), (2, 3), (3, 2), (2,), (3,), (), (2, 2, 2), (1, 2), (2, 1))
# Without leaves that are views: PyTorch forgets them when their memory is written to.
INNER = ("permuted", "sliced", "cut", "indexed", "expanded", "computed", "selected", "cloned")


class Drawn:
    """A program as it grows: each line runs in PyTorch at once, so that the next can fit."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: Lines = []
        self.space: dict[str, Any] = {
            "torch": pytorch,
            "nn": pytorch.nn,
            "F": pytorch.nn.functional,
        }
        self.refused = False

    def names(self, grad: bool = False) -> list[str]:
        return [
            name
            for name, value in self.space.items()
            if isinstance(value, pytorch.Tensor)
            and value.is_floating_point()
            and (not grad or value.requires_grad)
        ]

    def hooks_a_view(self) -> bool:
        hooked = re.findall(r"(\w+)\.(?:register_hook|retain_grad)", " ".join(self.lines))
        return any(self.space[name]._is_view() for name in hooked)

    def tries(self, line: str) -> bool:
        """Adds a line if PyTorch runs it, and rarely one that it refuses, as the last."""
        try:
            exec(line, self.space)
        except Exception:
            if self.rng.random() < 0.01 and "_.remove" not in line:
                self.lines.append(line)
                self.refused = True
            return False
        self.lines.append(line)
        return True

    def draws(self, templates: tuple[str, ...], new: bool, start: str = "") -> bool:
        """Adds a line after one of the templates."""
        rng = self.rng
        for _ in range(6):
            names = self.names()
            if templates is HOOKS and any(HIDDEN.search(line) for line in self.lines):
                names = [name for name in names if not self.space[name]._is_view()]
                if not names:
                    return False
            latest = names[-3:] if rng.random() < 0.6 else names
            v, u = rng.choice(latest), rng.choice(names)
            if rng.random() < 0.15:
                u = v + rng.choice(("[0]", ".t()", "[..., :1]", "[1]", ".view(-1)"))
            line = rng.choice(templates).replace("{v}", v).replace("{u}", u)
            if new:
                line = f"x{len(self.lines)} = {line}"
            if self.tries(start + line):
                return True
            if self.refused:
                return False
        return False


def generate(rng: random.Random) -> Lines:
    program = Drawn(rng)
    dtype = rng.choice(("float32", "float64", "float64"))
    program.tries("seen = {}")
    shape = rng.choice(SHAPES)
    for name in "abc"[: rng.randint(1, 3)]:
        layout = "dense" if rng.random() < 0.7 else rng.choice(INNER)
        kind = dtype if rng.random() < 0.95 else rng.choice(FLOATS)
        array = values(rng, shape if rng.random() < 0.7 else rng.choice(SHAPES), kind)
        array = np.where(array == 0, 0.25, array).astype(kind)
        for line in tensor(rng, name, array, rng.random() < 0.75, layout):
            program.tries(line)
    for _ in range(rng.randint(3, 12)):
        kinds = ("out", "out", "of", "of", "view", "view", "write", "write", "write_of", "write_of")
        kind = rng.choice((*kinds, "write_of", "hook", "hook", "no_grad", "grad", "back"))
        if kind == "out":
            program.draws(UNARY, True)
        elif kind == "of":
            program.draws(BINARY, True)
        elif kind == "view":
            program.draws(SEEN if program.hooks_a_view() else VIEWS, True)
        elif kind == "write":
            program.draws(WRITES, False)
        elif kind == "write_of":
            program.draws(WRITES_OF, False)
        elif kind == "hook":
            program.draws(HOOKS, False)
        elif kind == "no_grad":
            if not any("retain_grad()" in line or "hook" in line for line in program.lines):
                program.draws(rng.choice((WRITES, WRITES_OF)), False, "with torch.no_grad(): ")
        elif kind == "grad":
            program.draws(("{v}.grad = None",), False)
        elif rng.random() < 0.3 and program.names(grad=True):
            name = rng.choice(program.names(grad=True))
            program.tries(f"{name}.sum().backward(retain_graph=True)")
        if program.refused:
            return program.lines
    names = program.names(grad=True)
    if not names:
        return program.lines
    chosen = [name for name in names if rng.random() < 0.4][-3:] or names[-1:]
    parts = []
    for name in chosen:
        size = program.space[name].shape
        factors = values(rng, tuple(size), "float64")
        parts.append(
            f"({name} * {literal(factors)}).sum()" if rng.random() < 0.8 else f"{name}.sum()"
        )
    program.lines.append(f"loss = {' + '.join(parts)}")
    retain = rng.random() < 0.1
    program.lines.append(f"loss.backward({'retain_graph=True' if retain else ''})")
    if retain and rng.random() < 0.8:
        program.lines.append("loss.backward()")
    return program.lines


# What writes get is copied first, no hook changes what other tensors' gradients share, and views
# of several outputs become views of one.
SHARED = (
    (r"^((?:with .*: )?\w+(?:\[[^=]*\])? [-+*/]+= )([abcx]\d*.*)$", r"\1(\2).clone()"),
    (r"^((?:with .*: )?\w+\[.*\] = )([abcx]\d*.*)$", r"\1(\2).clone()"),
    (r"\.((?:add|sub)_)\(([abcx]\d*.*), alpha", r".\1((\2).clone(), alpha"),
    (r"\.((?:mul|div|copy|pow)_)\(([abcx]\d*.*)\)$", r".\1((\2).clone())"),
    (r"\(g\.mul_\(2\), None\)\[1\]", "g * 2"),
    (r"(\w+)\.unbind\(0\)\[0\]", r"\1[0]"),
    (r"(\w+)\.chunk\(2\)\[0\]", r"\1[:(len(\1) + 1) // 2]"),
    (r"(\w+)\.split\(1\)\[-1\]", r"\1[-1:]"),
)


def reference(lines: Lines) -> Lines:
    rewritten = []
    for line in lines:
        for pattern, replacement in SHARED:
            line = re.sub(pattern, replacement, line)
        written = re.match(r"(?:with .*: )?(\w+)(?:\[[^=]*\] [-+*/]*= | [-+*/]+= |\.\w+_\()", line)
        if written:  # a view of what was written to looks like a leaf until it is asked
            rewritten.append(f"{written[1]}.grad_fn")
        rewritten.append(line)
    return rewritten


FUZZER = Fuzzer(
    generate,
    deliberate=("^mse_loss: the input has shape",),
    reference=reference,
    scale=lambda _: 30.0,
)

if __name__ == "__main__":
    main(FUZZER, __doc__ or "", 25_000)
