"""The trained Transformers compose: they go on, or they harmonise.

A piece in four voices is gone on with by the network of the chorales, another
that lies on the 16th grid by that of the metrical events, which know the beat,
and all else by that of the performances.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.runtime import torch_rng
from course_utils.recipes import harmonise, runs
from course_utils.recipes.composed_files import check_names, write_files
from course_utils.recipes.composing import compose_takes, sounding
from course_utils.recipes.event_stepper import EventStepper
from course_utils.recipes.event_task import MEMORY
from course_utils.recipes.music_transformer import (
    kind_of,
    load_model,
    model_about,
)
from course_utils.recipes.takes import most_like
from course_utils.recipes.transformer_tasks import task_of
from course_utils.sampling.harmony import Taste, continue_chorale
from course_utils.symbolic.chorale_classes import (
    classes_to_grid,
    sequence_to_classes,
)
from course_utils.symbolic.continuation import (
    lay_over,
    main_program,
    steps_of_bars,
    velocities_of,
)
from course_utils.symbolic.meter import lies_on_grid
from course_utils.symbolic.sequences import midi_to_sequence

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MAX_BARS = 1_000
MAX_TAKES = 1_000
N_TAKES = 8
KEY_PULL = 0.5
PHRASE = 64  # sixteenths; about
MODES = ("continue", "harmonise")


def continue_piece(
    checkpoint: Path | str | None,
    primer: "NoteSequence",
    n_bars: int = 8,
    *,
    taste: Taste,
    seed: int = 0,
    n_takes: int = N_TAKES,
    as_loud: bool = True,
    key_pull: float = KEY_PULL,
) -> "NoteSequence":
    """Compose bars that go on from a piece, in its meter and tempo.

    Parameters
    ----------
    checkpoint : Path, str or None
        Its encoding decides how the piece is read; None: see
        `encoding_for`.
    primer : NoteSequence
        The piece to go on from; drums are not read.
    n_bars : int
        Bars to compose, laid over the primer's from its first bar on.
    taste : Taste
        How events are drawn.
    seed : int
        The same seed gives the same piece.
    n_takes : int
        How many to compose; the one most like the primer is kept.
    as_loud : bool
        Move all velocities together until the new bars sound as loud.
    key_pull : float
        See `lstm_compose.generate`; not for chorales.

    Returns
    -------
    NoteSequence
        The new bars alone, from time 0.
    """
    check_range("bars", n_bars, 1, MAX_BARS)
    check_range("takes", n_takes, 1, MAX_TAKES)
    encoding = encoding_for(checkpoint, primer)
    n_steps = steps_of_bars(primer, n_bars)
    rng = torch_rng(seed)
    words = {"taste": taste, "n_takes": n_takes, "rng": rng}
    if encoding == "chorale":
        takes = _chorales(checkpoint, primer, n_steps, **words)
    else:
        words["key_pull"] = key_pull
        takes = _events(checkpoint, encoding, primer, n_steps, **words)
    return most_like(primer, sounding(takes), as_loud)


def encoding_for(checkpoint: Path | str | None, primer: "NoteSequence") -> str:
    """Return which network reads a piece: that of a checkpoint, if given.

    Else a piece in four voices is read as a chorale, another one as metrical
    events if it lies on the 16th grid, and as a performance if not.

    Raises
    ------
    CourseError
        If the checkpoint is of no Transformer, or cannot be read.
    """
    if checkpoint is not None:
        return task_of(str(model_about(checkpoint).get("encoding"))).name
    try:
        sequence_to_classes(primer)
    except CourseError:
        return "metrical" if lies_on_grid(primer) else "performance"
    return "chorale"


def _chorales(
    checkpoint: Path | str | None,
    primer: "NoteSequence",
    n_steps: int,
    *,
    taste: Taste,
    n_takes: int,
    rng: torch.Generator,
) -> list["NoteSequence"]:
    """Return takes in four voices; some go on from before the last phrase."""
    model, _ = load_model(checkpoint, "chorale")
    classes = sequence_to_classes(primer)
    turn = max(len(classes) - PHRASE, len(classes) // 2)
    velocity = round(float(np.mean(velocities_of(primer))))
    takes = []
    for heard, count in (
        (classes, n_takes - n_takes // 2),
        (classes[:turn], n_takes // 2),
    ):
        if count:
            words = {"n_takes": count, "taste": taste, "rng": rng}
            sung, _ = continue_chorale(model, heard, n_steps, **words)
            for take in sung:
                piece = lay_over(primer, [], n_steps)
                grid = classes_to_grid(take)
                program = main_program(primer)
                harmonise.add_voices(piece, grid, range(4), velocity, program)
                takes.append(piece)
    return takes


def _events(
    checkpoint: Path | str | None,
    encoding: str,
    primer: "NoteSequence",
    n_steps: int,
    *,
    taste: Taste,
    n_takes: int,
    rng: torch.Generator,
    key_pull: float,
) -> list["NoteSequence"]:
    """Return takes in the events of an encoding."""
    model, _ = load_model(checkpoint, encoding)
    task = task_of(encoding)
    takes = compose_takes(
        EventStepper(model, task.facts, MEMORY),
        task.encoding.continuation(primer, n_steps),
        n_takes,
        temperature=taste.temperature,
        top_p=taste.top_p,
        top_k=taste.top_k,
        key_pull=key_pull,
        rng=rng,
    )
    return [take.lay(primer, events) for take, events in takes]


def generate_file(
    primer: Path | str,
    out: Path | str,
    *,
    mode: str = "continue",
    wav: Path | str | None = None,
    checkpoint: Path | str | None = None,
    taste: Taste | None = None,
    n_bars: int = 8,
    n_takes: int | None = None,
    seed: int = 0,
) -> dict[str, object]:
    """Continue or harmonise a MIDI file into a MIDI file, and a wav if asked.

    In mode `harmonise` all candidates are written: the likeliest to `out`,
    the others to files beside it, `NAME-2.mid` and so on.

    Returns
    -------
    dict
        What `composed_files.write_files` returns, with `mode`, `seed`,
        `checkpoint` and `candidates`: list of dict with `out` and, when
        harmonised, `nll` (nats a note of the grid); then also
        `above_soprano`, how many semitones a soprano's usual place lies
        below the melody (negative: above).
    """
    check_names(out, wav)
    if mode not in MODES:
        raise CourseError(
            f"a mode, one of {', '.join(MODES)}", mode, "choose one of these"
        )
    taste = taste or Taste()
    piece = midi_to_sequence(primer)
    model = _model_file(checkpoint, piece, mode)
    told = {"mode": mode, "seed": seed, "checkpoint": str(model)}
    words = {"taste": taste, "seed": seed}
    if mode == "continue":
        n_takes = N_TAKES if n_takes is None else n_takes
        new = continue_piece(
            checkpoint, piece, n_bars, n_takes=n_takes, **words
        )
        told |= {"n_bars": n_bars, "candidates": [{"out": str(out)}]}
        return write_files(new, out, wav) | told
    n_takes = harmonise.N_CANDIDATES if n_takes is None else n_takes
    found = harmonise.harmonise_piece(
        checkpoint, piece, n_candidates=n_takes, **words
    )
    told["candidates"] = _write_others(found, Path(out))
    told["above_soprano"] = -found[0].shift
    return write_files(found[0].sequence, out, wav) | told


def _model_file(
    checkpoint: Path | str | None, piece: "NoteSequence", mode: str
) -> Path:
    """Return the file of the network that a mode plays for a piece."""
    encoding = "chorale"
    if mode == "continue":
        encoding = encoding_for(checkpoint, piece)
    return runs.model_path(checkpoint, kind_of(encoding))


def _write_others(
    found: Sequence[harmonise.Candidate], out: Path
) -> list[dict[str, object]]:
    """Write all candidates but the first; return what each is called."""
    names = [out] + [
        out.with_stem(f"{out.stem}-{i}") for i in range(2, len(found) + 1)
    ]
    for name, candidate in zip(names[1:], found[1:], strict=True):
        write_files(candidate.sequence, name, None)
    return [
        {"out": str(name), "nll": candidate.nll}
        for name, candidate in zip(names, found, strict=True)
    ]
