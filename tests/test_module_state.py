"""What a module's attributes are: parameters, buffers, modules, and how they replace each other."""

import sys
import warnings

import pytest

import tinygrad_rnn as torch
from tinygrad_rnn import nn

TABLES = ("_parameters", "_buffers", "_modules", "__dict__")


def holder(library=torch):
    class Holder(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = library.nn.Linear(2, 2)
            self.register_buffer("b", library.zeros(1))
            self.p = library.nn.Parameter(library.zeros(1))
            self.x = 3

    return Holder()


VALUES = {
    "tensor": lambda library: library.zeros(1),
    "number": lambda _: 5,
    "None": lambda _: None,
    "parameter": lambda library: library.nn.Parameter(library.zeros(1)),
    "module": lambda library: library.nn.Tanh(),
}


def attempt(library, action):
    """Where every name is after `action` on a module, or the type of the error."""
    module = holder(library)
    try:
        action(module)
    except (TypeError, KeyError) as error:
        return type(error).__name__
    skipped = {"fc", "b", "p", "x", "new"}
    return [[name for name in getattr(module, table) if name in skipped] for table in TABLES]


def outcomes(library):
    result = {}
    for name in ("fc", "b", "p", "x", "new"):
        for kind, make in VALUES.items():
            value = make(library)
            result["assign", name, kind] = attempt(
                library, lambda module, name=name, value=value: setattr(module, name, value)
            )
            for how in ("register_parameter", "register_buffer", "add_module", "register_module"):
                result[how, name, kind] = attempt(
                    library, lambda m, how=how, name=name, value=value: getattr(m, how)(name, value)
                )
    return result


def test_a_result_does_not_replace_the_layer():
    model = holder()
    layer = model.fc
    with pytest.raises(TypeError, match=r"'fc' is a module: assign an nn\.Module or None"):
        model.fc = model.fc(torch.zeros(1, 2))
    with pytest.raises(TypeError, match="not int"):
        model.fc = 5
    assert model.fc is layer
    model.fc = None
    assert "fc" in model._modules


@pytest.mark.parametrize("name", ["", "a.b"])
@pytest.mark.parametrize("kind", ["parameter", "module"])
def test_names_that_cannot_be_joined_are_refused(name, kind):
    model = holder()
    with pytest.raises(KeyError, match=r"empty or contains a '\.'"):
        setattr(model, name, VALUES[kind](torch))
    assert list(model.state_dict()) == ["p", "b", "fc.weight", "fc.bias"]


def test_a_name_that_an_attribute_of_the_class_hides_is_refused():
    class Hiding(nn.Module):
        layer = None

    with pytest.raises(KeyError, match="has an attribute 'layer' already"):
        Hiding().layer = nn.Tanh()
    with pytest.raises(KeyError, match="has an attribute 'forward' already"):
        Hiding().forward = nn.Parameter(torch.zeros(1))


@pytest.mark.live
def test_kinds_of_attributes_replace_each_other_as_in_pytorch():
    live = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")
    assert outcomes(torch) == outcomes(live)


def test_what_is_registered_may_be_in_a_plain_list_too():
    model = nn.Module()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.one, model.inner = nn.Linear(1, 1), nn.Sequential(nn.Linear(1, 1))
        model.p = nn.Parameter(torch.zeros(1))
        model.layers = [model.one, model.inner[0]]
        model.by_name = {"p": model.p, "bias": model.one.bias}
    with pytest.warns(UserWarning, match="not registered"):
        model.layers = [model.one, nn.Linear(1, 1)]


def test_a_buffer_that_is_not_persistent_is_not_saved():
    model = nn.Module()
    model.register_buffer("mask", torch.ones(1), persistent=False)
    model.register_buffer("mean", torch.ones(1))
    assert list(model.state_dict()) == ["mean"]
    assert [name for name, _ in model.named_buffers()] == ["mask", "mean"]
    model.load_state_dict(model.state_dict())
    model.register_buffer("mask", torch.ones(1))
    assert list(model.state_dict()) == ["mask", "mean"]
    model.register_buffer("mask", torch.ones(1), persistent=False)
    del model.mask
    model.mask = nn.Parameter(torch.ones(1))
    assert list(model.state_dict()) == ["mask", "mean"]


def test_parts_are_found_by_their_dotted_names():
    model = nn.Sequential(nn.Sequential(nn.Linear(1, 2)), nn.Tanh())
    assert model.get_submodule("0.0") is model[0][0]
    assert model.get_submodule("") is model
    assert model.get_parameter("0.0.bias") is model[0][0].bias
    with pytest.raises(AttributeError, match="'Sequential' object has no module '3'"):
        model.get_submodule("0.3")
    with pytest.raises(AttributeError, match="'Linear' object has no parameter 'gain'"):
        model.get_parameter("0.0.gain")


def test_methods_that_only_pytorch_has_say_so():
    with pytest.raises(AttributeError, match="'register_forward_hook'; if PyTorch has it, it was"):
        nn.Linear(1, 1).register_forward_hook(print)
    with pytest.raises(AttributeError, match=r"no attribute 'wieght'$"):
        nn.Linear(1, 1).wieght


def interrupted(action, at):
    """Runs `action`, with KeyboardInterrupt before line number `at` of the package."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        if "tinygrad_rnn" not in frame.f_code.co_filename:
            return None
        if event == "line":
            lines += 1
            if lines == at:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def test_an_interrupt_leaves_a_model_loaded_or_as_it_was():
    source = nn.RNN(2, 2)
    new = str(source.state_dict())
    at, seen = 1, set()
    while True:
        target = nn.RNN(2, 2)
        old = str(target.state_dict())
        stopped = interrupted(lambda target=target: target.load_state_dict(source.state_dict()), at)
        state = str(target.state_dict())
        assert state in (old, new), at
        seen.add(state == new)
        if not stopped:
            break
        at += 1
    assert seen == {False, True}
    assert at > 100
