"""Record what PyTorch 2.13.0 computes for recurrent layers and cells: python scripts/goldens/record_recurrent.py (needs torch).

Writes tests/goldens/recurrent.json. An LSTM's states are recorded side by side: arguments (input, h, c), outputs (output, h_n, c_n).
"""

from itertools import product
from typing import Any

import numpy as np
import torch
from recording import record, record_module, write

rng = np.random.default_rng(2026)
torch.manual_seed(2026)


class FlatLSTM(torch.nn.LSTM):
    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        output, (h_n, c_n) = super().forward(input, None if h is None else (h, c))
        return output, h_n, c_n


class FlatLSTMCell(torch.nn.LSTMCell):
    def forward(self, input: Any, h: Any = None, c: Any = None) -> Any:
        return super().forward(input, None if h is None else (h, c))


def numbers(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).round(3)


LAYERS: list[tuple[str, Any, dict[str, Any]]] = [
    ("RNN", torch.nn.RNN, {}),
    ("RNN", torch.nn.RNN, {"nonlinearity": "relu"}),
    ("GRU", torch.nn.GRU, {}),
    ("FlatLSTM", FlatLSTM, {}),
    ("FlatLSTM", FlatLSTM, {"proj_size": 1}),
]
VARIANTS: list[tuple[dict[str, Any], tuple[int, ...], bool]] = [  # settings, shape of the input, whether states are given
    ({}, (2, 4, 3), True),
    ({}, (1, 1, 3), False),
    ({"bias": False}, (4, 3), True),
    ({"num_layers": 2, "bidirectional": True}, (2, 4, 3), True),
    ({"num_layers": 2, "bidirectional": True, "bias": False}, (4, 3), False),
    ({"num_layers": 3, "batch_first": False}, (4, 2, 3), True),
]
CELLS = [("RNNCell", torch.nn.RNNCell, {}), ("RNNCell", torch.nn.RNNCell, {"nonlinearity": "relu"}),
         ("GRUCell", torch.nn.GRUCell, {}), ("FlatLSTMCell", FlatLSTMCell, {})]  # fmt: skip

if __name__ == "__main__":
    cases = []
    for (name, layer, kind), (variant, shape, with_states) in product(LAYERS, VARIANTS):
        settings = {"input_size": 3, "hidden_size": 2, "batch_first": True, **kind, **variant}
        count = settings.get("num_layers", 1) * (1 + settings.get("bidirectional", False))
        N = () if len(shape) == 2 else (shape[0 if settings["batch_first"] else 1],)
        sizes = [settings.get("proj_size", 2)] + [2] * (name == "FlatLSTM")
        states = [numbers(count, *N, size) for size in sizes] if with_states else []
        cases.append(record_module(name, layer(**settings), settings, [numbers(*shape), *states], rng))
    for (name, cell, kind), shape, bias in product(CELLS, ((4, 3), (3,)), (True, False)):
        settings = {"input_size": 3, "hidden_size": 2, "bias": bias, **kind}
        states = [numbers(*shape[:-1], 2) for _ in range(1 + (name == "FlatLSTMCell"))]
        cases.append(record_module(name, cell(**settings), settings, [numbers(*shape), *states], rng))
    for name, function, gates in (("rnn_cell", torch.rnn_tanh_cell, 1), ("gru_cell", torch.gru_cell, 3)):
        weights = [numbers(gates * 2, 3), numbers(gates * 2, 2), numbers(gates * 2), numbers(gates * 2)]
        cases.append(record(name, function, [numbers(4, 3), numbers(4, 2), *weights], {}, rng))
    write("recurrent", cases)
