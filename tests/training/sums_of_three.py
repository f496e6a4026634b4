"""What three processes tell each other, checked by each of them."""

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.training.processes import join
from course_utils.training.several import Several

processes = join()
assert isinstance(processes, Several)
assert processes is join()
rank = processes.rank
rng = torch.Generator().manual_seed(440)
x = torch.randn(7, 2, 3, generator=rng, dtype=torch.float64)


def slope_twice(rows, total):
    """A penalty like R1's: its value, and its gradient for all inputs."""
    own = x[rows].clone().requires_grad_(True)
    y = total((own**3).sum(dim=0) / len(x))
    score = (own * y).square().sum()
    (slope,) = torch.autograd.grad(score, own, create_graph=True)
    penalty = slope.square().sum()
    penalty.backward()
    return penalty.detach(), own.grad


with processes.part(len(x)) as part:
    rows = part.rows
    assert (
        part.of("abcdefg") == [["a", "b", "c"], ["d", "e"], ["f", "g"]][rank]
    )
    assert part.share == len(rows) / 7
    own = x[rows]
    torch.testing.assert_close(processes.mean(own.mean(0)), x.mean(0))
    spread = processes.variance(own).double()
    torch.testing.assert_close(
        spread, x.var(0, correction=0), rtol=1e-5, atol=1e-6
    )
    means = processes.plain({"a": own.mean(), "b": own.square().mean()})
    expected = {"a": x.mean().item(), "b": x.square().mean().item()}
    assert all(abs(means[k] - expected[k]) < 1e-5 for k in expected)

penalty, gradient = slope_twice(rows, processes.total)
alone, whole_gradient = slope_twice(slice(None), lambda y: y)
torch.testing.assert_close(processes.total(penalty), alone)
torch.testing.assert_close(gradient, whole_gradient[rows])

weight = torch.nn.Parameter(torch.ones(2, 2))
unused = torch.nn.Parameter(torch.ones(1))
weight.grad = torch.full((2, 2), float(rank))
processes.add_gradients([weight, unused])
assert weight.grad.tolist() == [[3.0, 3.0], [3.0, 3.0]]

assert processes.any(rank == 1, False) == (True, False)
own = processes.own(x.transpose(0, 1), 1)
assert torch.equal(own, x[rows].transpose(0, 1))
assert torch.equal(processes.whole(own, 7, 1), x.transpose(0, 1))
assert processes.from_main(lambda: 0.1 + rank) == 0.1
processes.check_alike("a number", 2.5)
for differs in (rank, 1 / (1 + rank)):
    message = "the step to be the same in all 3"
    with pytest.raises(CourseError, match=message):
        processes.check_alike("the step", differs)

with processes.part(8, 2) as part:  # pairs stay together
    assert part.rows.tolist() == [[0, 1, 4, 5], [2, 6], [3, 7]][rank]
message = "at least 6 items a batch, for 3 processes; got 4"
with pytest.raises(CourseError, match=message), processes.part(4, 2):
    pass

with processes.main_first():
    pass
processes.wait()
if processes.is_main:
    print("all sums are right")
