"""Programs that run under PyTorch and under tinygrad_rnn, by groups.

A program is a function of the library, so one text serves both. `record_pytorch.py` runs them under
PyTorch and records what they return; the tests run them under tinygrad_rnn and compare.
"""

import json
import math
import operator
import re
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .expressions import (
    BOTH_DTYPES,
    CLIPPED,
    DTYPES,
    EXPRESSIONS,
    LAYERS,
    MODELS,
    OPTIMIZERS,
    SCALARS,
    SCHEDULES,
    SETTINGS,
)
from .recordings import differences, digest, evaluate, projection, recorded, result

GROUPS: dict[str, dict[str, Callable[[Any], Any]]] = {
    group: {
        f"{source}  # {dtype}": partial(evaluate, source=source, dtype=dtype)
        for source in re.split(r" {3,}|\n *", text.strip())
        for dtype in ("float32", "float64")[: 1 + (group in BOTH_DTYPES)]
    }
    for group, text in EXPRESSIONS.items()
}


def compare(torch: Any, group: str, name: str, tolerance: dict[str, float] | None = None) -> str:
    """Runs a program under `torch`; the differences to what was recorded, "" if there are none."""
    actual = json.loads(json.dumps(result(GROUPS[group][name], torch)))
    return "\n".join(differences(actual, recorded(group)[name], tolerance))


def compare_live(
    torch: Any, live: Any, group: str, tolerance: dict[str, float] | None = None
) -> list[str]:
    """Runs all programs of a group under both libraries; all differences."""
    found = []
    for name, program in GROUPS[group].items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what PyTorch deprecates, and still does
            theirs = json.loads(json.dumps(result(program, live)))
        ours = json.loads(json.dumps(result(program, torch)))
        found += [f"{name}: {each}" for each in differences(ours, theirs, tolerance)]
    return found


def program(group: str, name: str, *args: Any) -> Callable[[Any], Any]:
    """Decorates a function `f(torch, *args)`: it joins `group` as `name`."""

    def join(function: Any) -> Any:
        GROUPS.setdefault(group, {})[name] = lambda torch: function(torch, *args)
        return function

    return join


# ---- type promotion ----

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "<": operator.lt,
    "&": operator.and_,
    "maximum": lambda a, b: a.maximum(b),
}


def promoted(torch: Any, symbol: str, left: str) -> dict[str, Any]:
    """One operator between a tensor of type `left` and tensors of every type and dimension."""
    a = torch.tensor([3, 1], dtype=getattr(torch, left))
    operands = {}
    for right in DTYPES:
        kind = getattr(torch, right)
        operands[right] = a, torch.tensor([2, 1], dtype=kind)
        if symbol in ("+", "/", "**", "maximum"):
            operands[f"0-dim {right}"] = a, torch.tensor(2, dtype=kind)
            operands[f"{right}, 0-dim left"] = a[0], torch.tensor([2, 1], dtype=kind)
            operands[f"both 0-dim {right}"] = a[0], torch.tensor(2, dtype=kind)
    act = OPERATORS[symbol]
    return {name: result(lambda _, pair=pair: act(*pair), torch) for name, pair in operands.items()}


def promoted_by_number(torch: Any, symbol: str, kind: str) -> dict[str, Any]:
    """One operator between a tensor of type `kind` and numbers of Python and NumPy."""
    a = torch.tensor([3, 1], dtype=getattr(torch, kind))
    act = OPERATORS[symbol]
    answers = {}
    for name, number in SCALARS.items():
        answers[f"tensor {symbol} {name}"] = result(lambda _, n=number: act(a, n), torch)
        answers[f"{name} {symbol} tensor"] = result(lambda _, n=number: act(n, a), torch)
    answers[f"0-dim {symbol} 1.5"] = result(lambda _: act(a[0], 1.5), torch)
    return answers


for _symbol in OPERATORS:
    for _kind in DTYPES:
        program("promotion", f"{_kind} {_symbol} tensors", _symbol, _kind)(promoted)
        if _symbol not in ("maximum", "&", "==", "<"):
            program("promotion", f"{_kind} {_symbol} numbers", _symbol, _kind)(promoted_by_number)

# ---- random numbers ----

