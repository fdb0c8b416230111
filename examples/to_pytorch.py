"""A model that is trained here goes on in PyTorch, on two processes, and comes back.

    pip install torch "tinygrad-rnn[files]"
    python examples/to_pytorch.py

It learns to predict the next character of a print-out that comes with the framework. The program
itself stands here once: `torch` is the library that it gets, this framework or PyTorch.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import tinygrad_rnn

try:
    import torch as pytorch
except ModuleNotFoundError:
    raise SystemExit("PyTorch, where this example leads, is missing: pip install torch") from None
try:
    import safetensors.torch
except ModuleNotFoundError:
    raise SystemExit(
        'safetensors, which the files need, is missing: pip install "tinygrad-rnn[files]"'
    ) from None

HIDDEN, STEPS, BATCH = 64, 32, 16
HERE, THERE, AGAIN = range(300), range(300, 500), range(500, 600)  # the updates, by number
PROCESSES = 2

TRANSCRIPT = Path(tinygrad_rnn.__file__).parent / "transcripts" / "hello_embedding.txt"
TEXT = TRANSCRIPT.read_text(encoding="utf-8")
ALPHABET = sorted(set(TEXT))
NUMBERS = np.array([ALPHABET.index(character) for character in TEXT])
COLUMNS = NUMBERS[: len(TEXT) // BATCH * BATCH].reshape(BATCH, -1).T  # (characters, batch)


# ---- the program, for either library ----


def build(torch):
    """A model and its optimizer."""

    class Writer(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = torch.nn.Embedding(len(ALPHABET), HIDDEN)
            self.rnn = torch.nn.RNN(HIDDEN, HIDDEN)
            self.linear = torch.nn.Linear(HIDDEN, len(ALPHABET))

        def forward(self, x):  # (seq, batch)
            states, _ = self.rnn(self.embedding(x))
            return self.linear(states).view(-1, len(ALPHABET))

    model = Writer()
    return model, torch.optim.Adam(model.parameters(), lr=0.003)


def loss_on(torch, model, rows):
    """The mean loss of each character of `rows` (seq + 1, batch) but the first."""
    scores = model(torch.tensor(rows[:-1]))
    return torch.nn.functional.cross_entropy(scores, torch.tensor(rows[1:]).reshape(-1))


def loss_on_text(torch, model):
    with torch.no_grad():
        return loss_on(torch, model, COLUMNS).item()


def train(torch, model, optimizer, updates, rank=0, processes=1):
    """Each process takes its part of every batch: all of it, if there is one process."""
    for update in updates:
        start = update * STEPS % (len(COLUMNS) - STEPS)
        optimizer.zero_grad()
        loss_on(torch, model, COLUMNS[start : start + STEPS + 1, rank::processes]).backward()
        optimizer.step()


def outputs_and_gradients(torch, model):
    """The scores on the first window of the text, and all gradients of its loss in one row."""
    model.zero_grad()
    loss_on(torch, model, COLUMNS[: STEPS + 1]).backward()
    outputs = model(torch.tensor(COLUMNS[:STEPS])).detach().numpy()
    return outputs, np.concatenate([each.grad.numpy().ravel() for each in model.parameters()])


# ---- what goes from one library to the other ----


def state_of(torch, model, optimizer):
    """The weights, and what Adam remembers of each of them, as one dict of tensors."""
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    for number, memory in optimizer.state_dict()["state"].items():
        for name, value in memory.items():
            tensors[f"adam.{number}.{name}"] = torch.as_tensor(value, dtype=torch.float32)
    return tensors


def load_state(tensors, model, optimizer):
    """Gives a model and its optimizer what `state_of` took from others."""
    weights = [name for name in tensors if name.startswith("model.")]
    model.load_state_dict({name.removeprefix("model."): tensors[name] for name in weights})
    saved = optimizer.state_dict()
    names = ("step", "exp_avg", "exp_avg_sq")
    saved["state"] = {
        number: {name: tensors[f"adam.{number}.{name}"] for name in names}
        for number in saved["param_groups"][0]["params"]
    }
    optimizer.load_state_dict(saved)


def compare(source, its_model, target, from_file):
    """Brings the weights to another library in three ways; prints the largest differences there.

    Above 1 they are parts of the largest value: float32 keeps seven digits of a number of any size.
    """
    weights = its_model.state_dict()
    ways = {
        "DLPack": {name: target.from_dlpack(weights[name]) for name in weights},
        "NumPy": {name: target.tensor(weights[name].numpy()) for name in weights},
        "file": {name: from_file[f"model.{name}"] for name in weights},
    }
    expected = outputs_and_gradients(source, its_model)
    for way, crossed in ways.items():
        model, _ = build(target)
        model.load_state_dict(crossed)
        found = outputs_and_gradients(target, model)
        outputs, gradients = (
            np.abs(a - b).max() / max(1, np.abs(a).max()) for a, b in zip(expected, found)
        )
        shared = all(np.shares_memory(weights[n].numpy(), crossed[n].numpy()) for n in weights)
        memory = "the same memory" if shared else "a copy"
        print(f"  by {way:7}{memory:17}outputs {outputs:.1e}  gradients {gradients:.1e}")


# ---- the journey ----


def go_on_there(path):
    """What each process of PyTorch's runs."""
    pytorch.distributed.init_process_group("gloo")
    rank, processes = pytorch.distributed.get_rank(), pytorch.distributed.get_world_size()
    model, optimizer = build(pytorch)
    load_state(safetensors.torch.load_file(path), model, optimizer)
    parallel = pytorch.nn.parallel.DistributedDataParallel(model)  # averages the gradients
    for first in THERE[::50]:
        train(pytorch, parallel, optimizer, range(first, first + 50), rank, processes)
        if rank == 0:
            print(f"  there, update {first + 50}: {loss_on_text(pytorch, model):.4f}")
    if rank == 0:
        safetensors.torch.save_file(state_of(pytorch, model, optimizer), path)
    pytorch.distributed.destroy_process_group()


