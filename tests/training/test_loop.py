import itertools
import math
import signal
import threading

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.lstm import EventLstm, LstmConfig
from course_utils.training.loop import Progress, fit_sequence_model
from course_utils.training.steps import sequence_step

TINY = LstmConfig(vocab_size=5, width=8, n_layers=1, keep_probability=1.0)


def model_and_optimizer():
    model = EventLstm(TINY)
    init_weights(model, torch.Generator().manual_seed(1))
    return model, torch.optim.Adam(model.parameters(), 0.02)


def counting_batches():
    """The events count 0 1 2 3 4 0 1 ...: fully predictable."""
    tokens = torch.arange(9).repeat(2, 1) % 5
    return itertools.repeat((tokens[:, :-1], tokens[:, 1:], True))


def fit(model, optimizer, batches, progress, **changes):
    state = None

    def learn():
        nonlocal state
        inputs, targets, first = next(batches)
        numbers, state = sequence_step(
            model, optimizer, inputs, targets, None if first else state, 1.0
        )
        return numbers

    words = {
        "n_steps": 4,
        "evaluate": lambda: 1.0,
        "evaluate_every": 2,
        "save": lambda best: None,
        "save_every_s": math.inf,
    }
    fit_sequence_model(learn, progress, **words | changes)


def test_a_predictable_sequence_is_learnt():
    model, optimizer = model_and_optimizer()
    progress = Progress()
    fit(model, optimizer, counting_batches(), progress, n_steps=150)
    _, nll = progress.history.column("nll")
    assert nll[0] == pytest.approx(math.log(5), abs=0.5)
    assert nll[-1] < 0.1


def test_a_step_equals_the_update_by_hand():
    model, optimizer = model_and_optimizer()
    other, other_optimizer = model_and_optimizer()
    inputs, targets, _ = next(counting_batches())
    numbers, _ = sequence_step(model, optimizer, inputs, targets, None, 1e9)

    log_p = other(inputs)[0].log_softmax(-1)
    picked = log_p.gather(-1, targets[..., None])
    other_optimizer.zero_grad()
    (-picked.mean()).backward()
    other_optimizer.step()
    assert numbers["nll"] == pytest.approx(-picked.mean().item(), rel=1e-6)
    for ours, theirs in zip(
        model.parameters(), other.parameters(), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_gradients_are_clipped_and_the_norm_before_is_told():
    model, _ = model_and_optimizer()
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    before = [weight.detach().clone() for weight in model.parameters()]
    inputs, targets, _ = next(counting_batches())
    numbers, _ = sequence_step(model, optimizer, inputs, targets, None, 1e-3)
    moves = [
        (new - old).pow(2).sum()
        for new, old in zip(model.parameters(), before, strict=True)
    ]
    assert numbers["gradient_norm"] > 1e-3
    length = torch.stack(moves).sum().sqrt().item()
    assert length == pytest.approx(1e-3, rel=1e-2)


def test_held_out_is_measured_on_time_and_the_best_is_told():
    held_out = iter([3.0, 2.0, 2.5])
    saved = []
    model, optimizer = model_and_optimizer()
    progress = Progress()
    fit(
        model,
        optimizer,
        counting_batches(),
        progress,
        n_steps=5,
        evaluate=lambda: next(held_out),
        save=saved.append,
    )
    assert progress.history.column("held_out_nll") == (
        [2, 4, 5],
        [3.0, 2.0, 2.5],
    )
    assert saved == [True, True, False]
    assert progress.best_nll == 2.0


def test_a_checkpoint_is_written_between_the_evaluations():
    saved = []
    model, optimizer = model_and_optimizer()
    fit(
        model,
        optimizer,
        counting_batches(),
        Progress(),
        n_steps=3,
        evaluate_every=100,
        save=saved.append,
        save_every_s=-1.0,
    )
    assert saved == [False, False, True]


def test_an_interruption_waits_for_its_step_and_saves():
    def interrupted():
        yield from itertools.islice(counting_batches(), 2)
        signal.raise_signal(signal.SIGINT)  # while the third is prepared
        yield from counting_batches()

    saved = []
    model, optimizer = model_and_optimizer()
    progress = Progress()
    with pytest.raises(KeyboardInterrupt):
        fit(
            model,
            optimizer,
            interrupted(),
            progress,
            evaluate_every=100,
            save=saved.append,
        )
    assert saved == [False]
    assert progress.step == 3


def test_ctrl_c_works_as_before_after_a_training():
    before = signal.getsignal(signal.SIGINT)
    model, optimizer = model_and_optimizer()
    fit(model, optimizer, counting_batches(), Progress())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_training_runs_in_another_thread_too():
    model, optimizer = model_and_optimizer()
    progress = Progress()
    words = (model, optimizer, counting_batches(), progress)
    thread = threading.Thread(target=fit, args=words)
    thread.start()
    thread.join()
    assert progress.step == 4


def test_a_loss_that_blows_up_names_the_step_and_the_cure():
    model, optimizer = model_and_optimizer()
    with torch.no_grad():
        model.readout.weight.fill_(math.nan)
    with pytest.raises(CourseError, match=r"step 1; got nan.*learning rate"):
        fit(model, optimizer, counting_batches(), Progress())


def scored(scores):
    """A progress whose evaluations brought these."""
    progress = Progress()
    for step, score in enumerate(scores, start=1):
        progress.history.record(step, nll=0.0)
        progress.history.record(step, held_out_nll=score)
    return progress


@pytest.mark.parametrize(
    ("scores", "n_without"),
    [
        ([], 0),
        ([3.0], 0),
        ([3.0, 2.0], 0),
        ([3.0, 2.0, 2.5, 2.1], 2),
        ([2.0, 2.0, 2.0], 2),  # as good is not better
        ([2.0, 3.0, 3.0, 1.0], 0),
    ],
)
def test_a_training_is_tired_after_so_many_scores_that_were_no_better(
    scores, n_without
):
    progress = scored(scores)
    for patience in range(1, 6):
        assert progress.is_tired(patience) == (patience <= n_without)
    assert not progress.is_tired(None)


def fit_with_scores(scores, progress, **words):
    held_out = iter(scores)
    fit_sequence_model(
        lambda: {"nll": 1.0},
        progress,
        evaluate=lambda: next(held_out),
        evaluate_every=2,
        save=lambda best: None,
        save_every_s=math.inf,
        **words,
    )


def test_a_training_that_gets_no_better_stops():
    progress = Progress()
    scores = [3.0, 2.0, 2.5, 2.4, 1.0]
    fit_with_scores(scores, progress, n_steps=100, patience=2)
    assert progress.step == 8
    assert progress.best_nll == 2.0
    fit_with_scores([], progress, n_steps=100, patience=2)  # still tired
    assert progress.step == 8


def test_without_patience_a_training_goes_to_its_end():
    progress = Progress()
    fit_with_scores([2.0, 3.0, 3.0, 3.0, 3.0], progress, n_steps=9)
    assert progress.step == 9
