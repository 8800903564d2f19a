//! Uncompressed video: Y4M streams and raw frames, read from and written to any stream of bytes, a frame at a time.
//!
//! ```
//! use pixelflume_files::video::{Container, FrameReader, FrameWriter, Timing};
//! use pixelflume_ops::Image;
//!
//! let image = Image::from_fn(4, 2, 1, |x, y, _| (x * 20 + y) as u8)?;
//! let mut writer = FrameWriter::new(Vec::new(), Container::Y4m, image.shape(), &Timing::default())?;
//! writer.write(image.data(), None)?;
//! let file = writer.finish()?;
//!
//! let reader = FrameReader::y4m(&file[..], "a.y4m".to_owned(), 1 << 28)?;
//! let frames: Vec<Image> = reader.images().collect::<Result<_, _>>()?;
//! assert_eq!(frames, [image]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Frames have 8-bit samples: planar YUV 4:2:0, 4:2:2 and 4:4:4, NV12, RGB, BGR and gray. YUV becomes RGB and back by the arithmetic of
//! [`pixelflume_ops::yuv`].

mod error;
mod format;
mod header;
mod images;
mod pixels;
mod raw;
mod reader;
mod writer;

pub use error::{PixelsError, ShapeError, SizeError, StreamCause, StreamError, WriteError};
pub use format::{FrameTag, Interlacing, PixelFormat, Ratio, Stream, Timing};
pub use header::{HeaderError, MAX_LINE};
pub use images::FrameImages;
pub use pixels::{check_video, convert_frame, frame_image};
pub use raw::{RawError, RawFormat};
pub use reader::FrameReader;
pub use writer::{Container, FrameWriter};

use header::MAGIC;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes read at a time, where a frame is not read directly.
const BUFFER: usize = 64 * 1024;

/// Opens a video: a file or a named pipe, for which this waits. It is Y4M, or bare frames of the stream `raw`. A frame may have `max_pixels` pixels.
///
/// # Errors
/// The file cannot be opened, or its first line is refused.
pub fn open(
    path: &Path,
    raw: Option<Stream>,
    max_pixels: u64,
) -> Result<FrameReader<BufReader<File>>, StreamError> {
    let name = path.display().to_string();
    let file = match File::open(path) {
        Ok(file) => BufReader::with_capacity(BUFFER, file),
        Err(error) => {
            return Err(StreamError {
                name,
                frame: None,
                offset: 0,
                cause: error.into(),
            });
        }
    };
    match raw {
        Some(stream) => FrameReader::raw(file, name, stream, max_pixels),
        None => FrameReader::y4m(file, name, max_pixels),
    }
}

/// Whether a regular file is Y4M: its name ends in `.y4m`, or its content begins like Y4M. Pipes and devices are not read from, and are not.
pub fn is_y4m(path: &Path) -> bool {
    let is_file = path.metadata().is_ok_and(|there| there.is_file());
    is_file && (is_named_y4m(path) || begins_as_y4m(path))
}

/// Whether a name ends in `.y4m`, in letters of either case.
pub fn is_named_y4m(path: &Path) -> bool {
    let extension = path.extension();
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("y4m"))
}

fn begins_as_y4m(path: &Path) -> bool {
    let mut begin = [0; MAGIC.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == MAGIC
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn y4m_files_are_known_by_name_or_content_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        assert!(is_y4m(&file("a.Y4M", "")));
        assert!(is_y4m(&file("a.dat", "YUV4MPEG2 W1 H1")));
        assert!(!is_y4m(&file("a.png", "YUV4")));
        assert!(!is_y4m(folder.path()));
        assert!(!is_y4m(Path::new("missing.y4m")));
    }

    #[test]
    fn files_are_opened_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.y4m");
        let error = open(&path, None, 100).unwrap_err();
        assert!(matches!(error.cause, StreamCause::Read(_)), "{error}");
        fs::write(&path, "YUV4MPEG2 W2 H1 Cmono\nFRAME\nab").unwrap();
        let mut frames = open(&path, None, 100).unwrap().images();
        assert_eq!(frames.next().unwrap().unwrap().data(), b"ab");
        let raw = "2x1:gray".parse().unwrap();
        assert_eq!(open(&path, Some(raw), 100).unwrap().images().count(), 15);
    }
}
