//! The plan of an operator gives launches that touch what they like, without saying that they do not.
#![forbid(unsafe_code)]

use pixelflume::device::{Device, DeviceError, Launch};
use pixelflume::ops::{Binding, Code, ImageShape, Plan};
use std::sync::Arc;

#[derive(Debug)]
struct Stale(Launch, ImageShape);

impl Plan for Stale {
    fn output(&self) -> ImageShape {
        self.1
    }

    fn code(self: Arc<Self>, _: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(Vec::new())
    }

    fn bind(&self, _: &[Code], _: &Binding<'_>, launches: &mut Vec<Launch>) {
        launches.push(self.0.clone());
    }
}

fn main() {}
