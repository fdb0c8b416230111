"""An RNN learns to answer "hello" with "ohlol", the whole word in one call.

Prints, figure by figure, what the document prints; the seed is the one its run had.
"""

import tinygrad_rnn as torch

torch.manual_seed(390739060)

ALPHABET = "ehlo"
EPOCHS = 15


def encode(word):
    return torch.LongTensor([ALPHABET.index(character) for character in word])


class Speller(torch.nn.Module):
    """One recurrent layer whose states double as the scores of the next character."""

    def __init__(self, characters):
        super().__init__()
        self.rnn = torch.nn.RNN(characters, characters)

    def forward(self, x):
        states, _ = self.rnn(x)  # (seq, batch, characters)
        return states.view(-1, states.size(2))


one_hot = torch.nn.functional.one_hot(encode("hello"), len(ALPHABET)).float()
inputs = one_hot.view(-1, 1, len(ALPHABET))  # (seq, batch, characters)
labels = encode("ohlol")  # (seq)
print("labels.shape:", labels.shape)
print("labels", labels)

model = Speller(len(ALPHABET))
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for epoch in range(1, EPOCHS + 1):
    optimizer.zero_grad()
    scores = model(inputs)
    print("outputs:", scores)
    loss = criterion(scores, labels)
    loss.backward()
    optimizer.step()
    best = scores.max(dim=1)
    print("outputs.max(dim=1)", best)
    print("idx:", best.indices.numpy())
    answer = "".join(ALPHABET[i] for i in best.indices)
    print(f"Predicted: {answer},Epoch [{epoch}/{EPOCHS}] loss =  {loss.item():.4f}")
