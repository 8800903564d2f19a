//! Files whose entropy-coded data is like that of photographs.

use crate::encode::Encoder;
use crate::encode::options::{EncodeOptions, Source};
use crate::testing::random::Random;

/// A file of an image with smooth parts, edges and noise, the same for the same seed. At 1920x1080 and quality 90 it has about as many bytes as a photograph.
pub fn photograph(
    width: u32,
    height: u32,
    channels: u32,
    seed: u64,
    options: &EncodeOptions,
) -> Vec<u8> {
    let random = &mut Random::new(seed);
    // Waves of several lengths and directions for each channel, and steps of brightness.
    let waves: Vec<[f32; 5]> = (0..6)
        .map(|n| {
            let length = 8.0 * 2.0_f32.powi(n) * (1.0 + random.below(100) as f32 / 100.0);
            let angle = random.below(628) as f32 / 100.0;
            let (sin, cos) = angle.sin_cos();
            [
                cos / length,
                sin / length,
                4.0 + 5.0 * n as f32,
                random.below(100) as f32,
                random.below(3) as f32,
            ]
        })
        .collect();
    let mut data = Vec::with_capacity((width * height * channels) as usize);
    for y in 0..height {
        for x in 0..width {
            let (x_at, y_at) = (x as f32, y as f32);
            let noise = (random.bits() % 11) as f32 - 5.0;
            let step = if (x / 90 + y / 70) % 3 == 0 {
                40.0
            } else {
                0.0
            };
            for channel in 0..channels {
                let mut sum = 110.0 + noise + step;
                for [dx, dy, height, phase, of] in &waves {
                    let share = if *of as u32 == channel { 1.0 } else { 0.6 };
                    sum += share * height * (dx * x_at + dy * y_at + phase).sin();
                }
                data.push(sum.clamp(0.0, 255.0) as u8);
            }
        }
    }
    let source = Source {
        data: &data,
        pitch: (width * channels) as usize,
        width,
        height,
        channels,
    };
    let mut file = Vec::new();
    let encoded = Encoder::new().encode(&source, options, &mut file);
    encoded.expect("the image and the options are valid, and a Vec takes all bytes");
    file
}
