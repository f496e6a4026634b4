import gzip
import io
import os
import stat
import struct
import tarfile
import zipfile

import pytest

from course_utils.basics.checks import CourseError
from course_utils.data.unpacking import MOST_AT_ONCE, Limits, unpack

FILES = {
    "set/a.txt": b"one",
    "set/deep/er/b.bin": bytes(range(256)) * 9,
    "set/empty": b"",
}
OUT = ["..", "../x", "set/../../x", "/etc/x", "C:/x", "..\\x", "set\\x"]
LIMITS = Limits(n_files=50, n_bytes=1_000_000)


def tar_of(path, files, mode="w:gz", change=None):
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            item = tarfile.TarInfo(name)
            item.size = len(data)
            if change:
                change(item)
            archive.addfile(item, io.BytesIO(data))
    return path


def zip_of(path, files, change=None):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            item = zipfile.ZipInfo(name)
            item.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(item)
            archive.writestr(item, data)
    return path


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


PACKERS = {
    "zip": zip_of,
    "tar": lambda path, files: tar_of(path, files, "w"),
    "tar.gz": tar_of,
}


@pytest.fixture(params=PACKERS)
def pack(request, tmp_path):
    return lambda files: PACKERS[request.param](tmp_path / "packed", files)


def refused(archive, tmp_path, match, limits=LIMITS):
    """The archive is refused, and nothing of it is anywhere."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(CourseError, match=match) as caught:
        unpack(archive, tmp_path / "out", limits)
    assert sorted(tmp_path.rglob("*")) == before
    assert "\n" not in str(caught.value)


def test_what_was_packed_comes_out(pack, tmp_path):
    folder = unpack(pack(FILES), tmp_path / "out", LIMITS)
    assert contents(folder) == FILES


def test_outer_folders_can_be_left_out(pack, tmp_path):
    files = {"readme": b"above"} | FILES
    folder = unpack(pack(files), tmp_path / "out", LIMITS, n_strip=1)
    inner = {name[4:]: data for name, data in FILES.items()}
    assert contents(folder) == inner


def test_a_folder_that_is_there_stays_as_it_is(pack, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(CourseError, match="not there yet"):
        unpack(pack(FILES), tmp_path / "out")
    assert contents(tmp_path / "out") == {"mine": b"x"}


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_is_refused(pack, tmp_path, name):
    archive = pack({"set/first": b"1", name: b"2"})
    refused(archive, tmp_path, "leads out")


def test_a_name_that_leads_out_below_a_stripped_folder_is_too(pack, tmp_path):
    archive = pack({"../x": b"2"})
    with pytest.raises(CourseError, match="leads out"):
        unpack(archive, tmp_path / "out", n_strip=1)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    def change(item):
        if item.name == "bad":
            item.type = kind
            item.linkname = "/etc/passwd"
            item.size = 0

    files = {"good": b"1", "bad": b"", "bad/x": b"2"}
    archive = tar_of(tmp_path / "packed", files, change=change)
    refused(archive, tmp_path, "bad is a link or a device")


def test_links_in_a_zip_are_refused(tmp_path):
    def change(item):
        item.external_attr = (stat.S_IFLNK | 0o777) << 16

    archive = zip_of(tmp_path / "packed", {"bad": b"/etc/passwd"}, change)
    refused(archive, tmp_path, "bad is a link or a device")


def test_a_bomb_is_refused_before_it_is_large(pack, tmp_path):
    archive = pack({f"{i}": bytes(400_000) for i in range(3)})
    refused(archive, tmp_path, "at most 50 files and 1000000 bytes")


def test_too_many_files_are_refused(pack, tmp_path):
    archive = pack({f"{i}": b"" for i in range(51)})
    refused(archive, tmp_path, "at most 50 files")


def test_a_zip_that_claims_a_small_size_is_refused(tmp_path):
    archive = zip_of(tmp_path / "packed", {"a": bytes(900_000)})
    data = bytearray(archive.read_bytes())
    claim = struct.pack("<I", 900_000)
    place = data.find(claim)
    while place >= 0:
        data[place : place + 4] = struct.pack("<I", 5)
        place = data.find(claim)
    archive.write_bytes(data)
    refused(archive, tmp_path, "whole zip or tar")


def test_a_tar_with_a_name_of_a_gigabyte_is_refused(tmp_path):
    item = tarfile.TarInfo("pax")
    item.type = tarfile.XHDTYPE
    item.size = 64 * MOST_AT_ONCE
    with gzip.open(tmp_path / "packed", "wb", 1) as file:
        file.write(item.tobuf())
        for _ in range(4):
            file.write(bytes(MOST_AT_ONCE))
    refused(tmp_path / "packed", tmp_path, "a piece of")


def test_a_sparse_file_of_a_terabyte_is_refused(tmp_path):
    item = tarfile.TarInfo("holes")
    item.size = 2**40
    (tmp_path / "packed").write_bytes(item.tobuf())
    refused(tmp_path / "packed", tmp_path, "at most")


def test_a_name_that_comes_twice_is_refused(tmp_path):
    with tarfile.open(tmp_path / "packed", "w") as archive:
        for data in (b"one", b"two"):
            item = tarfile.TarInfo("a")
            item.size = 3
            archive.addfile(item, io.BytesIO(data))
    refused(tmp_path / "packed", tmp_path, "a comes twice")


def test_a_file_that_is_a_folder_too_is_refused(pack, tmp_path):
    refused(pack({"a": b"1", "a/b": b"2"}), tmp_path, "twice")


def test_every_cut_archive_is_refused(pack, tmp_path):
    archive = pack({"a": os.urandom(20_000), "b": os.urandom(20_000)})
    whole = archive.read_bytes()
    for share in (0.0, 0.1, 0.4, 0.8):
        archive.write_bytes(whole[: round(share * len(whole))])
        refused(archive, tmp_path, "whole zip or tar")


def test_flipped_bytes_are_seen_where_the_archive_has_a_checksum(tmp_path):
    for packer in (zip_of, tar_of):
        archive = packer(tmp_path / "packed", {"a": os.urandom(20_000)})
        data = bytearray(archive.read_bytes())
        data[10_000] ^= 0xFF
        archive.write_bytes(data)
        refused(archive, tmp_path, "whole zip or tar")


def test_a_password_is_an_error(tmp_path):
    archive = zip_of(tmp_path / "packed", {"a": b"secret"})
    data = bytearray(archive.read_bytes())
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(sign) + offset] |= 1
    archive.write_bytes(data)
    refused(archive, tmp_path, "password")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x1f\x8b", b"PK\x05\x06", b"MThd"]
)
def test_what_is_no_archive_is_refused(tmp_path, data):
    (tmp_path / "packed").write_bytes(data * 600)
    refused(tmp_path / "packed", tmp_path, "whole zip or tar")


def test_a_member_without_a_name_is_refused(tmp_path):
    path = zip_of(tmp_path / "a.zip", {"x": b""})
    data = path.read_bytes()  # the index holds the name's length at byte 28
    place = data.index(b"PK\x01\x02") + 28
    path.write_bytes(data[:place] + b"\0\0" + data[place + 2 :])
    with pytest.raises(CourseError, match="a whole zip or tar"):
        unpack(path, tmp_path / "out")
