"""What people expect of memory layouts, padding, in-place writes, hooks, indices and overflow.

The expected values, strides and printed lines were recorded from PyTorch 2.13. Where the tests
read a program from a table, they evaluate it with the names that are defined here.
"""

import math

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import arange, nn, ones, tensor, zeros

F = nn.functional
f64, i32, i64, u8 = torch.float64, torch.int32, torch.int64, torch.uint8
inf, nan = float("inf"), float("nan")


def numbers(x):
    """All elements of a tensor, in a row."""
    return x.reshape(-1).tolist()


def leaf(*values):
    return tensor(values, requires_grad=True)


# ---- cross-entropy: layouts ----

LAYOUTS_OF_SCORES = {
    "columns picked": lambda x: x[:, [2, 0, 1]],
    "transposed": lambda x: x.t(),
    "permuted": lambda x: x.permute(1, 0),
    "computed from a transposed one": lambda x: x.t() * 2,
    "exp of a transposed one": lambda x: x.t().exp(),
    "expanded in front": lambda x: x[:1].expand(3, 3),
    "expanded behind": lambda x: x[:, :1].expand(3, 3),
    "sliced": lambda x: x.repeat(2, 2)[::2, ::2],
    "sliced and transposed": lambda x: x.repeat(2, 2)[::2, ::2].t(),
    "a linear layer of a transposed one": lambda x: F.linear(x.t(), torch.eye(3, dtype=f64).t()),
}


@pytest.mark.parametrize("layout", LAYOUTS_OF_SCORES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, [1.0, 2.0, 0.5]])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_the_layout_of_scores_does_not_change_a_loss_or_its_gradient(
    layout, reduction, weight, loss
):
    found = []
    for arrange in (lambda x: x, torch.clone, lambda x: x.contiguous()):
        x = (arange(9.0, dtype=f64).view(3, 3) * 7 % 5).requires_grad_()
        scores = arrange(LAYOUTS_OF_SCORES[layout](x))
        options = {"weight": tensor(weight, dtype=f64)} if weight else {}
        value = loss(scores, tensor([0, 2, 1]), reduction=reduction, **options)
        (value * (arange(3.0, dtype=f64) + 1 if reduction == "none" else 1)).sum().backward()
        found.append(numbers(value) + numbers(x.grad))
    assert found[0] == pytest.approx(found[2], rel=1e-12, abs=1e-15)
    assert found[1] == pytest.approx(found[2], rel=1e-12, abs=1e-15)


def test_cross_entropy_of_picked_columns_has_pytorch_s_gradient():
    x = zeros(2, 2, requires_grad=True)
    F.cross_entropy(x[:, [0, 1]], tensor([0, 1])).backward()
    assert x.grad.tolist() == [[-0.25, 0.25], [0.25, -0.25]]


# ---- cross-entropy: padding ----

PADDING = [  # scores, labels, loss, gradient
    ([[0.0, 0.0], [0.0, 0.0]], [0, -100], 0.69314718, [-0.5, 0.5, 0, 0]),
    ([[0.0, 0.0], [0.0, 0.0]], [-100, 0], 0.69314718, [0, 0, -0.5, 0.5]),
    ([[-inf, 0.0], [1.0, 1.0]], [1, -100], 0.0, [0, 0, 0, 0]),
    ([[-inf, 0.0], [1.0, 1.0]], [-100, 1], 0.69314718, [0, 0, 0.5, -0.5]),
    ([[inf, 0.0], [1.0, 1.0]], [-100, 0], 0.69314718, [nan, nan, -0.5, 0.5]),
    ([[nan, 0.0], [1.0, 1.0]], [-100, 1], 0.69314718, [nan, nan, 0.5, -0.5]),
]


@pytest.mark.parametrize(("scores", "labels", "loss", "gradient"), PADDING)
def test_an_ignored_row_leaves_the_other_rows_alone(scores, labels, loss, gradient):
    x = leaf(*scores)
    found = F.cross_entropy(x, tensor(labels))
    found.backward()
    assert found.item() == pytest.approx(loss)
    assert numbers(x.grad) == pytest.approx(gradient, nan_ok=True)


@pytest.mark.parametrize(
    "options", [{}, {"weight": [1.0, 2.0, 0.5]}, {"ignore_index": 1}, {"label_smoothing": 0.1}]
)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("labels", [[0, -1, 2, 0, -1], [-1, 0, 0, 2, 2], [-1, -1, 0, -1, -1]])
def test_padding_is_the_same_as_leaving_the_rows_out(options, reduction, labels):
    padding = options.get("ignore_index", -100)
    options = {name: value for name, value in options.items() if name != "ignore_index"}
    if "weight" in options:
        options["weight"] = tensor(options["weight"], dtype=f64)
    x = (arange(15.0, dtype=f64).view(5, 3) * 7 % 4).requires_grad_()
    labels = tensor(labels)
    kept = labels >= 0
    padded = labels.masked_fill(~kept, padding)
    loss = F.cross_entropy(x, padded, ignore_index=padding, reduction=reduction, **options)
    loss.sum().backward()
    shorter = x.detach()[kept].requires_grad_()
    expected = F.cross_entropy(shorter, labels[kept], reduction=reduction, **options)
    expected.sum().backward()
    found = loss[kept] if reduction == "none" else loss
    assert numbers(found) == pytest.approx(numbers(expected), rel=1e-12)
    assert numbers(x.grad[kept]) == pytest.approx(numbers(shorter.grad), rel=1e-12)
    assert numbers(x.grad[~kept]) == [0.0] * 3 * int((~kept).sum())


def test_padding_in_nll_loss_keeps_the_first_class_and_an_infinite_first_number():
    x = leaf([1.0, 0.0], [1.0, 1.0])
    F.nll_loss(x, tensor([0, -100])).backward()
    assert x.grad.tolist() == [[-1.0, 0.0], [0.0, 0.0]]
    y = leaf([-inf, 0.0], [1.0, 1.0])
    loss = F.nll_loss(y, tensor([-100, 1]))
    loss.backward()
    assert loss.item() == -1.0
    assert y.grad.tolist() == [[0.0, 0.0], [0.0, -1.0]]


# ---- cross-entropy: nothing to count, more dimensions, probabilities ----


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("options", [{}, {"weight": [1.0, 2.0, 3.0]}])
@pytest.mark.parametrize(
    ("shape", "labels"),
    [((2, 3), [-100, -100]), ((0, 3), []), ((2, 3, 0), [[], []]), ((1, 3, 2), [[-100, -100]])],
)
def test_with_nothing_to_count_a_sum_is_0_and_a_mean_is_refused(loss, options, shape, labels):
    options = {name: tensor(values) for name, values in options.items()}
    x, y = ones(shape).requires_grad_(), tensor(labels, dtype=i64)
    total = loss(x, y, reduction="sum", **options)
    assert repr(total.detach()) == "tensor(0.)"
    total.backward()
    assert x.grad.tolist() == zeros(shape).tolist()
    each = loss(x, y, reduction="none", **options)
    assert each.tolist() == zeros(y.shape).tolist()
    with pytest.raises(ValueError, match=f"{loss.__name__}: there is nothing to average"):
        loss(x, y, **options)


def test_smoothed_and_soft_targets_with_nothing_to_count_are_0_as_well():
    ignored = tensor([-100, -100])
    smoothed = F.cross_entropy(ones(2, 3), ignored, reduction="sum", label_smoothing=0.1)
    assert smoothed.item() == 0.0
    assert F.cross_entropy(zeros(0, 3), zeros(0, 3), reduction="sum").item() == 0.0
    assert F.cross_entropy(zeros(0, 3), zeros(0, 3), reduction="none").shape == (0,)


SEQUENCES = (arange(12.0, dtype=f64) * 7 % 5).view(2, 3, 2) / 2  # (N, C, T)
LABELS = tensor([[0, 2], [1, -100]])
WEIGHTS = tensor([1.0, 2.0, 0.5], dtype=f64)
CHANCES = (arange(12.0, dtype=f64) % 4 + 1).view(2, 3, 2)
CHANCES = CHANCES / CHANCES.sum(1, keepdim=True)
SMOOTH = {"label_smoothing": 0.25}

