"""Making tensors: shapes, types, memory layouts, and the numbers drawn for them."""

import numpy as np
import pytest

import tinygrad_rnn as torch

# ---- shapes ----


@pytest.mark.parametrize(
    "make",
    [torch.Tensor, torch.FloatTensor, torch.LongTensor, torch.zeros, torch.rand],
)
def test_a_size_is_a_shape_and_no_list_of_values(make):
    assert make(torch.zeros(2, 3).size()).shape == (2, 3)
    assert make(torch.Size([])).shape == ()


def test_a_tuple_or_a_list_holds_values():
    assert torch.Tensor((2, 3)).tolist() == [2.0, 3.0]
    assert torch.LongTensor(list(torch.Size([2, 3]))).tolist() == [2, 3]


@pytest.mark.parametrize("wrong", [3.0, True, None, np.float64(3)])
def test_a_constructor_takes_neither_a_number_nor_nothing_for_values(wrong):
    for make in (torch.Tensor, torch.LongTensor):
        with pytest.raises(TypeError, match=r"Tensor: .*ints?\b"):
            make(wrong)


@pytest.mark.parametrize("name", ["zeros", "ones", "empty", "rand", "randn"])
def test_the_shape_can_be_given_by_name_but_only_once(name):
    make = getattr(torch, name)
    assert make(size=(2, 3)).shape == (2, 3)
    assert make(()).shape == ()
    for wrong in (make, lambda: make(2, size=(2,))):
        with pytest.raises(TypeError, match="shape once"):
            wrong()


def test_new_tensors_take_a_shape_by_name():
    x = torch.ones(1, dtype=torch.int64)
    assert x.new_zeros(size=(2,)).tolist() == [0, 0]
    assert x.new_ones(2, dtype=torch.float32).dtype is torch.float32
    assert x.new_full((2,), 3.7).tolist() == [3, 3]
    assert x.new_tensor([1.5], dtype=torch.float64, requires_grad=True).requires_grad


# ---- the arguments that all of them take ----

