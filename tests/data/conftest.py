import json

import numpy as np
import pytest

from course_utils.data.wav import write_wav

RATE = 16_000
FAMILIES = {"brass": 1, "flute": 2, "string": 8}


def nsynth_record(family, index, pitch, velocity):
    """A record as NSynth's examples.json has it."""
    instrument = f"{family}_acoustic_{index:03d}"
    return {
        "note_str": f"{instrument}-{pitch:03d}-{velocity:03d}",
        "note": 1000 * index + pitch,
        "pitch": pitch,
        "velocity": velocity,
        "sample_rate": RATE,
        "instrument": 100 * FAMILIES[family] + index,
        "instrument_str": instrument,
        "instrument_family": FAMILIES[family],
        "instrument_family_str": family,
        "instrument_source": 0,
        "instrument_source_str": "acoustic",
        "qualities": [0] * 10,
        "qualities_str": [],
    }


@pytest.fixture
def nsynth_folder(tmp_path):
    """Three families of five instruments, two pitches each, as sines."""
    folder = tmp_path / "nsynth"
    (folder / "audio").mkdir(parents=True)
    examples = {}
    time_s = np.arange(64_000) / RATE
    for family in FAMILIES:
        for index in range(5):
            for pitch in (60, 72):
                record = nsynth_record(family, index, pitch, 100)
                examples[record["note_str"]] = record
                f0_hz = 440 * 2 ** ((pitch - 69) / 12)
                write_wav(
                    folder / "audio" / f"{record['note_str']}.wav",
                    0.5 * np.sin(2 * np.pi * f0_hz * time_s),
                    RATE,
                )
    (folder / "examples.json").write_text(json.dumps(examples))
    return folder
