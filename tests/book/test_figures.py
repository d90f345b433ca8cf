"""What makes the files of figures small leaves the pictures as they are."""

import io

import numpy as np
import pytest
from PIL import Image

from book import figures


def points(path: str) -> list[tuple[float, float]]:
    """The places that a path of relative steps visits."""
    import re

    found: list[tuple[float, float]] = []
    here = start = (0.0, 0.0)
    for command, numbers in re.findall(r"([a-z])([^a-z]*)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        steps = [(here[0] + x, here[1] + y) for x, y in zip(values[::2], values[1::2], strict=True)]
        here = start if command == "z" else steps[-1]
        start = here if command == "m" else start
        found += steps
    return found


@pytest.mark.parametrize(("count", "digits"), [(19, 2), (400, 1)])
def test_steps_lead_to_the_same_places(count: int, digits: int) -> None:
    rng = np.random.default_rng(3)
    places = rng.normal(0, 300, (count, 2))
    absolute = (
        "M 1.5 -2 \n"
        + "".join(f"L {x:.8f} {y:.8f} \n" for x, y in places.tolist())
        + "Q 1 2 3 4 \nC 1 2 3 4 5 6 \nz\nM 7 8.25 \nL 9 9 \n"
    )
    visited = points(figures.relative(absolute))
    expected = [(1.5, -2.0), *map(tuple, places), (1, 2), (3, 4), (1, 2), (3, 4), (5, 6), (7, 8.25), (9, 9)]
    np.testing.assert_allclose(visited, expected, rtol=0, atol=0.5 * 10.0**-digits + 1e-6)
    assert len(figures.relative(absolute)) < len(absolute)


@pytest.mark.parametrize("path", ["M 0 0 A 1 1 0 0 1 2 2", "M 0 0 H 5 V 6", "m 1 1 l 2 2"])
def test_paths_of_other_commands_stay_as_they_are(path: str) -> None:
    assert figures.relative(path) == path


def encoded(pixels: np.ndarray) -> bytes:
    output = io.BytesIO()
    Image.fromarray(pixels, "RGBA").save(output, "png")
    return output.getvalue()


def test_a_picture_with_a_table_of_colors_is_the_same_picture() -> None:
    rng = np.random.default_rng(0)
    palette = rng.integers(0, 256, (200, 4), dtype=np.uint8)
    pixels = palette[rng.integers(0, 200, (60, 80))]
    small = figures.few_colors(encoded(pixels))
    assert len(small) < 0.6 * len(encoded(pixels))
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(small)).convert("RGBA")), pixels)


def test_a_picture_of_many_colors_is_left_alone() -> None:
    many = encoded(np.random.default_rng(0).integers(0, 256, (40, 40, 4), dtype=np.uint8))
    assert figures.few_colors(many) == many
