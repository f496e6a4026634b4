import json
import sys

import numpy as np
import pytest
import torch
from pyarrow import parquet

from course_utils.basics.checks import CourseError
from course_utils.data import note_shards
from course_utils.data.note_shards import (
    INDEX,
    ShardConfig,
    shard_name,
    write_shards,
)
from course_utils.data.note_sources import folder_source, tfrecord_source
from course_utils.data.note_stream import NoteStream
from course_utils.data.nsynth import NSynthNotes
from course_utils.data.packed_sound import CODECS, pack_sound, unpack_sound

SMALL = ShardConfig(n_per_shard=8, n_per_group=3, codec="pcm16")


def columns_of(folder, name):
    files = sorted(folder.glob("*.parquet"))
    tables = [parquet.read_table(file, columns=[name]) for file in files]
    return [value for table in tables for value in table[name].to_pylist()]


@pytest.mark.parametrize("codec", CODECS)
def test_a_sound_of_16_bits_survives_exactly(codec, np_rng):
    whole = np_rng.integers(-32_768, 32_768, 5_000)
    sound = (whole / 32_768).astype(np.float32)
    back = unpack_sound(pack_sound(sound, codec), codec)
    assert back.dtype == np.float32
    assert np.array_equal(back, sound)


def test_full_scale_does_not_wrap():
    back = unpack_sound(pack_sound(np.array([1.0, -1.0]), "pcm16"), "pcm16")
    assert back.tolist() == [32_767 / 32_768, -1.0]


@pytest.mark.parametrize("codec", CODECS)
def test_notes_come_out_as_they_lie_in_the_folder(
    nsynth_folder, tmp_path, codec
):
    config = ShardConfig(8, 3, codec)
    folder = write_shards(folder_source(nsynth_folder), tmp_path / "s", config)
    assert len(list(folder.glob("*.parquet"))) == 4
    notes = NSynthNotes(nsynth_folder)
    stream = list(NoteStream(folder))
    assert len(stream) == len(notes)
    for packed, note in zip(stream, notes, strict=True):
        assert torch.equal(packed.pop("waveform"), note.pop("waveform"))
        assert packed == note


def test_records_keep_every_field(nsynth_folder, tmp_path):
    folder = write_shards(folder_source(nsynth_folder), tmp_path / "s", SMALL)
    for name, value in NSynthNotes(nsynth_folder).records[0].items():
        assert columns_of(folder, name)[0] == value, name


def test_the_index_counts_and_says_the_splits(nsynth_folder, tmp_path):
    folder = write_shards(folder_source(nsynth_folder), tmp_path / "s", SMALL)
    index = json.loads((folder / INDEX).read_text())
    assert index["n_notes"] == [8, 8, 8, 6]
    assert index["splits"] == NSynthNotes(nsynth_folder).splits


def test_a_note_that_cannot_be_read_is_left_out_and_named(
    nsynth_folder, tmp_path
):
    bad = sorted((nsynth_folder / "audio").iterdir())[5]
    bad.write_bytes(b"no wav")
    folder = write_shards(folder_source(nsynth_folder), tmp_path / "s", SMALL)
    index = json.loads((folder / INDEX).read_text())
    assert index["n_notes"] == [7, 8, 8, 6]
    assert [name for name, _ in index["skipped"]] == [bad.name]
    assert bad.stem not in columns_of(folder, "note_str")


def test_a_stopped_run_goes_on_and_gives_the_same_bytes(
    nsynth_folder, tmp_path, monkeypatch
):
    source = folder_source(nsynth_folder)
    whole = write_shards(source, tmp_path / "whole", SMALL)
    half = tmp_path / "half"
    packed = []

    def interrupt(samples, codec, pack=pack_sound):
        packed.append(1)
        if len(packed) == 20:
            raise KeyboardInterrupt
        return pack(samples, codec)

    with monkeypatch.context() as patch:
        patch.setattr(note_shards, "pack_sound", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_shards(source, half, SMALL)
    names = sorted(path.name for path in half.iterdir())
    assert names == [shard_name(0), shard_name(1)]
    times = [(half / name).stat().st_mtime_ns for name in names]
    write_shards(source, half, SMALL)
    assert [(half / name).stat().st_mtime_ns for name in names] == times
    assert {p.name: p.read_bytes() for p in whole.iterdir()} == {
        p.name: p.read_bytes() for p in half.iterdir()
    }


def test_what_is_finished_is_not_packed_again(
    nsynth_folder, tmp_path, monkeypatch
):
    source = folder_source(nsynth_folder)
    write_shards(source, tmp_path / "s", SMALL)
    monkeypatch.setattr(note_shards, "pack_sound", None)
    write_shards(source, tmp_path / "s", SMALL)


def test_shards_of_other_settings_are_not_continued(nsynth_folder, tmp_path):
    source = folder_source(nsynth_folder)
    write_shards(source, tmp_path / "s", SMALL)
    with pytest.raises(CourseError, match="with other settings"):
        write_shards(source, tmp_path / "s", ShardConfig(8, 3, "flac"))


@pytest.fixture
def records_file(nsynth_folder, tf_writer, tmp_path):
    frames = []
    for record in NSynthNotes(nsynth_folder).records:
        fields = {k: v for k, v in record.items() if k != "qualities_str"}
        sound = np.linspace(-0.5, 0.25, 65)  # 16 bits hold each exactly
        frames.append(
            tf_writer.frame(tf_writer.example(fields | {"audio": sound}))
        )
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"".join(frames))
    return path


def test_tfrecords_are_packed_too_and_go_on_too(
    records_file, nsynth_folder, tmp_path
):
    source = tfrecord_source(records_file)
    folder = write_shards(source, tmp_path / "s", SMALL)
    last, index = folder / shard_name(3), folder / INDEX
    whole = last.read_bytes(), index.read_bytes()
    last.unlink()
    index.unlink()
    write_shards(source, folder, SMALL)
    assert (last.read_bytes(), index.read_bytes()) == whole
    stream = NoteStream(folder, split="validation")
    names = {item["note_str"] for item in stream}
    notes = NSynthNotes(nsynth_folder, "validation")
    assert names == {record["note_str"] for record in notes.records}
    item = next(iter(stream))["waveform"]
    assert item.shape == (64_000,)
    assert not item[65:].any()
    assert item[64] == 0.25


def test_a_source_without_notes_makes_no_index(tmp_path):
    (tmp_path / "a.tfrecord").touch()
    source = tfrecord_source(tmp_path / "a.tfrecord")
    with pytest.raises(CourseError, match="none, 0 left out"):
        write_shards(source, tmp_path / "s", SMALL)
    assert not (tmp_path / "s" / INDEX).exists()


def test_a_wrong_size_or_codec_is_refused():
    with pytest.raises(CourseError, match="codec to be one of flac"):
        ShardConfig(codec="mp3")
    with pytest.raises(CourseError, match="n_per_group from 1 to 8"):
        ShardConfig(8, 9)


def test_without_pyarrow_it_is_said_how_to_get_it(
    nsynth_folder, tmp_path, monkeypatch
):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(CourseError, match=r"course-utils\[data\]"):
        write_shards(folder_source(nsynth_folder), tmp_path / "s")
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("data", [b"", b"PAR1PAR1", b"x" * 500])
def test_a_shard_that_is_none_is_named(nsynth_folder, tmp_path, data):
    folder = tmp_path / "s"
    folder.mkdir()
    (folder / shard_name(0)).write_bytes(data)
    with pytest.raises(CourseError, match=r"whole shard of notes at .*00000"):
        write_shards(folder_source(nsynth_folder), folder, SMALL)
