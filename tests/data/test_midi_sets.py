import io
import json
import tarfile

import numpy as np
import pytest

from course_utils.basics.checks import CourseError
from course_utils.basics.paths import real_data_dir
from course_utils.data.midi_sets import jsb, maestro, midi_folder, pop909
from course_utils.data.splits import SPLITS
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.chorale import sequence_to_grid
from course_utils.symbolic.sequences import sequence_to_midi


def write_midi(path, pitch, meter=(4, 4)):
    path.parent.mkdir(parents=True, exist_ok=True)
    sequence = blank_sequence(120.0, meter)
    sequence.notes.add(pitch=pitch, velocity=80, start_time=0, end_time=8)
    sequence.total_time = 8.0
    sequence_to_midi(sequence, path)


def test_any_folder_is_a_corpus_with_three_splits(tmp_path):
    for pitch in range(60, 66):
        write_midi(tmp_path / f"{pitch}.mid", pitch)
    (tmp_path / "bad.mid").write_text("x")
    corpus = midi_folder(tmp_path)
    assert [piece.name for piece in corpus] == [str(p) for p in range(60, 66)]
    assert {piece.split for piece in corpus} == set(SPLITS)
    assert [item.name for item in corpus.skipped] == ["bad.mid"]
    assert "6 pieces" in corpus.report()
    assert "bad.mid" in corpus.report()


def test_a_piece_keeps_its_split_when_files_come(tmp_path):
    for pitch in range(30, 60):
        write_midi(tmp_path / f"{pitch}.mid", pitch)
    before = {piece.name: piece.split for piece in midi_folder(tmp_path)}
    write_midi(tmp_path / "new.mid", 100)
    after = {piece.name: piece.split for piece in midi_folder(tmp_path)}
    assert before.items() <= after.items()


def test_a_folder_without_music_is_refused(tmp_path):
    (tmp_path / "bad.mid").write_text("x")
    with pytest.raises(CourseError, match=r"can be read.*bad\.mid"):
        midi_folder(tmp_path)


MAESTRO = [
    ("2004/one.midi", "train", 60),
    ("2004/two.midi", "validation", 61),
    ("2006/three.midi", "test", 62),
    ("2006/gone.midi", "train", None),
]


@pytest.fixture
def maestro_folder(tmp_path):
    for name, _, pitch in MAESTRO:
        if pitch:
            write_midi(tmp_path / name, pitch)
    return tmp_path


def write_csv(folder):
    lines = ["canonical_composer,canonical_title,split,year,midi_filename"]
    lines += [f'X,"A, B",{s},2004,{name}' for name, s, _ in MAESTRO]
    (folder / "maestro-v3.0.0.csv").write_text("\n".join(lines))


def write_json(folder):
    columns = {
        "split": {str(i): s for i, (_, s, _) in enumerate(MAESTRO)},
        "midi_filename": {str(i): n for i, (n, _, _) in enumerate(MAESTRO)},
    }
    (folder / "maestro-v3.0.0.json").write_text(json.dumps(columns))


@pytest.mark.parametrize("write_table", [write_csv, write_json])
def test_maestro_is_read_from_either_table(maestro_folder, write_table):
    write_table(maestro_folder)
    corpus = maestro(maestro_folder)
    found = {p.name: (p.split, p.sequence.notes[0].pitch) for p in corpus}
    assert found == {
        "2004/one": ("train", 60),
        "2004/two": ("validation", 61),
        "2006/three": ("test", 62),
    }
    assert [item.name for item in corpus.skipped] == ["2006/gone.midi"]


def test_maestro_reads_only_the_splits_asked_for(maestro_folder):
    write_csv(maestro_folder)
    corpus = maestro(maestro_folder, ["validation"])
    assert [piece.name for piece in corpus] == ["2004/two"]


def test_maestro_without_a_table_is_refused(maestro_folder):
    with pytest.raises(CourseError, match="a table maestro"):
        maestro(maestro_folder)


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "x"])
def test_another_table_is_refused(maestro_folder, text):
    (maestro_folder / "maestro.csv").write_text(text + "\n3")
    with pytest.raises(CourseError, match="columns split, midi_filename"):
        maestro(maestro_folder)


def test_a_table_cannot_lead_out_of_the_folder(maestro_folder, tmp_path):
    write_midi(tmp_path.parent / "outside.midi", 60)
    (maestro_folder / "maestro.csv").write_text(
        "split,midi_filename\ntrain,../outside.midi\ntrain,2004/one.midi\n"
    )
    corpus = maestro(maestro_folder)
    assert [piece.name for piece in corpus] == ["2004/one"]
    assert "a file inside" in corpus.skipped[0].reason


@pytest.mark.parametrize("name", ["\0", "a" * 300 + ".midi", ""])
def test_a_name_that_no_file_can_have_is_left_out(maestro_folder, name):
    write_table = {"split": {"0": "train", "1": "train"}}
    names = {"0": name, "1": "2004/one.midi"}
    text = json.dumps(write_table | {"midi_filename": names})
    (maestro_folder / "maestro.json").write_text(text)
    corpus = maestro(maestro_folder)
    assert [piece.name for piece in corpus] == ["2004/one"]
    assert [item.name for item in corpus.skipped] == [name]


@pytest.mark.parametrize(
    "content",
    [
        b"split,midi_filename\n\xff,a",
        b"midi_filename,split\na.midi\n",
        b"split,midi_filename\ntrain," + b"a" * 200_000,
    ],
)
def test_a_damaged_csv_is_refused(maestro_folder, content):
    (maestro_folder / "maestro.csv").write_bytes(content)
    with pytest.raises(CourseError, match="columns split, midi_filename"):
        maestro(maestro_folder)


