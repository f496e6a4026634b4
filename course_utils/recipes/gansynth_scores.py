"""Judge a trained GAN by the notes that it plays.

The notes go through the player, so what is judged is what a wav file would
hold; the real notes beside them are those that the GAN learnt from, and
those held out.

Axes: M notes, N samples.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.paths import shipped_data_dir
from course_utils.basics.runtime import torch_rng
from course_utils.data.note_set import NoteSet, NoteSetConfig
from course_utils.models.classifier import NoteClassifier
from course_utils.recipes.gansynth_notes import NOTES, note_sets
from course_utils.recipes.gansynth_player import GanPlayer, load_player
from course_utils.recipes.gansynth_session import Sample
from course_utils.recipes.note_judge import KIND as JUDGE
from course_utils.recipes.note_judge import load_judge, pitch_places
from course_utils.recipes.note_report import score_notes
from course_utils.recipes.runs import MODEL_FILE, RUNS

N_NOTES = 1000
MAX_NOTES = 100_000
Scorer = Callable[[Sample], dict[str, float]]


class DrawnNotes(NamedTuple):
    """Waveforms (M, N), MIDI pitches (M,) and places of timbres (M,)."""

    waveforms: Tensor
    pitches: Tensor
    timbres: Tensor


def evaluate(
    checkpoint: Path | str | None = None,
    data: str | None = None,
    preset: str | None = None,
    *,
    judge: Path | str | None = None,
    n_notes: int = N_NOTES,
    n_pyin: int = 200,
    seed: int = 0,
) -> dict[str, object]:
    """Play many notes of a trained GAN and score them.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `load_player`.
    data, preset : str, optional
        The real notes; by default those of the training.
    judge : Path, str or None
        See `load_judge`.
    n_notes : int
        M.
    n_pyin : int
        So many notes are judged by pyin too.
    seed : int
        Of the notes, and of all that is drawn while scoring.

    Returns
    -------
    dict
        See `score_notes`; and `checkpoint`, `n_images` (of the training),
        `seed`.

    Raises
    ------
    CourseError
        If the checkpoint, the data or a judge that fits is missing.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    player = load_player(checkpoint)
    hearing = find_judge(player, judge)
    sets = real_notes(player, data, preset)
    drawn = play_many(player, sets["train"], n_notes, seed)
    report = score_notes(
        *drawn, hearing, sets["train"], sets["validation"], n_pyin, seed
    )
    about = {key: player.about[key] for key in ("checkpoint", "n_images")}
    return report | about | {"seed": seed}


