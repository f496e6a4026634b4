import numpy as np
import pytest
from music21 import note as m21_note
from music21 import stream as m21_stream
from note_seq.protobuf import music_pb2

from course_utils.basics.checks import CourseError
from course_utils.evaluation import musical

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)
CORRELATION_ATOL = 1e-9  # both compute Pearson's r in float64


def piece(notes, meters=(), tempos=()):
    """Build a sequence; notes are (pitch, start, end) in seconds."""
    sequence = music_pb2.NoteSequence()
    for pitch, start, end in notes:
        sequence.notes.add(
            pitch=pitch, start_time=start, end_time=end, velocity=80
        )
    for time, numerator, denominator in meters:
        sequence.time_signatures.add(
            time=time, numerator=numerator, denominator=denominator
        )
    for time, qpm in tempos:
        sequence.tempos.add(time=time, qpm=qpm)
    return sequence


def melody(pitches, durations):
    ends = np.cumsum(durations)
    return piece(
        [
            (int(p), float(e - d), float(e))
            for p, d, e in zip(pitches, durations, ends, strict=True)
        ]
    )


def scale(tonic, steps):
    """Tonic and fifth long, the others short."""
    pitches = [tonic + step for step in steps] + [tonic + 12]
    durations = [2.0, 1, 1, 1, 2, 1, 0.5, 4]
    return melody(pitches, durations)


def test_the_meter_written_in_the_file():
    assert musical.meter(piece([(60, 0, 4)], [(0, 3, 4)])) == "3/4"
    assert musical.meter(piece([(60, 0, 4)], [(0, 6, 8)])) == "6/8"
    assert musical.meter(piece([(60, 0, 4)])) is None


def test_of_several_meters_the_longest_counts():
    meters = [(0, 4, 4), (2, 3, 4), (8, 4, 4), (9, 5, 4)]
    # in force: 4/4 for 2 + 1 s, 3/4 for 6 s, 5/4 for 1 s
    assert musical.meter(piece([(60, 0, 10)], meters)) == "3/4"


def test_marks_after_the_last_note_do_not_count():
    sequence = piece(
        [(60, 0, 10)], [(0, 3, 4), (10, 4, 4)], [(0, 90), (99, 200)]
    )
    assert musical.meter(sequence) == "3/4"
    assert musical.tempo_bpm(sequence) == 90


def test_the_tempo_is_the_mean_over_time():
    notes = [(60, 0, 10)]
    assert musical.tempo_bpm(piece(notes, tempos=[(0, 100)])) == 100
    # 5 s at 60 and 5 s at 120: 5 + 10 quarters in 10 s
    changing = piece(notes, tempos=[(5, 120), (0, 60)])
    assert musical.tempo_bpm(changing) == pytest.approx(90)
    assert musical.tempo_bpm(piece(notes)) is None


def test_the_tempo_of_a_piece_without_notes_is_still_read():
    assert musical.tempo_bpm(piece([], tempos=[(0, 72)])) == 72


def test_the_profile_counts_seconds_and_leaves_drums_out():
    sequence = piece([(60, 0, 1), (72, 0, 2.5), (61, 1, 2)])
    sequence.notes.add(
        pitch=38, start_time=0, end_time=9, velocity=80, is_drum=True
    )
    expected = np.zeros(12)
    expected[:2] = 3.5, 1
    np.testing.assert_allclose(musical.pitch_class_profile(sequence), expected)
    assert musical.n_notes(sequence) == 4


@pytest.mark.parametrize(
    "profiles", [musical.PROFILES, musical.ALBRECHT_SHANAHAN]
)
@pytest.mark.parametrize("tonic", range(60, 72))
def test_all_24_keys_are_found_from_their_own_profiles(tonic, profiles):
    for mode, name in profiles.items():
        durations = np.roll(name, tonic % 12)
        sequence = melody(range(60, 72), durations)
        expected = f"{musical.TONICS[mode][tonic % 12]} {mode}"
        assert musical.key(sequence, profiles) == expected
        fits = musical.key_correlations(durations, profiles)
        assert fits[expected] == pytest.approx(1)


@pytest.mark.parametrize("tonic", [60, 61, 66, 70])
@pytest.mark.parametrize("steps", [MAJOR, MINOR], ids=["major", "minor"])
def test_the_key_equals_music21s(tonic, steps):
    sequence = scale(tonic, steps)
    stream = m21_stream.Stream()
    for note in sequence.notes:
        stream.append(
            m21_note.Note(
                note.pitch, quarterLength=note.end_time - note.start_time
            )
        )
    # music21's analyze("key") uses other profiles (Aarden-Essen)
    theirs = stream.analyze("KrumhanslSchmuckler")
    ours = musical.key(sequence)
    name = musical.TONICS[theirs.mode][theirs.tonic.pitchClass]
    assert ours == f"{name} {theirs.mode}"
    fit = musical.key_correlations(musical.pitch_class_profile(sequence))
    assert fit[ours] == pytest.approx(
        theirs.correlationCoefficient, abs=CORRELATION_ATOL
    )


def test_transposing_moves_the_key():
    keys = [musical.key(scale(60 + i, MAJOR)) for i in range(12)]
    assert keys == [f"{name} major" for name in musical.TONICS["major"]]


def test_counted_profiles_are_shares():
    for profile in musical.ALBRECHT_SHANAHAN.values():
        assert profile.sum() == pytest.approx(1, abs=0.006)  # 12 roundings


def test_no_key_without_notes_or_with_all_notes_alike():
    assert musical.key(piece([])) is None
    assert musical.key(melody(range(60, 72), np.ones(12))) is None


def test_loudness_of_known_signals():
    t = np.arange(16_000) / 16_000
    sine = np.sin(2 * np.pi * 100 * t)
    assert musical.loudness_db(sine) == pytest.approx(-3.0103, abs=1e-3)
    assert musical.loudness_db(np.sign(sine + 1e-9)) == pytest.approx(0)
    half = musical.loudness_db(sine / 2) - musical.loudness_db(sine)
    assert half == pytest.approx(-6.0206, abs=1e-3)


def test_silence_has_no_loudness():
    with pytest.raises(CourseError, match="a recording that sounds"):
        musical.loudness_db(np.zeros(100))
