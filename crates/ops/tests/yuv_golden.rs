//! The YUV conversions against OpenCV: every case of `golden/yuv.json`, which `golden/generate_yuv.py` makes.

use pixelflume_ops::yuv::{self, Planes, PlanesMut, Subsampling, YuvCoding};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Case {
    conversion: String,
    width: u32,
    height: u32,
    input: serde_json::Value,
    #[serde(default)]
    quarter: u32,
    fnv: String,
}

fn splitmix64_bytes(seed: u64, count: usize) -> Vec<u8> {
    let words = (1..=count.div_ceil(8) as u64).flat_map(|n| {
        let mut z = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).to_le_bytes()
    });
    words.take(count).collect()
}

fn fnv1a(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// The number of the 2x2 block that contains a pixel, in a frame of 4096 columns.
fn block(pixel: usize) -> usize {
    let (x, y) = (pixel % 4096, pixel / 4096);
    y / 2 * 2048 + x / 2
}

/// A frame with each Y beside each U and V, as the script makes it; `pairs` for frames with U and V side by side.
fn every_yuv(pairs: bool) -> Vec<u8> {
    let mut frame: Vec<u8> = (0..1 << 24)
        .map(|pixel| (4 * (block(pixel) & 63) + pixel / 4096 % 2 * 2 + pixel % 2) as u8)
        .collect();
    let chroma = 0..1_usize << 22;
    if pairs {
        frame.extend(chroma.flat_map(|n| [(n >> 6) as u8, (n >> 14) as u8]));
    } else {
        frame.extend(chroma.clone().map(|n| (n >> 6) as u8));
        frame.extend(chroma.map(|n| (n >> 14) as u8));
    }
    frame
}

fn every_rgb(quarter: u32) -> Vec<u8> {
    let color = |pixel| (block(pixel) as u32 + (quarter << 22)).to_le_bytes();
    (0..1 << 24)
        .flat_map(|pixel| color(pixel).into_iter().take(3))
        .collect()
}

/// The input of a case: noise, or the frame that `all` makes.
fn input(case: &Case, bytes: usize, all: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    match case.input.as_u64() {
        Some(seed) => splitmix64_bytes(seed, bytes),
        None => all(),
    }
}

fn result(case: &Case) -> Vec<u8> {
    let (width, height) = (case.width, case.height);
    let frame_bytes = Subsampling::S420.frame_bytes(width, height).unwrap();
    let rgb_bytes = frame_bytes * 2;
    let coding = YuvCoding::default();
    match case.conversion.as_str() {
        "nv12_to_rgb" => {
            let frame = input(case, frame_bytes, || every_yuv(true));
            let mut rgb = vec![0; rgb_bytes];
            yuv::nv12_to_rgb(coding, width, height, &frame, &mut rgb).unwrap();
            rgb
        }
        "i420_to_rgb" => {
            let frame = input(case, frame_bytes, || every_yuv(false));
            let mut rgb = vec![0; rgb_bytes];
            let planes = Planes::of_frame(Subsampling::S420, width, height, &frame).unwrap();
            yuv::planar_to_rgb(coding, Subsampling::S420, width, height, planes, &mut rgb).unwrap();
            rgb
        }
        "rgb_to_i420" => {
            let rgb = input(case, rgb_bytes, || every_rgb(case.quarter));
            let mut frame = vec![0; frame_bytes];
            let planes = PlanesMut::of_frame(Subsampling::S420, width, height, &mut frame).unwrap();
            yuv::rgb_to_planar(coding, Subsampling::S420, width, height, &rgb, planes).unwrap();
            frame
        }
        other => panic!("no conversion {other}"),
    }
}

#[test]
fn conversions_equal_opencv() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/yuv.json")).unwrap();
    let different: Vec<&Case> = cases
        .iter()
        .filter(|case| fnv1a(&result(case)) != case.fnv)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
    assert_eq!(cases.len(), 42);
}
