"""Convert the first names of the US census into the file that ships with dlprimer: python scripts/data/names.py FOLDER.

The folder holds `dist.female.first` and `dist.male.first` of the 1990 census, as the package `names` 0.3.0 distributes them: a name, its
share of that sex's population in percent, the running total and the rank. Rerun only to change the format.
"""

import hashlib
import sys
from pathlib import Path

SOURCES = {
    "female": "bd2f310fc4e5d5e5ea122c9d4342c9821145823118eb20db1647f305ec77b358",
    "male": "0a5078ef6effe3b483d15b0f7f95047662126c9bfb624ecd5e5b978fc0f2470b",
}
TARGET = Path(__file__).resolve().parents[2] / "src" / "dlprimer" / "data" / "names.txt"


def main() -> None:
    lines = []
    for sex, expected in SOURCES.items():
        source = Path(sys.argv[1]) / f"dist.{sex}.first"
        content = source.read_bytes()
        found = hashlib.sha256(content).hexdigest()
        if found != expected:
            raise SystemExit(f"{source} has SHA-256 {found}, expected {expected}: not the known list")
        rows = [line.split() for line in content.decode("ascii").splitlines()]
        assert [int(rank) for *_, rank in rows] == list(range(1, len(rows) + 1)), "the order is that of the ranks"
        lines += [f"{name.lower()} {sex[0]} {share}" for name, share, _, _ in rows]
    TARGET.write_bytes(("\n".join(lines) + "\n").encode("ascii"))
    checksum = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    TARGET.with_suffix(".txt.sha256").write_text(f"{checksum}  {TARGET.name}\n")
    print(f"{TARGET.name}: {len(lines)} names, {TARGET.stat().st_size} bytes, SHA-256 {checksum}")


if __name__ == "__main__":
    main()
