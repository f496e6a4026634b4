from dataclasses import replace

import pytest

from course_utils.basics.checks import CourseError
from course_utils.evaluation import listening
from course_utils.evaluation.listening import Answer, Tally

HEADER = "test,listener,trial,kind,question,a,b,truth,answer,plays,seconds\r\n"
ROW = "t,ann,1,real,q1,lstm,real,b,b,2,4.5\r\n"
FIRST = Answer("t", "ann", 1, "real", "q1", "lstm", "real", "b", "b", 2, 4.5)
WRONG = replace(FIRST, trial=2, question="q2", answer="a")
LIKED = replace(FIRST, trial=3, kind="prefer", truth="", answer="a")
SAME = replace(FIRST, trial=4, kind="abx", truth="a", answer="a")
ALL = [FIRST, WRONG, LIKED, SAME, replace(WRONG, listener="bob", a="tr")]


@pytest.fixture
def file(tmp_path):
    def write(text, name="answers.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_a_row_is_read_as_it_stands(file):
    assert listening.read_answers(file(HEADER + ROW)) == [FIRST]


def test_what_is_written_comes_back(tmp_path):
    odd = replace(FIRST, question='a "comma", here', listener="Zoë")
    path = tmp_path / "new" / "answers.csv"
    listening.write_answers([odd, *ALL[1:]], path)
    assert listening.read_answers(path) == [odd, *ALL[1:]]


def test_the_mark_that_spreadsheets_put_first_is_passed_over(file):
    path = file(HEADER + ROW, encoding="utf-8-sig")
    assert listening.read_answers(path) == [FIRST]


def test_several_listeners_are_joined_in_order(file):
    other = ROW.replace("ann", "bob")
    paths = [file(HEADER + ROW, "1.csv"), file(HEADER + other, "2.csv")]
    names = [x.listener for x in listening.read_answers(*paths)]
    assert names == ["ann", "bob"]


def test_the_same_file_twice_is_refused(file):
    path = file(HEADER + ROW)
    with pytest.raises(CourseError, match="trial 1 of listener ann twice"):
        listening.read_answers(path, path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "an empty file in line 1"),
        (HEADER, "no answer below"),
        (HEADER.replace("truth,", ""), "the columns test, listener"),
        (HEADER.replace(",", ";") + ROW, "the columns test;listener"),
        (HEADER + ROW + "t,ann,2\r\n", "3 values in line 3"),
        (HEADER + ROW.replace("b,b,2", "b,c,2"), "'c' as answer in line 2"),
        (HEADER + ROW.replace("b,b,2", "b,,2"), "'' as answer in line 2"),
        (HEADER + ROW.replace("b,b,2", ",b,2"), "'' as truth in line 2"),
        (HEADER + ROW.replace("real,q1", "mood,q1"), "'mood' as kind"),
        (HEADER + ROW.replace("real,q1", "prefer,q1"), "'b' as truth"),
        (HEADER + ROW.replace("ann,1", "ann,one"), "'one' as trial"),
        (HEADER + ROW.replace("4.5", "nan"), "nan as seconds"),
        (HEADER + ROW.replace("b,2", "b,-2"), "-2 as plays"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(file, text, reason):
    with pytest.raises(CourseError, match=reason) as caught:
        listening.read_answers(file(text))
    assert "save it again from the listening test" in str(caught.value)


def test_a_file_that_is_no_text_is_refused(file):
    path = file(HEADER + ROW.replace("ann", "Zoë"), encoding="latin-1")
    with pytest.raises(CourseError, match="no text in UTF-8"):
        listening.read_answers(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        listening.read_answers(tmp_path / "none.csv")


def test_what_an_answer_means():
    assert (FIRST.right, WRONG.right, LIKED.right) == (True, False, None)
    assert (FIRST.chosen, WRONG.chosen, LIKED.chosen) == (
        "real",
        "lstm",
        "lstm",
    )
    assert FIRST.pair == replace(FIRST, a="real", b="lstm").pair


def test_right_answers_are_counted_where_there_are_any():
    assert listening.tally(ALL) == Tally(2, 4)


def test_likings_are_counted_apart():
    assert listening.tally(ALL, liked="lstm") == Tally(1, 1)
    assert listening.tally(ALL, liked="real") == Tally(0, 1)
    with pytest.raises(CourseError, match="that could choose tr"):
        listening.tally(ALL, liked="tr")
    with pytest.raises(CourseError, match="answers to count"):
        listening.tally([LIKED])


def test_tables_per_listener_per_question_and_per_pair():
    by = {g: listening.tally_by(ALL, g) for g in listening.GROUPS}
    assert by["listener"] == {"ann": Tally(2, 3), "bob": Tally(0, 1)}
    assert by["kind"] == {"real": Tally(1, 3), "abx": Tally(1, 1)}
    asked = [x for x in ALL if x.kind == "real"]
    questions = listening.tally_by(asked, "question")
    assert questions == {"q1": Tally(1, 1), "q2": Tally(0, 2)}
    pairs = listening.tally_by(asked, "pair")
    assert pairs == {"lstm / real": Tally(1, 2), "real / tr": Tally(0, 1)}
    with pytest.raises(CourseError, match="group to be one of"):
        listening.tally_by(ALL, "mood")


def test_a_tally_knows_its_share_interval_and_p_value():
    count = Tally(8, 8)
    assert count.share == 1
    assert count.p_value == pytest.approx(1 / 256)
    assert count.interval == (pytest.approx(0.025 ** (1 / 8)), 1.0)


def test_the_table_prints_one_line_a_group():
    text = listening.table({"ann": Tally(8, 8), "bob": Tally(3, 8)}, "who")
    head, ann, bob = text.splitlines()
    assert head.startswith("who right  of  share")
    assert ann.split() == [
        "ann",
        "8",
        "8",
        "1.00",
        "0.63",
        "to",
        "1.00",
        "0.0039",
    ]
    assert bob.split() == [
        "bob",
        "3",
        "8",
        "0.38",
        "0.09",
        "to",
        "0.76",
        "0.8555",
    ]
