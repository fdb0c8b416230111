"""Expressions and settings that run under PyTorch and under tinygrad_rnn: data, no code.

`programs.py` makes a program of each. An expression sees `torch`, `F`, `np` and the inputs below.
"""

import numpy as np

# ---- inputs ----


def _inputs() -> dict[str, np.ndarray]:
    random = np.random.RandomState(2024)
    normal = random.standard_normal
    return {
        "a": normal((2, 3)),
        "b": normal((2, 3)),
        "p": random.uniform(0.5, 2.0, (2, 3)),
        "q": random.uniform(0.1, 0.9, (2, 3)),
        "v": normal(3),
        "w": normal(3),
        "c": normal((2, 1)),
        "m": normal((3, 2)),
        "s": normal(()),
        "o": normal(1),
        "x": normal((2, 3, 2)),
        "y": normal((2, 2, 3)),
        "z": normal((2, 1, 3, 2)),
        "big": np.array([1000.0, 1001.0, -1000.0]),
        "ties": np.array([[1.0, 3.0, 3.0], [2.0, 2.0, -1.0]]),
        "tied": np.array([[1.0, 2.0, 3.0], [2.0, 0.0, -1.0]]),
        "nans": np.array([[1.0, np.nan, 3.0], [np.inf, 2.0, -np.inf]]),
        "zero": np.array([0.0, -0.0, 1.0]),
        "e": np.zeros((0, 3)),
        "i": np.array([[1, -2, 3], [4, 5, -6]]),
        "pos": np.array([2, 0, 1]),
        "pair": np.array([1, 0]),
        "at": np.array([[0, 2], [1, 1]]),
        "both": np.array([[0, 2], [1, 0]]),
        "three": np.array(3),
        "j": np.array([[1, 2, 3], [-4, 5, 7]], np.int32),
        "u": np.array([[1, 2, 250], [0, 5, 7]], np.uint8),
        "k": np.array([[True, False, True], [False, False, True]]),
        "row": np.array([True, False]),
        "yes": np.array([True, True, True]),
    }


INPUTS = _inputs()

# ---- expressions, with the gradient of every input that they name ----

BOTH_DTYPES = {"pointwise", "reductions", "products", "losses"}
"""The groups that run in float64 as well as in float32."""

