//! Finding the driver library and filling the slots from it.

#![expect(
    unsafe_code,
    reason = "loads the driver library and looks its functions up"
)]

use std::env;
use std::ffi::{CString, OsStr, OsString, c_void};
use std::fmt;
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use crate::optional::OptionalSymbol;
use crate::slots::Symbol;
use crate::{CuResult, ffi};

/// The environment variable that names another driver library, for tests and unusual installations: a path, or a file
/// name that the loader searches for. `none` means: behave as if there were no driver. Empty is the same as unset. It is
/// read once, at the first [`probe`].
pub const DRIVER_VARIABLE: &str = "PIXELFLUME_CUDA_DRIVER";

/// The name under which every NVIDIA driver since 2008 installs the library. Not `libcuda.so`: that name may be a
/// toolkit's link-time stub.
const DEFAULT_LIBRARY: &str = "libcuda.so.1";

/// Functions without which a library is no CUDA driver.
const REQUIRED: [&str; 2] = ["cuInit", "cuDriverGetVersion"];

/// Why there is no driver to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The environment says to do without.
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
        /// The loader's own words.
        reason: String,
    },
    /// The library opened, but is not a CUDA driver.
    #[error(
        "`{library}` is not a CUDA driver: it has no function `{function}`. Check {DRIVER_VARIABLE}"
    )]
    NotADriver {
        /// The library that was opened.
        library: String,
        /// The first required function that it lacks.
        function: &'static str,
    },
}

/// The driver library, open for the rest of the process.
pub struct Driver {
    library: Library,
    name: String,
    resolved: usize,
    missing: Vec<&'static str>,
}

/// Finds the driver, at the first call; every later call returns the same answer.
///
/// Opens `libcuda.so.1` (or what [`DRIVER_VARIABLE`] names) and points every `cu*` symbol of this crate at the library's
/// function of that name. It does not initialise CUDA: that is `cuInit`'s part, and can fail for reasons of its own.
///
/// The library is opened with `RTLD_NOW`, so that a broken installation shows here and not in the middle of a call, and
/// with `RTLD_LOCAL`, so that its symbols are not offered to other libraries of the process: this crate needs them only
/// through the handle.
///
/// # Errors
/// [`ProbeError`]: switched off, not found (with the loader's text), or not a driver. All `cu*` symbols keep returning
/// [`CuResult::SHARED_OBJECT_INIT_FAILED`] then.
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
    // SAFETY: running the library's initialisers is the purpose. The default is the system's driver, whose initialisers
    // ask nothing of the process; another file is the choice of whoever set the environment, who could as well preload it.
    // The finalisers run only where the library is refused below, before anything of it was called.
    let library =
        unsafe { Library::open(Some(&file), RTLD_NOW | RTLD_LOCAL) }.map_err(|error| {
            ProbeError::NotFound {
                library: name.clone(),
                reason: loader_text(&error),
            }
        })?;
    if let Some(function) = REQUIRED
        .into_iter()
        .find(|function| lookup(&library, function).is_none())
    {
        return Err(ProbeError::NotADriver {
            library: name,
            function,
        });
    }
    // SAFETY: the library has the driver's required functions, so its functions of these names have the driver's
    // signatures. It stays mapped: `Driver` keeps the handle and lives in a static, which is never dropped.
    let missing = unsafe { fill(|symbol| lookup(&library, symbol)) };
    Ok(Driver {
        library,
        name,
        resolved: Symbol::all().len() - missing.len(),
        missing,
    })
}

