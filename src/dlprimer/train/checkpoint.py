"""Checkpoints: all that the next training step reads, in one file that is either whole or not there.

The file is a ZIP archive of .npy members, as `np.load` reads it: the arrays under names such as `model/layers.0.weight`, everything else as
JSON in `metadata`, and in `checksum` the SHA-256 of them all. Nothing in it is ever executed: no pickle.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import math
import os
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import numpy as np

from ..nn.module import Module
from ..optim.optimizers import Optimizer

Rng: TypeAlias = "np.random.Generator | Mapping[str, np.random.Generator] | None"

FORMAT = "dlprimer checkpoint 1"
PARTS = {"format", "epoch", "step", "history", "model", "optimizer", "rng", "extra"}
AS_SAVED = "build model, optimizer and rng as they were when it was saved"


def save_checkpoint(
    path: str | os.PathLike[str],
    model: Module,
    optimizer: Any = None,
    rng: Rng = None,
    *,
    epoch: int = 0,
    step: int = 0,
    history: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Write all that is needed to go on training to a file, at once or not at all.

    The file is written beside its place, forced to disk and renamed: whenever the machine or the program stops, `path` holds the old
    checkpoint or the new one, never half of one. A killed program may leave a file `.<name>.<random>.tmp`; delete it.

    Args:
        path: The file, replaced if it exists; its folder must exist.
        model: Its `state_dict()` is saved, and the state of every generator that is an attribute of one of its modules (dropout).
        optimizer: Its `state_dict()` is saved.
        rng: The generator that shuffles, or several by name.
        epoch: Epochs done.
        step: Optimizer steps done: all that a schedule needs.
        history: What `fit` returned, or `state.history` in a callback.
        extra: Anything else by name: nested dicts, lists and tuples of arrays, numbers, strings, booleans and None, such as the
            `state_dict()` of an `EarlyStopping` or a `LossScaler`.

    Raises:
        TypeError: Something cannot be saved without pickle (the message names it), or `model` is not a module.
        ValueError: A name cannot be saved, or `epoch` or `step` is not a whole number from 0.
        OSError: The folder is missing or may not be written to, or the disk is full. The previous file is as it was.

    Example:
        >>> import tempfile
        >>> from dlprimer import SGD, Linear
        >>> model = Linear(2, 1, rng=np.random.default_rng(0))
        >>> optimizer, rng = SGD(model.parameters(), lr=0.1), np.random.default_rng(1)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_checkpoint(f"{folder}/run.npz", model, optimizer, rng, epoch=3, extra={"note": "before the change"})
        ...     model.weight.data[:] = 0
        ...     saved = load_checkpoint(f"{folder}/run.npz", model, optimizer, rng)
        >>> saved["epoch"], saved["extra"], bool(model.weight.data.any())
        (3, {'note': 'before the change'}, True)

        During `fit`: `callbacks=[lambda state: save_checkpoint("run.npz", state.model, state.optimizer, state.rng, epoch=state.epoch,
        step=state.step, history=state.history)]`.

    Explained in question 56.
    """
    place = Path(os.path.realpath(path))
    optimizer_state = None if optimizer is None else {"kind": type(optimizer).__name__, "state": optimizer.state_dict()}
    generators = {name: g.bit_generator.state for name, g in named_generators(model, rng).items()}
    arrays: dict[str, Any] = {}
    parts = {
        "format": FORMAT, "epoch": whole("epoch", epoch), "step": whole("step", step), "history": dict(history or {}),
        "model": model.state_dict(), "optimizer": optimizer_state, "rng": generators, "extra": dict(extra or {}),
    }  # fmt: skip
    encoded = {name: encode(part, (name,), arrays) for name, part in parts.items()}
    arrays["metadata"] = np.frombuffer(json.dumps(encoded, allow_nan=False).encode(), np.uint8)
    if not place.parent.is_dir():
        raise FileNotFoundError(f"save_checkpoint: there is no folder {place.parent}; create it first")
    with replacing(place) as file:
        write_archive(file, arrays)


