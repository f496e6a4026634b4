"""Read Bach's chorales out of the score corpus inside the music21 package.

The encodings stay in that package: they are read where they lie, and only
converted numbers go to the cache of this machine. Run as a program, this
module is one worker: work names come in, one JSON line per work goes out.

Taught in: notebooks/31_event_tokens.ipynb
"""

import importlib
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from course_utils.basics.checks import CourseError

TICKS = 480  # per quarter note; holds triplets and 128th notes exactly
VOICES = ("Soprano", "Alto", "Tenor", "Bass")
FOLDER = "bach/"  # where the corpus keeps these works


def corpus_module(name: str) -> Any:
    """Import a module of music21.

    Raises
    ------
    CourseError
        If the package is missing.
    """
    try:
        return importlib.import_module(f"music21.{name}")
    except ImportError as error:
        raise CourseError(
            "the package music21, which holds the scores",
            f"an import error ({error})",
            "run: pip install 'music21>=9'",
        ) from error


def work_names() -> list[str]:
    """Return the names of the distinct chorales, such as bwv269.

    The corpus counts 371 entries after a printed edition that repeats
    some works. Each work is named once here, or a copy of a training piece
    would stand among the pieces that nothing has seen.
    """
    chorales = corpus_module("corpus.chorales")
    entries = chorales.Iterator(returnType="filename")
    return sorted({str(entry).removeprefix(FOLDER) for entry in entries})


def read_work(name: str) -> dict[str, Any]:
    """Convert one work into plain numbers.

    Repeats are not unfolded, so that no bar counts twice. An upbeat is
    moved to the end of a full first bar: bar lines then lie at multiples of
    the bar's length, counted from 0. If a voice has no part of its own
    name, the work is refused. Instruments that double the voices, and grace
    notes, are left out.

    Parameters
    ----------
    name : str
        One of `work_names`.

    Returns
    -------
    dict
        `name`; `notes`, rows of voice (0 soprano to 3 bass), MIDI pitch,
        start and end tick; `meters`, rows of tick, numerator, denominator;
        `keys`, rows of tick, sharps (flats are negative), 1 for minor;
        `fermatas`, ticks at which a phrase of the soprano ends; `qpm`,
        quarters per minute or None where the score is silent.

    Raises
    ------
    ValueError
        If the work does not have exactly the four voices.
    """
    score = _parse(name)
    parts = [_voice(score, voice) for voice in VOICES]
    shift = _upbeat_shift(parts[0])
    flat = [part.flatten() for part in parts]  # no measures, times from 0
    soprano = flat[0]
    return {
        "name": name,
        "notes": [
            (voice, *note)
            for voice, part in enumerate(flat)
            for note in _notes(part, shift)
        ],
        "meters": [
            (tick, mark.numerator, mark.denominator)
            for tick, mark in _marks(soprano, "meter.TimeSignature", shift)
        ],
        "keys": [
            (tick, mark.sharps, int(getattr(mark, "mode", "") == "minor"))
            for tick, mark in _marks(soprano, "key.KeySignature", shift)
        ],
        "fermatas": _fermatas(soprano, shift),
        "qpm": _tempo(soprano),
    }


def _parse(name: str) -> Any:
    """Return the music21 score of a work; no cache is read or written."""
    found = corpus_module("corpus").getWork(FOLDER + name)
    paths = found if isinstance(found, list) else [found]
    paths = sorted(paths, key=lambda path: Path(path).suffix != ".mxl")
    converter = corpus_module("converter").Converter()
    converter.parseFileNoPickle(paths[0])
    return converter.stream


def _voice(score: Any, voice: str) -> Any:
    """Return the one part whose name begins with `voice`."""
    found = [p for p in score.parts if (p.partName or "").startswith(voice)]
    if len(found) != 1:
        names = ", ".join(str(part.partName) for part in score.parts)
        raise ValueError(
            f"{len(found)} parts are called {voice}, not 1 ({names})"
        )
    return found[0]


def _upbeat_shift(part: Any) -> int:
    """Return the ticks that an upbeat lacks to a full bar, else 0."""
    first = part.getElementsByClass("Measure").first()
    full = _ticks(first.barDuration.quarterLength)
    return max(full - _ticks(first.duration.quarterLength), 0)


def _ticks(quarters: float | Fraction) -> int:
    """Return quarters as a whole number of ticks."""
    return round(Fraction(quarters) * TICKS)


def _notes(part: Any, shift: int) -> list[list[int]]:
    """Return pitch, start and end tick of each note, ties joined."""
    found: list[list[int]] = []
    for note in part.notes:
        if note.duration.isGrace:
            continue
        pitch = max(item.midi for item in note.pitches)
        start = _ticks(note.offset) + shift
        end = start + _ticks(note.quarterLength)
        tied = note.tie is not None and note.tie.type != "start"
        if tied and found and found[-1][0] == pitch and found[-1][2] == start:
            found[-1][2] = end
        else:
            found.append([pitch, start, end])
    if not found:
        raise ValueError("a voice without any note")
    return found


def _marks(part: Any, kind: str, shift: int) -> list[tuple[int, Any]]:
    """Return (tick, mark) of one class; the first stands at tick 0."""
    module, _, name = kind.partition(".")
    wanted = getattr(corpus_module(module), name)
    marks = part.getElementsByClass(wanted)
    found = [(_ticks(mark.offset) + shift, mark) for mark in marks]
    return [(0 if i == 0 else at, m) for i, (at, m) in enumerate(found)]


def _fermatas(part: Any, shift: int) -> list[int]:
    """Return the start ticks of the notes that carry a fermata."""
    fermata = corpus_module("expressions").Fermata
    return [
        _ticks(note.offset) + shift
        for note in part.notes
        if any(isinstance(mark, fermata) for mark in note.expressions)
    ]


def _tempo(part: Any) -> float | None:
    """Return the first metronome mark in quarters per minute, or None."""
    mark = corpus_module("tempo").MetronomeMark
    first = part.getElementsByClass(mark).first()
    return None if first is None else first.getQuarterBPM()


def main() -> None:
    """Convert the works named on standard input, one JSON line each."""
    for line in sys.stdin:
        name = line.strip()
        try:
            work = read_work(name)
        except Exception as error:  # a corpus holds every kind of surprise
            work = {"name": name, "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(work), flush=True)


if __name__ == "__main__":
    main()
