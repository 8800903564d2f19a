//! The library, and its functions with the signatures of `nvjpeg.h`.
#![expect(unsafe_code, reason = "loads a library")]

use super::error::NvJpegError;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::env;
use std::ffi::{OsString, c_int, c_uchar, c_uint, c_void};

/// The environment variable that names the library: a path, or a file name that the loader searches for.
pub(super) const LIBRARY_VARIABLE: &str = "PIXELFLUME_NVJPEG";

/// The names under which CUDA 13, 12 and 11 install it.
const NAMES: [&str; 3] = ["libnvjpeg.so.13", "libnvjpeg.so.12", "libnvjpeg.so.11"];

/// `NVJPEG_MAX_COMPONENT`.
pub(super) const COMPONENTS: usize = 4;

/// `NVJPEG_OUTPUT_RGBI`: RGB, interleaved.
pub(super) const OUTPUT_RGBI: c_int = 5;

/// `nvjpegHandle_t`, `nvjpegJpegState_t` and `cudaStream_t` are addresses of what the library and the driver own.
pub(super) type Handle = *mut c_void;

/// `nvjpegImage_t`: where the channels of an image go, and the bytes from a row to the next.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(super) struct NvImage {
    pub(super) channel: [*mut c_uchar; COMPONENTS],
    pub(super) pitch: [usize; COMPONENTS],
}

/// Defines the table of functions from their names and parameters.
macro_rules! api {
    ($($field:ident = $name:literal ($($type:ty),*);)*) => {
        /// The functions of nvJPEG.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct Api {
            $(pub(super) $field: unsafe extern "C" fn($($type),*) -> c_int,)*
        }

        impl Api {
            /// Looks the functions up; the error has the first one that is missing.
            ///
            /// # Safety
            /// What the library exports under these names has the signatures of `nvjpeg.h`, and it stays open as long as a function
            /// of the result may be called.
            unsafe fn of(library: &Library) -> Result<Self, &'static str> {
                Ok(Api { $(
                    $field: {
                        // SAFETY: the type is the one that `nvjpeg.h` gives this name; the caller promises that it is the library's.
                        // `Option` makes of an address of null no function.
                        let symbol = unsafe {
                            library.get::<Option<unsafe extern "C" fn($($type),*) -> c_int>>($name)
                        };
                        symbol.ok().and_then(|symbol| *symbol).ok_or($name)?
                    },
                )* })
            }
        }
    };
}
api! {
    create = "nvjpegCreateEx" (c_int, *const c_void, *const c_void, c_uint, *mut Handle);
    destroy = "nvjpegDestroy" (Handle);
    state_create = "nvjpegJpegStateCreate" (Handle, *mut Handle);
    state_destroy = "nvjpegJpegStateDestroy" (Handle);
    image_info = "nvjpegGetImageInfo" (Handle, *const c_uchar, usize, *mut c_int, *mut c_int, *mut c_int, *mut c_int);
    batch_initialize = "nvjpegDecodeBatchedInitialize" (Handle, Handle, c_int, c_int, c_int);
    decode_batch = "nvjpegDecodeBatched" (Handle, Handle, *const *const c_uchar, *const usize, *mut NvImage, Handle);
    decode = "nvjpegDecode" (Handle, Handle, *const c_uchar, usize, c_int, *mut NvImage, Handle);
}

/// Opens the library that [`LIBRARY_VARIABLE`] names, or else the newest one that the loader finds. It stays open for the rest of the
/// process.
pub(super) fn open() -> Result<Api, NvJpegError> {
    match env::var_os(LIBRARY_VARIABLE).filter(|name| !name.is_empty()) {
        Some(name) => open_one_of(&[name]),
        None => open_one_of(&NAMES.map(OsString::from)),
    }
}

/// Opens the first of these files that the loader finds.
pub(super) fn open_one_of(files: &[OsString]) -> Result<Api, NvJpegError> {
    let mut reasons = Vec::new();
    for file in files {
        // SAFETY: running the library's initializers is the purpose. The names are those of NVIDIA's library, whose initializers ask
        // nothing of the process; another file is the choice of the user who set the environment, who could as well preload it.
        let library = match unsafe { Library::open(Some(file), RTLD_NOW | RTLD_LOCAL) } {
            Ok(library) => library,
            Err(error) => {
                let source = std::error::Error::source(&error);
                reasons.push(source.map_or_else(|| error.to_string(), ToString::to_string));
                continue;
            }
        };
        // SAFETY: a library with all of these names has NVIDIA's signatures under them; of another one nothing is called. It stays
        // open: see `forget` below.
        let api = unsafe { Api::of(&library) };
        // Its initializers may have started threads.
        std::mem::forget(library);
        return api.map_err(|function| NvJpegError::Missing {
            library: file.to_string_lossy().into_owned(),
            function,
        });
    }
    Err(NvJpegError::NotFound {
        reason: reasons.join("; "),
    })
}
