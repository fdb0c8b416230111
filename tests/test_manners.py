"""Small manners that programs rely on: names that are missing, shapes, printing, layers."""

import importlib
import warnings

import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn

F = nn.functional

# ---- names that are missing ----

OWNERS = {
    "tinygrad_rnn": "tinygrad_rnn",
    "tinygrad_rnn.autograd": "autograd",
    "tinygrad_rnn.cuda": "cuda",
    "tinygrad_rnn.nn": "tinygrad_rnn.nn",
    "tinygrad_rnn.nn.functional": "nn.functional",
    "tinygrad_rnn.nn.init": "nn.init",
    "tinygrad_rnn.nn.utils.rnn": "nn.utils.rnn",
}


@pytest.mark.parametrize("module", OWNERS)
def test_a_module_says_of_a_missing_name_that_it_was_left_out(module):
    said = f"{OWNERS[module]} has no 'Nothing'; if PyTorch has it, it was left out"
    with pytest.raises(AttributeError, match=said):
        importlib.import_module(module).Nothing
    with pytest.raises(ImportError, match=said):
        exec(f"from {module} import Nothing")
    assert not hasattr(importlib.import_module(module), "Nothing")
    assert getattr(importlib.import_module(module), "Nothing", 3) == 3


def test_importing_what_is_there_works_as_ever():
    names = {}
    exec("from tinygrad_rnn.nn import functional, Linear\nimport tinygrad_rnn.nn.utils.rnn", names)
    assert names["Linear"] is nn.Linear
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("tinygrad_rnn.nothing")


def test_a_tensor_says_of_a_missing_method_that_it_was_left_out():
    with pytest.raises(AttributeError, match="Tensor has no 'cholesky'; if PyTorch has it"):
        torch.ones(1).cholesky()
    assert not hasattr(torch.ones(1), "cholesky")


# ---- shapes and devices ----


def test_a_size_stays_one_when_it_is_added_to_or_repeated():
    size, more = torch.Size([1, 2]), (3,)
    for made, lengths in (
        (size + more, [1, 2, 3]),
        (more + size, [3, 1, 2]),
        (size + torch.Size([4]), [1, 2, 4]),
        (size * 2, [1, 2, 1, 2]),
        (2 * size, [1, 2, 1, 2]),
        (sum([size, size], torch.Size([])), [1, 2, 1, 2]),
    ):
        assert repr(made) == f"torch.Size({lengths})"
    for wrong in (lambda: size + list(more), lambda: list(more) + size, lambda: size + 3):
        with pytest.raises(TypeError):
            wrong()


def test_a_device_has_a_type_and_an_index():
    for device in (torch.device("cpu", 0), torch.device("cpu:0")):
        assert (device.type, device.index) == ("cpu", 0)
        assert repr(device) == "device(type='cpu', index=0)"
        assert str(device) == "cpu:0"
        assert device != torch.device("cpu")
    assert torch.device("cpu").index is None
    assert torch.ones(1, device="cpu:0").device == torch.device("cpu")
    for wrong in (("cpu:x",), ("cpux",), ("cpu", -1), ("",)):
        with pytest.raises(RuntimeError, match="not supported"):
            torch.device(*wrong)


# ---- printing ----


@pytest.fixture
def usual_options():
    yield
    torch.set_printoptions(precision=4, threshold=1000, edgeitems=3, linewidth=80)


@pytest.mark.usefixtures("usual_options")
def test_without_edge_items_a_tensor_shows_its_size():
    torch.set_printoptions(edgeitems=0)
    assert repr(torch.arange(2000)) == "tensor([...], size=(2000,))"
    assert repr(torch.zeros(40, 50, dtype=torch.int32)) == (
        "tensor([...], size=(40, 50), dtype=torch.int32)"
    )
    x = torch.zeros(2000, requires_grad=True)
    assert repr(x) == "tensor([...], size=(2000,), requires_grad=True)"
    assert repr(torch.arange(3.0)) == "tensor([0., 1., 2.], size=(3,))"
    assert repr(torch.tensor(1.0)) == "tensor(1., size=())"
    assert repr(torch.zeros(0)) == "tensor([])"


@pytest.mark.parametrize("name", ["precision", "threshold", "edgeitems", "linewidth"])
def test_a_negative_print_option_is_refused_and_changes_nothing(name):
    with pytest.raises(ValueError, match=f"{name} must not be negative, got -1"):
        torch.set_printoptions(**{"precision": 2, name: -1})
    assert repr(torch.tensor([0.12345])) == "tensor([0.1235])"