SEEDS = (0, 1, 42, 777, 2**32 - 1, 2**40 + 5, -1, 1234567890123)


def state(torch: Any) -> str:
    """A fingerprint of the generator: the next draws, and the cached normal, depend on it."""
    return digest(torch.get_rng_state())


def uniforms(torch: Any, seed: int) -> list[Any]:
    torch.manual_seed(seed)
    parts = [torch.rand(5), torch.rand(2, dtype=torch.float64), torch.empty(3).uniform_(-2, 3)]
    parts.append(torch.empty(2, dtype=torch.float64).uniform_(-0.3, 0.7))
    long = [torch.rand(1500), torch.rand(30, 30, dtype=torch.float64)]
    long += [torch.empty(700).uniform_(-0.7, 0.7), torch.rand_like(long[1]), torch.rand(0)]
    return [parts, [digest(each) for each in long], torch.initial_seed(), state(torch)]


def normals(torch: Any, seed: int) -> list[Any]:
    torch.manual_seed(seed)
    single, double = torch.float32, torch.float64
    parts = []
    for count, kind in ((1, single), (15, single), (16, single), (1, double), (17, single)):
        parts += [torch.randn(count, dtype=kind), state(torch)]
    for count, kind in ((31, double), (3, single), (100, single), (16, double), (2, double)):
        parts.append(torch.randn(count, dtype=kind)[-17:])
    parts += [torch.empty(4).normal_(2, 0.5), torch.empty(5, 4).normal_(-1, 3)[:2]]
    return [*parts, torch.randn(2, 2), torch.randn_like(torch.zeros(2, 9))[0], torch.rand(1)]


def integers(torch: Any, seed: int) -> list[Any]:
    torch.manual_seed(seed)
    draws = [
        torch.randint(10, (6,)),
        torch.randint(3, 10, (2, 2)),
        torch.randint(-5, 5, (5,)),
        torch.randint(0, 2**28 - 1, (3,)),
        torch.randint(0, 2**28, (3,)),
        torch.randint(0, 2**31, (3,)),
        torch.randint(0, 2**32, (3,)),
        torch.randint(-(2**40), 2**40, (3,)),
        torch.randint(0, 2**62, (2,)),
        torch.randint(0, 100, (3,), dtype=torch.int32),
        torch.randint(0, 100, (3,), dtype=torch.float32),
        torch.randint(0, 2, (5,), dtype=torch.bool),
        torch.randint(0, 200, (4,), dtype=torch.uint8),
        torch.randint(low=1, high=3, size=(2,)),
        torch.randperm(1),
        torch.randperm(10),
        torch.randperm(0),
    ]
    return [*draws, digest(torch.randperm(1000)), state(torch)]


def choices(torch: Any, seed: int) -> list[Any]:
    """Draws that PyTorch leaves to MKL on Intel's processors, and what it builds on them."""
    torch.manual_seed(seed)
    dropout = torch.nn.functional.dropout
    weights = torch.tensor([0.1, 2.0, 0.0, 1.0, 0.4])
    table = torch.tensor([[0.2, 0.3, 0.5], [5.0, 0.0, 1.0]], dtype=torch.float64)
    draws = [
        torch.empty(12).bernoulli_(0.3),
        torch.empty(3, 3, dtype=torch.float64).bernoulli_(0.5),
        torch.empty(6, dtype=torch.long).bernoulli_(0.7),
        torch.zeros(5).bernoulli_(),
        torch.bernoulli(torch.linspace(0, 1, 9)),
        torch.bernoulli(torch.linspace(0, 1, 9, dtype=torch.float64)),
        dropout(torch.ones(4, 4), 0.25),
        dropout(torch.ones(6, dtype=torch.float64), 0.5),
        torch.nn.Dropout(0.9)(torch.ones(20)),
        dropout(torch.ones(3), 0.0),
        dropout(torch.ones(3), 1.0),
        torch.multinomial(weights, 1),
        torch.multinomial(table, 1),
        torch.multinomial(weights, 6, replacement=True),
        torch.multinomial(table, 4, replacement=True),
        torch.multinomial(weights, 3),
        torch.multinomial(table, 2),
        torch.multinomial(table.float(), 1, replacement=True),
    ]
    return [*draws, state(torch)]