def load_checkpoint(path: str | os.PathLike[str], model: Module, optimizer: Any = None, rng: Rng = None) -> dict[str, Any]:
    """Put model, optimizer and generators back to where they were when the checkpoint was saved.

    Args:
        path: A file written by `save_checkpoint`.
        model: A model with the same parameters and buffers, of the same shapes and dtypes; and with generators where it had some.
        optimizer: An optimizer of the same kind for the same parameters; None leaves the saved one aside (to use a model, not train it).
        rng: The generator, or generators by name, as given to `save_checkpoint`; None leaves the saved ones aside.

    Returns:
        "epoch", "step", "history" and "extra" as they were saved; give `history` to `fit` to go on.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, or not a checkpoint, or one of another model, optimizer or kind of generator; the message names
            the file and what to do. Then nothing has been changed.

    Example:
        >>> load_checkpoint("nowhere.npz", Module())
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'nowhere.npz'

    Explained in question 56.
    """
    saved = read_checkpoint(path)
    generators = named_generators(model, rng)
    problems = [
        *model_problems(saved["model"], model),
        *([] if optimizer is None else optimizer_problems(saved["optimizer"], optimizer)),
        *generator_problems(saved["rng"], generators),
    ]
    if problems:
        raise refusal(path, "it does not fit:\n  " + "\n  ".join(problems) + "\n", AS_SAVED)
    targets: list[tuple[Callable[[Any], Any], Any, Any]] = [(model.load_state_dict, model.state_dict(), saved["model"])]
    if optimizer is not None:
        targets.append((optimizer.load_state_dict, optimizer.state_dict(), saved["optimizer"]["state"]))
    for name, generator in generators.items():
        setter = generator_setter(generator)
        targets.append((setter, generator.bit_generator.state, saved["rng"][name]))
    try:
        for load, _, state in targets:
            load(state)
    except Exception as error:
        for load, before, _ in targets:
            load(before)
        raise refusal(path, str(error), AS_SAVED) from error
    return {name: saved[name] for name in ("epoch", "step", "history", "extra")}


# ---- generators ----


def named_generators(model: Module, rng: Rng) -> dict[str, np.random.Generator]:
    """The generators given, and those that the model's modules hold, by name."""
    if not isinstance(model, Module):
        raise TypeError(f"model must be a Module, got {type(model).__name__}")
    given = dict(rng) if isinstance(rng, Mapping) else {} if rng is None else {"rng": rng}
    for name, generator in given.items():
        if not isinstance(generator, np.random.Generator):
            raise TypeError(f"rng must be numpy Generators, got {type(generator).__name__} for {name!r}")
    inside = {
        f"model.{prefix}.{name}" if prefix else f"model.{name}": value
        for prefix, module in model.named_modules()
        for name, value in module._fields()
        if isinstance(value, np.random.Generator)
    }
    return given | inside


def generator_setter(generator: np.random.Generator) -> Callable[[Any], None]:
    """A function that puts the generator into a state."""

    def load(state: Any) -> None:
        generator.bit_generator.state = state

    return load


# ---- does it fit? ----


def model_problems(saved: Any, model: Module) -> list[str]:
    """In what the saved weights differ from the model's in name, shape or dtype."""
    own, saved = model.state_dict(), saved if isinstance(saved, dict) else {}
    missing = [f"missing in the file: {name}" for name in own if not isinstance(saved.get(name), np.ndarray)]
    unknown = [f"unknown to the model: {name}" for name in saved if name not in own]
    other = [
        f"{name}: {saved[name].dtype} of shape {saved[name].shape} in the file, {own[name].dtype} of shape {own[name].shape} in the model"
        for name in own
        if isinstance(saved.get(name), np.ndarray)
        and (saved[name].shape, saved[name].dtype) != (own[name].shape, own[name].dtype)
    ]
    return missing + unknown + other


