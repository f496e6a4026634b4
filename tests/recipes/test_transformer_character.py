import json

import numpy as np

from course_utils.data.corpora import Corpus, Piece
from course_utils.recipes import transformer_character
from course_utils.symbolic.chorale import grid_to_sequence

CHORD = np.array((72, 67, 64, 48))


def hymn(name, numerator, split):
    """Twelve bars in four voices, a chord a beat, the first the loudest."""
    n_beats = 12 * numerator
    moves = np.arange(n_beats)[:, None] * 2 % 5
    grid = np.repeat(CHORD + moves, 4, axis=0)
    music = grid_to_sequence(grid, 100.0, (numerator, 4), velocity=70)
    for note in music.notes:
        beat = round(note.start_time * 100 / 60)
        note.velocity = 90 if beat % numerator == 0 else 60
    return Piece(name, split, music)


def test_rows_of_other_networks_and_data_stay(
    transformer_runs, tmp_path, monkeypatch
):
    hymns = Corpus(
        [
            hymn(f"{split}-{i}-{meter}", meter, split)
            for meter in (3, 4)
            for i, split in enumerate(("train", "train", "test"))
        ]
    )
    monkeypatch.setattr(
        transformer_character, "load_pieces", lambda name, preset: hymns
    )
    monkeypatch.setattr(transformer_character, "N_BARS", 2)
    out = tmp_path / "rows.json"
    kept = [
        {"data": "chorales", "encoding": "performance"},
        {"data": "pop909", "encoding": "chorale"},
    ]
    gone = {"data": "chorales", "encoding": "chorale"}
    out.write_text(json.dumps([*kept, gone]))
    checkpoint = transformer_runs["chorale"]
    words = [out, "--checkpoint", checkpoint, "--primers", 1]
    transformer_character.main(list(map(str, words)))
    rows = json.loads(out.read_text())
    assert rows[:2] == kept
    ways = ["Transformer", "the network alone", "the piece's own last bars"]
    assert [row["way"] for row in rows[2:]] == ways
    for row in rows[2:]:
        assert gone.items() <= row.items()
        assert row["meter_written"] == row["tempo_written"] == 1.0
        assert {"meter_heard", "tempo_heard", "key", "loudness"} <= set(row)