EXPRESSIONS = {
    "pointwise": """
    a + b   a + v   a + c   c + v   a + s   a + 2   a + 2.5   2 + a
    torch.add(a, b, alpha=2)   torch.add(a, 3, alpha=2)   a.add(b)   a - b   a - v   a - 1.5
    1.5 - a   torch.sub(a, b, alpha=3)   a * b   a * c   a * 3   0.5 * a   a * s
    a / p   a / v   a / 4   1 / p   2.5 / p   3 / i   p.reciprocal()   i.reciprocal()
    p.detach() // 0.3   a.detach() // q.detach()   a % q   a % 0.7   -7.5 % p.detach()
    torch.tensor([-7.0, 7.0]) % 3   torch.tensor([-7, 7]) % torch.tensor([3, -3])
    torch.tensor([-7, 7]) // torch.tensor([3, -3])   i // 2   i % 3
    7 // torch.tensor([2, 3])   a ** 2   a ** 3   p ** 0.5   p ** -1   p ** b   p ** s   2 ** a
    0.5 ** a   a ** 0   a ** 1   i ** 2   i ** 2.0   torch.pow(p, 1.7)   torch.pow(2.0, a)
    -a   torch.neg(a)   abs(a)   a.abs()   torch.abs(zero)   a.exp()   torch.exp(s)   i.exp()
    p.log()   torch.log(zero)   p.sqrt()   torch.sqrt(zero)   i.abs().sqrt()
    a.square()   a.sin()   torch.cos(a)   a.tanh()   torch.tanh(big)   i.tanh()
    a.sigmoid()   torch.sigmoid(big)   j.sigmoid()   a.relu()   torch.relu(zero)   torch.relu(nans)
    F.relu(a)   F.tanh(a)   F.sigmoid(a)   i.relu()   torch.clamp(a, -0.5, 0.5)   a.clamp(min=0)
    a.clamp(max=0.3)   a.clip(-0.2, 0.4)   i.clamp(0, 3)   i.clamp(0.5, 3)
    torch.clamp(nans, -1, 2)   torch.clamp(zero, 0, 1)   a.clamp(1, -1)
    torch.maximum(a, b)   torch.minimum(a, v)   torch.maximum(ties, tied)
    torch.minimum(ties, tied)   torch.maximum(a, s)   torch.maximum(nans, ties)
    torch.minimum(nans, ties)   torch.maximum(i, j)   torch.max(a, b)
    torch.min(a, b)   torch.where(k, a, b)   torch.where(k, a, 0.0)   torch.where(k, 0.0, a)
    torch.where(a > 0, a, s)   torch.where(k, i, a)   torch.where(k, 1, 0)   torch.where(k, 1.0, 0)
    torch.where(row.unsqueeze(1), v, c)   a.masked_fill(k, 0.5)   a.masked_fill(k, -inf)
    v.masked_fill(k, 2)   i.masked_fill(k, 9)   a.clone()   torch.clone(s)
    a.detach()   a.data   (a.detach() * b)   a * a   a + a   a * a.detach()
    torch.tanh(a) * torch.sigmoid(b) + a   a.float()   a.double()   a.double() + s.double()
    a.float() * b.double()   a.to(torch.float64)   a.to(torch.float32)   a.to(b)   a.to("cpu")
    a.type(torch.float64)   a.type_as(i)   a.long()   a.int()   a.bool()
    i.float()   i.to(torch.uint8)   k.float()   k.long()   u + 10   u * 2
    u - 5   -u   a + i   a * k   i * 0.5   k * 2   k * 2.5   k + k   i / 2   k / 2   u / u
    s + i   three + a   s * 2   o + a
    """,
    "comparisons": """
    a == b   ties == 3   ties != tied   a < b   a <= 0   a > v   a.ge(b)
    ties.eq(tied)   torch.lt(a, 0.5)   nans == nans   nans != nans   i == j
    i > 2.5   k & (i > 2)   k | row.unsqueeze(1)   k ^ True   ~k   i & 3
    i | j   ~i   i ^ 5   torch.logical_and(k, ~k)   torch.logical_or(k, i > 3)
    torch.logical_not(k)   torch.logical_xor(k, row.unsqueeze(1))   torch.isnan(nans)
    torch.isinf(nans)   nans.isfinite()   torch.isnan(i)   torch.equal(a, b)   torch.equal(a, a)
    torch.allclose(a, a + 1e-7)   torch.allclose(nans, nans, equal_nan=True)
    torch.allclose(a, b, rtol=0.1)
    """,
    "reductions": """
    a.sum()   a.sum(0)   a.sum(1, keepdim=True)   a.sum(-1)   x.sum((0, 2))
    x.sum(dim=(0, 2), keepdim=True)   x.sum([1])   x.sum(())   s.sum()   s.sum(0)   e.sum()
    e.sum(0)   e.sum(1)   i.sum()   i.sum(0)   j.sum()   k.sum()   u.sum(1)
    a.sum(dtype=torch.float64)   i.sum(dtype=torch.float32)   torch.sum(a, 0)
    a.mean()   a.mean(0)   a.mean(1, keepdim=True)   x.mean((1, 2))   s.mean()   torch.mean(e)
    e.mean(0)   i.mean(dtype=torch.float32)   torch.mean(a, dim=-1)
    a.var()   a.var(0)   a.var(1, keepdim=True)   a.var(unbiased=False)   a.var(0, unbiased=False)
    a.var(False)   a.var(dim=1, correction=0)   x.var((0, 1))   a.std()   a.std(0)
    a.std(1, unbiased=False, keepdim=True)   torch.std(a, dim=1)   torch.var(a, 1)
    a.norm()   a.norm(1)   a.norm(3)   a.norm(inf)   a.norm(2, 1)   a.norm(2, dim=0, keepdim=True)
    torch.norm(a)   torch.norm(a, p=1, dim=1)   zero.norm()   s.norm()
    a.max()   a.min()   torch.max(ties)   torch.min(ties)   i.max()   a.max(0)
    a.max(1, keepdim=True)   a.max(dim=-1)   a.min(1)   ties.max(1)
    ties.min(1)   ties.max(0)   i.max(1)   k.max(1)   s.max()   s.max(0)   nans.max()   nans.max(1)
    nans.min(0)   a.max(1).values   a.max(1).indices   a.max(1)[1]   a.amax(0)
    a.amin((0, 1))   ties.amax(1)   ties.amin(1, keepdim=True)   torch.amax(a)
    a.argmax()   a.argmax(0)   a.argmax(1, keepdim=True)   a.argmin(dim=-1)   torch.argmin(a)
    a.argmax(keepdim=True)   ties.argmax(1)   ties.argmax()   ties.argmin(1)
    nans.argmax()   nans.argmin(1)   k.long().argmax(1)   s.argmax()   s.argmax(0)
    a.topk(2)   a.topk(2, dim=0)   a.topk(2, largest=False)   i.topk(1)   a.topk(3, 1, True, True)
    a.flatten().topk(4)   s.topk(1)   k.all()   k.all(0)   k.any(1, keepdim=True)
    yes.all()   i.any()   u.all()   u.any(0)   a.all()   e.all()   e.any(0)   torch.any(k, dim=0)
    torch.all(k)   a.logsumexp(1)   torch.logsumexp(a, 0, keepdim=True)   torch.logsumexp(x, (0, 2))
    torch.logsumexp(big, 0)   a.softmax(1)   a.softmax(dim=0)   torch.softmax(x, -1)
    F.softmax(a, dim=1)   torch.softmax(big, 0)   torch.softmax(s, 0)
    torch.softmax(a, 1, dtype=torch.float64)   F.softmax(torch.tensor([1, 2, 3]).float(), dim=0)
    a.log_softmax(1)   torch.log_softmax(x, 1)   F.log_softmax(a, dim=-1)
    torch.log_softmax(big, 0)   torch.softmax(torch.tensor([-inf, 0.0, 1.0]), 0)
    torch.log_softmax(torch.tensor([-inf, 0.0, 1.0]), 0)
    torch.logsumexp(torch.tensor([-inf, -inf]), 0)   torch.softmax(e, 1)   torch.softmax(e, 0)
    """,
    "products": """
    a @ m   a.matmul(m)   torch.matmul(a, v)   v @ w   v @ m   a.mv(v)
    torch.mv(m, torch.ones(2, dtype=m.dtype))   v.dot(w)   torch.dot(v, w)
    a.mm(m)   torch.mm(m, a)   x.bmm(y)   torch.bmm(x, y)   x @ y   z @ y   x @ a   a @ x   v @ x
    y @ v   z @ a   x.matmul(torch.ones(2, dtype=x.dtype))   torch.addmm(c, a, m)
    torch.addmm(a[:, :2], a, m, beta=0.5, alpha=2)   o.addmm(a, m)   F.linear(a, b)
    F.linear(a, b, v[:2])   F.linear(v, a)   F.linear(v, a, c[:, 0])   F.linear(y, a, c[:, 0])
    F.linear(y, a)   F.linear(z, m)   i @ i.t()   torch.tensor([1, 2]).dot(torch.tensor([3, 4]))
    a @ b.t()   a.t() @ b   a.T @ a   e @ m   e.t() @ e
    """,
    "shapes": """
    a.view(3, 2)   a.view(-1)   a.view((6,))   a.view(1, -1, 3)   a.view(a.shape)
    a.view_as(m)   a.reshape(3, -1)   torch.reshape(a, (6,))   a.t().reshape(-1)   a.t().reshape(6)
    a.t().contiguous().view(-1)   a.contiguous()   s.view(1)   s.reshape(1, 1)
    o.view(())   e.view(3, 0)   e.reshape(-1)   a.flatten()   x.flatten(1)   x.flatten(0, 1)
    torch.flatten(x, 1, 2)   s.flatten()   v.flatten()   x.transpose(0, 1).flatten()
    c.squeeze()   c.squeeze(1)   c.squeeze(0)   z.squeeze()   z.squeeze(-3)   z.squeeze((1, 2))
    o.squeeze()   s.squeeze()   torch.squeeze(c, 1)   a.unsqueeze(0)   a.unsqueeze(-1)
    torch.unsqueeze(v, 1)   s.unsqueeze(0)   a.transpose(0, 1)   x.transpose(1, 2)
    x.transpose(0, -1)   torch.transpose(a, 0, 1)   a.t()   v.t()   s.t()
    a.T   x.mT   v.T   x.permute(2, 0, 1)   x.permute((1, 0, 2))   torch.permute(x, (0, 2, 1))
    a.flip(0)   a.flip((0, 1))   x.flip([1])   torch.flip(a, (1,))   c.expand(2, 3)
    c.expand(-1, 4)   v.expand(2, 3)   v.expand(2, -1)   c.expand_as(a)
    s.expand(2)   a.repeat(2, 1)   v.repeat(2)   v.repeat(2, 2)   c.repeat(1, 2, 3)
    torch.cat([a, b])   torch.cat((a, b), 1)   torch.cat([a, c], dim=1)   torch.cat([v, w, v])
    torch.cat([a, i])   torch.cat([i, j])   torch.cat([e, a])
    torch.cat([torch.tensor([]), i.flatten()])   torch.cat([x, x], -1)
    torch.stack([a, b])   torch.stack((v, w), 1)   torch.stack([v, w], dim=-1)
    torch.stack([s, s * 2])   torch.stack([v, pos])   torch.stack([h.tanh() for h in a])
    a.split(1)   a.split(2, dim=1)   x.split([1, 2], 1)   torch.split(a, 1)
    a.chunk(2)   a.chunk(2, dim=1)   a.chunk(5, 1)   torch.chunk(x, 3, 1)
    a.unbind()   a.unbind(1)   torch.unbind(v)   a.select(0, 1)   a.select(1, -1)
    a.narrow(1, 1, 2)   torch.narrow(a, 0, 0, 1)   a.narrow(1, -2, 1)
    [r * 2 for r in a]   list(v)   len(a)   a.size()   a.size(1)   a.size(-1)
    a.shape   a.shape[-1]   a.shape[1:]   x.dim()   x.ndim   x.numel()
    x.nelement()   a.stride()   a.t().stride()   a.t().is_contiguous()
    a.is_floating_point()   i.is_floating_point()   a.element_size()
    i.dtype   a.device   a.is_leaf   (a * 2).is_leaf   (a * 2).requires_grad
    a.tolist()   i.tolist()   three.item()   k.tolist()   float(three)   int(s)   bool(o)   2 in i
    7.5 in ties   [10, 20, 30, 40][three]   a.new_zeros(2)   i.new_ones(2, 2)
    i.new_tensor([1.5, 2.5])   a.new_tensor([1, 2])   torch.zeros_like(a)
    torch.ones_like(i)   torch.full_like(a, 2.5)   torch.full_like(i, 7)
    torch.ones_like(i, dtype=torch.float32)   F.one_hot(pos)   F.one_hot(at, 4)
    torch.is_tensor(a)   torch.is_tensor(2)
    """,
    "indexing": """
    a[0]   a[-1]   a[0, 1]   a[0][1]   a[:, 1]   a[1:]   a[:, 1:]   a[:, ::2]   a[:, :2]   a[:]
    a[:, :]   a[...]   a[..., 0]   a[0, ...]   a[None]   a[:, None]   a[None, 0]   a[..., None]
    a[0:1]   a[5:]   a[:, -2:]   a[torch.tensor(1)]   a[pair]   a[pair, pair]   a[:, pos]
    a[pair, 1]   a[1, pos]   a[pos[1:], 1:]   a[[0, 1, 1]]   a[[0, 1], [2, 0]]   a[:, [0, 2]]
    a[at.clamp(max=1)]   a[k]   a[row]   a[:, yes]   a[row, 1:]   a[row, pos[:1]]   a[a > 0]
    a[(pair, pair)]   a[np.array([1, 0])]   a[np.int64(1)]   a[j[0, 0]]
    a[pair.int()]   a[True]   a[False]   a[[]]   a[[True, False]]   a[pair, None]   a[None, pair]
    v[three - 1]   s[None]   s[...]   s[()]   x[0, :, 1]   x[:, 0]   x[:, 1:, 0]   x[pair, :, pair]
    x[:, pos, pair[0]]   x[pair, pos[:2]]   x[..., pair]   x[0, pos, 1]   x[:, pair, pair]
    x[pair][:, 1]   x[-1, -1, -1]   i[0, 0]   i[k]   e[k[0:0]]   range(10)[torch.tensor(3)]
    a.gather(1, at)   torch.gather(a, 0, at.clamp(max=1))   v.gather(0, pos)
    a.scatter(1, at, 0.5)   a.scatter(1, both, b[:, :2])
    torch.zeros(2, 3).scatter(1, pair.unsqueeze(1), 1.0)   a.scatter(0, pair.unsqueeze(0), m[:1])
    a.index_select(0, pair)   torch.index_select(a, 1, pos)
    v.index_select(0, torch.tensor([1, 1, 1]))   a.masked_select(k)   torch.masked_select(v, k)
    a.masked_select(a > 5)   F.embedding(pos[:2], m)   F.embedding(at, m)
    F.embedding(at, m, padding_idx=1)   F.embedding(at.int(), m)   F.embedding(torch.tensor(2), m)
    r = a.clone(); r[0] = v; r   r = a.clone(); r[:, 1] = 0; r   r = a.clone(); r[k] = s; r
    r = a.clone(); r[pair, pair] = c[:, 0]; r   r = a.clone(); r[..., 0] += 1; r
    r = a.clone(); r[0, 0] = s; r[1] = r[0] * 2; r   r = torch.zeros(2, 3); r[:, [0, 2]] = 5; r
    r = torch.zeros(2, 3, dtype=torch.long); r[0] = torch.tensor([1, 2, 3]); r
    r = torch.zeros(3); r[pos] = torch.arange(3.0); r
    r = torch.zeros(2, 3); r[k] = torch.tensor([1.0, 2.0, 3.0]); r   r = i.clone(); r[0, 1:] = -1; r
    r = i.clone(); r[r > 2] = 0; r
    """,
    "inplace": """
    r = a.clone(); r.add_(b); r   r = a.clone(); r += 2; r   r = a.clone(); r -= b; r
    r = a.clone(); r *= c; r   r = a.clone(); r /= p; r   r = p.clone(); r **= 2; r
    r = a.clone(); r.mul_(3).add_(1); r   r = a.clone(); r.sub_(b, alpha=2); r
    r = a.clone(); r.add_(b, alpha=0.5); r   r = a.clone(); r.div_(2); r
    r = p.clone(); r.pow_(3); r   r = a.clone(); r.neg_(); r   r = a.clone(); r.abs_(); r
    r = a.clone(); r.exp_(); r   r = p.clone(); r.sqrt_(); r   r = a.clone(); r.tanh_(); r
    r = a.clone(); r.sigmoid_(); r   r = a.clone(); r.relu_(); r
    r = a.clone(); r.clamp_(-0.5, 0.5); r   r = a.clone(); r.masked_fill_(k, 0.0); r
    r = a.clone(); r.scatter_(1, at, 2.0); r   r = a.clone(); r.scatter_(1, both, b[:, :2]); r
    r = a.clone(); r.zero_(); r   r = a.clone(); r.fill_(2.5); r   r = a.clone(); r.copy_(b); r
    r = a.clone(); r.copy_(v); r   r = a.clone(); r.copy_(i); r
    r = torch.zeros(2, 3); r.copy_(b); r   r = a * 2; r.add_(1); r * b
    r = torch.zeros(2); r += 1; r
    r = torch.zeros(2); r.add_(torch.ones(2, dtype=torch.float64)); r
    r = torch.zeros(2, dtype=torch.long); r += 3; r
    r = torch.zeros(2, dtype=torch.long); r.fill_(2.7); r
    r = torch.ones(2, 2); t = r[0]; t.zero_(); r   r = torch.ones(2, 2); t = r.t(); t[0] = 5; r
    r = torch.ones(4); t = r.view(2, 2); r.mul_(3); t   r = i.clone(); r *= 2; r
    r = a.detach().clone(); r.requires_grad_(); r   a.grad   r = a.tanh(); r.mul_(2); r.sum()
    """,
    # What one of the two refuses and the other computes; and what both refuse, with the same error.
    "refusals": """
    torch.zeros(2) + torch.zeros(3)   torch.zeros(2, 3) @ torch.zeros(2, 3)
    torch.zeros(2, 3).mm(torch.zeros(3))   torch.zeros(2) @ torch.zeros(2, dtype=torch.float64)
    torch.zeros(2, 3).view(4)   torch.zeros(2, 3).t().view(6)   torch.zeros(2, 3).reshape(4, -1)
    torch.zeros(2)[2]   torch.zeros(2)[0, 0]   torch.zeros(2)[1.5]
    torch.zeros(2)[torch.tensor([2])]   torch.zeros(2)[torch.tensor([0.5])]   torch.zeros(2)[::-1]
    torch.zeros(2)["a"]   torch.zeros(2).sum(1)   torch.zeros(2).transpose(0, 1)
    torch.zeros(2, 2, 2).t()   torch.zeros(2).size(1)   torch.zeros(2).item()   bool(torch.zeros(2))
    len(torch.tensor(1))   list(torch.tensor(1))   torch.tensor([1, 2]).mean()
    torch.tensor([1, 2]).var()   torch.tensor([1, 2]).requires_grad_()
    torch.tensor([1, 2], requires_grad=True)   torch.tensor([1, 2]) ** -1
    torch.tensor([1, 2]) // 0   torch.tensor([True]) - torch.tensor([True])   -torch.tensor([True])
    ~torch.tensor([1.0])   torch.tensor([1.0]) & torch.tensor([1.0])
    torch.zeros(0).max()   torch.zeros(0).argmax()   torch.zeros(0, 2).max(0)
    torch.zeros(2).topk(3)   torch.cat([])   torch.stack([])
    torch.stack([torch.zeros(2), torch.zeros(3)])
    torch.cat([torch.zeros(2, 2), torch.zeros(2, 3)])
    torch.cat([torch.tensor(1), torch.tensor(2)])   torch.zeros(2).backward()
    torch.zeros(2, requires_grad=True).backward()   torch.zeros(2, requires_grad=True).numpy()
    torch.zeros(2, requires_grad=True).add_(1)   torch.zeros(3).expand(2, 2)
    torch.zeros(2, 2).repeat(2)   torch.zeros(2, 3).permute(0, 0)   torch.zeros(3).split([1, 1])
    torch.zeros(3).narrow(0, 2, 2)   torch.zeros(3).select(0, 3)
    torch.zeros(2, 2).gather(1, torch.tensor([[2]]))
    torch.zeros(2).masked_fill(torch.tensor([1, 0]), 1.0)   torch.zeros(2).to("nowhere")
    torch.zeros(2).clamp()   torch.zeros(2) + "1"   torch.zeros(2) + None   torch.zeros(-1)
    torch.zeros(2.5)   torch.arange(0, 5, -1)   torch.arange(0, 5, 0)
    torch.randint(5, 5, (1,))   torch.randint(high=7, size=(3,)).shape   torch.randint(0, 5)
    torch.multinomial(torch.tensor([0.0, 0.0]), 1)   torch.multinomial(torch.tensor([1.0, 0.0]), 2)
    torch.multinomial(torch.tensor([1.0, -1.0]), 1)   torch.bernoulli(torch.tensor([2.0]))
    F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 3]))
    F.cross_entropy(torch.zeros(2, 3), torch.tensor([0]))   F.one_hot(torch.tensor([-1]))
    F.embedding(torch.tensor([3]), torch.zeros(3, 2))
    F.embedding(torch.tensor([0.5]), torch.zeros(3, 2))
    F.linear(torch.zeros(2, 3), torch.zeros(4, 2))   torch.tensor("a")   torch.tensor([[1, 2], [3]])
    torch.tensor(None)   torch.tensor([1, 2], dtype=torch.uint8) + 2
    torch.zeros(2).nowhere   r = torch.zeros(2, 3); r[0] = torch.zeros(2); r
    r = torch.zeros(2, dtype=torch.long); r += 0.5; r
    r = torch.zeros(1, requires_grad=True); r += 1; r   torch.where(torch.tensor([1, 0]), 1, 2)
    torch.allclose(torch.zeros(1), torch.zeros(1, dtype=torch.float64))
    torch.isnan(None)   torch.tanh([1.0])
    """,
    "creation": """
    torch.tensor(1)   torch.tensor(1.5)   torch.tensor(True)   torch.tensor([])   torch.tensor([[]])
    torch.tensor([1, 2.5])   torch.tensor([True, 2])   torch.tensor([True, False])
    torch.tensor(((1, 2), (3, 4)))   torch.tensor([1, 2], dtype=torch.float64)
    torch.tensor([1.7, -1.7], dtype=torch.long)   torch.tensor([0, 2], dtype=torch.bool)
    torch.tensor(np.arange(3))   torch.tensor(np.arange(3, dtype=np.float32))
    torch.tensor(np.eye(2))   torch.tensor(np.float32(1.5))   torch.tensor(np.float64(1.5))
    torch.tensor([np.float64(1.5), 2])   torch.tensor([np.float32(1.5), np.float32(2)])
    torch.tensor([np.arange(2), np.arange(2)][0])   torch.tensor([torch.tensor(1), torch.tensor(2)])
    torch.tensor([torch.tensor(1.5), 2])   torch.tensor(i)   torch.tensor(range(4))
    torch.tensor(2**40)   torch.tensor(1e300)   torch.tensor(1e40)   torch.tensor([1e-50])
    torch.as_tensor([1, 2])   torch.as_tensor(np.arange(2))   torch.as_tensor(i) is i
    torch.from_numpy(np.arange(2.0))   torch.Tensor([1, 2])   torch.Tensor(2, 3).shape
    torch.Tensor([[1, 2], [3, 4]])   torch.FloatTensor([1, 2])   torch.LongTensor([3, 1])
    torch.FloatTensor(2, 3).shape   torch.LongTensor(np.array([1, 2]))
    torch.zeros(2, 3)   torch.zeros((2, 3))   torch.zeros([2])   torch.zeros(())
    torch.zeros(2, dtype=torch.long)   torch.zeros(2, dtype=torch.bool)   torch.zeros(a.shape)
    torch.zeros(*a.shape)   torch.zeros(2, requires_grad=True)   torch.zeros(torch.Size([2]))
    torch.ones(2, 0)   torch.ones(2, dtype=torch.double)   torch.empty(2, 3).shape
    torch.full((2, 2), 3)   torch.full((2,), 2.5)   torch.full((2,), True)
    torch.full((2,), 3, dtype=torch.float32)   torch.full((), 7.0)   torch.eye(3)   torch.eye(2, 3)
    torch.eye(2, dtype=torch.long)   torch.arange(5)   torch.arange(2, 7)   torch.arange(0, 1, 0.25)
    torch.arange(1.0, 2.0, 0.1)   torch.arange(5.0)   torch.arange(5, 0, -2)
    torch.arange(3, dtype=torch.float32)   torch.arange(0, 10, 3)   torch.arange(0.5, 3)
    torch.arange(0)   torch.linspace(0, 1, 5)   torch.linspace(-2, 3, 7)   torch.linspace(1, 0, 4)
    torch.linspace(0, 1, 1)   torch.linspace(0, 1, 0)
    torch.linspace(0, 10, 11, dtype=torch.float64)   torch.linspace(-1, 1, 9)
    torch.linspace(0, 3, 4, dtype=torch.long)   torch.linspace(0.1, 0.9, 10)
    torch.zeros(2).requires_grad   torch.float32   torch.float, torch.double, torch.int, torch.long
    torch.int64.itemsize   torch.float32.is_floating_point   torch.device("cpu")
    str(torch.device("cpu"))   torch.device("cpu") == torch.zeros(1).device
    torch.zeros(1).device.type   torch.Size([2, 3]).numel()   torch.Size([2, 3]) == (2, 3)
    torch.Size([2]) + (3,)   torch.Size([2, 3])[0]   torch.cuda.is_available()
    torch.is_grad_enabled()   torch.long is torch.int64
    """,
    "printing": """
    repr(torch.tensor(1))   repr(torch.tensor(1.0))   repr(torch.tensor(True))
    repr(torch.tensor(-0.5))   repr(torch.tensor(1e10))   repr(torch.tensor(1e-10))
    repr(torch.tensor(12345.678))   repr(torch.tensor(nan))   repr(torch.tensor(-inf))
    repr(torch.tensor(0.0))   repr(torch.tensor(-0.0))   repr(torch.tensor([0.0, -0.0]))
    repr(torch.tensor([-0.0, 0.5]))   repr(torch.tensor([]))
    repr(torch.tensor([], dtype=torch.long))   repr(torch.tensor([], dtype=torch.bool))
    repr(torch.zeros(0, 3))   repr(torch.zeros(2, 0))
    repr(torch.zeros(2, 0, 3, dtype=torch.float64))   repr(torch.zeros(0, 2, dtype=torch.long))
    repr(torch.zeros(0, requires_grad=True))   repr(torch.tensor([True, False]))
    repr(torch.tensor([[True, False], [False, False]]))   repr(torch.tensor([1, -20, 300]))
    repr(torch.tensor([[1, 2], [30, -4]]))   repr(torch.tensor([1, 2], dtype=torch.int32))
    repr(torch.tensor([1, 2], dtype=torch.uint8))   repr(torch.tensor([1.0, 2.0]))
    repr(torch.tensor([1.0, 2.5]))   repr(torch.tensor([1.0, nan]))
    repr(torch.tensor([1.5, nan, inf, -inf]))   repr(torch.tensor([nan, nan]))
    repr(torch.tensor([inf]))   repr(torch.tensor([inf, -inf, 100.0]))
    repr(torch.tensor([nan, 1e-6]))   repr(torch.tensor([1e-4, 1.0]))
    repr(torch.tensor([1e-3, 1.0]))   repr(torch.tensor([0.001, 1.0001]))
    repr(torch.tensor([9e-5, 2e-5]))   repr(torch.tensor([1e8, 1.0]))   repr(torch.tensor([1e8]))
    repr(torch.tensor([1.1e8]))   repr(torch.tensor([123456.0, 1.0]))
    repr(torch.tensor([1234.5, 1.5]))   repr(torch.tensor([1e5, 2e5]))
    repr(torch.tensor([1e9, 2.0]))   repr(torch.tensor([1e-20, 1e20]))
    repr(torch.tensor([0.0, 1e-5]))   repr(torch.tensor([0.00012, 0.5]))
    repr(torch.tensor([1e-45]))   repr(torch.tensor([3.4e38, 1.0]))
    repr(torch.tensor([1e300, 1e-300], dtype=torch.float64))
    repr(torch.tensor([1e-101, 1.5], dtype=torch.float64))
    repr(torch.tensor([0.1, 0.2], dtype=torch.float64))
    repr(torch.tensor(0.1, dtype=torch.float64))   repr(torch.tensor([0.99995, 0.99994]))
    repr(torch.tensor([2.5, 3.5, 0.00005]))   repr(torch.tensor([99999.99, 0.1]))
    repr(torch.tensor([100000.5]))   repr(torch.tensor(2**40))   repr(torch.tensor([2**62, -1]))
    repr(torch.arange(30))   repr(torch.arange(30) - 15)   repr(torch.arange(25) / 7)
    repr(torch.arange(12.0))   repr(torch.arange(200) * 10**6)
    repr(torch.arange(24).view(2, 3, 4))   repr(torch.arange(24.0).view(2, 1, 3, 4) / 3)
    repr(torch.arange(60).view(2, 30))   repr(torch.ones(1, 1, 1, 1))
    repr(torch.zeros(3, 2).t())   repr(torch.arange(1000))   repr(torch.arange(1001))
    repr(torch.arange(1001.0))   repr(torch.arange(2000) / 3)
    repr(torch.arange(5000.0).view(50, 100))   repr(torch.arange(1200).view(3, 400))
    repr(torch.arange(1200).view(400, 3))   repr(torch.arange(2400).view(6, 20, 20))
    repr(torch.arange(3000.0).view(10, 10, 30) / 9)   repr(torch.arange(1200).view(2, 600, 1))
    repr(torch.arange(2000, dtype=torch.float64))   repr(torch.zeros(40, 40, dtype=torch.bool))
    repr(torch.zeros(2000, dtype=torch.uint8))   repr(torch.zeros(1001, 0))
    repr(torch.zeros(1, requires_grad=True))
    repr(torch.zeros(2, 2, dtype=torch.float64, requires_grad=True))
    repr(torch.zeros(20, requires_grad=True))   repr(torch.zeros(30))   repr(torch.zeros(2, 30))
    repr(torch.full((40,), nan))   repr(torch.cat([torch.tensor([nan]), torch.ones(40)]))
    repr(torch.cat([torch.tensor([-inf]), torch.ones(40)]))
    repr(torch.cat([torch.tensor([0.0]), torch.ones(40)]))   repr(torch.zeros(30, dtype=torch.long))
    repr(torch.zeros(30, dtype=torch.bool))   repr(torch.zeros(1500))
    repr(torch.cat([torch.ones(600), torch.full((600,), nan)]))
    repr(torch.zeros(1001, requires_grad=True))   repr(torch.zeros(2, requires_grad=True) * 2)
    repr(torch.zeros(11, requires_grad=True) + 1.5)   repr(torch.zeros(9, requires_grad=True) + 1.5)
    repr(torch.zeros(8, requires_grad=True) + 1.5)   repr(torch.zeros(7, requires_grad=True) + 1.5)
    repr(torch.zeros(6, requires_grad=True) + 1.5)   repr(torch.zeros(13, requires_grad=True) + 1)
    repr(torch.zeros(12, requires_grad=True) + 1)
    repr(torch.zeros(6, dtype=torch.float64, requires_grad=True) + 1.5)
    repr(torch.zeros(8, dtype=torch.float64, requires_grad=True) + 1.5)
    repr(torch.zeros(2, 7, requires_grad=True) + 1.5)
    repr(torch.zeros(2, 8, requires_grad=True) + 1.5)
    repr(torch.zeros(1, 1, requires_grad=True).expand(3, 7).tanh())
    repr(torch.zeros(3, 3, requires_grad=True).sum())
    repr(torch.zeros(3, 3, requires_grad=True).mean(1))
    repr(torch.zeros(3, 3, requires_grad=True)[1])
    repr(torch.zeros(3, 3, requires_grad=True).view(-1))
    repr(torch.zeros(2, 3, requires_grad=True).log_softmax(1))
    repr(torch.zeros(2, 3, requires_grad=True).max(1))
    repr(torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1))
    repr(torch.tensor([[1.0, 5.0], [7.0, 2.0]]).min(dim=0, keepdim=True))
    repr(torch.tensor([[1.0, 5.0], [7.0, 2.0]]).topk(1))   str(torch.tensor([1.0, 5.0]).max(0))
    str(torch.tensor([1.5, 2.0]))   str(torch.tensor(3))   f"{torch.tensor(3)}"
    f"{torch.tensor(1.23456)}"   f"{torch.tensor(1.23456):.2f}"   f"{torch.tensor(3):5d}|"
    f"{torch.tensor([1.5, 2.5])}"   "%0.4f" % torch.tensor(1.23456)   "%d" % torch.tensor(3)
    "%s" % torch.tensor([1, 2])   "{:.3f} {}".format(torch.tensor(0.5), torch.tensor(0.5))
    f"{torch.tensor(0.5, requires_grad=True).item():.2f}"
    [torch.tensor(1), torch.tensor([2.5])].__repr__()   repr({"a": torch.tensor(1)})
    repr(torch.zeros(2, 3).shape)   repr(torch.zeros(()).shape)   str(torch.zeros(2).size())
    repr(torch.Size([1])[:0])   repr(torch.float32)   str(torch.int64)
    repr(torch.device("cpu"))   repr(torch.nn.Parameter(torch.zeros(2)))
    str(torch.nn.Parameter(torch.zeros(2, 2)))
    repr(torch.nn.Parameter(torch.zeros(2), requires_grad=False))
    repr(torch.nn.Parameter(torch.ones(2)) * 2)   repr(torch.nn.Linear(3, 2))
    repr(torch.nn.Linear(3, 2, bias=False))   repr(torch.nn.Embedding(4, 10))
    repr(torch.nn.Embedding(4, 10, padding_idx=0))   repr(torch.nn.RNNCell(4, 3))
    repr(torch.nn.RNNCell(4, 3, bias=False, nonlinearity="relu"))   repr(torch.nn.RNN(4, 3))
    repr(torch.nn.RNN(4, 3, num_layers=2, batch_first=True))
    repr(torch.nn.RNN(4, 3, 2, bias=False, dropout=0.5, bidirectional=True))
    repr(torch.nn.RNN(4, 3, nonlinearity="relu"))   repr(torch.nn.Dropout())
    repr(torch.nn.Dropout(0.2))   repr(torch.nn.Tanh())   repr(torch.nn.ReLU())
    repr(torch.nn.Sigmoid())   repr(torch.nn.Softmax(dim=1))   repr(torch.nn.LogSoftmax(dim=-1))
    repr(torch.nn.CrossEntropyLoss())   repr(torch.nn.NLLLoss())   repr(torch.nn.MSELoss())
    repr(torch.nn.Sequential())   repr(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh()))
    repr(torch.nn.Sequential(torch.nn.Sequential(torch.nn.Tanh()), torch.nn.ReLU()))
    repr(torch.nn.ModuleList())
    repr(torch.nn.ModuleList([torch.nn.Tanh(), torch.nn.Tanh(), torch.nn.ReLU()]))
    repr(torch.nn.ModuleList([torch.nn.Sequential(torch.nn.Tanh()) for _ in range(3)]))
    repr(torch.nn.ModuleDict())
    repr(torch.nn.ModuleDict({"first": torch.nn.Tanh(), "second": torch.nn.Linear(1, 1)}))
    repr(torch.nn.Module())
    repr(torch.nn.Linear(2, 2).load_state_dict(torch.nn.Linear(2, 2).state_dict()))
    torch.manual_seed(1); repr(list(torch.nn.Linear(2, 2).state_dict().items()))
    torch.manual_seed(1); repr(list(torch.nn.RNNCell(1, 2).named_parameters()))
    torch.manual_seed(1); repr(torch.nn.RNNCell(4, 2)(torch.zeros(1, 4)))
    torch.manual_seed(1); repr(torch.nn.RNN(4, 2)(torch.zeros(3, 1, 4)))
    torch.manual_seed(1); repr(torch.nn.Linear(2, 2)(torch.ones(2)))
    repr(F.cross_entropy(torch.tensor([[0.1, 0.7]], requires_grad=True), torch.tensor([1])))
    """,
    "losses": """
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]))
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), reduction="sum")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), reduction="none")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, -100]))
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), ignore_index=0)
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), ignore_index=0, reduction="none")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), weight=p[0].detach())
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), weight=p[0].detach(), reduction="sum")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), weight=p[0].detach(), reduction="none")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), weight=p[0].detach(), ignore_index=2)
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), label_smoothing=0.1)
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), label_smoothing=0.1, reduction="sum")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), label_smoothing=0.1, reduction="none")
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), label_smoothing=0.3, weight=p[0].detach())
    F.cross_entropy(x[:, :, 0], torch.tensor([2, -100]), label_smoothing=0.3)
    F.cross_entropy(x[:, :, 0], torch.tensor([2, 0]), label_smoothing=1.0)
    F.cross_entropy(v, torch.tensor(1))   F.cross_entropy(v, torch.tensor(1), reduction="none")
    F.cross_entropy(x[0], torch.tensor([1, 0, 1]))
    F.cross_entropy(y[0] * 100, torch.tensor([1, 0]))
    F.cross_entropy(a, torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]]).to(a), reduction="sum")
    F.cross_entropy(a, torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]]).to(a), reduction="none")
    F.cross_entropy(a, torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]]).to(a), weight=p[0].detach())
    F.cross_entropy(a, torch.tensor([[0.5, 0.5, 0], [0.25, 0, 0.75]]).to(a), label_smoothing=0.2)
    F.cross_entropy(v, torch.tensor([0.5, 0.5, 0]).to(v))
    torch.nn.CrossEntropyLoss()(a, torch.tensor([2, 0]))
    torch.nn.CrossEntropyLoss(ignore_index=2, reduction="sum")(a, torch.tensor([2, 0]))
    torch.nn.CrossEntropyLoss(weight=p[0].detach(), label_smoothing=0.1)(a, torch.tensor([2, 0]))
    torch.nn.CrossEntropyLoss()(a, b.softmax(1).detach())
    F.nll_loss(a.log_softmax(1), torch.tensor([2, 0]))
    F.nll_loss(a, torch.tensor([2, 0]), reduction="sum")
    F.nll_loss(a, torch.tensor([2, 0]), reduction="none")
    F.nll_loss(a, torch.tensor([2, 0]), weight=p[0].detach())
    F.nll_loss(a, torch.tensor([2, 0]), ignore_index=2)   F.nll_loss(v, torch.tensor(2))
    torch.nn.NLLLoss()(a, torch.tensor([2, 0]))
    torch.nn.NLLLoss(weight=p[0].detach(), reduction="none")(a, torch.tensor([2, 0]))
    F.mse_loss(a, b)   F.mse_loss(a, b, reduction="sum")   F.mse_loss(a, b, reduction="none")
    F.mse_loss(a, b.detach())   F.mse_loss(a.detach(), b)   F.mse_loss(s, o[0])
    torch.nn.MSELoss()(a, b)   torch.nn.MSELoss(reduction="sum")(a, b)
    """,
}
"""For each group its expressions, three spaces or a new line apart; statements may precede one."""

