import zipfile

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.midi_files import read_midi_files
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.sequences import MAX_FILE_BYTES, sequence_to_midi


def write_midi(path, pitch):
    path.parent.mkdir(parents=True, exist_ok=True)
    sequence = blank_sequence(120.0, (4, 4))
    sequence.notes.add(pitch=pitch, velocity=80, start_time=0, end_time=1)
    sequence.total_time = 1.0
    sequence_to_midi(sequence, path)
    return path


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "set"
    write_midi(root / "b.mid", 62)
    write_midi(root / "deep" / "a.MIDI", 60)
    (root / "empty.mid").write_bytes(b"")
    (root / "text.mid").write_text("not midi at all")
    (root / "notes.txt").write_text("not looked at")
    cut = (root / "b.mid").read_bytes()[:30]
    (root / "cut.mid").write_bytes(cut)
    write_midi(root / "z" / "copy_of_b.mid", 62)
    return root


def zipped(folder, path):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


def pitches(found):
    return {name: sequence.notes[0].pitch for name, sequence in found}


def reasons(skipped):
    return {item.name: item.reason for item in skipped}


def test_a_folder_and_its_zip_read_alike(folder, tmp_path):
    found = []
    for source in (folder, zipped(folder, tmp_path / "set.zip")):
        skipped = []
        pieces = pitches(read_midi_files(source, skipped))
        assert pieces == {"b": 62, "deep/a": 60}
        found.append(reasons(skipped))
    assert found[0] == found[1]
    assert set(found[0]) == {
        "empty.mid",
        "text.mid",
        "cut.mid",
        "z/copy_of_b.mid",
    }


def test_reasons_say_what_is_wrong_and_name_no_temporary_place(folder):
    skipped = []
    list(read_midi_files(folder, skipped))
    told = reasons(skipped)
    assert told["z/copy_of_b.mid"] == "same bytes as b.mid"
    assert "empty" in told["empty.mid"]
    for reason in told.values():
        assert "/tmp" not in reason


def test_one_file_is_a_set_too(folder):
    assert pitches(read_midi_files(folder / "b.mid", [])) == {"b": 62}


def test_names_that_lead_out_of_the_zip_are_left_out(folder, tmp_path):
    path = tmp_path / "evil.zip"
    data = (folder / "b.mid").read_bytes()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../outside.mid", data)
        archive.writestr("/etc/absolute.mid", data)
        archive.writestr("good.mid", data)
    skipped = []
    assert pitches(read_midi_files(path, skipped)) == {"good": 62}
    assert [item.name for item in skipped] == [
        "../outside.mid",
        "/etc/absolute.mid",
    ]
    assert all("out of the zip" in item.reason for item in skipped)
    assert not (tmp_path.parent / "outside.mid").exists()


def test_a_huge_member_is_not_unpacked(folder, tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.mid", bytes(4 * MAX_FILE_BYTES))
        archive.write(folder / "b.mid", "good.mid")
    skipped = []
    assert pitches(read_midi_files(path, skipped)) == {"good": 62}
    assert "at most 4194304 bytes" in skipped[0].reason


def test_a_damaged_member_is_left_out(folder, tmp_path):
    path = zipped(folder, tmp_path / "set.zip")
    data = bytearray(path.read_bytes())
    place = data.index(b"MThd")
    data[place + 20] ^= 0xFF  # the checksum of b.mid no longer fits
    path.write_bytes(bytes(data))
    skipped = []
    assert "deep/a" in pitches(read_midi_files(path, skipped))
    assert "b.mid" in reasons(skipped)


def test_apples_shadows_are_not_music(folder, tmp_path):
    path = tmp_path / "mac.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "b.mid", "good.mid")
        archive.writestr("__MACOSX/._good.mid", b"shadow")
    skipped = []
    assert pitches(read_midi_files(path, skipped)) == {"good": 62}
    assert skipped == []


def test_nothing_there_is_told(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        list(read_midi_files(tmp_path / "absent", []))
    (tmp_path / "a.txt").write_text("text")
    with pytest.raises(CourseError, match="another kind"):
        list(read_midi_files(tmp_path / "a.txt", []))


def test_a_zip_with_a_broken_index_is_refused(folder, tmp_path):
    path = zipped(folder, tmp_path / "set.zip")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"PK\x01\x02", b"PK\x01\x03"))
    with pytest.raises(CourseError, match="a readable zip at"):
        list(read_midi_files(path, []))


def test_a_name_longer_than_any_file_may_have_is_read(folder, tmp_path):
    path = tmp_path / "long.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(folder / "b.mid", "a" * 300 + ".mid")
    assert pitches(read_midi_files(path, [])) == {"a" * 300: 62}
