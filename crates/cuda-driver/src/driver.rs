//! The driver: its library, its version, and one method for each of its functions.

#![expect(unsafe_code, reason = "calls the driver's functions")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::{c_char, c_void};
use std::fmt;

use crate::api::{Api, Function};
use crate::ffi::{
    CuContext, CuDevice, CuDevicePtr, CuEvent, CuFunction, CuGraph, CuGraphExec, CuGraphNode,
    CuKernelNodeParams, CuMemPool, CuMemPoolProps, CuModule, CuStream,
};
use crate::result::CuResult;
use crate::table::for_each_function;
use crate::version::DriverVersion;

/// A CUDA driver, open for the rest of the process. [`probe`](crate::probe) gives the system's.
///
/// Each of the driver's functions is a method of its ABI name: one indirect call, without a lock. A function that a driver
/// may lack gives `None` where this one does.
///
/// # Safety
/// For every method that is unsafe: what `cuda.h` and the driver API reference ask for, in short in [`ffi`](crate::ffi#safety).
pub struct Driver {
    name: String,
    calls: Calls,
}

/// The receiver of calls: the driver, or a layer of tests over it.
#[cfg_attr(
    feature = "testing",
    expect(
        clippy::large_enum_variant,
        reason = "without tests it is the only variant, and its pointers are one load away"
    )
)]
pub(crate) enum Calls {
    Library(Api),
    #[cfg(feature = "testing")]
    Test(crate::testing::Layer),
}

macro_rules! methods {
    (
        required { $($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),* $(,)?);)* }
        optional { $($(#[$odoc:meta])* $oname:ident($($oarg:ident: $otype:ty),* $(,)?);)* }
    ) => {
        #[expect(clippy::too_many_arguments, reason = "signatures are the driver's")]
        impl Driver {
            $(
                $(#[$doc])*
                ///
                /// # Safety
                /// As for [`Driver`].
                #[inline]
                pub unsafe fn $name(&self, $($arg: $type),*) -> CuResult {
                    match &self.calls {
                        // SAFETY: the function has this type, its library stays open, and the caller promises the rest.
                        Calls::Library(api) => unsafe { (api.$name)($($arg),*) },
                        #[cfg(feature = "testing")]
                        // SAFETY: promised by the caller.
                        Calls::Test(layer) => unsafe { layer.$name($($arg),*) },
                    }
                }
            )*
            $(
                $(#[$odoc])*
                ///
                /// `None` where the driver lacks it.
                ///
                /// # Safety
                /// As for [`Driver`].
                #[inline]
                #[must_use]
                pub unsafe fn $oname(&self, $($oarg: $otype),*) -> Option<CuResult> {
                    match &self.calls {
                        // SAFETY: the function has this type, its library stays open, and the caller promises the rest.
                        Calls::Library(api) => api.$oname.map(|function| unsafe { function($($oarg),*) }),
                        #[cfg(feature = "testing")]
                        // SAFETY: promised by the caller.
                        Calls::Test(layer) => unsafe { layer.$oname($($oarg),*) },
                    }
                }
            )*
        }
    };
}
for_each_function!(methods);

impl Driver {
    pub(crate) fn new(name: String, calls: Calls) -> Self {
        Driver { name, calls }
    }

    /// The library as it was requested.
    #[must_use]
    pub fn library(&self) -> &str {
        &self.name
    }

    /// Whether the driver has this function, which is always true for a required one.
    #[must_use]
    pub fn has(&self, function: Function) -> bool {
        match &self.calls {
            Calls::Library(api) => api.has(function),
            #[cfg(feature = "testing")]
            Calls::Test(layer) => layer.has(function),
        }
    }

    /// The optional functions that the driver lacks.
    pub fn missing(&self) -> impl Iterator<Item = Function> {
        Function::ALL.iter().copied().filter(|f| !self.has(*f))
    }

    /// The CUDA version that the driver supports. Needs no `cuInit`.
    ///
    /// # Errors
    /// What `cuDriverGetVersion` returned.
    pub fn version(&self) -> Result<DriverVersion, CuResult> {
        let mut version = 0;
        // SAFETY: `version` is a valid place for the result; the function may be called before cuInit.
        unsafe { self.cuDriverGetVersion(&mut version) }.ok()?;
        Ok(DriverVersion(version))
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver")
            .field("library", &self.name)
            .field("missing", &self.missing().collect::<Vec<_>>())
            .finish()
    }
}
