//! The exceptions of images that have no result, and of jobs that ended.

use crate::errors::{Exception, Kind};
use crate::frames::no_file;
use crate::pipeline::function::exception_of;
use crate::stream::queue::Raised;
use pixelflume::codec::DecodeError;
use pixelflume::pipeline::engine::{CacheError, EngineError, FailureCause};
use pixelflume::runtime::{Failure, ItemError, JobError, StartError};
use pyo3::prelude::*;
use std::io::ErrorKind;

/// The exception of an image, which is at this position in the source.
pub(super) fn of_image(py: Python<'_>, failure: &Failure, position: u64) -> PyErr {
    let place = usize::try_from(position).unwrap_or(usize::MAX);
    let path = match &*failure.item.name {
        "" => String::new(),
        name => format!("{name:?}: "),
    };
    let of = |kind, problem: &dyn std::fmt::Display| {
        Exception::new(kind, format!("image {position}: {path}{problem}")).at_image(place)
    };
    let exception = match &failure.error {
        ItemError::Source(error) => match error.downcast_ref::<Raised>() {
            Some(raised) => return with_place(py, raised.0.clone_ref(py), position),
            None => of(Kind::Input, error),
        },
        ItemError::Decode { source, .. } => match &**source {
            DecodeError::Read(cause) if cause.kind() == ErrorKind::NotFound => {
                of(Kind::Input, &no_file())
            }
            error => of(Kind::Decode, error),
        },
        ItemError::Changed { .. } => of(Kind::Decode, &failure.error),
        ItemError::Engine(error) => match &**error {
            CacheError::Engine(EngineError::Pipeline(error)) => {
                Exception::from(error).at_image(place)
            }
            CacheError::Engine(EngineError::Thread(_)) | CacheError::Submit(_) => {
                of(Kind::Device, error)
            }
            error => of(Kind::Pipeline, error),
        },
        ItemError::Batch(batch) => {
            let exception = PyErr::from(Exception::from(&**batch).at_image(place));
            if let FailureCause::Node(node) = &batch.cause
                && let Some(cause) = exception_of(py, node)
            {
                exception.set_cause(py, Some(cause));
            }
            return exception;
        }
        ItemError::Stopped(_) | ItemError::Canceled | ItemError::Panicked(_) => {
            of(Kind::Device, &failure.error)
        }
        error => of(Kind::Input, error),
    };
    exception.into()
}

/// An exception of the source, or of the look at what it gave, with the place of the image as a note, and as `image` where it is one of ours.
fn with_place(py: Python<'_>, error: PyErr, position: u64) -> PyErr {
    let value = error.value(py);
    let note = format!("image {position} of the source");
    // A source may raise one exception again and again, of any class.
    let is_noted = || value.getattr("__notes__")?.contains(&note);
    if !is_noted().unwrap_or(false) {
        let _ = value.call_method1("add_note", (note,));
    }
    if value.getattr("image").is_ok_and(|image| image.is_none()) {
        let _ = value.setattr("image", position);
    }
    error
}

/// The exception of a job that ended before its source did.
pub(super) fn of_job(error: &JobError) -> PyErr {
    Exception::new(Kind::Device, error.to_string()).into()
}

/// The exception of a job that was not started.
pub(super) fn of_start(error: StartError) -> PyErr {
    let kind = match error {
        StartError::Thread(_) => Kind::Device,
        _ => Kind::Pipeline,
    };
    Exception::new(kind, error.to_string()).into()
}