/// Puts every function that `resolve` knows into its slot and returns the names of the others. Slots that are filled
/// already keep what they have.
///
/// # Safety
/// `resolve` must return, for each name, code that [`slots::replace`](crate::slots::replace) may be given for it.
unsafe fn fill(resolve: impl Fn(&'static str) -> Option<*mut c_void>) -> Vec<&'static str> {
    let mut missing = Vec::new();
    for symbol in Symbol::all() {
        match resolve(symbol.name()) {
            // SAFETY: the caller vouches for what `resolve` returns.
            Some(function) => _ = unsafe { symbol.fill(function) },
            None => missing.push(symbol.name()),
        }
    }
    missing
}

/// The address of a function of the library.
fn lookup(library: &Library, name: &str) -> Option<*mut c_void> {
    let name = CString::new(name).ok()?;
    // SAFETY: the symbol's type here is a bare address, which is right for any function; whoever calls it gives the type.
    let symbol = unsafe { library.get::<*mut c_void>(name.as_c_str()) }.ok()?;
    let address = symbol.into_raw();
    (!address.is_null()).then_some(address)
}

/// What the loader said: the error's source has dlerror's text, the error itself only the name of the call.
fn loader_text(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

impl Driver {
    /// The library, as it was asked for.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.name
    }

    /// How many of the 353 functions of CUDA 11.4 the library has.
    #[must_use]
    pub fn resolved(&self) -> usize {
        self.resolved
    }

    /// The functions of CUDA 11.4 that the library lacks, in ascending order. Calling one returns 303 unless
    /// [`slots::replace`](crate::slots::replace) has given it a function.
    #[must_use]
    pub fn missing(&self) -> &[&'static str] {
        &self.missing
    }

    /// The address of a function newer than CUDA 11.4, or `None` where this driver is too old for it.
    ///
    /// A look-up in the library's symbol table: ask once and keep the answer. The address stays valid for the rest of
    /// the process. Presence alone is not support: `cuda.h` says which driver version each behaviour needs, see
    /// [`driver_version`](Self::driver_version).
    #[must_use]
    pub fn optional(&self, symbol: OptionalSymbol) -> Option<*const c_void> {
        lookup(&self.library, symbol.name()).map(<*mut c_void>::cast_const)
    }

    /// The CUDA version that the driver speaks. Needs no `cuInit`.
    ///
    /// # Errors
    /// What `cuDriverGetVersion` returned.
    pub fn driver_version(&self) -> Result<DriverVersion, CuResult> {
        let mut version = 0;
        // SAFETY: `version` is a valid place for the result; the function may be called before cuInit.
        unsafe { ffi::cuDriverGetVersion(&mut version) }.ok()?;
        Ok(DriverVersion(version))
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("library", &self.name)
            .field("resolved", &self.resolved)
            .field("missing", &self.missing)
            .finish_non_exhaustive()
    }
}

/// A CUDA version as `cuDriverGetVersion` gives it: 1000 x major + 10 x minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DriverVersion(i32);

impl DriverVersion {
    /// The version `major.minor`.
    #[must_use]
    pub const fn new(major: i32, minor: i32) -> Self {
        Self(1000 * major + 10 * minor)
    }

    /// The major version: 12 of 12.8.
    #[must_use]
    pub const fn major(self) -> i32 {
        self.0 / 1000
    }

    /// The minor version: 8 of 12.8.
    #[must_use]
    pub const fn minor(self) -> i32 {
        self.0 % 1000 / 10
    }
}

impl fmt::Display for DriverVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major(), self.minor())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slots;

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

    #[test]
    fn filling_reports_what_is_missing_and_keeps_what_is_there() {
        extern "C" fn driver() -> u32 {
            11
        }
        extern "C" fn fake() -> u32 {
            22
        }
        let (one, two) = ("cuCtxSynchronize", "cuCtxPopCurrent_v2");
        // SAFETY: no arguments.
        let call = || unsafe { ffi::cuCtxSynchronize() };
        // SAFETY: the fakes read no argument, write no result and return an error code, which callers must expect.
        unsafe { slots::replace(two, fake as *const c_void) }.unwrap();
        // SAFETY: as above.
        let missing =
            unsafe { fill(|name| [one, two].contains(&name).then_some(driver as *mut c_void)) };
        assert_eq!(missing.len(), 351);
        assert!(!missing.contains(&one) && !missing.contains(&two));
        assert_eq!(call(), CuResult::new(11));
        // SAFETY: a null address empties the slot again.
        let before = unsafe { slots::replace(two, std::ptr::null()) }.unwrap();
        assert_eq!(before, Some(fake as *const c_void));
        // SAFETY: as above.
        unsafe { slots::replace(one, std::ptr::null()) }.unwrap();
        assert_eq!(call(), CuResult::SHARED_OBJECT_INIT_FAILED);
    }

    #[test]
    fn versions_are_taken_apart_and_ordered() {
        let version = DriverVersion(13020);
        assert_eq!((version.major(), version.minor()), (13, 2));
        assert_eq!(version, DriverVersion::new(13, 2));
        assert_eq!(version.to_string(), "13.2");
        assert!(DriverVersion::new(12, 8) < version);
    }
}
