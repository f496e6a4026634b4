"""Which notes each preset renders.

Taught in: notebooks/20_notes_dataset.ipynb
"""

from dataclasses import dataclass

from course_utils.basics.checks import check_range
from course_utils.data.instruments import (
    VELOCITIES,
    catalogue,
    find_instrument,
)


@dataclass(frozen=True)
class NotesConfig:
    """Which notes to render. The fields multiply.

    Parameters
    ----------
    programs : tuple of int
        General MIDI programs of the catalogue.
    pitches : tuple of int
        MIDI pitches.
    velocities : tuple of int
        MIDI velocities.
    velocities_per_pitch : int
        How many of them each pitch of an instrument gets. They take turns,
        so that every instrument and every pitch meets all of them.
    """

    programs: tuple[int, ...]
    pitches: tuple[int, ...]
    velocities: tuple[int, ...] = VELOCITIES
    velocities_per_pitch: int = 1

    def __post_init__(self) -> None:
        for program in self.programs:
            find_instrument(program)
        for pitch in self.pitches:
            check_range("pitch", pitch, 0, 127)
        for velocity in self.velocities:
            check_range("velocity", velocity, 1, 127)
        check_range(
            "velocities per pitch",
            self.velocities_per_pitch,
            1,
            len(self.velocities),
        )

    @property
    def n_notes(self) -> int:
        """How many notes there are, at most: silent ones are left out."""
        n_keys = len(self.programs) * len(self.pitches)
        return n_keys * self.velocities_per_pitch

    def turn(self, program: int, pitch: int) -> list[int]:
        """Return the velocities that one pitch of an instrument gets."""
        n = len(self.velocities)
        first = program + pitch
        places = {(first + k) % n for k in range(self.velocities_per_pitch)}
        return [self.velocities[place] for place in sorted(places)]


def _programs(*families: str) -> tuple[int, ...]:
    """Return all programs of some families."""
    return tuple(
        p for p, item in catalogue().items() if item.family in families
    )


CONFIGS = {
    "smoke": NotesConfig(
        # mallet, brass, reed, flute: two to learn from, one held out each
        programs=(9, 11, 12, 56, 57, 60, 65, 70, 71, 73, 74, 75),
        pitches=tuple(range(58, 64)),  # neighbours: a split can leak
    ),
    "cpu": NotesConfig(
        programs=_programs(
            "brass",
            "flute",
            "guitar",
            "keyboard",
            "mallet",
            "reed",
            "string",
            "vocal",
        ),
        pitches=tuple(range(48, 85)),  # three octaves, C3 to C6
    ),
    "colab": NotesConfig(
        programs=tuple(catalogue()),
        pitches=tuple(range(24, 85)),  # the range of GANSynth
        velocities_per_pitch=2,
    ),
    "paper": NotesConfig(
        programs=tuple(catalogue()),
        pitches=tuple(range(24, 85)),
        velocities_per_pitch=5,
    ),
}
