//! Files of 1920x1080 pixels to RGB, on one core.
//!
//! `cargo bench -p pixelflume-jpeg --bench decode`. The image is the photograph `examples/photos/rocket.jpg`, enlarged and encoded at
//! quality 90. Other files, progressive ones for example, are measured too if `PIXELFLUME_JPEG_FILES` names them, separated by colons.

use criterion::{Criterion, criterion_group, criterion_main};
use pixelflume_jpeg::{
    Decoder, EncodeOptions, Encoder, Header, Options, Rect, Source, Subsampling, Target,
};
use std::hint::black_box;

const WIDTH: usize = 1920;
const HEIGHT: usize = 1080;

/// Pixels of RGB, with their width and height.
fn decode(decoder: &mut Decoder, file: &[u8], data: &mut Vec<u8>) -> (usize, usize) {
    let header = Header::read(file).expect("a JPEG file");
    let (width, height) = (
        header.frame().width() as usize,
        header.frame().height() as usize,
    );
    data.resize(width * height * 3, 0);
    let target = Target {
        data,
        pitch: width * 3,
    };
    decoder
        .decode(file, &Options::default(), target)
        .expect("a whole JPEG file");
    (width, height)
}

/// The photograph, enlarged to the size of the bench by linear interpolation, at quality 90.
fn enlarged(photo: &[u8], subsampling: Subsampling) -> Vec<u8> {
    let mut data = Vec::new();
    let (width, height) = decode(&mut Decoder::new(), photo, &mut data);
    let at = |x: usize, y: usize, c: usize| {
        f64::from(data[(y.min(height - 1) * width + x.min(width - 1)) * 3 + c])
    };
    let mut large = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in 0..HEIGHT {
        let row = y as f64 * height as f64 / HEIGHT as f64;
        for x in 0..WIDTH {
            let column = x as f64 * width as f64 / WIDTH as f64;
            let (i, j) = (column as usize, row as usize);
            let (u, v) = (column.fract(), row.fract());
            for c in 0..3 {
                let above = at(i, j, c) * (1.0 - u) + at(i + 1, j, c) * u;
                let below = at(i, j + 1, c) * (1.0 - u) + at(i + 1, j + 1, c) * u;
                large.push((above * (1.0 - v) + below * v) as u8);
            }
        }
    }
    let source = Source {
        data: &large,
        pitch: WIDTH * 3,
        width: WIDTH as u32,
        height: HEIGHT as u32,
        channels: 3,
    };
    let mut file = Vec::new();
    let options = EncodeOptions {
        quality: 90,
        subsampling,
        ..EncodeOptions::default()
    };
    Encoder::new()
        .encode(&source, &options, &mut file)
        .expect("a memory target");
    file
}

fn bench(criterion: &mut Criterion) {
    let photo = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/photos/rocket.jpg"
    );
    let photo = std::fs::read(photo).expect("the photograph of the repository");
    let mut files = vec![
        ("4:2:0".to_owned(), enlarged(&photo, Subsampling::S420)),
        ("4:4:4".to_owned(), enlarged(&photo, Subsampling::S444)),
    ];
    let paths = std::env::var("PIXELFLUME_JPEG_FILES").unwrap_or_default();
    for path in paths.split(':').filter(|path| !path.is_empty()) {
        files.push((
            path.to_owned(),
            std::fs::read(path).expect("a readable file"),
        ));
    }
    let mut group = criterion.benchmark_group("decode");
    let (mut decoder, mut data) = (Decoder::new(), Vec::new());
    for (name, file) in &files {
        let name = format!("{name}, {} KB", file.len() / 1000);
        group.bench_function(&name, |bencher| {
            bencher.iter(|| decode(&mut decoder, black_box(file), &mut data));
        });
        // One row at the bottom: nearly all of the time is entropy decoding.
        let (_, height) = decode(&mut decoder, file, &mut data);
        let crop = Some(Rect {
            x: 0,
            y: height as u32 - 1,
            width: 8,
            height: 1,
        });
        let options = Options {
            crop,
            ..Options::default()
        };
        group.bench_function(format!("{name}, entropy decoding"), |bencher| {
            bencher.iter(|| {
                let target = Target {
                    data: &mut data,
                    pitch: 24,
                };
                decoder
                    .decode(black_box(file), &options, target)
                    .expect("a whole JPEG file");
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
