"""What goes wrong says so: with PyTorch's type of exception, and with words that help.

A case is a call as its user writes it, the exception, and words that the message must hold: what
came, what was expected, how to mend it. The first table follows, row by row, the bad inputs that
users of comparable projects have reported; `S` marks those that PyTorch lets pass.
"""

import copy
import inspect
import pickle
import warnings

import numpy as np
import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn.absent import _Absent


def leaf(*values, **keywords):
    return torch.tensor(values or (1.0, 1.0), requires_grad=True, **keywords)


def parameter():
    return nn.Parameter(torch.ones(2))


HELPERS = {
    "put": lambda place, index, value: place.__setitem__(index, value),
    "drop": lambda place, index: place.__delitem__(index),
    "assign": setattr,
    "leaf": leaf,
    "copy": copy,
    "pickle": pickle,
}


def names():
    """What a case may mention; layers and leaves are new for every case."""
    torch.manual_seed(0)
    return {
        **HELPERS,
        **{name: getattr(nn, name) for name in nn.__all__},
        "torch": torch,
        "nn": nn,
        "np": np,
        "z": torch.zeros,
        "ones": torch.ones,
        "tensor": torch.tensor,
        "T": torch.LongTensor,
        "inf": float("inf"),
        "nan": float("nan"),
        "C": nn.RNNCell(4, 2),
        "R": nn.RNN(4, 2),
        "L": nn.CrossEntropyLoss(),
        "E": nn.Embedding(4, 10),
        "w": leaf(),
        "p": parameter(),
        "P": parameter,
        "sgd": torch.optim.SGD([parameter()], lr=0.1),
        "SGD": torch.optim.SGD,
        "Adam": torch.optim.Adam,
        "StepLR": torch.optim.lr_scheduler.StepLR,
    }


def case(code, error, *words, id=None):
    return pytest.param(code, error, words, id=id or " ".join(code.split()))


def row(number, code, error, *words):
    return case(code, error, *words, id=f"row {number}: {' '.join(code.split())}")


def check(code, error, words):
    with pytest.raises(error) as caught:
        exec(code, names())
    message = str(caught.value)
    missing = [word for word in words if word.lower() not in message.lower()]
    assert not missing, f"{missing} not in the message: {message}"


AE, IE, RE, TE, VE = AttributeError, IndexError, RuntimeError, TypeError, ValueError
NOT_HERE = NotImplementedError


# ---- the reported ones, by number ----

ROWS = [
    row(1, "C(z(3, 4), z(5, 2))", RE, "[3, 4]", "[5, 2]", "zeros(3, 2)"),
    row(2, "C(z(1, 5))", RE, "[1, 5]", "5", "input_size=4"),
    row(3, "C(z(3, 1, 4))", VE, "[3, 1, 4]", "one step", "loop", "use RNN"),
    row("4 S", "C(z(4), ones(2, 2))", (IE, RE), "unbatched input", "batched hidden", "[2, 2]"),
    row(5, "C(z(2, 4), z(2))", IE, "batched input", "unbatched hidden", "zeros(2, 2)"),
    row("7 S", "RNNCell(4, 0)", VE, "hidden_size", "at least 1", "0"),
    row("8 S", "RNNCell(4, 2, nonlinearity='sigmoid')", VE, "'tanh'", "'relu'", "'sigmoid'"),
    row(9, "R(z(3, 1, 4), z(1, 2))", RE, "num_layers=1", "batch=1", "hidden=2", "[1, 2]"),
    row(10, "RNN(4, 2, 2)(z(3, 1, 4), z(1, 1, 2))", RE, "num_layers=2", "[2, 1, 2]", "[1, 1, 2]"),
    row(11, "R(z(3, 1, 5))", RE, "[3, 1, 5]", "5", "input_size=4"),
    row(12, "R(z(0, 1, 4))", RE, "sequence", "empty", "[0, 1, 4]"),
    row("13 S", "RNN(4, 2, True)", TE, "num_layers", "did you mean batch_first=True?"),
    row(14, "Linear(2, 3)(R(z(3, 1, 4)))", TE, "tuple", "output, h_n = rnn(x)"),
    row(15, "R(z(3, 1, 4), (z(1, 1, 2), z(1, 1, 2)))", TE, "tuple", "one", "h0", "LSTM"),
    row(16, "C(np.zeros((1, 4)))", TE, "ndarray", "wrap it in torch.tensor"),
    row(17, "C(T([[0, 1, 0, 0]]))", RE, "input", "int64", "weight", "float32", ".float()"),
    row(19, "L(z(5, 4), T([[0]] * 5))", RE, "[5, 1]", "[5, 4]", "target.view(-1)"),
    row(20, "L(z(5, 4), T([0, 1, 2, 3]))", VE, "5", "4", "equal"),
    row(21, "L(z(5, 1, 4), T([[0]] * 5))", RE, "[5, 1, 4]", "view(-1, 4)", "target.view(-1)"),
    row(22, "L(z(3, 5, 4), T([[0] * 5] * 3))", RE, "[3, 5, 4]", "dimension 1", "[3, 4]", "last"),
    row(24, "L(z(5, 4), T([0, 1, 2, 3, 4]))", IE, "target 4", "position 4", "0..3"),
    row(25, "L(z(5, 4), T([0, 1, 2, 3, -1]))", IE, "target -1", "position 4", "0..3"),
    row("26 S", "L(z(2, 4), T([-100, -100]))", VE, "nothing to average", "-100"),
    row("26 S", "L(z(0, 4), T([]))", VE, "nothing to average", "empty"),
    row(
        "27 S",
        "x = tensor([[inf, 0, 0, 0]], requires_grad=True)\nL(x, T([1])).backward()",
        RE,
        "nan",
        "inf",
        "scores",
    ),
    row("28 S", "L(z(4, 4), torch.arange(16.0).view(4, 4))", VE, "probabilities", ".long()"),
    row(29, "CrossEntropyLoss(z(5, 4), T([0, 1, 2, 3, 0]))", TE, "criterion = CrossEntropyLoss()"),
    row(30, "E(T([0, 1, 4]))", IE, "index 4", "position [2]", "4 rows", "0 to 3"),
    row(31, "E(T([-1]))", IE, "index -1", "position [0]", "0 to 3"),
    row(32, "E(tensor([0.0, 1.0]))", RE, "int64", "float32", ".long()"),
    row(34, "Embedding(4, 10, padding_idx=4)", VE, "padding_idx=4", "0 to 3"),
    row(35, "z(3, 4).gather(1, T([[-1]]))", IE, "index -1", "0 to 3"),
    row(36, "z(3, 4).gather(1, T([1]))", RE, "[1]", "1 dimension", "2 dimensions", "[3, 4]"),
    row(
        38,
        "y = (w * w).sum()\ny.backward()\ny.backward()",
        RE,
        "a second time",
        "hidden state",
        "h = h.detach()",
        "retain_graph=True",
    ),
    row("38 S", "y = (w + w).sum()\ny.backward()\ny.backward()", RE, "second time", "detach()"),
    row("38 S", "x = leaf(1.0)\ny = x + x\ny.backward()\ny.backward()", RE, "second time"),
    row(39, "(w * 2).backward()", RE, "[2]", ".sum()", "gradient="),
    row(40, "w.argmax().backward()", RE, "requires a gradient", "argmax"),
    row("41 S", "y = w.tanh()\ny.data.zero_()\ny.sum().backward()", RE, "Tanh", "[2]", "inplace"),
    row("43 S", "tensor([w[0] * 2, w[1] * 3])", TE, "cut the graph", "torch.stack"),
    row(44, "tensor([1, 2], requires_grad=True)", RE, "floating", "int64", ".float()"),
    row(45, "Adam(Linear(2, 2).parameters)", TE, "Adam", "method", "parameters()"),
    row("46 S", "Adam([p, p])", VE, "Adam", "twice"),
    row(
        "47 S",
        "o = Adam([('layer.bias', p)])\np.grad = tensor([nan, 1.0])\no.step()",
        RE,
        "layer.bias",
        "nan",
        "[2]",
        "no parameter was moved",
        "clip",
    ),
    row(48, "Adam([p], lr='0.1')", TE, "lr must be a number", "str", "'0.1'"),
    row(
        "51 S",
        "big = tensor([[1e300]], dtype=torch.float64)\n"
        "Linear(1, 1).load_state_dict({'weight': big, 'bias': z(1)})",
        VE,
        "weight",
        "1e+300",
        "float32",
        "nothing was loaded",
    ),
    row("52 S", "torch.manual_seed(1.9)", TE, "seed", "int", "float", "1.9"),
    row("52 S", "torch.manual_seed('0')", TE, "seed", "int", "str", "'0'"),
    row(55, "np.ones(2) * z(2)", TE, "ndarray", "Tensor", "*"),
    row(
        56,
        "h = z(1, 2)\nfor x in ones(3, 1, 4):\n    h.copy_(C(x, h))\nh.sum().backward()",
        RE,
        "modified by an inplace operation",
        "h = cell(x, h)",
    ),
    row("57 S", "MSELoss()(z(5, 1), torch.arange(5.0))", VE, "[5, 1]", "[5]", "equal"),
    row(
        "58 S",
        "nn.utils.rnn.pack_padded_sequence(z(3, 2, 1), T([9, 1]))",
        NOT_HERE,
        "pack_padded_sequence",
        "PyTorch",
        "pad_sequence",
    ),
    row(59, "Adam([])", VE, "no parameters", "plain list", "__init__"),
    row(60, "w += 1", RE, "leaf", "in-place", "no_grad()"),
    row(61, "z(2, 3).view(4, -1)", RE, "[4, -1]", "6", "[2, 3]"),
    row(62, "z(2, 3) @ z(4, 2)", RE, "2x3", "4x2", "cannot be multiplied"),
    row(62, "Linear(4, 2)(z(2, 3))", RE, "linear", "[2, 3]", "in_features=4"),
    row(63, "z(3, 4) + z(3)", RE, "[3, 4]", "[3]", "dimension 1", "size 4"),
    row(64, "loss = 0\nloss.backward()", AE, "int", "backward"),
]


