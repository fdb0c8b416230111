"""Where the seeds come from: MT19937 by hand, and the search for a seed by what was printed."""

# %% way
from book import draw

draw.network(
    {
        "seed": (0, 0),
        "624 words": (1, 0),
        "624 new words": (2, 0),
        "raw draws": (3, 0),
        "uniform numbers": (3, 1),
        "first: weights": (2, 1),
        "next: data": (2, 2),
        "print-out": (1, 1.5),
    },
    [
        ("seed", "624 words"),
        ("624 words", "624 new words"),
        ("624 new words", "raw draws"),
        ("raw draws", "uniform numbers"),
        ("uniform numbers", "first: weights"),
        ("uniform numbers", "next: data"),
        ("first: weights", "print-out"),
        ("next: data", "print-out"),
    ],
    title="From a seed to a print-out",
)

# %% low-bits
import tinygrad_rnn as torch

for seed in (7, 7 + 2**32, 7 - 2**32):
    torch.manual_seed(seed)
    print(f"{seed:12}", torch.rand(4))

# %% first-state
import numpy as np


def spread(word, i):
    """Word i of the first state, from the word before it."""
    return (word ^ (word >> 30)) * 1812433253 + i


def first_state(seeds):
    """The state that each seed begins with: (624, seeds), uint32."""
    words = [np.asarray(seeds, np.uint32)]
    for i in range(1, 624):
        words.append(spread(words[-1], i))
    return np.stack(words)


state = first_state([1807845816, 1807845817])
print(state.shape)
print(state[:3])


# %% raw
def twist(own, following, far):
    """A new word of the state, from three old ones."""
    y = (own & 0x80000000) | (following & 0x7FFFFFFF)
    return far ^ (y >> 1) ^ ((y & 1) * 0x9908B0DF)


def temper(word):
    """The number that a word of the state is shown as."""
    word = word ^ (word >> 11)
    word = word ^ ((word << 7) & 0x9D2C5680)
    word = word ^ ((word << 15) & 0xEFC60000)
    return word ^ (word >> 18)


def raw(seed, count):
    """The first `count` numbers of a seed's stream, as uint32."""
    state, drawn = first_state([seed]), []
    while len(drawn) < count:
        for k in range(624):
            following, far = state[(k + 1) % 624], state[(k + 397) % 624]
            state[k] = twist(state[k], following, far)
        drawn.extend(temper(state[:, 0]))
    return np.array(drawn[:count])


ours = raw(1807845816, 2000)
print(ours[:4])

# %% same-as-numpy
generator = np.random.RandomState(1807845816)
numpys = generator.randint(0, 2**32, 2000, dtype=np.uint32)
print("equal to NumPy's:", (ours == numpys).all())


# %% uniform
def uniform(words):
    """Numbers in [0, 1), as float32, from raw ones."""
    return (words & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)


torch.manual_seed(1807845816)
pytorchs = torch.rand(2000)
print(pytorchs[:4])
print("equal to torch.rand:", (uniform(ours) == pytorchs.numpy()).all())


# %% weights
def between(u, bound):
    """Numbers from -bound to bound, rounded to float32 once."""
    bound = float(np.float32(bound))
    return (u.astype(np.float64) * (2 * bound) - bound).astype(np.float32)


torch.manual_seed(1807845816)
cell = torch.nn.RNNCell(4, 2)
print(cell.weight_ih)
weights = torch.cat([p.detach().view(-1) for p in cell.parameters()])
by_hand = between(uniform(ours[:16]), 2**-0.5)
print("all 16 equal:", (by_hand == weights.numpy()).all())

# %% next
print(torch.rand(3, 1, 4))
print("the draws 16 to 27:", uniform(ours[16:28])[:4].round(4), "...")

# %% chance
for n in range(4):
    print(f"{n} values printed: {2**32 * 1e-4**n:15.4f} seeds fit by chance")

