"""An RNNCell learns to answer "hello" with "ohlol", one character after the other.

Prints, figure by figure, what the document prints; the seed is the one its run had.
"""

import tinygrad_rnn as torch

torch.manual_seed(1237907172)

ALPHABET = "ehlo"
EPOCHS = 15


def encode(word):
    return torch.LongTensor([ALPHABET.index(character) for character in word])


class Speller(torch.nn.Module):
    """One cell whose hidden state doubles as the scores of the next character."""

    def __init__(self, characters):
        super().__init__()
        self.cell = torch.nn.RNNCell(characters, characters)

    def forward(self, x, h):
        return self.cell(x, h)


one_hot = torch.nn.functional.one_hot(encode("hello"), len(ALPHABET)).float()
inputs = one_hot.view(-1, 1, len(ALPHABET))  # (seq, batch, characters)
labels = encode("ohlol").view(-1, 1)  # (seq, batch)
print("labels:", labels.shape)

model = Speller(len(ALPHABET))
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for epoch in range(1, EPOCHS + 1):
    optimizer.zero_grad()
    loss = 0
    answer = ""
    h = torch.zeros(1, len(ALPHABET))
    for x, label in zip(inputs, labels):
        h = model(x, h)
        loss = loss + criterion(h, label)  # the sum, so that every step is learned from
        answer += ALPHABET[h.argmax(dim=1).item()]
    loss.backward()
    optimizer.step()
    print(f"预测的字符:{answer},Epoch [{epoch}/{EPOCHS}] loss =  {loss.item():.4f}")