@pytest.mark.parametrize(("code", "error", "words"), ROWS)
def test_a_reported_bad_input_is_refused_in_words_that_help(code, error, words):
    check(code, error, words)


def test_row_6_unpacking_what_a_cell_returns_splits_the_batch_as_in_pytorch():
    first, second = nn.RNNCell(4, 2)(torch.zeros(2, 4))
    assert first.shape == second.shape == (2,)


def test_row_18_output_with_batch_first_is_a_transposed_view_as_in_pytorch():
    output, _ = nn.RNN(4, 2, batch_first=True)(torch.zeros(3, 5, 4))
    assert output.stride() == (2, 6, 1)
    with pytest.raises(RuntimeError, match="use reshape"):
        output.view(-1, 2)
    assert output.reshape(-1, 2).shape == (15, 2)


def test_row_23_int32_targets_are_accepted_and_mean_the_same():
    scores, loss = torch.randn(3, 4), nn.CrossEntropyLoss()
    targets = torch.tensor([3, 0, 1])
    assert loss(scores, targets.int()).item() == loss(scores, targets).item()


def test_row_33_one_hot_vectors_are_looked_up_one_number_at_a_time_as_in_pytorch():
    assert nn.Embedding(4, 10)(torch.eye(4).long()).shape == (4, 4, 10)


def test_row_37_letters_that_occur_twice_get_both_gradients():
    table = torch.zeros(4, 1, requires_grad=True)
    looked_up = nn.functional.embedding(torch.tensor([1, 0, 2, 2, 3]), table)
    (looked_up * torch.tensor([[1.0], [2.0], [3.0], [4.0], [5.0]])).sum().backward()
    assert table.grad.view(-1).tolist() == [2.0, 1.0, 7.0, 5.0]


def test_row_42_writing_to_the_array_later_does_not_reach_the_tensor():
    array, w = np.ones(2, np.float32), leaf()
    loss = (w * torch.from_numpy(array)).sum()
    array[:] = 100
    loss.backward()
    assert w.grad.tolist() == [1.0, 1.0]


def test_row_49_a_plain_list_of_layers_warns_and_names_the_remedy():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(2, 2)]

    with pytest.warns(UserWarning, match=r"Model\.layers.*plain list.*nn\.ModuleList"):
        model = Model()
    assert list(model.parameters()) == []


@pytest.mark.parametrize(("plain", "remedy"), [("dict", "ModuleDict"), ("tuple", "ModuleList")])
def test_a_plain_container_of_layers_warns(plain, remedy):
    layer = nn.Linear(1, 1)
    model = nn.Module()
    with pytest.warns(UserWarning, match=f"plain {plain}.*{remedy}"):
        model.layers = {"a": layer} if plain == "dict" else (layer,)


def test_row_50_a_state_with_several_faults_lists_all_and_loads_nothing():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = {
        "0.weight": torch.ones(3, 2),
        "0.bias": torch.ones(4),
        "1.weight": torch.ones(3, 1),
        "1.biass": torch.ones(1),
    }
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    message = str(caught.value)
    for words in (
        "nothing was loaded",
        "0.bias: shape [4] for [3]",
        "1.weight: shape [3, 1] for [1, 3]",
        "missing: 1.bias",
        "unexpected: 1.biass",
    ):
        assert words in message
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_row_51_a_value_too_large_for_one_parameter_leaves_all_as_they_were():
    layer = nn.Linear(1, 1)
    before = [p.item() for p in layer.parameters()]
    state = {"weight": torch.ones(1, 1), "bias": torch.tensor([1e300], dtype=torch.float64)}
    with pytest.raises(ValueError, match="bias"):
        layer.load_state_dict(state)
    assert [p.item() for p in layer.parameters()] == before


