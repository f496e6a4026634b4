import pytest

from course_utils import cli
from course_utils.basics import launch
from course_utils.basics.checks import CourseError

TOLD = {
    "RANK": "0",
    "WORLD_SIZE": "2",
    "LOCAL_RANK": "0",
    "LOCAL_WORLD_SIZE": "1",
    "MASTER_ADDR": "127.0.0.1",
    "MASTER_PORT": "1",
}


@pytest.fixture
def told(monkeypatch):
    for name, value in TOLD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    return monkeypatch


@pytest.fixture
def waits(monkeypatch):
    found = []
    monkeypatch.setattr(launch.time, "sleep", found.append)
    return found


@pytest.mark.parametrize("missing", launch.TOLD)
def test_what_torchrun_did_not_start_is_alone(told, missing):
    assert launch.n_processes() == 2
    told.delenv(missing)
    assert (launch.n_processes(), launch.is_main()) == (1, True)
    launch.check_alone("a test")


def test_the_first_process_is_the_main_one(told):
    assert launch.is_main()
    assert launch.n_here() == 1
    told.setenv("RANK", "1")
    assert not launch.is_main()


def test_others_show_no_bars(told):
    launch.hush_others()
    assert "TQDM_DISABLE" not in launch.os.environ
    told.setenv("RANK", "1")
    launch.hush_others()
    assert launch.os.environ["TQDM_DISABLE"] == "1"


@pytest.mark.usefixtures("told")
def test_what_one_does_alone_is_refused_to_several():
    with pytest.raises(CourseError, match="one process, for a test; got 2"):
        launch.check_alone("a test")


def test_who_knows_most_of_an_error_speaks_first(told, waits):
    own, lost = CourseError("a", "b", "c"), launch.ProcessLostError(2)
    launch.wait_for_turn(own)
    assert waits == []
    launch.wait_for_turn(lost)
    told.setenv("RANK", "1")
    launch.wait_for_turn(own)
    assert waits == [launch.OTHERS_ERROR_S, launch.OWN_ERROR_S]
    assert launch.OTHERS_ERROR_S > 2 * launch.OWN_ERROR_S


@pytest.mark.usefixtures("told", "waits")
def test_a_judge_of_notes_is_trained_alone(capsys, tmp_path):
    words = ["train", "note_judge", "--preset", "smoke"]
    assert cli.main([*words, "--out", str(tmp_path)]) == 1
    assert "one process, for a judge of notes" in capsys.readouterr().err


def test_others_print_no_result(told, capsys):
    told.setenv("RANK", "1")
    assert cli.main(["doctor", "--json"]) == 0
    assert capsys.readouterr().out == ""
