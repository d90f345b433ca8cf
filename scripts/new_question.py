"""Start the page of a question: python scripts/new_question.py 47

Writes the page, its experiment, explorable and example, from what scripts/book/questions.yml says of the question, and enters
the page in the navigation. Each part is a skeleton that runs; what is still to be written says TODO, and the strict build names it.
Nothing that exists is touched.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from book.questions import ROOT, Chapter, Question, by_number, chapters

NAVIGATION = ROOT / "mkdocs.yml"

PAGE = '''---
question: {number}
level: {level}
prerequisites: {prerequisites}
description: "TODO: one sentence for search engines and previews, 40 to 160 characters."
---

# {title}

::: answer
TODO: the answer in 40 to 80 words, as you would give it in an interview.
:::

::: explorable result
alt: TODO, what the picture shows, as a finding; numbers as [=result.mean:.3f].

**TODO: what to move.** What to notice.
:::

## TODO: the first thing to understand, as a statement

TODO: intuition, then the mathematics in the book's notation, every symbol defined where it first stands, an example with small numbers.

## In code

TODO: the library's own source with `::: source dlprimer.NAME`, then the example.

::: example

## What happened when we ran it

TODO: the setting in one paragraph, the result with its spread over [=settings.seeds] seeds [!mean-is-small], and what it does not show.

## What people get wrong

TODO: **"A misconception."** Why it is wrong, with a reason or a number.

## In practice

TODO: defaults and rules of thumb with their sources, the framework's call and what it hides.

## Check yourself

::: quiz
TODO: a question that needs a calculation.

answer: [=result.mean:.3f] ± 2%

    TODO: why this is right.

- [=result.sd:.3f]

    TODO: what someone who answers this has mixed up.

- else

    TODO: where to start.
:::

::: quiz
TODO: a question.

- [x] TODO: the right answer

    TODO: why.

- [ ] TODO: a tempting wrong one

    TODO: why not.
:::

::: quiz
TODO: another question.

- [ ] TODO: a tempting wrong one

    TODO: why not.

- [x] TODO: the right answer

    TODO: why.
:::

??? question "TODO: what an interviewer asks next"
    TODO: the answer.

??? question "TODO: and then"
    TODO: the answer.

## Sources

TODO: cite at least three works in the text, `[@key]`, from docs/bibliography.bib; then put here the line `::: sources`.
'''

EXPERIMENT = '''"""TODO: what the experiment measures, in one line."""

import numpy as np

from book.claims import at_most
from book.style import color, new_figure

SEEDS = 5


def run(rng):
    values = np.array([np.random.default_rng([rng.integers(2**32), seed]).normal() for seed in range(SEEDS)])
    return {{"settings": {{"seeds": SEEDS}}, "result": {{"values": values, "mean": values.mean(), "sd": values.std(ddof=1)}}}}


def claims(data):
    yield at_most("mean-is-small", "TODO: the mean of the values is at most three", data["result"]["mean"], 3)


def figures(data):
    figure, axes = new_figure()
    axes.plot(data["result"]["values"], "o", color=color("blue"))
    axes.set(xlabel="seed", ylabel="TODO: value, unit")
    yield "result", figure
'''

EXPLORABLE = '''// TODO: the one thing that the reader sees when moving something.
export default function (root, record, kit) {{
  const state = kit.state({{ shift: kit.number(0, {{ min: -2, max: 2, step: 0.1 }}) }});
  const {{ values }} = record.result;
  const plot = kit.plot({{
    alt: "TODO: what the plot shows",
    x: {{ min: -0.5, max: values.length - 0.5, label: "seed" }},
    y: {{ min: -4, max: 4, label: "TODO: value" }},
  }});
  const dots = plot.points({{ color: "blue" }});
  const mean = kit.readout({{ label: "TODO: mean", color: "blue" }});
  kit.slider("shift", {{ label: "TODO: shift" }});
  kit.reset();

  kit.draw(() => {{
    const moved = values.map((value) => value + state.shift);
    dots.set(moved.map((value, i) => [i, value]));
    mean.set(moved.reduce((sum, value) => sum + value, 0) / moved.length);
  }});
}}
'''

EXAMPLE = '''# %% example
import numpy as np

# TODO: at most 25 lines with dlprimer, whose output the page shows
print(np.arange(3).sum())
'''

TEST = '''"""The explorable of question {number}: it moves, by pointer and by keyboard, and starts from the record's numbers."""

