import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.chorale_transformer import (
    ChoraleTransformer,
    ChoraleTransformerConfig,
    init_chorale_transformer,
)
from course_utils.sampling import harmony
from course_utils.sampling.harmony import (
    Taste,
    continue_chorale,
    harmonise,
)

T, N_PITCHES = 6, 12
V = N_PITCHES + 1
MELODY = torch.tensor([7, 7, 0, 9, 10, 12])
WORDS = {"n_candidates": 3, "n_versions": 4, "taste": Taste()}


def seeded(seed):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def model(rng):
    config = ChoraleTransformerConfig(
        n_pitches=N_PITCHES,
        width=16,
        n_layers=1,
        n_heads=2,
        feed_forward=24,
        max_distance=4,
    )
    network = ChoraleTransformer(config)
    init_chorale_transformer(network, rng)
    with torch.no_grad():
        network.readout.weight.mul_(5.0)  # sure of itself
    return network.eval()


@torch.no_grad()
def prices(model, classes):
    """Return the nats of each note by the whole forward, (B, T, 4)."""
    first = torch.zeros(len(classes), dtype=torch.int64)
    log_p = model(classes, first).log_softmax(-1)
    return -log_p.gather(-1, classes[..., None])[..., 0]


def test_a_melody_is_kept_and_priced_with_its_harmony(model):
    classes, nll = harmonise(model, MELODY, **WORDS, rng=seeded(1))
    assert classes.shape == (3, T, 4)
    assert torch.equal(classes[..., 0], MELODY.expand(3, T))
    torch.testing.assert_close(nll, prices(model, classes).mean(dim=(1, 2)))
    assert nll.tolist() == sorted(nll.tolist())


def test_the_seed_decides_the_harmony(model):
    one, same, other = (
        harmonise(model, MELODY, **WORDS, rng=seeded(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(one[0], same[0])
    assert torch.equal(one[1], same[1])
    assert not torch.equal(one[0], other[0])


def test_candidates_differ(model):
    classes, _ = harmonise(model, MELODY, **WORDS, rng=seeded(1))
    assert len({tuple(c.flatten().tolist()) for c in classes}) == 3


def test_more_versions_make_a_harmony_likelier_on_average(model):
    few, many = (
        harmonise(
            model,
            MELODY,
            n_candidates=24,
            n_versions=n_versions,
            taste=Taste(),
            rng=seeded(5),
        )[1].mean()
        for n_versions in (1, 16)
    )
    assert many < few - 0.05


@pytest.mark.parametrize("name", ["n_candidates", "n_versions"])
@pytest.mark.parametrize("count", [0, 1_001])
def test_impossible_numbers_of_versions_are_refused(model, name, count):
    with pytest.raises(CourseError, match=name[2:]):
        harmonise(model, MELODY, **WORDS | {name: count}, rng=seeded(1))


class Kept:
    """Stands for a choir; remembers which versions are kept."""

    versions = None

    def keep(self, versions):
        self.versions = versions


def test_groups_do_not_compete_with_each_other(rng):
    choir, far = Kept(), -50.0
    weights = torch.tensor(
        [0.0, far, far, far, -90.0, -90.1, -90.0, -90.2, far, far, 0.0, far]
    )
    new = harmony._compete(choir, weights, 3, rng)
    assert choir.versions.tolist() == [0] * 4 + [4, 5, 6, 7] + [10] * 4
    zero = torch.zeros(4)
    expected = torch.cat([zero, weights[4:8], zero])
    torch.testing.assert_close(new, expected)


def test_versions_that_count_alike_are_left_alone(rng):
    choir = Kept()
    weights = torch.tensor([-3.0, -3.1, -7.0, -7.0])
    assert harmony._compete(choir, weights, 2, rng) is weights
    assert choir.versions is None


def test_a_version_is_copied_as_often_as_it_counts(rng):
    choir, size = Kept(), 4_000
    shares = torch.full((size,), 0.3 / (size - 2))
    shares[0], shares[1] = 0.2, 0.5
    harmony._compete(choir, shares.log(), 1, rng)
    counts = torch.bincount(choir.versions, minlength=size) / size
    assert counts[:2].tolist() == pytest.approx([0.2, 0.5], abs=0.03)


def test_a_lonely_version_is_never_replaced(rng):
    choir, weights = Kept(), torch.tensor([-1.0, -200.0])
    assert torch.equal(harmony._compete(choir, weights, 2, rng), weights)
    assert choir.versions is None


@pytest.mark.parametrize("length", [0, 1, 5])
def test_takes_go_on_from_a_primer_and_are_priced(model, rng, length):
    primer = torch.randint(0, V, (length, 4), generator=rng)
    new, nll = continue_chorale(
        model, primer, 4, n_takes=5, taste=Taste(), rng=seeded(3)
    )
    assert new.shape == (5, 4, 4)
    whole = torch.cat([primer.expand(5, -1, -1), new], dim=1)
    expected = prices(model, whole)[:, length:].mean(dim=(1, 2))
    torch.testing.assert_close(nll, expected)
    assert nll.tolist() == sorted(nll.tolist())


def test_the_seed_decides_the_takes(model):
    primer = torch.tensor([[12, 9, 5, 1]])
    one, same, other = (
        continue_chorale(
            model, primer, 4, n_takes=2, taste=Taste(), rng=seeded(seed)
        )[0]
        for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@torch.no_grad()
def test_the_likeliest_note_alone_is_what_a_plain_loop_finds(model):
    primer = torch.tensor([[12, 9, 5, 1], [11, 9, 5, 2]])
    new, _ = continue_chorale(
        model, primer, 3, n_takes=1, taste=Taste(top_k=1), rng=seeded(1)
    )
    whole = torch.cat([primer, torch.zeros(3, 4, dtype=torch.int64)])[None]
    for t in range(2, 5):
        for voice in range(4):
            logits = model(whole, torch.tensor([0]))
            whole[0, t, voice] = logits[0, t, voice].argmax()
    assert torch.equal(new[0], whole[0, 2:])


# probabilities 0.5, 0.25, 0.15, 0.1, in mixed order
LOGITS = torch.tensor([[0.15, 0.5, 0.1, 0.25]]).log()


@pytest.mark.parametrize(
    ("taste", "expected"),
    [
        (Taste(), [0.15, 0.5, 0.1, 0.25]),
        (Taste(top_k=2), [0, 2 / 3, 0, 1 / 3]),
        (Taste(top_k=4), [0.15, 0.5, 0.1, 0.25]),
        (Taste(top_p=0.7), [0, 2 / 3, 0, 1 / 3]),
        (Taste(top_p=0.0), [0, 1, 0, 0]),
        (Taste(temperature=0.5, top_k=2), [0, 0.8, 0, 0.2]),
        # cooled first: 0.5 squared is 0.72 of all squares
        (Taste(temperature=0.5, top_p=0.7), [0, 1, 0, 0]),
        # of the three that are left the first has 5 / 9
        (Taste(top_k=3, top_p=0.55), [0, 1, 0, 0]),
    ],
)
def test_a_taste_is_temperature_then_top_k_then_top_p(taste, expected):
    shaped = taste.shape(LOGITS).softmax(-1)
    torch.testing.assert_close(shaped, torch.tensor([expected]).float())


@pytest.mark.parametrize(
    "words", [{"temperature": 0.0}, {"top_p": 1.5}, {"top_k": 0}]
)
def test_an_impossible_taste_is_refused(words):
    with pytest.raises(CourseError, match=next(iter(words))):
        Taste(**words).shape(LOGITS)
