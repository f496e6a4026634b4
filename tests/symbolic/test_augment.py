import pytest
import torch
from symbolic_examples import grid_piece as piece

from course_utils.symbolic import metrical, polyphony
from course_utils.symbolic.augment import (
    random_key,
    random_performance,
    shifts_allowed,
    transpose_events,
)

NOTES = [(0, 4, 60, 97), (2, 8, 48, 40)]


def pitches(events):
    return [polyphony.event_pitch(e) for e in events if 3 <= e < 259]


def test_transposing_moves_every_note_and_nothing_else():
    events = torch.tensor(metrical.sequence_to_events(piece(NOTES)))
    moved = transpose_events(events, -7)
    is_note = (events >= 3) & (events < polyphony.N_CLASSES)
    assert torch.equal(moved[is_note], events[is_note] - 7)
    assert torch.equal(moved[~is_note], events[~is_note])


def test_transposed_events_are_those_of_the_transposed_piece():
    higher = [(a, b, pitch + 5, v) for a, b, pitch, v in NOTES]
    events = torch.tensor(polyphony.sequence_to_events(piece(NOTES)))
    expected = polyphony.sequence_to_events(piece(higher))
    assert transpose_events(events, 5).tolist() == expected


def test_all_twelve_keys_are_drawn(rng):
    events = torch.tensor(polyphony.sequence_to_events(piece(NOTES)))
    tops = {max(pitches(random_key(events, rng).tolist())) for _ in range(300)}
    assert tops == set(range(55, 67))


@pytest.mark.parametrize(("pitch", "expected"), [(2, (-2, 6)), (125, (-5, 2))])
def test_no_pitch_leaves_the_keyboard(pitch, expected, rng):
    sequence = piece([(0, 3, pitch, 80)])
    events = torch.tensor(polyphony.sequence_to_events(sequence))
    assert shifts_allowed(events) == expected
    for _ in range(50):
        drawn = random_key(events, rng).tolist()
        assert set(map(bool, pitches(drawn))) <= {True, False}
        assert polyphony.count_notes(drawn) == 1


def test_a_piece_without_notes_stays(rng):
    events = torch.tensor([polyphony.START, polyphony.STEP_END, polyphony.END])
    assert torch.equal(random_key(events, rng), events)


def test_a_performance_changes_key_loudness_and_tempo_only(rng):
    events = torch.tensor(metrical.sequence_to_events(piece(NOTES)))
    kinds = (
        range(3, metrical.FIRST_PLACE),
        range(metrical.FIRST_TEMPO, metrical.FIRST_VELOCITY),
        range(metrical.FIRST_VELOCITY, metrical.N_CLASSES),
    )
    seen = [set(), set(), set()]
    for _ in range(100):
        drawn = random_performance(events, rng)
        for old, new in zip(events.tolist(), drawn.tolist(), strict=True):
            kind = [old in kind for kind in kinds]
            if True not in kind:
                assert new == old
                continue
            assert new in kinds[kind.index(True)]
            seen[kind.index(True)].add(new - old)
    assert [len(shifts) for shifts in seen] == [12, 7, len(seen[2])]
    assert len(seen[2]) > 5
