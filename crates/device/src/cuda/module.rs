//! Kernel modules of a GPU, each loaded when a kernel of it is first requested; there is one
//! registry per context.
#![expect(unsafe_code, reason = "calls the driver")]

use super::CudaDevice;
use crate::capabilities::Residency;
use crate::error::DeviceError;
use crate::module::{KernelModule, Target};
use crate::sync::Mutex;
use pixelflume_cuda_driver::ffi::{CuFunction, CuModule};
use pixelflume_cuda_driver::{CuResult, Driver};
use std::env;
use std::ffi::CString;
use std::sync::Arc;

/// The environment variable with which the driver compiles PTX and no machine code is loaded, where it is 1. The driver
/// knows the variable, too, and applies it to machine code that it finds beside PTX; ours is not beside it.
const FORCE_PTX: &str = "CUDA_FORCE_PTX_JIT";

/// The modules that are loaded. A module stays until its device is closed, and each function of it keeps the device
/// open.
#[derive(Default)]
pub(super) struct Modules(Mutex<Vec<(&'static KernelModule, CuModule)>>);

/// A kernel of a GPU.
#[derive(Clone)]
pub(crate) struct CudaFunction {
    raw: CuFunction,
    name: &'static str,
    /// The device, which keeps the module loaded. A function is good for streams of this very
    /// device only.
    device: Arc<CudaDevice>,
}

impl CudaFunction {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn residency(&self) -> Residency {
        let capabilities = self.device.capabilities();
        Residency {
            multiprocessors: capabilities.multiprocessors,
            // What every GPU since compute capability 5.0 holds.
            blocks: capabilities.blocks_per_multiprocessor.unwrap_or(16),
        }
    }

    pub(super) fn raw(&self) -> CuFunction {
        self.raw
    }

    /// Whether this is the same kernel of the same device.
    pub(crate) fn is(&self, other: &CudaFunction) -> bool {
        self.raw == other.raw && Arc::ptr_eq(&self.device, &other.device)
    }

    pub(super) fn device(&self) -> &Arc<CudaDevice> {
        &self.device
    }
}

impl Modules {
    /// Finds a kernel; the context must be current.
    pub(super) fn kernel(
        &self,
        device: &Arc<CudaDevice>,
        module: &'static KernelModule,
        name: &'static str,
    ) -> Result<CudaFunction, DeviceError> {
        let missing = || DeviceError::NoSuchKernel {
            module: module.name,
            kernel: name,
        };
        let symbol = CString::new(name).map_err(|_| missing())?;
        let raw_module = self.load(device, module)?;
        let mut raw = CuFunction::NULL;
        // SAFETY: `raw` is a valid place for the result, the module is loaded, and the name ends in a zero.
        match unsafe {
            device
                .driver()
                .cuModuleGetFunction(&mut raw, raw_module, symbol.as_ptr())
        } {
            result if result == CuResult::NOT_FOUND => return Err(missing()),
            result => device.check("cuModuleGetFunction", result)?,
        }
        Ok(CudaFunction {
            raw,
            name,
            device: device.clone(),
        })
    }

    fn load(
        &self,
        device: &CudaDevice,
        module: &'static KernelModule,
    ) -> Result<CuModule, DeviceError> {
        let mut loaded = self.0.lock();
        if let Some((_, raw)) = loaded
            .iter()
            .find(|(known, _)| std::ptr::eq(*known, module))
        {
            return Ok(*raw);
        }
        let capability = device.capabilities().compute_capability.unwrap_or((0, 0));
        let mut candidates = module.candidates(capability)?;
        if env::var_os(FORCE_PTX).is_some_and(|value| value == "1") {
            candidates.retain(|target| matches!(target, Target::Ptx(..)));
        }
        let raw = first_taken(module, capability, &candidates, |image| {
            let mut raw = CuModule::NULL;
            // SAFETY: `raw` is a valid place for the result, and the image is PTX text that ends in a zero, or a cubin that is
            // whole, as the maker of the archive promised (`ImageArchive`).
            let result = unsafe {
                device
                    .driver()
                    .cuModuleLoadData(&mut raw, image.as_ptr().cast())
            };
            device.check("cuModuleLoadData", result).map(|()| raw)
        })?;
        loaded.push((module, raw));
        Ok(raw)
    }

    /// Unloads all modules; the context must be current.
    pub(super) fn unload(&self, driver: &Driver) {
        for (_, module) in self.0.lock().drain(..) {
            // SAFETY: the device is being closed: no function of the module is left, nor a stream in which one might run.
            let _ = unsafe { driver.cuModuleUnload(module) };
        }
    }
}

/// Loads the first of these images of a module that the driver and the GPU accept.
fn first_taken<M>(
    module: &KernelModule,
    capability: (u32, u32),
    candidates: &[Target],
    mut load: impl FnMut(&[u8]) -> Result<M, DeviceError>,
) -> Result<M, DeviceError> {
    let mut refused = DeviceError::NoKernelImage {
        module: module.name,
        capability,
    };
    for &target in candidates {
        match load(&module.image(target)?) {
            Err(error) if is_of_the_image(&error) => {
                tracing::info!("module {} for {target}: {error}", module.name);
                refused = error;
            }
            done => return done,
        }
    }
    Err(refused)
}

/// Whether a load failed because the driver or the GPU does not accept this image, so that another image may
/// be accepted.
fn is_of_the_image(error: &DeviceError) -> bool {
    const CODES: [CuResult; 5] = [
        CuResult::INVALID_IMAGE,
        CuResult::NO_BINARY_FOR_GPU,
        CuResult::INVALID_PTX,
        CuResult::UNSUPPORTED_PTX_VERSION,
        CuResult::INVALID_SOURCE,
    ];
    matches!(error, DeviceError::Driver { code, .. } if CODES.contains(&CuResult::new(*code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{ImageArchive, Images};
    use std::error::Error;

    /// An archive of images whose bytes are their names.
    #[derive(Debug)]
    struct Named(&'static [Target]);

    // SAFETY: no driver gets to see them.
    unsafe impl ImageArchive for Named {
        fn targets(&self, _: &str) -> Result<Vec<Target>, Box<dyn Error + Send + Sync>> {
            Ok(self.0.to_vec())
        }

        fn unpack(&self, _: &str, target: Target) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
            Ok(target.to_string().into_bytes())
        }
    }

    static MODULE: KernelModule = KernelModule {
        name: "some",
        images: Images::Archive(&Named(&[Target::Ptx(7, 5), Target::Machine(9, 0)])),
    };

    /// The image that is loaded on a GPU, or the code of the failure, and the number of images that were tried, where
    /// the driver gives these answers to machine code and to PTX.
    fn tried(capability: (u32, u32), machine: u32, ptx: u32) -> (Result<String, u32>, usize) {
        let mut tries = 0;
        let candidates = MODULE.candidates(capability).expect("there is PTX");
        let loaded = first_taken(&MODULE, capability, &candidates, |image| {
            tries += 1;
            let name = String::from_utf8(image.to_vec()).expect("a name");
            match if name.starts_with("sm") { machine } else { ptx } {
                0 => Ok(name),
                code => Err(DeviceError::Driver {
                    call: "cuModuleLoadData",
                    code,
                    name: "",
                }),
            }
        });
        let code = |error| match error {
            DeviceError::Driver { code, .. } => code,
            other => panic!("{other}"),
        };
        (loaded.map_err(code), tries)
    }

    #[test]
    fn machine_code_comes_first_and_ptx_where_the_driver_refuses_it() {
        assert_eq!(tried((9, 0), 0, 0), (Ok("sm_90".to_owned()), 1));
        let ptx = Ok("compute_75\0".to_owned());
        assert_eq!(tried((12, 0), 0, 0), (ptx.clone(), 1));
        for refusal in [200, 209, 218, 222, 300] {
            assert_eq!(tried((9, 0), refusal, 0), (ptx.clone(), 2));
            assert_eq!(tried((9, 0), refusal, 222), (Err(222), 2));
        }
    }

    #[test]
    fn other_failures_are_not_tried_again() {
        // Out of memory, an illegal address, and an unknown code.
        for failure in [2, 700, 54_321] {
            assert_eq!(tried((9, 0), failure, 0), (Err(failure), 1));
        }
    }

    #[test]
    fn a_module_without_images_is_an_error() {
        let error = first_taken(&MODULE, (9, 0), &[], |_| Ok(()));
        assert!(matches!(error, Err(DeviceError::NoKernelImage { .. })));
    }
}
