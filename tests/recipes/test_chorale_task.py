import math

import pytest
import torch

from course_utils.recipes.chorale_task import EVALUATED_AT_ONCE, ChoraleTask
from course_utils.symbolic.chorale import VOICES, grid_to_sequence
from course_utils.symbolic.chorale_classes import classes_to_grid

TASK = ChoraleTask()
TINY = {"width": 16, "n_layers": 1, "n_heads": 2, "feed_forward": 24}


@pytest.fixture
def model(rng):
    made = TASK.new_model(TINY)
    TASK.init(made, rng)
    return made.eval()


def chorale(rng, length):
    return torch.randint(47, (length, 4), generator=rng)


def chorales(rng):
    """More than are priced at once, of many lengths, in no order."""
    lengths = (9, 30, 4, 17, 1, 12, 40, 8, 21, 5)
    assert len(lengths) > EVALUATED_AT_ONCE
    return [chorale(rng, length) for length in lengths]


@torch.no_grad()
def priced_alone(model, classes, start=0):
    """Nats of each note, (T, 4), with no other piece and no padding."""
    logits = model(classes[None], torch.tensor([start % 16]))[0]
    log_p = logits.double().log_softmax(-1)
    return -log_p.gather(-1, classes[..., None])[..., 0]


def test_figures_are_those_of_each_piece_priced_alone(model, rng):
    pieces = chorales(rng)
    prices = [priced_alone(model, piece) for piece in pieces]
    figures = TASK.figures(model, pieces)
    notes = torch.cat(prices)
    means = [piece.mean().item() for piece in prices]
    assert figures["nll"] == pytest.approx(notes.mean().item(), rel=1e-5)
    assert figures["nll_per_note"] == figures["nll"]
    assert figures["perplexity"] == pytest.approx(math.exp(figures["nll"]))
    assert figures["nll_by_piece"] == pytest.approx(means, rel=1e-5)
    mean = sum(means) / len(means)
    assert figures["nll_piece_mean"] == pytest.approx(mean, rel=1e-5)
    by_voice = dict(zip(VOICES, notes.mean(dim=0).tolist(), strict=True))
    assert figures["nll_by_voice"] == pytest.approx(by_voice, rel=1e-5)
    assert figures["n_tokens"] == notes.numel() == 147 * 4
    assert figures["n_pieces"] == len(pieces)


def test_a_longer_piece_changes_nothing_for_the_others(model, rng):
    pieces = [chorale(rng, length) for length in (5, 11)]
    alone = TASK.figures(model, pieces)["nll_by_piece"]
    longer = [*pieces, chorale(rng, 90)]
    together = TASK.figures(model, longer)["nll_by_piece"]
    assert together[:2] == pytest.approx(alone, rel=1e-5)


def test_figures_are_without_dropout_and_leave_the_model_as_it_was(rng):
    model = TASK.new_model(TINY | {"keep_probability": 0.5})
    TASK.init(model, rng)
    pieces = chorales(rng)
    quiet = TASK.figures(model.eval(), pieces)
    assert not model.training
    assert TASK.figures(model.train(), pieces) == quiet
    assert model.training


def test_the_loss_of_whole_pieces_is_their_mean_price(model, rng):
    pieces = chorales(rng)
    loss = TASK.loss(model, [(piece, 0) for piece in pieces])
    nll = TASK.figures(model, pieces)["nll"]
    assert loss.item() == pytest.approx(nll, rel=1e-5)


@pytest.mark.parametrize("start", [1, 5, 16, 35])
def test_a_crop_from_within_a_piece_leaves_out_its_first_sixteenth(
    model, rng, start
):
    crop = chorale(rng, 12)
    prices = priced_alone(model, crop, start)
    loss = TASK.loss(model, [(crop, start)]).item()
    assert loss == pytest.approx(prices[1:].mean().item(), rel=1e-5)
    assert loss != pytest.approx(prices.mean().item(), rel=1e-5)


def test_padding_is_not_in_the_loss(model, rng):
    crops = [(chorale(rng, 6), 0), (chorale(rng, 40), 3)]
    n_priced = 6 * 4, 39 * 4
    alone = [TASK.loss(model, [crop]).item() for crop in crops]
    total = sum(n * nll for n, nll in zip(n_priced, alone, strict=True))
    together = TASK.loss(model, crops).item()
    assert together == pytest.approx(total / sum(n_priced), rel=1e-5)


def test_a_crop_with_nothing_to_predict_costs_nothing(model, rng):
    assert TASK.loss(model, [(chorale(rng, 1), 7)]) == 0


def test_a_piece_is_encoded_as_its_grid_and_varied_as_a_whole(rng):
    lows = torch.tensor([31, 23, 15, 5])  # voices that do not cross
    classes = lows + torch.randint(6, (24, 4), generator=rng)
    sequence = grid_to_sequence(classes_to_grid(classes))
    assert torch.equal(TASK.encode(sequence), classes)
    moved = TASK.vary(classes, rng) - classes
    assert len(moved.unique()) == 1
