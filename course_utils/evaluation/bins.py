"""Number of statistically different bins: is every kind of note still there?

The training notes are put into bins of similar notes by k-means. If another
set were drawn from the same distribution, as large a share of it would fall
into each bin. A test per bin says whether the difference is more than
chance; the number of bins where it is, is NDB. A generator that leaves out a
kind of note (mode collapse) leaves bins empty, even if every note is good.

With so many tests a few bins differ by chance: about 5 % of them. A larger
set makes the test sharper, so NDB grows with the number of notes: compare
sets of one size.

Axes: M notes, D values of a note (see `log_spectra`), K bins.

Source: Richardson and Weiss (2018), On GANs and GMMs, arXiv:1805.12462,
section 3; GANSynth uses K = 50.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from dataclasses import dataclass

import numpy as np

from course_utils.basics.checks import CourseError, check_range
from course_utils.basics.runtime import numpy_rng

N_BINS = 50
N_STARTS = 4  # of k-means; the best is kept
MAX_ROUNDS = 100
CRITICAL_Z = 1.959964  # two-sided, at the level 0.05


@dataclass(frozen=True)
class Bins:
    """Bins of the training notes.

    Parameters
    ----------
    centres : np.ndarray, shape (K, D)
        Mean of each bin.
    counts : np.ndarray of int, shape (K,)
        Training notes in each.
    """

    centres: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True)
class BinComparison:
    """How another set fills the bins.

    Parameters
    ----------
    counts : np.ndarray of int, shape (K,)
        Its notes in each bin.
    z : np.ndarray, shape (K,)
        Difference of the shares in standard errors; negative where the set
        has too few.
    ndb : int
        Bins with |z| above 1.96.
    js_divergence : float
        Jensen-Shannon divergence of the shares in nats, 0 to ln 2.
    """

    counts: np.ndarray
    z: np.ndarray
    ndb: int
    js_divergence: float


def fit_bins(values: np.ndarray, seed: int, n_bins: int = N_BINS) -> Bins:
    """Put the training notes into bins: k-means++, then Lloyd's rounds.

    Parameters
    ----------
    values : np.ndarray, shape (M, D)
        Training notes, at least K.
    seed : int
        Of the first centres.
    n_bins : int
        K.

    Raises
    ------
    CourseError
        If there are fewer notes than bins.

    References
    ----------
    Arthur and Vassilvitskii (2007), k-means++; Lloyd (1982).

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    check_range("n_bins", n_bins, 1, 10**6)
    if values.ndim != 2 or len(values) < n_bins:
        raise CourseError(
            f"at least {n_bins} notes, one row each",
            f"shape {values.shape}",
            "give more notes or ask for fewer bins",
        )
    rng = numpy_rng(seed)
    tries = [
        lloyd(values, first_centres(values, n_bins, rng))
        for _ in range(N_STARTS)
    ]
    centres, _ = min(tries, key=lambda found: found[1])
    counts = np.bincount(nearest_centres(values, centres), minlength=n_bins)
    return Bins(centres, counts)


def first_centres(
    values: np.ndarray, n_bins: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw notes (K, D) as centres, far ones likelier: k-means++."""
    chosen = [int(rng.integers(len(values)))]
    near = squared_distances(values, values[chosen])[:, 0]
    while len(chosen) < n_bins:
        total = near.sum()
        even = np.full(len(near), 1 / len(near))  # if all notes are alike
        shares = near / total if total > 0 else even
        chosen.append(int(rng.choice(len(values), p=shares)))
        new = squared_distances(values, values[chosen[-1:]])[:, 0]
        near = np.minimum(near, new)
    return values[chosen]


def lloyd(values: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, float]:
    """Move each centre to the mean of its notes until nothing changes.

    Returns
    -------
    centres : np.ndarray, shape (K, D)
        A bin that lost all its notes keeps its centre.
    inertia : float
        Sum of the squared distances of the notes to their centres.
    """
    centres, before = centres.copy(), None
    for _ in range(MAX_ROUNDS):
        places = nearest_centres(values, centres)
        if before is not None and (places == before).all():
            break
        for k in np.unique(places):
            centres[k] = values[places == k].mean(axis=0)
        before = places
    inertia = squared_distances(values, centres).min(axis=1).sum()
    return centres, float(inertia)


def nearest_centres(values: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the bin of each note, integers of shape (M,)."""
    return squared_distances(values, centres).argmin(axis=1)


def squared_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return |a - b|^2 for every pair of rows, shape (M, K)."""
    length1 = np.einsum("md,md->m", first, first)
    length2 = np.einsum("kd,kd->k", second, second)
    square = length1[:, None] + length2 - 2 * first @ second.T
    return np.maximum(square, 0)


def compare_bins(bins: Bins, values: np.ndarray) -> BinComparison:
    """Count the bins that another set fills differently.

    Parameters
    ----------
    bins : Bins
        From `fit_bins`.
    values : np.ndarray, shape (M, D)
        The other notes, at least one.

    Raises
    ------
    CourseError
        If there is no note, or D is another.

    Taught in: notebooks/23_gansynth_training.ipynb
    """
    width = bins.centres.shape[1]
    if values.ndim != 2 or not len(values) or values.shape[1] != width:
        raise CourseError(
            f"notes of {width} values, at least one",
            f"shape {values.shape}",
            "make both sets with the same log_spectra",
        )
    return compare_places(bins, nearest_centres(values, bins.centres))


def compare_places(bins: Bins, places: np.ndarray) -> BinComparison:
    """Do the same for notes whose bins are known, integers of shape (M,).

    Notes
    -----
    With shares p of n training and q of m other notes, and the share r of
    both together: z = (q - p) / sqrt(r (1 - r) (1/n + 1/m)).
    """
    counts = np.bincount(places, minlength=len(bins.counts))
    n, m = bins.counts.sum(), counts.sum()
    p, q = bins.counts / n, counts / m
    both = (bins.counts + counts) / (n + m)
    error = np.sqrt(both * (1 - both) * (1 / n + 1 / m))
    z = np.divide(q - p, error, out=np.zeros(len(p)), where=error > 0)
    return BinComparison(
        counts, z, int((np.abs(z) > CRITICAL_Z).sum()), _js_divergence(p, q)
    )


def _js_divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Return the Jensen-Shannon divergence of two sets of shares."""
    middle = (p + q) / 2
    total = 0.0
    for shares in (p, q):
        kept = shares > 0
        ratio = np.log(shares[kept] / middle[kept])
        total += float((shares[kept] * ratio).sum()) / 2
    return max(total, 0.0)
