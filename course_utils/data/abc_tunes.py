"""Dance tunes and airs with a written meter, from music21's corpus.

Three printed collections lie there in ABC, a notation in plain text: Ryan's
Mammoth Collection, O'Neill's Music of Ireland and Aird's Airs. Chorales are
nearly all in 4/4; these are in 2/4, 3/4, 6/8 and 9/8 too. Nothing is stored.

Repeats are not unfolded, grace notes are left out. A tune shows itself
whether it was understood: its bars are as long as written.

Source: the ABC music standard 2.1, abcnotation.com.

Taught in: notebooks/62_musical_judgement.ipynb
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from course_utils.basics.checks import BAD_CONTENT, CourseError
from course_utils.data.chorale_scores import corpus_module
from course_utils.data.corpora import Corpus, Piece
from course_utils.data.report import Skipped
from course_utils.data.splits import hash_share, split_by_hash
from course_utils.symbolic.blank import DEFAULT_VELOCITY, blank_sequence

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

BOOKS = ("ryansMammoth", "oneills1850", "airdsAirs")
SHARES = {"train": 0.6, "validation": 0.2, "test": 0.2}
QPM = 100.0  # quarters per minute; the notes do not depend on it
MIN_NOTES, MAX_QUARTERS = 24, 5_000
MIDDLE_C = 60
MIN_FULL_BARS = 0.7  # upbeats split the bars at repeat signs
OPENING = 12  # notes; tunes that open with the same intervals are one
LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
SHARPS = "FCGDAEB"  # in the order in which a key signature adds them
MODES = {"maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "aeo": -3,
         "m": -3, "phr": -4, "loc": -5, "lyd": 1}  # fmt: skip
DANCES = r"\b(the|a|reel|jig|hornpipe|strathspey|slip|air|favou?rite)\b"
TOKEN = re.compile(
    r'"[^"]*"|![^!]*!|\{[^}]*\}|\[[A-Za-z]:[^\]]*\]|'
    r"\((?P<tuplet>\d)|"
    r"(?P<chord>\[[^\]|:\d][^\]|]*\])"
    r"(?P<chord_over>\d*)(?P<chord_by>/*)(?P<chord_under>\d*)|"
    r"(?P<note>[_^=]*[A-Ga-gzx][,']*)"
    r"(?P<note_over>\d*)(?P<note_by>/*)(?P<note_under>\d*)|"
    r"(?P<broken>[<>]+)|(?P<tie>-)|(?P<bar>[|:][|:\]\[]*)"
)
PITCH = re.compile(r"([_^=]*)([A-Ga-g])([,']*)")
TUPLETS = {2: 3 / 2, 3: 2 / 3, 4: 3 / 4}  # how much longer each note is


@dataclass
class Sound:
    """A note, a chord or a rest."""

    pitches: tuple[int, ...]  # MIDI; none: a rest
    length: float  # quarters
    tied: bool  # to the sound before


@dataclass
class Tune:
    """A tune while it is read."""

    meter: tuple[int, int]
    unit: float  # length of a note without number, in quarters
    altered: dict[str, int]  # letter -> semitones, from the key signature
    sounds: list[Sound] = field(default_factory=list)
    bars: list[int] = field(default_factory=list)  # sounds before each line
    in_bar: dict[str, int] = field(default_factory=dict)

    def full_bars(self) -> float:
        """Return the share of the bars that are as long as is written."""
        full = 4 * self.meter[0] / self.meter[1]
        lengths = [
            sum(sound.length for sound in self.sounds[a:b])
            for a, b in pairwise(self.bars)
            if a < b
        ]
        return float(np.mean(np.isclose(lengths, full))) if lengths else 0.0

    def melody(self) -> list[int]:
        """Return the highest pitch of each sound."""
        return [max(sound.pitches) for sound in self.sounds if sound.pitches]


def tunes(n_each: int = 200) -> Corpus:
    """Return the tunes of the three books that could be understood.

    Parameters
    ----------
    n_each : int
        Take at most so many of each written meter, those whose names have
        the lowest hashes.

    Returns
    -------
    Corpus
        Pieces named like ryansMammoth/AcaciaReel/1, in order, with their
        meter; every velocity is 100. Split by the hash of the title without
        words such as "the" or "reel", in `SHARES`. Of tunes that open with
        the same intervals the first is taken; a tune that comes back with
        another title and opening is not found. `skipped` says what was not
        understood, or repeats another.

    Raises
    ------
    CourseError
        If music21 is missing, or was installed without its corpus.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    root = Path(corpus_module("corpus").__file__).parent
    found, skipped, openings = {}, [], set()
    for name, text in _texts(root):
        try:
            tune = read_tune(text)
            opening = tuple(np.diff(tune.melody()[:OPENING]).tolist())
            if opening in openings:
                raise CourseError("a new tune", "a repeat", "leave it out")
        except BAD_CONTENT as error:
            skipped.append(Skipped(name, str(error)))
            continue
        openings.add(opening)
        found[name] = tune, split_by_hash(title_key(text), SHARES)
    if not found:
        raise CourseError(
            f"the books {', '.join(BOOKS)} in {root}",
            "none of them",
            "install music21 again, with its corpus",
        )
    return Corpus(_chosen(found, n_each), skipped)


