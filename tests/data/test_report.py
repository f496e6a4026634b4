from course_utils.data.report import MAX_LISTED, Skipped, skipped_report


def test_nothing_left_out_says_nothing():
    assert skipped_report([]) == ""


def test_names_and_reasons_are_listed_and_the_rest_counted():
    many = [Skipped(f"{i}.mid", "empty") for i in range(MAX_LISTED + 3)]
    lines = skipped_report(many).splitlines()
    assert lines[0] == f"left out {MAX_LISTED + 3}:"
    assert lines[1] == "  0.mid: empty"
    assert lines[-1] == "  and 3 more"
    assert len(lines) == MAX_LISTED + 2
