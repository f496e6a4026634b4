"""The trained LSTM continues a piece: MIDI in, polyphonic MIDI out.

The network reads the whole primer and then draws its own events. Meters,
tempos, velocities and program are the primer's (`symbolic.continuation`).

Taught in: notebooks/41_lstm_composing.ipynb
"""

from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.basics.checks import check_range
from course_utils.basics.runtime import torch_rng
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.recipes.composed_files import check_names, write_files
from course_utils.recipes.composing import compose_takes, sounding
from course_utils.recipes.lstm import load_model
from course_utils.recipes.takes import most_like
from course_utils.symbolic.continuation import steps_of_bars
from course_utils.symbolic.encodings import encoding_of
from course_utils.symbolic.sequences import midi_to_sequence

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

MAX_BARS = 1_000
MAX_TAKES = 1_000
KEY_PULL = 0.5
MAX_PULL = 10.0


def generate(
    checkpoint: Path | str | None,
    primer: "NoteSequence",
    n_bars: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
    seed: int = 0,
    *,
    n_takes: int = 16,
    as_loud: bool = True,
    key_pull: float = KEY_PULL,
) -> "NoteSequence":
    """Compose bars that go on from a primer, in its meter and tempo.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `recipes.lstm.load_model`.
    primer : NoteSequence
        The piece to go on from; drums are not read.
    n_bars : int
        Bars to compose, laid over the primer's from its first bar on.
    temperature, top_p : float
        See `sampling.filters`.
    seed : int
        The same seed gives the same piece.
    n_takes : int
        How many to compose; the one most like the primer is kept (see
        `recipes.takes`).
    as_loud : bool
        Move all velocities together until the new bars sound as loud as the
        primer (see `recipes.loudness_match`).
    key_pull : float
        How much struck notes lean towards the pitch classes that sound in
        the primer: the power of their share that probabilities are
        multiplied with. 0 is the network alone.

    Returns
    -------
    NoteSequence
        The new bars alone, from time 0, with the primer's tempos, time
        signatures and most used program, and velocities that it has.
    """
    check_range("bars", n_bars, 1, MAX_BARS)
    check_range("takes", n_takes, 1, MAX_TAKES)
    check_range("key pull", key_pull, 0.0, MAX_PULL)
    model, about = load_model(checkpoint)
    n_steps = steps_of_bars(primer, n_bars)
    bars = encoding_of(about["encoding"]).continuation(primer, n_steps)
    takes = compose_takes(
        LstmStepper(model),
        bars,
        n_takes,
        temperature=temperature,
        top_p=top_p,
        key_pull=key_pull,
        rng=torch_rng(seed),
    )
    pieces = sounding([take.lay(primer, events) for take, events in takes])
    return most_like(primer, pieces, as_loud)


def generate_file(
    primer: Path | str,
    out: Path | str,
    *,
    wav: Path | str | None = None,
    checkpoint: Path | str | None = None,
    n_bars: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
    seed: int = 0,
    n_takes: int = 16,
) -> dict[str, object]:
    """Continue a MIDI file into a MIDI file, and a wav if asked.

    Returns
    -------
    dict
        `out`, `wav`, `checkpoint`, `n_notes`, `n_bars`, `meter`,
        `tempo_bpm`, `seconds` (of music) and `seed`.
    """
    check_names(out, wav)
    _, about = load_model(checkpoint)
    heard = midi_to_sequence(primer)
    settings = (n_bars, temperature, top_p, seed)
    checkpoint = about["checkpoint"]
    sequence = generate(checkpoint, heard, *settings, n_takes=n_takes)
    told = {"checkpoint": checkpoint, "n_bars": n_bars, "seed": seed}
    return write_files(sequence, out, wav) | told
