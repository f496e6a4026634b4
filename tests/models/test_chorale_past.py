import pytest
import torch

from course_utils.models.chorale_past import (
    LONGEST,
    LONGEST_MATCH,
    NEAREST,
    RARE,
    RECENT,
    SHY,
    STRETCH,
    agreement_of,
    past_of,
    profile_of,
    turned,
)

B, T, START = 3, 80, 9
PARTS = ("last", "before", "held", "place", "profile")
AGREEMENT = ("agreed", "then")


def held_notes(rng, stay=0.7):
    """Classes that often stay, and one voice that never moves."""
    drawn = torch.randint(START, (B, T, 4), generator=rng)
    stays = torch.rand(B, T, 4, generator=rng) < stay
    for t in range(1, T):
        drawn[:, t] = torch.where(stays[:, t], drawn[:, t - 1], drawn[:, t])
    drawn[0, :, 3] = 5
    return drawn


def places(rng):
    return torch.randint(16, (B,), generator=rng)


def how_long(column):
    """For how many items more the last one has stood there."""
    count = 0
    for item in reversed(column[:-1]):
        if item != column[-1]:
            break
        count += 1
    return min(count, LONGEST)


@pytest.mark.parametrize("stay", [0.0, 0.7, 0.98])
def test_the_past_is_that_of_a_plain_loop(rng, stay):
    classes, first = held_notes(rng, stay), places(rng)
    past = past_of(classes, first, START)
    for b in range(B):
        for voice in range(4):
            column = [START, START, *classes[b, :, voice].tolist()]
            for t in range(T):
                here = b, t, voice
                assert past.last[here] == column[t + 1]
                assert past.before[here] == column[t]
                sounded = column[2 : t + 2]
                assert past.held[here] == how_long(sounded or [START])


def test_places_go_around_in_bars_of_sixteen(rng):
    first = torch.tensor([0, 7, 15])
    place = past_of(held_notes(rng), first, START).place
    assert place[:, 0].tolist() == [0, 7, 15]
    assert place[2, :3].tolist() == [15, 0, 1]
    assert torch.equal(place[:, 16:], place[:, :-16])
    assert sorted(place[1, :16].tolist()) == list(range(16))


def test_a_sixteenth_does_not_know_itself(rng):
    classes, first = held_notes(rng), places(rng)
    other = classes.clone()
    other[:, 30:] = (other[:, 30:] + 1) % START
    one, changed = (past_of(c, first, START) for c in (classes, other))
    for part in (*PARTS, *AGREEMENT):
        before, after = getattr(one, part), getattr(changed, part)
        assert torch.equal(before[:, :31], after[:, :31])
    assert (one.last[:, 31] != changed.last[:, 31]).all()


@pytest.mark.parametrize("n_last", [1, 7, T])
def test_the_end_of_the_past_is_that_of_the_whole(rng, n_last):
    classes, first = held_notes(rng), places(rng)
    whole = past_of(classes, first, START)
    end = past_of(classes, first, START, n_last)
    for part in (*PARTS, *AGREEMENT):
        assert torch.equal(
            getattr(end, part), getattr(whole, part)[:, -n_last:]
        )


def agreed_by_a_loop(column, t, back):
    """For how many items before t a column was as it was so far back."""
    count = 0
    while t - 1 - count - back >= 0 and count < LONGEST_MATCH:
        if column[t - 1 - count] != column[t - 1 - count - back]:
            break
        count += 1
    return count


@pytest.mark.parametrize("stay", [0.0, 0.98])
def test_agreement_with_earlier_music_is_that_of_a_plain_loop(rng, stay):
    classes = held_notes(rng, stay)
    agreed, then = agreement_of(classes)
    assert agreed.shape == then.shape == (B, T, 4, T - NEAREST)
    for voice in (0, 3):
        column = classes[0, :, voice].tolist()
        for t in range(T):
            for i, back in enumerate(range(NEAREST, T)):
                expected = agreed_by_a_loop(column, t, back)
                assert agreed[0, t, voice, i] == expected
                before = column[t - back] if t >= back else -1
                assert then[0, t, voice, i] == before


