"""The instruments that the SoundFont offers, under NSynth's families.

General MIDI numbers its programs from 0 and groups them by eight; NSynth
knows eleven families and three sources. This table joins the two.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from dataclasses import dataclass
from functools import cache

from course_utils.basics.checks import CourseError
from course_utils.data.splits import split_stratified

# NSynth's codes (magenta.tensorflow.org/datasets/nsynth).
FAMILIES = (
    "bass",
    "brass",
    "flute",
    "guitar",
    "keyboard",
    "mallet",
    "organ",
    "reed",
    "string",
    "synth_lead",
    "vocal",
)
SOURCES = ("acoustic", "electronic", "synthetic")
VELOCITIES = (25, 50, 75, 100, 127)  # the five of NSynth

# General MIDI programs, numbered from 0, by family and source. Left out,
# because in this font they sound another pitch than the key's, or none:
# 14 tubular bells, 16-19 organs, 31 guitar harmonics, 47 timpani,
# 55 orchestra hit, 78 whistle, 86 fifths lead; and 1, which is the piano 0
# once more. Pads, effects and percussion (88 and above) have no family in
# NSynth.
PROGRAMS = {
    ("bass", "acoustic"): (32,),
    ("bass", "electronic"): (33, 34, 35, 36, 37),
    ("bass", "synthetic"): (38, 39),
    ("brass", "acoustic"): (56, 57, 58, 59, 60, 61),
    ("brass", "synthetic"): (62, 63),
    ("flute", "acoustic"): (72, 73, 74, 75, 76, 77, 79),
    ("guitar", "acoustic"): (24, 25),
    ("guitar", "electronic"): (26, 27, 28, 29, 30),
    ("keyboard", "acoustic"): (0, 3, 6),
    ("keyboard", "electronic"): (2, 4, 5, 7),
    ("mallet", "acoustic"): (8, 9, 10, 11, 12, 13, 15),
    ("organ", "acoustic"): (20, 21, 23),
    ("reed", "acoustic"): (22, 64, 65, 66, 67, 68, 69, 70, 71),
    ("string", "acoustic"): (40, 41, 42, 43, 44, 45, 46, 48, 49),
    ("string", "synthetic"): (50, 51),
    ("synth_lead", "synthetic"): (80, 81, 82, 83, 84, 87),
    ("vocal", "acoustic"): (52, 53),
    ("vocal", "synthetic"): (54, 85),
}
HELD_OUT = 0.2  # share of each family's instruments, as in GANSynth


@dataclass(frozen=True)
class Instrument:
    """One General MIDI program as NSynth would list it.

    Parameters
    ----------
    program : int
        General MIDI program, 0 to 127; NSynth's field `instrument`.
    family, source : str
        One of `FAMILIES` and of `SOURCES`.
    index : int
        Counts within family and source.
    """

    program: int
    family: str
    source: str
    index: int

    @property
    def name(self) -> str:
        """NSynth's `instrument_str`, such as brass_acoustic_003."""
        return f"{self.family}_{self.source}_{self.index:03d}"


@cache
def catalogue() -> dict[int, Instrument]:
    """Return program -> `Instrument`, for all that can be rendered."""
    found = {}
    for (family, source), programs in PROGRAMS.items():
        for index, program in enumerate(programs):
            found[program] = Instrument(program, family, source, index)
    return dict(sorted(found.items()))


@cache
def instrument_splits() -> dict[str, str]:
    """Return instrument name -> "train" or "validation".

    The split is made over the whole catalogue, a fifth of each family, so
    that an instrument keeps its side in every preset.
    """
    families = {item.name: item.family for item in catalogue().values()}
    return split_stratified(families, HELD_OUT)


def find_instrument(program: int) -> Instrument:
    """Return the instrument of a program.

    Raises
    ------
    CourseError
        If the program is not in the catalogue.
    """
    if program not in catalogue():
        raise CourseError(
            "a General MIDI program of the catalogue "
            f"({', '.join(map(str, catalogue()))})",
            program,
            "see data/instruments.py for why the others are left out",
        )
    return catalogue()[program]
