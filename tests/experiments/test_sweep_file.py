"""A sweep file is read to the letter, or refused with the key's name."""

import itertools

import pytest
import yaml

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import REPOSITORY
from course_utils.experiments.freshness import Workplace
from course_utils.experiments.sweep_file import (
    MAX_BYTES,
    MAX_RUNS,
    read_sweep,
)

NAMES = 'PRESET = "cpu"\nSEED = 0\nN_NOTES = None\nRATE = None'
GOOD = {"name": "tones", "notebook": 10, "preset": "smoke"}


@pytest.fixture
def place(tmp_path, write_notebook):
    place = Workplace(tmp_path / "notebooks", tmp_path / "executed")
    write_notebook(place.notebooks, "10_tone", "1", names=NAMES)
    write_notebook(place.notebooks, "11_calm", "1", names='PRESET = "cpu"')
    return place


@pytest.fixture
def read(tmp_path, place):
    """Give a function that reads a sweep from a dict or a text."""

    def read_it(content):
        text = content if isinstance(content, str) else yaml.dump(content)
        path = tmp_path / "sweep.yml"
        path.write_text(text, encoding="utf-8")
        return read_sweep(path, place)

    return read_it


def test_a_grid_is_each_combination_with_each_seed(read):
    grid = {"N_NOTES": [1, 2], "RATE": [0.5, 0.25, 0.125]}
    sweep = read(GOOD | {"grid": grid, "seeds": [3, 4]})
    assert (sweep.notebook, sweep.preset) == ("10_tone", "smoke")
    found = [tuple(c.values()) for c in sweep.changes]
    assert found == list(itertools.product(*grid.values(), [3, 4]))
    assert set(sweep.changes[0]) == {"N_NOTES", "RATE", "SEED"}


def test_a_list_is_one_run_an_entry(read):
    entries = [{"N_NOTES": 1}, {"RATE": 0.5, "N_NOTES": 2}]
    assert list(read(GOOD | {"list": entries}).changes) == entries


def test_a_sweep_may_be_over_seeds_alone(read):
    found = read(GOOD | {"seeds": [0, 1, 2]}).changes
    assert list(found) == [{"SEED": 0}, {"SEED": 1}, {"SEED": 2}]
    assert read(GOOD | {"seeds": 5}).changes == ({"SEED": 5},)
    assert read(GOOD).changes == ({},)


def test_names_of_runs_depend_on_the_parameters_alone(read):
    one = read(GOOD | {"list": [{"N_NOTES": 1, "RATE": 2}], "seeds": 3})
    two = read(GOOD | {"name": "b", "grid": {"RATE": [2], "N_NOTES": [1, 3]}})
    same = {"SEED": 3, "RATE": 2, "N_NOTES": 1}
    assert one.run_name(one.changes[0]) == one.run_name(same)
    names = [two.run_name(changes) for changes in two.changes]
    assert len({one.run_name(same), *names}) == 3


WRONG = {
    "name": [
        {"name": "../up"},
        {"name": ""},
        {"name": "Big"},
        {"name": 3},
        {"name": "a" * 65},
    ],
    "notebook": [
        {"notebook": 77},
        {"notebook": "../../etc/passwd"},
        {"notebook": ["10", "11"]},
        {"notebook": True},
        {"notebook": ""},
    ],
    "preset": [{"preset": "huge"}, {"preset": ["smoke"]}],
    "seeds": [
        {"seeds": [1, 1]},
        {"seeds": -1},
        {"seeds": [True]},
        {"seeds": []},
        {"seeds": "1"},
        {"seeds": [[1]]},
        {"notebook": 11, "seeds": [1]},
    ],
    "grid": [
        {"grid": {"N_NOTES": [1]}, "list": [{"N_NOTES": 1}]},
        {"grid": {}},
        {"grid": [1]},
        {"grid": {"N_NOTES": 3}},
        {"grid": {"N_NOTES": []}},
        {"grid": {"N_NOTES": [None]}},
        {"grid": {"N_NOTES": [float("nan")]}},
        {"grid": {"N_NOTES": [2**60]}},
        {"grid": {"N_NOTES": ["a\nb"]}},
        {"grid": {"N_NOTES": [[[1]]]}},
        {"grid": {"N_NOTES": [1, 1]}},
        {"grid": {"SEED": [1]}},
        {"grid": {"PRESET": ["cpu"]}},
        {"grid": {"n_notes": [1]}},
        {"grid": {3: [1]}},
        {"grid": {"N_NOTES": list(range(MAX_RUNS + 1))}},
        {"grid": {"N_NOTES": list(range(600))}, "seeds": [1, 2]},
    ],
    "list": [
        {"list": []},
        {"list": {"N_NOTES": 1}},
        {"list": [3]},
        {"list": [{"N_NOTES": {"a": 1}}]},
        {"list": [{"SEED": 1}]},
        {"list": [{"N_NOTES": 1}, {"N_NOTES": 1}]},
    ],
}
CASES = [(key, change) for key, row in WRONG.items() for change in row]


@pytest.mark.parametrize(("key", "change"), CASES, ids=str)
def test_each_mistake_is_one_line_that_names_the_key(read, key, change):
    with pytest.raises(CourseError) as error:
        read(GOOD | change)
    assert key in str(error.value)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("key", GOOD)
def test_a_missing_key_is_named(read, key):
    table = {k: v for k, v in GOOD.items() if k != key}
    with pytest.raises(CourseError, match=f"{key} in the sweep to be there"):
        read(table)


def test_an_unknown_key_is_named(read):
    with pytest.raises(CourseError, match=r"'girds' in the sweep to be one"):
        read(GOOD | {"girds": {}})


def test_parameters_of_its_own_keys_are_sent_there(read):
    with pytest.raises(CourseError, match="'SEED', which is the key seeds"):
        read(GOOD | {"grid": {"SEED": [1]}})


BOMB = "a: &a [1]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in itertools.pairwise("abcdefghij")
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        "&a [*a]",
        "[" * 90_000,
        "{" * 90_000,
        "- " * 45_000,
        "? " * 45_000,
        "x: " * 10_000,
        "!!python/object/apply:os.system ['touch stolen']",
        "name: [",
        "2020-99-99",
        "? [a]\n: b",
        "\x00",
        "",
        "just words",
        "name: !!int " + "9" * 5000,
        "# " + "x" * MAX_BYTES,
    ],
    ids=range(16),
)
def test_hostile_files_are_one_clear_error(read, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CourseError, match="the file in the sweep"):
        read(text)
    assert not (tmp_path / "stolen").exists()


def test_bytes_that_are_no_text_are_one_clear_error(tmp_path, place):
    path = tmp_path / "sweep.yml"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(CourseError, match="the file in the sweep"):
        read_sweep(path, place)


def test_the_sweeps_that_ship_are_good():
    paths = sorted((REPOSITORY / "data" / "sweeps").glob("*.yml"))
    assert paths
    for path in paths:
        sweep = read_sweep(path, Workplace())
        assert sweep.name == path.stem
        assert 1 < len(sweep.changes) <= 12


def test_a_number_or_time_that_yaml_cannot_build_is_refused(read):
    with pytest.raises(CourseError, match="the file in the sweep to be YAML"):
        read("!!timestamp x")
