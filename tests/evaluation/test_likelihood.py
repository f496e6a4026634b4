import math

import pytest
import torch

from course_utils.evaluation.likelihood import perplexity, sequence_nll
from course_utils.models.initialise import init_weights
from course_utils.models.lstm import EventLstm, LstmConfig


def test_a_uniform_guess_costs_log_v_an_event():
    pieces = [[1, 2, 3], [4, 5]]
    nll = sequence_nll(lambda x: torch.zeros(*x.shape, 7), pieces)
    expected = [2 * math.log(7), math.log(7)]
    assert nll.tolist() == pytest.approx(expected)


def test_perplexity_stays_a_number_when_a_training_blows_up():
    assert perplexity(math.log(12)) == pytest.approx(12)
    assert math.isfinite(perplexity(1e9))


def test_padding_and_batching_change_nothing(rng):
    model = EventLstm(LstmConfig(vocab_size=9, width=5, n_layers=1)).eval()
    init_weights(model, rng)
    pieces = [
        torch.randint(0, 9, (n,), generator=rng).tolist()
        for n in (12, 3, 7, 2, 9)
    ]

    def nll(batch_size):
        return sequence_nll(lambda x: model(x)[0], pieces, batch_size)

    for size in (2, 5):
        torch.testing.assert_close(nll(size), nll(1), rtol=1e-5, atol=1e-6)


def test_a_sure_and_right_guess_costs_nothing():
    def sure(tokens):
        return 1e4 * torch.nn.functional.one_hot(tokens + 1, 9).float()

    assert sequence_nll(sure, [[0, 1, 2, 3]]).item() == 0
