import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.music_transformer import (
    MusicTransformer,
    MusicTransformerConfig,
    init_music_transformer,
)

B, L, V = 2, 6, 12
TINY = {
    "vocab_size": V,
    "n_inputs": V + 1,
    "width": 16,
    "n_layers": 2,
    "n_heads": 2,
    "feed_forward": 24,
    "max_distance": 4,
}
WITH_CONTEXTS = TINY | {"context_sizes": (4, V + 1), "interval_context": 1}
WITH_FLAGS = WITH_CONTEXTS | {"n_flags": 3, "n_flagged": 6}


def network(rng, **sizes):
    model = MusicTransformer(MusicTransformerConfig(**(TINY | sizes)))
    init_music_transformer(model, rng)
    return model.eval()


def draw(rng, *sizes, length=L):
    """Events below V, and a context below each size."""
    events = torch.randint(V, (B, length), generator=rng)
    contexts = [
        torch.randint(size, (B, length), generator=rng) for size in sizes
    ]
    return events, torch.stack(contexts, dim=-1) if contexts else None


def test_logits_have_one_row_an_event(rng):
    events, _ = draw(rng)
    logits, caches = network(rng)(events)
    assert logits.shape == (B, L, V)
    assert len(caches) == 2
    assert caches[0][0].shape == (B, 2, L, 8)


@pytest.mark.parametrize("positions", ["relative", "rotary", "none"])
def test_no_logit_depends_on_a_later_event(rng, positions):
    model = network(rng, positions=positions)
    events, _ = draw(rng)
    other = events.clone()
    other[:, 3] = (other[:, 3] + 1) % V
    same = (model(events)[0] - model(other)[0]).abs().amax(dim=(0, 2)) < 1e-6
    assert same.tolist() == [True] * 3 + [False] * 3


@pytest.mark.parametrize("positions", ["relative", "rotary", "none"])
def test_reading_with_a_cache_is_reading_at_once(rng, positions):
    model = network(rng, positions=positions, **WITH_CONTEXTS)
    events, contexts = draw(rng, 4, V + 1)
    caches, parts = None, []
    for start, stop in ((0, 3), (3, 4), (4, L)):
        part = slice(start, stop)
        logits, caches = model(events[:, part], contexts[:, part], caches)
        parts.append(logits)
    whole, _ = model(events, contexts)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def test_each_context_counts_for_its_own_event(rng):
    model = network(rng, **WITH_CONTEXTS)
    events, contexts = draw(rng, 4, V + 1)
    other = contexts.clone()
    other[:, 2, 0] = (other[:, 2, 0] + 1) % 4
    change = model(events, contexts)[0] - model(events, other)[0]
    moved = change.abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist() == [False, False, True, True, True, True]


def test_an_interval_lifts_the_event_that_lies_so_far_away(rng):
    model = network(rng, **WITH_CONTEXTS)
    events, contexts = draw(rng, 4, V + 1)
    contexts[..., 1] = torch.arange(L)  # the pitch to move from
    before, _ = model(events, contexts)
    with torch.no_grad():
        model.intervals.bias[127 + 2] += 5.0  # a whole tone up
    change = model(events, contexts)[0] - before
    for i in range(L):
        lifted = (change[0, i] > 2.5).nonzero().flatten().tolist()
        assert lifted == [i + 2]


def test_contexts_of_another_shape_are_refused(rng):
    model = network(rng, **WITH_CONTEXTS)
    events, contexts = draw(rng, 4, V + 1)
    for wrong in (None, contexts[:, :-1], contexts[..., :1]):
        with pytest.raises(CourseError, match=r"shape \(2, 6, 2\)"):
            model(events, wrong)


