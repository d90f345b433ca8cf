"""A checkpoint is whole or not there, brings everything back bit for bit, and lets nothing foreign in."""

import doctest
import errno
import hashlib
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

import dlprimer.train.checkpoint as checkpoint
from dlprimer import SGD, Adagrad, Adam, AdamW, Linear, Lion, Module, Parameter, RMSprop, Sequential, fit, mse_loss
from dlprimer.train.checkpoint import load_checkpoint, save_checkpoint


class Noise(Module):
    """Drops half of its inputs in training, from a generator of its own, and counts its calls in a buffer."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.register_buffer("calls", np.zeros((), np.int64))

    def forward(self, x):
        if not self.training:
            return x
        self.calls += 1
        return x * (2 * (self.rng.random(x.shape) < 0.5)).astype(np.float32)


OPTIMIZERS = {
    "sgd": lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: RMSprop(p, momentum=0.5, centered=True),
    "adagrad": lambda p: Adagrad(p, lr_decay=0.1),
    "adam": lambda p: Adam(p, lr=np.float64(0.01), amsgrad=True, betas=(0.8, 0.99)),
    "adamw": AdamW,
    "lion": lambda p: Lion(p, lr=1e-3),
}


def setup(seed=0, optimizer="adam"):
    rng = np.random.default_rng(seed)
    model = Sequential(Linear(3, 6, rng=rng), np.tanh, Noise(seed + 1), Linear(6, 1, rng=rng))
    return model, OPTIMIZERS[optimizer](list(model.parameters())), np.random.default_rng(seed + 2)


def train(model, optimizer, rng, epochs, history, **options):
    data = np.random.default_rng(9)
    X, y = data.normal(size=(24, 3)).astype(np.float32), data.normal(size=(24, 1)).astype(np.float32)
    return fit(model, (X[:16], y[:16]), loss=mse_loss, optimizer=optimizer, epochs=epochs, batch_size=5, rng=rng,
               validation=(X[16:], y[16:]), schedule=lambda step: 0.02 / (1 + step), history=history, **options)  # fmt: skip


def everything(model, optimizer, rng):
    """All state, as something to compare."""
    states = [model.state_dict(), optimizer.state_dict(), rng.bit_generator.state, getattr(model, "2").rng.bit_generator.state]
    return pickle.dumps(json.loads(json.dumps(states, default=lambda array: [array.dtype.str, array.tolist()])))


@pytest.fixture
def saved(tmp_path):
    """A small valid checkpoint: its path, and its model, optimizer and generator."""
    things = setup()
    train(*things, 1, {})
    save_checkpoint(tmp_path / "run.npz", *things, epoch=1, step=4, history={"loss": [0.5]}, extra={"note": "first"})
    return tmp_path / "run.npz", things


# ---- resuming ----


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resuming_is_bit_identical_to_an_uninterrupted_run(tmp_path, optimizer):
    whole = setup(optimizer=optimizer)
    history = train(*whole, 6, {})
    first = setup(optimizer=optimizer)
    path = tmp_path / "run.npz"
    train(*first, 3, {}, callbacks=[lambda state: save_checkpoint(
        path, state.model, state.optimizer, state.rng, epoch=state.epoch, step=state.step, history=state.history)])  # fmt: skip
    second = setup(seed=77, optimizer=optimizer)
    loaded = load_checkpoint(path, *second)
    assert (loaded["epoch"], loaded["step"]) == (3, 12) and everything(*second) == everything(*first)
    assert train(*second, 6, loaded["history"]) == history
    assert everything(*second) == everything(*whole)


def test_resuming_in_a_new_process(tmp_path):
    """Hash seeds, import order and memory are others; the numbers are not."""
    script = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_checkpoint import *
things = setup(seed=5)
loaded = load_checkpoint({str(tmp_path / 'run.npz')!r}, *things)
train(*things, 4, loaded["history"])
print(hashlib.sha256(everything(*things)).hexdigest())
"""
    things = setup()
    history = train(*things, 2, {})
    save_checkpoint(tmp_path / "run.npz", *things, epoch=2, step=8, history=history)
    train(*things, 4, history)
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.strip() == hashlib.sha256(everything(*things)).hexdigest()


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_kind_of_generator_goes_on_with_the_same_numbers(tmp_path, kind):
    def make(seed):
        return np.random.Generator(getattr(np.random, kind)(seed))

    model, rng = Module(), make(0)
    rng.random(3, dtype=np.float32)  # leaves half of a 64-bit number in store
    save_checkpoint(tmp_path / "run.npz", model, rng={"order": rng, "noise": make(3)})
    order, noise = make(1), make(2)
    load_checkpoint(tmp_path / "run.npz", model, rng={"order": order, "noise": noise})
    assert order.random(5, dtype=np.float32).tolist() == rng.random(5, dtype=np.float32).tolist()
    assert noise.normal(size=3).tolist() == make(3).normal(size=3).tolist()


