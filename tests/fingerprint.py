"""Fingerprints: the bits of trained weights, and the signature of every public name.

    python tests/fingerprint.py --write weights      # after a change of results that is meant
    python tests/fingerprint.py --write signatures   # after a change of the interface that is meant

`recorded/weights.json` has two groups of programs. In the programs of EXACT, no operand has more
than 1,024 numbers, so float32 is computed in float64 and rounded once: the bits are the same on
every BLAS kernel. Those of CLOSE depend on the kernel: the bits are recorded by kernel, and some of
the values, for a processor or a NumPy that is not among those recorded.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import inspect
import json
import os
import platform
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import tinygrad_rnn as torch
from tinygrad_rnn import nn

HERE = Path(__file__).parent
EXAMPLES = HERE.parent / "examples"
RECORDED = HERE / "recorded"
PROCESSORS = {"Prescott": (), "Haswell": ("AVX2", "X86_V3"), "SkylakeX": ("AVX512_SKX", "X86_V4")}
"""OpenBLAS's kernels for x86-64, and NumPy's names, old and new, for the vector units they need."""

State = dict[str, Any]
Program = Callable[[int], Iterator[State]]
"""A program takes a number of steps and yields its weights by name after each step."""


# ---- programs: examples and benchmarks ----


def namespace(name: str, *replaced: tuple[str, str]) -> dict[str, Any]:
    """The names that an example defines; it prints nothing and does without extra packages."""
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    for old, new in replaced:
        assert source.count(old) == 1, f"{name}.py should hold {old!r} once"
        source = source.replace(old, new)
    sys.modules["matplotlib"] = None  # type: ignore[assignment] - importing it takes a second
    names: dict[str, Any] = {"__name__": name, "print": lambda *_, **__: None}
    exec(compile(source, f"{name}.py", "exec"), names)
    return names


def example(name: str, steps: int) -> Iterator[State]:
    """An example from its first line to its last, which is one step here.

    Also the tensors that are left at its end are part of its state.
    """
    trains = name.startswith("hello")
    names = namespace(name, *([("EPOCHS = 15", f"EPOCHS = {STEPS}")] if trains else []))
    state = {}
    for key, value in names.items():
        if isinstance(value, nn.Module):
            state |= {f"{key}.{name}": each for name, each in value.state_dict().items()}
        elif isinstance(value, torch.Tensor):
            state[key] = value
    yield state


def char_rnn(options: dict[str, Any], steps: int) -> Iterator[State]:
    """`examples/char_rnn.py` on a short text: two layers, dropout, clipping, a schedule."""
    names = namespace("char_rnn")
    text = "say hello, yellow cello; " * 24
    defaults = {name: default for name, (_, default, _) in names["OPTIONS"].items()}
    training = names["Training"]({**defaults, "epochs": 20, **options}, text)
    for _ in range(steps):
        training.update()
        yield dict(training.model.named_parameters())


def picture_to_word(shrunk: bool, steps: int) -> Iterator[State]:
    """`examples/picture_to_word.py` on random pictures."""
    names = namespace("picture_to_word")
    torch.manual_seed(3)
    model = names["PictureToWord"](6, 4) if shrunk else names["PictureToWord"]()
    if shrunk:
        model.cnn = nn.Sequential(names["Conv2d"](1, 2, 3), nn.Tanh())
        model.fc = nn.Linear(18, 6)
    side = 5 if shrunk else 8
    images, words = torch.rand(3, 1, side, side), names["SPELLINGS"][torch.tensor([7, 0, 4])].t()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    loss = partial(nn.functional.cross_entropy, target=words.flatten())
    yield from train(model, optimizer, lambda: loss(model(images, words).flatten(0, 1)), steps)


def benchmark(
    program: str, sizes: tuple[int, ...], lr: float, fused: bool, steps: int
) -> Iterator[State]:
    """A program of the benchmarks."""
    sys.path.insert(0, str(HERE / "benchmarks"))
    from contestants import Ours
    from problems import Problem, Sizes

    created: list[nn.Module] = []

    class Watched(Ours):
        def _load(self, module: Any, problem: Any) -> Any:
            created.append(super()._load(module, problem))
            return created[-1]

    (variant,) = getattr(Watched(), program)(Problem(program, Sizes(*sizes), lr))
    for each in created[0].modules():
        if isinstance(each, nn.RNN | nn.RNNCell):
            each.fused = fused
    for _ in range(steps):
        variant.step()
        yield dict(created[0].named_parameters())


# ---- programs: layers, losses, optimizers ----


def train(
    model: nn.Module, optimizer: Any, loss_of: Callable[[], Any], steps: int, then: Any = None
) -> Iterator[State]:
    """Plain training; `then` is called between the gradients and the step."""
    for _ in range(steps):
        optimizer.zero_grad()
        loss_of().backward()
        if then is not None:
            then()
        optimizer.step()
        yield dict(model.named_parameters())


class Tagger(nn.Module):
    """A recurrent layer and a linear one: scores for each step."""

    def __init__(self, inputs: int, hidden: int, classes: int, **options: Any) -> None:
        super().__init__()
        self.rnn = nn.RNN(inputs, hidden, **options)
        self.linear = nn.Linear(hidden * (1 + self.rnn.bidirectional), classes)

    def forward(self, x: Any) -> Any:
        states, last = self.rnn(x)
        return self.linear(states), last


def adam(parameters: Any) -> Any:
    return torch.optim.Adam(parameters, lr=0.01)


def tagger(
    steps: int,
    sizes: tuple[int, int, int, int, int] = (2, 3, 4, 6, 3),
    optimizer: Callable[[Any], Any] = adam,
    schedule: Any = None,
    clip: Any = None,
    **options: Any,
) -> Iterator[State]:
    """The last states also take part in the loss, so that gradients come from both outputs."""
    batch, length, inputs, hidden, classes = sizes
    torch.manual_seed(11)
    model = Tagger(inputs, hidden, classes, **options)
    shape = (batch, length) if options.get("batch_first") else (length, batch)
    x = torch.rand(*shape, inputs, dtype=options.get("dtype", torch.float32)) * 2 - 1
    y = torch.randint(0, classes, (batch * length,))
    if options.get("dtype"):
        model.double()

    def loss() -> Any:
        scores, last = model(x)
        errors = nn.functional.cross_entropy(scores.reshape(-1, classes), y)
        return errors + 0.1 * (last * last).mean()

    created = optimizer(model.parameters())
    then = None if clip is None else lambda: clip(model.parameters())
    scheduler = None if schedule is None else schedule(created)
    for state in train(model, created, loss, steps, then):
        if scheduler is not None:
            scheduler.step()
        yield state


def cell(steps: int, **options: Any) -> Iterator[State]:
    """A cell in a loop, unbatched and batched, from a first state that is learned too."""
    torch.manual_seed(12)
    model = nn.Module()
    model.cell = nn.RNNCell(3, 4, **options)
    model.h0 = nn.Parameter(torch.rand(4))
    x, target = torch.rand(3, 2, 3), torch.rand(2, 4)

    def loss() -> Any:
        h, single = model.h0.expand(2, 4), model.h0
        for each in x:
            h, single = model.cell(each, h), model.cell(each[0], single)
        return nn.functional.mse_loss(h, target) + (single - target[1]).abs().sum()

    yield from train(model, adam(model.parameters()), loss, steps)


def groups(model: list[Any]) -> Any:
    """Two groups of parameters with settings of their own."""
    return torch.optim.AdamW(
        [{"params": model[:2], "lr": 0.02, "weight_decay": 0.3}, {"params": model[2:]}], lr=0.005
    )


def classifier(loss: Callable[[Any, Any], Any], steps: int) -> Iterator[State]:
    """An embedding and linear layers under a loss; some classes occur more than once."""
    torch.manual_seed(13)
    model = nn.Sequential(
        nn.Embedding(7, 4, padding_idx=2), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5, bias=False)
    )
    x, y = torch.tensor([0, 1, 2, 3, 3, 6, 5]), torch.tensor([4, 0, 2, 2, 1, 3, 0])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    yield from train(model, optimizer, lambda: loss(model(x), y), steps)


def expression(formula: Callable[[Any, Any], Any], steps: int) -> Iterator[State]:
    """Two tensors that descend along the gradient of a formula, moved by hand."""
    torch.manual_seed(14)
    a, b = (torch.rand(4, 6) * 2 - 1 for _ in range(2))
    a.requires_grad_(), b.requires_grad_()
    for _ in range(steps):
        formula(a, b).backward()
        with torch.no_grad():
            for each in (a, b):
                each -= 0.05 * each.grad
                each.grad = None
        yield {"a": a, "b": b}


def written(a: Any, b: Any) -> Any:
    y = a * 1
    y += b
    y.mul_(0.5)
    y[1] = b[2] * b[2]
    y[:, 0] = 0.25
    return (y * y).sum() + y.masked_fill(y > 0, 0.1).tanh().sum()


def hooked(a: Any, b: Any) -> Any:
    y = a * b
    y.register_hook(lambda g: g * 0.5)
    return (y * y).sum() + (y.detach() * a).sum()


SQUARED = {
    "arithmetic": lambda a, b: a * b - a / (b + 3) + 2 * a - b / 2 + 1 - (-a),
    "powers": lambda a, b: (a + 2) ** 2.5 + (b + 2) ** -1 + b**3,
    "exponentials": lambda a, b: a.exp() - (b + 2).log() + (a * a + 1).sqrt(),
    "functions": lambda a, b: a.sigmoid() * b.tanh() + a.sin() * b.cos() + (a - b).relu(),
    "choices": lambda a, b: torch.where(a > b, a, b * 2) + a.clamp(-0.5, 0.5) + a.abs(),
    "softmax": lambda a, b: a.softmax(1) * 3 + b.log_softmax(0),
    "sums": lambda a, b: a.sum(0) + b.mean(1, keepdim=True) + a.sum() + b.norm(),
    "extremes": lambda a, b: a.max(1).values + b.min(1).values + a.max() * b.min(),
    "products": lambda a, b: (a @ b.t()) @ (b @ a.t()) + a[:, :1] * b[:, 1],
    "batches": lambda a, b: torch.bmm(a.view(2, 3, 4), b.view(2, 4, 3)) + a.view(2, 3, 4).sum(),
    "shapes": lambda a, b: (
        a.t().reshape(3, 8).unsqueeze(1).expand(3, 2, 8).flatten()
        + b.view(2, 3, 4).permute(2, 0, 1).flatten().repeat(2)
    ),
    "joining": lambda a, b: torch.cat([torch.stack([a, b]).sum(0), *a.split(2), *b.chunk(2)]),
    "indexing": lambda a, b: (
        a[[0, 0, 2]] + b[1:, ::2].sum() + a[1, 3] + b[:, [1, 1, 5, 4, 3, 0]][0]
    ),
    "gathering": lambda a, b: (
        a.gather(1, torch.tensor([[0, 0], [1, 5], [2, 2], [3, 0]]))
        + b.index_select(1, torch.tensor([5, 5]))
    ),
}
"""Formulas, most of them with broadcasting; the mean of the squares is the loss."""


def squared(formula: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    y = formula(a, b)
    return (y * y).mean()


# ---- programs: all ----

F, optim = nn.functional, torch.optim
SCHEDULES = optim.lr_scheduler
WEIGHTS = torch.tensor([1.0, 0.5, 2.0, 1.5, 0.25])
LAYERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "relu": {"nonlinearity": "relu"},
    "no bias": {"bias": False},
    "bidirectional": {"bidirectional": True},
    "bidirectional relu": {"bidirectional": True, "nonlinearity": "relu"},
    "two layers": {"num_layers": 2},
    "two layers, bidirectional": {"num_layers": 2, "bidirectional": True},
    "two layers, dropout": {"num_layers": 2, "dropout": 0.3},
    "batch first": {"batch_first": True},
    "two layers, batch first": {"num_layers": 2, "batch_first": True},
}
CELLS: dict[str, dict[str, Any]] = {
    "tanh": {},
    "relu": {"nonlinearity": "relu"},
    "no bias": {"bias": False},
}
OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "SGD": partial(optim.SGD, lr=0.05),
    "SGD, weight decay": partial(optim.SGD, lr=0.05, weight_decay=0.01),
    "SGD, momentum": partial(optim.SGD, lr=0.05, momentum=0.9),
    "SGD, dampening": partial(optim.SGD, lr=0.05, momentum=0.9, dampening=0.2, weight_decay=0.01),
    "SGD, Nesterov": partial(optim.SGD, lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.01),
    "SGD, climbing": partial(optim.SGD, lr=0.001, momentum=0.5, maximize=True),
    "Adam": partial(optim.Adam, lr=0.01),
    "Adam, betas": partial(optim.Adam, lr=0.01, betas=(0.8, 0.95), eps=1e-6),
    "Adam, weight decay": partial(optim.Adam, lr=0.01, weight_decay=0.01),
    "Adam, amsgrad": partial(optim.Adam, lr=0.01, amsgrad=True),
    "Adam, amsgrad, climbing": partial(optim.Adam, lr=0.001, amsgrad=True, maximize=True),
    "AdamW": partial(optim.AdamW, lr=0.01),
    "AdamW, amsgrad": partial(optim.AdamW, lr=0.01, weight_decay=0.1, amsgrad=True),
    "AdamW, groups": lambda parameters: groups(list(parameters)),
}
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross entropy": F.cross_entropy,
    "cross entropy, sum": partial(F.cross_entropy, reduction="sum"),
    "cross entropy, weights": partial(F.cross_entropy, weight=WEIGHTS),
    "cross entropy, ignored class": partial(F.cross_entropy, ignore_index=2),
    "cross entropy, smoothing": partial(F.cross_entropy, label_smoothing=0.1),
    "nll": lambda scores, y: F.nll_loss(F.log_softmax(scores, 1), y),
    "mse": lambda scores, y: F.mse_loss(scores, F.one_hot(y, 5).float()),
    "mse of softmax": lambda scores, y: F.mse_loss(F.softmax(scores, 1), F.one_hot(y, 5).float()),
}

EXACT: dict[str, Program] = {
    **{
        name: partial(example, name)
        for name in (
            "cell_batch1", "cell_batch2", "cell_seq4", "hello_cell", "hello_embedding", "hello_rnn"
        )
    },
    "char_rnn": partial(
        char_rnn, {"hidden": 8, "steps": 9, "batch": 3, "dropout": 0.2, "clip": 0.5}
    ),
    "picture_to_word": partial(picture_to_word, True),
    **{
        f"benchmark {name}, fused={fused}": partial(benchmark, name, sizes, 0.1, fused)
        for name, sizes in {
            "train": (1, 5, 4, 4, 4), "cell": (1, 5, 4, 4, 4), "embedding": (1, 5, 10, 4, 4)
        }.items()
        for fused in (True, False)
    },
    **{
        f"RNN {name}, fused={fused}": partial(tagger, fused=fused, **options)
        for name, options in LAYERS.items()
        for fused in (True, False)
    },
    **{
        f"RNNCell {name}, fused={fused}": partial(cell, fused=fused, **options)
        for name, options in CELLS.items()
        for fused in (True, False)
    },
    **{name: partial(tagger, optimizer=make) for name, make in OPTIMIZERS.items()},
    "StepLR": partial(tagger, schedule=lambda each: SCHEDULES.StepLR(each, 20, 0.7)),
    "ExponentialLR": partial(tagger, schedule=lambda each: SCHEDULES.ExponentialLR(each, 0.98)),
    "clip_grad_norm_": partial(tagger, clip=lambda each: nn.utils.clip_grad_norm_(each, 0.1)),
    "clip_grad_norm_, inf": partial(
        tagger, clip=lambda each: nn.utils.clip_grad_norm_(each, 0.02, float("inf"))
    ),
    "clip_grad_value_": partial(tagger, clip=lambda each: nn.utils.clip_grad_value_(each, 0.01)),
    **{f"loss {name}": partial(classifier, loss) for name, loss in LOSSES.items()},
    **{
        f"expression {name}": partial(expression, partial(squared, formula))
        for name, formula in SQUARED.items()
    },
    "expression written to": partial(expression, written),
    "expression with a hook": partial(expression, hooked),
}  # fmt: skip
CLOSE: dict[str, Program] = {
    **{
        f"benchmark {name} {sizes}, fused={fused}": partial(benchmark, name, sizes, 1e-3, fused)
        for name, sizes in (
            ("train", (1, 25, 65, 100, 65)), ("train", (16, 32, 32, 64, 64)),
            ("embedding", (16, 25, 32, 48, 64)),
        )
        for fused in (True, False)
    },
    "large, SGD": partial(
        tagger, sizes=(16, 20, 32, 64, 32), optimizer=partial(optim.SGD, lr=0.1, momentum=0.9)
    ),
    "large, bidirectional": partial(
        tagger, sizes=(16, 20, 32, 64, 32), num_layers=2, bidirectional=True,
        optimizer=partial(optim.Adam, lr=1e-3),
        clip=lambda each: nn.utils.clip_grad_norm_(each, 0.1),
    ),
    "char_rnn": partial(char_rnn, {"hidden": 64, "steps": 16, "batch": 8, "dropout": 0.2}),
    "picture_to_word": partial(picture_to_word, False),
    "float64": partial(tagger, dtype=torch.float64, num_layers=2, bidirectional=True),
    "float64, fused=False": partial(tagger, dtype=torch.float64, fused=False),
}  # fmt: skip
STEPS, CLOSE_STEPS = 200, 20
FEW = 30
"""As many steps are compared on every kernel; all of them on the newest, and when recording."""


# ---- measuring weights ----


def measure(steps: int) -> dict[str, Any]:
    """Runs all programs under the kernel that this process has."""
    return {
        "kernel": kernel(),
        "exact": {name: exact(program, steps) for name, program in EXACT.items()},
        "close": {name: close(program) for name, program in CLOSE.items()},
    }


def kernel() -> str:
    """What the bits of larger programs depend on: NumPy, its BLAS and the vector units."""
    sys.path.insert(0, str(HERE / "benchmarks"))
    import blas

    config = np.show_config(mode="dicts")
    found = config["SIMD Extensions"].get("found", [])
    version = config["Build Dependencies"]["blas"]["version"]
    return f"NumPy {np.__version__}, BLAS {version} {blas.kernel()}, {' '.join(found)}"


def digests(state: State) -> dict[str, str]:
    return {
        name: hashlib.sha256(tensor.detach().numpy().tobytes()).hexdigest()[:16]
        for name, tensor in state.items()
    }


def exact(program: Program, steps: int) -> dict[str, Any]:
    """Digests of the weights at the end; `trace` has four digits for each step's weights."""
    trace = ""
    for state in program(steps):
        checksum = 0
        for tensor in state.values():
            checksum = zlib.crc32(tensor.detach().numpy().tobytes(), checksum)
        trace += f"{checksum & 0xFFFF:04x}"
    return {"weights": digests(state), "trace": trace}


