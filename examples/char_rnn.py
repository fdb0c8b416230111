"""A recurrent network reads a text character by character and learns to write more of it.

python examples/char_rnn.py --text novel.txt              # train; Ctrl-C saves
python examples/char_rnn.py --resume                      # go on as if it had never stopped
python examples/char_rnn.py --sample 500 --prompt "The "  # write
"""

import argparse
import hashlib
import importlib.util
import math
import signal
import sys
from contextlib import nullcontext
from pathlib import Path

import tinygrad_rnn as torch

PROGRAM, VERSION = "char_rnn of tinygrad_rnn", 1
EXTRA = 'pip install "tinygrad-rnn[examples]"'


# ---- the text ----


def read_texts(paths):
    """The texts of all files, one after the other."""
    texts = []
    for path in paths:
        try:
            texts.append(Path(path).read_bytes().decode())
        except UnicodeDecodeError as error:
            raise SystemExit(f"{path} is not UTF-8 at byte {error.start}: convert it") from None
        if not texts[-1]:
            raise SystemExit(f"{path} is empty: give a file with text in it")
    return "".join(texts)


def own_source():
    """The files of the framework itself, by name: the text to learn if none is given."""
    return sorted(str(path) for path in Path(torch.__file__).parent.rglob("*.py"))


def fingerprint(text):
    return hashlib.sha256(text.encode()).hexdigest()


def windows(text, vocabulary, batch, steps):
    """The text as `batch` streams side by side, cut across into windows of at most `steps`.

    Window after window each stream reads on where it stopped, so its hidden state can be carried
    over. A window is a pair: inputs (steps, batch), and the characters that follow, in one row.
    """
    number = {character: i for i, character in enumerate(vocabulary)}
    indices = torch.tensor([number[character] for character in text])
    length = (len(text) - 1) // batch
    inputs = indices[: batch * length].view(batch, length).t().contiguous()
    targets = indices[1 : batch * length + 1].view(batch, length).t().contiguous()
    starts = range(0, length, steps)
    return [(inputs[i : i + steps], targets[i : i + steps].view(-1)) for i in starts]


# ---- the model and its training ----


class Writer(torch.nn.Module):
    """Scores for the next character, from this one and a hidden state."""

    def __init__(self, characters, options):
        super().__init__()
        hidden, layers, dropout = (options[name] for name in ("hidden", "layers", "dropout"))
        self.embedding = torch.nn.Embedding(characters, hidden)
        self.rnn = torch.nn.RNN(hidden, hidden, layers, dropout=dropout)
        self.linear = torch.nn.Linear(hidden, characters)

    def forward(self, x, state):  # (seq, batch), (layers, batch, hidden) or None
        states, state = self.rnn(self.embedding(x), state)
        return self.linear(states).view(-1, self.linear.out_features), state


class Training:
    """A model on its way through a text, with all that a checkpoint has to bring back."""

    PARTS = ("model", "optimizer", "scheduler")
    PLAIN = (
        "options", "fingerprint", "vocabulary", "done", "read", "state", "losses", "validations"
    )  # fmt: skip

    def __init__(self, options, text):
        batch, steps = options["batch"], options["steps"]
        held_out = int(len(text) * options["validation"])
        cut = len(text) - held_out
        if cut <= batch * steps or held_out <= batch:
            raise SystemExit(
                f"the text is too short: of its {len(text)} characters {cut} are for training, "
                f"where one window takes {batch * steps + 1}, and {held_out} for validation, "
                f"which takes {batch + 1}; lower --batch or --steps, or give more text"
            )
        torch.manual_seed(options["seed"])
        self.options = options
        self.fingerprint = fingerprint(text)
        self.vocabulary = "".join(sorted(set(text)))
        self.train_windows = windows(text[:cut], self.vocabulary, batch, steps)
        self.validation_windows = windows(text[cut:], self.vocabulary, batch, steps)
        self.updates = options["epochs"] * len(self.train_windows)
        self.model = Writer(len(self.vocabulary), options)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=options["lr"])
        decay = 0.1 ** (1 / self.updates)  # the rate ends at a tenth of what it was
        self.scheduler = torch.optim.lr_scheduler.ExponentialLR(self.optimizer, decay)
        self.done, self.read, self.state = 0, 0, None  # updates, characters, hidden state
        self.losses, self.validations = [], []  # after each update, after each epoch

    def update(self):
        """Reads one window and learns from it; after the last of an epoch, validates."""
        window = self.done % len(self.train_windows)
        x, y = self.train_windows[window]
        self.model.train()
        scores, state = self.model(x, self.state if window else None)
        loss = torch.nn.functional.cross_entropy(scores, y)
        if not math.isfinite(loss.item()):
            raise RuntimeError(f"the loss is {loss.item()}")
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(
            self.model.parameters(), self.options["clip"], error_if_nonfinite=True
        )
        self.optimizer.step()
        self.scheduler.step()
        self.state = state.detach()  # the next window goes on from here; its gradient ends here
        self.losses.append(loss.item())
        self.read += len(y)
        self.done += 1
        if window == len(self.train_windows) - 1:
            self.validations.append(self.validate())

    def validate(self):
        """Bits per character on the text that is not trained on."""
        self.model.eval()
        nats, characters, state = 0.0, 0, None
        with torch.no_grad():
            for x, y in self.validation_windows:
                scores, state = self.model(x, state)
                nats += torch.nn.functional.cross_entropy(scores, y, reduction="sum").item()
                characters += len(y)
        return nats / characters / math.log(2)

    def state_dict(self):
        plain = {name: getattr(self, name) for name in self.PLAIN}
        parts = {name: getattr(self, name).state_dict() for name in self.PARTS}
        return {**plain, **parts, "random": torch.get_rng_state()}

    def load_state_dict(self, saved):
        for name in self.PLAIN:
            setattr(self, name, saved[name])
        for name in self.PARTS:
            getattr(self, name).load_state_dict(saved[name])
        torch.set_rng_state(saved["random"])


