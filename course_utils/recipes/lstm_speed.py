"""How fast the LSTM learns and composes, against a plain loop.

    python -m course_utils.recipes.lstm_speed

The plain loop is what a first program looks like: `torch.nn.LSTM` in float32,
each piece cut into windows, short windows padded, a state of zeros for each;
to compose, one call of the network an event. Both learn from the same pieces
with the same sizes, in turns, so that a busy machine slows both.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from course_utils.basics.checks import check_range
from course_utils.basics.presets import PRESETS
from course_utils.basics.runtime import bfloat16_is_fast, torch_rng
from course_utils.data.streams import TokenStream
from course_utils.evaluation.likelihood import PADDING
from course_utils.models.lstm import EventLstm
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.recipes.composing import compose_takes
from course_utils.recipes.data_sets import load_pieces
from course_utils.recipes.lstm import RECIPES, encode_splits, new_model
from course_utils.recipes.lstm_session import LstmRecipe
from course_utils.symbolic.grid_continuations import PolyphonyContinuation
from course_utils.training.steps import sequence_step

N_PRIMER_STEPS = 16


def padded_windows(
    pieces: Sequence[list[int]], batch_size: int, length: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of windows for ever; short ones are padded.

    Yields
    ------
    inputs, targets : Tensor of int64, shape (B, L)
        Targets of padding are `PADDING`, its inputs 0.
    """
    windows = [
        torch.tensor(piece[start : start + length + 1])
        for piece in pieces
        for start in range(0, len(piece) - 1, length)
    ]
    rng = torch_rng(seed)
    while True:
        chosen = torch.randint(len(windows), (batch_size,), generator=rng)
        rows = [windows[i] for i in chosen.tolist()]
        rows[0] = torch.cat([rows[0], rows[0].new_full((length,), PADDING)])
        rows[0] = rows[0][: length + 1]  # so that all batches have L columns
        padded = pad_sequence(rows, batch_first=True, padding_value=PADDING)
        yield padded[:, :-1].clamp(min=0), padded[:, 1:]


def training_speed(
    pieces: Sequence[list[int]], preset: str, n_steps: int, seed: int = 0
) -> dict[str, float]:
    """Time steps of both, in turns.

    Returns
    -------
    dict
        Of `ours` and `plain`: `..._steps_per_s` (median) and
        `..._events_per_s` (events learnt from, padding not counted).
    """
    check_range("steps", n_steps, 1, 10_000)
    recipe = replace(RECIPES[preset], bfloat16=bfloat16_is_fast("cpu"))
    words = (pieces, preset, recipe, seed)
    ways = _our_steps(*words), _plain_steps(*words)
    taken = np.zeros((2, n_steps + 1))
    learnt = np.zeros((2, n_steps + 1))
    for step in range(n_steps + 1):
        for way, steps in enumerate(ways):
            began = time.perf_counter()
            learnt[way, step] = next(steps)
            taken[way, step] = time.perf_counter() - began
    seconds = np.median(taken[:, 1:], axis=1)  # the first one warms up
    events = learnt[:, 1:].mean(axis=1)
    return {
        "ours_steps_per_s": 1 / seconds[0],
        "plain_steps_per_s": 1 / seconds[1],
        "ours_events_per_s": events[0] / seconds[0],
        "plain_events_per_s": events[1] / seconds[1],
    }


def _our_steps(
    pieces: Sequence[list[int]], preset: str, recipe: LstmRecipe, seed: int
) -> Iterator[int]:
    """Train as the course does; yield the events of each step."""
    model = new_model(preset, seed).train()
    optimizer = torch.optim.Adam(model.parameters(), recipe.learning_rate)
    state = None
    stream = TokenStream(pieces, recipe.batch_size, recipe.length, seed)
    for inputs, targets, first in stream:
        _, state = sequence_step(
            model,
            optimizer,
            inputs,
            targets,
            None if first else state,
            recipe.clip_norm,
            recipe.bfloat16,
        )
        yield targets.numel()


def _plain_steps(
    pieces: Sequence[list[int]], preset: str, recipe: LstmRecipe, seed: int
) -> Iterator[int]:
    """Train as a first program does; yield the events of each step."""
    model = new_model(preset, seed).train()
    optimizer = torch.optim.Adam(model.parameters(), recipe.learning_rate)
    sizes = (recipe.batch_size, recipe.length)
    for inputs, targets in padded_windows(pieces, *sizes, seed):
        logits, _ = model(inputs)
        loss = cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=PADDING
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield int((targets != PADDING).sum())


@torch.no_grad()
def plain_compose(model: EventLstm, n_events: int, seed: int) -> None:
    """Draw events one by one with the network itself, without any rule."""
    rng = torch_rng(seed)
    event, state = torch.zeros(1, 1, dtype=torch.int64), None
    for _ in range(n_events):
        logits, state = model(event, state)
        chances = logits[:, -1].softmax(dim=-1)
        event = torch.multinomial(chances, 1, generator=rng)


def composing_speed(
    preset: str, n_steps: int, seed: int = 0, n_runs: int = 3
) -> dict[str, float]:
    """Time composing, in turns; ours obeys the grammar and cuts the tail.

    Returns
    -------
    dict
        `ours_composed_per_s`, `plain_composed_per_s` (events, median).
    """
    model = new_model(preset, seed).eval()
    piece = next(p for p in load_pieces("chorales", "smoke"))
    speeds = []
    for run in range(n_runs):
        bars = PolyphonyContinuation(piece.sequence, n_steps)
        began = time.perf_counter()
        rng = torch_rng(seed + run)
        words = {"temperature": 1.0, "top_p": 0.95, "key_pull": 0.5}
        ((_, events),) = compose_takes(
            LstmStepper(model), bars, 1, rng=rng, **words
        )
        between = time.perf_counter()
        plain_compose(model, len(events), seed + run)
        taken = between - began, time.perf_counter() - between
        speeds.append([len(events) / seconds for seconds in taken])
    ours_per_s, plain_per_s = np.median(speeds, axis=0)
    return {
        "ours_composed_per_s": ours_per_s,
        "plain_composed_per_s": plain_per_s,
    }


def speeds(
    preset: str, n_steps: int, data: str = "chorales", seed: int = 0
) -> dict[str, float]:
    """Return all speeds of one run, and the ratios of ours to the plain."""
    pieces = encode_splits(load_pieces(data, preset))["train"]
    found = training_speed(pieces, preset, n_steps, seed)
    found |= composing_speed(preset, N_PRIMER_STEPS * n_steps, seed)
    for kind in ("steps_per_s", "events_per_s", "composed_per_s"):
        found[f"ratio_{kind}"] = found[f"ours_{kind}"] / found[f"plain_{kind}"]
    return {name: float(value) for name, value in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the speeds as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--steps", type=int, default=12)
    parsed = parser.parse_args(arguments)
    found = speeds(parsed.preset, parsed.steps)
    about = {"preset": parsed.preset, "threads": torch.get_num_threads()}
    print(json.dumps(about | found, indent=1))


if __name__ == "__main__":
    main()
