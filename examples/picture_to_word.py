"""A network sees a handwritten digit and spells its name, from "zero" to "nine".

Convolutions and a fully connected layer make the state h0 of a picture. A recurrent layer starts
from it and spells the word, one character at a time, up to an end mark.

    pip install "tinygrad-rnn[examples]"
    python examples/picture_to_word.py --plot pictures.svg
"""

import argparse
import sys
from pathlib import Path

import tinygrad_rnn as torch

try:
    from matplotlib.figure import Figure
    from sklearn.datasets import load_digits
    from sklearn.decomposition import PCA
    from tqdm import trange
except ModuleNotFoundError as error:
    MISSING = error.name
else:
    MISSING = None

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
START, END = "^", "$"
ALPHABET = START + END + "".join(sorted(set("".join(WORDS))))
STEPS = max(map(len, WORDS)) + 1  # the longest word and its end mark

TRAINING = 1297  # pictures; the other 500 are the test
BATCH = 32


# ---- words ----


def encode(text):
    return torch.tensor([ALPHABET.index(character) for character in text])


def decode(indices):
    """What stands before the first end mark."""
    return "".join(ALPHABET[i] for i in indices).split(END)[0]


# Words are filled up with end marks, so that all have the same length: (words, STEPS).
SPELLINGS = torch.stack([encode(word.ljust(STEPS, END)) for word in WORDS])


# ---- the network ----


def im2col(images, kernel_size):
    """Every patch of every image, as a row.

    Args:
        images: (batch, channels, height, width).
        kernel_size: The height and the width of a patch.

    Returns:
        (batch, patches, channels * kernel_size²), the patches from left to right, then downwards.
    """
    batch, channels, height, width = images.shape
    places = torch.arange(channels * height * width).view(channels, height, width)
    down, right = height - kernel_size + 1, width - kernel_size + 1
    corners = places[0, :down, :right].reshape(-1, 1)
    patch = places[:, :kernel_size, :kernel_size].reshape(1, -1)
    index = corners + patch  # a corner moves the whole patch: (patches, channels * kernel_size²)
    pixels = images.flatten(1).gather(1, index.view(1, -1).expand(batch, -1))
    return pixels.view(batch, *index.shape)


class Conv2d(torch.nn.Module):
    """A convolution without padding: one linear layer, applied to every patch.

    From the same seed, its weights are those of PyTorch's `Conv2d`.
    """

    def __init__(self, in_channels, out_channels, kernel_size):
        super().__init__()
        self.kernel_size = kernel_size
        self.linear = torch.nn.Linear(in_channels * kernel_size**2, out_channels)

    def forward(self, images):
        values = self.linear(im2col(images, self.kernel_size))  # (batch, patches, out_channels)
        height, width = (side - self.kernel_size + 1 for side in images.shape[2:])
        return values.transpose(1, 2).reshape(len(images), -1, height, width)


class PictureToWord(torch.nn.Module):
    def __init__(self, hidden_size=64, embedding_dim=16):
        super().__init__()
        self.cnn = torch.nn.Sequential(
            Conv2d(1, 16, 3),  # 8 x 8 pixels -> 6 x 6
            torch.nn.ReLU(),
            Conv2d(16, 32, 3),  # -> 4 x 4
            torch.nn.ReLU(),
        )
        self.fc = torch.nn.Linear(32 * 4 * 4, hidden_size)
        self.embedding = torch.nn.Embedding(len(ALPHABET), embedding_dim)
        self.rnn = torch.nn.RNN(embedding_dim, hidden_size)
        self.linear = torch.nn.Linear(hidden_size, len(ALPHABET))

    def h0(self, images):
        """What is known of each picture before the first character: (1, batch, hidden)."""
        return torch.tanh(self.fc(self.cnn(images).flatten(1))).unsqueeze(0)

    def spell(self, characters, h):
        """Scores of each next character, (steps, batch, alphabet), and the last state."""
        states, h = self.rnn(self.embedding(characters), h)
        return self.linear(states), h

    def forward(self, images, words):
        """Teacher forcing: each step is given the right character before it."""
        start = encode(START).expand(1, len(images))
        scores, _ = self.spell(torch.cat([start, words[:-1]]), self.h0(images))
        return scores

    def read(self, images):
        """Greedy decoding: each step is given the best character of the step before it."""
        with torch.no_grad():
            character, h, said = encode(START).expand(1, len(images)), self.h0(images), []
            for _ in range(STEPS):
                scores, h = self.spell(character, h)
                character = scores.argmax(dim=2)
                said.append(character)
        return [decode(indices) for indices in torch.cat(said).t().tolist()]


