use super::*;
use crate::contract::Action;
use crate::contract::Operator;
use crate::contract::stage::{AxisWeights, ResampleAxis, ResampleTables, Span};
use crate::crop::Crop;
use crate::flip::{Flip, FlipAxis};
use crate::pad::Pad;
use crate::reference::Image;
use crate::testing::Random;
use pixelflume_kernels::args::{ResampleColumn, ResampleGroup, ResampleLine, ResampleTile};

/// A pass to `target` positions with random taps, which ascend.
fn random_pass(random: &mut Random, source: u32, target: u32, digits: u32) -> ResampleAxis {
    let shift = if digits == 2 { 14 } else { 22 };
    let (mut spans, mut values) = (Vec::new(), Vec::new());
    let taps = random.within(1, source.min(40));
    for at in 0..target {
        let last = u64::from(source - taps);
        let first = (u64::from(at) * last / u64::from(target.max(2) - 1)) as u32;
        let count = taps;
        spans.push(Span {
            first,
            count,
            weight: values.len() as u32,
        });
        let mut left = 1 << shift;
        for tap in 0..count {
            let weight = match tap + 1 == count {
                true => left,
                false => {
                    (random.number(-0.4, 0.9) * f64::from(1 << shift) / f64::from(count)) as i32
                }
            };
            // Two digits hold 16 bits.
            let weight = if digits == 2 {
                weight.clamp(-32_768, 32_767)
            } else {
                weight
            };
            left -= weight;
            values.push(weight);
        }
    }
    ResampleAxis {
        spans,
        weights: AxisWeights::Fixed { values, shift },
    }
}

/// One pass over the columns of an image, by its definition.
fn pass(image: &Image<u8>, axis: &ResampleAxis) -> Image<u8> {
    let AxisWeights::Fixed { values, shift } = &axis.weights else {
        panic!("fixed-point weights");
    };
    Image::from_fn(axis.spans.len(), image.height, image.channels, |x, y, c| {
        let span = axis.spans[x];
        let sum: i64 = (0..span.count)
            .map(|tap| {
                let weight = i64::from(values[(span.weight + tap) as usize]);
                weight * i64::from(image.at((span.first + tap) as usize, y, c))
            })
            .sum();
        ((sum + (1 << (shift - 1))) >> shift).clamp(0, 255) as u8
    })
}

fn transposed(image: &Image<u8>) -> Image<u8> {
    Image::from_fn(image.height, image.width, image.channels, |x, y, c| {
        image.at(y, x, c)
    })
}

fn resampled(image: &Image<u8>, tables: &ResampleTables) -> Image<u8> {
    let wide = tables.columns.as_ref().map(|axis| pass(image, axis));
    let wide = wide.unwrap_or_else(|| image.clone());
    let tall = tables
        .lines
        .as_ref()
        .map(|axis| transposed(&pass(&transposed(&wide), axis)));
    tall.unwrap_or(wide)
}

/// The computation of the kernels of `resample.cu`: its tables, its shared memory, and its digits.
struct Model<'a> {
    tables: &'a Tables,
    image: &'a Image<u8>,
    corner: (u32, u32),
    width: u32,
    output: (u32, u32),
}

