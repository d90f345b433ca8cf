"""All pages at a glance: the first window of each, as the browser tests have kept it, on one sheet a view.

python -m gates.sheet [FOLDER]     writes FOLDER/<view>.jpg, by default into .cache/sheets
"""

import sys
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / ".cache" / "pictures"
WIDTH, COLUMNS, GAP, LINE = 300, 8, 12, 18  # of a picture on the sheet, and the line with its name


def sheet(pictures: list[Path]) -> Image.Image:
    """The pictures in rows, each under its name."""
    small = []
    for path in pictures:
        with Image.open(path) as picture:
            small.append(picture.convert("RGB").resize((WIDTH, round(picture.height * WIDTH / picture.width))))
    height = max(picture.height for picture in small) + LINE + GAP
    rows = -(-len(small) // COLUMNS)
    result = Image.new("RGB", (COLUMNS * (WIDTH + GAP) + GAP, rows * height + GAP), "#777777")
    draw = ImageDraw.Draw(result)
    for i, (path, picture) in enumerate(zip(pictures, small, strict=True)):
        x, y = GAP + i % COLUMNS * (WIDTH + GAP), GAP + i // COLUMNS * height
        draw.text((x, y), path.stem.replace("--", "/"), fill="white")
        result.paste(picture, (x, y + LINE))
    return result


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else ROOT / ".cache" / "sheets"
    views = sorted(path for path in PICTURES.iterdir() if path.is_dir()) if PICTURES.is_dir() else []
    if not views:
        print(f"{PICTURES} holds no pictures: run the browser tests first, `make browser`", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for view in views:
        pictures = sorted(view.glob("*.jpg"))
        sheet(pictures).save(folder / f"{view.name}.jpg", quality=80)
        print(f"{folder / view.name}.jpg: {len(pictures)} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
