//! Every instruction set that this machine has must compute what the plain one does.
#![expect(unsafe_code, reason = "runs launches")]

use crate::abs_diff::host::AbsDiffHost;
use crate::blend::host::BlendHost;
use crate::color::ColorConversion;
use crate::color::host::ColorHost;
use crate::contract::{Binding, Operator, plain};
use crate::gather::host::GatherHost;
use crate::gaussian_blur::GaussianBlur;
use crate::gaussian_blur::host::BlurHost;
use crate::host::view::{HostCode, HostPair};
use crate::image::{ImageBatch, ImageParam, ImageShape, SampleType};
use crate::kernels::args::{
    BinaryArgs, BlurArgs, ColorArgs, GatherArgs, ResizeArgs, SobelArgs, UnaryArgs, WarpArgs,
};
use crate::laplacian::host::LaplacianHost;
use crate::median_blur::host::MedianHost;
use crate::nv12_to_rgb::host::Nv12Host;
use crate::resize::host::{BilinearHost, HalfHost, NearestHost};
use crate::resize::{Interpolation, Resize, Tap};
use crate::sobel::host::{DerivativeHost, MagnitudeHost};
use crate::threshold::host::ThresholdHost;
use crate::warp_affine::host::WarpHost;
use crate::window::host::{WindowHost, WindowKind};
use bytemuck::NoUninit;
use fearless_simd::Level;
use pixelflume_device::{Address, Args, Device, HostConfig, HostKernel, Launch};
use std::sync::Arc;

/// Wider than several vectors, and no multiple of one.
const WIDTH: u32 = 201;
const HEIGHT: u32 = 22;

fn levels() -> Vec<Level> {
    let best = Level::new();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let between = [
        best.as_sse4_2().map(Level::Sse4_2),
        best.as_avx2().map(Level::Avx2),
    ];
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let between: [Option<Level>; 0] = [];
    between.into_iter().flatten().chain([best]).collect()
}

