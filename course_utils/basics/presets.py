"""The four presets: one name for one size, in every notebook and command.

The sizes of the notebooks stand in `presets.yml`, one section a notebook;
the sizes of a model or a data set stand beside it, under the same names.

Taught in: notebooks/00_start_here.ipynb
"""

from functools import cache
from importlib import resources
from types import SimpleNamespace

import yaml

from course_utils.basics.checks import check_choice

PRESETS = ("smoke", "cpu", "colab", "paper")


def check_preset(preset: str) -> str:
    """Return `preset`; raise `CourseError` unless it is a preset's name."""
    check_choice("preset", preset, PRESETS)
    return preset


@cache
def notebook_table() -> dict[str, dict[str, dict]]:
    """Return notebook name -> preset name -> parameter name -> value."""
    text = resources.files("course_utils.basics").joinpath("presets.yml")
    return yaml.safe_load(text.read_text(encoding="utf-8"))


def load(notebook: str, preset: str, **overrides: object) -> SimpleNamespace:
    """Return the sizes one notebook uses under one preset.

    Parameters
    ----------
    notebook : str
        Its file name without suffix, such as `40_lstm_training`.
    preset : str
        One of `PRESETS`.
    **overrides
        Values that replace the preset's, by lower-case name. None means
        "as the preset says".

    Returns
    -------
    SimpleNamespace
        One attribute per size, in lower case.

    Raises
    ------
    CourseError
        If the notebook, the preset or an override's name is unknown.
    """
    check_choice("notebook", notebook, notebook_table())
    check_preset(preset)
    sizes = {
        name.lower(): value
        for name, value in notebook_table()[notebook][preset].items()
    }
    for name, value in overrides.items():
        check_choice(f"size of {notebook}", name, sizes)
        if value is not None:
            sizes[name] = value
    return SimpleNamespace(preset=preset, **sizes)
