import json

import pytest

from course_utils.data.corpora import chorales
from course_utils.experiments.data_scale import (
    made_up_notes,
    made_up_record,
    main,
    write_pieces,
)
from course_utils.symbolic.sequences import midi_to_sequence


def test_no_two_made_up_notes_have_one_name():
    records = [made_up_record(place) for place in range(5_000)]
    assert len({record["note_str"] for record in records}) == 5_000
    assert all(24 <= record["pitch"] <= 108 for record in records)


def test_made_up_sounds_have_the_length_asked_for():
    for _, sound in made_up_notes(5, 64).read(2, []):
        assert len(sound) == 64
        assert 0 < abs(sound).max() < 1


def test_varied_pieces_have_other_bytes_and_as_many_notes(tmp_path):
    n_pieces = len(chorales("smoke"))
    paths = write_pieces(2 * n_pieces, tmp_path, "smoke")
    assert len({path.read_bytes() for path in paths}) == 2 * n_pieces
    slow, fast = (midi_to_sequence(paths[i]) for i in (0, n_pieces))
    assert len(slow.notes) == len(fast.notes)
    assert fast.total_time / slow.total_time == pytest.approx(0.9, rel=1e-3)


def test_the_command_prints_one_json_object(capsys):
    main(
        [
            "--notes",
            "200",
            "--full-notes",
            "3",
            "--files",
            "2",
            "--preset",
            "smoke",
        ]
    )
    found = json.loads(capsys.readouterr().out)
    assert found["notes"]["stream records"]["n"] == 200
    assert found["notes"]["stream full"]["n"] == 3
    assert found["pieces"]["read and tokenised"]["n"] == 2
    assert found["pieces"]["ratio"] > 0
