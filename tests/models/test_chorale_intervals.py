import torch

from course_utils.models.chorale_intervals import (
    N_WAYS,
    NO_INTERVAL,
    interval_classes,
    motion_classes,
    octave_classes,
)

N_PITCHES = 30  # classes 1 to 30; 0 is a rest, 31 the start
V = N_PITCHES + 1


def test_an_interval_is_the_semitones_plus_the_number_of_pitches():
    pitches = torch.arange(1, N_PITCHES + 1)
    classes = interval_classes(pitches[:, None], pitches, N_PITCHES)
    for start in range(1, N_PITCHES + 1):
        for end in range(1, N_PITCHES + 1):
            found = classes[start - 1, end - 1]
            assert found == end - start + N_PITCHES
    assert classes.min() > NO_INTERVAL
    assert classes.max() < 2 * N_PITCHES


def test_rests_and_the_start_have_no_interval():
    pitches = torch.arange(V + 1)
    for silent in (0, N_PITCHES + 1):
        other = torch.full_like(pitches, silent)
        for pair in ((pitches, other), (other, pitches)):
            classes = interval_classes(*pair, N_PITCHES)
            assert (classes == NO_INTERVAL).all()


def test_a_tenth_is_a_third_and_no_interval_stays_none():
    intervals = torch.arange(2 * N_PITCHES)
    classes = octave_classes(intervals, N_PITCHES).tolist()
    assert classes[NO_INTERVAL] == 0
    for interval in range(1, 2 * N_PITCHES):
        assert classes[interval] == (interval - N_PITCHES) % 12 + 1


def test_a_motion_tells_where_from_and_which_way():
    below, moved = torch.meshgrid(
        torch.arange(-24, 1), torch.arange(-3, 4), indexing="ij"
    )
    own = torch.full_like(below, 27)
    other = own + below
    pairs = (own, other), (other, (other + moved).clamp(min=1))
    before, move = (interval_classes(*pair, N_PITCHES) for pair in pairs)
    classes = motion_classes(before, move, N_PITCHES)
    assert torch.equal(classes // N_WAYS, below % 12 + 1)
    assert torch.equal(classes % N_WAYS, moved.sign() + 2)
    silent = motion_classes(torch.tensor(0), torch.tensor(0), N_PITCHES)
    assert silent == 0
