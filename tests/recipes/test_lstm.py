import json
import signal

import numpy as np
import pytest
import torch

from course_utils import cli
from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Corpus, Piece
from course_utils.data.report import Skipped
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.recipes import composing, lstm, lstm_compose, runs
from course_utils.symbolic import polyphony
from course_utils.symbolic.blank import blank_sequence
from course_utils.symbolic.encodings import ENCODINGS
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi
from course_utils.training.checkpoint import load_state

N_STEPS = 8


def scale_piece(name, split, tonic, time_signature=(3, 4), qpm=90.0):
    """Two voices in parallel tenths, in quarters; loud at first."""
    sequence = blank_sequence(qpm, time_signature)
    quarter_s = 60 / qpm
    for i, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 0)):
        for pitch in (tonic + step, tonic + step + 16):
            sequence.notes.add(
                pitch=pitch,
                velocity=70 if i else 94,
                start_time=i * quarter_s,
                end_time=(i + 1) * quarter_s,
                program=19,
            )
    sequence.total_time = 12 * quarter_s
    return Piece(name, split, sequence)


@pytest.fixture
def pieces(monkeypatch):
    splits = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    made = [
        scale_piece(f"scale{i}", split, 48 + i)
        for i, split in enumerate(splits)
    ]
    monkeypatch.setattr(lstm, "load_pieces", lambda name, preset: Corpus(made))
    return made


@pytest.fixture(params=sorted(ENCODINGS))
def encoding(request):
    return request.param


@pytest.fixture
def trained(pieces, tmp_path):
    lstm.train("smoke", tmp_path / "run", seed=1, n_steps=N_STEPS)
    return tmp_path / "run"


def weights(folder, file=runs.TRAINING_FILE):
    return load_state(folder / file)["weights"]


def test_a_training_leaves_a_model_a_state_and_a_table(trained):
    names = {path.name for path in trained.iterdir()}
    assert names == {
        "model.safetensors",
        "training.safetensors",
        "history.csv",
    }
    lines = (trained / "history.csv").read_text().split()
    assert len(lines) == 1 + N_STEPS


