import json
import sys

import pytest

from course_utils.basics.checks import CourseError
from course_utils.experiments import processes_curves
from course_utils.experiments.processes_curves import (
    largest_difference,
    loss_curve,
    main,
    train_words,
)


def test_the_difference_is_relative_to_the_second_curve():
    assert largest_difference([1.0, 2.2], [1.0, 2.0]) == pytest.approx(0.1)
    assert largest_difference([-1.5], [-1.0]) == pytest.approx(0.5)
    assert largest_difference([3.0, 4.0], [3.0, 4.0]) == 0


@pytest.mark.parametrize("curves", [([1.0], [1.0, 2.0]), ([], [])])
def test_curves_of_other_lengths_are_refused(curves):
    with pytest.raises(CourseError, match="two curves of as many steps"):
        largest_difference(*curves)


def test_torchrun_is_asked_for_several_processes_only(tmp_path):
    alone = train_words("lstm", "smoke", tmp_path)
    two = train_words("lstm", "smoke", tmp_path, 2)
    assert "torch.distributed.run" not in alone
    assert two[two.index("--nproc-per-node") + 1] == "2"
    assert two[-len(alone) + 1 :] == alone[1:]


def test_a_curve_is_the_column_of_the_history(tmp_path):
    code = f"open({str(tmp_path / 'history.csv')!r}, 'w').write({HISTORY!r})"
    words = [sys.executable, "-c", code]
    assert loss_curve(words, tmp_path, "nll") == [3.0, 2.5]


HISTORY = "step,nll,other\n1,3.0,7\n2,2.5,\n"


def test_a_training_that_fails_tells_its_own_line(tmp_path):
    code = "import sys; sys.exit('course train: no disk\\nmore of others')"
    with pytest.raises(CourseError, match="course train: no disk;"):
        loss_curve([sys.executable, "-c", code], tmp_path, "nll")


def test_all_models_are_written_and_told(monkeypatch, tmp_path, capsys):
    def curve(words, out, loss):
        alone = "torch.distributed.run" not in words
        nudged = "--rate-factor" in words
        return [2.0, 1.0 if alone else 1.25, 1.0, 1.5 if nudged else 1.0]

    monkeypatch.setattr(processes_curves, "loss_curve", curve)
    main(["--out", str(tmp_path / "found.json")])
    found = json.loads((tmp_path / "found.json").read_text())
    assert set(found["models"]) == {"lstm", "music_transformer", "gansynth"}
    gan = found["models"]["gansynth"]
    assert gan["largest_difference"]["2 processes"] == 0.25
    nudged = "1 process, rates 1e-7 higher"
    assert gan["largest_difference"][nudged] == 0.5
    assert gan["first_steps"] == {"2 processes": 0.25, nudged: 0}
    assert len(capsys.readouterr().out.splitlines()) == 4
