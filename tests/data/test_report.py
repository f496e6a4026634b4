from course_utils.data.report import (
    MAX_LISTED,
    Skipped,
    skipped_line,
    skipped_report,
)


def test_nothing_left_out_says_nothing():
    assert skipped_report([]) == ""


def test_names_and_reasons_are_listed_and_the_rest_counted():
    many = [Skipped(f"{i}.mid", "empty") for i in range(MAX_LISTED + 3)]
    lines = skipped_report(many).splitlines()
    assert lines[0] == f"left out {MAX_LISTED + 3}:"
    assert lines[1] == "  0.mid: empty"
    assert lines[-1] == "  and 3 more"
    assert len(lines) == MAX_LISTED + 2


def test_an_error_gets_one_line():
    assert skipped_line([]) == "none"
    many = [Skipped(name, "empty") for name in ("a.mid", "b.mid", "c.mid")]
    told = "3 left out: a.mid (empty), b.mid (empty), and 1 more"
    assert skipped_line(many) == told
