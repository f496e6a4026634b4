"""Run the fuzz campaign and print its table.

    python tests/fuzz/fuzz_campaign.py
    python tests/fuzz/fuzz_campaign.py --cases 500 midi wav

Every parser gets hostile files in a process of its own, with bounds of time
and memory for each file. A process that dies is reported as a crash with the
case that killed it, and a new one goes on with the next block. What ended
badly is kept in `_build/fuzz/PARSER/`, the table in `_build/fuzz.json`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

WORKER = Path(__file__).with_name("fuzz_worker.py")
BUILD = Path(__file__).parents[2] / "_build"
SIZE = 500  # cases of a block; a block is drawn from one seed
HANG = "Timeout ("  # what faulthandler writes


def run_worker(names, first, n_blocks, size, folder, log):
    """Start one worker; return its process when it is over."""
    command = [sys.executable, WORKER, ",".join(names), first, n_blocks, size]
    return subprocess.run(
        [*map(str, command), str(folder), str(log)],
        capture_output=True,
        text=True,
        errors="replace",
        env=os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"},
    )


def read_log(log):
    """Return the lines of a log: one before and one after each case."""
    if not log.is_file():
        return []
    return [json.loads(line) for line in log.read_text().splitlines()]


def campaign(name, n_cases, build=BUILD):
    """Feed one parser with at least so many files; return its row."""
    log = build / "fuzz" / f"{name}.jsonl"
    shutil.rmtree(log.with_suffix(""), ignore_errors=True)
    log.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    ends, start, block = Counter(), time.monotonic(), 0
    while True:
        done = [line for line in read_log(log) if "end" in line]
        if len(done) + ends["!crash"] + ends["!hang"] >= n_cases:
            break
        missing = n_cases - len(done)
        n_blocks = -(-missing // SIZE)
        with tempfile.TemporaryDirectory() as folder:
            size = min(SIZE, n_cases)
            place = Path(folder) / "work"
            over = run_worker([name], block, n_blocks, size, place, log)
            if over.returncode:
                lines = read_log(log)
                if not lines or "end" in lines[-1]:
                    raise RuntimeError(over.stderr[-3000:])
                kind = "!hang" if HANG in over.stderr else "!crash"
                ends[kind] += 1
                number = ends.total()
                kept = log.with_suffix("") / name / f"{kind[1:]}_{number}"
                shutil.copytree(place / name / "inside", kept)
                (kept.parent / f"{kept.name}.txt").write_text(over.stderr)
                block = lines[-1]["block"]
        block += n_blocks if not over.returncode else 1
    row = row_of(name, read_log(log), ends, time.monotonic() - start)
    told = ("parser", "cases", "hangs", "crashes", "seconds")
    print({key: row[key] for key in told}, file=sys.stderr, flush=True)
    return row


def row_of(name, lines, ends, seconds):
    """Count how the cases of one parser ended."""
    done = [line for line in lines if "end" in line]
    ends = Counter(ends) + Counter(line["end"] for line in done)
    errors = {
        end.removeprefix("error: "): n
        for end, n in ends.most_common()
        if end.startswith("error: ")
    }
    faults = {end[1:]: n for end, n in ends.most_common() if end[0] == "!"}
    return {
        "parser": name,
        "cases": ends.total(),
        "results": ends["result"],
        "skips": ends["skip"],
        "errors": sum(errors.values()),
        "hangs": ends["!hang"],
        "crashes": sum(faults.values()) - ends["!hang"],
        "seconds": round(seconds, 1),
        "slowest_s": max((line["s"] for line in done), default=0),
        "peak_mib": max((line["mib"] for line in done), default=0),
        "errors_by_kind": errors,
        "faults": faults,
    }


def table(rows):
    """Return the rows as a table of text, with the kinds of errors below."""
    heads = [key for key in rows[0] if key not in ("errors_by_kind", "faults")]
    cells = [heads, *([str(row[head]) for head in heads] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in cells
    ]
    for row in rows:
        lines.append(f"\n{row['parser']}")
        for kind, n in row["errors_by_kind"].items():
            lines.append(f"{n:7} expected {kind}")
        for kind, n in row["faults"].items():
            lines.append(f"{n:7} FAULT {kind}")
    return "\n".join(lines)


def main(arguments=None):
    """Run the campaign; return 1 if anything hung or crashed."""
    import fuzz_targets

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("names", nargs="*", help="parsers; or all")
    default = int(os.environ.get("COURSE_FUZZ_CASES", "10000"))
    parser.add_argument("--cases", type=int, default=default)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    names = options.names or list(fuzz_targets.TARGETS)
    with ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(lambda n: campaign(n, options.cases), names))
    (BUILD / "fuzz.json").write_text(json.dumps(rows, indent=1) + "\n")
    print(table(rows))
    return int(any(row["hangs"] or row["crashes"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
