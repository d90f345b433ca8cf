"""Whether the identifiers in the bibliography are well-formed, and each work stands there once."""

import re
from collections import Counter
from pathlib import Path

from pybtex.database import parse_string
from pybtex.exceptions import PybtexError

FORMS = {
    "doi": re.compile(r"10\.\d{4,9}/[^\s{}]+[^\s{}.,;]"),
    "eprint": re.compile(r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7}"),
    "year": re.compile(r"1[6-9]\d{2}|20\d{2}"),
    "isbn": re.compile(r"(?:97[89])?\d{9}[\dX]"),
    "url": re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s\"<>{}]*)?", re.I),
}


def faults(text: str) -> list[str]:
    """What is wrong with a bibliography in BibTeX's form, one sentence for each fault."""
    try:
        entries = parse_string(text, "bibtex").entries
    except PybtexError as error:
        return [f"it cannot be read: {error}"]
    found = []
    for key, entry in entries.items():
        fields = {name.lower(): str(value).strip() for name, value in entry.fields.items()}
        found += [f"{key}: it has no {name}" for name in ("title", "year") if not fields.get(name)]
        if not entry.persons.get("author") and not entry.persons.get("editor") and not fields.get("organization"):
            found.append(f"{key}: it has no author")
        for name, form in FORMS.items():
            value = fields.get(name, "").replace("\\", "").replace("-", "" if name == "isbn" else "-")
            if value and not form.fullmatch(value):
                found.append(f"{key}: {fields[name]!r} is no well-formed {name}")
    for name in ("doi", "eprint", "title"):
        # Two works may share a title, but not within a year.
        year = ("year",) if name == "title" else ()
        values = Counter(
            " ".join(re.sub(r"[{}\W]+", " ", str(entry.fields.get(field, ""))).casefold().strip() for field in (name, *year))
            if name in entry.fields else "" for entry in entries.values()
        )  # fmt: skip
        found += [f"the {name} {value!r} stands there {count} times" for value, count in values.items() if value and count > 1]
    return found


def read(path: Path) -> list[str]:
    """The faults of a file."""
    return faults(path.read_text(encoding="utf-8"))
