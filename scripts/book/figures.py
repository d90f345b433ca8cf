"""Figures: drawn from a record, light and dark, as small SVG files that are the same bytes on every build.

They are cached by what they depend on (the data, the experiment's code, the style, Matplotlib), so that a build without
changes draws nothing.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import io
import json
import re
import shutil
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from book import style
from book.experiments import Experiment, ExperimentError
from book.questions import ROOT, Question
from book.records import Record, write_atomically

CACHE = ROOT / ".cache" / "figures"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LARGEST = 300_000  # bytes; above that a figure holds too many points for its size and should rasterize them
LONG_NUMBER = re.compile(r"(?<!scale\()-?\b\d+\.\d{3,}")
LETTER = re.compile(r' d="([^"]*)" transform="scale\(0\.015625\)"')
EMBEDDED = re.compile(r'(?<=data:image/png;base64,)[^"]*')
MARK = re.compile(r'(?<= [xy]=")-?\d+\.\d\d(?=")')
COORDINATES = re.compile(r'(?<= )(d|x|y|transform|points|width|height|cx|cy|r|style)="[^"]*"', re.DOTALL)


class FigureError(Exception):
    """A figure that cannot be drawn; the message names it and what is wrong."""


@dataclass(frozen=True)
class Drawn:
    """One figure in both schemes."""

    slug: str
    name: str
    digest: str
    width: int
    height: int
    folder: str

    def path(self, scheme: str) -> Path:
        """The SVG file in the cache."""
        return Path(self.folder) / f"{self.name}.{scheme}.svg"

    @property
    def light(self) -> Path:
        return self.path("light")

    @property
    def dark(self) -> Path:
        return self.path("dark")

    def site_path(self, scheme: str) -> str:
        """Its place in the site; the name changes with the content, so that no browser keeps an old one."""
        return f"assets/figures/{self.slug}/{self.name}-{self.digest}.{scheme}.svg"


def draw(question: Question, record: Record) -> dict[str, Drawn]:
    """All figures of a question by name, from the cache if nothing they depend on has changed.

    Raises:
        FigureError: If `figures()` of the experiment fails, draws none, or names one badly.
    """
    folder = CACHE / question.slug / _key(question, record)
    manifest = folder / "figures.json"
    if not manifest.is_file():
        drawn = _draw(question, record, folder)
        write_atomically(manifest, json.dumps([asdict(figure) for figure in drawn]))
        for other in folder.parent.iterdir():
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)
    figures = [Drawn(**{**entry, "folder": str(folder)}) for entry in json.loads(manifest.read_text(encoding="utf-8"))]
    return {figure.name: figure for figure in figures}


def _key(question: Question, record: Record) -> str:
    parts = [json.dumps(record.data, sort_keys=True).encode(), question.experiment.read_bytes(), _house()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


@cache
def _house() -> bytes:
    """What all figures depend on."""
    files = (Path(style.__file__), Path(__file__), style.PALETTE, style.FONT)
    return b"\0".join([*(file.read_bytes() for file in files), importlib.metadata.version("matplotlib").encode()])


def _draw(question: Question, record: Record, folder: Path) -> list[Drawn]:
    import matplotlib as mpl

    mpl.use("svg")
    experiment = Experiment(question)
    files: dict[str, dict[str, bytes]] = {}
    for scheme in style.SCHEMES:
        with style.scheme(scheme):
            try:
                for name, figure in experiment.figures(json.loads(json.dumps(record.data))):
                    if not NAME.fullmatch(name) or scheme in files.get(name, ()):
                        raise FigureError(
                            f"{question.experiment.name}: figure name {name!r} is taken, or not in lower case with hyphens"
                        )
                    buffer = io.BytesIO()
                    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
                    files.setdefault(name, {})[scheme] = _small(buffer.getvalue())
            except (FigureError, ExperimentError):
                raise
            except Exception as error:
                message = f"{question.experiment.name}: figures() failed: {type(error).__name__}: {error}"
                raise FigureError(message) from error
    if not files:
        raise FigureError(f"{question.experiment.name}: figures() yields no figure")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for name, schemes in files.items():
        if schemes.keys() != set(style.SCHEMES):
            raise FigureError(f"{question.experiment.name}: figure `{name}` is drawn in one scheme only")
        for scheme, svg in schemes.items():
            if len(svg) > LARGEST:
                raise FigureError(
                    f"{question.experiment.name}: figure `{name}` has {len(svg):,} bytes, more than {LARGEST:,}: "
                    "draw fewer points, or pass rasterized=True for images and filled contours"
                )
            (folder / f"{name}.{scheme}.svg").write_bytes(svg)
        digest = hashlib.sha256(schemes["light"] + schemes["dark"]).hexdigest()[:8]
        width, height = _size(schemes["light"])
        drawn.append(Drawn(question.slug, name, digest, width, height, str(folder)))
    return drawn


def _small(svg: bytes) -> bytes:
    """The SVG without preamble, comments and unused names, coordinates rounded to a hundredth of a point: unseen, and half the size."""
    text = svg.decode()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    named = set(re.findall(r"#([\w.-]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda name: name[0] if name[1] in named else "", text)

    def rounded(attribute: re.Match[str]) -> str:
        return LONG_NUMBER.sub(lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), attribute[0])

    text = COORDINATES.sub(rounded, LETTER.sub(lambda letter: f' d="{_in_font_units(letter[1])}" transform="scale(0.1)"', text))
    text = MARK.sub(lambda place: f"{float(place[0]):.1f}", text)  # where a dot stands, a tenth will do
    text = EMBEDDED.sub(lambda image: base64.b64encode(few_colors(base64.b64decode(image[0]))).decode(), text)
    text = re.sub(r'(?<= d=")[^"]*', lambda path: relative(path[0]), text)
    return re.sub(r"\n\s+", "\n", text).encode()


def _in_font_units(outline: str) -> str:
    """A letter's outline in thousandths of its size, as the font has it; Matplotlib makes 6,400 of them."""
    return re.sub(r"-?\d+", lambda number: str(round(int(number[0]) / 6.4)), outline)


