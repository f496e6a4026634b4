"""A binary file as a script, for pages that are opened from a file.

Such a page may load a script from beside it, but nothing else. The page's
side is `elements/shared/packed_file.js`.

Taught in: notebooks/41_lstm_composing.ipynb
"""

import base64
import gzip
import json
import re

SCRIPT = re.compile(r'\(globalThis\.packedFiles \?\?= \{\}\)\[("[^"]+")\] = "')


def pack(name: str, data: bytes) -> str:
    """Return a script that keeps a file, compressed, under its name.

    Parameters
    ----------
    name : str
        What the page asks for.
    data : bytes
        The file.

    Returns
    -------
    str
        The same for the same file, always.
    """
    packed = base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()
    kept = json.dumps(name)
    return f'(globalThis.packedFiles ??= {{}})[{kept}] = "{packed}";\n'


def unpack(script: str) -> tuple[str, bytes]:
    """Return the name and the file that a script of `pack` keeps."""
    found = SCRIPT.match(script)
    packed = script[found.end() : script.rindex('"')]
    return json.loads(found[1]), gzip.decompress(base64.b64decode(packed))
