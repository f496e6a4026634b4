"""The `course` command: doctor, data, train, generate, evaluate, compare.

Every command has `--help` and `--json` (one JSON object on stdout, nothing
else there), and ends non-zero with one line on stderr when it cannot do what
was asked.

Taught in: notebooks/00_start_here.ipynb
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from course_utils.basics.checks import CourseError
from course_utils.basics.presets import PRESETS

INTERRUPTED = 130  # the shell's own code for Ctrl-C
FAILED = 1
MISUSED = 2


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(MISUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Words after `course`; by default those of the process.
    """
    parsed = _parser().parse_args(arguments)
    # Idle threads of torch sleep instead of spinning against other programs.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        result, text = parsed.run(parsed)
    except CourseError as error:
        return _fail(parsed, str(error), FAILED)
    except OSError as error:
        return _fail(parsed, f"{error.strerror}: {error.filename}", FAILED)
    except KeyboardInterrupt:
        return _fail(parsed, "interrupted; what was done is kept", INTERRUPTED)
    _say(json.dumps(result, default=str) if parsed.json else text)
    if result.get("ready", True):
        return 0
    return _fail(parsed, "not ready; the result says what to do", FAILED)


def _say(text: str) -> None:
    """Print a result; a reader that stops early, like `head`, is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(parsed: argparse.Namespace, message: str, code: int) -> int:
    """Say in one line what went wrong."""
    line = " ".join(message.split())
    print(f"course {parsed.command}: {line}", file=sys.stderr)
    return code


def _parser() -> _Parser:
    """Build the whole command line."""
    parser = _Parser(
        prog="course", description="Train, play and judge music generators."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, "doctor", _doctor, "look at this machine")
    _add_data(commands)
    _add_train(commands)
    _add_generate(commands)
    _add_evaluate(commands)
    _add_compare(commands)
    _add_notebooks(commands)
    return parser


def _add(
    commands: argparse._SubParsersAction,
    name: str,
    run: Callable,
    text: str,
) -> argparse.ArgumentParser:
    """Add one command; all have `--json`."""
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument(
        "--json", action="store_true", help="print one JSON object"
    )
    command.set_defaults(run=run)
    return command


def _add_data(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "data", _data, "build or find a data set")
    command.add_argument("name", help="notes, scores, nsynth, jsb, ...")
    command.add_argument("--preset", choices=PRESETS, default="cpu")
    command.add_argument("--out", help="write it to this folder")


def _add_train(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "train", _train, "train a model")
    command.add_argument("model", choices=["lstm"])
    command.add_argument("--preset", choices=PRESETS, default="cpu")
    command.add_argument("--data", default="chorales", help="name or folder")
    command.add_argument("--out", help="default: runs/MODEL-PRESET")
    command.add_argument("--resume", action="store_true")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--steps", type=int, help="instead of the preset's")


def _add_generate(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "generate", _generate, "compose or play")
    command.add_argument("model", choices=["lstm"])
    command.add_argument("--primer", required=True, help="MIDI file")
    command.add_argument("--out", required=True, help="MIDI file to write")
    command.add_argument("--wav", help="also write the sound to this file")
    command.add_argument("--bars", type=int, default=8)
    command.add_argument("--temperature", type=float, default=1.0)
    command.add_argument("--top-p", type=float, default=0.95)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--checkpoint", help="default: the newest in runs/")


def _add_evaluate(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "evaluate", _evaluate, "held-out figures")
    command.add_argument("model", choices=["lstm"])
    command.add_argument("--checkpoint", help="default: the newest in runs/")
    command.add_argument("--data", default="chorales", help="name or folder")
    command.add_argument("--preset", choices=PRESETS, default="cpu")
    command.add_argument(
        "--split", choices=["train", "validation", "test"], default="test"
    )


def _add_compare(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "compare", _compare, "real against generated")
    command.add_argument("real", help="wav or MIDI file, or folder")
    command.add_argument("generated", help="wav or MIDI file, or folder")
    command.add_argument("--report", help="write a page with pictures here")


def _add_notebooks(commands: argparse._SubParsersAction) -> None:
    command = _add(commands, "notebooks", _notebooks, "run the notebooks")
    command.add_argument("names", nargs="*", help="default: all")
    command.add_argument("--preset", choices=PRESETS, default="cpu")
    command.add_argument(
        "--force", action="store_true", help="run also what has not changed"
    )


# The commands import what they need when they run: the doctor stays fast.


def _left_out(result: dict) -> str:
    """Return lines about the files that could not be read, if any."""
    return "".join(f"\nleft out {line}" for line in result["skipped"])


def _doctor(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.recipes import doctor

    report = doctor.examine()
    return report, doctor.as_text(report)


def _data(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.recipes import data_sets

    result = data_sets.prepare(parsed.name, parsed.preset, parsed.out)
    return (
        result,
        "{name}: {n_items} {items} in {path} ({mebibytes} MiB)".format(
            **result
        ),
    )


def _train(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.recipes import lstm

    result = lstm.train(
        parsed.preset,
        parsed.out or f"runs/{parsed.model}-{parsed.preset}",
        seed=parsed.seed,
        data=parsed.data,
        n_steps=parsed.steps,
        resume=parsed.resume,
    )
    return result, (
        "{steps} steps in {seconds:.0f} s; held-out {held_out_nll:.3f} nats "
        "an event (perplexity {perplexity:.2f}); checkpoint in {checkpoint}"
    ).format(**result) + _left_out(result)


def _generate(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.recipes import lstm_compose

    result = lstm_compose.generate_file(
        parsed.primer,
        parsed.out,
        wav=parsed.wav,
        checkpoint=parsed.checkpoint,
        n_bars=parsed.bars,
        temperature=parsed.temperature,
        top_p=parsed.top_p,
        seed=parsed.seed,
    )
    return result, (
        "{n_notes} notes, {n_bars} bars of {meter} at {tempo_bpm:.0f} bpm in "
        "{out} (checkpoint {checkpoint})"
    ).format(**result)


def _evaluate(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.recipes import lstm

    result = lstm.evaluate(
        parsed.checkpoint, parsed.data, parsed.split, parsed.preset
    )
    return result, (
        "{n_pieces} pieces: {nll:.4f} nats an event, perplexity "
        "{perplexity:.3f}, {nll_per_note:.4f} nats a note"
    ).format(**result) + _left_out(result)


def _compare(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.evaluation.report import as_text, write_report
    from course_utils.recipes import compare

    real, generated = compare.load_sides(parsed.real, parsed.generated)
    result = compare.compare_sides(real, generated)
    if parsed.report:
        from course_utils.plots.report_pictures import report_pictures

        pictures = report_pictures(
            real.waveforms, generated.waveforms, real.sample_rate
        )
        write_report(result, pictures, parsed.report)
    return result, as_text(result)


def _notebooks(parsed: argparse.Namespace) -> tuple[dict, str]:
    from course_utils.experiments import runner

    result = runner.run_notebooks(
        parsed.names, preset=parsed.preset, force=parsed.force
    )
    return result, result["summary"]


if __name__ == "__main__":
    sys.exit(main())
