"""Files of the course itself: manifests, notebooks, answers, quizzes."""

import io
import json
from functools import cache

import yaml
from fuzz_edits import (
    edit_bytes,
    edited_bytes,
    edited_json,
    edited_tree,
)
from fuzz_music import CSV_WORDS
from fuzz_target import Target
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
    writes,
)

YAML_WORDS = (
    b"!!python/object/apply:os.system ['touch canary']",
    b"!!binary x",
    b"&a [*a]",
    b"*a",
    b"<<: *a",
    b"? ",
    b": ",
    b"- ",
    b"\t",
    b"{",
    b"[",
    b"%YAML 9.9\n---\n",
    b"---\n",
    b"!!int x",
    b"!!timestamp 1",
    b"9999-99-99",
    b"[" * 2000,
    b"|",
    b">",
    b"'",
    b'"',
    b"0x",
    b"1:99",
    b".nan",
    b"null",
    b"\x07",
    b"~",
    b"{1: 2}: 3",
    b"? [1]\n: 2",
    b"2001-01-01",
)


MANIFEST = {
    "notebook": "10_tone",
    "preset": "smoke",
    "parameters": {"SEED": 3},
    "seed": 3,
    "commit": "0123456789abcdef",
    "dirty": True,
    "versions": {"python": "3.11"},
    "seconds": 12.5,
    "peak_memory_mib": 300,
    "code_hash": "a",
    "library_hash": "b",
    "library": {"basics.checks": "c"},
    "metrics": {"snr_db": 40.25},
    "clips": {"cell-001/1": "d"},
    "figures": {},
}


def _manifest_cases(rng):
    return {"m.json": edited_json(rng, [MANIFEST])}


def _read_manifest(folder):
    from course_utils.experiments.manifest import (
        read_manifest,
        write_manifest,
    )

    manifest = read_manifest(folder / "m.json")
    number = f"{manifest.seconds:,.0f} {manifest.peak_memory_mib:,.0f}"
    for value in manifest.metrics.values():
        number += f"{value:.6g}"
    write_manifest(manifest, folder / "m.json")


SOURCES = (
    'PRESET = "cpu"  # @param\nSEED = 0\nSIZE = None',
    'PRESET = "cpu"\nSEED = -1.5e3\nNAMES = ["a", {"b": (1, 2)}]',
)
CODE_WORDS = (
    b"= __import__('os').system('touch canary')",
    b"=",
    b"(",
    b"[" * 300,
    b"-",
    b"lambda: 0",
    b"\n",
    b"a.b = 1",
    b"a, b = 1, 2",
    b"x: int = 3",
    b"+1j",
    b"9" * 5000,
    b"f'{x}'",
    b"\x00",
    b"\x0c",
    b"*a = 1",
    b"'\\ud800'",
    b"-" * 3000,
    b"1e999",
)


@cache
def _notebooks():
    trees = []
    for source in SOURCES:
        html = new_output("display_data", data={"text/html": "<b>x</b>"})
        metric = new_output(
            "display_data",
            data={
                "application/vnd.course-metric+json": {"name": "a", "value": 1}
            },
        )
        cells = [
            new_markdown_cell("# Tone", id="a"),
            new_code_cell(source, id="b", metadata={"tags": ["parameters"]}),
            new_code_cell("1", id="c", outputs=[html, metric]),
        ]
        trees.append(json.loads(writes(new_notebook(cells=cells))))
    return trees


def _notebook_cases(rng):
    trees = _notebooks()
    if rng.random() < 0.5:
        return {
            "10_tone.ipynb": edited_json(
                rng, trees, ("parameters", "code", 3, 4)
            )
        }
    tree = json.loads(json.dumps(rng.choice(trees)))
    seeds = [source.encode() for source in SOURCES]
    source = edited_bytes(rng, seeds, CODE_WORDS)
    tree["cells"][1]["source"] = source.decode("utf-8", "replace")
    return {"10_tone.ipynb": json.dumps(tree).encode()}


