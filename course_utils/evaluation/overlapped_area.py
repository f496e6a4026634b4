"""Compare two sets of pieces by how far pieces lie apart.

The task: does a set of generated pieces vary as a set of real ones does, and
does it lie where the real ones lie? A mean alone cannot say: a generator that
writes one average piece again and again hits every mean.

For one feature (a row of numbers for each piece) measure three heaps of
distances: between each two real pieces, between each two generated pieces
(both intra-set), and between each real and each generated piece (inter-set).
Smooth each heap into a density. Metrics, each between an intra-set density
and the inter-set one: the overlapped area, 0 to 1, higher is better; and the
Kullback-Leibler divergence of the second from the first, in nats, 0 or more,
lower is better. A wide intra-set heap means variety; if a set's own heap
looks like the inter-set heap, its pieces are no nearer to each other than to
those of the other set.

Source: Yang and Lerch (2020), On the evaluation of generative models in
music, Neural Computing and Applications 32. Deviations: sums on a grid, not
adaptive quadrature; a smallest width, so that a heap of equal distances has
a density too; densities run on beyond the smallest and largest distance.

Taught in: notebooks/62_musical_judgement.ipynb
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.distance import cdist, pdist

from course_utils.basics.checks import CourseError

N_POINTS = 4096  # of the grid
WIDTHS = 6  # of room on either side of the distances
SMALLEST_WIDTH = 1e-3  # of the kernel, as a share of the largest distance
FLOOR = 1e-12  # of a density, so that its logarithm is finite


@dataclass(frozen=True)
class SetComparison:
    """What `compare_sets` returns about one feature.

    Parameters
    ----------
    real_intra, generated_intra, inter : float
        Mean distances, in the feature's unit.
    real_area, generated_area : float
        Overlapped area of a set's own density with the inter-set one, 0..1.
    real_kl, generated_kl : float
        Kullback-Leibler divergence of the inter-set density from a set's
        own, in nats.
    """

    real_intra: float
    generated_intra: float
    inter: float
    real_area: float
    generated_area: float
    real_kl: float
    generated_kl: float


def compare_sets(real: np.ndarray, generated: np.ndarray) -> SetComparison:
    """Compare two sets of pieces in one feature.

    Parameters
    ----------
    real, generated : np.ndarray, shape (N,) or (N, D) and (M,) or (M, D)
        One row a piece, such as its pitch range or its histogram of pitch
        classes; distances are Euclidean.

    Raises
    ------
    CourseError
        If a set has fewer than three pieces, the sizes of rows differ, or a
        number is not finite.

    References
    ----------
    Yang and Lerch (2020), section 3.2.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    real, generated = _rows(real), _rows(generated)
    if real.shape[1] != generated.shape[1]:
        raise CourseError(
            "rows of one size in both sets",
            f"{real.shape[1]} and {generated.shape[1]} numbers",
            "compute the same feature of both",
        )
    heaps = pdist(real), pdist(generated), cdist(real, generated).ravel()
    real_area, real_kl = overlap(heaps[0], heaps[2])
    generated_area, generated_kl = overlap(heaps[1], heaps[2])
    means = [float(heap.mean()) for heap in heaps]
    return SetComparison(
        *means, real_area, generated_area, real_kl, generated_kl
    )


def compare_tables(
    real: dict[str, np.ndarray], generated: dict[str, np.ndarray]
) -> dict[str, SetComparison]:
    """Compare two sets in every feature; errors as in `compare_sets`.

    Parameters
    ----------
    real, generated : dict
        Feature -> array, as `compare_sets` takes it. The same features.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    if set(real) != set(generated):
        raise CourseError(
            "the same features of both sets",
            f"{sorted(real)} and {sorted(generated)}",
            "compute both in one way",
        )
    return {name: compare_sets(real[name], generated[name]) for name in real}


def overlap(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Return the overlapped area of two heaps, and their divergence.

    Parameters
    ----------
    first, second : np.ndarray, shape (N,) and (M,)
        Any numbers in one unit, such as distances.

    Returns
    -------
    area : float
        Under the lower of both densities: 1 if they are the same.
    kl : float
        Sum of p ln(p / q), p the first density and q the second, in nats.

    Taught in: notebooks/62_musical_judgement.ipynb
    """
    widths = [_width(heap) for heap in (first, second)]
    smallest = SMALLEST_WIDTH * max(np.abs(first).max(), np.abs(second).max())
    widths = [max(width, smallest, 1e-9) for width in widths]
    room = WIDTHS * max(widths)
    low = min(first.min(), second.min()) - room
    high = max(first.max(), second.max()) + room
    edges = np.linspace(low, high, N_POINTS + 1)
    p, q = (
        _shares(heap, edges, width)
        for heap, width in zip((first, second), widths, strict=True)
    )
    kl = np.sum(p * np.log((p + FLOOR) / (q + FLOOR)))
    return float(np.minimum(p, q).sum()), max(float(kl), 0.0)


def _width(heap: np.ndarray) -> float:
    """Return Scott's width of a Gaussian kernel, in the heap's unit."""
    return float(heap.std(ddof=1)) * len(heap) ** -0.2


def _shares(heap: np.ndarray, edges: np.ndarray, width: float) -> np.ndarray:
    """Return a smoothed histogram (N_POINTS,) that sums to 1."""
    counts = np.histogram(heap, edges)[0].astype(float)
    step = edges[1] - edges[0]
    sigma = width / step
    smooth = gaussian_filter1d(counts, sigma, mode="constant", truncate=WIDTHS)
    return smooth / smooth.sum()


def _rows(values: np.ndarray) -> np.ndarray:
    """Return one row a piece, after checking the table."""
    values = np.asarray(values, float)
    if values.ndim not in (1, 2) or len(values) < 3:
        raise CourseError(
            "a row of numbers for each of at least three pieces",
            f"shape {values.shape}",
            "give more pieces",
        )
    if not np.isfinite(values).all():
        raise CourseError(
            "finite numbers",
            "NaN or infinity",
            "leave out the pieces that have no such feature, as silence has",
        )
    return values.reshape(len(values), -1)
