//! Runs operators on the host device, with images in any memory layout that is allowed.
#![expect(unsafe_code, reason = "runs launches")]

use pixelflume_device::{Address, Device, HostConfig};
use pixelflume_ops::spec::Samples;
use pixelflume_ops::{Binding, ImageBatch, ImageShape, Operator};
use std::sync::LazyLock;

/// The padding of images in memory, in samples.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    /// Samples before the first image.
    pub(crate) offset: usize,
    /// Samples behind each row.
    pub(crate) padding: usize,
    /// Samples behind each image.
    pub(crate) gap: usize,
}

/// The value of padding bytes, before an execution and after it.
const UNTOUCHED: u8 = 0xa5;

impl Place {
    fn batch(&self, shape: ImageShape, batch: usize, memory: &mut [u64]) -> ImageBatch {
        let row_pitch = shape.row_bytes() + self.padding * shape.sample.bytes();
        ImageBatch {
            shape,
            batch: batch as u32,
            base: Address::from_ptr(memory.as_mut_ptr()).offset(self.offset * shape.sample.bytes()),
            row_pitch,
            batch_stride: row_pitch * shape.rows() + self.gap * shape.sample.bytes(),
        }
    }

    /// Aligned memory for a batch of these images with this padding.
    fn memory(&self, shape: ImageShape, batch: usize) -> Vec<u64> {
        let padded = shape.rows() * (shape.row_bytes() + 8 * self.padding) + 8 * self.gap;
        vec![u64::from_ne_bytes([UNTOUCHED; 8]); (8 * self.offset + batch * padded) / 8 + 1]
    }

    /// The byte range of each row of the batch in memory.
    fn rows(&self, batch: &ImageBatch) -> impl Iterator<Item = std::ops::Range<usize>> {
        let batch = *batch;
        let first = self.offset * batch.shape.sample.bytes();
        (0..batch.batch as usize).flat_map(move |frame| {
            (0..batch.shape.rows()).map(move |y| {
                let row = first + frame * batch.batch_stride + y * batch.row_pitch;
                row..row + batch.shape.row_bytes()
            })
        })
    }
}

/// Host devices with one, two and four workers.
pub(crate) static DEVICES: LazyLock<[Device; 3]> = LazyLock::new(|| {
    [1, 2, 4].map(|threads| Device::host_with(HostConfig::default().with_threads(threads)))
});

/// Runs `operator` on a batch of equally shaped images for each of its inputs. Returns the shape of the outputs and the samples of
/// each.
///
/// Panics when a byte between the output rows was written.
pub(crate) fn run(
    device: &Device,
    operator: &dyn Operator,
    inputs: &[(&[Samples], Place)],
    to: Place,
) -> (ImageShape, Vec<Vec<u8>>) {
    let batch = inputs[0].0.len();
    let (mut shapes, mut bound, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    for (images, from) in inputs {
        let shape = images[0].shape;
        let mut source = from.memory(shape, images.len());
        let input = from.batch(shape, images.len(), &mut source);
        let rows = images
            .iter()
            .flat_map(|image| image.bytes.chunks(shape.row_bytes()));
        for (range, row) in from.rows(&input).zip(rows) {
            bytemuck::cast_slice_mut::<u64, u8>(&mut source)[range].copy_from_slice(row);
        }
        shapes.push(shape);
        bound.push(input);
        sources.push(source);
    }
    let plan = operator.plan(&shapes).expect("possible shapes");
    let output_shape = plan.output();
    let mut target = to.memory(output_shape, batch);
    let output = to.batch(output_shape, batch, &mut target);

    let code = plan.clone().code(device).expect("host code");
    let scratch = plan.workspace_bytes(device, batch as u32);
    let mut scratch = vec![u64::from_ne_bytes([UNTOUCHED; 8]); scratch.div_ceil(8)];
    let binding = Binding {
        inputs: &bound,
        output,
        tables: Address::NULL,
        workspace: Address::from_ptr(scratch.as_mut_ptr()),
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    let stream = device.stream().expect("a host stream");
    for launch in &launches {
        // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
        unsafe { stream.enqueue(launch, None) }.expect("a host launch");
    }
    stream.synchronize().expect("the launch works");

    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut target);
    let mut samples = Vec::new();
    for range in to.rows(&output) {
        samples.extend_from_slice(&bytes[range.clone()]);
        bytes[range].fill(UNTOUCHED);
    }
    assert!(
        bytes.iter().all(|&byte| byte == UNTOUCHED),
        "{operator:?} wrote between the rows of {output:?}"
    );
    let images = samples
        .chunks(output_shape.bytes())
        .map(<[u8]>::to_vec)
        .collect();
    (output_shape, images)
}
