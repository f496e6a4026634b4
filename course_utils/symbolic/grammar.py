"""Which event may come next, so that whatever is drawn can be played.

Within one step the pitches fall, and only a pitch that sounded in the step
before can be continued. A trained network keeps these rules nearly always;
a young one does not. The metrical grammar also brings the clock: which place
of which bar comes next is not drawn but told.

Taught in: notebooks/40_lstm_training.ipynb
"""

from collections.abc import Collection, Iterable

import torch
from torch import Tensor

from course_utils.symbolic import metrical, polyphony


class Grammar:
    """What both grammars share: the notes of a step and of the one before.

    It starts at the beginning of a step, with no pitch sounding.

    Parameters
    ----------
    n_classes : int
        V.
    """

    def __init__(self, n_classes: int) -> None:
        self.n_classes = n_classes
        self.n_steps = 0  # that have ended
        self._sounding: set[int] = set()  # pitches of the step before
        self._now: set[int] = set()  # pitches of this step so far
        self._ceiling = polyphony.N_PITCHES  # the next pitch lies below

    def accept(self, event: int) -> None:
        """Take note of the event that came."""
        pitch = polyphony.event_pitch(event)
        self._now.add(pitch)
        self._ceiling = pitch

    def end_step(self) -> None:
        """Let what sounded in this step be what can be held in the next."""
        self.n_steps += 1
        self._sounding, self._now = self._now, set()
        self._ceiling = polyphony.N_PITCHES

    def release(self) -> None:
        """Let go of all notes: none of them can be held in the next step."""
        self._sounding, self._now = set(), set()

    def allowed(self) -> Tensor:
        """Return a mask of bool, shape (V,): True for notes that may come."""
        mask = torch.zeros(self.n_classes, dtype=torch.bool)
        low = polyphony.FIRST_NEW_NOTE
        mask[low : low + self._ceiling] = True
        for pitch in self._sounding:
            if pitch < self._ceiling:
                mask[polyphony.FIRST_CONTINUED_NOTE + pitch] = True
        return mask


class PolyphonyGrammar(Grammar):
    """The rules of the 259 events."""

    def __init__(self) -> None:
        super().__init__(polyphony.N_CLASSES)

    def accept(self, event: int) -> None:
        """Take note of the event that came."""
        if event == polyphony.STEP_END:
            self.end_step()
        else:
            super().accept(event)

    def allowed(self) -> Tensor:
        """Return a mask of bool, shape (V,): True for what may come next."""
        mask = super().allowed()
        mask[polyphony.STEP_END] = True
        return mask


class MetricalGrammar(Grammar):
    """The rules of the metrical events, along bars that are known.

    It hears a primer with `accept`; then `follow` tells it the bars to come.

    Parameters
    ----------
    velocities : collection of int
        The VELOCITY events that may be drawn.
    """

    def __init__(self, velocities: Collection[int]) -> None:
        super().__init__(metrical.N_CLASSES)
        self._openings: list[int] = []  # of the steps to come, last one first
        self._velocities = sorted(velocities)
        self._velocity: int | None = None
        self._strikes = False  # after VELOCITY a struck note must come
        self._opens = False  # between two steps

    def follow(self, openings: Iterable[list[int]]) -> None:
        """Begin new bars with the events that open their steps.

        Parameters
        ----------
        openings : iterable of list of int
            One list a step (see `metrical.openings`); each comes in turn,
            when the notes of the step before are complete. `n_steps` counts
            from here.
        """
        row = [event for opening in openings for event in opening]
        self._openings = row[::-1]
        self._opens = True
        self.n_steps = -1  # the primer's last step is still to end

    def accept(self, event: int) -> None:
        """Take note of the event that came."""
        if event < metrical.FIRST_PLACE:
            self._strikes = False
            super().accept(event)
        elif event >= metrical.FIRST_VELOCITY:
            self._velocity, self._strikes = event, True
        else:
            self._opens = event >= metrical.FIRST_METER
            if self._openings:
                self._openings.pop()
            if not self._opens:
                self.end_step()

    def allowed(self) -> Tensor:
        """Return a mask of bool, shape (V,): True for what may come next."""
        mask = super().allowed()
        struck = slice(
            polyphony.FIRST_NEW_NOTE, polyphony.FIRST_CONTINUED_NOTE
        )
        if self._opens:
            mask[:] = False
        elif self._strikes:
            mask[polyphony.FIRST_CONTINUED_NOTE :] = False
            return mask
        else:
            mask[struck] &= self._velocity is not None
            if self._ceiling > 0:
                mask[self._velocities] = True
                mask[self._velocity] = False
        mask[self._openings[-1]] = True
        return mask