def test_row_53_whole_numbers_wrap_around_as_in_pytorch():
    assert (torch.tensor([2**31 - 1], dtype=torch.int32) + 1).item() == -(2**31)


@pytest.mark.parametrize("scalar", [np.float64(0.5), np.float32(0.5), np.int64(2), 0.5, 2, True])
def test_row_54_a_number_never_widens_a_tensor(scalar):
    ones = torch.ones(2)
    assert (ones * scalar).dtype is (scalar * ones).dtype is torch.float32


def test_row_65_rows_of_probabilities_warn_once():
    probabilities = torch.softmax(torch.tensor([[10.0, 0.0, 0.0, 0.0]]), -1)
    loss, target = nn.CrossEntropyLoss(), torch.tensor([0])
    with pytest.warns(UserWarning, match="softmax"):
        first = loss(probabilities, target)
    assert first.item() == pytest.approx(0.7438, abs=1e-4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert loss(probabilities, target).item() == first.item()


@pytest.mark.parametrize("scores", [[[2.0, 1.0]], [[0.0, 0.0]], [[-1.0, 2.0]], [[0.5, 0.4]]])
def test_plain_scores_do_not_warn_of_softmax(scores):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert nn.CrossEntropyLoss()(torch.tensor(scores), torch.tensor([0])).item() > 0


def test_row_66_padding_starts_as_zeros_can_be_overwritten_and_gets_no_gradient():
    embedding = nn.Embedding(4, 2, padding_idx=0)
    assert embedding(torch.tensor([0])).tolist() == [[0.0, 0.0]]
    nn.init.ones_(embedding.weight)
    found = embedding(torch.tensor([0, 1]))
    assert found.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    found.sum().backward()
    assert embedding.weight.grad.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]


# ---- making tensors ----

CREATION = [
    case("torch.zeros(2.5)", TE, "zeros", "int", "float", "2.5"),
    case("torch.zeros('3')", TE, "zeros", "int", "str"),
    case("torch.zeros(None)", TE, "zeros", "int", "NoneType"),
    case("torch.zeros(-1)", RE, "zeros", "negative", "-1"),
    case("torch.rand((2, -3))", RE, "rand", "negative", "[2, -3]"),
    case("torch.Tensor(2, -1)", RE, "Tensor", "negative", "[2, -1]"),
    case("z(2).new_zeros(-1)", RE, "new_zeros", "negative", "-1"),
    case("torch.zeros(2, dtype='float33')", TE, "float33", "float32", "float64"),
    case("torch.zeros(2, dtype=np.complex64)", TE, "complex64", "not supported"),
    case("torch.zeros(2, device='cuda')", RE, "cuda", "CPU", "PyTorch"),
    case("torch.device('mps')", RE, "mps", "CPU", "PyTorch"),
    case("tensor([[1, 2], [3]])", VE, "length", "pad"),
    case("torch.FloatTensor([[1], [2, 3]])", VE, "length", "pad"),
    case("tensor('a')", TE, "numbers", "str", "'a'"),
    case("tensor(['a'])", (TE, VE), "numbers", "'a'"),
    case("tensor(None)", RE, "None", "numbers"),
    case("tensor([1, None])", (RE, TE), "numbers", "None"),
    case("tensor({'a': 1})", (RE, TE), "numbers", "dict"),
    case("tensor(1j)", TE, "numbers", "complex"),
    case("tensor(10**30)", (RE, VE), "does not fit", "int64"),
    case("tensor([2**63])", (RE, VE), "does not fit", "int64"),
    case("tensor([2**31], dtype=torch.int32)", RE, "2147483648", "int32"),
    case("tensor([-1], dtype=torch.uint8)", RE, "-1", "uint8"),
    case("tensor(nan, dtype=torch.int64)", RE, "nan", "int64"),
    case("tensor([1e30], dtype=torch.int64)", RE, "1e+30", "int64"),
    case("tensor(np.zeros(2, np.float16))", TE, "float16", "not supported", "float32"),
    case("T([1.5])", TE, "whole", "1.5", "FloatTensor"),
    case("torch.from_numpy([1, 2])", TE, "array", "list"),
    case("torch.from_numpy(np.array(['a']))", TE, "numbers", "array"),
    case("torch.full((2,), 'a')", TE, "number", "'a'"),
    case("torch.zeros_like([1.0])", TE, "Tensor", "list"),
    case("torch.eye(2.0)", TE, "eye", "int", "float"),
    case("torch.arange(3, 0)", RE, "arange", "3", "0"),
    case("torch.arange(0, 3, 0)", RE, "arange", "step", "0"),
    case("torch.arange('3')", TE, "arange", "number", "str"),
    case("torch.arange(nan)", RE, "arange", "nan"),
    case("torch.arange(0, inf)", RE, "arange", "inf"),
    case("torch.linspace(0, 1, -1)", RE, "linspace", "negative", "-1"),
    case("torch.linspace('0', 1, 3)", TE, "linspace", "number", "str"),
    case("torch.randint(10)", TE, "randint", "size"),
    case("torch.randint(5, 5, (2,))", RE, "randint", "5"),
    case("torch.randint(0.5, 3, (2,))", TE, "randint", "int", "0.5"),
    case("torch.rand(2, dtype=torch.int64)", RE, "floating", "int64"),
    case("torch.rand(2, generator=3)", TE, "Generator", "int"),
    case("torch.randperm(-1)", RE, "randperm", "negative"),
    case("torch.multinomial(tensor([1.0, -1.0]), 1)", RE, "multinomial", "negative"),
    case("torch.multinomial(tensor([0.0, 0.0]), 1)", RE, "multinomial", "0"),
    case("torch.bernoulli(tensor([2.0]))", RE, "bernoulli", "between 0 and 1"),
    case("torch.manual_seed(2**64)", (RE, VE), "64 bits", "18446744073709551616"),
    case("torch.set_rng_state(z(3))", TE, "uint8", "float32"),
    case("torch.set_rng_state(z(3, dtype=torch.uint8))", RE, "5056", "3", "get_rng_state"),
]


@pytest.mark.parametrize(("code", "error", "words"), CREATION)
def test_what_makes_no_tensor_is_refused(code, error, words):
    check(code, error, words)


# ---- shapes ----