def few_colors(png: bytes) -> bytes:
    """The same picture with a table of its colors, if these are at most 256: a color map has no more."""
    from PIL import Image

    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGBA"))
    colors, indices = np.unique(pixels.reshape(-1, 4), axis=0, return_inverse=True)
    if len(colors) > 256:
        return png
    picture = Image.fromarray(indices.reshape(pixels.shape[:2]).astype(np.uint8)).convert("P")
    picture.putpalette(colors[:, :3].astype(np.uint8).tobytes())
    output = io.BytesIO()
    picture.save(output, "png", optimize=True, transparency=colors[:, 3].astype(np.uint8).tobytes())
    return min(png, output.getvalue(), key=len)


def relative(path: str) -> str:
    """An SVG path of lines and curves in steps from point to point, which are shorter to write than places; others as they are.

    The steps lead from one rounded place to the next, so that no error adds up. On a line of many points a tenth of a point will do.
    """
    parts = 10 if path.count("L") > 20 else 100
    steps = []
    here = start = (0, 0)
    for command, numbers in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        if command not in "MLQCz":
            return path
        if command == "z":
            here = start
        values = [round(float(number) * parts) for number in numbers.split()]
        points = list(zip(values[::2], values[1::2], strict=True))
        moved = [value - at for point in points for value, at in zip(point, here, strict=True)]
        steps.append(command.lower() + " ".join(f"{value / parts:g}" for value in moved))
        if points:
            here = points[-1]
        if command == "M":
            start = here
    return "".join(steps).replace(" -", "-")


def _size(svg: bytes) -> tuple[int, int]:
    """Width and height in CSS pixels."""
    found = re.search(rb'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None, "Matplotlib writes a viewBox"
    return round(float(found[1]) * 4 / 3), round(float(found[2]) * 4 / 3)
