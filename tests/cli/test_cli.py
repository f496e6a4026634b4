import json
import subprocess
import sys

import pytest

from course_utils import cli
from course_utils.basics.checks import CourseError
from course_utils.experiments import costs


def run(capsys, *words):
    code = cli.main(words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_doctor_prints_one_json_object(capsys):
    code, out, err = run(capsys, "doctor", "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["ready"]
    assert set(report["resources"]) >= {"SoundFont", "renderer"}


def test_the_doctor_speaks_to_people_too(capsys):
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert out.strip().endswith("ready")


def test_the_doctor_says_how_long_a_chapter_takes(capsys):
    words = ("doctor", "--chapter", "00_start_here")
    code, out, _ = run(capsys, *words)
    assert code == 0
    told = out.strip().split("\n")[-2:]
    assert told == [costs.sentence(words[-1], p) for p in ("cpu", "colab")]
    _, out, _ = run(capsys, *words, "--json")
    assert list(json.loads(out)["costs"].values()) == told


def test_a_missing_resource_makes_the_doctor_fail(capsys, monkeypatch):
    from course_utils.recipes import doctor

    found = doctor.resources()
    found["renderer"] |= {"ready": False, "where": "not there"}
    monkeypatch.setattr(doctor, "resources", lambda: found)
    code, out, _ = run(capsys, "doctor")
    assert code == 1
    assert "pip install --no-deps tinysoundfont" in out
    assert "NOT READY" in out


def test_an_error_is_one_line_on_stderr(capsys, tmp_path):
    code, out, err = run(
        capsys, "compare", str(tmp_path / "a.wav"), str(tmp_path / "b.wav")
    )
    assert code == 1
    assert out == ""
    assert err.startswith("course compare: expected")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("train", "lstm", "--preset", "huge"),
        ("generate", "lstm", "--out", "x.mid"),
        ("train", "lstm", "--seed", "one"),
    ],
)
def test_a_misused_command_is_one_line_on_stderr(capsys, words):
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    captured = capsys.readouterr()
    assert stop.value.code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "--help" in captured.err


@pytest.mark.parametrize(
    "command",
    ["doctor", "data", "train", "generate", "evaluate", "compare"],
)
def test_every_command_explains_itself(capsys, command):
    with pytest.raises(SystemExit) as stop:
        cli.main((command, "--help"))
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_an_interruption_is_told_in_one_line(capsys, monkeypatch):
    from course_utils.recipes import doctor

    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "examine", interrupt)
    code, _, err = run(capsys, "doctor")
    assert code == 130
    assert "interrupted" in err


def test_a_long_error_is_folded_into_one_line(capsys, monkeypatch):
    from course_utils.recipes import doctor

    def fail():
        raise CourseError("a\nb", "c", "d")

    monkeypatch.setattr(doctor, "examine", fail)
    code, _, err = run(capsys, "doctor")
    assert (code, err) == (1, "course doctor: expected a b; got c; d\n")


def test_python_m_course_utils_is_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "course_utils", "doctor", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)["ready"]


def test_a_reader_that_stops_early_is_no_error():
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} -m course_utils doctor | true",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
