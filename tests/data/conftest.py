import json
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils.data.wav import write_wav

RATE = 16_000
FAMILIES = {"brass": 1, "flute": 2, "string": 8}


def nsynth_record(family, index, pitch, velocity):
    """A record as NSynth's examples.json has it."""
    instrument = f"{family}_acoustic_{index:03d}"
    return {
        "note_str": f"{instrument}-{pitch:03d}-{velocity:03d}",
        "note": 1000 * index + pitch,
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": RATE,
        "instrument": 100 * FAMILIES[family] + index,
        "instrument_str": instrument,
        "instrument_family": FAMILIES[family],
        "instrument_family_str": family,
        "instrument_source": 0,
        "instrument_source_str": "acoustic",
        "qualities": [0] * 10,
        "qualities_str": [],
    }


@pytest.fixture
def nsynth_folder(tmp_path):
    """Three families of five instruments, two pitches each, as sines."""
    folder = tmp_path / "nsynth"
    (folder / "audio").mkdir(parents=True)
    examples = {}
    time_s = np.arange(64_000) / RATE
    for family in FAMILIES:
        for index in range(5):
            for pitch in (60, 72):
                record = nsynth_record(family, index, pitch, 100)
                examples[record["note_str"]] = record
                f0_hz = 440 * 2 ** ((pitch - 69) / 12)
                write_wav(
                    folder / "audio" / f"{record['note_str']}.wav",
                    0.5 * np.sin(2 * np.pi * f0_hz * time_s),
                    RATE,
                )
    (folder / "examples.json").write_text(json.dumps(examples))
    return folder


def _varint(number):
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _field(number, data):
    """A field of protobuf that holds bytes or a message."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _feature(value):
    """tf.train.Feature, written by hand: texts, floats or integers."""
    if isinstance(value, str):
        return _field(1, _field(1, value.encode()))
    if isinstance(value, np.ndarray):
        return _field(2, _field(1, value.astype("<f4").tobytes()))
    numbers = value if isinstance(value, list) else [value]
    return _field(3, _field(1, b"".join(_varint(n) for n in numbers)))


def tf_example(fields):
    """tf.train.Example as TensorFlow would write it."""
    entries = (
        _field(1, _field(1, name.encode()) + _field(2, _feature(value)))
        for name, value in fields.items()
    )
    return _field(1, b"".join(entries))


def masked_crc32c(data):
    """The checksum of TFRecords, bit by bit (polynomial 0x1EDC6F41)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tf_frame(data):
    """One frame of a TFRecord file."""
    length = struct.pack("<Q", len(data))
    parts = (length, masked_crc32c(length), data, masked_crc32c(data))
    return struct.pack(f"<8sI{len(data)}sI", *parts)


@pytest.fixture
def tf_writer():
    """The three writers of TFRecords that tests need."""
    return SimpleNamespace(
        example=tf_example, frame=tf_frame, checksum=masked_crc32c
    )