# ---- training ----


def pictures():
    """All pictures, (1797, 1, 8, 8) from 0 to 1, and the digits that they show."""
    digits = load_digits()
    return torch.tensor(digits.images / 16).float().unsqueeze(1), torch.tensor(digits.target)


def exact(read, labels):
    """Whether each word that was read is the name of its digit, letter by letter."""
    return [word == WORDS[label] for word, label in zip(read, labels.tolist())]


def train(images, labels, epochs):
    model = PictureToWord()
    criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    progress = trange(epochs, unit="epoch")
    for _ in progress:
        total = 0
        for rows in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad()
            words = SPELLINGS[labels[rows]].t()  # (STEPS, batch)
            scores = model(images[rows], words)
            loss = criterion(scores.flatten(0, 1), words.flatten())
            loss.backward()
            optimizer.step()
            total += loss.item() * len(rows)
        accuracy = sum(exact(model.read(images), labels)) / len(images)
        progress.set_postfix(loss=f"{total / len(images):.4f}", accuracy=f"{accuracy:.1%}")
    return model


# ---- the plot ----


def plot(file, model, images, labels):
    """Draws pictures with the words read, mistakes first, and the h0 of every picture."""
    read = model.read(images)
    hits = exact(read, labels)
    figure = Figure(figsize=(8, 10), layout="constrained")
    sheet, plane = figure.subplots(2, height_ratios=(6, 5))

    rows, columns, cell = 6, 10, 14  # a cell holds a picture of 8 x 8 and its words below
    canvas = torch.zeros(rows, cell, columns, cell)
    mistakes_first = sorted(range(len(images)), key=hits.__getitem__)
    for place, i in enumerate(mistakes_first[: rows * columns]):
        row, column = divmod(place, columns)
        canvas[row, :8, column, 3:11] = images[i, 0]
        text, color = read[i], "black"
        if not hits[i]:
            text, color = f"{read[i]}\n≠ {WORDS[labels[i]]}", "red"
        x, y = column * cell + 6.5, row * cell + 8
        sheet.text(x, y, text, color=color, fontsize="small", ha="center", va="top")
    sheet.imshow(canvas.view(rows * cell, columns * cell).numpy(), cmap="Greys")
    sheet.set_axis_off()
    sheet.set_title(
        f"{sum(hits)} of {len(hits)} words exactly right; mistakes first, as read ≠ right"
    )

    with torch.no_grad():
        points = PCA(n_components=2).fit_transform(model.h0(images)[0].numpy())
    for digit in range(len(WORDS)):
        plane.scatter(*points[labels.numpy() == digit].T, marker=f"${digit}$")
    wrong = [not hit for hit in hits]
    plane.scatter(*points[wrong].T, s=120, facecolors="none", edgecolors="red")
    plane.set_title("h0 of all pictures, along its two principal components; mistakes circled")
    figure.savefig(file)


# ---- the command line ----


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on is wanted, got {text!r}")
    return int(text)


def writable(name):
    """A file that can be written: better known before the training than after it."""
    file = Path(name)
    if file.suffix not in (".svg", ".png"):
        raise argparse.ArgumentTypeError(f"a name ending in .svg or .png is wanted, got {name!r}")
    try:
        file.open("ab").close()
    except OSError as error:
        reason = f"{name!r} cannot be written: {error.strerror}; choose another place"
        raise argparse.ArgumentTypeError(reason) from None
    if not file.stat().st_size:
        file.unlink()  # a training that is stopped leaves no empty picture
    return file


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seed", type=int, default=0, help="of the split and the weights; default: %(default)s"
    )
    parser.add_argument(
        "--epochs",
        type=positive,
        default=20,
        help="times that all pictures are seen; default: %(default)s",
    )
    parser.add_argument(
        "--plot",
        type=writable,
        metavar="FILE",
        help="draw the pictures with their words, and h0, as .svg or .png",
    )
    arguments = parser.parse_args()
    if MISSING:
        sys.exit(f'{MISSING} is not installed; run pip install "tinygrad-rnn[examples]"')

    torch.manual_seed(arguments.seed)
    images, labels = pictures()
    order = torch.randperm(len(images))
    training, test = order[:TRAINING], order[TRAINING:]
    model = train(images[training], labels[training], arguments.epochs)
    hits = exact(model.read(images[test]), labels[test])
    print(f"{sum(hits)} of {len(hits)} test words exactly right")
    if arguments.plot:
        plot(arguments.plot, model, images[test], labels[test])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped before the end.")
