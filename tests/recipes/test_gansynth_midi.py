import time

import mido
import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.wav import read_wav
from course_utils.recipes.gansynth_midi import (
    RELEASE_S,
    envelope,
    play_midi_file,
    play_sequence,
    shaped_note,
)
from course_utils.recipes.gansynth_player import GanPlayer, load_player
from course_utils.symbolic.sequences import midi_to_sequence, music_pb2

RATE = 16_000
TEN_MINUTES_S = 600.0


@pytest.fixture(scope="module")
def player(gan_checkpoint):
    return load_player(gan_checkpoint)


def sequence(*notes):
    """Return a piece of (pitch, start, end, velocity) notes."""
    piece = music_pb2.NoteSequence()
    for pitch, start, end, velocity in notes:
        piece.notes.add(
            pitch=pitch, start_time=start, end_time=end, velocity=velocity
        )
    return piece


def midi_file(path, *tracks, ticks=480):
    midi = mido.MidiFile(ticks_per_beat=ticks)
    for messages in tracks:
        midi.tracks.append(mido.MidiTrack(messages))
    midi.save(path)
    return path


def key(pitch, ticks, channel=0, wait=0):
    on = mido.Message(
        "note_on", note=pitch, velocity=100, time=wait, channel=channel
    )
    off = mido.Message("note_off", note=pitch, time=ticks, channel=channel)
    return [on, off]


