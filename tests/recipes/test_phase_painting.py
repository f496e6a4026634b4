import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.recipes.phase_painting import (
    KINDS,
    PaintingTask,
    draw_tones,
    known_planes,
    paint_phase,
    train_painter,
    wanted_angle,
)
from course_utils.spectral.phase import if_to_phase, wrap_phase
from course_utils.spectral.stft import StftConfig, waveform_to_stft

PHASE_ATOL = 1e-4  # radians; float32 sums over a few frames
TASK = PaintingTask(
    stft=StftConfig(n_fft=64, hop_length=16),
    n_frames=12,
    low_pitch=81,
    high_pitch=93,
    n_partials=2,
)


@pytest.fixture(autouse=True)
def one_thread():
    """Small layers lose more time to waiting threads than they gain."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def drawn(rng, n_tones=3, n_frames=12):
    sound = draw_tones(TASK, n_tones, n_frames, rng)
    return sound, waveform_to_stft(sound, TASK.stft)


def test_tones_fill_their_frames_and_stay_in_range(rng):
    sound, stft = drawn(rng, n_tones=20)
    assert stft.shape == (20, 33, 12)
    assert sound.shape == (20, TASK.stft.n_covered(12))
    assert sound.abs().max() <= 0.5  # 1/3 + 1/6
    loudest_hz = stft.abs().mean(dim=2).argmax(dim=1) * 8_000 / 64
    assert loudest_hz.min() > 880 - 125  # A5, one bin of 125 Hz less
    assert loudest_hz.max() < 1760 + 125


def test_partials_above_half_the_sample_rate_are_left_out(rng):
    high = PaintingTask(
        sample_rate=2_000, stft=TASK.stft, low_pitch=80, n_partials=40
    )
    sound = draw_tones(high, 1, 200, rng)[0]
    level = torch.fft.rfft(sound * torch.hann_window(len(sound))).abs()
    peaks = (level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])
    assert int((peaks & (level[1:-1] > 0.01 * level.max())).sum()) == 1


def test_only_the_first_frame_tells_its_phase(rng):
    _, stft = drawn(rng)
    planes = known_planes(stft, TASK.stft)
    assert planes.shape == (3, 5, 33, 12)
    assert (planes[:, 1:3, :, 1:] == 0).all()
    first = torch.atan2(planes[:, 2, :, 0], planes[:, 1, :, 0])
    assert wrap_phase(first - stft[..., 0].angle()).abs().max() < PHASE_ATOL
    turned = known_planes(stft * stft.new_tensor(1j), TASK.stft)
    assert torch.allclose(turned[:, 0], planes[:, 0], atol=1e-6)


def test_centres_advance_by_hand(rng):
    _, stft = drawn(rng)
    centre = known_planes(stft, TASK.stft)[0, 3:, :, 0]  # (2, F)
    bins = 2 * math.pi * torch.arange(33) * 16 / 64
    assert (centre[0] - torch.cos(bins)).abs().max() < PHASE_ATOL
    assert (centre[1] - torch.sin(bins)).abs().max() < PHASE_ATOL


def test_wanted_angles_lead_back_to_the_phase(rng):
    _, stft = drawn(rng)
    phase = wanted_angle(stft, "raw phase")
    assert torch.equal(phase, stft.angle())
    added_up = if_to_phase(wanted_angle(stft, "IF") / math.pi)
    assert wrap_phase(added_up - phase).abs().max() < PHASE_ATOL


def test_one_seed_trains_one_net():
    one, losses = train_painter(TASK, "IF", 3, seed=1)
    same, same_losses = train_painter(TASK, "IF", 3, seed=1)
    _, other_losses = train_painter(TASK, "IF", 3, seed=2)
    assert losses == same_losses
    assert losses != other_losses
    for a, b in zip(one.parameters(), same.parameters(), strict=True):
        assert torch.equal(a, b)


def test_both_kinds_start_from_the_same_weights_and_tones():
    (raw, _), (rate, _) = (train_painter(TASK, k, 2, seed=1) for k in KINDS)
    shapes = [w.shape for w in raw.parameters()]
    assert shapes == [w.shape for w in rate.parameters()]
    with torch.random.fork_rng():
        torch.manual_seed(123)  # global randomness plays no part
        again, _ = train_painter(TASK, "IF", 2, seed=1)
    assert torch.equal(rate.last.weight, again.last.weight)


def test_if_is_learnt_where_raw_phase_is_not():
    _, raw = train_painter(TASK, "raw phase", 40, seed=0)
    _, clocked = train_painter(TASK, "raw phase", 40, seed=0, clock=True)
    _, rate = train_painter(TASK, "IF", 40, seed=0)
    # the given frame and the three that see it are 4 of 12
    assert min(raw[-1], clocked[-1]) > 1 - 4 / 12 - 0.05
    assert rate[-1] < 0.3


def test_the_given_frame_is_kept(rng):
    _, stft = drawn(rng)
    for kind in KINDS:
        net, _ = train_painter(TASK, kind, 2, seed=0)
        phase = paint_phase(net, stft, TASK.stft, kind)
        assert phase.shape == stft.shape
        missed = wrap_phase(phase[..., 0] - stft[..., 0].angle()).abs().max()
        assert missed < PHASE_ATOL


def test_later_phases_are_not_looked_at(rng):
    _, stft = drawn(rng)
    turned = stft.clone()
    turned[..., 1:] *= torch.exp(torch.tensor(1j))
    net, _ = train_painter(TASK, "IF", 2, seed=0)
    one = paint_phase(net, stft, TASK.stft, "IF")
    other = paint_phase(net, turned, TASK.stft, "IF")
    assert wrap_phase(one - other).abs().max() < PHASE_ATOL


def test_wrong_requests_are_refused(rng):
    _, stft = drawn(rng)
    with pytest.raises(CourseError, match="kind to be one of raw phase, IF"):
        train_painter(TASK, "phase", 10, seed=0)
    with pytest.raises(CourseError, match="kind to be one of"):
        wanted_angle(stft, "if")
    with pytest.raises(CourseError, match="expected n_steps from"):
        train_painter(TASK, "IF", 1, seed=0)
    with pytest.raises(CourseError, match="expected low_pitch from"):
        PaintingTask(low_pitch=90)
    with pytest.raises(CourseError, match="expected n_frames from"):
        PaintingTask(n_frames=1)
    with pytest.raises(CourseError, match="expected n_partials from"):
        PaintingTask(n_partials=0)
    net, _ = train_painter(TASK, "IF", 2, seed=0)
    with pytest.raises(CourseError, match="kind to be one of"):
        paint_phase(net, stft, TASK.stft, "phase")
