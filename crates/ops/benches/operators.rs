//! Benchmarks of each operator on 1080p images on the host device: one image with one worker, and a batch with all workers.
//!
//! `cargo bench -p pixelflume-ops`
#![expect(unsafe_code, reason = "runs launches")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_device::{Address, Device, HostConfig, Launch};
use pixelflume_ops::{
    AbsDiff, Binding, Blend, BoxBlur, Color, ColorConversion, Erode, Flip, FlipAxis, GaussianBlur,
    ImageBatch, ImageShape, Interpolation, Laplacian, LaplacianOutput, Layout, MedianBlur,
    Normalize, Nv12ToRgb, Operator, Pad, Resample, ResampleLike, ResampleSize, Resize, Sobel,
    Threshold, WarpAffine,
};
use std::hint::black_box;
use std::time::Duration;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

/// The operators, with the channels of the input.
fn operators() -> Vec<(String, u32, Box<dyn Operator>)> {
    let resize = |width, height| Resize::new(width, height).expect("a possible size");
    let blur = |size| GaussianBlur::new(size).expect("a possible size");
    let mut operators: Vec<(String, u32, Box<dyn Operator>)> = Vec::new();
    for conversion in ColorConversion::ALL {
        operators.push((
            format!("color {conversion}"),
            conversion.source_channels(),
            Box::new(Color::new(conversion)),
        ));
    }
    for channels in [1, 3, 4] {
        for (width, height) in [(1280, 720), (960, 540), (640, 360), (2560, 1440)] {
            let name = format!("resize bilinear {width}x{height} x{channels}");
            operators.push((name, channels, Box::new(resize(width, height))));
        }
        for (interpolation, width, height) in [
            (Interpolation::Nearest, 1280, 720),
            (Interpolation::Area, 224, 224),
            (Interpolation::Area, 640, 360),
            (Interpolation::Area, 1280, 720),
            (Interpolation::Lanczos4, 1280, 720),
            (Interpolation::Lanczos4, 2560, 1440),
            (Interpolation::Cubic, 1280, 720),
            (Interpolation::LinearExact, 1280, 720),
        ] {
            let resize = resize(width, height).interpolation(interpolation);
            let name = format!("resize {interpolation} {width}x{height} x{channels}");
            operators.push((name, channels, Box::new(resize)));
        }
    }
    for channels in [1, 3] {
        for size in [3, 5, 9, 15, 31] {
            let name = format!("gaussian_blur {size} x{channels}");
            operators.push((name, channels, Box::new(blur(size))));
        }
        let name = format!("sobel magnitude x{channels}");
        operators.push((name, channels, Box::new(Sobel::magnitude())));
        operators.push((
            format!("sobel dx x{channels}"),
            channels,
            Box::new(Sobel::dx()),
        ));
    }
    for like in ResampleLike::ALL {
        for &filter in like.filters() {
            let size = ResampleSize::Exact {
                width: 224,
                height: 224,
            };
            let resample = Resample::new(size, filter, like).expect("a filter of the library");
            let name = format!("resample {like} {filter} 224x224 x3");
            operators.push((name, 3, Box::new(resample)));
        }
    }
    let odd = "an odd size";
    for channels in [1, 3] {
        let mut add = |name: &str, operator: Box<dyn Operator>| {
            operators.push((format!("{name} x{channels}"), channels, operator));
        };
        add("abs_diff", Box::new(AbsDiff::new()));
        add(
            "blend",
            Box::new(Blend::new(0.3).expect("a possible alpha")),
        );
        add("threshold", Box::new(Threshold::new(127)));
        add("flip horizontal", Box::new(Flip::new(FlipAxis::Horizontal)));
        add("pad 16", Box::new(Pad::new(16, 16, 16, 16)));
        for size in [3, 5, 15, 31] {
            add(
                &format!("box_blur {size}"),
                Box::new(BoxBlur::new(size).expect(odd)),
            );
        }
        add("erode 5", Box::new(Erode::new(5).expect(odd)));
        add(
            "laplacian",
            Box::new(Laplacian::new(LaplacianOutput::Signed)),
        );
        add("median_blur 3", Box::new(MedianBlur::new(3).expect(odd)));
        add("median_blur 7", Box::new(MedianBlur::new(7).expect(odd)));
        add("median_blur 21", Box::new(MedianBlur::new(21).expect(odd)));
        add("median_blur 5", Box::new(MedianBlur::new(5).expect(odd)));
        let turn = [0.9, -0.3, 200.0, 0.3, 0.9, -200.0];
        let warp = WarpAffine::new(turn, WIDTH, HEIGHT).expect("a possible matrix");
        add("warp_affine", Box::new(warp));
        let normalize = Normalize::new(&[0.5], &[0.25]).expect("possible numbers");
        add(
            "normalize f32 planar",
            Box::new(normalize.layout(Layout::Planar)),
        );
    }
    operators.push(("nv12_to_rgb".to_owned(), 1, Box::new(Nv12ToRgb::new())));
    operators
}

fn measure(c: &mut Criterion, group: &str, threads: usize, batch: u32) {
    let device = Device::host_with(HostConfig::default().with_threads(threads));
    let stream = device.stream().expect("a host stream");
    let mut group = c.benchmark_group(group);
    group
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .throughput(Throughput::Elements(
            u64::from(WIDTH * HEIGHT) * u64::from(batch),
        ));
    for (name, channels, operator) in operators() {
        let input = ImageShape::u8(WIDTH, HEIGHT, channels);
        let inputs = operator.input_count();
        let plan = operator
            .plan(&vec![input; inputs])
            .expect("possible inputs");
        let source: Vec<u8> = (0..input.bytes() * batch as usize)
            .map(|i| (i.wrapping_mul(0x9e37_79b9) >> 16) as u8)
            .collect();
        let mut target = vec![0u64; (plan.output().bytes() * batch as usize).div_ceil(8)];
        let tight = |shape, address| ImageBatch::tight(shape, batch, address);
        let binding = Binding {
            inputs: &vec![tight(input, Address::from_ptr(source.as_ptr())); inputs],
            output: tight(plan.output(), Address::from_ptr(target.as_mut_ptr())),
            tables: Address::NULL,
            workspace: Address::NULL,
        };
        let code = plan.clone().code(&device).expect("host code");
        let mut launches: Vec<Launch> = Vec::new();
        plan.bind(&code, &binding, &mut launches);
        group.bench_function(&name, |bencher| {
            bencher.iter(|| {
                for launch in &launches {
                    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
                    unsafe { stream.enqueue(launch, None) }.expect("a host launch");
                }
                stream.synchronize().expect("the launch works");
                black_box(&mut target);
            });
        });
    }
    group.finish();
}

fn one_worker(c: &mut Criterion) {
    measure(c, "one worker", 1, 1);
}

fn all_workers(c: &mut Criterion) {
    measure(c, "all workers, batch of 8", 0, 8);
}

criterion_group!(benches, one_worker, all_workers);
criterion_main!(benches);