def test_music_too_short_to_repeat_agrees_with_nothing():
    agreed, then = agreement_of(torch.ones(1, 2, 4, dtype=torch.int64))
    assert agreed.shape == then.shape == (1, 2, 4, 1)
    assert not agreed.any()
    assert (then == -1).all()


def test_what_ended_long_ago_counts_for_the_key_alone(rng):
    classes, first = held_notes(rng, 0.98), places(rng)
    n_kept = LONGEST + 2
    later = (first + T - n_kept) % 16
    whole = past_of(classes, first, START, 1)
    short = past_of(classes[:, -n_kept:], later, START, 1)
    assert whole.held.max() == LONGEST
    for part in PARTS:
        same = torch.equal(getattr(whole, part), getattr(short, part))
        assert same == (part != "profile")


def test_a_shown_past_is_the_past_and_a_hidden_one_is_unknown(rng):
    past = past_of(held_notes(rng), places(rng), START)
    for probability in (1.0, 0.0):
        partly = past.partly(probability, START)
        for part in (*PARTS, *AGREEMENT):
            whole, found = getattr(past, part), getattr(partly, part)
            if probability or part in ("place", "profile", *AGREEMENT):
                assert torch.equal(found, whole)
            else:
                assert (found == (0 if part == "held" else START)).all()


def test_what_is_hidden_is_hidden_in_stretches_and_from_all_parts(rng):
    past = past_of(held_notes(rng), places(rng), START)
    torch.manual_seed(3)
    partly = past.partly(0.7, START)
    hidden = (partly.last == START) & (past.last != START)
    assert torch.equal(partly.last == past.last, ~hidden)
    # What the last sixteenth was is what the one before will be.
    assert torch.equal(partly.before[:, 1:], partly.last[:, :-1])
    assert torch.equal(partly.held, past.held.masked_fill(hidden, 0))
    stretches = hidden[:, STRETCH - 1 : T - 1].unflatten(1, (-1, STRETCH))
    assert (stretches == stretches[:, :, :1]).all()
    assert 0.1 < stretches.float().mean() < 0.5


def shares_of(notes):
    """Logarithms of the shares of pitch classes, against equal shares."""
    counts = torch.full((12,), SHY)
    for note in notes:
        counts[(note - 1) % 12] += 1
    return ((counts / counts.sum() + RARE) / (1 / 12 + RARE)).log()


def test_the_profile_is_the_share_of_each_pitch_class_so_far(rng):
    last = torch.randint(START + 1, (B, T, 4), generator=rng)
    profile = profile_of(last, START)
    for t in (0, 5, RECENT - 1, RECENT, T - 1):
        for which, begin in enumerate((0, max(0, t + 1 - RECENT))):
            notes = last[1, begin : t + 1].flatten().tolist()
            expected = shares_of([c for c in notes if 0 < c < START])
            torch.testing.assert_close(profile[1, t, which], expected)


def test_before_anything_sounds_all_pitch_classes_are_alike():
    silence = torch.full((1, 3, 4), START)
    assert profile_of(silence, START).abs().max() < 1e-6


def test_a_profile_is_turned_to_where_one_stands(rng):
    profile = torch.randn(B, T, 2, 12, generator=rng)
    classes = torch.randint(1, START, (B, T, 4), generator=rng)
    seen = turned(profile, classes)
    for j in range(12):
        place = (classes - 1 + j) % 12
        for which in (0, 1):
            expected = profile[:, :, which].gather(-1, place)
            assert torch.equal(seen[..., 12 * which + j], expected)
    from_first = turned(profile, torch.tensor([1]))
    assert torch.equal(from_first[..., 0, :], profile.flatten(-2))
