//! The encoder against OpenCV and Pillow: the same bytes.

use pixelflume_jpeg::{
    Color, Decoder, EncodeError, EncodeOptions, Encoder, Header, MAX_SIDE, Options, Source,
    Subsampling, Target,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

/// The files of OpenCV and Pillow: see `golden/encode.py`.
const GOLDEN: &str = include_str!("golden/encode.tsv");

/// The image that `golden/encode.py` computes in the same way.
fn pixels(kind: &str, width: u64, height: u64, channels: u64, seed: u64) -> Vec<u8> {
    let sample = |number: u64| {
        let (x, y) = (number / channels % width, number / channels / width);
        let mixed = number
            .wrapping_add(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let noise = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 56;
        let slope = x * (1 + seed % 5) + y * (1 + seed % 3) + number % channels * 40;
        let up = slope % 64;
        let value = match kind {
            "noise" => noise,
            "extremes" => (noise >> 7) * 255,
            "smooth" => slope + noise / 64,
            "waves" => up * up / 8 + (noise >> 5),
            _ => panic!("no kind {kind}"),
        };
        value as u8
    };
    (0..width * height * channels).map(sample).collect()
}

fn subsampling(name: &str) -> Subsampling {
    let mut all = Subsampling::ALL.into_iter();
    all.find(|one| one.name() == name).unwrap()
}

#[test]
fn files_are_those_of_opencv_and_pillow() {
    let mut encoder = Encoder::new();
    let mut checked = 0;
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [
            kind,
            width,
            height,
            channels,
            seed,
            quality,
            factors,
            optimize,
            restart,
            length,
            hash,
        ] = columns[..]
        else {
            panic!("{line}");
        };
        let number = |text: &str| text.parse::<u32>().unwrap();
        let (width, height, channels) = (number(width), number(height), number(channels));
        let of = u64::from;
        let data = pixels(kind, of(width), of(height), of(channels), of(number(seed)));
        let options = EncodeOptions {
            quality: number(quality) as u8,
            subsampling: subsampling(factors),
            optimize: number(optimize) == 1,
            restart_interval: number(restart) as u16,
        };
        let source = Source {
            data: &data,
            pitch: (width * channels) as usize,
            width,
            height,
            channels,
        };
        let mut file = Vec::new();
        encoder.encode(&source, &options, &mut file).unwrap();
        assert_eq!(file.len(), number(length) as usize, "{line}");
        let hashed: String = Sha256::digest(&file)[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hashed, hash, "{line}");
        checked += 1;
    }
    assert!(checked >= 1000, "{checked}");
}

fn encoded(source: &Source<'_>, options: &EncodeOptions) -> Result<Vec<u8>, EncodeError> {
    let mut file = Vec::new();
    Encoder::new().encode(source, options, &mut file)?;
    Ok(file)
}

#[test]
fn what_cannot_be_encoded_is_refused_with_its_numbers() {
    let data = [0; 4 * 3 * 3];
    let source = Source {
        data: &data,
        pitch: 12,
        width: 4,
        height: 3,
        channels: 3,
    };
    let text = |source: Source<'_>, quality| {
        let options = EncodeOptions {
            quality,
            ..EncodeOptions::default()
        };
        encoded(&source, &options).map_err(|error| error.to_string())
    };
    assert!(text(source, 1).is_ok() && text(source, 100).is_ok());
    for quality in [0, 101, 255] {
        let error = text(source, quality).unwrap_err();
        assert_eq!(error, format!("quality {quality} is not from 1 to 100"));
    }
    let error = text(Source { width: 0, ..source }, 90).unwrap_err();
    assert!(
        error.starts_with("0x3 is no size of a JPEG image"),
        "{error}"
    );
    let wide = Source {
        width: MAX_SIDE + 1,
        ..source
    };
    let error = text(wide, 90).unwrap_err();
    assert!(error.contains("from 1 to 65500"), "{error}");
    let error = text(
        Source {
            channels: 4,
            ..source
        },
        90,
    )
    .unwrap_err();
    assert!(error.contains("4 channels"), "{error}");
    let error = text(
        Source {
            pitch: 11,
            ..source
        },
        90,
    )
    .unwrap_err();
    assert_eq!(
        error,
        "a pitch of 11 bytes is less than the 12 bytes of a row"
    );
    let error = text(
        Source {
            height: 4,
            ..source
        },
        90,
    )
    .unwrap_err();
    assert_eq!(error, "the rows take 48 bytes, and the data have 36");
    let far = Source {
        pitch: usize::MAX,
        ..source
    };
    assert!(text(far, 90).unwrap_err().contains("the rows take"));
}

fn options() -> impl Strategy<Value = EncodeOptions> {
    let subsampling = prop::sample::select(&Subsampling::ALL[..]);
    (1..=100_u8, subsampling, any::<bool>(), 0..20_u16).prop_map(
        |(quality, subsampling, optimize, restart_interval)| EncodeOptions {
            quality,
            subsampling,
            optimize,
            restart_interval,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn padding_and_earlier_images_change_nothing(
        seed: u16,
        kind in prop::sample::select(&["noise", "extremes", "smooth", "waves"][..]),
        (width, height, channels) in (1..=40_u32, 1..=40_u32, prop::sample::select(&[1_u32, 3][..])),
        (first, second) in (options(), options()),
        padding in 0..40_usize,
    ) {
        let data = pixels(kind, 64, 64, 3, seed.into());
        let row = (width * channels) as usize;
        let padded = Source { data: &data, pitch: row + padding, width, height, channels };
        let rows: Vec<u8> = (0..height as usize)
            .flat_map(|y| data[y * (row + padding)..][..row].to_vec())
            .collect();
        let tight = Source { data: &rows, pitch: row, ..padded };
        let mut encoder = Encoder::new();
        for options in [first, second] {
            let mut file = Vec::new();
            encoder.encode(&padded, &options, &mut file).unwrap();
            prop_assert_eq!(&file, &encoded(&tight, &options).unwrap());
            // One marker ends the file, and no other one is in the scan but restarts.
            prop_assert_eq!(&file[file.len() - 2..], [0xff, 0xd9]);
        }
    }

    #[test]
    fn what_is_written_is_read(
        seed: u16,
        kind in prop::sample::select(&["noise", "extremes", "smooth", "waves"][..]),
        (width, height, channels) in (1..=64_u32, 1..=64_u32, prop::sample::select(&[1_u32, 3][..])),
        options in options(),
    ) {
        let of = u64::from;
        let data = pixels(kind, of(width), of(height), of(channels), seed.into());
        let pitch = (width * channels) as usize;
        let source = Source { data: &data, pitch, width, height, channels };
        let file = encoded(&source, &options).unwrap();
        let header = Header::read(&file).unwrap();
        prop_assert_eq!((header.frame().width(), header.frame().height()), (width, height));
        let mut read = vec![0; data.len()];
        let color = if channels == 1 { Color::Gray } else { Color::Rgb };
        let to = Target { data: &mut read, pitch };
        Decoder::new().decode(&file, &Options { color, ..Options::default() }, to).unwrap();
        let full = channels == 1 || options.subsampling == Subsampling::S444;
        if full && options.quality >= 95 {
            let far = data.iter().zip(&read).map(|(a, b)| a.abs_diff(*b)).max();
            prop_assert!(far <= Some(40), "{far:?}");
        }
    }
}
