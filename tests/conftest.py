"""What tests share: the comparison with recorded results of PyTorch, and the browser for every test that wants one.

`follows_golden(case)` runs a case that `scripts/goldens/recording.py` wrote. The browser: a built site, Chromium, and pages that may not
log errors or reach outside.
`open_page(path)` opens a page of the built book; a test that uses it (or `page`, `site`, `chromium`) is marked `browser`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

import dlprimer
from book import policy
from dlprimer import Tensor
from gates.browser import FLAGS
from gates.serving import served

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"chromium", "site"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Why each test that was tried again had failed: without it, a test that now and then fails is only a letter in a row."""
    for report in terminalreporter.stats.get("rerun", []):
        reason = report.longreprtext.strip().splitlines()
        errors = [line for line in reason if line.startswith("E ")]
        terminalreporter.line(f"tried again: {report.nodeid}, {report.when}: {' '.join((errors or reason[-1:])[0].split())[:300]}")


# ---- goldens ----
def decode(value: Any, dtype: Any = np.float64) -> Any:
    """What `recording.encode` wrote, with floating-point arrays in this dtype."""
    if isinstance(value, dict) and value.keys() == {"dtype", "shape", "values"}:
        array = np.array(value["values"], value["dtype"]).reshape(value["shape"])
        return array.astype(dtype) if array.dtype.kind == "f" else array
    if isinstance(value, dict):
        return {k: decode(v, dtype) for k, v in value.items()}
    return [decode(v, dtype) for v in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def follows_golden() -> Callable[..., None]:
    """Check a recorded case of a function or module: outputs, gradients of inputs and parameters, buffers, and that no input changes."""

    def run(case: dict[str, Any], dtype: Any = np.float64, rtol: float = 1e-9, atol: float = 1e-9, **extra: Any) -> None:
        def close(actual: Any, expected: Any, what: str) -> None:
            expected = decode(expected, dtype)
            assert actual is not None, f"{what}: no result"
            actual = np.asarray(actual.data if isinstance(actual, Tensor) else actual)
            assert (actual.shape, actual.dtype) == (expected.shape, expected.dtype), what
            np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, err_msg=what)

        values, options = decode(case["arguments"], dtype), decode(case["options"], dtype)
        wanted = [gradient is not None for gradient in case["gradients"]]
        inputs = [Tensor(v, requires_grad=True) if w else v for v, w in zip(values, wanted, strict=True)]
        module = None
        if "module" in case:
            module = getattr(dlprimer, case["module"])(**case["settings"], **extra).to(dtype).train(case["training"])
            module.load_state_dict(decode(case["state"], dtype))
        function = module or getattr(dlprimer, case["function"])
        output = function(*inputs, **options, **({} if module else extra))
        outputs = output if isinstance(output, tuple) else (output,)
        outputs = tuple(y for y in outputs if y is not None)
        assert len(outputs) == len(case["outputs"])
        total: Any = 0
        for i, (y, expected, weight) in enumerate(zip(outputs, case["outputs"], case["cotangents"], strict=True)):
            close(y, expected, f"output {i}")
            if isinstance(y, Tensor) and y.requires_grad:
                total = total + (y * decode(weight, dtype)).sum()
        if isinstance(total, Tensor):
            total.backward()
        for i, gradient in enumerate(case["gradients"]):
            if gradient is not None:
                close(inputs[i].grad, gradient, f"gradient of argument {i}")
                np.testing.assert_array_equal(inputs[i].data, values[i], err_msg=f"argument {i} was changed")
        if module is not None:
            parameters = dict(module.named_parameters())
            for name, gradient in case["parameter_gradients"].items():
                close(parameters[name].grad, gradient, f"gradient of {name}")
            state = module.state_dict()
            for name, value in case["state_after"].items():
                np.testing.assert_allclose(state[name], decode(value, dtype), rtol=rtol, atol=atol, err_msg=name)

    return run


