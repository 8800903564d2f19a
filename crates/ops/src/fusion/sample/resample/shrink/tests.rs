use super::weights::Step;
use super::*;
use crate::fusion::sample::resample::tests::chain;
use crate::reference::Image;
use crate::testing::Random;
use pixelflume_kernels::args::{ShrinkColumn, ShrinkLine, ShrinkLines, ShrinkPart, ShrinkTile};

/// The computation of the kernels of `shrink.cu`: its tables, its shared memory, and its digits.
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

    /// A byte of a row in shared memory, where a tile has its pixels; those behind them are undefined.
    fn byte(&self, tile: &ShrinkTile, position: u32, row: u32) -> u8 {
        let channels = self.image.channels as u32;
        let (x, channel) = (position / channels, position % channels);
        if x - tile.pixel >= tile.pixels || row >= self.tables.args.rows {
            return 0xa5;
        }
        assert!(x < self.width);
        let (left, top) = self.corner;
        let (x, y) = ((left + x) as usize, (top + row) as usize);
        self.image.at(x, y, channel as usize)
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

    fn sum_of_digits(digits: &[i32]) -> i32 {
        let digits = digits.iter().rev();
        digits.fold(0i32, |sum, digit| (sum << 8).wrapping_add(*digit))
    }

    /// A sum rounded to a byte.
    fn cut(sum: i32, shift: u32) -> u8 {
        (sum.wrapping_add(1 << (shift - 1)) >> shift).clamp(0, 255) as u8
    }

    fn run(&self) -> Image<u8> {
        let args = &self.tables.args;
        let tiles: Vec<ShrinkTile> = self.table(args.tiles, args.parts);
        let columns: Vec<ShrinkColumn> = self.table(args.columns, args.line_groups);
        let groups: Vec<ShrinkLines> = self.table(args.line_groups, args.lines);
        let lines: Vec<ShrinkLine> = self.table(args.lines, args.column_weights);
        let lines = &lines[..args.line_count as usize];
        let (sampled, constant) = lines.split_at(args.sampled_lines as usize);
        let channels = self.image.channels;
        let mut made = vec![0; (self.output.0 * self.output.1) as usize];
        let mut out = Image::from_fn(
            self.output.0 as usize,
            self.output.1 as usize,
            channels,
            |_, _, _| 77u8,
        );
        let mut write = |column: ShrinkColumn, y: u32, pixel: [u8; 4]| {
            let at = y as usize * self.output.0 as usize + column.x as usize;
            made[at] += 1;
            out.data[at * channels..][..channels].copy_from_slice(&pixel[..channels]);
        };
        for tile in &tiles[..self.tables.geometry.tiles as usize] {
            assert!(tile.parts <= self.tables.geometry.warps && tile.pixel.is_multiple_of(16));
            assert!(tile.columns <= 32 * self.tables.geometry.warps);
            let columns = &columns[tile.column as usize..][..tile.columns as usize];
            let wide = self.wide(tile);
            for group in &groups[..args.line_group_count as usize] {
                // Planes, which begin with the byte of a column at a multiple of four.
                let lead = columns[0].x as usize % 4;
                let plane = (lead + columns.len()).next_multiple_of(4);
                assert!(plane * channels <= args.out_pitch as usize);
                let samples = self.samples(&wide, group, (lead, plane));
                for line in 0..group.lines {
                    let entry = sampled[(group.line + line) as usize];
                    for (index, &column) in columns.iter().enumerate() {
                        if tile.adjacent == 1 {
                            assert_eq!((column.x, column.rank), (columns[0].x + index as u32, 0));
                        }
                        let mut pixel = column.pixel.to_le_bytes();
                        if column.rank == 0 {
                            for (channel, sample) in pixel.iter_mut().take(channels).enumerate() {
                                let row = line as usize * channels + channel;
                                *sample = samples[row * plane + lead + index];
                            }
                        }
                        write(column, entry.y, pixel);
                    }
                }
            }
            for line in constant {
                for &column in columns {
                    let pixel = match column.rank < line.rank {
                        true => column.pixel,
                        false => line.pixel,
                    };
                    write(column, line.y, pixel.to_le_bytes());
                }
            }
        }
        assert!(made.iter().all(|&times| times == 1), "{made:?}");
        out
    }

    /// The results of the horizontal pass for a tile: of each sample all rows, up to a whole round.
    fn wide(&self, tile: &ShrinkTile) -> Vec<Vec<u8>> {
        let args = &self.tables.args;
        let parts: Vec<ShrinkPart> = self.table(args.parts, args.columns);
        let parts = &parts[tile.part as usize..][..tile.parts as usize];
        let weights: Vec<u32> = self.table(args.column_weights, args.line_weights);
        let mut wide = vec![Vec::new(); args.out_pitch as usize];
        for part in parts.iter().filter(|part| part.samples > 0) {
            assert!(part.slot < args.ring_groups && part.samples <= 16);
            let mut all = vec![part];
            for slot in part.first_helper..part.first_helper + part.helpers {
                assert!(slot < args.helpers);
                let is_it = |other: &&ShrinkPart| other.samples == 0 && other.slot == slot;
                all.push(parts.iter().find(is_it).expect("a helper for each slot"));
            }
            for sample in 0..part.samples {
                let made = (0..args.rows.next_multiple_of(16)).map(|row| {
                    let sums = all
                        .iter()
                        .map(|part| self.sum(tile, part, &weights, sample, row));
                    Self::cut(sums.fold(0, i32::wrapping_add), args.column_shift)
                });
                wide[(part.place + sample) as usize] = made.collect();
            }
        }
        wide
    }

    /// The results of both passes for a tile and a group of rows, as the block has them in shared memory.
    fn samples(
        &self,
        wide: &[Vec<u8>],
        group: &ShrinkLines,
        (lead, plane): (usize, usize),
    ) -> Vec<u8> {
        let args = &self.tables.args;
        let planes = self.tables.planes as usize;
        let weights: Vec<u32> = self.table(args.line_weights, 0);
        let stride = planes.next_power_of_two();
        let channels = self.image.channels;
        assert!(group.end - group.first <= args.ring_rounds);
        assert_eq!(group.slot, group.first % args.ring_rounds);
        let mut samples = vec![0x5a; (8 * args.out_pitch) as usize];
        for (place, rows) in wide.iter().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            for line in 0..group.lines as usize {
                let mut sums = vec![0; planes];
                for round in group.first as usize..group.end as usize {
                    for four in 0..4 {
                        let bytes = [0, 1, 2, 3].map(|i| rows[16 * round + 4 * four + i]);
                        let matrix = (round - group.first as usize) * 32 + 4 * line + four;
                        let words = &weights[group.weights as usize + matrix * stride..];
                        for plane in 0..planes {
                            sums[plane] += Self::dot(bytes, words[plane], plane + 1 == planes);
                        }
                    }
                }
                let (column, channel) = (place / channels, place % channels);
                samples[(line * channels + channel) * plane + lead + column] =
                    Self::cut(Self::sum_of_digits(&sums), args.line_shift);
            }
        }
        samples
    }

    /// The weighted sum of the bytes of a row that a warp has for a sample.
    fn sum(
        &self,
        tile: &ShrinkTile,
        part: &ShrinkPart,
        weights: &[u32],
        sample: u32,
        row: u32,
    ) -> i32 {
        let planes = self.tables.planes as usize;
        assert!(part.steps <= 4 && part.byte.is_multiple_of(16));
        let first = tile.pixel * self.image.channels as u32;
        assert!(part.byte + 64 * part.steps <= first + self.tables.args.row_pitch);
        let mut sums = vec![0; planes];
        let words = Step::words(self.image.channels as u32, planes as u32);
        for step in 0..part.steps {
            let words = &weights[(4 * part.weights + step * words) as usize..][..words as usize];
            let byte = part.byte + 64 * step;
            for (plane, sum) in sums.iter_mut().enumerate() {
                let products = match self.image.channels {
                    1 => self.dense_products(tile, words, byte, plane, sample, row),
                    _ => self.sparse_products(tile, words, byte, plane, sample, row),
                };
                *sum += products;
            }
        }
        Self::sum_of_digits(&sums)
    }

    /// The sum of products of a digit in a step whose words are all weights.
    fn dense_products(
        &self,
        tile: &ShrinkTile,
        words: &[u32],
        byte: u32,
        plane: usize,
        sample: u32,
        row: u32,
    ) -> i32 {
        let mut sum = 0;
        for half in 0..2 {
            for word in 0..8 {
                let (q, word) = (word / 2, word % 2);
                let position = byte + 16 * q + 8 * half + 4 * word;
                let lane = sample % 8 * 4 + q;
                let index = 4 * (32 * (2 * plane as u32 + half) + lane) + 2 * word + sample / 8;
                let digits = words[index as usize];
                if digits != 0 {
                    let bytes = [0, 1, 2, 3].map(|i| self.byte(tile, position + i, row));
                    sum += Self::dot(bytes, digits, plane + 1 == self.tables.planes as usize);
                }
            }
        }
        sum
    }

    /// The same in a step whose words are two of four weights, and metadata: the sum that `mma.sp` makes.
    fn sparse_products(
        &self,
        tile: &ShrinkTile,
        words: &[u32],
        byte: u32,
        plane: usize,
        sample: u32,
        row: u32,
    ) -> i32 {
        let (values, metadata) = words.split_at(128 * self.tables.planes as usize);
        let (lane, upper) = (sample % 8 * 4, sample / 8);
        let mut sum = 0;
        // Positions of the first factor, which has 32 of 64.
        for column in 0..32 {
            let word = 4 * (32 * plane as u32 + lane + column % 16 / 4) + column / 16 * 2 + upper;
            let digits = values[word as usize] >> (8 * (column % 4)) & 255;
            let chunk = column / 2;
            let places = metadata[(lane + chunk / 8 * 2 + upper) as usize] >> (4 * (chunk % 8));
            assert!((places & 3) < (places >> 2 & 3), "positions must ascend");
            let place = places >> (2 * (column % 2)) & 3;
            if digits != 0 {
                // The lane of four that has the bytes of the second factor, and the word of its four.
                let position = byte + 16 * (chunk % 4) + 4 * (chunk / 4) + place;
                let bytes = [self.byte(tile, position, row), 0, 0, 0];
                sum += Self::dot(bytes, digits, plane + 1 == self.tables.planes as usize);
            }
        }
        sum
    }
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
