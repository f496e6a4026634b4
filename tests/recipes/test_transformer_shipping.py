import csv
import json

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.data.crops import crops_of
from course_utils.evaluation.chorale_baselines import MODELS
from course_utils.recipes import (
    music_transformer,
    runs,
    transformer_shipping,
)
from course_utils.recipes.shipped_history import THINNED, ship_history
from course_utils.recipes.transformer_card import model_card
from course_utils.recipes.transformer_shipping import ship, trial_row
from course_utils.recipes.transformer_tasks import TASKS, task_of
from course_utils.training.checkpoint import load_state

SPLITS = ("validation", "test")


@pytest.fixture(params=TASKS)
def encoding(request):
    return request.param


@pytest.fixture(autouse=True)
def corpus(few_chorales, monkeypatch):
    for module in (music_transformer, transformer_shipping):
        monkeypatch.setattr(
            module, "load_pieces", lambda name, preset: few_chorales
        )
    return few_chorales


@pytest.fixture
def shipped(transformer_runs, encoding, tmp_path):
    return ship(transformer_runs[encoding], tmp_path / f"a-{encoding}")


def scores_of(folder):
    return json.loads((folder / "scores.json").read_text())


def test_a_training_is_shipped_as_four_files(shipped):
    names = {path.name for path in shipped.iterdir()}
    assert names == {
        "README.md",
        "history.csv",
        "model.safetensors",
        "scores.json",
    }


def test_weights_are_shipped_in_16_bits_and_nothing_else_changes(
    shipped, transformer_runs, encoding
):
    before = load_state(transformer_runs[encoding] / runs.MODEL_FILE)
    after = load_state(shipped / runs.MODEL_FILE)
    old, new = before.pop("weights"), after.pop("weights")
    assert before == after
    assert {w.dtype for w in new.values()} == {torch.float16}
    assert all(torch.equal(new[name], old[name].half()) for name in old)


def test_the_scores_are_those_of_the_shipped_weights(shipped, encoding):
    scores = scores_of(shipped)
    for split in SPLITS:
        found = music_transformer.evaluate(
            shipped, "chorales", split, "smoke", encoding
        )
        for name, value in scores[split].items():
            assert found[name] == pytest.approx(value), name


def test_the_scores_tell_how_it_was_trained(shipped, corpus, encoding):
    scores = scores_of(shipped)
    task = task_of(encoding)
    pieces = [task.encode(piece.sequence) for piece in corpus.of("train")]
    assert scores["n_train_events"] == sum(p.numel() for p in pieces)
    assert scores["epochs"] == pytest.approx(2 * 2 / len(crops_of(pieces, 24)))
    assert scores["n_pieces"] == {"train": 3, "validation": 1, "test": 1}
    assert (scores["steps"], scores["seed"]) == (2, 1)
    assert scores["best_step"] in (1, 2)
    assert scores["config"]["width"] == 16
    assert ("baselines" in scores) == (encoding == "chorale")


def test_a_chorale_network_is_compared_with_counting(
    transformer_runs, tmp_path
):
    folder = ship(transformer_runs["chorale"], tmp_path / "out")
    baselines = scores_of(folder)["baselines"]
    assert set(baselines) == set(SPLITS)
    assert set(baselines["test"]) == set(MODELS)
    card = (folder / "README.md").read_text()
    for model, nll in baselines["test"].items():
        nats = f"{baselines['validation'][model]:.3f}, {nll:.3f}"
        assert f"- {model}: {nats}\n" in card


def test_the_card_names_data_licence_and_figures(shipped, encoding):
    scores, card = scores_of(shipped), (shipped / "README.md").read_text()
    assert card.startswith(f"# Transformer, {encoding} events, chorales\n")
    assert "corpus in the music21" in card
    assert "licence of the code (MIT)" in card
    assert f"{scores['n_parameters']:,} weights" in card
    for split in SPLITS:
        assert f"| {split} | 1 | {scores[split]['nll']:.4f} |" in card
    command = (
        "`course train music_transformer --preset smoke --data chorales "
        f"--encoding {encoding} --steps 2 --seed 1 --out runs/a-{encoding}`"
    )
    assert command in card


def test_other_data_has_its_own_licence(shipped):
    scores, curve = scores_of(shipped), []
    card = model_card(scores | {"data": "maestro"}, curve, "x")
    assert card.count("CC BY-NC-SA 4.0") == 2
    assert "MIT" not in card
    assert "`my/midi`." in model_card(scores | {"data": "my/midi"}, curve, "x")


def test_the_card_shows_ten_evaluations_the_last_among_them(shipped):
    curve = [
        {"step": 10 * i, "nll": 3.0, "held_out_nll": 100.0 - i}
        for i in range(1, 96)
    ]
    card = model_card(scores_of(shipped), curve, "x")
    steps = [
        line.split("|")[1].strip()
        for line in card.splitlines()
        if line.startswith("|") and "| 3.000 |" in line
    ]
    assert len(steps) == 10
    assert steps == [str(950 - 100 * i) for i in range(9, -1, -1)]


def write_history(path, n_steps, evaluated):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["step", "nll", "held_out_nll"])
        for step in range(1, n_steps + 1):
            held_out = step / 1000 if step in evaluated else ""
            writer.writerow([step, 2.5, held_out])


def test_a_thinned_history_keeps_all_evaluations(tmp_path):
    source, target = tmp_path / "a.csv", tmp_path / "b.csv"
    evaluated = (3, 2 * THINNED, 4 * THINNED + 1)
    write_history(source, 4 * THINNED + 1, evaluated)
    found = ship_history(source, target)
    assert [row["step"] for row in found] == list(evaluated)
    assert found[0] == {"step": 3, "nll": 2.5, "held_out_nll": 0.003}
    with target.open() as file:
        steps = [int(row["step"]) for row in csv.DictReader(file)]
    every = {THINNED * i for i in range(1, 5)}
    assert steps == sorted(every | set(evaluated))


def test_a_row_tells_what_a_training_changed(transformer_runs, encoding):
    run = transformer_runs[encoding]
    row = trial_row(f"width=16={run}")
    about = music_transformer.model_about(run)
    assert row["told"] == "width=16"
    assert row["validation"] == about["held_out_nll"]
    assert row["encoding"] == encoding
    assert row["sizes"]["width"] == 16
    assert (row["steps"], row["preset"]) == (2, "smoke")


def test_a_table_keeps_the_rows_of_other_trainings(transformer_runs, tmp_path):
    out = tmp_path / "trials.json"
    run, other = (transformer_runs[n] for n in ("chorale", "performance"))
    for words in (["a=" + str(run), f"b={run}"], [f"a={other}"]):
        with torch.enable_grad():  # the command turns gradients off
            transformer_shipping.main(["table", str(out), *words])
    rows = json.loads(out.read_text())
    assert [(row["told"], row["encoding"]) for row in rows] == [
        ("b", "chorale"),
        ("a", "performance"),
    ]


def test_the_command_ships(transformer_runs, tmp_path, capsys):
    out = tmp_path / "out"
    with torch.enable_grad():
        transformer_shipping.main(
            ["ship", str(transformer_runs["chorale"]), str(out)]
        )
    assert capsys.readouterr().out.strip() == str(out)
    assert (out / "README.md").is_file()


def test_a_missing_training_is_named(tmp_path):
    with pytest.raises(CourseError, match="a training"):
        ship(tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(CourseError, match="a training"):
        trial_row(f"a={tmp_path / 'nowhere'}")
    assert not list(tmp_path.iterdir())
