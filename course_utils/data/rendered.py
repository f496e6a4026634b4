"""Notes in NSynth's format, rendered from a SoundFont when first needed.

NSynth (Engel et al., 2017) is 25 GB of single notes. These folders hold the
same kind of notes under the same names and fields, so that whatever reads
one reads the other; they cost no download.

Levels: each instrument is brought to one level by one factor, so that all
instruments are about equally loud, while within an instrument a low velocity
stays quieter than a high one. The factor comes from a few probe notes and
not from the folder's notes, so that a note is the same, byte by byte, in
every preset.

Instruments are rendered one by one, here, in several processes or on a
cluster, each into a folder of its own; when all are there, they become one.
So what was rendered before a fault is not rendered again.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_folder
from course_utils.basics.paths import cache_dir
from course_utils.basics.presets import check_preset
from course_utils.basics.runtime import package_version
from course_utils.basics.workers import HERE, Workers, each
from course_utils.data.instruments import (
    FAMILIES,
    SOURCES,
    Instrument,
    find_instrument,
    instrument_splits,
)
from course_utils.data.note_presets import CONFIGS, NotesConfig
from course_utils.data.qualities import measure_qualities, quality_bits
from course_utils.data.rendered_parts import (
    PART_FACTS,
    join_parts,
    write_json,
)
from course_utils.data.report import Skipped
from course_utils.data.wav import write_wav
from course_utils.symbolic.synth import NoteRenderer, soundfont_path

FORMAT = 1  # raise it whenever the same config would give other bytes
SAMPLE_RATE = 16_000  # Hz
HELD_S = 3.0
DURATION_S = 4.0
N_SAMPLES = round(DURATION_S * SAMPLE_RATE)
WAV_BYTES = 44 + 2 * N_SAMPLES  # header and 16 bits a sample

PROBE_RATE = 48_000  # Hz; a peak needs no resampling
# One octave apart, and 52, where the tenor saxophone is twice as loud as at
# any other of them.
PROBE_PITCHES = (24, 36, 48, 52, 60, 72, 84)
LEVEL = 0.75  # peak of the loudest probe; other notes reach up to 0.91
QUIETEST = 0.01  # of that level at the same velocity; below it a note is void


def notes_folder(preset: str, workers: Workers = HERE) -> Path:
    """Return the folder of a preset's notes; render it when it is absent.

    Parameters
    ----------
    preset : str
        One of the four presets; `CONFIGS` says what is in it.
    workers : Workers
        Who renders; the bytes are the same.

    Returns
    -------
    Path
        An NSynth folder under `cache_dir()`. Its name changes with the
        config, the font and the renderer, so an old one is never taken for
        a new one.

    Raises
    ------
    CourseError
        If the preset is unknown, the renderer or font is missing, or there
        is no space; nothing half-written is left.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    config = CONFIGS[check_preset(preset)]
    folder = cache_dir() / "notes" / f"{preset}-{config_key(config)}"
    if not folder.is_dir():
        render_notes(config, folder, workers)
    return folder


def config_key(config: NotesConfig) -> str:
    """Return a short name for everything that decides about the bytes."""
    parts = [asdict(config), LEVEL, QUIETEST, PROBE_PITCHES, origin()]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@cache
def origin() -> dict[str, str | int]:
    """Return what the notes are made with: font, its checksum, renderer."""
    font = soundfont_path()
    return {
        "format": FORMAT,
        "font": font.name,
        "font_sha256": hashlib.sha256(font.read_bytes()).hexdigest(),
        "renderer": f"tinysoundfont {package_version('tinysoundfont')}",
    }


def render_notes(
    config: NotesConfig, folder: Path | str, workers: Workers = HERE
) -> Path:
    """Render a folder in NSynth's format, whole or not at all.

    It holds `examples.json` and `audio/*.wav` exactly as NSynth's folders
    do, and beside them `instruments.json`: program, font's name for it,
    gain and split of each instrument, and the notes that were left out.
    Instruments that an interrupted call has finished are kept, in a hidden
    folder beside it, for the next call.

    Parameters
    ----------
    config : NotesConfig
        Which notes.
    folder : Path or str
        It must be absent or empty.
    workers : Workers
        Who renders; those of a cluster must see the folder under this path.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CourseError
        If the folder is in use, the disk is (or becomes) full, or the
        renderer is missing. Nothing half-written is left then.
    """
    folder = Path(folder)
    work = folder.resolve()
    work = work.with_name(f".rendering-{work.name}-{config_key(config)}")
    parts = [(config, n, work / f"{n:03d}") for n in config.programs]
    waiting = [part for part in parts if not part[2].is_dir()]
    n_each = config.n_notes // len(parts)
    _check_place(n_each * len(waiting), folder)
    done = n_each * (len(parts) - len(waiting))
    words = {"desc": "rendering notes", "unit": "note"}
    bar = tqdm(total=config.n_notes, initial=done, **words)
    try:
        with bar, closing(each(_render_part, waiting, workers)) as rendered:
            for _ in rendered:
                bar.update(n_each)
        join_parts([part[2] for part in parts], folder, origin())
    finally:
        with suppress(OSError):
            work.rmdir()  # unless it holds something for the next call
    shutil.rmtree(work, ignore_errors=True)
    return folder


