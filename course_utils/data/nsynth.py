"""Read a folder of notes in NSynth's format, real or rendered.

Such a folder holds `examples.json`, one record for each note, and
`audio/NAME.wav`: 16 kHz, mono, 64,000 samples (4 s).

Source: Engel et al. (2017), Neural Audio Synthesis of Musical Notes with
WaveNet Autoencoders, arXiv:1704.01279.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import json
from collections.abc import Collection, Iterable
from pathlib import Path

from torch import Tensor
from torch.nn.functional import pad
from torch.utils.data import Dataset
from tqdm.auto import tqdm

from course_utils.basics.checks import (
    BAD_CONTENT,
    CourseError,
    check_choice,
    check_file,
    check_folder,
)
from course_utils.data.instruments import FAMILIES, HELD_OUT, SOURCES
from course_utils.data.report import Skipped, skipped_line
from course_utils.data.splits import split_stratified
from course_utils.data.wav import read_wav

SAMPLE_RATE = 16_000  # Hz
N_SAMPLES = 64_000  # 4 s
NOTE_SPLITS = ("train", "validation")
FIELDS = {
    "note_str": str,
    "pitch": int,
    "velocity": int,
    "instrument": int,
    "instrument_str": str,
    "instrument_family": int,
    "instrument_family_str": str,
    "instrument_source_str": str,
}


class NSynthNotes(Dataset):
    """Notes of an NSynth folder, read from disk one by one when asked for.

    A record without its wav is left out and reported in `skipped`.

    Parameters
    ----------
    folder : Path or str
        Holds `examples.json` and `audio/`.
    split : str, optional
        "train" or "validation", by instrument: no instrument is in both. A
        rendered folder says itself which instrument is where; in any other
        a fifth of each family's instruments is held out, as GANSynth made
        its own 80/20 split. None takes all.
    families, sources : collection of str, optional
        Keep only these; names as in `data.instruments`.
    pitches : collection of int, optional
        Keep only these MIDI pitches, such as `range(24, 85)`.
    verify : bool
        Read every wav once now, and leave out the bad ones too. Without it
        a bad wav raises when its turn comes.

    Attributes
    ----------
    records : list of dict
        NSynth's record of each note, ordered by name.
    skipped : list of Skipped
        What was left out, and why.

    Raises
    ------
    CourseError
        If the folder or its json is missing or broken, a choice is unknown,
        or no note is left.

    Examples
    --------
    An item is a dict: `waveform` (64000,) float32 in [-1, 1] (a shorter wav
    is padded with zeros, a longer one cropped); `pitch`, `velocity` (MIDI),
    `family` (0 to 10) and `instrument` as int; `family_name` and `note_str`.

    Taught in: notebooks/20_notes_dataset.ipynb
    """

    def __init__(
        self,
        folder: Path | str,
        split: str | None = None,
        families: Collection[str] | None = None,
        pitches: Collection[int] | None = None,
        sources: Collection[str] | None = None,
        verify: bool = False,
    ) -> None:
        self.folder = check_folder(folder, "notes in NSynth's format")
        check_choice("split", split, (None, *NOTE_SPLITS))
        check_choices("families", families, FAMILIES)
        check_choices("sources", sources, SOURCES)
        self.skipped: list[Skipped] = []
        examples = read_examples(self.folder)
        self.splits = instrument_sides(self.folder, examples)
        wanted = [
            record
            for record in examples
            if split in (None, self.splits[record["instrument_str"]])
            and _is_in(record["instrument_family_str"], families)
            and _is_in(record["instrument_source_str"], sources)
            and _is_in(record["pitch"], pitches)
        ]
        self.records = self._with_wav(wanted)
        if verify:
            self._leave_out_bad()
        self._check_some(len(examples))

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> dict[str, Tensor | int | str]:
        record = self.records[index]
        waveform = read_wav(self.path(index), SAMPLE_RATE)[:N_SAMPLES]
        return {
            "waveform": pad(waveform, (0, N_SAMPLES - len(waveform))),
            "pitch": record["pitch"],
            "velocity": record["velocity"],
            "family": record["instrument_family"],
            "family_name": record["instrument_family_str"],
            "instrument": record["instrument"],
            "note_str": record["note_str"],
        }

    def path(self, index: int) -> Path:
        """Return the wav file of one note."""
        name = self.records[index]["note_str"]
        return self.folder / "audio" / f"{name}.wav"

    def _with_wav(self, records: list[dict]) -> list[dict]:
        """Keep the records whose wav exists; list the folder only once."""
        audio = check_folder(self.folder / "audio", "the notes' wav files")
        there = {path.stem for path in audio.glob("*.wav")}
        for record in records:
            if record["note_str"] not in there:
                name = f"{record['note_str']}.wav"
                self.skipped.append(Skipped(name, "there is no such file"))
        return [record for record in records if record["note_str"] in there]

    def _leave_out_bad(self) -> None:
        """Read every wav; move the records of bad ones to `skipped`."""
        good = []
        steps = range(len(self.records))
        for index in tqdm(steps, desc="checking notes", unit="note"):
            try:
                read_wav(self.path(index), SAMPLE_RATE)
            except CourseError as error:
                name = self.path(index).name
                self.skipped.append(Skipped(name, str(error)))
            else:
                good.append(self.records[index])
        self.records = good

    def _check_some(self, n_listed: int) -> None:
        """Refuse an empty choice."""
        if not self.records:
            raise CourseError(
                f"at least one of the {n_listed} notes of {self.folder}",
                skipped_line(self.skipped),
                "ask for other families, pitches or another split",
            )


def read_examples(folder: Path) -> list[dict]:
    """Return the records of `examples.json`, ordered by name.

    Raises
    ------
    CourseError
        If the file is missing, no JSON, or not in NSynth's form.
    """
    path = check_file(folder / "examples.json", "the list of the notes")
    content = _read_json(path)
    for name, record in content.items():
        given = record if isinstance(record, dict) else {}
        missing = [
            field
            for field, kind in FIELDS.items()
            if not isinstance(given.get(field), kind)
            or not str(given[field]).isprintable()
        ]
        if missing:
            raise CourseError(
                f"the fields {', '.join(FIELDS)} of each note in {path}",
                f"{name} without {', '.join(missing)}",
                "fetch or render the folder again",
            )
    return [content[name] for name in sorted(content)]


def _read_json(path: Path) -> dict:
    """Return the dict in a JSON file; refuse anything else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = f"a {type(content).__name__}, or nothing in it"
    except BAD_CONTENT as error:
        content, found = None, f"no JSON ({error})"
    if not isinstance(content, dict) or not content:
        raise CourseError(
            f"a JSON object with entries in {path}",
            found,
            "fetch or render the folder again",
        )
    return content


