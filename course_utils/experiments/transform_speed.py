"""How much faster whole batches are than a loop over single sounds.

Both ways draw the same images (log-magnitude and instantaneous frequency)
of the same sounds on the same processor:

    python -m course_utils.experiments.transform_speed --image paper

Taught in: notebooks/12_spectral_images.ipynb
"""

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import librosa
import numpy as np
import torch
from torch import Tensor

from course_utils.basics.runtime import torch_rng
from course_utils.spectral.image import (
    IMAGES,
    ImageConfig,
    waveform_to_image,
)

BATCH_SIZE = 8  # sounds; on a CPU larger batches leave its cache


def librosa_image(waveform: np.ndarray, config: ImageConfig) -> np.ndarray:
    """Draw one sound with librosa and numpy, as a reference.

    Parameters
    ----------
    waveform : ndarray, shape (N,), float32
        1 is full scale.
    config : ImageConfig
        Of scale "linear" and phase "if".

    Returns
    -------
    ndarray, shape (2, F, T), float32
        Same image as `waveform_to_image`; where a phase advance is close to
        half a turn, its sign may differ.
    """
    padded = np.pad(waveform, (config.n_padding, 0))
    stft = librosa.stft(
        padded, n_fft=config.n_fft, hop_length=config.hop_length, center=False
    )[1:]
    phase = np.unwrap(np.angle(stft), axis=-1)
    advance = np.diff(phase, axis=-1, prepend=0) / math.pi
    log_magnitude = np.log(np.abs(stft) + config.log_offset)
    return np.stack([log_magnitude, advance]).astype(np.float32)


def draw_in_a_loop(waveform: Tensor, config: ImageConfig) -> Tensor:
    """Draw sounds (B, N) one after the other with librosa."""
    images = [librosa_image(item, config) for item in waveform.numpy()]
    return torch.from_numpy(np.stack(images))


def draw_in_batches(
    waveform: Tensor, config: ImageConfig, device: str = "cpu"
) -> Tensor:
    """Draw sounds (B, N) in batches of `BATCH_SIZE` with torch.

    Parameters
    ----------
    waveform : Tensor, shape (B, N)
        In the memory of the CPU.
    config : ImageConfig
        Sizes and kind of the images.
    device : str
        Where to compute; the way there and back counts.

    Returns
    -------
    Tensor, shape (B, 2, F, T)
        In the memory of the CPU.
    """
    batches = waveform.split(BATCH_SIZE)
    drawn = [waveform_to_image(b.to(device), config).cpu() for b in batches]
    return torch.cat(drawn)


def clips_per_second(
    draw: Callable[[Tensor, ImageConfig], Tensor],
    waveform: Tensor,
    config: ImageConfig,
) -> float:
    """Return how many sounds `draw` turns into images in a second.

    Parameters
    ----------
    draw : callable
        `draw_in_a_loop` or `draw_in_batches`.
    waveform : Tensor, shape (B, N)
        The sounds; a first, unmeasured run warms up on one of them.
    config : ImageConfig
        Sizes of the images.
    """
    draw(waveform[:1], config)
    start = time.perf_counter()
    draw(waveform, config)
    return len(waveform) / (time.perf_counter() - start)


def compare_speed(
    waveform: Tensor, config: ImageConfig, *, n_threads: int = 1
) -> dict[str, float]:
    """Measure loop and batches once, on the CPU, and on a GPU if there is one.

    Parameters
    ----------
    waveform : Tensor, shape (B, N)
        The sounds.
    config : ImageConfig
        Sizes of the images; scale "linear", phase "if".
    n_threads : int
        Cores that torch may use; librosa uses one.

    Returns
    -------
    dict
        `loop` and `batched` in clips per second and their `ratio`; with a
        GPU also `gpu` and `gpu_ratio`.
    """
    with _threads(n_threads):
        loop = clips_per_second(draw_in_a_loop, waveform, config)
        batched = clips_per_second(draw_in_batches, waveform, config)
    result = {"loop": loop, "batched": batched, "ratio": batched / loop}
    if torch.cuda.is_available():
        on_gpu = partial(draw_in_batches, device="cuda")
        gpu = clips_per_second(on_gpu, waveform, config)
        result |= {"gpu": gpu, "gpu_ratio": gpu / loop}
    return result


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    """Let torch use so many cores, and set it back after."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def main(arguments: list[str] | None = None) -> None:
    """Print the comparison for noise, as one JSON object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--image", choices=IMAGES, default="paper")
    parser.add_argument("--n-clips", type=int, default=64)
    parser.add_argument("--n-threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    config = IMAGES[options.image]
    shape = (options.n_clips, config.n_samples)
    waveform = 0.1 * torch.randn(shape, generator=torch_rng(options.seed))
    n_threads = options.n_threads
    result = compare_speed(waveform, config, n_threads=n_threads)
    print(json.dumps(vars(options) | result))


if __name__ == "__main__":
    main()
