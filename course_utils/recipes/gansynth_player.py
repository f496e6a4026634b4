"""The trained GAN as an instrument: pitch, timbre and noise in, sound out.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.basics.checks import (
    BAD_CONTENT,
    CourseError,
    check_choice,
    check_range,
)
from course_utils.basics.files import atomic_file, check_ending
from course_utils.basics.pitch import midi_to_name
from course_utils.basics.runtime import best_device, torch_rng
from course_utils.data.wav import write_wav
from course_utils.models.gansynth import Labels
from course_utils.models.generator import Generator
from course_utils.recipes.gansynth_parts import parts_of
from course_utils.recipes.note_hygiene import cleaned
from course_utils.recipes.runs import filled, load_model_state
from course_utils.spectral.reanalysis import Reanalysis

KIND = "gansynth"
BATCH = 32  # notes drawn at once: keeps the memory small


class GanNote(NamedTuple):
    """One note: waveform (N,), MIDI pitch, timbre, sample rate in Hz."""

    waveform: Tensor
    pitch: int
    timbre: str | None
    sample_rate: int


@dataclass(frozen=True)
class GanPlayer:
    """A generator that can be played.

    Parameters
    ----------
    generator : Generator
        With averaged weights, in evaluation mode.
    codec : Reanalysis
        Turns its images into sound.
    pitches : tuple of int
        MIDI pitches that it knows, in the order of the network.
    timbres : tuple of str
        Names of timbres, in the order of the network; may be none.
    peak : float
        Peak of every note in training; kept for playing.
    about : dict
        `checkpoint` (path), `about` (its training), `n_images`.
    strength : float
        How much of the network's drawing is added to its mean pictures (see
        `Generator.forward`): less is truer, more is more varied.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """

    generator: Generator
    codec: Reanalysis
    pitches: tuple[int, ...]
    timbres: tuple[str, ...]
    peak: float
    about: dict
    strength: float = 1.0

    def with_strength(self, strength: float) -> "GanPlayer":
        """Return the same player with another strength, 0 to 1."""
        check_range("strength", strength, 0.0, 1.0)
        return replace(self, strength=strength)

    @property
    def sample_rate(self) -> int:
        """Samples per second, in Hz."""
        return self.codec.image.sample_rate

    @property
    def n_samples(self) -> int:
        """N, the length of every note."""
        return self.codec.image.n_samples

    @property
    def n_latent(self) -> int:
        """D, the length of the noise."""
        return self.generator.config.n_latent

    def draw_z(self, n_notes: int, rng: torch.Generator) -> Tensor:
        """Draw noise for some notes, shape (B, D)."""
        return torch.randn(n_notes, self.n_latent, generator=rng)

    def notes(
        self,
        pitches: Sequence[int],
        timbres: str | Sequence[str] | None,
        z: Tensor,
    ) -> Tensor:
        """Play notes, each as long as those of the training.

        Parameters
        ----------
        pitches : sequence of int
            B MIDI pitches.
        timbres : str or sequence of str
            One name for all, or B names; None if there are no timbres.
        z : Tensor, shape (B, D)
            Noise: which of the many notes of that name it is.

        Returns
        -------
        Tensor, shape (B, N)
            On the CPU. Every note has about the peak of the training notes
            and no constant part, and ends in silence (see `note_hygiene`).

        Raises
        ------
        CourseError
            If a pitch or timbre is unknown, or the numbers of pitches,
            timbres and vectors differ.
        """
        labels = self._labels(pitches, timbres)
        if z.shape != (len(labels), self.n_latent):
            raise CourseError(
                f"noise of shape ({len(labels)}, {self.n_latent}), one "
                "vector a note",
                f"shape {tuple(z.shape)}",
                "draw it with player.draw_z(n_notes, rng)",
            )
        waveforms = torch.zeros(len(labels), self.n_samples)
        for i in range(0, len(labels), BATCH):
            here = slice(i, i + BATCH)
            some = Labels(*(part[here] for part in labels))
            waveforms[here] = self._play(z[here], some)
        return waveforms

    @torch.no_grad()
    def _draw(self, z: Tensor, labels: Labels) -> Tensor:
        device = next(self.generator.parameters()).device
        labels = Labels(*(x.to(device) for x in labels))
        return self.generator(z.to(device), labels, strength=self.strength)

    @torch.no_grad()
    def _play(self, z: Tensor, labels: Labels) -> Tensor:
        """Play one batch that is known to be right."""
        waveforms = self.codec.unit_to_waveform(self._draw(z, labels))
        return cleaned(waveforms, self.sample_rate, self.peak).cpu()

    def _labels(
        self, pitches: Sequence[int], timbres: str | Sequence[str] | None
    ) -> Labels:
        """Return the network's indices of the notes asked for."""
        pitches = [int(pitch) for pitch in pitches]
        if timbres is None or isinstance(timbres, str):
            timbres = [timbres] * len(pitches)
        if len(timbres) != len(pitches):
            raise CourseError(
                f"one timbre, or {len(pitches)}: one for each pitch",
                f"{len(timbres)} timbres",
                "give both lists the same length",
            )
        for pitch in set(pitches) - set(self.pitches):
            raise self._wrong_pitch(pitch)
        return Labels(
            torch.tensor([self.pitches.index(p) for p in pitches]).long(),
            torch.tensor([self._timbre_place(t) for t in timbres]).long(),
        )

    def _timbre_place(self, timbre: str | None) -> int:
        if not self.timbres and timbre is None:
            return 0
        check_choice("timbre", timbre, self.timbres or ("no timbre at all",))
        return self.timbres.index(timbre)

    def _wrong_pitch(self, pitch: int) -> CourseError:
        low, high = min(self.pitches), max(self.pitches)
        names = f"{midi_to_name(low)} to {midi_to_name(high)}"
        return CourseError(
            f"a MIDI pitch from {low} to {high} ({names})",
            pitch,
            "choose one that this GAN was trained on, or an octave of it",
        )


