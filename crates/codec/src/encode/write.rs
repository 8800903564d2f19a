//! Image files on disk, which appear complete or not at all.

use crate::encode::encode_to;
use crate::encode::options::EncodeOptions;
use crate::error::EncodeError;
use crate::format::Format;
use pixelflume_ops::ImageView;
use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// What becomes of a file that is there already.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Existing {
    /// Nothing is written, and [`EncodeError::Exists`] returned. So it is where the file appears while the image is encoded.
    #[default]
    Refuse,
    /// The file is replaced. A symbolic link is replaced, not followed. A folder, pipe or device is never replaced.
    Replace,
}

/// Encodes an image as [`encode`](fn@crate::encode) does and writes the file `path`. The folder must exist.
///
/// The file is written under a temporary name, `.pixelflume-XXXXXX.tmp`, in the folder, and then renamed: whoever looks sees the
/// whole file or none.
///
/// # Errors
/// The format cannot hold the image, an option is wrong, something is at `path` that must not be replaced, or the file cannot
/// be written; then no file is left behind.
pub fn write(
    path: &Path,
    image: ImageView<'_>,
    format: Format,
    options: &EncodeOptions,
    existing: Existing,
) -> Result<(), EncodeError> {
    let failed = |source| EncodeError::Write {
        path: path.to_owned(),
        source,
    };
    // Before the work of encoding; what appears later is noticed when the file is renamed.
    refuse(path, existing)?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // `tempfile` would open it for its owner alone.
    let create = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let mut name = tempfile::Builder::new();
    name.prefix(".pixelflume-").suffix(".tmp");
    let temporary = name.make_in(folder, create).map_err(failed)?;
    let mut file = BufWriter::new(temporary.as_file());
    encode_to(image, format, options, &mut file)?;
    file.flush().map_err(failed)?;
    drop(file);
    let named = match existing {
        Existing::Refuse => temporary.persist_noclobber(path),
        Existing::Replace => temporary.persist(path),
    };
    match named {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(failed(error.error)),
    }
}

fn exists(path: &Path) -> EncodeError {
    EncodeError::Exists {
        path: path.to_owned(),
    }
}

/// Refuses a path with something that must not be replaced.
fn refuse(path: &Path, existing: Existing) -> Result<(), EncodeError> {
    match (fs::symlink_metadata(path), existing) {
        (Err(_), _) => Ok(()),
        (Ok(_), Existing::Refuse) => Err(exists(path)),
        (Ok(there), Existing::Replace) if there.is_file() || there.is_symlink() => Ok(()),
        (Ok(_), Existing::Replace) => Err(EncodeError::NotRegular {
            path: path.to_owned(),
        }),
    }
}
