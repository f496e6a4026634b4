"""Turn notes into sound with the SoundFont that one of our packages ships.

Everything is rendered at 44.1 kHz or above and brought down afterwards: the
filters of a SoundFont become unstable at 16 kHz, and its samples alias.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import importlib
import importlib.util
import math
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.signal import resample_poly

from course_utils.basics.checks import CourseError, check_range
from course_utils.symbolic.channels import (
    end_of_notes,
    playing_passes,
    timed_events,
)

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

SOUNDFONT = "TimGM6mb.sf2"
INSTALL = "pip install --no-deps tinysoundfont"
MIN_RENDER_HZ = 44_100  # below it the synthesiser's filters may ring
FLUSH_SAMPLES = 2_048  # lets the last note's effects die out
MAX_VOICES = 512


def soundfont_path() -> Path:
    """Return the SoundFont that lies inside the pretty_midi package.

    Raises
    ------
    CourseError
        If pretty_midi, or the font inside it, is missing.
    """
    spec = importlib.util.find_spec("pretty_midi")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        path = Path(folder) / SOUNDFONT
        if path.is_file():
            return path
    raise CourseError(
        f"the SoundFont {SOUNDFONT} inside the package pretty_midi",
        "no such file" if spec else "no package pretty_midi",
        "run: pip install --force-reinstall --no-deps 'pretty_midi>=0.2.11'",
    )


def load_synth(render_rate: int) -> tuple[Any, int]:
    """Load the SoundFont into a new synthesiser.

    Parameters
    ----------
    render_rate : int
        Samples per second (Hz) of what it will generate.

    Returns
    -------
    synth : tinysoundfont.Synth
        A synthesiser with 16 channels.
    font_id : int
        What the synthesiser calls the font.

    Raises
    ------
    CourseError
        If tinysoundfont is not installed, or the font is missing.
    """
    path = soundfont_path()
    try:
        engine = importlib.import_module("tinysoundfont")
    except ImportError as error:
        raise CourseError(
            "the package tinysoundfont, which plays the notes",
            f"an import error ({error})",
            f"run: {INSTALL}",
        ) from error
    synth = engine.Synth(samplerate=render_rate)
    return synth, synth.sfload(str(path), max_voices=MAX_VOICES)


def _oversampling(sample_rate: int) -> int:
    """Return how many rendered samples become one."""
    check_range("sample rate", sample_rate, 4_000, 192_000, "Hz")
    return math.ceil(MIN_RENDER_HZ / sample_rate)


def _generate(synth: Any, n_samples: int) -> np.ndarray:
    """Let the synthesiser run; return left and right averaged, (N,)."""
    if n_samples == 0:
        return np.zeros(0, np.float32)
    stereo = np.frombuffer(synth.generate_simple(n_samples), np.float32)
    # much faster than a mean over the last axis, and the same samples
    return (stereo[0::2] + stereo[1::2]) * np.float32(0.5)


def _resample(waveform: np.ndarray, factor: int) -> np.ndarray:
    """Keep one sample of `factor`, after a low-pass filter; float32."""
    if factor > 1 and waveform.size:
        waveform = resample_poly(waveform, 1, factor)
    return np.asarray(waveform, np.float32)


class NoteRenderer:
    """Renders single notes, each as if it were the first one.

    The same note gives the same samples, bit for bit, whatever was rendered
    before it. One renderer must not be shared between threads.

    Parameters
    ----------
    sample_rate : int
        Samples per second (Hz) of the result. 16 kHz is rendered at 48 kHz.

    Raises
    ------
    CourseError
        If tinysoundfont or the font is missing, or the rate is out of range.

    Taught in: notebooks/20_notes_dataset.ipynb
    """

    def __init__(self, sample_rate: int = 16_000) -> None:
        self.sample_rate = sample_rate
        self._factor = _oversampling(sample_rate)
        self._synth, self._font = load_synth(self._factor * sample_rate)

    def program_name(self, program: int) -> str:
        """Return the font's own name of a program (0 to 127)."""
        check_range("program", program, 0, 127)
        return self._synth.sfpreset_name(self._font, 0, int(program)).strip()

    def render(
        self,
        program: int,
        pitch: int,
        velocity: int,
        held_s: float = 3.0,
        duration_s: float = 4.0,
    ) -> np.ndarray:
        """Play one key: hold it, release it, and listen until the end.

        Parameters
        ----------
        program : int
            General MIDI program, 0 to 127; 0 is the piano.
        pitch : int
            MIDI pitch, 0 to 127.
        velocity : int
            MIDI velocity, 1 to 127.
        held_s, duration_s : float
            Seconds until the key is released, and in all (at most 60).

        Returns
        -------
        np.ndarray, shape (N,), float32
            N = round(duration_s * sample_rate). Not normalised: the loudest
            notes of this font reach about 0.5.

        Raises
        ------
        CourseError
            If a number lies outside its range.
        """
        _check_note(program, pitch, velocity, held_s, duration_s)
        total = round(duration_s * self.sample_rate) * self._factor
        held = min(round(held_s * self.sample_rate) * self._factor, total)
        synth = self._synth
        synth.sounds_off()
        _generate(synth, FLUSH_SAMPLES)
        synth.program_select(0, self._font, 0, int(program))
        synth.noteon(0, int(pitch), int(velocity))
        sounding = _generate(synth, held)
        synth.noteoff(0, int(pitch))
        waveform = np.concatenate([sounding, _generate(synth, total - held)])
        return _resample(waveform, self._factor)


