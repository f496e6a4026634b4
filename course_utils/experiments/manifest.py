"""What a run of a notebook was and what came out of it, as one JSON file.

Under each figure and clip of the website stands where it comes from: seed,
preset, commit, versions, seconds, memory. The manifest holds all of it. A
notebook itself adds only its metrics, with `record`; everything else is
noted by the runner or read from the outputs.

Taught in: notebooks/00_start_here.ipynb
"""

import base64
import hashlib
import json
import math
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from numbers import Real
from pathlib import Path
from typing import get_origin

from IPython import get_ipython
from IPython.display import display
from nbformat import NotebookNode

from course_utils.basics.checks import BAD_CONTENT, CourseError, check_file
from course_utils.basics.files import atomic_file

METRIC_TYPE = "application/vnd.course-metric+json"
CLIP = re.compile(r"data:audio/(?P<kind>[\w+.-]+);base64,(?P<data>[\w+/=]+)")
FIGURE_TYPES = ("image/png", "image/jpeg", "image/svg+xml")


def record(name: str, value: float) -> None:
    """Show a metric as `name = value` and keep it for the manifest.

    Without a notebook around it, it prints the same line.

    Parameters
    ----------
    name : str
        What was measured, as an identifier with its unit: `snr_db_if`.
    value : float
        A finite number. A tensor or array of one element will do.

    Raises
    ------
    CourseError
        If the name is no identifier or the value no finite number.
    """
    if not name.isidentifier():
        raise CourseError(
            "a metric's name such as snr_db_if",
            repr(name),
            "use letters, digits and underscores",
        )
    number = _finite(name, value)
    line = f"{name} = {number:.6g}"
    if get_ipython() is None:
        print(line)
        return
    metric = {"name": name, "value": number}
    display({"text/plain": line, METRIC_TYPE: metric}, raw=True)


def _finite(name: str, value: object) -> float | int:
    """Return `value` as a plain finite number, or say what it is instead."""
    number = value.item() if hasattr(value, "item") else value
    if not isinstance(number, Real) or not math.isfinite(number):
        raise CourseError(
            f"a finite number as metric {name}",
            repr(value),
            "look for an empty set or a division by zero above",
        )
    return int(number) if isinstance(number, int) else float(number)


@dataclass(frozen=True)
class Manifest:
    """Everything that is known about one execution of one notebook."""

    notebook: str  # file name without suffix
    preset: str
    parameters: dict[str, object]  # as injected, names in upper case
    seed: int | None
    commit: str | None  # of the checkout; None outside git
    dirty: bool  # whether the checkout differed from that commit
    versions: dict[str, str]  # python and packages
    seconds: float
    peak_memory_mib: float  # of the kernel and its children together
    code_hash: str  # sha256 of the code cells
    library_hash: str  # sha256 over `library`
    library: dict[str, str]  # module or file -> fingerprint
    metrics: dict[str, float] = field(default_factory=dict)
    clips: dict[str, str] = field(default_factory=dict)  # cell -> sha256
    figures: dict[str, str] = field(default_factory=dict)  # cell -> sha256


def read_manifest(path: Path | str) -> Manifest:
    """Read a manifest.

    Raises
    ------
    CourseError
        If there is no file, or it was not written by this version.
    """
    path = check_file(path, "a manifest")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(values, ensure_ascii=False).encode()  # no half characters
        known = {f.name: values[f.name] for f in fields(Manifest)}
        return _checked(Manifest(**known))
    except BAD_CONTENT as error:
        raise CourseError(
            f"a manifest in {path}",
            f"a file that cannot be read ({error!r})",
            "run the notebook again",
        ) from error


def _checked(manifest: Manifest) -> Manifest:
    """Return a manifest; `TypeError` if a field is of another kind."""
    for known in fields(Manifest):
        value = getattr(manifest, known.name)
        kind = dict if get_origin(known.type) is dict else known.type
        if not isinstance(value, Real if kind is float else kind):
            raise TypeError(f"{value!r} as {known.name}")
    numbers = {"s": manifest.seconds, "mib": manifest.peak_memory_mib}
    for name, value in (numbers | manifest.metrics).items():
        _finite(name, value)
    return manifest


def write_manifest(manifest: Manifest, path: Path | str) -> None:
    """Write a manifest as JSON, whole or not at all."""
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False)
    with atomic_file(path) as part:
        part.write_text(text + "\n", encoding="utf-8")


def metrics(notebook: NotebookNode) -> dict[str, float]:
    """Return the recorded metrics of an executed notebook, in order."""
    found = (data.get(METRIC_TYPE) for _, data in _outputs(notebook))
    return {
        metric["name"]: metric["value"]
        for metric in found
        if isinstance(metric, dict)
        and isinstance(metric.get("name"), str)
        and "value" in metric
    }


def clip_hashes(notebook: NotebookNode) -> dict[str, str]:
    """Return `cell id/number` -> sha256 of each embedded sound."""
    sounds = (
        (cell_id, base64.b64decode(match["data"]))
        for cell_id, data in _outputs(notebook)
        for match in CLIP.finditer(_text(data.get("text/html", "")))
    )
    return _numbered(sounds)


def figure_hashes(notebook: NotebookNode) -> dict[str, str]:
    """Return `cell id/number` -> sha256 of each figure."""
    figures = (
        (cell_id, _image_bytes(kind, data[kind]))
        for cell_id, data in _outputs(notebook)
        for kind in FIGURE_TYPES
        if kind in data
    )
    return _numbered(figures)


def _outputs(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    """Yield cell id and data of every rich output."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if "data" in output:
                yield cell.get("id", "cell"), output["data"]


def _numbered(items: Iterator[tuple[str, bytes]]) -> dict[str, str]:
    """Hash the items; the second of a cell is called `cell-007/2`."""
    hashes: dict[str, str] = {}
    for cell_id, data in items:
        earlier = sum(key.split("/")[0] == cell_id for key in hashes)
        digest = hashlib.sha256(data).hexdigest()
        hashes[f"{cell_id}/{earlier + 1}"] = digest
    return hashes


def _image_bytes(kind: str, data: str | list[str]) -> bytes:
    """Return the bytes of an image output; SVG is kept as plain text."""
    text = _text(data)
    if kind == "image/svg+xml":
        return text.encode()
    return base64.b64decode(text)


def _text(data: str | list[str]) -> str:
    """Return the text of an output, which may be kept as lines."""
    return data if isinstance(data, str) else "".join(data)