def test_the_seed_decides_the_training(pieces, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        lstm.train("smoke", tmp_path / name, seed=seed, n_steps=3)
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not all(torch.equal(a[key], c[key]) for key in a)


@pytest.mark.parametrize("cut", [1, 3, 7])
def test_a_resumed_training_equals_an_uninterrupted_one(
    trained, pieces, tmp_path, cut
):
    folder = tmp_path / "cut"
    lstm.train("smoke", folder, seed=1, n_steps=cut)
    torch.manual_seed(999)  # another process would not share this state
    lstm.train("smoke", folder, seed=1, n_steps=N_STEPS, resume=True)
    whole, resumed = weights(trained), weights(folder)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_an_interrupted_training_is_resumed_exactly(
    trained, pieces, tmp_path, monkeypatch
):
    from course_utils.recipes import lstm_session

    taken = iter(range(100))
    step = lstm_session.sequence_step

    def interrupted(*words):
        if next(taken) == 4:
            signal.raise_signal(signal.SIGINT)  # Ctrl-C in mid-step
        return step(*words)

    folder = tmp_path / "cut"
    with monkeypatch.context() as patch:
        patch.setattr(lstm_session, "sequence_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            lstm.train("smoke", folder, seed=1, n_steps=N_STEPS)
    assert load_state(folder / runs.TRAINING_FILE)["step"] == 5
    lstm.train("smoke", folder, seed=1, n_steps=N_STEPS, resume=True)
    whole, resumed = weights(trained), weights(folder)
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_an_earlier_training_is_never_overwritten(trained, pieces):
    with pytest.raises(CourseError, match="an earlier training"):
        lstm.train("smoke", trained, seed=1, n_steps=2)


def test_a_training_is_resumed_only_with_the_same_words(trained, pieces):
    with pytest.raises(CourseError, match="resume with the same words"):
        lstm.train("smoke", trained, seed=2, n_steps=9, resume=True)


@pytest.mark.parametrize("n_steps", [0, -5])
def test_an_impossible_number_of_steps_is_refused(pieces, tmp_path, n_steps):
    with pytest.raises(CourseError, match="steps from 1"):
        lstm.train("smoke", tmp_path / "run", n_steps=n_steps)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named_before_any_work(
    pieces, tmp_path
):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="that can be written"):
        lstm.train("smoke", tmp_path / "file" / "run")


def test_what_a_corpus_left_out_is_told(monkeypatch, tmp_path, capsys):
    splits = ["train"] * 3 + ["validation"]
    made = [scale_piece(str(i), s, 50 + i) for i, s in enumerate(splits)]
    corpus = Corpus(made, [Skipped("bad.mid", "cut off")])
    monkeypatch.setattr(lstm, "load_pieces", lambda name, preset: corpus)
    words = f"train lstm --preset smoke --steps 1 --out {tmp_path}/run"
    assert cli.main(words.split()) == 0
    assert "left out bad.mid: cut off" in capsys.readouterr().out


def test_only_the_split_that_is_scored_needs_pieces(trained, monkeypatch):
    only = Corpus([scale_piece("a", "test", 50)])
    monkeypatch.setattr(lstm, "load_pieces", lambda name, preset: only)
    assert lstm.evaluate(trained, "x", "test")["n_pieces"] == 1
    with pytest.raises(CourseError, match="in the train split"):
        lstm.evaluate(trained, "x", "train")


def test_silence_is_no_composition(trained, pieces, monkeypatch):
    def silence(_, bars, *args, **words):
        return [(bars, [polyphony.STEP_END])]

    monkeypatch.setattr(lstm_compose, "compose_takes", silence)
    with pytest.raises(CourseError, match="raise the temperature"):
        lstm_compose.generate(trained, pieces[0].sequence, 1)


def test_hours_of_new_bars_are_refused_before_they_are_composed(trained):
    slow = scale_piece("x", "test", 50, (255, 1), qpm=30.0).sequence
    with pytest.raises(CourseError, match="new bars"):
        lstm_compose.generate(trained, slow, 100)


@pytest.mark.parametrize(("out", "wav"), [("x", None), ("x.mid", "x.mid")])
def test_midi_and_wav_need_their_names(trained, pieces, tmp_path, out, wav):
    sequence_to_midi(pieces[0].sequence, tmp_path / "in.mid")
    with pytest.raises(CourseError, match="a file name ending in"):
        lstm_compose.generate_file(
            tmp_path / "in.mid",
            tmp_path / out,
            wav=wav and tmp_path / wav,
            checkpoint=trained,
        )


def test_an_unknown_preset_is_refused(tmp_path):
    with pytest.raises(CourseError, match="one of smoke, cpu, colab, paper"):
        lstm.train("huge", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_corpus_without_held_out_pieces_is_refused(monkeypatch, tmp_path):
    only = Corpus([scale_piece("a", "train", 50)])
    monkeypatch.setattr(lstm, "load_pieces", lambda name, preset: only)
    with pytest.raises(CourseError, match="in the validation split"):
        lstm.train("smoke", tmp_path, n_steps=1)


def test_training_makes_held_out_music_less_surprising(
    pieces, tmp_path, encoding
):
    words = {"seed": 0, "n_steps": 60, "encoding": encoding}
    result = lstm.train("smoke", tmp_path / "run", **words)
    assert result["held_out_nll"] < 0.6 * np.log(259)
    figures = lstm.evaluate(tmp_path / "run", "chorales", "validation")
    assert figures["nll"] == pytest.approx(result["held_out_nll"], rel=1e-5)
    assert figures["n_notes"] == 2 * 24
    ratio = figures["n_tokens"] / figures["n_notes"]
    assert figures["nll_per_note"] == pytest.approx(figures["nll"] * ratio)
    if encoding == "performance":  # it knows no sixteenths
        assert figures["nll_per_step"] is None
        return
    assert figures["n_steps"] == 2 * 48
    per_step = figures["nll_per_step"] * figures["n_steps"]
    assert per_step == pytest.approx(figures["nll"] * figures["n_tokens"])


def test_the_output_has_the_primers_character(trained, pieces):
    primer = pieces[-1].sequence
    new = lstm_compose.generate(trained, primer, n_bars=3, seed=4)
    meter, tempo = new.time_signatures[0], new.tempos[0]
    assert (meter.numerator, meter.denominator) == (3, 4)
    assert tempo.qpm == 90
    assert len({note.velocity for note in new.notes}) == 1  # 259 events
    assert 70 <= new.notes[0].velocity <= 94  # the primer's range
    assert {note.program for note in new.notes} == {19}
    assert new.total_time == pytest.approx(3 * 3 * 60 / 90)
    assert all(note.end_time > note.start_time for note in new.notes)


def test_the_seed_decides_the_output(trained, pieces):
    primer = pieces[-1].sequence
    one, same, other = (
        lstm_compose.generate(trained, primer, 2, seed=seed)
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_a_primer_without_meter_gives_an_output_without(trained):
    primer = blank_sequence(120.0, None)
    primer.notes.add(pitch=60, velocity=80, end_time=0.5)
    primer.total_time = 0.5
    new = lstm_compose.generate(trained, primer, 1)
    assert not new.time_signatures
    assert new.total_time == pytest.approx(2.0)


@pytest.mark.parametrize("n_bars", [0, -1, 10_000])
def test_an_impossible_number_of_bars_is_refused(trained, pieces, n_bars):
    with pytest.raises(CourseError, match="bars from 1 to"):
        lstm_compose.generate(trained, pieces[0].sequence, n_bars)


def test_midi_in_midi_and_sound_out_by_the_command(
    trained, pieces, tmp_path, capsys
):
    sequence_to_midi(pieces[-1].sequence, tmp_path / "in.mid")
    words = f"generate lstm --primer {tmp_path}/in.mid --bars 2 --json"
    words += f" --out {tmp_path}/new.mid --wav {tmp_path}/new.wav"
    assert cli.main([*words.split(), "--checkpoint", str(trained)]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["meter"], result["n_bars"]) == ("3/4", 2)
    written = midi_to_sequence(tmp_path / "new.mid")
    assert len(written.notes) == result["n_notes"]
    assert (tmp_path / "new.wav").stat().st_size > 44_100


def test_a_missing_primer_is_one_line_and_leaves_no_output(
    trained, tmp_path, capsys
):
    words = f"generate lstm --primer {tmp_path}/no.mid --out {tmp_path}/x.mid"
    assert cli.main([*words.split(), "--checkpoint", str(trained)]) == 1
    assert "nothing there" in capsys.readouterr().err
    assert not (tmp_path / "x.mid").exists()


def test_the_newest_own_model_is_found_before_the_shipped(
    trained, tmp_path, monkeypatch
):
    monkeypatch.setattr(runs, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(runs, "shipped_data_dir", lambda: tmp_path / "data")
    with pytest.raises(CourseError, match="course train lstm"):
        runs.newest_model("lstm")
    shipped = tmp_path / "data/checkpoints/lstm-chorales"
    test, own = (tmp_path / f"runs/lstm-{name}" for name in ("smoke", "cpu"))
    test.mkdir(parents=True)
    (test / runs.MODEL_FILE).write_bytes(b"")
    assert runs.newest_model("lstm").parent == test
    shipped.parent.mkdir(parents=True)
    trained.rename(shipped)
    assert runs.newest_model("lstm").parent == shipped
    own.mkdir()
    (own / runs.MODEL_FILE).write_bytes(b"")
    assert runs.newest_model("lstm").parent == own


def test_another_kind_of_checkpoint_is_refused(tmp_path):
    run = runs.open_run(tmp_path, "gansynth", resume=False)
    run.save_model({"config": {}})
    with pytest.raises(CourseError, match="one of gansynth"):
        lstm.load_model(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"config": None}, "a whole checkpoint in"),
        ({"config": {"vocab_size": 259, "width": 8192}}, "of shape"),
        ({"config": {"vocab_size": "259"}}, "a whole checkpoint in"),
        ({"weights": {}}, "no Embedding.weight of shape"),
        ({"weights": {"a": 1}}, "a whole checkpoint in"),
        ({"encoding": None}, "an encoding, one of"),
        ({"encoding": ["lstm"]}, "an encoding, one of"),
        ({"encoding": "metrical"}, "vocab_size to be one of"),
    ],
)
def test_a_checkpoint_whose_parts_do_not_fit_is_refused(
    trained, tmp_path, change, message
):
    state = load_state(trained / runs.MODEL_FILE)
    runs.save_state(tmp_path / runs.MODEL_FILE, state | change)
    with pytest.raises(CourseError, match=message):
        lstm.load_model(tmp_path)


def test_a_strong_key_pull_keeps_to_the_primers_pitch_classes(trained, pieces):
    primer = pieces[0].sequence
    classes = {note.pitch % 12 for note in primer.notes}

    def strange(key_pull):
        new = lstm_compose.generate(
            trained, primer, 4, seed=2, n_takes=1, key_pull=key_pull
        )
        inside = [note.pitch % 12 in classes for note in new.notes]
        return 1 - sum(inside) / len(inside)

    assert strange(5.0) < strange(0.0)
    with pytest.raises(CourseError, match="key pull"):
        strange(-1.0)


def test_every_other_take_begins_where_the_primer_is_lively(trained, pieces):
    model, about = lstm.load_model(trained)
    kind = ENCODINGS[about["encoding"]].continuation
    bars = kind(pieces[0].sequence, 8)
    takes = composing.compose_takes(
        LstmStepper(model),
        bars,
        4,
        temperature=1.0,
        top_p=1.0,
        key_pull=0.0,
        rng=torch.Generator().manual_seed(0),
    )
    lengths = [len(task.primer_events) for task, _ in takes]
    lines = bars.lively_lines(composing.TURN_BARS)
    whole = len(bars.primer_events)
    assert lengths == [whole, lines[0], whole, lines[1]]
