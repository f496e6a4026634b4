"""The trained LSTM continues a piece: MIDI in, polyphonic MIDI out.

What the 259 events cannot say (meter, tempo, velocity, program) is carried
over from the primer; the network composes pitches and rhythm.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import torch_rng
from course_utils.data.wav import write_wav
from course_utils.recipes.lstm import load_model
from course_utils.sampling.autoregressive import sample_events
from course_utils.sampling.filters import NEVER
from course_utils.symbolic import polyphony
from course_utils.symbolic.grammar import PolyphonyGrammar
from course_utils.symbolic.sequences import (
    MAX_DURATION_S,
    midi_to_sequence,
    sequence_to_midi,
)
from course_utils.symbolic.synth import sequence_to_waveform

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

DEFAULT_QPM = 120.0  # what MIDI means where no tempo is written
DEFAULT_METER = (4, 4)  # likewise
STEPS_PER_QUARTER = 4
STEPS_PER_WHOLE = 16
WAV_RATE = 44_100  # Hz
MAX_BARS = 1_000
PEAK = 0.9  # of full scale; louder sound is scaled down to it


def generate(
    checkpoint: Path | str | None,
    primer: "NoteSequence",
    n_bars: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
    seed: int = 0,
) -> "NoteSequence":
    """Compose the bars that follow a primer, in its meter and tempo.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `recipes.lstm.load_model`.
    primer : NoteSequence
        The piece to go on from; drums are not read.
    n_bars : int
        Bars to compose, in the meter in force at the primer's end.
    temperature, top_p : float
        See `sampling.filters`.
    seed : int
        The same seed gives the same piece.

    Returns
    -------
    NoteSequence
        The new bars alone, from time 0, with the primer's meter, tempo,
        most used program and mean velocity.
    """
    check_range("bars", n_bars, 1, MAX_BARS)
    model, _ = load_model(checkpoint)
    begin = polyphony.sequence_to_events(primer)[:-1]  # without END
    character = character_of(primer)
    n_steps = _affordable_steps(n_bars, character)
    events = compose_events(
        model,
        begin,
        n_steps,
        temperature=temperature,
        top_p=top_p,
        rng=torch_rng(seed),
    )
    _check_sounding(events)
    return polyphony.events_to_sequence(events, **character)


def compose_events(
    model: torch.nn.Module,
    primer: list[int],
    n_steps: int,
    *,
    temperature: float,
    top_p: float,
    rng: torch.Generator,
) -> list[int]:
    """Return events that fill `n_steps` sixteenth steps after a primer.

    A note held over from the primer's last step may go on; in the new bars,
    which stand alone, it is struck.
    """
    grammar = PolyphonyGrammar()
    for event in primer[1:]:  # without START
        grammar.accept(event)

    def allow(logits: Tensor) -> Tensor:
        return logits.masked_fill(~grammar.allowed(), NEVER)

    events = [polyphony.START]
    for event in sample_events(
        model,
        primer,
        temperature=temperature,
        top_p=top_p,
        allow=allow,
        rng=rng,
    ):
        grammar.accept(event)
        events.append(event)
        n_steps -= event == polyphony.STEP_END
        if n_steps == 0:
            break
    return [*events, polyphony.END]


def character_of(primer: "NoteSequence") -> dict[str, object]:
    """Return what the encoding loses, to be given back to the output.

    Returns
    -------
    dict
        `qpm` and `time_signature` (numerator, denominator; None if none is
        written) in force at the end, `velocity` (mean) and `program` (of
        most notes), drums left out.
    """
    notes = [note for note in primer.notes if not note.is_drum]
    tempos = sorted(primer.tempos, key=lambda tempo: tempo.time)
    meters = sorted(primer.time_signatures, key=lambda meter: meter.time)
    velocities = [note.velocity for note in notes]
    programs = Counter(note.program for note in notes)
    meter = meters[-1] if meters else None
    return {
        "qpm": tempos[-1].qpm if tempos else DEFAULT_QPM,
        "time_signature": meter and (meter.numerator, meter.denominator),
        "velocity": round(float(np.mean(velocities))),
        "program": programs.most_common(1)[0][0],
    }


def steps_of_bars(n_bars: int, meter: tuple[int, int] | None) -> int:
    """Return the sixteenth steps that `n_bars` of a meter last, rounded up."""
    numerator, denominator = meter or DEFAULT_METER
    return math.ceil(n_bars * STEPS_PER_WHOLE * numerator / denominator)


def _check_sounding(events: list[int]) -> None:
    """Refuse new bars without any note, which a young network may write."""
    if not polyphony.count_notes(events):
        raise CourseError(
            "at least one note in the new bars",
            "silence",
            "train longer, or raise the temperature or top-p",
        )


def _affordable_steps(n_bars: int, character: dict[str, object]) -> int:
    """Return the steps to compose; refuse what would last for hours."""
    n_steps = steps_of_bars(n_bars, character["time_signature"])
    length_s = n_steps * 60 / (STEPS_PER_QUARTER * character["qpm"])
    check_range("length of the new bars", length_s, 0, MAX_DURATION_S, "s")
    return n_steps


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
    sequence = generate(about["checkpoint"], heard, *settings)
    if wav:
        _write_sound(sequence, wav)
    sequence_to_midi(sequence, out)
    meter = character_of(sequence)["time_signature"] or DEFAULT_METER
    return {
        "out": str(out),
        "wav": str(wav) if wav else None,
        "checkpoint": about["checkpoint"],
        "n_notes": len(sequence.notes),
        "n_bars": n_bars,
        "meter": f"{meter[0]}/{meter[1]}",
        "tempo_bpm": sequence.tempos[0].qpm,
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