LOSSES_OF_SEQUENCES = [  # function, target, options, values, gradient of the scores
    (
        (F.cross_entropy, LABELS, {}),
        [1.8051654],
        [
            [-0.30743481, 0.1688268, 0.19136566, 0.10239863, 0.11606914, -0.27122543],
            [0.1688268, 0.0, -0.2309347, 0.0, 0.062107908, 0.0],
        ],
    ),
    (
        (F.cross_entropy, LABELS, {"reduction": "sum", "weight": WEIGHTS}),
        [5.7556311],
        [
            [-0.92230442, 0.2532402, 0.57409699, 0.15359794, 0.34820743, -0.40683814],
            [1.0129608, 0.0, -1.3856082, 0.0, 0.37264745, 0.0],
        ],
    ),
    (
        (F.cross_entropy, LABELS, {"weight": WEIGHTS} | SMOOTH),
        [1.5179742],
        [
            [-0.21497155, 0.072662932, 0.12324315, 0.010894454, 0.091728401, -0.083557386],
            [0.2354602, 0.0, -0.31893544, 0.0, 0.083475239, 0.0],
        ],
    ),
    (
        (F.cross_entropy, LABELS, {"reduction": "none"} | SMOOTH),
        [2.2632903, 1.5552697, 1.1802697, 0.0],
        [
            [-0.75563775, 0.84629412, 0.49076366, 0.4477251, 0.26487409, -1.2940192],
            [1.2694412, 0.0, -1.5784123, 0.0, 0.30897117, 0.0],
        ],
    ),
    (
        (F.nll_loss, LABELS, {"weight": WEIGHTS}),
        [-0.28571429],
        [[-0.28571429, 0.0, 0.0, 0.0, 0.0, -0.14285714], [0.0, 0.0, -0.57142857, 0.0, 0.0, 0.0]],
    ),
    (
        (F.nll_loss, LABELS, {"reduction": "none"}),
        [0.0, 0.0, -0.5, 0.0],
        [[-1.0, 0.0, 0.0, 0.0, 0.0, -2.0], [0.0, 0.0, -3.0, 0.0, 0.0, 0.0]],
    ),
    (
        (F.cross_entropy, CHANCES, {}),
        [1.1489415],
        [
            [-0.030576105, 0.064120098, -0.0064757518, -0.048201029, 0.037051857, -0.015919069],
            [0.019477241, 0.026620098, 0.041084686, 0.026798971, -0.060561926, -0.053419069],
        ],
    ),
    (
        (F.cross_entropy, CHANCES, {"reduction": "sum", "weight": WEIGHTS} | SMOOTH),
        [5.0035217],
        [
            [-0.1232646, 0.39919802, -0.25336259, -0.51027211, 0.37662719, 0.11107409],
            [0.095688958, 0.14425041, -0.077413589, -0.14667095, -0.018275369, 0.002420545],
        ],
    ),
]


