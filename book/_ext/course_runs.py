"""Every run that the course knows of, for the page of experiments.

Notebooks: the manifests in `_build/executed/`. Sweeps: those in
`runs/sweeps/`. Trainings: what ships in `data/checkpoints/` and
`data/experiments/`. Nothing is computed here, only
read and put into one form.
"""

import base64
import json
import re
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from numbers import Real
from pathlib import Path

from course_site import Site

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY, shipped_data_dir
from course_utils.basics.presets import PRESETS
from course_utils.experiments import dependencies, notebook_file
from course_utils.experiments.freshness import Workplace, why_stale
from course_utils.experiments.manifest import Manifest, read_manifest
from course_utils.experiments.notebook_file import (
    REPOSITORY_REF,
    REPOSITORY_SLUG,
)
from course_utils.experiments.sweep_run import MANIFEST, RunPlace

SHORT = 12  # digits of a commit that are shown
SECONDS_PER_HOUR = 3600
FIGURE = re.compile(r'<figure class="course-clip">.*?</figure>', re.DOTALL)
SOURCES = f"https://github.com/{REPOSITORY_SLUG}/tree/{REPOSITORY_REF}/"
# What a training was told; every other number of its record came out of it.
TOLD = (
    "preset",
    "data",
    "encoding",
    "seed",
    "line",
    "budget",
    "n_parameters",
    "n_images",
    "n_steps",
    "steps",
    "keep_probability",
    "learning_rate",
    "threads",
)
NESTED = ("sizes", "settings")
SCORES = ("scores", "test", "validation")
JUDGED = ("pitch_accuracy", "timbre_accuracy")  # noted in a checkpoint
NO_SCORE = re.compile(r"(.*\.)?(real_|n_|n$|.*defects)")


@dataclass(frozen=True)
class Run:
    """One row of the table; texts are plain, players are HTML."""

    name: str
    link: str
    preset: str
    seconds: float | None = None
    memory_mib: float | None = None
    parameters: dict[str, object] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    players: tuple[str, ...] = ()
    commit: str = ""
    stale: str = ""  # why it would come out differently today


def all_runs(names: list[str], site: Site) -> list[Run]:
    """Return the runs of these notebooks, of sweeps and of all trainings.

    The sounds of the runs become clips of the site, those of sweeps apart.
    """
    notebooks = (
        notebook_run(name, preset, site)
        for name in names
        for preset in PRESETS
        if site.place.manifest(name, preset).is_file()
    )
    swept = sweep_runs(REPOSITORY / "runs" / "sweeps", names, site.place)
    found = [*filter(None, notebooks), *swept]
    return [*found, *trainings(shipped_data_dir(), site)]


def sweep_runs(
    folder: Path, names: list[str], place: Workplace
) -> Iterator[Run]:
    """Yield the finished runs of all sweeps in a folder.

    Manifests that cannot be read, and those of notebooks that the site does
    not have, are left out.
    """
    libraries: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob(f"*/run-*/{MANIFEST}")):
        try:
            manifest = read_manifest(path)
        except CourseError:
            continue
        name, preset = manifest.notebook, manifest.preset
        if name not in names or preset not in PRESETS:
            continue
        if name not in libraries:
            source = notebook_file.read(place.source(name))
            libraries[name] = dependencies.fingerprints(source, name)
        told = {k: v for k, v in manifest.parameters.items() if k != "PRESET"}
        own = RunPlace(place.notebooks, path.parent, told)
        yield Run(
            name=f"{path.parts[-3]}: {name}",
            link=f"notebooks/{name}.html",
            preset=preset,
            seconds=manifest.seconds,
            memory_mib=manifest.peak_memory_mib,
            parameters=manifest.parameters,
            metrics=manifest.metrics,
            commit=commit_of(manifest),
            stale=why_stale(name, preset, own, libraries[name]),
        )


def notebook_run(name: str, preset: str, site: Site) -> Run | None:
    """Return a notebook's run; None if its manifest cannot be read."""
    try:
        manifest = read_manifest(site.place.manifest(name, preset))
    except CourseError:
        return None
    return Run(
        name=name,
        link=f"notebooks/{name}.html",
        preset=preset,
        seconds=manifest.seconds,
        memory_mib=manifest.peak_memory_mib,
        parameters=manifest.parameters,
        metrics=manifest.metrics,
        players=tuple(notebook_players(manifest, site)),
        commit=commit_of(manifest),
        stale=why_stale(name, preset, site.place),
    )


