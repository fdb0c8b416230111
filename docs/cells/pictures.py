"""From a picture to a word: convolutions make h0, a recurrent network spells."""

# %% picture
from itertools import pairwise

from book import draw

import tinygrad_rnn as torch

F = torch.nn.functional
line = ["CNN", "FC", "cell|1", "cell|2", "cell|3", "cell|4"]
boxes = {"(image)": (0, 2)}
boxes |= {name: (column, 1) for column, name in enumerate(line)}
arrows = [("(image)", "CNN"), *pairwise(line)]
for t, (read, say) in enumerate(zip("^one", "one$", strict=True), start=1):
    boxes |= {f"({read})|in {t}": (t + 1, 2), f"({say})|out {t}": (t + 1, 0)}
    arrows += pairwise([f"({read})|in {t}", f"cell|{t}", f"({say})|out {t}"])
title = "An image becomes the first state, and the cells spell the word"
draw.network(boxes, arrows, title=title)

# %% glyphs
WORDS = ["one", "two", "four", "five", "six", "seven"]
DRAWN = """
..#.. .###. #..#. ####. .###. #####
.##.. #...# #..#. #.... #.... ....#
..#.. ..##. ##### ###.. ####. ..##.
..#.. .#... ...#. ...#. #...# .#...
.###. ##### ...#. ###.. .###. .#...
"""
lines = DRAWN.split()  # row after row, six glyphs in each
pixels = [[float(mark == "#") for mark in line] for line in lines]
GLYPHS = torch.tensor(pixels).view(5, 6, 5).transpose(0, 1)
print("glyphs:", tuple(GLYPHS.shape), "(words, height, width)")


# %% noise
def pictures(each, noise):
    """Noisy pictures, `each` of every glyph, and the numbers of their words."""
    labels = torch.arange(len(WORDS)).repeat(each)
    images = GLYPHS[labels].unsqueeze(1)  # (batch, 1, height, width)
    return (1 - noise) * images + noise * torch.rand(images.shape), labels


torch.manual_seed(0)
images, labels = pictures(each=10, noise=0.5)
print("images:", tuple(images.shape), " labels:", tuple(labels.shape))
title = f"A noisy picture of {WORDS[labels[2]]}"
draw.heatmap(images[2, 0].tolist(), title=title, digits=1)

# %% index
places = torch.arange(16).view(1, 4, 4)  # (channels, height, width)
print(places[0])
corners = places[0, :2, :2].reshape(-1, 1)
patch = places[:, :3, :3].reshape(1, -1)
print("corners:", tuple(corners.shape), corners.flatten().tolist())
print("patch:  ", tuple(patch.shape), patch.flatten().tolist())
print(corners + patch)


# %% im2col
def im2col(images, kernel_size):
    """(batch, channels, height, width) -> (batch, patches, channels * kernel_size²)"""
    batch, channels, height, width = images.shape
    places = torch.arange(channels * height * width).view(channels, height, width)
    down, right = height - kernel_size + 1, width - kernel_size + 1
    corners = places[0, :down, :right].reshape(-1, 1)
    patch = places[:, :kernel_size, :kernel_size].reshape(1, -1)
    index = corners + patch
    pixels = images.flatten(1).gather(1, index.view(1, -1).expand(batch, -1))
    return pixels.view(batch, *index.shape)


patches = im2col(images, 3)
print("images: ", tuple(images.shape))
print("patches:", tuple(patches.shape))
middle = images[0, 0, 1:4, 1:4].flatten()
print("the fifth is the middle:", torch.equal(patches[0, 4], middle))

# %% product
upright = torch.tensor([[-1.0, 2.0, -1.0]] * 3)
by_matmul = im2col(GLYPHS.unsqueeze(1), 3) @ upright.flatten()
print("one number for each patch:", tuple(by_matmul.shape))
print("where the one has strokes that stand upright:")
print(by_matmul[0].view(3, 3))

by_loops = torch.zeros(6, 3, 3)
for row in range(3):
    for column in range(3):
        window = GLYPHS[:, row : row + 3, column : column + 3]
        by_loops[:, row, column] = (window * upright).sum(dim=(1, 2))
print("as two loops give it:", torch.equal(by_matmul.view(6, 3, 3), by_loops))


