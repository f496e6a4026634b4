import pytest
from note_seq.protobuf import music_pb2

from course_utils.basics.checks import CourseError
from course_utils.data.instruments import FAMILIES
from course_utils.recipes.gansynth_score import (
    GROUPS,
    STAND_INS,
    fit_score,
    into_range,
    timbre_of,
)

OCTAVE = tuple(range(60, 72))
TIMBRES = ("brass", "flute", "mallet")


def sequence(*notes):
    """Return a piece of (pitch, start, end, program, is_drum) notes."""
    piece = music_pb2.NoteSequence()
    for pitch, start, end, program, is_drum in notes:
        piece.notes.add(
            pitch=pitch,
            start_time=start,
            end_time=end,
            program=program,
            is_drum=is_drum,
            velocity=90,
        )
    return piece


@pytest.mark.parametrize(
    ("pitch", "expected"), [(60, 60), (59, 71), (72, 60), (24, 60), (127, 67)]
)
def test_a_pitch_moves_by_octaves_into_the_range(pitch, expected):
    assert into_range(pitch, OCTAVE) == expected


def test_of_several_octaves_the_nearest_is_taken():
    assert into_range(40, tuple(range(48, 85))) == 52
    assert into_range(100, tuple(range(48, 85))) == 76
    assert into_range(66, (60, 72, 54, 78)) == 54  # the lower of two


def test_a_pitch_without_an_octave_has_no_place():
    assert into_range(61, (60, 62)) is None


@pytest.mark.parametrize(
    ("program", "expected"),
    [(56, "brass"), (73, "flute"), (11, "mallet"), (0, "mallet")],
)
def test_a_program_is_played_by_its_family_or_the_nearest(program, expected):
    assert timbre_of(program, TIMBRES) == expected


def test_every_program_finds_a_timbre_whatever_there_is():
    for program in range(128):
        for timbre in FAMILIES:
            assert timbre_of(program, (timbre,)) == timbre
        assert timbre_of(program, FAMILIES) in FAMILIES
        assert timbre_of(program, ()) is None


def test_the_tables_name_families_only():
    assert len(GROUPS) == 16
    assert set(GROUPS) <= set(FAMILIES)
    assert set(STAND_INS) == set(FAMILIES)
    assert {n for names in STAND_INS.values() for n in names} <= set(FAMILIES)


def test_what_was_changed_is_counted():
    piece = sequence(
        (60, 0.0, 1.0, 56, False),
        (72, 1.0, 2.0, 56, False),
        (61, 0.5, 1.0, 0, False),
        (36, 0.0, 0.1, 0, True),
        (38, 0.5, 0.6, 0, True),
    )
    score = fit_score(piece, (60, 62, 64), TIMBRES)
    assert (score.n_moved, score.n_drums, score.n_left_out) == (1, 2, 1)
    assert score.timbres == {0: "mallet", 56: "brass"}
    played = [(n.start_s, n.pitch, n.timbre) for n in score.notes]
    assert played == [(0.0, 60, "brass"), (1.0, 60, "brass")]


def test_one_timbre_may_play_everything():
    piece = sequence((60, 0, 1, 56, False), (62, 0, 1, 0, False))
    score = fit_score(piece, OCTAVE, TIMBRES, "flute")
    assert {note.timbre for note in score.notes} == {"flute"}
    assert score.timbres == {0: "flute", 56: "flute"}


def test_notes_come_in_the_order_of_their_starts():
    piece = sequence((65, 2, 3, 0, False), (64, 1, 2, 0, False))
    score = fit_score(piece, OCTAVE, TIMBRES)
    assert [note.pitch for note in score.notes] == [64, 65]


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        ((), "0 notes, none of them such"),
        (((36, 0, 1, 0, True),), "1 notes, none of them such"),
        (((60, 2, 1, 0, False),), "end of a note"),
        (((60, 0, 9e9, 0, False),), "end of a note"),
        (((60, -1, 1, 0, False),), "start of a note"),
    ],
)
def test_what_cannot_be_played_is_refused(notes, message):
    with pytest.raises(CourseError, match=message):
        fit_score(sequence(*notes), OCTAVE, TIMBRES)


def test_too_many_notes_are_refused(monkeypatch):
    monkeypatch.setattr("course_utils.recipes.gansynth_score.MAX_NOTES", 1)
    piece = sequence((60, 0, 1, 0, False), (62, 0, 1, 0, False))
    with pytest.raises(CourseError, match="number of notes"):
        fit_score(piece, OCTAVE, TIMBRES)


def test_an_unknown_timbre_is_refused():
    with pytest.raises(CourseError, match="brass, flute, mallet"):
        fit_score(sequence((60, 0, 1, 0, False)), OCTAVE, TIMBRES, "oboe")


def test_an_impossible_program_is_refused():
    with pytest.raises(CourseError, match="program"):
        timbre_of(128, TIMBRES)
