import csv
import signal

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.corpora import Corpus, Piece, chorales
from course_utils.data.report import Skipped
from course_utils.recipes import music_transformer, runs
from course_utils.recipes.transformer_session import Session
from course_utils.recipes.transformer_tasks import TASKS, sizes_of, task_of
from course_utils.symbolic.blank import blank_sequence
from course_utils.training.checkpoint import load_state, save_state

N_STEPS = 5
WORDS = {
    "seed": 1,
    "n_steps": N_STEPS,
    "sizes": {"width": 16, "n_layers": 1, "n_heads": 2, "feed_forward": 24},
    "settings": {"batch_size": 2, "length": 24, "evaluate_every": 3},
}
LASTING = ("weights", "average", "optimizer", "history", "place", "best_nll")


@pytest.fixture(scope="module", autouse=True)
def embedded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("COURSE_CACHE_DIR", str(folder))
        yield chorales("smoke")


@pytest.fixture
def corpus(embedded, monkeypatch):
    """A few of the embedded chorales, in the place of all."""
    few = Corpus(
        [
            *embedded.of("train")[:3],
            *embedded.of("validation")[:1],
            *embedded.of("test")[:1],
        ]
    )
    monkeypatch.setattr(
        music_transformer, "load_pieces", lambda name, preset: few
    )
    return few


@pytest.fixture(params=sorted(TASKS))
def encoding(request):
    return request.param


def train(folder, **changes):
    return music_transformer.train("smoke", folder, **(WORDS | changes))


def evaluate(folder, split, **words):
    return music_transformer.evaluate(
        folder, "chorales", split, "smoke", **words
    )


@pytest.fixture
def trained(corpus, tmp_path):
    train(tmp_path / "run")
    return tmp_path / "run"


def training(folder):
    return load_state(folder / runs.TRAINING_FILE)


def same(a, b):
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def test_a_training_leaves_a_model_a_state_and_a_table(
    corpus, tmp_path, encoding
):
    folder = tmp_path / "run"
    result = train(folder, encoding=encoding)
    assert {path.name for path in folder.iterdir()} == {
        "model.safetensors",
        "training.safetensors",
        "history.csv",
    }
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, N_STEPS + 1))
    evaluated = [row["step"] for row in rows if row["held_out_nll"]]
    assert evaluated == ["3", "5"]
    assert float(rows[-1]["nll"]) == result["train_nll"]
    assert result["steps"] == N_STEPS
    assert result["skipped"] == []


def test_the_preset_alone_is_enough_to_learn(tmp_path):
    folder = tmp_path / "run"
    result = music_transformer.train("smoke", folder, n_steps=20)
    assert result["steps"] == 20
    assert training(folder)["history"][0]["nll"] > 3.0  # ln 47 is 3.85
    assert result["held_out_nll"] < 2.0


def test_the_seed_decides_the_training(corpus, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tmp_path / name, seed=seed, n_steps=2)
    a, b, c = (training(tmp_path / name)["weights"] for name in "abc")
    assert same(a, b)
    assert not same(a, c)


def interrupt_at(monkeypatch, n_taken):
    """Press Ctrl-C in the middle of a step."""
    learn = Session.learn

    def interrupted(session):
        if session.progress.step == n_taken - 1:
            signal.raise_signal(signal.SIGINT)
        return learn(session)

    monkeypatch.setattr(Session, "learn", interrupted)


@pytest.mark.parametrize("n_taken", [3, 4])
def test_an_interrupted_training_is_resumed_exactly(
    corpus, tmp_path, monkeypatch, encoding, n_taken
):
    words = {"encoding": encoding}
    if encoding == "performance":
        words["sizes"] = WORDS["sizes"] | {"positions": "rotary"}
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    train(whole, **words)
    with monkeypatch.context() as patch:
        interrupt_at(patch, n_taken)
        with pytest.raises(KeyboardInterrupt):
            train(cut, **words)
    assert training(cut)["step"] == n_taken
    torch.manual_seed(999)  # another process would not share this state
    train(cut, **words, resume=True)
    one, other = training(whole), training(cut)
    assert all(same(one[name], other[name]) for name in LASTING)
    models = [load_state(f / runs.MODEL_FILE) for f in (whole, cut)]
    assert same(*models)