@pytest.mark.parametrize(("call", "values", "gradient"), LOSSES_OF_SEQUENCES)
def test_a_loss_of_sequences_is_pytorch_s_and_that_of_their_flattened_positions(
    call, values, gradient
):
    function, target, options = call
    summed = options.get("reduction") == "none"
    rows = SEQUENCES.permute(0, 2, 1).reshape(-1, 3).requires_grad_()
    flat = target.permute(0, 2, 1).reshape(-1, 3) if target.dtype is f64 else target.view(-1)
    each = function(rows, flat, **options)
    (each * (arange(4.0, dtype=f64) + 1)).sum().backward() if summed else each.backward()

    x = SEQUENCES.clone().requires_grad_()
    loss = function(x, target, **options)
    (loss * tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward() if summed else loss.backward()
    assert loss.shape == ((2, 2) if summed else ())
    assert numbers(loss) == pytest.approx(values, rel=1e-7, abs=1e-9)
    assert numbers(loss) == pytest.approx(numbers(each), rel=1e-12, abs=1e-15)
    for found, expected in zip(x.grad, gradient, strict=True):
        assert numbers(found) == pytest.approx(expected, rel=1e-7, abs=1e-9)
    moved = rows.grad.view(2, 2, 3).permute(0, 2, 1)
    assert numbers(x.grad) == pytest.approx(numbers(moved), rel=1e-12, abs=1e-15)


def test_probabilities_get_a_gradient_as_scores_do():
    chances = CHANCES.clone().requires_grad_()
    F.cross_entropy(SEQUENCES, chances, weight=WEIGHTS, reduction="sum", **SMOOTH).backward()
    for found, expected in [
        (chances.grad[0], [1.9162177, 0.51020225, 0.83243538, 1.7704045, 0.39560884, 0.63010113]),
        (chances.grad[1], [0.51020225, 0.51020225, 1.7704045, 1.7704045, 0.63010113, 0.63010113]),
    ]:
        assert numbers(found) == pytest.approx(expected, rel=1e-7)


def test_positions_may_have_any_number_of_dimensions():
    for shape in ((2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 2), (1, 3, 1, 1)):
        positions = shape[:1] + shape[2:]
        loss = F.cross_entropy(zeros(shape), zeros(positions, dtype=i64), reduction="none")
        assert loss.shape == positions
        assert numbers(loss) == pytest.approx([np.log(3)] * loss.numel())
    with pytest.raises(RuntimeError, match=r"the target must have shape \[2, 4\], got \[2, 3\]"):
        F.cross_entropy(zeros(2, 3, 4), zeros(2, 3, dtype=i64))


def test_weights_that_are_all_zero_are_named_as_the_reason():
    for loss in (F.cross_entropy, F.nll_loss):
        with pytest.raises(ValueError, match="every target has weight 0"):
            loss(zeros(2, 3, requires_grad=True), tensor([0, 1]), weight=zeros(3))


@pytest.mark.parametrize(
    ("change", "value", "gradient"),
    [
        ("loss /= 2", 0.34657359, [-0.125, 0.125, 0.125, -0.125]),
        ("loss += F.cross_entropy(x, tensor([1, 1]))", 1.3862943, [0.0, 0.0, 0.5, -0.5]),
        ("loss += F.nll_loss(x, tensor([1, 0]))", 0.69314718, [-0.25, -0.25, -0.25, -0.25]),
        ("loss *= 3", 2.0794415, [-0.75, 0.75, 0.75, -0.75]),
        ("loss -= 1", -0.30685282, [-0.25, 0.25, 0.25, -0.25]),
    ],
)
def test_a_loss_may_be_scaled_and_added_to_in_place(change, value, gradient):
    x = zeros(2, 2, requires_grad=True)
    names = {"loss": F.cross_entropy(x, tensor([0, 1])), "x": x, "F": F, "tensor": tensor}
    exec(change, names)
    names["loss"].backward()
    assert names["loss"].item() == pytest.approx(value)
    assert numbers(x.grad) == gradient


def test_the_losses_of_rows_may_be_masked_in_place():
    x = zeros(2, 2, requires_grad=True)
    rows = F.cross_entropy(x, tensor([0, 1]), reduction="none")
    rows *= tensor([2.0, 0.0])
    rows.sum().backward()
    assert x.grad.tolist() == [[-1.0, 1.0], [0.0, 0.0]]


# ---- in-place operations whose other operand shares the memory ----

NEEDS_THE_OVERWRITTEN_VALUE = [
    "x.mul_(x)",
    "x.mul_(x.t())",
    "x.mul_(x[1])",
    "x.mul_(x.detach())",
    "x.mul_(x.view(4).view(2, 2))",
    "x.div_(x)",
    "x.div_(x[0])",
    "x.div_(x.t())",
    "x.pow_(x)",
    "x.pow_(x.t())",
    "x[0].mul_(x[1])",
    "x[0].div_(x[0])",
    "x.view(-1).mul_(x.view(-1))",
]


@pytest.mark.parametrize("write", NEEDS_THE_OVERWRITTEN_VALUE)
def test_a_write_that_destroys_what_its_own_gradient_needs_is_refused(write):
    a = leaf([1.0, 2.0], [4.0, 8.0])
    x = a * 1.5
    eval(write)
    with pytest.raises(RuntimeError, match=r"has been modified by an inplace operation since"):
        x.sum().backward()
    assert a.grad is None


@pytest.mark.parametrize(
    ("write", "gradient"),
    [
        ("x.add_(x)", [2, 2, 2, 2]),
        ("x.add_(x.t())", [2, 2, 2, 2]),
        ("x.sub_(x[0])", [-1, -1, 1, 1]),
        ("x.copy_(x.t())", [1, 1, 1, 1]),
        ("x.__setitem__(slice(None), x.t())", [1, 1, 1, 1]),
        ("x.__setitem__(0, x[1])", [0, 0, 2, 2]),
        ("x.mul_(x.clone())", [2, 4, 8, 16]),
        ("x[0].add_(x[1])", [1, 1, 2, 2]),
        ("x.scatter_(0, tensor([[1, 0], [0, 1]]), x.t())", [1, 1, 1, 1]),
    ],
)
def test_a_write_that_needs_no_earlier_value_may_share_memory_with_its_operand(write, gradient):
    a = leaf([1.0, 2.0], [4.0, 8.0])
    x = a * 1.0
    eval(write)
    x.sum().backward()
    assert numbers(a.grad) == gradient


# ---- views and their base follow each other's writes ----

WRITES_THROUGH_VIEWS = [  # program over x = a * 1 with a of ones(2, 2), a's gradient, x after it
    ("x[0].mul_(2); x.sum().backward()", [2, 2, 1, 1], [2, 2, 1, 1]),
    ("x[0].mul_(2); (x * x).sum().backward()", [8, 8, 2, 2], [2, 2, 1, 1]),
    ("v = x[0]; x.mul_(2); (v * v).sum().backward()", [8, 8, 0, 0], [2, 2, 2, 2]),
    ("v = x.t(); w = x[:, 0]; v.mul_(3); (w * w).sum().backward()", [18, 0, 18, 0], [3, 3, 3, 3]),
    ("x.view(-1)[1:3].mul_(2); (x * x).sum().backward()", [2, 8, 8, 2], [1, 2, 2, 1]),
    ("v = x.view(-1); v *= 2; (x * v.view(2, 2)).sum().backward()", [8, 8, 8, 8], [2, 2, 2, 2]),
    ("x.permute(1, 0)[0].zero_(); x.sum().backward()", [0, 1, 0, 1], [0, 1, 0, 1]),
    ("x[1][0] = 5.; x.sum().backward()", [1, 1, 0, 1], [1, 1, 5, 1]),
    ("x[0][:] = x[1] * 3; x.sum().backward()", [0, 0, 4, 4], [3, 3, 1, 1]),
    ("x.unsqueeze(0).mul_(2); x[0].mul_(3); x.sum().backward()", [6, 6, 2, 2], [6, 6, 2, 2]),
    ("x.detach().add_(1); x.sum().backward()", [1, 1, 1, 1], [2, 2, 2, 2]),
    ("x.T[0].mul_(2); x.sum().backward()", [2, 1, 2, 1], [2, 1, 2, 1]),
    ("x.narrow(0, 1, 1).mul_(2); x.sum().backward()", [1, 1, 2, 2], [1, 1, 2, 2]),
    ("x.flatten().mul_(2); x.sum().backward()", [2, 2, 2, 2], [2, 2, 2, 2]),
    ("x.reshape(-1)[::2].mul_(2); x.sum().backward()", [2, 1, 2, 1], [2, 1, 2, 1]),
    ("x.t().reshape(-1).mul_(2); x.sum().backward()", [1, 1, 1, 1], [1, 1, 1, 1]),
    ("x[...].mul_(2); x[None].mul_(3); x.sum().backward()", [6, 6, 6, 6], [6, 6, 6, 6]),
    ("x[[0]].mul_(2); x.sum().backward()", [1, 1, 1, 1], [1, 1, 1, 1]),
    ("x[0] += x[1]; x[1] += x[0]; x.sum().backward()", [2, 2, 3, 3], [2, 2, 3, 3]),
    ("x.transpose(0, 1)[1].masked_fill_(m, 0); x.sum().backward()", [1, 0, 1, 1], [1, 0, 1, 1]),
]


@pytest.mark.parametrize(("program", "gradient", "after"), WRITES_THROUGH_VIEWS)
def test_a_write_through_a_view_reaches_its_base_and_the_other_views(program, gradient, after):
    a = ones(2, 2, requires_grad=True)
    x = a * 1
    exec(program, {"x": x, "m": tensor([True, False])})
    assert numbers(a.grad) == gradient
    assert numbers(x) == after


def test_a_retained_gradient_of_a_view_or_its_base_is_that_after_a_write_to_the_other():
    a = ones(2, 2, requires_grad=True)
    x = a * 1
    x.retain_grad()
    x[0].mul_(2)
    x.sum().backward()
    assert numbers(x.grad) == [1.0] * 4
    assert numbers(a.grad) == [2.0, 2.0, 1.0, 1.0]

    b = ones(2, 2, requires_grad=True)
    y = b * 1
    v = y[0]
    v.mul_(2)
    v.retain_grad()
    (3 * v).sum().backward()
    assert v.grad.tolist() == [3.0, 3.0]
    assert numbers(b.grad) == [6.0, 6.0, 0.0, 0.0]


def test_a_constant_requires_a_gradient_once_a_view_of_it_holds_something_that_does():
    a = tensor(0.5, requires_grad=True)
    x = zeros(4)
    x[1:][:] = a
    assert x.requires_grad
    x.sum().backward()
    assert a.grad.item() == 3.0

    b = ones(2, requires_grad=True)
    y = zeros(2, 2)
    y[0].add_(b)
    assert y.requires_grad
    (y * y).sum().backward()
    assert b.grad.tolist() == [2.0, 2.0]


def test_a_view_that_is_a_leaf_is_not_overwritten():
    x = zeros(2, 3).permute(1, 0).requires_grad_()
    for write in ("x[0] = 2.", "x[...] = 2.", "x += 2", "x.t().mul_(2)", "x.zero_()"):
        with pytest.raises(RuntimeError, match="leaf"):
            exec(write, {"x": x})
    assert numbers(x) == [0.0] * 6


# ---- writing by index ----

PLACES = [  # an index of a (2, 3, 4) tensor, and the places that it means
    ("0, :, [0, 1, 2]", [[0, 1, 2], [4, 5, 6], [8, 9, 10]]),
    ("0, :, tensor([0, 1, 2])", [[0, 1, 2], [4, 5, 6], [8, 9, 10]]),
    ("0, :, tensor([True, False, False, True])", [[0, 3], [4, 7], [8, 11]]),
    ("0, ..., [1, 2]", [[1, 2], [5, 6], [9, 10]]),
    ("-1, :, [[0, 1], [2, 3]]", [[[12, 13], [14, 15]], [[16, 17], [18, 19]], [[20, 21], [22, 23]]]),
    ("[1, 0], :, 2", [[14, 18, 22], [2, 6, 10]]),
    ("tensor([1, 0]), :, 2", [[14, 18, 22], [2, 6, 10]]),
    ("tensor([True, True]), :, -1", [[3, 7, 11], [15, 19, 23]]),
    ("[1, 0], ..., 2", [[14, 18, 22], [2, 6, 10]]),
    ("[1, 0], 1:, 0", [[16, 20], [4, 8]]),
    ("0, 1:, [0, 3]", [[4, 7], [8, 11]]),
    ("0, None, :, [0, 3]", [[[0, 3], [4, 7], [8, 11]]]),
    ("None, 0, :, [0, 3]", [[[0, 3], [4, 7], [8, 11]]]),
    ("0, None, [0, 2]", [[[0, 1, 2, 3], [8, 9, 10, 11]]]),
    (":, 0, [0, 3]", [[0, 3], [12, 15]]),
    (":, [0, 2], 1", [[1, 9], [13, 21]]),
    ("0, [0, 2]", [[0, 1, 2, 3], [8, 9, 10, 11]]),
    ("[0, 1], :, [0, 3]", [[0, 4, 8], [15, 19, 23]]),
    ("[0, 1], ..., [0, 3]", [[0, 4, 8], [15, 19, 23]]),
    (":, [0, 2], ..., [0, 3]", [[0, 11], [12, 23]]),
    (":, [0], ..., tensor([True, False, False, True]), None", [[[0], [3]], [[12], [15]]]),
    ("tensor(0), :, [0, 3]", [[0, 3], [4, 7], [8, 11]]),
    ("[[0, 1], [2, 0]]", [[8, 9, 10, 11], [12, 13, 14, 15]]),
    ("[[1]]", [[[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]]),
]


class Index:
    def __getitem__(self, index):
        return index


@pytest.mark.parametrize(("text", "places"), PLACES)
def test_values_are_written_where_the_same_index_reads_them(text, places):
    index = eval(f"Index()[{text}]")
    x = arange(24.0).view(2, 3, 4)
    picked = x[index]
    flat = [int(place) for place in np.ravel(places)]
    assert numbers(picked) == flat
    assert picked.tolist() == places

    value = (picked * 10 + 1).requires_grad_()
    y = zeros(2, 3, 4)
    y[index] = value
    expected = [10.0 * place + 1 if place in flat else 0.0 for place in range(24)]
    assert numbers(y) == expected
    assert y[index].tolist() == value.tolist()
    (y * x).sum().backward()
    assert numbers(value.grad) == flat

    z = zeros(2, 3, 4)
    z[index] += picked
    assert numbers(z) == [float(place) if place in flat else 0.0 for place in range(24)]
    z[index] = 7
    assert numbers(z) == [7.0 if place in flat else 0.0 for place in range(24)]


def test_a_block_lands_as_its_index_reads_it():
    x = zeros(2, 3, 4)
    x[0, :, [0, 1, 2]] = arange(9.0).view(3, 3)
    assert x[0].tolist() == [[0.0, 1.0, 2.0, 0.0], [3.0, 4.0, 5.0, 0.0], [6.0, 7.0, 8.0, 0.0]]
    assert x[1].tolist() == zeros(3, 4).tolist()


def test_leading_dimensions_of_size_1_of_a_value_are_dropped():
    x = zeros(4)
    x[tensor([True, False, True, False])] = tensor([[1.0, 2.0]])
    assert x.tolist() == [1.0, 0.0, 2.0, 0.0]
    y = zeros(2, 2)
    y[0] = leaf([[1.0, 2.0]])
    assert y.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert y.requires_grad


@pytest.mark.parametrize("index", ["[0, 1]", "tensor([0, 1])", "tensor([True, True, False])"])
def test_values_of_another_type_are_written_by_slices_but_not_by_arrays(index):
    x = zeros(3)
    with pytest.raises(RuntimeError, match=r"float64 .*float32.*\.to\(torch\.float32\)"):
        x[eval(index)] = tensor([1.0, 2.0], dtype=f64)
    assert x.tolist() == [0.0, 0.0, 0.0]
    x[:2] = tensor([1.0, 2.0], dtype=f64)
    assert x.tolist() == [1.0, 2.0, 0.0]


def test_a_list_of_lists_indexes_as_a_tuple_of_lists():
    x = arange(4).view(2, 2)
    assert x[[[0, 1], [1, 0]]].tolist() == [1, 2]
    assert arange(4)[[[3, 0]]].tolist() == [3, 0]
    assert x[[[0, 1], [1, 0]], [0, 0]].tolist() == [[0, 2], [2, 0]]
    with pytest.raises(IndexError, match="2 indices"):
        arange(4)[[[0, 1], [1, 0]]]


def test_a_uint8_mask_is_told_to_become_bool():
    mask = tensor([1, 0], dtype=u8)
    with pytest.raises(IndexError, match=r"\.bool\(\)"):
        zeros(2)[mask]
    with pytest.raises(RuntimeError, match=r"\.bool\(\)"):
        zeros(2).masked_select(mask)


# ---- results have PyTorch's strides ----

LAYOUTS = {  # every one of shape (2, 3, 4)
    "contiguous": arange(24.0).view(2, 3, 4),
    "transposed": arange(24.0).view(2, 4, 3).transpose(1, 2),
    "permuted": arange(24.0).view(4, 2, 3).permute(1, 2, 0),
    "reversed": arange(24.0).view(4, 3, 2).permute(2, 1, 0),
    "sliced": arange(96.0).view(4, 3, 8)[::2, :, ::2],
    "sliced and permuted": arange(96.0).view(8, 2, 6).permute(1, 2, 0)[:, ::2, ::2],
    "expanded in front": arange(12.0).view(1, 3, 4).expand(2, 3, 4),
    "expanded behind": arange(6.0).view(2, 3, 1).expand(2, 3, 4),
}
ROWS = (12, 4, 1)
DENSE = [ROWS, (12, 1, 3), (3, 1, 6), (1, 2, 6), ROWS, (3, 1, 6), ROWS, ROWS]

STRIDES = {
    "elementwise": (
        DENSE,
        "x + 1, 2 - x, x**2, x.exp(), x.relu(), x.tanh(), -x, x * x, x + x.contiguous(), x / x[0], "
        "x + x[:, :1], x + x[0, 0], x > 2, ~(x > 2), x.double(), x.long(), x.abs(), x // 2, "
        "x.sigmoid(), x.clamp(0, 1), x.eq(1).logical_and(x), x.isnan(), torch.maximum(x, x), "
        "torch.where(x > 2, x, 0.0), torch.where(x > 2, x, x.contiguous()), "
        "F.mse_loss(x, x + 1, reduction='none')",
    ),
    "copies": (
        DENSE,
        "x.clone(), x.clone().add_(1), torch.zeros_like(x), torch.ones_like(x), "
        "torch.full_like(x, 2), torch.empty_like(x), torch.rand_like(x), torch.randn_like(x), "
        "F.dropout(x), x.flip(0)",
    ),
    "always row by row": (
        [ROWS] * 8,
        "x.contiguous(), x.contiguous() + x, 2.0**x, x.masked_fill(x > 2, 0.0), x.softmax(0), "
        "x.softmax(2), x.log_softmax(1), x.gather(1, torch.zeros(2, 3, 4, dtype=i64)), "
        "x.scatter(1, torch.zeros(2, 3, 4, dtype=i64), 1.0), torch.bernoulli(x * 0), "
        "x.new_zeros(x.shape)",
    ),
    "reductions": (
        [(4, 1)] * 8,
        "x.sum(0), x.sum(1), x.mean(1), x.var(1), x.logsumexp(1), x.amax(1), x.max(1).values, "
        "x.argmax(0), x.norm(dim=1), x.all(1), "
        "F.cross_entropy(x, torch.zeros(2, 4, dtype=i64), reduction='none')",
    ),
    "reductions of the last dimension": ([(3, 1)] * 8, "x.sum(2), x.mean(2), x.std(2)"),
    "joined": ([(24, 4, 1)] * 8, "torch.cat([x, x], 1), x.repeat(1, 2, 1)"),
    "stacked": ([(24, 12, 4, 1)] * 8, "torch.stack([x, x])"),
    "stacked inside": ([(24, 8, 4, 1)] * 8, "torch.stack([x, x], 2)"),
    "products": (
        [(15, 5, 1)] * 8,
        "x @ torch.ones(4, 5), F.linear(x, torch.ones(5, 4)), "
        "F.linear(x, torch.ones(5, 4), torch.ones(5))",
    ),
    "products of batches": (
        [(9, 3, 1)] * 8,
        "x @ x.transpose(1, 2), torch.bmm(x, x.transpose(1, 2))",
    ),
    "looked up": ([(24, 8, 2, 1)] * 8, "F.embedding(x.long() % 3, torch.ones(3, 2))"),
    "one-hot": ([(36, 12, 3, 1)] * 8, "F.one_hot(x.long() % 3, 3)"),
    "selected": ([(8, 4, 1)] * 8, "x.index_select(1, tensor([1, 0])), x.topk(2, 1).values"),
    "rows picked": (
        [(8, 4, 1), (8, 4, 1), (1, 2, 4), (1, 2, 4), (8, 4, 1), (1, 2, 4), (8, 4, 1), (8, 4, 1)],
        "x[:, [1, 0]], x[:, tensor([1, 0])]",
    ),
    "columns picked": (
        [(9, 3, 1), (9, 3, 1), (9, 3, 1), (3, 6, 1), (9, 3, 1), (9, 3, 1), (9, 3, 1), (9, 3, 1)],
        "x[..., [0, 0, 1]]",
    ),
    "masked": (
        [ROWS, (12, 1, 3), (12, 1, 3), (12, 1, 3), ROWS, (12, 1, 3), ROWS, ROWS],
        "x[tensor([True, True])], x[[1, 0]]",
    ),
    "picked apart": ([(3, 1)] * 8, "x[[0, 1], :, [1, 0]]"),
    "with a new dimension": (
        [
            (12, 12, 4, 1),
            (12, 3, 1, 3),
            (3, 3, 1, 6),
            (1, 6, 2, 6),
            (48, 24, 8, 2),
            (6, 6, 2, 24),
            (0, 12, 4, 1),
            (3, 3, 1, 0),
        ],
        "x[:, None], x.unsqueeze(1)",
    ),
    "reshaped": (
        [(4, 1), (4, 1), (1, 6), (4, 1), (4, 1), (2, 24), (4, 1), (1, 0)],
        "x.reshape(6, 4)",
    ),
}


@pytest.mark.parametrize("group", STRIDES)
def test_results_lie_in_memory_as_pytorch_s_do(group):
    strides, operations = STRIDES[group]
    for number, x in enumerate(LAYOUTS.values()):
        for result in eval(f"[{operations}]", globals() | {"x": x}):
            assert tuple(result.stride()) == strides[number], (operations, list(LAYOUTS)[number])


@pytest.mark.parametrize(
    "expression",
    [
        "x[:, [1, 0]].view(-1)",
        "x[..., [1, 0]].view(-1)",
        "torch.stack([x.transpose(1, 2), x.transpose(1, 2)]).view(-1)",
        "torch.cat([x.transpose(1, 2), x.transpose(1, 2)]).view(-1)",
        "x.softmax(0).view(-1)",
        "x.softmax(1).view(-1)",
        "x.log_softmax(0).view(6, 4)",
        "x.transpose(0, 1).softmax(2).view(-1)",
        "x.transpose(0, 1).sum(2).view(-1)",
        "x[0].t().exp().t().view(-1)",
    ],
)
def test_a_result_can_be_viewed_as_one_row(expression):
    names = globals() | {"x": arange(24.0).view(2, 3, 4)}
    result = eval(expression, names)
    copied = eval(expression.replace(".view", ".reshape"), names)
    assert numbers(result) == numbers(copied)


def test_a_result_in_another_order_cannot_be_viewed_as_one_row():
    for x in (zeros(2, 3).t() + 1, zeros(2, 3).t().clone(), torch.zeros_like(zeros(2, 3).t())):
        with pytest.raises(RuntimeError, match="view"):
            x.view(-1)


# ---- recurrent layers ----


def layer(**options):
    torch.manual_seed(0)
    return nn.RNN(3, 4, **options)


@pytest.mark.parametrize(
    ("options", "shape", "outputs", "last"),
    [
        ({}, (5, 2, 3), (8, 4, 1), (8, 4, 1)),
        ({"batch_first": True}, (2, 5, 3), (4, 8, 1), (8, 4, 1)),
        ({"batch_first": True, "num_layers": 2}, (2, 5, 3), (4, 8, 1), (8, 4, 1)),
        ({"batch_first": True, "bidirectional": True}, (2, 5, 3), (8, 16, 1), (8, 4, 1)),
        ({"batch_first": True}, (5, 3), (4, 1), (4, 1)),
    ],
)
def test_the_output_of_a_recurrent_layer_has_pytorch_s_strides(options, shape, outputs, last):
    output, h_n = layer(**options)(ones(shape))
    assert tuple(output.stride()) == outputs
    assert tuple(torch.relu(output).stride()) == outputs
    assert tuple(h_n.stride()) == last
    if len(shape) == 3 and options:
        with pytest.raises(RuntimeError, match="view"):
            output.view(-1)


def test_dropout_after_a_batch_first_layer_draws_pytorch_s_numbers():
    torch.manual_seed(0)
    output, _ = nn.RNN(2, 3, batch_first=True)(ones(2, 3, 2))
    assert F.dropout(output * 0 + 1, 0.5).tolist() == [
        [[2.0, 0.0, 2.0], [2.0, 2.0, 2.0], [0.0, 2.0, 0.0]],
        [[2.0, 0.0, 2.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0]],
    ]


H0 = {
    "transposed": lambda h: h.permute(2, 1, 0).contiguous().permute(2, 1, 0),
    "expanded": lambda h: h[:, :1].expand(-1, 2, -1),
    "sliced": lambda h: h.repeat(1, 2, 2)[:, ::2, ::2],
    "flipped": lambda h: h.flip(2),
    "picked": lambda h: h[:, [1, 0]],
}


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"bidirectional": True}])
@pytest.mark.parametrize("way", H0)
def test_the_first_hidden_state_may_have_any_layout(options, way):
    rnn = layer(**options)
    number = 2 if "bidirectional" in options else 1
    x = arange(18.0).view(2, 3, 3) / 10 if "batch_first" in options else arange(18.0).view(3, 2, 3)
    found = []
    for arrange in (lambda h: h, torch.Tensor.contiguous):
        h0 = (arange(8.0 * number).view(number, 2, 4) / 8).requires_grad_()
        output, h_n = rnn(x, arrange(H0[way](h0)))
        (output.sum() + h_n.sum()).backward()
        found.append(numbers(output) + numbers(h_n) + numbers(h0.grad))
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize(
    ("write", "by_input", "by_weight"),
    [
        ("o.add_(1)", -1.4233347, -22.738493),
        ("o.mul_(tensor([1.0, 0.0])[None, :, None])", 0.91361332, 7.8065567),
        ("o.masked_fill_(o > 0, 0)", 1.8122780, 15.660061),
        ("o.__setitem__(0, 0.0)", 1.4656107, 15.660061),
        ("o.relu_()", 0.0, 0.0),
        ("o[1].mul_(2)", 4.1296930, 38.709530),
    ],
)
def test_the_output_of_a_recurrent_layer_may_be_written_to(write, by_input, by_weight):
    rnn = layer()
    x = (arange(18.0).view(3, 2, 3) / 10).requires_grad_()
    o, h_n = rnn(x)
    last = h_n.tolist()
    eval(write)
    (o * o).sum().backward()
    assert x.grad.sum().item() == pytest.approx(by_input, rel=1e-5)
    assert rnn.weight_hh_l0.grad.sum().item() == pytest.approx(by_weight, rel=1e-5)
    assert h_n.tolist() == last