# ---- serving ----
class QuietHandler(SimpleHTTPRequestHandler):
    """A plain server that a test asks for more by cookies: `guarded=yes` for the built site's security policy,
    `cut=NAME` for a connection that breaks half-way through a file, `spoil=NAME` for a file with a wrong byte."""

    protocol_version = "HTTP/1.1"

    def asked(self, cookie: str) -> str | None:
        found = re.search(rf"\b{cookie}=([^;\s]+)", self.headers.get("Cookie", ""))
        return found[1] if found else None

    def end_headers(self) -> None:
        if self.asked("guarded"):
            self.send_header("Content-Security-Policy", policy.read(Path(self.directory)))
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        name = urlsplit(self.path).path.rpartition("/")[2]
        if name not in (self.asked("cut"), self.asked("spoil")):
            super().copyfile(source, outputfile)
            return
        content = source.read()
        if name == self.asked("cut"):
            outputfile.write(content[: len(content) // 2])
            self.close_connection = True
        else:
            outputfile.write(bytes([content[0] ^ 1]) + content[1:])

    def guess_type(self, path: Any) -> str:
        known = {".js": "text/javascript", ".json": "application/json", ".woff2": "font/woff2"}
        return known.get(Path(path).suffix) or super().guess_type(path)

    def log_message(self, *_: Any) -> None:
        pass


def build_site(configuration: Path, folder: Path, address: str) -> None:
    """Build a MkDocs site strictly, to be served at the address."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(configuration), "-d", str(folder)]
    environment = {**os.environ, "SITE_URL": address, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=configuration.parent, env=environment, capture_output=True, text=True, timeout=600)
    assert built.returncode == 0, f"mkdocs build --strict failed:\n{built.stdout}{built.stderr}"


@pytest.fixture(scope="session")
def build_and_serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Build the site of a configuration file and serve it until the session ends; returns its address."""
    servers = []

    def run(configuration: Path) -> str:
        folder = tmp_path_factory.mktemp("site")
        server = served(folder, handler=QuietHandler)
        address = server.__enter__()
        servers.append(server)
        build_site(configuration, folder, address)
        run.folders[address] = folder
        return address

    run.folders = {}
    yield run
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def site(build_and_serve: Callable[[Path], str]) -> str:
    """The address of the book, built once for the session."""
    return build_and_serve(ROOT / "mkdocs.yml")


@pytest.fixture(scope="session")
def site_folder(build_and_serve: Any, site: str) -> Path:
    """The folder of the built book."""
    folder: Path = build_and_serve.folders[site]
    return folder


# ---- the browser ----
def find_chromium() -> str | None:
    """Chromium as CHROMIUM names it, from the system, or the one Playwright has downloaded.

    The headless shell comes first: it has no windows of its own to draw, and opens a page in a sixth of the time.
    """
    if named := os.environ.get("CHROMIUM"):
        return named if Path(named).is_file() else None
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    downloads = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return next((str(path) for path in sorted(downloads.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One Chromium for the session."""
    executable = find_chromium()
    if executable is None:
        message = "nothing was tested in a browser, Chromium is missing: apt install chromium, or name it in CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


class Problems:
    """What went wrong in the pages of a test; `expect` names what the test provokes."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected: list[str] = []
        self.allowed: list[str] = []

    def expect(self, pattern: str) -> None:
        """A problem that must occur, as a regular expression found in its text."""
        self.expected.append(pattern)

    def allow(self, pattern: str) -> None:
        """A problem that may occur: whether a browser mentions it depends on what its cache still holds."""
        self.allowed.append(pattern)

    def watch(self, context: Any, origins: Callable[[], list[str]]) -> None:
        def on_request(request: Any) -> None:
            if not request.url.startswith(("data:", "blob:", "about:", *origins())):
                self.found.append(f"request to another address: {request.url}")

        def on_response(response: Any) -> None:
            if response.status >= 400:
                self.found.append(f"status {response.status}: {response.url}")

        def on_failure(request: Any) -> None:
            if "ERR_ABORTED" not in (request.failure or ""):
                self.found.append(f"request failed ({request.failure}): {request.url}")

        context.on("request", on_request)
        context.on("response", on_response)
        context.on("requestfailed", on_failure)
        context.on("console", lambda message: self.found.append(f"console: {message.text}") if message.type == "error" else None)
        context.on("weberror", lambda error: self.found.append(f"page error: {error.error}"))

    def verdict(self) -> str:
        """Empty when all is well: what occurred unexpectedly and what was expected in vain."""
        known = [*self.expected, *self.allowed]
        unexpected = [problem for problem in self.found if not any(re.search(pattern, problem) for pattern in known)]
        missing = [pattern for pattern in self.expected if not any(re.search(pattern, problem) for problem in self.found)]
        return "\n".join([*unexpected, *(f"expected, but did not occur: {pattern}" for pattern in missing)])


@pytest.fixture
def problems() -> Iterator[Problems]:
    """Errors, failed requests and requests to other addresses; the test fails on any that it did not expect."""
    problems = Problems()
    yield problems
    verdict = problems.verdict()
    if verdict:
        pytest.fail(f"the browser reported problems:\n{verdict}")


# The scripts of a page come after its first paint, which may be after it has loaded.
SCRIPTED = """
document.addEventListener("load", ({ target }) => {
  if (!target.src?.endsWith("/assets/book.js")) return;
  window.isScripted = true;
  dispatchEvent(new Event("scripted"));
}, true);
"""
THERE = """
window.isScripted || !document.getElementById("late") || new Promise((resolve) => addEventListener("scripted", () => resolve(true)))
"""
# A page fetches what answers a reader when the reader stirs.
STIR = "for (const kind of ['load', 'scripted']) addEventListener(kind, () => dispatchEvent(new PointerEvent('pointermove')))"


def wait_for_scripts(page: Any) -> Any:
    """Let the ways to open a page wait for its scripts too."""

    def patient(way: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **settings: Any) -> Any:
            answer = way(*arguments, **settings)
            page.evaluate(THERE)
            return answer

        return run

    page.goto, page.reload = patient(page.goto), patient(page.reload)
    return page


@pytest.fixture
def new_page(chromium: Any, problems: Problems) -> Iterator[Callable[..., Any]]:
    """Make a watched page in a context of its own: new_page(width=390, scheme="dark", touch=True, ...)."""
    contexts = []
    origins: list[str] = []

    def make(width: int = 1280, height: int = 900, scheme: str = "light", javascript: bool = True,
             reduced_motion: bool = False, touch: bool = False, origin: str | None = None, guarded: bool = False,
             stirs: bool = True) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=javascript,
            reduced_motion="reduce" if reduced_motion else "no-preference", has_touch=touch,
        )
        context.set_default_timeout(30_000)
        context.add_init_script(SCRIPTED)
        if stirs:
            context.add_init_script(STIR)
        contexts.append(context)
        if guarded:
            context.add_cookies([{"name": "guarded", "value": "yes", "url": origin}])
        if origin:
            origins.append(origin)
        problems.watch(context, lambda: origins)
        return wait_for_scripts(context.new_page()) if javascript else context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def reader(chromium: Any, site: str) -> Iterator[Any]:
    """One page of the book for all tests of a module, under the site's security policy: what one has loaded the next finds.

    `reader.problems` is what `problems` is for a single test; it is judged at the end of the module.
    """
    problems = Problems()
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    context.add_init_script(SCRIPTED)
    context.add_init_script(STIR)
    context.add_cookies([{"name": "guarded", "value": "yes", "url": site}])
    problems.watch(context, lambda: [site])
    page = wait_for_scripts(context.new_page())
    page.problems = problems
    page.goto(site)
    yield page
    context.close()
    if verdict := problems.verdict():
        pytest.fail(f"the browser reported problems:\n{verdict}")


@pytest.fixture
def page(new_page: Callable[..., Any], site: str) -> Any:
    """A page that is still empty, watched like all others."""
    return new_page(origin=site)


@pytest.fixture
def open_page(new_page: Callable[..., Any], site: str) -> Callable[..., Any]:
    """Open a page of the book: open_page("evaluation/roc-auc/", width=390, scheme="dark", javascript=False)."""

    def run(path: str = "", **settings: Any) -> Any:
        page = new_page(origin=site, **settings)
        page.goto(site + path.removeprefix("/"), wait_until="load")
        return page

    return run
