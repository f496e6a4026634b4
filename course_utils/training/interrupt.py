"""Let Ctrl-C wait for the end of a step, so that no state is half-changed.

Taught in: notebooks/40_lstm_training.ipynb
"""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Interrupt:
    """Whether an interruption was asked for meanwhile."""

    asked = False

    def notice(self, *_signal: object) -> None:
        """Take note of the signal; the step goes on."""
        self.asked = True


@contextmanager
def deferred_interrupt(
    signals: Sequence[int] = (signal.SIGINT,),
) -> Iterator[Interrupt]:
    """Collect Ctrl-C (and a notebook's stop button) instead of raising.

    Parameters
    ----------
    signals : sequence of int
        Those that ask for it.

    Yields
    ------
    Interrupt
        Its `asked` turns True; the loop then saves and raises by itself.
        Outside the main thread Python allows no handler, and none is set.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = [signal.signal(each, interrupt.notice) for each in signals]
    try:
        yield interrupt
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)
