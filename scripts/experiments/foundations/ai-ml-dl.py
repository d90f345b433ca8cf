"""Four programs that play tic-tac-toe: one searches, two fit weights to hand-made or raw inputs, one is a deep network."""

import functools

import numpy as np

from book.claims import at_least, at_most, between
from book.style import color, direct_label, new_figure
from dlprimer import MLP, Adam, Tensor, cross_entropy, no_grad

TOLERANCE = {
    "share": 0.1, "unseen": 0.1, "augmented": 0.15, "rates": None, "validation": None, "worth": 0.5,
    "programs": None, "games": None, "start": None, "rounding": None, "quality": None,
}  # fmt: skip

SIZES = [50, 200, 1000, 3000, 5477]  # labeled positions; the last is all there are
PLAYED = [50, 200, 1000, 3000]  # those that the reader can play against
SEEDS = 5
UPDATES, BATCH = 1500, 64
RATES = [0.003, 0.01, 0.03]  # the same grid for every learner
TUNING_SIZE, TUNING_SEEDS = 1000, 2
AUGMENTED = [200, 1000]

LINES = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
CORNERS = [0, 2, 6, 8]
EMPTY = (0,) * 9
LEARNERS = {"features": [13, 3], "linear": [18, 3], "network": [18, 64, 64, 3]}
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def run(rng):
    game = Game()
    rates, validation = choose_rates(game)
    share, unseen, programs = train_all(game, rates)
    augmented = {
        str(n): spread([game.share(opinion(train(game, "network", n, seed, rates["network"], mirrored=True), game.inputs["network"]))
                        for seed in range(SEEDS)])
        for n in AUGMENTED
    }  # fmt: skip
    played, rounding = write_programs(game, programs)
    scores = {"search": game.labels - 1.0, **{name: played[name]["score"] for name in played}}
    start = find_start(game, scores["network-50"])
    return {
        "settings": {"seeds": SEEDS, "sizes": SIZES, "played": PLAYED, "updates": UPDATES, "batch": BATCH},
        "count": game.counts(),
        "parameters": {"search": 0, **{name: parameters(sizes) for name, sizes in LEARNERS.items()}},
        "rates": rates,
        "validation": validation,
        "random": game.share(np.zeros(len(game.labels))),
        "share": share,
        "unseen": unseen,
        "augmented": augmented,
        "ceiling": feature_ceiling(game),
        "worth": labels_worth(share),
        "games": {name: game.play_all(score) for name, score in scores.items()},
        "quality": {name: game.share(written["score"]) for name, written in played.items()},
        "rounding": rounding,
        "programs": {name: written["numbers"] for name, written in played.items()},
        "start": describe_start(game, start, scores),
    }


# ---- the game: a position is seen by the player who just moved; 1 is a stone of that player, -1 of the other ----


def play(position, cell):
    """The position after the other player's move, seen by that player."""
    return tuple(1 if i == cell else -stone for i, stone in enumerate(position))


def won(position):
    return any(all(position[cell] == 1 for cell in line) for line in LINES)


def moves(position):
    return [] if won(position) else [cell for cell in range(9) if position[cell] == 0]


@functools.cache
def value(position):
    """1, 0 or -1: what perfect play makes of the position for the player who just moved."""
    if won(position):
        return 1
    return -max((value(play(position, cell)) for cell in moves(position)), default=0)


@functools.cache
def tree(position):
    """Nodes and finished games of the whole tree below a position."""
    below = [tree(play(position, cell)) for cell in moves(position)]
    return 1 + sum(nodes for nodes, _ in below), sum(games for _, games in below) or 1


def board_after(played):
    """The board as the player sees it who made the last of these moves."""
    return functools.reduce(play, played, EMPTY)


SYMMETRIES = [
    turned[:, ::flip].ravel() for turned in (np.rot90(np.arange(9).reshape(3, 3), quarter) for quarter in range(4)) for flip in (1, -1)
]