def onsets(waveform):
    """Return the times in s at which sound begins after silence."""
    loud = np.abs(waveform) > 1e-4
    frames = loud[: len(loud) // 160 * 160].reshape(-1, 160).any(axis=1)
    return np.flatnonzero(np.diff(frames, prepend=False) & frames) / 100


def test_the_envelope_has_the_papers_attack_and_release():
    got = envelope(1.0, RATE)
    assert len(got) == round(1.3 * RATE)
    assert got[0] == 0
    assert got[80] == pytest.approx(0.5)  # half of 10 ms
    assert (got[160 : RATE + 1] == 1).all()
    assert got[RATE + 2400] == pytest.approx(0.5)  # half of 0.3 s
    assert got[-1] < 1e-3


def test_a_key_released_at_once_makes_hardly_a_sound():
    assert envelope(0.0, RATE).max() <= 1
    assert envelope(0.0, RATE)[0] == 0


def test_velocity_is_a_factor():
    wave = np.sin(np.arange(RATE) / 5)
    soft, loud = (shaped_note(wave, 0.5, v, RATE) for v in (25, 100))
    assert np.allclose(4 * soft, loud, atol=1e-6)
    full = shaped_note(wave, 0.5, 127, RATE)
    assert np.allclose(full[200:8000], wave[200:8000], atol=1e-6)


def test_notes_begin_when_they_should_and_last_as_long(player):
    piece = sequence((60, 0.5, 0.7, 100), (62, 2.0, 3.5, 100))
    got = play_sequence(player, piece)
    assert got.sample_rate == RATE
    assert len(got.waveform) == round((3.5 + RELEASE_S) * RATE) + 1
    assert onsets(got.waveform) == pytest.approx([0.5, 2.0], abs=0.02)
    sounding = np.abs(got.waveform[2 * RATE : round(3.5 * RATE)])
    assert sounding.reshape(-1, 1600).max(axis=1).min() > 1e-3  # sustained


def test_tempo_changes_move_the_notes(player, tmp_path):
    half, whole = mido.bpm2tempo(60), mido.bpm2tempo(120)
    track = [
        mido.MetaMessage("time_signature", numerator=7, denominator=8),
        mido.MetaMessage("set_tempo", tempo=whole),
        *key(60, 120),
        mido.MetaMessage("set_tempo", tempo=half, time=7 * 240 - 120),
        *key(62, 120),
        *key(64, 120, wait=7 * 240 - 120),
    ]
    path = midi_file(tmp_path / "a.mid", track)
    got = play_sequence(player, midi_to_sequence(path)).waveform
    # A bar of 7/8 lasts 1.75 s at 120 quarters a minute, 3.5 s at 60.
    assert onsets(got) == pytest.approx([0.0, 1.75, 5.25], abs=0.02)


def test_voices_are_added(player):
    low, high = (60, 0.0, 0.5, 60), (67, 0.2, 0.9, 60)
    both = play_sequence(player, sequence(low, high))
    one = play_sequence(player, sequence(low))
    assert both.gain_db == one.gain_db == 0
    other = play_sequence(player, sequence(high)).waveform
    # One point of the walk more or less changes no earlier one.
    alone = np.zeros_like(both.waveform)
    alone[: len(one.waveform)] += one.waveform
    alone[: len(other)] += other
    assert np.allclose(both.waveform, alone, atol=1e-4)


def test_a_loud_mix_is_turned_down_and_told(player):
    chord = [(p, 0.0, 1.0, 127) for p in range(60, 73)]
    got = play_sequence(player, sequence(*chord))
    assert got.gain_db < -3
    assert np.abs(got.waveform).max() == pytest.approx(0.9, rel=1e-3)


def test_the_timbre_wanders_but_not_within_a_chord(player):
    asked = []

    class Spy(GanPlayer):
        def notes(self, pitches, timbres, z):
            asked.append(z)
            return super().notes(pitches, timbres, z)

    spy = Spy(**vars(player))
    notes = [(60, 0, 1, 90), (64, 0, 1, 90), (60, 0.3, 1, 90), (60, 6, 7, 90)]
    play_sequence(spy, sequence(*notes))
    (z,) = asked
    first, beside, soon, later = z
    near = torch.cosine_similarity(first, soon, dim=0)
    assert torch.equal(first, beside)
    assert 0.9 < near < 1
    assert torch.cosine_similarity(first, later, dim=0) < near
    # On the sphere: no norm falls far below that of the two points.
    assert soon.norm() > 0.95 * min(first.norm(), later.norm())


def test_one_seed_gives_the_same_bytes(gan_checkpoint, tmp_path):
    source = midi_file(tmp_path / "a.mid", [*key(60, 480), *key(64, 480)])
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for path, seed in zip(paths, (4, 4, 5), strict=True):
        play_midi_file(source, path, None, seed, gan_checkpoint)
    first, same, other = (path.read_bytes() for path in paths)
    assert first == same != other


def test_the_report_says_what_was_changed(gan_checkpoint, tmp_path):
    program = mido.Message("program_change", program=56, channel=1)
    source = midi_file(
        tmp_path / "a.mid",
        key(100, 480),
        [program, *key(61, 480, channel=1)],
        key(36, 240, channel=9),
    )
    out = tmp_path / "x.wav"
    report = play_midi_file(source, out, None, 0, gan_checkpoint)
    assert report["n_notes"] == 2
    assert (report["n_moved"], report["n_drums"]) == (1, 1)
    assert report["n_left_out"] == 0
    assert report["timbres"] == {0: "mallet", 56: "brass"}
    waveform = read_wav(out, RATE)
    assert len(waveform) == round(report["seconds"] * RATE)
    assert float(waveform.abs().max()) == pytest.approx(
        report["peak"], abs=1e-4
    )


def test_the_pedal_holds_notes(player):
    piece = sequence((60, 0.0, 0.1, 100))
    piece.total_time = 2.0
    for at, value in ((0.0, 127), (1.5, 0)):
        piece.control_changes.add(
            time=at, control_number=64, control_value=value
        )
    got = play_sequence(player, piece).waveform
    assert len(got) == round((1.5 + RELEASE_S) * RATE) + 1


def test_a_piece_of_ten_minutes_takes_seconds_and_little_memory(player):
    rng = np.random.default_rng(0)
    starts = np.sort(rng.uniform(0, TEN_MINUTES_S - 1, 600))
    piece = sequence(
        *(
            (int(rng.integers(40, 90)), start, start + 0.8, 90)
            for start in starts
        )
    )
    began = time.monotonic()
    got = play_sequence(player, piece)
    assert time.monotonic() - began < 60
    assert got.waveform.dtype == np.float32
    expected = max(note.end_s for note in got.score.notes) + RELEASE_S
    assert len(got.waveform) / RATE == pytest.approx(expected, abs=0.001)
    assert got.score.n_moved > 0


@pytest.mark.parametrize("walk_s", [0.0, -1.0])
def test_a_walk_of_no_time_is_refused(player, walk_s):
    with pytest.raises(CourseError, match="walk_s"):
        play_sequence(player, sequence((60, 0, 1, 90)), walk_s=walk_s)


def test_a_piece_without_notes_is_refused(player, gan_checkpoint, tmp_path):
    with pytest.raises(CourseError, match="0 notes"):
        play_sequence(player, sequence())
    drums = midi_file(tmp_path / "drums.mid", key(36, 240, channel=9))
    empty = midi_file(tmp_path / "empty.mid", [])
    out = tmp_path / "x.wav"
    with pytest.raises(CourseError, match="drums have no pitch"):
        play_midi_file(drums, out, checkpoint=gan_checkpoint)
    with pytest.raises(CourseError, match="without any note"):
        play_midi_file(empty, out, checkpoint=gan_checkpoint)
    assert not out.exists()


def test_a_held_time_below_zero_is_refused():
    with pytest.raises(CourseError, match="held_s"):
        envelope(-0.1, RATE)
