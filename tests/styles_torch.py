"""Right attention as readers write it with torch, one style a source.

Each is written anew; what it shows is its key. The step is the one that a
check has to take it for.
"""

HEAD = """
import math
import torch
import torch.nn as nn
import torch.nn.functional as F
"""

GPT_HEAD = """
class Head(nn.Module):
    def __init__(self, head_size):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
"""

V2 = """
class SelfAttention_v2(nn.Module):
    def __init__(self, d_in, d_out, qkv_bias=False):
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)

    def forward(self, x):
        queries, keys = self.W_query(x), self.W_key(x)
        scores = queries @ keys.T
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        return weights @ self.W_value(x)
"""

CAUSAL = """
class CausalAttention(nn.Module):
    def __init__(self, d_in, d_out, context_length, dropout, qkv_bias=False):
        super().__init__()
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.dropout = nn.Dropout(dropout)
        ones = torch.ones(context_length, context_length)
        self.register_buffer("mask", torch.triu(ones, diagonal=1))

    def forward(self, x):
        _, n, _ = x.shape
        queries, keys = self.W_query(x), self.W_key(x)
        scores = queries @ keys.transpose(1, 2)
        scores.masked_fill_(self.mask.bool()[:n, :n], -torch.inf)
        weights = torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1)
        return self.dropout(weights) @ self.W_value(x)
"""

MULTI = """
class MultiHeadAttention(nn.Module):
    def __init__(self, d_in, d_out, context_length, dropout, num_heads,
                 qkv_bias=False):
        super().__init__()
        self.d_out, self.num_heads = d_out, num_heads
        self.head_dim = d_out // num_heads
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.out_proj = nn.Linear(d_out, d_out)
        self.dropout = nn.Dropout(dropout)
        ones = torch.ones(context_length, context_length)
        self.register_buffer("mask", torch.triu(ones, diagonal=1))

    def forward(self, x):
        b, n, _ = x.shape
        q, k, v = (
            p(x).view(b, n, self.num_heads, self.head_dim).transpose(1, 2)
            for p in (self.W_query, self.W_key, self.W_value)
        )
        scores = q @ k.transpose(2, 3)
        scores.masked_fill_(self.mask.bool()[:n, :n], -torch.inf)
        weights = torch.softmax(scores / self.head_dim ** 0.5, dim=-1)
        out = (self.dropout(weights) @ v).transpose(1, 2)
        return self.out_proj(out.reshape(b, n, self.d_out))
"""

SINGLE = "trainable_self_attention"
SDPA = "scaled_dot_product_attention"
FULL = "full_multi_head_attention"