def optimizer_problems(saved: Any, optimizer: Any) -> list[str]:
    """In what the saved optimizer differs from this one in kind, settings, shapes or dtypes."""
    if not isinstance(saved, dict):
        return ["it holds no optimizer: load with optimizer=None"]
    if saved.get("kind") != type(optimizer).__name__:
        return [f"the optimizer is {saved.get('kind')} in the file, {type(optimizer).__name__} here"]
    if not isinstance(optimizer, Optimizer):
        return []
    try:
        names = [remembered(optimizer, group) for group in saved["state"]["groups"]]
        needed = [names[i] for i, group in enumerate(optimizer.param_groups) for _ in group["params"]]
        states = [dict(state) for state in saved["state"]["state"]]
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        together = list(zip(parameters, needed, states, strict=True))
    except Exception as error:  # whatever nonsense in the settings and states may cause
        return [f"the optimizer's settings and states are not those of this one: {error}"]
    lacking = [
        f"the optimizer's state of parameter {i} lacks {', '.join(sorted(need - state.keys()))}"
        for i, (_, need, state) in enumerate(together)
        if state and not need <= state.keys()
    ]
    return lacking + [
        f"the optimizer's {name} of parameter {i} must be a number of at least 0, or {p.dtype} of shape {p.shape}"
        for i, (p, _, state) in enumerate(together)
        for name, value in state.items()
        if not (isinstance(value, np.ndarray) and (value.shape, value.dtype) == (p.shape, p.dtype))
        and not (isinstance(value, (int, float)) and 0 <= value < math.inf)
    ]


def remembered(optimizer: Optimizer, settings: Mapping[str, Any]) -> set[str]:
    """The names of what the optimizer remembers about a parameter under these settings, as a step of one that is not there shows."""
    optimizer.check(settings)
    state: dict[str, Any] = {}
    used = {name: settings[name] for name in inspect.signature(optimizer.update).parameters if name in settings}
    with np.errstate(all="ignore"):
        optimizer.update(np.zeros(1), np.zeros(1), state, **used)
    return set(state)


def generator_problems(saved: Any, generators: dict[str, np.random.Generator]) -> list[str]:
    """Which generators have no state of their kind in the file."""
    saved = saved if isinstance(saved, dict) else {}
    problems = []
    for name, generator in generators.items():
        kind, state = type(generator.bit_generator).__name__, saved.get(name)
        if not isinstance(state, dict):
            problems.append(f"no state of the generator {name!r}; the file has {', '.join(map(repr, saved)) or 'none'}")
        elif state.get("bit_generator") != kind:
            problems.append(f"the generator {name!r} is {state.get('bit_generator')} in the file, {kind} here")
    return problems


def refusal(path: Any, reason: str, remedy: str) -> ValueError:
    """The error for a file that is not taken."""
    return ValueError(f"load_checkpoint: {os.fspath(path)}: {reason}; nothing was changed. Remedy: {remedy}.")


# ---- values to JSON and arrays, and back ----