def close(program: Program) -> dict[str, Any]:
    """Digests of the weights at the end; their norms and some of their values."""
    for state in program(CLOSE_STEPS):
        last = state
    values = {}
    for name, tensor in last.items():
        flat = tensor.detach().numpy().astype(np.float64).ravel()
        picked = flat[np.linspace(0, flat.size - 1, 8).astype(int)]
        values[name] = [float(np.linalg.norm(flat)), *map(float, picked)]
    return {"weights": digests(last), "values": values}


def environments() -> dict[str, dict[str, str]]:
    """The variables that make this processor compute as an older one, by its name.

    OpenBLAS takes the kernel of that processor, and NumPy leaves out newer vector units.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return {platform.machine(): {}}
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    variables = {}
    for name, needed in PROCESSORS.items():
        last = max((i for i, unit in enumerate(found) if unit in needed), default=-1)
        if not needed or last >= 0:
            disabled = " ".join(found[last + 1 :])  # each unit builds on those before it
            variables[name] = {"OPENBLAS_CORETYPE": name, "NPY_DISABLE_CPU_FEATURES": disabled}
    return variables


def measured(few: int) -> dict[str, dict[str, Any]]:
    """What processes measure that compute as these processors do; `few` steps, but for the last."""
    package = str(Path(torch.__file__).parents[1])
    fixed = {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": package}
    running, variants = {}, environments()
    for name, variables in variants.items():
        environment = {**os.environ, **fixed, **variables}
        steps = STEPS if name == list(variants)[-1] else few
        command = [sys.executable, "-W", "ignore", __file__, "--measure", str(steps)]
        running[name] = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    outputs = {name: process.communicate()[0] for name, process in running.items()}
    assert not any(each.returncode for each in running.values()), "a program failed; see stderr"
    return {name: json.loads(output) for name, output in outputs.items()}


# ---- signatures ----

MODULES = [
    "", ".nn", ".nn.functional", ".nn.init", ".nn.utils", ".nn.utils.rnn", ".optim",
    ".optim.lr_scheduler", ".autograd", ".cuda", ".random", ".graph", ".recover",
]  # fmt: skip
INTERNAL = {"bool_", "missing_names"}  # imported by the package for its own use


def public(module: ModuleType) -> list[str]:
    """The public names of a module; `__all__`, or what is its own or its package's."""
    if hasattr(module, "__all__"):
        return [name for name in module.__all__ if not inspect.ismodule(getattr(module, name))]
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name not in INTERNAL
        and not inspect.ismodule(value)
        and (getattr(value, "__module__", None) or module.__name__).startswith(module.__name__)
    ]


