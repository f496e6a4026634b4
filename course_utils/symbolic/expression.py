"""Play a score as a person might: rubato, dynamics, hands not quite together.

A score gives every note the same loudness and a place on a grid. Recorded
performances have neither. Where no recording may be downloaded, this makes
a performance-like piece from a score, the same for the same seed. It is a
stand-in for measuring encodings, not a model of playing.

Taught in: notebooks/31_event_tokens.ipynb
"""

import warnings

import numpy as np

from course_utils.basics.checks import check_range
from course_utils.symbolic.meter import (
    quarters_to_seconds,
    seconds_to_quarters,
    step_positions,
)

with warnings.catch_warnings():  # a dependency misses ffmpeg; we do not
    warnings.simplefilter("ignore")
    from note_seq.protobuf import music_pb2

PHRASE_QUARTERS = 8.0  # a swell of loudness has this length
SWELL = 18.0  # velocity, from the middle of a swell to its top
MELODY = 12.0  # how much harder the highest part is struck
ACCENT = 8.0  # how much harder the first beat of a bar is struck
NOISE = 4.0  # velocity, standard deviation
DRIFT = 0.8  # how much of a beat's tempo carries over to the next
RITARDANDO_QUARTERS = 4.0
RITARDANDO = 0.4  # share of the tempo lost at the very end
MIN_NOTE_S = 0.02
QPM_WITHOUT_BEAT = 120.0


def perform(
    sequence: music_pb2.NoteSequence,
    rng: np.random.Generator,
    *,
    rubato: float = 0.12,
    spread_s: float = 0.012,
    mean_velocity: float = 64.0,
    keep_tempo: bool = True,
) -> music_pb2.NoteSequence:
    """Return the piece with a breathing tempo and shaped loudness.

    Parameters
    ----------
    sequence : NoteSequence
        A score. It is not changed.
    rng : np.random.Generator
        The same state gives the same performance.
    rubato : float
        Standard deviation of the tempo, as a share of it, 0 to 0.3.
    spread_s : float
        Standard deviation of each onset and release, in seconds.
    mean_velocity : float
        Velocity around which an inner part swells, 1 to 127.
    keep_tempo : bool
        True writes the tempo of every quarter and keeps the time
        signatures, so that the beat is known. False leaves 120 and no time
        signature, as recordings have it: nobody told where the beats are.

    Returns
    -------
    NoteSequence
        The same notes with new times and velocities.

    Raises
    ------
    CourseError
        If `rubato`, `spread_s` or `mean_velocity` is out of range.

    Taught in: notebooks/31_event_tokens.ipynb
    """
    check_range("rubato", rubato, 0.0, 0.3)
    check_range("spread_s", spread_s, 0.0, 0.2, "s")
    check_range("mean velocity", mean_velocity, 1, 127)
    played = music_pb2.NoteSequence()
    played.CopyFrom(sequence)
    times = [(note.start_time, note.end_time) for note in sequence.notes]
    quarters = seconds_to_quarters(sequence, np.array(times).reshape(-1, 2))
    _breathe(played, sequence, rubato, rng)
    velocities = mean_velocity + _dynamics(sequence, quarters[:, 0], rng)
    for note, velocity in zip(played.notes, velocities, strict=True):
        note.velocity = int(np.clip(velocity, 1, 127))
    _set_times(played, quarters, spread_s, rng)
    if not keep_tempo:
        del played.tempos[:], played.time_signatures[:]
        played.tempos.add(qpm=QPM_WITHOUT_BEAT)
    return played


def _breathe(
    played: music_pb2.NoteSequence,
    score: music_pb2.NoteSequence,
    rubato: float,
    rng: np.random.Generator,
) -> None:
    """Give every quarter its own tempo, and move the other marks along."""
    end = float(seconds_to_quarters(score, score.total_time))
    beats = np.arange(max(np.ceil(end), 1.0))
    starts_s = quarters_to_seconds(score, np.append(beats, beats[-1] + 1))
    factor = 1 + rubato * _drift(len(beats), rng)
    left = np.clip((end - beats) / RITARDANDO_QUARTERS, 0, 1)
    factor *= 1 - RITARDANDO * (1 - left) * (rubato > 0)
    qpm = 60 / np.diff(starts_s) * np.clip(factor, 0.4, 2.0)
    begins_s = np.concatenate([[0.0], np.cumsum(60 / qpm)[:-1]])
    del played.tempos[:]
    for begin_s, tempo in zip(begins_s, qpm, strict=True):
        played.tempos.add(time=begin_s, qpm=tempo)
    for mark in (
        *played.time_signatures,
        *played.key_signatures,
        *played.control_changes,
        *played.text_annotations,
    ):
        quarter = seconds_to_quarters(score, mark.time)
        mark.time = float(quarters_to_seconds(played, quarter))
    played.total_time = float(quarters_to_seconds(played, end))


def _drift(n_beats: int, rng: np.random.Generator) -> np.ndarray:
    """Return a slow random wave of unit variance, one value a beat."""
    steps = rng.standard_normal(n_beats) * np.sqrt(1 - DRIFT**2)
    wave = np.zeros(n_beats)
    wave[0] = rng.standard_normal()
    for beat in range(1, n_beats):
        wave[beat] = DRIFT * wave[beat - 1] + steps[beat]
    return wave


def _dynamics(
    score: music_pb2.NoteSequence,
    starts: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return what each note's velocity has above the mean, shape (n,).

    Loudness swells through each phrase; the melody and the first beats
    stand out.
    """
    highest: dict[float, int] = {}
    for note in score.notes:
        low = highest.get(note.start_time, -1)
        highest[note.start_time] = max(low, note.pitch)
    on_top = [n.pitch == highest[n.start_time] for n in score.notes]
    n_steps = int(starts.max(initial=0) * 4) + 2
    beat = step_positions(score, n_steps)[:, 1]
    first = beat[np.rint(starts * 4).astype(int)] == 0
    swell = np.sin(np.pi * ((starts % PHRASE_QUARTERS) / PHRASE_QUARTERS))
    noise = NOISE * rng.standard_normal(len(starts))
    melody = MELODY * np.array(on_top, float)
    return SWELL * (2 * swell - 1) + melody + ACCENT * first + noise


def _set_times(
    played: music_pb2.NoteSequence,
    quarters: np.ndarray,
    spread_s: float,
    rng: np.random.Generator,
) -> None:
    """Move every note to the new tempo, with a spread of its own."""
    times_s = quarters_to_seconds(played, quarters)
    times_s = times_s + spread_s * rng.standard_normal(quarters.shape)
    starts_s = np.maximum(times_s[:, 0], 0.0)
    ends_s = np.maximum(times_s[:, 1], starts_s + MIN_NOTE_S)
    for note, start_s, end_s in zip(
        played.notes, starts_s, ends_s, strict=True
    ):
        note.start_time, note.end_time = start_s, end_s
    last_s = float(ends_s.max(initial=0.0))
    played.total_time = max(played.total_time, last_s)
