"""A Transformer that predicts the next event of a piece.

Axes: B batch, L events, W width, V vocabulary, C contexts.

Source: Huang et al. (2018), Music Transformer, arXiv:1809.04281; layers are
normalised before attention, as is usual now (Xiong et al., 2020,
arXiv:2002.04745).

Taught in: notebooks/51_transformer_training.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from course_utils.basics.checks import CourseError, check_range
from course_utils.models.attention import (
    AttentionConfig,
    Cache,
    CausalAttention,
)

EMBEDDING_SCALE = 0.3  # standard deviation; several embeddings are added
N_PITCHES = 128  # of MIDI; classes below this are pitches
INTERVALS = 2 * N_PITCHES - 1  # -127 to 127 semitones


@dataclass(frozen=True)
class MusicTransformerConfig:
    """Sizes of the network. Plain numbers are counts."""

    vocab_size: int  # V, events that can be predicted
    n_inputs: int  # events that can be read, such as START beside those
    width: int = 256  # W
    n_layers: int = 5
    n_heads: int = 8
    feed_forward: int = 1024
    positions: str = "relative"  # see attention.POSITIONS
    max_distance: int = 512  # events
    keep_probability: float = 0.9  # of what a layer adds, in training
    attention_keep_probability: float = 1.0  # of the attention weights
    context_sizes: tuple[int, ...] = ()  # classes of each context
    interval_context: int | None = None  # which one is a pitch to move from
    n_flags: int = 0  # yes-or-no facts, such as which keys are down
    n_flagged: int = 0  # classes c that fact c modulo n_flags speaks of

    def __post_init__(self) -> None:
        check_range("vocab_size", self.vocab_size, 2, 100_000, "events")
        check_range("n_inputs", self.n_inputs, 2, 100_000, "events")
        check_range("n_layers", self.n_layers, 1, 128, "layers")
        check_range("feed_forward", self.feed_forward, 1, 65_536, "units")
        check_range("keep_probability", self.keep_probability, 0.01, 1.0)
        check_range("n_flags", self.n_flags, 0, 100_000)
        check_range("n_flagged", self.n_flagged, 0, self.vocab_size)

    def attention(self) -> AttentionConfig:
        """Return the sizes of each layer's attention."""
        return AttentionConfig(
            self.width,
            self.n_heads,
            self.positions,
            self.max_distance,
            self.attention_keep_probability,
        )


class Block(nn.Module):
    """Attention, then two dense layers; each adds to what comes in."""

    def __init__(self, config: MusicTransformerConfig) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(config.width)
        self.attention = CausalAttention(config.attention())
        self.norm_dense = nn.LayerNorm(config.width)
        self.dense = nn.Sequential(
            nn.Linear(config.width, config.feed_forward),
            nn.GELU(),
            nn.Linear(config.feed_forward, config.width),
        )
        self.dropout = nn.Dropout(1.0 - config.keep_probability)

    def forward(self, x: Tensor, cache: Cache | None) -> tuple[Tensor, Cache]:
        """Return (B, L, W), and the cache with these events added."""
        attended, cache = self.attention(self.norm_attention(x), cache)
        x = x + self.dropout(attended)
        return x + self.dropout(self.dense(self.norm_dense(x))), cache


