#!/usr/bin/env python3
"""Packs JPEG files, with what libraries make of them, into files.bin, which the tests compare the decoder with.

Four commands make the files and the hashes, each in an environment with its library; then this packs them:

    cargo run --release -p pixelflume-jpeg --example oracle -- golden FOLDER
    python crates/jpeg/tests/golden/decode/make.py FOLDER 330 small
    python crates/jpeg/tests/golden/decode/hashes.py FOLDER opencv > FOLDER/opencv.txt      (and pillow12, pillow13)
    python crates/jpeg/tests/golden/decode/generate.py FOLDER
    cargo xtask exactness

files.bin
    First line:   pixelflume jpeg golden 1 opencv 5.0.0.93 pillow12 12.3.0 pillow13 13.0.0 files N
    Then N times: one header line, and the bytes of the file
    Header line:  NAME <tab> GROUP <tab> BYTES, and for each form <tab> FORM=CRC
    GROUP         the encoder or the kind of random stream, and the damage if there is any, as in `any-cut`
    FORM          opencv-rgb (as in the file), opencv-turned (as EXIF says), opencv-gray, pillow12-rgb, pillow13-rgb; of damaged
                  files, and of those that Pillow alone refuses, OpenCV's
    CRC           the CRC-32 of WIDTHxHEIGHT: and the interleaved samples, or `refused`
"""

import re
import sys
from pathlib import Path

from hashes import LIBRARIES

OUTPUT = Path(__file__).resolve().parent / "files.bin"
NAME = re.compile(r"([a-z-]+)-\d+(-[a-z-]+)?\.jpg")


def is_of_pillow(forms, damage):
    """Whether Pillow decodes the file if OpenCV does: it refuses most damaged ones, and such with a second scan of the whole image."""
    refuses = {crc == "refused" for _, crc in forms}
    return not damage and len(refuses) == 1


def main():
    folder = Path(sys.argv[1])
    forms = {}
    for library in LIBRARIES:
        for line in (folder / f"{library}.txt").read_text().splitlines():
            name, form, crc = line.split(" ")
            forms.setdefault(name, []).append((form, crc))
    versions = " ".join(f"{library} {version}" for library, (_, version) in LIBRARIES.items())
    with OUTPUT.open("wb") as output:
        output.write(f"pixelflume jpeg golden 1 {versions} files {len(forms)}\n".encode())
        for name in sorted(forms):
            kind, damage = NAME.fullmatch(name).groups()
            file = (folder / name).read_bytes()
            wanted = [f"{form}={crc}" for form, crc in forms[name] if form.startswith("opencv") or is_of_pillow(forms[name], damage)]
            header = [name, kind + (damage or ""), str(len(file)), *wanted]
            output.write("\t".join(header).encode() + b"\n" + file)
    print(f"{OUTPUT}: {len(forms)} files, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
