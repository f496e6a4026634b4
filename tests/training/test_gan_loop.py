import copy
import math
import signal
import threading

import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.toy_gan import (
    ToyConfig,
    ToyDiscriminator,
    ToyGenerator,
    draw_spots,
    energy_distance,
)
from course_utils.training.gan_loop import GanPlan, GanProgress, fit_gan
from course_utils.training.gan_losses import Batch, NonSaturatingR1
from course_utils.training.gan_schedules import (
    Constant,
    CosineRestarts,
    MultiStep,
    Stage,
)
from course_utils.training.gan_steps import GanNets, GanRules

TOY = ToyConfig(width=16)
RULES = GanRules(NonSaturatingR1(0.1))
STAGES = (Stage(0, 16, 8), Stage(1, 24, 4, fades_in=True), Stage(1, 40, 4))


def new_nets(config=TOY):
    rng = torch.Generator().manual_seed(1)
    nets = [ToyGenerator(config), ToyDiscriminator(config)]
    for net in nets:
        init_weights(net, rng)
    return GanNets(*nets, copy.deepcopy(nets[0]))


def plan(**changes):
    words = {
        "stages": (Stage(0, 1_000, 8),),
        "generator_rate": Constant(1e-3),
        "discriminator_rate": Constant(1e-3),
        "half_life": 100,
        "n_images": 40,
        "sample_every": 1_000,
        "save_every_s": math.inf,
    }
    return GanPlan(**words | changes)


class Training:
    """A training of the toy that keeps what the loop asked of it."""

    def __init__(self, rules=RULES, config=TOY):
        self.nets, self.rules, self.config = new_nets(config), rules, config
        self.progress = GanProgress()
        self.rng = torch.Generator().manual_seed(2)
        self.places, self.samples, self.saves, self.rates = [], [], [], []

    def fit(self, which):
        fit_gan(
            self.nets,
            self.rules,
            which,
            self.progress,
            self.real_batch,
            self.draw_labels,
            self.rng,
            sample=self.sample,
            save=lambda: self.saves.append(self.progress.step),
        )
        return self

    def real_batch(self, place):
        self.places.append(place)
        optimizers = (
            self.nets.generator_optimizer,
            self.nets.discriminator_optimizer,
        )
        self.rates.append([o.param_groups[0]["lr"] for o in optimizers])
        return Batch(*draw_spots(place.batch_size, self.config, self.rng))

    def draw_labels(self, n):
        return draw_spots(n, self.config, self.rng)[1]

    def sample(self, place):
        self.samples.append((self.progress.n_images, place.stage))
        return {"answer": 42.0}

    def cloud(self):
        rng = torch.Generator().manual_seed(3)
        labels = draw_spots(500, self.config, rng)[1]
        z = torch.randn(500, self.config.n_latent, generator=rng)
        with torch.no_grad():
            return self.nets.average(z, labels)


def same(one, other):
    return all(
        torch.equal(a, b)
        for name in ("generator", "discriminator", "average")
        for a, b in zip(
            getattr(one.nets, name).parameters(),
            getattr(other.nets, name).parameters(),
            strict=True,
        )
    )


def test_a_training_brings_drawn_points_nearer_to_real_ones(rng):
    training = Training(config=ToyConfig())
    real, _ = draw_spots(500, training.config, rng)
    before = energy_distance(training.cloud(), real)
    training.fit(plan(stages=(Stage(0, 1, 64),), n_images=64 * 250))
    assert energy_distance(training.cloud(), real) < 0.2 * before


def test_it_ends_when_all_images_were_shown():
    progress = Training().fit(plan(n_images=33)).progress
    assert (progress.step, progress.n_images) == (5, 40)  # batches of 8
    assert progress.seconds > 0
    steps, shown = progress.history.column("n_images")
    assert steps == [1, 2, 3, 4, 5]
    assert shown == [8, 16, 24, 32, 40]


def test_the_history_holds_both_losses_scores_and_the_place():
    history = Training().fit(plan(stages=STAGES, n_images=80)).progress.history
    for name in (
        "discriminator_loss",
        "generator_loss",
        "real_score",
        "fake_score",
    ):
        assert len(history.column(name)[1]) == len(history.rows)
    _, alphas = history.column("alpha")
    assert alphas == [1, 1, *(pytest.approx(i / 6) for i in range(6))] + 10 * [
        1
    ]
    assert history.column("penalty")[0] == [1, 9, 17]  # every eighth step