# %% layer
class Conv2d(torch.nn.Module):
    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.kernel_size = kernel_size
        self.linear = torch.nn.Linear(in_channels * kernel_size**2, out_channels)

    def forward(self, images):
        values = self.linear(im2col(images, self.kernel_size))
        height, width = (side - self.kernel_size + 1 for side in images.shape[2:])
        return values.transpose(1, 2).reshape(len(images), -1, height, width)


convolution = Conv2d(1, 8, 3)
print("in: ", tuple(images.shape))
print("out:", tuple(convolution(images).shape))
for name, parameter in convolution.named_parameters():
    print(f"{name:14}{list(parameter.shape)}")

# %% alphabet
START, END = "^", "$"
ALPHABET = START + END + "".join(sorted(set("".join(WORDS))))
STEPS = max(map(len, WORDS)) + 1


def encode(text):
    return torch.tensor([ALPHABET.index(character) for character in text])


def decode(indices):
    return "".join(ALPHABET[i] for i in indices)


SPELLINGS = torch.stack([encode(word.ljust(STEPS, END)) for word in WORDS])
print("alphabet: ", ALPHABET, len(ALPHABET))
print("spellings:", tuple(SPELLINGS.shape), [decode(row) for row in SPELLINGS])


# %% model
class PictureToWord(torch.nn.Module):
    def __init__(self, hidden_size=32):
        super().__init__()
        self.cnn = torch.nn.Sequential(Conv2d(1, 8, 3), torch.nn.ReLU())
        self.fc = torch.nn.Linear(8 * 3 * 3, hidden_size)
        self.embedding = torch.nn.Embedding(len(ALPHABET), 8)
        self.rnn = torch.nn.RNN(8, hidden_size)
        self.linear = torch.nn.Linear(hidden_size, len(ALPHABET))

    def h0(self, images):  # (1, batch, hidden)
        return torch.tanh(self.fc(self.cnn(images).flatten(1))).unsqueeze(0)

    def spell(self, characters, h):  # (steps, batch, alphabet), (1, batch, hidden)
        states, h = self.rnn(self.embedding(characters), h)
        return self.linear(states), h


torch.manual_seed(0)
model = PictureToWord()
start = encode(START).expand(1, len(images))
scores, h = model.spell(start, model.h0(images))
print("h0:        ", tuple(model.h0(images).shape))
print("characters:", tuple(start.shape))
print("scores:    ", tuple(scores.shape))
print("h:         ", tuple(h.shape))


# %% shifted
def shifted(words):
    """What each step is given: the character before its own, (steps, batch)."""
    return torch.cat([encode(START).expand(1, words.shape[1]), words[:-1]])


words = SPELLINGS[labels].t()  # (steps, batch)
print("given: ", " ".join(decode(shifted(words)[:, 2])))
print("wanted:", " ".join(decode(words[:, 2])))


# %% train
def train(images, words, **settings):
    torch.manual_seed(1)
    model, losses = PictureToWord(), []
    labels = words.flatten()  # (steps * batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(100):
        optimizer.zero_grad()
        scores, _ = model.spell(shifted(words), model.h0(images))
        loss = F.cross_entropy(scores.flatten(0, 1), labels, **settings)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model, losses


model, losses = train(images, words)
title = "The loss of a letter falls"
draw.lines({"loss": losses}, title=title, x="step of the training", y="loss")


# %% read
def read(model, images, h=None):
    """What is read from each picture, STEPS characters long."""
    with torch.no_grad():
        h = model.h0(images) if h is None else h
        character, said = encode(START).expand(1, len(images)), []
        for _ in range(STEPS):
            scores, h = model.spell(character, h)
            character = scores.argmax(dim=2)
            said.append(character)
    return [decode(indices) for indices in torch.cat(said).t()]


print("said:", read(model, images[:6]))
print("read:", [said.split(END)[0] for said in read(model, images[:6])])


# %% unseen
def share(model, images, labels):
    """The share of the pictures whose word is exactly right."""
    words = [said.split(END)[0] for said in read(model, images)]
    pairs = zip(words, labels, strict=True)
    return sum(word == WORDS[label] for word, label in pairs) / len(images)


unseen, their_labels = pictures(each=50, noise=0.5)
print(f"pictures of the training: {share(model, images, labels):.0%}")
print(f"300 others:               {share(model, unseen, their_labels):.0%}")

# %% zeros
print("h0 of zeros:", set(read(model, images, torch.zeros(1, 60, 32))))

# %% distances
with torch.no_grad():
    h0 = model.h0(unseen)[0]
