"""The explorable of question 38: the reader stops, by pointer or keyboard, and gets the record's scores beside the library's rule."""

import json
import re

import numpy as np
import pytest

from book import questions
from dlprimer import EarlyStopping, TrainingState

ADDRESS = "optimizers-and-regularization/early-stopping/"
DATA = json.loads(questions.by_number(38).record.read_text())["data"]
GAME = DATA["game"]


def shown(figure) -> dict[str, str]:
    return dict(text.split("\n") for text in figure.locator(".kit-readout").all_inner_texts())


def rule(network: int, images: str, patience: int) -> tuple[int, int]:
    """The epoch kept and the epoch of the stop, by the library."""
    stopping = EarlyStopping("value", patience=patience, mode="max", restore_best=False)
    state = TrainingState(None, None, np.random.default_rng(0), {"value": []})
    for value in GAME["validation"][images][network - 1]:
        state.epoch += 1
        state.history["value"].append(value)
        stopping.on_epoch(state)
        if state.stop:
            break
    return stopping.best_epoch, state.epoch


def written(network: int, kept: int, paid: int) -> str:
    return f"{100 * GAME['test'][network - 1][kept - 1]:.1f}%, {paid} epochs"


def stops(network: int, epoch: int) -> str:
    return ",".join(str(epoch if i == network else 0) for i in range(1, 11))


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark"), (320, "light")])
def test_it_starts_in_the_middle_of_training_with_the_scores_hidden(open_explorable, width: int, scheme: str) -> None:
    _, figure = open_explorable(width=width, scheme=scheme)
    assert shown(figure) == {"You": f"epoch {GAME['epoch']}", "The patience rule": "hidden", "Best epoch of all": "hidden"}


def test_stopping_shows_the_scores_of_the_record(open_explorable) -> None:
    page, figure = open_explorable()
    figure.get_by_role("button", name="Stop here").click()
    page.wait_for_url(re.compile("stops="))
    values = GAME["validation"][str(GAME["images"])][0][: GAME["epoch"]]
    texts = shown(figure)
    assert texts["You"] == written(1, int(np.argmax(values)) + 1, GAME["epoch"])
    assert texts["The patience rule"] == written(1, *rule(1, str(GAME["images"]), GAME["patience"]))
    assert texts["Best epoch of all"].startswith(f"{100 * max(GAME['test'][0]):.1f}%")


@pytest.mark.parametrize("images", list(GAME["validation"]))
@pytest.mark.parametrize(("network", "patience"), [(1, 1), (4, 3), (10, 10), (7, 30)])
def test_the_rule_is_the_library_s(open_explorable, images: str, network: int, patience: int) -> None:
    _, figure = open_explorable(f"{ADDRESS}?network={network}&epoch=12&stops={stops(network, 12)}&patience={patience}&images={images}")
    assert shown(figure)["The patience rule"] == written(network, *rule(network, images, patience))


def test_the_first_network_is_that_of_the_static_figure(open_explorable) -> None:
    _, figure = open_explorable(f"{ADDRESS}?stops={stops(1, 12)}&patience=3")
    expected = DATA["one"]["rules"]["3"]
    assert shown(figure)["The patience rule"] == f"{100 * expected['test']:.1f}%, {expected['stopped']} epochs"


def test_dragging_the_curtain_trains_on_and_never_back(open_explorable) -> None:
    page, figure = open_explorable()
    curtain = figure.get_by_role("slider", name="Epochs trained")
    box = curtain.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 120, y, steps=6)
    page.mouse.move(x - 40, y, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile("epoch="))
    assert int(shown(figure)["You"].removeprefix("epoch ")) > GAME["epoch"] + 5


def test_keys_train_on_stop_and_go_to_the_next_network(open_explorable) -> None:
    page, figure = open_explorable()
    curtain = figure.get_by_role("slider", name="Epochs trained")
    curtain.press("ArrowRight")
    curtain.press("Shift+ArrowRight")
    page.wait_for_url(re.compile(f"epoch={GAME['epoch'] + 11}"))
    curtain.press("ArrowLeft")
    assert shown(figure)["You"] == f"epoch {GAME['epoch'] + 11}"
    figure.get_by_role("button", name="Stop here").press("Enter")
    page.wait_for_url(re.compile("stops="))
    assert shown(figure)["You"].endswith(f"{GAME['epoch'] + 11} epochs")
    page.keyboard.press("Enter")  # the focus has moved on to the next network
    page.wait_for_url(re.compile("network=2"))
    assert shown(figure)["You"] == "epoch 5" and "Network 2" in figure.locator(".kit-note").inner_text()


def test_reset_starts_the_first_network_again(open_explorable) -> None:
    page, figure = open_explorable(f"{ADDRESS}?network=3&epoch=40&stops={stops(3, 40)}&patience=20")
    figure.get_by_role("button", name="Reset").click()
    page.wait_for_url(lambda url: "?" not in url)
    assert shown(figure)["You"] == f"epoch {GAME['epoch']}"


def test_the_tally_is_the_mean_over_the_stopped_networks(open_explorable) -> None:
    both = "20,30,0,0,0,0,0,0,0,0"
    _, figure = open_explorable(f"{ADDRESS}?network=2&epoch=30&stops={both}&patience=10&images=500")
    values = GAME["validation"]["500"]
    yours = np.mean([GAME["test"][i][int(np.argmax(values[i][:stop]))] for i, stop in ((0, 20), (1, 30))])
    its = np.mean([GAME["test"][i][rule(i + 1, "500", 10)[0] - 1] for i in (0, 1)])
    note = figure.locator(".kit-note").inner_text()
    assert f"you reach {100 * yours:.1f}% in 25 epochs, patience 10 reaches {100 * its:.1f}% in" in note