def load_player(checkpoint: Path | str | None = None) -> GanPlayer:
    """Read a `model.safetensors` or its folder; see `load_model_state`.

    Raises
    ------
    CourseError
        If there is none, or the file is something else.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    state = load_model_state(checkpoint, KIND)
    try:
        return _player(state)
    except (*BAD_CONTENT, RuntimeError) as error:
        raise CourseError(
            f"a whole GANSynth checkpoint in {state['checkpoint']}",
            f"one that does not fit this version ({type(error).__name__}: "
            f"{error})",
            "train again, or take the checkpoint that is shipped",
        ) from error


def _player(state: dict) -> GanPlayer:
    """Build the player that a checkpoint describes."""
    config, image, scales = parts_of(state)
    generator = filled(lambda: Generator(config), state)
    generator.to(best_device(), memory_format=torch.channels_last)
    return GanPlayer(
        generator.eval(),
        Reanalysis(image, scales),
        tuple(state["pitches"]),
        tuple(state["timbres"]),
        state["peak"],
        {key: state[key] for key in ("checkpoint", "about", "n_images")},
    )


def generate_note(
    checkpoint: GanPlayer | Path | str | None,
    pitch: int,
    timbre: str | None = None,
    seed: int = 0,
) -> GanNote:
    """Play one note; the same arguments give the same samples.

    Parameters
    ----------
    checkpoint : GanPlayer, Path, str or None
        A player, or see `load_player`.
    pitch : int
        MIDI pitch.
    timbre : str, optional
        Its name; without one the seed draws it.
    seed : int
        Of noise and timbre.

    Raises
    ------
    CourseError
        If the pitch, the timbre or the seed is out of range.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    known = isinstance(checkpoint, GanPlayer)
    player = checkpoint if known else load_player(checkpoint)
    rng = torch_rng(seed)
    z = player.draw_z(1, rng)
    # Drawn in any case, so that the noise does not depend on --timbre.
    drawn = torch.randint(max(len(player.timbres), 1), (1,), generator=rng)
    if timbre is None and player.timbres:
        timbre = player.timbres[drawn.item()]
    waveform = player.notes([pitch], timbre, z)[0]
    return GanNote(waveform, pitch, timbre, player.sample_rate)


def generate_note_file(
    out: Path | str,
    pitch: int,
    timbre: str | None = None,
    seed: int = 0,
    checkpoint: Path | str | None = None,
) -> dict[str, object]:
    """Play one note into a wav file.

    Returns
    -------
    dict
        `out`, `checkpoint`, `pitch`, `name` (such as C4), `timbre`, `seed`,
        `seconds`, `sample_rate`, `peak`.
    """
    check_ending(out, ".wav")
    player = load_player(checkpoint)
    note = generate_note(player, pitch, timbre, seed)
    with atomic_file(out) as part:
        write_wav(part, note.waveform, note.sample_rate)
    return {
        "out": str(out),
        "checkpoint": player.about["checkpoint"],
        "pitch": pitch,
        "name": midi_to_name(pitch),
        "timbre": note.timbre,
        "seed": seed,
        "seconds": len(note.waveform) / note.sample_rate,
        "sample_rate": note.sample_rate,
        "peak": float(note.waveform.abs().max()),
    }
