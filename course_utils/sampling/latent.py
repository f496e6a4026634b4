"""Ways between noise vectors: along the sphere, and through several points.

Noise of many dimensions lies near a sphere: the norm of D normal numbers is
about sqrt(D), with a standard deviation of about 0.7 whatever D is. A
straight line between two such vectors cuts through the inside, where a
network never got a vector to learn from; an arc stays outside.

Axes: D latent dimensions, T steps of a way, K points on it.

Source: Shoemake (1985), Animating rotation with quaternion curves; used on
noise by White (2016), Sampling generative networks, arXiv:1609.04468.

Taught in: notebooks/24_playing_gansynth.ipynb
"""

import torch
from torch import Tensor

from course_utils.basics.checks import CourseError, check_range

SAME = 1e-9  # a direction shorter than this, beside 1, is no direction


def slerp(start: Tensor, end: Tensor, share: float | Tensor) -> Tensor:
    """Go along the arc from one vector to another.

    The angle grows evenly with `share`, and so does the norm from that of
    `start` to that of `end`.

    Parameters
    ----------
    start, end : Tensor, shape (..., D)
        D of 2 or more; none of them zero.
    share : float or Tensor, shape (...)
        0 is the start, 1 the end.

    Returns
    -------
    Tensor, shape (..., D)
        As precise as `start`. Parallel vectors are no special case.
        Opposite ones have no shortest arc; then one is chosen, the same
        every time.

    Raises
    ------
    CourseError
        If the shapes do not fit, or a vector is zero or not finite.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    _check_vectors(start, end)
    share = torch.as_tensor(share, dtype=torch.float64)[..., None]
    norm = torch.lerp(_norm(start), _norm(end), share)
    unit, other = start.double() / _norm(start), end.double() / _norm(end)
    # Precise for all angles, where the arc cosine fails near 0 and pi.
    angle = 2 * torch.atan2(_norm(other - unit), _norm(other + unit))
    aside = _across(unit, other)
    turned = torch.cos(share * angle) * unit + torch.sin(share * angle) * aside
    return (norm * turned).to(start.dtype)


def latent_walk(points: Tensor, places: Tensor) -> Tensor:
    """Walk along arcs from point to point.

    Parameters
    ----------
    points : Tensor, shape (K, D)
        K of 2 or more.
    places : Tensor, shape (T,)
        Where to stand, 0 to K - 1: 1.5 is half way from the second point to
        the third.

    Returns
    -------
    Tensor, shape (T, D)

    Raises
    ------
    CourseError
        If there are fewer than two points, or a place is beyond them.

    Taught in: notebooks/24_playing_gansynth.ipynb
    """
    if points.ndim != 2 or len(points) < 2:
        raise CourseError(
            "two or more points of shape (K, D)",
            f"shape {tuple(points.shape)}",
            "draw some with torch.randn",
        )
    if not len(places):
        return points[:0]
    last = len(points) - 1
    check_range("lowest place on the walk", float(places.min()), 0, last)
    check_range("highest place on the walk", float(places.max()), 0, last)
    before = places.floor().long().clamp_max(last - 1)
    share = places.double() - before
    return slerp(points[before], points[before + 1], share)


def _norm(x: Tensor) -> Tensor:
    """Return the length of each vector, shape (..., 1), float64."""
    return x.double().norm(dim=-1, keepdim=True)


def _across(unit: Tensor, other: Tensor) -> Tensor:
    """Return the unit vectors at a right angle that lead to `other`."""
    aside = other - (other * unit).sum(dim=-1, keepdim=True) * unit
    # The axis that `unit` has least of is never parallel to it.
    axis = torch.zeros_like(aside).scatter(
        -1, unit.expand_as(aside).abs().argmin(dim=-1, keepdim=True), 1.0
    )
    any_way = axis - (axis * unit).sum(dim=-1, keepdim=True) * unit
    aside = torch.where(_norm(aside) > SAME, aside, any_way)
    return aside / _norm(aside)


def _check_vectors(start: Tensor, end: Tensor) -> None:
    """Refuse vectors between which there is no arc."""
    fits = start.ndim and end.ndim and start.shape[-1] == end.shape[-1] > 1
    if not fits:
        raise CourseError(
            "two vectors of one length, 2 or more",
            f"shapes {tuple(start.shape)} and {tuple(end.shape)}",
            "draw both with the n_latent of the same network",
        )
    norms = torch.cat([_norm(start).flatten(), _norm(end).flatten()])
    if not (norms.isfinite() & (norms > 0)).all():
        raise CourseError(
            "vectors with a direction",
            "one that is zero or not finite",
            "draw them from N(0, 1)",
        )