class MusicTransformer(nn.Module):
    """Embeddings, blocks, and a read-out of the next event.

    Parameters
    ----------
    config : MusicTransformerConfig
        Sizes; they travel in the checkpoint.
    """

    def __init__(self, config: MusicTransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.events = nn.Embedding(config.n_inputs, config.width)
        self.contexts = nn.ModuleList(
            nn.Embedding(size, config.width) for size in config.context_sizes
        )
        self.dropout = nn.Dropout(1.0 - config.keep_probability)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.n_layers)
        )
        self.norm = nn.LayerNorm(config.width)
        self.readout = nn.Linear(config.width, config.vocab_size)
        if config.interval_context is not None:
            self.intervals = nn.Linear(config.width, INTERVALS)
        if config.n_flags:
            self.flags = nn.Linear(config.n_flags, config.width, bias=False)
            self.flag_bias = nn.Parameter(torch.zeros(config.n_flagged))

    def forward(
        self,
        events: Tensor,
        contexts: Tensor | None = None,
        caches: list[Cache] | None = None,
        flags: Tensor | None = None,
    ) -> tuple[Tensor, list[Cache]]:
        """Return the logits of each next event, and the caches.

        Parameters
        ----------
        events : Tensor of int64, shape (B, L)
            What came before each event that is predicted.
        contexts : Tensor of int64, shape (B, L, C)
            What else is known of each event that is predicted; None where
            the config has no contexts. The context to move from is a pitch,
            or 128 for none.
        caches : list of caches, one a layer, or None
            What the call before returned.
        flags : Tensor of bool, shape (B, L, F)
            Facts known of each event that is predicted; None where the
            config has none.

        Returns
        -------
        logits : Tensor, shape (B, L, V), float32
        caches : list of caches
        """
        x = self.events(events)
        for i, embedding in enumerate(self.contexts):
            x = x + embedding(self._checked(events, contexts)[..., i])
        if self.config.n_flags:
            self._check_flags(events, flags)
            x = x + self.flags(flags.to(x.dtype))
        x = self.dropout(x)
        grown = []
        for i, block in enumerate(self.blocks):
            x, cache = block(x, caches[i] if caches else None)
            grown.append(cache)
        x = self.norm(x)
        logits = self.readout(x).float()
        if self.config.interval_context is not None:
            start = contexts[..., self.config.interval_context]
            logits = logits + self._by_interval(x, start)
        if self.config.n_flags:
            logits = logits + self._by_flag(flags)
        return logits, grown

    def _checked(self, events: Tensor, contexts: Tensor | None) -> Tensor:
        """Return the contexts; refuse a shape that does not fit."""
        expected = (*events.shape, len(self.contexts))
        if contexts is None or tuple(contexts.shape) != expected:
            found = contexts if contexts is None else tuple(contexts.shape)
            raise CourseError(
                f"contexts of shape {expected}",
                str(found),
                "give every event its contexts",
            )
        return contexts

    def _check_flags(self, events: Tensor, flags: Tensor | None) -> None:
        """Refuse flags of a shape that does not fit."""
        expected = (*events.shape, self.config.n_flags)
        if flags is None or tuple(flags.shape) != expected:
            found = flags if flags is None else tuple(flags.shape)
            raise CourseError(
                f"flags of shape {expected}",
                str(found),
                "give every event its flags",
            )

    def _by_interval(self, x: Tensor, start: Tensor) -> Tensor:
        """Return logits (B, L, V) of how far each pitch lies from a pitch.

        So a step up is the same step in every key. Other classes get 0, and
        all get 0 where there is no pitch to move from.
        """
        n_pitches = min(N_PITCHES, self.config.vocab_size)
        places = torch.arange(n_pitches, device=x.device)
        apart = places - start[..., None] + N_PITCHES - 1
        scores = self.intervals(x).float()
        moved = scores.gather(-1, apart.clamp(0, INTERVALS - 1))
        moved = moved * (start < N_PITCHES)[..., None]
        return pad(moved, (0, self.config.vocab_size - n_pitches))

    def _by_flag(self, flags: Tensor) -> Tensor:
        """Return logits (B, L, V): a bonus or malus for flagged classes."""
        n_flagged = self.config.n_flagged
        classes = torch.arange(n_flagged, device=flags.device)
        spoken_of = flags[..., classes % self.config.n_flags]
        added = spoken_of * self.flag_bias
        return pad(added, (0, self.config.vocab_size - n_flagged))


def init_music_transformer(
    model: MusicTransformer, rng: torch.Generator
) -> None:
    """Draw all weights from `rng`.

    Embeddings are normal; dense layers have variance 1 / fan-in, and what a
    layer adds to the stream is smaller the more layers there are; vectors of
    distances are small, so that attention begins near to even.
    """
    depth = (2 * model.config.n_layers) ** -0.5
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.startswith(("events", "contexts", "flags")):
                weight.normal_(0.0, EMBEDDING_SCALE, generator=rng)
            elif name.endswith("distances"):
                weight.normal_(0.0, 0.02, generator=rng)
            elif weight.ndim < 2:
                weight.fill_(float("norm" in name and "weight" in name))
            else:
                scale = weight.shape[1] ** -0.5
                if name.endswith(("combine.weight", "dense.2.weight")):
                    scale *= depth
                weight.normal_(0.0, scale, generator=rng)
