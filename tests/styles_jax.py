"""Right code of the styles in which people write attention with JAX."""

LINEN_HEAD = """
import flax.linen as nn
import jax
import jax.numpy as jnp
"""

NNX_HEAD = """
from flax import nnx
import jax
import jax.numpy as jnp
"""

EQUINOX_HEAD = """
import equinox as eqx
import jax
import jax.numpy as jnp
"""

SETUP = (
    LINEN_HEAD
    + """
class MultiHeadAttention(nn.Module):
    embed_dim: int
    num_heads: int

    def setup(self):
        self.qkv_proj = nn.Dense(3 * self.embed_dim)
        self.o_proj = nn.Dense(self.embed_dim)

    def __call__(self, x):
        b, n, d = x.shape
        qkv = self.qkv_proj(x)
        qkv = qkv.reshape(b, n, self.num_heads, -1).transpose(0, 2, 1, 3)
        q, k, v = jnp.array_split(qkv, 3, axis=-1)
        scores = jnp.matmul(q, jnp.swapaxes(k, -2, -1))
        scores = scores / jnp.sqrt(q.shape[-1])
        weights = nn.softmax(scores, axis=-1)
        mixed = jnp.matmul(weights, v)
        mixed = mixed.transpose(0, 2, 1, 3).reshape(b, n, d)
        return self.o_proj(mixed), weights
"""
)

COMPACT = (
    LINEN_HEAD
    + """
class CausalSelfAttention(nn.Module):
    num_heads: int
    dropout: float = 0.1

    @nn.compact
    def __call__(self, x, deterministic):
        b, n, d = x.shape
        head_dim = d // self.num_heads

        def heads(name):
            y = nn.Dense(d, use_bias=False, name=name)(x)
            return y.reshape(b, n, self.num_heads, head_dim)

        q, k, v = heads("query"), heads("key"), heads("value")
        scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(head_dim)
        mask = jnp.tril(jnp.ones((n, n), dtype=bool))
        scores = jnp.where(mask, scores, -jnp.inf)
        weights = jax.nn.softmax(scores, axis=-1)
        weights = nn.Dropout(self.dropout)(weights, deterministic)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(b, n, d)
        return nn.Dense(d, name="out")(mixed)
"""
)

BY_ORDER = (
    LINEN_HEAD
    + """
class Head(nn.Module):
    head_size: int

    @nn.compact
    def __call__(self, x, train: bool = True):
        k = nn.Dense(self.head_size, use_bias=False, name="key")(x)
        q = nn.Dense(self.head_size, use_bias=False, name="query")(x)
        v = nn.Dense(self.head_size, use_bias=False, name="value")(x)
        n = x.shape[-2]
        scores = q @ k.swapaxes(-2, -1) * self.head_size ** -0.5
        scores = jnp.where(jnp.tril(jnp.ones((n, n))) == 0, -1e9, scores)
        weights = nn.softmax(scores)
        return nn.Dropout(0.2, deterministic=not train)(weights) @ v
"""
)

PARAMS = (
    LINEN_HEAD
    + """
class SelfAttention(nn.Module):
    d_in: int
    d_out: int

    def setup(self):
        init, shape = nn.initializers.lecun_normal(), (self.d_in, self.d_out)
        self.W_query = self.param("W_query", init, shape)
        self.W_key = self.param("W_key", init, shape)
        self.W_value = self.param("W_value", init, shape)

    def __call__(self, x):
        queries, keys, values = x @ self.W_query, x @ self.W_key, x @ self.W_value
        scores = queries @ keys.T
        return nn.softmax(scores / keys.shape[-1] ** 0.5, axis=-1) @ values
"""
)

GENERAL = (
    LINEN_HEAD
    + """
class Attention(nn.Module):
    num_heads: int
    head_dim: int

    @nn.compact
    def __call__(self, x, mask=None):
        shape = (self.num_heads, self.head_dim)
        q = nn.DenseGeneral(shape, name="query")(x)
        k = nn.DenseGeneral(shape, name="key")(x)
        v = nn.DenseGeneral(shape, name="value")(x)
        mixed = nn.dot_product_attention(q, k, v, mask=mask)
        return nn.DenseGeneral(x.shape[-1], axis=(-2, -1), name="out")(mixed)
"""
)

NNX = (
    NNX_HEAD
    + """
class CausalSelfAttention(nnx.Module):
    def __init__(self, n_embd, n_head, dropout, *, rngs: nnx.Rngs):
        self.n_head = n_head
        self.c_attn = nnx.Linear(n_embd, 3 * n_embd, rngs=rngs)
        self.c_proj = nnx.Linear(n_embd, n_embd, rngs=rngs)
        self.drop = nnx.Dropout(dropout, rngs=rngs)

    def __call__(self, x):
        B, T, C = x.shape
        q, k, v = jnp.split(self.c_attn(x), 3, axis=-1)
        q = q.reshape(B, T, self.n_head, C // self.n_head)
        k = k.reshape(B, T, self.n_head, C // self.n_head)
        v = v.reshape(B, T, self.n_head, C // self.n_head)
        att = jnp.einsum("bthd,bshd->bhts", q, k) / jnp.sqrt(C // self.n_head)
        att = jnp.where(jnp.tril(jnp.ones((T, T))) > 0, att, -jnp.inf)
        att = self.drop(jax.nn.softmax(att, axis=-1))
        y = jnp.einsum("bhts,bshd->bthd", att, v).reshape(B, T, C)
        return self.c_proj(y)
"""
)