import json

from playwright.sync_api import expect

from book.questions import by_number

QUESTION = by_number({number})
ADDRESS = f"{{QUESTION.chapter_slug}}/{{QUESTION.slug}}/"


def test_moving_the_slider_moves_the_readout(open_explorable) -> None:
    _, figure = open_explorable()
    shown = figure.locator("output").first
    mean = json.loads(QUESTION.record.read_text())["data"]["result"]["mean"]
    assert abs(float(shown.inner_text().replace("−", "-")) - mean) < 0.01
    before = shown.inner_text()
    figure.get_by_role("slider").first.press("ArrowRight")
    expect(shown).not_to_have_text(before)  # what is drawn follows in the next frame: wait for it
'''

INDEX = '''---
description: "TODO: what the chapter is about, in one sentence of 40 to 160 characters."
---

# {title}

TODO: what the chapter is about, how its questions hang together, and what one can do after it.

::: contents {slug}
'''


def parts(question: Question) -> dict[Path, str]:
    """The files of a question and what they start with."""
    test = ROOT / "tests" / "pages" / f"test_{question.slug.replace('-', '_')}.py"
    fields = {
        "number": question.number, "level": question.level, "title": question.title, "prerequisites": list(question.prerequisites),
    }  # fmt: skip
    return {
        question.page: PAGE.format(**fields),
        question.experiment: EXPERIMENT.format(),
        question.explorable: EXPLORABLE.format(),
        question.example: EXAMPLE,
        test: TEST.format(**fields),
    }


def with_entry(configuration: str, question: Question) -> str:
    """The site's configuration with the page in its place in the navigation."""
    chapter = next(chapter for chapter in chapters() if chapter.slug == question.chapter_slug)
    head, mark, tail = configuration.partition("\nnav:\n")
    if not mark:
        raise ValueError(f"{NAVIGATION.name} has no line `nav:`")
    name = f"{question.number} · {question.name}"
    entry = f"      - {name if ':' not in name else repr(name)}: {chapter.slug}/{question.slug}.md\n"
    if entry in tail:
        return configuration
    lines = tail.splitlines(keepends=True)
    opening = next((i for i, line in enumerate(lines) if line.strip() == f"- {chapter.slug}/index.md"), None)
    if opening is None:
        at = _place_of(chapter, lines)
        lines[at:at] = [f"  - {chapter.title}:\n", f"      - {chapter.slug}/index.md\n", entry]
    else:
        at = opening + 1
        while at < len(lines) and (number := re.match(r"      - '?(\d+) · ", lines[at])) and int(number[1]) < question.number:
            at += 1
        lines.insert(at, entry)
    return head + mark + "".join(lines)


def _place_of(chapter: Chapter, lines: list[str]) -> int:
    """Where a chapter that is not in the navigation yet belongs: before the next one that is, or after the last."""
    order = [other.slug for other in chapters()]
    later = {f"- {slug}/index.md" for slug in order[order.index(chapter.slug) + 1 :]}
    earlier = {f"- {slug}/index.md" for slug in order[: order.index(chapter.slug)]}
    after = 1
    for i, line in enumerate(lines):
        if line.strip() in later:
            return i - 1
        if line.strip() in earlier:
            after = i + 1
            while after < len(lines) and lines[after].startswith("      "):
                after += 1
    return after


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int, help="the question's number, 1 to 100")
    number = parser.parse_args(arguments).number
    try:
        question = by_number(number)
    except KeyError as error:
        print(f"new_question: {error.args[0]}", file=sys.stderr)
        return 2
    files = parts(question)
    existing = [path.relative_to(ROOT) for path in files if path.exists()]
    if existing:
        print(f"new_question: nothing was written, {', '.join(map(str, existing))} exists already", file=sys.stderr)
        return 2
    index = question.page.parent / "index.md"
    if not index.exists():
        title = next(chapter.title for chapter in chapters() if chapter.slug == question.chapter_slug)
        files[index] = INDEX.format(title=title, slug=question.chapter_slug)
    configuration = with_entry(NAVIGATION.read_text(encoding="utf-8"), question)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.relative_to(ROOT)}")
    NAVIGATION.write_text(configuration, encoding="utf-8")
    print(f"entered it in {NAVIGATION.name}; now: python scripts/record.py {question.slug}, then make serve")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