def test_batches_follow_the_stages():
    training = Training().fit(plan(stages=STAGES, n_images=80))
    assert [place.batch_size for place in training.places] == [8] * 2 + [
        4
    ] * 16
    assert [place.block for place in training.places] == [0] * 2 + [1] * 16


def test_a_sample_is_taken_at_times_and_when_a_stage_ends():
    training = Training().fit(
        plan(stages=STAGES, n_images=80, sample_every=30)
    )
    assert training.samples == [(16, 0), (32, 1), (40, 1), (60, 2), (80, 2)]
    steps, values = training.progress.history.column("answer")
    assert steps == [2, 6, 8, 13, 18]
    assert set(values) == {42.0}


def test_both_rates_are_those_of_the_images_shown():
    rates = (MultiStep(1e-3, (16, 24)), CosineRestarts(2e-3, 16))
    training = Training().fit(
        plan(generator_rate=rates[0], discriminator_rate=rates[1])
    )
    expected = [[rate.at(8 * step) for rate in rates] for step in range(5)]
    assert training.rates == expected


def test_the_rate_halves_with_a_factor_of_a_half():
    rates = (MultiStep(1e-3, (16,), warm_up=8), CosineRestarts(2e-3, 16))
    full = plan(generator_rate=rates[0], discriminator_rate=rates[1])
    half = full.scaled(0.5)
    for n_images in (0, 4, 12, 20):
        for name in ("generator_rate", "discriminator_rate"):
            both = [getattr(p, name).at(n_images) for p in (half, full)]
            assert both[0] == pytest.approx(both[1] / 2)


def test_another_end_changes_nothing_else():
    assert plan(n_images=40).until(80) == plan(n_images=80)


def test_a_training_in_two_parts_gives_the_same_weights():
    whole = Training().fit(plan(stages=STAGES, n_images=80))
    parts = Training().fit(plan(stages=STAGES, n_images=28))
    assert not same(whole, parts)
    parts.fit(plan(stages=STAGES, n_images=80))
    assert same(whole, parts)
    for name in ("n_images", "alpha", "generator_loss", "penalty"):
        columns = [t.progress.history.column(name) for t in (whole, parts)]
        assert columns[0] == columns[1]


def test_a_finished_training_does_nothing_more():
    training = Training().fit(plan())
    before = copy.deepcopy(training)
    training.fit(plan())
    assert same(training, before)
    assert training.saves == [5]


def test_it_is_saved_at_the_end_and_after_the_time_that_was_asked():
    assert Training().fit(plan()).saves == [5]
    assert Training().fit(plan(save_every_s=-1.0)).saves == [1, 2, 3, 4, 5]


def test_an_interruption_waits_for_its_step_and_saves():
    class Interrupted(Training):
        def real_batch(self, place):
            if self.progress.step == 2:
                signal.raise_signal(signal.SIGINT)
            return super().real_batch(place)

    training = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        training.fit(plan())
    assert training.saves == [3]
    assert training.progress.n_images == 24
    training.fit(plan())
    assert same(training, Training().fit(plan()))


def test_ctrl_c_works_as_before_after_a_training():
    before = signal.getsignal(signal.SIGINT)
    Training().fit(plan())
    assert signal.getsignal(signal.SIGINT) is before


def test_a_training_runs_in_another_thread_too():
    training = Training()
    thread = threading.Thread(target=training.fit, args=(plan(),))
    thread.start()
    thread.join()
    assert training.progress.step == 5


def test_a_loss_that_is_no_number_names_the_step_and_the_cure():
    training = Training().fit(plan(n_images=16))
    with torch.no_grad():
        training.nets.discriminator.layers[0].weight[0, 0] = math.nan
    message = r"at step 3; got nan; .*--resume.*--rate-factor"
    with pytest.raises(CourseError, match=message):
        training.fit(plan())
    assert training.saves == [2]  # nothing is saved after the blow-up


def test_a_score_out_of_all_bounds_names_the_step_and_the_cure():
    training = Training()
    with torch.no_grad():
        training.nets.discriminator.layers[-1].bias.fill_(-1e6)
    message = r"real_score \(scores below 10000 in size\) at step 1; got -"
    with pytest.raises(CourseError, match=message):
        training.fit(plan())
    assert training.progress.step == 0
    assert training.saves == []


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: plan().until(0), "images from 1"),
        (lambda: plan().scaled(0.0), "factor of the learning rates"),
        (lambda: plan().scaled(math.nan), "factor of the learning rates"),
        (lambda: Training().fit(plan(stages=())), "at least one stage"),
    ],
)
def test_impossible_plans_are_refused(mistake, message):
    with pytest.raises(CourseError, match=message):
        mistake()