class Game:
    """All positions after a move, their labels and inputs, and the decisions that lead to them."""

    def __init__(self):
        positions = [EMPTY]
        self.index = {EMPTY: -1}
        for position in positions:  # grows while we walk
            for cell in moves(position):
                after = play(position, cell)
                if after not in self.index:
                    self.index[after] = len(positions) - 1
                    positions.append(after)
        self.positions = positions
        self.boards = np.array(positions[1:])
        self.labels = np.array([value(position) + 1 for position in positions[1:]])  # 0 loss, 1 draw, 2 win
        self.inputs = {"features": features(self.boards), "linear": raw(self.boards), "network": raw(self.boards)}
        self.decisions = []
        for position in positions:
            after = [self.index[play(position, cell)] for cell in moves(position)]
            if after and np.ptp(self.labels[after]) > 0:
                self.decisions.append((np.array(after), self.labels[after] == self.labels[after].max()))

    def share(self, score):
        """Of the decisions that matter, the share in which the best-scored move keeps the value; ties count in parts."""
        return float(np.mean([good[score[after] >= score[after].max() - 1e-6].mean() for after, good in self.decisions]))

    def answer(self, position, score):
        """The cell a program plays: the best-scored, the first of equals."""
        free = moves(position)
        scores = [round(score[self.index[play(position, cell)]], 6) for cell in free]
        return free[int(np.argmax(scores))]

    def play_all(self, score):
        """Every game against a program that moves second: how many it wins, draws and loses."""
        results = {"won": 0, "drawn": 0, "lost": 0}

        def first_to_move(position):
            for cell in moves(position):
                after = play(position, cell)
                if won(after) or not moves(after):
                    results["lost" if won(after) else "drawn"] += 1
                    continue
                reply = play(after, self.answer(after, score))
                if won(reply):
                    results["won"] += 1
                else:
                    first_to_move(reply)

        first_to_move(EMPTY)
        return {**results, "all": sum(results.values())}

    def opinions(self, played, score):
        """A program's score of each free cell for the player to move; None where a stone stands."""
        position = board_after(played)
        return [round(float(score[self.index[play(position, cell)]]), 3) if position[cell] == 0 else None for cell in range(9)]

    def counts(self):
        nodes, games = tree(EMPTY)
        classes = {min(tuple(board[symmetry]) for symmetry in SYMMETRIES) for board in np.array(self.positions)}
        going_on = sum(bool(moves(position)) for position in self.positions)
        return {
            "positions": len(self.positions), "labeled": len(self.labels), "going-on": going_on, "decisions": len(self.decisions),
            "nodes": nodes, "games": games, "classes": len(classes), "value": value(EMPTY),
        }  # fmt: skip


# ---- what the learners are given ----


def raw(boards):
    """18 yes-or-no inputs: own stone on each cell, then the other's."""
    return np.concatenate([boards == 1, boards == -1], axis=1).astype(np.float32)


def features(boards):
    """13 numbers that a person thought of."""
    stones = boards[:, LINES]  # (positions, 8 lines, 3 cells)
    own, other = (stones == 1).sum(2), (stones == -1).sum(2)
    twos, threats = ((own == 2) & (other == 0)).sum(1), ((other == 2) & (own == 0)).sum(1)
    columns = [
        (own == 3).any(1), threats >= 1, twos >= 2, twos, threats,
        ((own == 1) & (other == 0)).sum(1), ((other == 1) & (own == 0)).sum(1), ((own == 0) & (other == 0)).sum(1),
        boards[:, 4] == 1, boards[:, 4] == -1, (boards[:, CORNERS] == 1).sum(1), (boards[:, CORNERS] == -1).sum(1),
        (boards != 0).sum(1),
    ]  # fmt: skip
    return np.stack(columns, axis=1).astype(np.float32)