def test_a_parameter_of_no_dimension_is_formatted_as_a_parameter():
    p = nn.Parameter(torch.tensor(1.5))
    assert f"{p}" == "Parameter containing:\ntensor(1.5000, requires_grad=True)"
    assert f"{p.data}" == "1.5"
    with pytest.raises(TypeError, match=r"item\(\)"):
        f"{p:.2f}"


# ---- layers ----


@pytest.mark.parametrize("kind", [torch.int64, torch.bool])
def test_dropout_of_whole_numbers_is_refused_where_it_would_divide(kind):
    x = torch.tensor([1, 0]).to(kind)
    with pytest.raises(RuntimeError, match=rf"{kind.name} elements cannot hold; use .float\(\)"):
        F.dropout(x, 0.5)
    for kept in (F.dropout(x, 0.0), F.dropout(x, 0.5, training=False)):
        assert torch.equal(kept, x)
    gone = F.dropout(x, 1.0)
    assert gone.dtype is kind
    assert not gone.any()


def test_dropout_prints_its_probability_as_it_was_given():
    assert [repr(nn.Dropout(p)) for p in (0, 1, 0.0, 0.5)] == [
        "Dropout(p=0, inplace=False)",
        "Dropout(p=1, inplace=False)",
        "Dropout(p=0.0, inplace=False)",
        "Dropout(p=0.5, inplace=False)",
    ]


def test_a_pretrained_embedding_counts_its_padding_from_the_end():
    layer = nn.Embedding.from_pretrained(torch.ones(3, 2), freeze=False, padding_idx=-1)
    assert layer.padding_idx == 2
    layer(torch.tensor([0, 2, 2])).sum().backward()
    assert layer.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]
    for wrong in (3, -4):
        with pytest.raises(ValueError, match=f"padding_idx={wrong}.*0 to 2"):
            nn.Embedding.from_pretrained(torch.ones(3, 2), padding_idx=wrong)


def test_softmax_without_dim_says_so_by_its_own_name():
    for layer in (nn.Softmax, nn.LogSoftmax):
        with pytest.raises(TypeError, match=rf"^{layer.__name__}: .*{layer.__name__}\(dim=-1\)"):
            layer()


def test_pad_sequence_takes_whatever_yields_tensors():
    expected = [[1.0, 1.0], [9.0, 1.0]]
    sequences = [torch.ones(1), torch.ones(2)]
    for given in (sequences, tuple(sequences), (each for each in sequences)):
        assert nn.utils.rnn.pad_sequence(given, padding_value=9).tolist() == expected
    assert nn.utils.rnn.pad_sequence(torch.ones(2, 3)).shape == (3, 2)
    with pytest.raises(RuntimeError, match="empty"):
        nn.utils.rnn.pad_sequence(iter([]))


def test_padded_sequences_have_the_type_of_the_first():
    padded = nn.utils.rnn.pad_sequence([torch.tensor([1, 2]), torch.tensor([1.5])])
    assert padded.tolist() == [[1, 1], [2, 0]]
    assert padded.dtype is torch.int64


# ---- generators without gradients ----


def test_a_decorated_generator_passes_on_everything():
    seen = []

    @torch.no_grad()
    def talk():
        seen.append(torch.is_grad_enabled())
        got = yield "first"
        seen.append((got, torch.is_grad_enabled()))
        try:
            yield "second"
        except KeyError:
            seen.append(("thrown", torch.is_grad_enabled()))
            yield "third"
        return "value"

    running = talk()
    assert next(running) == "first"
    assert torch.is_grad_enabled()
    assert running.send("sent") == "second"
    assert running.throw(KeyError()) == "third"
    with pytest.raises(StopIteration) as end:
        next(running)
    assert end.value.value == "value"
    assert seen == [False, ("sent", False), ("thrown", False)]


def test_a_decorated_generator_is_closed_in_its_mode():
    closed = []

    @torch.no_grad()
    def count():
        try:
            yield 1
        finally:
            closed.append(torch.is_grad_enabled())

    running = count()
    next(running)
    running.close()
    assert closed == [False]
    assert torch.is_grad_enabled()


# ---- NumPy's warnings stay inside ----


def test_no_warning_of_numpy_leaks_from_making_tensors():
    largest = 3.4e38
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.tensor([1e300]).tolist() == [float("inf")]
        assert torch.Tensor([1e300]).tolist() == [float("inf")]
        assert torch.tensor([float("nan")], dtype=torch.bool).tolist() == [True]
        assert torch.full((1,), float("nan")).isnan().all()
        torch.multinomial(torch.tensor([largest, largest]), 1)
        torch.multinomial(torch.tensor([largest, largest]), 3, replacement=True)
        torch.bernoulli(torch.tensor([0.5, 1.0]))