NNX_PARAM = (
    NNX_HEAD
    + """
class SelfAttention(nnx.Module):
    def __init__(self, d_in: int, d_out: int, rngs: nnx.Rngs):
        key = rngs.params()
        self.W_q = nnx.Param(jax.random.normal(key, (d_in, d_out)))
        self.W_k = nnx.Param(jax.random.normal(key, (d_in, d_out)))
        self.W_v = nnx.Param(jax.random.normal(key, (d_in, d_out)))

    def __call__(self, x):
        q, k, v = x @ self.W_q[...], x @ self.W_k[...], x @ self.W_v[...]
        return jax.nn.softmax(q @ k.mT / k.shape[-1] ** 0.5, axis=-1) @ v
"""
)

EQUINOX = (
    EQUINOX_HEAD
    + """
class MultiHeadAttention(eqx.Module):
    num_heads: int = eqx.field(static=True)
    q_proj: eqx.nn.Linear
    k_proj: eqx.nn.Linear
    v_proj: eqx.nn.Linear
    o_proj: eqx.nn.Linear
    dropout: eqx.nn.Dropout

    def __init__(self, d_model, num_heads, dropout, *, key):
        keys = jax.random.split(key, 4)
        self.num_heads = num_heads
        self.q_proj = eqx.nn.Linear(d_model, d_model, use_bias=False, key=keys[0])
        self.k_proj = eqx.nn.Linear(d_model, d_model, use_bias=False, key=keys[1])
        self.v_proj = eqx.nn.Linear(d_model, d_model, use_bias=False, key=keys[2])
        self.o_proj = eqx.nn.Linear(d_model, d_model, key=keys[3])
        self.dropout = eqx.nn.Dropout(dropout)

    def __call__(self, x, key=None, inference=False):
        n, d = x.shape

        def heads(layer):
            return jax.vmap(layer)(x).reshape(n, self.num_heads, -1)

        q, k, v = heads(self.q_proj), heads(self.k_proj), heads(self.v_proj)
        scores = jnp.einsum("qhd,khd->hqk", q, k) / jnp.sqrt(q.shape[-1])
        scores = jnp.where(jnp.tril(jnp.ones((n, n), bool)), scores, -jnp.inf)
        weights = jax.nn.softmax(scores, axis=-1)
        weights = self.dropout(weights, key=key, inference=inference)
        mixed = jnp.einsum("hqk,khd->qhd", weights, v).reshape(n, d)
        return jax.vmap(self.o_proj)(mixed)
"""
)

EQUINOX_ARRAYS = (
    EQUINOX_HEAD
    + """
class SelfAttention(eqx.Module):
    W_query: jax.Array
    W_key: jax.Array
    W_value: jax.Array

    def __init__(self, d_in, d_out, key):
        a, b, c = jax.random.split(key, 3)
        self.W_query = jax.random.normal(a, (d_in, d_out))
        self.W_key = jax.random.normal(b, (d_in, d_out))
        self.W_value = jax.random.normal(c, (d_in, d_out))

    def __call__(self, x):
        q, k, v = x @ self.W_query, x @ self.W_key, x @ self.W_value
        return jax.nn.softmax(q @ k.T / jnp.sqrt(k.shape[-1]), axis=-1) @ v
"""
)

FUNCTION = """
import jax
import jax.numpy as jnp

@jax.jit
def scaled_dot_product_attention(q, k, v):
    scores = jnp.einsum("...qd,...kd->...qk", q, k) / jnp.sqrt(q.shape[-1])
    return jax.nn.softmax(scores, axis=-1) @ v
"""

STYLES = {
    "linen with setup, packed": ("full_multi_head_attention", SETUP),
    "linen, compact, deterministic": ("multi_head_attention", COMPACT),
    "linen, compact, train by default": ("causal_attention", BY_ORDER),
    "linen, parameters": ("trainable_self_attention", PARAMS),
    "linen, general layers": ("full_multi_head_attention", GENERAL),
    "nnx, packed": ("multi_head_attention", NNX),
    "nnx, parameters": ("trainable_self_attention", NNX_PARAM),
    "equinox, layers": ("multi_head_attention", EQUINOX),
    "equinox, arrays": ("trainable_self_attention", EQUINOX_ARRAYS),
    "a function": ("scaled_dot_product_attention", FUNCTION),
}
