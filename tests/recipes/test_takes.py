import pytest
from note_seq.protobuf import music_pb2

from course_utils.recipes.loudness_match import rendered_db
from course_utils.recipes.takes import most_like

SCALE = (0, 2, 4, 5, 7, 9, 11, 12)


def scale(root, velocity=80, n_notes=8):
    """A major scale in eighths at 120 quarters a minute."""
    sequence = music_pb2.NoteSequence(total_time=2.0)
    sequence.tempos.add(qpm=120.0)
    for i, step in enumerate(SCALE[:n_notes]):
        sequence.notes.add(
            pitch=root + step,
            velocity=velocity + i,
            start_time=i / 4,
            end_time=(i + 1) / 4,
        )
    return sequence


def test_the_take_in_the_primers_key_is_kept():
    takes = [scale(66), scale(60), scale(61)]
    assert most_like(scale(72), takes, as_loud=False) is takes[1]


def test_a_take_is_brought_to_the_primers_level():
    primer, soft = scale(60, 80), scale(60, 40)
    primer.notes[0].velocity = 20
    kept = most_like(primer, [soft], as_loud=True)
    assert kept is soft
    assert rendered_db(kept) == pytest.approx(rendered_db(primer), abs=0.8)


def test_a_take_too_thin_to_be_loud_enough_is_passed_over():
    primer = scale(60, 80)
    thin, full = scale(60, 80, n_notes=1), scale(67, 80)
    assert most_like(primer, [thin, full], as_loud=False) in (thin, full)
    assert most_like(primer, [thin, full], as_loud=True) is full


def test_if_none_is_loud_enough_the_nearest_is_kept():
    primer = scale(60, 80)
    thinnest, thin = scale(60, 80, n_notes=1), scale(60, 80, n_notes=3)
    assert most_like(primer, [thinnest, thin], as_loud=True) is thin


def oompah(n_beats, n_bars=12):
    """A low long note and high short ones, bar after bar."""
    sequence = music_pb2.NoteSequence(total_time=n_bars * n_beats / 2)
    sequence.tempos.add(qpm=120.0)
    for beat in range(n_bars * n_beats):
        first = beat % n_beats == 0
        for pitch in (48,) if first else (64, 67, 72):
            sequence.notes.add(
                pitch=pitch,
                velocity=80,
                start_time=beat / 2,
                end_time=beat / 2 + (0.5 if first else 0.25),
            )
    return sequence


@pytest.mark.parametrize("n_beats", [3, 4])
def test_the_take_with_the_primers_rhythm_is_kept(n_beats):
    takes = [oompah(3), oompah(4)]
    kept = most_like(oompah(n_beats, n_bars=20), takes, as_loud=False)
    assert kept is takes[n_beats - 3]
