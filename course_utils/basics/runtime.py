"""Seeds, device and a description of the machine.

Taught in: notebooks/00_start_here.ipynb
"""

import os
import platform
import shutil
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil
import torch

from course_utils.basics.checks import check_range

PACKAGES = (
    "torch",
    "numpy",
    "scipy",
    "matplotlib",
    "librosa",
    "soundfile",
    "note-seq",
    "pretty_midi",
    "music21",
    "papermill",
)
GIB = 2**30
MAX_SEED = 2**53  # whole numbers that every program reads alike


def torch_rng(seed: int) -> torch.Generator:
    """Return a CPU random generator of torch that starts at `seed`.

    Raises
    ------
    CourseError
        If the seed is negative or has more than 53 bits.
    """
    check_range("seed", seed, 0, MAX_SEED)
    return torch.Generator().manual_seed(seed)


def numpy_rng(seed: int) -> np.random.Generator:
    """Return a random generator of numpy that starts at `seed`."""
    check_range("seed", seed, 0, MAX_SEED)
    return np.random.default_rng(seed)


def best_device() -> torch.device:
    """Return the GPU if torch sees one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bfloat16_is_fast(device: torch.device | str) -> bool:
    """Return whether a device multiplies bfloat16 at least as fast as float32.

    A processor without AVX-512 has to imitate it and takes about ten times
    as long as in float32; a GPU older than Ampere imitates it too.
    """
    if torch.device(device).type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def package_version(name: str) -> str | None:
    """Return the installed version of a package, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def describe(folder: Path | str = ".") -> dict[str, object]:
    """Describe the machine, as the doctor and every manifest print it.

    Parameters
    ----------
    folder : Path or str
        The free disk is measured where this folder lies.

    Returns
    -------
    dict
        `python`, `system`, `device`, `n_cpu`, `memory_gib`,
        `memory_free_gib`, `disk_free_gib` and `packages` (name -> version
        or None).
    """
    memory = psutil.virtual_memory()
    gpu = torch.cuda.is_available()
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if gpu else "CPU",
        "n_cpu": os.cpu_count(),
        "memory_gib": round(memory.total / GIB, 1),
        "memory_free_gib": round(memory.available / GIB, 1),
        "disk_free_gib": round(shutil.disk_usage(folder).free / GIB, 1),
        "packages": {name: package_version(name) for name in PACKAGES},
    }
