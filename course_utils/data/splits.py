"""Split a data set so that no part gives another part away.

What belongs together (all notes of one instrument, all copies of one work)
goes to one side, and the side depends on the name alone: the same name is
on the same side on every machine, in every preset and in every year.

Taught in: notebooks/20_notes_dataset.ipynb
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from course_utils.basics.checks import CourseError

SPLITS = ("train", "validation", "test")
SHARES = MappingProxyType({"train": 0.8, "validation": 0.1, "test": 0.1})
HASH_BYTES = 8


def hash_share(name: str) -> float:
    """Return a number in [0, 1) that depends on the name alone.

    Python's own `hash` differs from run to run; SHA-256 never does.
    """
    digest = hashlib.sha256(name.encode("utf-8")).digest()[:HASH_BYTES]
    return int.from_bytes(digest, "big") / 256**HASH_BYTES


def split_by_hash(name: str, shares: Mapping[str, float] = SHARES) -> str:
    """Return the split of one name, whatever other names there are.

    Parameters
    ----------
    name : str
        A file, a work or an instrument.
    shares : mapping
        Split name -> share; they add up to 1. Real counts only come near
        these shares, which is the price for a split that never moves.

    Returns
    -------
    str
        One of the names in `shares`.

    Raises
    ------
    CourseError
        If the shares do not add up to 1.
    """
    _check_shares(shares)
    place = hash_share(name)
    edge = 0.0
    for split, share in shares.items():
        edge += share
        if place < edge:
            return split
    return split  # rounding: the edges may add up to slightly less than 1


def split_by_group(
    groups: Sequence[str], shares: Mapping[str, float] = SHARES
) -> list[str]:
    """Return one split per item, the same for all items of a group.

    Parameters
    ----------
    groups : sequence of str
        The group of each item, such as the instrument of each note.
    shares : mapping
        As for `split_by_hash`.
    """
    return [split_by_hash(group, shares) for group in groups]


def split_names(
    names: Iterable[str], shares: Mapping[str, float] = SHARES
) -> dict[str, str]:
    """Split the names of a small set, and leave no split empty.

    Each name goes where `split_by_hash` sends it. If a split stays empty,
    the name with the highest hash moves there from the fullest split, as
    long as there is one name for each split.

    Returns
    -------
    dict
        Name -> split.
    """
    found = {name: split_by_hash(name, shares) for name in names}
    if len(found) < len(shares):
        return found
    for split in shares:
        if split in found.values():
            continue
        kept = list(found.values())
        fullest = max(shares, key=kept.count)
        inside = [name for name, side in found.items() if side == fullest]
        found[max(inside, key=hash_share)] = split
    return found


def split_stratified(
    strata: Mapping[str, str], held_out: float = 0.2
) -> dict[str, str]:
    """Hold out the same share of every stratum, so that each is judged.

    Parameters
    ----------
    strata : mapping
        Group -> stratum, such as instrument -> family.
    held_out : float
        Share of the groups of each stratum, rounded, that become
        "validation": at least one where there are two, never all.

    Returns
    -------
    dict
        Group -> "train" or "validation". Within a stratum the groups with
        the lowest hash are held out, so the order of the input is nothing.
    """
    members: dict[str, list[str]] = {}
    for group, stratum in strata.items():
        members.setdefault(stratum, []).append(group)
    found = {}
    for groups in members.values():
        groups.sort(key=hash_share)
        n_out = max(round(held_out * len(groups)), 1)
        n_out = min(n_out, len(groups) - 1)
        for place, group in enumerate(groups):
            found[group] = "validation" if place < n_out else "train"
    return {group: found[group] for group in strata}


def _check_shares(shares: Mapping[str, float]) -> None:
    """Refuse shares that do not add up to 1."""
    total = sum(shares.values())
    if abs(total - 1) > 1e-6 or min(shares.values()) < 0:
        raise CourseError(
            "shares of the splits that add up to 1",
            dict(shares),
            "write them as in {'train': 0.8, 'validation': 0.2}",
        )