def notebook_players(manifest: Manifest, site: Site) -> Iterator[str]:
    """Yield the players of an executed notebook, each sound once."""
    path = site.place.copy(manifest.notebook, manifest.preset)
    if not path.is_file():
        return
    seen = set()
    for cell in notebook_file.code_cells(notebook_file.read(path)):
        for output in cell.outputs:
            html = output.get("data", {}).get("text/html", "")
            for player in FIGURE.findall(html):
                kept = site.keep_clips(player, manifest.notebook, "")
                if kept not in seen:
                    yield kept
                seen.add(kept)


def commit_of(manifest: Manifest) -> str:
    """Return the commit that was executed, and whether files differed."""
    if manifest.commit is None:
        return ""
    return manifest.commit[:SHORT] + (" and changes" * manifest.dirty)


def trainings(data: Path, site: Site) -> Iterator[Run]:
    """Yield the trainings whose records ship with the course."""
    for folder in sorted((data / "checkpoints").glob("*/")):
        record = header(folder / "model.safetensors")
        scores = folder / "scores.json"
        if scores.is_file():
            record |= json.loads(scores.read_text(encoding="utf-8"))
        clips = sorted((folder / "samples").glob("*.mp3"))
        yield training(folder.name, folder, record, clips, site)
    for path in sorted((data / "experiments").rglob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        for record in content if isinstance(content, list) else [content]:
            if not record.keys() & {"n_images", "n_parameters"}:
                continue  # measurements, but no training
            title = record.get("title", record.get("told", path.parent.name))
            clips = [c for c in [path.with_suffix(".mp3")] if c.is_file()]
            group = path.parent.relative_to(data / "experiments").parts[0]
            name = f"{group}: {title}"
            yield training(name, path, record, clips, site)


def header(path: Path) -> dict[str, object]:
    """Return what a checkpoint says of itself, without its weights."""
    with path.open("rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        about = json.loads(file.read(size))["__metadata__"]["course"]
    record = json.loads(about)
    known = record | record.get("about", {})
    kept = (*TOLD, *JUDGED, "seconds")
    return {key: known[key] for key in kept if key in known}


def training(
    name: str, path: Path, record: dict, clips: list[Path], site: Site
) -> Run:
    """Return the row of one training."""
    told = {key: record[key] for key in TOLD if record.get(key) is not None}
    for key in NESTED:
        told |= record.get(key) or {}
    hours = record.get("hours")
    return Run(
        name=name,
        link=SOURCES + path.relative_to(shipped_data_dir().parent).as_posix(),
        preset=str(told.pop("preset", "trial")),
        seconds=hours * SECONDS_PER_HOUR if hours else record.get("seconds"),
        parameters=told,
        metrics=dict(scores_of(record)),
        players=tuple(clip_player(c, name, site) for c in clips),
        commit=last_commit(path),
    )


def scores_of(record: dict) -> Iterator[tuple[str, float]]:
    """Yield name and value of what came out of a training."""
    parts = {key: record[key] for key in SCORES if key in record}
    loose = {k: v for k, v in record.items() if k not in (*TOLD, *SCORES)}
    for key, value in (parts | {"": loose}).items():
        values = value if isinstance(value, dict) else {"nll": value}
        for name, number in values.items():
            label = name if key in ("", "scores") else f"{key}.{name}"
            if is_score(label, number):
                yield label, number


def is_score(name: str, value: object) -> bool:
    """Return whether a value of a record is a score, not a count or time."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    no_score = name in ("seconds", "hours", "skipped", "images_per_s")
    return number and not no_score and not NO_SCORE.match(name)


def clip_player(path: Path, name: str, site: Site) -> str:
    """Return a player of a clip that ships with a training."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    n_images = f"{int(path.stem):,}" if path.stem.isdigit() else ""
    caption = f"{name}, after {n_images} images" if n_images else name
    about = "Notes that the generator of this training draws, in a row."
    label = escape(f"{caption}. {about}", quote=True)
    player = (
        '<figure class="course-clip"><audio controls preload="none" '
        f'aria-label="{label}" src="data:audio/mpeg;base64,{data}"></audio>'
        f"<figcaption><strong>{escape(caption)}</strong> {about}"
        "</figcaption></figure>"
    )
    return site.keep_clips(player, path.parent.name, "")


def last_commit(path: Path) -> str:
    """Return the commit that brought a record; nothing outside git."""
    command = ["git", "-C", str(REPOSITORY), "log", "-1", "--format=%H"]
    done = subprocess.run([*command, "--", path], capture_output=True)
    return done.stdout.decode().strip()[:SHORT]
