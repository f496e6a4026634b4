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
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch

from course_utils.basics.checks import CourseError, check_folder
from course_utils.basics.files import atomic_file
from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.data.wav import read_wav
from course_utils.evaluation.note_scores import log_spectra
from course_utils.evaluation.note_variety import variety_within
from course_utils.recipes.gansynth import SAMPLES
from course_utils.recipes.gansynth_player import GanPlayer, load_player
from course_utils.recipes.gansynth_scores import (
    DrawnNotes,
    find_judge,
    play_many,
    real_notes,
)
from course_utils.recipes.note_report import score_notes
from course_utils.recipes.runs import MODEL_FILE
from course_utils.training.checkpoint import load_state, save_state

N_NOTES = 1000
N_ROWS = 400  # of the thinned history
N_CLIPS = 6  # samples that are shipped, evenly spread
MP3_QUALITY = 0.5  # soundfile's scale, 0 is the best

CARD = """# GANSynth, preset {preset}

Draws a note from noise, a MIDI pitch and a timbre. {n_samples} samples at
16 kHz a note. Play it with `course generate gansynth`; chapters 23 and 24 of
the course train and play it.

- **Notes:** {n_train} of the data set `{data}`, MIDI {low} to {high}, timbres
  {timbres}; {n_held_out} more were held out, by note. All were brought to one
  peak; velocity is a gain and was left out.
- **Training:** seed {seed}, {n_images} images in {hours:.2f} hours on one
  CPU thread that other work slowed down, {loss}; the rest stands in the
  checkpoint's header. The generator started from the mean picture of every
  pitch and timbre.
- **Scores** of {n} notes drawn over all pitches and timbres, on the decoded
  sound (`scores.json`), beside {n_held_out} held-out real notes, and beside
  the mean pictures alone, without the network (`mean_scores.json`):

{table}

- **Defects** among {n} notes: {defects}.
- **Limits:** notes last one second; it knows these pitches and timbres only.
  Its notes are less varied than real ones where `variety` says so.
- **Made by:** `course train gansynth --preset {preset} --seed {seed}`, then
  `python -m course_utils.recipes.gansynth_shipping`.
- **Licence:** weights under the licence of the code, but the notes were
  rendered from `TimGM6mb.sf2` (Tim Brechbill), which Debian distributes under
  the GPL, version 2; whether that binds weights we do not answer, see
  `data/README.md`.
"""
ROWS = (
    "pitch_accuracy",
    "pitch_accuracy_pyin",
    "timbre_accuracy",
    "ndb",
    "fid",
    "fid_at_n_real",
    "is",
    "pitch_entropy",
    "nearest_db_median",
    "nearest_db_lowest",
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


def without_network(player: GanPlayer) -> GanPlayer:
    """Return a player that plays its mean pictures alone."""
    silent = load_player(player.about["checkpoint"])
    if silent.generator.mean is None:
        raise CourseError(
            "a generator that starts from mean pictures",
            "one that starts from nothing",
            "choose a checkpoint of preset smoke, cpu or colab",
        )
    with torch.no_grad():
        for layer in silent.generator.to_image:
            for weight in layer.parameters():
                weight.zero_()
    return replace(player, generator=silent.generator)


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
    scores = score_player(player, seed)
    means = score_player(without_network(player), seed)
    state = load_state(run / MODEL_FILE)
    save_state(out / MODEL_FILE, state)
    _write_json(out / "scores.json", scores)
    _write_json(out / "mean_scores.json", means)
    _thin_history(run / "history.csv", out / "history.csv")
    _ship_samples(run / SAMPLES, out / SAMPLES)
    with atomic_file(out / "README.md") as part:
        part.write_text(_card(state, scores, means), encoding="utf-8")
    return out


def _variety(notes: DrawnNotes) -> float:
    """Return how different notes of one pitch and timbre are, in dB."""
    kinds = torch.stack([notes.pitches, notes.timbres], dim=1).numpy()
    return variety_within(log_spectra(notes.waveforms), kinds)


def _card(state: dict, scores: dict, means: dict) -> str:
    """Return the text of the model card."""
    about = state["about"]
    return CARD.format(
        preset=about["preset"],
        data=about["data"],
        seed=about["seed"],
        n_samples=state["image"]["n_samples"],
        low=min(state["pitches"]),
        high=max(state["pitches"]),
        timbres=", ".join(state["timbres"]),
        n_train=scores["n_train"],
        n_held_out=scores["n_real"],
        n=scores["n"],
        n_images=f"{state['n_images']:,}",
        hours=state["seconds"] / 3600,
        loss=about["recipe"]["loss_name"],
        table=_table(scores, means),
        defects=json.dumps(scores["defects"]),
    )


def _table(scores: dict, means: dict) -> str:
    """Return the rows of the card's table."""
    lines = [
        "| score | GAN | 95 % | real, held out | means alone |",
        "|---|---|---|---|---|",
    ]
    for row in ROWS:
        low, high = scores.get(f"{row}_interval", (None, None))
        span = "" if low is None else f"{low:.3f} to {high:.3f}"
        cells = (scores[row], scores.get(f"real_{row}"), means[row])
        made, real, mean = (_number(cell) for cell in cells)
        lines.append(f"| {row} | {made} | {span} | {real} | {mean} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    """Return a number with three digits, or nothing."""
    return "" if value is None else f"{value:.4g}"


def _write_json(path: Path, content: dict) -> None:
    """Write a dict, whole or not at all."""
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
        writer = csv.DictWriter(file, list(rows[0]))
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
