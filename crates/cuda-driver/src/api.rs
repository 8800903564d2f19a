//! The driver's functions: their names, and their addresses in one library.

#![expect(unsafe_code, reason = "gives the library's functions their types")]
#![expect(
    non_snake_case,
    non_camel_case_types,
    reason = "functions have their ABI names"
)]

use std::ffi::{c_char, c_void};

use libloading::os::unix::Library;

use crate::ffi::{
    CuContext, CuDevice, CuDevicePtr, CuEvent, CuFunction, CuGraph, CuGraphExec, CuGraphNode,
    CuKernelNodeParams, CuMemPool, CuMemPoolProps, CuModule, CuStream,
};
use crate::result::CuResult;
use crate::table::for_each_function;

macro_rules! api {
    (
        required { $($(#[$doc:meta])* $name:ident($($arg:ident: $type:ty),* $(,)?);)* }
        optional { $($(#[$odoc:meta])* $oname:ident($($oarg:ident: $otype:ty),* $(,)?);)* }
    ) => {
        /// The addresses of the driver's functions in one library.
        ///
        /// [`Driver`](crate::Driver) has a method for each, which is what callers use. What a call asks for is said in
        /// [`ffi`](crate::ffi#safety).
        #[derive(Clone, Copy)]
        pub struct Api {
            $($(#[$doc])* pub $name: unsafe extern "C" fn($($arg: $type),*) -> CuResult,)*
            $($(#[$odoc])* pub $oname: Option<unsafe extern "C" fn($($oarg: $otype),*) -> CuResult>,)*
        }

        /// One of the driver's functions, by its ABI name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Function {
            $($(#[$doc])* $name,)*
            $($(#[$odoc])* $oname,)*
        }

        impl Function {
            /// All functions: first the required ones.
            pub const ALL: &[Function] = &[$(Function::$name,)* $(Function::$oname,)*];

            /// The ABI name, such as `cuMemAlloc_v2`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Function::$name => stringify!($name),)*
                    $(Function::$oname => stringify!($oname),)*
                }
            }

            /// Whether a library without this function is refused.
            #[must_use]
            pub const fn is_required(self) -> bool {
                matches!(self, $(Function::$name)|*)
            }
        }

        impl Api {
            /// Resolves the functions of `library`; the error has the required functions that it
            /// lacks.
            ///
            /// # Safety
            /// What the library exports under the driver's names has the driver's signatures, and the library stays open
            /// for as long as a function of the result may be called.
            pub(crate) unsafe fn of(library: &Library) -> Result<Self, Vec<Function>> {
                $(
                    // SAFETY: the type is the one that `cuda.h` gives this name, which the caller promises is right for
                    // the library. `Option` makes of an address of null, which the loader may give, no function.
                    let $name = unsafe {
                        library.get::<Option<unsafe extern "C" fn($($arg: $type),*) -> CuResult>>(stringify!($name))
                    };
                    let $name = $name.ok().and_then(|symbol| *symbol);
                )*
                $(
                    // SAFETY: as above.
                    let $oname = unsafe {
                        library.get::<Option<unsafe extern "C" fn($($oarg: $otype),*) -> CuResult>>(stringify!($oname))
                    };
                    let $oname = $oname.ok().and_then(|symbol| *symbol);
                )*
                match ($($name,)*) {
                    ($(Some($name),)*) => Ok(Api { $($name,)* $($oname,)* }),
                    _ => Err([$((Function::$name, $name.is_none()),)*]
                        .into_iter()
                        .filter_map(|(function, missing)| missing.then_some(function))
                        .collect()),
                }
            }

            /// Whether the library has this function.
            pub(crate) fn has(&self, function: Function) -> bool {
                match function {
                    $(Function::$oname => self.$oname.is_some(),)*
                    _ => true,
                }
            }
        }
    };
}
for_each_function!(api);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_the_required_ones_come_first() {
        let mut names: Vec<_> = Function::ALL.iter().map(|f| f.name()).collect();
        assert!(names.iter().all(|name| name.starts_with("cu")));
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(Function::ALL.is_sorted_by_key(|f| !f.is_required()));
        let place = |(at, f): (usize, &Function)| at == *f as usize;
        assert!(Function::ALL.iter().enumerate().all(place));
    }
}
