"""Edits that turn a good file into a hostile one, drawn by hypothesis.

A case starts from a file that our own writers made, or from two of them. Bytes
are flipped, cut, inserted, doubled and spliced, and numbers that sit at the
edge of their type are written over lengths. A tree (JSON, YAML, the header of
a checkpoint) gets values of the wrong kind, loses, doubles and renames its
entries.
"""

import json
import math
from copy import deepcopy

N_EDITS = (1, 1, 1, 2, 2, 3, 6)  # of one case: mostly few, or all breaks early
EDGES = (
    0,
    1,
    127,
    128,
    255,
    256,
    32_767,
    65_535,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**63 - 1,
    2**63,
    2**64 - 1,
)
NOT_TEXT = (b"\xff\xfe", b"\x00", b"\xc3(", b"\xed\xa0\x80", b"\xef\xbb\xbf")
# Stand for text that `json.dumps` cannot write; see `tree_to_text`.
DEEP, LONG_NUMBER = "\ue000", "\ue001"
DEPTH = 50_000
VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1,
    2,
    0.5,
    -0.0,
    1e308,
    5e-324,
    10**9,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    math.nan,
    math.inf,
    -math.inf,
    "",
    " ",
    "x",
    "0",
    "-1",
    "NaN",
    "1e400",
    "../../up",
    "/etc/passwd",
    "a/../../b",
    ".",
    "a" * 300,
    "a\nb",
    "\0",
    "\ud800",
    "\x1b[31mred",
    "<script>alert(1)</script>",
    "é",
    "9" * 5_000,
    "__import__('os').system('touch canary')",
    [],
    {},
    [[]],
    [None],
    [{}],
    {"": None},
    {"$tensor": "x"},
    {"$int": {"x": 1}},
    [1, [2]],
    DEEP,
    LONG_NUMBER,
)


def _place(rng, data):
    return rng.randint(0, len(data))


def _stretch(rng, data):
    start = _place(rng, data)
    return start, min(start + rng.randint(1, 64), len(data))


def _flip(rng, data, others, words):
    if not data:
        return data
    at = rng.randint(0, len(data) - 1)
    return data[:at] + bytes([data[at] ^ rng.randint(1, 255)]) + data[at + 1 :]


def _cut(rng, data, others, words):
    return data[: _place(rng, data)]


def _drop(rng, data, others, words):
    start, stop = _stretch(rng, data)
    return data[:start] + data[stop:]


def _double(rng, data, others, words):
    start, stop = _stretch(rng, data)
    times = rng.choice((2, 3, 100))
    return data[:start] + data[start:stop] * times + data[stop:]


def _insert(rng, data, others, words):
    at = _place(rng, data)
    return data[:at] + rng.randbytes(rng.randint(1, 16)) + data[at:]


def _word(rng, data, others, words):
    start, stop = _stretch(rng, data)
    stop = start if rng.random() < 0.5 else stop
    word = rng.choice((*words, *NOT_TEXT))
    return data[:start] + word + data[stop:]


def _edge(rng, data, others, words):
    """Write a number at the edge of its type over some bytes."""
    size = rng.choice((1, 2, 4, 8))
    order = rng.choice(("big", "little"))
    number = rng.choice(EDGES) % 256**size
    at = _place(rng, data)
    return data[:at] + number.to_bytes(size, order) + data[at + size :]


def _splice(rng, data, others, words):
    other = rng.choice(others)
    return data[: _place(rng, data)] + other[_place(rng, other) :]


def _empty(rng, data, others, words):
    return rng.choice((b"", b"\n", b"\0", b"\0" * 4096))


BYTE_EDITS = (
    _flip,
    _flip,
    _flip,
    _cut,
    _drop,
    _double,
    _insert,
    _word,
    _word,
    _edge,
    _edge,
    _edge,
    _splice,
)


def edit_bytes(rng, data, others, words=(), most=6):
    """Return `data` after some edits; `others` are what it is spliced with."""
    if rng.randint(0, 199) == 0:
        return _empty(rng, data, others, words)
    for _ in range(min(rng.choice(N_EDITS), most)):
        data = rng.choice(BYTE_EDITS)(rng, data, others, words)
    return data


def edited_bytes(rng, seeds, words=()):
    """Draw an edited file; `words` are bytes that mean something in it."""
    return edit_bytes(rng, rng.choice(seeds), seeds, words)


def places(tree, at=()):
    """List the path of every value of a tree, the root first."""
    found = [at]
    if isinstance(tree, dict):
        for key, value in tree.items():
            found += places(value, (*at, key))
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            found += places(value, (*at, i))
    return found


def value_at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


def _put(tree, path, value):
    if not path:
        return value
    value_at(tree, path[:-1])[path[-1]] = value
    return tree


def _remove(tree, path):
    if path:
        del value_at(tree, path[:-1])[path[-1]]
    return tree


def _add(rng, tree, path, value):
    """Add an entry, or give one another name."""
    holder = value_at(tree, path[:-1]) if path else tree
    if isinstance(holder, list):
        holder.insert(rng.randint(0, len(holder)), value)
    elif isinstance(holder, dict):
        names = [v for v in VALUES if isinstance(v, str) and v < DEEP]
        name = rng.choice((*names, *holder))
        holder[name] = holder.pop(path[-1]) if path else value
    return tree


def edited_tree(rng, trees, values=(), most=3):
    """Draw a tree with some wrong entries; `values` are further ones."""
    tree = deepcopy(rng.choice(trees))
    for _ in range(min(rng.choice(N_EDITS), most)):
        everywhere = places(tree)
        path = rng.choice(everywhere)
        kind = rng.choice(("put", "put", "move", "remove", "add"))
        if kind == "remove":
            tree = _remove(tree, path)
            continue
        if kind == "move":
            other = rng.choice(everywhere)
            value = deepcopy(value_at(tree, other))
        else:
            value = deepcopy(rng.choice((*VALUES, *values)))
        put = kind != "add"
        tree = _put(tree, path, value) if put else _add(rng, tree, path, value)
    return tree


def tree_to_text(tree):
    """Write a tree as JSON, with what `json` itself would not write."""
    text = json.dumps(tree, indent=1)
    text = text.replace(json.dumps(DEEP), "[" * DEPTH + "]" * DEPTH)
    return text.replace(json.dumps(LONG_NUMBER), "9" * 10_000)


def edited_json(rng, trees, values=()):
    """Draw the bytes of a JSON file: mostly well formed, but wrong."""
    data = tree_to_text(edited_tree(rng, trees, values)).encode()
    if rng.randint(0, 3) == 0:
        others = [json.dumps(tree).encode() for tree in trees]
        words = (
            b"NaN",
            b"-Infinity",
            b"1e999",
            b"null",
            b"[",
            b"}",
            b'"',
            b"\\u0000",
            b"\\ud800",
        )
        data = edit_bytes(rng, data, others, words, 2)
    return data
