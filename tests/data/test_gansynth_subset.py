import json

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.gansynth_subset import (
    TABLE,
    gansynth_notes,
    gansynth_sides,
)


def names_of(notes):
    return {record["note_str"] for record in notes.records}


def edit(folder, change):
    path = folder / "examples.json"
    content = json.loads(path.read_text())
    for record in content.values():
        change(record)
    path.write_text(json.dumps(content))


def test_the_two_sides_share_no_note_and_make_the_whole(nsynth_folder):
    train = gansynth_notes(nsynth_folder, "train")
    held = gansynth_notes(nsynth_folder, "validation")
    assert not names_of(train) & names_of(held)
    assert names_of(train) | names_of(held) == names_of(
        gansynth_notes(nsynth_folder)
    )
    assert train[0]["waveform"].shape == (64_000,)


def test_an_instrument_may_stand_on_both_sides(nsynth_folder):
    sides = [gansynth_notes(nsynth_folder, s) for s in ("train", "validation")]
    names = [{r["instrument_str"] for r in side.records} for side in sides]
    assert names[0] & names[1]


def test_a_fifth_of_many_notes_is_held_out():
    sides = gansynth_sides(f"flute_acoustic_{i:05d}" for i in range(20_000))
    share = sum(side == "validation" for side in sides.values()) / 20_000
    assert abs(share - 0.2) < 0.01  # 3.5 standard deviations


def test_only_acoustic_notes_from_24_to_84_are_taken(nsynth_folder):
    def change(record):
        number = record["instrument"] % 100
        if number == 0:
            record["instrument_source_str"] = "electronic"
        record["pitch"] = {1: 23, 2: 24, 3: 84, 4: 85}.get(number, 60)

    edit(nsynth_folder, change)
    notes = gansynth_notes(nsynth_folder)
    assert len(notes) == 12  # two of five instruments, three families, twice
    assert {record["pitch"] for record in notes.records} == {24, 84}


def test_the_papers_own_list_is_taken_when_it_lies_beside(nsynth_folder):
    names = sorted(names_of(gansynth_notes(nsynth_folder)))
    table = nsynth_folder.parent / TABLE
    table.parent.mkdir()
    splits = ["train"] * 20 + ["valid"] * 5 + ["test"] * 4  # one is in none
    rows = (f"{n},{s}" for n, s in zip(names, splits, strict=False))
    table.write_text("id,split\n" + "\n".join(rows))
    assert names_of(gansynth_notes(nsynth_folder, "train")) == set(names[:20])
    found = names_of(gansynth_notes(nsynth_folder, "validation"))
    assert found == set(names[20:25])
    found = names_of(gansynth_notes(nsynth_folder, "test"))
    assert found == set(names[25:29])


@pytest.mark.parametrize(
    "text", ["a,b\n1,2", "id,split\nx,dev", "id\nx", "\xff"]
)
def test_another_table_is_refused(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(CourseError, match=r"id and split.*another table"):
        gansynth_sides(["x"], path)


def test_a_split_without_notes_is_refused(nsynth_folder):
    with pytest.raises(CourseError, match="none of them"):
        gansynth_notes(nsynth_folder, "test")
