//! Damage: changes of a file of which a decoder must make the best, or which it must refuse.

use crate::testing::random::Random;

/// A way to damage a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The end of the file is missing, from anywhere behind the frame header on.
    Cut,
    /// One to three bytes behind the frame header are other ones.
    Bytes,
    /// One to three bytes behind the first scan header are other ones.
    Data,
    /// One to three bytes anywhere in the file are other ones.
    AnyBytes,
    /// Markers become other markers.
    Markers,
    /// Segments are swapped, doubled or left out.
    Segments,
    /// Parts of the file are removed, doubled, or copied to another place.
    Parts,
    /// There are restart markers where none belong, or some are missing.
    Restarts,
}

impl Damage {
    /// All kinds of damage, with their names.
    pub const ALL: [(&'static str, Self); 8] = [
        ("cut", Self::Cut),
        ("bytes", Self::Bytes),
        ("data", Self::Data),
        ("any-bytes", Self::AnyBytes),
        ("markers", Self::Markers),
        ("segments", Self::Segments),
        ("parts", Self::Parts),
        ("restarts", Self::Restarts),
    ];

    /// The damaged file.
    pub fn apply(self, random: &mut Random, file: &[u8]) -> Vec<u8> {
        let mut file = file.to_vec();
        let behind_frame = behind_frame(&file).min(file.len().saturating_sub(1));
        match self {
            Self::Cut => file.truncate(behind_frame + random.below(file.len() - behind_frame)),
            Self::Bytes => change(random, &mut file[behind_frame..]),
            Self::Data => {
                let segments = ranges(&file);
                let first = segments.last().map_or(behind_frame, |range| range.end);
                change(random, &mut file[first..]);
            }
            Self::AnyBytes => change(random, &mut file),
            Self::Markers => {
                let places: Vec<usize> = places(&file, |marker| marker != 0 && marker != 0xff);
                for _ in 0..1 + random.below(2) {
                    if let Some(place) = one(random, &places) {
                        file[place + 1] = match random.chance(70) {
                            true => random.pick(&[
                                0xc0, 0xc1, 0xc2, 0xc4, 0xd0, 0xd7, 0xd9, 0xda, 0xdb, 0xdc, 0xdd,
                                0xe1, 0xfe,
                            ]),
                            false => random.byte(),
                        };
                    }
                }
            }
            Self::Parts => parts(random, &mut file),
            Self::Segments => segments(random, &mut file),
            Self::Restarts => {
                let places: Vec<usize> = places(&file, |marker| (0xd0..=0xd7).contains(&marker));
                match one(random, &places) {
                    Some(place) if random.chance(30) => drop(file.drain(place..place + 2)),
                    Some(place) if random.chance(50) => {
                        file[place + 1] = 0xd0 + random.below(8) as u8
                    }
                    _ => {
                        let place = behind_frame + random.below(file.len() - behind_frame);
                        let marker = [0xff, 0xd0 + random.below(8) as u8];
                        file.splice(place..place, marker);
                    }
                }
            }
        }
        file
    }
}

fn one(random: &mut Random, places: &[usize]) -> Option<usize> {
    (!places.is_empty()).then(|| random.pick(places))
}

fn change(random: &mut Random, bytes: &mut [u8]) {
    if bytes.is_empty() {
        return;
    }
    for _ in 0..1 + random.below(3) {
        let place = random.below(bytes.len());
        bytes[place] = match random.below(4) {
            0 => 0xff,
            1 => bytes[place] ^ 1 << random.below(8),
            _ => random.byte(),
        };
    }
}

fn parts(random: &mut Random, file: &mut Vec<u8>) {
    let first = random.below(file.len());
    let length = random.below(random.clone().pick(&[2, 8, 64, 400]));
    let range = first..(first + length).min(file.len());
    let part = file[range.clone()].to_vec();
    match random.below(3) {
        0 => drop(file.drain(range)),
        1 => drop(file.splice(first..first, part)),
        _ => {
            let place = random.below(file.len());
            let end = (place + part.len()).min(file.len());
            file.splice(place..end, part);
        }
    }
}

/// Where FF stands before a byte that is wanted.
fn places(file: &[u8], is_wanted: impl Fn(u8) -> bool) -> Vec<usize> {
    let pairs = file.windows(2).enumerate();
    let wanted = pairs.filter(|(_, pair)| pair[0] == 0xff && is_wanted(pair[1]));
    wanted.map(|(place, _)| place).collect()
}

/// The ranges of segments with a length, as far as they follow one another from the beginning.
fn ranges(file: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    let mut at = 2;
    while let Some([0xff, marker, high, low]) = file.get(at..at + 4) {
        let end = at + 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if *marker == 0xff {
            at += 1;
            continue;
        }
        if end > file.len() {
            break;
        }
        ranges.push(at..end);
        if *marker == 0xda {
            break;
        }
        at = end;
    }
    ranges
}

fn behind_frame(file: &[u8]) -> usize {
    let frames = ranges(file)
        .into_iter()
        .filter(|range| (0xc0..=0xc2).contains(&file[range.start + 1]));
    frames.map(|range| range.end).next().unwrap_or(2)
}

fn segments(random: &mut Random, file: &mut Vec<u8>) {
    let ranges = ranges(file);
    if ranges.len() < 2 {
        return;
    }
    let first = random.below(ranges.len() - 1);
    let second = first + 1 + random.below(ranges.len() - 1 - first);
    let (first, second) = (ranges[first].clone(), ranges[second].clone());
    let doubled = file[first.clone()].to_vec();
    match random.below(3) {
        0 => {
            let swapped = [
                &file[second.clone()],
                &file[first.end..second.start],
                &doubled,
            ]
            .concat();
            file.splice(first.start..second.end, swapped);
        }
        1 => drop(file.splice(second.start..second.start, doubled)),
        _ => drop(file.drain(first)),
    }
}