X = torch.ones(2)
MAKERS = {
    "arange": lambda **kw: torch.arange(3.0, **kw),
    "empty": lambda **kw: torch.empty(2, **kw),
    "empty_like": lambda **kw: torch.empty_like(X, **kw),
    "eye": lambda **kw: torch.eye(2, **kw),
    "full": lambda **kw: torch.full((2,), 1.0, **kw),
    "full_like": lambda **kw: torch.full_like(X, 3, **kw),
    "linspace": lambda **kw: torch.linspace(0, 1, 3, **kw),
    "new_full": lambda **kw: X.new_full((2,), 3, **kw),
    "new_ones": lambda **kw: X.new_ones(2, **kw),
    "new_tensor": lambda **kw: X.new_tensor([1, 2], **kw),
    "new_zeros": lambda **kw: X.new_zeros(2, **kw),
    "ones": lambda **kw: torch.ones(2, **kw),
    "ones_like": lambda **kw: torch.ones_like(X, **kw),
    "rand": lambda **kw: torch.rand(2, **kw),
    "rand_like": lambda **kw: torch.rand_like(X, **kw),
    "randint": lambda **kw: torch.randint(5, (2,), **kw),
    "randn": lambda **kw: torch.randn(2, **kw),
    "randn_like": lambda **kw: torch.randn_like(X, **kw),
    "randperm": lambda **kw: torch.randperm(2, **kw),
    "tensor": lambda **kw: torch.tensor([1.0], **kw),
    "zeros": lambda **kw: torch.zeros(2, **kw),
    "zeros_like": lambda **kw: torch.zeros_like(X, **kw),
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_maker_takes_dtype_device_and_requires_grad(name):
    make = MAKERS[name]
    made = make(dtype=torch.float64, device=torch.device("cpu"), requires_grad=True)
    assert made.dtype is torch.float64
    assert made.requires_grad
    assert made.is_leaf
    with pytest.raises(RuntimeError, match="'cuda'"):
        make(device="cuda")


@pytest.mark.parametrize("name", sorted(set(MAKERS) - {"rand", "rand_like", "randn", "randn_like"}))
def test_whole_numbers_collect_no_gradient(name):
    with pytest.raises(RuntimeError, match="require a gradient"):
        MAKERS[name](dtype=torch.int64, requires_grad=True)


@pytest.mark.parametrize("name", ["rand", "randn", "rand_like", "randn_like"])
def test_a_generator_serves_every_random_maker(name):
    first, second = (MAKERS[name](generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(first, second)


# ---- tensors from tensors ----


def test_tensor_of_a_tensor_shares_its_memory_and_keeps_its_graph():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.Tensor(x * 2)
    assert repr(y) == "tensor([2., 4.], grad_fn=<AliasBackward0>)"
    (y * y).sum().backward()
    assert x.grad.tolist() == [8.0, 16.0]
    z = torch.zeros(2)
    torch.FloatTensor(z)[0] = 5.0
    assert z.tolist() == [5.0, 0.0]
    assert torch.Tensor(torch.tensor([1, 2])).dtype is torch.int64  # as in PyTorch


def test_a_typed_constructor_takes_tensors_of_its_type_only():
    assert torch.LongTensor(torch.tensor([1])).tolist() == [1]
    with pytest.raises(TypeError, match=r"LongTensor takes tensors of int64, got float32.*\.to"):
        torch.LongTensor(torch.ones(1))


def test_as_tensor_converts_in_the_graph():
    x = torch.ones(1, requires_grad=True)
    y = torch.as_tensor(x * 3, dtype=float)
    assert y.dtype is torch.float64
    y.sum().backward()
    assert x.grad.tolist() == [3.0]


# ---- types ----


def test_a_python_type_as_dtype_is_as_wide_as_python_has_it():
    wide = {float: torch.float64, int: torch.int64, bool: torch.bool}
    for python, kind in wide.items():
        assert torch.zeros(1, dtype=python).dtype is kind
        assert torch.tensor([1], dtype=python).dtype is kind
        assert torch.arange(1, dtype=python).dtype is kind
        assert torch.ones(1).to(python).dtype is kind
    assert torch.tensor(1.5).dtype is torch.float32  # Python's numbers are another matter
    assert (torch.ones(1) * 1.5).dtype is torch.float32


TYPES = {
    "BoolTensor": torch.bool,
    "ByteTensor": torch.uint8,
    "IntTensor": torch.int32,
    "LongTensor": torch.int64,
    "FloatTensor": torch.float32,
    "DoubleTensor": torch.float64,
}


@pytest.mark.parametrize("name", TYPES)
def test_older_names_of_types_construct_convert_and_recognise(name):
    typed, kind = getattr(torch, name), TYPES[name]
    x = torch.tensor([0.0, 1.0]).to(kind)
    assert typed([0, 1]).dtype is kind
    assert typed(2).dtype is kind
    assert x.type() == f"torch.{name}"
    assert torch.ones(1).type(typed).dtype is kind
    assert torch.ones(1).type(f"torch.{name}").dtype is kind
    assert [isinstance(x, getattr(torch, each)) for each in TYPES] == [
        each == name for each in TYPES
    ]
    assert not isinstance([1.0], typed)
    assert type(x) is torch.Tensor


def test_type_knows_tensor_and_says_what_it_does_not_know():
    assert torch.tensor([1]).type(torch.Tensor).dtype is torch.float32
    x = torch.ones(1)
    assert x.type(torch.FloatTensor) is x
    with pytest.raises(ValueError, match=r"'torch.HalfTensor'.*torch.LongTensor"):
        x.type("torch.HalfTensor")


def test_whole_typed_constructors_take_whole_numbers_in_any_form():
    assert torch.LongTensor([1.0, -2.0]).tolist() == [1, -2]
    assert torch.LongTensor(range(3)).tolist() == [0, 1, 2]
    with pytest.raises(TypeError, match=r"ByteTensor holds whole numbers, got 1.5"):
        torch.ByteTensor([1, 1.5])


# ---- numbers that do not fit ----


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("uint8", 300),
        ("uint8", -1.5),
        ("uint8", 255.5),
        ("int32", 2**31),
        ("int64", 1e30),
        ("int64", 2.0**63),  # the float that int64's largest number would round to
        ("int64", 2**70),
        ("int64", float("nan")),
        ("int64", float("inf")),
    ],
)
def test_a_number_that_does_not_fit_is_refused(kind, number):
    kind = getattr(torch, kind)
    x = torch.zeros(2).to(kind)
    for make in (
        lambda: torch.tensor([number], dtype=kind),
        lambda: torch.full((2,), number, dtype=kind),
        lambda: torch.full_like(x, number),
        lambda: x.new_full((2,), number),
        lambda: x.new_tensor([number]),
    ):
        with pytest.raises(RuntimeError, match=f"does not fit into {kind.name}"):
            make()


def test_a_fill_that_float32_cannot_hold_is_refused():
    for wrong in (
        lambda: torch.full((1,), 1e39),
        lambda: torch.linspace(0, 1e39, 2),
        lambda: torch.arange(1e39, 1.5e39, 1e38),
    ):
        with pytest.raises(RuntimeError, match="does not fit into float32"):
            wrong()
    assert torch.full((1,), float("inf")).tolist() == [float("inf")]
    assert torch.full((1,), 1e39, dtype=torch.float64).tolist() == [1e39]
    assert torch.tensor([1e39]).tolist() == [float("inf")]  # as in PyTorch
    assert torch.full((1,), 2**70, dtype=torch.bool).tolist() == [True]


@pytest.mark.parametrize(
    ("low", "high", "kind", "fits"),
    [
        (0, 256, "uint8", True),
        (0, 257, "uint8", False),
        (-1, 5, "uint8", False),
        (0, 2, "bool", True),
        (0, 3, "bool", False),
        (0, 2**31, "int32", True),
        (0, 2**31 + 1, "int32", False),
    ],
)
def test_randint_draws_numbers_that_fit(low, high, kind, fits):
    kind = getattr(torch, kind)
    if fits:
        assert torch.randint(low, high, (3,), dtype=kind).dtype is kind
    else:
        with pytest.raises(RuntimeError, match=kind.name):
            torch.randint(low, high, (3,), dtype=kind)


def test_randperm_fits_and_arange_too():
    assert torch.randperm(256, dtype=torch.uint8).max().item() == 255
    for wrong in (
        lambda: torch.randperm(257, dtype=torch.uint8),
        lambda: torch.arange(254, 258, dtype=torch.uint8),
    ):
        with pytest.raises(RuntimeError, match="does not fit into uint8"):
            wrong()


def test_arange_of_int64_counts_in_whole_numbers():
    assert torch.arange(5.5, dtype=torch.int64).tolist() == [0, 1, 2, 3, 4]
    assert torch.arange(1, 5, 1.5, dtype=torch.int64).tolist() == [1, 2, 3, 4]
    assert torch.arange(5, 0, -2).tolist() == [5, 3, 1]
    with pytest.raises(RuntimeError, match="step of 0"):
        torch.arange(0, 2, 0.5, dtype=torch.int64)


# ---- memory layouts, as PyTorch 2.13 has them (`preserve_format`) ----

LAYOUTS = {
    "contiguous": (lambda t: t.ones(2, 3), (3, 1)),
    "transposed": (lambda t: t.ones(2, 3).t(), (1, 3)),
    "permuted": (lambda t: t.ones(2, 3, 4).permute(2, 0, 1), (1, 12, 4)),
    "swapped": (lambda t: t.ones(2, 3, 4).transpose(0, 1), (4, 12, 1)),
    "sliced": (lambda t: t.ones(4, 3)[::2], (3, 1)),
    "sliced and transposed": (lambda t: t.ones(4, 6)[:, ::2].t(), (1, 3)),
    "expanded": (lambda t: t.ones(1, 2).expand(3, 2), (2, 1)),
    "expanded at the end": (lambda t: t.ones(3, 1).expand(3, 2), (2, 1)),
    "expanded and transposed": (lambda t: t.ones(3, 1).expand(3, 2).t(), (3, 1)),
    "expanded inside": (lambda t: t.ones(2, 1, 4).expand(2, 3, 4), (12, 4, 1)),
    "of one element": (lambda t: t.ones(()), ()),
}
LIKE = ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_tensor_made_like_another_has_its_layout(layout):
    make, strides = LAYOUTS[layout]
    x = make(torch)
    for name in LIKE:
        assert getattr(torch, name)(x).stride() == strides, name
        assert getattr(torch, name)(x, dtype=torch.float64).stride() == strides, name
    made = torch.full_like(x, 7)
    assert made.stride() == strides
    assert (made == 7).all()


def test_random_numbers_are_drawn_in_the_order_of_memory():
    torch.manual_seed(0)
    made = torch.rand_like(torch.zeros(5, 4).t())
    torch.manual_seed(0)
    assert torch.equal(made, torch.rand(5, 4).t())
    torch.manual_seed(0)  # a layout that is not contiguous takes PyTorch's serial stream
    drawn = torch.randn_like(torch.zeros(5, 4).t())[0].tolist()
    assert drawn == pytest.approx([1.5410, -1.0845, -0.7193, -0.8567, -0.5663], abs=1e-4)
    gaps = torch.zeros(4, 3)[::2]
    torch.manual_seed(0)
    made = torch.rand_like(gaps)
    torch.manual_seed(0)
    assert torch.equal(made, torch.rand(2, 3))


def test_dropout_draws_in_the_order_of_memory():
    torch.manual_seed(0)
    dropped = torch.nn.functional.dropout(torch.ones(3, 2).t(), 0.5)
    assert dropped.tolist() == [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]  # PyTorch's
    x = torch.ones(4, 5, 3).permute(1, 2, 0)
    torch.manual_seed(1)
    dropped = torch.nn.functional.dropout(x, 0.5)
    torch.manual_seed(1)
    expected = torch.nn.functional.dropout(torch.ones(4, 5, 3), 0.5).permute(1, 2, 0)
    assert torch.equal(dropped, expected)


def test_bernoulli_draws_in_the_order_of_the_result_which_is_contiguous():
    p = torch.full((3, 2), 0.5)
    torch.manual_seed(0)
    drawn = torch.bernoulli(p.t())
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.bernoulli(p.t().contiguous()))
    assert drawn.stride() == (3, 1)


def test_multinomial_draws_its_rivals_in_the_order_of_memory():
    torch.manual_seed(0)
    drawn = torch.multinomial(torch.ones(4, 3).t(), 2)
    assert drawn.tolist() == [[2, 3], [2, 3], [3, 0]]  # PyTorch's


@pytest.mark.live
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_and_random_numbers_are_those_of_pytorch(layout):
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    make, _ = LAYOUTS[layout]
    ours, theirs = make(torch), make(live)
    for name in [*LIKE, "bernoulli"]:
        torch.manual_seed(0)
        live.manual_seed(0)
        a, b = getattr(torch, name)(ours), getattr(live, name)(theirs)
        assert a.stride() == b.stride(), name
        if name != "empty_like":
            np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-6, err_msg=name)
