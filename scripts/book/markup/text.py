"""The pass over a page: which lines are code, which are blocks, which are text."""

from __future__ import annotations

import re

from book.markup import blocks, header, inline
from book.markup.page import MarkupError, Page

FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
OPENING = re.compile(r"^( *):::[ \t]+([a-z]+)(?:[ \t]+(.*?))?[ \t]*$")
CLOSING = re.compile(r"^ *:::[ \t]*$")
COLONS = re.compile(r"^ *:::")
INDENTED = re.compile(r"^ {4,}\S")
# What indented lines may belong to: a list, a definition, a footnote, an admonition. Elsewhere they are code.
CONTAINER = re.compile(r"^ {0,3}(?:[-*+] |\d+\. |: |\?\?\?|!!!|===|\[\^[^\]]+\]:)")


def render(page: Page, lines: list[str]) -> list[str]:
    """The page's lines with all markup replaced."""
    result: list[str] = []
    chunk: list[str] = []
    start = 1
    i = 0
    literal = _literal(lines)

    def close_text() -> None:
        if chunk:
            result.extend(inline.replace(page, "\n".join(chunk), start).split("\n"))
            chunk.clear()

    while i < len(lines):
        if i in literal:
            close_text()
            result.append(lines[i])
            i += 1
            continue
        fence, opening = FENCE.match(lines[i]), OPENING.match(lines[i])
        if not fence and not opening:
            if COLONS.match(lines[i]):
                close_text()
                result.append(page.error(i + 1, _colons(lines[i])))
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


def _literal(lines: list[str]) -> set[int]:
    """The lines that say nothing to us: indented code, and comments over several lines."""
    found: set[int] = set()
    in_container = in_comment = False
    i = 0
    while i < len(lines):
        line = lines[i]
        if in_comment or (line.lstrip().startswith("<!--") and "-->" not in line):
            found.add(i)
            in_comment = "-->" not in line
        elif fence := FENCE.match(line):
            if not INDENTED.match(line):
                in_container = False
            i = fence_end(lines, i, fence[1])
            continue
        else:
            after_blank = i == 0 or not lines[i - 1].strip()
            if INDENTED.match(line) and not in_container and (after_blank or i - 1 in found):
                found.add(i)
            elif line.strip() and not INDENTED.match(line):
                in_container = bool(CONTAINER.match(line)) or (in_container and not after_blank)
        i += 1
    return found


def _colons(line: str) -> str:
    if CLOSING.match(line):
        return "`:::` closes nothing"
    return f"{line.strip()!r} is no block: write `::: name`, the name being one of {', '.join(blocks.KINDS)}"


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
