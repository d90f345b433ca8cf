"""SimCLR: its loss by a loop, gradients, that training pulls views of an example together, bad input."""

import doctest
import math

import numpy as np
import pytest

from dlprimer import MLP, Adam, check_gradients
from dlprimer.models import contrastive
from dlprimer.models.contrastive import SimCLR


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def small(dtype=np.float64, **settings) -> SimCLR:
    rng = generator()
    return SimCLR(MLP([6, 8, 5], "tanh", rng=rng, dtype=dtype), 5, 7, 4, rng=rng, dtype=dtype, **settings)


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_loss_asks_each_view_for_its_other_view(temperature: float) -> None:
    model = small(temperature=temperature)
    views = generator(1).standard_normal((2, 3, 6))
    z = np.concatenate([model.projector(model.encoder(view)).data for view in views])
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    losses = []
    for i in range(6):
        similar = [math.exp(z[i] @ z[j] / temperature) for j in range(6) if j != i]
        losses.append(-math.log(math.exp(z[i] @ z[(i + 3) % 6] / temperature) / sum(similar)))
    assert model.loss(*views).item() == pytest.approx(np.mean(losses), rel=1e-9)


def test_gradients_by_views_and_parameters() -> None:
    model = small()
    views = generator(1).standard_normal((2, 3, 6))
    model.requires_grad_(False)
    check_gradients(model.loss, *views)
    for layer in (model.encoder.layers[0], model.projector.layers[2]):

        def loss(w, layer=layer):
            original, layer.weight = layer.weight, w
            try:
                return model.loss(*views)
            finally:
                layer.weight = original

        check_gradients(loss, layer.weight.data)


def test_training_brings_views_of_an_example_together() -> None:
    rng = generator(2)
    model = small(np.float32, temperature=0.2)
    x = rng.standard_normal((40, 6)).astype(np.float32)
    optimizer = Adam(model.parameters(), lr=0.01)

    def views() -> list[np.ndarray]:
        return [(x + 0.2 * rng.standard_normal(x.shape)).astype(np.float32) for _ in range(2)]

    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = model.loss(*views())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] < 2 * math.log(79)
    assert np.mean(losses[-5:]) < 0.5 * losses[0]


def test_the_model_gives_features_and_the_head_has_its_own_parameters() -> None:
    model = small(np.float32)
    x = np.ones((3, 6), np.float32)
    np.testing.assert_array_equal(model(x).data, model.encoder(x).data)
    names = [name for name, _ in model.named_parameters()]
    assert names[0] == "encoder.layers.0.weight" and names[-1] == "projector.layers.2.bias" and len(names) == 8
    assert [p.shape for p in model.projector.parameters()] == [(7, 5), (7,), (4, 7), (4,)]
    for name, value in small(np.float32).state_dict().items():
        np.testing.assert_array_equal(value, model.state_dict()[name])


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: small(temperature=0.0), "temperature must be positive, got 0.0"),
        (lambda: small().loss(np.zeros((3, 6)), np.zeros((2, 6))), "the same shape (N, ...), got (3, 6) and (2, 6)"),
        (lambda: small().loss(np.zeros(6), np.zeros(6)), "got (6,) and (6,)"),
        (lambda: small().loss(np.zeros((0, 6)), np.zeros((0, 6))), "got (0, 6) and (0, 6)"),
    ],
)
def test_bad_input_is_refused(call, said: str) -> None:
    with pytest.raises(ValueError) as caught:
        call()
    assert said in str(caught.value)


def test_the_examples_in_the_docstrings_hold() -> None:
    result = doctest.testmod(contrastive, extraglobs={"np": np})
    assert result.attempted and not result.failed
