"""The pass over a page: which lines are code, which are blocks, which are text."""

from __future__ import annotations

import re

from book.markup import blocks, header, inline
from book.markup.page import MarkupError, Page

FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
OPENING = re.compile(r"^( *):::[ \t]+([a-z]+)(?:[ \t]+(.*?))?[ \t]*$")
CLOSING = re.compile(r"^ *:::[ \t]*$")


def render(page: Page, lines: list[str]) -> list[str]:
    """The page's lines with all markup replaced."""
    result: list[str] = []
    chunk: list[str] = []
    start = 1
    i = 0

    def close_text() -> None:
        if chunk:
            result.extend(inline.replace(page, "\n".join(chunk), start).split("\n"))
            chunk.clear()

    while i < len(lines):
        fence, opening = FENCE.match(lines[i]), OPENING.match(lines[i])
        if not fence and not opening:
            if CLOSING.match(lines[i]):
                close_text()
                result.append(page.error(i + 1, "`:::` closes nothing"))
                i += 1
                start = i + 1
                continue
            if not chunk:
                start = i + 1
            chunk.append(lines[i])
            i += 1
            continue
        close_text()
        if fence:
            end = fence_end(lines, i, fence[1])
            result.extend(lines[i:end])
            i = end
        else:
            assert opening is not None
            replaced, i = block(page, lines, i, opening)
            result.extend(["", *(opening[1] + line if line else line for line in replaced), ""])
        start = i + 1
    close_text()
    return blocks.finish(page, header.insert(page, result, lines))


def fence_end(lines: list[str], i: int, mark: str) -> int:
    """The line after the fenced block that starts at `i`."""
    closing = re.compile(rf"^\s*{re.escape(mark[0])}{{{len(mark)},}}\s*$")
    return next((j + 1 for j in range(i + 1, len(lines)) if closing.match(lines[j])), len(lines))


def block(page: Page, lines: list[str], i: int, opening: re.Match[str]) -> tuple[list[str], int]:
    """The lines that a block becomes, and where the text goes on."""
    name, argument = opening[2], opening[3] or ""
    kind = blocks.KINDS.get(name)
    if kind is None:
        return [page.error(i + 1, f"no block `{name}`; there are {', '.join(blocks.KINDS)}")], i + 1
    body: list[str] = []
    end = i + 1
    if kind.has_body:
        while end < len(lines) and not CLOSING.match(lines[end]):
            fence = FENCE.match(lines[end])
            if OPENING.match(lines[end]) and not fence:
                end = len(lines)
                break
            after = fence_end(lines, end, fence[1]) if fence else end + 1
            body.extend(lines[end:after])
            end = after
        if end >= len(lines):
            return [page.error(i + 1, f"`::: {name}` is not closed by a line `:::`")], i + 1
        end += 1
    indent = len(opening[1])
    body = [line[indent:] if line[:indent].strip() == "" else line for line in body]
    try:
        return kind.render(page, argument, body, i + 1), end
    except MarkupError as error:
        return [page.keep(f"<p>{page.error(i + 1, error)}</p>")], end
