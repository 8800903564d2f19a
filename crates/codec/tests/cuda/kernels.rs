//! What the kernels of `jpeg_pixels.cu` do, on a driver without a GPU: the formulas in their plainest form, from the tables that the
//! kernels get.

use crate::entropy;
use bytemuck::pod_read_unaligned;
use pixelflume_cuda_driver::testing::{DeviceMemory, Fake};
use pixelflume_kernels::args::{
    JpegColor, JpegColorsArgs, JpegImage, JpegPlane, JpegPlanesArgs, JpegSource, JpegUpsampling,
};

/// Tells the driver what all kernels of JPEG do.
pub(crate) fn tell(fake: &Fake) {
    entropy::tell(fake);
    fake.on_kernel(
        "jpeg_planes",
        size_of::<JpegPlanesArgs>(),
        |args, memory| {
            let args: JpegPlanesArgs = pod_read_unaligned(args);
            let planes: Vec<JpegPlane> = table(memory, args.planes, args.count);
            let blocks = planes.iter().map(|plane| plane.count);
            check_tiles(memory, args.first_tiles, blocks, args.tiles);
            planes.iter().for_each(|plane| to_samples(plane, memory));
        },
    );
    fake.on_kernel(
        "jpeg_colors",
        size_of::<JpegColorsArgs>(),
        |args, memory| {
            let args: JpegColorsArgs = pod_read_unaligned(args);
            let images: Vec<JpegImage> = table(memory, args.images, args.count);
            let groups = images.iter().map(|image| image.count);
            check_tiles(memory, args.first_tiles, groups, args.tiles);
            images.iter().for_each(|image| to_pixels(image, memory));
        },
    );
}

fn table<T: bytemuck::Pod>(memory: &mut DeviceMemory<'_>, address: u64, count: u32) -> Vec<T> {
    let bytes = memory.bytes(address, count as usize * size_of::<T>());
    bytes
        .chunks(size_of::<T>())
        .map(pod_read_unaligned)
        .collect()
}

/// Asserts that the tiles of 256 of each item are counted as the kernels count them.
fn check_tiles(
    memory: &mut DeviceMemory<'_>,
    address: u64,
    counts: impl ExactSizeIterator<Item = u32>,
    tiles: u32,
) {
    let firsts: Vec<u32> = table(memory, address, counts.len() as u32);
    let mut before = 0;
    for (count, first) in counts.zip(firsts) {
        assert_eq!(first, before, "the first tile of an item");
        before += count.div_ceil(256);
    }
    assert_eq!(tiles, before, "the blocks of the launch");
}

fn low_16(value: i64) -> i64 {
    i64::from(value as i16)
}

fn to_samples(plane: &JpegPlane, memory: &mut DeviceMemory<'_>) {
    for index in 0..plane.count {
        let (row, column) = (index / plane.columns, index % plane.columns);
        let block = u64::from(row) * u64::from(plane.block_pitch) + u64::from(column);
        let bytes = memory.bytes(plane.blocks + block * 128, 128);
        let coefficients: Vec<i16> = bytes.chunks(2).map(pod_read_unaligned).collect();
        let samples = inverse_dct(&coefficients, &plane.quantizer);
        for (y, line) in samples.chunks(8).enumerate() {
            let row = u64::from(row) * 8 + y as u64;
            let at = plane.samples + row * u64::from(plane.pitch) + u64::from(column) * 8;
            memory.bytes(at, 8).copy_from_slice(line);
        }
    }
}

/// The transform of a block; the quantizer is transposed.
fn inverse_dct(coefficients: &[i16], quantizer: &[u16; 64]) -> [u8; 64] {
    let flat = coefficients[8..].iter().all(|&c| c == 0);
    let mut between = [[0; 8]; 8];
    for x in 0..8 {
        let column = std::array::from_fn(|y| {
            low_16(i64::from(coefficients[8 * y + x]) * i64::from(quantizer[8 * x + y]))
        });
        let sums = match flat {
            true => [low_16(column[0] << 2); 8],
            false => pass(column, 11),
        };
        (0..8).for_each(|y| between[y][x] = sums[y]);
    }
    let rows = between.map(|row| pass(row, 18).map(|sum| (sum + 128).clamp(0, 255) as u8));
    std::array::from_fn(|at| rows[at / 8][at % 8])
}

fn pass(i: [i64; 8], shift: u32) -> [i64; 8] {
    let (e0, e1) = (low_16(i[0] + i[4]) << 13, low_16(i[0] - i[4]) << 13);
    let (e3, e2) = (10703 * i[2] + 4433 * i[6], 4433 * i[2] - 10704 * i[6]);
    let (a, b, c, f) = (e0 + e3, e1 + e2, e1 - e2, e0 - e3);
    let (z3, z4) = (low_16(i[7] + i[3]), low_16(i[5] + i[1]));
    let (y3, y4) = (-6436 * z3 + 9633 * z4, 9633 * z3 + 6437 * z4);
    let (o0, o3) = (
        -4927 * i[7] - 7373 * i[1] + y3,
        -7373 * i[7] + 4926 * i[1] + y4,
    );
    let (o1, o2) = (
        -4176 * i[5] - 20995 * i[3] + y4,
        -20995 * i[5] + 4177 * i[3] + y3,
    );
    let sums = [
        a + o3,
        b + o2,
        c + o1,
        f + o0,
        f - o0,
        c - o1,
        b - o2,
        a - o3,
    ];
    sums.map(|sum| ((sum + (1 << (shift - 1))) >> shift).clamp(-32768, 32767))
}

