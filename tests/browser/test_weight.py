"""What a first visit loads, over the wire, before the reader has done anything."""

import pytest

from book import questions
from gates.serving import served

ADDRESSES = ["", *(f"{question.chapter_slug}/{question.slug}/" for question in questions.all_questions() if question.page.is_file())]
LIMIT = 150_000  # bytes


@pytest.fixture(scope="module")
def host(site_folder):
    """The book as a host serves it, compressed."""
    with served(site_folder) as address:
        yield address


def loaded(page, address: str) -> dict[str, float]:
    """The bytes received for each file, by address, until nothing has come for half a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    names, sizes = {}, {}
    session.on("Network.requestWillBeSent", lambda event: names.setdefault(event["requestId"], event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: sizes.update({names[event["requestId"]]: event["encodedDataLength"]}))
    page.goto(address, wait_until="networkidle")
    return {name: size for name, size in sizes.items() if not name.startswith("data:")}


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_first_visit_is_light(new_page, host: str, address: str) -> None:
    page = new_page(origin=host, width=390, height=844)
    sizes = loaded(page, host + address)
    assert host + address in sizes
    heaviest = sorted(sizes.items(), key=lambda item: -item[1])[:6]
    assert sum(sizes.values()) <= LIMIT, f"{sum(sizes.values()):.0f} bytes, most of them {heaviest}"


def test_a_page_that_loads_more_is_noticed(new_page, host: str, site_folder) -> None:
    largest = max((path for path in site_folder.rglob("*.wasm")), key=lambda path: path.stat().st_size)
    page = new_page(origin=host)
    page.add_init_script(f"fetch('/{largest.relative_to(site_folder).as_posix()}').then(answer => answer.arrayBuffer())")
    assert sum(loaded(page, host + ADDRESSES[0]).values()) > LIMIT