SHAPES = [
    case("z(2, 3).view(-1, -1)", RE, "view", "[-1, -1]", "[2, 3]"),
    case("z(2, 3).view(7)", RE, "[7]", "6", "[2, 3]"),
    case("z(2, 3).view('a')", TE, "view", "int", "str"),
    case("z(2, 3).t().view(6)", RE, "[3, 2]", "[6]", "reshape"),
    case("z(2, 3).reshape(5)", RE, "reshape", "[5]", "6"),
    case("z(2, 3).reshape(0, -1)", RE, "reshape", "[0, -1]"),
    case("z(2, 3).transpose(0, 2)", IE, "dimension 2", "-2 to 1"),
    case("z(2, 3).permute(0)", RE, "permute", "[0]", "2 dimensions"),
    case("z(2, 3).permute(0, 0)", RE, "permute", "once"),
    case("z(2, 3, 4).t()", RE, "3 dimensions", "transpose"),
    case("z(2, 3).squeeze(2)", IE, "dimension 2", "-2 to 1"),
    case("z(2, 3).unsqueeze(3)", IE, "dimension 3", "-3 to 2"),
    case("z(2, 3).unsqueeze(0.5)", TE, "dim", "int", "0.5"),
    case("z(2, 3).flatten(1, 0)", RE, "flatten", "start_dim=1", "end_dim=0"),
    case("z(2, 3).expand(2, 4)", RE, "expand", "[2, 3]", "[2, 4]", "length 1"),
    case("z(2, 3).repeat(2)", RE, "repeat", "[2]", "[2, 3]"),
    case("torch.cat([])", VE, "cat", "empty"),
    case("torch.cat(z(2))", TE, "cat", "list", "Tensor"),
    case("torch.cat([z(2), 3])", TE, "element 1", "Tensor", "int"),
    case("torch.cat([z(2, 3), z(3, 2)])", RE, "[2, 3]", "[3, 2]", "dimension 0"),
    case("torch.cat([z(2, 3), z(2, 3)], dim=2)", IE, "dimension 2", "-2 to 1"),
    case("torch.cat([tensor(1.0), tensor(2.0)])", RE, "[]", "stack"),
    case("torch.stack([])", RE, "stack", "empty"),
    case("torch.stack([z(2), z(3)])", RE, "stack", "[2]", "[3]", "equal"),
    case("torch.stack([z(2), z(2)], dim=3)", IE, "dimension 3", "-2 to 1"),
    case("z(4).split(0)", RE, "split_size", "positive", "0"),
    case("z(4).split([1, 2])", RE, "[1, 2]", "add up to 4"),
    case("z(4).split('a')", TE, "split", "int", "str"),
    case("z(4).chunk(0)", RE, "chunk", "positive", "0"),
    case("z(4).chunk(2.0)", TE, "chunk", "int", "float"),
    case("tensor(1.0).chunk(2)", RE, "chunk", "0-dimensional"),
    case("tensor(1.0).split(1)", RE, "split", "0-dimensional"),
    case("tensor(1.0).unbind()", IE, "unbind", "0-dimensional"),
    case("z(2, 3).select(0, 2)", IE, "select", "index 2", "[2, 3]"),
    case("z(2, 3).select(0, 1.5)", TE, "select", "int", "1.5"),
    case("z(4).narrow(0, 3, 2)", RE, "narrow", "start=3", "length=2", "4"),
    case("z(2, 3).flip(2)", IE, "dimension 2", "-2 to 1"),
    case("z(2).to('cuda')", RE, "cuda", "CPU", "PyTorch"),
    case("z(2).cuda()", RE, "cuda", "CPU", "PyTorch"),
    case("z(2).to('float64')", RE, "float64", "torch.float64"),
    case("z(2).to([])", TE, "dtype", "[]"),
]


@pytest.mark.parametrize(("code", "error", "words"), SHAPES)
def test_shapes_that_cannot_be_are_refused(code, error, words):
    check(code, error, words)


# ---- indexing ----

INDEXING = [
    case("z(3)[3]", IE, "index 3", "size 3", "[3]"),
    case("z(3)[-4]", IE, "index -4", "[3]"),
    case("z(2, 3)[0, 3]", IE, "index 3", "axis 1", "[2, 3]"),
    case("z(2, 3)[0, 0, 0]", IE, "3 indices", "2 dimensions"),
    case("tensor(1.0)[0]", IE, "1", "0 dimensions"),
    case("z(3)[1.5]", IE, "ints", "float"),
    case("z(3)['a']", TE, "ints", "str"),
    case("z(3)[{}]", IE, "ints", "dict"),
    case("z(3)[::-1]", VE, "step", "-1", "flip"),
    case("z(3)[T([3])]", IE, "index 3", "[3]"),
    case("z(3)[tensor([1.0])]", IE, "float32", ".long()"),
    case("z(3)[tensor([True, False])]", IE, "3", "2", "[3]"),
    case("z(4, 4)[T([0, 1]), T([0, 1, 2])]", IE, "(2,)", "(3,)", "[4, 4]"),
    case("put(z(3), 5, 1)", IE, "index 5", "[3]"),
    case("put(z(3), slice(0, 2), z(3))", RE, "[3]", "[2]"),
    case("put(z(2, 3), 0, z(2))", RE, "[2]", "[3]"),
    case("put(z(3), 0, 'a')", TE, "number", "str"),
    case("put(z(3), 0, None)", TE, "number", "None"),
    case("put(z(3), 0, 1j)", (RE, TE), "complex"),
    case("put(z(3), 1.5, 0)", IE, "ints", "float"),
    case("put(w, 0, 5)", RE, "leaf", "no_grad()"),
    case("drop(z(3), 0)", (TE, AE), "del"),
    case("z(3, 4).gather(1, T([[4]]))", (IE, RE), "index 4", "0 to 3"),
    case("z(3, 4).gather(2, T([[0]]))", IE, "dimension 2", "-2 to 1"),
    case("z(3, 4).gather(1, tensor([[0.0]]))", RE, "int64", "float32", ".long()"),
    case("z(3, 4).gather(1, [[0]])", TE, "Tensor", "list"),
    case("z(3, 4).scatter(1, T([[4]]), 1.0)", RE, "index 4", "0 to 3"),
    case("z(3, 4).index_select(0, T([3]))", IE, "index 3", "0 to 2"),
    case("z(3, 4).index_select(0, T([[0]]))", IE, "1 dimension", "[1, 1]"),
    case("z(3, 4).masked_select(T([1, 0]))", RE, "bool", "int64"),
    case("z(3).masked_fill(T([1, 0, 1]), 0.0)", RE, "bool", "int64"),
    case("z(3).masked_fill(tensor([True, False]), 0.0)", RE, "[3]", "[2]"),
    case("torch.where(tensor([1.0]), z(1), z(1))", RE, "bool", "float32"),
    case("torch.where([True], z(1), z(1))", TE, "Tensor", "list"),
    case("torch.where(tensor([True, False]), z(3), z(3))", RE, "[2]", "[3]"),
    case("torch.where(tensor([True]), 'a', 1)", TE, "where", "str"),
]


@pytest.mark.parametrize(("code", "error", "words"), INDEXING)
def test_places_that_do_not_exist_are_refused(code, error, words):
    check(code, error, words)


# ---- arithmetic, products, reductions, numbers ----

