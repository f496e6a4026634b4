"""Folders of single instruments become one folder in NSynth's format.

Each instrument is rendered into a folder of its own, which is there whole or
not at all: so an interrupted rendering goes on, and several processes can
share the work.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import json
import os
import shutil
from pathlib import Path

from course_utils.basics.checks import CourseError
from course_utils.basics.files import atomic_folder

PART_FACTS = "notes.json"  # beside the sounds of one instrument


def join_parts(
    parts: list[Path], folder: Path, origin: dict[str, object]
) -> None:
    """Make one folder of all instruments; each stays where it is.

    Parameters
    ----------
    parts : list of Path
        A folder an instrument: its wav files, and in `notes.json` its
        `examples`, `instruments` and `skipped`.
    folder : Path
        Written whole or not at all; one that another process made first
        stays.
    origin : dict
        What the notes were made with.

    Raises
    ------
    CourseError
        If the disk is full or the folder cannot be written.
    """
    examples, instruments, skipped = {}, {}, []
    try:
        with atomic_folder(folder) as whole:
            (whole / "audio").mkdir()
            for part in parts:
                text = (part / PART_FACTS).read_text(encoding="utf-8")
                facts = json.loads(text)
                examples |= facts["examples"]
                instruments |= facts["instruments"]
                skipped += facts["skipped"]
                for path in part.glob("*.wav"):
                    _link(path, whole / "audio" / path.name)
            write_json(whole / "examples.json", examples)
            about = {"origin": origin, "instruments": instruments}
            write_json(
                whole / "instruments.json", about | {"skipped": skipped}
            )
    except CourseError:
        if not folder.is_dir():  # no other process was first
            raise


def _link(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where a disk cannot do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_json(path: Path, content: dict) -> None:
    """Write a dict with sorted keys, so that the same content is the same.

    Parameters
    ----------
    path : Path
        A file of a folder that is written whole or not at all.
    content : dict
        What JSON can hold.
    """
    text = json.dumps(content, sort_keys=True, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
