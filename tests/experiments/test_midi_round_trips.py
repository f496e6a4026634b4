import json

import mido
import pytest

from course_utils.basics.paths import real_data_dir
from course_utils.experiments.midi_round_trips import (
    chorale_files,
    main,
    measure,
    midi_files,
)
from course_utils.symbolic.round_trip import compare_midi_files

N_CHORALES = 6  # all 300 take minutes: run the module itself


def write(path, *, pitch=60, end=480, velocity=80, program=3, meter=3, us=5e5):
    """One note in one part."""
    midi = mido.MidiFile(ticks_per_beat=480)
    head = [
        mido.MetaMessage("set_tempo", tempo=int(us)),
        mido.MetaMessage("time_signature", numerator=meter, denominator=4),
    ]
    part = [
        mido.Message("program_change", program=program),
        mido.Message("note_on", note=pitch, velocity=velocity),
        mido.Message("note_on", note=pitch, velocity=0, time=end),
    ]
    midi.tracks.extend([mido.MidiTrack(head), mido.MidiTrack(part)])
    midi.save(path)
    return path


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pitch": 61}, "notes_equal"),
        ({"end": 482}, "notes_equal"),
        ({"velocity": 81}, "velocities_equal"),
        ({"program": 4}, "programs_equal"),
        ({"meter": 4}, "meters_equal"),
        ({"us": 499_999}, "tempos_equal"),
    ],
)
def test_the_comparison_sees_every_kind_of_difference(tmp_path, change, field):
    first = write(tmp_path / "a.mid")
    assert compare_midi_files(first, write(tmp_path / "b.mid")).is_exact
    found = compare_midi_files(first, write(tmp_path / "c.mid", **change))
    assert not getattr(found, field)
    assert not found.is_exact


def test_one_tick_is_forgiven_and_told(tmp_path):
    first = write(tmp_path / "a.mid")
    found = compare_midi_files(first, write(tmp_path / "b.mid", end=481))
    assert found.is_exact
    assert found.worst_ticks == 1


def test_chorales_written_by_music21_come_back_exactly(tmp_path):
    found = measure(chorale_files(N_CHORALES, tmp_path))
    assert found["n_files"] == found["n_exact"] == N_CHORALES
    assert found["n_notes"] > 100 * N_CHORALES
    assert found["worst_ticks"] == 0


def test_the_command_prints_json(tmp_path, capsys):
    write(tmp_path / "a.mid")
    assert main(["--folder", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["n_exact"] == 1


def test_a_missing_folder_is_one_clear_line(tmp_path, capsys):
    assert main(["--folder", str(tmp_path / "none")]) == 1
    assert "MIDI files" in capsys.readouterr().err


@pytest.mark.real_data
def test_80_maestro_pieces_come_back_exactly():
    if real_data_dir() is None:
        pytest.skip("COURSE_DATA_DIR is not set")
    files = midi_files(real_data_dir() / "maestro_fraction")
    found = measure(files)
    assert found["n_files"] == found["n_exact"] == len(files) == 80
    assert found["worst_ticks"] <= 1
