//! The targets of videos: files, pipes and stdout.

use super::source::is_standard;
use crate::failure::Failure;
use pixelflume::files::output::is_plain_name;
use pixelflume::files::target::OpenTarget;
use pixelflume::files::video::Container;
use pixelflume::graph::text::{Listed, Shown};
#[cfg(unix)]
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// The target of a video.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum VideoTarget {
    Stdout,
    /// A file or a named pipe.
    File(PathBuf),
}

impl VideoTarget {
    /// The targets of outputs with these names. A single output is the file `out` or stdout, or a file in the folder `out`
    /// where that exists or ends with a slash. Several outputs are files named after them in the folder `out`.
    ///
    /// # Errors
    /// Several outputs for stdout, or a name that cannot be the name of a file.
    pub(crate) fn list(
        out: &Path,
        outputs: &[String],
        container: Container,
    ) -> Result<Vec<Self>, Failure> {
        let several = outputs.len() > 1;
        if is_standard(out) {
            if several {
                return Err(Failure::new(format!(
                    "the pipeline has {} outputs ({}), and stdout takes one video",
                    outputs.len(),
                    Listed::new(outputs)
                ))
                .help("give a folder to --out, or leave one name in `outputs = [...]` of the pipeline file"));
            }
            return Ok(vec![VideoTarget::Stdout]);
        }
        let slash = out.as_os_str().as_encoded_bytes().ends_with(b"/");
        if !several && !out.is_dir() && !slash {
            return Ok(vec![VideoTarget::File(out.to_owned())]);
        }
        let target = |name: &String| {
            if !is_plain_name(name) {
                return Err(Failure::new(format!(
                    "output \"{}\" cannot be the name of a file",
                    Shown(name)
                ))
                .help("the results go to files named after the outputs: rename the node"));
            }
            let file = format!("{name}.{}", container.extension());
            Ok(VideoTarget::File(out.join(file)))
        };
        outputs.iter().map(target).collect()
    }

    /// The name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            VideoTarget::Stdout => "stdout".to_owned(),
            VideoTarget::File(path) => path.display().to_string(),
        }
    }

    /// The path of a file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            VideoTarget::Stdout => None,
            VideoTarget::File(path) => Some(path),
        }
    }

    /// Opens the target. A file gets its name when it is [kept](OpenTarget::keep).
    ///
    /// # Errors
    /// The target cannot be written.
    pub(crate) fn open(&self) -> Result<OpenTarget, Failure> {
        let path = match self {
            VideoTarget::Stdout if io::stdout().is_terminal() => {
                return Err(
                    Failure::new("the output is stdout, which is a terminal").help(
                        "pipe it into a program, for example: ... --out - | ffmpeg -i - out.mp4",
                    ),
                );
            }
            VideoTarget::Stdout => {
                return stdout()
                    .map(OpenTarget::Direct)
                    .map_err(|error| Failure::new(format!("cannot write to stdout: {error}")));
            }
            VideoTarget::File(path) => path,
        };
        let refused = |error: io::Error| {
            Failure::new(format!("cannot write video {}: {error}", path.display()))
                .help("--out takes the path of a file in a folder that is there, a folder, or - for stdout")
        };
        OpenTarget::create(path).map_err(refused)
    }
}

/// Unbuffered standard output: the one of the standard library searches everything that is written for line ends.
#[cfg(unix)]
fn stdout() -> io::Result<Box<dyn Write + Send + Sync>> {
    use std::os::fd::AsFd;
    let owned = io::stdout().as_fd().try_clone_to_owned()?;
    Ok(Box::new(File::from(owned)))
}

#[cfg(not(unix))]
fn stdout() -> io::Result<Box<dyn Write + Send + Sync>> {
    Ok(Box::new(io::stdout()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn list(out: &Path, outputs: &[&str]) -> Result<Vec<VideoTarget>, Failure> {
        let outputs: Vec<String> = outputs.iter().map(|&name| name.to_owned()).collect();
        VideoTarget::list(out, &outputs, Container::Y4m)
    }

    #[test]
    fn one_output_is_a_file_and_several_are_files_in_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: PathBuf| VideoTarget::File(path);
        let out = folder.path().join("new.y4m");
        assert_eq!(list(&out, &["a"]).unwrap(), [file(out.clone())]);
        let inside = [file(out.join("a.y4m")), file(out.join("b.y4m"))];
        assert_eq!(list(&out, &["a", "b"]).unwrap(), inside);
        let here = folder.path();
        assert_eq!(list(here, &["a"]).unwrap(), [file(here.join("a.y4m"))]);
        let new = here.join("new/");
        assert_eq!(list(&new, &["a"]).unwrap(), [file(new.join("a.y4m"))]);
        assert_eq!(list(Path::new("-"), &["a"]).unwrap(), [VideoTarget::Stdout]);
        assert!(list(Path::new("-"), &["a", "b"]).is_err());
        assert!(list(here, &["a", "../b"]).is_err());
    }

    #[test]
    fn files_appear_when_they_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.y4m");
        let target = VideoTarget::File(path.clone());
        let mut open = target.open().unwrap();
        open.write_all(b"frames").unwrap();
        assert!(!path.exists());
        open.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"frames");
        drop(target.open().unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"frames");
        assert!(VideoTarget::File(folder.path().to_owned()).open().is_err());
        assert!(VideoTarget::File(path.join("below")).open().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn devices_are_written_to_and_stay() {
        let target = VideoTarget::File("/dev/null".into());
        let mut open = target.open().unwrap();
        open.write_all(b"frames").unwrap();
        open.keep().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
