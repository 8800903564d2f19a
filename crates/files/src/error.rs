//! The errors of all modules as one.

use crate::claims::ClaimError;
use crate::discover::DiscoverError;
use crate::npy::NpyError;
use crate::npz::NpzError;
use crate::output::OutputError;
use crate::tar::{ShardError, TarError};
use crate::video::{StreamError, WriteError};
use thiserror::Error;

/// Any error of this crate, for programs that take or give files of several kinds.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// Files and folders that are no sets of images.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// A video that is not read.
    #[error(transparent)]
    Video(#[from] StreamError),
    /// A video that is not written.
    #[error(transparent)]
    VideoWrite(#[from] WriteError),
    /// An array that is not read or written.
    #[error(transparent)]
    Npy(#[from] NpyError),
    /// An archive of arrays that is not read or written.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// A shard that is not read.
    #[error(transparent)]
    Tar(#[from] TarError),
    /// A shard that is not written.
    #[error(transparent)]
    Shard(#[from] ShardError),
    /// A file that must not be written.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// A result that is not written.
    #[error(transparent)]
    Output(#[from] OutputError),
}
