use super::levels;
use super::model::{self, Plane};
use crate::file::color::ColorSpace;
use crate::samples::color::cmyk::Cmyk;
use crate::samples::color::{Conversion, Output};
use crate::samples::geometry::{ComponentShape, Region};
use crate::samples::idct::{Block, Quantizer, transform_row};
use crate::samples::sampler::Sampler;
use fearless_simd::Level;
use proptest::prelude::*;

/// Numbers that look random, always the same.
struct Noise(u64);

impl Noise {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// An image whose components have random coefficients.
struct Image {
    shapes: Vec<ComponentShape>,
    mcu_rows: u32,
    /// Of each component: the blocks of a row, and all blocks.
    blocks: Vec<(usize, Vec<Block>)>,
    planes: Vec<Plane>,
}

const DIVISORS: [u16; 64] = [4; 64];

impl Image {
    /// `factors` are the sampling factors of the components.
    fn new(width: u32, height: u32, factors: &[(u8, u8)], noise: &mut Noise) -> Self {
        let most_h = factors.iter().map(|factors| factors.0).max().unwrap();
        let most_v = factors.iter().map(|factors| factors.1).max().unwrap();
        let mcu_columns = width.div_ceil(8 * u32::from(most_h));
        let mcu_rows = height.div_ceil(8 * u32::from(most_v));
        let mut image = Image {
            shapes: Vec::new(),
            mcu_rows,
            blocks: Vec::new(),
            planes: Vec::new(),
        };
        for &(h, v) in factors {
            let shape = ComponentShape {
                block_rows: v,
                ratio: (most_h / h, most_v / v),
                samples: (
                    (width * u32::from(h)).div_ceil(most_h.into()),
                    (height * u32::from(v)).div_ceil(most_v.into()),
                ),
            };
            let columns = (mcu_columns * u32::from(h)) as usize;
            let mut blocks = vec![[0; 64]; columns * (mcu_rows * u32::from(v)) as usize];
            for coefficient in blocks.as_flattened_mut() {
                *coefficient = noise.below(40) as i16 - 20;
            }
            image.planes.push(plane(&shape, columns, &blocks));
            image.shapes.push(shape);
            image.blocks.push((columns, blocks));
        }
        image
    }

    /// The pixels of a region, with a pitch that is larger than the rows.
    fn sample(
        &self,
        sampler: &mut Sampler,
        region: &Region,
        conversion: Conversion,
    ) -> (Vec<u8>, usize) {
        let pitch = region.x.len() * conversion.channels() + 3;
        let mut target = vec![77; pitch * region.y.len()];
        sampler.start(&self.shapes, region, conversion);
        let quantizer = Quantizer::new(&DIVISORS);
        let mcu_rows = sampler.mcu_rows();
        assert!(mcu_rows.end <= self.mcu_rows);
        for mcu_row in mcu_rows {
            for (n, (columns, blocks)) in self.blocks.iter().enumerate() {
                let needed = sampler.blocks(n);
                assert!(needed.end <= *columns);
                if n >= conversion.components() {
                    assert!(needed.is_empty());
                    continue;
                }
                let block_rows = usize::from(self.shapes[n].block_rows);
                for row in 0..block_rows {
                    let first = (mcu_row as usize * block_rows + row) * columns;
                    let blocks = &blocks[first..][needed.clone()];
                    let extents = vec![63; blocks.len()];
                    sampler.transform(n, row, blocks, &extents, &quantizer);
                }
            }
            sampler.emit(mcu_row, &mut target, pitch);
        }
        (target, pitch)
    }

