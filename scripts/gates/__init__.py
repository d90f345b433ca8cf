"""What every page of the built book must hold, as checks that find their pages in the site itself and name each fault."""

from pathlib import Path


def pages_of(site: Path) -> list[str]:
    """The addresses of a built site's pages below its root, "" for the home page; the page for what is missing is not among them."""
    found = sorted(page.parent.relative_to(site).as_posix() + "/" for page in site.rglob("index.html"))
    if not found:
        raise ValueError(f"{site} holds no page: build the site first, with `make build`")
    return [address.removeprefix("./") for address in found]