# %% draws-before
for input_size, printed in ((4, (3, 1, 4)), (4, (3, 2, 4)), (1, (4, 2, 1))):
    cell = torch.nn.RNNCell(input_size, 2)
    sizes = [p.numel() for p in cell.parameters()]
    count = torch.Size(printed).numel()
    print(sizes, "=", sum(sizes), "draws, then", count, "are printed")

# %% needs
draw.network(
    {
        "word k": (0, 0),
        "word k + 1": (0, 1),
        "word k + 397": (0, 2),
        "(twist)": (1, 1),
        "(temper)": (2, 1),
        "draw k": (3, 1),
    },
    [
        ("word k", "(twist)"),
        ("word k + 1", "(twist)"),
        ("word k + 397", "(twist)"),
        ("(twist)", "(temper)"),
        ("(temper)", "draw k"),
    ],
    title="The three words of the first state that a draw depends on",
)


# %% draws
def draws(seeds, first, count):
    """Draws first, first + 1, ... of every seed: (count, seeds), uint32."""
    assert first + count <= 227
    word, near, far = np.asarray(seeds, np.uint32), [], []
    for i in range(first + count + 397):
        if i > 0:
            word = spread(word, i)
        if first <= i <= first + count:
            near.append(word)
        if i >= first + 397:
            far.append(word)
    near = np.stack(near)
    return temper(twist(near[:-1], near[1:], np.stack(far)))


few = draws([1807845816, 1807845817], 16, 12)
print(few.shape)
print("equal to the whole generator's:", (few[:, 0] == ours[16:28]).all())


# %% search
def fits(values, printed):
    """Where a value, printed with 4 decimals, is the printed one."""
    return np.abs(values - printed) < 0.5e-4 + 1e-6  # and a hair for rounding


def search(seeds, before, printed):
    """The seeds whose draws, after `before` others, are the printed values."""
    first = uniform(draws(seeds, before, 1))
    seeds = seeds[fits(first[0], printed[0])]
    print(len(seeds), "seeds fit the first value")
    values = uniform(draws(seeds, before, len(printed)))  # (values, seeds)
    return seeds[fits(values.T, printed).all(axis=1)]


dataset = np.array(
    [
        [0.0838, 0.6044, 0.0810, 0.7452],
        [0.6009, 0.8458, 0.0021, 0.5979],
        [0.4665, 0.0486, 0.2486, 0.5683],
    ]
)
window = np.arange(1807700000, 1807900000, dtype=np.uint32)
found = search(window, 16, dataset.ravel())
print("all twelve:", found)

# %% left
tenths = np.floor(10 * uniform(draws(window, 16, 6)))  # (6, seeds)
same = tenths == np.floor(10 * dataset.reshape(-1, 1)[:6])
left = [len(window), *np.cumprod(same, axis=0).sum(axis=1)]
draw.lines(
    {"left": left, "by chance": [len(window) / 10**n for n in range(7)]},
    title="Seeds of the window that are left after each value",
    x="values compared, to their first decimal",
    y="seeds left",
    log=True,
)

# %% replayed
torch.manual_seed(int(found[0]))
cell = torch.nn.RNNCell(4, 2)
sequence = torch.rand(3, 1, 4)
print(sequence)
h = torch.zeros(1, 2)
for x in sequence:
    h = cell(x, h)
    print(h)

# %% seq4
numbers = [0.6525, 0.6306, 0.7393, 0.8773, 0.7610, 0.1576, 0.1989, 0.8072]
window = np.arange(103100000, 103300000, dtype=np.uint32)
found = search(window, 10, numbers)
print("all eight:", found)
torch.manual_seed(int(found[0]))
cell = torch.nn.RNNCell(1, 2)
print(torch.rand(4, 2, 1).view(4, 2))


