"""The notes that GANSynth was trained on, and their split.

Of NSynth's 305,979 notes the acoustic ones from pitch 24 to 84, split anew
by note: an instrument stands on both sides, a note never. The paper's own
list of names is a file, fetched by `course data nsynth --part
gansynth-splits`; without it a fifth of the notes is held out by the hash of
their names.

Source: Engel et al. (2019), GANSynth, arXiv:1902.08710, section 3.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

from course_utils.basics.checks import CourseError, check_choice, check_file
from course_utils.data.nsynth import NSynthNotes
from course_utils.data.splits import SPLITS, split_by_hash

PITCHES = range(24, 85)
SOURCES = ("acoustic",)
SHARES = MappingProxyType({"train": 0.8, "validation": 0.2})
TABLE = "nsynth-gansynth-splits/nsynth-gansynth_splits.csv"
THEIR_SPLITS = MappingProxyType(
    {"train": "train", "valid": "validation", "test": "test"}
)


def gansynth_notes(
    folder: Path | str,
    split: str | None = None,
    table: Path | str | None = None,
) -> NSynthNotes:
    """Read GANSynth's notes out of an NSynth folder.

    Parameters
    ----------
    folder : Path or str
        Notes in NSynth's format. The paper's split runs through all three
        of NSynth's folders.
    split : str, optional
        "train", "validation" or, with a table only, "test"; None for all.
    table : Path or str, optional
        The paper's list; by default the one beside the folder, if it is
        there.

    Returns
    -------
    NSynthNotes
        Ordered by name.

    Raises
    ------
    CourseError
        If the folder or the table is broken, or no note is left.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_choice("split", split, (None, *SPLITS))
    notes = NSynthNotes(folder, sources=SOURCES, pitches=PITCHES)
    if split is not None:
        sides = gansynth_sides(
            (record["note_str"] for record in notes.records),
            table or _table_beside(notes.folder),
        )
        notes.records = [
            record
            for record in notes.records
            if sides.get(record["note_str"]) == split
        ]
    if not notes.records:
        raise CourseError(
            f"acoustic notes from pitch 24 to 84 in the split {split}",
            f"none of them in {folder}",
            "give another folder or split",
        )
    return notes


def gansynth_sides(
    names: Iterable[str], table: Path | str | None = None
) -> dict[str, str]:
    """Return the split of each note.

    Parameters
    ----------
    names : iterable of str
        NSynth's `note_str`.
    table : Path or str, optional
        The paper's list, a csv with the columns `id` and `split`. A name
        that it lacks has no split.

    Raises
    ------
    CourseError
        If the table is missing, or another one.
    """
    if table is None:
        return {name: split_by_hash(name, SHARES) for name in names}
    path = check_file(table, "GANSynth's list of splits")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            theirs = {r["id"]: THEIR_SPLITS[r["split"]] for r in rows}
    except (ValueError, KeyError, csv.Error) as error:
        raise CourseError(
            f"the columns id and split (train, valid, test) in {path}",
            f"another table ({error})",
            "run: course data nsynth --part gansynth-splits",
        ) from error
    return {name: theirs[name] for name in names if name in theirs}


def _table_beside(folder: Path) -> Path | None:
    """Return the paper's list if it was fetched, else None."""
    path = folder.parent / TABLE
    return path if path.is_file() else None
