import math

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.strided import (
    StridedDecoder,
    StridedDecoderConfig,
    best_pieces,
    cut_frames,
    lay_pieces,
    share_lost,
)

ATOL = 1e-6  # float32 sums of a few terms
RATE = 16_000


def tone(f_hz, n_samples, phase=0.0):
    n = torch.arange(n_samples, dtype=torch.float64)
    return torch.sin(2 * math.pi * f_hz * n / RATE + phase).float()


def test_overlapping_pieces_laid_by_hand():
    codes = torch.tensor([[[1.0, 2.0, -1.0]]])
    pieces = torch.tensor([[1.0, 10.0, 100.0]])
    # frame 0:  1  10 100
    # frame 1:        2  20 200
    # frame 2:              -1 -10 -100
    expected = [[1.0, 10.0, 102.0, 20.0, 199.0, -10.0, -100.0]]
    assert lay_pieces(codes, pieces, 2).tolist() == expected


def test_two_pieces_add_up(rng):
    codes = torch.randn(3, 2, 5, generator=rng)
    pieces = torch.randn(2, 7, generator=rng)
    both = lay_pieces(codes, pieces, 4)
    apart = sum(lay_pieces(codes[:, [k]], pieces[[k]], 4) for k in range(2))
    assert both.shape == (3, 4 * 4 + 7)
    assert (both - apart).abs().max() < 10 * ATOL


def test_cutting_and_laying_are_inverse(rng):
    sound = torch.randn(60, generator=rng)
    frames = cut_frames(sound, 12)
    laid = lay_pieces(frames.T[None], torch.eye(12), 12)
    assert (laid[0] - sound).abs().max() < ATOL


def test_a_last_part_frame_is_left_out():
    assert cut_frames(torch.arange(11.0), 4).tolist() == [
        [0.0, 1.0, 2.0, 3.0],
        [4.0, 5.0, 6.0, 7.0],
    ]


@pytest.mark.parametrize(
    ("f_hz", "lost"),
    [(500.0, [0, 0]), (440.0, [0.5, 0]), (503.0, [0.5, 0])],
)
def test_a_tone_needs_one_piece_if_it_fits_and_two_if_not(f_hz, lost):
    frames = cut_frames(tone(f_hz, RATE), 128)
    for n_pieces, expected in enumerate(lost, start=1):
        pieces = best_pieces(frames, n_pieces)
        assert abs(share_lost(frames, pieces) - expected) < 0.02


def test_best_pieces_beat_any_others(rng):
    frames = torch.randn(30, 8, generator=rng)
    best = best_pieces(frames, 3)
    assert (best @ best.T - torch.eye(3)).abs().max() < ATOL * 10
    for _ in range(20):
        basis = torch.linalg.qr(torch.randn(8, 3, generator=rng)).Q.T
        assert share_lost(frames, best) < share_lost(frames, basis)


def test_as_many_pieces_as_samples_lose_nothing(rng):
    frames = torch.randn(30, 8, generator=rng)
    assert share_lost(frames, best_pieces(frames, 8)) < ATOL


def test_share_lost_of_a_hand_made_case():
    frames = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    lost = share_lost(frames, torch.tensor([[0.0, 1.0]]))
    assert abs(lost - 9 / 25) < ATOL


def steady_sound(config, rng):
    """Return the inside of what a random decoder makes of a steady code."""
    decoder = StridedDecoder(config)
    init_weights(decoder, rng)
    n_frames = 4 + 2 * math.ceil(config.border / config.stride)
    code = torch.randn(1, config.code_channels, 1, generator=rng)
    with torch.no_grad():
        sound = decoder(code.expand(-1, -1, n_frames))
    assert sound.shape == (1, n_frames * config.stride)
    return sound[0, config.border : -config.border]


@pytest.mark.parametrize("strides", [(4, 4, 8), (2, 6), (16,)])
def test_a_steady_code_gives_a_sound_that_repeats_each_frame(rng, strides):
    config = StridedDecoderConfig(strides=strides)
    sound = steady_sound(config, rng)
    later = sound[config.stride :]
    assert (later - sound[: -config.stride]).abs().max() < ATOL
    assert sound.std() > 100 * ATOL


@pytest.mark.parametrize("strides", [(4, 4, 8), (2, 6), (16,)])
def test_nearest_neighbours_make_no_sound_of_a_steady_code(rng, strides):
    config = StridedDecoderConfig(strides=strides, upsampler="nearest")
    sound = steady_sound(config, rng)
    assert (sound - sound[0]).abs().max() < ATOL


def test_the_border_is_wide_enough_to_matter(rng):
    config = StridedDecoderConfig()
    decoder = StridedDecoder(config)
    init_weights(decoder, rng)
    code = torch.randn(1, config.code_channels, 1, generator=rng)
    with torch.no_grad():
        sound = decoder(code.expand(-1, -1, 8))[0]
    first, second = sound[: config.stride], sound[config.stride :]
    assert (first - second[: config.stride]).abs().max() > 100 * ATOL


@pytest.mark.parametrize("upsampler", ["transposed", "nearest"])
def test_a_code_moved_by_a_frame_moves_the_sound_by_a_stride(rng, upsampler):
    config = StridedDecoderConfig(strides=(4, 4), upsampler=upsampler)
    decoder = StridedDecoder(config)
    init_weights(decoder, rng)
    code = torch.randn(1, config.code_channels, 20, generator=rng)
    with torch.no_grad():
        sound, moved = decoder(code), decoder(code.roll(1, dims=2))
    edge = config.border + config.stride
    inside = moved[:, edge:-edge]
    assert (inside - sound.roll(16, dims=1)[:, edge:-edge]).abs().max() < ATOL


def test_wrong_shapes_are_refused():
    with pytest.raises(CourseError, match="with one K"):
        lay_pieces(torch.ones(1, 2, 3), torch.ones(1, 4), 4)
    with pytest.raises(CourseError, match="at least stride=8 samples"):
        cut_frames(torch.ones(7), 8)
    with pytest.raises(CourseError, match="expected n_pieces from 1 to 4"):
        best_pieces(torch.ones(4, 8), 5)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"strides": ()}, "strides that are even"),
        ({"strides": (4, 3)}, "strides that are even"),
        ({"upsampler": "linear"}, "upsampler to be one of"),
        ({"channels": 0}, "expected channels from"),
        ({"code_channels": 0}, "expected code_channels from"),
    ],
)
def test_impossible_decoders_are_refused(sizes, message):
    with pytest.raises(CourseError, match=message):
        StridedDecoderConfig(**sizes)