STYLES: dict[str, tuple[str, str]] = {
    "parameters drawn by rand": (
        SINGLE,
        """
class SelfAttention_v1(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.W_query = nn.Parameter(torch.rand(d_in, d_out))
        self.W_key = nn.Parameter(torch.rand(d_in, d_out))
        self.W_value = nn.Parameter(torch.rand(d_in, d_out))

    def forward(self, x):
        q, k, v = x @ self.W_query, x @ self.W_key, x @ self.W_value
        return torch.softmax(q @ k.T / k.shape[-1] ** 0.5, dim=-1) @ v
""",
    ),
    "linear layers": (SINGLE, V2),
    "a causal class": ("causal_attention", CAUSAL),
    "a wrapper of causal heads": (
        "stacked_heads",
        CAUSAL
        + """
class MultiHeadAttentionWrapper(nn.Module):
    def __init__(self, d_in, d_out, context_length, dropout, num_heads,
                 qkv_bias=False):
        super().__init__()
        self.heads = nn.ModuleList(
            [CausalAttention(d_in, d_out, context_length, dropout, qkv_bias)
             for _ in range(num_heads)])

    def forward(self, x):
        return torch.cat([head(x) for head in self.heads], dim=-1)
""",
    ),
    "several heads at once": ("multi_head_attention", MULTI),
    "one token after another": (
        SINGLE,
        """
class SelfAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.query = nn.Linear(d_model, d_model)
        self.key = nn.Linear(d_model, d_model)
        self.value = nn.Linear(d_model, d_model)

    def forward(self, x):
        q, k, v = self.query(x), self.key(x), self.value(x)
        rows = []
        for i in range(q.shape[1]):
            s = (q[:, i:i + 1] * k).sum(-1) / math.sqrt(q.shape[-1])
            w = F.softmax(s, dim=-1)
            rows.append((w.unsqueeze(-1) * v).sum(1))
        return torch.stack(rows, dim=1)
""",
    ),
    "a head of a small GPT": (
        "causal_attention",
        "n_embd, block_size, dropout = 384, 256, 0.2\n"
        + GPT_HEAD
        + """
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        B, T, C = x.shape
        k, q = self.key(x), self.query(x)
        wei = q @ k.transpose(-2, -1) * k.shape[-1] ** -0.5
        wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return self.dropout(F.softmax(wei, dim=-1)) @ self.value(x)
""",
    ),
    "heads of a small GPT, with a projection": (
        "multi_head_attention",
        "n_embd = 32\nblock_size = 16\ndropout = 0.1\n"
        + GPT_HEAD
        + """
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))

    def forward(self, x):
        T = x.shape[1]
        wei = self.query(x) @ self.key(x).mT * self.key(x).shape[-1] ** -0.5
        wei = wei.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return F.softmax(wei, dim=-1) @ self.value(x)

class MultiHeadAttention(nn.Module):
    def __init__(self, num_heads, head_size):
        super().__init__()
        self.heads = nn.ModuleList([Head(head_size) for _ in range(num_heads)])
        self.proj = nn.Linear(head_size * num_heads, n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        out = torch.cat([h(x) for h in self.heads], dim=-1)
        return self.dropout(self.proj(out))
""",
    ),
    "a configuration, all three packed": (
        "multi_head_attention",
        """
class CausalSelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        assert config.n_embd % config.n_head == 0
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd, bias=config.bias)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd, bias=config.bias)
        self.attn_dropout = nn.Dropout(config.dropout)
        self.n_head, self.n_embd = config.n_head, config.n_embd
        self.register_buffer("bias", torch.tril(torch.ones(
            config.block_size, config.block_size)).view(
            1, 1, config.block_size, config.block_size))

    def forward(self, x):
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        y = self.attn_dropout(F.softmax(att, dim=-1)) @ v
        return self.c_proj(y.transpose(1, 2).contiguous().view(B, T, C))
""",
    ),
    "a configuration that is a dictionary": (
        "multi_head_attention",
        """
class CausalAttention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.h, d = cfg["n_heads"], cfg["emb_dim"]
        self.q, self.k, self.v, self.o = (nn.Linear(d, d) for _ in range(4))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = (f(x).view(b, n, self.h, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o(y.transpose(1, 2).reshape(b, n, d))
""",
    ),
    "packed, of a vision transformer": (
        FULL,
        """
class Attention(nn.Module):
    def __init__(self, dim, num_heads=8, qkv_bias=False, attn_drop=0., proj_drop=0.):
        super().__init__()
        self.num_heads = num_heads
        self.scale = (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        self.attn_drop = nn.Dropout(attn_drop)
        self.proj = nn.Linear(dim, dim)
        self.proj_drop = nn.Dropout(proj_drop)

    def forward(self, x):
        B, N, C = x.shape
        qkv = self.qkv(x).reshape(B, N, 3, self.num_heads, C // self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        attn = self.attn_drop(((q @ k.transpose(-2, -1)) * self.scale).softmax(dim=-1))
        return self.proj_drop(self.proj((attn @ v).transpose(1, 2).reshape(B, N, C)))
""",
    ),
    "packed by head": (
        FULL,
        """
class MultiHeadSelfAttention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.num_heads = num_heads
        self.qkv_proj = nn.Linear(embed_dim, 3 * embed_dim)
        self.o_proj = nn.Linear(embed_dim, embed_dim)

    def forward(self, x):
        b, n, d = x.size()
        qkv = self.qkv_proj(x).reshape(b, n, self.num_heads, -1).permute(0, 2, 1, 3)
        q, k, v = qkv.chunk(3, dim=-1)
        w = F.softmax(q @ k.transpose(-2, -1) / math.sqrt(q.size(-1)), dim=-1)
        return self.o_proj((w @ v).permute(0, 2, 1, 3).reshape(b, n, d))
""",
    ),
    "packed in another order, with width of a head": (
        FULL,
        """
class Attention(nn.Module):
    def __init__(self, dim, heads=8, dim_head=64, dropout=0.):
        super().__init__()
        self.heads, self.scale = heads, dim_head ** -0.5
        self.to_kqv = nn.Linear(dim, heads * dim_head * 3, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * dim_head, dim), nn.Dropout(dropout))

    def forward(self, x):
        b, n, _ = x.shape
        k, q, v = (t.view(b, n, self.heads, -1).transpose(1, 2)
                   for t in self.to_kqv(x).chunk(3, dim=-1))
        dots = torch.einsum("bhid,bhjd->bhij", q, k) * self.scale
        out = torch.einsum("bhij,bhjd->bhid", dots.softmax(dim=-1), v)
        return self.to_out(out.transpose(1, 2).reshape(b, n, -1))
""",
    ),
    "queries, keys and values handed over, layers in a list": (
        FULL,
        """
def attention(query, key, value, mask=None, dropout=None):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    p_attn = scores.softmax(dim=-1)
    if dropout is not None:
        p_attn = dropout(p_attn)
    return p_attn @ value, p_attn

class MultiHeadedAttention(nn.Module):
    def __init__(self, h, d_model, dropout=0.1):
        super().__init__()
        self.d_k, self.h = d_model // h, h
        self.linears = nn.ModuleList([nn.Linear(d_model, d_model) for _ in range(4)])
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, query, key, value, mask=None):
        b = query.size(0)
        query, key, value = [
            lin(x).view(b, -1, self.h, self.d_k).transpose(1, 2)
            for lin, x in zip(self.linears, (query, key, value))]
        x, self.attn = attention(query, key, value, mask, self.dropout)
        x = x.transpose(1, 2).contiguous().view(b, -1, self.h * self.d_k)
        return self.linears[-1](x)
""",
    ),
    "a required mask, and the weights returned": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, n_head, d_model, d_k, d_v, dropout=0.1):
        super().__init__()
        self.n_head, self.d_k, self.d_v = n_head, d_k, d_v
        self.w_qs = nn.Linear(d_model, n_head * d_k, bias=False)
        self.w_ks = nn.Linear(d_model, n_head * d_k, bias=False)
        self.w_vs = nn.Linear(d_model, n_head * d_v, bias=False)
        self.fc = nn.Linear(n_head * d_v, d_model, bias=False)

    def forward(self, q, k, v, mask):
        b, n = q.shape[:2]
        q = self.w_qs(q).view(b, n, self.n_head, self.d_k).transpose(1, 2)
        k = self.w_ks(k).view(b, n, self.n_head, self.d_k).transpose(1, 2)
        v = self.w_vs(v).view(b, n, self.n_head, self.d_v).transpose(1, 2)
        s = (q / self.d_k ** 0.5) @ k.transpose(2, 3)
        if mask is not None:
            s = s.masked_fill(mask == 0, -1e9)
        attn = F.softmax(s, dim=-1)
        out = (attn @ v).transpose(1, 2).reshape(b, n, -1)
        return self.fc(out), attn