def test_the_seed_decides_the_weights(rng):
    events, _ = draw(rng)
    first, again, other = (
        network(torch.Generator().manual_seed(seed))(events)[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_an_untrained_network_is_nearly_unsure(rng):
    logits, _ = network(rng)(draw(rng)[0])
    assert logits.std() < 1.5
    assert torch.isfinite(logits).all()


def test_it_learns_a_row_by_heart(rng):
    model = network(rng, keep_probability=1.0).train()
    row = torch.randint(V, (1, 20), generator=rng)
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    for _ in range(60):
        logits = model(row[:, :-1])[0].flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(logits, row[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.05


@pytest.mark.parametrize(
    "name", ["vocab_size", "n_inputs", "n_layers", "feed_forward", "n_heads"]
)
def test_impossible_sizes_are_refused(name):
    with pytest.raises(CourseError, match=name):
        config = MusicTransformerConfig(**(TINY | {name: 0}))
        config.attention()


def draw_flags(rng, n=3):
    return torch.randint(2, (B, L, n), generator=rng).bool()


def flagged_network(rng):
    """One whose flags speak through their bonus alone."""
    model = network(rng, **WITH_FLAGS)
    with torch.no_grad():
        model.flags.weight.zero_()
    return model


def test_a_flag_lifts_the_classes_it_speaks_of(rng):
    model = flagged_network(rng)
    events, contexts = draw(rng, 4, V + 1)
    flags = draw_flags(rng)
    before, _ = model(events, contexts, flags=flags)
    bonus = torch.randn(6, generator=rng)
    with torch.no_grad():
        model.flag_bias.copy_(bonus)
    change = model(events, contexts, flags=flags)[0] - before
    expected = torch.zeros(B, L, V)
    for c in range(6):  # classes 0 and 3 are of flag 0, 1 and 4 of flag 1
        expected[..., c] = flags[..., c % 3] * bonus[c]
    torch.testing.assert_close(change, expected)


def test_a_flag_is_heard_by_its_own_event_and_later_ones(rng):
    model = network(rng, **WITH_FLAGS)
    events, contexts = draw(rng, 4, V + 1)
    flags = draw_flags(rng)
    other = flags.clone()
    other[:, 2, 1] = ~other[:, 2, 1]
    one, changed = (
        model(events, contexts, flags=f)[0] for f in (flags, other)
    )
    moved = (one - changed).abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist() == [False, False, True, True, True, True]


def test_with_flags_too_reading_with_a_cache_is_reading_at_once(rng):
    model = network(rng, **WITH_FLAGS)
    events, contexts = draw(rng, 4, V + 1)
    flags = draw_flags(rng)
    caches, parts = None, []
    for i in range(L):
        one = slice(i, i + 1)
        logits, caches = model(
            events[:, one], contexts[:, one], caches, flags[:, one]
        )
        parts.append(logits)
    whole, _ = model(events, contexts, flags=flags)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)


def moved_by_intervals(rng, starts, vocab_size):
    """What the read-out of intervals adds, shape (len(starts), V)."""
    words = {"vocab_size": vocab_size, "n_inputs": vocab_size}
    words |= {"context_sizes": (129,), "interval_context": 0}
    model = network(rng, **words)
    with torch.no_grad():
        model.intervals.bias.normal_(generator=rng)
    x = torch.zeros(1, len(starts), 16)
    added = model._by_interval(x, torch.tensor([starts]))[0]
    return added, model.intervals.bias


def test_only_pitches_are_answered_in_intervals(rng):
    added, bias = moved_by_intervals(rng, [0, 60, 127], vocab_size=140)
    assert added.shape == (3, 140)
    assert torch.equal(added[:, 128:], torch.zeros(3, 12))
    for row, start in enumerate((0, 60, 127)):
        scores = bias[127 - start : 255 - start]  # of pitches 0 to 127
        assert torch.equal(added[row, :128], scores)


def test_without_a_pitch_to_move_from_there_is_no_interval(rng):
    added, _ = moved_by_intervals(rng, [60, 128], vocab_size=140)
    assert (added[0, :128] != 0).all()
    assert (added[1] == 0).all()


def test_the_generator_alone_draws_contexts_and_flags():
    def weights(seed, seed_of_torch):
        torch.manual_seed(seed_of_torch)
        rng = torch.Generator().manual_seed(seed)
        return network(rng, **WITH_FLAGS).state_dict()

    first, again, other = weights(1, 5), weights(1, 6), weights(2, 5)
    assert all(torch.equal(first[name], again[name]) for name in first)
    for name in ("contexts.0.weight", "flags.weight", "intervals.weight"):
        assert not torch.equal(first[name], other[name])
    assert (first["flag_bias"] == 0).all()
