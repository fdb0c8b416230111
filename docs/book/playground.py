"""The playground of the front page: a network learns to answer one word with another.

The page's playground.js calls `main`. In a terminal:

    python -m docs.book.playground '{"word": "hello", "target": "ohlol"}'
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import tinygrad_rnn as torch

CHARACTERS, HIDDEN, EPOCHS = 40, 64, 1000  # at most
LEARNING_RATES = (0.0001, 1.0)
EMBEDDING = 8
PATIENCE = 30  # epochs that the whole word is right before training ends


def train(
    word: Sequence[str],
    target: Sequence[str],
    hidden: int = 16,
    lr: float = 0.01,
    epochs: int = 200,
    seed: int = 0,
) -> Iterator[dict[str, Any]]:
    """Trains an embedding, a recurrent and a linear layer, and tells of each epoch.

    Args:
        word: What the network reads: a string, or a list of characters if some of them are
            written with several code points.
        target: What it is to answer, a character for each of the word's.
        hidden: The numbers of the hidden state.
        lr: The learning rate of Adam.
        epochs: When to end, unless the whole word was right for `PATIENCE` epochs before.
        seed: The seed of the parameters.

    Returns:
        For each epoch its number `epoch`, the characters `predicted`, the mean `loss`, and the
        `states`, a list of hidden numbers for each character.

    Raises:
        ValueError: If an argument is not within its limits.
    """
    if not 1 <= len(word) <= CHARACTERS:
        raise ValueError(f"A word has 1 to {CHARACTERS} characters; this one has {len(word)}.")
    if len(target) != len(word):
        raise ValueError(
            f"The target has as many characters as the word; "
            f"they have {len(target)} and {len(word)}."
        )
    if not all(isinstance(each, str) and each for each in [*word, *target]):
        raise ValueError("A character is a string that is not empty.")
    _check_whole("The hidden size", hidden, 1, HIDDEN)
    _check_whole("The number of epochs", epochs, 1, EPOCHS)
    low, high = LEARNING_RATES
    if not isinstance(lr, int | float) or not low <= lr <= high:
        raise ValueError(f"The learning rate is a number from {low:g} to {high:g}, not {lr!r}.")
    return _epochs(word, target, hidden, lr, epochs, seed)


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high}, not {value!r}.")


def _epochs(
    word: Sequence[str], target: Sequence[str], hidden: int, lr: float, epochs: int, seed: int
) -> Iterator[dict[str, Any]]:
    alphabet = sorted({*word, *target})
    x = torch.tensor([[alphabet.index(c)] for c in word])  # (seq, 1)
    y = torch.tensor([alphabet.index(c) for c in target])  # (seq)

    torch.manual_seed(seed)
    embedding = torch.nn.Embedding(len(alphabet), EMBEDDING)
    rnn = torch.nn.RNN(EMBEDDING, hidden)
    linear = torch.nn.Linear(hidden, len(alphabet))
    layers = torch.nn.ModuleList([embedding, rnn, linear])
    optimizer = torch.optim.Adam(layers.parameters(), lr=lr)

    right = 0
    for epoch in range(1, epochs + 1):
        optimizer.zero_grad()
        states, _ = rnn(embedding(x))  # (seq, 1, hidden)
        scores = linear(states).view(-1, len(alphabet))
        loss = torch.nn.functional.cross_entropy(scores, y)
        loss.backward()
        optimizer.step()
        predicted = [alphabet[i] for i in scores.argmax(dim=1).tolist()]
        yield {
            "epoch": epoch,
            "predicted": predicted,
            "loss": round(loss.item(), 6),
            "states": [[round(h, 3) for h in state] for [state] in states.tolist()],
        }
        right = right + 1 if predicted == list(target) else 0
        if right == PATIENCE:
            return


def main(settings: str) -> None:
    """Trains, and prints a line of JSON for each epoch.

    Args:
        settings: The arguments of `train`, as JSON.
    """
    for epoch in train(**json.loads(settings)):
        print(json.dumps(epoch, allow_nan=False, separators=(",", ":")))


if __name__ == "__main__":
    main(sys.argv[1])
