import builtins
import importlib.util
import sys

import numpy as np
import pytest
from symbolic_examples import piece

from course_utils.basics.checks import CourseError
from course_utils.basics.pitch import midi_to_hz
from course_utils.symbolic import synth
from course_utils.symbolic.synth import (
    NoteRenderer,
    render_note,
    sequence_to_waveform,
    soundfont_path,
)

RATE = 44_100
ONSET_TOLERANCE_S = 0.003  # this font's samples begin within 1 ms
SILENCE = 1e-4
# The engine moves its envelopes every 64 samples, counted from the last event.
BLOCK_ATOL = 0.005


@pytest.fixture(scope="module")
def renderer():
    return NoteRenderer()


def onset_s(waveform, rate):
    return np.argmax(np.abs(waveform) > SILENCE) / rate


def level_db(waveform):
    return 20 * np.log10(np.sqrt(np.mean(waveform**2)) + 1e-12)


def strongest_hz(waveform, rate):
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return np.argmax(spectrum) * rate / len(waveform)


def test_the_soundfont_lies_in_the_pretty_midi_package():
    assert soundfont_path().name == "TimGM6mb.sf2"
    assert soundfont_path().read_bytes()[:4] == b"RIFF"


def test_a_missing_soundfont_is_one_clear_error(monkeypatch):
    monkeypatch.setattr(synth, "SOUNDFONT", "none.sf2")
    with pytest.raises(CourseError, match="pip install --force-reinstall"):
        soundfont_path()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CourseError, match="no package pretty_midi"):
        soundfont_path()


def test_a_missing_engine_names_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(
        CourseError, match="run: pip install --no-deps tinysoundfont"
    ):
        NoteRenderer()


def test_pyaudio_is_never_imported(monkeypatch):
    real_import = builtins.__import__

    def refuse(name, *args, **kwargs):
        assert name != "pyaudio"
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert NoteRenderer().render(0, 60, 100, 0.1, 0.2).size


def test_a_note_has_the_length_and_type_that_was_asked(renderer):
    waveform = renderer.render(0, 60, 100)
    assert waveform.shape == (64_000,)
    assert waveform.dtype == np.float32
    assert np.isfinite(waveform).all()
    assert 0.01 < np.abs(waveform).max() < 1


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
def test_every_rate_gives_the_pitch_that_was_asked(rate):
    waveform = render_note(73, 72, 100, 0.8, 1.0, rate)  # a flute
    assert waveform.shape == (rate,)
    found = strongest_hz(waveform, rate)
    assert 1200 * abs(np.log2(found / midi_to_hz(72))) < 30  # cents


def test_the_same_note_is_the_same_bit_for_bit(renderer):
    first = renderer.render(40, 67, 90, 0.5, 1.0)
    for program in (0, 16, 48, 80):
        renderer.render(program, 50, 127, 0.5, 0.6)
    np.testing.assert_array_equal(renderer.render(40, 67, 90, 0.5, 1.0), first)
    np.testing.assert_array_equal(
        NoteRenderer().render(40, 67, 90, 0.5, 1.0), first
    )


def test_a_held_note_dies_away_after_its_release(renderer):
    organ = renderer.render(20, 60, 100, held_s=1.0, duration_s=2.0)
    assert level_db(organ[8_000:16_000]) - level_db(organ[24_000:]) > 30


def test_harder_is_louder(renderer):
    levels = [
        level_db(renderer.render(0, 60, velocity, 0.5, 0.6))
        for velocity in (25, 50, 75, 100, 127)
    ]
    assert np.all(np.diff(levels) > 1)


def test_rendering_at_16_khz_directly_would_be_wrong(renderer):
    """Why a factor 3 of oversampling is worth its time: program 39."""
    engine, font = synth.load_synth(16_000)
    engine.program_select(0, font, 0, 39)
    engine.noteon(0, 72, 100)
    direct = np.frombuffer(engine.generate_simple(32_000), np.float32)
    ours = renderer.render(39, 72, 100, 2.0, 2.0)
    assert np.abs(direct).max() > 5 * np.abs(ours).max()


def test_programs_have_names(renderer):
    assert "Piano" in renderer.program_name(0)
    with pytest.raises(CourseError, match="program"):
        renderer.program_name(128)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((128, 60, 100), "program"),
        ((0, -1, 100), "pitch"),
        ((0, 60, 0), "velocity"),
        ((0, 60, 100, -1.0), "held_s"),
        ((0, 60, 100, 1.0, 0.0), "duration_s"),
        ((0, 60, 100, 1.0, float("nan")), "duration_s"),
    ],
)
def test_numbers_out_of_range_are_refused(renderer, arguments, message):
    with pytest.raises(CourseError, match=message):
        renderer.render(*arguments)