# ---- checkpoints ----


def save(training, path):
    try:
        torch.save({"program": PROGRAM, "version": VERSION, **training.state_dict()}, path)
    except OSError as error:
        raise SystemExit(f"{path} cannot be written: {error.strerror}") from None


def load(path):
    if not path.exists():
        raise SystemExit(f"there is no {path}: train first, or name it with --checkpoint")
    try:
        saved = torch.load(path)
    except RuntimeError as error:
        raise SystemExit(f"{path} cannot be loaded: {error}") from None
    if not isinstance(saved, dict) or saved.get("program") != PROGRAM:
        raise SystemExit(f"{path} is no checkpoint of this program: name one with --checkpoint")
    if saved["version"] != VERSION:
        raise SystemExit(f"{path} has format {saved['version']}; this program reads {VERSION}")
    return saved


def started(given, path):
    """A new training."""
    if path.exists():
        raise SystemExit(
            f"{path} is there already: go on with --resume, or name another with --checkpoint"
        )
    options = {name: given.get(name, default) for name, (_, default, _) in OPTIONS.items()}
    if options["dropout"] and options["layers"] == 1:
        raise SystemExit("--dropout acts between layers, so it takes --layers 2 or more")
    options["text"] = [str(Path(each).resolve()) for each in given.get("text", own_source())]
    return Training(options, read_texts(options["text"]))


def resumed(path):
    """The training that was saved."""
    saved = load(path)
    files = saved["options"]["text"]
    text = read_texts(files)
    if fingerprint(text) != saved["fingerprint"]:
        raise SystemExit(f"{path} was trained on another text than is now in {', '.join(files)}")
    training = Training(saved["options"], text)
    training.load_state_dict(saved)
    return training


class Interrupt:
    """Ctrl-C: the first is kept until the update is complete, the second ends the program."""

    def __init__(self):
        self.came = False
        signal.signal(signal.SIGINT, self)

    def __call__(self, *_):
        self.came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)


# ---- what the command does ----


def progress_bar(training):
    """A `with` block that has a bar which counts characters, or None without tqdm."""
    try:
        from tqdm import tqdm  # noqa: PLC0415 - training goes without it
    except ImportError:
        print(f"There is no progress bar without tqdm: {EXTRA}", file=sys.stderr)
        return nullcontext()
    total = training.options["epochs"] * sum(len(y) for _, y in training.train_windows)
    return tqdm(total=total, initial=training.read, unit="char", unit_scale=True)


def show(training, bar):
    loss = training.losses[-1]
    text = f"loss {loss:.3f}, {loss / math.log(2):.3f} bits/char"
    if training.validations:
        text += f", validation {training.validations[-1]:.3f}"
    bar.set_postfix_str(text, refresh=False)
    bar.update(training.read - bar.n)


def train(training, path):
    """Trains to the end or to Ctrl-C, and saves."""
    interrupt = Interrupt()
    save(training, path)  # a folder that cannot be written to shows at once
    with progress_bar(training) as bar:
        while training.done < training.updates and not interrupt.came:
            try:
                training.update()
            except RuntimeError as error:  # a loss or a gradient of inf or nan
                raise SystemExit(
                    f"update {training.done + 1} failed, {path} stays as last saved ({error}): "
                    "start anew with a lower --lr and another --checkpoint"
                ) from None
            if training.done % training.options["every"] == 0:
                save(training, path)
            if bar is not None:
                show(training, bar)
    save(training, path)


def sample(saved, count, prompt, temperature):
    """Yields the prompt and then `count` characters, each drawn from the model's probabilities."""
    vocabulary = saved["vocabulary"]
    prompt = prompt or vocabulary[0]
    unknown = sorted(set(prompt) - set(vocabulary))
    if unknown:
        raise SystemExit(
            f"the prompt has {', '.join(map(repr, unknown))}, which the text did not have"
        )
    model = Writer(len(vocabulary), saved["options"])
    model.load_state_dict(saved["model"])
    model.eval()
    yield prompt
    x, state = torch.tensor([[vocabulary.index(each)] for each in prompt]), None
    with torch.no_grad():
        for _ in range(count):
            scores, state = model(x, state)
            scores = scores[-1] - scores[-1].max()  # so that no temperature makes an inf
            if temperature == 0:
                index = scores.argmax().item()
            else:
                index = torch.multinomial((scores / temperature).softmax(dim=0), 1).item()
            yield vocabulary[index]
            x = torch.tensor([[index]])


