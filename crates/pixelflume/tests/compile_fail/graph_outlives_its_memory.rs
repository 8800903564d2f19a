//! A captured graph holds addresses, whose memory is freed before it is launched.
#![forbid(unsafe_code)]

use pixelflume::device::{GraphExec, Stream};
use pixelflume::memory::DeviceBuffer;

fn late(captured: GraphExec, of: DeviceBuffer, stream: &Stream) {
    drop(of);
    captured.launch(stream, None).unwrap();
}

fn main() {}
