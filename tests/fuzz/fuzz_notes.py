"""Parsers of single notes: wav files and NSynth's tables."""

import io
from functools import cache

import numpy as np
import soundfile
from fuzz_edits import edit_bytes, edited_bytes, edited_json
from fuzz_target import Target

RATE = 16_000
N = 200  # samples; a note of NSynth has 64,000
WAV_WORDS = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"WAVE",
    b"fmt ",
    b"data",
    b"LIST",
    b"fact",
    b"\x01\x00",
    b"\x03\x00",
    b"\xfe\xff",
    b"\x00\x00\xc0\x7f",
    b"\x00\x00\x80\x7f",
    b"fLaC",
    b"OggS",
    b"FORM",
    b"AIFF",
    b".snd",
    b"caff",
)


@cache
def wav_seeds():
    """Return sounds of several widths and containers."""
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(N) / RATE)
    kinds = (
        (tone, "WAV", "PCM_16"),
        (tone, "WAV", "FLOAT"),
        (tone, "WAV", "PCM_24"),
        (tone, "WAV", "MS_ADPCM"),
        (np.stack([tone, tone], 1), "WAV", "PCM_16"),
        (tone, "FLAC", "PCM_16"),
        (tone, "AIFF", "PCM_16"),
        (tone, "OGG", "VORBIS"),
    )
    seeds = []
    for samples, container, width in kinds:
        file = io.BytesIO()
        soundfile.write(file, samples, RATE, width, format=container)
        seeds.append(file.getvalue())
    return seeds


def _wav_cases(rng):
    return {"a.wav": edited_bytes(rng, wav_seeds(), WAV_WORDS)}


def _read_wav(folder):
    from course_utils.data.wav import read_wav, wav_rate

    wav_rate(folder / "a.wav")
    read_wav(folder / "a.wav", RATE)


def record(family, index, pitch):
    """Return a record of NSynth's examples.json."""
    families = {"brass": 1, "flute": 2, "string": 8}
    instrument = f"{family}_acoustic_{index:03d}"
    return {
        "note_str": f"{instrument}-{pitch:03d}-100",
        "pitch": pitch,
        "velocity": 100,
        "instrument": 100 * families[family] + index,
        "instrument_str": instrument,
        "instrument_family": families[family],
        "instrument_family_str": family,
        "instrument_source_str": "acoustic",
        "qualities": [0, 1] * 5,
    }


RECORDS = [
    record("brass", 0, 60),
    record("flute", 1, 72),
    record("string", 2, 60),
]


def _nsynth_cases(rng):
    examples = {r["note_str"]: r for r in RECORDS}
    sides = {r["instrument_str"]: {"split": "train"} for r in RECORDS}
    known = (*examples, "brass", "train", 60)
    case = {"examples.json": edited_json(rng, [examples], known)}
    if rng.random() < 0.5:
        table = {"instruments": sides, "version": 1}
        case["instruments.json"] = edited_json(rng, [table], known)
    if rng.randint(0, 9) == 0:
        wav = edit_bytes(rng, wav_seeds()[0], wav_seeds(), WAV_WORDS)
        case[f"audio/{RECORDS[0]['note_str']}.wav"] = wav
    return case


def _nsynth_files(folder):
    (folder / "audio").mkdir()
    for item in RECORDS[1:]:
        path = folder / "audio" / f"{item['note_str']}.wav"
        path.write_bytes(wav_seeds()[0])


def _read_nsynth(folder):
    from course_utils.data.nsynth import NSynthNotes

    notes = NSynthNotes(
        folder, "train", families=["brass", "flute"], verify=True
    )
    for i in range(len(notes)):
        notes[i]
    return notes.skipped


TARGETS = {
    "wav": Target(_wav_cases, _read_wav),
    "nsynth-json": Target(_nsynth_cases, _read_nsynth, _nsynth_files),
}
