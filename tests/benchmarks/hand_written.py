"""The yardstick: training steps in NumPy without any framework, as fast as we can write them.

Each class is one network with its forward, its backward by hand and Adam. What makes them fast:

* Few calls. At the smallest sizes a step is nothing but the cost of calling NumPy, so views of
  every step are made once, outputs are given by position, constants are arrays (a number would be
  converted each time), and products are joined: for a batch of one, a row `[h | 1 | 1 | x]` meets
  hidden state, both biases and input in one product.
* Few passes over memory. Elementwise work is done in place and in blocks that stay in the cache.
* Large products. Input projections and the gradients of weights are one product over all steps,
  and of two ways to lay out a product's operands that are equal on paper, the faster one is taken.
* All parameters are views of one vector, so that Adam is ten calls, whatever their number.

The number of BLAS threads is left to the caller. Slices of the batch on threads of their own, and
columns rather than rows for the steps, were tried and are not ahead of this.

Every step takes its data as arguments, copies it to where it is needed, and returns the loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy import add, divide, dot, exp, log, matmul, multiply, sqrt, subtract, tanh
from problems import Array, Problem

maximum_of, minimum_of = np.maximum.reduce, np.minimum.reduce

CACHED = 1 << 15
"""About this many numbers of each array are worked on at a time, so that they stay in L2."""

SMALL = 1 << 12
"""A matrix of up to this many numbers costs less to multiply by than the call."""


def empty(*shape: int) -> Array:
    """Zeros in float32 that begin at a cache line, as BLAS and wide registers like them."""
    size = math.prod(shape)
    memory = np.zeros(size + 16, np.float32)
    start = -memory.ctypes.data % 64 // 4
    return memory[start : start + size].reshape(shape)


def constant(value: float) -> Array:
    """A number as an array, which NumPy takes without converting it."""
    return np.array(value, np.float32)


class Adam:
    """Adam for one vector.

    The averages are kept divided by 1 - β, which makes them `m = β₁ m + g` and `v = β₂ v + g²`;
    the factors that are missing, and both bias corrections, are two numbers for each step:
    θ -= scale · m / (√v + ε').

    Args:
        parameters: The vector, moved in place.
        gradient: Its gradient, which is overwritten.
        lr: The step size.
    """

    def __init__(self, parameters: Array, gradient: Array, lr: float) -> None:
        self.lr, self.steps = lr, 0
        self.beta1, self.beta2 = constant(0.9), constant(0.999)
        self.scale, self.eps = constant(0), constant(0)
        vectors = (parameters, gradient, *(empty(parameters.size) for _ in range(3)))
        starts = range(0, parameters.size, CACHED)
        self.blocks = [tuple(each[i : i + CACHED] for each in vectors) for i in starts]

    def step(self) -> None:
        """Moves the parameters."""
        self.steps += 1
        correction1, correction2 = 1 - 0.9**self.steps, 1 - 0.999**self.steps
        ratio = math.sqrt(correction2 / 0.001)
        self.scale[()] = self.lr * 0.1 * ratio / correction1
        self.eps[()] = 1e-8 * ratio
        beta1, beta2, scale, eps = self.beta1, self.beta2, self.scale, self.eps
        for p, g, m, v, scratch in self.blocks:
            multiply(m, beta1, m)
            add(m, g, m)
            multiply(v, beta2, v)
            multiply(g, g, g)
            add(v, g, v)
            sqrt(v, scratch)
            add(scratch, eps, scratch)
            divide(m, scratch, scratch)
            multiply(scratch, scale, scratch)
            subtract(p, scratch, p)


class CrossEntropy:
    """Cross-entropy of rows of scores, and its gradient.

    Args:
        scores: Where the scores will be, (rows, classes), and later their gradient.
        factor: What a row counts: 1/rows for the mean over all rows.
    """

    def __init__(self, scores: Array, factor: float) -> None:
        rows, classes = scores.shape
        self.factor, self.factor_array = factor, constant(factor)
        self.flat, self.first = scores.reshape(-1), np.arange(rows) * classes
        self.at, self.logs = self.first.copy(), empty(rows)
        self.ones_by_row, self.ones_by_class = empty(rows) + 1, empty(classes) + 1
        self.column = empty(rows, 1)
        self.sums = self.column[:, 0]
        height = max(1, CACHED // classes)
        blocks = [slice(i, i + height) for i in range(0, rows, height)]
        self.blocks = [(each, scores[each], self.column[each], self.sums[each]) for each in blocks]

    def loss(self, labels: Array) -> float:
        """The loss; leaves exp(scores) and its sums behind for the gradient."""
        logs, ones = self.logs, self.ones_by_class
        add(self.first, labels.reshape(-1), self.at)
        picked = self.flat[self.at]
        for rows, scores, column, sums in self.blocks:
            # Rows need to be shifted by their maxima only where exp might leave float32.
            if maximum_of(scores, None) > 80 or minimum_of(scores, None) < -80:
                maximum_of(scores, 1, None, column, True)
                subtract(scores, column, scores)
                picked[rows] -= sums
            exp(scores, scores)
            dot(scores, ones, sums)
        log(self.sums, logs)
        subtract(logs, picked, logs)
        return float(dot(logs, self.ones_by_row)) * self.factor

    def backward(self) -> None:
        """Puts the gradient, factor · (softmax - one-hot), in place of the scores."""
        factor, flat, at = self.factor_array, self.flat, self.at
        divide(factor, self.sums, self.sums)
        for _, scores, column, _ in self.blocks:
            multiply(scores, column, scores)
        picked = flat[at]
        subtract(picked, factor, picked)
        flat[at] = picked


class Layer:
    """A recurrent layer.

    Where products are so small that only calls count, a step is one product,
    `[h | 1 | 1 | x]` by all weights, and one tanh. Else one product over all steps takes the
    inputs, and a step adds to that.

    Args:
        steps: The length of the sequence.
        batch: The number of sequences.
        weight: W_hhᵀ, b_ih, b_hh and W_ihᵀ on top of each other.
        gradient: Where the gradient of that is to go.

    Attributes:
        h: All states, (steps, batch, hidden).
        extended: The same as rows, with a 1 at the end of each.
        dz: First the gradient of all states, put there from outside; then that of what tanh was
            applied to.
        dz_rows: The same as rows.
    """

    def __init__(self, steps: int, batch: int, weight: Array, gradient: Array) -> None:
        hidden = weight.shape[1]
        self.joined = batch == 1 and weight.size <= SMALL
        split = hidden + 2
        width = len(weight) if self.joined else split
        self.w_h, self.w_x = weight[:width], weight[split:]
        self.d_h, self.d_x = gradient[:width], gradient[split:]
        self.w_hh_t, self.w_hh = weight[:hidden], empty(hidden, hidden)
        rows = empty(steps + 1, batch, width)  # what is before a step: h, 1, 1 and perhaps x
        rows[:, :, hidden:split] = 1
        self.h, self.x = rows[1:, :, :hidden], rows[:-1, :, split:]
        self.extended = rows[1:].reshape(-1, width)[:, : hidden + 1]
        self.before = rows[:-1].reshape(-1, width)
        self.z = empty(steps, batch, hidden)
        self.z_rows = self.z.reshape(-1, hidden)
        self.dz = empty(steps, batch, hidden)
        self.dz_rows = self.dz.reshape(-1, hidden)
        self.one, self.scratch = constant(1), empty(batch, hidden)
        # With one row, h lies in one piece, so the product is written into it directly.
        self.ahead = list(zip(rows[:-1], self.z, self.h, strict=True))
        length = max(1, CACHED // (batch * hidden))
        slope = empty(min(length, steps), batch, hidden)
        self.groups = []  # steps that are in the cache together, the last ones first
        for start in range(0, steps, length)[::-1]:
            h = self.h[start : start + length]
            after = [*self.dz[start + 1 : start + length + 1], None]
            back = list(zip(after, slope, self.dz[start : start + length], strict=False))
            self.groups.append((h, slope[: len(h)], back[::-1]))

    def forward(self, x: Array) -> None:
        """Computes all states from the inputs of all steps, (steps, batch, inputs)."""
        w_h, scratch = self.w_h, self.scratch
        if self.joined:
            self.x[...] = x
            for before, _, h in self.ahead:
                dot(before, w_h, h)
                tanh(h, h)
            return
        self.inputs = x.reshape(-1, x.shape[-1])
        dot(self.inputs, self.w_x, self.z_rows)
        for before, z, h in self.ahead:
            dot(before, w_h, scratch)
            add(scratch, z, scratch)
            tanh(scratch, h)

    def backward(self) -> None:
        """Computes `dz` and the weights' gradient from the states' gradient in `dz`."""
        one, scratch = self.one, self.scratch
        w_hh = self.w_hh_t.T
        if len(scratch) > 1:  # the product is then faster by rows, by more than a copy costs
            self.w_hh[...] = w_hh
            w_hh = self.w_hh
        for h, slopes, steps in self.groups:
            multiply(h, h, slopes)
            subtract(one, slopes, slopes)
            for dz_after, slope, dz in steps:
                if dz_after is not None:
                    dot(dz_after, w_hh, scratch)
                    add(dz, scratch, dz)
                multiply(dz, slope, dz)
        dot(self.before.T, self.dz_rows, self.d_h)
        if not self.joined:
            dot(self.inputs.T, self.dz_rows, self.d_x)


def joined_weight(weights: dict[str, Array], prefix: str, suffix: str) -> Array:
    """A layer's weights as `Layer` takes them."""
    w_ih, w_hh, b_ih, b_hh = (
        weights[f"{prefix}{name}{suffix}"]
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return np.vstack([w_hh.T, b_ih, b_hh, w_ih.T])


def readout_weight(weights: dict[str, Array]) -> Array:
    """Wᵀ and b of the linear layer on top of each other."""
    return np.vstack([weights["linear.weight"].T, weights["linear.bias"]])


def in_one_vector(matrices: Sequence[Array]) -> tuple[Array, list[Array]]:
    """A vector that holds all matrices, and its views that are these matrices."""
    vector, views, start = empty(sum(matrix.size for matrix in matrices)), [], 0
    for matrix in matrices:
        view = vector[start : start + matrix.size].reshape(matrix.shape)
        view[...] = matrix
        views.append(view)
        start += matrix.size
    return vector, views


class Tagger:
    """RNN -> Linear -> mean cross-entropy over all positions."""

    def __init__(self, problem: Problem) -> None:
        batch, steps, _, hidden, classes = problem.sizes
        matrices = [joined_weight(problem.weights, "rnn.", "_l0"), readout_weight(problem.weights)]
        parameters, (recurrent, self.readout) = in_one_vector(matrices)
        gradient, (d_recurrent, self.d_readout) = in_one_vector(matrices)
        self.layer = Layer(steps, batch, recurrent, d_recurrent)
        self.scores = empty(steps * batch, classes)
        self.loss_of = CrossEntropy(self.scores, 1 / (steps * batch))
        self.back = self.readout[:hidden].T
        self.adam = Adam(parameters, gradient, problem.lr)

    def forward(self, x: Array, labels: Array) -> float:
        """The loss."""
        self.layer.forward(x)
        matmul(self.layer.extended, self.readout, self.scores)
        return self.loss_of.loss(labels)

    def step(self, x: Array, labels: Array) -> float:
        """One step of training; the loss before it."""
        loss = self.forward(x, labels)
        self.backward()
        self.adam.step()
        return loss

    def backward(self) -> None:
        """The gradients of the parameters, after `forward`."""
        layer, scores = self.layer, self.scores
        self.loss_of.backward()
        matmul(layer.extended.T, scores, self.d_readout)
        dot(scores, self.back, layer.dz_rows)
        layer.backward()


class Speller:
    """RNNCell whose states are the scores; the loss is the sum over steps of batch means."""

    def __init__(self, problem: Problem) -> None:
        batch, steps, *_ = problem.sizes
        weight = joined_weight(problem.weights, "cell.", "")
        parameters, (weight_view,) = in_one_vector([weight])
        gradient, (d_weight,) = in_one_vector([weight])
        self.layer = Layer(steps, batch, weight_view, d_weight)
        # The scores are the states, so the scores' gradient is the states' gradient.
        self.loss_of = CrossEntropy(self.layer.dz_rows, 1 / batch)
        self.adam = Adam(parameters, gradient, problem.lr)

    def step(self, x: Array, labels: Array) -> float:
        """One step of training; the loss before it."""
        layer = self.layer
        layer.forward(x)
        layer.dz[...] = layer.h
        loss = self.loss_of.loss(labels)
        self.loss_of.backward()
        layer.backward()
        self.adam.step()
        return loss


class EmbeddingSpeller:
    """Embedding -> RNN of two layers -> Linear -> mean cross-entropy."""

    def __init__(self, problem: Problem) -> None:
        batch, steps, inputs, hidden, classes = problem.sizes
        weights = problem.weights
        matrices = [
            weights["embedding.weight"],
            joined_weight(weights, "rnn.", "_l0"),
            joined_weight(weights, "rnn.", "_l1"),
            readout_weight(weights),
        ]
        parameters, (self.vectors, lower, upper, self.readout) = in_one_vector(matrices)
        gradient, (self.d_vectors, d_lower, d_upper, self.d_readout) = in_one_vector(matrices)
        self.lower = Layer(steps, batch, lower, d_lower)
        self.upper = Layer(steps, batch, upper, d_upper)
        self.back = self.readout[:hidden].T
        self.dx = empty(steps * batch, inputs)
        self.one_hot = np.eye(classes, dtype=np.float32)
        self.scores = empty(steps * batch, classes)
        self.loss_of = CrossEntropy(self.scores, 1 / (steps * batch))
        self.adam = Adam(parameters, gradient, problem.lr)

    def step(self, x: Array, labels: Array) -> float:
        """One step of training; the loss before it."""
        lower, upper, scores = self.lower, self.upper, self.scores
        characters = x.T
        lower.forward(self.vectors[characters])
        upper.forward(lower.h)
        matmul(upper.extended, self.readout, scores)
        loss = self.loss_of.loss(labels)
        self.loss_of.backward()
        matmul(upper.extended.T, scores, self.d_readout)
        dot(scores, self.back, upper.dz_rows)
        upper.backward()
        dot(upper.dz_rows, upper.w_x.T, lower.dz_rows)
        lower.backward()
        dot(lower.dz_rows, lower.w_x.T, self.dx)
        dot(self.one_hot[characters.reshape(-1)].T, self.dx, self.d_vectors)
        self.adam.step()
        return loss


class Generator:
    """One character after the other: RNN -> Linear -> the best, which is the next input."""

    def __init__(self, problem: Problem) -> None:
        weights, hidden = problem.weights, problem.sizes.hidden
        self.from_character = (
            weights["rnn.weight_ih_l0"].T + weights["rnn.bias_ih_l0"] + weights["rnn.bias_hh_l0"]
        )
        self.recurrent = np.ascontiguousarray(weights["rnn.weight_hh_l0"].T)
        self.readout = np.ascontiguousarray(weights["linear.weight"].T)
        self.bias = weights["linear.bias"]
        self.h, self.scratch, self.scores = empty(hidden), empty(hidden), empty(len(self.bias))
        self.character = 0

    def step(self) -> int:
        """The next character."""
        h, scratch, scores = self.h, self.scratch, self.scores
        dot(h, self.recurrent, scratch)
        add(scratch, self.from_character[self.character], scratch)
        tanh(scratch, h)
        dot(h, self.readout, scores)
        add(scores, self.bias, scores)
        self.character = int(scores.argmax())
        return self.character
