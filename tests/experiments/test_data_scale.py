import json

from course_utils.experiments.data_scale import (
    made_up_notes,
    made_up_record,
    main,
)


def test_no_two_made_up_notes_have_one_name():
    records = [made_up_record(place) for place in range(5_000)]
    assert len({record["note_str"] for record in records}) == 5_000
    assert all(24 <= record["pitch"] <= 108 for record in records)


def test_made_up_sounds_have_the_length_asked_for():
    for _, sound in made_up_notes(5, 64).read(2, []):
        assert len(sound) == 64
        assert 0 < abs(sound).max() < 1


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
    assert found["notes"]["stream all records"]["n"] == 200
    assert found["notes"]["stream full"]["n"] == 3
    assert found["pieces"]["n"] == 2
    assert found["pieces"]["ratio"] > 0