def signatures() -> dict[str, list[str]]:
    """How every public name is called, and the first line of its docstring."""
    modules = {
        f"torch{suffix}": importlib.import_module(f"{torch.__name__}{suffix}") for suffix in MODULES
    }
    found: dict[str, list[str]] = {}
    for prefix, module in modules.items():
        for name in public(module):
            value = getattr(module, name)
            found[f"{prefix}.{name}"] = described(value)
            if inspect.isclass(value):
                found |= {
                    f"{prefix}.{name}.{key}": described(inspect.getattr_static(value, key))
                    for key in members(value)
                }
    return dict(sorted(found.items()))


def looked_up(name: str) -> list[str] | None:
    """The same for one name, wherever its class has it from; None if it is not there."""
    value: Any = torch
    for part in name.split(".")[1:]:
        try:
            static = inspect.getattr_static if inspect.isclass(value) else getattr
            value = static(value, part)
        except AttributeError:
            return None
    return described(value)


def members(cls: type) -> list[str]:
    """The public methods and properties of a class: its own, and those of bases with no name."""
    known = set().union(*(dir(base) for base in cls.__mro__[1:] if is_public(base)))
    own: list[str] = []
    for base in cls.__mro__:
        if base.__module__.startswith(torch.__name__) and (base is cls or not is_public(base)):
            own += [name for name in vars(base) if not name.startswith("_") and name not in own]
    return [name for name in own if name not in known or name in vars(cls)]