def generators(torch: Any, seed: int) -> list[Any]:
    """Streams of their own, and going back in one."""
    torch.manual_seed(5)
    own = torch.Generator().manual_seed(seed)
    parts = [torch.rand(3, generator=own), torch.randn(3, generator=own), torch.rand(2)]
    parts += [torch.randint(0, 9, (4,), generator=own), torch.randperm(5, generator=own)]
    parts += [own.initial_seed(), torch.empty(2).normal_(generator=own)]
    torch.manual_seed(seed)
    torch.randn(3)  # leaves a normal in the cache
    before = torch.get_rng_state()
    first = [torch.randn(2), torch.rand(700)[-2:], torch.randn(20)[-2:]]
    torch.set_rng_state(before)
    return [*parts, first, [torch.randn(2), torch.rand(700)[-2:], torch.randn(20)[-2:]]]


def states(torch: Any, draws: int) -> list[Any]:
    """The generator's bytes after so many words were drawn; a block has 624 of them."""
    torch.manual_seed(3)
    fresh = state(torch)
    torch.rand(draws)
    raw = torch.get_rng_state()
    after = [list(raw.shape), raw.dtype, raw[:24].tolist(), digest(raw)]
    torch.set_rng_state(raw)
    return [fresh, after, torch.rand(2), state(torch)]


def first_weights(torch: Any, seed: int) -> list[Any]:
    """The weights that layers start with; what one draws decides what the next one gets."""
    nn = torch.nn
    torch.manual_seed(seed)
    layers = [
        nn.RNNCell(4, 3),
        nn.RNNCell(2, 3, bias=False),
        nn.RNN(4, 3),
        nn.RNN(2, 3, num_layers=2, bidirectional=True),
        nn.RNN(3, 2, 2, bias=False),
        nn.Linear(5, 2),
        nn.Linear(3, 2, bias=False),
        nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)),
    ]
    uniform = [
        [name, p.shape, digest(p.detach())] for m in layers for name, p in m.named_parameters()
    ]
    sample = [layers[0].weight_ih, layers[-1][2].bias]
    return [uniform, sample, state(torch)]


def first_embeddings(torch: Any, seed: int) -> list[Any]:
    nn = torch.nn
    torch.manual_seed(seed)
    layers = [nn.Embedding(3, 4), nn.Embedding(5, 4), nn.Embedding(6, 3, padding_idx=2)]
    layers += [nn.Embedding(4, 2, padding_idx=-1), nn.Embedding(4, 10)]
    return [*(each.weight for each in layers), nn.Linear(2, 2).weight, state(torch)]


def initializers(torch: Any, seed: int) -> list[Any]:
    init = torch.nn.init
    torch.manual_seed(seed)
    w = [torch.empty(4, 5) for _ in range(12)]
    init.uniform_(w[0], -1, 2)
    init.normal_(w[1], 1, 0.02)
    init.xavier_uniform_(w[2])
    init.xavier_normal_(w[3], gain=init.calculate_gain("tanh"))
    init.kaiming_uniform_(w[4])
    init.kaiming_uniform_(w[5], a=5**0.5)
    init.kaiming_uniform_(w[6], mode="fan_out", nonlinearity="relu")
    init.kaiming_normal_(w[7])
    init.kaiming_normal_(w[8], mode="fan_out", nonlinearity="relu")
    init.constant_(w[9], 0.3)
    init.eye_(w[10])
    init.ones_(w[11])
    gains = ["linear", "sigmoid", "tanh", "relu", "leaky_relu"]
    named = [init.calculate_gain(each) for each in gains] + [init.calculate_gain("leaky_relu", 0.2)]
    return [[each[:2] for each in w], init.zeros_(torch.ones(2)), named, state(torch)]


for _seed in SEEDS:
    program("bits", f"uniform {_seed}", _seed)(uniforms)
    program("bits", f"integers {_seed}", _seed)(integers)
    program("bits", f"first weights {_seed}", _seed)(first_weights)
    program("normals", f"normal {_seed}", _seed)(normals)
    program("normals", f"generators {_seed}", _seed)(generators)
    program("normals", f"first embeddings {_seed}", _seed)(first_embeddings)
    program("normals", f"initializers {_seed}", _seed)(initializers)
    program("choices", f"choices {_seed}", _seed)(choices)
