"""Parsers of music: MIDI files, zips of them, ABC, chorales, beats."""

import io
import json
import tarfile
import zipfile
from functools import cache

from fuzz_edits import edit_bytes, edited_bytes, edited_json
from fuzz_target import Target

MIDI_WORDS = (
    b"MThd",
    b"MTrk",
    b"\xff\x51\x03",
    b"\xff\x58\x04",
    b"\xff\x59\x02",
    b"\xff\x2f\x00",
    b"\xff\x03",
    b"\xff\x7f",
    b"\xf0",
    b"\xf7",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x80\x80\x80\x00",
    b"\x90",
    b"\x00\x00\x00\x06",
)
NAMES = (
    "a.mid",
    "../a.mid",
    "/a.mid",
    "b/a.MIDI",
    "__MACOSX/a.mid",
    "a.txt",
    "C:\\a.mid",
    "a\0b.mid",
    "\x1b[31m.mid",
    "x/" * 200 + "a.mid",
    "a" * 300 + ".mid",
    ".mid",
    "..",
    "",
    "é.mid",
    "a.mid/",
)


@cache
def midi_seeds():
    """Return small MIDI files: one part, many parts, changes of all kinds."""
    import tempfile
    from pathlib import Path

    from course_utils.symbolic.blank import blank_sequence
    from course_utils.symbolic.sequences import sequence_to_midi

    seeds = []
    for n_parts, meter, qpm in ((1, (4, 4), 120.0), (3, (3, 4), 87.5)):
        sequence = blank_sequence(qpm, meter)
        for i in range(6 * n_parts):
            sequence.notes.add(
                pitch=60 + i,
                velocity=64 + i,
                start_time=0.25 * i,
                end_time=0.25 * i + 0.3,
                instrument=i % n_parts,
                program=i % n_parts,
                is_drum=i % n_parts == 2,
            )
        sequence.control_changes.add(
            time=0.5, control_number=64, control_value=127
        )
        sequence.pitch_bends.add(time=0.7, bend=-300)
        sequence.key_signatures.add(time=0, key=3, mode=1)
        sequence.tempos.add(time=1.0, qpm=60.0)
        sequence.total_time = 5.0
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.mid"
            sequence_to_midi(sequence, path)
            seeds.append(path.read_bytes())
    track = bytes.fromhex(
        "00c005 00903c40 60803c00 00903c40 60903c00 00ff2f00"
    )
    head = b"MThd" + bytes.fromhex("00000006 0000 0001 01e0")
    seeds.append(head + b"MTrk" + len(track).to_bytes(4, "big") + track)
    return seeds


def _midi_cases(rng):
    return {"a.mid": edited_bytes(rng, midi_seeds(), MIDI_WORDS)}


def _read_midi(folder):
    from course_utils.symbolic.sequences import midi_to_sequence, summarise

    summarise(midi_to_sequence(folder / "a.mid"))


