import json
import time

import matplotlib.image
import pytest

from course_utils import cli
from course_utils.commands import training
from course_utils.recipes import gansynth, gansynth_scores, note_judge
from course_utils.symbolic.sequences import music_pb2, sequence_to_midi


def run(capsys, *words):
    code = cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def misuse(capsys, *words):
    """Return the one line that a misused command says."""
    with pytest.raises(SystemExit) as stop:
        cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    assert (stop.value.code, captured.out) == (2, "")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_note_is_written_and_reported(capsys, gan_checkpoint, tmp_path):
    out = tmp_path / "x.wav"
    words = ("--pitch", 60, "--timbre", "brass", "--seed", 0, "--out", out)
    began = time.monotonic()
    code, text, err = run(
        capsys,
        *("generate", "gansynth", *words),
        *("--checkpoint", gan_checkpoint, "--json"),
    )
    assert (code, err) == (0, "")
    report = json.loads(text)
    assert (report["name"], report["timbre"]) == ("C4", "brass")
    assert out.is_file()
    assert time.monotonic() - began < 5


def test_json_may_stand_before_the_model(capsys, gan_checkpoint, tmp_path):
    code, text, _ = run(
        capsys,
        *("generate", "--json", "gansynth", "--pitch", 60),
        *("--out", tmp_path / "x.wav", "--checkpoint", gan_checkpoint),
    )
    assert code == 0
    assert json.loads(text)["pitch"] == 60


def test_a_piece_is_played(capsys, gan_checkpoint, tmp_path):
    piece = music_pb2.NoteSequence(ticks_per_quarter=480)
    for pitch, start, drum in ((60, 0, False), (40, 1, False), (36, 0, True)):
        piece.notes.add(
            pitch=pitch,
            start_time=start,
            end_time=start + 0.5,
            velocity=90,
            is_drum=drum,
            instrument=int(drum),
        )
    sequence_to_midi(piece, tmp_path / "a.mid")
    code, text, _ = run(
        capsys,
        *("generate", "gansynth", "--midi", tmp_path / "a.mid"),
        *("--out", tmp_path / "x.wav", "--checkpoint", gan_checkpoint),
    )
    assert code == 0
    assert text.startswith("2 notes, 1.8 s")
    assert "program 0 by mallet" in text
    assert "1 moved by octaves; 1 of drums left out" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--pitch", 10), "60 to 72"),
        (("--pitch", 60, "--timbre", "oboe"), "brass, flute, mallet"),
        (("--midi", "nothing.mid"), "a MIDI file at nothing.mid"),
    ],
)
def test_what_cannot_be_played_is_one_line(
    capsys, gan_checkpoint, tmp_path, words, message
):
    code, out, err = run(
        capsys,
        *("generate", "gansynth", *words, "--out", tmp_path / "x.wav"),
        *("--checkpoint", gan_checkpoint),
    )
    assert (code, out) == (1, "")
    assert err.startswith("course generate: expected")
    assert err.rstrip().count("\n") == 0 or "playing" in err
    assert message in err
    assert not (tmp_path / "x.wav").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train", "gansynth", "--steps", 3), "no such option here: --steps"),
        (("train", "lstm", "--images", 3), "no such option here: --images"),
        (("train", "note_judge", "--resume"), "no such option here: --resume"),
        (
            ("generate", "gansynth", "--pitch", 60, "--out=x", "--primer=a"),
            "no such option here: --primer",
        ),
        (
            ("generate", "lstm", "--primer", "a", "--out", "b", "--pitch", 60),
            "no such option here: --pitch",
        ),
        (("generate", "gansynth", "--out", "x.wav"), "--pitch --midi"),
        (
            ("generate", "gansynth", "--pitch=60", "--midi=a", "--out=x"),
            "not allowed with",
        ),
        (("train", "wavenet"), "invalid choice: 'wavenet'"),
        (("train",), "model"),
        (("evaluate", "lstm", "--pyin", 3), "no such option here: --pyin"),
    ],
)
def test_options_of_another_model_are_refused(capsys, words, message):
    said = misuse(capsys, *words)
    assert message in said
    assert "--help" in said


