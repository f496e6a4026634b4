"""Causal self-attention that knows how far apart two events are.

Axes: B batch, H heads, L queries, K keys (K = L + what a cache holds, the
queries being the last of them), D width of one head, R distances.

Sources: Vaswani et al. (2017), arXiv:1706.03762; relative positions: Shaw et
al. (2018), arXiv:1803.02155; skewing: Huang et al. (2018), arXiv:1809.04281;
rotary positions: Su et al. (2021), arXiv:2104.09864.

Taught in: notebooks/50_attention.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, scaled_dot_product_attention

from course_utils.basics.checks import CourseError, check_range

Cache = tuple[Tensor, Tensor]  # keys and values, each (B, H, K, D)
POSITIONS = ("relative", "rotary", "none")
ROTARY_BASE = 10_000.0  # the slowest pair turns once in about so many events


@dataclass(frozen=True)
class AttentionConfig:
    """Sizes of one attention layer. Plain numbers are counts."""

    width: int = 256  # H * D
    n_heads: int = 8  # H
    positions: str = "relative"  # one of POSITIONS
    max_distance: int = 512  # R; all farther events share one vector
    keep_probability: float = 1.0  # of the attention weights, in training

    def __post_init__(self) -> None:
        check_range("n_heads", self.n_heads, 1, 256)
        check_range("width", self.width, 1, 65_536, "units")
        check_range("max_distance", self.max_distance, 1, 65_536, "events")
        check_range("keep_probability", self.keep_probability, 0.01, 1.0)
        if self.width % (2 * self.n_heads):
            raise CourseError(
                f"a width that is a multiple of 2 x {self.n_heads} heads",
                str(self.width),
                "change one of them",
            )
        if self.positions not in POSITIONS:
            raise CourseError(
                f"positions, one of {', '.join(POSITIONS)}",
                self.positions,
                "choose one of these",
            )


def future(n_queries: int, n_keys: int, device: object = None) -> Tensor:
    """Return where a key lies after its query, shape (L, K), bool."""
    ones = torch.ones(n_queries, n_keys, dtype=torch.bool, device=device)
    return ones.triu(n_keys - n_queries + 1)


def distance_vectors(embedding: Tensor, n_keys: int) -> Tensor:
    """Return the vector of each distance, K - 1 down to 0.

    Parameters
    ----------
    embedding : Tensor, shape (H, R, D)
        Row r belongs to distance r; the last row to all that lie farther.
    n_keys : int
        K.

    Returns
    -------
    Tensor, shape (H, K, D)
    """
    distances = torch.arange(n_keys - 1, -1, -1, device=embedding.device)
    return embedding[:, distances.clamp(max=embedding.shape[1] - 1)]


def relative_logits_naive(
    queries: Tensor, embedding: Tensor, n_keys: int
) -> Tensor:
    """Return what `relative_logits` does, from all pairs: O(L K D) memory."""
    n_queries = queries.shape[-2]
    rows = torch.arange(n_keys - n_queries, n_keys, device=queries.device)
    columns = torch.arange(n_keys, device=queries.device)
    apart = (rows[:, None] - columns).clamp(0, embedding.shape[1] - 1)
    return torch.einsum("bhld,hlkd->bhlk", queries, embedding[:, apart])


def skew(by_distance: Tensor) -> Tensor:
    """Move each row so that its columns become keys.

    Parameters
    ----------
    by_distance : Tensor, shape (..., L, K)
        Column c of each row belongs to distance K - 1 - c.

    Returns
    -------
    Tensor, shape (..., L, K)
        Entry (l, k) is that of the distance between query l and key k, where
        the key is not later than the query; other entries mean nothing.
    """
    *front, n_queries, n_keys = by_distance.shape
    padded = pad(by_distance, (1, 0))  # (..., L, K + 1)
    flat = padded.flatten(-2)[..., n_queries:]  # L * K numbers
    return flat.reshape(*front, n_queries, n_keys)


def relative_logits(queries: Tensor, embedding: Tensor, n_keys: int) -> Tensor:
    """Return queries times the vectors of their distances, by skewing.

    Memory for the vectors is O(K D), not O(L K D).

    Parameters
    ----------
    queries : Tensor, shape (B, H, L, D)
        The last L of K events.
    embedding : Tensor, shape (H, R, D)
        See `distance_vectors`.
    n_keys : int
        K.

    Returns
    -------
    Tensor, shape (B, H, L, K)
        Meaningless where a key lies after its query.
    """
    vectors = distance_vectors(embedding, n_keys)
    return skew(queries @ vectors.transpose(-1, -2))


def rotate(x: Tensor, first: int) -> Tensor:
    """Turn each pair of units by an angle that grows with the position.

    The product of a turned query and a turned key depends on their distance
    alone.

    Parameters
    ----------
    x : Tensor, shape (..., L, D)
        Queries or keys; unit i pairs with unit i + D / 2.
    first : int
        Position of the first row.
    """
    n, width = x.shape[-2:]
    places = torch.arange(first, first + n, device=x.device)
    powers = torch.arange(0, width, 2, device=x.device) / width
    angles = places[:, None] * ROTARY_BASE**-powers  # (L, D / 2)
    cos, sin = angles.cos(), angles.sin()
    a, b = x.float().chunk(2, dim=-1)
    turned = torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
    return turned.to(x.dtype)


class CausalAttention(nn.Module):
    """Each event looks at itself and at all before it.

    Parameters
    ----------
    config : AttentionConfig
    """

    def __init__(self, config: AttentionConfig) -> None:
        super().__init__()
        self.config = config
        self.project = nn.Linear(config.width, 3 * config.width)
        self.combine = nn.Linear(config.width, config.width)
        if config.positions == "relative":
            head_width = config.width // config.n_heads
            self.distances = nn.Parameter(
                torch.zeros(config.n_heads, config.max_distance, head_width)
            )

    def forward(
        self, x: Tensor, cache: Cache | None = None
    ) -> tuple[Tensor, Cache]:
        """Attend to `x` and to what the cache holds from before it.

        Parameters
        ----------
        x : Tensor, shape (B, L, H * D)
            Events that follow those in the cache.
        cache : pair of Tensor, shape (B, H, K - L, D), or None
            What the call before returned.

        Returns
        -------
        y : Tensor, shape (B, L, H * D)
        cache : pair of Tensor, shape (B, H, K, D)
        """
        queries, keys, values = self._heads(x, cache)
        if cache is not None:
            keys = torch.cat([cache[0], keys], dim=2)
            values = torch.cat([cache[1], values], dim=2)
        y = self._attend(queries, keys, values)  # (B, H, L, D)
        y = y.transpose(1, 2).flatten(2)  # (B, L, H * D)
        return self.combine(y), (keys, values)

    def _heads(self, x: Tensor, cache: Cache | None) -> tuple[Tensor, ...]:
        """Return queries, keys and values of `x`, each (B, H, L, D)."""
        n_heads = self.config.n_heads
        three = self.project(x).unflatten(-1, (3, n_heads, -1))
        queries, keys, values = three.permute(2, 0, 3, 1, 4)
        if self.config.positions == "rotary":
            first = 0 if cache is None else cache[0].shape[2]
            queries, keys = rotate(queries, first), rotate(keys, first)
        return queries, keys, values

    def _attend(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return the values weighted by softmax(logits), shape of queries."""
        n_queries, n_keys = queries.shape[2], keys.shape[2]
        drop = 1.0 - self.config.keep_probability if self.training else 0.0
        one_by_one = n_queries == 1  # nothing to hide
        fused = self.config.positions != "relative"
        if fused and (one_by_one or n_queries == n_keys):
            return scaled_dot_product_attention(
                queries,
                keys,
                values,
                dropout_p=drop,
                is_causal=not one_by_one,
            )
        logits = queries @ keys.transpose(-1, -2)
        if self.config.positions == "relative":
            logits = logits + relative_logits(queries, self.distances, n_keys)
        logits = logits * queries.shape[-1] ** -0.5
        hidden = future(n_queries, n_keys, logits.device)
        weights = logits.masked_fill(hidden, float("-inf")).softmax(dim=-1)
        weights = nn.functional.dropout(weights, drop)
        return weights.to(values.dtype) @ values
