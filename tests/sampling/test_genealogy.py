import pytest
import torch

from course_utils.sampling.genealogy import ancestors, effective_number


def test_as_many_count_as_have_equal_weights():
    weights = torch.tensor([[0.0, 0.0, 0.0, 0.0], [5.0, 5.0, -1e4, -1e4]])
    assert effective_number(weights).tolist() == pytest.approx([4.0, 2.0])
    assert effective_number(torch.log(torch.tensor([1.0, 3.0]))).item() == (
        pytest.approx(1.6)
    )


def test_without_replacement_everybody_is_its_own_ancestor():
    parents = torch.arange(3).expand(5, 3)
    assert torch.equal(ancestors(parents), parents)


def test_lines_of_ancestors_by_hand():
    # After sixteenth 0, both versions go on from 1; after sixteenth 1 they
    # change places; after sixteenth 2 nothing happens.
    parents = torch.tensor([[1, 1], [1, 0], [0, 1]])
    expected = torch.tensor([[1, 1], [1, 0], [0, 1]])
    assert torch.equal(ancestors(parents), expected)


def test_ancestors_are_those_whose_notes_a_version_has(rng):
    n_steps, n_versions = 12, 5
    parents = torch.randint(n_versions, (n_steps, n_versions), generator=rng)
    songs = torch.zeros(n_versions, 0, dtype=torch.int64)
    for row in parents:
        songs = torch.cat([songs, torch.arange(n_versions)[:, None]], dim=1)
        songs = songs[row]
    assert torch.equal(ancestors(parents), songs.T)