def encode(value: Any, path: tuple[str, ...], arrays: dict[str, Any]) -> Any:
    """The value as JSON; its arrays go into `arrays` under their path, and what JSON has no form for into a marked dict."""
    where = "/".join(path)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "fiub":
        arrays[where] = np.asarray(value, order="C")
        return {"$array" if isinstance(value, np.ndarray) else "$scalar": where}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key in ("", ".", "..") or key.startswith("$"):
                raise ValueError(f"save_checkpoint: {where} has the key {key!r}; keys must be text that does not start with $")
        return {key: encode(item, (*path, quote(key, safe=" ()[],")), arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [encode(item, (*path, str(i)), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"$tuple": items}
    what = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
    raise TypeError(f"save_checkpoint: {where} is {what}; save numbers, strings, lists, dicts and arrays of numbers")


def decode(value: Any, arrays: dict[str, Any]) -> Any:
    """What `encode` was given; each array is used once."""
    if isinstance(value, list):
        return [decode(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(mark, content)] = value.items()
        if mark == "$float":
            return {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[content]
        if mark == "$array":
            return arrays.pop(content)
        if mark == "$scalar":
            return arrays.pop(content)[()]
        if mark == "$tuple":
            return tuple(decode(item, arrays) for item in content)
    return {key: decode(item, arrays) for key, item in value.items()}


def whole(name: str, value: Any) -> int:
    """The value, if it is a whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise ValueError(f"{name} must be a whole number from 0, got {value!r}")
    return int(value)


# ---- the file ----


@contextlib.contextmanager
def replacing(place: Path) -> Iterator[Any]:
    """A new file to write to, which takes its place when it is complete and on disk; if anything fails it vanishes."""
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # the rename itself is on disk only when the folder is
        folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_archive(file: Any, arrays: Mapping[str, Any]) -> None:
    """The arrays as .npy members, uncompressed, and their checksum last."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            content = npy(array)
            add_to(digest, name, content)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content)
        archive.writestr(zipfile.ZipInfo("checksum.npy"), npy(np.frombuffer(digest.digest(), np.uint8)))


def add_to(digest: Any, name: str, content: bytes) -> None:
    """Let the checksum cover a member: its name, its length and its bytes."""
    digest.update(f"{name}\n{len(content)}\n".encode())
    digest.update(content)


def npy(array: Any) -> bytes:
    """The array in NumPy's .npy format."""
    content = BytesIO()
    np.lib.format.write_array(content, array, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def from_npy(name: str, content: bytes) -> Any:
    """The array of a .npy member, after a check that it is plain numbers and as long as its header says."""
    stream = BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{name} is not in the .npy format 1.0")
    shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    size = len(content) - stream.tell()
    if dtype.kind not in "fiub" or fortran_order or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{name} is {dtype} of shape {shape} in {size} bytes, not an array of plain numbers")
    return np.frombuffer(bytearray(memoryview(content)[stream.tell() :]), dtype).reshape(shape)


def read_archive(file: Any) -> dict[str, Any]:
    """The arrays of an archive, if it is exactly what `write_archive` writes."""
    size = os.fstat(file.fileno()).st_size
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        names = [member.filename.removesuffix(".npy") for member in members]
        if not {"metadata", "checksum"} <= set(names) or len(set(names)) < len(names):
            raise ValueError("it is not a checkpoint of dlprimer")
        for name, member in zip(names, members, strict=True):
            if not member.filename.endswith(".npy") or name.startswith("/") or "\\" in name or ".." in name.split("/"):
                raise ValueError(f"it has a member {member.filename!r}, which no checkpoint has")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size != member.compress_size:
                raise ValueError(f"its member {member.filename!r} is compressed, which no checkpoint is")
        if sum(member.file_size for member in members) > size:
            raise ValueError("its members claim to be larger than the file")
        contents = {name: archive.read(member) for name, member in zip(names, members, strict=True)}
    checksum = from_npy("checksum", contents.pop("checksum")).tobytes()
    digest = hashlib.sha256()
    for name, content in contents.items():
        add_to(digest, name, content)
    if digest.digest() != checksum:
        raise ValueError("its checksum does not match its content")
    return {name: from_npy(name, content) for name, content in contents.items()}


def read_checkpoint(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The parts of a checkpoint, if the file is whole and nothing else."""
    with open(path, "rb") as file:
        try:
            arrays = read_archive(file)
            metadata = json.loads(arrays.pop("metadata").tobytes(), parse_constant=not_json)
            if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT!r}; another version of dlprimer may have written it")
            saved: dict[str, Any] = decode(metadata, arrays)
            if saved.keys() != PARTS or arrays:
                raise ValueError("its metadata and its arrays do not belong together")
            whole("epoch", saved["epoch"])
            whole("step", saved["step"])
            if not isinstance(saved["history"], dict) or not isinstance(saved["extra"], dict):
                raise ValueError("its history or extra is not a dict")
        except Exception as error:  # whatever a broken or hostile file makes the parsers raise
            raise refusal(path, f"cannot be read: {error}", "use an earlier checkpoint, written by save_checkpoint") from error
    return saved


def not_json(constant: str) -> Any:
    """NaN and infinity, which Python's parser would let pass."""
    raise ValueError(f"its metadata contains {constant}")