def _render_part(part: tuple[NotesConfig, int, Path]) -> None:
    """Render one instrument into a folder of its own."""
    config, program, folder = part
    examples: dict[str, dict] = {}
    skipped: list[Skipped] = []
    with atomic_folder(folder) as audio:
        instrument = find_instrument(program)
        gain = _gain(program)
        for note in _keys(config, instrument):
            _write_note(note, gain, audio, examples, skipped)
        facts = {
            "examples": examples,
            "instruments": {
                instrument.name: _instrument_facts(instrument, gain)
            },
            "skipped": [asdict(item) for item in skipped],
        }
        write_json(audio / PART_FACTS, facts)


def _write_note(
    note: dict,
    gain: float,
    audio: Path,
    examples: dict[str, dict],
    skipped: list[Skipped],
) -> None:
    """Render one note and put it into `examples`, or into `skipped`."""
    name = note["note_str"]
    waveform = _render(note, gain)
    if _is_void(waveform, note["velocity"]):
        skipped.append(Skipped(name, "the font has no sound for this key"))
        return
    found = measure_qualities(waveform, SAMPLE_RATE)
    judged = {"qualities": quality_bits(found), "qualities_str": found}
    examples[name] = note | judged
    write_wav(audio / f"{name}.wav", waveform, SAMPLE_RATE)


def _check_place(n_notes: int, folder: Path) -> None:
    """Refuse a folder in use, and a disk that is too small."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()  # atomic_folder makes it again, filled
    if folder.exists():
        raise CourseError(
            "an absent or empty folder for the notes",
            f"{folder}, which is in use",
            "choose another folder, or delete this one",
        )
    there = next(parent for parent in folder.parents if parent.is_dir())
    free = shutil.disk_usage(there).free
    needed = n_notes * WAV_BYTES
    if free < needed:
        raise CourseError(
            f"{needed / 1e6:.1f} MB of free disk for {n_notes} notes",
            f"{free / 1e6:.1f} MB in {there}",
            "free some space, choose a smaller preset, or point "
            "COURSE_CACHE_DIR at another disk",
        )


@cache
def _renderer(sample_rate: int) -> NoteRenderer:
    """Keep one renderer per rate: to load the font takes longer than notes."""
    return NoteRenderer(sample_rate)


def _gain(program: int) -> float:
    """Return the factor that brings an instrument to the common level."""
    renderer = _renderer(PROBE_RATE)
    peak = max(
        np.abs(renderer.render(program, pitch, 127, HELD_S, HELD_S)).max()
        for pitch in PROBE_PITCHES
    )
    return float(LEVEL / peak)


def _render(note: dict, gain: float) -> np.ndarray:
    """Return the samples of one note, shape (64000,), within [-1, 1]."""
    samples = _renderer(SAMPLE_RATE).render(
        note["instrument"],
        note["pitch"],
        note["velocity"],
        HELD_S,
        DURATION_S,
    )
    return (samples * gain).clip(-1.0, 1.0)


def _is_void(waveform: np.ndarray, velocity: int) -> bool:
    """Tell a key for which the font has no sample; level follows velocity."""
    return float(np.abs(waveform).max()) < QUIETEST * LEVEL * velocity / 127


def _keys(config: NotesConfig, instrument: Instrument) -> Iterator[dict]:
    """Yield NSynth's record of each note, without the qualities."""
    for pitch in config.pitches:
        for velocity in config.turn(instrument.program, pitch):
            yield {
                "note": (instrument.program * 128 + pitch) * 128 + velocity,
                "note_str": f"{instrument.name}-{pitch:03d}-{velocity:03d}",
                "instrument": instrument.program,
                "instrument_str": instrument.name,
                "instrument_family": FAMILIES.index(instrument.family),
                "instrument_family_str": instrument.family,
                "instrument_source": SOURCES.index(instrument.source),
                "instrument_source_str": instrument.source,
                "pitch": pitch,
                "velocity": velocity,
                "sample_rate": SAMPLE_RATE,
            }


def _instrument_facts(instrument: Instrument, gain: float) -> dict:
    """Return what `instruments.json` says about one instrument."""
    return {
        "program": instrument.program,
        "program_name": _renderer(SAMPLE_RATE).program_name(
            instrument.program
        ),
        "family": instrument.family,
        "source": instrument.source,
        "gain_db": round(20 * float(np.log10(gain)), 2),
        "split": instrument_splits()[instrument.name],
    }
