"""How the course reads sets of the size of NSynth and of a MIDI collection.

Notes: an index of 300,000 made-up notes is packed, opened, filtered, and
streamed in a shuffled order, once without sounds and once with tiny ones;
notes of full length show what the sounds themselves cost. Pieces: chorales
in all keys and at other speeds, written as MIDI, are read and tokenised, and
the same files are read by note_seq alone::

    python -m course_utils.experiments.data_scale --notes 300000
    python -m course_utils.experiments.data_scale --files 10000

Taught in: notebooks/20_notes_dataset.ipynb
"""

import argparse
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.presets import PRESETS
from course_utils.data.corpora import chorales
from course_utils.data.instruments import FAMILIES, SOURCES
from course_utils.data.note_shards import ShardConfig, write_shards
from course_utils.data.note_sources import Note, NoteSource
from course_utils.data.note_stream import NoteStream
from course_utils.data.nsynth import N_SAMPLES, SAMPLE_RATE
from course_utils.data.report import Skipped
from course_utils.experiments.scale_meter import MIB, Meter
from course_utils.symbolic import performance
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

N_PITCHES = 65  # a pitch range of NSynth's instruments, on average
VELOCITIES = (25, 50, 75, 100, 127)
FIRST_PITCH = 30
TINY = 64  # samples of a sound that costs next to nothing
STEPS = range(-5, 7)  # semitones; every key once
SPEEDS = (0.9, 1.0, 1.1)


def made_up_record(place: int) -> dict:
    """Return a record such as NSynth has, for one of very many notes.

    Parameters
    ----------
    place : int
        From 0. 325 notes in a row are of one instrument.
    """
    instrument, rest = divmod(place, N_PITCHES * len(VELOCITIES))
    pitch, velocity = divmod(rest, len(VELOCITIES))
    pitch, velocity = pitch + FIRST_PITCH, VELOCITIES[velocity]
    family = instrument % len(FAMILIES)
    source = instrument // len(FAMILIES) % len(SOURCES)
    name = f"{FAMILIES[family]}_{SOURCES[source]}_{instrument:03d}"
    return {
        "note": place,
        "note_str": f"{name}-{pitch:03d}-{velocity:03d}",
        "instrument": instrument,
        "instrument_str": name,
        "instrument_family": family,
        "instrument_family_str": FAMILIES[family],
        "instrument_source": source,
        "instrument_source_str": SOURCES[source],
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": SAMPLE_RATE,
        "qualities": [0] * 10,
        "qualities_str": [],
    }


def made_up_notes(n_notes: int, n_samples: int) -> NoteSource:
    """Return very many notes of quiet noise.

    Parameters
    ----------
    n_notes : int
        How many.
    n_samples : int
        Length of each sound.
    """

    def read(start: int, skipped: list[Skipped]) -> Iterator[Note]:
        rng = np.random.default_rng(start)
        noise = 0.1 * rng.standard_normal(2 * n_samples).clip(-4, 4)
        for place in range(start, n_notes):
            first = place % n_samples
            yield made_up_record(place), noise[first : first + n_samples]

    return NoteSource(f"{n_notes} of {n_samples}", n_notes, read)


def measure_notes(n_notes: int, n_full: int, folder: Path) -> dict:
    """Measure packing, opening, filtering and streaming of notes.

    Parameters
    ----------
    n_notes : int
        Of tiny sound.
    n_full : int
        Of full length.
    folder : Path
        Where the shards go.

    Returns
    -------
    dict
        Step -> `n`, `seconds`, `per_second`, `mebibytes` (of memory).
    """
    meter = Meter()
    tiny, full = folder / "tiny", folder / "full"
    meter.measure("start", ())
    plain = ShardConfig(codec="pcm16")
    source = made_up_notes(n_notes, TINY)
    meter.measure("pack tiny", _packed(source, tiny, plain))
    opened: list[NoteStream] = []
    shuffled = {"seed": 0, "with_sound": False}
    for name, options in (
        ("open and shuffle", shuffled),
        ("open a family", shuffled | {"families": ["bass"]}),
        ("open with sounds", {"seed": 0}),
    ):
        meter.measure(
            name, _once(partial(NoteStream, tiny, **options), opened)
        )
    records, family, sounds = opened
    meter.measure("first shuffled record", islice(records, 1))
    meter.measure("stream records", tqdm(records, desc="records"))
    meter.measure("stream a family", family)
    meter.measure("stream tiny sounds", tqdm(sounds, desc="sounds"))
    source = made_up_notes(n_full, N_SAMPLES)
    meter.measure("pack full", _packed(source, full, ShardConfig()))
    meter.measure("stream full", NoteStream(full, seed=0))
    sizes = {f.name: _bytes(f) / MIB for f in (tiny, full)}
    return meter.found | {"disk_mebibytes": sizes}


