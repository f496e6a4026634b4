import json

import pytest
import torch

from course_utils.recipes import echo_prices
from course_utils.recipes.chorale_task import ChoraleTask, note_prices

TASK = ChoraleTask()
TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "feed_forward": 24}
START = 47


@pytest.fixture
def model(rng):
    made = TASK.new_model(TINY)
    TASK.init(made, rng)
    return made.eval()


def test_of_a_piece_that_comes_twice_the_echo_is_right(rng):
    phrase = torch.randint(1, START, (40, 4), generator=rng)
    right, length = echo_prices.echo_right(phrase.repeat(2, 1), START)
    assert right[42:].all()
    assert right[:40].float().mean() < 0.1
    assert (length[42:] > 0).all()
    assert echo_prices.LENGTHS[length[79, 0]] == "32 or more"


def test_rows_are_means_over_the_notes_on_beats(model, rng):
    pieces = [
        torch.randint(1, 3, (n, 4), generator=rng).repeat(2, 1)
        for n in (20, 33)
    ]
    rows = echo_prices.echo_prices(model, pieces)
    sums = {}
    for piece in pieces:
        right, length = echo_prices.echo_right(piece, START)
        with torch.no_grad():
            prices, _ = note_prices(model, [(piece, 0)])
        for t in range(0, len(piece), 4):
            for voice in range(4):
                name = echo_prices.LENGTHS[length[t, voice]]
                told = right[t, voice], prices[0, t, voice].item()
                sums.setdefault(name, []).append(told)
    assert {row["length"] for row in rows} == set(sums)
    for row in rows:
        notes = sums[row["length"]]
        hits, nats = zip(*notes, strict=True)
        assert row["n_notes"] == len(notes)
        assert row["right"] == pytest.approx(sum(hits) / len(notes))
        assert row["nll"] == pytest.approx(sum(nats) / len(notes))


def test_the_command_keeps_rows_of_other_networks(tmp_path, monkeypatch):
    pieces = {"validation": [torch.ones(30, 4, dtype=torch.int64)]}
    monkeypatch.setattr(echo_prices, "load_pieces", lambda *_: None)
    monkeypatch.setattr(echo_prices, "encode_splits", lambda *_: (pieces, []))
    out = tmp_path / "echoes.json"
    out.write_text(json.dumps({"old": []}))
    echo_prices.main(
        [str(out), "shipped=data/checkpoints/music_transformer-chorale"]
    )
    found = json.loads(out.read_text())
    assert found["old"] == []
    assert sum(row["n_notes"] for row in found["shipped"]) == 8 * 4
