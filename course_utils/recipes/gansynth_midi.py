"""A piece played with a GAN's timbres: every note is drawn for itself.

As in the program of the paper, the noise walks along arcs through the piece,
so that the timbre wanders, and each note gets an attack and a release.
Deviations: notes outside the GAN's range are moved by octaves, where that
program leaves them out; velocity is heard; notes may be longer than those
the GAN draws.

Axes: N samples of the piece, K points of the walk, D latent dimensions.

Source: Engel et al. (2019), GANSynth, arXiv:1902.08710, and its code
(magenta/models/gansynth/lib/generate_util.py).

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.basics.checks import check_range
from course_utils.basics.files import atomic_file, check_ending
from course_utils.basics.runtime import torch_rng
from course_utils.data.wav import write_wav
from course_utils.recipes.gansynth_player import GanPlayer, load_player
from course_utils.recipes.gansynth_score import Score, ScoreNote, fit_score
from course_utils.recipes.note_sustain import sustain
from course_utils.sampling.latent import latent_walk

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

ATTACK_S = 0.010
RELEASE_S = 0.3
WALK_S = 6.0  # from one point of the walk to the next
LOUDEST = 127  # velocity; in the training notes velocity is a factor
PEAK = 0.9  # of full scale; a louder mix is turned down to it
BATCH = 32  # notes in memory


class GanPiece(NamedTuple):
    """A played piece: waveform (N,) float32, rate in Hz, gain in dB.

    `score` says what was played. `gain_db` is how far the whole mix was
    turned down so that it does not clip; 0 or less.
    """

    waveform: np.ndarray
    sample_rate: int
    gain_db: float
    score: Score


def play_sequence(
    player: GanPlayer,
    sequence: "NoteSequence",
    timbre: str | None = None,
    seed: int = 0,
    walk_s: float = WALK_S,
) -> GanPiece:
    """Play a piece with a GAN.

    Parameters
    ----------
    player : GanPlayer
        From `load_player`.
    sequence : NoteSequence
        Times in seconds; the sustain pedal lengthens notes.
    timbre : str, optional
        Plays everything; else see `fit_score`.
    seed : int
        Of the points of the walk.
    walk_s : float
        Seconds from one point of the walk to the next. The shorter, the
        more the timbre wanders.

    Returns
    -------
    GanPiece
        It lasts until the release of the last note.

    Raises
    ------
    CourseError
        See `fit_score`.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    from course_utils.symbolic.pedal import apply_pedal  # loads note_seq

    check_range("walk_s", walk_s, 0.1, 1e6, "s")
    known = player.pitches, player.timbres
    score = fit_score(apply_pedal(sequence), *known, timbre)
    rate = player.sample_rate
    end_s = max(note.end_s for note in score.notes)
    mix = np.zeros(round((end_s + RELEASE_S) * rate) + 1, np.float32)
    points = walk_points(player, end_s, walk_s, torch_rng(seed))
    for first in tqdm(range(0, len(score.notes), BATCH), desc="playing"):
        notes = score.notes[first : first + BATCH]
        places = torch.tensor([note.start_s / walk_s for note in notes])
        _add_notes(mix, player, notes, latent_walk(points, places))
    loudest = float(np.abs(mix).max(initial=0.0))
    gain = min(1.0, PEAK / max(loudest, 1e-9))
    return GanPiece(mix * np.float32(gain), rate, 20 * math.log10(gain), score)


def walk_points(
    player: GanPlayer, end_s: float, walk_s: float, rng: torch.Generator
) -> Tensor:
    """Draw the points that the noise walks through, shape (K, D)."""
    return player.draw_z(2 + math.floor(end_s / walk_s), rng)


def shaped_note(
    waveform: np.ndarray, held_s: float, velocity: int, sample_rate: int
) -> np.ndarray:
    """Give a drawn note its length, its attack and release, its velocity.

    Parameters
    ----------
    waveform : ndarray, shape (N,)
        One note as the GAN draws it.
    held_s : float
        Seconds until the key is released; the sound lasts 0.3 s longer.
    velocity : int
        0 to 127: a factor of velocity / 127, as in the training notes.
    sample_rate : int
        In Hz.

    Returns
    -------
    ndarray, shape (M,), float32

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    shape = envelope(held_s, sample_rate) * np.float32(velocity / LOUDEST)
    return sustain(waveform, len(shape), sample_rate) * shape


def envelope(held_s: float, sample_rate: int) -> np.ndarray:
    """Return attack and release as factors 0 to 1, shape (M,).

    Both are straight lines, of 10 ms and 0.3 s, as in the paper's program.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    check_range("held_s", held_s, 0, 3_600, "s")
    n_samples = max(1, round((held_s + RELEASE_S) * sample_rate))
    times_s = np.arange(n_samples) / sample_rate
    attack = np.clip(times_s / ATTACK_S, 0, 1)
    release = np.clip((held_s + RELEASE_S - times_s) / RELEASE_S, 0, 1)
    return (attack * release).astype(np.float32)


def _add_notes(
    mix: np.ndarray, player: GanPlayer, notes: list[ScoreNote], z: Tensor
) -> None:
    """Draw some notes and add them to the mix, in place."""
    pitches = [note.pitch for note in notes]
    timbres = [note.timbre for note in notes]
    rate = player.sample_rate
    drawn = player.notes(pitches, timbres, z).numpy()
    for note, waveform in zip(notes, drawn, strict=True):
        held_s = note.end_s - note.start_s
        sound = shaped_note(waveform, held_s, note.velocity, rate)
        start = round(note.start_s * rate)
        room = mix[start : start + len(sound)]
        room += sound[: len(room)]


def play_midi_file(
    midi: Path | str,
    out: Path | str,
    timbre: str | None = None,
    seed: int = 0,
    checkpoint: Path | str | None = None,
) -> dict[str, object]:
    """Play a MIDI file into a wav file.

    Returns
    -------
    dict
        `out`, `midi`, `checkpoint`, `seed`, `seconds`, `sample_rate`,
        `peak`, `gain_db`, `n_notes`, and what `Score` reports: `n_moved`,
        `n_drums`, `n_left_out`, `timbres`.

    Raises
    ------
    CourseError
        If the file is no MIDI file (see `midi_to_sequence`), or cannot be
        played (see `fit_score`).

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    from course_utils.symbolic.sequences import midi_to_sequence

    check_ending(out, ".wav")
    player = load_player(checkpoint)
    piece = play_sequence(player, midi_to_sequence(midi), timbre, seed)
    with atomic_file(out) as part:
        write_wav(part, piece.waveform, piece.sample_rate)
    facts = asdict(piece.score)
    return {
        "out": str(out),
        "midi": str(midi),
        "checkpoint": player.about["checkpoint"],
        "seed": seed,
        "seconds": len(piece.waveform) / piece.sample_rate,
        "sample_rate": piece.sample_rate,
        "peak": float(np.abs(piece.waveform).max()),
        "gain_db": round(piece.gain_db, 2),
        "n_notes": len(facts.pop("notes")),
    } | facts
