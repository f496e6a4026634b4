"""Notes cut to one length, with pitch and timbre: food for a GAN.

A set that is small lies in memory. A large one, such as NSynth's, lies in a
file that is mapped: the system reads the notes that a batch takes, and keeps
in memory what there is room for.

A timbre is a family of NSynth ("brass"), played by several instruments. The
split is by note and not by instrument, as in GANSynth: the network is asked
for new notes of known instruments, not for instruments it never heard.

Axes: M notes, N audio samples.

Source: Engel et al. (2019), GANSynth, arXiv:1902.08710, section 3.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import math
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.basics.files import check_writable
from course_utils.basics.paths import cache_dir
from course_utils.data.downloads import check_space
from course_utils.data.instruments import FAMILIES
from course_utils.data.nsynth import N_SAMPLES, SAMPLE_RATE, NSynthNotes
from course_utils.data.splits import split_by_hash

SHARES = {"train": 0.8, "validation": 0.2}
IN_MEMORY_BYTES = 2**31  # of the sounds of a split; more are mapped
SILENT_PEAK = 1e-4  # of full scale; below it there is nothing to normalise


@dataclass(frozen=True)
class NoteSetConfig:
    """Which notes, and how they are cut. Plain numbers are counts.

    Parameters
    ----------
    timbres : tuple of str
        Families of NSynth; a timbre's index is its place here.
    pitches : tuple of int
        MIDI pitches.
    programs : tuple of int
        Only these instruments (for rendered notes General MIDI programs);
        empty for all.
    n_samples : int
        N; the first N samples of a note are kept.
    fade_s : float
        The last seconds fade out, so that a cut note ends without a click.
    peak : float
        Every note is scaled to this peak. In the rendered notes velocity is
        a gain and nothing else, so nothing is lost: it is given back when a
        note is played.
    """

    timbres: tuple[str, ...]
    pitches: tuple[int, ...]
    programs: tuple[int, ...] = ()
    n_samples: int = SAMPLE_RATE
    fade_s: float = 0.05
    peak: float = 0.5

    def __post_init__(self) -> None:
        for timbre in self.timbres:
            check_choice("timbre", timbre, FAMILIES)
        for pitch in self.pitches:
            check_range("pitch", pitch, 0, 127)
        check_range("n_samples", self.n_samples, 2, N_SAMPLES, "samples")
        check_range("fade_s", self.fade_s, 0, self.n_samples / SAMPLE_RATE)
        check_range("peak", self.peak, 0.01, 1.0)


@dataclass(frozen=True)
class NoteSet:
    """Notes of one split.

    Parameters
    ----------
    waveforms : Tensor, shape (M, N)
        float32, all with the same peak.
    pitches : Tensor of int64, shape (M,)
        MIDI pitch.
    timbres : Tensor of int64, shape (M,)
        Index into `timbre_names`.
    timbre_names : tuple of str
        Names of the timbres.
    names : tuple of str
        NSynth's `note_str` of each note.
    """

    waveforms: Tensor
    pitches: Tensor
    timbres: Tensor
    timbre_names: tuple[str, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def take(self, places: Tensor) -> "NoteSet":
        """Return the notes at some places, shape (K,), in that order."""
        return NoteSet(
            self.waveforms[places],
            self.pitches[places],
            self.timbres[places],
            self.timbre_names,
            tuple(self.names[place] for place in places.tolist()),
        )


def load_note_sets(
    folder: Path | str, config: NoteSetConfig
) -> dict[str, NoteSet]:
    """Read the notes of an NSynth folder.

    Parameters
    ----------
    folder : Path or str
        Rendered or real notes in NSynth's format.
    config : NoteSetConfig
        Which notes, and how they are cut.

    Returns
    -------
    dict
        "train" (four fifths) and "validation" -> `NoteSet`. The side of a
        note depends on its name alone.

    Raises
    ------
    CourseError
        If the folder is broken, or a split stays empty.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    notes = NSynthNotes(
        folder, families=config.timbres, pitches=config.pitches
    )
    chosen: dict[str, list[int]] = {split: [] for split in SHARES}
    for place, record in enumerate(notes.records):
        if not config.programs or record["instrument"] in config.programs:
            side = split_by_hash(record["note_str"], SHARES)
            chosen[side].append(place)
    return {
        split: _read(notes, places, config, split)
        for split, places in chosen.items()
    }


def _read(
    notes: NSynthNotes, places: list[int], config: NoteSetConfig, split: str
) -> NoteSet:
    """Read some notes; silent ones are left out."""
    kept, waveforms = [], _room(len(places), config.n_samples)
    for place in tqdm(places, desc=f"reading {split} notes", unit="note"):
        waveform = notes[place]["waveform"][: config.n_samples]
        if waveform.abs().max() > SILENT_PEAK:
            waveforms[len(kept)] = _shaped(waveform, config)
            kept.append(notes.records[place])
    if not kept:
        raise CourseError(
            f"at least one sounding note in the {split} split",
            f"{len(places)} notes chosen, none sounding",
            "ask for more pitches or timbres, or give more notes",
        )
    return NoteSet(
        waveforms[: len(kept)],
        torch.tensor([record["pitch"] for record in kept]),
        torch.tensor(
            [
                config.timbres.index(record["instrument_family_str"])
                for record in kept
            ]
        ),
        config.timbres,
        tuple(record["note_str"] for record in kept),
    )


def _room(n_notes: int, n_samples: int) -> Tensor:
    """Return room for some sounds, (M, N): in memory, or in a mapped file.

    The file has no name any more once it is mapped, so it goes with the
    process, however that ends.
    """
    n_bytes = 4 * n_notes * n_samples
    if n_bytes <= IN_MEMORY_BYTES:
        return torch.empty(n_notes, n_samples)
    folder = cache_dir()
    check_writable(folder)
    check_space(folder, n_bytes, f"the sounds of {n_notes} notes")
    file, name = tempfile.mkstemp(dir=folder, suffix=".float32")
    try:
        if hasattr(os, "posix_fallocate"):  # a full disk shows here
            os.posix_fallocate(file, 0, n_bytes)
        else:
            os.truncate(file, n_bytes)
        sounds = torch.from_file(name, shared=True, size=n_notes * n_samples)
    finally:
        os.close(file)
        with suppress(PermissionError):  # Windows keeps a mapped file
            os.unlink(name)
    return sounds.view(n_notes, n_samples)


def _shaped(waveform: Tensor, config: NoteSetConfig) -> Tensor:
    """Fade the end of a note out, then bring it to the common peak."""
    n_fade = round(config.fade_s * SAMPLE_RATE)
    fade = torch.linspace(0, math.pi, n_fade).cos().add(1).div(2)
    waveform = waveform.clone()
    waveform[len(waveform) - n_fade :] *= fade
    return config.peak * waveform / waveform.abs().max()
