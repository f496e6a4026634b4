"""A Transformer that writes four voices, sixteenth after sixteenth.

The order is soprano, alto, tenor, bass, then the next sixteenth, as in the
Music Transformer's chorales. The past is read once a sixteenth, by blocks of
attention; the four voices of a sixteenth are then decided one after the
other, each by dense layers of its own that hear the voices above it. So the
costly part runs once for four notes.

What it hears of pitches are the pitches and all intervals between them, and
what it answers is said both as a pitch and as an interval from what sounds:
a step up is the same step in every key.

Axes: B batch, T sixteenths, 4 voices, W width, V vocabulary.

Source: Huang et al. (2018), Music Transformer, arXiv:1809.04281 (the order,
attention with relative positions in time and pitch); the rest is ours.

Taught in: notebooks/51_transformer_training.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.basics.checks import check_range
from course_utils.models.attention import AttentionConfig, Cache
from course_utils.models.chorale_echo import (
    EchoEmbedding,
    EchoReadout,
    echoes_of,
)
from course_utils.models.chorale_parts import (
    ALL_VOICES,
    PastEmbedding,
    VoiceEmbedding,
    VoiceLayer,
    heard_classes,
    random_turns,
)
from course_utils.models.chorale_past import (
    N_PLACES,
    N_VOICES,
    Past,
    past_of,
)
from course_utils.models.chorale_readout import (
    IntervalReadout,
    ParallelReadout,
)
from course_utils.models.music_transformer import Block


@dataclass(frozen=True)
class ChoraleTransformerConfig:
    """Sizes of the network. Plain numbers are counts."""

    n_pitches: int = 46  # classes 1 to 46; class 0 is a rest
    n_places: int = N_PLACES  # that are told apart; 4: places in a beat
    width: int = 192  # W
    n_layers: int = 6
    n_heads: int = 8
    feed_forward: int = 768
    n_voice_layers: int = 1
    positions: str = "relative"  # see attention.POSITIONS
    max_distance: int = 256  # sixteenths
    keep_probability: float = 0.8  # of what a layer adds, in training
    attention_keep_probability: float = 1.0  # of the weights, in training
    show_probability: float = 1.0  # of what was sung, to the blocks
    any_order: float = 0.0  # of the sixteenths, in training
    intervals_in: bool = True  # hear intervals beside pitches
    intervals_out: bool = True  # answer in intervals too
    octaves: bool = False  # and know that a tenth is a third
    motions: bool = False  # hear who moves away from which interval
    parallels: bool = False  # have scores of moving along with a voice
    echoes: bool = False  # hear what followed when it was like this before

    def __post_init__(self) -> None:
        check_range("n_pitches", self.n_pitches, 1, 127)
        check_range("n_places", self.n_places, 1, N_PLACES)
        check_range("n_layers", self.n_layers, 1, 128, "layers")
        check_range("n_voice_layers", self.n_voice_layers, 1, 16, "layers")
        check_range("feed_forward", self.feed_forward, 1, 65_536, "units")
        check_range("keep_probability", self.keep_probability, 0.01, 1.0)
        check_range("show_probability", self.show_probability, 0.0, 1.0)
        check_range("any_order", self.any_order, 0.0, 1.0)

    @property
    def vocab_size(self) -> int:
        """V: the pitches and the rest."""
        return self.n_pitches + 1

    @property
    def start(self) -> int:
        """The class that stands for what was before the piece."""
        return self.n_pitches + 1

    def attention(self) -> AttentionConfig:
        """Return the sizes of each layer's attention."""
        return AttentionConfig(
            self.width,
            self.n_heads,
            self.positions,
            self.max_distance,
            self.attention_keep_probability,
        )

    def heard(self) -> tuple[int, int, int, bool, bool]:
        """Return the sizes of what is heard, for the embeddings."""
        octaves = self.octaves and self.intervals_in
        sizes = self.n_pitches, self.n_places, self.width
        return *sizes, self.intervals_in, octaves


