"""Convert the optical digits into the file that ships with dlprimer: python scripts/data/digits.py DIGITS_CSV_GZ.

The argument is `sklearn/datasets/data/digits.csv.gz` of scikit-learn 1.9.1 (any version has the same content): 1,797 rows of 64
pixel values from 0 to 16 and the digit, in the order of the UCI test set. Rerun only to change the format.
"""

import gzip
import hashlib
import io
import sys
import zipfile
from pathlib import Path

import numpy as np

SOURCE_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
TARGET = Path(__file__).resolve().parents[2] / "src" / "dlprimer" / "data" / "digits.npz"


def main() -> None:
    packed = Path(sys.argv[1]).read_bytes()
    rows = gzip.decompress(packed)
    found = hashlib.sha256(rows).hexdigest()
    if found != SOURCE_SHA256:
        raise SystemExit(f"{sys.argv[1]} unpacks to SHA-256 {found}, expected {SOURCE_SHA256}: not the known digits")
    table = np.loadtxt(io.BytesIO(rows), delimiter=",").astype(np.uint8)
    assert table.shape == (1797, 65), table.shape
    write_npz(TARGET, images=table[:, :64].reshape(-1, 8, 8), labels=table[:, 64])
    checksum = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    TARGET.with_suffix(".npz.sha256").write_text(f"{checksum}  {TARGET.name}\n")
    print(f"{TARGET.name}: {len(table)} images, {TARGET.stat().st_size} bytes, SHA-256 {checksum}")


def write_npz(path: Path, **arrays: np.ndarray) -> None:
    """As np.savez_compressed, with a fixed date in the archive: the same content gives the same bytes."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            stream = io.BytesIO()
            np.save(stream, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, stream.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


if __name__ == "__main__":
    main()
