import numpy as np
import pytest
import torch

from course_utils.basics import runtime
from course_utils.basics.checks import CourseError


def test_the_same_seed_gives_the_same_numbers_and_another_does_not():
    def draw(seed):
        return torch.rand(8, generator=runtime.torch_rng(seed))

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))
    a, b = (runtime.numpy_rng(s).random(8) for s in (3, 3))
    assert np.array_equal(a, b)


def test_drawing_leaves_the_global_generators_alone():
    before = torch.get_rng_state()
    torch.rand(8, generator=runtime.torch_rng(1))
    assert torch.equal(before, torch.get_rng_state())


def test_the_description_names_packages_and_positive_sizes(tmp_path):
    told = runtime.describe(tmp_path)
    assert told["packages"]["torch"] == runtime.package_version("torch")
    assert told["packages"]["numpy"] == np.__version__
    for size in ("memory_gib", "memory_free_gib", "disk_free_gib", "n_cpu"):
        assert told[size] > 0


def test_an_absent_package_has_no_version():
    assert runtime.package_version("no-such-package-at-all") is None


@pytest.mark.parametrize("seed", [-1, 10**30])
def test_an_impossible_seed_is_refused(seed):
    for make in (runtime.torch_rng, runtime.numpy_rng):
        with pytest.raises(CourseError, match="seed from 0 to"):
            make(seed)


def test_bfloat16_is_only_used_where_the_processor_has_wide_registers(
    monkeypatch,
):
    cpu = torch.backends.cpu
    monkeypatch.setattr(cpu, "get_cpu_capability", lambda: "AVX2")
    assert not runtime.bfloat16_is_fast("cpu")
    monkeypatch.setattr(cpu, "get_cpu_capability", lambda: "AVX512")
    assert runtime.bfloat16_is_fast("cpu")
