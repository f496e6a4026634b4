import pytest
import torch

from course_utils.basics.checks import CourseError
from course_utils.models.initialise import init_weights
from course_utils.models.mu_law import N_CLASSES
from course_utils.models.wavenet import PRESETS, WaveNet, WaveNetConfig

CACHE_ATOL = 1e-5  # float32: one column against the whole convolution
SHAPES = [
    WaveNetConfig(8, 8, layers_per_stack=3, n_stacks=1),
    WaveNetConfig(8, 6, layers_per_stack=3, n_stacks=2, kernel_size=3),
    WaveNetConfig(4, 4, layers_per_stack=1, n_stacks=1, kernel_size=5),
]
TINY = SHAPES[1]


@pytest.fixture(autouse=True)
def one_thread():
    """Small layers lose more time to waiting threads than they gain."""
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(n_threads)


def network(config, seed=0):
    model = WaveNet(config).eval()
    init_weights(model, torch.Generator().manual_seed(seed))
    return model


def codes(rng, *shape):
    return torch.randint(N_CLASSES, shape, generator=rng)


def seen_by(model, tokens, n):
    """Return which samples have a gradient on the logits at sample n."""
    embedded = []
    hook = model.embedding.register_forward_hook(
        lambda _module, _given, out: embedded.append(out) or out
    )
    logits = model(tokens)
    hook.remove()
    (slope,) = torch.autograd.grad(logits[:, n].square().sum(), embedded)
    return slope.abs().sum(dim=(0, 2)) > 0


@pytest.mark.parametrize("config", SHAPES)
def test_logits_see_the_receptive_field_and_nothing_else(rng, config):
    reach, n_samples = config.receptive_field, config.receptive_field + 9
    n = n_samples - 4
    seen = seen_by(network(config), codes(rng, 2, n_samples), n)
    expected = torch.zeros(n_samples, dtype=torch.bool)
    expected[n - reach + 1 : n + 1] = True
    assert torch.equal(seen, expected)


def test_receptive_fields_counted_by_hand():
    assert WaveNetConfig(1, 1, 3, 1).receptive_field == 1 + 1 + 2 + 4
    assert WaveNetConfig(1, 1, 3, 2, 3).receptive_field == 1 + 2 * 2 * 7
    # 3 stacks of 1 ... 512 with kernel 3: 6,139 samples
    assert PRESETS["paper"].receptive_field == 1 + 2 * 3 * 1023


@pytest.mark.parametrize("config", SHAPES)
def test_step_by_step_gives_the_logits_of_the_parallel_pass(rng, config):
    model = network(config)
    tokens = codes(rng, 3, 2 * config.receptive_field + 5)
    rings = model.empty_rings(3)
    with torch.inference_mode():
        steps = [model.step(x, rings, n) for n, x in enumerate(tokens.T)]
        parallel = model(tokens)
    assert (torch.stack(steps, dim=1) - parallel).abs().max() < CACHE_ATOL
    assert parallel.std() > 100 * CACHE_ATOL


def test_generated_codes_are_those_of_slow_generation(rng):
    model, primer = network(TINY), codes(rng, 2, 11)
    fast = model.generate(
        20, torch.Generator().manual_seed(5), primer=primer, progress=False
    )
    slow_rng, tokens = torch.Generator().manual_seed(5), primer
    with torch.inference_mode():
        for _ in range(20):
            chances = model(tokens)[:, -1].softmax(dim=-1)
            drawn = torch.multinomial(chances, 1, generator=slow_rng)
            tokens = torch.cat([tokens, drawn], dim=1)
    assert torch.equal(fast, tokens[:, 11:])


def test_one_seed_gives_one_sound():
    model = network(TINY)

    def sound(seed):
        rng = torch.Generator().manual_seed(seed)
        return model.generate(30, rng, progress=False)

    assert sound(1).shape == (1, 30)
    assert torch.equal(sound(1), sound(1))
    assert not torch.equal(sound(1), sound(2))


def test_a_low_temperature_takes_the_likeliest_code():
    model = network(TINY)
    with torch.no_grad():
        model.head[-1].bias[77] = 1.0  # logits of the others stay near 0
    rng = torch.Generator().manual_seed(0)
    cold = model.generate(20, rng, temperature=0.01, progress=False)
    assert (cold == 77).all()


def test_items_of_a_batch_do_not_mix(rng):
    model, tokens = network(TINY), codes(rng, 3, 40)
    alone = torch.cat([model(item[None]) for item in tokens])
    assert (model(tokens) - alone).abs().max() < CACHE_ATOL


def test_it_learns_a_short_loop(rng):
    model = network(SHAPES[0])
    tokens = torch.tensor([[10, 200, 90, 240] * 16])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        logits = model(tokens[:, :-1]).flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(logits, tokens[0, 1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    heard = model.generate(
        12, rng, primer=tokens[:, :32], temperature=0.2, progress=False
    )
    assert heard.tolist() == [[10, 200, 90, 240] * 3]


def test_presets_are_the_four_and_grow():
    assert list(PRESETS) == ["smoke", "cpu", "colab", "paper"]
    fields = [config.receptive_field for config in PRESETS.values()]
    assert fields == sorted(fields)


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        ({"residual_channels": 0}, "residual_channels"),
        ({"skip_channels": 0}, "skip_channels"),
        ({"layers_per_stack": 0}, "layers_per_stack"),
        ({"n_stacks": 0}, "n_stacks"),
        ({"kernel_size": 1}, "kernel_size"),
    ],
)
def test_impossible_sizes_are_refused(sizes, named):
    with pytest.raises(CourseError, match=f"expected {named} from"):
        WaveNetConfig(**sizes)


def test_wrong_inputs_are_refused(rng):
    model = network(TINY)
    with pytest.raises(CourseError, match=r"tokens of shape \(B, N\)"):
        model(torch.zeros(5, dtype=torch.long))
    with pytest.raises(CourseError, match="integer codes from 0 to 255"):
        model(torch.full((1, 5), 256))
    with pytest.raises(CourseError, match="integer codes"):
        model(torch.zeros(1, 5))
    with pytest.raises(CourseError, match=r"tokens of shape \(B, N\)"):
        model.generate(1, rng, primer=torch.zeros(2, 0, dtype=torch.long))
    with pytest.raises(CourseError, match="expected n_samples from"):
        model.generate(0, rng)
    with pytest.raises(CourseError, match="expected temperature from"):
        model.generate(1, rng, temperature=0.0)
