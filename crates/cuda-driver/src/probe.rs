//! Finds the driver library, and its functions.

#![expect(unsafe_code, reason = "loads the driver library")]

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::api::{Api, Function};
use crate::driver::{Calls, Driver};
use crate::result::CuResult;
use crate::version::DriverVersion;

/// The environment variable that names another driver library, for tests and unusual installations: a path, or a file
/// name that the loader searches for. `none` means: behave as if there were no driver. Empty is the same as unset. It is
/// read once, at the first [`probe`].
pub const DRIVER_VARIABLE: &str = "PIXELFLUME_CUDA_DRIVER";

/// The name under which every NVIDIA driver since 2008 installs the library. Not `libcuda.so`: that name may be a
/// toolkit's link-time stub.
const DEFAULT_LIBRARY: &str = "libcuda.so.1";

/// Functions that every CUDA driver has; a library without them is no CUDA driver.
const OF_ANY_DRIVER: [Function; 2] = [Function::cuInit, Function::cuDriverGetVersion];

/// The reason why no driver is available.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The environment turns the driver off.
    #[error(
        "the CUDA driver is switched off by {DRIVER_VARIABLE}=none; unset the variable to use the GPU"
    )]
    Disabled,
    /// The loader could not open the library.
    #[error(
        "no NVIDIA driver library was found: {reason}. Install the NVIDIA driver, or name the library file in \
         {DRIVER_VARIABLE}"
    )]
    NotFound {
        /// The library that was asked for.
        library: String,
        /// The error text of the loader.
        reason: String,
    },
    /// The library opened, but is not a CUDA driver.
    #[error(
        "`{library}` is not a CUDA driver: it has no function `{function}`. Check {DRIVER_VARIABLE}"
    )]
    NotADriver {
        /// The library that was opened.
        library: String,
        /// The first function of any driver that it lacks.
        function: &'static str,
    },
    /// The library is a CUDA driver that is too old and lacks required functions.
    #[error(
        "the CUDA driver `{library}` (CUDA {}) lacks {}; update the NVIDIA driver",
        version.map_or_else(|| "of unknown version".to_owned(), |version| version.to_string()),
        list(missing)
    )]
    Incomplete {
        /// The library that was opened.
        library: String,
        /// The CUDA version that the driver reports; `None` where it reports none.
        version: Option<DriverVersion>,
        /// The functions that it lacks, in the order of [`Function::ALL`].
        missing: Vec<Function>,
    },
}

/// Lists the names of up to four functions, and the number of further ones.
fn list(functions: &[Function]) -> String {
    let names: Vec<_> = functions.iter().take(4).map(|f| f.name()).collect();
    let mut text = names.join(", ");
    if functions.len() > names.len() {
        // Writing into a `String` cannot fail.
        let _ = write!(
            text,
            " and {} more functions",
            functions.len() - names.len()
        );
    }
    text
}

/// Finds the driver, at the first call; every later call returns the same answer.
///
/// Opens `libcuda.so.1` (or what [`DRIVER_VARIABLE`] names) and looks all of [`Function::ALL`] up. It does not initialize
/// CUDA: that is `cuInit`'s part, and can fail for reasons of its own.
///
/// The library is opened with `RTLD_NOW`, so that a broken installation shows here and not in the middle of a call, and
/// with `RTLD_LOCAL`, so that its symbols are not offered to other libraries of the process: this crate needs them only
/// through the handle.
///
/// # Errors
/// [`ProbeError`]: switched off, not found (with the loader's text), not a driver, or one that lacks needed functions.
pub fn probe() -> Result<&'static Driver, ProbeError> {
    static DRIVER: OnceLock<Result<Driver, ProbeError>> = OnceLock::new();
    DRIVER
        .get_or_init(|| open(env::var_os(DRIVER_VARIABLE).as_deref()))
        .as_ref()
        .map_err(Clone::clone)
}

/// The library to open, given the variable's value.
fn choose(variable: Option<&OsStr>) -> Result<OsString, ProbeError> {
    match variable {
        None => Ok(DEFAULT_LIBRARY.into()),
        Some(value) if value.is_empty() => Ok(DEFAULT_LIBRARY.into()),
        Some(value) if value == "none" => Err(ProbeError::Disabled),
        Some(value) => Ok(value.to_owned()),
    }
}

fn open(variable: Option<&OsStr>) -> Result<Driver, ProbeError> {
    let file = choose(variable)?;
    let name = file.to_string_lossy().into_owned();
    // SAFETY: running the library's initializers is the purpose. The default is the system's driver, whose initializers
    // ask nothing of the process; another file is the choice of the user who set the environment, who could as well preload it.
    let library =
        unsafe { Library::open(Some(&file), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
            ProbeError::NotFound {
                library: name.clone(),
                reason: loader_text(&error),
            }
        })?;
    // SAFETY: a library with the functions of any driver has the driver's signatures under the driver's names; where it
    // lacks those, nothing of it is called. It stays open: see `forget` below.
    let api = unsafe { Api::of(&library) }.map_err(|missing| {
        match OF_ANY_DRIVER.iter().find(|f| missing.contains(f)) {
            Some(function) => ProbeError::NotADriver {
                library: name.clone(),
                function: function.name(),
            },
            None => ProbeError::Incomplete {
                library: name.clone(),
                version: version_of(&library),
                missing,
            },
        }
    });
    // Open for the rest of the process, also where it is refused: the initializers of a driver may have started threads.
    std::mem::forget(library);
    Ok(Driver::new(name, Calls::Library(api?)))
}

/// The version of a driver that lacks other functions.
fn version_of(library: &Library) -> Option<DriverVersion> {
    type GetVersion = unsafe extern "C" fn(*mut i32) -> CuResult;
    // SAFETY: the type is the one that `cuda.h` gives this name, and the library is a driver.
    let function = unsafe { library.get::<Option<GetVersion>>("cuDriverGetVersion") };
    let function = (*function.ok()?)?;
    let mut version = 0;
    // SAFETY: `version` is a valid place for the result; the function may be called before cuInit. The library is open.
    unsafe { function(&mut version) }.ok().ok()?;
    Some(DriverVersion(version))
}

/// The text of a loader error: the error's source has dlerror's text, and the error itself only the name of
/// the call.
fn loader_text(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_chooses_the_library() {
        assert_eq!(choose(None), Ok("libcuda.so.1".into()));
        assert_eq!(choose(Some(OsStr::new(""))), Ok("libcuda.so.1".into()));
        assert_eq!(
            choose(Some(OsStr::new("/opt/x/libcuda.so"))),
            Ok("/opt/x/libcuda.so".into())
        );
        assert_eq!(choose(Some(OsStr::new("none"))), Err(ProbeError::Disabled));
    }

    #[test]
    fn an_absent_library_is_reported_with_the_loaders_text() {
        let error = open(Some(OsStr::new("/no/such/folder/libcuda.so.1"))).unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, ProbeError::NotFound { .. }));
        assert!(
            text.contains("no NVIDIA driver library was found"),
            "{text}"
        );
        assert!(
            text.contains("/no/such/folder/libcuda.so.1: cannot open shared object file"),
            "{text}"
        );
        assert!(text.contains("PIXELFLUME_CUDA_DRIVER"), "{text}");
    }

    #[test]
    fn a_library_that_is_no_driver_is_refused() {
        let error = open(Some(OsStr::new("libc.so.6"))).unwrap_err();
        assert_eq!(
            error,
            ProbeError::NotADriver {
                library: "libc.so.6".into(),
                function: "cuInit"
            }
        );
    }
}
