import json
import re

import pytest

from course_utils import cli
from course_utils.data.corpora import Corpus, Piece
from course_utils.data.report import Skipped
from course_utils.recipes import music_transformer
from course_utils.symbolic.chorale import grid_to_sequence
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi

CHORDS = [[72, 67, 64, 48], [74, 67, 59, 55], [72, 69, 65, 53]]


def little_chorale():
    grid = [chord for chord in CHORDS for _ in range(4)]
    return grid_to_sequence(grid, 90.0, (3, 4))


PROGRESS_BAR = re.compile(r"\r[^\n]*\n?")


@pytest.fixture(scope="module", autouse=True)
def corpus():
    splits = ["train"] * 4 + ["validation", "test"]
    pieces = [Piece(str(i), s, little_chorale()) for i, s in enumerate(splits)]
    made = Corpus(pieces, [Skipped("bad.mid", "cut off")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            music_transformer, "load_pieces", lambda name, preset: made
        )
        yield made


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "here"
    words = "train music_transformer --preset smoke --steps 1 --seed 3 --out"
    assert cli.main([*words.split(), str(folder)]) == 0
    return folder


@pytest.fixture
def primer(tmp_path):
    sequence_to_midi(little_chorale(), tmp_path / "in.mid")
    return tmp_path / "in.mid"


def run(capsys, words, *more):
    code = cli.main([*words.split(), *map(str, more)])
    captured = capsys.readouterr()
    told = PROGRESS_BAR.sub("", captured.err)
    return code, captured.out, told


def generate(capsys, trained, primer, *more):
    words = ("--primer", primer, "--checkpoint", trained, *more)
    return run(capsys, "generate music_transformer", *words)


def test_a_training_is_told_as_one_json_object(capsys, tmp_path):
    words = "train music_transformer --preset smoke --steps 1 --json"
    words += f" --encoding performance --out {tmp_path}/run"
    code, out, err = run(capsys, words)
    result = json.loads(out)
    assert (code, err, result["steps"]) == (0, "", 1)
    assert result["skipped"] == ["bad.mid: cut off"]
    about = music_transformer.model_about(tmp_path / "run")
    assert about["encoding"] == "performance"


def test_a_training_is_told_to_people_and_gone_on_with(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = "train music_transformer --preset smoke --steps 1"
    code, out, _ = run(capsys, words)
    folder = tmp_path / "runs/music_transformer-chorale-smoke"
    assert code == 0
    assert "left out bad.mid: cut off" in out
    assert (folder / "model.safetensors").is_file()
    code, out, err = run(capsys, words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "add --resume" in err
    assert run(capsys, words + " --resume")[0] == 0


def test_an_evaluation_is_that_of_the_recipe(capsys, trained):
    words = "evaluate music_transformer --preset smoke --split validation"
    code, out, err = run(capsys, words, "--checkpoint", trained, "--json")
    expected = music_transformer.evaluate(
        trained, "chorales", "validation", "smoke"
    )
    assert (code, err) == (0, "")
    assert json.loads(out) == expected
    code, out, _ = run(capsys, words, "--checkpoint", trained)
    assert code == 0
    assert f"1 pieces: {expected['nll']:.4f} nats an event" in out


def test_midi_in_new_bars_out(capsys, trained, primer, tmp_path):
    out = tmp_path / "new.mid"
    words = ("--bars", 1, "--takes", 1, "--out", out, "--json")
    code, told, err = generate(capsys, trained, primer, *words)
    result = json.loads(told)
    assert (code, err) == (0, "")
    assert (result["mode"], result["meter"]) == ("continue", "3/4")
    assert len(midi_to_sequence(out).notes) == result["n_notes"]


def test_midi_in_harmonies_out(capsys, trained, primer, tmp_path):
    out = tmp_path / "new.mid"
    words = ("--mode", "harmonise", "--takes", 2, "--out", out)
    code, told, _ = generate(capsys, trained, primer, *words)
    assert code == 0
    *lines, last, checkpoint = told.splitlines()[1:]
    assert last.startswith("fewer nats")
    assert checkpoint == f"checkpoint {trained}/model.safetensors"
    for line, name in zip(lines, (out, tmp_path / "new-2.mid"), strict=True):
        assert line.startswith(f"{name}: ")
        assert line.endswith(" nats a note")
        notes = midi_to_sequence(name).notes
        soprano = [n.pitch for n in notes if n.instrument == 0]
        assert soprano == [72, 74, 72]


def test_a_melody_far_below_a_soprano_is_named(
    capsys, trained, primer, tmp_path
):
    low = midi_to_sequence(primer)
    for note in low.notes:
        note.pitch -= 24
    sequence_to_midi(low, tmp_path / "low.mid")
    words = ("--mode", "harmonise", "--takes", 1)
    words += ("--out", tmp_path / "new.mid")
    _, told, _ = generate(capsys, trained, tmp_path / "low.mid", *words)
    assert "lies 24 semitones below a soprano's place" in told


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--bars", "0"), "bars from 1"),
        (("--takes", "0"), "takes from 1"),
        (("--mode", "harmonise", "--takes", "0"), "candidates from 1"),
        (("--top-k", "0"), "top_k"),
        (("--top-p", "2"), "top_p"),
        (("--temperature", "0"), "temperature"),
        (("--seed", "-1"), "seed"),
        (("--checkpoint", "nowhere"), "nothing"),
        (("--primer", "no.mid"), "nothing there"),
        (("--wav", "x.mid"), "ending in .wav"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_bad_words_are_one_line_and_leave_no_file(
    capsys, trained, primer, tmp_path, monkeypatch, more, named
):
    monkeypatch.chdir(tmp_path)
    words = ("--out", "x.mid", *more)
    code, out, err = generate(capsys, trained, primer, *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert named in err
    assert not (tmp_path / "x.mid").exists()


@pytest.mark.parametrize(
    "words",
    [
        "train music_transformer --preset smoke --encoding braille --out x",
        "train music_transformer --preset smoke --steps 0 --out x",
        "evaluate music_transformer --preset smoke --checkpoint nowhere",
    ],
)
def test_impossible_trainings_and_scores_are_one_line(
    capsys, tmp_path, monkeypatch, words
):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"course {words.split()[0]}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        "generate music_transformer --out x.mid",
        "generate music_transformer --primer a.mid --out b.mid --mode hum",
        "evaluate music_transformer --split future",
        "train music_transformer --preset huge",
    ],
)
def test_misused_commands_are_one_line(capsys, words):
    with pytest.raises(SystemExit) as stop:
        cli.main(words.split())
    captured = capsys.readouterr()
    assert (stop.value.code, captured.out) == (2, "")
    assert captured.err.count("\n") == 1