def _chosen(found: dict[str, tuple[Tune, str]], n_each: int) -> list[Piece]:
    """Return at most so many tunes of each meter, in order."""
    taken: Counter[tuple[int, int]] = Counter()
    pieces = []
    for name in sorted(found, key=hash_share):
        tune, side = found[name]
        taken[tune.meter] += 1
        if taken[tune.meter] <= n_each:
            pieces.append(Piece(name, side, tune_to_sequence(tune)))
    return sorted(pieces, key=lambda piece: piece.name)


def _texts(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the ABC text of every tune of the books."""
    for book in BOOKS:
        for path in sorted((root / book).glob("*.abc")):
            text = path.read_text(encoding="utf-8", errors="replace")
            found = re.split(r"(?m)^(?=X:)", text)
            for i, tune in enumerate(t for t in found if t.startswith("X:")):
                yield f"{book}/{path.stem}/{i + 1}", tune


def title_key(text: str) -> str:
    """Return the title of a tune as a key: letters only, no common words."""
    title = _header(text, "T") or text
    bare = re.sub(DANCES, " ", title.lower())
    return re.sub("[^a-z]", "", bare) or title


def read_tune(text: str) -> Tune:
    """Understand one tune in ABC.

    `CourseError` is raised if it has several voices or meters or no meter, is
    too short, or too few of its bars are as long as its meter says.
    """
    if re.search(r"(?m)^V:|&", text) or len(_meters(text)) != 1:
        raise CourseError("one voice in one meter", "others", "leave it out")
    (meter,) = _meters(text)
    short = meter[0] / meter[1] < 0.75  # the standard's default
    unit = _header(text, "L") or ("1/16" if short else "1/8")
    over, _, under = unit.partition("/")
    quarters = 4 * int(over) / int(under or 1)
    tune = Tune(meter, quarters, key_signature(_header(text, "K") or "C"))
    _read_body(tune, text)
    n_notes = len(tune.melody())
    endless = sum(sound.length for sound in tune.sounds) > MAX_QUARTERS
    if n_notes < MIN_NOTES or tune.full_bars() < MIN_FULL_BARS or endless:
        raise CourseError(
            f"{MIN_NOTES} notes, and bars as long as the meter says",
            f"{n_notes} notes, {tune.full_bars():.0%} of the bars",
            "leave it out",
        )
    return tune


def _header(text: str, letter: str) -> str | None:
    """Return the first field of one letter, without comment."""
    found = re.search(rf"(?m)^{letter}:\s*([^%\r\n]*)", text)
    return found[1].strip() if found else None


def _meters(text: str) -> set[tuple[int, int]]:
    """Return the meters that a tune writes, as two numbers."""
    words = re.findall(r"(?m)(?:^|\[)M:\s*([^%\]\s]*)", text)
    words = [{"C": "4/4", "C|": "2/2"}.get(word, word) for word in words]
    found = [re.fullmatch(r"(\d+)/(\d+)", word) for word in words]
    return {(int(f[1]), int(f[2])) if f else (0, 0) for f in found} - {(0, 0)}


def key_signature(key: str) -> dict[str, int]:
    """Return letter -> semitones up or down: {"F": 1} for "G" or "Em"."""
    found = re.match(r"([A-G])([#b]?)\s*([A-Za-z]*)", key)
    if found is None:
        return {}
    sharps = SHARPS.index(found[1]) - 1
    sharps += {"#": 7, "b": -7, "": 0}[found[2]]
    sharps += MODES.get(found[3].lower()[:3], 0)
    if sharps >= 0:
        return dict.fromkeys(SHARPS[:sharps], 1)
    return dict.fromkeys(SHARPS[sharps:], -1)


def _read_body(tune: Tune, text: str) -> None:
    """Read the notes, line by line."""
    lines = re.sub(r"(?m)^[A-Za-z]:.*$|%.*$", "", text)
    stretch, left, broken, tied = 1.0, 0, 1.0, False
    for token in TOKEN.finditer(lines):
        sound = token["note"] or token["chord"]
        if token["tuplet"]:
            left = int(token["tuplet"])
            stretch = TUPLETS.get(left, 1.0)
        elif token["bar"]:
            tune.bars.append(len(tune.sounds))
            tune.in_bar = {}
        elif token["broken"] and tune.sounds:
            factor, broken = _broken(token["broken"])
            tune.sounds[-1].length *= factor
        elif token["tie"]:
            tied = True
        elif sound:
            length = (
                tune.unit
                * _length(token, "chord" if token["chord"] else "note")
                * broken
            )
            length *= stretch if left > 0 else 1
            pitches = tuple(_pitches(tune, sound))
            tune.sounds.append(Sound(pitches, length, tied))
            left, broken, tied = left - 1, 1.0, False


def _length(token: re.Match, kind: str) -> float:
    """Return what "3/2", "/" or "//" after a sound mean, in units."""
    slashes, under = token[f"{kind}_by"], token[f"{kind}_under"]
    parts = int(under) if under else 2 ** len(slashes)
    return int(token[f"{kind}_over"] or 1) / max(parts, 1)


def _broken(marks: str) -> tuple[float, float]:
    """Return the factors of the sounds before and after ">" or "<"."""
    small = 0.5 ** len(marks)
    return (2 - small, small) if ">" in marks else (small, 2 - small)


def _pitches(tune: Tune, sound: str) -> Iterator[int]:
    """Yield the MIDI pitches of a note or chord; an accidental holds on."""
    for marks, letter, octaves in PITCH.findall(sound):
        place = letter.upper()
        if marks:
            tune.in_bar[letter] = marks.count("^") - marks.count("_")
        usual = tune.altered.get(place, 0)
        octave = octaves.count("'") - octaves.count(",") + letter.islower()
        altered = tune.in_bar.get(letter, usual)
        yield MIDDLE_C + LETTERS[place] + 12 * octave + altered


def tune_to_sequence(tune: Tune) -> "NoteSequence":
    """Return the notes at `QPM` quarters a minute, with their meter."""
    sequence = blank_sequence(QPM, tune.meter)
    at, quarter_s = 0.0, 60 / QPM
    for sound in tune.sounds:
        end = at + sound.length
        held = sequence.notes[-len(sound.pitches) :] if sound.pitches else []
        known = tuple(note.pitch for note in held)
        for i, pitch in enumerate(sound.pitches):
            if sound.tied and known == sound.pitches:
                held[i].end_time = end * quarter_s
                continue
            sequence.notes.add(
                pitch=min(max(pitch, 0), 127),
                velocity=DEFAULT_VELOCITY,
                start_time=at * quarter_s,
                end_time=end * quarter_s,
            )
        at = end
    sequence.total_time = at * quarter_s
    return sequence
