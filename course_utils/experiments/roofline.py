"""How fast could it be? What a computation asks for, and what a machine has.

An operation must multiply and must move bytes; the slower of the two is its
least time (the roofline). A computation on the device `meta` has shapes and
no numbers, so that what a network of any size asks for is counted here, in
seconds and without its memory.

Source: Williams, Waterman and Patterson (2009), Roofline: an insightful
visual performance model, doi:10.1145/1498765.1498785.

Taught in: notebooks/23_gansynth_training.ipynb
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry


class Work(NamedTuple):
    """What one operation asks for; a product and its sum are 2 FLOP."""

    flops: float
    n_bytes: float  # read and written


@dataclass(frozen=True)
class Peaks:
    """What a machine has at best."""

    flops_per_s: float  # of matrix products
    bytes_per_s: float  # of its memory

    def least_seconds(self, works: Iterable[Work]) -> float:
        """Return the time of operations, one after the other, at best."""
        return sum(
            max(work.flops / self.flops_per_s, work.n_bytes / self.bytes_per_s)
            for work in works
        )


class _Counter(TorchDispatchMode):
    """Notes what every operation asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.works: list[Work] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        read, written = _tensors((args, kwargs)), _tensors(out)
        if func._schema.is_mutable or not _are_views(written, read):
            formula = flop_registry.get(func.overloadpacket)
            flops = formula(*args, **kwargs, out_val=out) if formula else 0
            n_bytes = sum(map(_n_bytes, [*read, *written]))
            self.works.append(Work(flops, n_bytes))
        return out


def _tensors(tree: object) -> list[Tensor]:
    """Return the tensors in nested arguments or results."""
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _are_views(written: list[Tensor], read: list[Tensor]) -> bool:
    """Return whether results only look at their arguments in another way."""
    known = {_storage(tensor) for tensor in read}
    return all(_storage(tensor) in known for tensor in written)


def _storage(tensor: Tensor) -> int:
    """Return which memory a tensor lies in."""
    return tensor.untyped_storage()._cdata


def _n_bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor; what is repeated counts once."""
    whole = tensor.numel() * tensor.element_size()
    return min(whole, tensor.untyped_storage().nbytes())


def count_work(compute: Callable[[], object]) -> list[Work]:
    """Return what each operation of a computation asks for, in order.

    Parameters
    ----------
    compute : callable
        Runs once; with tensors on `meta` it takes no time and no memory.

    Returns
    -------
    list of Work
        One an operation that is not a mere view. An operation reads its
        arguments and writes its results once: so it is without fusing and
        without a cache.
    """
    with _Counter() as counter:
        compute()
    return counter.works


def total_flops(works: Iterable[Work]) -> float:
    """Return the FLOP of operations together."""
    return sum(work.flops for work in works)


def count_learning(
    loss_of: Callable[[], Tensor],
) -> tuple[list[Work], int]:
    """Return the work of a loss and its gradient, and what is kept between.

    Parameters
    ----------
    loss_of : callable
        Returns the loss; see `count_work`.

    Returns
    -------
    works : list of Work
    kept_bytes : int
        What the forward pass keeps for the gradient, weights included. It
        is all there at once when the gradient begins.
    """
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage.nbytes()
        return tensor

    def learn() -> None:
        with saved_tensors_hooks(note, lambda tensor: tensor):
            loss = loss_of()
        loss.backward()

    return count_work(learn), sum(kept.values())


def n_weights(*nets: torch.nn.Module) -> int:
    """Return the number of weights of some networks."""
    return sum(w.numel() for net in nets for w in net.parameters())
