import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data import downloads, note_set
from course_utils.data.note_set import (
    SHARES,
    NoteSetConfig,
    load_note_sets,
)
from course_utils.data.nsynth import N_SAMPLES
from course_utils.data.splits import split_by_hash
from course_utils.data.wav import write_wav

RATE = 16_000
NO_ROOM = SimpleNamespace(free=0)
CONFIG = NoteSetConfig(("flute", "brass", "string"), (60, 72), n_samples=2_000)


def with_config(**changes):
    words = {
        "timbres": CONFIG.timbres,
        "pitches": CONFIG.pitches,
        "n_samples": CONFIG.n_samples,
    }
    return NoteSetConfig(**words | changes)


def overwrite(folder, name, waveform):
    write_wav(folder / "audio" / f"{name}.wav", waveform, RATE)


def names_of(sets):
    return {split: set(notes.names) for split, notes in sets.items()}


def test_every_note_is_on_one_side_and_none_is_lost(nsynth_folder):
    sets = load_note_sets(nsynth_folder, CONFIG)
    names = names_of(sets)
    assert not names["train"] & names["validation"]
    known = json.loads((nsynth_folder / "examples.json").read_text())
    assert names["train"] | names["validation"] == set(known)
    assert len(sets["train"]) > len(sets["validation"])


def test_the_side_of_a_note_depends_on_its_name_alone(nsynth_folder):
    everything = names_of(load_note_sets(nsynth_folder, CONFIG))
    fewer = names_of(load_note_sets(nsynth_folder, with_config(pitches=(60,))))
    for split, names in fewer.items():
        assert names <= everything[split]
        assert {split_by_hash(name, SHARES) for name in names} == {split}


def test_a_large_set_is_mapped_and_equal_and_leaves_no_file(
    nsynth_folder, tmp_path, monkeypatch
):
    expected = load_note_sets(nsynth_folder, CONFIG)
    monkeypatch.setattr(note_set, "IN_MEMORY_BYTES", 0)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    for split, notes in load_note_sets(nsynth_folder, CONFIG).items():
        assert notes.names == expected[split].names
        assert torch.equal(notes.waveforms, expected[split].waveforms)
    assert not list((tmp_path / "cache").iterdir())


def test_a_disk_without_room_for_a_large_set_is_named(
    nsynth_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(note_set, "IN_MEMORY_BYTES", 0)
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: NO_ROOM)
    with pytest.raises(CourseError, match="MB of free disk for the sounds"):
        load_note_sets(nsynth_folder, CONFIG)


def test_labels_are_those_of_the_names(nsynth_folder):
    for notes in load_note_sets(nsynth_folder, CONFIG).values():
        assert notes.timbre_names == CONFIG.timbres
        assert notes.waveforms.shape == (len(notes), 2_000)
        assert notes.pitches.dtype == notes.timbres.dtype == torch.int64
        for name, pitch, timbre in zip(
            notes.names, notes.pitches, notes.timbres, strict=True
        ):
            assert name.split("-")[1] == f"{pitch:03d}"
            assert name.startswith(CONFIG.timbres[timbre])


def test_all_notes_have_the_peak_that_was_asked(nsynth_folder):
    sets = load_note_sets(nsynth_folder, with_config(peak=0.25))
    for notes in sets.values():
        peaks = notes.waveforms.abs().amax(dim=1)
        torch.testing.assert_close(peaks, torch.full_like(peaks, 0.25))


def test_a_note_is_its_beginning_scaled(nsynth_folder):
    config = with_config(fade_s=0.025, peak=0.5)
    notes = load_note_sets(nsynth_folder, config)["train"]
    f0_hz = 440 * 2 ** ((notes.pitches[0].item() - 69) / 12)
    sine = np.sin(2 * np.pi * f0_hz * np.arange(1_600) / RATE)
    np.testing.assert_allclose(
        notes.waveforms[0, :1_600], 0.5 * sine, atol=2e-3
    )


