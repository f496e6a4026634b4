"""Score notes that no network drew: the mean picture of each kind, played.

This is the baseline of every GAN of this course: what it cannot beat, it
need not be trained for::

    python -m course_utils.recipes.gansynth_means

Axes: M notes, N samples.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.presets import PRESETS
from course_utils.basics.runtime import torch_rng
from course_utils.data.note_set import NoteSet
from course_utils.evaluation.note_scores import log_spectra
from course_utils.evaluation.note_variety import variety_within
from course_utils.models.gansynth import Labels
from course_utils.models.mean_picture import MeanPicture
from course_utils.recipes.gansynth_notes import note_sets
from course_utils.recipes.gansynth_presets import RECIPES, GanRecipe
from course_utils.recipes.gansynth_session import note_labels
from course_utils.recipes.note_judge import load_judge
from course_utils.recipes.note_report import score_notes
from course_utils.spectral.image import waveform_to_image
from course_utils.spectral.reanalysis import Reanalysis
from course_utils.spectral.scaling import fit_normaliser

OUT = Path("data/experiments/gansynth/means_cpu.json")
MEAN_FRAMES = 16
CHUNK = 32  # notes at once
N_FITTED = 1024  # notes, at most, that the range is fitted to
N_NOTES = 1000
N_PYIN = 200


def mean_notes(train: NoteSet, recipe: GanRecipe, labels: Labels) -> Tensor:
    """Play the mean pictures of some labels.

    Parameters
    ----------
    train : NoteSet
        Real notes; the means are those of their pictures.
    recipe : GanRecipe
        Kind of the pictures.
    labels : Labels
        Which notes to play.

    Returns
    -------
    Tensor, shape (M, N)
        The same note each time a label is asked for.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    image, model = recipe.image, recipe.model
    step = -(-len(train) // N_FITTED)  # rounded up
    some = train.waveforms[::step].split(CHUNK)
    pictures = torch.cat([waveform_to_image(part, image) for part in some])
    codec = Reanalysis(image, fit_normaliser(pictures, reach=0.9))
    frames = model.mean_frames or MEAN_FRAMES
    shape = (2, image.n_rows, frames)
    mean = MeanPicture(model.n_pitches, model.n_timbres, shape)
    parts = [
        mean.shrunk(codec.waveform_to_unit(part))
        for part in train.waveforms.split(CHUNK)
    ]
    known = note_labels(train, recipe)
    mean.fit(torch.cat(parts), known.pitch.cpu(), known.timbre.cpu())
    size = (image.n_rows, image.n_frames)
    both = zip(*(part.cpu().split(CHUNK) for part in labels), strict=True)
    return torch.cat(
        [codec.unit_to_waveform(mean(*pair, size)) for pair in both]
    )


def mean_scores(
    preset: str,
    judge: Path | str | None = None,
    *,
    n_notes: int = N_NOTES,
    n_pyin: int = N_PYIN,
    seed: int = 0,
) -> dict[str, object]:
    """Score mean notes as `score_notes` does, and their variety.

    Parameters
    ----------
    preset : str
        Whose notes.
    judge : Path, str or None
        See `load_judge`.
    n_notes, n_pyin : int
        Notes played, and those that pyin hears too.
    seed : int
        Of the choice of labels, which are as frequent as among the notes.

    Returns
    -------
    dict
        See `score_notes`; and `variety_db`, `real_variety_db`, `preset`,
        `seed`.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_range("number of notes", n_notes, 2, 10**6, "notes")
    recipe, sets = RECIPES[preset], note_sets(preset)
    train = sets["train"]
    chosen = torch.randint(len(train), (n_notes,), generator=torch_rng(seed))
    labels = Labels(*(p[chosen] for p in note_labels(train, recipe)))
    waveforms = mean_notes(train, recipe, labels)
    asked = train.pitches[chosen], train.timbres[chosen]
    hearing = load_judge(judge)
    report = score_notes(
        waveforms, *asked, hearing, *sets.values(), n_pyin, seed
    )
    report["variety_db"] = _variety(waveforms, *asked)
    report["real_variety_db"] = _variety(
        train.waveforms, train.pitches, train.timbres
    )
    return report | {"preset": preset, "seed": seed}


def _variety(waveforms: Tensor, pitches: Tensor, timbres: Tensor) -> float:
    """Return the mean distance of notes of one pitch and timbre, in dB."""
    kinds = torch.stack([pitches, timbres], dim=1).numpy()
    return variety_within(log_spectra(waveforms), kinds)


def main(arguments: list[str] | None = None) -> int:
    """Score the mean notes of a preset, and write the scores."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--notes", type=int, default=N_NOTES)
    options = parser.parse_args(arguments)
    try:
        report = mean_scores(
            options.preset, options.judge, n_notes=options.notes
        )
        with atomic_file(options.out) as part:
            part.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    except CourseError as error:
        print(f"gansynth_means: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
