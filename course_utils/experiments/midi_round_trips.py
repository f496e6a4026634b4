"""Measure what a MIDI round trip keeps on hundreds of real pieces.

Every file is read into a NoteSequence and written again, and pretty_midi,
which is not ours, compares the two files. The chorales are written as MIDI
by music21, which is not ours either::

    python -m course_utils.experiments.midi_round_trips --chorales 300
    python -m course_utils.experiments.midi_round_trips --folder MAESTRO

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_folder
from course_utils.data.chorale_scores import corpus_module, work_names
from course_utils.symbolic.round_trip import RoundTrip, midi_round_trip

SUFFIXES = (".mid", ".midi")


def chorale_files(n_files: int, folder: Path) -> Iterator[Path]:
    """Let music21 write chorales as MIDI, one after the other.

    A work that music21 itself cannot write is passed over.

    Parameters
    ----------
    n_files : int
        How many files are wanted.
    folder : Path
        Where to write them.

    Yields
    ------
    Path
        One MIDI file of one distinct chorale.
    """
    corpus, midi = corpus_module("corpus"), corpus_module("midi.translate")
    written = _written(corpus, midi, folder)
    yield from islice(written, n_files)


def _written(corpus: object, midi: object, folder: Path) -> Iterator[Path]:
    """Yield a file for each work that music21 can parse and write."""
    for name in work_names():
        path = folder / f"{name}.mid"
        try:
            score = corpus.parse(f"bach/{name}")
            file = midi.streamToMidiFile(score)
            file.open(path, "wb")
            file.write()
            file.close()
        except Exception:  # music21 fails in many ways; none is of interest
            continue
        yield path


def midi_files(folder: Path | str) -> list[Path]:
    """Return all MIDI files below a folder, sorted."""
    folder = check_folder(folder, "MIDI files")
    return sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES)


def measure(paths: Iterable[Path]) -> dict[str, object]:
    """Send every file through the round trip and count what survived.

    Parameters
    ----------
    paths : iterable of Path
        MIDI files.

    Returns
    -------
    dict
        `n_files`, `n_exact` (nothing differs by more than a tick),
        `n_notes`, `worst_ticks`, how many files kept their `notes`,
        `velocities`, `programs`, `meters` and `tempos`, and `not_exact`,
        the names of the others.
    """
    found: dict[str, RoundTrip] = {}
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.mid"
        for path in tqdm(paths, desc="round trips", unit="file"):
            found[path.name] = midi_round_trip(path, copy)
    trips = found.values()
    return {
        "n_files": len(found),
        "n_exact": sum(trip.is_exact for trip in trips),
        "n_notes": sum(trip.n_notes for trip in trips),
        "worst_ticks": max((t.worst_ticks for t in trips), default=0.0),
        "notes": sum(trip.notes_equal for trip in trips),
        "velocities": sum(trip.velocities_equal for trip in trips),
        "programs": sum(trip.programs_equal for trip in trips),
        "meters": sum(trip.meters_equal for trip in trips),
        "tempos": sum(trip.tempos_equal for trip in trips),
        "not_exact": [n for n, trip in found.items() if not trip.is_exact],
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the measurement as JSON; return 1 if a file was not exact."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--chorales", type=int, default=0, metavar="N")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as folder:
            real = midi_files(options.folder) if options.folder else []
            scores = chorale_files(options.chorales, Path(folder))
            result = measure(chain(real, scores))
    except CourseError as error:
        print(f"midi_round_trips: {error}", file=sys.stderr)
        return 1
    print(json.dumps(result, indent=1))
    return 0 if result["n_exact"] == result["n_files"] else 1


if __name__ == "__main__":
    sys.exit(main())