/// The sample of a component, or the nearest one that there is.
fn sample(source: &JpegSource, x: i64, y: i64, memory: &mut DeviceMemory<'_>) -> i64 {
    let x = x.clamp(source.left.into(), source.right.into()) as u64;
    let y = y.clamp(source.top.into(), source.bottom.into()) as u64;
    let offset = y * u64::from(source.pitch) + x;
    i64::from(memory.bytes(source.samples.wrapping_add(offset), 1)[0])
}

fn upsampled(source: &JpegSource, x: i64, y: i64, memory: &mut DeviceMemory<'_>) -> i64 {
    let (i, j) = (x / 2, y / 2);
    let (beside, above) = (i - 1 + 2 * (x % 2), j - 1 + 2 * (y % 2));
    let mut at = |x, y| sample(source, x, y, memory);
    match source.upsampling {
        JpegUpsampling::COPY => at(x, y),
        JpegUpsampling::HORIZONTAL => (3 * at(i, y) + at(beside, y) + 1 + x % 2) >> 2,
        JpegUpsampling::VERTICAL => (3 * at(x, j) + at(x, above) + 1 + y % 2) >> 2,
        JpegUpsampling::BOTH => {
            let mut column = |i| 3 * at(i, j) + at(i, above);
            (3 * column(i) + column(beside) + 8 - x % 2) >> 4
        }
        _ => at(x / i64::from(source.across), y / i64::from(source.down)),
    }
}

fn to_pixels(image: &JpegImage, memory: &mut DeviceMemory<'_>) {
    let columns = image.right.div_ceil(8) - image.left / 8;
    let rows = image.bottom.div_ceil(2) - image.top / 2;
    assert_eq!((image.columns, image.count), (columns, columns * rows));
    for y in image.top..image.bottom {
        for x in image.left..image.right {
            let pixel = pixel(image, x.into(), y.into(), memory);
            let address = image.base;
            let address = address.wrapping_add(u64::from(x).wrapping_mul(image.step_x));
            let address = address.wrapping_add(u64::from(y).wrapping_mul(image.step_y));
            let bytes = memory.bytes(address, pixel.len());
            bytes
                .iter_mut()
                .zip(pixel)
                .for_each(|(byte, sample)| *byte = sample as u8);
        }
    }
}

fn pixel(image: &JpegImage, x: i64, y: i64, memory: &mut DeviceMemory<'_>) -> Vec<i64> {
    let count = match image.color {
        JpegColor::GRAY | JpegColor::GRAY_TO_RGB => 1,
        JpegColor::YCBCR_TO_RGB | JpegColor::RGB | JpegColor::RGB_TO_GRAY => 3,
        _ => 4,
    };
    let components = image.sources[..count].iter();
    let s: Vec<i64> = components
        .map(|source| upsampled(source, x, y, memory))
        .collect();
    let ycbcr = || {
        let (u, v) = (s[1] - 128, s[2] - 128);
        let sums = [91881 * v, -22554 * u - 46802 * v, 116130 * u];
        sums.map(|sum| (s[0] + ((sum + 32768) >> 16)).clamp(0, 255))
    };
    let inverted = || ycbcr().map(|sample| 255 - sample);
    let opencv = |inks: [i64; 3]| inks.map(|ink| s[3] - (((255 - ink) * s[3]) >> 8));
    let pillow = |inks: [i64; 3]| {
        inks.map(|ink| {
            let t = (255 - ink) * s[3] + 128;
            (s[3] - (((t >> 8) + t) >> 8)).max(0)
        })
    };
    let gray = |[r, g, b]: [i64; 3]| vec![(4899 * r + 9617 * g + 1868 * b + 8192) >> 14];
    match image.color {
        JpegColor::GRAY => vec![s[0]],
        JpegColor::GRAY_TO_RGB => vec![s[0]; 3],
        JpegColor::YCBCR_TO_RGB => ycbcr().to_vec(),
        JpegColor::RGB => s,
        JpegColor::RGB_TO_GRAY => {
            vec![(19595 * s[0] + 38470 * s[1] + 7471 * s[2] + 32768) >> 16]
        }
        JpegColor::CMYK_TO_RGB => opencv([s[0], s[1], s[2]]).to_vec(),
        JpegColor::YCCK_TO_RGB => opencv(inverted()).to_vec(),
        JpegColor::CMYK_TO_GRAY => gray(opencv([s[0], s[1], s[2]])),
        JpegColor::YCCK_TO_GRAY => gray(opencv(inverted())),
        JpegColor::CMYK_TO_RGB_PILLOW => pillow([s[0], s[1], s[2]]).to_vec(),
        JpegColor::YCCK_TO_RGB_PILLOW => pillow(inverted()).to_vec(),
        other => panic!("no color {other}"),
    }
}
