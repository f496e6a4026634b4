"""The folded note under each notebook: where its results come from."""

from collections.abc import Iterable
from html import escape

from course_utils.experiments.manifest import Manifest

SHORT = 12  # digits of a hash that are shown; the manifest has them all


def provenance(manifest: Manifest) -> str:
    """Return the note as HTML without empty lines, for a text cell."""
    parts = [
        '<details class="course-provenance">',
        f"<summary>Where these results come from: {summary(manifest)}"
        "</summary>",
        "<dl>",
        *entry("Run", run(manifest)),
        *entry("Parameters", code(manifest.parameters.items())),
        *entry("Commit", commit(manifest)),
        *entry("Versions", code(manifest.versions.items(), " ")),
        *entry("Code", f"sha256 <code>{manifest.code_hash[:SHORT]}</code>"),
        *entry("Library", library(manifest)),
        *entry("Metrics", metrics(manifest)),
        *entry("Clips, sha256", hashes(manifest.clips)),
        *entry("Figures, sha256", hashes(manifest.figures)),
        "</dl>",
        "</details>",
    ]
    return "\n".join(parts)


def summary(manifest: Manifest) -> str:
    """Return the line that shows while the note is folded."""
    return (
        f"preset {escape(manifest.preset)} · seed {manifest.seed} · "
        f"{manifest.seconds:.0f} s · {manifest.peak_memory_mib:.0f} MiB"
    )


def entry(title: str, text: str) -> Iterable[str]:
    """Return a line of the list, or none where there is nothing to say."""
    return [f"<dt>{title}</dt><dd>{text}</dd>"] if text else []


def run(manifest: Manifest) -> str:
    """Return preset, time and memory in words."""
    return (
        f"executed by papermill at preset <code>{manifest.preset}</code> in "
        f"{manifest.seconds:.1f} s; at most {manifest.peak_memory_mib:.0f} "
        "MiB of memory"
    )


def commit(manifest: Manifest) -> str:
    """Return the short commit, and whether files differed from it."""
    if manifest.commit is None:
        return "outside a git checkout"
    note = ", with changes not committed" if manifest.dirty else ""
    return f"<code>{manifest.commit[:SHORT]}</code>{note}"


def library(manifest: Manifest) -> str:
    """Return the hash of the library and how many modules it covers."""
    short = manifest.library_hash[:SHORT]
    return f"sha256 <code>{short}</code> over {len(manifest.library)} files"


def metrics(manifest: Manifest) -> str:
    """Return the metrics as `name = value`."""
    shown = ((name, f"{v:.6g}") for name, v in manifest.metrics.items())
    return code(shown)


def hashes(found: dict[str, str]) -> str:
    """Return cells with the start of their sha256."""
    shown = ((cell, digest[:SHORT]) for cell, digest in found.items())
    return code(shown, " ")


def code(pairs: Iterable[tuple[str, object]], sign: str = " = ") -> str:
    """Return names and values as code, with commas between them."""
    lines = (f"<code>{escape(f'{a}{sign}{b}')}</code>" for a, b in pairs)
    return ", ".join(lines)