def test_output_and_last_hidden_state_share_no_memory():
    output, h_n = layer()(ones(3, 2, 3))
    before, last = output.tolist(), h_n.tolist()
    h_n.mul_(0)
    assert output.tolist() == before
    output.add_(1)
    assert numbers(h_n) == [0.0] * 8
    (output.sum() + h_n.sum()).backward()
    assert before[-1] == last[0]


def test_output_and_last_hidden_state_each_keep_their_own_gradient():
    output, h_n = layer()(zeros(2, 1, 3))
    output.retain_grad()
    h_n.retain_grad()
    (output.sum() + 3 * h_n.sum()).backward()
    assert numbers(output.grad) == [1.0] * 8
    assert numbers(h_n.grad) == [3.0] * 4


def test_a_hook_on_the_output_sees_nothing_of_the_last_hidden_state():
    seen = []
    output, h_n = layer()(zeros(2, 1, 3))
    output.retain_grad()
    output.register_hook(lambda g: seen.append(("output", g.sum().item())))
    h_n.register_hook(lambda g: seen.append(("last", g.sum().item())))
    (2 * output.sum() + 3 * h_n.sum()).backward()
    assert sorted(seen) == [("last", 12.0), ("output", 16.0)]

    output, h_n = layer()(zeros(2, 1, 3))
    output.retain_grad()
    output.register_hook(lambda _: seen.append("not used"))
    h_n.sum().backward()
    assert output.grad is None
    assert "not used" not in seen


