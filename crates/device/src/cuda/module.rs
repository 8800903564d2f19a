//! Kernel modules of a GPU: loaded when their first kernel is asked for, one registry per context.
#![expect(unsafe_code, reason = "calls the driver")]

use super::CudaDevice;
use crate::{DeviceError, KernelModule};
use parking_lot::Mutex;
use pixelflume_cuda_driver::ffi::{CuFunction, CuModule};
use pixelflume_cuda_driver::{CuResult, Driver};
use std::ffi::CString;
use std::sync::Arc;

/// The modules that were loaded so far. A module stays until its device is closed, and each function of it keeps the device
/// open.
#[derive(Default)]
pub(super) struct Modules(Mutex<Vec<(&'static KernelModule, CuModule)>>);

/// A kernel of a GPU.
#[derive(Clone)]
pub(crate) struct CudaFunction {
    raw: CuFunction,
    name: &'static str,
    /// Holds the module. A function is good for streams of this very device only.
    device: Arc<CudaDevice>,
}

impl CudaFunction {
    pub(crate) fn name(&self) -> &'static str {
        self.name
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
    /// Finds a kernel; the context is current.
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
        let image = module.image_for(capability);
        let image =
            image
                .and_then(|ptx| CString::new(ptx).ok())
                .ok_or(DeviceError::NoSuchKernel {
                    module: module.name,
                    kernel: "(any)",
                })?;
        let mut raw = CuModule::NULL;
        // SAFETY: `raw` is a valid place for the result and the image is PTX text that ends in a zero.
        let result = unsafe {
            device
                .driver()
                .cuModuleLoadData(&mut raw, image.as_ptr().cast())
        };
        device.check("cuModuleLoadData", result)?;
        loaded.push((module, raw));
        Ok(raw)
    }

    /// Unloads all modules; the context is current.
    pub(super) fn unload(&self, driver: &Driver) {
        for (_, module) in self.0.lock().drain(..) {
            // SAFETY: the device is being closed: no function of the module is left, nor a stream in which one might run.
            let _ = unsafe { driver.cuModuleUnload(module) };
        }
    }
}
