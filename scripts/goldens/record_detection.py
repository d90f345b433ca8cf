"""Record what pycocotools 2.0.11 says about detections: python scripts/goldens/record_detection.py (needs pycocotools).

Writes tests/goldens/detection.json: cases of predictions and targets, as `mean_average_precision` takes them, and COCO's figures.
Rerun only to add cases; the tests need the file alone.
"""

import contextlib
import io
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

TARGET = Path(__file__).resolve().parents[2] / "tests" / "goldens" / "detection.json"
FIGURES = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large")


def scene(rng: np.random.Generator, kind: str, n: int, found: int, classes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Predictions and targets of one image: most predictions are true boxes moved a little."""

    def boxes(count: int) -> np.ndarray:
        if kind == "ties":  # few places and sizes: equal boxes, IoU on thresholds, flat boxes
            corners = rng.integers(0, 6, (count, 2, 2))
            return np.sort(corners, axis=1).reshape(count, 4) * 10.0
        left_top = rng.uniform(0, 100, (count, 2))
        return np.concatenate([left_top, left_top + rng.choice([20, 60, 160]) * rng.uniform(0.2, 1, (count, 2))], axis=1).round(1)

    true, guess = boxes(n), boxes(found)
    labels, guessed = rng.integers(0, classes, n), rng.integers(0, classes, found)
    if n and found:
        of = rng.integers(0, n, found)
        near = true[of] + (rng.choice([0, 10], (found, 1)) if kind == "ties" else rng.normal(0, 2, (found, 4)).round(1))
        meant = rng.random(found) < 0.8
        guess, guessed = np.where(meant[:, None], near, guess), np.where(meant, labels[of], guessed)
        guess[:, 2:] = np.maximum(guess[:, 2:], guess[:, :2])
    scores = rng.integers(0, 4, found) / 4 if kind == "ties" else rng.random(found).round(4)
    target = {"boxes": true.tolist(), "labels": labels.tolist()}
    if kind == "crowds":
        target["iscrowd"] = (rng.random(n) < 0.3).astype(int).tolist()
        target["area"] = rng.choice([100.0, 1024.0, 5000.0, 9216.0, 20000.0], n).tolist()
    return {"boxes": guess.round(1).tolist(), "labels": guessed.tolist(), "scores": scores.tolist()}, target


def cases(rng: np.random.Generator) -> Any:
    for kind in ("usual", "ties", "crowds"):
        for images, classes in ((1, 1), (4, 2), (8, 3)):
            pairs = [scene(rng, kind, int(rng.integers(0, 6)), int(rng.integers(0, 8)), classes) for _ in range(images)]
            yield kind, [p for p, _ in pairs], [t for _, t in pairs]
    prediction, target = scene(rng, "usual", 20, 260, 2)
    yield "more than 100 detections", [prediction], [target]
    yield "nothing true", [prediction], [{"boxes": [], "labels": []}]
    yield "nothing found", [{"boxes": [], "labels": [], "scores": []}], [target]
    side = np.array([[0, 0, 70, 70], [100, 0, 170, 70]], dtype=float)
    for shift in (10, 70 / 4, 7):  # IoU 3/4 and 3/5 by a shift along one axis, and 0.68 by one along both
        moved = side + (np.array([shift, 0, shift, 0]) if shift != 7 else shift)
        yield "shifted", [{"boxes": moved.tolist(), "labels": [0, 0], "scores": [0.9, 0.8]}], [{"boxes": side.tolist(), "labels": [0, 0]}]


def dataset(images: int, annotations: list[dict[str, Any]], labels: list[int]) -> COCO:
    """Annotations in COCO's format."""
    coco = COCO()
    coco.dataset = {
        "images": [{"id": i} for i in range(images)],
        "annotations": annotations,
        "categories": [{"id": label} for label in labels],
    }
    coco.createIndex()
    return coco


def annotations(images: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One dict for each box, numbered from 1."""
    result = []
    for i, image in enumerate(images):
        for j, ((x1, y1, x2, y2), label) in enumerate(zip(image["boxes"], image["labels"], strict=True)):
            area = image["area"][j] if "area" in image else (x2 - x1) * (y2 - y1)
            entry = {"id": len(result) + 1, "image_id": i, "category_id": label, "bbox": [x1, y1, x2 - x1, y2 - y1], "area": area}
            entry["iscrowd"] = image["iscrowd"][j] if "iscrowd" in image else 0
            result.append(entry | ({"score": image["scores"][j]} if "scores" in image else {}))
    return result


def evaluate(predictions: list[dict[str, Any]], targets: list[dict[str, Any]]) -> dict[str, Any]:
    """COCO's figures, by our names."""
    labels = sorted({label for image in predictions + targets for label in image["labels"]})
    true, found = (dataset(len(targets), annotations(images), labels) for images in (targets, predictions))
    evaluation = COCOeval(true, found, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]  # (thresholds, recalls, classes): all areas, 100 detections
    per_class = [values[values > -1] for values in np.moveaxis(precision, 2, 0)]
    result: dict[str, Any] = dict(zip(FIGURES, evaluation.stats[:6].tolist(), strict=True))
    return result | {"classes": labels, "map_per_class": [float(v.mean()) if v.size else -1.0 for v in per_class]}


def main() -> None:
    lines = []
    for kind, predictions, targets in cases(np.random.default_rng(75)):
        with contextlib.redirect_stdout(io.StringIO()):
            result = evaluate(predictions, targets)
        case = {"kind": kind, "predictions": predictions, "targets": targets, "result": result}
        lines.append(json.dumps(case, separators=(",", ":")))
    body = ",\n".join(lines)
    TARGET.write_text(f'{{"pycocotools": "{version("pycocotools")}", "cases": [\n{body}\n]}}\n')
    print(f"{TARGET.name}: {len(lines)} cases, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