@pytest.mark.parametrize("name", [3, None, ["a"], {}])
def test_a_json_whose_names_are_no_texts_is_refused(maestro_folder, name):
    table = {"split": {"0": "train"}, "midi_filename": {"0": name}}
    (maestro_folder / "maestro.json").write_text(json.dumps(table))
    with pytest.raises(CourseError, match="columns split, midi_filename"):
        maestro(maestro_folder)


def test_json_nested_beyond_reading_is_refused(maestro_folder):
    deep = "[" * 50_000 + "]" * 50_000
    (maestro_folder / "maestro.json").write_text(deep)
    with pytest.raises(CourseError, match="columns split, midi_filename"):
        maestro(maestro_folder)
    (maestro_folder / "Jsb16thSeparated.json").write_text(deep)
    with pytest.raises(CourseError, match="chorales under train"):
        jsb(maestro_folder)


GRID = [[72, 67, 64, 48]] * 4 + [[74, 67, -1, 50]] * 4


def test_jsb_keeps_the_papers_split_and_every_pitch(tmp_path):
    content = {"train": [GRID, GRID[:4]], "valid": [GRID], "test": [GRID]}
    (tmp_path / "Jsb16thSeparated.json").write_text(json.dumps(content))
    corpus = jsb(tmp_path)
    assert [(piece.name, piece.split) for piece in corpus] == [
        ("test-000", "test"),
        ("train-000", "train"),
        ("train-001", "train"),
        ("valid-000", "validation"),
    ]
    assert np.array_equal(sequence_to_grid(corpus[0].sequence), GRID)


@pytest.mark.parametrize(
    "content", ["{", '{"train": []}', "[1]", '{"train": 5}']
)
def test_another_json_is_refused(tmp_path, content):
    path = tmp_path / "j.json"
    path.write_text(content)
    with pytest.raises(CourseError, match="train, valid and test"):
        jsb(path)


def test_jsb_must_be_there(tmp_path):
    with pytest.raises(CourseError, match="JSB chorales as JSON"):
        jsb(tmp_path)


def beats_text(per_bar):
    rows = []
    for beat in range(24):
        half = beat % (2 if per_bar == 4 else 3) == 0
        whole = beat % (4 if per_bar == 4 else 6) == 0
        rows.append(f"{0.1 + 0.5 * beat} {float(half)} {float(whole)}")
    return "\n".join(rows)


@pytest.fixture(params=["packed", "folders"])
def pop909_folder(request, tmp_path):
    """Three songs; the MIDI says 1/4, the beats say 4/4, 3/4 and nothing."""
    texts = {"001": beats_text(4), "002": beats_text(3)}
    for i, song in enumerate(("001", "002", "003")):
        write_midi(tmp_path / song / f"{song}.mid", 60 + i, meter=(1, 4))
    write_midi(tmp_path / "001" / "versions" / "001-v1.mid", 90)
    if request.param == "packed":
        with tarfile.open(tmp_path / "annotations.tar.gz", "w:gz") as archive:
            for song, text in texts.items():
                info = tarfile.TarInfo(f"{song}/beat_midi.txt")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
    else:
        for song, text in texts.items():
            (tmp_path / song / "beat_midi.txt").write_text(text)
    return tmp_path


def test_pop909_takes_its_meter_from_the_beats(pop909_folder):
    corpus = pop909(pop909_folder)
    assert [piece.name for piece in corpus] == ["001", "002", "003"]
    meters = [
        [(m.time, m.numerator, m.denominator) for m in marks]
        for marks in (piece.sequence.time_signatures for piece in corpus)
    ]
    assert meters == [[(0.0, 4, 4)], [(0.0, 3, 4)], [(0.0, 1, 4)]]
    assert corpus[0].sequence.tempos[0].qpm == pytest.approx(120.0)


@pytest.mark.parametrize("text", [b"", b"0.1 1\n", b"\xff", b"nan 1 1\n2 1 1"])
def test_a_song_with_damaged_beats_keeps_what_its_midi_says(tmp_path, text):
    write_midi(tmp_path / "001" / "001.mid", 60, meter=(1, 4))
    (tmp_path / "001" / "beat_midi.txt").write_bytes(text)
    corpus = pop909(tmp_path)
    (mark,) = corpus[0].sequence.time_signatures
    assert (mark.numerator, mark.denominator) == (1, 4)
    assert [item.name for item in corpus.skipped] == ["001/beat_midi.txt"]


def test_a_damaged_tar_of_beats_is_refused(tmp_path):
    write_midi(tmp_path / "001.mid", 60)
    (tmp_path / "annotations.tar.gz").write_bytes(b"\x1f\x8b and no more")
    with pytest.raises(CourseError, match="a whole tar of annotations"):
        pop909(tmp_path)


# --- real sets ---------------------------------------------------------------


def real(name):
    root = real_data_dir()
    if root is None or not (root / name).is_dir():
        pytest.skip(f"needs {name} below COURSE_DATA_DIR")
    return root / name


@pytest.mark.real_data
def test_the_real_jsb_has_the_known_counts():
    corpus = jsb(real("jsb"))
    assert [len(corpus.of(s)) for s in SPLITS] == [229, 76, 77]


@pytest.mark.real_data
def test_a_real_fraction_of_maestro_loads():
    corpus = maestro(real("maestro_fraction"), ["validation"])
    assert len(corpus) == 20
    assert corpus.skipped == []
    assert all(len(piece.sequence.notes) > 100 for piece in corpus)
