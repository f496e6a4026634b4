"""The data sets the course knows: what they are, whose, and where they lie.

Embedded sets are made out of packages that are installed anyway. The others
are looked for under the folder named by COURSE_DATA_DIR, and then where
`course data NAME` puts them without it (see `data.source_files`).

Taught in: notebooks/00_start_here.ipynb
"""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import cache_dir, real_data_dir


@dataclass(frozen=True)
class DataSource:
    """What the course knows about one data set.

    Parameters
    ----------
    name : str
        As the command line calls it.
    kind : str
        "notes" (sounds) or "pieces" (music as notes).
    title, licence, citation : str
        In words.
    size : str
        On disk, and what that counts.
    homepage : str
        Where people find it; only `course data NAME` fetches anything.
    embedded : bool
        True if it is made from installed packages.
    markers : tuple of str
        Patterns below the data folder; the folder that holds the first
        match is the set. Empty for embedded sets.
    """

    name: str
    kind: str
    title: str
    licence: str
    citation: str
    size: str
    homepage: str = ""
    embedded: bool = False
    markers: tuple[str, ...] = ()


_ALL = (
    DataSource(
        name="notes",
        kind="notes",
        title="Notes of General MIDI instruments in NSynth's format",
        licence=(
            "rendered from TimGM6mb.sf2 (Tim Brechbill), GPL-2 according to "
            "Debian; the pretty_midi package that ships it is MIT and silent "
            "about the font"
        ),
        citation="Course notes, rendered with TimGM6mb.sf2 and tinysoundfont",
        size="9 MB (smoke), 285 MB (cpu), 1.2 GB (colab), 3.0 GB (paper)",
        embedded=True,
    ),
    DataSource(
        name="chorales",
        kind="pieces",
        title="Bach's four-voice chorales, from music21's corpus",
        licence=(
            "music in the public domain; most encodings (c) Margaret "
            "Greentree, used by permission in music21; some may not be used "
            "commercially"
        ),
        citation="Cuthbert and Ariza (2010), music21, ISMIR",
        size="0.4 MB converted, 349 works",
        homepage="https://www.music21.org/music21docs/about/about.html",
        embedded=True,
    ),
    DataSource(
        name="nsynth",
        kind="notes",
        title="NSynth: 305,979 notes of 1,006 instruments",
        licence="CC BY 4.0",
        citation="Engel et al. (2017), arXiv:1704.01279",
        size="about 25 GB; the test split has 4,096 notes",
        homepage="https://magenta.tensorflow.org/datasets/nsynth",
        markers=(
            "nsynth-train/examples.json",
            "nsynth*/examples.json",
            "nsynth*/nsynth-*/examples.json",
        ),
    ),
    DataSource(
        name="maestro",
        kind="pieces",
        title="MAESTRO v3.0.0: piano performances",
        licence="CC BY-NC-SA 4.0",
        citation="Hawthorne et al. (2019), arXiv:1810.12247",
        size="MIDI files of 1,276 performances",
        homepage="https://magenta.tensorflow.org/datasets/maestro",
        markers=("maestro*/maestro*.csv", "maestro*/maestro*.json"),
    ),
    DataSource(
        name="pop909",
        kind="pieces",
        title="POP909: piano arrangements of pop songs",
        licence="MIT (the songs themselves are commercial)",
        citation="Wang et al. (2020), arXiv:2008.07142",
        size="13 MB of MIDI and 5 MB of annotations, 909 songs",
        homepage="https://github.com/music-x-lab/POP909-Dataset",
        markers=(
            "pop909*/annotations.tar.gz",
            "POP909*/annotations.tar.gz",
            "POP909*/001",
            "POP909*/POP909/001",
        ),
    ),
    DataSource(
        name="jsb",
        kind="pieces",
        title="JSB chorales on a 16th grid, with the papers' split",
        licence="music in the public domain; the repository states none",
        citation="Boulanger-Lewandowski et al. (2012), arXiv:1206.6392",
        size="1.7 MB, 382 chorales",
        homepage="https://github.com/czhuang/JSB-Chorales-dataset",
        markers=(
            "jsb*/Jsb16thSeparated.json",
            "JSB*/Jsb16thSeparated.json",
        ),
    ),
)
SOURCES = MappingProxyType({source.name: source for source in _ALL})


def find(name: str) -> Path:
    """Return where a data set lies, or say how to get it.

    Parameters
    ----------
    name : str
        A name of `SOURCES` that is not embedded, or the path of a folder,
        a zip or a file.

    Returns
    -------
    Path
        The folder that holds the set, or the path.

    Raises
    ------
    CourseError
        If the name is unknown, the set is embedded (and so lies nowhere),
        or the set is neither below COURSE_DATA_DIR nor in the cache.
    """
    source = SOURCES.get(name)
    if source is None:
        return _given_path(name)
    if source.embedded:
        raise CourseError(
            "a set that lies on the disk",
            f"{name}, which is embedded and made when first needed",
            f"run: course data {name}",
        )
    for root in data_roots():
        for marker in source.markers:
            for path in sorted(root.glob(marker)):
                return path.parent
    raise _absent(source)


def data_root() -> Path:
    """Return where data sets are fetched to: COURSE_DATA_DIR, or the cache."""
    return real_data_dir() or cache_dir() / "data"


def data_roots() -> list[Path]:
    """Return the folders where real data sets are looked for, in order."""
    return list(dict.fromkeys([data_root(), cache_dir() / "data"]))


def _absent(source: DataSource) -> CourseError:
    """Return the error for a set that lies nowhere."""
    get = (
        f"get it from {source.homepage} ({source.licence}), or by: course "
        f"data {source.name}"
    )
    if real_data_dir() is None:
        return CourseError(
            f"{source.title} below the folder COURSE_DATA_DIR",
            "no such variable",
            f"{get}; set COURSE_DATA_DIR to the folder above it",
        )
    markers = " or ".join(source.markers)
    return CourseError(
        f"{source.title}, as {markers} in {real_data_dir()}",
        "none of these",
        f"{get}; or correct COURSE_DATA_DIR",
    )


def _given_path(name: str) -> Path:
    """Return `name` as a path, if something lies there."""
    path = Path(name)
    if not path.exists():
        raise CourseError(
            f"a data set ({', '.join(SOURCES)}), or the path of a folder "
            "or zip",
            repr(name),
            "correct the name or the path",
        )
    return path