def main(path):
    pytorch.set_num_threads(1)  # products as small as these are slower on several
    tinygrad_rnn.manual_seed(0)
    model, optimizer = build(tinygrad_rnn)
    print("Loss on the text")
    print(f"  here, update 0: {loss_on_text(tinygrad_rnn, model):.4f}")
    train(tinygrad_rnn, model, optimizer, HERE)
    print(f"  here, update {HERE.stop}: {loss_on_text(tinygrad_rnn, model):.4f}")

    tinygrad_rnn.save(state_of(tinygrad_rnn, model, optimizer), path)
    print("From here to PyTorch, largest differences")
    compare(tinygrad_rnn, model, pytorch, safetensors.torch.load_file(path))

    print(f"Loss on the text, in {PROCESSES} processes of PyTorch", flush=True)
    torchrun = f"-m torch.distributed.run --standalone --nproc-per-node {PROCESSES}".split()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([sys.executable, *torchrun, __file__, path], env=environment, check=True)

    print("The same updates, here and alone")
    train(tinygrad_rnn, model, optimizer, THERE)
    print(f"  here, update {THERE.stop}: {loss_on_text(tinygrad_rnn, model):.4f}")

    print("From PyTorch to here, largest differences")
    returned = tinygrad_rnn.load(path)
    theirs, its_optimizer = build(pytorch)
    load_state(safetensors.torch.load_file(path), theirs, its_optimizer)
    compare(pytorch, theirs, tinygrad_rnn, returned)

    print("Loss on the text")
    load_state(returned, model, optimizer)
    print(f"  here, update {THERE.stop}: {loss_on_text(tinygrad_rnn, model):.4f}")
    train(tinygrad_rnn, model, optimizer, AGAIN)
    print(f"  here, update {AGAIN.stop}: {loss_on_text(tinygrad_rnn, model):.4f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        go_on_there(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(os.path.join(folder, "state.safetensors"))
