//! Tests of headers that are read and of headers that are refused.

use super::*;
use proptest::prelude::*;

const LIMIT: u64 = 1 << 28;

fn parse(line: &str) -> Result<Header, HeaderError> {
    Header::parse(line.as_bytes(), LIMIT)
}

fn refused(line: &str) -> String {
    parse(line).unwrap_err().to_string()
}

#[test]
fn what_ffmpeg_writes_is_read() {
    let header =
        parse("YUV4MPEG2 W33 H17 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL")
            .unwrap();
    let ratio = |numerator, denominator| {
        Some(Ratio {
            numerator,
            denominator,
        })
    };
    let expected = Stream {
        width: 33,
        height: 17,
        format: PixelFormat::Planar(Subsampling::S420),
        coding: YuvCoding::default(),
        timing: Timing {
            rate: ratio(30_000, 1001),
            interlacing: Some(Interlacing::Progressive),
            aspect: ratio(1, 1),
        },
    };
    assert_eq!((header.stream, header.full_range), (expected, true));
}

#[test]
fn color_spaces_are_read_by_name() {
    let planar = PixelFormat::Planar;
    for (name, format) in [
        ("", planar(Subsampling::S420)),
        ("C420", planar(Subsampling::S420)),
        ("C420jpeg", planar(Subsampling::S420)),
        ("C420mpeg2", planar(Subsampling::S420)),
        ("C420paldv", planar(Subsampling::S420)),
        ("XYSCSS=420MPEG2", planar(Subsampling::S420)),
        ("XYSCSS=444", planar(Subsampling::S444)),
        ("C422", planar(Subsampling::S422)),
        ("C444 XYSCSS=nonsense", planar(Subsampling::S444)),
        ("Cmono XCOLORRANGE=LIMITED", PixelFormat::Gray),
    ] {
        let header = parse(&format!("YUV4MPEG2 W2 H1 {name}")).unwrap();
        assert_eq!(
            (header.stream.format, header.full_range),
            (format, false),
            "{name}"
        );
    }
    for (name, text) in [
        ("C420p10", "\"420p10\": samples are read with 8 bits"),
        ("C422p16", "8 bits"),
        ("C444p12", "8 bits"),
        ("Cmono16", "8 bits"),
        ("C444alpha", "transparency"),
        ("C411", "4:2:0, 4:2:2 or 4:4:4"),
        ("XYSCSS=411", "4:2:0, 4:2:2 or 4:4:4"),
        ("C420jpg", "known are 420, 420jpeg"),
        ("C", "known are"),
        ("C\u{1b}[31m", "\\x1b"),
    ] {
        let error = refused(&format!("YUV4MPEG2 {name} W2 H1"));
        assert!(error.contains(text), "{name}: {error}");
    }
}

#[test]
fn mistakes_are_told() {
    for (line, text) in [
        ("", "begins with \"\", not with YUV4MPEG2"),
        ("YUV4MPEG W2 H1", "no Y4M stream"),
        ("YUV4MPEG2W2 H1", "no Y4M stream"),
        ("YUV4MPEG2 H1", "does not say the width (W)"),
        ("YUV4MPEG2 W1", "does not say the height (H)"),
        ("YUV4MPEG2 W1 H1 W2", "two parameters W"),
        ("YUV4MPEG2 W0 H1", "0x1 has no pixels"),
        ("YUV4MPEG2 W+1 H1", "for example W1920"),
        ("YUV4MPEG2 W H1", "for example W1920"),
        ("YUV4MPEG2 W1 H-1", "for example H1080"),
        ("YUV4MPEG2 W1 H4294967296", "for example H1080"),
        ("YUV4MPEG2 W1 H1 F25", "for example F30000:1001"),
        ("YUV4MPEG2 W1 H1 A:", "for example A1:1"),
        ("YUV4MPEG2 W1 H1 Ix", "Ip, It, Ib, Im or I?"),
        ("YUV4MPEG2 W1 H1 Ipp", "Ip, It, Ib, Im or I?"),
        ("YUV4MPEG2 W1 H1 Q", "W, H, F, I, A, C and X"),
    ] {
        let error = refused(line);
        assert!(error.contains(text), "{line}: {error}");
    }
}

#[test]
fn sizes_are_bounded() {
    assert!(parse("YUV4MPEG2 W16384 H16384").is_ok());
    for size in ["W16385 H16384", "W4294967295 H4294967295", "W268435457 H1"] {
        let error = refused(&format!("YUV4MPEG2 {size}"));
        assert!(error.contains("is more than 268435456 pixels"), "{error}");
    }
}

#[test]
fn long_values_are_shown_in_part() {
    let error = refused(&format!("YUV4MPEG2 W{}", "1".repeat(3000)));
    assert!(error.len() < 200, "{error}");
}

proptest! {
    #[test]
    fn no_line_breaks_the_parser(line: Vec<u8>) {
        let _ = Header::parse(&line, LIMIT);
    }

    #[test]
    fn changed_lines_are_read_or_refused(at in 0usize..70, byte: u8, cut in 0usize..70) {
        let mut line = b"YUV4MPEG2 W33 H17 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG XCOLORRANGE=FULL".to_vec();
        line[at] = byte;
        line.truncate(line.len() - cut);
        if let Ok(header) = Header::parse(&line, 1000) {
            let pixels = u64::from(header.stream.width) * u64::from(header.stream.height);
            prop_assert!((1..=1000).contains(&pixels));
        }
    }
}