def _packed(
    source: NoteSource, folder: Path, config: ShardConfig
) -> Iterator[int]:
    """Pack notes; yield once for each, so that they are counted."""
    write_shards(source, folder, config)
    yield from range(source.n_notes)


def _once(make: Callable[[], object], made: list) -> Iterator[None]:
    """Make one thing, and keep it."""
    made.append(make())
    yield


def _bytes(folder: Path) -> int:
    """Return the size of a folder's files."""
    return sum(file.stat().st_size for file in folder.iterdir())


def write_pieces(
    n_files: int, folder: Path, preset: str = "paper"
) -> list[Path]:
    """Write chorales in all keys and at three speeds as MIDI files.

    Parameters
    ----------
    n_files : int
        How many files; 349 chorales give 12,564.
    folder : Path
        Where they go.
    preset : str
        Which chorales.

    Returns
    -------
    list of Path
        The files. All have other bytes.
    """
    pieces = chorales(preset)
    varied = islice(product(STEPS, SPEEDS, pieces), n_files)
    bar = tqdm(varied, total=n_files, desc="writing MIDI", unit="file")
    paths = []
    for number, (steps, speed, piece) in enumerate(bar):
        paths.append(folder / f"{number:05d}.mid")
        sequence = _changed(piece.sequence, steps, speed)
        sequence_to_midi(sequence, paths[-1])
    return paths


def _changed(
    sequence: "NoteSequence", steps: int, speed: float
) -> "NoteSequence":
    """Return a piece in another key, at another speed."""
    changed = type(sequence)()
    changed.CopyFrom(sequence)
    for tempo in changed.tempos:
        tempo.qpm *= speed
    for event in (*changed.tempos, *changed.time_signatures):
        event.time /= speed
    for note in changed.notes:
        note.pitch += steps
        note.start_time /= speed
        note.end_time /= speed
    changed.total_time /= speed
    return changed


def measure_pieces(n_files: int, folder: Path, preset: str) -> dict:
    """Measure reading and tokenising, and note_seq's reading alone.

    Parameters
    ----------
    n_files : int
        How many MIDI files are made.
    folder : Path
        Where they go.
    preset : str
        Which chorales they are made of.

    Returns
    -------
    dict
        Step -> `n`, `seconds`, `per_second`, `mebibytes`; and `ratio`, of
        files per second tokenised to files per second read by note_seq.
    """
    with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
        warnings.simplefilter("ignore")
        from note_seq import midi_io

    meter = Meter()
    paths = write_pieces(n_files, folder, preset)

    def tokens(path: Path) -> list[int]:
        return performance.sequence_to_events(midi_to_sequence(path))

    steps = {
        "read by note_seq": midi_io.midi_file_to_note_sequence,
        "read": midi_to_sequence,
        "read and tokenised": tokens,
    }
    for step in steps.values():  # what is loaded at the first call
        step(paths[0])
    for name, step in steps.items():
        bar = tqdm(paths, desc=name, unit="file")
        meter.measure(name, (step(path) for path in bar))
    speed = {name: meter.found[name]["per_second"] for name in steps}
    ratio = speed["read and tokenised"] / speed["read by note_seq"]
    return meter.found | {"ratio": round(ratio, 2)}


def main(arguments: list[str] | None = None) -> None:
    """Print the measurements as one JSON object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--notes", type=int, default=0, metavar="N")
    parser.add_argument("--full-notes", type=int, default=2_000, metavar="N")
    parser.add_argument("--files", type=int, default=0, metavar="N")
    parser.add_argument("--preset", choices=PRESETS, default="paper")
    options = parser.parse_args(arguments)
    result = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.notes:
            result["notes"] = measure_notes(
                options.notes, options.full_notes, folder
            )
        if options.files:
            result["pieces"] = measure_pieces(
                options.files, folder, options.preset
            )
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