""",
    ),
    "one packed parameter, (d_out, d_in)": (
        SINGLE,
        """
class SelfAttention(nn.Module):
    def __init__(self, embed_dim):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.randn(3 * embed_dim, embed_dim))

    def forward(self, x):
        q, k, v = (x @ self.in_proj_weight.T).chunk(3, dim=-1)
        return F.softmax(q @ k.transpose(-2, -1) / q.size(-1) ** 0.5, -1) @ v
""",
    ),
    "queries and keys of one width, values of another": (
        SINGLE,
        """
class SelfAttention(nn.Module):
    def __init__(self, d, d_q, d_k, d_v):
        super().__init__()
        self.W_query = nn.Parameter(torch.rand(d, d_q))
        self.W_key = nn.Parameter(torch.rand(d, d_k))
        self.W_value = nn.Parameter(torch.rand(d, d_v))

    def forward(self, x):
        q, k, v = x @ self.W_query, x @ self.W_key, x @ self.W_value
        return F.softmax(q @ k.T / q.shape[-1] ** 0.5, dim=-1) @ v
""",
    ),
    "torch's own module inside": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads, dropout=0.0):
        super().__init__()
        self.attn = nn.MultiheadAttention(embed_dim, num_heads, dropout, batch_first=True)

    def forward(self, x):
        out, _ = self.attn(x, x, x)
        return out
""",
    ),
    "a class without weights": (
        SDPA,
        """
class ScaledDotProductAttention(nn.Module):
    def __init__(self, dropout=0.1):
        super().__init__()
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        scores = torch.matmul(Q, K.transpose(-2, -1)) / math.sqrt(K.size(-1))
        if mask is not None:
            scores = scores.masked_fill(mask == 0, -1e9)
        weights = self.dropout(F.softmax(scores, dim=-1))
        return torch.matmul(weights, V), weights
""",
    ),
    "a class without weights, for heads alone": (
        SDPA,
        """
class DotProductAttention(nn.Module):
    def forward(self, queries, keys, values):
        b, h, n, d = queries.shape
        scores = queries @ keys.permute(0, 1, 3, 2) / d ** 0.5
        return torch.softmax(scores, dim=-1) @ values
""",
    ),
    "a temperature": (
        SDPA,
        """
class ScaledDotProductAttention(nn.Module):
    def __init__(self, temperature, attn_dropout=0.1):
        super().__init__()
        self.temperature = temperature
        self.dropout = nn.Dropout(attn_dropout)

    def forward(self, q, k, v, mask=None):
        attn = torch.matmul(q / self.temperature, k.transpose(-1, -2))
        if mask is not None:
            attn = attn.masked_fill(mask == 0, -1e9)
        attn = self.dropout(F.softmax(attn, dim=-1))
        return torch.matmul(attn, v), attn
""",
    ),
    "a function of a batch": (
        SDPA,
        """
def scaled_dot_product_attention(q, k, v, mask=None):
    scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, float("-inf"))
    return torch.bmm(F.softmax(scores, dim=-1), v)
""",
    ),
    "a function called self-attention": (
        SDPA,
        """
def self_attention(Q, K, V):
    return F.softmax(Q @ K.T / K.shape[-1] ** 0.5, dim=-1) @ V
""",
    ),
    "float32 and nothing else": (
        SINGLE,
        """
class SelfAttention(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.q = nn.Linear(d_in, d_out)
        self.k = nn.Linear(d_in, d_out)
        self.v = nn.Linear(d_in, d_out)

    def forward(self, x):
        x = x.float()
        q, k, v = self.q(x), self.k(x), self.v(x)
        return torch.softmax(q @ k.mT / k.shape[-1] ** 0.5, dim=-1) @ v
""",
    ),
    "one array with an axis of heads": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, n_heads, d_model):
        super().__init__()
        d = d_model // n_heads
        self.wq = nn.Parameter(torch.randn(n_heads, d_model, d))
        self.wk = nn.Parameter(torch.randn(n_heads, d_model, d))
        self.wv = nn.Parameter(torch.randn(n_heads, d_model, d))
        self.wo = nn.Parameter(torch.randn(n_heads, d, d_model))

    def forward(self, x):
        q, k, v = (torch.einsum("bnd,hdk->bhnk", x, w)
                   for w in (self.wq, self.wk, self.wv))
        w = F.softmax(q @ k.mT / q.shape[-1] ** 0.5, dim=-1)
        return torch.einsum("bhnk,hkd->bnd", w @ v, self.wo)
