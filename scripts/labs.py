#!/usr/bin/env python3
"""Run the labs and write their notebooks.

python scripts/labs.py [CHAPTER ...]            run these labs (all without a name) and write docs/labs/CHAPTER.ipynb
python scripts/labs.py --changed [CHAPTER ...]  only what is missing or no longer matches its source and the library
python scripts/labs.py --check [CHAPTER ...]    run again and compare what is printed; writes nothing
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from book import labs
from book.records import write_atomically

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
STYLE = Path(__file__).resolve().parent / "book" / "lab.mplstyle"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CHAPTER")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--changed", action="store_true")
    how.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    sources = {source.stem: source for source in sorted(labs.SOURCES.glob("*.py"))}
    if unknown := set(options.names) - sources.keys():
        parser.error(f"no lab {', '.join(sorted(unknown))}; there are {', '.join(sources)}")
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    os.environ |= {"MATPLOTLIBRC": str(STYLE), "PYTHONHASHSEED": "0"}
    failed = 0
    for name in options.names or sources:
        file = labs.target(sources[name])
        if options.changed and file.is_file() and labs.stale(file) is None:
            print(f"{name}: unchanged")
            continue
        start = time.monotonic()
        try:
            if options.check and (problem := labs.stale(file)):
                raise labs.LabError(problem)
            lab = labs.run(sources[name])
            if options.check and (difference := _difference(labs.printed(json.loads(file.read_text(encoding="utf-8"))), labs.printed(lab))):
                raise labs.LabError(f"{name}: {difference}")
        except labs.LabError as error:
            print(error, file=sys.stderr)
            failed += 1
            continue
        if not options.check:
            write_atomically(file, labs.text(lab))
        print(f"{name}: {'as recorded' if options.check else 'written'}, {time.monotonic() - start:.0f} s")
    return int(failed > 0)


def _difference(recorded: list[str], now: list[str]) -> str:
    for i, (before, after) in enumerate(zip(recorded, now, strict=True), 1):
        if not _alike(before, after):
            return f"code cell {i} printed\n{before}\nwhen it was recorded, and now\n{after}"
    return ""


def _alike(before: str, after: str) -> bool:
    """The same words, and numbers that are near: what a network has learned differs between processors."""
    if NUMBER.sub("#", before) != NUMBER.sub("#", after):
        return False
    pairs = zip(NUMBER.findall(before), NUMBER.findall(after), strict=True)
    return all(math.isclose(float(a), float(b), rel_tol=0.2, abs_tol=0.05) for a, b in pairs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
