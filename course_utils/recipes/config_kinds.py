"""Whether a config that a checkpoint gave holds values of the right kinds.

JSON may hold a list where a number is meant, and a dataclass takes it.

Taught in: notebooks/40_lstm_training.ipynb
"""

import math
from dataclasses import fields
from types import UnionType
from typing import Any, get_args, get_origin


def check_kinds(config: Any) -> None:
    """Refuse a config with a field of another kind than its class says.

    Parameters
    ----------
    config : dataclass
        A list stands for a tuple in it.

    Raises
    ------
    TypeError
        With the field and what it holds; who reads the file says which.
    """
    for known in fields(config):
        value = getattr(config, known.name)
        if not _is_a(value, known.type):
            raise TypeError(f"{known.name} may not be {value!r}")


def _is_a(value: object, kind: Any) -> bool:
    """Return whether a value has the kind that a field names."""
    inner = get_args(kind)
    if get_origin(kind) is UnionType:
        return any(_is_a(value, one) for one in inner)
    if get_origin(kind) is tuple:
        listed = isinstance(value, (list, tuple))
        fits = listed and (inner[-1] is Ellipsis or len(value) == len(inner))
        return fits and all(_is_a(item, inner[0]) for item in value)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind
