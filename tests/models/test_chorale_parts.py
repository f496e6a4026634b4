import pytest
import torch

from course_utils.models.chorale_intervals import (
    interval_classes,
    motion_classes,
)
from course_utils.models.chorale_parts import (
    CHORDS,
    PAIRS,
    PastEmbedding,
    VoiceEmbedding,
    VoiceLayer,
    heard_classes,
    random_turns,
)
from course_utils.models.chorale_past import past_of

B, T, W = 2, 7, 12
N_PITCHES = 9  # classes 1 to 9; 0 is a rest, 10 the start
V = N_PITCHES + 1
START = N_PITCHES + 1
DOWNWARDS = torch.arange(4)  # soprano, alto, tenor, bass


def draw(rng, low=0):
    return torch.randint(low, V, (B, T, 4), generator=rng)


def past(classes):
    return past_of(classes, torch.tensor([0, 5]), START)


def test_chords_are_all_pairs_and_each_voice_may_hear_all_others():
    assert len(set(CHORDS)) == 6
    assert all(high < low for high, low in CHORDS)
    assert set(PAIRS) == {*CHORDS, *((low, high) for high, low in CHORDS)}


def test_what_is_heard_are_the_voices_decided_before(rng):
    now = draw(rng)
    turn = random_turns(now.shape, 1.0)
    heard = heard_classes(now, turn, START)
    for b in range(B):
        for t in range(T):
            for voice in range(4):
                expected = [
                    now[b, t, other]
                    if turn[b, t, other] < turn[b, t, voice]
                    else START
                    for other in range(4)
                ]
                assert heard[b, t, voice].tolist() == expected


def test_downwards_each_voice_hears_those_above_it():
    now = torch.tensor([[[8, 6, 4, 2]]])
    assert heard_classes(now, DOWNWARDS, START)[0, 0].tolist() == [
        [START, START, START, START],
        [8, START, START, START],
        [8, 6, START, START],
        [8, 6, 4, START],
    ]


def test_random_turns_are_orders_of_the_voices():
    torch.manual_seed(1)
    shape = (20, 300, 4)
    for share in (0.0, 0.4, 1.0):
        turns = random_turns(shape, share)
        assert turns.shape == shape
        assert (turns.sort(dim=-1).values == DOWNWARDS).all()
        moved = (turns != DOWNWARDS).any(dim=-1).float().mean().item()
        # One of the 24 orders is downwards.
        assert abs(moved - share * 23 / 24) < 0.03
    assert len({tuple(turn) for turn in turns.flatten(0, 1).tolist()}) == 24


def test_intervals_in_the_past_are_those_of_every_key(rng):
    heard = PastEmbedding(N_PITCHES + 2, 16, W, intervals=True)
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
    heard = PastEmbedding(N_PITCHES, 16, W, intervals=False)
    assert not any("move" in n or "chord" in n for n in heard.state_dict())
    low = torch.randint(1, N_PITCHES, (B, T, 4), generator=rng)
    change = (heard(past(low)) - heard(past(low + 1))).abs().amax(dim=(0, 2))
    assert (change > 1e-6).tolist() == [False] + [True] * (T - 1)


@pytest.mark.parametrize("octaves", [True, False])
@pytest.mark.parametrize("motions", [True, False])
def test_a_voice_knows_nothing_of_those_decided_after_it(
    rng, octaves, motions
):
    embedding = VoiceEmbedding(N_PITCHES, 16, W, True, octaves, motions)
    before, now = past(draw(rng)), draw(rng)
    for turn in (DOWNWARDS, torch.tensor([2, 0, 3, 1])):
        for voice in range(4):
            other = now.clone()
            other[..., voice] = (other[..., voice] + 1) % V
            one, changed = (
                embedding(before, heard_classes(classes, turn, START))
                for classes in (now, other)
            )
            moved = (one - changed).abs().amax(dim=(0, 1, 3)) > 1e-6
            assert torch.equal(moved, turn > turn[voice])


def test_a_voice_hears_from_which_interval_another_moves(rng):
    embedding = VoiceEmbedding(N_PITCHES, 16, W, True, motions=True)
    plain = VoiceEmbedding(N_PITCHES, 16, W, True)
    plain.load_state_dict(embedding.state_dict(), strict=False)
    classes = draw(rng, low=1)
    heard = heard_classes(classes, DOWNWARDS, START)
    before = past(classes)
    told = embedding(before, heard) - plain(before, heard)
    own, other = before.last[..., 3], before.last[..., 0]
    motion = motion_classes(
        interval_classes(own, other, N_PITCHES),
        interval_classes(other, classes[..., 0], N_PITCHES),
        N_PITCHES,
    )
    i = PAIRS.index((3, 0))  # the bass hears the soprano
    with torch.no_grad():
        embedding.motion[i].weight += 1.0
        moved = embedding(before, heard) - plain(before, heard) - told
        torch.testing.assert_close(moved[..., 3, :], torch.ones(B, T, W))
        embedding.motion[i].weight[motion[0, 4]] += 1.0
        again = embedding(before, heard) - plain(before, heard) - told - moved
    expected = (motion == motion[0, 4]).float()[..., None].expand(B, T, W)
    torch.testing.assert_close(again[..., 3, :], expected)
    assert not (again[..., :3, :].abs() > 1e-6).any()


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