def is_public(cls: type) -> bool:
    modules = [importlib.import_module(f"{torch.__name__}{suffix}") for suffix in MODULES]
    return any(vars(module).get(cls.__name__) is cls for module in modules)


def described(value: Any) -> list[str]:
    """[signature without annotations, or what else it is; first line of the docstring]."""
    function = getattr(value, "__func__", value)
    line = (inspect.getdoc(value) or "").partition("\n")[0]
    if isinstance(value, property | cached_property):
        return ["property", line]
    if inspect.ismemberdescriptor(value):
        return ["attribute", ""]
    if not callable(function):
        return [repr(value), ""]
    if inspect.isclass(value):
        written = inspect.isfunction(value.__init__) or inspect.isfunction(value.__new__)
        if not written:  # the signature is that of a built-in class
            return ["class", line]
    elif not inspect.isfunction(function):  # so is the docstring
        return ["built-in", ""]
    signature = inspect.signature(function)
    bare = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    return [str(signature.replace(parameters=bare, return_annotation=signature.empty)), line]


# ---- files ----


def recorded(name: str) -> dict[str, Any]:
    return dict(json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8")))


def write(name: str, content: dict[str, Any]) -> None:
    """Writes an entry a line, so that a change shows as a change of one line."""
    lines = ",\n".join(
        f"{json.dumps(key)}: {json.dumps(each, ensure_ascii=False, separators=(',', ':'))}"
        for key, each in content.items()
    )
    (RECORDED / f"{name}.json").write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


def weights() -> dict[str, Any]:
    """The weights under every kernel, as they are recorded."""
    first, *others = runs = list(measured(STEPS).values())
    for run in others:
        differing = [name for name in EXACT if run["exact"][name] != first["exact"][name]]
        assert not differing, f"the bits depend on the BLAS kernel: {differing}"
    content = {f"exact {name}": each for name, each in first["exact"].items()}
    for name, each in first["close"].items():
        bits = {run["kernel"]: run["close"][name]["weights"] for run in runs}
        content[f"close {name}"] = {"values": each["values"], "kernels": bits}
    return content


def main() -> None:
    """Prints what this process measures, or records weights or signatures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", choices=["weights", "signatures"])
    action.add_argument("--measure", type=int, metavar="STEPS")
    chosen = parser.parse_args()
    if chosen.measure:
        json.dump(measure(chosen.measure), sys.stdout)
    else:
        write(chosen.write, weights() if chosen.write == "weights" else signatures())
        print(f"recorded the {chosen.write} of {torch.__file__}")


if __name__ == "__main__":
    main()
