import torch

from course_utils.models.lstm import EventLstm, LstmConfig, init_lstm
from course_utils.models.lstm_stepper import LstmStepper


def test_event_by_event_it_gives_what_the_model_gives_at_once(rng):
    model = EventLstm(LstmConfig(vocab_size=13, width=8, n_layers=3)).eval()
    init_lstm(model, rng)
    with torch.no_grad():  # a trained network has other biases than a new one
        for weight in model.parameters():
            weight += 0.3 * torch.randn(weight.shape, generator=rng)
    tokens = torch.randint(0, 13, (1, 20), generator=rng)
    expected, (hidden, _) = model(tokens)
    step = LstmStepper(model)
    logits, state = step(tokens[:, :5], None)
    rows = [logits]
    for i in range(5, 20):
        logits, state = step(tokens[:, i : i + 1], state)
        rows.append(logits)
    found = torch.cat(rows, dim=1)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        torch.from_numpy(state[0]), hidden[:, 0].detach(), rtol=1e-4, atol=1e-5
    )


def test_one_event_without_a_state_starts_from_zero(rng):
    model = EventLstm(LstmConfig(vocab_size=5, width=4, n_layers=1)).eval()
    init_lstm(model, rng)
    tokens = torch.tensor([[2]])
    logits, _ = LstmStepper(model)(tokens, None)
    torch.testing.assert_close(logits, model(tokens)[0].detach())


def test_dropout_is_off(rng):
    model = EventLstm(LstmConfig(vocab_size=5, width=4)).train()
    init_lstm(model, rng)
    step = LstmStepper(model)
    tokens = torch.tensor([[2, 1]])
    assert torch.equal(step(tokens, None)[0], step(tokens, None)[0])
