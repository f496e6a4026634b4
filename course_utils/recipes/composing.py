"""Draw new bars several times, with any network that reads events.

Taught in: notebooks/41_lstm_composing.ipynb
"""

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.basics.checks import CourseError
from course_utils.sampling.autoregressive import Predict, sample_events
from course_utils.sampling.filters import NEVER
from course_utils.symbolic.encodings import Continuation
from course_utils.symbolic.polyphony import N_PITCHES

if TYPE_CHECKING:
    from note_seq.protobuf.music_pb2 import NoteSequence

IS_OVER = 0.5  # probability of END above which a piece is over
TURN_BARS = 4  # before the end of a primer; about a phrase


def compose_takes(
    step: Predict,
    bars: Continuation,
    n_takes: int,
    *,
    temperature: float,
    top_p: float,
    key_pull: float,
    rng: torch.Generator,
    top_k: int | None = None,
) -> list[tuple[Continuation, list[int]]]:
    """Return several times the events that fill the steps after a primer.

    Every other take goes on from the primer's end, the others from where it
    was liveliest: many pieces end in a few long notes, and what follows such
    an ending is as thin. A note held over from there may go on; in the new
    bars, which stand alone, it is struck. Where the network thinks that the
    piece is over (END), it goes back to what it had in mind some bars before
    the primer's end: the next piece that it expects would be another one, in
    another key.

    Parameters
    ----------
    step : callable
        Takes (tokens (1, L), state or None), returns (logits (1, L, V) or
        the last of them, state); a state can be used more than once.
    bars : Continuation
        What is gone on from, and how far.
    n_takes : int
        How many to compose.
    temperature, top_p, key_pull, rng
        See `lstm_compose.generate`.
    top_k : int, optional
        See `sampling.filters`; None keeps all.

    Returns
    -------
    list of (Continuation, list of int)
        The task of each take, which reads its events, and the events.
    """
    back = step(torch.tensor([bars.before_the_end(TURN_BARS)]), None)
    lean = _lean(bars, key_pull)
    words = {"temperature": temperature, "top_p": top_p, "rng": rng}
    words["top_k"] = top_k
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


def _lean(bars: Continuation, key_pull: float) -> Tensor:
    """Return what is added to the logits (V,) so that the key is kept.

    Struck notes only: the logarithm of how much their pitch class sounds in
    the primer, times `key_pull`, and 0 on average over the primer's notes.
    """
    shares = bars.pitch_classes()
    pull = key_pull * np.log(shares)
    pull -= shares @ pull
    first = bars.first_struck
    lean = torch.zeros(bars.n_classes)
    lean[first : first + N_PITCHES] = torch.from_numpy(
        pull[np.arange(N_PITCHES) % 12]
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
        if bars.end is None:
            return logits, state
        if float(logits[0, -1].softmax(-1)[bars.end]) <= IS_OVER:
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


def sounding(pieces: list["NoteSequence"]) -> list["NoteSequence"]:
    """Return the pieces that have notes; a young network may write none.

    Raises
    ------
    CourseError
        If none has.
    """
    found = [piece for piece in pieces if piece.notes]
    if not found:
        raise CourseError(
            "at least one note in the new bars",
            "silence",
            "train longer, or raise the temperature or top-p",
        )
    return found
