"""A model that writes: truncated backpropagation through time, bits per character, temperature."""

# %% picture
from itertools import pairwise

from book import draw

pieces = ["the c", "at se", "es th"]
line = ["(h = 0)", *(f"window {i}" for i in (1, 2, 3)), "(h)"]
boxes = {name: (column, 1) for column, name in enumerate(line)}
arrows = [(*pair, "h") for pair in pairwise(line)]
for i, piece in enumerate(pieces, start=1):
    boxes |= {f"(loss {i})": (i, 0), piece: (i, 2)}
    arrows += [(f"window {i}", f"(loss {i})"), (piece, f"window {i}")]
draw.network(boxes, arrows, title="Three windows of a text, and the state between them")

# %% text
import io
import math

import tinygrad_rnn as torch
from tinygrad_rnn import nn
from tinygrad_rnn.nn import functional as F

torch.manual_seed(1)
nouns, verbs = ["cat", "dog", "sun", "sea"], ["sees", "finds", "hides", "likes"]
choices = torch.randint(4, (100, 3)).tolist()
sentences = [f"the {nouns[a]} {verbs[b]} a {nouns[c]}\n" for a, b, c in choices]
text = "".join(sentences)
print("".join(sentences[:3]))
print(len(text), "characters")

# %% vocabulary
vocabulary = "".join(sorted(set(text)))
number = {character: i for i, character in enumerate(vocabulary)}
print(repr(vocabulary), len(vocabulary))
print([number[character] for character in "the cat\n"])


# %% windows
def windows(text, batch, steps):
    indices = torch.tensor([number[character] for character in text])
    length = (len(text) - 1) // batch
    inputs = indices[: batch * length].view(batch, length).t()
    targets = indices[1 : batch * length + 1].view(batch, length).t()
    return [
        (inputs[i : i + steps], targets[i : i + steps].reshape(-1)) for i in range(0, length, steps)
    ]


cut = len(text) * 8 // 10
training, held_out = windows(text[:cut], 2, 16), windows(text[cut:], 2, 16)
x, y = training[0]
print(len(training), "windows to train on,", len(held_out), "held out")
print(x.shape, y.shape)

# %% streams
for stream in range(2):
    pieces = ["".join(vocabulary[i] for i in x[:, stream]) for x, _ in training[:3]]
    print(f"stream {stream}", pieces)


# %% model
class Writer(nn.Module):
    def __init__(self, characters=17, hidden=24):
        super().__init__()
        self.embedding = nn.Embedding(characters, hidden)
        self.rnn = nn.RNN(hidden, hidden, num_layers=2, dropout=0.05)
        self.linear = nn.Linear(hidden, characters)

    def forward(self, x, state):  # (seq, batch), (layers, batch, hidden) or None
        states, state = self.rnn(self.embedding(x), state)
        return self.linear(states).view(-1, self.linear.out_features), state


torch.manual_seed(0)
model = Writer()
scores, state = model(x, None)
print(scores.shape, state.shape)
print(f"{F.cross_entropy(scores, y).item():.2f} nats")


# %% bits
def bits(model, windows, carried=True):
    """Bits per character of a text that is read window after window."""
    model.eval()
    nats, characters, state = 0.0, 0, None
    with torch.no_grad():
        for x, y in windows:
            scores, state = model(x, state if carried else None)
            nats += F.cross_entropy(scores, y, reduction="sum").item()
            characters += len(y)
    model.train()
    return nats / characters / math.log(2)


shares = [text[:cut].count(character) / cut for character in vocabulary]
number_of_bits = {
    "all characters alike": math.log2(len(vocabulary)),
    "frequencies": -sum(share * math.log2(share) for share in shares),
    "the three choices": 100 * 3 * math.log2(4) / len(text),
}
for name, value in number_of_bits.items():
    print(f"{name:20} {value:.2f}")
print(f"{'the model, untrained':20} {bits(model, held_out):.2f}")

