"""How fast is it? Training against a plain Transformer, reading with a cache.

    python -m course_utils.recipes.transformer_speed OUT.json

The task: learn from crops of performance events, and read one event after
1,024 others. Metrics: events per second of both ways, measured in turns in
one run, and their ratio; medians over the repetitions.

Taught in: notebooks/51_transformer_training.ipynb
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_utils.basics.checks import check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import torch_rng
from course_utils.models.attention import future
from course_utils.models.music_transformer import (
    MusicTransformer,
    MusicTransformerConfig,
    init_music_transformer,
)
from course_utils.recipes.transformer_presets import SIZES
from course_utils.symbolic.performance import N_CLASSES

N_EVENTS = 1024
CROPS = 2


class PlainTransformer(nn.Module):
    """torch's own encoder with a causal mask and learnt places.

    Parameters
    ----------
    config : MusicTransformerConfig
        The same width, layers, heads and feed-forward units are taken.
    length : int
        Longest row of events.
    """

    def __init__(self, config: MusicTransformerConfig, length: int) -> None:
        super().__init__()
        self.events = nn.Embedding(config.n_inputs, config.width)
        self.places = nn.Embedding(length, config.width)
        layer = nn.TransformerEncoderLayer(
            config.width,
            config.n_heads,
            config.feed_forward,
            dropout=1.0 - config.keep_probability,
            activation="gelu",
            batch_first=True,
            norm_first=True,
        )
        layer.self_attn.dropout = 0.0  # as in ours
        self.encoder = nn.TransformerEncoder(
            layer, config.n_layers, enable_nested_tensor=False
        )
        self.readout = nn.Linear(config.width, config.vocab_size)

    def forward(self, events: Tensor) -> Tensor:
        """Return the logits of each next event, (B, L, V)."""
        length = events.shape[1]
        x = self.events(events) + self.places.weight[:length]
        mask = future(length, length, events.device)
        return self.readout(self.encoder(x, mask=mask, is_causal=True))


def config_of(preset: str, positions: str) -> MusicTransformerConfig:
    """Return a network for bare performance events, of a preset's size."""
    sizes = dict(SIZES["performance"][preset]) | {"positions": positions}
    return MusicTransformerConfig(N_CLASSES, N_CLASSES, **sizes)


def training_speed(
    preset: str, n_events: int, n_steps: int, seed: int = 0
) -> dict[str, float]:
    """Time training steps with relative positions, rotary ones and plain.

    Returns
    -------
    dict
        `relative_per_s`, `rotary_per_s`, `plain_per_s` (events learnt from a
        second), and `relative_ratio`, `rotary_ratio` (to plain).
    """
    check_range("steps", n_steps, 1, 10_000)
    rng = torch_rng(seed)
    events = torch.randint(N_CLASSES, (CROPS, n_events + 1), generator=rng)
    ways: dict[str, Callable[[], float]] = {}
    for positions in ("relative", "rotary"):
        net = MusicTransformer(config_of(preset, positions))
        init_music_transformer(net, rng)
        ways[positions] = _step(net, lambda net, x: net(x)[0], events)
    plain = PlainTransformer(config_of(preset, "none"), n_events)
    ways["plain"] = _step(plain, lambda net, x: net(x), events)
    taken = {name: [] for name in ways}
    for turn in range(n_steps + 1):
        for name, step in ways.items():
            seconds = step()
            if turn:  # the first one warms up
                taken[name].append(seconds)
    per_s = {
        name: CROPS * n_events / float(np.median(seconds))
        for name, seconds in taken.items()
    }
    return {f"{name}_per_s": speed for name, speed in per_s.items()} | {
        f"{name}_ratio": per_s[name] / per_s["plain"]
        for name in ("relative", "rotary")
    }


def _step(
    net: nn.Module, read: Callable[[nn.Module, Tensor], Tensor], rows: Tensor
) -> Callable[[], float]:
    """Return a function that trains one step and says how long it took."""
    optimizer = torch.optim.AdamW(net.train().parameters(), 1e-4)

    def step() -> float:
        began = time.perf_counter()
        logits = read(net, rows[:, :-1])
        loss = cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return time.perf_counter() - began

    return step


@torch.no_grad()
def reading_speed(
    preset: str, n_events: int, n_read: int, seed: int = 0
) -> dict[str, float]:
    """Time the last events of a row, with a cache and without.

    Returns
    -------
    dict
        `cached_per_s`, `uncached_per_s` (events a second), `ratio`.
    """
    check_range("events read", n_read, 1, n_events - 1)
    rng = torch_rng(seed)
    net = MusicTransformer(config_of(preset, "relative")).eval()
    init_music_transformer(net, rng)
    events = torch.randint(N_CLASSES, (1, n_events), generator=rng)
    _, caches = net(events[:, :-n_read])
    taken = np.zeros((2, n_read))
    for i, place in enumerate(range(n_events - n_read, n_events)):
        began = time.perf_counter()
        _, caches = net(events[:, place : place + 1], None, caches)
        between = time.perf_counter()
        net(events[:, : place + 1])
        taken[:, i] = between - began, time.perf_counter() - between
    cached, uncached = 1 / np.median(taken, axis=1)
    return {
        "cached_per_s": float(cached),
        "uncached_per_s": float(uncached),
        "ratio": float(cached / uncached),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both and write one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="JSON file")
    parser.add_argument("--preset", default="cpu")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--events", type=int, default=N_EVENTS)
    parsed = parser.parse_args(arguments)
    found = {
        "preset": parsed.preset,
        "n_events": parsed.events,
        "training": training_speed(parsed.preset, parsed.events, parsed.steps),
        "reading": reading_speed(parsed.preset, parsed.events, 16),
    }
    with atomic_file(Path(parsed.out)) as part:
        part.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
