"""Labs in a browser: solutions stay folded until they are asked for, pictures suit both schemes, the notebook can be taken away."""

import json
import urllib.request

import pytest
from playwright.sync_api import expect

from book import labs

NAMES = sorted(source.stem for source in labs.SOURCES.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_solution_opens_on_demand_and_shows_what_it_printed(open_page, name) -> None:
    page = open_page(f"labs/{name}/", width=390)
    solution = page.locator("details.lab-solution").first
    expect(solution.locator("pre").first).to_be_hidden()
    solution.locator("summary").press("Enter")
    solution.locator(".example-output").first.wait_for()
    cells = json.loads(labs.target(labs.SOURCES / f"{name}.py").read_text(encoding="utf-8"))["cells"]
    cell = next(cell for cell in cells if "solution" in cell["metadata"].get("tags", []))
    printed = "".join(text for output in cell["outputs"] for text in output.get("text", []))
    assert printed.strip()
    expect(solution.locator(".example-output").first).to_contain_text(printed.strip().splitlines()[-1])


@pytest.mark.parametrize("name", NAMES)
def test_pictures_have_words_a_size_and_an_inverted_look_in_the_dark(open_page, name) -> None:
    for scheme, wanted in ("light", "none"), ("dark", "invert(0.9) hue-rotate(180deg)"):
        page = open_page(f"labs/{name}/", scheme=scheme)
        images = page.locator(".lab-figure img")
        assert images.count() > 0
        for image in images.all():
            assert len(image.get_attribute("alt")) > 30
            assert image.evaluate("image => image.complete && image.naturalWidth > image.width && image.height > 100")
            assert image.evaluate("image => getComputedStyle(image).filter") == wanted


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_can_be_taken_away(open_page, name) -> None:
    link = open_page(f"labs/{name}/").get_by_role("link", name="Download the notebook")
    with urllib.request.urlopen(link.evaluate("link => link.href")) as answer:
        lab = json.load(answer)
    assert lab["nbformat"] == 4 and "find_spec" in "".join(lab["cells"][1]["source"])
    assert "[[" not in "".join(cell_text for cell in lab["cells"] if cell["cell_type"] == "markdown" for cell_text in cell["source"])