# ---- hooks and retained gradients ----

WRITES = [  # what is written to y = a * 1 with a of ones(2), and a's gradient of (2 * y).sum()
    ("y.mul_(2)", [4, 4]),
    ("y.add_(y)", [4, 4]),
    ("y.__setitem__(0, 5.0)", [0, 2]),
    ("y.__setitem__([0], leaf(5.0))", [0, 2]),
    ("y.__setitem__(tensor([False, True]), 5.0)", [2, 0]),
    ("y[0].mul_(3)", [6, 2]),
    ("y.masked_fill_(tensor([True, False]), 0)", [0, 2]),
    ("y.scatter_(0, tensor([0]), 7.0)", [0, 2]),
    ("y.copy_(a * 3)", [6, 6]),
    ("y.clamp_(0, 0.5)", [0, 0]),
    ("y.zero_()", [0, 0]),
    ("y.fill_(3)", [0, 0]),
    ("y.pow_(2)", [4, 4]),
    ("y.div_(4)", [0.5, 0.5]),
]


@pytest.mark.parametrize(("write", "gradient"), WRITES)
def test_a_retained_gradient_is_that_of_the_value_after_a_write(write, gradient):
    a = ones(2, requires_grad=True)
    y = a * 1
    y.retain_grad()
    eval(write)
    (2 * y + 0 * a).sum().backward()
    assert y.grad.tolist() == [2.0, 2.0]
    assert a.grad.tolist() == gradient


