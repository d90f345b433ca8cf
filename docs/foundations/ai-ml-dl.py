# %% without-learning
from functools import cache

lines = ["012", "345", "678", "036", "147", "258", "048", "246"]


@cache
def value(board, me, other):  # 1, 0 or -1 for the player to move
    if any(all(board[int(cell)] == other for cell in line) for line in lines):
        return -1
    free = [cell for cell in range(9) if board[cell] == "."]
    after = [board[:cell] + me + board[cell + 1 :] for cell in free]
    return max((-value(b, other, me) for b in after), default=0)


print("value of the empty board:", value("." * 9, "X", "O"), "(a draw)")
print("positions looked at:", value.cache_info().currsize)
print("learned parameters: 0, training positions: 0")

# %% without-intelligence
import numpy as np
from dlprimer import Linear, Sequential, relu, softmax

rng = np.random.default_rng(1)
network = Sequential(
    Linear(18, 64, rng=rng), relu, Linear(64, 64, rng=rng), relu, Linear(64, 3, rng=rng)
)
x_won = np.zeros((1, 18), np.float32)
x_won[0, [0, 1, 2, 12, 13]] = 1  # own stones 0, 1, 2: a finished win; the other's 3, 4
chances = softmax(network(x_won)).numpy()[0]
print("parameters:", network.number_of_parameters())
for name, chance in zip(["loss", "draw", "win"], chances):
    print(f"{name}: {chance:.0%}")
