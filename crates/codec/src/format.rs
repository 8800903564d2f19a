//! The formats of image files, and how a name or the first bytes tell them.

use std::fmt;
use std::path::Path;

/// A format of image files. All are read; GIF, TIFF and WebP are not written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// PNG: lossless, 1, 3 or 4 channels.
    Png,
    /// JPEG: lossy, 1 or 3 channels.
    Jpeg,
    /// Windows bitmap: not compressed, 1, 3 or 4 channels.
    Bmp,
    /// Netpbm: not compressed; PGM with 1 channel, PPM with 3, PAM with 4.
    Pnm,
    /// GIF: the first frame, 1, 3 or 4 channels. It is not written.
    Gif,
    /// TIFF: the first image, 1, 3 or 4 channels. It is not written.
    Tiff,
    /// WebP: still images, lossy and lossless, 3 or 4 channels. It is not written.
    WebP,
}

/// The most bytes that [`Format::of_content`] looks at.
pub(crate) const MAGIC_BYTES: usize = 16;

impl Format {
    /// All formats.
    pub const ALL: [Format; 7] = [
        Format::Png,
        Format::Jpeg,
        Format::Bmp,
        Format::Pnm,
        Format::Gif,
        Format::Tiff,
        Format::WebP,
    ];

    /// Whether images are written in this format; all are read.
    pub const fn is_written(self) -> bool {
        !matches!(self, Format::Gif | Format::Tiff | Format::WebP)
    }

    /// The format of a name such as `"png"`, of a file's extension, or of a file's name; letters of either case. `None` where no
    /// format has this extension.
    ///
    /// ```
    /// use pixelflume_codec::Format;
    ///
    /// assert_eq!(Format::of_extension("JPG"), Some(Format::Jpeg));
    /// assert_eq!(Format::of_extension("avif"), None);
    /// ```
    pub fn of_extension(extension: &str) -> Option<Self> {
        let has = |format: &Format| {
            let mut known = format.extensions().iter();
            known.any(|known| known.eq_ignore_ascii_case(extension))
        };
        Format::ALL.into_iter().find(has)
    }

    /// The format of the extension of a path.
    pub fn of_path(path: &Path) -> Option<Self> {
        Format::of_extension(path.extension()?.to_str()?)
    }

    /// The format of a file that begins with these bytes; 12 are enough.
    pub fn of_content(begin: &[u8]) -> Option<Self> {
        match begin {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
            [0xff, 0xd8, ..] => Some(Format::Jpeg),
            [b'B', b'M', ..] => Some(Format::Bmp),
            [b'P', b'1'..=b'7', ..] => Some(Format::Pnm),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Some(Format::Tiff),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Some(Format::WebP),
            _ => None,
        }
    }

    /// The extensions of files of this format in lower case, the usual one first.
    pub const fn extensions(self) -> &'static [&'static str] {
        match self {
            Format::Png => &["png"],
            Format::Jpeg => &["jpg", "jpeg", "jpe"],
            Format::Bmp => &["bmp"],
            Format::Pnm => &["pnm", "ppm", "pgm", "pbm", "pam"],
            Format::Gif => &["gif"],
            Format::Tiff => &["tif", "tiff"],
            Format::WebP => &["webp"],
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Png => "PNG",
            Format::Jpeg => "JPEG",
            Format::Bmp => "BMP",
            Format::Pnm => "PNM",
            Format::Gif => "GIF",
            Format::Tiff => "TIFF",
            Format::WebP => "WebP",
        })
    }
}

/// What a file of none of the formats is, in words: the name of its format where that is known, else its first bytes.
pub(crate) fn describe_unknown(begin: &[u8]) -> String {
    if begin.is_empty() {
        return "the file is empty".to_owned();
    }
    if let Ok(known) = image::guess_format(begin) {
        let name = known.extensions_str().first().copied();
        return format!("it is a file of the format {}", name.unwrap_or("unknown"));
    }
    let begin = &begin[..begin.len().min(MAGIC_BYTES)];
    format!("it begins with \"{}\"", begin.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_extension_and_name_is_of_its_format() {
        for format in Format::ALL {
            for extension in format.extensions() {
                assert_eq!(Format::of_extension(extension), Some(format));
            }
            let name = format.to_string();
            assert_eq!(Format::of_extension(&name), Some(format), "{name}");
        }
        assert_eq!(Format::of_path(Path::new("a.b/c.PGM")), Some(Format::Pnm));
        assert_eq!(Format::of_path(Path::new("a.png/c")), None);
    }

    #[test]
    fn what_is_no_image_is_described() {
        assert_eq!(describe_unknown(b""), "the file is empty");
        assert!(describe_unknown(b"\0\0\x01\0").ends_with("ico"));
        let text = describe_unknown(b"<html>\x1b[31m and more of it");
        assert_eq!(text, "it begins with \"<html>\\x1b[31m and \"");
    }
}
