"""Read the notes of NSynth's TFRecords, as the json and wav files have them.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from course_utils.basics.checks import CourseError
from course_utils.data.instruments import FAMILIES, SOURCES
from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.qualities import QUALITIES
from course_utils.data.report import Skipped
from course_utils.data.tfrecord import example_class, read_frames

PATTERN = "*.tfrecord*"
NAME_LIKE = "keyboard_acoustic_004-060-025"
NAME = re.compile(r"[\w-]{1,100}")
LISTS = {"text": "bytes_list", "number": "int64_list", "sound": "float_list"}
N_VALUES = 128  # pitches, and velocities

Note = tuple[dict, np.ndarray]  # NSynth's record, and the samples


def tfrecord_files(path: Path | str) -> list[Path]:
    """Return the TFRecord files of a folder, sorted, or the file itself.

    Raises
    ------
    CourseError
        If there is none.
    """
    path = Path(path)
    files = [path] if path.is_file() else sorted(path.rglob(PATTERN))
    files = [file for file in files if file.is_file()]
    if not files:
        raise CourseError(
            f"TFRecord files ({PATTERN}) at {path}",
            "none",
            "check the path, or run: course data nsynth --part test-tfrecord",
        )
    return files


def read_tfrecords(
    path: Path | str, skipped: list[Skipped]
) -> Iterator[Note | None]:
    """Read notes from TFRecords, one after the other.

    Parameters
    ----------
    path : Path or str
        One file, or a folder of them, read in the order of their names.
    skipped : list of Skipped
        Grows by each record that is damaged or no note.

    Yields
    ------
    (dict, ndarray) or None
        The record as `examples.json` has it, and its samples, shape (N,),
        float32 in [-1, 1]. None in the place of a record that is skipped.

    Raises
    ------
    CourseError
        If there is no file, or one is no TFRecord or ends in the middle of
        a record: what follows cannot be found then.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    for file in tfrecord_files(path):
        for place, record in enumerate(read_frames(file)):
            try:
                if record is None:
                    raise CourseError(
                        "the record's checksum", "another", "fetch it again"
                    )
                yield example_to_note(record)
            except CourseError as error:
                skipped.append(Skipped(f"{file.name}:{place}", str(error)))
                yield None


def example_to_note(data: bytes) -> Note:
    """Return the note in one `tf.train.Example`.

    The files hold codes and names; a name that is absent follows from its
    code, or from the name of the note.

    Parameters
    ----------
    data : bytes
        The message, as it lies in the file.

    Raises
    ------
    CourseError
        If it is no message, a field is absent or of another kind, a number
        is out of range, or the sound is empty, silent or not finite.
    """
    features = _features(data)
    family = _number(features, "instrument_family", len(FAMILIES))
    source = _number(features, "instrument_source", len(SOURCES))
    name = _text(features, "note_str")
    bits = [int(b != 0) for b in _values(features, "qualities", "number")]
    record = {
        "note": _number(features, "note", 2**31),
        "note_str": name,
        "instrument": _number(features, "instrument", 2**31),
        "instrument_str": name.rsplit("-", 2)[0],
        "instrument_family": family,
        "instrument_family_str": FAMILIES[family],
        "instrument_source": source,
        "instrument_source_str": SOURCES[source],
        "pitch": _number(features, "pitch", N_VALUES),
        "velocity": _number(features, "velocity", N_VALUES),
        "sample_rate": SAMPLE_RATE,
        "qualities": bits,
        "qualities_str": [
            q for q, bit in zip(QUALITIES, bits, strict=False) if bit
        ],
    }
    return record, _sound(features, name)


def _features(data: bytes) -> Any:
    """Return the map of a message."""
    try:
        return example_class().FromString(data).features.feature
    except DecodeError as error:
        raise CourseError(
            "a message tf.train.Example", "other bytes", "fetch it again"
        ) from error


def _values(features: Any, name: str, kind: str) -> Any:
    """Return the values of a field; empty if it is absent."""
    if name not in features:
        return ()
    return getattr(features[name], LISTS[kind]).value


def _number(features: Any, name: str, end: int) -> int:
    """Return a whole number below `end`."""
    values = _values(features, name, "number")
    if len(values) != 1 or not 0 <= values[0] < end:
        raise _wrong(f"one number {name} from 0 to {end - 1}", list(values))
    return int(values[0])


def _text(features: Any, name: str) -> str:
    """Return a text, without signs that could lead a path astray."""
    values = _values(features, name, "text")
    try:
        text = values[0].decode("ascii") if len(values) == 1 else ""
    except UnicodeDecodeError:
        text = ""
    if not NAME.fullmatch(text):
        raise _wrong(f"a name like {NAME_LIKE} as {name}", list(values)[:1])
    return text


def _sound(features: Any, name: str) -> np.ndarray:
    """Return the samples; refuse those that would spoil a training."""
    samples = np.array(_values(features, "audio", "sound"), np.float32)
    peak = np.abs(samples).max(initial=0.0)
    if not 0 < peak <= 1:  # NaN is neither
        raise _wrong(
            f"samples within [-1, 1], not all 0, as audio of {name}",
            f"{len(samples)} with peak {peak}",
        )
    return samples


def _wrong(expected: str, got: object) -> CourseError:
    """Return the error for a field of a record."""
    return CourseError(expected, got, "leave it out, or fetch it again")