def _check_note(
    program: int, pitch: int, velocity: int, held_s: float, duration_s: float
) -> None:
    """Raise `CourseError` unless every number of a note is in its range."""
    check_range("program", program, 0, 127)
    check_range("pitch", pitch, 0, 127)
    check_range("velocity", velocity, 1, 127)
    check_range("held_s", held_s, 0.0, 60.0, "s")
    check_range("duration_s", duration_s, 0.001, 60.0, "s")


@cache
def _renderer(sample_rate: int) -> NoteRenderer:
    """Keep one renderer per sample rate for `render_note`."""
    return NoteRenderer(sample_rate)


def render_note(
    program: int,
    pitch: int,
    velocity: int,
    held_s: float = 3.0,
    duration_s: float = 4.0,
    sample_rate: int = 16_000,
) -> np.ndarray:
    """Render one note, as NSynth records them: 3 s held, 1 s of decay.

    See `NoteRenderer.render` for the arguments and errors.

    Returns
    -------
    np.ndarray, shape (N,), float32
        N = round(duration_s * sample_rate), mono, not normalised.

    Taught in: notebooks/20_notes_dataset.ipynb
    """
    renderer = _renderer(sample_rate)
    return renderer.render(program, pitch, velocity, held_s, duration_s)


def sequence_to_waveform(
    sequence: "NoteSequence",
    sample_rate: int = 44_100,
    tail_s: float = 1.0,
    gain_db: float = 0.0,
) -> np.ndarray:
    """Play a whole piece: every program, drums, pedal, volume and bend.

    Onsets fall on the sample nearest to their time. Parts are played 15 at a
    time, on the channels MIDI has for them, and the passes are added. The
    engine has no pedal, so held notes are lengthened instead.

    Parameters
    ----------
    sequence : NoteSequence
        Times in seconds; so its tempo is already in them.
    sample_rate : int
        Samples per second (Hz) of the result.
    tail_s : float
        Seconds kept after the last note, for its decay.
    gain_db : float
        Change of level. No automatic gain, so that pieces can be compared.

    Returns
    -------
    np.ndarray, shape (N,), float32
        Mono, N = round((end of the last note + tail_s) * sample_rate).
        Only if a sample would leave [-1, 1] is the whole piece turned down,
        so that its peak is 1.

    Raises
    ------
    CourseError
        If the piece is longer than 50 minutes, a note's number is out of
        range, or the synthesiser is missing.

    Taught in: notebooks/30_midi_and_note_sequences.ipynb
    """
    from course_utils.symbolic.pedal import apply_pedal  # loads note_seq

    sequence = apply_pedal(sequence)
    end_s = end_of_notes(sequence)
    check_range("tail_s", tail_s, 0.0, 60.0, "s")
    factor = _oversampling(sample_rate)
    n_samples = round((end_s + tail_s) * sample_rate) * factor
    waveform = np.zeros(n_samples, np.float32)
    for parts in playing_passes(sequence):
        _add_pass(waveform, sequence, parts, factor * sample_rate)
    waveform = _resample(waveform, factor) * 10 ** (gain_db / 20)
    peak = np.abs(waveform).max(initial=0.0)
    return (waveform / max(peak, 1.0)).astype(np.float32)


def _add_pass(
    waveform: np.ndarray,
    sequence: "NoteSequence",
    channels: dict,
    render_rate: int,
) -> None:
    """Add the sound of the parts in `channels` to `waveform`, in place."""
    synth, font = load_synth(render_rate)
    for (_, program, is_drum), channel in channels.items():
        synth.program_select(channel, font, 0, program, is_drum)
    events = timed_events(sequence, channels, render_rate)
    now = 0
    for sample, group in groupby(events, key=itemgetter(0)):
        sample = min(sample, len(waveform))
        waveform[now:sample] += _generate(synth, sample - now)
        now = sample
        for _, _, method, arguments in group:
            getattr(synth, method)(*arguments)
    waveform[now:] += _generate(synth, len(waveform) - now)
