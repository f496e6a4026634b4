"""What attention costs: peak memory and seconds, against the length.

    python -m course_utils.recipes.attention_cost OUT.json

One layer of attention reads a piece and its gradient is taken. Each
measurement has an interpreter of its own, for the peak memory of a process
never falls. Forms: relative positions from all pairs (naive), by skewing,
and rotary positions with torch's fused attention.

Taught in: notebooks/50_attention.ipynb
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import torch_rng
from course_utils.models import attention
from course_utils.models.attention import AttentionConfig, CausalAttention

MODULE = "course_utils.recipes.attention_cost"
FORMS = ("naive", "skewed", "rotary")
LENGTHS = (256, 512, 1024, 2048)
WIDTH, N_HEADS = 256, 8
STATUS = Path("/proc/self/status")  # on Linux


def cost(form: str, length: int) -> dict[str, float]:
    """Measure one form at one length, in an interpreter of its own.

    Parameters
    ----------
    form : str
        One of `FORMS`.
    length : int
        L, events.

    Returns
    -------
    dict
        `peak_bytes` that the layer needs beside what was there before it,
        and `seconds` of the second of two passes, gradient included.

    Raises
    ------
    CourseError
        If the form is unknown, or the measurement died, as it does where
        memory is too small.
    """
    check_range("length", length, 2, 65_536, "events")
    if form not in FORMS:
        raise CourseError(
            f"a form, one of {', '.join(FORMS)}", form, "choose one of these"
        )
    done = subprocess.run(
        [sys.executable, "-m", MODULE, "--measure", form, str(length)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CourseError(
            f"a measurement of {form} attention at {length} events",
            f"exit {done.returncode}: {done.stderr.strip()[-300:]}",
            "take a smaller length; memory may be too small",
        )
    return json.loads(done.stdout)


def measure(form: str, length: int) -> dict[str, float]:
    """Do what `cost` promises, in this interpreter."""
    if form == "naive":
        attention.relative_logits = attention.relative_logits_naive
    positions = "rotary" if form == "rotary" else "relative"
    sizes = (WIDTH, N_HEADS, positions, length)
    layer = CausalAttention(AttentionConfig(*sizes))
    x = torch.randn(1, length, WIDTH, generator=torch_rng(0))
    layer(x[:, :2])[0].sum().backward()  # loads what torch loads late
    before = peak_bytes()
    for _ in range(2):
        began = time.perf_counter()
        layer(x)[0].sum().backward()
        seconds = time.perf_counter() - began
    return {"peak_bytes": peak_bytes() - before, "seconds": seconds}


def peak_bytes() -> int:
    """Return the most memory that this process ever had, in bytes.

    Linux tells it in /proc; what `getrusage` says there may be the peak of
    the process that started this one.
    """
    if STATUS.is_file():
        lines = STATUS.read_text(encoding="ascii").splitlines()
        (peak,) = (line for line in lines if line.startswith("VmHWM:"))
        return 1024 * int(peak.split()[1])
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def costs(lengths: Sequence[int] = LENGTHS) -> list[dict[str, object]]:
    """Return one row a form and length: `form`, `length` and what `cost` says.

    The forms take turns, so that a busy machine slows all of them.
    """
    return [
        {"form": form, "length": length, **cost(form, length)}
        for length in lengths
        for form in FORMS
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure all forms at all lengths, or one of them for `cost`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", nargs="?", help="JSON file")
    parser.add_argument("--measure", nargs=2, metavar=("FORM", "LENGTH"))
    parsed = parser.parse_args(arguments)
    if parsed.measure:
        form, length = parsed.measure
        print(json.dumps(measure(form, int(length))))
        return
    rows = json.dumps(costs(), indent=0) + "\n"
    if parsed.out is None:
        print(rows, end="")
        return
    with atomic_file(Path(parsed.out)) as part:
        part.write_text(rows, encoding="utf-8")


if __name__ == "__main__":
    main()
