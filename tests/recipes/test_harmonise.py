import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.recipes.harmonise import (
    LIGHTER,
    add_voices,
    harmonise_piece,
    melody_to_classes,
    under_melody,
)
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.chorale import VOICES, sequence_to_grid
from course_utils.symbolic.chorale_classes import HIGHEST, LOWEST
from course_utils.symbolic.melody import melody_to_row

FEW = {"n_candidates": 3, "n_versions": 2}


def song(pitches, *, qpm=100.0, instrument=5, late_s=0.01):
    """Quarters that are not quite on the grid, each louder than the last."""
    sequence = blank_sequence(qpm, (4, 4))
    quarter_s = 60 / qpm
    for i, pitch in enumerate(pitches):
        sequence.notes.add(
            pitch=pitch,
            velocity=60 + i,
            start_time=i * quarter_s + late_s,
            end_time=(i + 0.9) * quarter_s,
            instrument=instrument,
            program=73,
        )
    sequence.total_time = len(pitches) * quarter_s
    return sequence


def notes(sequence, instrument):
    return [
        (n.pitch, n.start_time, n.end_time, n.velocity, n.program)
        for n in sequence.notes
        if n.instrument == instrument
    ]


@pytest.fixture
def checkpoint(transformer_runs):
    return transformer_runs["chorale"]


@pytest.mark.parametrize("octave", [-3, -1, 0, 2])
def test_the_melody_stays_note_for_note(checkpoint, octave):
    piece = song([p + 12 * octave for p in (67, 69, 71, 72)])
    found = harmonise_piece(checkpoint, piece, **FEW)
    assert len(found) == 3
    for candidate in found:
        assert notes(candidate.sequence, 0) == notes(piece, 5)
        row = melody_to_row(piece)
        assert candidate.grid[:, 0].tolist() == row.tolist()
        assert candidate.grid.shape == (len(row), 4)
    nll = [candidate.nll for candidate in found]
    assert nll == sorted(nll)
    assert 1.0 < nll[0] < 6.0  # ln 47 is 3.85; it has hardly learnt


def test_a_harmony_heard_is_the_harmony_composed(checkpoint):
    piece = song((67, 69, 71, 72))
    best = harmonise_piece(checkpoint, piece, **FEW)[0]
    heard = best.sequence
    assert [info.name for info in heard.instrument_infos] == list(VOICES)
    columns = np.full((16, 4), -1)
    for note in heard.notes:
        start, end = np.round(
            np.array([note.start_time, note.end_time]) / 0.15
        ).astype(int)
        columns[start:end, note.instrument] = note.pitch
    assert np.array_equal(columns[:, 1:], best.grid[:, 1:])


def test_only_the_melody_of_a_piece_is_taken(checkpoint):
    alone = song((67, 69, 71, 72))
    whole = song((40, 45, 43, 38), instrument=2)
    whole.notes.extend(alone.notes)
    one, other = (
        harmonise_piece(checkpoint, piece, **FEW)[0]
        for piece in (alone, whole)
    )
    assert np.array_equal(one.grid, other.grid)
    assert notes(other.sequence, 0) == notes(alone, 5)


def test_the_seed_decides_the_harmony(checkpoint):
    one, same, other = (
        harmonise_piece(checkpoint, song((67, 69)), seed=seed, **FEW)
        for seed in (1, 1, 2)
    )
    assert [c.nll for c in one] == [c.nll for c in same]
    assert np.array_equal(one[0].grid, same[0].grid)
    assert one[0].sequence == same[0].sequence
    assert not np.array_equal(one[0].grid, other[0].grid)


@pytest.mark.parametrize(
    ("pitches", "shift"),
    [
        ((67, 69, 72), 0),
        ((60, 62, 64), 12),  # a mean of 74 is nearer to 70 than 62 is
        ((43, 45, 47), 24),
        ((79, 81, 83), -12),
        ((103, 105), -36),
        ((36, 81), 0),  # all the range there is: an octave does not fit
        ((40, 84), -3),  # no octave fits
        ((30, 75), 6),
    ],
)
def test_a_melody_is_sung_in_the_nearest_octave(pitches, shift):
    melody = song(pitches)
    classes, moved = melody_to_classes(melody)
    assert moved == shift
    row = melody_to_row(melody)
    numbers = classes.numpy()
    assert ((numbers == 0) == (row == -1)).all()
    sung = numbers > 0
    assert (numbers[sung] - 1 + LOWEST - moved == row[sung]).all()
    assert numbers.max() <= HIGHEST - LOWEST + 1


@pytest.mark.parametrize("pitches", [(35, 81), (40, 100)])
def test_a_melody_for_two_voices_is_refused(checkpoint, pitches):
    expected = f"within 45 semitones.*from {pitches[0]} to {pitches[1]}"
    with pytest.raises(CourseError, match=expected):
        harmonise_piece(checkpoint, song(pitches), **FEW)


GRID = np.array(
    [[72, 67, 60, 48]] * 4
    + [[74, 67, 59, 43]] * 4
    + [[-1, 67, -1, 43]] * 4
    + [[76, 64, 60, 43]] * 4
)


def test_lower_voices_follow_the_tempos():
    melody = song((72, 74, 74, 76), qpm=60.0)
    melody.tempos.add(time=1.5, qpm=120.0)  # in the middle of a quarter
    piece = under_melody(melody, GRID)
    # Quarters 1, 2, 3, 4 are at 1, 1.75, 2.25 and 2.75 s.
    spans = {
        voice: [(p, start, end) for p, start, end, *_ in notes(piece, voice)]
        for voice in (1, 2, 3)
    }
    assert spans == {
        1: [(67, 0, 1), (67, 1, 2.25), (64, 2.25, 2.75)],
        2: [(60, 0, 1), (59, 1, 1.75), (60, 2.25, 2.75)],
        3: [(48, 0, 1), (43, 1, 2.25), (43, 2.25, 2.75)],
    }
    assert piece.total_time == pytest.approx(4.0)  # of the melody
    assert piece.tempos == melody.tempos


def test_lower_voices_are_a_little_softer_than_the_melody_above():
    melody = song((72, 74, 74, 76), late_s=0.0)
    piece = under_melody(melody, GRID)
    played = [
        (note.instrument, note.pitch, note.velocity)
        for note in piece.notes
        if note.instrument
    ]
    first, second, last = (round(LIGHTER * v) for v in (60, 61, 63))
    assert sorted(played) == [
        *((1, 64, last), (1, 67, first), (1, 67, second)),
        *((2, 59, second), (2, 60, first), (2, 60, last)),
        *((3, 43, second), (3, 43, last), (3, 48, first)),
    ]
    assert {note.program for note in piece.notes} == {73}
    assert melody.notes[0].instrument == 5  # it was not changed


def test_voices_are_added_along_the_tempos_and_read_again():
    piece = blank_sequence(60.0, (4, 4))
    piece.tempos.add(time=1.5, qpm=120.0)
    add_voices(piece, GRID, range(4), velocity=33)
    assert {note.velocity for note in piece.notes} == {33}
    assert np.array_equal(sequence_to_grid(piece), GRID)


def test_a_network_of_performances_cannot_harmonise(transformer_runs):
    with pytest.raises(CourseError, match="music_transformer-chorale in"):
        harmonise_piece(transformer_runs["performance"], song((67,)))