""",
    ),
    "a width for queries, keys and values each": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, key_size, query_size, value_size, num_hiddens,
                 num_heads, dropout, bias=False, **kwargs):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.dropout = nn.Dropout(dropout)
        self.W_q = nn.Linear(query_size, num_hiddens, bias=bias)
        self.W_k = nn.Linear(key_size, num_hiddens, bias=bias)
        self.W_v = nn.Linear(value_size, num_hiddens, bias=bias)
        self.W_o = nn.Linear(num_hiddens, num_hiddens, bias=bias)

    def forward(self, queries, keys, values):
        q, k, v = (
            f(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f, x in ((self.W_q, queries), (self.W_k, keys), (self.W_v, values)))
        w = F.softmax(q @ k.mT / math.sqrt(q.shape[-1]), dim=-1)
        return self.W_o((self.dropout(w) @ v).transpose(1, 2).flatten(2))
""",
    ),
    "a mask kept as a plain tensor": (
        "causal_attention",
        """
class Head(nn.Module):
    def __init__(self, d_model, head_size, max_len):
        super().__init__()
        self.to_q = nn.Linear(d_model, head_size, bias=False)
        self.to_k = nn.Linear(d_model, head_size, bias=False)
        self.to_v = nn.Linear(d_model, head_size, bias=False)
        self.lower = torch.ones(max_len, max_len).tril()

    def forward(self, x):
        n = x.shape[1]
        q, k, v = self.to_q(x), self.to_k(x), self.to_v(x)
        s = q @ k.mT / math.sqrt(k.shape[-1])
        s = s.masked_fill(self.lower[:n, :n] == 0, float("-inf"))
        return s.softmax(dim=-1) @ v
""",
    ),
    "a padding mask that has to be given": (
        FULL,
        """
class MultiHeadSelfAttention(nn.Module):
    def __init__(self, d, h):
        super().__init__()
        self.h = h
        self.qkv = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)

    def forward(self, x, is_pad):
        q, k, v = (
            part.unflatten(-1, (self.h, -1)).transpose(1, 2)
            for part in self.qkv(x).chunk(3, dim=-1))
        s = q @ k.mT / math.sqrt(k.shape[-1])
        s = s.masked_fill(is_pad[:, None, None, :], float("-inf"))
        return self.out((s.softmax(-1) @ v).transpose(1, 2).flatten(2))
""",
    ),
    "a mask that has to be given": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, num_heads, model_dim):
        super().__init__()
        self.num_heads = num_heads
        self.W_Q = nn.Linear(model_dim, model_dim)
        self.W_K = nn.Linear(model_dim, model_dim)
        self.W_V = nn.Linear(model_dim, model_dim)
        self.fc = nn.Linear(model_dim, model_dim)

    def forward(self, Q, K, V, attn_mask):
        q, k, v = (
            f(t).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)
            for f, t in ((self.W_Q, Q), (self.W_K, K), (self.W_V, V)))
        hide = attn_mask.unsqueeze(1).repeat(1, self.num_heads, 1, 1)
        s = (q @ k.mT / k.shape[-1] ** 0.5).masked_fill(hide, -1e9)
        w = s.softmax(dim=-1)
        return self.fc((w @ v).transpose(1, 2).flatten(2)), w
