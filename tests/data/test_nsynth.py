import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.data.instruments import FAMILIES
from course_utils.data.nsynth import N_SAMPLES, NSynthNotes
from course_utils.data.qualities import QUALITIES, quality_bits
from course_utils.data.wav import write_wav

RATE = 16_000


def wav_of(folder, name):
    return folder / "audio" / f"{name}.wav"


def edit_examples(folder, change):
    path = folder / "examples.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_an_item_is_what_the_record_and_the_wav_say(nsynth_folder):
    notes = NSynthNotes(nsynth_folder)
    assert len(notes) == 30
    item = notes[0]
    assert item.pop("waveform").shape == (N_SAMPLES,)
    assert item == {
        "pitch": 60,
        "velocity": 100,
        "family": 1,
        "family_name": "brass",
        "instrument": 100,
        "note_str": "brass_acoustic_000-060-100",
    }


def test_the_waveform_is_that_of_the_file(nsynth_folder):
    notes = NSynthNotes(nsynth_folder)
    samples, _ = soundfile.read(notes.path(7), dtype="float32")
    assert torch.equal(notes[7]["waveform"], torch.from_numpy(samples))


def test_no_instrument_is_on_both_sides(nsynth_folder):
    train = NSynthNotes(nsynth_folder, "train")
    held = NSynthNotes(nsynth_folder, "validation")
    assert len(train) + len(held) == 30
    names = [{r["instrument_str"] for r in n.records} for n in (train, held)]
    assert not names[0] & names[1]
    assert {r["instrument_family_str"] for r in held.records} == {
        "brass",
        "flute",
        "string",
    }
    assert len(names[1]) == 3  # a fifth of five, in each of three families


def test_a_choice_of_notes_does_not_move_the_split(nsynth_folder):
    whole = NSynthNotes(nsynth_folder, "validation")
    few = NSynthNotes(nsynth_folder, "validation", ["brass"], [72])
    wanted = {
        r["note_str"]
        for r in whole.records
        if r["instrument_family_str"] == "brass" and r["pitch"] == 72
    }
    assert {r["note_str"] for r in few.records} == wanted
    assert len(wanted) == 1


def test_the_folders_own_split_is_obeyed(nsynth_folder):
    sides = {r["instrument_str"]: "train" for r in records(nsynth_folder)}
    sides["flute_acoustic_002"] = "validation"
    facts = {"instruments": {n: {"split": s} for n, s in sides.items()}}
    (nsynth_folder / "instruments.json").write_text(json.dumps(facts))
    held = NSynthNotes(nsynth_folder, "validation")
    assert {r["instrument_str"] for r in held.records} == {
        "flute_acoustic_002"
    }


def records(folder):
    return json.loads((folder / "examples.json").read_text()).values()


def test_an_instrument_without_a_side_is_refused(nsynth_folder):
    facts = {"instruments": {"flute_acoustic_002": {"split": "train"}}}
    (nsynth_folder / "instruments.json").write_text(json.dumps(facts))
    with pytest.raises(CourseError, match="no split of brass_acoustic_000"):
        NSynthNotes(nsynth_folder)


@pytest.mark.parametrize("n_samples", [100, N_SAMPLES + 100])
def test_another_length_is_padded_or_cropped(nsynth_folder, n_samples):
    path = wav_of(nsynth_folder, "brass_acoustic_000-060-100")
    write_wav(path, np.full(n_samples, 0.5), RATE)
    waveform = NSynthNotes(nsynth_folder)[0]["waveform"]
    assert waveform.shape == (N_SAMPLES,)
    assert (waveform[:100] == 0.5).all()
    assert (waveform[100:] == (0 if n_samples == 100 else 0.5)).all()


def test_a_missing_wav_is_left_out_with_a_report(nsynth_folder):
    wav_of(nsynth_folder, "flute_acoustic_001-072-100").unlink()
    notes = NSynthNotes(nsynth_folder)
    assert len(notes) == 29
    (skipped,) = notes.skipped
    assert skipped.name == "flute_acoustic_001-072-100.wav"
    assert "no such file" in skipped.reason


def spoil_rate(path):
    write_wav(path, np.full(100, 0.5), 22_050)


def spoil_channels(path):
    soundfile.write(path, np.full((100, 2), 0.5), RATE)


def spoil_silence(path):
    write_wav(path, np.zeros(100), RATE)


def spoil_nan(path):
    soundfile.write(path, np.array([0.1, np.nan]), RATE, subtype="FLOAT")


def spoil_length(path):
    write_wav(path, np.zeros(0), RATE)


def spoil_header(path):
    path.write_bytes(b"RIFF")


BAD_WAVS = {
    "22050 Hz": spoil_rate,
    "2 channels": spoil_channels,
    "silence": spoil_silence,
    "NaN": spoil_nan,
    "at least one sample": spoil_length,
    "something else": spoil_header,
}


