"""Right attention as readers write it elsewhere, one style a source."""

MORE: dict[str, tuple[str, str]] = {
    "a NumPy layer with parameters, gradients and a cache": (
        "full_multi_head_attention",
        """
import numpy as np
class MultiHeadSelfAttention:
    def __init__(self, d_model, num_heads, seed=0):
        rng = np.random.default_rng(seed)
        self.d_model, self.h = d_model, num_heads
        self.d_k = d_model // num_heads
        s = 1 / np.sqrt(d_model)
        self.params = {"Wq": rng.normal(0, s, (d_model, d_model)), "Wk": rng.normal(0, s, (d_model, d_model)),
                       "Wv": rng.normal(0, s, (d_model, d_model)), "Wo": rng.normal(0, s, (d_model, d_model))}
        self.grads, self.cache = {}, {}
    def _split(self, x):
        b, n, _ = x.shape
        return x.reshape(b, n, self.h, self.d_k).transpose(0, 2, 1, 3)
    def forward(self, x):
        p = self.params
        q, k, v = (self._split(x @ p[n]) for n in ("Wq", "Wk", "Wv"))
        s = np.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(self.d_k)
        s -= s.max(-1, keepdims=True)
        a = np.exp(s); a /= a.sum(-1, keepdims=True)
        o = np.einsum("bhqk,bhkd->bhqd", a, v)
        merged = o.transpose(0, 2, 1, 3).reshape(x.shape)
        self.cache = dict(x=x, q=q, k=k, v=v, a=a, merged=merged)
        return merged @ p["Wo"]
    def backward(self, dout):
        c, p = self.cache, self.params
        b, n, d = c["x"].shape
        self.grads["Wo"] = np.einsum("bni,bnj->ij", c["merged"], dout)
        dm = self._split(dout @ p["Wo"].T)
        da = dm @ c["v"].transpose(0, 1, 3, 2)
        dv = c["a"].transpose(0, 1, 3, 2) @ dm
        ds = c["a"] * (da - (da * c["a"]).sum(-1, keepdims=True)) / np.sqrt(self.d_k)
        dq, dk = ds @ c["k"], ds.transpose(0, 1, 3, 2) @ c["q"]
        back = lambda t: t.transpose(0, 2, 1, 3).reshape(b, n, d)
        dx = 0
        for name, g in (("Wq", dq), ("Wk", dk), ("Wv", dv)):
            g = back(g)
            self.grads[name] = np.einsum("bni,bnj->ij", c["x"], g)
            dx = dx + g @ p[name].T
        return dx
""",
    ),
    "lazy layers, and lengths for a mask": (
        "full_multi_head_attention",
        """
import torch, math
from torch import nn
def masked_softmax(X, valid_lens):
    if valid_lens is None:
        return nn.functional.softmax(X, dim=-1)
    shape = X.shape
    if valid_lens.dim() == 1:
        valid_lens = torch.repeat_interleave(valid_lens, shape[1])
    else:
        valid_lens = valid_lens.reshape(-1)
    X = X.reshape(-1, shape[-1])
    mask = torch.arange(X.size(1))[None, :] < valid_lens[:, None]
    X[~mask] = -1e6
    return nn.functional.softmax(X.reshape(shape), dim=-1)
class DotProductAttention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.dropout = nn.Dropout(dropout)
    def forward(self, queries, keys, values, valid_lens=None):
        d = queries.shape[-1]
        scores = torch.bmm(queries, keys.transpose(1, 2)) / math.sqrt(d)
        self.attention_weights = masked_softmax(scores, valid_lens)
        return torch.bmm(self.dropout(self.attention_weights), values)
class MultiHeadAttention(nn.Module):
    def __init__(self, num_hiddens, num_heads, dropout, bias=False):
        super().__init__()
        self.num_heads = num_heads
        self.attention = DotProductAttention(dropout)
        self.W_q = nn.LazyLinear(num_hiddens, bias=bias)
        self.W_k = nn.LazyLinear(num_hiddens, bias=bias)
        self.W_v = nn.LazyLinear(num_hiddens, bias=bias)
        self.W_o = nn.LazyLinear(num_hiddens, bias=bias)
    def transpose_qkv(self, X):
        X = X.reshape(X.shape[0], X.shape[1], self.num_heads, -1).permute(0, 2, 1, 3)
        return X.reshape(-1, X.shape[2], X.shape[3])
    def transpose_output(self, X):
        X = X.reshape(-1, self.num_heads, X.shape[1], X.shape[2]).permute(0, 2, 1, 3)
        return X.reshape(X.shape[0], X.shape[1], -1)
    def forward(self, queries, keys, values, valid_lens):
        queries, keys, values = (self.transpose_qkv(W(x)) for W, x in ((self.W_q, queries), (self.W_k, keys), (self.W_v, values)))
        if valid_lens is not None:
            valid_lens = torch.repeat_interleave(valid_lens, repeats=self.num_heads, dim=0)
        out = self.attention(queries, keys, values, valid_lens)
        return self.W_o(self.transpose_output(out))
""",
    ),
    "an export of a notebook, with its commands": (
        "causal_attention",
        """
# -*- coding: utf-8 -*-
!pip install -q torch
from google.colab import drive
drive.mount('/content/drive')
import torch
import torch.nn as nn
# Commented out IPython magic to ensure Python compatibility.
# %matplotlib inline
x = torch.rand(2, 3, 4)
class Head(nn.Module):
  def __init__(self, n_embed, head_size, block_size):
    super().__init__()
    self.key = nn.Linear(n_embed, head_size, bias=False)
    self.query = nn.Linear(n_embed, head_size, bias=False)
    self.value = nn.Linear(n_embed, head_size, bias=False)
    self.register_buffer('tril', torch.tril(torch.ones(block_size, block_size)))
  def forward(self, x):
    B,T,C = x.shape
    k = self.key(x); q = self.query(x)
    wei = q @ k.transpose(-2,-1) * k.shape[-1]**-0.5
    wei = wei.masked_fill(self.tril[:T, :T] == 0, float('-inf'))
    wei = torch.nn.functional.softmax(wei, dim=-1)
    return wei @ self.value(x)
h = Head(4, 2, 8)
print(h(x).shape)
""",
    ),
    "weights that are made at the first call": (
        "trainable_self_attention",
        """
import numpy as np
class AttentionHead:
    def __init__(self, head_size):
        self.head_size = head_size
        self.built = False
    def build(self, d):
        self.Wq = np.random.randn(d, self.head_size)
        self.Wk = np.random.randn(d, self.head_size)
        self.Wv = np.random.randn(d, self.head_size)
        self.built = True
    def __call__(self, x):
        if not self.built: self.build(x.shape[-1])
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        s = q @ np.swapaxes(k, -1, -2) / np.sqrt(self.head_size)
        e = np.exp(s - s.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True) @ v
""",
    ),
    "weights in a dictionary, by another's keys": (
        "trainable_self_attention",
        """
import numpy as np
def softmax(z):
    z = z - z.max(axis=-1, keepdims=True); e = np.exp(z); return e / e.sum(axis=-1, keepdims=True)
def init_params(d_model, d_k, d_v):
    return {"W_Q": np.random.randn(d_model, d_k), "W_K": np.random.randn(d_model, d_k), "W_V": np.random.randn(d_model, d_v)}
def self_attention(X, params):
    Q, K, V = X @ params["W_Q"], X @ params["W_K"], X @ params["W_V"]
    return softmax(Q @ K.T / np.sqrt(K.shape[1])) @ V
""",
    ),
    "a convolution for a layer, a past, and a width beside the configuration": (
        "multi_head_attention",
        """
import torch
import torch.nn as nn
class Conv1D(nn.Module):
    def __init__(self, nf, nx):
        super().__init__()
        self.nf = nf
        self.weight = nn.Parameter(torch.empty(nx, nf))
        self.bias = nn.Parameter(torch.zeros(nf))
        nn.init.normal_(self.weight, std=0.02)
    def forward(self, x):
        return torch.addmm(self.bias, x.view(-1, x.size(-1)), self.weight).view(x.size()[:-1] + (self.nf,))
class Attention(nn.Module):
    def __init__(self, nx, n_ctx, config, scale=True):
        super().__init__()
        n_state = nx
        self.register_buffer("bias", torch.tril(torch.ones(n_ctx, n_ctx)).view(1, 1, n_ctx, n_ctx))
        self.n_head = config.n_head
        self.split_size = n_state
        self.scale = scale
        self.c_attn = Conv1D(n_state * 3, nx)
        self.c_proj = Conv1D(n_state, nx)
    def _attn(self, q, k, v):
        w = torch.matmul(q, k)
        if self.scale: w = w / (v.size(-1) ** 0.5)
        nd, ns = w.size(-2), w.size(-1)
        b = self.bias[:, :, ns - nd:ns, :ns]
        w = w * b - 1e10 * (1 - b)
        return torch.matmul(nn.Softmax(dim=-1)(w), v)
    def merge_heads(self, x):
        x = x.permute(0, 2, 1, 3).contiguous()
        return x.view(*(x.size()[:-2] + (x.size(-2) * x.size(-1),)))
    def split_heads(self, x, k=False):
        x = x.view(*(x.size()[:-1] + (self.n_head, x.size(-1) // self.n_head)))
        return x.permute(0, 2, 3, 1) if k else x.permute(0, 2, 1, 3)
    def forward(self, x, layer_past=None):
        x = self.c_attn(x)
        query, key, value = x.split(self.split_size, dim=2)
        query, key, value = self.split_heads(query), self.split_heads(key, k=True), self.split_heads(value)
        if layer_past is not None:
            past_key, past_value = layer_past[0].transpose(-2, -1), layer_past[1]
            key = torch.cat((past_key, key), dim=-1)
            value = torch.cat((past_value, value), dim=-2)
        present = torch.stack((key.transpose(-2, -1), value))
        a = self.merge_heads(self._attn(query, key, value))
        return self.c_proj(a), present
""",
    ),
    "weights and biases with an axis of heads": (
        "multi_head_attention",
        """
from jaxtyping import Float
from torch import Tensor
import torch
from torch import nn
import fancy_einsum as fe
from beartype import beartype
class Attention(nn.Module):
    IGNORE: Float[Tensor, ""]
    def __init__(self, cfg):
        super().__init__()
        self.cfg = cfg
        self.W_Q = nn.Parameter(torch.empty((cfg.n_heads, cfg.d_model, cfg.d_head)))
        self.W_K = nn.Parameter(torch.empty((cfg.n_heads, cfg.d_model, cfg.d_head)))
        self.W_V = nn.Parameter(torch.empty((cfg.n_heads, cfg.d_model, cfg.d_head)))
        self.W_O = nn.Parameter(torch.empty((cfg.n_heads, cfg.d_head, cfg.d_model)))
        self.b_Q = nn.Parameter(torch.zeros((cfg.n_heads, cfg.d_head)))
        self.b_K = nn.Parameter(torch.zeros((cfg.n_heads, cfg.d_head)))
        self.b_V = nn.Parameter(torch.zeros((cfg.n_heads, cfg.d_head)))
        self.b_O = nn.Parameter(torch.zeros((cfg.d_model)))
        self.register_buffer("IGNORE", torch.tensor(float("-inf"), dtype=torch.float32))
    @beartype
    def forward(self, normalized_resid_pre: Float[Tensor, "batch posn d_model"]) -> Float[Tensor, "batch posn d_model"]:
        e = fe.einsum
        q = e("batch posn d_model, nheads d_model d_head -> batch posn nheads d_head", normalized_resid_pre, self.W_Q) + self.b_Q
        k = e("batch posn d_model, nheads d_model d_head -> batch posn nheads d_head", normalized_resid_pre, self.W_K) + self.b_K
        v = e("batch posn d_model, nheads d_model d_head -> batch posn nheads d_head", normalized_resid_pre, self.W_V) + self.b_V
        s = e("batch posn_Q nheads d_head, batch posn_K nheads d_head -> batch nheads posn_Q posn_K", q, k) / self.cfg.d_head ** 0.5
        mask = torch.triu(torch.ones(s.size(-2), s.size(-1)), diagonal=1).bool()
        s.masked_fill_(mask, self.IGNORE)
        p = s.softmax(-1)
        z = e("batch posn_K nheads d_head, batch nheads posn_Q posn_K -> batch posn_Q nheads d_head", v, p)
        return e("batch posn_Q nheads d_head, nheads d_head d_model -> batch posn_Q d_model", z, self.W_O) + self.b_O
""",
    ),
    "queries, keys and values cut into heads": (
        "full_multi_head_attention",
        """
import numpy as np
def compute_qkv(X, W_q, W_k, W_v):
    return np.dot(X, W_q), np.dot(X, W_k), np.dot(X, W_v)
def self_attention(Q, K, V):
    d_k = Q.shape[1]
    scores = np.matmul(Q, K.T) / np.sqrt(d_k)
    w = np.exp(scores - np.max(scores, axis=1, keepdims=True))
    w = w / np.sum(w, axis=1, keepdims=True)
    return np.matmul(w, V)
def multi_head_attention(Q, K, V, n_heads):
    d_model = Q.shape[1]; d_k = d_model // n_heads
    Qr = Q.reshape(Q.shape[0], n_heads, d_k).transpose(1, 0, 2)
    Kr = K.reshape(K.shape[0], n_heads, d_k).transpose(1, 0, 2)
    Vr = V.reshape(V.shape[0], n_heads, d_k).transpose(1, 0, 2)
    outs = [self_attention(Qr[i], Kr[i], Vr[i]) for i in range(n_heads)]
    return np.concatenate(outs, axis=-1)
""",
    ),
    "as many groups of keys as heads": (
        "multi_head_attention",
        """
import torch
import torch.nn as nn
class GroupedQueryAttention(nn.Module):
    def __init__(self, d_in, d_out, num_heads, num_kv_groups):
        super().__init__()
        self.num_heads, self.head_dim = num_heads, d_out // num_heads
        self.W_key = nn.Linear(d_in, num_kv_groups * self.head_dim, bias=False)
        self.W_value = nn.Linear(d_in, num_kv_groups * self.head_dim, bias=False)
        self.num_kv_groups, self.group_size = num_kv_groups, num_heads // num_kv_groups
        self.W_query = nn.Linear(d_in, d_out, bias=False)
        self.out_proj = nn.Linear(d_out, d_out, bias=False)
    def forward(self, x):
        b, n, _ = x.shape
        q = self.W_query(x).view(b, n, self.num_heads, self.head_dim).transpose(1, 2)
        k = self.W_key(x).view(b, n, self.num_kv_groups, self.head_dim).transpose(1, 2)
        v = self.W_value(x).view(b, n, self.num_kv_groups, self.head_dim).transpose(1, 2)
        k, v = k.repeat_interleave(self.group_size, 1), v.repeat_interleave(self.group_size, 1)
        s = q @ k.transpose(2, 3)
        s = s.masked_fill(torch.triu(torch.ones(n, n), 1).bool(), -torch.inf)
        c = (torch.softmax(s / self.head_dim ** 0.5, -1) @ v).transpose(1, 2).reshape(b, n, -1)
        return self.out_proj(c)
""",
    ),
    "a configuration by default": (
        "multi_head_attention",
        """
import torch, torch.nn as nn
GPT_CONFIG_124M = {"vocab_size": 50257, "context_length": 1024, "emb_dim": 768, "n_heads": 12, "n_layers": 12, "drop_rate": 0.1, "qkv_bias": False}
class MultiHeadAttention(nn.Module):
    def __init__(self, cfg=GPT_CONFIG_124M):
        super().__init__()
        d_out = cfg["emb_dim"]; self.h = cfg["n_heads"]; self.hd = d_out // self.h
        self.W_q = nn.Linear(d_out, d_out, bias=cfg["qkv_bias"])
        self.W_k = nn.Linear(d_out, d_out, bias=cfg["qkv_bias"])
        self.W_v = nn.Linear(d_out, d_out, bias=cfg["qkv_bias"])
        self.proj = nn.Linear(d_out, d_out)
        self.drop = nn.Dropout(cfg["drop_rate"])
        self.register_buffer("mask", torch.triu(torch.ones(cfg["context_length"], cfg["context_length"]), diagonal=1))
    def forward(self, x):
        b, n, d = x.shape
        q = self.W_q(x).view(b, n, self.h, self.hd).transpose(1, 2)
        k = self.W_k(x).view(b, n, self.h, self.hd).transpose(1, 2)
        v = self.W_v(x).view(b, n, self.h, self.hd).transpose(1, 2)
        s = q @ k.transpose(2, 3)
        s.masked_fill_(self.mask.bool()[:n, :n], float("-inf"))
        w = self.drop(torch.softmax(s / self.hd ** 0.5, dim=-1))
        return self.proj((w @ v).transpose(1, 2).contiguous().view(b, n, d))
""",
    ),
    "weights handed over by a method": (
        "trainable_self_attention",
        """
import numpy as np
class SelfAttention:
    def __init__(self):
        self.W_q = self.W_k = self.W_v = None
    def set_weights(self, W_q, W_k, W_v):
        self.W_q, self.W_k, self.W_v = W_q, W_k, W_v
    def forward(self, x):
        q, k, v = x @ self.W_q, x @ self.W_k, x @ self.W_v
        s = q @ k.T / np.sqrt(k.shape[-1]); e = np.exp(s - s.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True) @ v
""",
    ),
}