# %% carried
model.eval()
(x1, _), (x2, y2) = training[:2]
_, state = model(x1, None)
after_window_1, _ = model(x2, state.detach())
in_one_go, _ = model(torch.cat([x1, x2]), None)
in_one_go = in_one_go[-len(y2) :]
print("same scores:", torch.allclose(after_window_1, in_one_go, atol=1e-6))
gradients = []
for scores in (after_window_1, in_one_go):
    model.zero_grad()
    F.cross_entropy(scores, y2).backward()
    gradients.append(model.rnn.weight_hh_l0.grad)
cut_off, whole = gradients
print(f"gradients differ by {(cut_off - whole).norm() / whole.norm():.0%}")

# %% reach
vectors = model.embedding(x1).detach().requires_grad_()
states, _ = model.rnn(vectors)
last = model.linear(states[-1])
F.cross_entropy(last, training[0][1].view(-1, 2)[-1]).backward()
reach = vectors.grad.norm(dim=(1, 2)).flip(0)
draw.lines(
    {"gradient": (100 * reach / reach[0]).tolist()},
    title="How large the gradient of one character's loss is at the characters before it",
    x="steps back",
    y="size, in percent",
    log=True,
)


# %% train
def train(model, windows, epochs, method=torch.optim.Adam, lr=0.02, clip=1.0):
    optimizer = method(model.parameters(), lr=lr)
    decay = 0.1 ** (1 / (epochs * len(windows)))
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, decay)
    history, norms = [], []
    for _ in range(epochs):
        state, losses = None, []
        for x, y in windows:
            scores, state = model(x, state)
            loss = F.cross_entropy(scores, y)
            optimizer.zero_grad()
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), clip).item())
            optimizer.step()
            scheduler.step()
            state = state.detach()
            losses.append(loss.item())
        history.append((sum(losses) / len(losses) / math.log(2), bits(model, held_out)))
    return history, norms


torch.manual_seed(0)
model = Writer()
history, _ = train(model, training, epochs=12)
for epoch in (1, 2, 4, 8, 12):
    in_training, on_held_out = history[epoch - 1]
    print(f"epoch {epoch:2}: {in_training:.2f} in training, {on_held_out:.2f} held out")

# %% curves
in_training, on_held_out = zip(*history, strict=True)
least = [number_of_bits["the three choices"]] * len(history)
draw.lines(
    {"in training": in_training, "held out": on_held_out, "the three choices": least},
    title="Bits per character after each epoch",
    x="epoch",
    y="bits per character",
    start=1,
)


# %% sample
def sample(model, prompt, count, temperature=1.0):
    model.eval()
    x, state = torch.tensor([[number[character]] for character in prompt]), None
    with torch.no_grad():
        for _ in range(count):
            scores, state = model(x, state)
            probabilities = (scores[-1] / temperature).softmax(dim=0)
            x = torch.multinomial(probabilities, 1).view(1, 1)
            prompt += vocabulary[x.item()]
    return prompt


torch.manual_seed(0)
print(sample(model, "the sun ", 100))

# %% temperature
scores, _ = model(torch.tensor([[number[character]] for character in "the "]), None)
following = scores[-1].detach()
rows = {}
for temperature in (0.1, 0.5, 1.0, 2.0, 10.0):
    p = (following / temperature).softmax(dim=0)
    rows[f"τ = {temperature}"] = [p[number[each]].item() for each in "cdsflh"]
    entropy = -(p * p.clamp(min=1e-30).log()).sum() / math.log(2)
    print(f"τ = {temperature:4}: {entropy:.2f} bits")
draw.heatmap(
    list(rows.values()),
    title="Probabilities of six characters after the prompt, by temperature",
    rows=list(rows),
    columns=list("cdsflh"),
)

# %% temperature-samples
for temperature in (0.1, 1.0, 2.0, 5.0):
    torch.manual_seed(0)
    print(f"τ = {temperature}:", repr(sample(model, "the ", 44, temperature)))

# %% clip-one
w = torch.tensor([3.0, 4.0], requires_grad=True)
(w * w / 2).sum().backward()
print(w.grad)
print("norm before", nn.utils.clip_grad_norm_([w], max_norm=1.0))
print(w.grad, "norm after", w.grad.norm())

# %% clipping
for clip in (0.5, math.inf):
    torch.manual_seed(0)
    risky = Writer()
    risky_history, norms = train(risky, training, 4, method=torch.optim.SGD, lr=5.0, clip=clip)
    print(f"clip {clip}: largest norm {max(norms):.1f}, held out {risky_history[-1][1]:.2f}")