def zip_of(members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data, method in members:
            archive.writestr(name or "?", data, method)
    return file.getvalue()


def _zip_cases(rng):
    seeds = [*midi_seeds() * 5, b"", b"no music", b"\0" * (5 * 2**20)]
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    members = [
        (rng.choice(NAMES), rng.choice(seeds), rng.choice(methods))
        for _ in range(rng.randint(0, 3))
    ]
    data = zip_of(members)
    if rng.random() < 0.5:
        others = [zip_of([("b.mid", seeds[0], zipfile.ZIP_DEFLATED)])]
        words = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\x01\x00")
        data = edit_bytes(rng, data, others, words)
    return {"set.zip": data}


def _read_zip(folder):
    from course_utils.data.midi_sets import midi_folder

    return midi_folder(folder / "set.zip").skipped


TUNE = """X:1
T:The Tide
M:6/8
L:1/8
K:G
|:G2A BcB|A>GE [DG]2"Am"D|(3GAB c2d|e3 d2z:|G2A BcB|A2G E2D|G2A B^c=B|
AGE D3|G2A BcB|AGE DEF|GAB c2d|e3- e2z|
"""
OTHER_TUNE = """X:2
T:Air
M:C|
K:Dm % mode
D4 F2 A2|_B2/A2/ {c}G4|A,3/2D/ F4 z2|D4 D4|D2 F2 A2 d2|c2 A2 F2 D2|D8|
D4 F2 A2|d4 c2 A2|F4 D4|A2 F2 D2 F2|D8|
"""
ABC_WORDS = (
    b"M:",
    b"L:",
    b"K:",
    b"V:",
    b"[M:0/4]",
    b"L:1/0",
    b"999999999",
    b"/" * 400,
    b",",
    b"'" * 90,
    b"[[",
    b"(3",
    b"(9",
    b"|:",
    b">>",
    b"^" * 60,
    b"-",
    b"0",
    "٣".encode(),
)


def _abc_cases(rng):
    seeds = [TUNE.encode(), OTHER_TUNE.encode(), (TUNE + OTHER_TUNE).encode()]
    return {"ryansMammoth/a.abc": edited_bytes(rng, seeds, ABC_WORDS)}


def _read_abc(folder):
    from types import SimpleNamespace
    from unittest.mock import patch

    from course_utils.data import abc_tunes

    module = SimpleNamespace(__file__=folder / "corpus.py")
    with patch.object(abc_tunes, "corpus_module", lambda name: module):
        return abc_tunes.tunes().skipped


def _jsb_cases(rng):
    grid = [[72, 67, 64, 48], [72, 67, 64, 48], [74, -1, 65, 50]]
    tree = {split: [grid, grid] for split in ("train", "valid", "test")}
    data = edited_json(rng, [tree], (128, -2, 60.5))
    return {"Jsb16thSeparated.json": data}


def _read_jsb(folder):
    from course_utils.data.midi_sets import jsb

    return jsb(folder).skipped


MAESTRO_CSV = b"""canonical_composer,split,year,midi_filename,duration
Bach,train,2004,2004/a.midi,5.0
"Liszt, F.",validation,2006,2006/b.midi,5.0
Berg,test,2006,2006/absent.midi,5.0
"""
CSV_WORDS = (
    b",",
    b'"',
    b"\r",
    b"\n",
    b'""',
    b"split",
    b"\x0b",
    b"../../../x",
    b"\x00",
    b"a" * 300,
    b"/etc/passwd",
    b"x," * 500,
    b"\x1b[0m",
    b"nan",
    b"inf",
    b"1e400",
    b"9" * 5000,
    b"<script>",
)


def _maestro_csv_cases(rng):
    seeds = [MAESTRO_CSV, MAESTRO_CSV.replace(b"\n", b"\r\n")]
    return {"maestro-v3.0.0.csv": edited_bytes(rng, seeds, CSV_WORDS)}


def _maestro_json_cases(rng):
    tree = {
        "split": {"0": "train", "1": "validation"},
        "midi_filename": {"0": "2004/a.midi", "1": "2006/b.midi"},
        "year": {"0": 2004, "1": 2006},
    }
    return {"maestro-v3.0.0.json": edited_json(rng, [tree])}


def _maestro_files(folder):
    seeds = midi_seeds()
    for name, data in (("2004/a.midi", seeds[0]), ("2006/b.midi", seeds[1])):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def _read_maestro(folder):
    from course_utils.data.midi_sets import maestro

    return maestro(folder).skipped


BEATS = "\n".join(
    f"{0.5 * i:.2f} {float(i % 2 == 0)} {float(i % 4 == 0)}" for i in range(16)
).encode()
BEAT_WORDS = (
    b"nan",
    b"inf",
    b"-1",
    b"1e300",
    b"1e-300",
    b" ",
    b"0.0",
    b"x",
    b"\n",
    b"1.0",
    b"9" * 400,
)


def tar_of(members, mode="w:gz"):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, data, kind in members:
            member = tarfile.TarInfo(name)
            member.size, member.type = len(data), kind
            member.linkname = "../canary"
            is_file = kind == tarfile.REGTYPE
            member.size = len(data) if is_file else 0
            archive.addfile(member, io.BytesIO(data) if is_file else None)
    return file.getvalue()


def _beat_cases(rng):
    data = BEATS
    if rng.randint(0, 3):
        data = edit_bytes(rng, BEATS, [BEATS], BEAT_WORDS)
    if rng.random() < 0.5:
        return {"001/beat_midi.txt": data}
    kinds = (
        tarfile.REGTYPE,
        tarfile.REGTYPE,
        tarfile.SYMTYPE,
        tarfile.DIRTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
    )
    names = (
        "001/beat_midi.txt",
        "POP909/001/beat_midi.txt",
        "../beat_midi.txt",
        "beat_midi.txt",
    )
    members = [
        (rng.choice(names), data, rng.choice(kinds))
        for _ in range(rng.randint(1, 2))
    ]
    packed = tar_of(members)
    if rng.random() < 0.5:
        packed = edit_bytes(rng, packed, [packed], (b"\x1f\x8b",))
    return {"annotations.tar.gz": packed}


def _pop909_files(folder):
    (folder / "001.mid").write_bytes(midi_seeds()[0])


def _read_pop909(folder):
    from course_utils.data.midi_sets import pop909

    return pop909(folder).skipped


def _judge_cases(rng):
    from course_utils.basics.paths import shipped_data_dir

    path = shipped_data_dir() / "judges" / "tempo.json"
    tree = json.loads(path.read_text())
    return {"judge.json": edited_json(rng, [tree])}


def _read_judge(folder):
    from course_utils.evaluation.tempo_heard import load_tempo_judge

    load_tempo_judge(folder / "judge.json")


TARGETS = {
    "midi": Target(_midi_cases, _read_midi),
    "midi-zip": Target(_zip_cases, _read_zip),
    "abc": Target(_abc_cases, _read_abc),
    "jsb-json": Target(_jsb_cases, _read_jsb),
    "maestro-csv": Target(_maestro_csv_cases, _read_maestro, _maestro_files),
    "maestro-json": Target(_maestro_json_cases, _read_maestro, _maestro_files),
    "pop909-beats": Target(_beat_cases, _read_pop909, _pop909_files),
    "judge-json": Target(_judge_cases, _read_judge),
}