def test_a_hook_stays_with_the_value_before_a_write_and_a_retained_gradient_does_not():
    a, seen = ones(2, requires_grad=True), []
    y = a * 1
    y.retain_grad()
    y.register_hook(lambda g: seen.append(("before", g.tolist())))
    y.mul_(2)
    y.register_hook(lambda g: seen.append(("after", g.tolist())))
    y.sum().backward()
    assert sorted(seen) == [("after", [1.0, 1.0]), ("before", [2.0, 2.0])]
    assert y.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("make", [lambda w: w, lambda w: w * 1])
def test_a_handle_removes_its_own_hook_only(make):
    w, seen = ones(2, requires_grad=True), []
    y = make(w)
    y.register_hook(lambda _: seen.append("a"))
    second = y.register_hook(lambda _: seen.append("b"))
    second.remove()
    y.register_hook(lambda _: seen.append("c"))
    second.remove()
    (y * 2).sum().backward()
    assert seen == ["a", "c"]


@pytest.mark.parametrize("make", [lambda w: w, lambda w: w * 1])
def test_a_hook_may_change_the_gradient_in_place(make):
    w, seen = ones(2, requires_grad=True), []
    y = make(w)
    y.register_hook(lambda g: (g.mul_(tensor([0.0, 5.0])), None)[1])
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * tensor([2.0, 3.0])).sum().backward()
    assert seen == [[0.0, 15.0]]
    assert w.grad.tolist() == [0.0, 15.0]


# ---- one expression, one printed line ----

VALUES = {
    "logical functions ask what is nonzero": [
        ("torch.logical_and(tensor([1]), tensor([2]))", "tensor([True])"),
        ("torch.logical_or(tensor([0.5, 0.0]), tensor([0, 0]))", "tensor([ True, False])"),
        (
            "torch.logical_xor(tensor([1, 2, 0]), tensor([2, 0, 0]))",
            "tensor([False,  True, False])",
        ),
        ("torch.logical_not(tensor([1, 0]))", "tensor([False,  True])"),
        ("torch.logical_not(tensor([0.5, 0.0, nan]))", "tensor([False,  True, False])"),
        ("torch.logical_and(tensor([1.0, nan]), tensor([2, 0]))", "tensor([ True, False])"),
        ("tensor([1, 2]).logical_and(tensor([4, 0]))", "tensor([ True, False])"),
        ("tensor([1]).logical_not()", "tensor([False])"),
    ],
    "alpha is multiplied in the type of the result": [
        ("torch.add(tensor([0.0]), tensor([200], dtype=u8), alpha=2)", "tensor([400.])"),
        ("torch.sub(tensor([0.0]), tensor([200], dtype=u8), alpha=2)", "tensor([-400.])"),
        ("torch.add(tensor([0]), tensor([200], dtype=u8), alpha=2)", "tensor([400])"),
        ("tensor([0.0]).add(tensor([100], dtype=u8), alpha=3)", "tensor([300.])"),
        ("tensor([0.0]).add_(tensor([200], dtype=u8), alpha=2)", "tensor([400.])"),
        ("tensor([0.0]).sub_(tensor([200], dtype=u8), alpha=2)", "tensor([-400.])"),
        ("tensor([0]).add_(tensor([2**31 - 1], dtype=i32), alpha=2)", "tensor([4294967294])"),
        ("torch.add(zeros(1, dtype=f64), tensor([0.1]), alpha=3).item()", "0.30000000447034836"),
    ],
    "a whole number wraps to the type of the tensor": [
        ("tensor([250], dtype=u8) + 300", "tensor([38], dtype=torch.uint8)"),
        ("tensor([250], dtype=u8) - 300", "tensor([206], dtype=torch.uint8)"),
        ("300 - tensor([250], dtype=u8)", "tensor([50], dtype=torch.uint8)"),
        ("tensor([250], dtype=u8) * -1", "tensor([6], dtype=torch.uint8)"),
        ("tensor([250], dtype=u8) // -2", "tensor([0], dtype=torch.uint8)"),
        ("tensor([250], dtype=u8) % 300", "tensor([30], dtype=torch.uint8)"),
        ("tensor([250], dtype=u8) > -1", "tensor([False])"),
        ("tensor([250], dtype=u8) < 300", "tensor([False])"),
        ("tensor([250], dtype=u8) == 506", "tensor([True])"),
        ("tensor([3], dtype=u8) ^ 300", "tensor([47], dtype=torch.uint8)"),
        ("tensor([3], dtype=u8) & -1", "tensor([3], dtype=torch.uint8)"),
        ("tensor([7], dtype=u8).add_(300)", "tensor([51], dtype=torch.uint8)"),
        ("tensor([2], dtype=u8).clamp(-1, 1)", "tensor([1], dtype=torch.uint8)"),
        ("tensor([2], dtype=i32) + 2**31", "tensor([-2147483646], dtype=torch.int32)"),
        ("tensor([2], dtype=i32) * 2**33", "tensor([0], dtype=torch.int32)"),
        ("tensor([2], dtype=i32) < 2**40", "tensor([False])"),
    ],
    "a filled tensor keeps its type": [
        (
            "tensor([9], dtype=i32).masked_fill(tensor([True]), 2.5)",
            "tensor([2], dtype=torch.int32)",
        ),
        ("tensor([True]).masked_fill(tensor([True]), 0)", "tensor([False])"),
        ("tensor([True]).masked_fill_(tensor([True]), 0)", "tensor([False])"),
    ],
    "a tensor of no dimension counts as one of one element": [
        ("tensor(5.0).gather(0, tensor([0, 0]))", "tensor([5., 5.])"),
        ("tensor(5.0).scatter(0, tensor([0]), tensor([7.0]))", "tensor(7.)"),
        ("tensor(5.0).index_select(0, tensor([0]))", "tensor(5.)"),
        ("tensor(5.0).index_select(0, tensor(0))", "tensor(5.)"),
        ("tensor(1).flip(0)", "tensor(1)"),
        ("tensor(1).flip(-1)", "tensor(1)"),
        ("tensor(1.5).masked_select(tensor(False))", "tensor([])"),
        ("tensor(1.5).masked_select(tensor(True))", "tensor([1.5000])"),
    ],
    "whole numbers to negative powers are rounded towards zero": [
        ("2 ** tensor([-1])", "tensor([0])"),
        ("2 ** tensor([-1, 0, 3])", "tensor([0, 1, 8])"),
        ("tensor([2, -1, 1]) ** tensor([-1, -3, -2])", "tensor([ 0, -1,  1])"),
    ],
    "clamp takes tensors as bounds": [
        (
            "tensor([1.0, 5.0, 3.0]).clamp(min=tensor([2.0, 2.0, 4.0]))",
            "tensor([2., 5., 4.])",
        ),
        (
            "tensor([1.0, 5.0]).clamp(min=tensor([2.0, 2.0]), max=tensor([3.0, 3.0]))",
            "tensor([2., 3.])",
        ),
        ("tensor([1.0, 5.0, 3.0]).clamp(max=tensor(3.0))", "tensor([1., 3., 3.])"),
    ],
    "what overflows is infinite, without a warning": [
        ("tensor([3e38]) + tensor([3e38])", "tensor([inf])"),
        ("tensor([-3e38]) - tensor([3e38])", "tensor([-inf])"),
        ("tensor([3e38]) * 10", "tensor([inf])"),
        ("tensor([3e38]).mul_(10)", "tensor([inf])"),
        ("tensor([3e38]).add_(3e38)", "tensor([inf])"),
        ("tensor([1.0]) // 0", "tensor([inf])"),
        ("tensor([3e38, 3e38]).sum()", "tensor(inf)"),
        ("tensor([[3e38, 3e38]]).sum(1)", "tensor([inf])"),
        ("tensor([3e38, 3e38]).norm()", "tensor(inf)"),
        ("tensor([[3e38, 3e38]]) @ tensor([[3e38], [3e38]])", "tensor([[inf]])"),
        ("F.linear(tensor([[3e38, 3e38]]), tensor([[3e38, 3e38]]))", "tensor([[inf]])"),
        ("tensor([1e300], dtype=f64).float()", "tensor([inf])"),
    ],
    "what has no value is nan, without a warning": [
        ("tensor([1.0]) % 0", "tensor([nan])"),
        ("tensor([0.0]) // 0", "tensor([nan])"),
        ("tensor([inf]) - inf", "tensor([nan])"),
        ("tensor([inf, -inf]).sum()", "tensor(nan)"),
        ("tensor([inf]).sin()", "tensor([nan])"),
        ("tensor([inf]).cos()", "tensor([nan])"),
        ("tensor([inf]) * 0", "tensor([nan])"),
    ],
    "what int32 and int64 cannot hold is their smallest number": [
        ("tensor([nan]).long()", "tensor([-9223372036854775808])"),
        ("tensor([1e30]).int()", "tensor([-2147483648], dtype=torch.int32)"),
        ("tensor([inf]).to(torch.int64)", "tensor([-9223372036854775808])"),
    ],
    "matrices of no columns or rows have products": [
        (
            "F.linear(zeros(2, 0), zeros(3, 0), ones(3))",
            "tensor([[1., 1., 1.],\n        [1., 1., 1.]])",
        ),
        ("F.linear(zeros(2, 2), zeros(0, 2), ones(0)).shape", "torch.Size([2, 0])"),
        ("F.linear(zeros(0, 2), zeros(3, 2)).shape", "torch.Size([0, 3])"),
    ],
    "an ellipsis that stands for nothing changes nothing": [
        (
            "arange(8).view(2, 2, 2)[:, [0, 1], ..., tensor([False, True])]",
            "tensor([[1, 3],\n        [5, 7]])",
        ),
        (
            "arange(8).view(2, 2, 2)[:, [0, 1], ..., [0, 0]]",
            "tensor([[0, 2],\n        [4, 6]])",
        ),
    ],
}


