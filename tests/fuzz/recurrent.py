"""nn.RNN and nn.RNNCell, here and in PyTorch: every option, layouts of inputs and of results.

python tests/fuzz/recurrent.py --count 10000 --seed 0
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import FLOATS, Fuzzer, Lines, literal, main, tensor, values


def weighted(rng: random.Random, name: str, shape: tuple[int, ...]) -> str:
    return f"({name} * {literal(values(rng, shape, 'float64'))}).sum()"


def layer(rng: random.Random) -> Lines:
    dtype = rng.choice(FLOATS)
    features, hidden = rng.randint(1, 4), rng.randint(1, 4)
    steps, batch = rng.randint(1, 4), rng.choice((1, 1, 2, 3))
    if rng.random() < 0.02:
        batch = 0
    layers, bidirectional = rng.choice((1, 1, 2, 3)), rng.random() < 0.35
    directions = 2 if bidirectional else 1
    batch_first, batched = rng.random() < 0.5, rng.random() < 0.8
    dropout = rng.choice((0.0, 0.0, 0.3, 0.5, 1.0)) if layers > 1 else 0.0
    options = ""
    for name, value, usual in (
        ("num_layers", layers, 1),
        ("nonlinearity", rng.choice(("tanh", "relu")), "tanh"),
        ("bias", rng.random() < 0.8, True),
        ("batch_first", batch_first, False),
        ("dropout", dropout, 0.0),
        ("bidirectional", bidirectional, False),
    ):
        if value != usual or rng.random() < 0.1:
            options += f", {name}={value!r}"
    lines = [
        "torch.manual_seed(3)",
        f"rnn = nn.RNN({features}, {hidden}{options}){'.double()' if dtype == 'float64' else ''}",
    ]
    shape: tuple[int, ...] = (steps, features)
    if batched:
        shape = (batch, steps, features) if batch_first else (steps, batch, features)
    if rng.random() < 0.02:
        shape = (*shape[:-1], features + 1)
    kind = dtype if rng.random() < 0.98 else rng.choice(FLOATS)
    lines += tensor(rng, "x", values(rng, shape, kind), rng.random() < 0.6)
    state_shape: tuple[int, ...] = (layers * directions, hidden)
    if batched:
        state_shape = (layers * directions, batch, hidden)
    state = rng.random() < 0.6
    if state:
        given = state_shape if rng.random() < 0.98 else (*state_shape[:-1], hidden + 1)
        lines += tensor(rng, "h0", values(rng, given, dtype), rng.random() < 0.6)
    if rng.random() < 0.2:
        lines.append("rnn.eval()")
    lines.append(f"o, h = rnn(x{', h0' if state else ''})")
    out = (*shape[:-1], hidden * directions)
    lines.append("layout = (o.is_contiguous(), h.is_contiguous())")
    if rng.random() < 0.25:
        lines.append("seen = []")
        lines += rng.sample(
            [
                "o.retain_grad()",
                "h.retain_grad()",
                "o.register_hook(lambda g: seen.append(g.tolist()))",
                rng.choice(
                    ("h.register_hook(lambda g: g * 2)", "o.register_hook(lambda g: g * 2)")
                ),
            ],
            2,
        )
    if rng.random() < 0.25:
        write = rng.choice(
            ("o += 1", "o *= {mask}", "o.mul_(2)", "o[0] = 0.", "o[..., 0] *= 2", "h += 1")
        )
        lines.append(write.replace("{mask}", literal(np.ones(out, dtype) * (rng.random() < 0.5))))
    if rng.random() < 0.2:
        lines.append(
            rng.choice(
                (
                    "p = o[-1]",
                    "p = o.transpose(0, 1)",
                    "p = o.reshape(-1)",
                    "p = o.sum(-1)",
                    "p = F.dropout(o, 0.5)",
                    "p = o.contiguous()",
                    "p = o * 2",
                    "p = h[-1]",
                    "p = torch.cat([o, o])",
                    "flat = o.view(-1)",
                )
            )
        )
    terms = rng.choice((("o",), ("h",), ("o", "h"), ("o", "h"), ("o", "h")))
    sizes = {"o": out, "h": state_shape}
    parts = [
        f"{name}.sum()" if rng.random() < 0.3 else weighted(rng, name, sizes[name])
        for name in terms
    ]
    if "p = " in lines[-1]:
        parts.append("(p * p).sum()")
    lines.append(f"loss = {' + '.join(parts)}")
    lines.append("loss.backward()")
    if rng.random() < 0.1:
        lines.insert(-1, "loss.backward(retain_graph=True)")
    lines.append("gradients = [p.grad for p in rnn.parameters()]")
    return lines


def cell(rng: random.Random) -> Lines:
    dtype = rng.choice(FLOATS)
    features, hidden, batch = rng.randint(1, 4), rng.randint(1, 4), rng.choice((1, 2, 3))
    options = rng.choice(("", "", ", nonlinearity='relu'", ", bias=False"))
    lines = [
        "torch.manual_seed(5)",
        f"cell = nn.RNNCell({features}, {hidden}{options})"
        + (".double()" if dtype == "float64" else ""),
    ]
    batched = rng.random() < 0.8
    steps = rng.randint(1, 3)
    shape = (steps, batch, features) if batched else (steps, features)
    lines += tensor(rng, "x", values(rng, shape, dtype), rng.random() < 0.6)
    state_shape = (batch, hidden) if batched else (hidden,)
    if rng.random() < 0.6:
        lines += tensor(rng, "h0", values(rng, state_shape, dtype), rng.random() < 0.6)
        lines.append("h = h0")
    else:
        lines.append("h = None")
    lines.append("states = []")
    for step in range(steps):
        lines.append(f"h = cell(x[{step}]{', h' if step or rng.random() < 0.95 else ''})")
        extra = rng.random()
        if extra < 0.1:
            lines.append(rng.choice(("h += 1", "h *= 0.5", "h = h.clone()", "h = h.detach()")))
        elif extra < 0.2:
            lines.append(rng.choice(("h.retain_grad()", "h.register_hook(lambda g: g * 2)")))
        lines.append("states.append(h)")
    lines.append(f"loss = {weighted(rng, 'torch.stack(states)', (steps, *state_shape))}")
    lines.append("loss.backward()")
    lines.append("gradients = [p.grad for p in cell.parameters()]")
    return lines


def generate(rng: random.Random) -> Lines:
    return cell(rng) if rng.random() < 0.2 else layer(rng)


FUZZER = Fuzzer(generate, strides=("o", "h"), scale=lambda _: 10.0)

if __name__ == "__main__":
    main(FUZZER, __doc__ or "", 10_000)
