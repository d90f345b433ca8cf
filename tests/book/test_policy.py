"""The security policy is made from the pages as they are: a hash for each script in them, and nothing more."""

import base64
import hashlib
from pathlib import Path

from book import policy

HTML = """<script>var a = 1</script><script src="x.js"></script><script type="application/ld+json">{"a": 1}</script>
<script type="module">
import "./b.js"
</script><script id="__config" type=application/json>{}</script>"""


def hashed(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def test_only_scripts_that_would_run_are_allowed(tmp_path: Path) -> None:
    assert policy.inline_scripts(HTML) == {"var a = 1", '\nimport "./b.js"\n'}
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "index.html").write_text(HTML)
    (tmp_path / "index.html").write_text("<script>var a = 1</script>")
    policy.write(tmp_path)
    found = policy.read(tmp_path)
    assert found is not None
    rules = dict(rule.split(" ", 1) for rule in found.split("; "))
    assert set(rules["script-src"].split()) == {"'self'", "'wasm-unsafe-eval'", hashed("var a = 1"), hashed('\nimport "./b.js"\n')}
    assert rules["default-src"] == "'none'" and rules["connect-src"] == rules["worker-src"] == "'self'"


def test_a_site_without_a_policy_has_none(tmp_path: Path) -> None:
    assert policy.read(tmp_path) is None
