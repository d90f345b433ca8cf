"""Runs the cells of a page in the browser's interpreter and sends what comes out of them to the page as it comes."""

import ast
import io
import linecache
import sys
import time
import traceback
import warnings

import numpy as np

import cells
import dlprimer  # noqa: F401  so that the first cell need not wait for it

PAUSE = 0.05  # seconds between two messages of one stream: a page that gets one for every line has no time to draw
MOST = 20_000  # characters of a cell's output; a runaway loop must not fill the page
FILE = "cell "

namespace = {}
_post = None
_settings = None


class Stream(io.TextIOBase):
    """Standard output or error, sent in pieces."""

    def __init__(self, kind):
        self.kind, self.held, self.sent, self.last = kind, [], 0, 0.0

    def writable(self):
        return True

    def write(self, text):
        (err if self is out else out).flush()  # what was written first is shown first
        self.held.append(text)
        if time.monotonic() - self.last > PAUSE:
            self.flush()
        return len(text)

    def flush(self):
        text = "".join(self.held)
        self.held.clear()
        self.last = time.monotonic()
        if text and self.sent < MOST:
            rest = MOST - self.sent
            self.sent += len(text)
            _post(self.kind, text if len(text) <= rest else text[:rest] + "\n… the rest is left out\n")


out, err = Stream("text"), Stream("warning")


def start(post):
    """Make the interpreter ready; `post(kind, text)` reaches the page."""
    global _post, _settings
    _post = post
    sys.stdout, sys.stderr = out, err
    warnings.showwarning = _show_warning

    def draw(text, drawn):
        out.flush()
        post("figure", drawn)

    cells.draw = draw
    _settings = (np.get_printoptions(), np.geterr(), warnings.filters[:])


def reset():
    """Begin a page: without the names and the settings of another."""
    printing, errors, filters = _settings
    np.set_printoptions(**printing)
    np.seterr(**errors)
    warnings.resetwarnings()
    warnings.filters[:] = filters
    namespace.clear()
    namespace["__name__"] = "__main__"


def run(code, name):
    """Run a cell; returns "done", "error", or "memory" when there was not enough."""
    file = FILE + name
    linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
    namespace.pop("__warningregistry__", None)  # a warning that was shown in an earlier run is shown again
    out.sent = err.sent = 0
    try:
        tree = ast.parse(code, file)
        last = tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, file, "exec", dont_inherit=True), namespace)
        if last is not None:
            value = eval(compile(ast.Expression(last), file, "eval", dont_inherit=True), namespace)
            if value is not None:
                out.flush()
                _post("value", repr(value)[:MOST])
        return "done"
    except MemoryError:
        return "memory"
    except BaseException as error:
        out.flush()
        err.flush()
        _post("error", trimmed(error))
        return "error"
    finally:
        out.flush()
        err.flush()


def trimmed(error):
    """The traceback with the reader's own lines alone."""
    whole = traceback.TracebackException.from_exception(error)
    waiting = [whole]
    while waiting:
        part = waiting.pop()
        part.stack[:] = [frame for frame in part.stack if frame.filename.startswith(FILE)]
        waiting += [other for other in (part.__cause__, part.__context__, *(part.exceptions or ())) if other is not None]
    # A mistake in the syntax has run no line yet, and says itself where it is.
    return "".join(whole.format() if whole.stack else whole.format_exception_only()).rstrip()


def _show_warning(message, category, filename, lineno, file=None, line=None):
    out.flush()
    where = f"line {lineno}: " if filename.startswith(FILE) else ""
    err.write(f"{where}{category.__name__}: {message}\n")
