//! The sources of videos: files, pipes and stdin.

use crate::failure::Failure;
use pixelflume::files::video::{self, FrameReader, Stream, StreamError};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};

/// Bytes read at a time, where a frame is not read directly.
const BUFFER: usize = 64 * 1024;

pub(crate) type Bytes = Box<dyn BufRead + Send>;

/// The source of a video.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum VideoSource {
    Stdin,
    /// A file or a named pipe.
    File(PathBuf),
}

impl VideoSource {
    /// The source that an argument means: `-` is standard input.
    pub(crate) fn new(argument: &Path) -> Self {
        if is_standard(argument) {
            VideoSource::Stdin
        } else {
            VideoSource::File(argument.to_owned())
        }
    }

    /// The name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            VideoSource::Stdin => "stdin".to_owned(),
            VideoSource::File(path) => path.display().to_string(),
        }
    }

    /// The path of a file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            VideoSource::Stdin => None,
            VideoSource::File(path) => Some(path),
        }
    }

    /// Opens the source without reading from it.
    pub(crate) fn open(&self) -> Result<Bytes, Failure> {
        Ok(match self {
            VideoSource::Stdin if io::stdin().is_terminal() => {
                return Err(Failure::new("the input is stdin, which is a terminal").help(
                    "pipe a video in, for example: ffmpeg -i in.mp4 -f yuv4mpegpipe - | pixelflume run ...",
                ));
            }
            VideoSource::Stdin => Box::new(BufReader::with_capacity(BUFFER, io::stdin())),
            VideoSource::File(path) => {
                let file = File::open(path).map_err(|error| {
                    Failure::new(format!("cannot read input {}: {error}", path.display()))
                })?;
                Box::new(BufReader::with_capacity(BUFFER, file))
            }
        })
    }

    /// Reads the first line, or takes the bytes as `raw` frames.
    pub(crate) fn frames(
        &self,
        bytes: Bytes,
        raw: Option<Stream>,
        max_pixels: u64,
    ) -> Result<FrameReader<Bytes>, StreamError> {
        match raw {
            Some(stream) => FrameReader::raw(bytes, self.name(), stream, max_pixels),
            None => FrameReader::y4m(bytes, self.name(), max_pixels),
        }
    }
}

/// Whether an argument means standard input or output.
pub(crate) fn is_standard(argument: &Path) -> bool {
    argument.as_os_str() == "-"
}

/// Whether an argument is a video: `-`, a pipe or device, or a file whose name ends in `.y4m` or whose content begins like Y4M.
pub(crate) fn is_video(argument: &Path) -> bool {
    if is_standard(argument) {
        return true;
    }
    match fs::metadata(argument) {
        Ok(metadata) if metadata.is_dir() => false,
        Ok(metadata) if metadata.is_file() => video::is_y4m(argument),
        Ok(_) => true,
        Err(_) => video::is_named_y4m(argument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn videos_are_known_by_name_and_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, content: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        assert!(is_video(Path::new("-")));
        assert!(is_video(&file("a.Y4M", "")));
        assert!(is_video(&file("a.dat", "YUV4MPEG2 W1 H1")));
        assert!(is_video(Path::new("missing.y4m")));
        assert!(!is_video(&file("a.png", "YUV4")));
        assert!(!is_video(folder.path()));
        assert!(!is_video(Path::new("missing.png")));
        #[cfg(unix)]
        assert!(is_video(Path::new("/dev/null")));
    }
}