# ---- type promotion ----

DTYPES = ("bool", "uint8", "int32", "int64", "float32", "float64")
SCALARS = {
    "True": True,
    "2": 2,
    "1.5": 1.5,
    "np.int32(2)": np.int32(2),
    "np.int64(2)": np.int64(2),
    "np.float32(1.5)": np.float32(1.5),
    "np.float64(1.5)": np.float64(1.5),
}

# ---- printing ----

SETTINGS = (
    {"precision": 2},
    {"precision": 8},
    {"precision": 0},
    {"threshold": 5},
    {"threshold": 5, "edgeitems": 1},
    {"threshold": 3, "edgeitems": 2, "linewidth": 40},
    {"linewidth": 30},
    {"linewidth": 200},
    {"sci_mode": True},
    {"sci_mode": False},
    {"sci_mode": True, "precision": 1},
)

# ---- layers, and what they are called with ----

LAYERS = (
    ("nn.Linear(3, 2)", "fixed(4, 3).requires_grad_()"),
    ("nn.Linear(3, 2)", "fixed(3).requires_grad_()"),
    ("nn.Linear(3, 2)", "fixed(2, 2, 3).requires_grad_()"),
    ("nn.Linear(3, 2)", "fixed(2, 1, 2, 3)"),
    ("nn.Linear(3, 2, bias=False)", "fixed(4, 3).requires_grad_()"),
    ("nn.Linear(3, 2, bias=False)", "fixed(3).requires_grad_()"),
    ("nn.Linear(3, 2, bias=False)", "fixed(2, 2, 3).requires_grad_()"),
    ("nn.Linear(3, 2, dtype=torch.float64)", "fixed(4, 3, kind='float64')"),
    ("nn.Embedding(4, 3)", "torch.tensor([[1, 0, 2, 2, 3]])"),
    ("nn.Embedding(4, 3)", "torch.tensor([0, 0])"),
    ("nn.Embedding(4, 3)", "torch.tensor(2)"),
    ("nn.Embedding(4, 3, padding_idx=1)", "torch.tensor([[1, 0, 1], [3, 3, 1]])"),
    ("nn.Embedding(4, 3, padding_idx=-1)", "torch.tensor([3, 0])"),
    ("nn.Tanh()", "fixed(2, 3).requires_grad_()"),
    ("nn.ReLU()", "fixed(2, 3).requires_grad_()"),
    ("nn.Sigmoid()", "fixed(2, 3).requires_grad_()"),
    ("nn.Softmax(dim=1)", "fixed(2, 3).requires_grad_()"),
    ("nn.LogSoftmax(dim=0)", "fixed(2, 3).requires_grad_()"),
    ("nn.Dropout(0.5).eval()", "fixed(2, 3).requires_grad_() * 1"),
    ("nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))", "fixed(2, 3).requires_grad_()"),
    ("nn.Embedding.from_pretrained(fixed(3, 2), freeze=False)", "torch.tensor([2, 1, 2])"),
)

