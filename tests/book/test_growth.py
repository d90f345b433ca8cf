"""A page of a long book costs what one of a short book costs: what its build calls is counted in books of three sizes."""

import pstats
import re
import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import yaml

SIZES = 20, 40, 80
IN_A_CHAPTER = 5
SETTINGS = """
site_name: Long
theme: {name: material, features: [navigation.indexes, navigation.prune]}
plugins: [search]
hooks: [scripts/book/hooks.py]
markdown_extensions: [attr_list, md_in_html, tables, toc, pymdownx.superfences, book.markup]
"""
TERM = '"a {}": {{question: 1, text: "A term."}}\n'
WORK = "@misc{{key{0}, author = {{Ada Lovelace}}, title = {{A work}}, year = {{2020}}}}\n"


def write(root, pages: int) -> None:
    """A book of so many pages, each of which refers to the one before it, to a term and to a work."""
    docs = root / "docs"
    (docs / "glossary.yml").write_text("".join(TERM.format(i) for i in range(5)))
    (docs / "bibliography.bib").write_text("".join(WORK.format(i) for i in range(5)))
    (docs / "index.md").write_text("# Contents\n\n::: contents\n\n::: glossary\n\n::: bibliography\n\n::: map\n\n::: reader\n")
    chapters = []
    for first in range(1, pages + 1, IN_A_CHAPTER):
        slug = f"from-{first}"
        (docs / slug).mkdir()
        (docs / slug / "index.md").write_text(f"# From {first}\n\n::: contents {slug}\n")
        questions = []
        for number in range(first, first + IN_A_CHAPTER):
            before = [number - 1] if number > 1 else []
            name = {"number": number, "slug": f"q{number}", "title": f"What is {number}?", "name": f"{number}", "level": "core"}
            questions.append({**name, "prerequisites": before})
            (docs / slug / f"q{number}.md").write_text(
                f"---\nquestion: {number}\nlevel: core\nprerequisites: {before}\n"
                "description: A sentence that is long enough to describe what the page is about.\n---\n"
                f"# What is {number}?\n\nA {number % 5}, see [[{max(1, number - 2)}]], has *1 × 2* [@key{number % 5}].\n\n::: sources\n"
            )
        chapters.append({"number": first, "slug": slug, "title": f"From {first}", "questions": questions})
    (root / "scripts" / "book" / "questions.yml").write_text(yaml.safe_dump({"chapters": chapters}))
    (root / "mkdocs.yml").write_text(SETTINGS)


def counted(book) -> Counter[str]:
    """How often each function is called in a build, those by one name together."""
    done = book.python("-m", "cProfile", "-o", "calls", "-m", "mkdocs", "build", "--quiet", "--strict")
    assert done.returncode == 0, done.stderr
    calls: Counter[str] = Counter()
    for (file, _, function), (_, count, *_) in pstats.Stats(str(book.root / "calls")).stats.items():
        # Generated functions that share name and line, such as the macros of a template, count as one, which changes from run to run.
        if not file.endswith(".html") and not file.startswith("<"):
            calls[f"{'/'.join(Path(file).parts[-2:])} {re.sub(' at 0x.*', '', function)}"] += count
    return calls


def test_a_page_calls_no_function_more_often_when_there_are_more_pages(recorded_book, tmp_path) -> None:
    calls = []
    for pages in SIZES:
        book = type(recorded_book)(tmp_path / f"{pages}")
        shutil.copytree(recorded_book.root, book.root)
        write(book.root, pages)
        calls.append(counted(book))
    short, long = (
        {function: (more[function] - less[function]) / (size - before) for function in more}
        for (before, less), (size, more) in pairwise(zip(SIZES, calls, strict=True))
    )
    # The navigation of a page has a line for each chapter, of which there are 12 more: each is asked whether the page is in it. With each
    # page comes a fifth of a chapter's page, and a first build also does what is done but once.
    few = {function: max(0, short.get(function, 0)) + 15 for function in long}
    grown = {function: (short.get(function, 0), long[function]) for function in long if long[function] > few[function]}
    assert not grown, "calls for each further page, in a short and in a long book"
