"""Where things lie: cache, real data sets, shipped files.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import sys
from importlib import metadata
from pathlib import Path

SHARE = "share/course-utils"
REPOSITORY = Path(__file__).resolve().parents[2]


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