def test_everything_in_extra_comes_back_as_it_was(tmp_path):
    extra = {
        "floats": [0.1, -0.0, float("inf"), float("-inf"), 1e-320, 1 + 2**-52],
        "numbers": {"big": 2**127 - 1, "yes": True, "nothing": None},
        "text": "é\n\"\\ \ud800",
        "betas": (0.9, (0.999, [1])),
        "arrays": [np.arange(6).astype(d).reshape(2, 3) for d in ("f2", "f4", "f8", "i1", "u8", ">f4", "?")],
        "empty": [np.zeros((0, 3)), np.zeros(()), [], {}, ()],
        "layouts": [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6.0)[::-2]],
        "scalar": np.float32(0.1),
        "precision/class 0 µ.%2F\\..": np.ones(1),
        "loss of \x00": np.ones(2),
    }
    save_checkpoint(tmp_path / "run.npz", Module(), extra=extra | {"nan": float("nan")})
    back = load_checkpoint(tmp_path / "run.npz", Module())["extra"]
    assert np.isnan(back.pop("nan")) and type(back["scalar"]) is np.float32 and type(back["betas"][1]) is tuple
    assert str(back["floats"][1]) == "-0.0" and back["numbers"]["yes"] is True
    assert [a.dtype for a in back["arrays"]] == [a.dtype for a in extra["arrays"]]
    assert [np.shape(a) for a in back["empty"][:2]] == [(0, 3), ()]
    assert back.keys() == extra.keys()
    for name in extra:
        assert json.dumps(back[name], default=lambda a: a.tolist()) == json.dumps(extra[name], default=lambda a: a.tolist())
    back["arrays"][1][0, 0] = 7  # arrays are the caller's own


def test_a_model_to_use_needs_neither_optimizer_nor_generator(saved):
    path, (model, _, _) = saved
    other = setup(seed=3)[0]
    assert load_checkpoint(path, other)["extra"] == {"note": "first"}
    assert all((other.state_dict()[name] == value).all() for name, value in model.state_dict().items())


def test_the_file_is_what_numpy_reads_without_pickle(saved):
    path, (model, _, _) = saved
    with np.load(path, allow_pickle=False) as file:
        assert (file["model/0.weight"] == model.state_dict()["0.weight"]).all()
        assert json.loads(file["metadata"].tobytes())["epoch"] == 1
    assert path.name == "run.npz" and os.listdir(path.parent) == ["run.npz"]


def test_the_same_state_gives_the_same_file(saved):
    path, things = saved
    before = path.read_bytes()
    save_checkpoint(path, *things, epoch=1, step=4, history={"loss": [0.5]}, extra={"note": "first"})
    assert path.read_bytes() == before


def test_a_link_goes_on_pointing_to_the_file(saved):
    path, things = saved
    link = path.with_name("latest")
    link.symlink_to(path)
    save_checkpoint(str(link), *things, epoch=2)
    assert link.is_symlink() and load_checkpoint(path, *things)["epoch"] == 2


# ---- writes that fail ----


class Breaks:
    """A file that takes so many bytes and then fails."""

    def __init__(self, file, limit):
        self.file, self.left = file, limit

    def write(self, content):
        self.left -= len(content)
        if self.left < 0:
            self.file.write(content[: self.left])
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(content)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def __getattr__(self, name):
        return getattr(self.file, name)


def tiny(value):
    model = Module()
    model.weight = Parameter(np.full(2, value, np.float32))
    return model


