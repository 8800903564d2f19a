//! Tests of every conversion against its reference, and of the errors.

use super::*;
use proptest::prelude::*;

/// That of OpenCV.
const CODING: YuvCoding = YuvCoding {
    matrix: YuvMatrix::Bt601,
    range: YuvRange::Limited,
};
const ALL: [Subsampling; 3] = [Subsampling::S420, Subsampling::S422, Subsampling::S444];

/// Bytes that look like noise.
fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let byte = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(byte).collect()
}

fn check_size(width: u32, height: u32, seed: u64) {
    let (columns, rows) = (width as usize, height as usize);
    let pixels = columns * rows;
    let coding = YuvCoding {
        matrix: YuvMatrix::ALL[(seed % 3) as usize],
        range: YuvRange::ALL[(seed / 3 % 2) as usize],
    };
    for subsampling in ALL {
        let frame = noise(subsampling.frame_bytes(width, height).unwrap(), seed);
        let mut rgb = vec![1; 3 * pixels];
        let planes = Planes::of_frame(subsampling, width, height, &frame).unwrap();
        planar_to_rgb(coding, subsampling, width, height, planes, &mut rgb).unwrap();
        let expected = reference::planar_to_rgb(coding, subsampling, columns, rows, &frame);
        assert!(rgb == expected, "{subsampling:?} {width}x{height} to RGB");

        let rgb = noise(3 * pixels, seed ^ 1);
        let mut frame = vec![1; frame.len()];
        let planes = PlanesMut::of_frame(subsampling, width, height, &mut frame).unwrap();
        rgb_to_planar(coding, subsampling, width, height, &rgb, planes).unwrap();
        let expected = reference::rgb_to_planar(coding, subsampling, columns, rows, &rgb);
        assert!(
            frame == expected,
            "{subsampling:?} {width}x{height} from RGB"
        );
    }
    let frame = noise(nv12_bytes(width, height).unwrap(), seed);
    let mut rgb = vec![1; 3 * pixels];
    nv12_to_rgb(coding, width, height, &frame, &mut rgb).unwrap();
    let expected = reference::nv12_to_rgb(coding, columns, rows, &frame);
    assert!(rgb == expected, "NV12 {width}x{height}");
}

#[test]
fn widths_around_the_blocks_equal_the_reference() {
    for width in (1..=70).chain([127, 128, 129, 191, 193, 640]) {
        for height in 1..=5 {
            check_size(width, height, u64::from(width * 8 + height));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_size_equals_the_reference(width in 1u32..300, height in 1u32..40, seed: u64) {
        check_size(width, height, seed);
    }
}

#[test]
fn all_samples_equal_the_reference() {
    // Each Y with each U and V, as a frame of 4096 x 4096 without shared chroma; and each color.
    let (width, pixels) = (4096, 1 << 24);
    let mut frame = vec![0; 3 * pixels];
    for n in 0..pixels {
        frame[n] = n as u8;
        frame[pixels + n] = (n >> 8) as u8;
        frame[2 * pixels + n] = (n >> 16) as u8;
    }
    let mut rgb = vec![0; 3 * pixels];
    let planes = Planes::of_frame(Subsampling::S444, width, width, &frame).unwrap();
    planar_to_rgb(CODING, Subsampling::S444, width, width, planes, &mut rgb).unwrap();
    for (n, pixel) in rgb.as_chunks::<3>().0.iter().enumerate() {
        let [y, u, v, _] = (n as u32).to_le_bytes();
        assert_eq!(*pixel, reference::pixel_to_rgb(CODING, [y, u, v]), "{n:#x}");
    }
    for (n, pixel) in rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let [r, g, b, _] = (n as u32).to_le_bytes();
        *pixel = [r, g, b];
    }
    let planes = PlanesMut::of_frame(Subsampling::S444, width, width, &mut frame).unwrap();
    rgb_to_planar(CODING, Subsampling::S444, width, width, &rgb, planes).unwrap();
    for n in 0..pixels {
        let [r, g, b, _] = (n as u32).to_le_bytes();
        let yuv = [frame[n], frame[pixels + n], frame[2 * pixels + n]];
        assert_eq!(yuv, reference::pixel_to_yuv(CODING, [r, g, b]), "{n:#x}");
    }
}

#[test]
fn sizes_of_planes_round_up() {
    for (subsampling, size, bytes) in [
        (Subsampling::S420, (3, 2), 15 + 12),
        (Subsampling::S422, (3, 3), 15 + 18),
        (Subsampling::S444, (5, 3), 45),
    ] {
        assert_eq!(subsampling.chroma_size(5, 3), size);
        assert_eq!(subsampling.frame_bytes(5, 3), Ok(bytes));
    }
    assert_eq!(nv12_bytes(1, 1), Ok(3));
}

#[test]
fn wrong_lengths_are_refused_by_plane() {
    let subsampling = Subsampling::S420;
    let (y, uv) = (vec![0; 15], vec![0; 6]);
    let planes = |y, u, v| Planes { y, u, v };
    let mut rgb = vec![7; 45];
    for (wrong, what) in [
        (
            planes(&y[1..], &uv, &uv),
            "the Y plane of a frame of 5x3 has 15 bytes, got 14",
        ),
        (
            planes(&y, &uv[1..], &uv),
            "the U plane (4:2:0) of a frame of 5x3 has 6 bytes, got 5",
        ),
        (
            planes(&y, &uv, &[]),
            "the V plane (4:2:0) of a frame of 5x3 has 6 bytes, got 0",
        ),
    ] {
        let error = planar_to_rgb(CODING, subsampling, 5, 3, wrong, &mut rgb).unwrap_err();
        assert_eq!(error.to_string(), what);
    }
    let error = planar_to_rgb(
        CODING,
        subsampling,
        5,
        3,
        planes(&y, &uv, &uv),
        &mut rgb[1..],
    );
    let expected = "the RGB image of a frame of 5x3 has 45 bytes, got 44";
    assert_eq!(error.unwrap_err().to_string(), expected);
    assert!(nv12_to_rgb(CODING, 5, 3, &y, &mut rgb).is_err());
    assert!(Planes::of_frame(subsampling, 5, 3, &y).is_err());
    assert!(rgb.iter().all(|&sample| sample == 7));
}

#[test]
fn impossible_sizes_are_refused() {
    assert_eq!(
        Subsampling::S420.frame_bytes(0, 3),
        Err(YuvError::Empty {
            width: 0,
            height: 3
        })
    );
    let most = u32::MAX;
    for subsampling in ALL {
        assert!(matches!(
            subsampling.frame_bytes(most, most),
            Err(YuvError::TooLarge { .. })
        ));
    }
    assert!(nv12_to_rgb(CODING, most, most, &[], &mut []).is_err());
}
