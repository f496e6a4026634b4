"""A Drive whose mounting makes its folder."""

import os
from pathlib import Path


def mount(mountpoint):
    """Mount the reader's Drive; here it is named by COURSE_DRIVE_DIR."""
    Path(os.environ["COURSE_DRIVE_DIR"]).mkdir(parents=True, exist_ok=True)
    print(f"Mounted at {mountpoint}")
