//! What stands between a caller and a driver in tests, made from the table of functions.

#![expect(unsafe_code, reason = "passes calls on")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::{c_char, c_void};

use super::Faults;
use crate::driver::Calls;
use crate::ffi::{
    CuContext, CuDevice, CuDevicePtr, CuEvent, CuFunction, CuGraph, CuGraphExec, CuGraphNode,
    CuKernelNodeParams, CuMemPool, CuMemPoolProps, CuModule, CuStream,
};
use crate::table::for_each_function;
use crate::{CuResult, Driver, Function};

/// Counts calls, lets chosen ones fail, and passes the others on.
pub(crate) struct Layer {
    faults: &'static Faults,
    below: &'static Driver,
}

macro_rules! layer {
    (
        required { $($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),* $(,)?);)* }
        optional { $($(#[$odoc:meta])* $oname:ident($($oarg:ident: $otype:ty),* $(,)?);)* }
    ) => {
        #[expect(clippy::too_many_arguments, reason = "signatures are the driver's")]
        impl Layer {
            $(
                // A call: its safety is the caller's promise.
                pub(crate) unsafe fn $name(&self, $($arg: $type),*) -> CuResult {
                    // SAFETY: promised by the caller.
                    self.faults.pass(Function::$name, || unsafe { self.below.$name($($arg),*) })
                }
            )*
            $(
                pub(crate) unsafe fn $oname(&self, $($oarg: $otype),*) -> Option<CuResult> {
                    self.has(Function::$oname).then(|| {
                        self.faults.pass(Function::$oname, || {
                            // SAFETY: promised by the caller.
                            unsafe { self.below.$oname($($oarg),*) }
                                .unwrap_or(CuResult::SHARED_OBJECT_SYMBOL_NOT_FOUND)
                        })
                    })
                }
            )*
        }
    };
}
for_each_function!(layer);

impl Layer {
    pub(crate) fn has(&self, function: Function) -> bool {
        self.below.has(function)
    }
}

/// A driver whose calls can be made to fail, over another one. It lives as long as the process, as a real one does.
#[derive(Clone, Copy, Debug)]
pub struct TestDriver {
    driver: &'static Driver,
    faults: &'static Faults,
}

impl TestDriver {
    /// Over any driver, such as the one of [`probe`](crate::probe).
    #[must_use]
    pub fn over(below: &'static Driver) -> Self {
        let faults: &'static Faults = Box::leak(Box::new(Faults::new()));
        let calls = Calls::Test(Layer { faults, below });
        let driver = Driver::new(format!("{} in a test", below.library()), calls);
        TestDriver {
            driver: Box::leak(Box::new(driver)),
            faults,
        }
    }

    /// The driver to open devices on.
    #[must_use]
    pub fn driver(&self) -> &'static Driver {
        self.driver
    }

    /// Its faults, and the counts of its calls.
    #[must_use]
    pub fn faults(&self) -> &'static Faults {
        self.faults
    }
}
