import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.mean_picture import REACH, RIDGE, MeanPicture

ATOL = 1e-5
SHAPE = (2, 4, 3)
N_PITCHES, N_TIMBRES = 5, 3


def additive_set(rng, repeats):
    """Return every pitch with every timbre, and the parts of the sum."""
    common = torch.rand(SHAPE, generator=rng) - 0.5
    pitch = 0.2 * torch.rand(N_PITCHES, *SHAPE, generator=rng)
    timbre = 0.2 * torch.rand(N_TIMBRES, *SHAPE, generator=rng)
    pitch -= pitch.mean(dim=0)
    timbre -= timbre.mean(dim=0)
    pitches = torch.arange(N_PITCHES).repeat(N_TIMBRES * repeats)
    timbres = torch.arange(N_TIMBRES).repeat_interleave(N_PITCHES)
    timbres = timbres.repeat(repeats)
    images = common + pitch[pitches] + timbre[timbres]
    return images, pitches, timbres, (common, pitch, timbre)


def fitted(images, pitches, timbres, shape=SHAPE, n_timbres=N_TIMBRES):
    mean = MeanPicture(N_PITCHES, n_timbres, shape)
    mean.fit(images, pitches, timbres)
    return mean


def fraction(n_others, repeats):
    """Return what the ridge leaves of a part, by hand: see the test."""
    seen = (n_others + 1) * repeats
    return seen / (seen + RIDGE)


@pytest.mark.parametrize("repeats", [1, 4])
def test_a_sum_comes_back_but_for_what_the_ridge_takes(rng, repeats):
    images, pitches, timbres, parts = additive_set(rng, repeats)
    mean = fitted(images, pitches, timbres)
    common, pitch, timbre = parts
    # In a set where every pitch meets every timbre equally often the normal
    # equations part. A pitch is told by its own picture, in as many notes as
    # there are timbres, and once more by the picture of both together.
    expected = (
        common
        + fraction(N_TIMBRES, repeats) * pitch[pitches]
        + fraction(N_PITCHES, repeats) * timbre[timbres]
    )
    drawn = mean(pitches, timbres, SHAPE[1:])
    assert (mean.common - common).abs().max() < ATOL
    assert (drawn - expected).abs().max() < ATOL


def test_many_notes_of_a_sum_come_back(rng):
    images, pitches, timbres, _ = additive_set(rng, 1000)
    mean = fitted(images, pitches, timbres)
    drawn = mean(pitches[:15], timbres[:15], SHAPE[1:])
    assert (drawn - images[:15]).abs().max() < 1e-3  # the ridge: 1 in 3000


def test_a_note_that_was_left_out_is_nearly_the_sum_of_its_parts(rng):
    images, pitches, timbres, parts = additive_set(rng, 1000)
    left_out = (pitches == 1) & (timbres == 2)
    kept = ~left_out
    mean = fitted(images[kept], pitches[kept], timbres[kept])
    drawn = mean(torch.tensor([1]), torch.tensor([2]), SHAPE[1:])
    missed = (drawn - images[left_out][:1]).norm()
    blind = (parts[0] - images[left_out][:1]).norm()
    assert missed < 0.4 * blind


def test_what_is_special_to_a_pair_is_kept(rng):
    images, pitches, timbres, _ = additive_set(rng, 1000)
    pair = (pitches == 1) & (timbres == 2)
    images[pair, 0] += 0.2
    mean = fitted(images, pitches, timbres)
    drawn = mean(pitches[:15], timbres[:15], SHAPE[1:])
    assert (drawn - images[:15]).abs().max() < 1e-3


def test_shrinking_averages(rng):
    images = torch.rand(2, 2, 8, 6, generator=rng)
    mean = MeanPicture(N_PITCHES, N_TIMBRES, SHAPE)
    expected = torch.nn.functional.avg_pool2d(images, (2, 2))
    assert (mean.shrunk(images) - expected).abs().max() < ATOL


def test_a_pitch_never_heard_is_the_common_picture(rng):
    images, pitches, timbres, _ = additive_set(rng, 2)
    kept = pitches != 4
    mean = fitted(images[kept], pitches[kept], timbres[kept])
    assert mean.pitch[4].abs().max() == 0


def test_without_timbres_it_is_the_mean_of_each_pitch(rng):
    images, pitches, timbres, parts = additive_set(rng, 1000)
    mean = fitted(images, pitches, torch.zeros_like(timbres), n_timbres=0)
    drawn = mean(torch.arange(5), torch.zeros(5).long(), SHAPE[1:])
    expected = parts[0] + parts[1]
    assert mean.timbre.shape == (0, *SHAPE)
    assert (drawn - expected).abs().max() < 1e-3


def test_pictures_are_averaged_when_stored_and_stretched_when_drawn(rng):
    images, pitches, timbres, _ = additive_set(rng, 1)
    wide = images.repeat_interleave(4, dim=3)  # (15, 2, 4, 12)
    small, large = (fitted(each, pitches, timbres) for each in (images, wide))
    assert (small.pitch - large.pitch).abs().max() < ATOL
    drawn = large(pitches[:2], timbres[:2], (4, 12))
    assert drawn.shape == (2, 2, 4, 12)
    # Straight lines between the middles of the stored frames, flat outside.
    stored = large(pitches[:2], timbres[:2], (4, 3))
    assert torch.allclose(drawn[..., 0], stored[..., 0], atol=ATOL)
    between = torch.lerp(stored[..., 0], stored[..., 1], 0.125)
    assert torch.allclose(drawn[..., 2], between, atol=ATOL)


def test_pictures_stay_where_tanh_can_reach_them(rng):
    mean = MeanPicture(N_PITCHES, N_TIMBRES, SHAPE)
    mean.common += 7.0
    drawn = mean(torch.tensor([0]), torch.tensor([0]), (4, 3))
    assert drawn.max() == pytest.approx(REACH)


def test_it_travels_with_the_state_and_learns_nothing(rng):
    images, pitches, timbres, _ = additive_set(rng, 1)
    mean = fitted(images, pitches, timbres)
    again = MeanPicture(N_PITCHES, N_TIMBRES, SHAPE)
    again.load_state_dict(mean.state_dict())
    both = (net(pitches, timbres, (4, 3)) for net in (mean, again))
    assert torch.equal(*both)
    assert not list(mean.parameters())


def test_a_picture_without_frames_is_refused():
    mean = MeanPicture(N_PITCHES, N_TIMBRES, SHAPE)
    with pytest.raises(CourseError, match="rows and frames from 1"):
        mean(torch.tensor([0]), torch.tensor([0]), (4, 0))
