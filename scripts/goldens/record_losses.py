"""Record what PyTorch 2.13.0 computes for similarities and the losses built on them: python scripts/goldens/record_losses.py (needs torch).

Writes tests/goldens/losses.json. What PyTorch has no function for is written out here in its plainest form: torchvision's focal loss,
Dice as in V-Net, distillation, InfoNCE and NT-Xent with a loop over the queries. Rerun only to add cases; the tests need the file alone.
"""

import numpy as np
import torch
import torch.nn.functional as F
from recording import record, write

rng = np.random.default_rng(98)


def numbers(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    return rng.uniform(low, high, shape).round(4)


def probabilities(*shape: int, axis: int = -1) -> np.ndarray:
    p = rng.uniform(0.05, 1, shape)
    return p / p.sum(axis=axis, keepdims=True)


def sigmoid_focal_loss(inputs, targets, alpha=0.25, gamma=2.0, reduction="none"):
    p = torch.sigmoid(inputs)
    ce = F.binary_cross_entropy_with_logits(inputs, targets, reduction="none")
    loss = ce * (1 - (p * targets + (1 - p) * (1 - targets))) ** gamma
    if alpha >= 0:
        loss = (alpha * targets + (1 - alpha) * (1 - targets)) * loss
    return loss if reduction == "none" else getattr(loss, reduction)()


def dice(p, y, smooth=1.0, reduction="mean"):
    axes = tuple(range(2, p.ndim))
    loss = 1 - (2 * (p * y).sum(axes) + smooth) / ((p**2).sum(axes) + (y**2).sum(axes) + smooth)
    return loss if reduction == "none" else getattr(loss, reduction)()


def distillation(student, teacher, target=None, temperature=4.0, alpha=0.9):
    T = temperature
    soft = T * T * F.kl_div(F.log_softmax(student / T, 1), F.softmax(teacher.detach() / T, 1), reduction="batchmean")
    return soft if target is None else (1 - alpha) * F.cross_entropy(student, target) + alpha * soft


def info_nce(query, positive_keys, negative_keys=None, temperature=0.1, reduction="mean"):
    losses = []
    for i, q in enumerate(query):
        if negative_keys is None:
            others = torch.cat([positive_keys[:i], positive_keys[i + 1 :]])
        else:
            others = negative_keys[i] if negative_keys.ndim == 3 else negative_keys
        candidates = torch.cat([positive_keys[i : i + 1], others])
        losses.append(-F.log_softmax(F.cosine_similarity(q[None], candidates) / temperature, 0)[0])
    losses = torch.stack(losses)
    return losses if reduction == "none" else getattr(losses, reduction)()


def nt_xent(z1, z2, temperature=0.5):
    z, N = torch.cat([z1, z2]), len(z1)
    losses = []
    for i in range(2 * N):
        others = [j for j in range(2 * N) if j != i]
        scores = F.cosine_similarity(z[i : i + 1], z[others]) / temperature
        losses.append(-F.log_softmax(scores, 0)[others.index((i + N) % (2 * N))])
    return torch.stack(losses).mean()


def all_cases():
    for reduction in ("none", "sum", "mean"):
        common = {"reduction": reduction}
        yield record("kl_div", F.kl_div, [np.log(probabilities(3, 4)), probabilities(3, 4)], common, rng)
        logs = [np.log(probabilities(3, 4)), np.log(probabilities(3, 4))]
        yield record("kl_div", F.kl_div, logs, {**common, "log_target": True}, rng)
        for options in ({}, {"margin": 0.3, "p": 1.0}, {"margin": 2.0, "p": 3.0, "swap": True}):
            triplet = [numbers(4, 3) for _ in range(3)]
            yield record("triplet_margin_loss", F.triplet_margin_loss, triplet, {**common, **options}, rng)
        for options in ({}, {"alpha": 0.7, "gamma": 1.0}, {"alpha": -1, "gamma": 3.5}):
            pair = [numbers(3, 4, low=-4, high=4), numbers(3, 4, low=0, high=1)]
            yield record("focal_loss", sigmoid_focal_loss, pair, {**common, **options}, rng)
        for smooth in (0.0, 1.0):
            regions = [probabilities(2, 3, 4, 2, axis=1), rng.integers(0, 2, (2, 3, 4, 2)).astype(float)]
            yield record("dice_loss", dice, regions, {**common, "smooth": smooth}, rng)
        yield record("info_nce", info_nce, [numbers(4, 3), numbers(4, 3)], common, rng)
        yield record("info_nce", info_nce, [numbers(4, 3), numbers(4, 3), numbers(5, 3)], {**common, "temperature": 0.5}, rng)
        yield record("info_nce", info_nce, [numbers(4, 3), numbers(4, 3), numbers(4, 2, 3)], common, rng)
    for reduction in ("batchmean",):
        pair = [np.log(probabilities(3, 4)), np.array([[0.5, 0.0, 0.25, 0.25], [0.0, 0.0, 1.0, 0.0], [0.1, 0.2, 0.3, 0.4]])]
        yield record("kl_div", F.kl_div, pair, {"reduction": reduction}, rng, without_gradient=[1])
    triplet = [numbers(3), numbers(3), numbers(3)]
    yield record("triplet_margin_loss", F.triplet_margin_loss, triplet, {"margin": 3.0}, rng)
    for temperature in (0.1, 0.5, 2.0):
        yield record("nt_xent", nt_xent, [numbers(4, 3), numbers(4, 3)], {"temperature": temperature}, rng)
    yield record("distillation_loss", distillation, [numbers(4, 3), numbers(4, 3)], {}, rng, without_gradient=[1])
    labeled = [numbers(4, 3), numbers(4, 3), np.array([0, 2, 1, 1])]
    yield record("distillation_loss", distillation, labeled, {"temperature": 2.0, "alpha": 0.3}, rng, without_gradient=[1])
    for options in ({}, {"p": 1.0, "axis": 0}, {"p": 3.0, "axis": -1}, {"eps": 5.0}):
        yield record("normalize", F.normalize, [numbers(3, 4)], options, rng)
    for shapes, options in (([(3, 4), (3, 4)], {}), ([(3, 1, 4), (2, 4)], {"axis": -1}), ([(4,), (3, 4)], {"axis": 1})):
        yield record("cosine_similarity", F.cosine_similarity, [numbers(*shape) for shape in shapes], options, rng)


if __name__ == "__main__":
    write("losses", list(all_cases()))