""",
    ),
    "a width of a name that nobody else has": (
        FULL,
        """
class MultiHeadedAttention(nn.Module):
    def __init__(self, head_n, how_wide, dropout=0.1):
        super().__init__()
        self.head_n = head_n
        self.maps = nn.ModuleList(
            [nn.Linear(how_wide, how_wide) for _ in range(4)])
        self.dropout = nn.Dropout(dropout)

    def forward(self, query, key, value, mask=None):
        q, k, v = (
            f(t).unflatten(-1, (self.head_n, -1)).transpose(1, 2)
            for f, t in zip(self.maps, (query, key, value)))
        s = q @ k.mT / math.sqrt(q.size(-1))
        if mask is not None:
            s = s.masked_fill(mask.unsqueeze(1) == 0, float("-inf"))
        out = self.dropout(s.softmax(-1)) @ v
        return self.maps[-1](out.transpose(1, 2).flatten(2))
""",
    ),
    "a width that the file names once": (
        SDPA,
        """
d_k = 64

class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V):
        weights = nn.Softmax(dim=-1)(Q @ K.transpose(-1, -2) / d_k ** 0.5)
        return weights @ V, weights
""",
    ),
    "a width that goes by the model's name": (
        SDPA,
        """
class ScaledDotProductAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.root = d_model ** 0.5

    def forward(self, Q, K, V, attn_mask):
        s = Q @ K.transpose(-1, -2) / self.root
        return s.masked_fill(attn_mask, -1e9).softmax(dim=-1) @ V
