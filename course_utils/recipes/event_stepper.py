"""Read events one by one, with a memory that has an end.

Keys and values of the events before are kept (`models.attention`). A network
that learnt from crops of so many events is never asked for more: when its
memory is full, the older half is forgotten, and the newer half read anew.

Taught in: notebooks/52_transformer_composing.ipynb
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.models.attention import Cache
from course_utils.models.music_transformer import MusicTransformer
from course_utils.recipes.event_task import Facts


@dataclass(frozen=True)
class Heard:
    """What was read since the memory was last emptied.

    Parameters
    ----------
    events : Tensor of int64, shape (L,)
        The events, oldest first.
    caches : list of caches, one a layer
        Their keys and values.
    """

    events: Tensor
    caches: list[Cache]


class EventStepper:
    """Gives the logits of each next event.

    Parameters
    ----------
    model : MusicTransformer
        Trained on events; dropout is off.
    facts : Facts
        What it is told besides each event.
    memory : int
        Most events that are remembered.
    """

    def __init__(
        self, model: MusicTransformer, facts: Facts, memory: int
    ) -> None:
        self.model = model.eval()
        self.facts = facts
        self.memory = memory

    @torch.no_grad()
    def __call__(
        self, tokens: Tensor, heard: Heard | None
    ) -> tuple[Tensor, Heard]:
        """Return the logits after the last event, and what was heard.

        Parameters
        ----------
        tokens : Tensor of int64, shape (1, L)
            A primer, or one event.
        heard : Heard or None
            What an earlier call returned; it can be used more than once.

        Returns
        -------
        logits : Tensor, shape (1, 1, V)
        heard : Heard
        """
        if heard is None:
            return self._read(tokens[0, -self.memory // 2 :])
        events = torch.cat([heard.events, tokens[0]])
        if len(events) > self.memory:
            return self._read(events[-self.memory // 2 :])
        return self._read(events, len(heard.events), heard.caches)

    def _read(
        self,
        events: Tensor,
        n_read: int = 0,
        caches: list[Cache] | None = None,
    ) -> tuple[Tensor, Heard]:
        """Read what is new of some events."""
        new = slice(n_read, None)
        logits, caches = self.model(
            events[None, new],
            self.facts.contexts_of(events)[None, new],
            caches,
            self.facts.flags_of(events)[None, new],
        )
        return logits[:, -1:], Heard(events, caches)
