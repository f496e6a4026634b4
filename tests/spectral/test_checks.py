import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.spectral.checks import (
    check_image,
    check_stft,
    check_waveform,
)


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        ([0.0, 1.0], "torch tensor of shape"),
        (torch.zeros(8).numpy(), "torch tensor of shape"),
        (torch.zeros(8), r"got Tensor of shape \(8,\)"),
        (torch.zeros(1, 1, 8), "write torch.as_tensor"),
        (torch.zeros(1, 8, dtype=torch.int16), "divide 16-bit integers"),
        (torch.zeros(1, 8, dtype=torch.complex64), "got torch.complex64"),
        (torch.zeros(1, 8, dtype=torch.float16), "float32"),
        (torch.zeros(1, 0), "samples in them"),
        (torch.zeros(0, 8), "leave empty sounds out"),
        (torch.full((1, 8), float("nan")), "got NaN or infinity"),
        (torch.full((1, 8), float("inf")), "got NaN or infinity"),
    ],
)
def test_a_bad_waveform_is_refused_with_its_cause(waveform, message):
    with pytest.raises(CourseError, match=message):
        check_waveform(waveform)


def test_a_wrong_length_is_named_in_samples():
    with pytest.raises(CourseError, match="expected 9 samples; got 8"):
        check_waveform(torch.zeros(1, 8), 9)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_silence_is_a_sound(dtype):
    check_waveform(torch.zeros(2, 8, dtype=dtype), 8)


@pytest.mark.parametrize(
    "stft",
    [
        torch.zeros(1, 5, 3),
        torch.zeros(1, 4, 3, dtype=torch.complex64),
        torch.zeros(5, 3, dtype=torch.complex64),
        None,
    ],
)
def test_a_wrong_stft_is_refused(stft):
    with pytest.raises(CourseError, match=r"shape \(B, 5, T\)"):
        check_stft(stft, 5)


def test_an_stft_without_frames_is_refused():
    with pytest.raises(CourseError, match="frames in it"):
        check_stft(torch.zeros(1, 5, 0, dtype=torch.complex64), 5)


@pytest.mark.parametrize(
    "image",
    [
        torch.zeros(2, 4, 3),
        torch.zeros(1, 2, 3, 4),
        torch.zeros(1, 2, 4, 3, dtype=torch.int32),
        "image",
    ],
)
def test_a_wrong_image_is_refused(image):
    with pytest.raises(CourseError, match=r"shape \(B, 2, 4, 3\)"):
        check_image(image, (2, 4, 3))


def test_an_image_with_nan_is_refused():
    image = torch.zeros(1, 2, 4, 3)
    image[0, 0, 0, 0] = float("nan")
    with pytest.raises(CourseError, match="diverged training"):
        check_image(image, (2, 4, 3))
