import numpy as np
import pytest
import torch
from symbolic_examples import piece, random_piece

from course_utils.symbolic.performance import (
    FIRST_NOTE_OFF,
    FIRST_TIME_SHIFT,
    FIRST_VELOCITY,
    MAX_SHIFT,
    events_to_sequence,
    sequence_to_events,
)
from course_utils.symbolic.performance_variation import (
    SHIFTS,
    STRETCHES,
    random_playing,
    stretch,
    transpose,
)


def played(seed, **words):
    made = random_piece(np.random.default_rng(seed), **words)
    return torch.tensor(sequence_to_events(made))


def is_shift(events):
    return (events >= FIRST_TIME_SHIFT) & (events < FIRST_VELOCITY)


def moves(events):
    """All events but the waits, and the step of each."""
    waits = is_shift(events)
    steps = ((events - FIRST_TIME_SHIFT + 1) * waits).cumsum(0)
    return events[~waits], steps[~waits]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("semitones", [-3, 0, 2])
def test_transposing_moves_pitches_alone(seed, semitones):
    events = played(seed)
    before = events_to_sequence(events.tolist())
    after = events_to_sequence(transpose(events, semitones).tolist())
    for note, moved in zip(before.notes, after.notes, strict=True):
        note.pitch += semitones
        assert note == moved


def test_transposing_back_undoes_it():
    events = played(1)
    assert torch.equal(transpose(transpose(events, 3), -3), events)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("factor", [0.5, *STRETCHES, 2.7])
def test_stretching_moves_every_event_to_its_time_within_the_grid(
    seed, factor
):
    events = played(seed)
    stretched = stretch(events, factor)
    kinds, steps = moves(events)
    new_kinds, new_steps = moves(stretched)
    assert torch.equal(new_kinds, kinds)  # nothing lost, and all in order
    assert ((new_steps - factor * steps).abs() <= 0.5 + 1e-3).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("factor", STRETCHES)
def test_durations_scale_within_one_step(seed, factor):
    events = played(seed)
    before = events_to_sequence(events.tolist()).notes
    after = events_to_sequence(stretch(events, factor).tolist()).notes
    by_pitch = [
        sorted((n.pitch, n.start_time, n.end_time) for n in notes)
        for notes in (before, after)
    ]
    for one, other in zip(*by_pitch, strict=True):
        length = factor * (one[2] - one[1])
        assert other[0] == one[0]
        assert other[2] - other[1] == pytest.approx(length, abs=0.0101)


@pytest.mark.parametrize("seed", range(5))
def test_the_old_tempo_gives_the_old_events(seed):
    events = played(seed)
    assert torch.equal(stretch(events, 1.0), events)


def test_waits_of_more_than_a_second_are_split_as_they_are_written():
    made = piece([(0, 0.9, 60, 80), (5, 8.5, 62, 80)])
    stretched = stretch(torch.tensor(sequence_to_events(made)), 2.0)
    for note in made.notes:
        note.start_time, note.end_time = 2 * note.start_time, 2 * note.end_time
    assert stretched.tolist() == sequence_to_events(made)
    waits = stretched[is_shift(stretched)] - FIRST_TIME_SHIFT + 1
    assert waits.max() == MAX_SHIFT
    assert waits.sum() == 1700


def test_stretching_does_not_drift():
    events = torch.tensor([FIRST_TIME_SHIFT + 2, 60] * 500)  # 30 ms a note
    _, steps = moves(stretch(events, 1.05))
    assert steps[-1] == 1575  # while 3 steps alone would round back to 3


def test_random_playings_have_all_keys_and_tempos(rng):
    events = torch.tensor([60, FIRST_TIME_SHIFT + 39, FIRST_NOTE_OFF + 60])
    found = {tuple(random_playing(events, rng).tolist()) for _ in range(600)}
    expected = {
        (60 + k, FIRST_TIME_SHIFT + round(40 * f) - 1, FIRST_NOTE_OFF + 60 + k)
        for k in range(SHIFTS[0], SHIFTS[1] + 1)
        for f in STRETCHES
    }
    assert found == expected


@pytest.mark.parametrize(
    ("pitch", "keys"), [(1, range(-1, 4)), (126, range(-3, 2))]
)
def test_a_random_key_keeps_to_the_keys_there_are(rng, pitch, keys):
    for events in ([pitch], [FIRST_NOTE_OFF + pitch]):
        row = torch.tensor(events)
        found = {int(random_playing(row, rng) - row) for _ in range(200)}
        assert found == set(keys)


def test_two_numbers_are_taken_whatever_the_events(rng):
    other = torch.Generator().manual_seed(440)
    random_playing(played(1), rng)
    random_playing(torch.tensor([FIRST_VELOCITY]), other)
    assert torch.equal(rng.get_state(), other.get_state())


def test_a_random_playing_is_a_transposed_and_stretched_performance(rng):
    events = played(2)
    allowed = [
        transpose(stretch(events, factor), k).tolist()
        for factor in STRETCHES
        for k in range(SHIFTS[0], SHIFTS[1] + 1)
    ]
    for _ in range(10):
        assert random_playing(events, rng).tolist() in allowed