COMPUTING = [
    case("z(2) + 'a'", TE, "+", "str", "Tensor or a number"),
    case("'a' + z(2)", TE, "str", "number"),
    case("z(2) + None", TE, "NoneType", "number"),
    case("z(2) * [1, 2]", TE, "*", "list", "Tensor"),
    case("z(2) * np.ones(2)", TE, "ndarray", "torch.tensor"),
    case("z(2) < None", TE, "NoneType", "number"),
    case("T([1, 2]) ** -1", RE, "negative power", ".float()"),
    case("T([1, 2]) // 0", RE, "zero", "floating"),
    case("tensor([True]) - tensor([True])", RE, "bool", "^"),
    case("-tensor([True])", RE, "bool", "~"),
    case("z(2) & z(2)", RE, "bool or whole", "float32"),
    case("~z(2)", TE, "bool or whole", "float32"),
    case("torch.tanh(3)", TE, "tanh", "Tensor", "int"),
    case("torch.exp([1.0])", TE, "exp", "Tensor", "list"),
    case("torch.tanh(z(2), z(2))", TE, "positional"),
    case("torch.maximum(z(2), 1)", TE, "maximum", "Tensor", "int"),
    case("torch.clamp(z(2))", RE, "clamp", "min", "max"),
    case("torch.clamp(z(2), 'a')", TE, "clamp", "number", "str"),
    case("torch.allclose(z(2), z(2).double())", RE, "float32", "float64"),
    case("torch.allclose(z(2), z(3))", RE, "[2]", "[3]"),
    case("torch.equal(z(2), [0, 0])", TE, "equal", "Tensor", "list"),
    case("z(2, 3) @ z(2)", RE, "2x3", "cannot be multiplied"),
    case("z(2, 3) @ z(3, 2).long()", RE, "float32", "int64", ".float()"),
    case("z(2, 3) @ 3", TE, "matmul", "Tensor", "int"),
    case("tensor(1.0) @ z(2)", RE, "0-dimensional", "*"),
    case("torch.mm(z(2), z(2, 2))", RE, "mm", "2-dimensional", "[2]"),
    case("torch.bmm(z(2, 3, 4), z(3, 4, 2))", RE, "bmm", "2", "3", "equal"),
    case("torch.dot(z(2), z(3))", RE, "2", "3"),
    case("torch.matmul(z(2, 3, 4), z(5, 4, 2))", RE, "[2", "[5", "broadcast"),
    case("nn.functional.linear(z(2, 3), z(4, 3), z(3))", RE, "bias", "[3]", "out_features=4"),
    case("Linear(3, 4)(z(2, 3).long())", RE, "int64", "float32", ".float()"),
    case("Linear(3, 4)(np.zeros((2, 3)))", TE, "Tensor", "ndarray", "torch.tensor"),
    case("Linear(3, 4)([1.0, 2.0, 3.0])", TE, "Tensor", "list"),
    case("Linear(3, 4)(tensor(1.0))", RE, "[]", "in_features=3"),
    case("z(2, 3).sum(2)", IE, "dimension 2", "-2 to 1"),
    case("z(2, 3).sum((0, 0))", RE, "twice", "(0, 0)"),
    case("z(2, 3).sum('a')", TE, "dim", "int", "str"),
    case("T([1, 2]).mean()", RE, "mean", "int64", ".float()"),
    case("z(0).max()", RE, "max", "empty", "[0]"),
    case("z(0).argmax()", IE, "argmax", "nothing", "[0]"),
    case("z(0, 3).max(0)", IE, "max", "nothing", "[0, 3]"),
    case("z(0, 3).amax(0)", IE, "amax", "nothing", "[0, 3]"),
    case("z(3).topk(4)", RE, "topk", "k=4", "3"),
    case("z(3).topk(1.5)", TE, "topk", "int", "float"),
    case("z(3).softmax(1)", IE, "dimension 1", "-1 to 0"),
    case("z(3).softmax()", TE, "dim"),
    case("z(2).item()", RE, "item()", "one element", "[2]", "tolist()"),
    case("z(0).item()", RE, "one element", "[0]"),
    case("float(z(2))", VE, "one element", "[2]"),
    case("int(z(2))", VE, "one element", "[2]"),
    case("bool(z(2))", RE, "[2]", ".any()", ".all()"),
    case("z(2) and 1", RE, "[2]", ".any()"),
    case("bool(z(0))", RE, "[0]"),
    case("range(tensor(2.0))", TE, "whole", "float32"),
    case("[1, 2][z(1)]", TE, "whole", "float32"),
    case("len(tensor(1.0))", TE, "0-dimensional"),
    case("list(tensor(1.0))", TE, "0-dimensional", ".item()"),
    case("f'{z(2):.2f}'", TE, "[2]", ".2f"),
    case("w.numpy()", RE, "gradient", ".detach().numpy()"),
    case("np.asarray(w)", RE, "gradient", ".detach()"),
    case("copy.deepcopy(w * 2)", RE, "Mul", ".detach()"),
    case("pickle.dumps(w * 2)", RE, "Mul", ".detach()"),
]


@pytest.mark.parametrize(("code", "error", "words"), COMPUTING)
def test_what_cannot_be_computed_is_refused(code, error, words):
    check(code, error, words)


# ---- in place, and backward ----

GRADIENTS = [
    case("z(2).add_(z(3))", RE, "[2]", "[3]"),
    case("z(2).add_(z(2, 2))", RE, "in-place", "shape", "[2]", "[2, 2]"),
    case("z(2).long().add_(1.5)", RE, "in-place", "float32", "int64"),
    case("x = z(2).long()\nx += 0.5", RE, "in-place", "float32", "int64"),
    case("z(2).long().div_(2)", RE, "float32", "int64"),
    case("z(2).copy_(z(3))", RE, "copy_", "[3]", "[2]"),
    case("z(2).copy_([1, 2])", TE, "copy_", "Tensor", "list"),
    case("z(2).fill_('a')", TE, "fill_", "number", "str"),
    case("z(2).fill_(None)", TE, "fill_", "number", "None"),
    case("z(2).fill_([1, 2])", TE, "fill_", "number", "list"),
    case("z(2).fill_(z(2))", RE, "fill_", "[2]"),
    case("z(1).expand(3).add_(1)", RE, "expand", ".clone()"),
    case("w.add_(1)", RE, "leaf", "no_grad()"),
    case("w.zero_()", RE, "leaf", "no_grad()"),
    case("w.fill_(1)", RE, "leaf", "no_grad()"),
    case("w.normal_()", RE, "leaf", "no_grad()"),
    case("w[0].fill_(1)", RE, "leaf", "no_grad()"),
    case("w.view(2).mul_(2)", RE, "leaf", "no_grad()"),
    case("z(2).uniform_(1, 0)", RE, "uniform_", "1", "0"),
    case("z(2).normal_(0, -1)", RE, "normal_", "std", "-1"),
    case("z(2).long().normal_()", RE, "floating", "int64"),
    case("z(2).bernoulli_(2)", RE, "between 0 and 1", "2"),
    case("ones(2).sum().backward()", RE, "requires a gradient", "detach()", "no_grad()"),
    case("with torch.no_grad():\n    y = (w * w).sum()\ny.backward()", RE, "no_grad()"),
    case("w.sum().detach().backward()", RE, "detach()"),
    case("(w * 2).backward(1)", TE, "gradient", "Tensor", "int"),
    case("(w * 2).backward(z(3))", RE, "[3]", "[2]"),
    case("w.sum().backward(create_graph=True)", NOT_HERE, "create_graph", "PyTorch"),
    case("(w * 2).requires_grad_(False)", RE, "leaf", ".detach()"),
    case("T([1]).requires_grad_()", RE, "floating", "int64", ".float()"),
    case("assign(T([1]), 'requires_grad', True)", RE, "floating", "int64"),
    case("assign(z(2), 'grad', 3)", TE, "grad", "Tensor", "int"),
    case("assign(z(2), 'grad', z(3))", RE, "[3]", "[2]"),
    case("assign(z(2), 'grad', z(2).double())", RE, "float64", "float32"),
    case("assign(z(2), 'data', [1, 2])", TE, "data", "Tensor", "list"),
    case("z(2).register_hook(print)", RE, "hook", "gradient"),
    case("z(2).retain_grad()", RE, "retain_grad", "gradient"),
    case("torch.set_grad_enabled('False')", TE, "set_grad_enabled", "bool", "str"),
    case("y = w * w\nw.data.mul_(2)\ny.sum().backward()", RE, "Mul", "modified"),
    case(
        "h = z(1, 2)\nfor x in ones(2, 1, 4):\n    h = C(x, h)\n    h.sum().backward()",
        RE,
        "second time",
        "h = h.detach()",
        id="a hidden state carried over to the next backward",
    ),
]


