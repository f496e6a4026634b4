"""What a whole training would cost on a graphics processor, on paper.

No number here was measured on one. A training step of our own networks is
counted operation by operation (`full_run_steps`), the processor's data sheet
turns that into the least seconds of a step, and a share of this roofline that
real programs reach turns those into hours. Starting the operations takes time
too, however fast the processor is: that is the second bound.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable, Sequence

from course_utils.experiments.full_run_steps import FLOAT_BYTES, StepCost
from course_utils.experiments.gpus import GIGA, Gpu

SHARES = (0.3, 0.7)  # of the roofline that real programs reach
HOUR = 3600  # seconds


def run_flops(steps: Sequence[StepCost]) -> float:
    """Return the FLOP of a whole training on one device."""
    return sum(step.n_steps * step.flops for step in steps)


def least_hours(steps: Sequence[StepCost], gpu: Gpu, precision: str) -> float:
    """Return the hours of a training at the roofline: nobody is faster.

    Parameters
    ----------
    steps : sequence of StepCost
        Of one device.
    gpu : Gpu
        Which one.
    precision : str
        See `Gpu.peaks`.
    """
    peaks = gpu.peaks(precision)
    seconds = sum(s.n_steps * peaks.least_seconds(s.works) for s in steps)
    return seconds / HOUR


def launch_hours(steps: Sequence[StepCost], launch_s: float) -> float:
    """Return the hours that starting the operations takes by itself.

    Parameters
    ----------
    steps : sequence of StepCost
        Of one device.
    launch_s : float
        Seconds until torch has started one operation.
    """
    n_operations = sum(step.n_steps * len(step.works) for step in steps)
    return n_operations * launch_s / HOUR


def message_seconds(n_numbers: int, n_devices: int, gpu: Gpu) -> float:
    """Return the seconds in which all devices add up their gradients.

    In a ring each sends 2 (N - 1) / N times the gradients, as float32.

    Parameters
    ----------
    n_numbers : int
        Weights.
    n_devices : int
        N.
    gpu : Gpu
        Whose link to its neighbour is used.
    """
    n_bytes = FLOAT_BYTES * n_numbers * 2 * (n_devices - 1) / n_devices
    return n_bytes / (GIGA * gpu.link_gb_per_s)


def hours_range(
    steps: Sequence[StepCost],
    gpu: Gpu,
    precision: str,
    launch_s: float,
    n_devices: int = 1,
) -> tuple[float, float]:
    """Return least and most hours to expect of a training.

    The roofline divided by the shares in `SHARES`, but never less than it
    takes to start the operations; then the messages between devices.

    Parameters
    ----------
    steps, gpu, precision, launch_s
        As above, for one of the devices.
    n_devices : int
        N.
    """
    best = least_hours(steps, gpu, precision)
    start = launch_hours(steps, launch_s)
    talk = sum(
        step.n_steps * message_seconds(step.n_weights, n_devices, gpu)
        for step in steps
    )
    fast, slow = (
        max(best / share, start) + talk / HOUR
        for share in sorted(SHARES)[::-1]
    )
    return fast, slow


def largest_batch(
    step_of: Callable[[int], StepCost], batch_size: int, gpu: Gpu
) -> int:
    """Return the most items that fit into a processor's memory; 0 if none.

    Parameters
    ----------
    step_of : callable
        Batch size -> `StepCost`.
    batch_size : int
        The one that is wanted; it is halved until it fits.
    gpu : Gpu
        With `memory_gb`.
    """
    while batch_size:
        if step_of(batch_size).memory_bytes <= GIGA * gpu.memory_gb:
            return batch_size
        batch_size //= 2
    return 0