def test_a_disk_that_is_full_at_any_byte_leaves_the_previous_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "run.npz"
    save_checkpoint(path, tiny(1))
    before = path.read_bytes()
    for limit in range(len(before)):
        monkeypatch.setattr(checkpoint, "open", lambda *a, n=limit: Breaks(open(*a), n), raising=False)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(path, tiny(2))
        monkeypatch.undo()
        assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.npz"]
    monkeypatch.setattr(checkpoint, "open", lambda *a: Breaks(open(*a), 10**6), raising=False)
    save_checkpoint(path, tiny(2))
    monkeypatch.undo()
    model = tiny(0)
    load_checkpoint(path, model)
    assert model.weight.data.tolist() == [2, 2]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_after_the_last_byte_leaves_it_too(tmp_path, monkeypatch, step):
    path = tmp_path / "run.npz"
    save_checkpoint(path, tiny(1))
    before = path.read_bytes()

    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="Input/output"):
        save_checkpoint(path, tiny(2))
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.npz"]


def test_the_file_is_on_disk_before_it_is_renamed_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace

    def watched(descriptor):
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    monkeypatch.setattr(os, "replace", lambda *a: (calls.append("rename"), replace(*a)))
    save_checkpoint(tmp_path / "run.npz", tiny(1))
    assert calls == ["file", "rename", "folder"]


def test_an_interrupt_from_the_keyboard_removes_the_temporary_file(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "write_archive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path / "run.npz", tiny(1))
    assert os.listdir(tmp_path) == []


LIMITED = """
import resource, sys
import numpy as np
from dlprimer import Module, Parameter
from dlprimer.train.checkpoint import save_checkpoint
model = Module()
model.weight = Parameter(np.ones(50_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    save_checkpoint(sys.argv[1], model)
except OSError as error:
    print("refused", error.errno)
"""


def test_a_real_limit_of_the_operating_system(tmp_path):
    path = tmp_path / "run.npz"
    save_checkpoint(path, tiny(1))
    before = path.read_bytes()
    result = subprocess.run([sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=True)
    assert result.stdout == f"refused {errno.EFBIG}\n" and result.stderr == ""
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["run.npz"]


KILLED = """
import sys
import numpy as np
from dlprimer import SGD, Module, Parameter
from dlprimer.train.checkpoint import save_checkpoint
model = Module()
model.weight = Parameter(np.zeros(100_000))
i = 0
while True:
    i += 1
    model.weight.data[:] = i
    save_checkpoint(sys.argv[1], model, SGD(model.parameters()), np.random.default_rng(0), epoch=i)
    print(i, flush=True)
"""


def test_killed_at_random_moments_the_last_complete_checkpoint_loads(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "run.npz"
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        reported = process.stdout.read().split()
        process.stdout.close()
        process.wait()
        model = Module()
        model.weight = Parameter(np.zeros(100_000))
        order = np.random.default_rng(1)
        epoch = load_checkpoint(path, model, SGD(model.parameters()), order)["epoch"]
        assert epoch >= int(reported[-1] if reported else 1) and (model.weight.data == epoch).all()
        assert order.random() == np.random.default_rng(0).random()


def test_a_folder_that_is_missing_or_closed_is_named(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match=r"there is no folder .*nowhere; create it first"):
        save_checkpoint(tmp_path / "nowhere" / "run.npz", tiny(1))
    (tmp_path / "run.npz").mkdir()
    with pytest.raises(OSError, match=r"run\.npz"):
        save_checkpoint(tmp_path / "run.npz", tiny(1))

    def closed(*_):
        raise PermissionError(errno.EACCES, "Permission denied", "run.npz")

    monkeypatch.setattr(checkpoint, "open", closed, raising=False)
    with pytest.raises(PermissionError):
        save_checkpoint(tmp_path / "other.npz", tiny(1))
    assert os.listdir(tmp_path) == ["run.npz"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"extra": {"f": {"deep": [lambda: 0]}}}, TypeError, "extra/f/deep/0 is a function"),
        ({"extra": {"a": np.array([None])}}, TypeError, "extra/a is an array of object"),
        ({"extra": {"a": np.array(["x"])}}, TypeError, "extra/a is an array of <U1"),
        ({"extra": {"a": np.zeros(2, complex)}}, TypeError, "an array of complex128"),
        ({"extra": {"a": {1, 2}}}, TypeError, "a set"),
        ({"extra": {"a": {1: 2}}}, ValueError, "extra/a has the key 1"),
        ({"extra": {"$array": "model"}}, ValueError, r"the key '\$array'"),
        ({"extra": {"..": 1}}, ValueError, r"the key '\.\.'"),
        ({"epoch": -1}, ValueError, "epoch must be a whole number from 0, got -1"),
        ({"step": 1.0}, ValueError, "step must be"),
        ({"epoch": True}, ValueError, "epoch must be"),
        ({"rng": 7}, TypeError, "rng must be numpy Generators, got int"),
        ({"rng": {"a": None}}, TypeError, "got NoneType for 'a'"),
    ],
)
def test_what_cannot_be_saved_is_named_and_leaves_no_file(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        save_checkpoint(tmp_path / "run.npz", tiny(1), **options)
    assert os.listdir(tmp_path) == []


def test_a_model_must_be_a_module(tmp_path):
    with pytest.raises(TypeError, match="model must be a Module, got function"):
        save_checkpoint(tmp_path / "run.npz", lambda x: x)


# ---- files that are refused ----


def refused(path, message, things=None):
    """Loading must fail with the file's name and a remedy, and change nothing."""
    things = things or setup(seed=4)
    before = everything(*things)
    with pytest.raises(ValueError, match=message) as caught:
        load_checkpoint(path, *things)
    assert str(path) in str(caught.value) and "nothing was changed. Remedy: " in str(caught.value)
    assert everything(*things) == before


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(path, contents, compression=zipfile.ZIP_STORED):
    """Write members with a checksum that is right."""
    contents = {name: content for name, content in contents.items() if name != "checksum.npy"}
    digest = hashlib.sha256()
    for name, content in contents.items():
        checkpoint.add_to(digest, name.removesuffix(".npy"), content)
    contents["checksum.npy"] = checkpoint.npy(np.frombuffer(digest.digest(), np.uint8))
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)


