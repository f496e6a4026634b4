"""Write what was composed: a MIDI file, and its sound if that is asked for.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.files import atomic_file, check_ending
from course_utils.data.wav import write_wav
from course_utils.evaluation.musical import tempo_bpm
from course_utils.symbolic.meter import meters_of
from course_utils.symbolic.sequences import sequence_to_midi
from course_utils.symbolic.synth import sequence_to_waveform
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

WAV_RATE = 44_100  # Hz
PEAK = 0.9  # of full scale; louder sound is scaled down to it


def check_names(out: Path | str, wav: Path | str | None) -> None:
    """Refuse names of other kinds of files than MIDI and wav.

    Raises
    ------
    CourseError
        If a name has another ending.
    """
    check_ending(out, ".mid", ".midi")
    if wav:
        check_ending(wav, ".wav")


def write_files(
    sequence: "NoteSequence", out: Path | str, wav: Path | str | None
) -> dict[str, object]:
    """Write a piece as MIDI, and as sound if `wav` is given.

    Returns
    -------
    dict
        `out`, `wav`, `n_notes`, `meter`, `tempo_bpm`, `seconds` (of music).
    """
    if wav:
        _write_sound(sequence, wav)
    sequence_to_midi(sequence, out)
    meters = meters_of(sequence)
    return {
        "out": str(out),
        "wav": str(wav) if wav else None,
        "n_notes": len(sequence.notes),
        "meter": ", ".join(
            dict.fromkeys(f"{m.numerator}/{m.denominator}" for m in meters)
        ),
        "tempo_bpm": tempo_bpm(sequence) or DEFAULT_QPM,
        "seconds": sequence.total_time,
    }


def _write_sound(sequence: "NoteSequence", path: Path | str) -> None:
    """Render a piece to a wav file, never clipped."""
    waveform = sequence_to_waveform(sequence, WAV_RATE)
    loudest = float(np.abs(waveform).max(initial=PEAK))
    with atomic_file(path) as part:
        write_wav(part, waveform * (PEAK / loudest), WAV_RATE)