means = torch.stack([h0[their_labels == i].mean(dim=0) for i in range(6)])
distances = (means.unsqueeze(0) - means.unsqueeze(1)).norm(dim=2).tolist()
title = "How far apart the h0 of the six words are"
draw.heatmap(distances, title=title, rows=WORDS, columns=WORDS, digits=1)

# %% mistake-h0-shape
flat = torch.tanh(model.fc(model.cnn(images).flatten(1)))
print("h0:", tuple(flat.shape))
model.spell(start, flat)

# %% mistake-channels
model.h0(GLYPHS)

# %% mistake-cut
torch.manual_seed(0)
cut = PictureToWord()
scores, _ = cut.spell(shifted(words), cut.h0(images).detach())
F.cross_entropy(scores.flatten(0, 1), words.flatten()).backward()
for name, parameter in cut.named_parameters():
    print(f"{name:22}", "no gradient" if parameter.grad is None else "gradient")

# %% mistake-no-end
endless, _ = train(images, words, ignore_index=ALPHABET.index(END))
print("said:", read(endless, images[:6]))

# %% mistake-not-scaled
untrained = PictureToWord()
for largest in (1, 255):
    saturated = (untrained.h0(largest * images).abs() > 0.999).float().mean()
    print(f"untrained, pixels up to {largest:3}: {saturated:3.0%} of h0 beyond 0.999")

faint = unseen / 255
print(f"read as trained: {share(model, unseen, their_labels):4.0%} right")
print(f"divided by 255:  {share(model, faint, their_labels):4.0%} right")
print("said:", set(read(model, faint)))

# %% mistake-flatters
hard, hard_labels = pictures(each=50, noise=0.8)
hard_words = SPELLINGS[hard_labels].t()
with torch.no_grad():
    scores, _ = model.spell(shifted(hard_words), model.h0(hard))
forced = scores.argmax(dim=2)
letters = (forced == hard_words).float().mean()
print(f"letters right, given those before: {letters:.0%}")
print(f"words right, read alone:           {share(model, hard, hard_labels):.0%}")

# %% mistake-flatters-word
print("shown  given the right letters  alone")
for i, said in enumerate(read(model, hard[:12])):
    shown = decode(hard_words[:, i])
    if said != shown:
        print(f"{shown:7}{decode(forced[:, i]):26}{said}")


# %% solution-count
def weights(channels, outputs, height, width, kernel_size):
    """How many a convolution has, and a linear layer between the same images."""
    patches = (height - kernel_size + 1) * (width - kernel_size + 1)
    convolution = outputs * (channels * kernel_size**2 + 1)
    return convolution, outputs * patches * (channels * height * width + 1)


layers = [Conv2d(1, 8, 3), torch.nn.Linear(5 * 5, 8 * 3 * 3)]
counted = [sum(p.numel() for p in layer.parameters()) for layer in layers]
assert weights(1, 8, 5, 5, 3) == tuple(counted)
for side in (5, 8, 28):
    print(f"{side:2} x {side:2} pixels: {weights(1, 8, side, side, 3)}")


# %% solution-padding
def padded(images, margin):
    """The images with a frame of zeros."""
    batch, channels, height, width = images.shape
    down, right = margin + height, margin + width
    framed = torch.zeros(batch, channels, down + margin, right + margin)
    framed[:, :, margin:down, margin:right] = images
    return framed


assert torch.equal(padded(images, 1)[:, :, 1:-1, 1:-1], images)
assert padded(images, 1).sum() == images.sum()
print("without a frame:", tuple(convolution(images).shape))
print("with a frame:   ", tuple(convolution(padded(images, 1)).shape))


# %% solution-sure
def probability(model, images, spellings):
    """How probable the model finds a word for each picture."""
    words = torch.stack([encode(spelling) for spelling in spellings]).t()
    with torch.no_grad():
        scores, _ = model.spell(shifted(words), model.h0(images))
    rows, labels = scores.flatten(0, 1), words.flatten()
    losses = F.cross_entropy(rows, labels, reduction="none")
    return torch.exp(-losses.view(STEPS, -1).sum(dim=0))


of_read = probability(model, hard, read(model, hard))
for least in (0.0, 0.5, 0.9):
    sure = of_read >= least
    right = share(model, hard[sure], hard_labels[sure])
    part = sure.float().mean()
    print(f"at least {least:.1f}: {part:4.0%} of the pictures, {right:.0%} right")