def forge_metadata(path, change):
    contents = members(path)
    text = checkpoint.from_npy("metadata", contents["metadata.npy"]).tobytes().decode()
    contents["metadata.npy"] = checkpoint.npy(np.frombuffer(change(text).encode(), np.uint8))
    forge(path, contents)


def test_a_forgery_without_changes_is_taken(saved):
    path, things = saved
    forge_metadata(path, lambda text: text)
    load_checkpoint(path, *things)


def test_a_file_cut_at_any_byte_is_refused(tmp_path):
    path, short = tmp_path / "run.npz", tmp_path / "short.npz"
    save_checkpoint(path, tiny(1))
    content, model = path.read_bytes(), tiny(2)
    for end in range(len(content)):
        short.write_bytes(content[:end])
        with pytest.raises(ValueError, match=r"short\.npz: cannot be read"):
            load_checkpoint(short, model)
    assert model.weight.data.tolist() == [2, 2]


def test_a_changed_byte_in_the_content_is_noticed(tmp_path):
    path, other = tmp_path / "run.npz", tmp_path / "other.npz"
    save_checkpoint(path, tiny(1), extra={"a": 1})
    content = path.read_bytes()
    taken = 0
    for i in range(len(content)):
        model = tiny(2)
        other.write_bytes(content[:i] + bytes([content[i] ^ 0x10]) + content[i + 1 :])
        try:
            loaded = load_checkpoint(other, model)
        except ValueError:
            assert model.weight.data.tolist() == [2, 2]
        else:  # a byte of the container without meaning, such as a date
            taken += 1
            assert model.weight.data.tolist() == [1, 1] and loaded["extra"] == {"a": 1}
    assert taken < len(content) / 5


MEMBER = "model/0.weight.npy"


@pytest.mark.parametrize("other", [MEMBER, "metadata.npy"])
def test_a_member_exchanged_for_another_valid_one_is_noticed(saved, other):
    path, things = saved
    contents = members(path)
    train(*things, 2, {})
    save_checkpoint(path, *things, epoch=2)
    contents[other] = members(path)[other]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    refused(path, "checksum does not match")


class Evil:
    def __reduce__(self):
        return (os.system, ("touch dlprimer-was-executed",))


