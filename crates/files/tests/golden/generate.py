"""Writes the files of this folder with NumPy and with Python's tarfile: `python3 generate.py` (NumPy 2.4.6, Python 3.11)."""

import io
import pathlib
import tarfile

import numpy as np

FOLDER = pathlib.Path(__file__).parent

image = (np.arange(5 * 4 * 3).reshape(5, 4, 3) * 7 % 256).astype(np.uint8)
floats = np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4)
ARRAYS = {
    "u8": image,
    "i16": np.arange(-6, 6, dtype=np.int16).reshape(2, 6),
    "f16": floats.astype(np.float16),
    "f32": floats,
    "big_endian": floats.astype(">f4"),
    "scalar": np.float32(1.5),
    "empty": np.zeros((0, 3), np.uint8),
}
REFUSED = {
    "fortran": np.asfortranarray(floats),
    "f64": floats.astype(np.float64),
    "objects": np.array([{"a": 1}], dtype=object),
    "records": np.zeros(2, [("a", "f4"), ("b", "i2")]),
}

np.savez(FOLDER / "arrays.npz", **ARRAYS)
np.savez_compressed(FOLDER / "compressed.npz", **ARRAYS)
np.savez(FOLDER / "refused.npz", **REFUSED)
for version in [(1, 0), (2, 0), (3, 0)]:
    with open(FOLDER / f"version{version[0]}.npy", "wb") as file:
        np.lib.format.write_array(file, floats, version=version)

LONG = "folder/" * 20 + "name" * 30
MEMBERS = [
    ("a.jpg", b"first"),
    ("a.CLS", b"7"),
    ("README", b"no sample"),
    ("d/b.seg.png", bytes(range(256)) * 5),
    (LONG + ".jpg", b"long"),
    (LONG + ".json", b"{}"),
    ("größe.txt", "größe".encode()),
]
for name, format in [("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)]:
    with tarfile.open(FOLDER / f"{name}.tar", "w", format=format) as archive:
        folder = tarfile.TarInfo("d/")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for path, content in MEMBERS:
            if format == tarfile.USTAR_FORMAT and len(path) > 250:
                continue
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.mtime = 1234567890.5 if format == tarfile.PAX_FORMAT else 1234567890
            archive.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("link.jpg")
        link.type = tarfile.SYMTYPE
        link.linkname = "l" * 200 if format != tarfile.USTAR_FORMAT else "a.jpg"
        archive.addfile(link)
