import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.sources import SOURCES, find

PLACES = {
    "nsynth": "nsynth-test/examples.json",
    "maestro": "maestro-v3.0.0/maestro-v3.0.0.csv",
    "pop909": "POP909-Dataset/POP909/001/001.mid",
    "jsb": "JSB-Chorales-dataset/Jsb16thSeparated.json",
}
ANSWERS = {
    "nsynth": "nsynth-test",
    "maestro": "maestro-v3.0.0",
    "pop909": "POP909-Dataset/POP909",
    "jsb": "JSB-Chorales-dataset",
}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path))
    return tmp_path


def test_every_source_says_whose_it_is():
    assert set(SOURCES) == {"notes", "chorales", *PLACES}
    for name, source in SOURCES.items():
        assert source.name == name
        assert source.kind in ("notes", "pieces")
        assert source.licence
        assert source.citation
        assert source.size
        assert source.embedded == (not source.markers)


@pytest.mark.parametrize("name", PLACES)
def test_a_set_is_found_where_people_unpack_it(root, name):
    path = root / PLACES[name]
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert find(name) == root / ANSWERS[name]


@pytest.mark.parametrize("name", PLACES)
def test_a_set_that_is_absent_says_what_to_do(root, name, monkeypatch):
    with pytest.raises(CourseError, match=r"get it from http.*correct"):
        find(name)
    monkeypatch.delenv("COURSE_DATA_DIR")
    with pytest.raises(CourseError, match="set COURSE_DATA_DIR"):
        find(name)


@pytest.mark.parametrize("name", ["notes", "chorales"])
def test_embedded_sets_lie_nowhere(name):
    with pytest.raises(CourseError, match=f"course data {name}"):
        find(name)


def test_a_path_is_a_name_too(tmp_path):
    assert find(str(tmp_path)) == tmp_path
    with pytest.raises(CourseError, match=r"notes, chorales.*got 'nsnyth'"):
        find("nsnyth")