@pytest.mark.parametrize(("code", "error", "words"), GRADIENTS)
def test_gradients_that_would_be_wrong_are_refused(code, error, words):
    check(code, error, words)


def test_set_grad_enabled_called_plainly_takes_effect_at_once():
    before = torch.is_grad_enabled()
    try:
        torch.set_grad_enabled(False)
        assert not torch.is_grad_enabled()
        torch.set_grad_enabled(True)
        assert torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(before)


def test_no_grad_decorates_without_its_brackets():
    @torch.no_grad
    def double(x):
        return x * 2

    assert not double(leaf()).requires_grad


def test_an_error_inside_of_no_grad_turns_recording_on_again():
    with pytest.raises(ZeroDivisionError), torch.no_grad():
        raise ZeroDivisionError
    assert torch.is_grad_enabled()


def test_a_failed_backward_leaves_every_gradient_as_it_was():
    w, v = leaf(), leaf()
    saved = v.tanh()
    loss = (w * 3).sum() + saved.sum()
    saved.data.zero_()
    with pytest.raises(RuntimeError):
        loss.backward()
    assert w.grad is None
    assert v.grad is None


# ---- layers and losses ----

NO_INIT = """
class Model(Module):
    def __init__(self):
        self.{}
Model()
"""

LAYERS = [
    case(NO_INIT.format("w = P()"), AE, "Model", "super().__init__()", "'w'"),
    case(NO_INIT.format("l = Linear(1, 1)"), AE, "Model", "super().__init__()", "'l'"),
    case(NO_INIT.format("h = list(self.parameters())"), AE, "super().__init__()"),
    case("class Model(Module):\n    pass\nModel()(1)", NOT_HERE, "Model", "forward", "spelling"),
    case("class M(Module):\n    def forwad(self, x):\n        pass\nM()(1)", NOT_HERE, "spelling"),
    case("Linear(2, 3).weight = z(3, 2)", TE, "'weight'", "Parameter", "Tensor", ".data"),
    case("Linear(2, 3).weight = 3", TE, "'weight'", "Parameter", "int"),
    case("m = Module()\nm.register_buffer('b', z(1))\nm.b = 3", TE, "'b'", "Tensor"),
    case("Linear(2, 3).nothere", AE, "Linear", "nothere"),
    case("del Linear(2, 3).nothere", AE, "nothere"),
    case("Module().register_parameter('x', z(2))", TE, "'x'", "Parameter", "Tensor"),
    case("Module().register_parameter('x.y', None)", KeyError, "x.y", "."),
    case("Module().register_parameter('', None)", KeyError, "empty"),
    case("Module().register_parameter(3, None)", TE, "int"),
    case("Module().register_parameter('forward', None)", KeyError, "forward", "exists"),
    case("Linear(2, 3).register_buffer('weight', z(2))", KeyError, "weight", "exists"),
    case("Module().register_buffer('x', 3)", TE, "'x'", "Tensor", "int"),
    case("Module().add_module('x', 3)", TE, "'x'", "Module", "int"),
    case("Module().add_module('x.y', Tanh())", KeyError, "x.y"),
    case("Module().train('yes')", VE, "True or False", "'yes'"),
    case("Linear(2, 3).to('cuda')", RE, "cuda", "CPU", "PyTorch"),
    case("Linear(2, 3).cuda()", (RE, NOT_HERE), "cuda", "CPU", "PyTorch"),
    case("Linear(2, 3).to(torch.int64)", TE, "floating", "int64"),
    case("Linear(2, 3).to(colour=1)", TE, "colour"),
    case("Parameter([1.0, 2.0])", TE, "Tensor", "list"),
    case("Parameter(T([1]))", RE, "floating", "int64"),
    case("Sequential([Linear(2, 3)])", TE, "Sequential", "modules", "list"),
    case("Sequential(torch.tanh)", TE, "Sequential", "modules", "function"),
    case("Sequential(Tanh())[1]", IE, "1"),
    case("Sequential(RNN(2, 3), Linear(3, 1))(z(1, 1, 2))", TE, "tuple", "output, h_n"),
    case("ModuleList([3])", TE, "ModuleList", "modules", "int"),
    case("ModuleList([Tanh()])[-2]", IE, "-2"),
    case("ModuleList([Tanh()])(z(2))", NOT_HERE, "ModuleList", "forward"),
    case("ModuleDict({'a': 3})", TE, "ModuleDict", "modules", "int"),
    case("ModuleDict({'a': Tanh()})['b']", KeyError, "b"),
    case("ModuleDict([Tanh()])", TE, "ModuleDict", "list"),
    case("ModuleDict({'a.b': Tanh()})", KeyError, "a.b"),
    case("Linear(2, 3).load_state_dict({})", RE, "missing: weight", "missing: bias"),
    case("Linear(2, 3).load_state_dict(None)", TE, "mapping", "NoneType"),
    case("Linear(2, 3).load_state_dict(Linear(2, 3))", TE, "mapping", "Linear"),
    case("Tanh().load_state_dict({'a': 1})", RE, "unexpected: a", "nothing was loaded"),
    case("Linear(1, 1).load_state_dict({'weight': [[1]], 'bias': z(1)})", RE, "weight", "list"),
    case("Linear('2', 3)", TE, "in_features", "int", "str"),
    case("Linear(2.0, 3)", TE, "in_features", "int", "float"),
    case("Linear(-2, 3)", VE, "in_features", "-2"),
    case("Embedding(3, 'a')", TE, "embedding_dim", "int", "str"),
    case("Embedding(4, 2, padding_idx='a')", TE, "padding_idx", "int", "str"),
    case("E([0, 1])", TE, "Tensor", "list"),
    case("Embedding.from_pretrained(z(3))", VE, "matrix", "[3]"),
    case("Dropout(1.5)", VE, "probability", "1.5"),
    case("Dropout('a')", TE, "probability", "'a'"),
    case("nn.functional.dropout([1.0], 0.5)", TE, "dropout", "Tensor", "list"),
    case("nn.functional.one_hot(T([5]), 4)", RE, "5", "0 to 3"),
    case("nn.functional.one_hot(tensor([1.0]), 4)", RE, "int64", "float32"),
    case("CrossEntropyLoss(reduction='avg')", VE, "'mean'", "'sum'", "'avg'"),
    case("CrossEntropyLoss(weight=[1, 2])", TE, "weight", "Tensor", "list"),
    case("CrossEntropyLoss(weight=z(3))(z(1, 2), T([0]))", RE, "[3]", "2 classes"),
    case("L(z(1, 2), 0)", TE, "target", "Tensor", "int"),
    case("L(z(1, 2), tensor([0.0]))", RE, "target", "float32", ".long()"),
    case("L(T([[1, 2]]), T([0]))", RE, "input", "int64", ".float()"),
    case("L(z(1, 2))", TE, "target"),
    case("MSELoss(z(2), z(2))", (RE, TE), "criterion = MSELoss()"),
    case("MSELoss(reduction='avg')(z(2), z(2))", VE, "'mean'", "'avg'"),
    case("MSELoss()(z(2), 3)", TE, "target", "Tensor", "int"),
    case("NLLLoss()(z(5, 4), T([0]))", VE, "5", "1", "equal"),
    case("nn.utils.rnn.pad_sequence([])", (RE, VE), "pad_sequence", "empty"),
    case("nn.utils.rnn.pad_sequence([[1, 2], [3]])", TE, "pad_sequence", "Tensor", "list"),
    case("nn.utils.rnn.pad_sequence([z(2, 3), z(2, 4)])", RE, "[2, 3]", "[2, 4]"),
    case("nn.utils.clip_grad_norm_(Linear(1, 1).parameters, 1)", TE, "method", "parameters()"),
    case("nn.utils.clip_grad_norm_([p], -1)", VE, "max_norm", "-1"),
    case("nn.utils.clip_grad_norm_([p], 'a')", (TE, VE), "max_norm", "number"),
    case("nn.init.xavier_uniform_(z(3))", VE, "matrix", "[3]"),
    case("nn.init.kaiming_uniform_(z(3, 3), mode='fan')", VE, "fan_in", "'fan'"),
    case("nn.init.calculate_gain('gelu')", VE, "gelu", "tanh"),
    case("RNNCell(4.0, 2)", TE, "input_size", "int", "float"),
    case("RNN(4, 2, 0)", VE, "num_layers", "0"),
    case("RNN(4, 2, 'relu')", TE, "num_layers", "'relu'"),
    case("RNN(4, 2, dropout=2)", VE, "dropout", "probability", "2"),
    case("RNN(4, 2, batch_first=1)", TE, "batch_first", "True or False"),
    case("R(z(4))", VE, "(seq, batch, input_size)", "[4]"),
    case("R(z(1, 2, 3, 4))", VE, "(seq, batch, input_size)", "[1, 2, 3, 4]"),
    case("R(z(3, 4), z(1, 1, 2))", RE, "num_layers=1", "[1, 2]", "[1, 1, 2]"),
    case("R(z(3, 1, 4), z(1, 3, 2))", RE, "batch=1", "[1, 3, 2]"),
    case("R(z(3, 1, 4), z(1, 1, 3))", RE, "hidden=2", "[1, 1, 3]"),
    case("RNN(4, 2, bidirectional=True)(z(3, 1, 4), z(1, 1, 2))", RE, "2 directions", "[2, 1, 2]"),
    case(
        "RNN(4, 2, 2, batch_first=True)(z(3, 5, 4), z(3, 2, 2))",
        RE,
        "num_layers=2",
        "batch=3",
        "hidden=2",
        "[3, 2, 2]",
        "batch_first does not move",
    ),
    case("R(z(3, 1, 4).double())", (RE, VE), "float64", "float32", ".float()"),
    case("R([z(1, 4), z(1, 4)])", TE, "input", "Tensor", "list"),
    case("R(z(3, 1, 4), np.zeros((1, 1, 2)))", TE, "h0", "ndarray", "torch.tensor"),
    case("C(z(2, 4), z(2, 3))", RE, "[2, 3]", "[2, 2]", "zeros(2, 2)"),
    case("C(z(2, 4), z(2, 2).double())", RE, "float64", "float32"),
    case("C(z(2, 4), 0)", TE, "hidden", "Tensor", "int"),
]