def test_impossible_sample_rates_are_refused():
    with pytest.raises(CourseError, match="sample rate"):
        NoteRenderer(0)


def test_a_later_note_begins_at_its_time():
    alone = sequence_to_waveform(piece([(1.2345, 1.5, 72, 120, 0, 73)]), RATE)
    assert onset_s(alone, RATE) == pytest.approx(1.2345, abs=ONSET_TOLERANCE_S)


def test_a_repeated_key_is_struck_again():
    notes = [(0, 0.5, 60, 100), (0.5, 1.0, 60, 100)]
    waveform = sequence_to_waveform(piece(notes), RATE)
    before, after = waveform[: RATE // 2], waveform[RATE // 2 : RATE]
    assert level_db(after) > level_db(before) - 3


def test_parts_are_added_one_by_one():
    first = (0, 0.5, 60, 90, 0, 0)
    second = (0.25, 0.75, 67, 90, 1, 40)
    both = sequence_to_waveform(piece([first, second]))
    alone = [sequence_to_waveform(piece([note])) for note in (first, second)]
    together = np.zeros_like(both)
    for waveform in alone:
        together[: len(waveform)] += waveform
    assert np.abs(both - together)[: len(alone[0])].max() < BLOCK_ATOL


def test_more_than_16_programs_all_sound():
    notes = [(i, i + 0.9, 60, 100, i, i) for i in range(33)]
    waveform = sequence_to_waveform(piece(notes), 16_000)
    peaks = np.abs(waveform[: 33 * 16_000].reshape(33, -1)).max(axis=1)
    assert peaks.min() > 0.02


def test_drums_are_no_piano():
    snare = sequence_to_waveform(piece([(0, 0.3, 38, 100, 0, 0, True)]))
    piano = sequence_to_waveform(piece([(0, 0.3, 38, 100)]))
    assert np.abs(np.corrcoef(snare, piano)[0, 1]) < 0.3


def test_the_pedal_lets_a_note_ring_on():
    notes = [(0, 0.3, 60, 100, 0, 20), (1.5, 1.6, 96, 1, 0, 20)]
    dry = piece(notes)
    wet = piece(notes)
    for time, value in ((0.0, 127), (1.4, 0)):
        wet.control_changes.add(
            time=time, control_number=64, control_value=value, program=20
        )
    at = slice(RATE * 8 // 10, RATE * 13 // 10)
    assert level_db(sequence_to_waveform(dry)[at]) < -80
    assert level_db(sequence_to_waveform(wet)[at]) > -40


def test_volume_controllers_are_obeyed():
    loud, soft = piece([(0, 1, 60, 100)]), piece([(0, 1, 60, 100)])
    soft.control_changes.add(time=0, control_number=7, control_value=30)
    difference = level_db(sequence_to_waveform(loud)) - level_db(
        sequence_to_waveform(soft)
    )
    assert difference > 6


def test_pitch_bends_are_obeyed():
    bent = piece([(0, 1, 72, 100, 0, 73)])
    bent.pitch_bends.add(time=0, bend=8191, program=73)
    waveform = sequence_to_waveform(bent)[RATE // 10 : RATE]
    found = strongest_hz(waveform, RATE)
    assert found == pytest.approx(midi_to_hz(74), rel=0.02)


def test_a_piece_that_would_clip_is_turned_down():
    notes = [(0, 1, p, 127, p, 56) for p in range(40, 90)]
    waveform = sequence_to_waveform(piece(notes))
    assert np.abs(waveform).max() == pytest.approx(1.0, abs=1e-6)


def test_gain_changes_the_level_by_so_many_db():
    notes = piece([(0, 1, 60, 80)])
    soft = sequence_to_waveform(notes, gain_db=-12.0)
    assert level_db(sequence_to_waveform(notes)) - level_db(
        soft
    ) == pytest.approx(12.0, abs=1e-3)


def test_a_piece_without_notes_is_silence():
    assert not sequence_to_waveform(piece([]), 16_000).any()


def test_a_note_of_no_length_at_the_very_end_does_no_harm():
    notes = piece([(0, 1, 60, 80), (1, 1, 64, 80)])
    assert len(sequence_to_waveform(notes, 16_000, tail_s=0)) == 16_000


@pytest.mark.parametrize(
    ("note", "message"),
    [
        ((0, 3_601, 60, 80), "note times.*50 min"),
        ((-1, 1, 60, 80), "note times"),
        ((0, float("nan"), 60, 80), "note times"),
        ((0, 1, 60, 80, 0, 200), "program of a note"),
        ((0, 1, 200, 80), "pitch of a note"),
    ],
)
def test_pieces_that_cannot_be_played_are_refused(note, message):
    with pytest.raises(CourseError, match=message):
        sequence_to_waveform(piece([note]))
