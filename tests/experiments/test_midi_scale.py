import pytest

from course_utils.data.corpora import chorales
from course_utils.experiments.midi_scale import measure_pieces, varied_files
from course_utils.symbolic.sequences import midi_to_sequence


def test_varied_pieces_have_other_bytes_and_as_many_notes(tmp_path):
    n_pieces = len(chorales("smoke"))
    paths = list(varied_files(2 * n_pieces, tmp_path, "smoke"))
    assert len({path.read_bytes() for path in paths}) == 2 * n_pieces
    slow, fast = (midi_to_sequence(paths[i]) for i in (0, n_pieces))
    assert len(slow.notes) == len(fast.notes)
    assert fast.total_time / slow.total_time == pytest.approx(0.9, rel=1e-3)


def test_every_step_is_measured_and_no_file_is_left(tmp_path):
    found = measure_pieces(3, tmp_path, "smoke")
    assert found["n"] == 3
    assert found["n_events"] > 300
    assert set(found["wall"]) == set(found["processor"])
    assert min(found["processor"].values()) > 0
    assert [p.name for p in tmp_path.iterdir()] == ["first.mid"]
