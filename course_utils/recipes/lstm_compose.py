"""The trained LSTM continues a piece: MIDI in, polyphonic MIDI out.

The network reads the whole primer and then draws its own events. Meters,
tempos, velocities and program are the primer's (`symbolic.continuation`).

Taught in: notebooks/41_lstm_composing.ipynb
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import torch_rng
from course_utils.data.wav import write_wav
from course_utils.evaluation.musical import tempo_bpm
from course_utils.models.lstm import EventLstm
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.recipes.loudness_match import match_loudness
from course_utils.recipes.lstm import load_model
from course_utils.recipes.takes import most_like
from course_utils.sampling.autoregressive import sample_events
from course_utils.sampling.filters import NEVER
from course_utils.symbolic import polyphony
from course_utils.symbolic.continuation import lay_over, steps_of_bars
from course_utils.symbolic.encodings import Continuation, encoding_of
from course_utils.symbolic.meter import meters_of
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi
from course_utils.symbolic.synth import sequence_to_waveform
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

WAV_RATE = 44_100  # Hz
MAX_BARS = 1_000
MAX_TAKES = 1_000
IS_OVER = 0.5  # probability of END above which a piece is over
TURN_BARS = 4  # before the end of a primer; about a phrase
PEAK = 0.9  # of full scale; louder sound is scaled down to it


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

    Returns
    -------
    NoteSequence
        The new bars alone, from time 0, with the primer's tempos, time
        signatures and most used program, and velocities that it has.
    """
    check_range("bars", n_bars, 1, MAX_BARS)
    check_range("takes", n_takes, 1, MAX_TAKES)
    model, about = load_model(checkpoint)
    n_steps = steps_of_bars(primer, n_bars)
    bars = encoding_of(about["encoding"]).continuation(primer, n_steps)
    takes = compose_takes(
        model,
        bars,
        n_takes,
        temperature=temperature,
        top_p=top_p,
        rng=torch_rng(seed),
    )
    written = [notes for notes in map(bars.notes, takes) if notes]
    _check_sounding(written)
    pieces = [lay_over(primer, notes, n_steps) for notes in written]
    new = most_like(primer, pieces)
    if as_loud:
        match_loudness(new, primer)
    return new


def compose_takes(
    model: EventLstm,
    bars: Continuation,
    n_takes: int,
    *,
    temperature: float,
    top_p: float,
    rng: torch.Generator,
) -> list[list[int]]:
    """Return several times the events that fill the steps after a primer.

    A note held over from the primer's last step may go on; in the new bars,
    which stand alone, it is struck. Where the network thinks that the piece
    is over (END), it goes back to what it had in mind some bars before the
    primer's end: the next piece that it expects would be another one, in
    another key.
    """
    step = LstmStepper(model)
    heard = step(torch.tensor([bars.primer_events]), None)
    back = step(torch.tensor([bars.before_the_end(TURN_BARS)]), None)
    words = {"temperature": temperature, "top_p": top_p, "rng": rng}
    return [_one_take(step, heard, back, bars, words) for _ in range(n_takes)]


def _one_take(
    step: LstmStepper,
    heard: tuple,
    back: tuple,
    bars: Continuation,
    words: dict,
) -> list[int]:
    """Draw the events of one take; see `compose_takes`."""
    grammar = bars.new_grammar()

    def read(tokens: Tensor, state: object) -> tuple[Tensor, object]:
        logits, state = heard if state is None else step(tokens, state)
        if float(logits[0, -1].softmax(-1)[polyphony.END]) <= IS_OVER:
            return logits, state
        grammar.release()
        return back

    def allow(logits: Tensor) -> Tensor:
        return logits.masked_fill(~grammar.allowed(), NEVER)

    drawn = sample_events(read, bars.primer_events, allow=allow, **words)
    events: list[int] = []
    while grammar.n_steps < bars.n_steps:
        events.append(next(drawn))
        grammar.accept(events[-1])
    return events


def _check_sounding(notes: list) -> None:
    """Refuse new bars without any note, which a young network may write."""
    if not notes:
        raise CourseError(
            "at least one note in the new bars",
            "silence",
            "train longer, or raise the temperature or top-p",
        )


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
    _check_names(out, wav)
    _, about = load_model(checkpoint)
    heard = midi_to_sequence(primer)
    settings = (n_bars, temperature, top_p, seed)
    checkpoint = about["checkpoint"]
    sequence = generate(checkpoint, heard, *settings, n_takes=n_takes)
    if wav:
        _write_sound(sequence, wav)
    sequence_to_midi(sequence, out)
    meters = meters_of(sequence)
    return {
        "out": str(out),
        "wav": str(wav) if wav else None,
        "checkpoint": checkpoint,
        "n_notes": len(sequence.notes),
        "n_bars": n_bars,
        "meter": ", ".join(
            dict.fromkeys(f"{m.numerator}/{m.denominator}" for m in meters)
        ),
        "tempo_bpm": tempo_bpm(sequence) or DEFAULT_QPM,
        "seconds": sequence.total_time,
        "seed": seed,
    }


def _check_names(out: Path | str, wav: Path | str | None) -> None:
    """Refuse to write MIDI and sound into one file."""
    if wav and Path(wav).resolve() == Path(out).resolve():
        raise CourseError(
            "two files to write, MIDI and wav",
            f"{out} for both",
            "name them apart",
        )


def _write_sound(sequence: "NoteSequence", path: Path | str) -> None:
    """Render a piece to a wav file, never clipped."""
    waveform = sequence_to_waveform(sequence, WAV_RATE)
    loudest = float(np.abs(waveform).max(initial=PEAK))
    with atomic_file(path) as part:
        write_wav(part, waveform * (PEAK / loudest), WAV_RATE)
