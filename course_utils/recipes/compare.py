"""`course compare`: two sound or MIDI files, or two folders, side by side.

What is done to the files before comparing, and said in the result's `notes`:
channels are averaged to mono, as the 2022 study did; all sounds get the
sample rate of the first real one; MIDI is played by the course's SoundFont at
16 kHz; a folder's files, sub-folders included, are pooled, not paired, so the
two sides may hold different numbers; a file of a folder that cannot be read
is left out.

Taught in: notebooks/61_mir_features.ipynb
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from scipy.signal import resample_poly
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.data.wav import wav_rate
from course_utils.evaluation.report import compare_sequences, compare_waveforms
from course_utils.symbolic.sequences import midi_to_sequence
from course_utils.symbolic.synth import sequence_to_waveform

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

AUDIO, MIDI = "audio", "midi"
KINDS = {
    ".wav": AUDIO,
    ".flac": AUDIO,
    ".ogg": AUDIO,
    ".mp3": AUDIO,
    ".mid": MIDI,
    ".midi": MIDI,
}
RENDER_RATE = 16_000  # Hz, of played MIDI
MIN_SAMPLES = 4_096  # the longest frame of the features
MAX_SAMPLES = 60_000_000  # a side: 62 minutes at 16 kHz, about 2 GiB


@dataclass
class Side:
    """One side of a comparison, read and ready.

    Parameters
    ----------
    path : Path
        The file or folder it came from.
    kind : str
        `audio` or `midi`.
    sample_rate : int
        In Hz, of all waveforms.
    waveforms : list of np.ndarray, shape (N,)
        Mono, one per file.
    sequences : list of NoteSequence
        One per file if the kind is `midi`, else empty.
    notes : list of str
        What was done to the files, in words.
    """

    path: Path
    kind: str
    sample_rate: int
    waveforms: list[np.ndarray] = field(default_factory=list)
    sequences: list["NoteSequence"] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The file's or folder's own name."""
        return self.path.resolve().name


def compare(
    real_path: Path | str, generated_path: Path | str
) -> dict[str, object]:
    """Compare two files or folders of one kind, sound or MIDI.

    Parameters
    ----------
    real_path, generated_path : Path or str
        A .wav (.flac, .ogg, .mp3) or .mid file, or a folder of them.

    Returns
    -------
    dict
        What `compare_sides` returns.

    Raises
    ------
    CourseError
        If something is missing, unreadable, silent, too short or too long,
        holds NaN, or if sound is to be compared with MIDI.

    Taught in: notebooks/61_mir_features.ipynb
    """
    return compare_sides(*load_sides(real_path, generated_path))


def load_sides(
    real_path: Path | str, generated_path: Path | str
) -> tuple[Side, Side]:
    """Read both sides, so that they can be compared, drawn and played.

    Arguments and errors as in `compare`.

    Returns
    -------
    real, generated : Side
        With one sample rate.
    """
    real_files = _list_files(Path(real_path))
    generated_files = _list_files(Path(generated_path))
    kinds = [_kind(files) for files in (real_files, generated_files)]
    if kinds[0] != kinds[1]:
        raise CourseError(
            "two sides of one kind",
            f"{kinds[0]} at {real_path} and {kinds[1]} at {generated_path}",
            "render the MIDI side first, or compare MIDI with MIDI",
        )
    rate = RENDER_RATE if kinds[0] == MIDI else wav_rate(real_files[0])
    real = Side(Path(real_path), kinds[0], rate)
    generated = Side(Path(generated_path), kinds[1], rate)
    _fill(real, real_files)
    _fill(generated, generated_files)
    return real, generated


def compare_sides(real: Side, generated: Side) -> dict[str, object]:
    """Compare two sides that `load_sides` has read.

    Returns
    -------
    dict
        `real`, `generated` (paths), `kind`, `sample_rate`, `n_files`; what
        `evaluation.report.compare_waveforms` returns; for MIDI also what
        `compare_sequences` returns; `notes`. Plain numbers, strings and
        lists, ready for JSON.
    """
    result = {
        "real": str(real.path),
        "generated": str(generated.path),
        "kind": real.kind,
        "sample_rate": real.sample_rate,
        "n_files": [len(real.waveforms), len(generated.waveforms)],
    }
    result |= compare_waveforms(
        real.waveforms, generated.waveforms, real.sample_rate
    )
    if real.kind == MIDI:
        result |= compare_sequences(real.sequences, generated.sequences)
    return result | {"notes": real.notes + generated.notes}