class ChoraleTransformer(nn.Module):
    """Embeddings, blocks over sixteenths, layers for each voice, a read-out.

    Parameters
    ----------
    config : ChoraleTransformerConfig
        Sizes; they travel in the checkpoint.
    """

    def __init__(self, config: ChoraleTransformerConfig) -> None:
        super().__init__()
        self.config = config
        width, drop = config.width, 1.0 - config.keep_probability
        n_classes = config.vocab_size
        self.past_embedding = PastEmbedding(*config.heard())
        self.voice_embedding = VoiceEmbedding(*config.heard(), config.motions)
        if config.echoes:
            self.echo_embedding = EchoEmbedding(config.n_pitches, width)
            self.echo_readout = EchoReadout(width, n_classes)
        if config.parallels:
            self.parallels = ParallelReadout(n_classes)
        self.dropout = nn.Dropout(drop)
        self.blocks = nn.ModuleList(
            Block(config) for _ in range(config.n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.to_voices = nn.Linear(width, width)
        self.voice_layers = nn.ModuleList(
            VoiceLayer(width, config.feed_forward, drop)
            for _ in range(config.n_voice_layers)
        )
        self.voice_norm = nn.LayerNorm(width)
        self.readout = nn.Linear(width, n_classes)
        if config.intervals_out:
            self.intervals = IntervalReadout(width, n_classes, config.octaves)

    def forward(self, classes: Tensor, first_place: Tensor) -> Tensor:
        """Return the logits of each voice at each sixteenth.

        Parameters
        ----------
        classes : Tensor of int64, shape (B, T, 4)
            0 is a rest, 1 the lowest pitch; soprano, alto, tenor, bass.
        first_place : Tensor of int64, shape (B,)
            Place in the bar of the first sixteenth, 0 to 15.

        Returns
        -------
        Tensor, shape (B, T, 4, V), float32
            Each given all sixteenths before and the voices above.
        """
        past = past_of(classes, first_place, self.config.start)
        shown, turn = past, None
        if self.training:
            shown = past.partly(
                self.config.show_probability, self.config.start
            )
            turn = random_turns(classes.shape, self.config.any_order)
        remembered, _ = self.remember(shown)
        return self.decide(remembered, past, classes, turn)

    def remember(
        self, past: Past, caches: list[Cache] | None = None
    ) -> tuple[Tensor, list[Cache]]:
        """Read the past by attention.

        Parameters
        ----------
        past : Past
            Of the sixteenths that follow those in the caches.
        caches : list of caches, one a layer, or None
            What the call before returned.

        Returns
        -------
        remembered : Tensor, shape (B, T, W)
        caches : list of caches
        """
        x = self.past_embedding(past)
        x = self.dropout(x)
        grown = []
        for i, block in enumerate(self.blocks):
            x, cache = block(x, caches[i] if caches else None)
            grown.append(cache)
        return self.to_voices(self.norm(x)), grown

    def decide(
        self,
        remembered: Tensor,
        past: Past,
        now: Tensor,
        turn: Tensor | None = None,
        voices: Sequence[int] = ALL_VOICES,
    ) -> Tensor:
        """Return the logits of some voices.

        Parameters
        ----------
        remembered : Tensor, shape (B, T, W)
            What `remember` returned.
        past : Past
            What `remember` was given.
        now : Tensor of int64, shape (B, T, 4)
            Classes of these sixteenths. The logits of a voice follow from
            the voices before it alone; what comes later may be anything.
        turn : Tensor of int64, shape (B, T, 4) or (4,), or None
            When each voice is decided; None: soprano, alto, tenor, bass.
        voices : sequence of int
            Which n voices are asked for.

        Returns
        -------
        Tensor, shape (B, T, n, V), float32
        """
        turn = torch.arange(N_VOICES) if turn is None else turn
        turn = turn.to(now.device)
        heard = heard_classes(now, turn, self.config.start)[:, :, voices]
        x = self.voice_embedding(past, heard, voices)
        x = remembered[:, :, None] + x
        if self.config.echoes:
            echoes = echoes_of(past, heard, self.config.start, voices)
            x = x + self.echo_embedding(past, heard, echoes, voices)
        x = self.dropout(x)  # (B, T, n, W)
        for layer in self.voice_layers:
            x = layer(x, voices)
        x = self.voice_norm(x)
        logits = self.readout(x).float()
        if self.config.intervals_out:
            logits = logits + self.intervals(x, past, heard, voices)
        if self.config.echoes:
            logits = logits + self.echo_readout(x, echoes)
        if self.config.parallels:
            logits = logits + self.parallels(past, heard, voices)
        return logits


def init_chorale_transformer(
    model: ChoraleTransformer, rng: torch.Generator
) -> None:
    """Draw all weights from `rng`.

    Embeddings are normal; dense layers have variance 1 / fan-in, and what a
    layer adds is smaller the more layers there are; the read-outs begin near
    to even.
    """
    depth = (2 * model.config.n_layers) ** -0.5
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "embedding" in name:
                weight.normal_(0.0, 0.2, generator=rng)
            elif name.endswith("distances"):
                weight.normal_(0.0, 0.02, generator=rng)
            elif name.startswith("parallels"):
                weight.zero_()
            elif weight.ndim < 2:
                weight.fill_(float("norm" in name and "weight" in name))
            else:
                scale = 0.5 * weight.shape[1] ** -0.5
                if name.startswith("blocks") and name.endswith(
                    ("combine.weight", "dense.2.weight")
                ):
                    scale *= depth
                weight.normal_(0.0, scale, generator=rng)
