"""How fast thousands of MIDI files become tokens, beside note_seq's reading.

Chorales in every key and at three speeds are written as MIDI, one after the
other. Each file is read by note_seq, read by the course, and turned into
performance events, in turn, so that a busy machine slows all three alike.

Taught in: notebooks/30_midi_and_note_sequences.ipynb
"""

import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice, product
from pathlib import Path

import mido
from tqdm.auto import tqdm

from course_utils.data.corpora import chorales
from course_utils.symbolic.performance import sequence_to_events
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

STEPS = range(-5, 7)  # semitones; every key once
SPEEDS = (0.9, 1.0, 1.1)


class Clock:
    """Seconds of the wall and of the processor, by name."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    def time(self, name: str, step: Callable, argument: object) -> object:
        """Call a step, add what it takes under a name, return its result.

        Parameters
        ----------
        name : str
            Of the step.
        step : callable
            What is timed.
        argument : object
            What it takes.
        """
        wall, processor = time.perf_counter(), time.process_time()
        result = step(argument)
        wall = time.perf_counter() - wall
        processor = time.process_time() - processor
        self.wall[name] = self.wall.get(name, 0.0) + wall
        self.processor[name] = self.processor.get(name, 0.0) + processor
        return result


def varied_files(
    n_files: int, folder: Path, preset: str = "paper"
) -> Iterator[Path]:
    """Write chorales in all keys and at three speeds as MIDI files.

    Parameters
    ----------
    n_files : int
        How many files; 349 chorales give 12,564.
    folder : Path
        Where they go.
    preset : str
        Which chorales.

    Yields
    ------
    Path
        A file; all have other bytes.
    """
    first = []
    for piece in tqdm(chorales(preset), desc="writing MIDI", unit="file"):
        path = folder / "first.mid"
        sequence_to_midi(piece.sequence, path)
        first.append(mido.MidiFile(path))
    varied = islice(product(STEPS, SPEEDS, first), n_files)
    for number, (steps, speed, file) in enumerate(varied):
        path = folder / f"{number:05d}.mid"
        _changed(file, steps, speed).save(path)
        yield path


def _changed(file: mido.MidiFile, steps: int, speed: float) -> mido.MidiFile:
    """Return a file in another key, at another speed."""
    changed = mido.MidiFile(ticks_per_beat=file.ticks_per_beat)
    for track in file.tracks:
        copy = changed.add_track()
        for message in track:
            if message.type in ("note_on", "note_off"):
                message = message.copy(note=message.note + steps)
            elif message.type == "set_tempo":
                message = message.copy(tempo=round(message.tempo / speed))
            copy.append(message)
    return changed


def measure_pieces(n_files: int, folder: Path, preset: str) -> dict:
    """Measure reading and tokenising, and note_seq's reading alone.

    Parameters
    ----------
    n_files : int
        How many MIDI files are made.
    folder : Path
        Where they go, one after the other.
    preset : str
        Which chorales they are made of.

    Returns
    -------
    dict
        `n` files and `n_events`; `wall` and `processor`, step -> files per
        second; `ratio`, of reading and tokenising to note_seq's reading, by
        the processor's seconds.
    """
    with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
        warnings.simplefilter("ignore")
        from note_seq.midi_io import midi_file_to_note_sequence as theirs

    clock, n_read, n_events = Clock(), 0, 0
    files = varied_files(n_files, folder, preset)
    for path in tqdm(files, total=n_files, desc="reading", unit="file"):
        clock.time("note_seq reads", theirs, path)
        sequence = clock.time("course reads", midi_to_sequence, path)
        events = clock.time("course tokenises", sequence_to_events, sequence)
        n_read, n_events = n_read + 1, n_events + len(events)
        path.unlink()
    return {"n": n_read, "n_events": n_events} | _speeds(clock, n_read)


def _speeds(clock: Clock, n_read: int) -> dict:
    """Return files per second, and the ratio that matters."""
    speeds = {}
    for name in ("wall", "processor"):
        seconds = dict(getattr(clock, name))
        ours = seconds["course reads"] + seconds["course tokenises"]
        seconds["course reads and tokenises"] = ours
        speeds[name] = {k: round(n_read / v, 1) for k, v in seconds.items()}
    ours, theirs = (
        speeds["processor"][name]
        for name in ("course reads and tokenises", "note_seq reads")
    )
    return speeds | {"ratio": round(ours / theirs, 2)}