def real_notes(
    player: GanPlayer, data: str | None = None, preset: str | None = None
) -> dict[str, NoteSet]:
    """Return the notes that a GAN learnt from, and those held out.

    Parameters
    ----------
    player : GanPlayer
        Its checkpoint names preset, data and choice of notes.
    data, preset : str, optional
        Instead of those.

    Returns
    -------
    dict
        "train" and "validation" -> `NoteSet`.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    about = player.about["about"]
    preset = preset or about["preset"]
    if preset != about["preset"]:
        return note_sets(preset, data or about["data"], NOTES[preset])
    chosen = about["recipe"]["notes"]
    plain = {
        k: tuple(v) if isinstance(v, list) else v for k, v in chosen.items()
    }
    return note_sets(preset, data or about["data"], NoteSetConfig(**plain))


def play_many(
    player: GanPlayer, train: NoteSet, n_notes: int, seed: int
) -> DrawnNotes:
    """Play notes whose pitches and timbres are as frequent as in training.

    Parameters
    ----------
    player : GanPlayer
        Of the same timbres.
    train : NoteSet
        Each note played has pitch and timbre of one of these.
    n_notes : int
        M.
    seed : int
        Of the choice and of the noise.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_range("number of notes", n_notes, 1, MAX_NOTES, "notes")
    rng = torch_rng(seed)
    # All labels in turn, in random order: as even as a draw can be.
    turns = -(-n_notes // len(train))
    order = torch.cat(
        [torch.randperm(len(train), generator=rng) for _ in range(turns)]
    )[:n_notes]
    pitches, timbres = train.pitches[order], train.timbres[order]
    names = [train.timbre_names[place] for place in timbres.tolist()]
    waveforms = player.notes(
        pitches.tolist(), names, player.draw_z(n_notes, rng)
    )
    return DrawnNotes(waveforms, pitches, timbres)


def find_judge(
    player: GanPlayer, judge: Path | str | None = None
) -> NoteClassifier:
    """Return a judge that knows all notes of a player.

    Parameters
    ----------
    player : GanPlayer
        Whose notes are to be judged.
    judge : Path, str or None
        A judge's file or folder. None: the newest in `runs/` that fits, else
        the shipped one.

    Raises
    ------
    CourseError
        If no judge fits, or there is none.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    wanted = (player.pitches, player.timbres, player.n_samples)
    judges = [load_judge(judge)] if judge else _judges()
    for candidate in judges:
        if _fits(candidate, *wanted):
            return candidate
    preset = player.about["about"]["preset"]
    raise CourseError(
        f"a judge of {_words(*wanted)}",
        f"one of {_words(*_knows(judges[0]))}" if judges else "none",
        f"train one: course train note_judge --preset {preset}",
    )


def sample_scorer(
    pitches: tuple[int, ...], timbres: tuple[str, ...], n_samples: int
) -> Scorer | None:
    """Return what scores the samples of a training, if a judge fits.

    Parameters
    ----------
    pitches, timbres : tuple
        Of the training.
    n_samples : int
        Length of its notes.

    Returns
    -------
    callable or None
        Takes a `Sample`, returns `pitch_accuracy` and `timbre_accuracy` by
        the newest own judge that fits, or else the shipped one; nothing
        while the samples cannot be heard. None if no judge fits.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    wanted = (pitches, timbres, n_samples)
    judge = next((j for j in _judges() if _fits(j, *wanted)), None)
    if judge is None:
        return None

    def score(sample: Sample) -> dict[str, float]:
        if not len(sample.waveforms):
            return {}
        return _accuracies(judge, sample, timbres)

    return score


def _judges() -> list[NoteClassifier]:
    """Load all judges at hand: those in `runs/`, newest first, the shipped."""
    own = sorted(
        RUNS.glob(f"{JUDGE}-*/{MODEL_FILE}"),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    folder = shipped_data_dir() / "checkpoints"
    shipped = sorted(folder.glob(f"{JUDGE}*/{MODEL_FILE}"))
    return [load_judge(path) for path in [*own, *shipped]]


def _accuracies(
    judge: NoteClassifier, sample: Sample, timbres: tuple[str, ...]
) -> dict[str, float]:
    """Return the shares of a sample's notes that the judge hears right."""
    heard = judge.hear(sample.waveforms)
    pitches = torch.tensor(sample.pitches)
    wanted = pitch_places(pitches, judge.config.pitches)
    places = torch.tensor([timbres.index(name) for name in sample.timbres])
    return {
        "pitch_accuracy": _share(heard.pitch.argmax(dim=1) == wanted),
        "timbre_accuracy": _share(heard.timbre.argmax(dim=1) == places),
    }


def _share(right: Tensor) -> float:
    return right.float().mean().item()


def _knows(judge: NoteClassifier) -> tuple:
    config = judge.config
    return config.pitches, config.timbres, config.n_samples


def _fits(
    judge: NoteClassifier,
    pitches: tuple[int, ...],
    timbres: tuple[str, ...],
    n_samples: int,
) -> bool:
    known, names, length = _knows(judge)
    return (
        set(pitches) <= set(known)
        and tuple(timbres) == tuple(names)
        and n_samples == length
    )


def _words(
    pitches: tuple[int, ...], timbres: tuple[str, ...], n_samples: int
) -> str:
    """Describe the notes that a net knows."""
    return (
        f"pitches {min(pitches)} to {max(pitches)}, timbres "
        f"{', '.join(timbres)}, {n_samples} samples a note"
    )
