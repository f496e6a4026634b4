import pytest

from course_utils.data.corpora import Piece
from course_utils.evaluation import musical
from course_utils.recipes.judged_keys import (
    by_hash,
    ends_on_tonic,
    key_figures,
    measure_key,
    written_key,
)
from course_utils.symbolic.blank import blank_sequence

SCALES = {0: (0, 2, 4, 5, 7, 9, 11), 1: (0, 2, 3, 5, 7, 8, 10)}


def chorale(name, tonic, minor, split="train", last=0):
    """Tonic triads and the scale; the bass ends `last` above the tonic."""
    sequence = blank_sequence(100.0, (4, 4))
    sequence.key_signatures.add(time=0, key=tonic, mode=minor)
    degrees = [s for s in SCALES[minor] for _ in range(1 + 2 * (s in (0, 7)))]
    for i, degree in enumerate([*degrees, last]):
        for voice, octave in ((0, 72), (3, 48)):
            sequence.notes.add(
                pitch=octave + (tonic + degree) % 12,
                velocity=100,
                start_time=float(i),
                end_time=i + 1.0,
                instrument=voice,
            )
    sequence.total_time = len(degrees) + 1.0
    return Piece(name, split, sequence)


@pytest.fixture(scope="module")
def chorales():
    splits = ["test", "train", "validation", "train"] * 30
    return [
        chorale(f"c{i}", i % 12, (i // 12) % 2, split, last=7 * (i % 10 == 9))
        for i, split in enumerate(splits)
    ]


def test_the_written_key_is_named_as_the_judge_names_keys():
    assert written_key(chorale("a", 3, 0)) == "Eb major"
    assert written_key(chorale("a", 8, 1)) == "G# minor"


def test_the_last_note_of_the_bass_is_the_second_witness():
    assert ends_on_tonic(chorale("a", 3, 0))
    assert not ends_on_tonic(chorale("a", 3, 0, last=7))


def test_clear_keys_are_all_heard(chorales):
    found = key_figures(chorales, "Albrecht-Shanahan", seed=0)
    assert found["score"] == 1
    assert found["score_interval"] == [1, 1]
    assert found["exact"]["right"] == len(chorales)


def test_a_wrong_key_costs_what_mirex_says(chorales, monkeypatch):
    monkeypatch.setattr(musical, "key", lambda sequence, profiles: "C major")
    some = [chorale("a", 0, 0), chorale("b", 0, 1), chorale("c", 2, 0)]
    found = key_figures(some, "Krumhansl-Kessler", seed=0)
    assert found["score"] == pytest.approx((1 + 0.2 + 0) / 3, abs=1e-4)
    assert found["exact"]["right"] == 1


def test_profiles_are_chosen_on_other_pieces_than_are_judged(chorales):
    found = measure_key(chorales, seed=0)
    assert found["n_known"] == 108
    assert found["n_unknown"] == 12
    for figures in found["test"].values():
        assert figures["exact"]["n"] == 100
    for figures in found["chosen_on"].values():
        assert figures["exact"]["n"] == 8
    assert found["unknown"]["exact"]["n"] == 12
    held_out = {p.name for p in chorales if p.split != "train"}
    known = {p.name for p in chorales if ends_on_tonic(p)}
    assert held_out & known <= set(found["pieces"]) <= known


def test_pieces_are_ordered_by_name_alone(chorales):
    names = [piece.name for piece in by_hash(chorales)]
    assert names == [piece.name for piece in by_hash(chorales[::-1])]
