"""How the course reads sets of the size of NSynth and of a MIDI collection.

Notes: an index of 300,000 made-up notes is packed, opened, filtered, and
streamed in a shuffled order, once without sounds and once with tiny ones;
notes of full length show what the sounds themselves cost. Pieces: see
`experiments.midi_scale`::

    python -m course_utils.experiments.data_scale --notes 300000
    python -m course_utils.experiments.data_scale --files 10000

Taught in: notebooks/20_notes_dataset.ipynb
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.presets import PRESETS
from course_utils.data.instruments import FAMILIES, SOURCES
from course_utils.data.note_shards import ShardConfig, write_shards
from course_utils.data.note_sources import Note, NoteSource
from course_utils.data.note_stream import NoteStream
from course_utils.data.nsynth import N_SAMPLES, SAMPLE_RATE
from course_utils.data.report import Skipped
from course_utils.experiments.midi_scale import measure_pieces
from course_utils.experiments.scale_meter import MIB, Meter

N_PITCHES = 65  # a pitch range of NSynth's instruments, on average
VELOCITIES = (25, 50, 75, 100, 127)
FIRST_PITCH = 30
TINY = 64  # samples of a sound that costs next to nothing


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
    meter.measure("start", ())
    tiny, full = folder / "tiny", folder / "full"
    source, plain = made_up_notes(n_notes, TINY), ShardConfig(codec="pcm16")
    meter.measure("pack tiny", _packed(source, tiny, plain))
    _stream(meter, tiny)
    source = made_up_notes(n_full, N_SAMPLES)
    meter.measure("pack full", _packed(source, full, ShardConfig()))
    meter.measure("stream full", NoteStream(full, seed=0))
    sizes = {f.name: round(_bytes(f) / MIB, 1) for f in (tiny, full)}
    return meter.found | {"disk_mebibytes": sizes}


def _stream(meter: Meter, folder: Path) -> None:
    """Open the same shards in three ways, then go through each."""
    ways = {
        "all records": {"with_sound": False},
        "records of a family": {"with_sound": False, "families": ["bass"]},
        "all tiny sounds": {},
    }
    opened: list[NoteStream] = []
    for name, options in ways.items():
        make = partial(NoteStream, folder, seed=0, **options)
        meter.measure(f"open {name}", _once(make, opened))
    meter.measure("first shuffled record", islice(opened[0], 1))
    for name, stream in zip(ways, opened, strict=True):
        meter.measure(f"stream {name}", tqdm(stream, desc=name))


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