def _read_notebook(folder):
    from course_utils.experiments import dependencies, manifest, notebook_file

    notebook = notebook_file.read(folder / "10_tone.ipynb")
    notebook_file.parameters(notebook)
    notebook_file.code_hash(notebook)
    notebook_file.canonical_text(folder / "10_tone.ipynb")
    manifest.metrics(notebook)
    dependencies.fingerprints(notebook, "10_tone")


@cache
def _answers():
    import tempfile
    from pathlib import Path

    from course_utils.evaluation.listening import Answer, write_answers

    answers = [
        Answer("t", "k3", 1, "real", "q1", "real", "lstm", "a", "b", 2, 3.5),
        Answer("t", "k3", 2, "prefer", "q2", "lstm", "real", "", "a", 1, 2.25),
        Answer("t, u", "k4", 1, "abx", "q1", "real", 'x"y', "b", "b", 0, 9.0),
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        write_answers(answers, path)
        return path.read_bytes()


def _answer_cases(rng):
    data = _answers()
    words = (
        *CSV_WORDS,
        b"real",
        b"prefer",
        b"abx",
        b"-1",
        "\u0663".encode(),
        b"1_0",
    )
    seeds = [data, data.replace(b"\r\n", b"\n")]
    return {"a.csv": edited_bytes(rng, seeds, words)}


def _read_answers(folder):
    from course_utils.evaluation import listening

    answers = listening.read_answers(folder / "a.csv")
    listening.table(listening.tally_by(answers, "pair"), "pair")
    listening.table(listening.tally_by(answers, "pair", "real"), "pair")


def _quiz_cases(rng):
    questions = [
        {
            "id": f"q{i}",
            "ask": "What?",
            "choices": [
                {"text": f"t{j}", "reason": "Because."}
                | ({"right": True} if j == i else {})
                for j in range(3)
            ],
        }
        for i in range(3)
    ]
    good = yaml.safe_dump(questions).encode()
    if rng.random() < 0.5:
        return {"11.yml": edit_bytes(rng, good, [good], YAML_WORDS)}
    tree = edited_tree(rng, [questions], ({1: 2}, "right"))
    return {"11.yml": yaml.safe_dump(tree).encode("utf-8", "surrogatepass")}


def _read_quiz(folder):
    from course_utils.widgets.quiz import read_quiz

    read_quiz(folder / "11.yml")._repr_html_()


@cache
def _chorale_arrays():
    import tempfile
    from pathlib import Path

    from course_utils.data import chorale_cache

    work = {
        "name": "bwv1",
        "qpm": 90.0,
        "fermatas": [4],
        "notes": [[0, 60, 0, 4], [1, 55, 0, 4]],
        "meters": [[0, 4, 4]],
        "keys": [[0, 0, 0]],
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "c.npz"
        bad = {"name": "bwv2", "error": "no notes"}
        chorale_cache.save([work, bad], path)
        return path.read_bytes()


def _cache_cases(rng):
    words = (
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"\x93NUMPY",
        b"'|O'",
        b"'descr'",
        b"(99999999999,)",
    )
    seeds = [_chorale_arrays(), _object_array()]
    return {"c.npz": edited_bytes(rng, seeds, words)}


@cache
def _object_array():
    import numpy as np
    from fuzz_models import _Bomb

    file = io.BytesIO()
    np.savez(file, names=np.array([_Bomb()], object))
    return file.getvalue()


def _read_cache(folder):
    from course_utils.data.chorale_cache import load

    load(folder / "c.npz")


TARGETS = {
    "manifest": Target(_manifest_cases, _read_manifest),
    "notebook": Target(_notebook_cases, _read_notebook),
    "answers-csv": Target(_answer_cases, _read_answers),
    "quiz-yaml": Target(_quiz_cases, _read_quiz),
    "chorale-npz": Target(_cache_cases, _read_cache),
}
