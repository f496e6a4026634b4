"""Where things lie: cache, real data sets, shipped files, training runs.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import sys
from importlib import metadata
from pathlib import Path

SHARE = "share/course-utils"
REPOSITORY = Path(__file__).resolve().parents[2]
COLAB_DRIVE = "/content/drive/MyDrive"  # where Colab mounts a Drive


def cache_dir() -> Path:
    """Return the folder of everything that can be made again.

    Returns
    -------
    Path
        `COURSE_CACHE_DIR` if set, else `~/.cache/course_utils`. It may not
        exist yet.
    """
    named = os.environ.get("COURSE_CACHE_DIR")
    return Path(named) if named else Path.home() / ".cache" / "course_utils"


def real_data_dir() -> Path | None:
    """Return the folder of real data sets, `COURSE_DATA_DIR`, or None."""
    named = os.environ.get("COURSE_DATA_DIR")
    return Path(named) if named else None


def shipped_data_dir() -> Path:
    """Return the folder of trained checkpoints and measured results.

    Returns
    -------
    Path
        `data/` of the checkout; where only the package was installed, as on
        Colab, its copy under `share/`, wherever pip put that.
    """
    if (REPOSITORY / "pyproject.toml").is_file():
        return REPOSITORY / "data"
    for file in metadata.files("course-utils") or ():
        before, found, _ = Path(file.locate()).as_posix().partition(SHARE)
        if found:
            return Path(before + SHARE).resolve()
    return Path(sys.prefix) / SHARE


def on_colab() -> bool:
    """Return True on Google Colab, also in a process started from it."""
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def drive_dir() -> Path | None:
    """Return the mounted Google Drive on Colab, or None.

    Returns
    -------
    Path or None
        `COURSE_DRIVE_DIR` if set, else Colab's usual place, if it is there.
        Nothing is mounted: that needs the reader's consent.
    """
    drive = Path(os.environ.get("COURSE_DRIVE_DIR", COLAB_DRIVE))
    return drive if on_colab() and drive.is_dir() else None


def runs_dir() -> Path:
    """Return the folder in which notebooks keep what they train.

    Returns
    -------
    Path
        `COURSE_RUNS_DIR` if set, as in a sweep, where each run keeps its own.
        On Colab `course_runs` on the Drive if one is mounted, so that a
        training outlives the session. Elsewhere `runs` of the checkout,
        as seen from here; without a checkout `runs` in the working folder.
        It may not exist yet.
    """
    named = os.environ.get("COURSE_RUNS_DIR")
    if named:
        return Path(named)
    drive = drive_dir()
    if drive is not None:
        return drive / "course_runs"
    if (REPOSITORY / "pyproject.toml").is_file():
        return Path(os.path.relpath(REPOSITORY / "runs"))
    return Path("runs")
