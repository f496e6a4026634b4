import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.chorale_past import past_of
from course_utils.models.chorale_transformer import (
    ChoraleTransformer,
    ChoraleTransformerConfig,
    init_chorale_transformer,
)

B, T = 2, 6
N_PITCHES = 12
V = N_PITCHES + 1
TINY = {
    "n_pitches": N_PITCHES,
    "width": 16,
    "n_layers": 2,
    "n_heads": 2,
    "feed_forward": 24,
    "max_distance": 4,
}
POSITIONS = ["relative", "rotary", "none"]


def network(rng, **sizes):
    model = ChoraleTransformer(ChoraleTransformerConfig(**(TINY | sizes)))
    init_chorale_transformer(model, rng)
    return model.eval()


def draw(rng, low=0, high=V, length=T):
    """Classes, and places in the bar where they begin."""
    classes = torch.randint(low, high, (B, length, 4), generator=rng)
    return classes, torch.tensor([0, 13])


def test_each_voice_of_each_sixteenth_has_its_logits(rng):
    logits = network(rng)(*draw(rng))
    assert logits.shape == (B, T, 4, V)
    assert logits.dtype == torch.float32


@pytest.mark.parametrize("intervals", [True, False])
@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("voice", range(4))
def test_a_note_is_heard_by_all_that_are_decided_after_it(
    rng, voice, positions, intervals
):
    model = network(
        rng,
        positions=positions,
        intervals_in=intervals,
        intervals_out=intervals,
    )
    classes, first = draw(rng)
    other = classes.clone()
    other[:, 2, voice] = (other[:, 2, voice] + 1) % V
    change = model(classes, first) - model(other, first)
    moved = change.abs().amax(dim=(0, 3)).flatten() > 1e-6
    place = 4 * 2 + voice  # soprano, alto, tenor, bass, next sixteenth
    assert moved.tolist() == [i > place for i in range(4 * T)]


@pytest.mark.parametrize(
    "hears", ["octaves", "motions", "echoes", "parallels"]
)
@pytest.mark.parametrize("positions", POSITIONS)
def test_reading_with_a_cache_is_reading_at_once(rng, positions, hears):
    model = network(rng, positions=positions, **{hears: True})
    classes, first = draw(rng, high=3, length=20)
    caches, parts = None, []
    for t in range(20):
        known = classes[:, : t + 1]
        past = past_of(known, first, model.config.start, n_last=1)
        remembered, caches = model.remember(past, caches)
        parts.append(model.decide(remembered, past, known[:, -1:]))
    whole = model(classes, first)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def test_what_stands_below_a_voice_may_be_anything(rng):
    model = network(rng)
    classes, first = draw(rng)
    past = past_of(classes, first, model.config.start, 1)
    remembered, _ = model.remember(past)
    logits = model.decide(remembered, past, classes[:, -1:])
    for voice in range(4):
        now = classes[:, -1:].clone()
        now[..., voice:] = 0
        again = model.decide(remembered, past, now)
        torch.testing.assert_close(again[..., voice, :], logits[..., voice, :])


@pytest.mark.parametrize("turn", [(0, 1, 2, 3), (3, 1, 0, 2), (1, 2, 3, 0)])
def test_in_any_order_a_voice_hears_those_decided_before_it(rng, turn):
    model = network(rng)
    classes, first = draw(rng)
    turn = torch.tensor(turn)
    past = past_of(classes, first, model.config.start)
    remembered, _ = model.remember(past)
    logits = model.decide(remembered, past, classes, turn)
    for voice in range(4):
        other = classes.clone()
        other[..., voice] = (other[..., voice] + 1) % V
        change = model.decide(remembered, past, other, turn) - logits
        moved = change.abs().amax(dim=(0, 1, 3)) > 1e-6
        assert torch.equal(moved, turn > turn[voice])


