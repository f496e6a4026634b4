"""Notes in memory, cut to one length, with pitch and timbre: food for a GAN.

A timbre is a family of NSynth ("brass"), played by several instruments. The
split is by note and not by instrument, as in GANSynth: the network is asked
for new notes of known instruments, not for instruments it never heard.

Axes: M notes, N audio samples.

Source: Engel et al. (2019), GANSynth, arXiv:1902.08710, section 3.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.data.instruments import FAMILIES
from course_utils.data.nsynth import N_SAMPLES, SAMPLE_RATE, NSynthNotes
from course_utils.data.splits import split_by_hash

SHARES = {"train": 0.8, "validation": 0.2}
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
    """Read the notes of an NSynth folder, whole sets at once.

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
    """Read some notes into memory; silent ones are left out."""
    kept, waveforms = [], []
    for place in tqdm(places, desc=f"reading {split} notes", unit="note"):
        waveform = notes[place]["waveform"][: config.n_samples]
        if waveform.abs().max() > SILENT_PEAK:
            kept.append(notes.records[place])
            waveforms.append(waveform)
    if not kept:
        raise CourseError(
            f"at least one sounding note in the {split} split",
            f"{len(places)} notes chosen, none sounding",
            "ask for more pitches or timbres, or give more notes",
        )
    return NoteSet(
        _shaped(torch.stack(waveforms), config),
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


def _shaped(waveforms: Tensor, config: NoteSetConfig) -> Tensor:
    """Fade the ends out, then bring every note to the same peak."""
    n_fade = round(config.fade_s * SAMPLE_RATE)
    fade = torch.linspace(0, math.pi, n_fade).cos().add(1).div(2)
    waveforms = waveforms.clone()
    waveforms[:, waveforms.shape[1] - n_fade :] *= fade
    peaks = waveforms.abs().amax(dim=1, keepdim=True)
    return config.peak * waveforms / peaks
