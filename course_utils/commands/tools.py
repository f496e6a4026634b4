"""The commands around the models: doctor, data, compare, notebooks.

Each imports what it needs when it runs: the doctor stays fast.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import sys

from course_utils.commands.parsing import Answer, add_command, add_preset
from course_utils.commands.sweeping import add_workers, workers_of

ON_COLAB = ("cpu", "colab")  # presets that a reader chooses there


def add_doctor(commands: argparse._SubParsersAction) -> None:
    """Add `course doctor`."""
    text = "look at this machine"
    command = add_command(commands, "doctor", text, _doctor)
    command.add_argument(
        "--chapter", metavar="NAME", help="say too how long it takes"
    )


def add_data(commands: argparse._SubParsersAction) -> None:
    """Add `course data`."""
    text = "build, find or fetch a data set"
    command = add_command(commands, "data", text, _data)
    command.add_argument("name", help="notes, scores, nsynth, jsb, ...")
    add_preset(command)
    command.add_argument("--out", help="write it to this folder")
    command.add_argument(
        "--part",
        help="of nsynth: test (the default where there is none), valid, "
        "train, each also with -tfrecord, or gansynth-splits",
    )
    command.add_argument(
        "--shards",
        action="store_true",
        help="pack notes or nsynth into Parquet files, for streaming",
    )
    add_workers(command)


def add_compare(commands: argparse._SubParsersAction) -> None:
    """Add `course compare`."""
    text = "real against generated"
    command = add_command(commands, "compare", text, _compare)
    command.add_argument("real", help="wav or MIDI file, or folder")
    command.add_argument("generated", help="wav or MIDI file, or folder")
    command.add_argument(
        "--report", help="write a page with players and pictures here"
    )


def add_notebooks(commands: argparse._SubParsersAction) -> None:
    """Add `course notebooks`."""
    text = "run the notebooks"
    command = add_command(commands, "notebooks", text, _notebooks)
    command.add_argument("names", nargs="*", help="default: all")
    add_preset(command)
    command.add_argument(
        "--force", action="store_true", help="run also what has not changed"
    )


def _doctor(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import doctor

    report = doctor.examine()
    text = doctor.as_text(report)
    if parsed.chapter:
        from course_utils.experiments import costs

        told = {preset: (parsed.chapter, preset) for preset in ON_COLAB}
        report["costs"] = {k: costs.sentence(*v) for k, v in told.items()}
        text = "\n".join([text, *report["costs"].values()])
    return report, text


def _data(parsed: argparse.Namespace) -> Answer:
    from course_utils.recipes import data_sets

    result = data_sets.prepare(
        parsed.name,
        parsed.preset,
        parsed.out,
        part=parsed.part,
        shards=parsed.shards,
        say=lambda line: print(line, file=sys.stderr),
        workers=workers_of(parsed),
    )
    return (
        result,
        "{name}: {n_items} {items} in {path} ({mebibytes} MiB)".format(
            **result
        ),
    )


def _compare(parsed: argparse.Namespace) -> Answer:
    from course_utils.evaluation.report import as_text, write_report
    from course_utils.recipes import compare

    real, generated = compare.load_sides(parsed.real, parsed.generated)
    result = compare.compare_sides(real, generated)
    if parsed.report:
        from course_utils.plots import report_pictures

        sides = real.waveforms, generated.waveforms, real.sample_rate
        pictures = report_pictures.report_pictures(*sides)
        players = report_pictures.report_players(*sides)
        write_report(result, pictures, parsed.report, players)
    return result, as_text(result)


def _notebooks(parsed: argparse.Namespace) -> Answer:
    from course_utils.experiments import runner

    result = runner.run_notebooks(
        parsed.names, preset=parsed.preset, force=parsed.force
    )
    return result, result["summary"]