    /// The pixels of a region, one by one; `convert` makes a pixel of the samples of the components.
    fn expected(
        &self,
        region: &Region,
        pitch: usize,
        convert: impl Fn(&[u8]) -> Vec<u8>,
    ) -> Vec<u8> {
        let mut target = vec![77; pitch * region.y.len()];
        for (y, row) in region.y.clone().zip(target.chunks_exact_mut(pitch)) {
            let mut at = 0;
            for x in region.x.clone() {
                let samples: Vec<u8> = self.planes.iter().map(|plane| plane.pixel(x, y)).collect();
                let pixel = convert(&samples);
                row[at..at + pixel.len()].copy_from_slice(&pixel);
                at += pixel.len();
            }
        }
        target
    }
}

/// The samples of a component that belong to the image.
fn plane(shape: &ComponentShape, columns: usize, blocks: &[Block]) -> Plane {
    let size = (shape.samples.0 as usize, shape.samples.1 as usize);
    let quantizer = Quantizer::new(&DIVISORS);
    let pitch = 8 * columns;
    let mut all = vec![0; blocks.len() * 64];
    let rows = blocks.chunks_exact(columns);
    for (row, out) in rows.zip(all.chunks_exact_mut(8 * pitch)) {
        let extents = vec![63; columns];
        transform_row(Level::baseline(), row, &extents, &quantizer, out, pitch);
    }
    let rows = all.chunks_exact(pitch).take(size.1);
    Plane {
        ratio: shape.ratio,
        size,
        samples: rows.flat_map(|row| &row[..size.0]).copied().collect(),
    }
}

/// The first three samples as they are.
const PLANES: Conversion = Conversion {
    source: ColorSpace::Rgb,
    output: Output::Rgb,
    cmyk: Cmyk::OpenCv,
};

#[test]
fn every_ratio_and_size() {
    let mut samplers: Vec<Sampler> = levels().into_iter().map(Sampler::with_level).collect();
    let mut noise = Noise(1);
    let few = [1, 2, 3, 4, 5, 17, 40];
    let sizes = (1..=40).flat_map(|a| few.iter().flat_map(move |&b| [(a, b), (b, a)]));
    let sizes: Vec<(u32, u32)> = sizes.collect();
    for across in 1..=4 {
        for down in 1..=4 {
            let factors = [(across, down), (1, 1), (1, down)];
            for (n, &(width, height)) in sizes.iter().enumerate() {
                let image = Image::new(width, height, &factors, &mut noise);
                let region = Region {
                    x: 0..width,
                    y: 0..height,
                };
                let count = samplers.len();
                let sampler = &mut samplers[n % count];
                let (got, pitch) = image.sample(sampler, &region, PLANES);
                let expected = image.expected(&region, pitch, <[u8]>::to_vec);
                assert!(got == expected, "{width}x{height} at {across}x{down}");
            }
        }
    }
}

/// Sampling factors of three or four components that go with each other.
fn factors(components: usize) -> impl Strategy<Value = Vec<(u8, u8)>> {
    let factor =
        |most: u8| (1..=most).prop_filter("divides", move |&factor| most.is_multiple_of(factor));
    (1..=4_u8, 1..=4_u8, 0..components).prop_flat_map(move |(h, v, largest)| {
        prop::collection::vec((factor(h), factor(v)), components).prop_map(move |mut factors| {
            factors[largest] = (h, v);
            factors
        })
    })
}

/// A range in a length.
fn part(length: u32) -> impl Strategy<Value = std::ops::Range<u32>> {
    (0..length)
        .prop_flat_map(move |start| (Just(start), start + 1..=length).prop_map(|(a, b)| a..b))
}

fn image() -> impl Strategy<Value = (u32, u32, Vec<(u8, u8)>, Region, u64)> {
    (1..200_u32, 1..90_u32).prop_flat_map(|(width, height)| {
        let region = (part(width), part(height)).prop_map(|(x, y)| Region { x, y });
        (Just(width), Just(height), factors(4), region, any::<u64>())
    })
}

/// A pixel by the formulas.
fn pixel(conversion: Conversion, samples: &[u8]) -> Vec<u8> {
    let ink = match (conversion.cmyk, conversion.output) {
        (Cmyk::Pillow, Output::Rgb) => model::pillow_ink,
        _ => model::opencv_ink,
    };
    let first = [samples[0], samples[1], samples[2]];
    let rgb = match conversion.source {
        ColorSpace::Gray => [samples[0]; 3],
        ColorSpace::Rgb => first,
        ColorSpace::YCbCr => model::rgb_of_ycc(first),
        ColorSpace::Cmyk => first.map(|x| ink(x, samples[3])),
        ColorSpace::Ycck => model::rgb_of_ycc(first).map(|x| ink(255 - x, samples[3])),
    };
    if conversion.output == Output::Rgb {
        return rgb.to_vec();
    }
    let [red, green, blue] = rgb.map(u32::from);
    vec![match conversion.source {
        ColorSpace::Gray | ColorSpace::YCbCr => samples[0],
        ColorSpace::Rgb => ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16) as u8,
        _ => ((4899 * red + 9617 * green + 1868 * blue + 8192) >> 14) as u8,
    }]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn regions_and_conversions((width, height, factors, region, seed) in image()) {
        let mut noise = Noise(seed);
        let image = Image::new(width, height, &factors, &mut noise);
        for source in [ColorSpace::Gray, ColorSpace::YCbCr, ColorSpace::Rgb, ColorSpace::Cmyk, ColorSpace::Ycck] {
            for output in [Output::Rgb, Output::Gray] {
                for cmyk in [Cmyk::OpenCv, Cmyk::Pillow] {
                    let conversion = Conversion { source, output, cmyk };
                    let levels = levels();
                    let level = levels[noise.below(levels.len() as u64) as usize];
                    let mut sampler = Sampler::with_level(level);
                    let (got, pitch) = image.sample(&mut sampler, &region, conversion);
                    let expected = image.expected(&region, pitch, |samples| pixel(conversion, samples));
                    prop_assert!(got == expected, "{conversion:?} at {level:?}");
                }
            }
        }
    }
}

#[test]
fn memory_is_bounded_by_what_was_told() {
    let mut noise = Noise(5);
    let image = Image::new(300, 40, &[(2, 2), (1, 1), (1, 1)], &mut noise);
    let conversion = Conversion {
        source: ColorSpace::YCbCr,
        ..PLANES
    };
    let region = |x| Region { x, y: 0..40 };
    let mut sampler = Sampler::with_level(Level::new());
    image.sample(&mut sampler, &region(0..300), conversion);
    let told = Sampler::bytes(&image.shapes, &region(0..300), conversion);
    assert_eq!(sampler.held(), told);
    // Another image does not need more.
    image.sample(&mut sampler, &region(100..110), conversion);
    assert!(sampler.held() < told);
}