@pytest.mark.parametrize("name", VALUES)
def test_results_print_as_pytorch_prints_them(name):
    for expression, printed in VALUES[name]:
        assert repr(eval(expression)) == printed, expression


def test_an_identity_matrix_may_require_a_gradient():
    x = torch.eye(2, requires_grad=True)
    (x * tensor([[1.0, 2.0], [3.0, 4.0]])).sum().backward()
    assert x.grad.tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_no_gradient_of_an_overflow_warns():
    x = leaf(3e38, 3e38)
    y = (x * 10 - x * 10).sum() + x.norm() + x.sin().sum()
    y.backward()
    assert repr(y.detach()) == "tensor(nan)"
    assert x.grad.isfinite().logical_or(x.grad.isnan()).all()


@pytest.mark.parametrize(
    ("write", "limit"),
    [
        ("tensor([1], dtype=u8).__setitem__(0, 300)", "300 does not fit into uint8"),
        ("tensor([1], dtype=u8).__setitem__([0], 300)", "300 does not fit into uint8"),
        ("tensor([1], dtype=u8).__setitem__(tensor([True]), 300)", "300 does not fit into uint8"),
        ("tensor([1]).__setitem__(0, 1e30)", "does not fit into int64"),
        ("zeros(1).__setitem__(0, 1e300)", "does not fit into float32"),
        ("zeros(1).__setitem__(..., 1e300)", "does not fit into float32"),
        ("tensor([1], dtype=u8).fill_(300)", "300 does not fit into uint8"),
        ("tensor([1]).fill_(nan)", "nan does not fit into int64"),
        ("tensor([1], dtype=i32).fill_(2**31)", "2147483648 does not fit into int32"),
        ("zeros(1).fill_(1e39)", "does not fit into float32"),
        ("tensor([1], dtype=u8).masked_fill(tensor([True]), 300)", "300 does not fit into uint8"),
        ("tensor([1]).masked_fill_(tensor([True]), 1e30)", "does not fit into int64"),
        ("zeros(1).masked_fill(tensor([True]), 1e300)", "does not fit into float32"),
        ("tensor([1]).scatter(0, tensor([0]), 1e30)", "does not fit into int64"),
        ("tensor([1], dtype=u8).scatter_(0, tensor([0]), 300)", "300 does not fit into uint8"),
        ("tensor([1]).scatter(0, tensor([0]), tensor([1.5]))", "src is float32 and input is int64"),
        ("tensor([1]).scatter_(0, tensor([0]), tensor([1.5]))", "src is float32 and .* int64"),
        ("torch.where(tensor([True]), tensor([2], dtype=u8), 300)", "300 does not fit into uint8"),
        ("tensor([1], dtype=u8).clamp(0, 300)", "300 does not fit into uint8"),
    ],
)
def test_a_number_that_the_tensor_cannot_hold_is_refused(write, limit):
    with pytest.raises(RuntimeError, match=limit):
        eval(write)


def test_a_refused_number_leaves_the_tensor_as_it_was():
    x = tensor([1, 2], dtype=u8)
    for write in (lambda: x.fill_(300), lambda: x.__setitem__(0, 300)):
        with pytest.raises(RuntimeError, match="uint8"):
            write()
    assert x.tolist() == [1, 2]
    x.fill_(-1)  # as in PyTorch: down to the negative of the largest, it wraps
    assert x.tolist() == [255, 255]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ("torch.eq(1, tensor([1]))", TypeError, "first operand must be a Tensor, got int"),
        ("torch.lt(1.5, tensor([1]))", TypeError, "first operand must be a Tensor, got float"),
        ("torch.addmm(zeros(2, 2), ones(1, 3), ones(3, 2))", RuntimeError, "does not broadcast"),
        ("torch.addmm(zeros(1, 1, 1), ones(1, 3), ones(3, 2))", RuntimeError, "not broadcast"),
        (
            "torch.add(tensor([1]), tensor([1]), alpha=0.5)",
            RuntimeError,
            "alpha=0.5 is not a whole",
        ),
        ("tensor(1.0).narrow(-1, 0, 1)", RuntimeError, "0-dimensional"),
        ("tensor(5.0).index_select(-1, tensor([0, 0]))", IndexError, "1 element"),
    ],
)
def test_what_is_not_possible_is_refused_in_the_words_of_the_function(call, error, message):
    with pytest.raises(error, match=message):
        eval(call)


