"""Pieces of music to learn from: each with its name, split and notes.

The chorales are embedded: they are read from the score corpus inside the
music21 package and converted once. The other functions read sets that lie on
this machine. A piece that cannot be read is left out and reported.

Taught in: notebooks/31_event_tokens.ipynb
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.paths import cache_dir
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import package_version
from course_utils.data import chorale_cache
from course_utils.data.chorale_scores import TICKS, VOICES, work_names
from course_utils.data.report import Skipped, skipped_report
from course_utils.data.splits import SPLITS, hash_share, split_by_hash
from course_utils.symbolic.blank import DEFAULT_VELOCITY, blank_sequence

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

FORMAT = 1  # raise it whenever the same scores would give other numbers
CHORALE_QPM = 100.0  # quarters per minute; nearly no score names a tempo
CHORALE_PROGRAM = 0  # piano: its attacks are clear, its tones have no rest
FERMATA = "fermata"

# Works under two catalogue numbers, note for note the same or nearly so
# (found by comparing all pairs); a pair shares its split.
SAME_MUSIC = MappingProxyType(
    {
        "bwv62.6": "bwv274",
        "bwv18.5-w": "bwv18.5-l",
        "bwv414": "bwv253",
        "bwv177.4": "bwv117.4",
    }
)
# How many works of each split the smoke preset takes.
SMOKE_WORKS = MappingProxyType({"train": 12, "validation": 3, "test": 3})


@dataclass(frozen=True)
class Piece:
    """One piece of music, and which part of the set it belongs to.

    Parameters
    ----------
    name : str
        Unique within its set.
    split : str
        "train", "validation" or "test".
    sequence : NoteSequence
        Times in seconds; tempo, meter and key where they are known.
    """

    name: str
    split: str
    sequence: "NoteSequence"


class Corpus(list):
    """A list of `Piece` that remembers what could not be read.

    Parameters
    ----------
    pieces : iterable of Piece
        Ordered by name.
    skipped : sequence of Skipped
        What was left out, and why.
    """

    def __init__(
        self, pieces: Iterable[Piece], skipped: Sequence[Skipped] = ()
    ) -> None:
        super().__init__(pieces)
        self.skipped = list(skipped)

    def of(self, split: str) -> list[Piece]:
        """Return the pieces of one split."""
        return [piece for piece in self if piece.split == split]

    def report(self) -> str:
        """Say how many pieces there are, and what was left out."""
        counts = ", ".join(f"{len(self.of(s))} {s}" for s in SPLITS)
        lines = [f"{len(self)} pieces: {counts}"]
        if self.skipped:
            lines.append(skipped_report(self.skipped))
        return "\n".join(lines)


def chorale_split(name: str) -> str:
    """Return the split of a chorale, by its work: 80/10/10, by hash."""
    return split_by_hash(SAME_MUSIC.get(name, name))


def chorales(preset: str = "cpu") -> Corpus:
    """Return Bach's four-voice chorales; convert them when it is needed.

    Parameters
    ----------
    preset : str
        `smoke` takes 18 works and needs seconds; the others take all (about
        350), which needs a minute once and a second afterwards.

    Returns
    -------
    Corpus
        Pieces named like bwv269, in order. Each has its tempo (100 quarters
        per minute where the score is silent), time and key signatures,
        fermatas (text annotations), velocity 100 and instruments 0 to 3,
        named Soprano, Alto, Tenor and Bass. A preset's splits are those of
        every other preset.

    Raises
    ------
    CourseError
        If the preset is unknown, music21 is missing, or the cache cannot be
        written.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    names = work_names()
    size = "all"
    if check_preset(preset) == "smoke":
        names, size = smoke_works(names), "smoke"
    version = package_version("music21")
    path = cache_dir() / "scores" / f"chorales-{size}-{FORMAT}-{version}.npz"
    if not path.is_file():
        chorale_cache.save(chorale_cache.convert(names), path)
    arrays = chorale_cache.load(path)
    skipped = [Skipped(*row) for row in arrays["skipped"].tolist()]
    return Corpus(pieces_of(arrays), skipped)


def smoke_works(names: Iterable[str]) -> list[str]:
    """Choose a few works of each split, the same on every machine."""
    ranked = sorted(names, key=hash_share)
    chosen: list[str] = []
    for split, count in SMOKE_WORKS.items():
        inside = [name for name in ranked if chorale_split(name) == split]
        chosen += inside[:count]
    return sorted(chosen)


def pieces_of(arrays: dict[str, np.ndarray]) -> list[Piece]:
    """Rebuild the pieces from the arrays that `chorale_cache` stores."""
    tables = {
        name: _by_work(arrays[name], len(arrays["names"]))
        for name in ("notes", "meters", "keys", "fermatas")
    }
    return [
        Piece(
            str(name),
            chorale_split(str(name)),
            _sequence(
                str(name),
                float(arrays["qpm"][i]) or CHORALE_QPM,
                {table: rows[i] for table, rows in tables.items()},
            ),
        )
        for i, name in enumerate(arrays["names"])
    ]


def _by_work(table: np.ndarray, n_works: int) -> list[list[list[int]]]:
    """Cut a table into the rows of each work, without the work's index."""
    edges = np.searchsorted(table[:, 0], np.arange(1, n_works))
    return [rows[:, 1:].tolist() for rows in np.split(table, edges)]


def _sequence(
    name: str, qpm: float, rows: dict[str, list[list[int]]]
) -> "NoteSequence":
    """Build one NoteSequence out of the rows of one work."""
    sequence = blank_sequence(qpm, None)
    sequence.filename = name
    tick_s = 60.0 / qpm / TICKS
    for tick, numerator, denominator in rows["meters"]:
        sequence.time_signatures.add(
            time=tick * tick_s, numerator=numerator, denominator=denominator
        )
    for tick, sharps, minor in rows["keys"]:
        # Each sharp moves the tonic up a fifth; a minor key lies 9 semitones
        # above the major key of the same signature.
        tonic = (7 * sharps + 9 * minor) % 12
        sequence.key_signatures.add(time=tick * tick_s, key=tonic, mode=minor)
    for (tick,) in rows["fermatas"]:
        sequence.text_annotations.add(time=tick * tick_s, text=FERMATA)
    for voice, voice_name in enumerate(VOICES):
        sequence.instrument_infos.add(instrument=voice, name=voice_name)
    for voice, pitch, start, end in rows["notes"]:
        sequence.notes.add(
            pitch=pitch,
            velocity=DEFAULT_VELOCITY,
            start_time=start * tick_s,
            end_time=end * tick_s,
            instrument=voice,
            program=CHORALE_PROGRAM,
        )
    sequence.total_time = max(row[3] for row in rows["notes"]) * tick_s
    return sequence