MODELS = (
    "nn.RNN(2, 3)",
    "nn.RNN(2, 3, num_layers=2)",
    "nn.RNN(2, 3, 2, bias=False)",
    "nn.RNN(2, 3, num_layers=2, bidirectional=True)",
    "nn.RNNCell(2, 3)",
    "nn.RNNCell(2, 3, bias=False)",
    "nn.Linear(2, 3)",
    "nn.Linear(2, 3, bias=False)",
    "nn.Embedding(2, 3)",
    "nn.CrossEntropyLoss(weight=torch.ones(3))",
    "nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Linear(3, 1)))",
    "nn.ModuleList([nn.Linear(2, 3), nn.RNN(3, 1)])",
    "nn.ModuleDict({'b': nn.Linear(2, 3), 'a': nn.Embedding(3, 1)})",
)

CLIPPED = (
    "utils.clip_grad_norm_(p, 1.0)",
    "utils.clip_grad_norm_(p, 1000.0)",
    "utils.clip_grad_norm_(p, 2.0, norm_type=1)",
    "utils.clip_grad_norm_(p, 2.0, norm_type=3)",
    "utils.clip_grad_norm_(p, 2.0, norm_type=inf)",
    "utils.clip_grad_norm_(iter(p), 0.5)",
    "utils.clip_grad_norm_(p[0], 0.5)",
    "utils.clip_grad_norm_(p[3:], 0.5)",
    "utils.clip_grad_norm_([], 0.5)",
    "utils.clip_grad_value_(p, 1.0)",
    "utils.clip_grad_value_(p[0], 0.25)",
)

# ---- optimizers ----

OPTIMIZERS = (
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "maximize": True}),
    ("SGD", {"lr": 0.01, "maximize": True, "momentum": 0.5, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.05, "maximize": True}),
    ("Adam", {"lr": 0.1, "betas": (0.5, 0.9)}),
    ("Adam", {"lr": 0.1, "eps": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.01, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "maximize": True}),
)

SCHEDULES = (
    ("StepLR", {"step_size": 3}),
    ("StepLR", {"step_size": 2, "gamma": 0.5}),
    ("StepLR", {"step_size": 1, "gamma": 0.9}),
    ("ExponentialLR", {"gamma": 0.9}),
)
