//! WebP files that Pillow wrote (`tests/webp/generate.py`).

macro_rules! still {
    ($($name:literal),*) => {
        /// Still images: name, file, and a PNG file of the pixels that Pillow reads from it.
        pub(crate) const STILL: &[(&str, &[u8], &[u8])] = &[$((
            $name,
            include_bytes!(concat!("../webp/", $name, ".webp")),
            include_bytes!(concat!("../webp/", $name, ".png")),
        )),*];
    };
}

still!(
    "lossy",
    "lossy_low",
    "lossy_alpha",
    "lossy_alpha_plain",
    "lossy_turned",
    "lossless",
    "lossless_alpha",
    "lossless_palette",
    "lossless_groups",
    "lossless_one"
);
