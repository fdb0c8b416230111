"""The front page: a word learned in fifteen epochs."""

# %% model
import tinygrad_rnn as torch

torch.manual_seed(0)
alphabet = "ehlo"
x = torch.tensor([[alphabet.index(c)] for c in "hello"])  # (5, 1): (seq, batch)
y = torch.tensor([alphabet.index(c) for c in "ohlol"])  # (5,)

embedding = torch.nn.Embedding(4, 8)  # a character's number -> 8 numbers
rnn = torch.nn.RNN(8, 16)  # -> 16 numbers that remember what came before
linear = torch.nn.Linear(16, 4)  # -> a score for each character

# %% training
layers = torch.nn.ModuleList([embedding, rnn, linear])
optimizer = torch.optim.Adam(layers.parameters(), lr=0.05)
losses = []
for epoch in range(15):
    optimizer.zero_grad()
    states, h_n = rnn(embedding(x))  # (5, 1, 16)
    scores = linear(states).view(-1, 4)  # (5, 4)
    loss = torch.nn.functional.cross_entropy(scores, y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
    if epoch % 7 == 0:
        answer = "".join(alphabet[i] for i in scores.argmax(dim=1))
        print(f"epoch {epoch + 1:2}  loss {loss.item():.4f}  hello -> {answer}")

# %% loss
from book import draw

draw.lines({"loss": losses}, title="Fifteen epochs", x="epoch", y="loss", start=1)


# %% answer
def answer(word):
    numbers = torch.tensor([[alphabet.index(c)] for c in word])
    states, _ = rnn(embedding(numbers))
    best = linear(states).view(-1, 4).argmax(dim=1)
    return "".join(alphabet[i] for i in best)


print(answer("hel"), answer("hell"))
