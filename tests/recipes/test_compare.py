import json

import numpy as np
import pytest
import soundfile
from note_seq.protobuf import music_pb2

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.evaluation.report import compare_waveforms
from course_utils.recipes import compare as recipe
from course_utils.recipes.compare import compare
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi
from course_utils.symbolic.synth import sequence_to_waveform

RATE = 16_000


def write(path, samples, rate=RATE, subtype="FLOAT"):
    path.parent.mkdir(exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def tone(f0_hz, rate=RATE, duration_s=1.0):
    t = np.arange(int(rate * duration_s)) / rate
    return 0.3 * np.sin(2 * np.pi * f0_hz * t)


def write_piece(path, pitches=(60, 64, 67, 72), numerator=3, qpm=90):
    sequence = music_pb2.NoteSequence(ticks_per_quarter=480)
    sequence.time_signatures.add(numerator=numerator, denominator=4)
    sequence.tempos.add(qpm=qpm)
    for i, pitch in enumerate(pitches):
        sequence.notes.add(
            pitch=pitch, start_time=i / 2, end_time=(i + 1) / 2, velocity=80
        )
    sequence.total_time = len(pitches) / 2
    path.parent.mkdir(exist_ok=True)
    sequence_to_midi(sequence, path)
    return path


def test_two_wav_files(tmp_path):
    real = write(tmp_path / "a.wav", tone(440))
    generated = write(tmp_path / "b.wav", 0.5 * tone(440, duration_s=2))
    result = compare(real, generated)
    assert result["kind"] == "audio"
    assert result["sample_rate"] == RATE
    assert result["n_files"] == [1, 1]
    assert result["duration_s"] == [1, 2]
    assert result["rms_ratio"] == pytest.approx(0.5, rel=1e-3)
    assert result["power_ratio"] == pytest.approx(0.25, rel=1e-3)
    assert result["notes"] == []
    assert "meter" not in result
    assert json.loads(json.dumps(result)) == result


def test_a_file_with_itself(tmp_path):
    path = write(tmp_path / "a.wav", tone(440))
    result = compare(str(path), str(path))
    assert result["ks_score"] == 1
    assert set(result["features"].values()) == {0.0}


def test_channels_are_averaged_and_it_is_said(tmp_path):
    real = write(tmp_path / "a.wav", tone(440))
    stereo = np.stack([2 * tone(440), 0 * tone(440)], axis=1)
    generated = write(tmp_path / "b.wav", stereo)
    result = compare(real, generated)
    assert result["ks_score"] == 1
    assert result["notes"] == ["b.wav: 2 channels averaged to mono."]


def test_the_second_is_resampled_to_the_first_and_it_is_said(tmp_path):
    real = write(tmp_path / "a.wav", tone(440))
    generated = write(tmp_path / "b.wav", tone(440, 44_100), 44_100)
    result = compare(real, generated)
    assert result["sample_rate"] == RATE
    assert result["duration_s"] == [1, 1]
    assert result["rms_ratio"] == pytest.approx(1, abs=0.01)
    assert result["features"]["spectral_rolloff"] < 10  # Hz
    assert result["notes"] == ["b.wav: resampled from 44100 to 16000 Hz."]


def test_two_midi_files(tmp_path):
    real = write_piece(tmp_path / "a.mid")
    generated = write_piece(tmp_path / "b.MIDI", (57, 60, 64, 69), 4, 120)
    result = compare(real, generated)
    assert result["kind"] == "midi"
    assert result["meter"] == ["3/4", "4/4"]
    assert result["tempo_bpm"] == pytest.approx([90, 120], abs=0.01)
    assert result["key"] == ["C major", "A minor"]
    assert result["n_notes"] == [4, 4]
    assert len(result["loudness_db"]) == 2
    assert result["notes"] == [
        "a.mid: played by the course's SoundFont at 16000 Hz.",
        "b.MIDI: played by the course's SoundFont at 16000 Hz.",
    ]
    assert json.loads(json.dumps(result)) == result


def test_midi_is_compared_by_its_rendered_sound(tmp_path):
    paths = [
        write_piece(tmp_path / "a.mid"),
        write_piece(tmp_path / "b.mid", (48, 55, 60)),
    ]
    sounds = [
        sequence_to_waveform(midi_to_sequence(path), RATE) for path in paths
    ]
    expected = compare_waveforms(*sounds, RATE)
    del expected["tempo_heard_bpm"], expected["key"]  # the notes say more
    result = compare(*paths)
    assert {name: result[name] for name in expected} == expected


def test_folders_are_pooled_with_their_sub_folders(tmp_path):
    write(tmp_path / "real" / "0.wav", tone(220))
    write(tmp_path / "real" / "1.flac", tone(440), subtype="PCM_16")
    (tmp_path / "real" / "README.txt").write_text("not a sound")
    write(tmp_path / "made" / "x.flac", tone(440), subtype="PCM_16")
    (tmp_path / "made" / "more").mkdir()
    write(tmp_path / "made" / "more" / "y.wav", tone(220))
    result = compare(tmp_path / "real", tmp_path / "made")
    assert result["n_files"] == [2, 2]
    assert result["duration_s"] == [2, 2]
    assert result["ks_score"] == 1


def test_a_folder_of_midi_against_one_file(tmp_path):
    write_piece(tmp_path / "real" / "1.mid", numerator=3)
    write_piece(tmp_path / "real" / "2.mid", numerator=4, qpm=100)
    write_piece(tmp_path / "real" / "3.mid", numerator=4, qpm=110)
    generated = write_piece(tmp_path / "x.mid")
    result = compare(tmp_path / "real", generated)
    assert result["n_files"] == [3, 1]
    assert result["meter"] == ["4/4", "3/4"]
    assert result["tempo_bpm"] == pytest.approx([100, 90], abs=0.01)
    assert result["n_notes"] == [12, 4]


def test_a_bad_file_of_a_folder_is_left_out_and_named(tmp_path):
    write(tmp_path / "real" / "good.wav", tone(440))
    write(tmp_path / "real" / "silent.wav", np.zeros(RATE))
    (tmp_path / "real" / "text.wav").write_text("no sound")
    generated = write(tmp_path / "b.wav", tone(440))
    result = compare(tmp_path / "real", generated)
    assert result["n_files"] == [1, 1]
    assert result["ks_score"] == 1
    assert len(result["notes"]) == 2
    assert "silence" in result["notes"][0]
    assert "text.wav" in result["notes"][1]


def test_a_folder_of_bad_files_is_an_error(tmp_path):
    write(tmp_path / "real" / "silent.wav", np.zeros(RATE))
    generated = write(tmp_path / "b.wav", tone(440))
    with pytest.raises(CourseError, match="1 bad ones; the first"):
        compare(tmp_path / "real", generated)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(RATE), "a sound in .*bad.wav; got silence"),
        (np.full(RATE, np.nan), "finite samples in .*bad.wav; got NaN"),
        (np.zeros(0), "at least 4096 samples in .*bad.wav; got 0"),
        (np.ones(4095), "at least 4096 samples in .*bad.wav; got 4095"),
    ],
)
def test_a_bad_wav_is_named_on_both_sides(tmp_path, samples, message):
    bad = write(tmp_path / "bad.wav", samples)
    good = write(tmp_path / "good.wav", tone(440))
    for pair in ((bad, good), (good, bad)):
        with pytest.raises(CourseError, match=message):
            compare(*pair)


