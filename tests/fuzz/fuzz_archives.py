"""What arrives from far away: TFRecords, zips and tars; and sweep files."""

import shutil
import struct
import tarfile
import zipfile
from functools import cache

import yaml
from fuzz_course import YAML_WORDS
from fuzz_edits import edit_bytes, edited_bytes, edited_tree
from fuzz_music import tar_of, zip_of
from fuzz_notes import RECORDS
from fuzz_target import Target

NAME = "nsynth-test.tfrecord-00000-of-00001"


def message_of(record, sound):
    """Return a note as a `tf.train.Example`."""
    from course_utils.data.tfrecord import example_class

    message = example_class()()
    fields = message.features.feature
    for name in ("note_str", "instrument_str"):
        fields[name].bytes_list.value.append(record[name].encode())
    for name in ("pitch", "velocity", "instrument", "instrument_family"):
        fields[name].int64_list.value.append(record[name])
    for name in ("note", "instrument_source"):
        fields[name].int64_list.value.append(0)
    fields["qualities"].int64_list.value.extend(record["qualities"])
    fields["audio"].float_list.value.extend(sound)
    return message.SerializeToString()


def frame_of(data):
    """Return a record with its length and both checksums."""
    import google_crc32c

    from course_utils.data.tfrecord import masked

    head = struct.pack("<Q", len(data))
    sums = [
        struct.pack("<I", masked(google_crc32c.value(d))) for d in (head, data)
    ]
    return head + sums[0] + data + sums[1]


@cache
def _messages():
    return [message_of(r, [0.5, -0.25, 0.125] * 9) for r in RECORDS]


def _record_cases(rng):
    messages = list(_messages())
    if rng.random() < 0.5:  # right checksums around a wrong message
        words = (
            b"note_str",
            b"pitch",
            b"audio",
            b"\x0a",
            b"\x12\x00",
            b"\xff" * 9,
            b"\x00\x00\xc0\x7f",
            b"\x00\x00\x80\x7f",
            b"../../up",
        )
        at = rng.randrange(len(messages))
        messages[at] = edit_bytes(rng, messages[at], messages, words)
        return {NAME: b"".join(map(frame_of, messages))}
    data = b"".join(map(frame_of, messages))
    return {
        NAME: edit_bytes(
            rng,
            data,
            [data],
            (struct.pack("<Q", 2**40), frame_of(b""), frame_of(b"x")),
        )
    }


def _read_records(folder):
    from course_utils.data.nsynth_tfrecord import read_tfrecords

    skipped = []
    for _ in read_tfrecords(folder, skipped):
        pass
    return skipped


NAMES = (
    "set/a.txt",
    "set/b/c.txt",
    "../a",
    "/tmp/canary",
    "set/../../canary",
    "a" * 300,
    "set",
    "set/a.txt/b",
    "C:a",
    "a\\b",
    "x/" * 2000 + "y",
    ".",
    "",
    "set//a.txt",
    "é\n",
)


def _archive_cases(rng):
    bodies = (b"", b"one", b"\0" * 2**21, bytes(range(256)))
    n = rng.randint(0, 4)
    if rng.random() < 0.5:
        methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        members = [
            (rng.choice(NAMES), rng.choice(bodies), rng.choice(methods))
            for _ in range(n)
        ]
        data = zip_of(members)
        words = (
            b"PK\x01\x02",
            b"PK\x03\x04",
            b"PK\x05\x06",
            b"\x00\x00\xff\xa1",
        )
    else:
        kinds = [tarfile.REGTYPE] * 6 + [
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.CHRTYPE,
            tarfile.DIRTYPE,
            tarfile.FIFOTYPE,
            tarfile.GNUTYPE_SPARSE,
        ]
        members = [
            (rng.choice(NAMES), rng.choice(bodies), rng.choice(kinds))
            for _ in range(n)
        ]
        data = tar_of(members, rng.choice(("w", "w:gz")))
        words = (
            b"ustar",
            b"\x1f\x8b",
            b"0000777\0",
            b"L",
            b"x",
            b"77777777777\0",
            b"\x80" + b"\xff" * 11,
        )
    if rng.random() < 0.6:
        data = edit_bytes(rng, data, [data], words)
    return {"set.archive": data}


def _unpack(folder):
    from course_utils.data.unpacking import Limits, unpack

    limits = Limits(n_files=20, n_bytes=2**20)
    try:
        unpack(folder / "set.archive", folder / "out", limits)
    finally:
        shutil.rmtree(folder / "out", ignore_errors=True)


SWEEP = {
    "name": "tones",
    "notebook": 10,
    "preset": "smoke",
    "seeds": [0, 1],
    "grid": {"SIZE": [1, 2], "RATE": [0.5, 0.25]},
}
LIST = {
    "name": "tones",
    "notebook": "10_tone",
    "preset": "cpu",
    "list": [{"SIZE": 3}, {"RATE": 1.5}],
}


def _sweep_cases(rng):
    seeds = [yaml.safe_dump(tree).encode() for tree in (SWEEP, LIST)]
    if rng.random() < 0.5:
        words = (
            *YAML_WORDS,
            b"SIZE",
            b"PRESET",
            b"SEED",
            b"..",
            b"10",
            b"1e999",
        )
        return {"s.yml": edited_bytes(rng, seeds, words)}
    words = ("SIZE", "SEED", list(range(2000)), {"SIZE": list(range(101))})
    text = yaml.safe_dump(edited_tree(rng, [SWEEP, LIST], words))
    return {"s.yml": text.encode("utf-8", "surrogatepass")}


def _sweep_files(folder):
    from nbformat.v4 import (
        new_code_cell,
        new_markdown_cell,
        new_notebook,
        writes,
    )

    source = 'PRESET = "cpu"\nSEED = 0\nSIZE = None\nRATE = None'
    cells = [
        new_markdown_cell("# Tone"),
        new_code_cell(source, metadata={"tags": ["parameters"]}),
    ]
    (folder / "notebooks").mkdir()
    path = folder / "notebooks" / "10_tone.ipynb"
    path.write_text(writes(new_notebook(cells=cells)))


def _read_sweep(folder):
    from course_utils.experiments.freshness import Workplace
    from course_utils.experiments.sweep_file import read_sweep

    place = Workplace(folder / "notebooks", folder / "executed")
    sweep = read_sweep(folder / "s.yml", place)
    for changes in sweep.changes:
        sweep.run_name(changes)


TARGETS = {
    "tfrecord": Target(_record_cases, _read_records),
    "archive": Target(_archive_cases, _unpack),
    "sweep-yaml": Target(_sweep_cases, _read_sweep, _sweep_files),
}