for _draws in (0, 1, 2, 623, 624, 625, 1247, 1248, 1249):
    program("states", f"after {_draws} draws", _draws)(states)

# ---- printing ----


@program("printing", "a module with modules and parameters of its own")
def nested_module(torch: Any) -> str:
    class Inner(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(2, 2)
            self.scale = torch.nn.Parameter(torch.ones(1))

    class Model(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(4, 2)
            self.inner = Inner()
            self.layers = torch.nn.ModuleList([torch.nn.RNN(2, 2), torch.nn.RNN(2, 2)])
            self.head = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
            self.criterion = torch.nn.CrossEntropyLoss()

        def extra_repr(self) -> str:
            return "one line,\nand another"

    return repr(Model())


def settings(torch: Any, options: dict[str, Any]) -> list[str]:
    tensors = [
        torch.arange(12.0) / 7,
        torch.arange(20).view(4, 5),
        torch.tensor([1e-6, 1.0]),
        torch.tensor([1e9, 2.0]),
        torch.tensor(0.123456789, dtype=torch.float64),
        torch.tensor([1.0, 2.0]),
        torch.zeros(8, requires_grad=True) + 1,
        torch.arange(24.0).view(2, 3, 4),
        torch.tensor([float("nan"), float("inf"), 1.5]),
        torch.tensor([True, False, True]),
        torch.zeros(0),
    ]
    torch.set_printoptions(**options)
    try:
        return [repr(each) for each in tensors]
    finally:
        torch.set_printoptions(precision=4, threshold=1000, edgeitems=3, linewidth=80)


for _options in SETTINGS:
    program("printing", f"set_printoptions {_options}", _options)(settings)


def printed_fuzz(torch: Any, number: int) -> str:
    """A tensor of random shape, type, sizes of numbers and place in the graph."""
    random = np.random.RandomState(number)
    shape = tuple(random.choice([1, 2, 3, 4, 7, 11], random.randint(0, 4)).tolist())
    kind = random.choice(["float32", "float32", "float64", "int64", "int32", "bool", "uint8"])
    magnitude = 10.0 ** random.randint(-7, 11)
    array = random.standard_normal(shape) * magnitude
    spread = random.randint(4)
    if spread == 0:  # numbers of very different sizes
        array = array * 10.0 ** random.randint(-3, 4, shape)
    elif spread == 1:  # floating numbers that are whole
        array = np.round(array)
    if random.randint(4) == 0:
        array = np.where(
            random.rand(*shape) < 0.3, random.choice([0.0, np.nan, np.inf, -np.inf]), array
        )
    if not kind.startswith("float"):
        array = np.nan_to_num(np.clip(array, -(2**30), 2**30), posinf=7, neginf=-7)
        array = np.abs(array) % 256 if kind == "uint8" else array
    if array.size > 60:
        array = array[0]
    tensor = torch.tensor(np.asarray(array).astype(kind))
    if kind.startswith("float") and random.randint(3) == 0:
        tensor.requires_grad_()
        if random.randint(2):
            tensor = tensor.clone()
    return repr(tensor)


for _number in range(300):
    program("printing", f"random tensor {_number}", _number)(printed_fuzz)

# ---- layers ----


def fixed(torch: Any, *shape: int, kind: str = "float32", seed: int = 1) -> Any:
    """The same numbers under both libraries."""
    array = np.random.RandomState(seed).standard_normal(shape)
    return torch.tensor(array.astype(kind))


def learned(torch: Any, module: Any, inputs: dict[str, Any], outputs: Any) -> dict[str, Any]:
    """Outputs, and the gradient of every input and parameter."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    shown = {f"output {i}": each for i, each in enumerate(outputs)}
    projection(torch, outputs).backward()
    wanted = {name: each for name, each in inputs.items() if each.requires_grad}
    gradients = {**wanted, **dict(module.named_parameters())}
    return {**shown, "grad": {name: each.grad for name, each in gradients.items()}}


LAYOUTS = {
    "sequence first": ((3, 2, 2), False),
    "sequence first, h0": ((3, 2, 2), True),
    "batch first": ((2, 3, 2), False),
    "batch first, h0": ((2, 3, 2), True),
    "unbatched": ((3, 2), False),
    "unbatched, h0": ((3, 2), True),
}


def recurrent(torch: Any, layout: str, settings: dict[str, Any]) -> dict[str, Any]:
    shape, starts = LAYOUTS[layout]
    torch.manual_seed(11)
    rnn = torch.nn.RNN(2, 2, batch_first=layout.startswith("batch first"), **settings)
    x = fixed(torch, *shape).requires_grad_()
    inputs = {"x": x}
    if starts:
        rows = settings["num_layers"] * (2 if settings["bidirectional"] else 1)
        batch = () if layout.startswith("unbatched") else (2,)
        inputs["h0"] = fixed(torch, rows, *batch, 2, seed=2).requires_grad_()
    return learned(torch, rnn, inputs, rnn(*inputs.values()))


for _layers in (1, 2):
    for _both in (False, True):
        for _nonlinearity in ("tanh", "relu"):
            for _bias in (True, False):
                for _layout in LAYOUTS if _bias else ("sequence first, h0", "unbatched"):
                    _settings = {
                        "num_layers": _layers,
                        "bidirectional": _both,
                        "nonlinearity": _nonlinearity,
                        "bias": _bias,
                    }
                    _name = (
                        f"{_nonlinearity}, {_layers} layers, {'two ways' if _both else 'one way'}"
                    )
                    _name += f"{'' if _bias else ', no bias'}, {_layout}"
                    program("recurrent", f"RNN {_name}", _layout, _settings)(recurrent)


def double_rnn(torch: Any) -> dict[str, Any]:
    torch.manual_seed(3)
    rnn = torch.nn.RNN(2, 3, 2, bidirectional=True).double()
    x = fixed(torch, 4, 1, 2, kind="float64").requires_grad_()
    return learned(torch, rnn, {"x": x}, rnn(x))


def cell_step(torch: Any, batched: bool, starts: bool, settings: dict[str, Any]) -> dict[str, Any]:
    torch.manual_seed(12)
    cell = torch.nn.RNNCell(3, 2, **settings)
    batch = (2,) if batched else ()
    inputs = {"x": fixed(torch, *batch, 3).requires_grad_()}
    if starts:
        inputs["h"] = fixed(torch, *batch, 2, seed=2).requires_grad_()
    return learned(torch, cell, inputs, cell(*inputs.values()))


def cell_loop(torch: Any, nonlinearity: str) -> dict[str, Any]:
    torch.manual_seed(13)
    cell = torch.nn.RNNCell(3, 2, nonlinearity=nonlinearity)
    x = fixed(torch, 4, 2, 3).requires_grad_()
    h = torch.zeros(2, 2)
    states = []
    for step in x:
        h = cell(step, h)
        states.append(h)
    return learned(torch, cell, {"x": x}, torch.stack(states))


program("recurrent", "RNN in float64")(double_rnn)
for _nonlinearity in ("tanh", "relu"):
    program("recurrent", f"a loop of RNNCell {_nonlinearity}", _nonlinearity)(cell_loop)
    for _bias in (True, False):
        for _batched in (True, False):
            for _starts in (True, False):
                _settings = {"nonlinearity": _nonlinearity, "bias": _bias}
                program(
                    "recurrent",
                    f"RNNCell {_settings} batched={_batched} h={_starts}",
                    _batched,
                    _starts,
                    _settings,
                )(cell_step)


def layer(torch: Any, source: str, argument: str) -> dict[str, Any]:
    """A layer made and called as the two expressions say, seeded."""
    torch.manual_seed(21)
    names = {"torch": torch, "nn": torch.nn, "fixed": partial(fixed, torch)}
    module = eval(source, names)
    x = eval(argument, names)
    return learned(torch, module, {"x": x}, module(x))


for _pair in LAYERS:
    program("layers", " of ".join(_pair), *_pair)(layer)


@program("layers", "dropout in training drops and scales, and so does its gradient")
def trained_dropout(torch: Any) -> dict[str, Any]:
    torch.manual_seed(4)
    x = fixed(torch, 3, 4).requires_grad_()
    dropout = torch.nn.Dropout(0.4)
    return learned(torch, dropout, {"x": x}, dropout(x))


@program("layers", "dropout between the layers of an RNN")
def dropout_between(torch: Any) -> dict[str, Any]:
    torch.manual_seed(4)
    rnn = torch.nn.RNN(2, 3, 2, dropout=0.5)
    x = fixed(torch, 4, 2, 2).requires_grad_()
    return {**learned(torch, rnn, {"x": x}, rnn(x)), "eval": rnn.eval()(x)}


@program("layers", "the embedding, RNN and Linear of a character model")
def character_model(torch: Any) -> dict[str, Any]:
    nn = torch.nn

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.emb = nn.Embedding(4, 3)
            self.rnn = nn.RNN(3, 5, num_layers=2, batch_first=True)
            self.fc = nn.Linear(5, 4)

        def forward(self, x: Any) -> Any:
            x, _ = self.rnn(self.emb(x), torch.zeros(2, x.size(0), 5))
            return self.fc(x).view(-1, 4)

    torch.manual_seed(8)
    model = Model()
    loss = nn.CrossEntropyLoss()(
        model(torch.tensor([[1, 0, 2, 2, 3]])), torch.tensor([3, 1, 2, 3, 2])
    )
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    grads = {name: p.grad for name, p in model.named_parameters()}
    return {"loss": loss, "norm": norm, "grad": grads}


def clipped(torch: Any, source: str) -> dict[str, Any]:
    parameters = []
    for seed, shape in ((1, (2, 3)), (2, (4,)), (3, ())):
        parameters.append(torch.zeros(shape, requires_grad=True))
        parameters[-1].grad = fixed(torch, *shape, seed=seed) * 3
    parameters.append(torch.zeros(2, requires_grad=True))  # without a gradient
    names = {"utils": torch.nn.utils, "p": parameters, "inf": math.inf}
    returned = eval(source, names)
    return {"returned": returned, "grads": [each.grad for each in parameters]}


for _source in CLIPPED:
    program("layers", _source, _source)(clipped)


def parameter_names(torch: Any, source: str) -> dict[str, Any]:
    module = eval(source, {"nn": torch.nn, "torch": torch})
    return {
        "state": [[name, each.shape, each.dtype] for name, each in module.state_dict().items()],
        "parameters": [[name, each.shape] for name, each in module.named_parameters()],
        "buffers": [name for name, _ in module.named_buffers()],
        "modules": [name for name, _ in module.named_modules()],
        "children": [name for name, _ in module.named_children()],
        "count": sum(each.numel() for each in module.parameters()),
    }


for _source in MODELS:
    program("layers", f"names in {_source}", _source)(parameter_names)

program("layers", "pad_sequence")(
    lambda torch: [
        torch.nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([3])], first, -1)
        for first in (True, False)
    ]
)

# ---- optimizers ----

SHOWN = (1, 5, 20)


def problem(torch: Any, kind: str) -> tuple[list[Any], Callable[[], Any]]:
    """A bowl that is not round, and not quite a bowl: parameters, and the loss of them."""
    w = fixed(torch, 2, 2, kind=kind, seed=4).requires_grad_()
    b = fixed(torch, 2, kind=kind, seed=5).requires_grad_()
    x = fixed(torch, 3, 2, kind=kind, seed=6)
    y = fixed(torch, 3, 2, kind=kind, seed=7)

    def loss() -> Any:
        return (((x @ w + b).tanh() - y) ** 2).sum()

    return [w, b], loss


def descend(parameters: list[Any], loss: Any, optimizer: Any, steps: int) -> list[Any]:
    shown = []
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        if step in SHOWN:
            shown.append([each.detach().clone() for each in parameters])
    return shown


def optimized(torch: Any, name: str, settings: dict[str, Any], kind: str) -> list[Any]:
    parameters, loss = problem(torch, kind)
    optimizer = getattr(torch.optim, name)(parameters, **settings)
    return descend(parameters, loss, optimizer, 20)


def grouped(torch: Any, name: str, kind: str) -> list[Any]:
    """A group with a rate of its own, and one that is added later."""
    parameters, loss = problem(torch, kind)
    groups = [{"params": [parameters[0]], "lr": 0.01}]
    optimizer = getattr(torch.optim, name)(groups, lr=0.1)
    first = descend(parameters, loss, optimizer, 5)
    optimizer.add_param_group({"params": parameters[1], "weight_decay": 0.2})
    optimizer.param_groups[0]["lr"] *= 0.5
    return first + descend(parameters, loss, optimizer, 20)


def unused(torch: Any, name: str, kind: str) -> list[Any]:
    """A parameter without a gradient is left alone, and one whose gradient is 0 is not."""
    parameters, loss = problem(torch, kind)
    idle = torch.ones(2, requires_grad=True)
    still = torch.ones(2, requires_grad=True)
    still.grad = torch.zeros(2)
    kept = {"weight_decay": 0.1}
    optimizer = getattr(torch.optim, name)([*parameters, idle, still], lr=0.1, **kept)
    loss().backward()
    for _ in range(3):
        optimizer.step()
    return [*parameters, idle, still, sorted(optimizer.state_dict()["state"])]


def resumed(torch: Any, name: str, settings: dict[str, Any], kind: str) -> list[Any]:
    """A state that is saved and loaded in mid-run changes nothing."""
    parameters, loss = problem(torch, kind)
    optimizer = getattr(torch.optim, name)(parameters, **settings)
    descend(parameters, loss, optimizer, 7)
    saved = optimizer.state_dict()
    values = {
        number: {key: each.clone() for key, each in state.items() if key != "step"}
        for number, state in saved["state"].items()
    }
    second = getattr(torch.optim, name)(parameters, lr=123.0)
    second.load_state_dict(saved)
    return [values, descend(parameters, loss, second, 5), second.param_groups[0]["lr"]]


def with_closure(torch: Any, name: str) -> list[Any]:
    parameters, loss = problem(torch, "float64")
    optimizer = getattr(torch.optim, name)(parameters, lr=0.1)

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return [optimizer.step(closure).detach(), optimizer.step(closure).detach(), parameters]


def scheduled(torch: Any, name: str, settings: dict[str, Any]) -> dict[str, Any]:
    parameters, loss = problem(torch, "float64")
    groups = [{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.02}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    rates, epochs = [list(scheduler.get_last_lr())], []
    for _ in range(8):
        descend(parameters, loss, optimizer, 1)
        scheduler.step()
        rates.append(list(scheduler.get_last_lr()))
        epochs.append(scheduler.last_epoch)
    first = [group["initial_lr"] for group in optimizer.param_groups]
    return {"rates": rates, "epochs": epochs, "first": first, "parameters": parameters}


def rescheduled(torch: Any, name: str, settings: dict[str, Any]) -> list[Any]:
    """A schedule's state, saved and loaded."""
    make = getattr(torch.optim.lr_scheduler, name)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer, **settings)
    for _ in range(4):
        optimizer.step()
        scheduler.step()
    second = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    other = make(second, **settings)
    other.load_state_dict(scheduler.state_dict())
    second.load_state_dict(optimizer.state_dict())
    rates = []
    for _ in range(4):
        second.step()
        other.step()
        rates.append(second.param_groups[0]["lr"])
    return rates


for _kind in ("float32", "float64"):
    for _optimizer, _settings in OPTIMIZERS:
        _name = f"{_optimizer} {_settings} in {_kind}"
        program("optimizers", _name, _optimizer, _settings, _kind)(optimized)
    for _optimizer in ("SGD", "Adam", "AdamW"):
        program("optimizers", f"groups of {_optimizer} in {_kind}", _optimizer, _kind)(grouped)
        program("optimizers", f"{_optimizer} of unused in {_kind}", _optimizer, _kind)(unused)
for _optimizer, _settings in OPTIMIZERS:
    if len(_settings) in (0, 2):
        _name = f"{_optimizer} {_settings} resumed"
        program("optimizers", _name, _optimizer, _settings, "float64")(resumed)
for _optimizer in ("SGD", "Adam", "AdamW"):
    program("optimizers", f"{_optimizer} with a closure", _optimizer)(with_closure)
for _schedule, _settings in SCHEDULES:
    program("schedules", f"{_schedule} {_settings}", _schedule, _settings)(scheduled)
    program("schedules", f"{_schedule} {_settings} resumed", _schedule, _settings)(rescheduled)
