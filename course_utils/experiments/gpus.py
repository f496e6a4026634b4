"""What some graphics processors have, as their maker publishes it.

All figures of one processor stand here and nowhere else. Matrix products are
dense: figures that need half of the weights to be zero are not taken.

Sources: NVIDIA's data sheets "T4", "V100", "A100" and "H100 Tensor Core GPU",
and the white papers of their architectures (Turing, Volta, Ampere, Hopper).

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import dataclass
from types import MappingProxyType

from course_utils.experiments.roofline import Peaks

TERA, GIGA = 1e12, 1e9


@dataclass(frozen=True)
class Gpu:
    """One processor. Plain numbers are in the unit of their name.

    Parameters
    ----------
    name : str
        As it is called.
    float32_tflops : float
        10^12 operations a second in float32, without tensor cores.
    tf32_tflops, bfloat16_tflops : float or None
        Of tensor cores; None where it has no such products. torch takes
        TF32 for float32 convolutions unless it is told otherwise.
    memory_gb : float
        10^9 bytes that a program may use; a T4's 16 GB show as 15.
    memory_gb_per_s : float
        How fast they are read or written.
    link_gb_per_s : float
        To a neighbour, in one direction; half of what data sheets print.
    """

    name: str
    float32_tflops: float
    tf32_tflops: float | None
    bfloat16_tflops: float | None
    memory_gb: float
    memory_gb_per_s: float
    link_gb_per_s: float

    def peaks(self, precision: str) -> Peaks:
        """Return what it has for a kind of training.

        Parameters
        ----------
        precision : str
            "convolutions" in float32, or "bfloat16" as the course trains
            where the processor has it, and in float32 where it has not.
        """
        found = {
            "convolutions": self.tf32_tflops,
            "bfloat16": self.bfloat16_tflops,
        }[precision]
        tflops = found or self.float32_tflops
        return Peaks(TERA * tflops, GIGA * self.memory_gb_per_s)


GPUS = MappingProxyType(
    {
        gpu.name: gpu
        for gpu in (
            Gpu("T4", 8.1, None, None, 15, 320, 16),
            Gpu("V100", 15.7, None, None, 16, 900, 150),
            Gpu("A100", 19.5, 156, 312, 80, 2039, 300),
            Gpu("H100", 67, 494.7, 989.4, 80, 3350, 450),
        )
    }
)
