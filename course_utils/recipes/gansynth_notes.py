"""Which notes the GAN of each preset learns from.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import replace
from types import MappingProxyType

from course_utils.basics.presets import check_preset
from course_utils.data import sources
from course_utils.data.instruments import FAMILIES
from course_utils.data.note_set import NoteSet, NoteSetConfig, load_note_sets
from course_utils.data.rendered import notes_folder
from course_utils.spectral.image import IMAGES

# Four instruments each, of clear pitch over three octaves.
PROGRAMS = {
    "brass": (56, 57, 60, 61),
    "flute": (73, 74, 75, 79),
    "guitar": (24, 25, 26, 27),
    "keyboard": (0, 4, 5, 6),
    "mallet": (8, 11, 12, 13),
    "reed": (65, 68, 70, 71),
    "string": (40, 41, 42, 48),
    "vocal": (52, 53, 54, 85),
}
ALL_PROGRAMS = tuple(p for group in PROGRAMS.values() for p in group)
THREE_OCTAVES = tuple(range(48, 85))
GANSYNTH_PITCHES = tuple(range(24, 85))

NOTES = MappingProxyType(
    {
        "smoke": NoteSetConfig(
            timbres=("brass", "flute", "mallet", "reed"),
            pitches=tuple(range(58, 64)),
            n_samples=IMAGES["smoke"].n_samples,
            fade_s=0.02,
        ),
        "cpu": NoteSetConfig(
            timbres=tuple(PROGRAMS),
            pitches=THREE_OCTAVES,
            programs=ALL_PROGRAMS,
            n_samples=IMAGES["cpu"].n_samples,
        ),
        "colab": NoteSetConfig(
            timbres=FAMILIES,
            pitches=GANSYNTH_PITCHES,
            n_samples=IMAGES["colab"].n_samples,
        ),
        "paper": NoteSetConfig(
            timbres=FAMILIES,
            pitches=GANSYNTH_PITCHES,
            n_samples=IMAGES["paper"].n_samples,
        ),
    }
)


def note_sets(
    preset: str, data: str = "notes", config: NoteSetConfig | None = None
) -> dict[str, NoteSet]:
    """Return the notes of a preset, split into train and validation.

    Parameters
    ----------
    preset : str
        One of the four presets.
    data : str
        `notes` (rendered when first needed), `nsynth`, or the path of a
        folder in NSynth's format.
    config : NoteSetConfig, optional
        Instead of the preset's choice of notes.

    Returns
    -------
    dict
        "train" and "validation" -> `NoteSet`.

    Raises
    ------
    CourseError
        If the preset or data is unknown, or the folder is broken.
    """
    config = config or NOTES[check_preset(preset)]
    if data == "notes":
        return load_note_sets(notes_folder(preset), config)
    # Only the rendered notes number their instruments by program.
    return load_note_sets(sources.find(data), replace(config, programs=()))