def instrument_sides(folder: Path, examples: Iterable[dict]) -> dict[str, str]:
    """Return the split of each instrument of a folder.

    Parameters
    ----------
    folder : Path
        If it has an `instruments.json`, that file says it.
    examples : iterable of dict
        All records of the folder; otherwise they are split by family.

    Returns
    -------
    dict
        Instrument name -> "train" or "validation".
    """
    families = {
        record["instrument_str"]: record["instrument_family_str"]
        for record in examples
    }
    path = folder / "instruments.json"
    if not path.is_file():
        return split_stratified(families, HELD_OUT)
    facts = _read_json(path).get("instruments")
    sides = {
        name: fact["split"]
        for name, fact in (facts if isinstance(facts, dict) else {}).items()
        if isinstance(fact, dict) and fact.get("split") in NOTE_SPLITS
    }
    missing = sorted(set(families) - set(sides))
    if missing:
        raise CourseError(
            f"every instrument of the notes in {path}",
            f"no split of {missing[0]}",
            "render the folder again, or delete this file to split anew",
        )
    return sides


def _is_in(value: object, chosen: Collection | None) -> bool:
    """Return True if there is no choice or the value is chosen."""
    return chosen is None or value in chosen


def check_choices(
    name: str, chosen: Collection[str] | None, known: Collection[str]
) -> None:
    """Refuse a string where a collection is meant, and unknown names.

    Parameters
    ----------
    name : str
        What is chosen, in the plural.
    chosen : collection of str or None
        None is no choice, and right.
    known : collection of str
        The names there are.
    """
    if isinstance(chosen, str):
        raise CourseError(
            f"{name} as a list", repr(chosen), f"write [{chosen!r}]"
        )
    for value in chosen or ():
        check_choice(name, value, known)
