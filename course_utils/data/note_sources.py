"""Notes one after the other, whatever they lie in, from any place on.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from course_utils.basics.checks import CourseError
from course_utils.data.nsynth import NSynthNotes, instrument_sides
from course_utils.data.nsynth_tfrecord import read_tfrecords, tfrecord_files
from course_utils.data.report import Skipped

Note = tuple[dict, np.ndarray]  # NSynth's record, and the samples


@dataclass(frozen=True)
class NoteSource:
    """Notes in an order that is the same at every run.

    Parameters
    ----------
    origin : str
        Names the source; shards of another one are not continued.
    n_notes : int or None
        How many there are, if that is known.
    read : callable
        Takes the place of the first note wanted and a list that grows by
        what is skipped; yields record and samples, None for a skipped one.
    splits : dict or None
        Instrument name -> split, if the source says it.
    """

    origin: str
    n_notes: int | None
    read: Callable[[int, list[Skipped]], Iterator[Note | None]]
    splits: dict[str, str] | None = None


def folder_source(folder: Path | str) -> NoteSource:
    """Return the notes of a json and wav folder, real or rendered.

    Parameters
    ----------
    folder : Path or str
        Notes in NSynth's format, taken in the order of their names.
    """
    notes = NSynthNotes(folder)

    def read(start: int, skipped: list[Skipped]) -> Iterator[Note | None]:
        for place in range(start, len(notes)):
            try:
                yield notes.records[place], notes[place]["waveform"].numpy()
            except CourseError as error:
                skipped.append(Skipped(notes.path(place).name, str(error)))
                yield None

    sides = instrument_sides(notes.folder, notes.records)
    return NoteSource(Path(folder).name, len(notes), read, sides)


def tfrecord_source(path: Path | str) -> NoteSource:
    """Return the notes of TFRecord files, in the order they lie there.

    Parameters
    ----------
    path : Path or str
        One file, or a folder of them.
    """
    files = tfrecord_files(path)
    n_bytes = sum(file.stat().st_size for file in files)

    def read(start: int, skipped: list[Skipped]) -> Iterator[Note | None]:
        notes = read_tfrecords(path, skipped)
        for _ in islice(notes, start):  # read, to know where they end
            pass
        skipped.clear()
        yield from notes

    return NoteSource(f"{files[0].name}, {n_bytes} bytes", None, read)