# %% checkpoint
class Run:
    """A training that can stop after any window."""

    def __init__(self):
        torch.manual_seed(0)
        self.model, self.state, self.done = Writer(), None, 0
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.02)

    def train(self, updates):
        for _ in range(updates):
            window = self.done % len(training)
            x, y = training[window]
            scores, state = self.model(x, self.state if window else None)
            loss = F.cross_entropy(scores, y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.state, self.done = state.detach(), self.done + 1
        return loss.item()

    def state_dict(self):
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "state": self.state,
            "done": self.done,
        }

    def load_state_dict(self, saved):
        self.model.load_state_dict(saved["model"])
        if "optimizer" in saved:
            self.optimizer.load_state_dict(saved["optimizer"])
        if "random" in saved:
            torch.set_rng_state(saved["random"])
        self.state, self.done = saved.get("state"), saved.get("done", 0)


unbroken = Run()
unbroken.train(70)
file = io.BytesIO()
torch.save(unbroken.state_dict(), file)
print(f"loss after 100 updates {unbroken.train(30):.4f}")

# %% resume
for missing in (None, "optimizer", "random", "state", "done"):
    file.seek(0)
    saved = torch.load(file)
    saved.pop(missing, None)
    run = Run()
    run.load_state_dict(saved)
    loss = run.train(30)
    weights = zip(run.model.parameters(), unbroken.model.parameters(), strict=True)
    gap = max((a - b).abs().max().item() for a, b in weights)
    print(f"without {missing or 'nothing':9} loss {loss:.4f}, weights differ by {gap:.4g}")

# %% mistake-detach
(x1, y1), (x2, y2) = training[:2]
scores, state = model(x1, None)
F.cross_entropy(scores, y1).backward()
scores, state = model(x2, state)
F.cross_entropy(scores, y2).backward()

# %% mistake-reset
for steps in (32, 16, 8, 4, 2):
    short = windows(text[cut:], 2, steps)
    print(
        f"{steps:2} steps: carried {bits(model, short):.2f}, reset {bits(model, short, False):.2f}"
    )

# %% mistake-validation
few = windows("".join(sentences[:4]), 2, 16)
torch.manual_seed(0)
learned_by_heart = Writer()
train(learned_by_heart, few, epochs=60)
print(
    f"trained on {bits(learned_by_heart, few):.2f}, held out {bits(learned_by_heart, held_out):.2f}"
)

# %% mistake-vocabulary
torch.manual_seed(0)
written = sample(model, "the sun ", 36)
other = "".join(vocabulary[i] for i in torch.randperm(len(vocabulary)).tolist())
print(repr(written))
print(repr("".join(other[number[character]] for character in written)))

# %% mistake-mean
tail = windows(text[cut:], 2, 48)
state, per_window = None, []
model.eval()
with torch.no_grad():
    for x, y in tail:
        scores, state = model(x, state)
        per_window.append(F.cross_entropy(scores, y).item() / math.log(2))
print([len(y) for _, y in tail])
print(
    f"mean over windows {sum(per_window) / len(tail):.3f}, over characters {bits(model, tail):.3f}"
)

# %% solution-floor
half = math.log2(2) + 2 * math.log2(4)  # one choice among two verbs, two among four nouns
print(f"{half / (len(text) / 100):.3f} bits per character")

# %% solution-limits
for temperature in (0.01, 1000.0):
    p = (following / temperature).softmax(dim=0)
    print(f"τ = {temperature}: largest {p.max():.3f}, smallest {p.min():.3f}")
print(f"1/17 = {1 / 17:.3f}")

# %% solution-where
sentence = "the cat finds a dog\n"
indices = torch.tensor([[number[character]] for character in "\n" + sentence])
with torch.no_grad():
    scores, _ = model(indices[:-1], None)
costs = (F.cross_entropy(scores, indices[1:].view(-1), reduction="none") / math.log(2)).tolist()
start = 0
for part in ("the", " cat", " finds", " a", " dog", "\n"):
    print(f"{part!r:9} {sum(costs[start : start + len(part)]):.2f} bits")
    start += len(part)
