//! The layer between a caller and a driver in tests, made from the table of functions.

#![expect(unsafe_code, reason = "passes calls on")]
#![expect(non_snake_case, reason = "functions have their ABI names")]

use std::ffi::{c_char, c_void};

use super::fake::{Fake, FakeConfig};
use super::{Faults, Injected};
use crate::api::Function;
use crate::driver::{Calls, Driver};
use crate::ffi::{
    CuContext, CuDevice, CuDevicePtr, CuEvent, CuFunction, CuGraph, CuGraphExec, CuGraphNode,
    CuKernelNodeParams, CuMemPool, CuMemPoolProps, CuModule, CuStream,
};
use crate::result::CuResult;
use crate::table::for_each_function;

/// A layer that counts calls, makes chosen ones fail, and passes the others on.
pub(crate) struct Layer {
    faults: &'static Faults,
    below: Below,
}

#[derive(Clone, Copy, Debug)]
enum Below {
    Driver(&'static Driver),
    Fake(&'static Fake),
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
                    self.pass(Function::$name, || match self.below {
                        // SAFETY: promised by the caller.
                        Below::Driver(driver) => unsafe { driver.$name($($arg),*) },
                        // SAFETY: as above.
                        Below::Fake(fake) => unsafe { fake.$name($($arg),*) },
                    })
                }
            )*
            $(
                pub(crate) unsafe fn $oname(&self, $($oarg: $otype),*) -> Option<CuResult> {
                    self.has(Function::$oname).then(|| {
                        self.pass(Function::$oname, || match self.below {
                            // SAFETY: promised by the caller.
                            Below::Driver(driver) => unsafe { driver.$oname($($oarg),*) }
                                .unwrap_or(CuResult::SHARED_OBJECT_SYMBOL_NOT_FOUND),
                            // SAFETY: as above.
                            Below::Fake(fake) => unsafe { fake.$oname($($oarg),*) },
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
        match self.below {
            Below::Driver(driver) => driver.has(function),
            Below::Fake(fake) => fake.has(function),
        }
    }

    fn pass(&self, function: Function, call: impl FnOnce() -> CuResult) -> CuResult {
        match (self.faults.pass(function, call), self.below) {
            // A driver that tells of a lost context has lost it.
            (Injected::Yes(code), Below::Fake(fake)) if code.is_sticky() => {
                fake.lose(code);
                code
            }
            (Injected::Yes(code) | Injected::No(code), _) => code,
        }
    }
}

/// A driver whose calls are counted and can be made to fail. It lives as long as the process, as a real one does.
#[derive(Clone, Copy, Debug)]
pub struct TestDriver {
    driver: &'static Driver,
    faults: &'static Faults,
}

impl TestDriver {
    /// Makes a test driver over any driver, such as the one of [`probe`](crate::probe).
    #[must_use]
    pub fn over(below: &'static Driver) -> Self {
        TestDriver::on(
            Below::Driver(below),
            format!("{} in a test", below.library()),
        )
    }

    /// Makes a test driver over a fake driver, and returns the state of the fake driver too.
    #[must_use]
    pub fn fake(config: FakeConfig) -> (Self, &'static Fake) {
        let fake: &'static Fake = Box::leak(Box::new(Fake::new(config)));
        (
            TestDriver::on(Below::Fake(fake), "a fake driver".to_owned()),
            fake,
        )
    }

    fn on(below: Below, name: String) -> Self {
        let faults: &'static Faults = Box::leak(Box::new(Faults::new()));
        let calls = Calls::Test(Layer { faults, below });
        TestDriver {
            driver: Box::leak(Box::new(Driver::new(name, calls))),
            faults,
        }
    }

    /// The driver to open devices on.
    #[must_use]
    pub fn driver(&self) -> &'static Driver {
        self.driver
    }

    /// The faults of the driver, and the counts of its calls.
    #[must_use]
    pub fn faults(&self) -> &'static Faults {
        self.faults
    }
}
