"""The explorable of question 13: nodes send in an allowed order only, and both ways reach the record's gradient."""

import json
import re

import pytest

from book import questions

ADDRESS = "training-and-generalization/backpropagation/"
GRAPH = json.loads(questions.by_number(13).record.read_text())["data"]["graph"]
WHOLE = f"{GRAPH['gradients']['x'][0]:.3f}"


def node(figure, name: str):
    return figure.get_by_role("button", name=re.compile(f"^{name}, value"))


def readout(figure, label: str) -> str:
    return figure.locator(".kit-readout", has_text=label).locator("dd").inner_text().replace("\N{MINUS SIGN}", "-")


@pytest.mark.parametrize(
    ("width", "scheme", "touch"), [(1280, "light", False), (390, "dark", True), (320, "light", False)]
)
def test_the_sweep_ends_at_the_gradient_of_the_record(open_explorable, width: int, scheme: str, touch: bool) -> None:
    page, figure = open_explorable(width=width, scheme=scheme, touch=touch)
    assert readout(figure, "Gradient in x₁") == "0.000"
    for name in ("b₂", "a₁", "a₂"):
        (node(figure, name).tap if touch else node(figure, name).click)()
    page.wait_for_url(re.compile("sent=63"))
    assert readout(figure, "Gradient in x₁") == WHOLE
    assert f"{GRAPH['edges']} edges" in figure.locator(".kit-note").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_node_must_wait_for_all_that_used_it(open_explorable) -> None:
    page, figure = open_explorable()
    node(figure, "a₁").click()
    figure.get_by_text("a₁ must wait: b₂ has not reported").wait_for()
    held = f"{GRAPH['half']:.2f}".replace("-", "\N{MINUS SIGN}")
    assert f"It holds {held}" in figure.locator(".kit-note").inner_text()
    assert "sent=" not in page.url
    assert readout(figure, "Gradient in x₁") == "0.000"


def test_keys_send_and_reset_brings_the_start_back(open_explorable) -> None:
    page, figure = open_explorable()
    node(figure, "b₂").press("Enter")
    node(figure, "a₁").press("Space")
    page.wait_for_url(re.compile("sent=31"))
    part = GRAPH["into-a"][0][0] * GRAPH["gradients"]["a"][0]
    assert readout(figure, "Gradient in x₁") == f"{part:.3f}"
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    assert readout(figure, "Gradient in x₁") == "0.000"


def test_from_the_loss_six_sends_complete_the_sweep(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="From the loss").click()
    for name in ("𝓛", "z", "b₂", "b₁", "a₂", "a₁"):
        node(figure, name).click()
    page.wait_for_url(re.compile("sent=63"))
    assert readout(figure, "Gradient in x₁") == WHOLE


def test_the_paths_add_up_to_the_same_gradient(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?view=paths&path=3")
    three = sum(path["product"] for path in GRAPH["paths"][:3])
    assert readout(figure, "Gradient in x₁") == f"{three:.3f}"
    figure.get_by_role("button", name="One step on").click()
    figure.get_by_text("Path 4 of 4").wait_for()
    assert readout(figure, "Gradient in x₁") == WHOLE


def test_the_gradient_predicts_what_a_small_nudge_does(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?sent=63&nudge=0.01")
    predicted, real = (float(readout(figure, label)) for label in ("It predicts", "Real change"))
    assert predicted == pytest.approx(GRAPH["gradients"]["x"][0] * 0.01, abs=6e-4)
    assert real == pytest.approx(predicted, abs=2e-3)
    figure.get_by_role("slider", name="Nudge x₁ by").press("End")
    figure.get_by_role("slider", name="Nudge x₁ by").press("ArrowLeft")
    page.wait_for_url(re.compile("nudge="))


def test_an_address_that_skips_a_node_sends_only_what_is_allowed(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?sent=48")  # a1 and a2 without the loss
    assert readout(figure, "Gradient in x₁") == "0.000"
    assert "Ready to send: 𝓛" in figure.locator(".kit-note").inner_text()
