import pytest

from course_utils.basics.checks import (
    CourseError,
    check_choice,
    check_file,
    check_folder,
    check_range,
    one_line,
)


def test_an_error_says_what_was_expected_what_came_and_what_to_do():
    error = CourseError("a cat", "a dog", "call the cat")
    assert str(error) == "expected a cat; got a dog; call the cat"
    assert isinstance(error, ValueError)


def test_an_error_is_one_printable_line_whatever_it_quotes():
    error = CourseError("a cat", "a\ndog\x1b[31m\ud800", "call\tthe cat")
    assert str(error).isprintable()
    assert r"a dog\x1b[31m\ud800; call\tthe cat" in str(error)
    for long in ("9" * 10**6, "\0" * 10**6):
        assert len(str(CourseError("a cat", long, "call"))) < 500
    names = ", ".join(f"chapter {i}" for i in range(80))
    assert names in str(CourseError("a cat", "a dog", names))
    str(error).encode()  # no half of a pair is left


def test_what_cannot_be_shown_is_named_by_its_kind():
    assert one_line(10**5000) == "int too long to show"
    assert one_line("é 音") == "é 音"
    assert one_line(3.5) == "3.5"


def test_a_choice_must_be_listed():
    check_choice("preset", "cpu", ("smoke", "cpu"))
    with pytest.raises(CourseError, match="one of smoke, cpu; got 'big'"):
        check_choice("preset", "big", ("smoke", "cpu"))


@pytest.mark.parametrize("value", [-1, 2.01, float("nan"), float("inf")])
def test_a_number_outside_its_range_is_refused(value):
    with pytest.raises(CourseError, match="speed from 0 to 2 m/s"):
        check_range("speed", value, 0, 2, "m/s")


@pytest.mark.parametrize("value", [0, 1, 2])
def test_the_ends_of_a_range_belong_to_it(value):
    check_range("speed", value, 0, 2)


def test_a_missing_file_and_a_folder_in_its_place_are_told_apart(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        check_file(tmp_path / "absent.mid", "a MIDI file")
    with pytest.raises(CourseError, match="a folder"):
        check_file(tmp_path, "a MIDI file")


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    for name in ("a" * 300, "\0"):
        with pytest.raises(CourseError, match="a MIDI file at"):
            check_file(tmp_path / name, "a MIDI file")


def test_a_missing_folder_and_a_file_in_its_place_are_told_apart(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(CourseError, match=r"nothing there.*COURSE_DATA_DIR"):
        check_folder(tmp_path / "absent", "notes")
    with pytest.raises(CourseError, match="got a file"):
        check_folder(file, "notes")
    assert check_folder(tmp_path, "notes") == tmp_path
    assert check_file(str(file), "a file") == file