def plot(training, path):
    """Draws what was lost in each update and on the text held out."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - wanted with --plot alone

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    epoch = len(training.train_windows)
    bits = [loss / math.log(2) for loss in training.losses]
    axes.plot(range(1, training.done + 1), bits, linewidth=0.5, label="training")
    ends = [epoch * (i + 1) for i in range(len(training.validations))]
    axes.plot(ends, training.validations, marker=".", label="validation")
    axes.set(xlabel="update", ylabel="bits per character")
    axes.legend()
    figure.savefig(path)


def between(low, high, kind=float):
    """A type of argument: numbers from `low` to below `high`."""

    def number(text):
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value < high:
            name = "a whole number" if kind is int else "a number"
            end = f" and less than {high}" if high < math.inf else ""
            raise argparse.ArgumentTypeError(f"{name} from {low}{end} is wanted, got {text!r}")
        return value

    return number


COUNT, REAL = between(1, math.inf, int), between(0, math.inf)
OPTIONS = {
    "hidden": (COUNT, 128, "size of the hidden state"),
    "layers": (COUNT, 2, "recurrent layers"),
    "dropout": (between(0, 1), 0.0, "share of values dropped between layers"),
    "steps": (COUNT, 64, "characters that the gradient goes back"),
    "batch": (COUNT, 64, "streams that are read side by side"),
    "epochs": (COUNT, 20, "how often the text is read"),
    "lr": (REAL, 0.004, "rate of Adam at the first update; a tenth of it at the last"),
    "clip": (REAL, 1.0, "largest norm of the gradient"),
    "validation": (between(0, 1), 0.1, "share of the text, at its end, not trained on"),
    "every": (COUNT, 100, "updates from one checkpoint to the next"),
    "seed": (between(0, 2**64, int), 1, "of the random numbers"),
}
"""What a training run is made of, besides its text: type, default and meaning."""


def parsed():
    """The command to run, the options that were given, and the parser for what is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    parser.add_argument("--text", nargs="+", metavar="FILE", help="UTF-8 (default: the framework)")
    for name, (kind, default, meaning) in OPTIONS.items():
        parser.add_argument(f"--{name}", type=kind, help=f"{meaning} (default {default})")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="where the run is kept")
    parser.add_argument(
        "--resume", action="store_true", help="go on with the run in the checkpoint"
    )
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves, .svg or .png")
    parser.add_argument(
        "--sample", type=COUNT, metavar="N", help="write N characters, do not train"
    )
    parser.add_argument("--prompt", help="how the sample begins")
    parser.add_argument("--temperature", type=REAL, help="0: always the likeliest (default 0.8)")
    given = vars(parser.parse_args())
    if "sample" in given:
        command, fitting = "--sample", {"sample", "prompt", "temperature", "seed", "checkpoint"}
    elif "resume" in given:
        command, fitting = "--resume", {"resume", "plot", "checkpoint"}
    else:
        command, fitting = "training", {*OPTIONS, "text", "plot", "checkpoint"}
    surplus = [f"--{name}" for name in given if name not in fitting]
    if surplus:
        parser.error(f"{command} does not go with {', '.join(surplus)}")
    return command, given, parser


def main():
    command, given, parser = parsed()
    suffix = "safetensors" if importlib.util.find_spec("safetensors") else "npz"
    path = given.get("checkpoint", Path(f"char_rnn.{suffix}"))
    if command == "--sample":
        saved = load(path)
        torch.manual_seed(given.get("seed", OPTIONS["seed"][1]))
        sys.stdout.reconfigure(errors="replace")  # a terminal may not have all characters
        temperature = given.get("temperature", 0.8)
        for piece in sample(saved, given["sample"], given.get("prompt"), temperature):
            print(piece, end="", flush=True)
        print()
        return 0
    if "plot" in given:
        if given["plot"].suffix not in (".svg", ".png"):
            parser.error(f"--plot takes a name that ends in .svg or .png, got {given['plot']}")
        if not importlib.util.find_spec("matplotlib"):
            raise SystemExit(f"--plot needs matplotlib: {EXTRA}")
    training = resumed(path) if command == "--resume" else started(given, path)
    train(training, path)
    if "plot" in given:
        plot(training, given["plot"])
    if training.done < training.updates:
        print(f"Stopped after {training.done} of {training.updates} updates, saved in {path}.")
        return 130
    print(f"Validation: {training.validations[-1]:.3f} bits per character. Saved in {path}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}")
    except ImportError as error:  # safetensors, by a checkpoint's name
        sys.exit(str(error))
