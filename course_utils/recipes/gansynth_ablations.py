"""What carries preset `cpu`: train it with one part taken out each time.

    python -m course_utils.recipes.gansynth_ablations

Each training sees the first 10,000 images of the preset's plan, with the same
seed; the judge is the one that is shipped. Otherwise as `gansynth_trials`: a
JSON file and a clip for each, and what is finished is not run again.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import torch

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.paths import shipped_data_dir
from course_utils.recipes import runs
from course_utils.recipes.gansynth_notes import note_sets
from course_utils.recipes.gansynth_presets import RECIPES
from course_utils.recipes.gansynth_trial import Hearing
from course_utils.recipes.gansynth_trial_table import Trial
from course_utils.recipes.gansynth_trials import run_trials
from course_utils.recipes.note_judge import load_judge
from course_utils.training.gan_schedules import Constant

OUT = Path("data/experiments/gansynth_cpu")
WORK = runs.RUNS / "gan_ablations"
N_IMAGES = 10_000  # real images shown in each training
JUDGE = Path("checkpoints/note_judge-cpu")  # below the shipped data

# Windows half as long, twice as many: equally many numbers.
SHORT = {
    "image.n_fft": 512,
    "image.hop_length": 128,
    "image.n_frames": 128,
    "model.folding": (256, 1),
    "model.start": (1, 32),
}


# Without mean pictures nothing moves at the preset's rate.
NOTHING = {
    "model.mean_frames": 0,
    "plan.generator_rate": Constant(8e-3),
    "plan.discriminator_rate": Constant(8e-3),
}
DEAF = {"hears": False, "soiled": None}


def _without(title: str, changes: Mapping[str, object]) -> Trial:
    """Return a training of the preset with some settings changed."""
    return Trial(title, changes, base=RECIPES["cpu"])


ABLATIONS: Mapping[str, Trial] = MappingProxyType(
    {
        "whole": _without("the whole recipe", {}),
        "no_classes": _without(
            "no classification", {"loss.class_weight": 0.0}
        ),
        "clean": _without("notes not soiled", {"soiled": None}),
        "deaf": _without("does not hear", DEAF),
        "no_variety": _without("no term for variety", {"variety_weight": 0.0}),
        "short": _without("windows of 512", SHORT),
        "nothing": _without("from nothing", NOTHING),
        "nothing_deaf": _without(
            "from nothing, does not hear", NOTHING | DEAF
        ),
    }
)


def main(arguments: list[str] | None = None) -> int:
    """Train preset cpu with one part taken out; see the module."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--only", nargs="+", default=list(ABLATIONS))
    parser.add_argument("--images", type=int, default=N_IMAGES)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # so that all have equal means
    try:
        check_range("images", options.images, 16, 10**9)
        judge = load_judge(shipped_data_dir() / JUDGE)
        done = run_trials(
            options.only,
            options.out,
            options.work,
            Hearing(judge, note_sets("cpu")),
            n_images=options.images,
            table=ABLATIONS,
        )
    except CourseError as error:
        print(f"gansynth_ablations: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"run": done}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
