//! What threads do together: barriers, exchanges within a warp, and products of matrices.

use super::block::LANES;
use super::thread::{State, Surroundings, Thread};
use crate::ptx::{Operand, Reduction, Shuffle, Sync, Vote};

/// Releases the block's threads where all that have not ended wait at a barrier; whether they were.
pub(super) fn barrier(threads: &mut [Thread<'_>], around: &Surroundings<'_>) -> bool {
    let mut count = 0;
    let mut all = true;
    let mut any = false;
    let mut waiting = false;
    for thread in threads.iter() {
        if thread.state == State::Ended {
            continue;
        }
        match thread.waits_at() {
            Some(Sync::Barrier(None)) => {}
            Some(Sync::Barrier(Some((_, _, predicate)))) => {
                let holds = thread.value(*predicate, around) & 1 == 1;
                count += u64::from(holds);
                all &= holds;
                any |= holds;
            }
            _ => return false,
        }
        waiting = true;
    }
    for thread in threads
        .iter_mut()
        .filter(|thread| thread.state != State::Ended)
    {
        if let Some(Sync::Barrier(Some((reduction, d, _)))) = thread.waits_at() {
            let value = match reduction {
                Reduction::Count => count,
                Reduction::All => u64::from(all),
                Reduction::Any => u64::from(any),
            };
            thread.set(*d, value);
        }
        thread.go_on();
    }
    waiting
}

/// Lets lanes go on that wait at one instruction with all lanes of their mask; whether there were some.
pub(super) fn warp(threads: &mut [Thread<'_>], around: &Surroundings<'_>) -> bool {
    let mut went_on = false;
    for first in 0..threads.len() {
        let Some(sync) = threads[first].waits_at() else {
            continue;
        };
        let Some(mask) = mask_of(sync) else {
            continue;
        };
        let mask = threads[first].value(mask, around) as u32;
        let lanes: Vec<usize> = (0..threads.len())
            .filter(|lane| mask >> lane & 1 == 1 && threads[*lane].state != State::Ended)
            .collect();
        let same = |lane: &usize| {
            threads[*lane]
                .waits_at()
                .is_some_and(|other| std::ptr::eq(other, sync))
        };
        if !lanes.contains(&first) || !lanes.iter().all(same) {
            continue;
        }
        let results: Vec<Vec<(u32, u64)>> = results(threads, &lanes, sync, around);
        for (lane, results) in lanes.iter().zip(results) {
            for (register, value) in results {
                threads[*lane].set(register, value);
            }
            threads[*lane].go_on();
        }
        went_on = true;
    }
    went_on
}

/// The lanes that take part; `None` for a barrier of the block.
fn mask_of(sync: &Sync) -> Option<Operand> {
    match sync {
        Sync::Barrier(_) => None,
        Sync::Warp { mask }
        | Sync::Shuffle { mask, .. }
        | Sync::Vote { mask, .. }
        | Sync::Match { mask, .. }
        | Sync::Reduce { mask, .. } => Some(*mask),
        Sync::Multiply { .. } => Some(Operand::Number(u32::MAX.into())),
    }
}

/// What each lane writes to its registers.
fn results(
    threads: &[Thread<'_>],
    lanes: &[usize],
    sync: &Sync,
    around: &Surroundings<'_>,
) -> Vec<Vec<(u32, u64)>> {
    let value = |lane: usize, operand: Operand| threads[lane].value(operand, around);
    let each = |f: &dyn Fn(usize) -> Vec<(u32, u64)>| lanes.iter().map(|lane| f(*lane)).collect();
    match sync {
        Sync::Barrier(_) | Sync::Warp { .. } => vec![Vec::new(); lanes.len()],
        Sync::Shuffle {
            mode,
            d,
            inside,
            a,
            b,
            c,
            ..
        } => each(&|lane| {
            let (b, c) = (value(lane, *b) as usize & 31, value(lane, *c) as usize);
            let (clamp, segment) = (c & 31, (c >> 8) & 31);
            let first = lane & segment;
            let last = first | (clamp & !segment);
            let (source, is_inside) = match mode {
                Shuffle::Up => (lane.wrapping_sub(b), lane >= last + b),
                Shuffle::Down => (lane + b, lane + b <= last),
                Shuffle::Butterfly => (lane ^ b, lane ^ b <= last),
                Shuffle::Index => (first | (b & !segment), first | (b & !segment) <= last),
            };
            // Of a lane that takes no part the value is not defined.
            let source = if is_inside && lanes.contains(&source) {
                source
            } else {
                lane
            };
            let mut results = vec![(*d, value(source, *a))];
            results.extend(inside.map(|inside| (inside, u64::from(is_inside))));
            results
        }),
        Sync::Vote { mode, d, a, .. } => {
            let holds = |lane: &usize| value(*lane, *a) & 1 == 1;
            let result = match mode {
                Vote::All => u64::from(lanes.iter().all(holds)),
                Vote::Any => u64::from(lanes.iter().any(holds)),
                Vote::Ballot => lanes
                    .iter()
                    .filter(|lane| holds(lane))
                    .map(|lane| 1 << lane)
                    .sum(),
            };
            vec![vec![(*d, result)]; lanes.len()]
        }
        Sync::Match { d, a, bits, .. } => each(&|lane| {
            let number = |lane: usize| value(lane, *a) << (64 - bits);
            let same = lanes.iter().filter(|other| number(**other) == number(lane));
            vec![(*d, same.map(|lane| 1 << lane).sum())]
        }),
        Sync::Reduce { f, d, a, .. } => {
            let numbers = lanes.iter().map(|lane| value(*lane, *a));
            let result = numbers.reduce(f).unwrap_or(0);
            vec![vec![(*d, result)]; lanes.len()]
        }
        Sync::Multiply { d, a, b, c, signed } => each(&|lane| {
            let element = |word: u64, index: usize, signed: bool| {
                let byte = (word >> (8 * index)) as u8;
                if signed {
                    i32::from(byte as i8)
                } else {
                    i32::from(byte)
                }
            };
            // Row `lane / 4` of the product, columns `2 * (lane % 4)` and the next. A lane holds four elements of a row of the first
            // matrix, and four of a column of the second.
            let row = lane / 4;
            let of_column = |part: usize| {
                let column = 2 * (lane % 4) + part;
                let mut sum = value(lane, c[part]) as i32;
                for quarter in 0..4 {
                    let (left, right) = (
                        value(4 * row + quarter, *a),
                        value(4 * column + quarter, *b),
                    );
                    for index in 0..4 {
                        let product =
                            element(left, index, signed[0]) * element(right, index, signed[1]);
                        sum = sum.wrapping_add(product);
                    }
                }
                (d[part], u64::from(sum as u32))
            };
            match lanes.len() == LANES {
                true => vec![of_column(0), of_column(1)],
                // The instruction is one of whole warps: without them it has no value.
                false => d.map(|d| (d, 0xCDCD_CDCD)).to_vec(),
            }
        }),
    }
}