def npy_bytes(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def npy_header(text, content=b""):
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npy_bytes(np.array([Evil()], object), allow_pickle=True), "object"),
        (b"not an array", "cannot be read"),
        (b"", "cannot be read"),
        (npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }", b"\0" * 8), "not an array of plain numbers"),
        (npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, -2), }", b"\0" * 8), "not an array of plain numbers"),
        (npy_header("{'descr': '<f4', 'fortran_order': True, 'shape': (6, 3), }", b"\0" * 72), "not an array of plain numbers"),
        (npy_header("{'descr': '<U2', 'fortran_order': False, 'shape': (9,), }", b"\0" * 72), "not an array of plain numbers"),
        (npy_header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (18,), }", b"\0" * 72), "not an array of plain numbers"),
        (npy_header("__import__('os').system('touch dlprimer-was-executed')"), "cannot be read"),
        (npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3), 'x': ("), "cannot be read"),
        (npy_bytes(np.zeros((6, 3), np.float32), version=(2, 0)), "format 1.0"),
        (npy_bytes(np.zeros((6, 3), np.float64)), "0.weight: float64 of shape .* in the file, float32"),
        (npy_bytes(np.zeros((6, 4), np.float32)), r"0.weight: float32 of shape \(6, 4\) in the file"),
        (npy_bytes(np.zeros((6, 3), np.int32)), "0.weight: int32"),
    ],
)
def test_an_array_that_is_not_what_it_should_be_is_refused(saved, content, message):
    path, _ = saved
    forge(path, members(path) | {MEMBER: content})
    refused(path, message)
    assert not os.path.exists("dlprimer-was-executed")


@pytest.mark.parametrize("name", ["/etc/passwd.npy", "../up.npy", "a/../../up.npy", "..\\up.npy", "data.pkl", "folder/"])
def test_members_with_names_that_lead_elsewhere_are_refused(saved, name):
    path, _ = saved
    forge(path, members(path) | {name: npy_bytes(np.zeros(1))})
    refused(path, "which no checkpoint has")


def test_unexpected_missing_and_double_members_are_refused(saved):
    path, _ = saved
    contents = members(path)
    forge(path, contents | {"surprise.npy": npy_bytes(np.zeros(1))})
    refused(path, "do not belong together")
    forge(path, {name: content for name, content in contents.items() if name != MEMBER})
    refused(path, "cannot be read: 'model/0.weight'")
    forge(path, contents)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MEMBER, contents[MEMBER])
    refused(path, "not a checkpoint of dlprimer")


def test_a_bomb_is_refused_without_unpacking_it(saved):
    path, _ = saved
    bomb = npy_bytes(np.zeros(30_000_000, np.uint8))
    forge(path, members(path) | {"model/bomb.npy": bomb}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    refused(path, "is compressed, which no checkpoint is")


def test_sizes_that_lie_are_refused(saved):
    path, _ = saved
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")  # the first entry of the directory
    content[entry + 20 : entry + 28] = (2**31).to_bytes(4, "little") * 2
    path.write_bytes(content)
    refused(path, "claim to be larger than the file")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(pickle.dumps(Evil())),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("{}"),
        lambda path: np.savez(open(path, "wb"), weight=np.zeros(2)),
        lambda path: np.save(open(path, "wb"), np.zeros(2)),
        lambda path: np.savez(open(path, "wb"), metadata=np.array([Evil()], object), checksum=np.zeros(2)),
    ],
)
def test_foreign_files_are_refused(saved, write):
    path, _ = saved
    write(path)
    refused(path, "cannot be read")
    assert not os.path.exists("dlprimer-was-executed")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"epoch": 1', '"epoch": NaN', "metadata contains NaN"),
        ('"epoch": 1', '"epoch": -Infinity', "metadata contains -Infinity"),
        ('"epoch": 1', '"epoch": -1', "epoch must be a whole number from 0"),
        ('"epoch": 1', '"epoch": 1.5', "epoch must be a whole number from 0"),
        ('"epoch": 1', '"epoch": {"$float": "nan"}', "epoch must be a whole number from 0"),
        ('"step": 4', '"step": "4"', "step must be"),
        ('"step": 4', '"steps": 4', "do not belong together"),
        ('"epoch": 1', '"epoch": ' + "1" * 5000, "cannot be read"),
        ('"epoch": 1', '"epoch": ' + "[" * 5000 + "]" * 5000, "cannot be read"),
        ("checkpoint 1", "checkpoint 2", "another version of dlprimer"),
        ('"note": "first"', '"note": {"$float": "one"}', "cannot be read"),
        ('"note": "first"', '"note": {"$array": "model/0.weight"}', "cannot be read"),
        ('{"note": "first"}', "[]", "history or extra is not a dict"),
        ('{"loss": [0.5]}', "1", "history or extra is not a dict"),
        ("{", "(", "cannot be read"),
        ('"Adam"', '"AdamW"', "optimizer is AdamW in the file, Adam here"),
        ('"kind": "Adam"', '"kind": null', "optimizer is None in the file"),
        ('"t": 4', '"t": {"$float": "nan"}', "optimizer's t of parameter 0 must be a number"),
        ('"t": 4', '"t": "4"', "optimizer's t of parameter 0"),
        ('"t": 4', '"u": 4', "state of parameter 0 lacks t"),
        ('"sizes": [4]', '"sizes": [3]', "groups of"),
        ('"eps": 1e-08', '"eps": -1', "eps must be a number of at least 0"),
        ('"eps"', '"epsilon"', "settings"),
        ('"bit_generator": "PCG64"', '"bit_generator": "SFC64"', "is SFC64 in the file, PCG64 here"),
        ('"has_uint32": 0', '"has_uint32": "no"', "nothing was changed"),
    ],
)
def test_metadata_that_make_no_sense_are_refused(saved, old, new, message):
    path, _ = saved
    forge_metadata(path, lambda text: (text.replace(old, new), pytest.fail("not found") if old not in text else 0)[0])
    refused(path, message)


