"""Sound: images and back, and notes from the SoundFont."""

import math

import librosa
import numpy as np
import pytest
import torch
from torch.nn.functional import pad

from course_utils.experiments.transform_speed import draw_in_a_loop
from course_utils.spectral.image import (
    IMAGES,
    image_to_waveform,
    waveform_to_image,
)
from course_utils.symbolic.synth import NoteRenderer, load_synth

CONFIG = IMAGES["paper"]
N_SOUNDS = 8
RENDER_HZ, NOTE_HZ = 48_000, 16_000
HELD_S, REST_S = 3, 1
KEYS = [(0, 60), (40, 67), (73, 72), (56, 55)]  # programs and pitches
VELOCITY = 100


def play_with_librosa(image):
    """Play one image (2, F, T) as a first program does it."""
    magnitude = np.exp(image[0]) - CONFIG.log_offset
    phase = math.pi * np.cumsum(image[1], axis=-1)
    stft = np.pad(magnitude * np.exp(1j * phase), ((1, 0), (0, 0)))
    sound = librosa.istft(stft, hop_length=CONFIG.hop_length, center=False)
    return sound[CONFIG.n_padding :]


@pytest.mark.benchmark(group="Transform")
def test_sounds_become_images(compare, noise):
    sounds = noise(N_SOUNDS, CONFIG.n_samples)
    padded = pad(sounds, (CONFIG.n_padding, 0))
    frames = padded.unfold(1, CONFIG.n_fft, CONFIG.hop_length).contiguous()
    compare(
        "sound to image",
        lambda: waveform_to_image(sounds, CONFIG),
        unit="sound of 4 s",
        n_items=N_SOUNDS,
        baseline=("librosa in a loop", lambda: draw_in_a_loop(sounds, CONFIG)),
        limit=("the Fourier transforms", lambda: torch.fft.rfft(frames)),
    )


@pytest.mark.benchmark(group="Transform")
def test_images_become_sounds(compare, noise):
    sounds = noise(N_SOUNDS, CONFIG.n_samples)
    images = waveform_to_image(sounds, CONFIG)
    arrays = images.numpy()
    padded = pad(sounds, (CONFIG.n_padding, 0))
    frames = padded.unfold(1, CONFIG.n_fft, CONFIG.hop_length)
    bins = torch.fft.rfft(frames)
    compare(
        "image to sound",
        lambda: image_to_waveform(images, CONFIG),
        unit="sound of 4 s",
        n_items=N_SOUNDS,
        baseline=(
            "librosa in a loop",
            lambda: [play_with_librosa(array) for array in arrays],
        ),
        limit=("the Fourier transforms", lambda: torch.fft.irfft(bins)),
    )


@pytest.mark.benchmark(group="Rendering")
def test_notes_are_rendered(compare):
    renderer = NoteRenderer(NOTE_HZ)
    synth, font = load_synth(RENDER_HZ)

    def ours():
        for program, pitch in KEYS:
            renderer.render(program, pitch, VELOCITY, HELD_S, HELD_S + REST_S)

    def synthesise():
        sounds = []
        for program, pitch in KEYS:
            synth.sounds_off()
            synth.program_select(0, font, 0, program)
            synth.noteon(0, pitch, VELOCITY)
            held = synth.generate(HELD_S * RENDER_HZ)
            synth.noteoff(0, pitch)
            rest = synth.generate(REST_S * RENDER_HZ)
            parts = [np.frombuffer(part, np.float32) for part in (held, rest)]
            sounds.append(np.concatenate(parts).reshape(-1, 2))
        return sounds

    def plain():
        for sound in synthesise():
            mono = sound.mean(axis=1)
            librosa.resample(mono, orig_sr=RENDER_HZ, target_sr=NOTE_HZ)

    compare(
        "note of the SoundFont",
        ours,
        unit="note of 4 s",
        n_items=len(KEYS),
        baseline=("tinysoundfont and librosa.resample", plain),
        limit=("tinysoundfont alone", synthesise),
    )