""",
    ),
    "a context that has to be filled": (
        "causal_attention",
        CAUSAL.replace(
            "_, n, _ = x.shape",
            "_, n, _ = x.shape\n"
            "        if n != self.mask.shape[0]:\n"
            "            raise ValueError('wrong length')",
        ),
    ),
    "settings of the file's own": (
        "multi_head_attention",
        """
class GPTConfig:
    n_embd: int = 768
    n_head: int = 12
    kv_groups = None
    backend: str = "plain"

class CausalSelfAttention(nn.Module):
    def __init__(self, cfg: GPTConfig):
        super().__init__()
        self.n_head = cfg.n_head
        kv = cfg.n_head if cfg.kv_groups is None else cfg.kv_groups
        width = cfg.n_embd // cfg.n_head * kv
        self.wq = nn.Linear(cfg.n_embd, cfg.n_embd, bias=False)
        self.wk = nn.Linear(cfg.n_embd, width, bias=False)
        self.wv = nn.Linear(cfg.n_embd, width, bias=False)
        self.wo = nn.Linear(cfg.n_embd, cfg.n_embd, bias=False)
        self.flash = cfg.backend == "flash" or cfg.nobody_knows

    def forward(self, x):
        q, k, v = (
            f(x).unflatten(-1, (self.n_head, -1)).transpose(1, 2)
            for f in (self.wq, self.wk, self.wv))
        assert not self.flash
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.wo(y.transpose(1, 2).flatten(2))
""",
    ),
    "two widths, one of a name that nobody else has": (
        SINGLE,
        """
class SelfAttentionHead(nn.Module):
    def __init__(self, embedding_size, arrows_size):
        super().__init__()
        self.Wq = nn.Parameter(torch.rand(embedding_size, arrows_size))
        self.Wk = nn.Parameter(torch.rand(embedding_size, arrows_size))
        self.Wv = nn.Parameter(torch.rand(embedding_size, arrows_size))
        self.root = math.sqrt(arrows_size)

    def forward(self, context):
        q, k, v = context @ self.Wq, context @ self.Wk, context @ self.Wv
        return nn.Softmax(1)(q @ k.T / self.root) @ v
""",
    ),
    "two masks that work only together": (
        FULL,
        """
class MultiHeadAttention(nn.Module):
    def __init__(self, embed_dim, num_heads):
        super().__init__()
        self.h = num_heads
        self.q = nn.Linear(embed_dim, embed_dim)
        self.k = nn.Linear(embed_dim, embed_dim)
        self.v = nn.Linear(embed_dim, embed_dim)
        self.out = nn.Linear(embed_dim, embed_dim)

    def forward(self, query, key, value, q_mask=None, kv_mask=None):
        q, k, v = (
            f(t).unflatten(-1, (self.h, -1)).transpose(1, 2)
            for f, t in ((self.q, query), (self.k, key), (self.v, value)))
        s = q @ k.mT / k.shape[-1] ** 0.5
        if kv_mask is not None:
            both = q_mask[:, None, :, None] & kv_mask[:, None, None, :]
            s = s.masked_fill(~both, float("-inf"))
        return self.out((s.softmax(-1) @ v).transpose(1, 2).flatten(2))
""",
    ),
    "a GPU that is not there": (
        "softmax",
        """
device = "cuda"

def softmax(x):
    return torch.softmax(x.to(device), dim=-1)
""",
    ),
}
