"""Feed one parser hostile files, each within bounds of time and memory.

    python tests/fuzz/fuzz_worker.py PARSERS FIRST N_BLOCKS SIZE FOLDER LOG
    python tests/fuzz/fuzz_worker.py --replay PARSER CASE_FOLDER

Each case is written to FOLDER before it is read, so that it is still there
if the process dies. LOG gets one line a case: how it ended, its seconds and
its memory. `fuzz_campaign` starts this program and reads the log.
"""

import faulthandler
import json
import os
import re
import resource
import shutil
import signal
import sys
import time
import warnings
from pathlib import Path

CPU_LIMIT_S = float(os.environ.get("COURSE_FUZZ_CPU_S", "5"))  # of one case
WALL_LIMIT_S = 120  # where nothing but killing helps
MEMORY_LIMIT = 2**30  # bytes beyond what the process had
LONGEST_MESSAGE = 1500
SEED = 8
KEPT = 5  # cases of one bad kind that are saved


class HangError(BaseException):
    """A case took too long; no parser may catch it."""


def _hang(*_):
    raise HangError


def draw_block(target, block, size):
    """Return the cases of a block, always the same."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    cases = []

    def take(rng):
        cases.append(target.cases(rng))

    settled = settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    seed(SEED + block)(
        settled(given(st.randoms(use_true_random=True))(take))
    )()
    return cases


def kind_of(error):
    """Return what an error expected, without the names of the case."""
    text = str(error).removeprefix("expected ").partition("; got ")[0]
    text = re.split(r" (?:in|at|of|for|from|inside) (?=\S*/)|, which ", text)[
        0
    ]
    text = re.sub(r"'[^']*'|\S*/\S*|\d[\d.,]*", "…", text)
    return text[:70].strip()


def is_clear(error):
    """Tell whether a message is one line that a terminal can show."""
    text = str(error)
    return text.isprintable() and len(text) <= LONGEST_MESSAGE


def run_case(target, folder):
    """Return how one case ended; what begins with ! is a fault of ours."""
    from course_utils.basics.checks import CourseError

    signal.setitimer(signal.ITIMER_PROF, CPU_LIMIT_S)
    faulthandler.dump_traceback_later(WALL_LIMIT_S, exit=True)
    limit_memory(int(memory_mib("VmSize")) * 2**20 + MEMORY_LIMIT)
    try:
        skipped = target.parse(folder)
        return "skip" if skipped else "result"
    except CourseError as error:
        kind = kind_of(error)
        return f"error: {kind}" if is_clear(error) else f"!unclear: {kind}"
    except HangError:
        return "!hang"
    except MemoryError:
        return "!memory"
    except Exception as error:
        return f"!{type(error).__name__}: {place_of(error)}"
    finally:
        limit_memory(resource.RLIM_INFINITY)
        signal.setitimer(signal.ITIMER_PROF, 0)
        faulthandler.cancel_dump_traceback_later()


def place_of(error):
    """Return the line of ours through which an error came last."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "course_utils" in code.co_filename:
            name = Path(code.co_filename).name
            place = f"{name}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return f"{place}: {str(error)[:80]!r}"


def files_of(folder):
    """List everything in a folder, and beside it."""
    return sorted(str(p) for p in folder.parent.rglob("*"))


def memory_mib(field):
    """Return a line of this process's status, in MiB."""
    text = Path("/proc/self/status").read_text()
    found = re.search(rf"{field}:\s+(\d+) kB", text)
    return int(found[1]) / 1024


def one(target, case, folder):
    """Write, run and clear away one case; return its line of the log."""
    for name, data in case.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    there = files_of(folder)
    Path("/proc/self/clear_refs").write_text("5")
    memory, start = memory_mib("VmRSS"), time.process_time()
    end = run_case(target, folder)
    seconds = time.process_time() - start
    mib = memory_mib("VmHWM") - memory
    now = files_of(folder)
    if now != there:
        end = "!files were left, lost or made"
        for path in set(now) - set(there):
            Path(path).unlink(missing_ok=True)
    return {"end": end, "s": round(seconds, 4), "mib": round(mib, 1)}


def clear(case, folder):
    for name in case:
        (folder / name).unlink(missing_ok=True)


def keep(folder, case, end, saved):
    """Copy the files of a case that ended badly."""
    name = re.sub(r"\W+", "-", end)[:60].strip("-")
    number = len(list(saved.glob(f"{name}_*")))
    if number < KEPT:
        for part in case:
            to = saved / f"{name}_{number}" / part
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / part, to)


def limit_memory(n_bytes):
    """Let this process map at most so much."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, most))


def bound():
    """Set the bounds of this process; each case has its own, of memory."""
    os.environ["COURSE_FUZZ_BOUND"] = "yes"
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def load(name):
    """Return a parser by its name."""
    if name == "toy":
        from fuzz_toys import TARGETS
    else:
        from fuzz_targets import TARGETS
    return TARGETS[name]


def prepared(name, folder):
    """Return a parser in a folder of its own, with all that it imports."""
    target = load(name)
    place = folder / name / "inside"
    place.mkdir(parents=True)
    target.prepare(place)
    for case in draw_block(target, -1, 3):
        one(target, case, place)
        clear(case, place)
    return name, target, place


def run(names, first, n_blocks, size, folder, log):
    """Run some blocks of cases of one parser or several."""
    signal.signal(signal.SIGPROF, _hang)
    faulthandler.enable()
    folder.mkdir(parents=True)
    os.chdir(folder)
    parsers = [prepared(name, folder) for name in names]
    bound()
    with log.open("a", buffering=1) as lines:
        for name, target, place in parsers:
            os.chdir(place)
            for block in range(first, first + n_blocks):
                for case in draw_block(target, block, size):
                    about = {"parser": name, "block": block}
                    lines.write(json.dumps(about) + "\n")
                    line = one(target, case, place)
                    if line["end"].startswith("!"):
                        saved = log.with_suffix("") / name
                        keep(place, case, line["end"], saved)
                    clear(case, place)
                    lines.write(json.dumps(about | line) + "\n")


def replay(name, case):
    """Run one saved case, without bounds, and show what it raises."""
    target = load(name)
    folder = Path(case).resolve()
    target.prepare(folder)
    print(target.parse(folder))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1] == "--replay":
        replay(*sys.argv[2:])
    else:
        names, first, n_blocks, size, folder, log = sys.argv[1:]
        sizes = int(first), int(n_blocks), int(size)
        run(names.split(","), *sizes, Path(folder), Path(log).resolve())