impl Model<'_> {
    fn table<T: bytemuck::AnyBitPattern>(&self, offset: u32, end: u32) -> Vec<T> {
        let end = if end == 0 {
            self.tables.bytes.len() as u32
        } else {
            end
        };
        let bytes = &self.tables.bytes[offset as usize..end as usize];
        bytes
            .chunks_exact(size_of::<T>())
            .map(bytemuck::pod_read_unaligned)
            .collect()
    }

    /// Four pixels of a row and channel, as the kernel loads them; those behind the rectangle do not exist.
    fn word(&self, word: u32, row: u32, channel: usize) -> [u8; 4] {
        [0, 1, 2, 3].map(|pixel| {
            let x = word * 4 + pixel;
            match x < self.width {
                true => {
                    let (left, top) = self.corner;
                    self.image
                        .at((left + x) as usize, (top + row) as usize, channel)
                }
                false => 0,
            }
        })
    }

    fn dot(bytes: [u8; 4], digits: u32, signed: bool) -> i32 {
        let digit = |byte: u8| match signed {
            true => i32::from(byte as i8),
            false => i32::from(byte),
        };
        let products = bytes.into_iter().zip(digits.to_le_bytes());
        products
            .map(|(pixel, byte)| i32::from(pixel) * digit(byte))
            .sum()
    }

    fn rounded(digits: &[i32], shift: u32) -> u8 {
        let sum = digits
            .iter()
            .rev()
            .fold(0i32, |sum, digit| (sum << 8).wrapping_add(*digit));
        ((sum + (1 << (shift - 1))) >> shift).clamp(0, 255) as u8
    }

    fn run(&self) -> Image<u8> {
        let args = &self.tables.args;
        let planes = self.tables.planes as usize;
        let tiles: Vec<ResampleTile> = self.table(args.tiles, args.groups);
        let groups: Vec<ResampleGroup> = self.table(args.groups, args.columns);
        let columns: Vec<ResampleColumn> = self.table(args.columns, args.lines);
        let lines: Vec<ResampleLine> = self.table(args.lines, args.column_weights);
        let column_weights: Vec<u32> = self.table(args.column_weights, args.line_weights);
        let line_weights: Vec<u32> = self.table(args.line_weights, 0);
        let channels = self.image.channels;
        let mut out = Image::from_fn(
            self.output.0 as usize,
            self.output.1 as usize,
            channels,
            |_, _, _| 77u8,
        );
        let mut made = 0;
        for tile in &tiles[..self.tables.geometry.tiles as usize] {
            assert!(tile.words <= args.row_words && tile.groups * 8 <= args.ring_columns);
            assert!(tile.word.is_multiple_of(4) && args.row_words.is_multiple_of(4));
            assert_eq!(args.row_pitch % 32, 16);
            for line in &lines[..args.line_count as usize] {
                assert!(line.rank != 0 || line.words + STEP_UNITS <= args.ring_rows);
                assert!(line.rank != 0 || line.slot == line.first % args.ring_rows);
                for at in 0..tile.groups * 8 {
                    let column = columns[(tile.group * 8 + at) as usize];
                    if column.x < 0 {
                        continue;
                    }
                    let group = groups[(tile.group + at / 8) as usize];
                    let pixel = match (column.rank, line.rank) {
                        (0, 0) => {
                            let pixel = |channel| {
                                self.sample(
                                    tile,
                                    group,
                                    at % 8,
                                    line,
                                    channel,
                                    planes,
                                    (&column_weights, &line_weights),
                                )
                            };
                            let mut pixel = (0..channels).map(pixel).collect::<Vec<_>>();
                            pixel.resize(4, 0);
                            [pixel[0], pixel[1], pixel[2], pixel[3]]
                        }
                        (_, 0) => column.pixel.to_le_bytes(),
                        (column_rank, rank) if column_rank < rank => column.pixel.to_le_bytes(),
                        _ => line.pixel.to_le_bytes(),
                    };
                    made += 1;
                    for (c, sample) in pixel.iter().enumerate().take(channels) {
                        let width = out.width;
                        out.data[(line.y as usize * width + column.x as usize) * channels + c] =
                            *sample;
                    }
                }
            }
        }
        assert_eq!(
            made,
            self.output.0 * self.output.1,
            "each pixel is made once"
        );
        out
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what the kernel has in registers"
    )]
    fn sample(
        &self,
        tile: &ResampleTile,
        group: ResampleGroup,
        column: u32,
        line: &ResampleLine,
        channel: usize,
        planes: usize,
        (column_weights, line_weights): (&[u32], &[u32]),
    ) -> u8 {
        let args = &self.tables.args;
        let mut sums = vec![0; planes];
        for unit in 0..line.words {
            let bytes = [0, 1, 2, 3].map(|row| {
                let row = (line.first + unit) * 4 + row;
                if row >= line.end {
                    return 0x5a;
                }
                let mut sums = vec![0; planes];
                for step in 0..group.steps {
                    for (plane, sum) in sums.iter_mut().enumerate() {
                        for part in 0..16 {
                            let word = group.word + step * 16 + part;
                            assert!(word - tile.word < args.row_words);
                            let bytes = match word - tile.word < tile.words {
                                true => self.word(word, row, channel),
                                false => [0xa5; 4],
                            };
                            let lane = column * 4 + part / 4;
                            let index =
                                (step * planes as u32 + plane as u32) * 128 + lane * 4 + part % 4;
                            let digits = column_weights[(group.weights + index) as usize];
                            *sum += Self::dot(bytes, digits, plane + 1 == planes);
                        }
                    }
                }
                Self::rounded(&sums, args.column_shift)
            });
            for (plane, sum) in sums.iter_mut().enumerate() {
                let digits =
                    line_weights[(line.weights + unit * planes as u32 + plane as u32) as usize];
                *sum += Self::dot(bytes, digits, plane + 1 == planes);
            }
        }
        Self::rounded(&sums, args.line_shift)
    }
}

/// Units of four rows in a step of a block.
const STEP_UNITS: u32 = geometry::STEP / 4;

/// A stage that resamples by these tables.
fn stage(input: ImageShape, output: ImageShape, tables: &Arc<ResampleTables>) -> Stage {
    let host = Flip::new(FlipAxis::Horizontal)
        .plan(&[input])
        .unwrap()
        .stage()
        .unwrap()
        .host;
    Stage {
        operator: "resample",
        input,
        output,
        action: Action::Resample(Arc::clone(tables)),
        host,
    }
}

