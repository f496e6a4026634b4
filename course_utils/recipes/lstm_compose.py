"""The trained LSTM continues a piece: MIDI in, polyphonic MIDI out.

The network reads the whole primer and then draws its own events. Meters,
tempos, velocities and program are the primer's (`symbolic.continuation`).

Taught in: notebooks/41_lstm_composing.ipynb
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.files import atomic_file
from course_utils.basics.runtime import torch_rng
from course_utils.data.wav import write_wav
from course_utils.evaluation.musical import tempo_bpm
from course_utils.models.lstm import EventLstm
from course_utils.models.lstm_stepper import LstmStepper
from course_utils.recipes.lstm import load_model
from course_utils.recipes.takes import most_like
from course_utils.sampling.autoregressive import sample_events
from course_utils.sampling.filters import NEVER
from course_utils.symbolic import polyphony
from course_utils.symbolic.continuation import lay_over, steps_of_bars
from course_utils.symbolic.encodings import Continuation, encoding_of
from course_utils.symbolic.meter import meters_of
from course_utils.symbolic.sequences import midi_to_sequence, sequence_to_midi
from course_utils.symbolic.synth import sequence_to_waveform
from course_utils.symbolic.ticks import DEFAULT_QPM

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

WAV_RATE = 44_100  # Hz
MAX_BARS = 1_000
MAX_TAKES = 1_000
IS_OVER = 0.5  # probability of END above which a piece is over
TURN_BARS = 4  # before the end of a primer; about a phrase
KEY_PULL = 0.5
MAX_PULL = 10.0
PEAK = 0.9  # of full scale; louder sound is scaled down to it


def generate(
    checkpoint: Path | str | None,
    primer: "NoteSequence",
    n_bars: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
    seed: int = 0,
    *,
    n_takes: int = 16,
    as_loud: bool = True,
    key_pull: float = KEY_PULL,
) -> "NoteSequence":
    """Compose bars that go on from a primer, in its meter and tempo.

    Parameters
    ----------
    checkpoint : Path, str or None
        See `recipes.lstm.load_model`.
    primer : NoteSequence
        The piece to go on from; drums are not read.
    n_bars : int
        Bars to compose, laid over the primer's from its first bar on.
    temperature, top_p : float
        See `sampling.filters`.
    seed : int
        The same seed gives the same piece.
    n_takes : int
        How many to compose; the one most like the primer is kept (see
        `recipes.takes`).
    as_loud : bool
        Move all velocities together until the new bars sound as loud as the
        primer (see `recipes.loudness_match`).
    key_pull : float
        How much struck notes lean towards the pitch classes that sound in
        the primer: the power of their share that probabilities are
        multiplied with. 0 is the network alone.

    Returns
    -------
    NoteSequence
        The new bars alone, from time 0, with the primer's tempos, time
        signatures and most used program, and velocities that it has.
    """
    check_range("bars", n_bars, 1, MAX_BARS)
    check_range("takes", n_takes, 1, MAX_TAKES)
    check_range("key pull", key_pull, 0.0, MAX_PULL)
    model, about = load_model(checkpoint)
    n_steps = steps_of_bars(primer, n_bars)
    bars = encoding_of(about["encoding"]).continuation(primer, n_steps)
    takes = compose_takes(
        model,
        bars,
        n_takes,
        temperature=temperature,
        top_p=top_p,
        key_pull=key_pull,
        rng=torch_rng(seed),
    )
    written = [take.notes(events) for take, events in takes]
    written = [notes for notes in written if notes]
    _check_sounding(written)
    pieces = [lay_over(primer, notes, n_steps) for notes in written]
    return most_like(primer, pieces, as_loud)


def compose_takes(
    model: EventLstm,
    bars: Continuation,
    n_takes: int,
    *,
    temperature: float,
    top_p: float,
    key_pull: float,
    rng: torch.Generator,
) -> list[tuple[Continuation, list[int]]]:
    """Return several times the events that fill the steps after a primer.

    Every other take goes on from the primer's end, the others from where it
    was liveliest: many pieces end in a few long notes, and what follows such
    an ending is as thin. A note held over from there may go on; in the new
    bars, which stand alone, it is struck. Where the network thinks that the
    piece is over (END), it goes back to what it had in mind some bars before
    the primer's end: the next piece that it expects would be another one, in
    another key.

    Returns
    -------
    list of (Continuation, list of int)
        The task of each take, which reads its events, and the events.
    """
    step = LstmStepper(model)
    back = step(torch.tensor([bars.before_the_end(TURN_BARS)]), None)
    lean = _lean(bars, model.config.vocab_size, key_pull)
    words = {"temperature": temperature, "top_p": top_p, "rng": rng}
    lines = bars.lively_lines(TURN_BARS)[: n_takes // 2]
    starts = [bars, *map(bars.cut, lines)]
    heard = [step(torch.tensor([s.primer_events]), None) for s in starts]
    takes = []
    for i in range(n_takes):
        turn = 1 + (i // 2) % len(lines) if i % 2 and lines else 0
        reading = (step, heard[turn], back)
        events = _one_take(reading, starts[turn], lean, words)
        takes.append((starts[turn], events))
    return takes


def _lean(bars: Continuation, n_classes: int, key_pull: float) -> Tensor:
    """Return what is added to the logits (V,) so that the key is kept.

    Struck notes only: the logarithm of how much their pitch class sounds in
    the primer, times `key_pull`, and 0 on average over the primer's notes.
    """
    shares = bars.pitch_classes()
    pull = key_pull * np.log(shares)
    pull -= shares @ pull
    lean = torch.zeros(n_classes)
    lean[polyphony.FIRST_NEW_NOTE : polyphony.FIRST_CONTINUED_NOTE] = (
        torch.from_numpy(pull[np.arange(polyphony.N_PITCHES) % 12])
    )
    return lean


def _one_take(
    reading: tuple, bars: Continuation, lean: Tensor, words: dict
) -> list[int]:
    """Draw the events of one take; see `compose_takes`."""
    step, heard, back = reading
    grammar = bars.new_grammar()

    def read(tokens: Tensor, state: object) -> tuple[Tensor, object]:
        logits, state = heard if state is None else step(tokens, state)
        if float(logits[0, -1].softmax(-1)[polyphony.END]) <= IS_OVER:
            return logits, state
        grammar.release()
        return back

    def allow(logits: Tensor) -> Tensor:
        return (logits + lean).masked_fill(~grammar.allowed(), NEVER)

    drawn = sample_events(read, bars.primer_events, allow=allow, **words)
    events: list[int] = []
    while grammar.n_steps < bars.n_steps:
        events.append(next(drawn))
        grammar.accept(events[-1])
    return events


def _check_sounding(notes: list) -> None:
    """Refuse new bars without any note, which a young network may write."""
    if not notes:
        raise CourseError(
            "at least one note in the new bars",
            "silence",
            "train longer, or raise the temperature or top-p",
        )


def generate_file(
    primer: Path | str,
    out: Path | str,
    *,
    wav: Path | str | None = None,
    checkpoint: Path | str | None = None,
    n_bars: int = 8,
    temperature: float = 1.0,
    top_p: float = 0.95,
    seed: int = 0,
    n_takes: int = 16,
) -> dict[str, object]:
    """Continue a MIDI file into a MIDI file, and a wav if asked.

    Returns
    -------
    dict
        `out`, `wav`, `checkpoint`, `n_notes`, `n_bars`, `meter`,
        `tempo_bpm`, `seconds` (of music) and `seed`.
    """
    _check_names(out, wav)
    _, about = load_model(checkpoint)
    heard = midi_to_sequence(primer)
    settings = (n_bars, temperature, top_p, seed)
    checkpoint = about["checkpoint"]
    sequence = generate(checkpoint, heard, *settings, n_takes=n_takes)
    if wav:
        _write_sound(sequence, wav)
    sequence_to_midi(sequence, out)
    meters = meters_of(sequence)
    return {
        "out": str(out),
        "wav": str(wav) if wav else None,
        "checkpoint": checkpoint,
        "n_notes": len(sequence.notes),
        "n_bars": n_bars,
        "meter": ", ".join(
            dict.fromkeys(f"{m.numerator}/{m.denominator}" for m in meters)
        ),
        "tempo_bpm": tempo_bpm(sequence) or DEFAULT_QPM,
        "seconds": sequence.total_time,
        "seed": seed,
    }


def _check_names(out: Path | str, wav: Path | str | None) -> None:
    """Refuse to write MIDI and sound into one file."""
    if wav and Path(wav).resolve() == Path(out).resolve():
        raise CourseError(
            "two files to write, MIDI and wav",
            f"{out} for both",
            "name them apart",
        )


def _write_sound(sequence: "NoteSequence", path: Path | str) -> None:
    """Render a piece to a wav file, never clipped."""
    waveform = sequence_to_waveform(sequence, WAV_RATE)
    loudest = float(np.abs(waveform).max(initial=PEAK))
    with atomic_file(path) as part:
        write_wav(part, waveform * (PEAK / loudest), WAV_RATE)
