"""How fast notes are rendered, and how many of them sound their key.

    python -m course_utils.experiments.rendered_notes --preset cpu

Taught in: notebooks/20_notes_dataset.ipynb
"""

import argparse
import json
import time

from tqdm.auto import tqdm

from course_utils.basics.presets import PRESETS
from course_utils.basics.runtime import numpy_rng
from course_utils.data.note_presets import CONFIGS, NotesConfig
from course_utils.data.nsynth import SAMPLE_RATE, NSynthNotes
from course_utils.data.rendered import notes_folder
from course_utils.evaluation.note_pitch import note_pitch, pitch_shares
from course_utils.symbolic.synth import NoteRenderer


def rendering_speed(
    config: NotesConfig, n_notes: int, seed: int = 0
) -> dict[str, float]:
    """Render notes of 4 s at 48 kHz, bring them to 16 kHz, and time it.

    Parameters
    ----------
    config : NotesConfig
        The notes are drawn from it at random.
    n_notes : int
        How many; a first, unmeasured one warms up.
    seed : int
        Gives the draw.

    Returns
    -------
    dict
        `notes_per_s` by the clock, and `notes_per_cpu_s` by the time that
        the processor worked for this process: the same on an idle machine.
    """
    rng = numpy_rng(seed)
    renderer = NoteRenderer(SAMPLE_RATE)
    fields = (config.programs, config.pitches, config.velocities)
    drawn = [
        [int(rng.choice(field)) for field in fields] for _ in range(n_notes)
    ]
    renderer.render(*drawn[0])
    start, start_cpu = time.perf_counter(), time.process_time()
    for note in drawn:
        renderer.render(*note)
    return {
        "notes_per_s": n_notes / (time.perf_counter() - start),
        "notes_per_cpu_s": n_notes / (time.process_time() - start_cpu),
    }


def pitch_check(
    notes: NSynthNotes, n_notes: int, seed: int = 0
) -> dict[str, object]:
    """Judge notes drawn at random with pYIN.

    Parameters
    ----------
    notes : NSynthNotes
        Real or rendered.
    n_notes : int
        How many are judged; all if there are fewer.
    seed : int
        Gives the draw.

    Returns
    -------
    dict
        `n_judged`; `exact` and `octave` shares as `pitch_shares` returns
        them; `wrong`: note -> heard pitch, of those that are not exact.
    """
    order = numpy_rng(seed).permutation(len(notes))[:n_notes].tolist()
    heard, asked, wrong = [], [], {}
    for index in tqdm(order, desc="judging notes", unit="note"):
        item = notes[index]
        pitch = note_pitch(item["waveform"].numpy(), SAMPLE_RATE)
        heard.append(pitch)
        asked.append(item["pitch"])
        if not pitch_shares([pitch], [item["pitch"]])["exact"]:
            wrong[item["note_str"]] = round(pitch, 2)
    return {
        "n_judged": len(order),
        **pitch_shares(heard, asked),
        "wrong": wrong,
    }


def main(arguments: list[str] | None = None) -> None:
    """Print both measurements as one JSON object."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="cpu")
    parser.add_argument("--n-rendered", type=int, default=300)
    parser.add_argument("--n-judged", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    config = CONFIGS[options.preset]
    notes = NSynthNotes(notes_folder(options.preset))
    speed = rendering_speed(config, options.n_rendered, options.seed)
    judged = pitch_check(notes, options.n_judged, options.seed)
    print(json.dumps({"preset": options.preset, **speed, **judged}))


if __name__ == "__main__":
    main()