def test_a_finished_training_is_resumed_to_no_further_step(trained):
    before = training(trained)
    result = train(trained, resume=True)
    assert result["steps"] == N_STEPS
    assert same(training(trained), before)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"n_steps": N_STEPS + 1},
        {"sizes": {}},
        {"settings": WORDS["settings"] | {"learning_rate": 0.1}},
        {"encoding": "performance"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_training_is_resumed_only_with_the_same_words(trained, changes):
    with pytest.raises(CourseError, match="resume with the same words"):
        train(trained, **changes, resume=True)


def test_words_that_are_tuples_are_the_same_words_again(corpus, tmp_path):
    settings = WORDS["settings"] | {"betas": (0.9, 0.95)}
    train(tmp_path, settings=settings)
    assert train(tmp_path, settings=settings, resume=True)["steps"] == N_STEPS


def test_an_earlier_training_is_never_overwritten(trained):
    with pytest.raises(CourseError, match="an earlier training"):
        train(trained)


def test_a_training_that_gets_no_better_stops(corpus, tmp_path):
    standing = {"learning_rate": 0.0, "evaluate_every": 1, "patience": 2}
    result = train(tmp_path, settings=WORDS["settings"] | standing)
    assert result["steps"] == 3


def test_the_rate_falls_to_zero_at_the_last_step(
    corpus, tmp_path, monkeypatch
):
    rates = []
    learn = Session.learn

    def watched(session):
        numbers = learn(session)
        rates.append(session.optimizer.param_groups[0]["lr"])
        return numbers

    monkeypatch.setattr(Session, "learn", watched)
    settings = WORDS["settings"] | {"learning_rate": 0.01, "warm_up": 2}
    train(tmp_path, settings=settings)
    assert rates[1] == max(rates)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[-1] < 0.1 * 0.01


def test_the_model_is_the_average_that_was_best_on_held_out_pieces(
    corpus, tmp_path, encoding
):
    result = train(tmp_path, encoding=encoding)
    figures = evaluate(tmp_path, "validation", encoding=encoding)
    best = pytest.approx(result["held_out_nll"], rel=1e-5)
    assert figures["nll"] == best
    assert figures["n_pieces"] == 1
    model, about = music_transformer.load_model(tmp_path, encoding)
    assert not model.training
    assert about["held_out_nll"] == result["held_out_nll"]
    n_parameters = sum(weight.numel() for weight in model.parameters())
    assert n_parameters == result["n_parameters"]


def test_an_evaluation_says_what_was_measured_and_of_what(trained, corpus):
    figures = evaluate(trained, "test")
    assert set(figures) == {
        "nll",
        "nll_per_note",
        "perplexity",
        "nll_piece_mean",
        "nll_by_voice",
        "nll_by_piece",
        "n_tokens",
        "n_pieces",
        "checkpoint",
        "skipped",
    }
    task = task_of("chorale")
    pieces = [task.encode(piece.sequence) for piece in corpus.of("test")]
    assert figures["n_tokens"] == sum(piece.numel() for piece in pieces)
    assert figures["checkpoint"] == str(trained / runs.MODEL_FILE)


def test_a_checkpoint_tells_of_itself(trained, tmp_path):
    about = music_transformer.model_about(trained)
    assert about["kind"] == music_transformer.kind_of("chorale")
    assert about["encoding"] == "chorale"
    assert about["config"]["width"] == 16
    assert "weights" not in about
    other = runs.open_run(tmp_path / "other", "lstm", resume=False)
    other.save_model({"config": {}})
    with pytest.raises(CourseError, match="one of lstm"):
        music_transformer.model_about(other.folder)


def test_another_encoding_or_kind_of_checkpoint_is_refused(trained, tmp_path):
    expected = "music_transformer-performance .*music_transformer-chorale"
    with pytest.raises(CourseError, match=expected):
        evaluate(trained, "test", encoding="performance")
    other = runs.open_run(tmp_path / "other", "lstm", resume=False)
    other.save_model({"config": {}})
    with pytest.raises(CourseError, match="one of lstm"):
        music_transformer.load_model(other.folder, "chorale")


def test_sizes_of_another_version_are_refused(trained, tmp_path):
    state = load_state(trained / runs.MODEL_FILE)
    state["config"]["reads_minds"] = True
    save_state(tmp_path / runs.MODEL_FILE, state)
    with pytest.raises(CourseError, match=r"does not fit.*reads_minds"):
        music_transformer.load_model(tmp_path, "chorale")


def in_voices(name, split, *pitches):
    sequence = blank_sequence(100.0, (4, 4))
    for voice, pitch in enumerate(pitches):
        sequence.notes.add(
            pitch=pitch, velocity=80, end_time=4.8, instrument=voice
        )
    sequence.total_time = 4.8
    return Piece(name, split, sequence)


def test_a_piece_that_does_not_fit_is_left_out_and_named(
    corpus, tmp_path, monkeypatch
):
    strange = [
        in_voices("trio", "train", 70, 60, 50),
        in_voices("whistle", "test", 90, 70, 60, 50),
    ]
    more = Corpus([*corpus, *strange], [Skipped("bad.mid", "cut off")])
    monkeypatch.setattr(
        music_transformer, "load_pieces", lambda name, preset: more
    )
    bad, trio, whistle = train(tmp_path, n_steps=1)["skipped"]
    assert bad == "bad.mid: cut off"
    assert trio.startswith("trio: expected a piece in four voices")
    assert whistle.startswith("whistle: expected pitches from 36 to 81")
    figures = evaluate(tmp_path, "test")
    assert figures["skipped"] == [bad, whistle]
    assert figures["n_pieces"] == 1


def test_a_corpus_in_which_nothing_fits_is_refused(tmp_path, monkeypatch):
    only = Corpus([in_voices("trio", "train", 70, 60, 50)])
    monkeypatch.setattr(
        music_transformer, "load_pieces", lambda name, preset: only
    )
    with pytest.raises(CourseError, match=r"train split.*fit for chorale"):
        train(tmp_path)
    with pytest.raises(CourseError, match="in the validation split"):
        train(tmp_path, encoding="performance")


def test_four_voices_are_written_as_chorales_and_all_else_as_performances():
    usual = music_transformer.usual_encoding
    assert {usual(name) for name in ("chorales", "scores", "jsb")} == {
        "chorale"
    }
    assert {usual(name) for name in ("maestro", "my/midi")} == {"performance"}


def test_the_sizes_of_a_network_make_it_again(encoding):
    task = task_of(encoding)
    model = task.new_model(WORDS["sizes"])
    again = task.new_model(sizes_of(model))
    assert again.config == model.config
    again.load_state_dict(model.state_dict())


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ({"encoding": "braille"}, "encoding, one of chorale, performance"),
        ({"n_steps": 0}, "steps from 1"),
        ({"seed": -1}, "seed from 0"),
    ],
)
def test_impossible_words_are_refused_before_any_work(tmp_path, words, named):
    with pytest.raises(CourseError, match=named):
        train(tmp_path / "run", **words)
    assert not list(tmp_path.iterdir())


def test_an_unknown_preset_is_refused(tmp_path):
    with pytest.raises(CourseError, match="one of smoke, cpu, colab, paper"):
        music_transformer.train("huge", tmp_path)
    assert not list(tmp_path.iterdir())
