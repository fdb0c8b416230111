"""Optimizers, schedules and clipping, here and in PyTorch: options, groups, edits of the state.

python tests/fuzz/optimizers.py --count 10000 --seed 0
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.common import FLOATS, Fuzzer, Lines, literal, main, values

SHAPES = ((), (), (1,), (3,), (2, 3), (3, 1), (2, 1, 2), (0,), (5,))
STATES = {"Adam": ("exp_avg", "exp_avg_sq"), "AdamW": ("exp_avg", "exp_avg_sq")}
STEPS = ("step", "step", "step", "step", "step", "closure", "rate", "scheduler", "clip", "state")
EVENTS = (*STEPS, "setting", "data", "save", "add", "remove", "reorder", "move", "copy", "zero")


def settings(rng: random.Random, name: str) -> dict[str, object]:
    chosen: dict[str, object] = {"lr": rng.choice((0.1, 0.01, 0.5, 0.0))}
    if rng.random() < 0.4:
        chosen["weight_decay"] = rng.choice((0.0, 0.1, 0.5))
    if rng.random() < 0.25:
        chosen["maximize"] = True
    if rng.random() < 0.1:
        chosen["foreach"] = rng.choice((None, False))  # True writes to gradients there
    if name == "SGD":
        if rng.random() < 0.7:
            chosen["momentum"] = rng.choice((0.0, 0.5, 0.9))
        if rng.random() < 0.3:
            chosen["dampening"] = rng.choice((0.0, 0.5))
        if rng.random() < 0.3:
            chosen["nesterov"] = True
    else:
        if rng.random() < 0.4:
            chosen["amsgrad"] = True
        if rng.random() < 0.3:
            chosen["betas"] = rng.choice(((0.5, 0.9), (0.0, 0.99), (0.9, 0.5)))
        if rng.random() < 0.3:
            chosen["eps"] = rng.choice((1e-8, 1e-3))
    return chosen


def program(rng: random.Random) -> Lines:
    """Parameters, an optimizer on groups of them, and events between its steps."""
    name = rng.choice(("SGD", "Adam", "AdamW"))
    dtypes = (
        [rng.choice(FLOATS)] * 5 if rng.random() < 0.8 else [rng.choice(FLOATS) for _ in "12345"]
    )
    shapes = [rng.choice(SHAPES) for _ in range(5)]
    lines = []
    for i, (shape, dtype) in enumerate(zip(shapes, dtypes, strict=True)):
        value = literal(values(rng, shape, dtype))
        if len(shape) > 1 and rng.random() < 0.5:
            value += f".transpose(0, {len(shape) - 1})"
            shapes[i] = (shape[-1], *shape[1:-1], shape[0])
        lines.append(f"p{i} = ({value}).requires_grad_()")
    lines.append("P = [p0, p1, p2, p3, p4]")
    count = rng.randint(1, 4)
    options = ", ".join(f"{k}={v!r}" for k, v in settings(rng, name).items())
    if rng.random() < 0.5:
        inside = ", ".join(f"p{i}" for i in range(count))
        groups = f"[{inside}]"
        sizes = [count]
    else:
        cut = rng.randint(0, count - 1)
        first = ", ".join(f"p{i}" for i in range(cut))
        second = ", ".join(f"p{i}" for i in range(cut, count))
        lr = rng.choice((0.2, 0.05))
        groups = f"[{{'params': [{first}]}}, {{'params': [{second}], 'lr': {lr}}}]"
        sizes = [cut, count - cut]
    make = f"torch.optim.{name}({groups}, {options})"
    lines.append(f"o = {make}")
    schedule = rng.choice(("StepLR(o, 2)", "StepLR(o, 1, 0.5)", "ExponentialLR(o, 0.8)"))
    lines += [f"s = torch.optim.lr_scheduler.{schedule}"]
    lines += ["G = lambda: o.param_groups", "every = lambda: [p for g in G() for p in g['params']]"]

    def gradients() -> Lines:
        if rng.random() < 0.3:
            return [f"o.zero_grad(set_to_none={rng.random() < 0.5})", *losses()]
        return ["o.zero_grad()", *losses()]

    def losses() -> Lines:
        return [
            f"(p{i} * {literal(values(rng, shapes[i], dtypes[i]))} + p{i} ** 2).sum().backward()"
            for i in range(5)
            if rng.random() < 0.8
        ]

    for _ in range(rng.randint(3, 9)):
        event = rng.choice(EVENTS)
        i, at = rng.randrange(5), rng.randrange(len(sizes))
        lines += gradients() if rng.random() < 0.8 else []
        if event == "step":
            lines.append("o.step()")
        elif event == "closure":
            lines += [
                "def closure():",
                "    o.zero_grad()",
                "    loss = torch.zeros((), requires_grad=True) * 1",
                "    for p in every(): loss = loss + (p * 2).sum()",
                "    loss.backward()",
                "    return loss",
                "loss = o.step(closure)",
            ]
        elif event == "rate":
            lines.append(f"for g in G(): g['lr'] = g['lr'] * {rng.choice((0.5, 1.5))}")
        elif event == "scheduler":
            lines += ["o.step()", "s.step()", "rates = s.get_last_lr()"]
        elif event == "clip":
            power = rng.choice(("2.0", "'inf'", "1", "float('inf')", "0.5", "3"))
            bound = rng.choice(("1.0", "0.1", "5"))
            kind = rng.choice(("(p for p in every())", "every()", "P"))
            lines.append(f"norm = torch.nn.utils.clip_grad_norm_({kind}, {bound}, {power})")
            if rng.random() < 0.3:
                lines.append(f"torch.nn.utils.clip_grad_value_(every(), {rng.choice((0.5, 2))})")
            lines.append("o.step()")
        elif event == "state":
            lines += edit(rng, name, i)
        elif event == "setting":
            key = rng.choice(("weight_decay", "maximize", "momentum", "amsgrad", "betas", "eps"))
            value = {
                "weight_decay": 0.2,
                "maximize": rng.random() < 0.5,
                "momentum": rng.choice((0, 0.6)),
                "amsgrad": rng.random() < 0.5,
                "betas": (0.8, 0.9),
                "eps": 1e-4,
            }[key]
            lines.append(f"if '{key}' in G()[0]: G()[0]['{key}'] = {value!r}")
        elif event == "data":
            new = literal(values(rng, shapes[i], dtypes[i]))
            change = rng.choice((".copy_({})", " = {}", ".mul_(0.5)"))
            lines.append(f"p{i}.data{change.format(new)}")
        elif event == "save":
            lines += ["_saved = o.state_dict()"]
            if rng.random() < 0.5:
                lines.append(
                    "_saved = {**_saved, 'state': {k: {n: t.clone() for n, t in v.items()} "
                    "for k, v in _saved['state'].items()}}"
                )
            if rng.random() < 0.5:
                lines.append(
                    f"o = torch.optim.{name}([{{'params': g['params']}} for g in G()], lr=0.3)"
                )
            lines += [
                "o.load_state_dict(_saved)",
                "w = s.state_dict()",
                "view = None",
            ]  # a copy here
            lines += [f"s = torch.optim.lr_scheduler.{schedule}", "s.load_state_dict(w)"]
        elif event == "add":
            lines.append(
                f"if all(p is not p{i} for p in every()): "
                f"o.add_param_group({{'params': [p{i}], 'lr': 0.07}})"
            )
            if rng.random() < 0.5:
                lines.append(f"s = torch.optim.lr_scheduler.{schedule}")
        elif event == "remove":
            lines.append(f"if len(G()) > 1: del G()[{at}]")
            lines.append(f"s = torch.optim.lr_scheduler.{schedule}")
        elif event == "reorder":
            lines.append(rng.choice(("G().reverse()", "G()[0]['params'].reverse()")))
        elif event == "move":
            lines.append("if G()[0]['params']: G()[-1]['params'].append(G()[0]['params'].pop(0))")
        elif event == "copy":
            lines += ["view = [o.state[p] for p in every()]"]
        elif event == "zero":
            lines.append(f"p{i}.grad = None")
    lines += [
        "groups = [{k: v for k, v in g.items() if k != 'params'} for g in G()]",
        "states = [{k: v for k, v in o.state[p].items()} if p in o.state else {} for p in P]",
        "schedule = s.state_dict()",
    ]
    return lines


def edit(rng: random.Random, name: str, i: int) -> Lines:
    """A write to the state of a parameter, if it has one."""
    if name == "SGD":
        change = rng.choice(
            (
                "t['momentum_buffer'].mul_(0.5)",
                "t['momentum_buffer'] = torch.ones_like(p)",
                "t['momentum_buffer'][...] = 2.0",
                "t.clear()",
                "t['momentum_buffer'].data = t['momentum_buffer'] * 3",
                "o.state[p] = {'momentum_buffer': t['momentum_buffer'] + 1}",
                "o.state.clear()",
            )
        )
    else:
        change = rng.choice(
            (
                "t['exp_avg'].mul_(0.5)",
                "t['exp_avg'].zero_()",
                "t['exp_avg_sq'] = torch.ones_like(p)",
                "t['exp_avg'][...] = 2.0",
                "t['step'] = torch.tensor(7.0)",
                "t['step'].fill_(3)",
                "t['step'] += 2",
                "t['step'] = t['step'].clone()",
                "t.clear()",
                "del o.state[p]",
                "o.state[p] = {k: v.clone() for k, v in t.items()}",
                "t['exp_avg'].data = t['exp_avg'] * 3",
                "o.state.clear()",
                "o.state[p]['exp_avg'] = t['exp_avg'].contiguous() * 2",
            )
        )
    return [f"p = p{i}", "t = o.state.get(p)", f"if t: {change}", "p = t = None"]


FUZZER = Fuzzer(
    program,
    allowed=(
        "^'?max_exp_avg_sq'?$",  # amsgrad turned on in mid-run: the largest average so far is 0
        "cannot compute the infinity norm on an empty tensor",  # it is 0, as all others are
        "nested_tensorlist",  # clip_grad_value_ where nothing has a gradient: nothing to do
        r"^\d{9,}$",  # state_dict() after a group was deleted: its state is left out
    ),
)

if __name__ == "__main__":
    main(FUZZER, __doc__.split("\n", maxsplit=1)[0], 10_000)
