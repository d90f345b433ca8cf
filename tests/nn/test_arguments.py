"""What every layer and every initial value says when it is given a seed in place of a generator."""

import numpy as np
import pytest

import dlprimer as d

TAKES_RNG = {
    "Linear": lambda rng: d.Linear(3, 2, rng=rng),
    "Embedding": lambda rng: d.Embedding(3, 2, rng=rng),
    "Conv1d": lambda rng: d.Conv1d(3, 2, 3, rng=rng),
    "Conv2d": lambda rng: d.Conv2d(3, 2, 3, rng=rng),
    "ConvTranspose2d": lambda rng: d.ConvTranspose2d(3, 2, 3, rng=rng),
    "RNN": lambda rng: d.RNN(3, 2, rng=rng),
    "LSTM": lambda rng: d.LSTM(3, 2, rng=rng),
    "GRUCell": lambda rng: d.GRUCell(3, 2, rng=rng),
    "dropout": lambda rng: d.dropout(np.ones(3), 0.5, rng=rng),
    "orthogonal": lambda rng: d.orthogonal((3, 2), rng=rng),
    **{
        f"initial weights of {name}": lambda rng, name=name: getattr(d, name)((3, 2), rng=rng)
        for name in ("xavier_uniform", "xavier_normal", "he_uniform", "he_normal")
    },
    "initial weights of attention": lambda rng: d.MultiheadAttention(4, 2, rng=rng),
    "Linear in an MLP": lambda rng: d.MLP([2, 3, 2], rng=rng),
}


@pytest.mark.parametrize("given", [0, None, np.random.RandomState(0), np.random], ids=["seed", "none", "state", "module"])
@pytest.mark.parametrize("name", TAKES_RNG)
def test_a_seed_in_place_of_a_generator_is_refused_with_the_remedy(name, given) -> None:
    with pytest.raises(ValueError, match=rf"^{name.partition(' of ')[0].partition(' in ')[0]}: rng must be .*default_rng\(0\), got \w+$"):
        TAKES_RNG[name](given)
    TAKES_RNG[name](np.random.default_rng(0))
