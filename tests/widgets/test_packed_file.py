"""A file as a script, and the vendored one."""

import hashlib
import re

import pytest

from course_utils.basics.paths import REPOSITORY
from course_utils.widgets.packed_file import pack, unpack

VENDORED = REPOSITORY / "book" / "_vendor" / "onnxruntime"


@pytest.mark.parametrize("data", [b"", b"\0\xff</script>", bytes(10_000)])
def test_a_packed_file_comes_out_as_it_went_in(data):
    script = pack("a.bin", data)
    assert unpack(script) == ("a.bin", data)
    assert "<" not in script
    assert pack("a.bin", data) == script


def test_the_vendored_runtime_is_what_its_readme_says():
    told = (VENDORED / "README.md").read_text(encoding="utf-8")
    sums = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", told, re.M))
    sums = {file: digest for digest, file in sums.items()}
    glue = (VENDORED / "ort.wasm-core.min.js").read_bytes()
    script = (VENDORED / "ort-wasm-simd.js").read_text(encoding="utf-8")
    name, wasm = unpack(script)
    assert hashlib.sha256(glue).hexdigest() == sums["ort.wasm-core.min.js"]
    assert hashlib.sha256(wasm).hexdigest() == sums[name]
    for size in (len(glue), len(script.encode()), len(wasm)):
        assert f"{size:,}" in told
    assert "MIT License" in (VENDORED / "LICENSE").read_text()
