"""The Content-Security-Policy under which the whole site works, with a hash for every inline script of the theme."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.DOTALL)
TYPE = re.compile(r'\btype="?([^"\s>]*)')
CODE_TYPES = {"", "module", "text/javascript", "application/javascript"}


def inline_scripts(html: str) -> set[str]:
    """The code of the inline scripts that a browser would run; data blocks (JSON) are no code."""
    found = set()
    for script in SCRIPT.finditer(html):
        kind = TYPE.search(script["attributes"])
        if not re.search(r"\bsrc=", script["attributes"]) and (kind[1] if kind else "") in CODE_TYPES:
            found.add(script["code"])
    return found


def policy(scripts: set[str]) -> str:
    """The policy for a site with these inline scripts.

    Styles may stand in the HTML: mathematics and the explorables carry lengths there. Nothing may be loaded from elsewhere, sent
    elsewhere or compiled from a string; WebAssembly may be compiled, which is what Python in the browser is.
    """
    hashes = sorted(f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'" for code in scripts)
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "'wasm-unsafe-eval'", *hashes]),
        "worker-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "manifest-src": "'self'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def write(site: Path) -> None:
    """Write the policy as `_headers`, the file that several hosts of static sites take their headers from."""
    scripts = set().union(*(inline_scripts(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")))
    (site / "_headers").write_text(f"/*\n  Content-Security-Policy: {policy(scripts)}\n", encoding="utf-8")


def read(site: Path) -> str | None:
    """The policy of a built site; None where there is none."""
    file = site / "_headers"
    found = re.search(r"^  Content-Security-Policy: (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE) if file.is_file() else None
    return found[1] if found else None
