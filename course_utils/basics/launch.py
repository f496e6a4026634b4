"""Which of several processes this is, if torchrun started more than one.

torchrun says so in the environment of each; nothing else is asked, so this
costs nothing where a training runs alone.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import time

from course_utils.basics.checks import CourseError

TOLD = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
OWN_ERROR_S = 2.0  # the main process may be about to say the same
OTHERS_ERROR_S = 10.0  # who ended first knows why, and says it


class ProcessLostError(CourseError):
    """Another process ended, so this one cannot go on either."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"all {size} processes to go on",
            "one that ended",
            "mend what its own line says, then go on with --resume",
        )


def n_processes() -> int:
    """Return how many processes work together; 1 without torchrun."""
    told = all(name in os.environ for name in TOLD)
    return int(os.environ["WORLD_SIZE"]) if told else 1


def n_here() -> int:
    """Return how many of them run on this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", n_processes()))


def is_main() -> bool:
    """Return whether this is the process that prints and writes."""
    return n_processes() == 1 or os.environ["RANK"] == "0"


def hush_others() -> None:
    """Show no progress bar but that of the main process."""
    if not is_main():
        os.environ["TQDM_DISABLE"] = "1"


def check_alone(what: str) -> None:
    """Raise `CourseError` if torchrun started several processes.

    Parameters
    ----------
    what : str
        What one process does alone.
    """
    if n_processes() > 1:
        raise CourseError(
            f"one process, for {what}",
            f"{n_processes()} of them",
            "start it without torchrun",
        )


def wait_for_turn(error: Exception) -> None:
    """Let the process that knows most of an error speak first.

    torchrun ends all processes as soon as one has ended. So the one that
    ends first is the only one that is heard: the main process, if all met
    the same error, and else the one that met it.

    Parameters
    ----------
    error : Exception
        What this process is about to end with.
    """
    if isinstance(error, ProcessLostError):
        time.sleep(OTHERS_ERROR_S)
    elif not is_main():
        time.sleep(OWN_ERROR_S)