def _list_files(path: Path) -> list[Path]:
    """Return the file, or the folder's sound and MIDI files, sorted."""
    if path.is_dir():
        files = [p for p in sorted(path.rglob("*")) if p.is_file()]
        found = [p for p in files if p.suffix.lower() in KINDS]
    else:
        found = [path] if path.is_file() else []
    if not found or found[0].suffix.lower() not in KINDS:
        got = "none" if path.is_dir() else "nothing there"
        raise CourseError(
            f"a sound or MIDI file ({', '.join(KINDS)}), "
            f"or a folder of them, at {path}",
            path.suffix if found else got,
            "check the path for a typing error",
        )
    return found


def _kind(files: Sequence[Path]) -> str:
    """Return the one kind that all files are of."""
    kinds = {KINDS[path.suffix.lower()] for path in files}
    if len(kinds) > 1:
        raise CourseError(
            f"files of one kind in {files[0].parent}",
            "sound and MIDI",
            "move them to two folders",
        )
    return kinds.pop()


def _fill(side: Side, files: Sequence[Path]) -> None:
    """Read all files into the side; skip the bad ones of a folder."""
    skipped = []
    n_samples = 0
    for path in tqdm(files, desc=side.name, disable=len(files) == 1):
        try:
            samples = _read(side, path)
        except CourseError as error:
            if not side.path.is_dir():
                raise
            skipped.append(f"Left out: {error}")
            continue
        n_samples += len(samples)
        _check_total(n_samples, side)
        side.waveforms.append(samples)
    if not side.waveforms:
        raise CourseError(
            f"a file that can be read in {side.path}",
            f"{len(skipped)} bad ones; the first: {skipped[0]}",
            "mend or replace them",
        )
    side.notes = sorted(set(side.notes)) + skipped


def _read(side: Side, path: Path) -> np.ndarray:
    """Return the mono samples of one file at the side's rate."""
    if side.kind == MIDI:
        sequence = midi_to_sequence(path)
        samples = sequence_to_waveform(sequence, RENDER_RATE)
        _check_clip(samples, path)
        side.sequences.append(sequence)
        side.notes.append(
            f"{side.name}: played by the course's SoundFont at "
            f"{RENDER_RATE} Hz."
        )
        return samples
    rate = wav_rate(path)
    _check_total(soundfile.info(str(path)).frames, side)
    samples = _to_mono(_decode(path), side)
    _check_clip(samples, path)
    return _resample(samples, rate, side)


def _decode(path: Path) -> np.ndarray:
    """Return all samples of a sound file, shape (N, channels), float32."""
    try:
        return soundfile.read(str(path), dtype="float32", always_2d=True)[0]
    except soundfile.LibsndfileError as error:
        raise CourseError(
            f"a whole sound file at {path}",
            f"damage ({error})",
            "fetch or save it again",
        ) from error


def _to_mono(samples: np.ndarray, side: Side) -> np.ndarray:
    """Average the channels, shape (N, channels) -> (N,)."""
    if samples.shape[1] > 1:
        side.notes.append(
            f"{side.name}: {samples.shape[1]} channels averaged to mono."
        )
    return samples.mean(axis=1)


def _resample(samples: np.ndarray, rate: int, side: Side) -> np.ndarray:
    """Bring (N,) samples to the side's rate, behind a low-pass filter."""
    if rate == side.sample_rate:
        return samples
    side.notes.append(
        f"{side.name}: resampled from {rate} to {side.sample_rate} Hz."
    )
    shared = math.gcd(rate, side.sample_rate)
    return resample_poly(samples, side.sample_rate // shared, rate // shared)


def _check_clip(samples: np.ndarray, path: Path) -> None:
    """Refuse what no measure can be taken of, and name the file."""
    if len(samples) < MIN_SAMPLES:
        expected, got = f"at least {MIN_SAMPLES} samples", len(samples)
    elif not np.isfinite(samples).all():
        expected, got = "finite samples", "NaN or infinity"
    elif not samples.any():
        expected, got = "a sound", "silence"
    else:
        return
    raise CourseError(f"{expected} in {path}", got, "leave this file out")


def _check_total(n_samples: int, side: Side) -> None:
    """Refuse more sound than memory is sure to hold."""
    if n_samples > MAX_SAMPLES:
        minutes = MAX_SAMPLES / side.sample_rate / 60
        raise CourseError(
            f"at most {minutes:.0f} minutes of sound a side",
            f"more in {side.path}",
            "compare fewer or shorter files",
        )