fn noise(count: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// Runs the kernel at every level and compares what it writes.
fn same_at_all_levels<A: NoUninit>(
    name: &str,
    channels: u32,
    output: ImageShape,
    args: impl Fn(ImageParam, ImageParam) -> A,
    kernel: impl Fn(Level) -> Arc<dyn HostKernel>,
) {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let stream = device.stream().expect("a host stream");
    let input = ImageShape::u8(WIDTH, HEIGHT, channels);
    let source = noise(input.bytes());
    let run = |level| {
        let mut target = vec![0u32; output.bytes().div_ceil(4)];
        let src = ImageBatch::tight(input, 1, Address::from_ptr(source.as_ptr())).param();
        let dst = ImageBatch::tight(output, 1, Address::from_ptr(target.as_mut_ptr())).param();
        let launch = Launch::host(kernel(level), Args::of(&args(src, dst)));
        // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
        unsafe { stream.enqueue(&launch, None) }.expect("a host launch");
        stream.synchronize().expect("the kernel works");
        target
    };
    let plain = run(Level::baseline());
    assert!(plain.iter().any(|&word| word != 0), "{name} wrote nothing");
    for level in levels() {
        assert!(run(level) == plain, "{name} differs at {level:?}");
    }
}

#[test]
fn color() {
    for conversion in ColorConversion::ALL {
        same_at_all_levels(
            conversion.name(),
            conversion.source_channels(),
            ImageShape::u8(WIDTH, HEIGHT, conversion.target_channels()),
            |src, dst| ColorArgs {
                src,
                dst,
                conversion: conversion as u32,
                reserved: 0,
            },
            |level| Arc::new(HostCode(ColorHost { level, conversion })),
        );
    }
}

#[test]
fn binary() {
    let other = noise((WIDTH * HEIGHT) as usize + 1);
    let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
    let second = ImageBatch::tight(shape, 1, Address::from_ptr(&raw const other[1])).param();
    let args = |src, dst| BinaryArgs {
        a: src,
        b: second,
        dst,
        weight: 77,
        reserved: 0,
    };
    same_at_all_levels("abs_diff", 1, shape, args, |level| {
        Arc::new(HostPair(AbsDiffHost { level }))
    });
    same_at_all_levels("blend", 1, shape, args, |level| {
        Arc::new(HostPair(BlendHost { level }))
    });
}

#[test]
fn warp_affine() {
    for channels in [1, 3, 4] {
        same_at_all_levels(
            "warp_affine",
            channels,
            ImageShape::u8(WIDTH + 7, HEIGHT, channels),
            |src, dst| WarpArgs {
                src,
                dst,
                map: [0.913, -0.37, 9.0, 0.11, 0.77, -3.25],
                value: [1, 20, 100, 250],
                reserved: 0,
            },
            |level| Arc::new(HostCode(WarpHost { level })),
        );
    }
}

fn unary(a: u32, b: u32) -> impl Fn(ImageParam, ImageParam) -> UnaryArgs {
    move |src, dst| UnaryArgs { src, dst, a, b }
}

#[test]
fn threshold_and_nv12() {
    let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
    same_at_all_levels("threshold", 1, shape, unary(99, 200), |level| {
        Arc::new(HostCode(ThresholdHost { level }))
    });
    // 22 rows hold 14 of Y and 7 of UV; of an odd width the last pixel is left alone.
    let rgb = ImageShape::u8(WIDTH, 14, 3);
    same_at_all_levels("nv12", 1, rgb, unary(0, 0), |level| {
        Arc::new(HostCode(Nv12Host { level }))
    });
}

#[test]
fn windows_and_neighbourhoods() {
    for channels in [1, 3, 4] {
        let shape = ImageShape::u8(WIDTH, HEIGHT, channels);
        for kind in [WindowKind::Box, WindowKind::Erode, WindowKind::Dilate] {
            for size in [3, 9, 31] {
                let name = format!("{kind:?} {size} x{channels}");
                same_at_all_levels(&name, channels, shape, unary(size, 0), |level| {
                    Arc::new(HostCode(WindowHost { level, kind }))
                });
            }
        }
        for size in [3, 5] {
            same_at_all_levels("median", channels, shape, unary(size, 0), |level| {
                Arc::new(HostCode(MedianHost { level }))
            });
        }
        same_at_all_levels("laplacian", channels, shape, unary(1, 0), |level| {
            Arc::new(HostCode(LaplacianHost::<u8>::new(level)))
        });
        let sample = SampleType::I16;
        let signed = ImageShape { sample, ..shape };
        same_at_all_levels("laplacian", channels, signed, unary(0, 0), |level| {
            Arc::new(HostCode(LaplacianHost::<i16>::new(level)))
        });
    }
}

#[test]
fn gather() {
    for channels in [1, 3, 4] {
        for (flip, outside) in [(0, 0), (1, 1), (2, 2), (3, 0)] {
            let args = |src, dst| GatherArgs {
                src,
                dst,
                left: 5,
                top: -3,
                inner_width: WIDTH,
                inner_height: HEIGHT,
                flip,
                outside,
                value: [1, 2, 3, 4],
                reserved: 0,
            };
            let shape = ImageShape::u8(WIDTH + 9, HEIGHT, channels);
            same_at_all_levels("gather", channels, shape, args, |level| {
                Arc::new(HostCode(GatherHost { level }))
            });
        }
    }
}

#[test]
fn gaussian_blur() {
    for (channels, size) in [(1, 3), (3, 5), (4, 7), (3, 9), (1, 11), (4, 31)] {
        let mut taps = [0; 32];
        let blur = GaussianBlur::new(size).expect("an odd size");
        taps[..size as usize].copy_from_slice(&blur.taps());
        same_at_all_levels(
            &format!("blur {size} x{channels}"),
            channels,
            ImageShape::u8(WIDTH, HEIGHT, channels),
            |src, dst| BlurArgs {
                src,
                dst,
                size,
                reserved: 0,
                taps,
            },
            |level| Arc::new(HostCode(BlurHost { level })),
        );
    }
}

#[test]
fn sobel() {
    for channels in [1, 3, 4] {
        same_at_all_levels(
            "magnitude",
            channels,
            ImageShape::u8(WIDTH, HEIGHT, 1),
            |src, dst| SobelArgs {
                src,
                dst,
                output: 0,
                reserved: 0,
            },
            |level| Arc::new(HostCode(MagnitudeHost { level })),
        );
        for along_x in [true, false] {
            let signed = ImageShape {
                sample: SampleType::I16,
                ..ImageShape::u8(WIDTH, HEIGHT, 1)
            };
            same_at_all_levels(
                "derivative",
                channels,
                signed,
                |src, dst| SobelArgs {
                    src,
                    dst,
                    output: 2 - u32::from(along_x),
                    reserved: 0,
                },
                |level| Arc::new(HostCode(DerivativeHost { level, along_x })),
            );
        }
    }
}

#[test]
fn resize() {
    // The plans hold the tables; their launches run at the best level, so the kernels are made here from the bytes.
    for channels in [1, 3, 4] {
        for (width, height) in [(150, 17), (333, 50), (64, 11), (11, 9)] {
            let input = ImageShape::u8(WIDTH, HEIGHT, channels);
            let output = ImageShape::u8(width, height, channels);
            for interpolation in Interpolation::ALL {
                let resize = Resize::new(width, height).expect("a possible size");
                let plan = resize
                    .interpolation(interpolation)
                    .plan(&[input])
                    .expect("a plan");
                let plan = plain(&plan);
                let bytes = plan.tables();
                same_at_all_levels(
                    &format!("{interpolation} {width}x{height} x{channels}"),
                    channels,
                    output,
                    |src, dst| ResizeArgs {
                        src,
                        dst,
                        tables: 0,
                        mode: 0,
                        reserved: 0,
                    },
                    |level| match interpolation {
                        Interpolation::Bilinear => {
                            let taps = bytemuck::cast_slice::<u8, Tap>(bytes);
                            let (columns, lines) = taps.split_at(width as usize);
                            Arc::new(HostCode(BilinearHost::new(
                                level,
                                WIDTH as usize,
                                channels as usize,
                                columns,
                                lines,
                            )))
                        }
                        Interpolation::Nearest => {
                            let indices = bytemuck::cast_slice::<u8, u32>(bytes);
                            Arc::new(HostCode(NearestHost {
                                level,
                                indices: indices.into(),
                            }))
                        }
                    },
                );
            }
        }
        same_at_all_levels(
            &format!("half x{channels}"),
            channels,
            ImageShape::u8(WIDTH / 2, HEIGHT / 2, channels),
            |src, dst| ResizeArgs {
                src,
                dst,
                tables: 0,
                mode: 1,
                reserved: 0,
            },
            |level| Arc::new(HostCode(HalfHost { level })),
        );
    }
}

#[test]
fn a_launch_with_impossible_memory_fails_and_the_stream_works_on() {
    let device = Device::host_with(HostConfig::default().with_threads(1));
    let stream = device.stream().expect("a host stream");
    let shape = ImageShape::u8(8, 8, 1);
    let (source, mut target) = ([7u8; 64], [0u8; 64]);
    let blur = GaussianBlur::new(3).expect("an odd size");
    let plan = blur.plan(&[shape]).expect("a plan");
    let code = plan.clone().code(&device).expect("host code");
    let binding = Binding {
        inputs: &[ImageBatch::tight(
            shape,
            1,
            Address::from_ptr(source.as_ptr()),
        )],
        output: ImageBatch::tight(shape, 1, Address::from_ptr(target.as_mut_ptr())),
        tables: Address::NULL,
        workspace: Address::NULL,
    };
    let mut launches = Vec::new();
    plan.bind(&code, &binding, &mut launches);
    let good = launches[0].clone();
    let mut args = good.args().get::<BlurArgs>();
    args.dst.base = args.src.base + 63;
    launches[0].set_args(Args::of(&args));

    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.

    unsafe { stream.enqueue(&launches[0], None) }.expect("a host launch");
    let error = stream
        .synchronize()
        .expect_err("the images overlap")
        .to_string();
    assert!(error.contains("overlap"), "{error}");
    // SAFETY: the memory is there until the stream is at rest below, and nothing else touches it.
    unsafe { stream.enqueue(&good, None) }.expect("a host launch");
    stream.synchronize().expect("the stream works on");
    assert_eq!(target, source);
}
