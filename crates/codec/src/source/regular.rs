//! Opens regular files only: a pipe could keep a reader waiting, and a device could be read without end.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens a regular file and returns it with its length in bytes. It never waits for the writer of a pipe.
///
/// # Errors
/// The file cannot be opened, or it is a folder, a pipe, a device or a socket.
pub fn open(path: &Path) -> io::Result<(File, u64)> {
    // Opening a device may have effects, so the type is checked before; and checked again on the open file, whose type cannot
    // change.
    require_regular(&fs::metadata(path)?)?;
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // Without this flag, opening a pipe waits for a writer.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32);
    }
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    require_regular(&metadata)?;
    Ok((file, metadata.len()))
}

fn require_regular(metadata: &fs::Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() {
        "a folder"
    } else {
        kind_of_special(metadata)
    };
    Err(io::Error::other(format!(
        "it is {kind}, and images are read from regular files"
    )))
}

#[cfg(unix)]
fn kind_of_special(metadata: &fs::Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn kind_of_special(_: &fs::Metadata) -> &'static str {
    "no file"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_devices_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let text = |path: &Path| open(path).unwrap_err().to_string();
        assert!(text(folder.path()).starts_with("it is a folder, "));
        #[cfg(unix)]
        assert!(text(Path::new("/dev/zero")).starts_with("it is a device, "));
        let path = folder.path().join("a");
        fs::write(&path, "four").unwrap();
        assert_eq!(open(&path).unwrap().1, 4);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_that_nobody_writes_to_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.unwrap().success());
        let text = open(&path).unwrap_err().to_string();
        assert!(text.starts_with("it is a named pipe, "), "{text}");
    }
}