@pytest.mark.parametrize("reason", BAD_WAVS)
def test_a_bad_wav_raises_or_is_left_out(nsynth_folder, reason):
    BAD_WAVS[reason](wav_of(nsynth_folder, "flute_acoustic_001-072-100"))
    notes = NSynthNotes(nsynth_folder)
    index = [r["note_str"] for r in notes.records].index(
        "flute_acoustic_001-072-100"
    )
    with pytest.raises(CourseError, match=reason) as error:
        notes[index]
    assert "flute_acoustic_001-072-100.wav" in str(error.value)
    checked = NSynthNotes(nsynth_folder, verify=True)
    assert len(checked) == 29
    assert reason in checked.skipped[0].reason


def test_a_folder_is_needed(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        NSynthNotes(tmp_path / "absent")
    with pytest.raises(CourseError, match="list of the notes"):
        NSynthNotes(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1, 2]", "{}", "7", ""])
def test_a_broken_json_is_named(nsynth_folder, text):
    (nsynth_folder / "examples.json").write_text(text)
    with pytest.raises(CourseError, match=r"JSON.*examples\.json"):
        NSynthNotes(nsynth_folder)


def test_a_record_without_pitch_is_named(nsynth_folder):
    edit_examples(
        nsynth_folder, lambda c: c["brass_acoustic_003-060-100"].pop("pitch")
    )
    with pytest.raises(
        CourseError, match="brass_acoustic_003-060-100 without pitch"
    ):
        NSynthNotes(nsynth_folder)


def test_a_record_cannot_lead_out_of_the_folder(nsynth_folder, tmp_path):
    write_wav(tmp_path / "secret.wav", np.full(100, 0.5), RATE)

    def change(content):
        content["brass_acoustic_003-060-100"]["note_str"] = "../../secret"

    edit_examples(nsynth_folder, change)
    notes = NSynthNotes(nsynth_folder)
    assert [s.name for s in notes.skipped] == ["../../secret.wav"]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"split": "test"}, "split to be one of"),
        ({"families": ["trumpet"]}, "families to be one of"),
        ({"families": "brass"}, "families as a list"),
        ({"sources": ["real"]}, "sources to be one of"),
        ({"pitches": [61]}, "at least one of the 30 notes"),
    ],
)
def test_an_impossible_choice_is_refused(nsynth_folder, choice, message):
    with pytest.raises(CourseError, match=message):
        NSynthNotes(nsynth_folder, **choice)


def test_quality_bits_follow_nsynths_order():
    assert quality_bits(["tempo-synced", "dark"]) == [0, 1] + [0] * 7 + [1]
    assert len(QUALITIES) == 10


# --- real notes --------------------------------------------------------------


def real_folder():
    root = real_data_dir()
    found = root and root / "nsynth_sample"
    if not found or not found.is_dir():
        pytest.skip("needs nsynth_sample below COURSE_DATA_DIR")
    return found


@pytest.mark.real_data
def test_real_notes_load_through_the_same_class():
    notes = NSynthNotes(real_folder(), verify=True)
    assert len(notes) == 30
    assert notes.skipped == []
    for item in notes:
        assert item["waveform"].shape == (N_SAMPLES,)
        assert 0 < item["waveform"].abs().max() <= 1
        assert FAMILIES[item["family"]] == item["family_name"]


@pytest.mark.real_data
def test_our_table_of_qualities_is_that_of_real_notes():
    for record in NSynthNotes(real_folder()).records:
        bits = quality_bits(record["qualities_str"])
        assert bits == record["qualities"]


@pytest.mark.real_data
def test_real_notes_do_not_tell_their_velocity_by_their_level():
    # What data/README.md and chapter 20 say about real NSynth.
    notes = NSynthNotes(real_folder())
    peaks = [float(item["waveform"].abs().max()) for item in notes]
    assert min(peaks) > 0.6
    soft = [p for p, i in zip(peaks, notes, strict=True) if i["velocity"] < 51]
    assert min(soft) > 0.85


@pytest.mark.real_data
def test_a_real_folder_splits_by_instrument():
    folder = Path(os.fspath(real_folder()))
    sides = [
        {r["instrument_str"] for r in NSynthNotes(folder, split).records}
        for split in ("train", "validation")
    ]
    assert not sides[0] & sides[1]
    assert all(sides)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pitch", "60"),
        ("note_str", None),
        ("instrument_str", ["a"]),
        ("instrument_family_str", "\ud800"),
    ],
)
def test_a_record_with_a_field_of_another_kind_is_refused(
    nsynth_folder, field, value
):
    def change(content):
        next(iter(content.values()))[field] = value

    edit_examples(nsynth_folder, change)
    with pytest.raises(CourseError, match=f"without {field}"):
        NSynthNotes(nsynth_folder)


@pytest.mark.parametrize("facts", [None, [], {"brass_acoustic_000": 3}])
def test_sides_of_another_form_are_refused(nsynth_folder, facts):
    text = json.dumps({"instruments": facts})
    (nsynth_folder / "instruments.json").write_text(text)
    with pytest.raises(CourseError, match="no split of"):
        NSynthNotes(nsynth_folder)


def test_json_nested_beyond_reading_is_refused(nsynth_folder):
    (nsynth_folder / "examples.json").write_text("[" * 50_000)
    with pytest.raises(CourseError, match="no JSON"):
        NSynthNotes(nsynth_folder)
