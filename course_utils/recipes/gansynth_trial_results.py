"""Read what the small trials measured, and print it as tables.

Taught in: notebooks/23_gansynth_training.ipynb
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_utils.basics.checks import CourseError, check_choice
from course_utils.basics.paths import shipped_data_dir
from course_utils.recipes.gansynth_trial_table import TRIALS, Trial

FOLDER = Path("experiments") / "gansynth"  # below the shipped data
REAL = "held-out real notes"
PLOTTED = ("FID", "PA", "TA", "VAR")
WIDTH = 30  # of the first column


@dataclass(frozen=True)
class Column:
    """A score in a table.

    Parameters
    ----------
    key : str
        In `scores`.
    real : str
        In `scores`, for the real notes.
    name : str
        Above the column, short.
    digits : int
        After the point.
    """

    key: str
    real: str
    name: str
    digits: int


# Those of the paper's Table 1, and two of our own. NDB and FID depend on the
# number of notes, so they are those of sets as small as the held-out one.
COLUMNS = (
    Column("ndb_at_n_real", "real_ndb", "NDB", 1),
    Column("fid_at_n_real", "real_fid", "FID", 1),
    Column("is", "real_is", "IS", 2),
    Column("pitch_accuracy", "real_pitch_accuracy", "PA", 2),
    Column("pitch_entropy", "real_pitch_entropy", "PE", 2),
    Column("timbre_accuracy", "real_timbre_accuracy", "TA", 2),
    Column("variety_db", "real_variety_db", "VAR", 1),
)


def load_trials(
    folder: Path | str | None = None, table: Mapping[str, Trial] = TRIALS
) -> dict[str, dict]:
    """Read all results that there are.

    Parameters
    ----------
    folder : Path or str, optional
        Where `gansynth_trials` wrote them; None for those shipped.
    table : mapping
        Which trials there are: name -> `Trial`.

    Returns
    -------
    dict
        Name of a trial -> its result, in the order of the table of trials.
        Its clip, if it lies there, is `mp3` (bytes).

    Raises
    ------
    CourseError
        If there is no result at all, or one cannot be read.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    folder = Path(folder) if folder else shipped_data_dir() / FOLDER
    found = {}
    for name in table:
        path = folder / f"{name}.json"
        if path.is_file():
            clip = path.with_suffix(".mp3")
            found[name] = _read(path) | {
                "title": table[name].title,
                "mp3": clip.read_bytes() if clip.is_file() else b"",
            }
    if not found:
        raise CourseError(
            f"results of trials in {folder}",
            "none",
            "make them: python -m course_utils.recipes.gansynth_trials",
        )
    return found


def _read(path: Path) -> dict:
    """Return one result."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        result["scores"]["pitch_accuracy"]
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"the result of a trial in {path}",
            f"something else ({type(error).__name__})",
            "remove the file and run the trial again",
        ) from error
    return result


def made_by(trials: Mapping[str, dict]) -> str:
    """Return one sentence on how all these numbers came about."""
    some = next(iter(trials.values()))
    scores = some["scores"]
    images = sorted(
        {t["n_images"] for t in trials.values() if "images" in t["budget"]}
    )
    shown = ", ".join(f"{n:,}" for n in images) or "-"
    lines = [
        "Computed by: python -m course_utils.recipes.gansynth_trials",
        f"on {some['date']}, torch {some['versions']['torch']}, "
        f"{some['threads']} thread, seed {some['seed']}; one run each.",
        f"Budget: {shown} real images a trial.",
        f"Scored: {scores['n']} notes as heard; {scores['n_real']} held-out "
        f"and {scores['n_train']} training notes; {scores['n_bins']} bins.",
    ]
    return "\n".join(lines)


def as_table(
    trials: Mapping[str, dict],
    names: Sequence[str],
    columns: Sequence[Column] = COLUMNS,
    table: Mapping[str, Trial] = TRIALS,
) -> str:
    """Return scores as text, one trial a row, the real notes first.

    Parameters
    ----------
    trials : mapping
        From `load_trials`.
    names : sequence of str
        Which, in that order; those that are missing are said to be.
    columns : sequence of Column
        Which scores.
    table : mapping
        Which trials there are: name -> `Trial`.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    head = f"{'':{WIDTH}}" + "".join(f"{c.name:>7}" for c in columns)
    rows = [head]
    some = next(iter(trials.values()))["scores"]
    real = {c.key: some[c.real] for c in columns}
    rows.append(_row(REAL, real, columns))
    for name in names:
        check_choice("trial", name, tuple(table))
        if name in trials:
            scores = trials[name]["scores"]
            rows.append(_row(trials[name]["title"], scores, columns))
        else:
            rows.append(f"{table[name].title[: WIDTH - 1]:{WIDTH}}not run")
    return "\n".join(rows)


def _row(title: str, scores: Mapping, columns: Sequence[Column]) -> str:
    """Return one row of a table."""
    cells = "".join(f"{scores[c.key]:7.{c.digits}f}" for c in columns)
    return f"{title[: WIDTH - 1]:{WIDTH}}{cells}"


def in_order(
    trials: Mapping[str, dict],
    names: Sequence[str],
    key: str,
    *,
    best_first: str,
) -> str:
    """Return the titles in the order of one score, best first, with values.

    Parameters
    ----------
    trials : mapping
        From `load_trials`.
    names : sequence of str
        Which; those that are missing are left out.
    key : str
        In `scores`.
    best_first : str
        "high" or "low".

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_choice("best_first", best_first, ("high", "low"))
    there = [
        (trials[name]["scores"][key], trials[name]["title"])
        for name in names
        if name in trials
    ]
    there.sort(reverse=best_first == "high")
    return "\n".join(f"  {value:8.3g}  {title}" for value, title in there)


def panels(
    trials: Mapping[str, dict], names: Sequence[str]
) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Return what `plots.gan_training.plot_trials` draws: trials, and real.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    columns = [c for c in COLUMNS if c.name in PLOTTED]
    values = {
        trials[name]["title"]: {
            column.name: trials[name]["scores"][column.key]
            for column in columns
        }
        for name in names
        if name in trials
    }
    some = next(iter(trials.values()))["scores"]
    return values, {column.name: some[column.real] for column in columns}


def signature(trials: Mapping[str, dict], name: str) -> str:
    """Return what tells a failure: its cause, and its scores by the base's.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_choice("trial", name, tuple(trials))
    trial, base = trials[name], trials["base"]
    lines = [trial["title"], "  cause:   " + _wrapped(trial["line"])]
    for column in COLUMNS:
        got, usual = (t["scores"][column.key] for t in (trial, base))
        real = trial["scores"][column.real]
        form = f"8.{column.digits}f"
        lines.append(
            f"  {column.name:8}{got:{form}}   base {usual:{form}}"
            f"   real {real:{form}}"
        )
    ends = [t["history"] for t in (trial, base)]
    for key in ("real_score", "fake_score", "generator_loss"):
        got, usual = (end[key][-1] for end in ends)
        lines.append(f"  {key:15}{got:9.2f}   base {usual:9.2f}")
    clip = trial["clip"]
    lines.append(
        f"  peak {clip['peak']:.2f} of full scale, rms {clip['rms']:.3f}"
    )
    return "\n".join(lines)


def _wrapped(line: str) -> str:
    """Return code on a line for each change."""
    return ("\n" + " " * 11).join(line.split("; "))
