"""From a finished training to the folder that is shipped, with its card.

    python -m course_utils.recipes.gansynth_shipping RUN OUT

RUN is the folder of a training (`course train gansynth`). OUT gets
`model.safetensors`, its scores beside those of real notes and of the mean
pictures alone (`scores.json`, `mean_scores.json`), a thinned `history.csv`,
clips of its samples, and the model card `README.md`.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile
import torch

from course_utils.basics.checks import check_folder
from course_utils.basics.files import atomic_file
from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.wav import read_wav
from course_utils.evaluation.note_scores import log_spectra
from course_utils.evaluation.note_variety import variety_within
from course_utils.recipes.gansynth import SAMPLES
from course_utils.recipes.gansynth_card import model_card
from course_utils.recipes.gansynth_player import GanPlayer, load_player
from course_utils.recipes.gansynth_scores import (
    DrawnNotes,
    find_judge,
    play_many,
    real_notes,
)
from course_utils.recipes.note_hearing import hear_set, make_reference
from course_utils.recipes.note_report import score_notes, set_scores
from course_utils.recipes.runs import MODEL_FILE
from course_utils.training.checkpoint import load_state, save_state

N_NOTES = 1000
N_ROWS = 400  # of the thinned history
N_CLIPS = 6  # samples that are shipped, evenly spread
MP3_QUALITY = 0.5  # soundfile's scale, 0 is the best

STRENGTHS = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
CURVE = (
    "pitch_accuracy",
    "timbre_accuracy",
    "ndb",
    "fid",
    "is",
    "nearest_db_median",
    "variety_db",
)


def score_player(player: GanPlayer, seed: int = 0) -> dict[str, object]:
    """Score 1,000 notes of a player, all of them by pyin too.

    Returns
    -------
    dict
        See `score_notes`; and `variety_db` and `real_variety_db`: the mean
        distance of two notes of one pitch and timbre.
    """
    sets = real_notes(player)
    drawn = play_many(player, sets["train"], N_NOTES, seed)
    judge = find_judge(player)
    scores = score_notes(
        *drawn, judge, sets["train"], sets["validation"], N_NOTES, seed
    )
    scores["variety_db"] = _variety(drawn)
    train = sets["train"]
    real = DrawnNotes(train.waveforms, train.pitches, train.timbres)
    scores["real_variety_db"] = _variety(real)
    return scores | {"n_images": player.about["n_images"], "seed": seed}


def strength_curve(player: GanPlayer, seed: int) -> list[dict[str, float]]:
    """Score a player at several strengths, without pyin.

    Returns
    -------
    list of dict
        One row a strength: `strength` and the scores of `CURVE`.
    """
    sets = real_notes(player)
    judge = find_judge(player)
    reference = make_reference(judge, sets["train"], seed)
    rows = []
    for strength in STRENGTHS:
        drawn = play_many(
            player.with_strength(strength), sets["train"], N_NOTES, seed
        )
        heard = hear_set(judge, drawn.waveforms, reference)
        scores = set_scores(
            heard, judge, drawn.pitches, drawn.timbres, reference, seed
        )
        scores |= {"strength": strength, "variety_db": _variety(drawn)}
        rows.append({key: scores[key] for key in ("strength", *CURVE)})
    return rows


def ship(run: Path | str, out: Path | str, seed: int = 0) -> Path:
    """Write everything that is shipped of one training.

    Parameters
    ----------
    run : Path or str
        Folder of the training.
    out : Path or str
        Folder to fill; files of the same names are replaced.
    seed : int
        Of the notes that are scored.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    CourseError
        If the training has no checkpoint, or no judge fits.
    """
    run, out = check_folder(run, "a training"), Path(out)
    player = load_player(run)
    curve = strength_curve(player, seed + 1)  # not the notes of the scores
    scores = score_player(player, seed)
    means = score_player(player.with_strength(0.0), seed)
    state = load_state(run / MODEL_FILE)
    save_state(out / MODEL_FILE, state)
    _write_json(out / "strengths.json", curve)
    _write_json(out / "scores.json", scores)
    _write_json(out / "mean_scores.json", means)
    _thin_history(run / "history.csv", out / "history.csv")
    _ship_samples(run / SAMPLES, out / SAMPLES)
    with atomic_file(out / "README.md") as part:
        part.write_text(model_card(state, scores, means), encoding="utf-8")
    return out


def _variety(notes: DrawnNotes) -> float:
    """Return how different notes of one pitch and timbre are, in dB."""
    kinds = torch.stack([notes.pitches, notes.timbres], dim=1).numpy()
    return variety_within(log_spectra(notes.waveforms), kinds)


def _write_json(path: Path, content: dict | list) -> None:
    """Write plain values, whole or not at all."""
    with atomic_file(path) as part:
        text = json.dumps(content, indent=1, sort_keys=True)
        part.write_text(text + "\n", encoding="utf-8")


def _thin_history(source: Path, target: Path) -> None:
    """Keep some hundred rows, and all that hold scores of a sample."""
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    step = max(1, len(rows) // N_ROWS)
    kept = [
        row
        for place, row in enumerate(rows)
        if place % step == 0 or row.get("pitch_accuracy")
    ]
    with atomic_file(target) as part, part.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def _ship_samples(source: Path, target: Path) -> None:
    """Encode a few of the training's clips as MP3, evenly spread."""
    clips = sorted(source.glob("*.wav"))
    places = np.linspace(0, len(clips) - 1, min(N_CLIPS, len(clips)))
    for place in np.unique(places.round().astype(int)):
        clip = clips[place]
        with atomic_file(target / f"{clip.stem}.mp3") as part:
            soundfile.write(
                part,
                read_wav(clip, SAMPLE_RATE).numpy(),
                SAMPLE_RATE,
                format="MP3",
                compression_level=MP3_QUALITY,
            )


def main(arguments: Sequence[str] | None = None) -> None:
    """Ship one training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="folder of the training")
    parser.add_argument("out", help="folder to fill")
    parsed = parser.parse_args(arguments)
    print(ship(parsed.run, parsed.out))


if __name__ == "__main__":
    main()
