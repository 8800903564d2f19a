//! Batches of files: streams of arbitrary structure, damaged ones, and photographs by the encoder.

use pixelflume::codec::cuda::BatchOptions;
use pixelflume::codec::{Color, DecodeOptions, Orientation, Rect};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{Baseline, Cmyk, EncodeOptions, Header, Subsampling};
use std::fmt;

/// Files with their names, and how to decode them.
pub(super) struct Files {
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) options: BatchOptions,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.files.iter().map(|(name, _)| name.as_str()).collect();
        write!(f, "{names:?} with {:?}", self.options)
    }
}

impl Files {
    /// Up to 24 files of a random case, mostly small ones. Every third case crops one file.
    pub(super) fn random(seed: u64, case: u64) -> Self {
        let random = &mut Random::new(seed.wrapping_mul(11_400_714_819).wrapping_add(case));
        let mut options = BatchOptions {
            decode: DecodeOptions {
                color: random.pick(&[Color::Rgb, Color::Rgb, Color::Gray, Color::Keep]),
                orientation: random.pick(&[Orientation::Exif, Orientation::Ignore]),
                allow_truncated: random.chance(50),
                ..DecodeOptions::default()
            },
            cmyk: random.pick(&[Cmyk::OpenCv, Cmyk::Pillow]),
        };
        let side = random.pick(&[40, 120, 400]);
        if case.is_multiple_of(3) {
            // A photograph, or a file that may be turned, progressive, or damaged below its crop.
            let (name, file) = match random.chance(40) {
                true => with_bytes_behind(encoded(random, side), random),
                false => {
                    let is_damaged = random.chance(50);
                    written(random, side, is_damaged)
                }
            };
            if let Ok(header) = Header::read(&file) {
                let frame = header.frame();
                let is_transposed =
                    header.orientation() >= 5 && options.decode.orientation == Orientation::Exif;
                let (width, height) = match is_transposed {
                    true => (frame.height(), frame.width()),
                    false => (frame.width(), frame.height()),
                };
                options.decode.crop = Some(part(random, width, height));
                // What the CPU gives of a crop has the formula of OpenCV.
                options.cmyk = Cmyk::OpenCv;
            }
            let files = vec![(name, file)];
            return Files { files, options };
        }
        let files = (0..1 + random.below(24)).map(|_| match random.below(4) {
            0 => with_bytes_behind(encoded(random, side), random),
            _ => {
                let is_damaged = random.below(4) == 0;
                written(random, side, is_damaged)
            }
        });
        Files {
            files: files.collect(),
            options,
        }
    }

    /// Photographs up to 4K, one batch after the other.
    pub(super) fn large(quick: bool) -> Vec<Self> {
        let sizes: &[(u32, u32)] = match quick {
            true => &[(640, 360)],
            false => &[(1920, 1080), (3840, 2160), (4096, 31), (17, 5000)],
        };
        let batch = |&(width, height): &(u32, u32)| {
            let mut files = Vec::new();
            for subsampling in Subsampling::ALL {
                for (quality, restart_interval) in [(90, 0), (50, 7)] {
                    let options = EncodeOptions {
                        quality,
                        subsampling,
                        restart_interval,
                        ..EncodeOptions::default()
                    };
                    let name = format!("{width}x{height} {} q{quality}", subsampling.name());
                    files.push((
                        name,
                        photograph(width, height, 3, u64::from(quality), &options),
                    ));
                }
            }
            Files {
                files,
                options: BatchOptions::default(),
            }
        };
        sizes.iter().map(batch).collect()
    }
}

/// A rectangle in an image of this size.
fn part(random: &mut Random, width: u32, height: u32) -> Rect {
    let mut span = |size: u32| {
        let from = random.below(size as usize) as u32;
        (from, 1 + random.below((size - from) as usize) as u32)
    };
    let ((x, width), (y, height)) = (span(width), span(height));
    Rect {
        x,
        y,
        width,
        height,
    }
}

/// A file made from coefficients, damaged where that is wanted.
pub(super) fn written(random: &mut Random, side: usize, is_damaged: bool) -> (String, Vec<u8>) {
    let (kind_name, kind) = random.pick(&Kind::ALL);
    let seed = random.bits();
    let file = write(kind, seed, side);
    let name = format!("{kind_name} {seed}");
    if !is_damaged {
        return (name, file);
    }
    let (damage_name, damage) = random.pick(&Damage::ALL);
    let damaged = damage.apply(random, &file);
    (format!("{name}, {damage_name}"), damaged)
}

/// A file made by the encoder.
pub(super) fn encoded(random: &mut Random, side: usize) -> (String, Vec<u8>) {
    let [width, height] = [0, 1].map(|_| 1 + random.below(side) as u32);
    let options = EncodeOptions {
        quality: 1 + random.below(100) as u8,
        subsampling: random.pick(&Subsampling::ALL),
        optimize: random.chance(30),
        restart_interval: random.pick(&[0, 0, 1, 5]),
    };
    let channels = random.pick(&[1, 3, 3]);
    let name = format!("{width}x{height}x{channels} {options:?}");
    let file = photograph(width, height, channels, random.bits(), &options);
    (name, file)
}

/// One of [`encoded`]'s files; of a fifth of the small ones more bytes follow than the image can use, which do not go to the device.
fn with_bytes_behind(
    (name, mut file): (String, Vec<u8>),
    random: &mut Random,
) -> (String, Vec<u8>) {
    let most = Baseline::of(&file).map_or(0, |baseline| baseline.most_data_bytes() as usize);
    if most < 1 << 20 && random.chance(20) {
        let behind = match random.chance(50) {
            true => vec![0; most],
            false => file.repeat(most / file.len() + 1),
        };
        file.extend(&behind);
        return (format!("{name}, and {} bytes", behind.len()), file);
    }
    (name, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photograph_has_as_many_bytes_as_those_of_cameras() {
        let options = EncodeOptions {
            quality: 90,
            ..EncodeOptions::default()
        };
        let bytes = photograph(1920, 1080, 3, 1, &options).len();
        assert!((300_000..420_000).contains(&bytes), "{bytes} bytes");
    }
}
