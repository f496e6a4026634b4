"""Where the real data sets can be fetched, and what is known of each file.

The table is source_files.yml. A checksum stands there only if somebody
published it, and then it is said who. Where nobody did, `data.downloads`
says so, and remembers what arrived.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import yaml

from course_utils.basics.checks import CourseError, check_choice
from course_utils.basics.files import atomic_folder, check_writable
from course_utils.data.downloads import RemoteFile, check_space, fetch
from course_utils.data.sources import SOURCES, data_root
from course_utils.data.transfer import PATIENCE, Patience
from course_utils.data.unpacking import Limits, unpack

DOWNLOADS = ".downloads"  # below the data folder; empty once all is unpacked
TABLE = Path(__file__).with_name("source_files.yml")
REMOTE_FACTS = ("n_bytes", "sha256", "about_bytes")
PART_FACTS = ("folder", "unpacked_bytes", "n_strip", "is_archive")


@dataclass(frozen=True)
class Part:
    """One archive (or file) of a data set.

    Parameters
    ----------
    file : RemoteFile
        What is fetched.
    folder : str
        Where it is unpacked, below the data folder.
    unpacked_bytes : int
        What it takes there, roughly; an archive of twice as much is refused.
    n_strip : int
        Outer folders of the archive that are left out.
    is_archive : bool
        False for a file that is used as it is.
    """

    file: RemoteFile
    folder: str
    unpacked_bytes: int
    n_strip: int = 1
    is_archive: bool = True


def _read_part(facts: dict) -> Part:
    """Return one entry of the table; a url that ends in / lacks the name."""
    name = facts["name"]
    urls = tuple(u + name if u.endswith("/") else u for u in facts["urls"])
    known = {key: facts[key] for key in REMOTE_FACTS if key in facts}
    about = {key: facts[key] for key in PART_FACTS if key in facts}
    return Part(RemoteFile(name, urls, **known), **about)


def _read_table() -> dict[str, MappingProxyType[str, Part]]:
    """Return set -> part -> what it is."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return {
        name: MappingProxyType({k: _read_part(v) for k, v in parts.items()})
        for name, parts in table.items()
    }


PARTS = MappingProxyType(_read_table())


def fetch_part(
    name: str,
    part: str | None = None,
    root: Path | str | None = None,
    *,
    patience: Patience = PATIENCE,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Return a part of a real data set; fetch and unpack it when absent.

    Parameters
    ----------
    name : str
        A name of `PARTS`.
    part : str, optional
        A part of this set; by default the first one, which is small.
    root : Path or str, optional
        The folder of data sets; by default `sources.data_root()`.
    patience : Patience
        For the network.
    say : callable
        Takes lines for the reader: licence, size, what is wrong.

    Returns
    -------
    Path
        The folder; `data.sources.find` knows it too.

    Raises
    ------
    CourseError
        If name or part is unknown, no address gives the file, what came is
        not what was published, or the disk is too small. What arrived is
        kept, and the next call goes on with it.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    check_choice("set", name, PARTS)
    part = part or next(iter(PARTS[name]))
    check_choice(f"part of {name}", part, PARTS[name])
    wanted = PARTS[name][part]
    root = Path(root) if root is not None else data_root()
    folder = root / wanted.folder
    if folder.exists():
        return folder
    _announce(name, part, wanted, root, say)
    check_writable(root)
    _check_space(wanted, root)
    got = fetch(
        _with_mirror(wanted.file), root / DOWNLOADS, patience=patience, say=say
    )
    if wanted.is_archive:
        limits = Limits(n_bytes=2 * wanted.unpacked_bytes)
        unpack(got, folder, limits, n_strip=wanted.n_strip)
    else:
        with atomic_folder(folder) as unfinished:
            os.replace(got, unfinished / wanted.file.name)
    got.unlink(missing_ok=True)
    return folder


def _with_mirror(file: RemoteFile) -> RemoteFile:
    """Ask the address named by COURSE_DATA_MIRROR first, if there is one."""
    mirror = os.environ.get("COURSE_DATA_MIRROR")
    if not mirror:
        return file
    first = f"{mirror.rstrip('/')}/{file.name}"
    return replace(file, urls=(first, *file.urls))


def _announce(
    name: str,
    part: str,
    wanted: Part,
    root: Path,
    say: Callable[[str], None],
) -> None:
    """Say what will be fetched, whose it is, and how much."""
    source, file = SOURCES[name], wanted.file
    say(f"{source.title}; licence: {source.licence}; {source.citation}")
    about = f"{file.n_bytes or file.about_bytes:,}"
    exact = "" if file.n_bytes else "about "
    say(
        f"fetching the part {part}: {exact}{about} bytes into {root}, "
        f"about {wanted.unpacked_bytes:,} bytes unpacked"
    )


def _check_space(wanted: Part, root: Path) -> None:
    """Refuse a disk on which archive and folder have no room."""
    file = wanted.file
    there = root / DOWNLOADS / f"{file.name}.part"
    arrived = there.stat().st_size if there.is_file() else 0
    size = file.n_bytes or file.about_bytes
    needed = max(size - arrived, 0) + wanted.unpacked_bytes
    check_space(root, needed, f"{file.name} and what is in it")


def check_part(name: str, part: str | None) -> None:
    """Raise `CourseError` if a set has no parts, or not this one.

    Parameters
    ----------
    name : str
        The set.
    part : str or None
        None is right for every set.
    """
    if part is not None and name not in PARTS:
        raise CourseError(
            f"a set with parts ({', '.join(PARTS)})",
            name,
            "leave out --part",
        )