def feature_ceiling(game):
    """What no program on these features can do: cases in which every right move has a wrong one with the same features."""
    rows = game.inputs["features"]
    blind = 0
    for after, good in game.decisions:
        wrong = {tuple(row) for row in rows[after[~good]]}
        blind += all(tuple(row) in wrong for row in rows[after[good]])
    return {"distinct": len({tuple(row) for row in rows}), "blind": blind, "blind-share": blind / len(game.decisions)}


# ---- training ----


def parameters(sizes):
    return sum((n_in + 1) * n_out for n_in, n_out in zip(sizes, sizes[1:], strict=False))  # noqa: RUF007


def sample(game, n, seed):
    return np.random.default_rng([1, seed]).permutation(len(game.labels))[:n]


def train(game, name, n, seed, rate, mirrored=False, rows=None):
    """A model fitted to n labeled positions; mirrored: each is turned or reflected at random whenever it is drawn."""
    rng = np.random.default_rng([1, seed, n])
    rows = sample(game, n, seed) if rows is None else rows
    x, y = game.inputs[name][rows], game.labels[rows]
    model = MLP(LEARNERS[name], rng=rng)
    optimizer = Adam(model.parameters(), lr=rate)
    for _ in range(UPDATES):
        chosen = rng.choice(len(rows), min(BATCH, len(rows)), replace=False)
        batch = x[chosen]
        if mirrored:
            turns = np.array(SYMMETRIES)[rng.integers(8, size=len(chosen))]
            batch = np.take_along_axis(batch, np.concatenate([turns, turns + 9], axis=1), axis=1)
        optimizer.zero_grad()
        cross_entropy(model(Tensor(batch)), y[chosen]).backward()
        optimizer.step()
    return model


def logits(model, x):
    with no_grad():
        z = model(x)
    return np.asarray(getattr(z, "data", z), dtype=np.float64)


