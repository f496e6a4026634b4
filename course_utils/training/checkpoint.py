"""Save and load nested states without pickle: safetensors with JSON inside.

A state is a tree of dicts and lists whose leaves are tensors, numbers,
strings, booleans or None. Tensors go to the body of one safetensors file,
everything else to its header as JSON, so that one rename writes both.

Taught in: notebooks/40_lstm_training.ipynb
"""

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.files import atomic_file

HEADER = "course"  # name of the JSON text in the safetensors header
TENSOR = "$tensor"  # marks a leaf that lies in the body
INTEGER_KEYS = "$int"  # marks a dict whose keys were integers
LEAVES = (int, float, str, bool, type(None))


def save_state(path: Path | str, state: dict) -> None:
    """Write a state to one file, whole or not at all.

    Parameters
    ----------
    path : Path or str
        Ends in `.safetensors`. An older file is replaced at the last moment.
    state : dict
        Tree of dicts (keys all str or all int), lists and tuples (read back
        as lists) with tensors and plain values as leaves.

    Raises
    ------
    CourseError
        If the disk is full, or a leaf is neither tensor nor plain value.
    """
    tensors: dict[str, Tensor] = {}
    tree = _to_json(state, "", tensors)
    with atomic_file(path) as part:
        part.write_bytes(save(tensors, {HEADER: json.dumps(tree)}))


def load_state(path: Path | str) -> dict:
    """Read what `save_state` wrote; tensors arrive on the CPU.

    Raises
    ------
    CourseError
        If the file is missing, broken, or was not written by `save_state`.
    """
    path = check_file(path, "a checkpoint")
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {})[HEADER]
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        state = _from_json(json.loads(text), tensors)
        if not isinstance(state, dict):
            raise TypeError(f"a {type(state).__name__} in place of a dict")
        return state
    except (SafetensorError, OSError, *BAD_CONTENT) as error:
        raise CourseError(
            f"a checkpoint of this course in {path}",
            f"a file that cannot be read ({type(error).__name__}: {error})",
            "train again, or copy the file anew",
        ) from error


def as_saved(tree: dict) -> dict:
    """Return plain values as `load_state` gives them back: tuples as lists."""
    return _from_json(_to_json(tree, "", {}), {})


def _to_json(value: object, name: str, tensors: dict[str, Tensor]) -> object:
    """Replace each tensor by its name, and collect it."""
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {TENSOR: name}
    if isinstance(value, dict):
        whole = bool(value) and all(type(key) is int for key in value)
        tree = {
            str(key): _to_json(item, f"{name}/{key}", tensors)
            for key, item in value.items()
        }
        return {INTEGER_KEYS: tree} if whole else tree
    if isinstance(value, (list, tuple)):
        return [
            _to_json(item, f"{name}/{i}", tensors)
            for i, item in enumerate(value)
        ]
    if isinstance(value, LEAVES):
        return value
    raise CourseError(
        "tensors and plain values in a checkpoint",
        f"{type(value).__name__} at {name}",
        "store its numbers instead",
    )


def _from_json(tree: object, tensors: dict[str, Tensor]) -> object:
    """Put each tensor back into its place."""
    if isinstance(tree, list):
        return [_from_json(item, tensors) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if set(tree) == {TENSOR}:
        return tensors[tree[TENSOR]]
    if set(tree) == {INTEGER_KEYS}:
        items = tree[INTEGER_KEYS].items()
        return {int(key): _from_json(item, tensors) for key, item in items}
    return {key: _from_json(item, tensors) for key, item in tree.items()}
