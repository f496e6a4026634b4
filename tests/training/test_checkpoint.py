import errno
import json
import pickle
import resource
import signal

import pytest
import torch
from safetensors.torch import save_file

from course_utils.basics.checks import CourseError
from course_utils.training.checkpoint import (
    as_saved,
    load_state,
    save_state,
)


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


def test_a_nested_state_survives(tmp_path, rng):
    state = {
        "weights": {"a.weight": torch.randn(2, 3, generator=rng)},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}, 1: {}}},
        "bytes": torch.arange(5, dtype=torch.uint8),
        "pair": [torch.zeros(0), None, True, 2, 0.1, "text"],
        "empty": {},
    }
    save_state(tmp_path / "s.safetensors", state)
    assert same(load_state(tmp_path / "s.safetensors"), state)


def test_plain_values_are_told_as_they_will_come_back(tmp_path):
    words = {"betas": (0.9, 0.98), "deep": [{"a": ((1,), None)}], "n": {3: 1}}
    save_state(tmp_path / "s.safetensors", words)
    assert load_state(tmp_path / "s.safetensors") == as_saved(words)
    assert as_saved(words)["betas"] == [0.9, 0.98]


def test_an_adam_optimizer_goes_on_exactly(tmp_path, rng):
    def new():
        weight = torch.nn.Parameter(torch.ones(4))
        return weight, torch.optim.Adam([weight], 0.1)

    def update(weight, optimizer, gradient):
        weight.grad = gradient.clone()
        optimizer.step()

    gradients = torch.randn(4, 4, generator=rng)
    whole, whole_optimizer = new()
    for gradient in gradients:
        update(whole, whole_optimizer, gradient)

    first, first_optimizer = new()
    for gradient in gradients[:2]:
        update(first, first_optimizer, gradient)
    state = {"weight": first.detach(), "adam": first_optimizer.state_dict()}
    save_state(tmp_path / "s.safetensors", state)

    saved = load_state(tmp_path / "s.safetensors")
    second, second_optimizer = new()
    second.data.copy_(saved["weight"])
    second_optimizer.load_state_dict(saved["adam"])
    for gradient in gradients[2:]:
        update(second, second_optimizer, gradient)
    assert torch.equal(second, whole)


def test_shared_and_sliced_tensors_are_written(tmp_path):
    base = torch.arange(6.0).reshape(2, 3)
    save_state(tmp_path / "s.safetensors", {"a": base.T, "b": base[:, 1:]})
    loaded = load_state(tmp_path / "s.safetensors")
    assert torch.equal(loaded["a"], base.T)
    assert torch.equal(loaded["b"], base[:, 1:])


def test_a_full_disk_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "s.safetensors"
    save_state(path, {"step": 1})

    def fail(part, data):
        part.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", fail)
    with pytest.raises(CourseError, match="a full disk"):
        save_state(path, {"step": 2})
    assert load_state(path) == {"step": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_an_object_is_refused(tmp_path):
    with pytest.raises(CourseError, match="object at /model"):
        save_state(tmp_path / "s.safetensors", {"model": object()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content", [b"", b"text", b"\xff" * 64, pickle.dumps({"a": 1})]
)
def test_a_broken_or_pickled_file_is_refused(tmp_path, content):
    path = tmp_path / "s.safetensors"
    path.write_bytes(content)
    with pytest.raises(CourseError, match="a checkpoint of this course"):
        load_state(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    path = tmp_path / "s.safetensors"
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(CourseError, match="a checkpoint of this course"):
        load_state(path)
    header = json.dumps({"a": {"$tensor": "gone"}})
    save_file({"a": torch.zeros(1)}, path, metadata={"course": header})
    with pytest.raises(CourseError, match="KeyError"):
        load_state(path)


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "s.safetensors"
    save_state(path, {"a": torch.zeros(1000)})
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CourseError, match="cannot be read"):
        load_state(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CourseError, match="nothing there"):
        load_state(tmp_path / "absent.safetensors")


def test_a_file_that_may_not_grow_is_named_and_nothing_is_left(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(CourseError, match="file too large"):
            save_state(tmp_path / "s.safetensors", {"a": torch.zeros(9999)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "tree",
    [
        "[1, 2]",
        "null",
        '{"a": {"$tensor": ["a"]}}',
        '{"a": {"$tensor": {}}}',
        '{"a": {"$int": [1]}}',
        '{"a": {"$int": {"x": 1}}}',
        "[" * 50_000,
    ],
)
def test_a_header_that_is_no_state_is_refused(tmp_path, tree):
    path = tmp_path / "s.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"course": tree})
    with pytest.raises(CourseError, match="a checkpoint of this course"):
        load_state(path)
