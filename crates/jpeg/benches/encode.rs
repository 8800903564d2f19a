//! The encoder on one core: 1920x1080 pixels at quality 90, a few hundred KB per file.
//!
//! The image is a slope with waves and noise, which gives about as many coefficients as a photograph.

use criterion::{Criterion, criterion_group, criterion_main};
use pixelflume_jpeg::{EncodeOptions, Encoder, Source, Subsampling};
use std::hint::black_box;

const WIDTH: u32 = 1920;
const HEIGHT: u32 = 1080;

fn image() -> Vec<u8> {
    let mut state = 1_u64;
    let mut noise = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 61) as i32 - 4
    };
    let mut samples = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT as i32 {
        for x in 0..WIDTH as i32 {
            for c in 0..3 {
                // Waves of 64 pixels, and of 12 in every other square of 128.
                let slow = (x + y * (c + 1) / 2).rem_euclid(64) - 32;
                let fast = (x - y).rem_euclid(12) - 6;
                let busy = (x / 128 + y / 128) % 2 * fast * 3;
                let value = 90 + x / 16 + slow * slow / 32 + busy + noise();
                samples.push(value.clamp(0, 255) as u8);
            }
        }
    }
    samples
}

fn encode(criterion: &mut Criterion) {
    let data = image();
    let source = Source {
        data: &data,
        pitch: WIDTH as usize * 3,
        width: WIDTH,
        height: HEIGHT,
        channels: 3,
    };
    let options = |subsampling, optimize| EncodeOptions {
        quality: 90,
        subsampling,
        optimize,
        restart_interval: 0,
    };
    let mut encoder = Encoder::new();
    let mut file = Vec::new();
    for (name, options) in [
        ("4:2:0", options(Subsampling::S420, false)),
        ("4:4:4", options(Subsampling::S444, false)),
        ("4:2:0 optimized", options(Subsampling::S420, true)),
    ] {
        criterion.bench_function(&format!("encode 1080p q90 {name}"), |bencher| {
            bencher.iter(|| {
                file.clear();
                let encoded = encoder.encode(black_box(&source), &options, &mut file);
                encoded.expect("a vector takes every byte");
                file.len()
            });
        });
    }
}

criterion_group!(benches, encode);
criterion_main!(benches);
