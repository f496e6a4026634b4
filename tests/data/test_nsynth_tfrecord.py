import json
import sys

import google_crc32c
import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.instruments import FAMILIES
from course_utils.data.nsynth import NSynthNotes
from course_utils.data.nsynth_tfrecord import (
    example_to_note,
    read_tfrecords,
    tfrecord_files,
)
from course_utils.data.tfrecord import MOST_BYTES, masked, read_frames

# So long a sound that a checksum bit by bit stays quick.
SOUND = np.linspace(-0.5, 0.5, 200, dtype=np.float32)


def fields_of(record, sound=SOUND):
    """The fields that NSynth's TFRecords have."""
    codes = ("note", "pitch", "velocity", "instrument", "instrument_family")
    return {
        "note_str": record["note_str"],
        "instrument_str": record["instrument_str"],
        "instrument_source": record["instrument_source"],
        "qualities": record["qualities"],
        "audio": sound,
    } | {name: record[name] for name in codes}


@pytest.fixture
def records(nsynth_folder):
    content = json.loads((nsynth_folder / "examples.json").read_text())
    return list(content.values())


@pytest.fixture
def fields(records):
    return fields_of(records[0])


@pytest.fixture
def write(tf_writer, tmp_path):
    def write(notes, name="nsynth-test.tfrecord-00000-of-00001"):
        path = tmp_path / "records" / name
        path.parent.mkdir(exist_ok=True)
        frames = (tf_writer.frame(tf_writer.example(note)) for note in notes)
        path.write_bytes(b"".join(frames))
        return path

    return write


def test_the_checksum_is_that_of_the_standard(tf_writer):
    # RFC 3720, appendix B.4: 32 bytes of zeros
    assert google_crc32c.value(bytes(32)) == 0x8A9136AA
    for data in (b"", b"a", b"123456789", bytes(range(256))):
        assert masked(google_crc32c.value(data)) == tf_writer.checksum(data)


def test_frames_come_out_as_they_went_in(tf_writer, tmp_path):
    given = [b"", b"x", bytes(1000), b"last"]
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"".join(tf_writer.frame(data) for data in given))
    assert list(read_frames(path)) == given


def test_records_are_those_of_the_json(records, write):
    half = len(records) // 2
    write([fields_of(r) for r in records[:half]], "a.tfrecord-00000-of-00002")
    path = write(
        [fields_of(r) for r in records[half:]], "a.tfrecord-00001-of-00002"
    )
    skipped = []
    notes = list(read_tfrecords(path.parent, skipped))
    assert [record for record, _ in notes] == records
    assert skipped == []
    assert all(np.array_equal(sound, SOUND) for _, sound in notes)
    assert notes[0][1].dtype == np.float32


def test_samples_are_those_of_the_wav(nsynth_folder, tf_writer):
    notes = NSynthNotes(nsynth_folder)
    sound = notes[3]["waveform"].numpy()
    data = tf_writer.example(fields_of(notes.records[3], sound))
    record, samples = example_to_note(data)
    assert record == notes.records[3]
    assert np.array_equal(samples, sound)


def test_qualities_get_their_names(fields, tf_writer):
    bits = [0, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    data = tf_writer.example(fields | {"qualities": bits})
    record, _ = example_to_note(data)
    assert record["qualities"] == bits
    assert record["qualities_str"] == ["dark", "tempo-synced"]


BAD = {
    "pitch": [128, 2**63, "sixty", [], [60, 61]],
    "velocity": [128, SOUND],
    "instrument_family": [len(FAMILIES), "brass"],
    "instrument_source": [3],
    "instrument": ["brass_acoustic_000"],
    "note_str": ["", "../../etc/passwd", "x" * 101, "a\nb", 7],
    "audio": [
        np.zeros(0),
        np.zeros(9),
        np.array([np.nan, 0.5]),
        np.array([np.inf]),
        np.array([1.5]),
        "text",
        [1, 2],
    ],
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_a_bad_record_is_skipped_and_the_next_is_read(
    fields, write, name, value
):
    path = write([fields | {name: value}, fields])
    skipped = []
    bad, good = read_tfrecords(path, skipped)
    assert bad is None
    assert good[0]["pitch"] == fields["pitch"]
    assert [item.name for item in skipped] == [f"{path.name}:0"]
    assert name in skipped[0].reason
    assert "\n" not in skipped[0].reason


@pytest.mark.parametrize("name", [name for name in BAD if name != "note_str"])
def test_a_missing_field_is_named(fields, tf_writer, name):
    del fields[name]
    with pytest.raises(CourseError, match=name):
        example_to_note(tf_writer.example(fields))


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\n\x05abc", b"{}"])
def test_bytes_that_are_no_message_are_refused(data):
    with pytest.raises(CourseError):
        example_to_note(data)


def test_a_flipped_byte_in_a_record_costs_this_record_alone(fields, write):
    path = write([fields, fields, fields])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    skipped = []
    notes = list(read_tfrecords(path, skipped))
    assert [note is None for note in notes] == [False, True, False]
    assert "checksum" in skipped[0].reason


def test_a_flipped_byte_in_a_length_ends_the_reading(fields, write):
    path = write([fields, fields])
    data = bytearray(path.read_bytes())
    data[len(data) // 2 + 1] ^= 1
    path.write_bytes(data)
    notes = read_tfrecords(path, [])
    assert next(notes) is not None
    with pytest.raises(CourseError, match="a length of a record"):
        next(notes)


@pytest.mark.parametrize("n_left", [1, 11, 12, 13, 200])
def test_a_cut_file_ends_with_an_error(fields, write, n_left):
    path = write([fields, fields])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + n_left])
    notes = read_tfrecords(path, [])
    assert next(notes) is not None
    with pytest.raises(CourseError, match="in the middle of one"):
        next(notes)


def test_a_huge_length_is_refused_before_memory_is_asked_for(
    tf_writer, tmp_path
):
    length = (MOST_BYTES + 1).to_bytes(8, "little")
    checksum = tf_writer.checksum(length).to_bytes(4, "little")
    path = tmp_path / "a.tfrecord"
    path.write_bytes(length + checksum)
    with pytest.raises(CourseError, match="a length of a record"):
        list(read_frames(path))


def test_a_gzip_is_no_tfrecord(tmp_path):
    path = tmp_path / "a.tfrecord.gz"
    path.write_bytes(b"\x1f\x8b" + bytes(100))
    with pytest.raises(CourseError, match="without compression"):
        list(read_tfrecords(tmp_path, []))


def test_an_empty_file_has_no_notes_and_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CourseError, match="--part test-tfrecord"):
        tfrecord_files(tmp_path)
    (tmp_path / "a.tfrecord").touch()
    assert list(read_tfrecords(tmp_path, [])) == []


def test_without_the_package_it_is_said_how_to_get_it(
    fields, write, monkeypatch
):
    path = write([fields])
    monkeypatch.setitem(sys.modules, "google_crc32c", None)
    with pytest.raises(CourseError, match=r"course-utils\[data\]"):
        list(read_tfrecords(path, []))
