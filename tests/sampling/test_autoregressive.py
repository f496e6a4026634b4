from itertools import islice

import torch

from course_utils.sampling.autoregressive import sample_events


def counting(tokens, state):
    """The next event is one more than the last; the state counts calls."""
    logits = torch.full((1, tokens.shape[1], 10), -1e9)
    following = (tokens + 1) % 10
    logits.scatter_(-1, following[..., None], 0.0)
    return logits, (state or 0) + tokens.shape[1]


def sample(allow, n, predict=counting, seed=0):
    return list(
        islice(
            sample_events(
                predict,
                [3, 4],
                temperature=1.0,
                top_p=1.0,
                allow=allow,
                rng=torch.Generator().manual_seed(seed),
            ),
            n,
        )
    )


def test_each_event_follows_from_the_one_before():
    assert sample(lambda logits: logits, 7) == [5, 6, 7, 8, 9, 0, 1]


def test_the_grammar_is_obeyed():
    def even(logits):
        logits = logits.clone()
        logits[:, 1::2] = float("-inf")
        return logits

    assert all(event % 2 == 0 for event in sample(even, 20))


def test_the_state_is_carried():
    states = []

    def watched(tokens, state):
        logits, state = counting(tokens, state)
        states.append(state)
        return logits, state

    sample(lambda logits: logits, 3, watched)
    assert states == [2, 3, 4]


def test_the_seed_decides():
    def flat(tokens, state):
        return torch.zeros(1, tokens.shape[1], 10), state

    draws = [sample(lambda x: x, 30, flat, seed) for seed in (1, 1, 2)]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
