import pytest
import torch

from course_utils.models.chorale_echo import (
    EchoEmbedding,
    Echoes,
    EchoReadout,
    echoes_of,
)
from course_utils.models.chorale_parts import heard_classes, random_turns
from course_utils.models.chorale_past import LONGEST_MATCH, NEAREST, past_of

B, T, W = 2, 90, 12
N_PITCHES = 9  # classes 1 to 9; 0 is a rest, 10 the start
V = N_PITCHES + 1
START = N_PITCHES + 1
DOWNWARDS = torch.arange(4)  # soprano, alto, tenor, bass
ALL, ALONE, BY_EAR = range(3)


def repeating(rng):
    """Classes that come again after 30 sixteenths, with some changed."""
    classes = torch.randint(1, 3, (B, 30, 4), generator=rng)
    classes = classes.repeat(1, 3, 1)
    changed = torch.rand(B, T, 4, generator=rng) < 0.05
    return torch.where(changed, torch.tensor(5), classes)


def past(classes):
    return past_of(classes, torch.tensor([0, 5]), START)


def longest_match(rows, t, back_to, heard):
    """The longest match by a plain loop: its length and how far back.

    `rows` are compared up to t; of those in `heard`, t is compared too.
    """
    best, where = 0, None
    for back in range(NEAREST, t + 1):
        then = t - back
        if any(rows[t][v] != rows[then][v] for v in heard):
            continue
        count = 0
        while then - 1 - count >= 0 and count < LONGEST_MATCH:
            pair = rows[t - 1 - count], rows[then - 1 - count]
            if any(pair[0][v] != pair[1][v] for v in back_to):
                break
            count += 1
        count += bool(heard)
        if count > best:
            best, where = count, then
    return best, where


@pytest.mark.parametrize("turn", [(0, 1, 2, 3), (2, 0, 3, 1)])
def test_echoes_are_those_of_a_plain_loop(rng, turn):
    classes = repeating(rng)
    heard = heard_classes(classes, torch.tensor(turn), START)
    echoes = echoes_of(past(classes), heard, START)
    echo, length = echoes.classes, echoes.lengths
    assert echo.shape == length.shape == (B, T, 4, 3)
    rows = classes[1].tolist()
    for t in (0, 3, 4, 29, 31, 47, 66, 89):
        for voice in range(4):
            above = [v for v in range(4) if turn[v] < turn[voice]]
            for kind, (back_to, now) in enumerate(
                (
                    (range(4), []),
                    ([voice], []),
                    (above or range(4), above),
                )
            ):
                n, where = longest_match(rows, t, back_to, now)
                expected = START if where is None else rows[where][voice]
                assert echo[1, t, voice, kind] == expected
                assert length[1, t, voice, kind] == min(6, n.bit_length())


def test_what_comes_twice_is_foretold_the_second_time(rng):
    phrase = torch.randint(1, V, (B, 40, 4), generator=rng)
    classes = phrase.repeat(1, 2, 1)
    heard = heard_classes(classes, DOWNWARDS, START)
    echoes = echoes_of(past(classes), heard, START)
    echo, length = echoes.classes, echoes.lengths
    assert torch.equal(echo[:, 42:, :, ALL], classes[:, 42:])
    assert torch.equal(echo[:, 52:, 1:, BY_EAR], classes[:, 52:, 1:])
    assert (length[:, 40 + 32 :, :, ALL] == 6).all()


def test_no_echo_knows_what_it_foretells_or_what_comes_later(rng):
    classes = repeating(rng)
    turn = random_turns(classes.shape, 1.0)
    other = classes.clone()
    other[:, 50, 2] = 7
    other[:, 51:] = 8
    found = [
        echoes_of(past(c), heard_classes(c, turn, START), START)
        for c in (classes, other)
    ]
    for part in ("classes", "lengths"):
        one, changed = (getattr(echoes, part) for echoes in found)
        assert torch.equal(one[:, :50], changed[:, :50])
        before = turn[:, 50] <= turn[:, 50, 2, None]
        assert torch.equal(one[:, 50][before], changed[:, 50][before])


def test_echoes_in_another_key_are_the_same_echoes(rng):
    embedding = EchoEmbedding(N_PITCHES, W)
    classes = repeating(rng)
    found = []
    for one in (classes, classes + 3):
        heard = heard_classes(one, DOWNWARDS, START)
        echoes = echoes_of(past(one), heard, START)
        found.append(embedding(past(one), heard, echoes)[:, 1:])
    assert found[0].shape == (B, T - 1, 4, W)
    torch.testing.assert_close(found[0], found[1])


def test_a_voice_learns_whether_those_it_hears_sing_as_their_echo(rng):
    embedding = EchoEmbedding(N_PITCHES, W)
    classes = repeating(rng)
    before = past(classes)
    heard = heard_classes(classes, DOWNWARDS, START)
    echoes = echoes_of(before, heard, START)
    x = embedding(before, heard, echoes)
    other = heard.clone()
    other[..., 2, 0] = echoes.whole[..., 0]  # the soprano, for the tenor
    changed = embedding(before, other, echoes)
    moved = (x - changed).abs().amax(dim=-1) > 1e-6
    agreed_before = heard[..., 2, 0] == echoes.whole[..., 0]
    assert torch.equal(moved[:, :, 2], ~agreed_before)
    assert not moved[:, :, [0, 1, 3]].any()


def test_the_echo_of_all_voices_is_one_place(rng):
    classes = repeating(rng)
    heard = heard_classes(classes, DOWNWARDS, START)
    echoes = echoes_of(past(classes), heard, START)
    assert torch.equal(echoes.whole, echoes.classes[..., ALL])
    assert (echoes.lengths[..., ALL] == echoes.lengths[:, :, :1, ALL]).all()
    for voices in ([2], [3, 0]):
        some = echoes_of(past(classes), heard[:, :, voices], START, voices)
        assert torch.equal(some.classes, echoes.classes[:, :, voices])
        assert torch.equal(some.lengths, echoes.lengths[:, :, voices])
        assert torch.equal(some.whole, echoes.whole)


def test_a_lifted_echo_lifts_its_class_and_no_echo_lifts_nothing(rng):
    readout = EchoReadout(W, V)
    with torch.no_grad():
        readout.scores.weight.zero_()
        readout.scores.bias.copy_(torch.tensor([1.0, 20.0, 300.0]))
    echo = torch.randint(0, V + 1, (B, T, 4, 3), generator=rng)
    logits = readout(torch.zeros(B, T, 4, W), Echoes(echo, echo, echo))
    scores = torch.tensor([1.0, 20.0, 300.0])
    for c in range(V):
        expected = ((echo == c) * scores).sum(dim=-1)
        assert torch.equal(logits[..., c], expected)
