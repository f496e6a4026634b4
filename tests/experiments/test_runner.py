"""The runner from end to end, on notebooks of two cells."""

import os
import signal
import subprocess
import sys
import textwrap

import nbformat
import psutil
import pytest

from course_utils.basics import presets
from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY
from course_utils.experiments import dependencies, runner
from course_utils.experiments.freshness import (
    injected,
    names_of,
    why_stale,
)
from course_utils.experiments.manifest import read_manifest
from course_utils.experiments.runner import run_all, run_one


def report(place, **options):
    lines = []
    failures = run_all(
        names_of(place), "smoke", place, say=lines.append, **options
    )
    return lines, failures


def test_a_run_leaves_an_executed_copy_and_a_full_manifest(done):
    manifest = read_manifest(done.manifest("10_tone", "smoke"))
    assert manifest.parameters == {
        "PRESET": "smoke",
        "SEED": 0,
        "N_SAMPLES": 800,
    }
    assert manifest.seed == 0
    assert manifest.metrics["peak"] == pytest.approx(0.3, abs=0.01)
    assert len(manifest.clips) == len(manifest.figures) == 1
    assert manifest.peak_memory_mib > 20
    assert manifest.seconds > 0
    assert "numpy" in manifest.versions
    assert "course_utils.basics.pitch" in manifest.library
    copy = nbformat.read(done.copy("10_tone", "smoke"), as_version=4)
    kinds = [o.output_type for c in copy.cells for o in c.get("outputs", ())]
    assert "error" not in kinds
    assert not list(done.executed.rglob(".part-*"))


def test_kernels_get_preset_and_seed_and_find_the_library(done):
    copy = nbformat.read(done.copy("11_count", "smoke"), as_version=4)
    assert copy.cells[-1].outputs[0].text == "0 smoke\n"


def test_a_second_run_executes_nothing(done):
    lines, failures = report(done)
    assert failures == {}
    assert lines == ["[1/2] 10_tone: fresh", "[2/2] 11_count: fresh"]


def test_only_the_notebook_whose_code_changed_runs_again(done, write_notebook):
    write_notebook(done.notebooks, "11_count", "print(SEED + 1)")
    lines, _ = report(done)
    assert lines[0] == "[1/2] 10_tone: fresh"
    assert "its code changed" in lines[1]
    assert why_stale("11_count", "smoke", done) == ""


def test_changed_parameters_are_named(done, monkeypatch):
    table = {"10_tone": {"smoke": {"N_SAMPLES": 900}}}
    monkeypatch.setattr(presets, "notebook_table", lambda: table)
    reason = why_stale("10_tone", "smoke", done)
    assert reason == "its parameters changed: N_SAMPLES"
    assert why_stale("11_count", "smoke", done) == ""


def test_changed_library_modules_are_named(done, monkeypatch):
    real = dependencies.fingerprints
    monkeypatch.setattr(
        dependencies,
        "fingerprints",
        lambda *a: real(*a) | {"course_utils.basics.pitch": "new"},
    )
    reason = why_stale("10_tone", "smoke", done)
    assert reason == "the library changed: course_utils.basics.pitch"


def test_many_changed_modules_are_counted_not_listed(done, monkeypatch):
    many = {f"course_utils.m{number}": "new" for number in range(9)}
    monkeypatch.setattr(dependencies, "fingerprints", lambda *a: many)
    reason = why_stale("11_count", "smoke", done)
    assert "course_utils.m3 and 5 more" in reason
    assert "course_utils.m4" not in reason


def test_presets_do_not_share_executed_copies(done):
    assert why_stale("11_count", "cpu", done) == "not executed yet"


def test_a_lost_or_broken_manifest_means_stale(done):
    path = done.manifest("11_count", "smoke")
    path.write_text("{}")
    reason = why_stale("11_count", "smoke", done)
    assert reason == "its manifest cannot be read"


def test_force_runs_fresh_notebooks_too(done):
    lines, _ = report(done, force=True)
    assert "executing at smoke, as asked" in lines[0]