@pytest.mark.parametrize(
    "words",
    [
        ("train", "gansynth"),
        ("train", "note_judge"),
        ("generate", "gansynth"),
        ("evaluate", "gansynth"),
    ],
)
def test_every_model_explains_itself(capsys, words):
    with pytest.raises(SystemExit) as stop:
        cli.main((*words, "--help"))
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_training_draws_scores_and_leaves_a_player(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(
        gansynth_scores, "sample_scorer", lambda *_: lambda _: {"right": 0.5}
    )
    out = tmp_path / "run"
    words = ("--preset", "smoke", "--images", 8, "--out", out)
    code, text, _ = run(capsys, "train", "gansynth", *words, "--json")
    assert code == 0
    assert json.loads(text)["n_images"] == 8
    (picture,) = (out / "samples").glob("*.png")
    assert matplotlib.image.imread(picture).ndim == 3
    assert "right" in (out / "history.csv").read_text().split("\n")[0]
    code, _, err = run(capsys, "train", "gansynth", *words)
    assert code == 1
    assert "--resume" in err
    note = ("--pitch", 60, "--out", tmp_path / "x.wav", "--checkpoint", out)
    assert run(capsys, "generate", "gansynth", *note)[0] == 0


def test_the_options_of_a_training_arrive(capsys, monkeypatch):
    asked = {}

    def train(preset, out, **options):
        asked.update(options, preset=preset, out=out)
        return dict.fromkeys(("n_images", "steps"), 1) | {
            "seconds": 1.0,
            "images_per_s": 1.0,
            "checkpoint": "c",
        }

    monkeypatch.setattr(gansynth, "train", train)
    run(
        capsys,
        *("train", "gansynth", "--preset", "cpu", "--seed", 4, "--resume"),
        *("--images", 9, "--rate-factor", 0.5, "--data", "nsynth"),
    )
    wanted = {
        "preset": "cpu",
        "out": "runs/gansynth-cpu",
        "seed": 4,
        "resume": True,
        "n_images": 9,
        "rate_factor": 0.5,
        "data": "nsynth",
    }
    assert asked.items() >= wanted.items()


def test_a_judge_is_trained_where_the_error_text_says(capsys, monkeypatch):
    asked = []

    def train_judge(*words, **options):
        asked.append((words, options))
        return {
            "steps": 2,
            "seconds": 1.0,
            "n_held_out": 3,
            "pitch_accuracy": 1.0,
            "timbre_accuracy": 0.5,
            "checkpoint": "c",
        }

    monkeypatch.setattr(note_judge, "train_judge", train_judge)
    words = ("train", "note_judge", "--preset", "smoke", "--steps", 2)
    code, text, _ = run(capsys, *words)
    assert code == 0
    assert "100.0% of the pitches and 50.0%" in text
    ((words, options),) = asked
    assert words == ("smoke", "runs/note_judge-smoke", 0)
    assert options == {"data": "notes", "n_steps": 2}


def test_scores_are_printed_for_people_and_machines(capsys, monkeypatch):
    report = {"n": 1, "pitch_accuracy": 1.0}
    asked = []

    def evaluate(*words, **options):
        asked.append((words, options))
        return report

    monkeypatch.setattr(gansynth_scores, "evaluate", evaluate)
    monkeypatch.setattr(
        "course_utils.recipes.note_report.as_text", lambda _: "a table"
    )
    words = ("evaluate", "gansynth", "--checkpoint", "c", "--data", "notes")
    code, text, _ = run(
        capsys, *words, "--split", "test", "--notes", 7, "--json"
    )
    assert code == 0
    assert json.loads(text) == report
    assert run(capsys, *words)[1] == "a table\n"
    (words, options), _ = asked
    assert words == ("c", "notes", None)
    assert options["n_notes"] == 7


def test_a_default_folder_names_model_and_preset():
    parsed = cli._parser().parse_args(["train", "lstm", "--preset", "smoke"])
    assert training._folder(parsed) == "runs/lstm-smoke"
