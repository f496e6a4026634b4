"""Where things lie: cache, real data sets, shipped files.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import sys
from pathlib import Path

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
        Colab, its copy under `share/`.
    """
    if (REPOSITORY / "pyproject.toml").is_file():
        return REPOSITORY / "data"
    return Path(sys.prefix) / "share" / "course-utils"