def test_a_failing_notebook_is_explained_and_the_rest_still_runs(
    place, write_notebook
):
    write_notebook(place.notebooks, "09_wrong", "a = 1\nb = a / 0")
    lines, failures = report(place)
    assert list(failures) == ["09_wrong"]
    assert "ZeroDivisionError: division by zero" in failures["09_wrong"]
    assert "| b = a / 0" in failures["09_wrong"]
    assert "\x1b" not in failures["09_wrong"]
    assert lines[-1].startswith("[3/3] 11_count: done")
    kept = place.executed / "smoke" / "failed" / "09_wrong.ipynb"
    assert "ZeroDivisionError" in kept.read_text()
    assert not place.copy("09_wrong", "smoke").exists()


def test_a_mended_notebook_takes_its_failed_copy_away(place, write_notebook):
    write_notebook(place.notebooks, "11_count", "1 / 0")
    assert list(report(place)[1]) == ["11_count"]
    write_notebook(place.notebooks, "11_count", "1 / 1")
    assert report(place)[1] == {}
    assert not list((place.executed / "smoke" / "failed").iterdir())


def test_a_failure_does_not_pass_for_the_copy_from_before(
    done, write_notebook
):
    write_notebook(done.notebooks, "11_count", "1 / 0")
    assert list(report(done)[1]) == ["11_count"]
    assert why_stale("11_count", "smoke", done) == "not executed yet"


def test_a_dying_kernel_is_a_failure_too(place, write_notebook):
    source = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    write_notebook(place.notebooks, "11_count", source)
    _, failures = report(place)
    assert "11_count did not run: DeadKernelError" in failures["11_count"]


def test_a_malformed_notebook_is_a_failure_too(place):
    place.source("11_count").write_text("{}")
    _, failures = report(place)
    assert "a notebook in" in failures["11_count"]


def test_a_preset_with_an_unknown_size_is_refused(place, monkeypatch):
    table = {"11_count": {"smoke": {"N_NOTES": 3}}}
    monkeypatch.setattr(presets, "notebook_table", lambda: table)
    with pytest.raises(CourseError, match="11_count to name N_NOTES"):
        injected("11_count", "smoke", place)


def test_names_are_found_by_number_name_and_path(place):
    for word in ("11", "11_count", "notebooks/11_count.ipynb"):
        assert names_of(place, [word]) == ["11_count"]
    assert names_of(place) == ["10_tone", "11_count"]
    with pytest.raises(CourseError, match="choose from 10_tone, 11_count"):
        names_of(place, ["12"])


def test_outputs_repeat_from_run_to_run(done):
    before = read_manifest(done.manifest("10_tone", "smoke"))
    again = run_one("10_tone", "smoke", done)
    assert again.clips == before.clips
    assert again.figures == before.figures


def test_command_reports_failures_in_its_exit_code(
    place, monkeypatch, capsys, write_notebook
):
    monkeypatch.setattr(runner, "Workplace", lambda: place)
    write_notebook(place.notebooks, "11_count", "1 / 0")
    assert runner.main(["--preset", "smoke", "11"]) == 1
    shown = capsys.readouterr()
    assert shown.out == "0 of 1 notebooks are fresh at smoke\n"
    assert "ZeroDivisionError" in shown.err
    assert runner.main(["--preset", "smoke", "77"]) == 2
    assert "expected a notebook in" in capsys.readouterr().err


def test_report_goes_to_stderr_so_that_stdout_holds_results(done, capsys):
    result = runner.run_notebooks(["11"], preset="smoke", place=done)
    assert result["ready"]
    assert result["notebooks"] == ["11_count"]
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "[1/1] 11_count: fresh\n"


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_ends_kernel_and_run_at_once_and_leaves_nothing(
    place, write_notebook
):
    write_notebook(place.notebooks, "11_count", "while True: pass")
    script = f"""
        import sys
        from pathlib import Path
        from course_utils.experiments import runner
        from course_utils.experiments.freshness import Workplace
        place = Workplace(Path({str(place.notebooks)!r}),
                          Path({str(place.executed)!r}))
        runner.Workplace = lambda: place
        sys.exit(runner.main(["--preset", "smoke", "11"]))
    """
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert "executing" in process.stderr.readline()
    kernels = wait_for_kernel(psutil.Process(process.pid))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "stopped; what was executed so far is kept" in errors
    psutil.wait_procs(kernels, timeout=60)
    assert not any(kernel.is_running() for kernel in kernels)
    assert not list(place.executed.rglob("*.ipynb"))


def wait_for_kernel(process):
    while not process.children():
        psutil.wait_procs([], timeout=0.1)
        assert process.is_running()
    return process.children(recursive=True)
