"""Write what MusPy and mir_eval say, for the tests to compare with.

    python make_muspy_figures.py          (in the folder of this file)

Needs an environment of its own with `pip install muspy==0.5.0
mir_eval==0.8.2`; nothing of the course is imported, so that the figures are
not made by the code which they check.
"""

import json
import random
from pathlib import Path

import mir_eval
import muspy

RESOLUTION = 4  # steps a quarter: the 16th grid
STEPS_PER_BAR = 16
MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


def pieces():
    """Return name -> rows of step, length in steps, pitch, velocity."""
    rng = random.Random(7)
    scale = [60 + 12 * octave + s for octave in (-1, 0, 1)
             for s in (0, 2, 4, 5, 7, 9, 11)]  # fmt: skip
    chorale = [
        [4 * beat, 4, rng.choice(scale), 80]
        for beat in range(38)
        for _ in range(4)
    ]
    line, step = [], 0
    while step < 150:
        length = rng.choice([1, 2, 2, 3, 4, 6])
        line.append([step, length, rng.randint(48, 84), rng.randint(30, 110)])
        step += length + rng.choice([0, 0, 1])
    anywhere = [
        [rng.randint(0, 140), rng.randint(1, 20), rng.randint(21, 108), 64]
        for _ in range(200)
    ]
    return {"chorale": chorale, "line": line, "anywhere": anywhere}


def muspy_figures(rows):
    """Return the figures of one piece."""
    notes = [muspy.Note(time=s, duration=d, pitch=p, velocity=v)
             for s, d, p, v in rows]  # fmt: skip
    music = muspy.Music(
        resolution=RESOLUTION, tracks=[muspy.Track(notes=notes)]
    )
    if music.get_end_time() % STEPS_PER_BAR == 0:
        raise ValueError("ends on a bar line, where MusPy adds an empty bar")
    return {
        "pitch range": float(muspy.pitch_range(music)),
        "pitches used": float(muspy.n_pitches_used(music)),
        "pitch entropy": float(muspy.pitch_entropy(music)),
        "pitch-class entropy": float(muspy.pitch_class_entropy(music)),
        "polyphony": float(muspy.polyphony(music)),
        "polyphony rate": float(muspy.polyphony_rate(music, threshold=1)),
        "scale consistency": float(muspy.scale_consistency(music)),
        "groove consistency": float(
            muspy.groove_consistency(music, STEPS_PER_BAR)
        ),
        "groove consistency at 480 ticks": ticks_groove(rows),
    }


def ticks_groove(rows):
    """Return the groove consistency of the same piece on MIDI's ticks."""
    notes = [muspy.Note(time=120 * s, duration=120 * d, pitch=p, velocity=v)
             for s, d, p, v in rows]  # fmt: skip
    music = muspy.Music(resolution=480, tracks=[muspy.Track(notes=notes)])
    return float(muspy.groove_consistency(music, 120 * STEPS_PER_BAR))


def key_scores():
    """Return reference and estimated key -> mir_eval's score, if above 0."""
    keys = [f"{tonic} major" for tonic in MAJOR]
    keys += [f"{tonic} minor" for tonic in MINOR]
    return {
        f"{reference}, {estimated}": score
        for reference in keys
        for estimated in keys
        if (score := mir_eval.key.weighted_score(reference, estimated)) > 0
    }


def main():
    """Write everything beside this file."""
    figures = {
        "muspy": muspy.__version__,
        "mir_eval": mir_eval.__version__,
        "pieces": pieces(),
        "figures": {n: muspy_figures(rows) for n, rows in pieces().items()},
        "key_scores": key_scores(),
    }
    out = Path(__file__).with_name("muspy_figures.json")
    out.write_text(json.dumps(figures) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
