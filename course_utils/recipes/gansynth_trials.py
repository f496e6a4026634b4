"""Train small GANs that differ in one thing, and score what is heard.

Each trial of the table sees equally many real images with the same seed; a
trial marked `seconds` gets as many seconds of a processor as the base took
on the clock, or a few more. A trial that is finished is not run again, an
interrupted one goes on::

    python -m course_utils.recipes.gansynth_trials --only base phase

For each trial there is one JSON file with its scores and its history, and
one clip of six notes at the level at which they came.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import soundfile
import torch
from torch import Tensor
from torch.nn import functional

from course_utils.basics.checks import CourseError, check_choice, check_range
from course_utils.basics.files import atomic_file
from course_utils.data.note_set import NoteSet
from course_utils.data.nsynth import SAMPLE_RATE
from course_utils.recipes import runs
from course_utils.recipes.gansynth_notes import note_sets
from course_utils.recipes.gansynth_trial import Hearing, run_trial
from course_utils.recipes.gansynth_trial_table import (
    BASE,
    N_IMAGES,
    TRIALS,
    Trial,
)
from course_utils.recipes.note_judge import load_judge, train_judge

OUT = Path("data/experiments/gansynth")
WORK = runs.RUNS / "gan_trials"  # where trainings lie, to go on from
N_JUDGE_STEPS = 500
GAP_S = 0.1  # between the notes of a clip
DIGITS = 5


def trial_notes() -> dict[str, NoteSet]:
    """Return the real notes of all trials, "train" and "validation".

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    return note_sets("cpu", "notes", BASE.notes)


def trial_hearing(
    work: Path, notes: dict[str, NoteSet], n_steps: int = N_JUDGE_STEPS
) -> Hearing:
    """Return the judge of all trials; it is trained where there is none.

    Parameters
    ----------
    work : Path
        Folder; the judge lies in `judge/` in it.
    notes : dict
        "train" and "validation" -> `NoteSet`.
    n_steps : int
        Of its training.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    folder = work / "judge"
    if not (folder / runs.MODEL_FILE).is_file():
        train_judge("smoke", folder, 0, notes=notes, n_steps=n_steps)
    return Hearing(load_judge(folder), notes)


def run_trials(
    names: Sequence[str],
    out: Path,
    work: Path,
    hearing: Hearing,
    *,
    n_images: int = N_IMAGES,
    seconds: float | None = None,
    table: Mapping[str, Trial] = TRIALS,
) -> list[str]:
    """Run the trials that are not finished, and write their results.

    Parameters
    ----------
    names : sequence of str
        Keys of `table`.
    out, work : Path
        Where results go, and where trainings lie.
    hearing : Hearing
        Judge and notes.
    n_images : int
        Real images that each trial sees.
    seconds : float, optional
        Of the trials marked `seconds`; None: as many as the base took.
    table : mapping
        Name -> `Trial`.

    Returns
    -------
    list of str
        The trials that were run now.

    Raises
    ------
    CourseError
        If a name is unknown, a training blows up, or seconds are wanted
        and the base has not run.
    """
    for name in names:
        check_choice("trial", name, tuple(table))
    due = [name for name in names if not (out / f"{name}.json").is_file()]
    for name in due:
        trial = table[name]
        limit = (seconds or _base_seconds(out)) if trial.seconds else None
        result, notes = run_trial(
            name,
            trial,
            hearing,
            work,
            n_images=n_images,
            seconds=limit,
            seed=trial.seed,
        )
        result["clip"] = write_clip(out / f"{name}.mp3", notes)
        _write_json(out / f"{name}.json", result)
    return due


def write_clip(path: Path, notes: Tensor) -> dict[str, float]:
    """Write notes (M, N) in a row at their own level, and say how loud.

    Nothing is brought to a common level, so that a failure may be silent or
    loud. What is beyond full scale is cut, as a sound card would cut it.

    Returns
    -------
    dict
        `peak` (full scale is 1) and `rms` before anything is cut.
    """
    gap = round(GAP_S * SAMPLE_RATE)
    row = functional.pad(notes, (0, gap)).flatten()
    with atomic_file(path) as part:
        soundfile.write(
            str(part), row.clamp(-1, 1).numpy(), SAMPLE_RATE, format="MP3"
        )
    return {
        "peak": round(row.abs().max().item(), DIGITS),
        "rms": round(notes.square().mean().sqrt().item(), DIGITS),
    }


def _base_seconds(out: Path) -> float:
    """Return how long the base trained."""
    path = out / "base.json"
    if not path.is_file():
        raise CourseError(
            "the seconds that the base took, or --seconds",
            f"no {path}",
            "run the trial base first",
        )
    return json.loads(path.read_text(encoding="utf-8"))["seconds"]


def _write_json(path: Path, result: dict[str, object]) -> None:
    """Write a result; five digits say all there is to say."""
    with atomic_file(path) as part:
        text = json.dumps(_rounded(result), indent=1)
        part.write_text(text + "\n", encoding="utf-8")


def _rounded(value: object) -> object:
    """Return a value whose floats have few digits."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value


def main(arguments: list[str] | None = None) -> int:
    """Train small GANs that differ in one thing; see the module."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", type=Path, default=WORK)
    parser.add_argument("--only", nargs="+", default=list(TRIALS))
    parser.add_argument("--images", type=int, default=N_IMAGES)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # so that all trials have equal means
    try:
        check_range("images", options.images, 16, 10**9)
        done = run_trials(
            options.only,
            options.out,
            options.work,
            trial_hearing(options.work, trial_notes()),
            n_images=options.images,
            seconds=options.seconds,
        )
    except CourseError as error:
        print(f"gansynth_trials: {error}", file=sys.stderr)
        return 1
    print(json.dumps({"run": done}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