def chances(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def opinion(model, x):
    """P(win) - P(loss) for the player who just moved."""
    p = chances(logits(model, x))
    return p[:, 2] - p[:, 0]


def accuracy(model, x, y):
    return float((logits(model, x).argmax(axis=1) == y).mean())


def choose_rates(game):
    """For each learner the rate with the best accuracy on a fifth of the labeled positions, kept out of training."""
    chosen, found = {}, {}
    for name in LEARNERS:
        means = []
        for rate in RATES:
            scores = []
            for seed in range(TUNING_SEEDS):
                rows = sample(game, TUNING_SIZE, 100 + seed)
                kept = rows[TUNING_SIZE // 5 :]
                model = train(game, name, TUNING_SIZE, 100 + seed, rate, rows=kept)
                held = rows[: TUNING_SIZE // 5]
                scores.append(accuracy(model, game.inputs[name][held], game.labels[held]))
            means.append(float(np.mean(scores)))
        chosen[name], found[name] = RATES[int(np.argmax(means))], means
    return chosen, found


def spread(values):
    return {"mean": float(np.mean(values)), "sd": float(np.std(values, ddof=1)), "least": min(values), "most": max(values)}


def train_all(game, rates):
    share, unseen, programs = {}, {}, {}
    everything = np.arange(len(game.labels))
    for name in LEARNERS:
        x = game.inputs[name]
        for n in SIZES:
            shares, accuracies = [], []
            for seed in range(SEEDS):
                model = train(game, name, n, seed, rates[name])
                shares.append(game.share(opinion(model, x)))
                rest = np.setdiff1d(everything, sample(game, n, seed))
                if len(rest):
                    accuracies.append(accuracy(model, x[rest], game.labels[rest]))
                if seed == 0 and n in PLAYED:
                    programs[f"{name}-{n}"] = model
            share.setdefault(name, {})[str(n)] = spread(shares)
            if accuracies:
                unseen.setdefault(name, {})[str(n)] = spread(accuracies)
    return share, unseen, programs


def labels_worth(share):
    """The labels after which the network plays as well as the features do with the fewest; between sizes along log n."""
    goal = share["features"][str(SIZES[0])]["mean"]
    reached = [share["network"][str(n)]["mean"] for n in SIZES]
    after = next(i for i, mean in enumerate(reached) if mean >= goal)
    part = (goal - reached[after - 1]) / (reached[after] - reached[after - 1])
    labels = SIZES[after - 1] * (SIZES[after] / SIZES[after - 1]) ** part
    return {"labels": round(labels, -2), "times": labels / SIZES[0]}


# ---- the programs as the page carries them: twelve bits a weight ----


def write_programs(game, programs):
    """Each tensor as a scale and two characters a number; what is played is what was written."""
    played, same = {}, {}
    for key, model in programs.items():
        name = key.split("-")[0]
        numbers, tensors = [], []
        for parameter in model.parameters():
            scale = float(f"{np.abs(parameter.data).max() / 2047:.6g}")
            steps = np.rint(parameter.data / scale).astype(int).clip(-2047, 2047)
            tensors.append(steps * scale)
            numbers.append({"scale": scale, "text": "".join(ALPHABET[(s + 2048) // 64] + ALPHABET[(s + 2048) % 64] for s in steps.ravel())})
        h = game.inputs[name].astype(np.float64)
        for layer in range(0, len(tensors), 2):
            h = h @ tensors[layer].T + tensors[layer + 1]
            h = np.maximum(h, 0) if layer + 2 < len(tensors) else h
        p = chances(h)
        score = p[:, 2] - p[:, 0]
        exact = opinion(model, game.inputs[name])
        open_positions = [position for position in game.positions if moves(position)]
        same[key] = float(np.mean([game.answer(position, score) == game.answer(position, exact) for position in open_positions]))
        played[key] = {"numbers": numbers, "score": score}
    return played, {"same-moves": same, "least": min(same.values())}


def find_start(game, score):
    """A short game against the network: its last reply threw the draw away, and it does not see the fork that now wins."""
    best = None
    for first in range(9):
        reply = game.answer(board_after([first]), score)
        for second in moves(board_after([first, reply])):
            played = [first, reply, second]
            if value(board_after(played)) != 0:
                continue
            played.append(game.answer(board_after(played), score))
            position = board_after(played)
            after = [play(position, cell) for cell in moves(position)]
            winning = [p for p in after if value(p) == 1]
            if not winning or any(won(p) for p in after) or any(features(np.array([p]))[0, 3] < 2 for p in winning):
                continue
            rank = max(score[game.index[p]] for p in winning)
            if best is None or rank < best[0]:
                best = (rank, played)
    return best[1]


def describe_start(game, start, scores):
    board = board_after(start)
    win = next(cell for cell in moves(board) if value(play(board, cell)) == 1)
    opinions = {name: game.opinions(start, score) for name, score in scores.items()}
    return {"moves": "".join(map(str, start)), "board": list(board), "win": win, "opinions": opinions}


# ---- what the page says ----


def claims(data):
    share, unseen, games = data["share"], data["unseen"], data["games"]
    yield between("draw", "With perfect play the empty board is a draw", data["count"]["value"], 0, 0)
    yield at_most("search-never-loses", "Of all games against the searching program, it loses none", games["search"]["lost"], 0)
    yield at_least("features-early", "With 50 labels the hand-made features play at least 0.88 of the moves right, on average over seeds",
                   share["features"]["50"]["mean"], 0.88)  # fmt: skip
    yield at_most("features-capped", "From 1,000 labels to all of them the features gain at most 0.01",
                  share["features"]["5477"]["mean"] - share["features"]["1000"]["mean"], 0.01)  # fmt: skip
    yield at_most("linear-never", "On the raw board the linear model stays below 0.6 at every size and seed",
                  max(entry["most"] for entry in share["linear"].values()), 0.6)  # fmt: skip
    yield at_most("network-late", "With 50 labels the network plays at most 0.55 of the moves right", share["network"]["50"]["mean"], 0.55)
    yield at_least("network-uncapped", "With all labels the network plays at least 0.985 of the moves right",
                   share["network"]["5477"]["mean"], 0.985)  # fmt: skip
    yield at_least("network-crosses", "With all labels the network is ahead of the features by at least 0.004",
                   share["network"]["5477"]["mean"] - share["features"]["5477"]["mean"], 0.004)  # fmt: skip
    yield at_most("level-at-3000", "With 3,000 labels features and network are within 0.015 of each other",
                  abs(share["network"]["3000"]["mean"] - share["features"]["3000"]["mean"]), 0.015)  # fmt: skip
    yield at_least("features-unseen", "On unseen positions at 3,000 labels the features are ahead by at least 0.005",
                   unseen["features"]["3000"]["mean"] - unseen["network"]["3000"]["mean"], 0.005)  # fmt: skip
    yield at_least("worth", "The network needs at least ten times the labels to play as the features do with 50",
                   data["worth"]["times"], 10)  # fmt: skip
    yield at_least("mirrors-ahead", "With 1,000 labels, mirrored, the network is at least level with the features",
                   data["augmented"]["1000"]["mean"] - share["features"]["1000"]["mean"], 0)  # fmt: skip
    start = data["start"]
    win = start["win"]
    yield at_most("start-missed", "In the start position the network of 50 labels gives the winning fork at most 0.2",
                  start["opinions"]["network-50"][win], 0.2)  # fmt: skip
    yield at_least("start-features", "In the start position the features with the same 50 labels give the winning fork at least 0.2",
                   start["opinions"]["features-50"][win], 0.2)  # fmt: skip
    yield at_least("start-seen", "Search, and the network of 3,000 labels, give the winning fork at least 0.5",
                   min(start["opinions"][name][win] for name in ("search", "network-3000")), 0.5)  # fmt: skip
    yield at_least("mirrors-help", "Mirrored positions add at least 0.1 to the network's share at 200 labels",
                   data["augmented"]["200"]["mean"] - share["network"]["200"]["mean"], 0.1)  # fmt: skip
    yield at_least("network-beatable", "The network of 50 labels loses at least a fifth of all games",
                   games["network-50"]["lost"] / games["network-50"]["all"], 0.2)  # fmt: skip
    yield at_least("rounded", "Rounded to twelve bits the programs play the same move in at least 0.995 of all positions",
                   data["rounding"]["least"], 0.995)  # fmt: skip


def figures(data):
    yield "opinions", draw_opinions(data["start"])
    yield "curves", draw_curves(data)
    yield "rings", draw_rings()


def draw_opinions(start):
    """Four boards, two by two, each with one program's score of the free cells."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Rectangle

    def blend(score):
        full, paper = np.array(to_rgb(color("positive" if score > 0 else "negative"))), np.array(to_rgb(color("panel")))
        return tuple(paper + 0.42 * abs(score) * (full - paper))

    figure, axes = new_figure(aspect=1.06)
    shown = [("search", "search: nothing learned"), ("features-50", "13 features, 50 labels"),
             ("network-50", "deep network, 50 labels"), ("network-3000", "deep network, 3,000 labels")]  # fmt: skip
    for place, (name, label) in enumerate(shown):
        left, top = 3.7 * (place % 2), -3.85 * (place // 2)
        axes.text(left + 1.5, top + 0.12, label, ha="center", va="bottom", color=color("ink"))
        for cell in range(9):
            x, y = left + cell % 3, top - 1 - cell // 3
            stone, score = start["board"][cell], start["opinions"][name][cell]
            face = color("panel") if score is None else blend(score)
            axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, facecolor=face))
            if stone:  # seen by O, who moved last
                axes.text(x + 0.5, y + 0.48, "O" if stone == 1 else "X", ha="center", va="center", fontsize=26, color=color("ink"))
            else:
                text = f"{score:+.2f}".replace("-", "\u2212") if round(score, 2) else "0"
                axes.text(x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=13, color=color("ink"))
            if cell == start["win"]:
                axes.add_patch(Rectangle((x + 0.03, y + 0.03), 0.94, 0.94, fill=False, edgecolor=color("ink"), linewidth=2))
    axes.set(xlim=(-0.05, 6.75), ylim=(-6.9, 0.6), aspect="equal")
    axes.axis("off")
    return figure


def draw_curves(data):
    figure, axes = new_figure(aspect=0.72)
    share = data["share"]
    sizes = data["settings"]["sizes"]
    axes.axhline(1, color=color("search"), linewidth=2.4)
    direct_label(axes, 50, 1, "search: no labels at all", "search", dx=0, dy=9)
    axes.axhline(data["random"], color=color("muted"), linewidth=1, linestyle=(0, (4, 3)))
    direct_label(axes, 5477, data["random"], "random moves", "muted", dx=0, dy=-9, ha="right")
    for name, label, at, dx, dy in (
        ("features", "hand-made\nfeatures", 0, 2, -38), ("network", "deep network\non the raw board", 1, 34, 8),
        ("linear", "linear on the raw board", 2, -40, -12),
    ):  # fmt: skip
        entries = [share[name][str(n)] for n in sizes]
        axes.fill_between(sizes, [e["least"] for e in entries], [e["most"] for e in entries], color=color(name), alpha=0.2)
        axes.plot(sizes, [e["mean"] for e in entries], color=color(name), marker="o")
        direct_label(axes, sizes[at], entries[at]["mean"], label, name, dx=dx, dy=dy)
    extra = [(int(n), entry["mean"]) for n, entry in data["augmented"].items()]
    axes.plot(*zip(*extra, strict=True), color=color("network"), marker="o", markerfacecolor=color("paper"), linestyle=(0, (2, 2)))
    direct_label(axes, *extra[0], "network,\nmirrored\nboards", "network", dx=2, dy=-34)
    axes.set(xscale="log", xlabel="labeled positions", ylabel="share of right moves", ylim=(0.36, 1.06), xlim=(44, 6200))
    axes.set_xticks(sizes, ["50", "200", "1,000", "3,000", "all"])
    axes.minorticks_off()
    return figure


def draw_rings():
    from matplotlib.patches import FancyBboxPatch

    figure, axes = new_figure(aspect=0.94)

    def ring(x, y, width, height, name, role):
        shape = FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=2.5", facecolor="none",
                               edgecolor=color(role), linewidth=2.2)  # fmt: skip
        axes.add_patch(shape)
        axes.text(x + 2.5, y + height - 2.2, name, ha="left", va="top", color=color(role), fontsize=14.5)

    ring(0, 0, 100, 94, "artificial intelligence", "search")
    ring(4, 3, 92, 59, "machine learning", "features")
    ring(8, 6, 84, 31, "deep learning", "network")
    placed = [
        (4, 81, "A* route finder"), (4, 74, "MYCIN's rules (medicine)"), (4, 67, "Deep Blue (chess), almost all"),
        (8, 49, "naive Bayes spam filter"), (8, 42, "random forest"), (44, 42, "Samuel's weights"),
        (12, 24, "ResNet (images)"), (12, 17.5, "Transformer in a chatbot"), (12, 11, "this page's 18-64-64-3"),
    ]  # fmt: skip
    for x, y, text in placed:
        axes.text(x, y, text, ha="left", va="center", color=color("ink"), linespacing=1.05)
    for y, text in ((78, "AlphaZero:\ntree search"), (20, "AlphaZero:\nnetwork")):
        axes.text(82, y, text, ha="center", va="center", color=color("orange"), linespacing=1.1)
    axes.annotate("", (82, 27), xytext=(82, 71), arrowprops={"arrowstyle": "<->", "color": color("orange"), "linewidth": 2})
    axes.set(xlim=(-1, 101), ylim=(-1, 95))
    axes.axis("off")
    return figure
