"""Who takes part. Each contestant has a method for every program that it runs.

A method takes a `Problem` and yields the ways in which that contestant can run it, as `Variant`s,
from which the fastest is taken. A step takes no argument, does all of the work once and returns
the loss, or the character that was chosen, as a plain number.

Ours and PyTorch run the same text: `TorchProgram` is given the one or the other as `torch`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import Any

import blas
import hand_written
import numpy as np
from problems import Problem

Step = Callable[[], float]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Variant:
    """One way to run a program.

    Attributes:
        name: What is special about it; empty if it is the only one.
        step: Runs it once.
        setting: What must hold while it runs, such as a number of threads.
        stages: What a step does, in order, where that can be told apart.
    """

    name: str
    step: Step
    setting: Callable[[], AbstractContextManager[Any]] = nullcontext
    stages: dict[str, Callable[[], Any]] = field(default_factory=dict)


class HandWritten:
    """NumPy without a framework: `hand_written.py`."""

    name = "hand-written NumPy"
    needs = "numpy"

    def train(self, problem: Problem) -> Iterator[Variant]:
        data = problem.x, problem.labels
        for name, network, setting in self._taggers(problem):
            stages = {
                "forward": partial(network.forward, *data),
                "backward": network.backward,
                "Adam": network.adam.step,
            }
            yield Variant(name, partial(network.step, *data), setting, stages)

    def evaluate(self, problem: Problem) -> Iterator[Variant]:
        for name, network, setting in self._taggers(problem):
            yield Variant(name, partial(network.forward, problem.x, problem.labels), setting)

    def cell(self, problem: Problem) -> Iterator[Variant]:
        yield Variant("", partial(hand_written.Speller(problem).step, problem.x, problem.labels))

    def embedding(self, problem: Problem) -> Iterator[Variant]:
        network = hand_written.EmbeddingSpeller(problem)
        yield Variant("", partial(network.step, problem.x, problem.labels))

    def generate(self, problem: Problem) -> Iterator[Variant]:
        yield Variant("", hand_written.Generator(problem).step)

    def _taggers(self, problem: Problem) -> Iterator[tuple[str, Any, Any]]:
        one, all_ = partial(blas.limited, 1), partial(blas.limited, CORES)
        yield "1 thread", hand_written.Tagger(problem), one
        if problem.sizes.batch * problem.sizes.hidden >= 4096 and CORES > 1:
            yield f"{CORES} threads", hand_written.Tagger(problem), all_


class Training:
    """A step of training, in its stages.

    Args:
        optimizer: Moves the parameters.
        loss_of: Computes the loss.
    """

    def __init__(self, optimizer: Any, loss_of: Callable[[], Any]) -> None:
        self.optimizer, self.loss_of = optimizer, loss_of

    def forward(self) -> None:
        self.optimizer.zero_grad()
        self.loss = self.loss_of()

    def backward(self) -> None:
        self.loss.backward()

    def step(self) -> float:
        self.forward()
        self.backward()
        self.optimizer.step()
        return float(self.loss.item())


class TorchProgram:
    """A program for PyTorch, run by PyTorch or by whoever has its names.

    Args:
        torch: The library.
    """

    def __init__(self, torch: Any) -> None:
        self.torch = torch

    def optimizers(self) -> dict[str, Callable[..., Any]]:
        """The kinds of Adam to try."""
        return {"": self.torch.optim.Adam}

    def settings(self) -> dict[str, Callable[[], AbstractContextManager[Any]]]:
        """The numbers of threads to try."""
        return {"": nullcontext}

    def _load(self, module: Any, problem: Problem) -> Any:
        tensor = self.torch.tensor
        module.load_state_dict({name: tensor(each) for name, each in problem.weights.items()})
        return module

    def _tagger(self, problem: Problem) -> Any:
        nn = self.torch.nn
        inputs, hidden, classes = problem.sizes[2:]

        class Tagger(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.rnn = nn.RNN(inputs, hidden)
                self.linear = nn.Linear(hidden, classes)

            def forward(self, x: Any) -> Any:
                states, _ = self.rnn(x)
                return self.linear(states).view(-1, classes)

        return self._load(Tagger(), problem)

    def train(self, problem: Problem) -> Iterator[Variant]:
        x = self.torch.tensor(problem.x)
        y = self.torch.tensor(problem.labels.reshape(-1))
        yield from self._training(problem, self._tagger, lambda model, loss: loss(model(x), y))

    def cell(self, problem: Problem) -> Iterator[Variant]:
        torch, nn = self.torch, self.torch.nn
        inputs, hidden = problem.sizes[2:4]
        x, labels = torch.tensor(problem.x), torch.tensor(problem.labels)

        class Speller(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.cell = nn.RNNCell(inputs, hidden)

            def forward(self, x: Any, h: Any) -> Any:
                return self.cell(x, h)

        def loss_of(model: Any, criterion: Any) -> Any:
            loss = 0
            h = torch.zeros(problem.sizes.batch, hidden)
            for each, label in zip(x, labels, strict=True):
                h = model(each, h)
                loss = loss + criterion(h, label)
            return loss

        yield from self._training(problem, lambda _: self._load(Speller(), problem), loss_of)

    def embedding(self, problem: Problem) -> Iterator[Variant]:
        torch, nn = self.torch, self.torch.nn
        batch, _, inputs, hidden, classes = problem.sizes
        x, y = torch.tensor(problem.x), torch.tensor(problem.labels.T.reshape(-1))

        class Speller(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embedding = nn.Embedding(classes, inputs)
                self.rnn = nn.RNN(inputs, hidden, 2, batch_first=True)
                self.linear = nn.Linear(hidden, classes)

            def forward(self, x: Any) -> Any:
                h0 = torch.zeros(2, batch, hidden)
                states, _ = self.rnn(self.embedding(x), h0)
                return self.linear(states).view(-1, classes)

        yield from self._training(
            problem, lambda _: self._load(Speller(), problem), lambda model, loss: loss(model(x), y)
        )

    def _training(
        self,
        problem: Problem,
        build: Callable[[Problem], Any],
        loss_of: Callable[[Any, Any], Any],
    ) -> Iterator[Variant]:
        """A training step with each kind of Adam and each number of threads."""
        criterion = self.torch.nn.CrossEntropyLoss()
        for adam, make in self.optimizers().items():
            for threads, setting in self.settings().items():
                model = build(problem)
                optimizer = make(model.parameters(), lr=problem.lr)
                training = Training(optimizer, partial(loss_of, model, criterion))
                stages = {
                    "forward": training.forward,
                    "backward": training.backward,
                    "Adam": optimizer.step,
                }
                name = ", ".join(filter(None, (adam, threads)))
                yield Variant(name, training.step, setting, stages)

    def evaluate(self, problem: Problem) -> Iterator[Variant]:
        torch, model = self.torch, self._tagger(problem)
        criterion = torch.nn.CrossEntropyLoss()
        x, y = torch.tensor(problem.x), torch.tensor(problem.labels.reshape(-1))

        def step() -> float:
            with torch.no_grad():
                return float(criterion(model(x), y).item())

        for threads, setting in self.settings().items():
            yield Variant(threads, step, setting)

    def generate(self, problem: Problem) -> Iterator[Variant]:
        torch = self.torch
        inputs, hidden = problem.sizes[2:4]
        characters = torch.eye(inputs).view(inputs, 1, 1, inputs)
        model = self._tagger(problem)
        for threads, setting in self.settings().items():
            state = [torch.zeros(1, 1, hidden), 0]

            def step(state: list[Any] = state) -> float:
                h, character = state
                with torch.no_grad():
                    output, h = model.rnn(characters[character], h)
                    scores = model.linear(output)
                    state[:] = h, scores.argmax().item()
                return float(state[1])

            yield Variant(threads, step, setting)


class Ours(TorchProgram):
    """tinygrad_rnn, as a user writes it."""

    name = "tinygrad_rnn"
    needs = "tinygrad_rnn"

    def __init__(self) -> None:
        import tinygrad_rnn

        super().__init__(tinygrad_rnn)


class PyTorch(TorchProgram):
    """PyTorch, eager: the best of its Adams and of one thread or all."""

    name = "PyTorch"
    needs = "torch"

    def __init__(self) -> None:
        import torch

        super().__init__(torch)

    def optimizers(self) -> dict[str, Callable[..., Any]]:
        adam = self.torch.optim.Adam
        return {
            "fused": partial(adam, fused=True),
            "foreach": partial(adam, foreach=True),
            "default": adam,
        }

    def settings(self) -> dict[str, Callable[[], AbstractContextManager[Any]]]:
        return {"1 thread": self._threads(1), f"{CORES} threads": self._threads(CORES)}

    def _threads(self, count: int) -> Callable[[], AbstractContextManager[Any]]:
        torch = self.torch

        @contextmanager
        def limited() -> Iterator[None]:
            before = torch.get_num_threads()
            torch.set_num_threads(count)
            try:
                yield
            finally:
                torch.set_num_threads(before)

        return limited


def _numpy_adam(numpy: Any, weights: list[Any], gradients: list[Any], state: Any, lr: Any) -> Any:
    """Adam as the formulas say it, for a library without one; returns new weights and state."""
    first, second, steps = state
    steps = steps + 1
    first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients, strict=True)]
    rate, root = lr / (1 - 0.9**steps), (1 - 0.999**steps) ** 0.5
    weights = [
        w - rate * m / (numpy.sqrt(v) / root + 1e-8)
        for w, m, v in zip(weights, first, second, strict=True)
    ]
    return weights, (first, second, steps)


class Functional:
    """The networks as functions of their weights, for libraries that differentiate functions.

    Args:
        numpy: The library's NumPy.
    """

    numpy: Any
    programs = ("train", "cell", "embedding")

    def layer(self, x: Any, weights: dict[str, Any], prefix: str, suffix: str, unroll: int) -> Any:
        """All states of a recurrent layer for x of shape (steps, batch, inputs)."""
        raise NotImplementedError

    def loss(self, program: str, names: Any, values: Any, x: Any, y: Any, unroll: int) -> Any:
        """The loss of a program; `y` are the labels at (steps, batch)."""
        weights = dict(zip(names, values, strict=True))
        if program == "cell":
            scores = self.layer(x, weights, "cell.", "", unroll)
            return self._cross_entropy(scores, y) * len(x)
        if program == "embedding":
            x = weights["embedding.weight"][x.T]
            x = self.layer(x, weights, "rnn.", "_l0", unroll)
            states = self.layer(x, weights, "rnn.", "_l1", unroll)
        else:
            states = self.layer(x, weights, "rnn.", "_l0", unroll)
        scores = self.numpy.dot(states, weights["linear.weight"].T) + weights["linear.bias"]
        return self._cross_entropy(scores, y)

    def _cross_entropy(self, scores: Any, labels: Any) -> Any:
        numpy = self.numpy
        scores = scores.reshape(-1, scores.shape[-1])
        scores = scores - numpy.max(scores, axis=1, keepdims=True)
        picked = scores[numpy.arange(len(scores)), labels.reshape(-1)]
        return numpy.mean(numpy.log(numpy.sum(numpy.exp(scores), axis=1)) - picked)


class Autograd(Functional):
    """HIPS autograd."""

    name = "HIPS autograd"
    needs = "autograd"

    def __init__(self) -> None:
        import autograd
        import autograd.numpy

        self.value_and_grad, self.numpy = autograd.value_and_grad, autograd.numpy

    def layer(self, x: Any, weights: dict[str, Any], prefix: str, suffix: str, unroll: int) -> Any:
        w_ih, w_hh, bias = _recurrent(weights, prefix, suffix)
        projected = self.numpy.dot(x, w_ih.T) + bias
        h = np.zeros((x.shape[1], len(w_hh)), np.float32)
        states = []
        for z in projected:
            h = self.numpy.tanh(z + self.numpy.dot(h, w_hh.T))
            states.append(h)
        return self.numpy.stack(states)

    def train(self, problem: Problem) -> Iterator[Variant]:
        if math.prod(problem.sizes) > 64 * 128 * 256 * 512 * 256:
            return  # a second for each step
        names = tuple(problem.weights)

        def loss(values: list[Any]) -> Any:
            return self.loss(problem.program, names, values, problem.x, problem.labels, 1)

        gradient_of = self.value_and_grad(loss)
        values = list(problem.weights.values())
        zeros = [np.zeros_like(each) for each in values]
        kept: list[Any] = [values, (zeros, zeros, 0)]

        def step() -> float:
            value, gradients = gradient_of(kept[0])
            kept[:] = _numpy_adam(np, kept[0], gradients, kept[1], problem.lr)
            return float(value)

        yield Variant("", step)

    cell = embedding = train


class Jax(Functional):
    """JAX, compiled: the better of a loop and steps written out. Compiling is not timed."""

    name = "JAX"
    needs = "jax"
    longest_unrolled = 64  # longer sequences take long to compile

    def __init__(self) -> None:
        import jax

        # Every step waits for its result, so there is nothing to gain from a second thread.
        jax.config.update("jax_platforms", "cpu")
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.numpy = jax, jax.numpy
        fixed = ("program", "names", "unroll")
        self._step = jax.jit(self._update, static_argnames=fixed, donate_argnums=(0, 1))
        self._loss = jax.jit(self.loss, static_argnames=fixed)
        self._choose = jax.jit(self._next)

    def layer(self, x: Any, weights: dict[str, Any], prefix: str, suffix: str, unroll: int) -> Any:
        w_ih, w_hh, bias = _recurrent(weights, prefix, suffix)
        projected = x @ w_ih.T + bias

        def advance(h: Any, z: Any) -> Any:
            h = self.numpy.tanh(z + h @ w_hh.T)
            return h, h

        first = self.numpy.zeros((x.shape[1], len(w_hh)), x.dtype)
        return self.jax.lax.scan(advance, first, projected, unroll=unroll)[1]

    def _update(
        self,
        values: Any,
        state: Any,
        lr: Any,
        x: Any,
        y: Any,
        program: str,
        names: Any,
        unroll: int,
    ) -> Any:
        def loss(values: Any) -> Any:
            return self.loss(program, names, values, x, y, unroll)

        value, gradients = self.jax.value_and_grad(loss)(values)
        return value, *_numpy_adam(self.numpy, values, gradients, state, lr)

    def _unrolled(self, steps: int) -> Iterator[tuple[str, int]]:
        yield "scan", 1
        if 1 < steps <= self.longest_unrolled:
            yield "unrolled", steps

    def train(self, problem: Problem) -> Iterator[Variant]:
        numpy, names = self.numpy, tuple(problem.weights)
        x, y, lr = numpy.asarray(problem.x), numpy.asarray(problem.labels), np.float32(problem.lr)
        for name, unroll in self._unrolled(problem.sizes.steps):
            values = [numpy.array(each) for each in problem.weights.values()]
            first, second = ([numpy.zeros_like(each) for each in values] for _ in range(2))
            kept: list[Any] = [values, (first, second, numpy.zeros((), "float32"))]

            def step(kept: list[Any] = kept, unroll: int = unroll) -> float:
                value, *kept[:] = self._step(
                    *kept, lr, x, y, program=problem.program, names=names, unroll=unroll
                )
                self.jax.block_until_ready(kept[0])
                return float(value)

            yield Variant(name, step)

    cell = embedding = train

    def evaluate(self, problem: Problem) -> Iterator[Variant]:
        numpy, names = self.numpy, tuple(problem.weights)
        x, y = numpy.asarray(problem.x), numpy.asarray(problem.labels)
        values = [numpy.array(each) for each in problem.weights.values()]
        for name, unroll in self._unrolled(problem.sizes.steps):

            def step(unroll: int = unroll) -> float:
                return float(
                    self._loss("train", names, values, x, y, unroll)  # the same forward
                )

            yield Variant(name, step)

    def _next(self, weights: Any, h: Any, character: Any) -> Any:
        w_ih, w_hh, bias = _recurrent(weights, "rnn.", "_l0")
        h = self.numpy.tanh(w_ih[:, character] + bias + h @ w_hh.T)
        scores = weights["linear.weight"] @ h + weights["linear.bias"]
        return h, self.numpy.argmax(scores)

    def generate(self, problem: Problem) -> Iterator[Variant]:
        weights = {name: self.numpy.array(each) for name, each in problem.weights.items()}
        kept: list[Any] = [self.numpy.zeros(problem.sizes.hidden, "float32"), 0]

        def step() -> float:
            kept[:] = self._choose(weights, *kept)
            return float(kept[1])

        yield Variant("", step)


def _recurrent(weights: dict[str, Any], prefix: str, suffix: str) -> tuple[Any, Any, Any]:
    """W_ih, W_hh and the sum of the biases of a layer."""
    w_ih, w_hh, b_ih, b_hh = (
        weights[f"{prefix}{name}{suffix}"]
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return w_ih, w_hh, b_ih + b_hh


class Tinygrad:
    """tinygrad (which is not this project), with TinyJit, on a processor."""

    name = "tinygrad"
    needs = "tinygrad"
    longest = 40  # all steps are written out, and longer sequences take minutes to compile

    def __init__(self) -> None:
        import tinygrad

        self.tinygrad = tinygrad
        tinygrad.Tensor.zeros(1).contiguous().realize()  # fails where there is no compiler

    def train(self, problem: Problem) -> Iterator[Variant]:
        from tinygrad import Context, Tensor, TinyJit, nn

        if problem.sizes.steps > self.longest or problem.sizes.hidden > 128:
            return
        weights = {name: Tensor(each) for name, each in problem.weights.items()}
        x, y = Tensor(problem.x), Tensor(problem.labels.reshape(-1).astype(np.int32))
        optimizer = nn.optim.Adam(list(weights.values()), lr=problem.lr)
        steps, batch, hidden = problem.sizes.steps, problem.sizes.batch, problem.sizes.hidden

        @TinyJit
        def train_step() -> Any:
            w_ih, w_hh, bias = _recurrent(weights, "rnn.", "_l0")
            projected = x @ w_ih.T + bias
            h, states = Tensor.zeros(batch, hidden), []
            for t in range(steps):
                h = (projected[t] + h @ w_hh.T).tanh()
                states.append(h)
            scores = Tensor.cat(*states) @ weights["linear.weight"].T + weights["linear.bias"]
            optimizer.zero_grad()
            loss = scores.sparse_categorical_crossentropy(y).backward()
            return loss.realize(*optimizer.schedule_step())

        def step() -> float:
            with Context(TRAINING=1):
                return float(train_step().item())

        yield Variant("TinyJit", step)


ALL = (HandWritten, Ours, PyTorch, Jax, Autograd, Tinygrad)


def available(wanted: list[str] | None = None) -> tuple[list[Any], dict[str, str]]:
    """Those contestants that run here, and why the others do not.

    Args:
        wanted: Parts of names; None for all.
    """
    present, absent = [], {}
    for kind in ALL:
        if wanted and not any(each in kind.name.lower() for each in wanted):
            continue
        if find_spec(kind.needs) is None:
            absent[kind.name] = "not installed"
            continue
        try:
            present.append(kind())
        except Exception as error:  # whatever another library cannot do here
            absent[kind.name] = f"does not run here: {error}"
    return present, absent
