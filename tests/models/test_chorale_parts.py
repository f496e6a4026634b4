import torch

from course_utils.models.chorale_parts import (
    NO_INTERVAL,
    PAIRS,
    IntervalReadout,
    PastEmbedding,
    VoiceEmbedding,
    VoiceLayer,
    interval_classes,
)
from course_utils.models.chorale_past import past_of

B, T, W = 2, 7, 12
N_PITCHES = 9  # classes 1 to 9; 0 is a rest, 10 the start
V = N_PITCHES + 1


def draw(rng, low=0):
    return torch.randint(low, V, (B, T, 4), generator=rng)


def past(classes):
    return past_of(classes, torch.tensor([0, 5]), N_PITCHES + 1)


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


def test_all_pairs_are_a_higher_and_a_lower_voice():
    assert len(set(PAIRS)) == 6
    assert all(high < low for high, low in PAIRS)


def test_intervals_in_the_past_are_those_of_every_key(rng):
    heard = PastEmbedding(N_PITCHES + 2, W, intervals=True)
    for table in heard.last:
        torch.nn.init.zeros_(table.weight)
    classes = torch.randint(1, V, (B, T, 4), generator=rng)
    start = N_PITCHES + 3
    one, other = (
        heard(past_of(c, torch.tensor([0, 5]), start))
        for c in (classes, classes + 2)
    )
    torch.testing.assert_close(one, other)


def test_pitches_alone_tell_the_keys_apart(rng):
    heard = PastEmbedding(N_PITCHES, W, intervals=False)
    assert not any("move" in n or "chord" in n for n in heard.state_dict())
    low = torch.randint(1, N_PITCHES, (B, T, 4), generator=rng)
    change = (heard(past(low)) - heard(past(low + 1))).abs().amax(dim=(0, 2))
    assert (change > 1e-6).tolist() == [False] + [True] * (T - 1)


def test_a_voice_hears_the_voices_above_it_alone(rng):
    heard = VoiceEmbedding(N_PITCHES, W, intervals=True)
    before = past(draw(rng))
    now = draw(rng)
    for voice in range(4):
        other = now.clone()
        other[..., voice] = (other[..., voice] + 1) % V
        change = heard(before, now) - heard(before, other)
        moved = change.abs().amax(dim=(0, 1, 3)) > 1e-6
        assert moved.tolist() == [below > voice for below in range(4)]


def test_each_voice_has_layers_of_its_own(rng):
    layer = VoiceLayer(W, 20, 0.0)
    x = torch.randn(B, T, 4, W, generator=rng)
    other = x.clone()
    other[:, :, 2] += torch.randn(W, generator=rng)
    moved = (layer(x) - layer(other)).abs().amax(dim=(0, 1, 3)) > 1e-6
    assert moved.tolist() == [False, False, True, False]
    same = x[:, :, :1].expand_as(x)
    y = layer(same)
    assert all(not torch.allclose(y[:, :, 0], y[:, :, v]) for v in (1, 2, 3))


def readout(rng):
    """A read-out whose scores are its biases."""
    found = IntervalReadout(W, V)
    with torch.no_grad():
        found.scores.weight.zero_()
        found.scores.bias.normal_(generator=rng)
    return found


def test_answers_in_intervals_equal_a_plain_loop(rng):
    found, last, now = readout(rng), draw(rng), draw(rng)
    last[0, 0] = N_PITCHES + 1  # the start
    logits = found(torch.zeros(B, T, 4, W), last, now)
    assert logits.shape == (B, T, 4, V)
    score = found.scores.bias.unflatten(0, (4, -1)).tolist()

    def price(which, start, end):
        apart = max(end - start, 1 - V)  # the start lies one class too far
        return score[which][apart + V - 1]

    def answer(own, above, c):
        heard = [price(h + 1, start, c) for h, start in enumerate(above)]
        return price(0, own, c) + sum(heard)

    expected = [
        [answer(own[v], sounds[:v], c) for c in range(V)]
        for own, sounds in zip(
            last.flatten(0, 1).tolist(),
            now.flatten(0, 1).tolist(),
            strict=True,
        )
        for v in range(4)
    ]
    found = logits.flatten(0, 2)
    torch.testing.assert_close(found, torch.tensor(expected))


def lifted_by(rng, which, interval):
    """Which classes of which voices a lifted interval lifts, (B, T, 4, V)."""
    found, last, now = readout(rng), draw(rng), draw(rng)
    x = torch.randn(B, T, 4, W, generator=rng)
    before = found(x, last, now)
    with torch.no_grad():
        found.scores.bias.unflatten(0, (4, -1))[which, interval + V - 1] += 5
    change = found(x, last, now) - before
    assert ((change < 1e-4) | ((change - 5).abs() < 1e-4)).all()
    return change > 2.5, last, now


def test_a_lifted_step_lifts_the_class_so_far_from_the_own_last(rng):
    lifted, last, _ = lifted_by(rng, 0, 2)
    expected = torch.arange(V) == last[..., None] + 2
    assert torch.equal(lifted, expected)


def test_a_lifted_interval_lifts_the_class_so_far_below_a_voice(rng):
    for high in range(3):
        lifted, _, now = lifted_by(rng, high + 1, -3)
        expected = torch.arange(V) == now[..., high, None, None] - 3
        expected = expected.expand(B, T, 4, V).clone()
        expected[:, :, : high + 1] = False
        assert torch.equal(lifted, expected)