# ---- gradients at the edges ----


def test_abs_has_gradient_0_where_its_input_is_nan():
    x = leaf(nan, -2.0, 0.0)
    x.abs().sum().backward()
    assert x.grad.tolist() == [0.0, -1.0, 0.0]


def test_norm_of_nan_has_a_gradient_of_nan():
    x = leaf(1.0, nan, -2.0)
    x.norm().backward()
    assert repr(x.grad) == "tensor([nan, nan, nan])"


@pytest.mark.parametrize("first", [True, False])
def test_an_empty_tensor_among_those_that_are_joined_gets_an_empty_gradient(first):
    x, empty = ones(2, 2, requires_grad=True), zeros(0, requires_grad=True)
    torch.cat([empty, x] if first else [x, empty]).sum().backward()
    assert x.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert empty.grad.tolist() == []


@pytest.mark.parametrize(("rows", "columns", "inner"), [(2, 3, 0), (0, 3, 2), (2, 0, 2), (0, 0, 0)])
def test_a_layer_of_any_size_goes_backward(rows, columns, inner):
    x = ones(rows, inner).requires_grad_()
    w = ones(columns, inner).requires_grad_()
    b = ones(columns).requires_grad_()
    y = F.linear(x, w, b)
    assert y.tolist() == [[1.0 + inner] * columns] * rows
    y.sum().backward()
    assert x.grad.tolist() == [[float(columns)] * inner] * rows
    assert w.grad.tolist() == [[float(rows)] * inner] * columns
    assert b.grad.tolist() == [float(rows)] * columns


def test_gradients_pass_through_tensors_of_no_dimension():
    x = tensor(5.0, requires_grad=True)
    y = x.gather(0, tensor([0, 0])).sum() + x.index_select(0, tensor([0])) * 3 + x.flip(0)
    y.backward()
    assert (y.item(), x.grad.item()) == (30.0, 6.0)
    z = tensor(5.0, requires_grad=True)
    source = tensor([7.0], requires_grad=True)
    written = z.scatter(0, tensor([0]), source)
    (written * 4 + z).backward()
    assert (written.item(), z.grad.item(), source.grad.tolist()) == (7.0, 1.0, [4.0])
    m = tensor(2.0, requires_grad=True)
    m.masked_select(tensor([True, False, True])).sum().backward()
    assert m.grad.item() == 2.0


def test_clamp_sends_the_gradient_to_the_bound_that_holds():
    x, low = leaf(1.0, 5.0, 3.0), leaf(2.0, 2.0, 4.0)
    x.clamp(min=low).sum().backward()
    assert x.grad.tolist() == [0.0, 1.0, 0.0]
    assert low.grad.tolist() == [1.0, 0.0, 1.0]


def test_memory_that_may_only_be_read_is_not_said_to_be_expanded():
    array = np.ones(2, np.float32)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match=r"memory that may only be read; call \.clone\(\)"):
        torch.from_dlpack(array).add_(1)
    assert array.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="expand"):
        ones(1).expand(2).add_(1)


VIEWS = {
    "itself": lambda x: x,
    "slice": lambda x: x[:1],
    "expand": lambda x: x.expand(2, 3),
    "part of expand": lambda x: x.expand(2, 3)[:1],
    "transposed twice": lambda x: x.t().t(),
    "view": lambda x: x.view(3).view(1, 3),
    "new dimension": lambda x: x[None, :, :][0],
}
MADE = {
    "ones": lambda: torch.ones(1, 3),
    "rand": lambda: torch.rand(1, 3),
    "computed": lambda: torch.ones(3, 1).t() + 1,
    "shared": lambda: torch.from_dlpack(np.ones((1, 3), np.float32)),
    "shared buffer": lambda: torch.from_dlpack(np.frombuffer(bytearray(12), np.float32)).view(1, 3),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_view_of_any_kind_notices_a_write_to_its_memory(make, view):
    x, w = make(), torch.ones(2, 3, requires_grad=True)
    y = (w * view(x)).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_refuses_whole_numbers_and_keeps_what_is_not_a_number(name: str) -> None:
    with pytest.raises(RuntimeError, match=rf"^{name}: .*call \.float\(\)"):
        getattr(torch.arange(3), name)(0)
    for number in (math.nan, math.inf, -math.inf):
        assert getattr(torch.tensor(number), name)(0).isnan().item()


def test_an_extreme_that_is_nan_belongs_to_no_element_of_its_row() -> None:
    x = torch.tensor([[1.0, 2.0, 2.0], [math.nan, 1.0, 3.0]], requires_grad=True)
    x.amax(1).sum().backward()
    assert repr(x.grad) == "tensor([[0.0000, 0.5000, 0.5000],\n        [   nan,    nan,    nan]])"


def test_chunks_of_nothing_are_as_many_as_asked() -> None:
    assert [part.shape for part in torch.zeros(2, 0).chunk(3, -1)] == [(2, 0)] * 3


# ---- NumPy's functions of tensors ----


def test_functions_of_numpy_return_tensors_outside_the_graph():
    x = torch.tensor([1.5, 4.0])
    assert repr(np.sqrt(x[1])) == "tensor(2.)"
    assert repr(np.isnan(x)) == "tensor([False, False])"
    assert repr(np.modf(x)) == "(tensor([0.5000, 0.0000]), tensor([1., 4.]))"
    assert repr(np.multiply(2, x)) == repr(np.add(x, x)) == "tensor([3., 8.])"
    assert repr(np.maximum(x, 2)) == "tensor([2., 4.])"
    with pytest.raises(RuntimeError, match="detach"):
        np.sqrt(x.requires_grad_())
    with pytest.raises(TypeError, match="float16"):  # which NumPy makes of uint8
        np.sqrt(torch.tensor([4], dtype=torch.uint8))


@pytest.mark.parametrize("scalar", [np.float64(2), np.float32(2), np.int64(2)])
def test_a_numpy_scalar_on_the_left_is_a_number(scalar):
    x = torch.tensor([1.0, 4.0], requires_grad=True)
    y = scalar * x - scalar / x
    y.sum().backward()
    assert y.tolist() == [0.0, 7.5]
    assert x.grad.tolist() == [4.0, 2.125]
    assert (scalar == x).tolist() == [False, False]
    assert (scalar < x).tolist() == [False, True]


@pytest.mark.parametrize(
    ("call", "value", "slope", "node"),
    [
        ("torch.add(2, x, alpha=3)", 14.0, 3.0, "AddBackward0"),
        ("torch.sub(2, x, alpha=3)", -10.0, -3.0, "SubBackward0"),
        ("torch.mul(2, x)", 8.0, 2.0, "MulBackward0"),
        ("torch.div(2, x)", 0.5, -0.125, "DivBackward0"),
        ("torch.remainder(6, x)", 2.0, -1.0, "RemainderBackward2"),
        ("torch.pow(1, x)", 1.0, 0.0, "PowBackward2"),
    ],
)
def test_functions_of_two_operands_take_a_number_first(call, value, slope, node):
    x = tensor(4.0, requires_grad=True)
    y = eval(call)
    y.backward()
    assert (y.item(), x.grad.item(), y.grad_fn.name()) == (value, slope, node)


def test_whole_numbers_divide_a_number():
    assert torch.floor_divide(7, tensor([2, 3])).tolist() == [3, 2]
    with pytest.raises(TypeError, match="one operand must be a Tensor"):
        torch.add(1, 2, alpha=3)
