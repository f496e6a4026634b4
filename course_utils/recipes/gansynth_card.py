"""The model card of a shipped GAN: what it is, and how well it does.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import json

from course_utils.recipes.gansynth_presets import RECIPES

CARD = """# GANSynth, preset {preset}

Draws a note from noise, a MIDI pitch and a timbre. {n_samples} samples at
16 kHz a note. Play it with `course generate gansynth`; chapters 23 and 24 of
the course train and play it.

- **Timbres:** {timbres}.
- **Notes:** {n_train} of the data set `{data}`, MIDI {low} to {high};
  {n_held_out} more were held out, by note. All were brought to one peak;
  velocity is a gain and was left out.
- **Training:** seed {seed}, {n_images} images (the preset plans {planned})
  in {hours:.2f} hours on one CPU thread; loss {loss}. The rest stands in the
  header of the checkpoint. The generator started from the mean picture of
  every pitch and timbre.
- **Strength:** a share of the network's drawing may be added to the mean
  pictures instead of all of it (`player.with_strength`); `strengths.json`
  has what that does to the scores, on other notes than those below.
- **Scores** of {n} notes drawn over all pitches and timbres, on the decoded
  sound (`scores.json`), beside {n_held_out} held-out real notes, and beside
  the mean pictures alone, without the network (`mean_scores.json`):

{table}

- **Defects** among {n} notes: {defects}.
- **Limits:** notes last one second; it knows these pitches and timbres only.
  Compare the columns: the means alone have most of these scores too. What the
  network adds is variety and a smaller Fréchet distance; there is still less
  variety than among real notes.
- **Made by:** `course train gansynth --preset {preset} --seed {seed} --images
  {n_exact}`, then `python -m course_utils.recipes.gansynth_shipping`.
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


def model_card(state: dict, scores: dict, means: dict) -> str:
    """Return the text of the model card.

    Parameters
    ----------
    state : dict
        The checkpoint.
    scores, means : dict
        Of its notes, and of its mean pictures alone; see `score_notes`.
    """
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
        n_exact=state["n_images"],
        planned=f"{RECIPES[about['preset']].plan.n_images:,}",
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
