//! The launches of a plan hold addresses in its memory, which is freed before they run.
#![forbid(unsafe_code)]

use pixelflume::device::{DeviceError, Stream};
use pixelflume::prelude::*;

fn late(mut plan: CompiledPipeline, from: DeviceImages<'_>, to: DeviceImagesMut<'_>, stream: &Stream) {
    let launches = plan.launches(&[from], &mut [to]).unwrap();
    drop(plan);
    let enqueued: Result<(), DeviceError> = stream.enqueue(&launches[0], None);
    enqueued.unwrap();
}

fn main() {}