def test_a_wav_that_is_none_is_refused(tmp_path):
    good = write(tmp_path / "good.wav", tone(440))
    (tmp_path / "bad.wav").write_bytes(b"RIFFnothing")
    with pytest.raises(CourseError, match=r"a sound file at .*bad\.wav"):
        compare(tmp_path / "bad.wav", good)


def test_a_damaged_flac_is_refused(tmp_path, np_rng):
    noise = 0.1 * np_rng.normal(size=RATE)
    path = write(tmp_path / "bad.flac", noise, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)
    good = write(tmp_path / "good.wav", tone(440))
    with pytest.raises(
        CourseError, match=r"a whole sound file at .*bad\.flac"
    ):
        compare(good, path)


def test_a_midi_file_that_is_none_is_refused(tmp_path):
    good = write_piece(tmp_path / "good.mid")
    (tmp_path / "bad.mid").write_bytes(b"")
    with pytest.raises(CourseError, match=r"a MIDI file at .*bad\.mid"):
        compare(good, tmp_path / "bad.mid")


@pytest.mark.parametrize("name", ["nothing", "nothing.wav", "x.txt", "empty"])
def test_what_is_not_there_or_of_no_kind_is_refused(tmp_path, name):
    good = write(tmp_path / "good.wav", tone(440))
    (tmp_path / "x.txt").write_text("text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="a sound or MIDI file") as error:
        compare(good, tmp_path / name)
    assert name in str(error.value)


def test_sound_against_midi_is_refused(tmp_path):
    sound = write(tmp_path / "a.wav", tone(440))
    midi = write_piece(tmp_path / "b.mid")
    with pytest.raises(CourseError, match="two sides of one kind"):
        compare(sound, midi)


def test_a_folder_of_both_kinds_is_refused(tmp_path):
    sound = write(tmp_path / "made" / "a.wav", tone(440))
    write_piece(tmp_path / "made" / "b.mid")
    with pytest.raises(CourseError, match="files of one kind"):
        compare(sound, tmp_path / "made")


def test_more_sound_than_memory_holds_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(recipe, "MAX_SAMPLES", RATE * 3 // 2)
    short = write(tmp_path / "short.wav", tone(440))
    long = write(tmp_path / "long.wav", tone(440, duration_s=2))
    with pytest.raises(CourseError, match="minutes of sound a side"):
        compare(short, long)
    for name in "xy":
        write(tmp_path / "folder" / f"{name}.wav", tone(440))
    with pytest.raises(CourseError, match="minutes of sound a side"):
        compare(short, tmp_path / "folder")


@pytest.mark.real_data
def test_the_three_figures_of_2022():
    folder = real_data_dir()
    if folder is None or not (folder / "study_2022").is_dir():
        pytest.skip("COURSE_DATA_DIR with study_2022 is not set")
    primer, lstm, transformer = (
        folder / "study_2022" / f"{name}.wav"
        for name in ("input", "output1", "output2")
    )
    result = compare(primer, lstm)
    assert result["ks_score"] == 0.7780642732875434
    assert result["rms_ratio"] == pytest.approx(2.63, abs=0.005)
    assert result["power_ratio"] == pytest.approx(6.93, abs=0.005)
    assert compare(lstm, transformer)["ks_score"] == 0.7722103025240228
    score = compare(primer, transformer)["ks_score"]
    assert score == pytest.approx(0.9536977, abs=5e-8)