# %% first-epoch
def first_epoch(seeds):
    """Loss and answers of the untrained cell on "hello", for every seed."""
    w = between(uniform(draws(seeds, 0, 40)), 0.5).T  # (seeds, 40)
    w_ih, w_hh = w[:, :16].reshape(-1, 4, 4), w[:, 16:32].reshape(-1, 4, 4)
    bias = w[:, 32:36] + w[:, 36:40]
    h, loss, answers = np.zeros((len(w), 4), np.float32), 0, []
    for character, label in ((1, 3), (0, 1), (2, 2), (2, 3), (3, 2)):
        recurrent = (w_hh * h[:, None]).sum(axis=2)
        h = np.tanh(w_ih[:, :, character] + recurrent + bias)
        loss = loss + np.log(np.exp(h).sum(axis=1)) - h[:, label]
        answers.append(h.argmax(axis=1))
    return loss, np.stack(answers, axis=1)


window = np.arange(1237906000, 1237908000, dtype=np.uint32)
loss, answers = first_epoch(window)
same_loss = fits(loss, 6.5936)
same_answer = (answers == [1, 1, 1, 0, 0]).all(axis=1)  # hhhee in "ehlo"
print("loss 6.5936:", same_loss.sum(), "   answer hhhee:", same_answer.sum())
survivors = window[same_loss & same_answer]
print(survivors)

# %% trained
fifteen = [6.5936, 5.1479, 4.1417, 3.5055, 3.0920, 2.8072, 2.5990, 2.4372]
fifteen += [2.3106, 2.2115, 2.1293, 2.0575, 1.9963, 1.9460, 1.9059]


def train(seed):
    """The losses of the RNNCell program's fifteen epochs."""
    torch.manual_seed(seed)
    cell = torch.nn.RNNCell(4, 4)
    optimizer = torch.optim.Adam(cell.parameters(), lr=0.1)
    inputs = torch.eye(4)[[1, 0, 2, 2, 3]].view(5, 1, 4)
    labels = torch.tensor([[3], [1], [2], [3], [2]])
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        h, loss = torch.zeros(1, 4), 0
        for x, label in zip(inputs, labels, strict=True):
            h = cell(x, h)
            loss = loss + torch.nn.functional.cross_entropy(h, label)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.array(losses)


for seed in survivors.tolist():
    print(seed, "gives", fits(train(seed), fifteen).sum(), "of the 15 losses")
stranger = window[same_answer & ~same_loss][0]
print(stranger, "gives", fits(train(int(stranger)), fifteen).sum())


# %% box-muller
def box_muller(u):
    """16 uniform numbers to 16 normal ones: eight radii, eight angles."""
    radius = np.sqrt(-2 * np.log(1 - u[:8]))
    angle = np.float32(2 * np.pi) * u[8:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])


torch.manual_seed(0)
print(torch.randn(16))
print(torch.tensor(box_muller(uniform(raw(0, 16)))))


# %% normal
def normal(seed, count):
    """The first `count` normal numbers of a seed, for a count of 16 or more."""
    u = uniform(raw(seed, count + 16))
    whole = count - count % 16
    blocks = [box_muller(u[i : i + 16]) for i in range(0, whole, 16)]
    values = np.concatenate([*blocks, u[whole:count]])
    if count % 16:
        values[-16:] = box_muller(u[count:])  # 16 fresh draws
    return values


for count in (16, 32, 40):
    torch.manual_seed(0)
    furthest = np.abs(normal(0, count) - torch.randn(count).numpy()).max()
    print(count, "numbers equal to within 1e-6:", furthest < 1e-6)

# %% embedding
window = np.arange(1512200000, 1512220000, dtype=np.uint32)
radius = np.sqrt(-2 * np.log(1 - uniform(draws(window, 0, 1)[0])))
angle = np.float32(2 * np.pi) * uniform(draws(window, 8, 1)[0])
first, ninth = radius * np.cos(angle), radius * np.sin(angle)
found = window[fits(first, -0.5575) & fits(ninth, 0.5026)]
print(found)

