"""Which polyphony event may come next, so that any output can be played.

Within one step the pitches fall, and only a pitch that sounded in the step
before can be continued. A trained network keeps these rules nearly always;
a young one does not.

Taught in: notebooks/40_lstm_training.ipynb
"""

import torch
from torch import Tensor

from course_utils.symbolic import polyphony


class PolyphonyGrammar:
    """Reads events one by one and tells which may follow.

    It starts at the beginning of a step, with no pitch sounding.
    """

    def __init__(self) -> None:
        self._sounding: set[int] = set()  # pitches of the step before
        self._now: set[int] = set()  # pitches of this step so far
        self._ceiling = polyphony.N_PITCHES  # the next pitch lies below

    def accept(self, event: int) -> None:
        """Take note of the event that came."""
        if event == polyphony.STEP_END:
            self._sounding, self._now = self._now, set()
            self._ceiling = polyphony.N_PITCHES
            return
        pitch = polyphony.event_pitch(event)
        self._now.add(pitch)
        self._ceiling = pitch

    def allowed(self) -> Tensor:
        """Return a mask of bool, shape (V,): True for what may come next."""
        mask = torch.zeros(polyphony.N_CLASSES, dtype=torch.bool)
        mask[polyphony.STEP_END] = True
        low = polyphony.FIRST_NEW_NOTE
        mask[low : low + self._ceiling] = True
        for pitch in self._sounding:
            if pitch < self._ceiling:
                mask[polyphony.FIRST_CONTINUED_NOTE + pitch] = True
        return mask
