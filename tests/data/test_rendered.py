import errno
import json
import shutil
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from course_utils.basics.checks import CourseError
from course_utils.basics.workers import Workers
from course_utils.data import rendered, rendered_parts
from course_utils.data.note_presets import CONFIGS, NotesConfig
from course_utils.data.nsynth import NSynthNotes
from course_utils.data.rendered import (
    config_key,
    notes_folder,
    origin,
    render_notes,
)

TINY = NotesConfig(
    programs=(13, 56),  # xylophone, trumpet
    pitches=(60, 67),
    velocities=(50, 100),
    velocities_per_pitch=2,
)
NSYNTH_FIELDS = {
    "note",
    "note_str",
    "instrument",
    "instrument_str",
    "pitch",
    "velocity",
    "sample_rate",
    "qualities",
    "qualities_str",
    "instrument_family",
    "instrument_family_str",
    "instrument_source",
    "instrument_source_str",
}
OCTAVE = 12
PITCH_ATOL = 0.5  # semitones: nearer to this key than to any other


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return render_notes(TINY, tmp_path_factory.mktemp("r") / "notes")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def contents(folder):
    files = (p for p in sorted(folder.rglob("*")) if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def examples_of(folder):
    return json.loads((folder / "examples.json").read_text())


def test_the_format_is_that_of_nsynth(folder):
    examples = examples_of(folder)
    assert len(examples) == TINY.n_notes == 8
    for name, record in examples.items():
        assert set(record) == NSYNTH_FIELDS
        pitch, velocity = record["pitch"], record["velocity"]
        instrument = record["instrument_str"]
        assert name == f"{instrument}-{pitch:03d}-{velocity:03d}"
        assert len(record["qualities"]) == 10
        info = soundfile.info(folder / "audio" / f"{name}.wav")
        assert (info.samplerate, info.channels) == (16_000, 1)
        assert (info.frames, info.subtype) == (64_000, "PCM_16")
    assert "brass_acoustic_000-060-100" in examples
    numbers = [record["note"] for record in examples.values()]
    assert len(set(numbers)) == len(numbers)


def test_rendering_twice_gives_the_same_bytes(folder, tmp_path):
    again = render_notes(TINY, tmp_path / "again")
    assert contents(folder) == contents(again)


def test_a_note_is_the_same_whatever_else_is_rendered(folder, tmp_path):
    one = NotesConfig((56,), (67,), (100,))
    alone = contents(render_notes(one, tmp_path / "one"))
    whole = contents(folder)
    wavs = [name for name in alone if name.endswith(".wav")]
    assert wavs == ["audio/brass_acoustic_000-067-100.wav"]
    assert alone[wavs[0]] == whole[wavs[0]]
    sides = [NSynthNotes(f).splits for f in (folder, tmp_path / "one")]
    assert sides[1].items() <= sides[0].items()


def test_instruments_are_described(folder):
    facts = json.loads((folder / "instruments.json").read_text())
    trumpet = facts["instruments"]["brass_acoustic_000"]
    assert trumpet["program"] == 56
    assert "Trumpet" in trumpet["program_name"]
    assert trumpet["split"] in ("train", "validation")
    assert facts["skipped"] == []
    assert len(facts["origin"]["font_sha256"]) == 64


def test_within_an_instrument_the_level_follows_velocity(folder):
    # This font's amplitude is proportional to velocity: twice is twice.
    soft, loud = (
        soundfile.read(folder / "audio" / f"brass_acoustic_000-060-{v}.wav")[0]
        for v in ("050", "100")
    )
    assert np.abs(loud - 2 * soft).max() < 3 / 32_768  # rounding to 16 bits


def test_instruments_are_about_equally_loud(folder):
    notes = NSynthNotes(folder)
    peaks = {}
    for item in notes:
        if item["velocity"] == 100:
            name = item["family_name"]
            peak = float(item["waveform"].abs().max()) * 127 / 100
            peaks[name] = max(peaks.get(name, 0.0), peak)
    assert set(peaks) == {"mallet", "brass"}
    assert all(0.4 < peak < 1.0 for peak in peaks.values())


def test_the_xylophone_decays_and_the_trumpet_holds(folder):
    examples = examples_of(folder)
    for record in examples.values():
        decays = "fast_decay" in record["qualities_str"]
        assert decays == (record["instrument_family_str"] == "mallet")
        assert "long_release" not in record["qualities_str"]


@pytest.mark.parametrize("pitch", [60, 67])
def test_the_pitch_is_the_keys_by_an_independent_judge(folder, pitch):
    path = folder / "audio" / f"brass_acoustic_000-{pitch:03d}-100.wav"
    samples, rate = soundfile.read(path)
    f0_hz, voiced, _ = librosa.pyin(
        samples[rate // 4 : rate * 5 // 4],
        fmin=librosa.midi_to_hz(24),
        fmax=librosa.midi_to_hz(96),
        sr=rate,
        frame_length=2048,
    )
    heard = librosa.hz_to_midi(np.median(f0_hz[voiced]))
    assert abs(heard - pitch) < PITCH_ATOL


def test_the_note_is_held_for_three_seconds(folder):
    path = folder / "audio" / "brass_acoustic_000-060-100.wav"
    samples, rate = soundfile.read(path)
    held = np.abs(samples[rate : 3 * rate]).max()
    released = np.abs(samples[round(3.5 * rate) :]).max()
    assert released < 0.02 * held


def test_a_key_without_sound_is_left_out_and_reported(tmp_path):
    config = NotesConfig((68,), (30, 60), (100,))  # the oboe begins at 36
    folder = render_notes(config, tmp_path / "oboe")
    assert list(examples_of(folder)) == ["reed_acoustic_005-060-100"]
    facts = json.loads((folder / "instruments.json").read_text())
    assert facts["skipped"][0]["name"] == "reed_acoustic_005-030-100"
    assert len(list((folder / "audio").iterdir())) == 1


def test_notes_are_rendered_once_and_then_found(cache, monkeypatch):
    monkeypatch.setitem(CONFIGS, "smoke", TINY)
    first = notes_folder("smoke")
    assert first.is_relative_to(cache)

    def never(*_):
        raise AssertionError("rendered a second time")

    monkeypatch.setattr(rendered, "render_notes", never)
    assert notes_folder("smoke") == first


def test_another_config_or_font_has_another_folder(monkeypatch):
    key = config_key(TINY)
    assert key != config_key(CONFIGS["smoke"])
    monkeypatch.setattr(
        rendered, "origin", lambda: origin() | {"font_sha256": "0" * 64}
    )
    assert key != config_key(TINY)


def fail_after(monkeypatch, n_files, error):
    """Let the disk fail when the given number of files has been written."""
    write, count = Path.write_bytes, iter(range(n_files))

    def failing(self, data):
        if next(count, None) is None:
            raise error
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", failing)


def test_a_disk_that_fills_up_leaves_nothing(cache, monkeypatch):
    monkeypatch.setitem(CONFIGS, "smoke", TINY)
    fail_after(monkeypatch, 3, OSError(errno.ENOSPC, "No space left"))
    with pytest.raises(CourseError, match=r"full disk.*nothing half-written"):
        notes_folder("smoke")
    assert [p for p in cache.rglob("*") if p.name != "notes"] == []
    monkeypatch.undo()


def test_an_interrupted_rendering_leaves_nothing(tmp_path, monkeypatch):
    fail_after(monkeypatch, 3, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        render_notes(TINY, tmp_path / "notes")
    assert list(tmp_path.iterdir()) == []


def test_two_processes_give_the_same_bytes(folder, tmp_path):
    two = render_notes(TINY, tmp_path / "two", Workers(2))
    assert contents(two) == contents(folder)
    assert list(tmp_path.iterdir()) == [two]


def test_what_was_rendered_before_a_fault_is_not_rendered_again(
    folder, tmp_path, monkeypatch
):
    write, n_written = Path.write_bytes, []
    fail_after(monkeypatch, 6, KeyboardInterrupt())  # four are a xylophone
    with pytest.raises(KeyboardInterrupt):
        render_notes(TINY, tmp_path / "notes")
    monkeypatch.undo()
    (kept,) = tmp_path.iterdir()
    assert [path.name for path in kept.iterdir()] == ["013"]

    def counted(self, data):
        n_written.append(self.name)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", counted)
    again = render_notes(TINY, tmp_path / "notes")
    assert all(name.startswith("brass") for name in n_written)
    assert len(n_written) == 4
    assert contents(again) == contents(folder)
    assert list(tmp_path.iterdir()) == [again]


def test_a_disk_that_cannot_link_gets_copies(folder, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(rendered_parts.os, "link", refuse)
    one = render_notes(NotesConfig((56,), (67,), (100,)), tmp_path / "one")
    name = "audio/brass_acoustic_000-067-100.wav"
    assert contents(one)[name] == contents(folder)[name]


def test_a_folder_that_another_process_made_first_stays(
    folder, tmp_path, monkeypatch
):
    mine, link = tmp_path / "notes", rendered_parts.os.link

    def too_late(source, target):
        shutil.copytree(folder, mine, dirs_exist_ok=True)
        shutil.rmtree(Path(source).parent)
        link(source, target)

    monkeypatch.setattr(rendered_parts.os, "link", too_late)
    render_notes(TINY, mine)
    assert contents(mine) == contents(folder)


def test_a_disk_too_small_is_told_before_rendering(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: usage._replace(free=500_000)
    )
    with pytest.raises(CourseError, match=r"1.0 MB of free disk.*got 0.5 MB"):
        render_notes(TINY, tmp_path / "notes")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_not_touched(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match="in use"):
        render_notes(TINY, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_empty_folder_is_filled(tmp_path):
    one = NotesConfig((56,), (67,), (100,))
    (tmp_path / "out").mkdir()
    render_notes(one, tmp_path / "out")
    assert len(NSynthNotes(tmp_path / "out")) == 1


def test_an_unknown_preset_is_refused(cache):
    with pytest.raises(CourseError, match="preset to be one of"):
        notes_folder("huge")
