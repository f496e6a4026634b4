"""Loss curves of one process and of several, for each of the three models.

Each training is started by its command, alone and through torchrun:

    python -m course_utils.experiments.processes_curves --processes 2

A GAN is wild: a rounding error grows until the next discriminator sees other
notes. So one process is run a second time, with learning rates that are 1e-7
higher; what several processes differ by can be held against that.

Taught in: notebooks/40_lstm_training.ipynb
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from tqdm.auto import tqdm

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_file

OUT = Path("data/experiments/processes.json")
LOSS = MappingProxyType(
    {"lstm": "nll", "music_transformer": "nll", "gansynth": "generator_loss"}
)
ONE = "1 process"
NUDGED = "1 process, rates 1e-7 higher"
NUDGE = 1 + 1e-7  # of a GAN's learning rates
N_FIRST = 3  # steps that even a wild training has in common

Curve = list[float]


def train_words(model: str, preset: str, out: Path, n: int = 1) -> list[str]:
    """Return the words that start a training in `n` processes."""
    start = [sys.executable]
    if n > 1:
        torchrun = ["-m", "torch.distributed.run", "--standalone"]
        start += [*torchrun, "--nproc-per-node", str(n)]
    command = ["-m", "course_utils", "train", model]
    return [*start, *command, "--preset", preset, "--out", str(out)]


def loss_curve(words: Sequence[str], out: Path, loss: str) -> Curve:
    """Run a training to its end and return its loss of each step.

    Parameters
    ----------
    words : sequence of str
        Start it.
    out : Path
        Where it writes `history.csv`.
    loss : str
        Column of the loss.

    Raises
    ------
    CourseError
        If it fails; its own last line is told.
    """
    quiet = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    run = subprocess.run(
        words, env=os.environ | quiet, capture_output=True, text=True
    )
    if run.returncode:
        lines = run.stderr.splitlines() or ["nothing"]
        told = [line for line in lines if line.startswith("course ")]
        raise CourseError(
            "a training that ends well",
            (told or lines)[-1],
            f"start it alone: {' '.join(words)}",
        )
    with (out / "history.csv").open() as file:
        return [float(row[loss]) for row in csv.DictReader(file)]


def largest_difference(curve: Curve, other: Curve) -> float:
    """Return the largest difference of two curves, relative to the second.

    Raises
    ------
    CourseError
        If they have not equally many steps.
    """
    if len(curve) != len(other) or not other:
        raise CourseError(
            "two curves of as many steps",
            f"{len(curve)} and {len(other)} steps",
            "compare trainings of one preset",
        )
    pairs = zip(curve, other, strict=True)
    return max(abs(x - y) / abs(y) for x, y in pairs)


def compare(model: str, preset: str, processes: Sequence[int]) -> dict:
    """Train a model in one process and in several.

    Parameters
    ----------
    model : str
        One of `LOSS`.
    preset : str
        Of the training.
    processes : sequence of int
        How many, besides 1.

    Returns
    -------
    dict
        `loss` (name of the column), `curves` (who -> losses),
        `largest_difference` from one process (who -> relative), and the
        same of the first steps as `first_steps`.
    """
    kinds = [(ONE, 1, [])] + [(f"{n} processes", n, []) for n in processes]
    if model == "gansynth":
        kinds.append((NUDGED, 1, ["--rate-factor", repr(NUDGE)]))
    curves = {}
    with tempfile.TemporaryDirectory() as folder:
        for who, n, more in tqdm(kinds, desc=model, unit="training"):
            out = Path(folder) / who
            words = [*train_words(model, preset, out, n), *more]
            curves[who] = loss_curve(words, out, LOSS[model])
    one = curves[ONE]
    others = {who: curve for who, curve in curves.items() if who != ONE}
    return {
        "loss": LOSS[model],
        "curves": curves,
        "largest_difference": {
            who: largest_difference(curve, one)
            for who, curve in others.items()
        },
        "first_steps": {
            who: largest_difference(curve[:N_FIRST], one[:N_FIRST])
            for who, curve in others.items()
        },
    }


def main(arguments: list[str] | None = None) -> None:
    """Train all models, write the curves, and print the differences."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[2])
    parser.add_argument("--preset", default="smoke")
    parser.add_argument("--models", nargs="+", choices=LOSS, default=LOSS)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    found = {
        model: compare(model, options.preset, options.processes)
        for model in options.models
    }
    record = {"preset": options.preset, "models": found}
    with atomic_file(options.out) as part:
        part.write_text(json.dumps(record, indent=1) + "\n")
    for model, result in found.items():
        for who, difference in result["largest_difference"].items():
            first = result["first_steps"][who]
            print(
                f"{model}, {who}: differs from one process by {difference:.1e}"
                f" at most, in the first {N_FIRST} steps by {first:.1e}"
            )


if __name__ == "__main__":
    main()