# %% embedding-weights
torch.manual_seed(int(found[0]))
print(torch.nn.Embedding(4, 10).weight)

# %% recover
from tinygrad_rnn import recover

description = recover.from_toml("""
[[draw]]
layer = "RNNCell"
input_size = 1
hidden_size = 2

[[draw]]
rand = [4, 2, 1]
printed = "0.6525 0.6306 0.7393 0.8773 0.7610 0.1576 0.1989 0.8072"
""")
print(f"wrong seeds that fit by chance: {2**32 * description.chance():.0e}")
recover.search(description, 103_100_000, 103_300_000, processes=1).seeds

# %% recover-own
torch.manual_seed(2_026_123)
noise = torch.randn(3)
description = recover.from_toml(f'''
[[draw]]
randn = [3]
printed = "{noise}"
''')
noise, recover.search(description, 2_000_000, 2_100_000, processes=1).seeds

# %% recover-impossible
recover.from_toml("""
[[draw]]
rand = [3]
printed = "0.9157 0.4210 1.0933"
""")

# %% unseeded
seed = torch.seed()  # from the operating system: keep it with the results
kept = torch.rand(3)
torch.manual_seed(seed)
print("the same again:", torch.equal(torch.rand(3), kept))

# %% separate
for shuffled in (False, True):
    torch.manual_seed(0)
    order = torch.Generator().manual_seed(1)  # the data's own stream
    if shuffled:
        torch.randperm(6, generator=order)
    print(torch.nn.RNNCell(4, 1).weight_ih.detach())


# %% mistake-late
def late():
    cell = torch.nn.RNNCell(4, 2)
    torch.manual_seed(0)
    return cell.weight_ih


def early():
    torch.manual_seed(0)
    return torch.nn.RNNCell(4, 2).weight_ih


for program in (late, early):
    runs = []
    for _ in range(2):
        torch.seed()  # a fresh start: nothing is seeded yet
        runs.append(program())
    print(f"{program.__name__:6} two runs equal: {torch.equal(*runs)}")

# %% mistake-one-more
for noise in (0, 1):
    torch.manual_seed(1807845816)
    cell = torch.nn.RNNCell(4, 2)
    torch.rand(noise)
    print(torch.rand(6))

# %% mistake-randn
torch.manual_seed(3)
stream = torch.rand(100).numpy()
for count in (1, 2, 15, 16, 17, 40):
    torch.manual_seed(3)
    torch.randn(count)
    used = np.flatnonzero(stream == torch.rand(1).item())[0]
    print(f"randn({count}) takes {used} raw draws")

# %% mistake-equal
torch.manual_seed(1807845816)
cell = torch.nn.RNNCell(4, 2)
values = torch.rand(3, 4)
figures = torch.tensor(dataset).float()
print("equal by ==:", (values == figures).sum().item(), "of 12")
print("in the interval:", fits(values.numpy(), dataset).sum(), "of 12")
print("equal as text:", str(values) == str(figures))

# %% solution-decimals
for decimals in range(1, 7):
    n = 1
    while 2**32 * 10.0 ** (-decimals * n) > 0.01:
        n += 1
    print(f"{decimals} decimals: {n} values")

# %% solution-batch2
printed = [0.6906, 0.7810, 0.2862, 0.9390, 0.8915, 0.2699, 0.4300, 0.3093]
window = np.arange(404200000, 404300000, dtype=np.uint32)
found = search(window, 16, printed)
print(found)
torch.manual_seed(int(found[0]))
cell = torch.nn.RNNCell(4, 2)
print(torch.rand(3, 2, 4)[0])

# %% solution-next
foreseen = uniform(draws([1807845816], 28, 4)[:, 0])
torch.manual_seed(1807845816)
cell = torch.nn.RNNCell(4, 2)
torch.rand(3, 1, 4)
drawn = torch.rand(4)
print(drawn)
assert (foreseen == drawn.numpy()).all()
