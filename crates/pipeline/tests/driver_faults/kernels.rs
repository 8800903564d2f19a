//! Operators with CUDA kernels, and what these do on a driver without a GPU.
#![expect(unsafe_code, reason = "`Custom::cuda` asks for a promise")]

use pixelflume_cuda_driver::testing::{DeviceMemory, Fake};
use pixelflume_device::{Args, Grid, Images, KernelModule};
use pixelflume_ops::{Binding, Custom, ImageShape};
use pixelflume_pipeline::{Image, Pipeline, PipelineBuilder};

pub(crate) static MODULE: KernelModule = KernelModule {
    name: "faults",
    images: Images::Ptx(&[((7, 5), "any image")]),
};

pub(crate) const GRID: Grid = Grid {
    blocks: [1; 3],
    threads: [1; 3],
    shared_bytes: 0,
};

/// Bytes of an image as an argument.
const IMAGE: usize = 40;

/// Tells the driver what the kernels do: `add_images` adds the samples of two images and a number, `add_bytes` adds a number to
/// bytes.
pub(crate) fn tell(fake: &Fake) {
    fake.on_kernel("add_images", 3 * IMAGE, add_images);
    fake.on_kernel("add_bytes", 24, |args, memory| {
        let [address, bytes, number] = [0, 1, 2].map(|index| word(args, index));
        for byte in memory.bytes(address, bytes as usize) {
            *byte = byte.wrapping_add(number as u8);
        }
    });
}

fn word(args: &[u8], index: usize) -> u64 {
    let bytes = args[8 * index..][..8].try_into().unwrap();
    u64::from_le_bytes(bytes)
}

fn add_images(args: &[u8], memory: &mut DeviceMemory<'_>) {
    let image = |index: usize| &args[index * IMAGE..][..IMAGE];
    let half = |index, at: usize| (word(image(index), at / 2) >> (32 * (at % 2))) as u32;
    // In the place of the channels there is the number, see `add`.
    let [width, height, number, frames] = [6, 7, 8, 9].map(|at| half(2, at));
    for (frame, row) in
        (0..u64::from(frames)).flat_map(|f| (0..u64::from(height)).map(move |y| (f, y)))
    {
        let place = |index| {
            let [base, pitch, stride] = [0, 1, 2].map(|at| word(image(index), at));
            base + frame * stride + row * pitch
        };
        let mut sum = vec![number as u8; width as usize];
        for input in [0, 1] {
            let source = memory.bytes(place(input), width as usize);
            sum.iter_mut()
                .zip(source)
                .for_each(|(sum, sample)| *sum = sum.wrapping_add(*sample));
        }
        let target = memory.bytes(place(2), width as usize);
        target
            .iter_mut()
            .zip(sum)
            .for_each(|(target, sum)| *target = sum);
    }
}

/// The sum of two images and a number.
pub(crate) fn add(number: u8) -> Custom {
    let args = move |binding: &Binding<'_>| {
        let mut output = binding.output.param();
        output.channels = number.into();
        Args::of(&[binding.inputs[0].param(), binding.inputs[1].param(), output])
    };
    let operator = Custom::new("add", 2).unwrap();
    // SAFETY: there is no GPU, and the fake driver checks what the kernel touches.
    unsafe { operator.cuda(&MODULE, "add_images", args, |_| GRID) }
}

/// Two branches that work side by side, and a node of both.
pub(crate) fn pipeline() -> Pipeline {
    let mut builder = PipelineBuilder::new("fork_join");
    let input = builder.input("input").unwrap();
    let mut node = |name: &str, number, inputs: [pixelflume_pipeline::Port; 2]| {
        let node = builder.add(name, add(number)).unwrap();
        for input in inputs {
            builder.connect(input, node).unwrap();
        }
        node
    };
    let left = node("left", 1, [input, input]);
    let right = node("right", 2, [input, input]);
    let both = node("both", 3, [left, right]);
    node("end", 4, [both, right]);
    builder.build().unwrap()
}

/// What comes out of the pipeline for such a frame, with this number in the node `left`.
pub(crate) fn expected(frame: &Image, left: u8) -> Vec<u8> {
    let twice = |number: u8| move |sample: u8| sample.wrapping_mul(2).wrapping_add(number);
    let sums = frame.data().iter().map(|&sample| {
        let (left, right) = (twice(left)(sample), twice(2)(sample));
        let both = left.wrapping_add(right).wrapping_add(3);
        both.wrapping_add(right).wrapping_add(4)
    });
    sums.collect()
}

pub(crate) fn frame(width: u32, height: u32, seed: u8) -> Image {
    let shape = ImageShape::u8(width, height, 1);
    let data = (0..shape.bytes()).map(|at| (at as u8).wrapping_mul(7).wrapping_add(seed));
    Image::new(shape, data.collect()).unwrap()
}