@pytest.mark.parametrize("hears", ["motions", "echoes", "parallels"])
@pytest.mark.parametrize("octaves", [True, False])
def test_one_voice_may_be_asked_for_alone(rng, hears, octaves):
    model = network(rng, n_voice_layers=2, octaves=octaves, **{hears: True})
    classes, first = draw(rng, high=3, length=20)
    past = past_of(classes, first, model.config.start)
    remembered, _ = model.remember(past)
    whole = model.decide(remembered, past, classes)
    for voices in ([0], [3], [2, 1]):
        some = model.decide(remembered, past, classes, voices=voices)
        torch.testing.assert_close(some, whole[:, :, voices])


def test_the_place_in_the_bar_counts(rng):
    model = network(rng)
    classes, first = draw(rng)
    a, same, other = (
        model(classes, place) for place in (first, first, first + 1)
    )
    assert torch.equal(a, same)
    assert not torch.allclose(a, other)


def by_intervals_alone(rng, **sizes):
    model = network(rng, **sizes)
    voices = model.voice_embedding
    with torch.no_grad():
        for table in (*model.past_embedding.last, *voices.own, *voices.now):
            table.weight.zero_()
        model.readout.weight.zero_()
    return model


@pytest.mark.parametrize("hears", ["intervals_in", "motions", "echoes"])
def test_by_intervals_alone_music_in_another_key_is_the_same_music(rng, hears):
    model = by_intervals_alone(rng, **{hears: True})
    classes, first = draw(rng, low=1, high=V - 3)
    logits = model(classes, first)
    higher = model(classes + 3, first)
    assert logits.std() > 0.05
    # What came before the first sixteenth has no key.
    torch.testing.assert_close(higher[:, 1:, :, 4:], logits[:, 1:, :, 1:-3])


def test_by_pitches_another_key_is_other_music(rng):
    model = network(rng)
    classes, first = draw(rng, low=1, high=V - 3)
    logits, higher = model(classes, first), model(classes + 3, first)
    assert not torch.allclose(
        higher[:, 1:, :, 3:], logits[:, 1:, :, :-3], atol=0.01
    )


def test_a_past_is_hidden_in_training_alone_and_from_the_blocks_alone(rng):
    model = network(rng, show_probability=0.01, keep_probability=1.0)
    classes, first = draw(rng)
    quiet = model(classes, first)
    assert torch.equal(model(classes, first), quiet)
    torch.manual_seed(0)
    hidden = model.train()(classes, first)
    assert not torch.allclose(hidden, quiet)
    past = past_of(classes, first, model.config.start)
    remembered, _ = model.remember(past.partly(0.0, model.config.start))
    expected = model.decide(remembered, past, classes)
    torch.testing.assert_close(hidden, expected)


def test_the_generator_alone_decides_the_weights():
    def weights(seed, seed_of_torch):
        torch.manual_seed(seed_of_torch)
        return network(torch.Generator().manual_seed(seed)).state_dict()

    first, again, other = weights(1, 5), weights(1, 6), weights(2, 5)
    assert all(torch.equal(first[name], again[name]) for name in first)
    drawn = [name for name in first if first[name].ndim > 1]
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


def test_an_untrained_network_is_nearly_unsure(rng):
    logits = network(rng)(*draw(rng))
    assert logits.std() < 1.5
    assert torch.isfinite(logits).all()


def test_it_learns_a_chorale_by_heart(rng):
    model = network(rng, keep_probability=1.0).train()
    classes, first = draw(rng, length=3)
    optimizer = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(30):
        logits = model(classes, first).flatten(0, 2)
        loss = torch.nn.functional.cross_entropy(logits, classes.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05


@pytest.mark.parametrize(
    "hears", ["octaves", "motions", "echoes", "parallels"]
)
def test_every_weight_learns(rng, hears):
    model = network(rng, n_voice_layers=2, **{hears: True}).train()
    model(*draw(rng)).logsumexp(-1).sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize(
    "sizes",
    [
        {"n_pitches": 0},
        {"n_layers": 0},
        {"n_voice_layers": 0},
        {"feed_forward": 0},
        {"keep_probability": 0.0},
        {"max_distance": 0},
        {"n_heads": 0},
        {"width": 18},
        {"positions": "absolute"},
    ],
    ids=lambda sizes: next(iter(sizes)),
)
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(CourseError, match=next(iter(sizes))):
        ChoraleTransformer(ChoraleTransformerConfig(**(TINY | sizes)))