@pytest.mark.parametrize(("code", "error", "words"), LAYERS)
def test_layers_that_are_misused_say_how_to_use_them(code, error, words):
    check(code, error, words)


def test_dropout_between_layers_of_which_there_is_one_warns():
    with pytest.warns(UserWarning, match=r"dropout=0\.5.*only one layer"):
        nn.RNN(4, 2, dropout=0.5)


# ---- optimizers and schedules ----

OPTIMIZERS = [
    case("SGD(iter([]))", VE, "SGD", "no parameters"),
    case("SGD(p)", TE, "SGD", "list", "Parameter"),
    case("SGD(None)", TE, "SGD", "NoneType"),
    case("Adam(Linear(2, 1))", TE, "Linear", "parameters()"),
    case("SGD([1, 2])", TE, "Tensor", "int"),
    case("SGD([p * 2])", VE, "computed", "leaves"),
    case("SGD([p], lr=-1)", VE, "lr", "negative", "-1"),
    case("SGD([p], lr=None)", TE, "lr", "number", "NoneType"),
    case("SGD([p], lr=nan)", VE, "lr", "nan"),
    case("SGD([p], momentum=-1)", VE, "momentum", "-1"),
    case("SGD([p], weight_decay=-1)", VE, "weight_decay", "-1"),
    case("SGD([p], nesterov=True)", VE, "nesterov", "momentum"),
    case("SGD([p], learning_rate=0.1)", TE, "learning_rate"),
    case("SGD([{'params': [p], 'lr': -1}])", VE, "lr", "-1"),
    case("SGD([{'lr': 1}])", (KeyError, TE), "params"),
    case("SGD([{'params': [p]}, {'params': [p]}])", VE, "twice"),
    case("SGD([{'params': [p]}, P()])", TE, "params"),
    case("sgd.add_param_group([p])", TE, "dict", "params"),
    case("sgd.add_param_group({'params': p, 'lr': 'a'})", TE, "lr", "number"),
    case("Adam([p], betas=(0.9, 1.0))", VE, "betas[1]", "1.0"),
    case("Adam([p], betas=0.9)", (TE, VE), "betas", "two numbers", "0.9"),
    case("Adam([p], eps=-1)", VE, "eps", "-1"),
    case("Adam([p], beta1=0.9)", TE, "beta1"),
    case("torch.optim.AdamW([p], weight_decay=-1)", VE, "AdamW", "weight_decay"),
    case("sgd.load_state_dict(SGD([P(), P()]).state_dict())", VE, "[2]", "[1]", "nothing"),
    case("sgd.load_state_dict(None)", (AE, TE), "state_dict", "NoneType"),
    case("StepLR(3, 1)", TE, "Optimizer", "int"),
    case("StepLR(Linear(1, 1), 1)", TE, "Optimizer", "Linear"),
    case("StepLR(sgd, 0)", VE, "step_size", "0"),
    case("StepLR(sgd)", TE, "step_size"),
]