def test_states_of_the_optimizer_that_are_not_lists_of_dicts_are_refused(saved):
    path, _ = saved

    def spoil(text):
        tree = json.loads(text)
        tree["optimizer"]["state"]["state"] = tree["optimizer"]["state"]["state"][:-1]
        return json.dumps(tree)

    forge_metadata(path, spoil)
    refused(path, "do not belong together")
    _model, optimizer, _ = setup()
    state = optimizer.state_dict()
    for broken in ({"kind": "Adam", "state": None}, {"kind": "Adam", "state": state | {"state": [1, 2, 3, 4]}}):
        [problem] = checkpoint.optimizer_problems(broken, optimizer)
        assert "settings and states are not those of this one" in problem


def test_another_model_optimizer_or_generator_is_refused(saved):
    path, _ = saved
    model, _optimizer, rng = setup(seed=4)
    bigger = Sequential(*model, Linear(1, 2, rng=rng))
    before = bigger.state_dict()
    with pytest.raises(ValueError, match=r"missing in the file: 4\.weight\n  missing in the file: 4\.bias"):
        load_checkpoint(path, bigger)
    with pytest.raises(ValueError, match=r"unknown to the model: 3\.weight"):
        load_checkpoint(path, Sequential(*list(model)[:3]))
    with pytest.raises(ValueError, match=r"no state of the generator 'noise'; the file has 'rng', 'model\.2\.rng'"):
        load_checkpoint(path, model, rng={"noise": rng})
    with pytest.raises(ValueError, match="PCG64 in the file, MT19937 here"):
        load_checkpoint(path, model, rng=np.random.Generator(np.random.MT19937(0)))
    refused(path, "optimizer is Adam in the file, SGD here", setup(seed=4, optimizer="sgd"))
    with pytest.raises(ValueError, match=r"float32 of shape .* in the file, float64"):
        load_checkpoint(path, model.to(np.float64))
    assert all((bigger.state_dict()[name] == value).all() for name, value in before.items())


def test_a_checkpoint_without_optimizer_cannot_resume_training(tmp_path):
    model, optimizer, rng = setup()
    save_checkpoint(tmp_path / "run.npz", model)
    refused(tmp_path / "run.npz", "it holds no optimizer: load with optimizer=None", (model, optimizer, rng))


def test_an_optimizer_of_the_readers_own(tmp_path):
    class Own:
        def __init__(self, memory):
            self.memory = memory

        def state_dict(self):
            return {"memory": self.memory}

        def load_state_dict(self, state):
            if state["memory"] > 5:
                self.memory = -1
                raise KeyError("memory")
            self.memory = state["memory"]

    path, model, optimizer = tmp_path / "run.npz", tiny(1), Own(3)
    save_checkpoint(path, model, optimizer)
    other = Own(4)
    load_checkpoint(path, model, other)
    assert other.memory == 3
    save_checkpoint(path, tiny(2), Own(7))
    with pytest.raises(ValueError, match="nothing was changed"):
        load_checkpoint(path, model, other)
    assert other.memory == 3 and model.weight.data.tolist() == [1, 1]


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "run.npz", tiny(1))


def test_examples_in_the_docstrings_run():
    result = doctest.testmod(checkpoint)
    assert result.attempted and not result.failed
