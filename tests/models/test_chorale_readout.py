import torch

from course_utils.models.chorale_parts import (
    PAIRS,
    heard_classes,
    random_turns,
)
from course_utils.models.chorale_past import Past, agreement_of, profile_of
from course_utils.models.chorale_readout import (
    IntervalReadout,
    ParallelReadout,
)

B, T, W = 2, 7, 12
N_PITCHES = 9  # classes 1 to 9; 0 is a rest, 10 the start
V = N_PITCHES + 1
START = N_PITCHES + 1


def past_with(last):
    """A past of which the last classes are given."""
    place = torch.zeros(B, T, dtype=torch.int64)
    parts = last, last, last, place, profile_of(last, START)
    return Past(*parts, *agreement_of(last))


def draw(rng, low=0):
    return torch.randint(low, V, (B, T, 4), generator=rng)


def readout(rng):
    """A read-out whose scores are its biases."""
    found = IntervalReadout(W, V)
    with torch.no_grad():
        found.scores.weight.zero_()
        found.scores.bias.normal_(generator=rng)
    return found


def draw_heard(rng):
    """Classes a sixteenth before, and what each voice hears now."""
    now = draw(rng)
    return draw(rng), heard_classes(now, random_turns(now.shape, 1.0), START)


def test_answers_in_intervals_equal_a_plain_loop(rng):
    found = readout(rng)
    last, heard = draw_heard(rng)
    last[0, 0] = START
    score = found.scores.bias.unflatten(0, (5, -1)).tolist()

    def answer(own, others, c):
        starts = [own, *others]
        return sum(
            score[which][c - start + V - 1]
            for which, start in enumerate(starts)
            if start not in (0, START) and c > 0  # both must sound
        )

    rows = zip(
        last.flatten().tolist(), heard.flatten(0, 2).tolist(), strict=True
    )
    expected = [[answer(*row, c) for c in range(V)] for row in rows]
    logits = found(torch.zeros(B, T, 4, W), past_with(last), heard)
    assert logits.shape == (B, T, 4, V)
    torch.testing.assert_close(
        logits.flatten(0, 2), torch.tensor(expected, dtype=torch.float32)
    )


def lifted_by(rng, which, interval):
    """Which classes of which voices a lifted interval lifts, (B, T, 4, V)."""
    found = readout(rng)
    last, heard = draw_heard(rng)
    x = torch.randn(B, T, 4, W, generator=rng)
    before = found(x, past_with(last), heard)
    with torch.no_grad():
        found.scores.bias.unflatten(0, (5, -1))[which, interval + V - 1] += 5
    change = (found(x, past_with(last), heard) - before).abs()
    assert ((change < 1e-4) | ((change - 5).abs() < 1e-4)).all()
    return change > 2.5, last, heard


def test_a_lifted_step_lifts_the_class_so_far_from_the_own_last(rng):
    lifted, last, _ = lifted_by(rng, 0, 2)
    expected = torch.arange(V) == last[..., None] + 2
    expected &= last[..., None] > 0
    assert torch.equal(lifted, expected)


def test_a_lifted_interval_lifts_the_class_so_far_from_a_heard_voice(rng):
    for voice in range(4):
        lifted, _, heard = lifted_by(rng, voice + 1, -3)
        start = heard[..., voice, None]
        expected = torch.arange(V) == start - 3
        expected &= (start > 0) & (start != START)
        expected[..., 0] = False  # a rest
        assert torch.equal(lifted, expected)


def octave_readout(rng):
    """A read-out with octaves whose scores are its biases."""
    found = IntervalReadout(W, V, octaves=True)
    with torch.no_grad():
        for layer in (
            found.scores,
            found.octave_scores,
            found.key_scores,
        ):
            layer.weight.zero_()
            layer.bias.zero_()
    return found


def test_a_lifted_third_lifts_tenths_too(rng):
    found = octave_readout(rng)
    with torch.no_grad():
        found.octave_scores.bias.unflatten(0, (8, -1))[3, 4] = 5.0
    last, heard = draw_heard(rng)
    x = torch.zeros(B, T, 4, W)
    apart = torch.arange(V) - last[..., 3, None]  # from the bass before
    lifted = (apart % 12 == 4) & (last[..., 3, None] > 0)
    lifted[..., 0] = False  # a rest
    expected = 5.0 * lifted[:, :, None].expand(B, T, 4, V)
    assert torch.equal(found(x, past_with(last), heard), expected)


def test_a_lifted_degree_lifts_classes_as_the_key_looks_from_them(rng):
    found = octave_readout(rng)
    with torch.no_grad():
        found.key_scores.bias[7] = 2.0  # what sounds a fifth above
    last, heard = draw_heard(rng)
    past = past_with(last)
    logits = found(torch.zeros(B, T, 4, W), past, heard)
    for c in range(1, V):
        fifth = past.profile[..., 0, (c - 1 + 7) % 12]
        expected = 2.0 * fifth[..., None].expand(B, T, 4)
        torch.testing.assert_close(logits[..., c], expected)
    assert not logits[..., 0].any()


def test_scores_of_parallels_are_those_of_a_plain_loop(rng):
    found = ParallelReadout(V)
    with torch.no_grad():
        found.eighths.normal_(generator=rng)
    last, heard = draw_heard(rng)
    last[0, 0] = START

    def score(voice, own, before, now, c):
        total = 0.0
        for other in range(4):
            if other == voice:
                continue
            notes = own, before[other], now[other], c
            if any(note in (0, START) for note in notes):
                continue
            move, step = now[other] - before[other], c - own
            if move * step <= 0 or (step - move) % 12:
                continue
            low, high = (other, voice) if voice < other else (voice, other)
            notes_before = {voice: own, other: before[other]}
            apart = (notes_before[high] - notes_before[low]) % 12
            pair = PAIRS.index((voice, other))
            total += found.scores[pair, apart].item()
        return total

    logits = found(past_with(last), heard)
    assert logits.shape == (B, T, 4, V)
    for b in range(B):
        for t in range(T):
            before = last[b, t].tolist()
            for voice in range(4):
                now = heard[b, t, voice].tolist()
                expected = [
                    score(voice, before[voice], before, now, c)
                    for c in range(V)
                ]
                torch.testing.assert_close(
                    logits[b, t, voice], torch.tensor(expected)
                )
    assert (logits != 0).any()