def test_the_end_fades_to_silence_along_a_cosine(nsynth_folder):
    plain = load_note_sets(nsynth_folder, with_config(fade_s=0))["train"]
    faded = load_note_sets(nsynth_folder, with_config(fade_s=0.025))["train"]
    ramp = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, 400))
    np.testing.assert_allclose(
        faded.waveforms[:, -400:].numpy(),
        plain.waveforms[:, -400:].numpy() * ramp,
        atol=2e-3,
    )
    assert faded.waveforms[:, -1].abs().max() < 1e-6


def test_only_the_instruments_that_were_asked_are_read(nsynth_folder):
    config = with_config(programs=(100, 101, 201, 203, 204, 800))
    sets = load_note_sets(nsynth_folder, config)
    instruments = {
        name.split("-")[0]
        for names in names_of(sets).values()
        for name in names
    }
    assert instruments == {
        "brass_acoustic_000",
        "brass_acoustic_001",
        "flute_acoustic_001",
        "flute_acoustic_003",
        "flute_acoustic_004",
        "string_acoustic_000",
    }


def test_silent_notes_are_left_out(nsynth_folder):
    names = names_of(load_note_sets(nsynth_folder, CONFIG))
    silent = sorted(names["train"])[0]
    overwrite(nsynth_folder, silent, np.full(N_SAMPLES, 5e-5))
    again = names_of(load_note_sets(nsynth_folder, CONFIG))
    assert again["train"] == names["train"] - {silent}
    assert again["validation"] == names["validation"]


def test_a_note_that_begins_too_late_is_silent(nsynth_folder):
    names = names_of(load_note_sets(nsynth_folder, CONFIG))
    late = np.zeros(N_SAMPLES)
    late[2_000:] = 0.5
    silent = sorted(names["train"])[0]
    overwrite(nsynth_folder, silent, late)
    again = names_of(load_note_sets(nsynth_folder, CONFIG))
    assert silent not in again["train"]


def test_taken_notes_keep_their_labels_and_order(nsynth_folder):
    notes = load_note_sets(nsynth_folder, CONFIG)["train"]
    places = torch.tensor([5, 0, 5])
    taken = notes.take(places)
    assert len(taken) == 3
    assert taken.names == (notes.names[5], notes.names[0], notes.names[5])
    assert torch.equal(taken.waveforms, notes.waveforms[places])
    assert torch.equal(taken.pitches, notes.pitches[places])
    assert torch.equal(taken.timbres, notes.timbres[places])
    assert taken.timbre_names == notes.timbre_names


def test_a_split_without_a_sounding_note_is_refused(nsynth_folder):
    names = names_of(load_note_sets(nsynth_folder, CONFIG))["validation"]
    for name in names:
        overwrite(nsynth_folder, name, np.full(N_SAMPLES, 5e-5))
    message = f"in the validation split; got {len(names)} notes chosen, none"
    with pytest.raises(CourseError, match=message):
        load_note_sets(nsynth_folder, CONFIG)


def test_instruments_that_do_not_exist_are_refused(nsynth_folder):
    with pytest.raises(CourseError, match="in the train split; got 0 notes"):
        load_note_sets(nsynth_folder, with_config(programs=(9_999,)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timbres": ("kazoo",)}, "timbre to be one of"),
        ({"pitches": (60, 128)}, "pitch from 0 to 127"),
        ({"n_samples": 1}, "n_samples from 2"),
        ({"n_samples": N_SAMPLES + 1}, "n_samples from 2"),
        ({"fade_s": 0.2}, "fade_s from 0 to 0.125"),
        ({"peak": 0.0}, "peak from 0.01"),
        ({"peak": 1.5}, "peak from 0.01"),
    ],
)
def test_impossible_choices_are_refused(changes, message):
    with pytest.raises(CourseError, match=message):
        with_config(**changes)
