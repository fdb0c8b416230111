"""Embedding, two-layer RNN and Linear learn to answer "hello" with "ohlol".

Prints, figure by figure, what the document prints; the seed is the one its run had.
"""

import tinygrad_rnn as torch

torch.manual_seed(1512213648)

ALPHABET = "ehlo"
EMBEDDING_SIZE, HIDDEN_SIZE, LAYERS = 10, 4, 2
EPOCHS = 15


def encode(word):
    return torch.LongTensor([ALPHABET.index(character) for character in word])


class Speller(torch.nn.Module):
    """Looks characters up, reads them, and scores every character from the states."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(len(ALPHABET), EMBEDDING_SIZE)
        self.rnn = torch.nn.RNN(EMBEDDING_SIZE, HIDDEN_SIZE, LAYERS, batch_first=True)
        self.linear = torch.nn.Linear(HIDDEN_SIZE, len(ALPHABET))

    def forward(self, characters):  # (batch, seq)
        batch = characters.size(0)
        print("x.size(0)", batch)
        h0 = torch.zeros(LAYERS, batch, HIDDEN_SIZE)
        print("hidden.shape", h0.shape)
        print("hidden", h0)
        print("x_0:", characters)
        vectors = self.embedding(characters)  # (batch, seq, EMBEDDING_SIZE)
        print("x_1:", vectors)
        states, _ = self.rnn(vectors, h0)  # (batch, seq, HIDDEN_SIZE)
        print("x_2", states)
        scores = self.linear(states)  # (batch, seq, characters)
        print("x_3", scores)
        rows = scores.view(-1, len(ALPHABET))
        print("x.view:", rows)
        return rows


inputs = encode("hello").view(1, -1)
labels = encode("ohlol")
print("inputs", inputs)

model = Speller()
criterion = torch.nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)

for epoch in range(1, EPOCHS + 1):
    optimizer.zero_grad()
    scores = model(inputs)
    print("outputs:", scores)
    loss = criterion(scores, labels)
    loss.backward()
    optimizer.step()
    best = scores.argmax(dim=1)
    print("idx:", best.numpy())
    answer = "".join(ALPHABET[i] for i in best)
    print(f"Predicted: {answer},Epoch [{epoch}/{EPOCHS}] loss =  {loss.item():.4f}")