/// The stages of a crop, a resample, a flip, a pad and another crop, and what they make.
pub(super) fn chain(random: &mut Random, image: &Image<u8>) -> (Vec<Stage>, Image<u8>) {
    let shape = |image: &Image<u8>| {
        ImageShape::u8(
            image.width as u32,
            image.height as u32,
            image.channels as u32,
        )
    };
    let mut stages: Vec<Stage> = Vec::new();
    let mut made = image.clone();
    let (left, width) = random.part(made.width as u32);
    let (top, height) = random.part(made.height as u32);
    let crop = Crop::new(left, top, width, height).unwrap();
    stages.push(crop.plan(&[shape(&made)]).unwrap().stage().unwrap());
    made = crate::reference::crop(
        &made,
        left as usize,
        top as usize,
        width as usize,
        height as usize,
    );

    let target = (random.within(1, 90), random.within(1, 40));
    let digits = random.within(2, 3);
    let tables = Arc::new(ResampleTables {
        columns: (random.within(0, 4) > 0).then(|| random_pass(random, width, target.0, digits)),
        lines: (random.within(0, 4) > 0).then(|| random_pass(random, height, target.1, digits)),
        vertical_first: false,
        premultiplied: false,
    });
    let resized = resampled(&made, &tables);
    stages.push(stage(shape(&made), shape(&resized), &tables));
    made = resized;

    if random.within(0, 1) == 1 {
        stages.push(
            Flip::new(FlipAxis::Both)
                .plan(&[shape(&made)])
                .unwrap()
                .stage()
                .unwrap(),
        );
        made = crate::reference::flip(&made, true, true);
    }
    if random.within(0, 1) == 1 {
        let sides = [0; 4].map(|_| random.within(0, 9));
        let color = random.color();
        let pad = Pad::new(sides[0], sides[1], sides[2], sides[3]);
        let pad = pad.value(&color.map(f64::from)).unwrap();
        stages.push(pad.plan(&[shape(&made)]).unwrap().stage().unwrap());
        let border = crate::reference::Border::Constant(color);
        made = crate::reference::pad(&made, sides.map(|side| side as usize), border);
    }
    (stages, made)
}

#[test]
fn the_tables_make_what_the_operators_make() {
    let mut random = Random::new(16);
    for _ in 0..100 {
        let channels = random.pick(&[1, 3, 4]);
        let (width, height) = (random.within(1, 150), random.within(1, 60));
        let image = Image::new(
            width as usize,
            height as usize,
            channels,
            random.bytes((width * height) as usize * channels),
        );
        let (stages, expected) = chain(&mut random, &image);
        let mut chain = Chain::new(&stages).unwrap();
        let resample = chain.resample.take().unwrap();
        let tables = Tables::new(&chain, &resample, channels as u32).unwrap();
        let model = Model {
            tables: &tables,
            image: &image,
            corner: resample.corner,
            width: resample.size.0,
            output: (expected.width as u32, expected.height as u32),
        };
        assert_eq!(model.run(), expected, "{stages:?}");
    }
}

#[test]
fn a_pass_over_too_many_pixels_is_refused_with_the_reason() {
    let image = ImageShape::u8(60_000, 8, 3);
    let all = |count: u32| ResampleAxis {
        spans: vec![Span {
            first: 0,
            count,
            weight: 0,
        }],
        weights: AxisWeights::Fixed {
            values: vec![70; count as usize],
            shift: 22,
        },
    };
    let tables = Arc::new(ResampleTables {
        columns: Some(all(60_000)),
        lines: None,
        vertical_first: false,
        premultiplied: false,
    });
    let stages = [stage(image, ImageShape::u8(1, 8, 3), &tables)];
    let reason = super::plan(Chain::new(&stages).unwrap(), &stages).unwrap_err();
    assert!(reason.contains("shared memory"), "{reason}");
    for (tables, expected) in [
        (
            ResampleTables {
                vertical_first: true,
                lines: Some(all(8)),
                columns: Some(all(9)),
                premultiplied: false,
            },
            "vertical pass",
        ),
        (
            ResampleTables {
                columns: Some(ResampleAxis {
                    spans: vec![Span {
                        first: 0,
                        count: 1,
                        weight: 0,
                    }],
                    weights: AxisWeights::Float(vec![1.0]),
                }),
                lines: None,
                vertical_first: false,
                premultiplied: false,
            },
            "f32",
        ),
    ] {
        let stages = [stage(image, ImageShape::u8(1, 8, 3), &Arc::new(tables))];
        let reason = Chain::new(&stages).unwrap_err();
        assert!(reason.contains(expected), "{reason}");
    }
}