@pytest.mark.parametrize(("code", "error", "words"), OPTIMIZERS)
def test_settings_that_cannot_be_meant_are_refused(code, error, words):
    check(code, error, words)


def test_a_gradient_of_nan_moves_no_parameter_at_all():
    good, bad = parameter(), parameter()
    optimizer = torch.optim.Adam([good, bad], lr=0.1)
    good.grad, bad.grad = torch.ones(2), torch.tensor([1.0, float("inf")])
    with pytest.raises(RuntimeError, match="parameter 1"):
        optimizer.step()
    assert good.tolist() == bad.tolist() == [1.0, 1.0]
    assert not any(optimizer.state.values())


def test_a_group_that_is_refused_is_not_half_added():
    optimizer = torch.optim.SGD([parameter()], lr=0.1)
    with pytest.raises(ValueError, match="lr"):
        optimizer.add_param_group({"params": [parameter()], "lr": -1})
    assert len(optimizer.param_groups) == 1


# ---- what is not here ----

ABSENT = [
    *(
        case(f"{name}(4, 2, num_layers=2)", NOT_HERE, f"nn.{name}", "RNN", "PyTorch")
        for name in ("LSTM", "GRU", "LSTMCell", "GRUCell")
    ),
    case("nn.utils.rnn.pack_sequence([z(3)])", NOT_HERE, "pack_sequence", "PyTorch"),
    case("nn.utils.rnn.pad_packed_sequence(3)", NOT_HERE, "pad_packed_sequence", "PyTorch"),
    case("torch.nothere", AE, "nothere", "PyTorch"),
    case("nn.Conv2d(1, 1, 1)", AE, "Conv2d", "PyTorch"),
    case("nn.functional.gelu", AE, "gelu", "PyTorch"),
    case("torch.optim.LBFGS", AE, "LBFGS", "PyTorch"),
    case("torch.optim.lr_scheduler.CosineAnnealingLR", AE, "CosineAnnealingLR", "PyTorch"),
    case("torch.autograd.grad", AE, "grad", "PyTorch"),
    case("z(2).nothere", AE, "Tensor", "nothere"),
]


@pytest.mark.parametrize(("code", "error", "words"), ABSENT)
def test_what_is_not_here_is_named_and_pytorch_with_it(code, error, words):
    check(code, error, words)


def test_asking_for_a_gpu_the_careful_way_gives_the_cpu():
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = nn.Linear(2, 1).to(device)
    assert model(torch.zeros(1, 2).to(device)).device == torch.device("cpu")


def test_hasattr_and_getattr_answer_as_for_any_module():
    assert not hasattr(torch, "nothere")
    assert getattr(nn, "Conv2d", None) is None


# ---- keywords ----

UNKNOWN_KEYWORDS = [
    "torch.zeros(2, {})",
    "torch.ones(2, {})",
    "torch.rand(2, {})",
    "torch.randn(2, {})",
    "torch.randint(0, 3, (2,), {})",
    "torch.tensor([1.0], {})",
    "torch.full((2,), 1.0, {})",
    "torch.arange(3, {})",
    "torch.cat([z(2)], {})",
    "torch.stack([z(2)], {})",
    "z(2).sum({})",
    "z(2).softmax(0, {})",
    "z(2).view(2, {})",
    "z(2).add_(1, {})",
    "z(2).clamp_(0, {})",
    "z(2).normal_({})",
    "z(2).to(torch.float64, {})",
    "w.sum().backward({})",
    "Linear(2, 3, {})",
    "Embedding(2, 3, {})",
    "RNNCell(2, 3, {})",
    "RNN(2, 3, {})",
    "Dropout(0.5, {})",
    "CrossEntropyLoss({})",
    "MSELoss({})",
    "Sequential(Tanh(), {})",
    "ModuleList([], {})",
    "Linear(2, 3)(z(1, 2), {})",
    "R(z(3, 1, 4), {})",
    "C(z(2, 4), {})",
    "L(z(1, 2), T([0]), {})",
    "Linear(1, 1).load_state_dict(dict(Linear(1, 1).state_dict()), {})",
    "Linear(1, 1).zero_grad({})",
    "SGD([p], {})",
    "Adam([p], {})",
    "torch.optim.AdamW([p], {})",
    "StepLR(sgd, 1, {})",
    "sgd.zero_grad({})",
    "nn.utils.clip_grad_norm_([p], 1.0, {})",
    "nn.utils.rnn.pad_sequence([z(2)], {})",
    "nn.init.uniform_(z(2), {})",
    "torch.set_printoptions({})",
]


@pytest.mark.parametrize("code", UNKNOWN_KEYWORDS)
def test_an_unknown_keyword_is_never_ignored(code):
    check(code.format("colour=1"), TypeError, ["colour"])


def public_callables():
    places = {
        "torch": torch,
        "Tensor": torch.Tensor,
        "nn.functional": nn.functional,
        "nn.init": nn.init,
        "nn.utils": nn.utils,
        "optim": torch.optim,
        "lr_scheduler": torch.optim.lr_scheduler,
        **{f"nn.{name}": getattr(nn, name) for name in nn.__all__},
    }
    for where, place in places.items():
        if inspect.isclass(place) and issubclass(place, _Absent):
            continue
        for name, member in vars(place).items():
            if inspect.isfunction(member) and (name == "__init__" or not name.startswith("_")):
                yield f"{where}.{name}", member


def test_nothing_public_swallows_keywords():
    passes_on = {"nn.Module.forward", "nn.Module.to"}  # and the in-place twins of operations
    swallowing = {
        name
        for name, function in public_callables()
        if any(
            each.kind is inspect.Parameter.VAR_KEYWORD
            for each in inspect.signature(function).parameters.values()
        )
        and not name.endswith("_")
    }
    assert swallowing <= passes_on
    assert sum(1 for _ in public_callables()) > 200
