"""The frames of a TFRecord file, and the message that lies in each.

A file is a row of frames: 8 bytes length, 4 bytes checksum of the length,
the record, 4 bytes checksum of the record. A record is a protobuf message
`tf.train.Example`: a map from names to lists of bytes, floats or integers.
TensorFlow is not needed.

Source: tensorflow/core/lib/io/record_writer.h, core/example/feature.proto.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import struct
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import BinaryIO

from course_utils.basics.checks import CourseError

MOST_BYTES = 2**22  # of one record; a note takes 256,000 and its labels
MASK = 0xA282EAD8
LENGTH = struct.Struct("<Q")
CHECKSUM = struct.Struct("<I")
HEAD = LENGTH.size + CHECKSUM.size

# Three lists, a message that is one of them, and the map: a descriptor of
# our own, in a pool of its own, so that it meets no other definition of the
# same message, such as TensorFlow's.
SCHEMA = """
name: "example.proto" package: "course" syntax: "proto3"
message_type { name: "BytesList" field {
  name: "value" number: 1 label: LABEL_REPEATED type: TYPE_BYTES } }
message_type { name: "FloatList" field {
  name: "value" number: 1 label: LABEL_REPEATED type: TYPE_FLOAT } }
message_type { name: "Int64List" field {
  name: "value" number: 1 label: LABEL_REPEATED type: TYPE_INT64 } }
message_type { name: "Feature" oneof_decl { name: "kind" }
  field { name: "bytes_list" number: 1 label: LABEL_OPTIONAL oneof_index: 0
    type: TYPE_MESSAGE type_name: ".course.BytesList" }
  field { name: "float_list" number: 2 label: LABEL_OPTIONAL oneof_index: 0
    type: TYPE_MESSAGE type_name: ".course.FloatList" }
  field { name: "int64_list" number: 3 label: LABEL_OPTIONAL oneof_index: 0
    type: TYPE_MESSAGE type_name: ".course.Int64List" } }
message_type { name: "Features"
  field { name: "feature" number: 1 label: LABEL_REPEATED
    type: TYPE_MESSAGE type_name: ".course.Features.FeatureEntry" }
  nested_type { name: "FeatureEntry" options { map_entry: true }
    field { name: "key" number: 1 label: LABEL_OPTIONAL type: TYPE_STRING }
    field { name: "value" number: 2 label: LABEL_OPTIONAL
      type: TYPE_MESSAGE type_name: ".course.Feature" } } }
message_type { name: "Example"
  field { name: "features" number: 1 label: LABEL_OPTIONAL
    type: TYPE_MESSAGE type_name: ".course.Features" } }
"""


@cache
def example_class() -> type:
    """Return the message class of `tf.train.Example`."""
    from google.protobuf import (
        descriptor_pb2,
        descriptor_pool,
        message_factory,
        text_format,
    )

    file = text_format.Parse(SCHEMA, descriptor_pb2.FileDescriptorProto())
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found = pool.FindMessageTypeByName("course.Example")
    return message_factory.GetMessageClass(found)


def read_frames(path: Path) -> Iterator[bytes | None]:
    """Yield the records of one file; None for one that is damaged.

    Parameters
    ----------
    path : Path
        A TFRecord file without compression.

    Raises
    ------
    CourseError
        If a length is damaged, or the file ends in the middle of a record.
    """
    crc = _crc32c()
    with path.open("rb") as file:
        while head := file.read(HEAD):
            length = _length(head, crc, path)
            body = _exactly(file, length + CHECKSUM.size, path)
            record, (given,) = body[:length], CHECKSUM.unpack(body[length:])
            yield record if masked(crc(record)) == given else None


def masked(checksum: int) -> int:
    """Return a CRC-32C as TFRecords store it: turned by 15 bits, and more.

    Parameters
    ----------
    checksum : int
        Below 2**32.
    """
    turned = (checksum >> 15 | checksum << 17) & 0xFFFFFFFF
    return (turned + MASK) & 0xFFFFFFFF


def _crc32c() -> Callable[[bytes], int]:
    """Return the checksum function, or say how to install it."""
    try:
        import google_crc32c
    except ImportError as error:
        raise CourseError(
            "the package google-crc32c, to read TFRecords",
            "no such package",
            'run: pip install "course-utils[data]"',
        ) from error
    return google_crc32c.value


def _length(head: bytes, crc: Callable[[bytes], int], path: Path) -> int:
    """Return the length that a frame begins with."""
    if len(head) < HEAD:
        raise _cut(path)
    (length,) = LENGTH.unpack(head[: LENGTH.size])
    (given,) = CHECKSUM.unpack(head[LENGTH.size :])
    if masked(crc(head[: LENGTH.size])) != given or length > MOST_BYTES:
        raise CourseError(
            f"TFRecords, without compression, in {path}",
            "a length of a record that is damaged, or another format",
            "fetch the file again",
        )
    return length


def _exactly(file: BinaryIO, n_bytes: int, path: Path) -> bytes:
    """Read so many bytes."""
    data = file.read(n_bytes)
    if len(data) < n_bytes:
        raise _cut(path)
    return data


def _cut(path: Path) -> CourseError:
    """Return the error for a file that is too short."""
    return CourseError(
        f"whole records in {path}",
        "a file that ends in the middle of one",
        "fetch the file again",
    )
