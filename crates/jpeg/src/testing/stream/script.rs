//! Which scans a stream has, in what order.

use crate::testing::model::frame::Frame;
use crate::testing::random::Random;

/// A scan that is to be written.
#[derive(Clone, Debug)]
pub(super) struct ScanPlan {
    /// Indices of components in the frame.
    pub(super) components: Vec<usize>,
    pub(super) ss: usize,
    pub(super) se: usize,
    pub(super) ah: u32,
    pub(super) al: u32,
}

impl ScanPlan {
    fn whole(components: Vec<usize>) -> Self {
        Self {
            components,
            ss: 0,
            se: 63,
            ah: 0,
            al: 0,
        }
    }
}

/// Whether the components may share a scan: at most ten blocks.
fn may_share(frame: &Frame, components: &[usize]) -> bool {
    let blocks = components
        .iter()
        .map(|c| frame.components[*c].h * frame.components[*c].v);
    blocks.sum::<usize>() <= 10
}

/// The scans of a sequential file: all components in one, or groups of them in any order.
pub(super) fn sequential(random: &mut Random, frame: &Frame) -> Vec<ScanPlan> {
    let all: Vec<usize> = (0..frame.components.len()).collect();
    if may_share(frame, &all) && random.chance(70) {
        return vec![ScanPlan::whole(all)];
    }
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for component in all {
        let open = groups.last_mut().filter(|_| random.chance(40));
        match open {
            Some(group) if may_share(frame, &[&group[..], &[component]].concat()) => {
                group.push(component)
            }
            _ => groups.push(vec![component]),
        }
    }
    random.shuffle(&mut groups);
    if random.chance(4) {
        groups.pop();
    }
    if random.chance(4)
        && let Some(group) = groups.first().cloned()
    {
        groups.push(group);
    }
    if groups.is_empty() {
        groups.push(vec![0]);
    }
    if random.chance(2) {
        groups.iter_mut().for_each(|group| random.shuffle(group));
    }
    groups.into_iter().map(ScanPlan::whole).collect()
}

/// The scans of a progressive file, each coefficient in one or more of them, in any order that keeps the refinements of a
/// coefficient behind one another.
pub(super) fn progressive(random: &mut Random, frame: &Frame, deepest: u32) -> Vec<ScanPlan> {
    // For each component, and in it for DC and each band of AC, the scans in their order, the last one first.
    let mut queues: Vec<Vec<ScanPlan>> = Vec::new();
    for component in 0..frame.components.len() {
        queues.push(refinements(random, component, 0, 0, deepest));
        let mut first = 1;
        while first < 64 {
            let last = match random.chance(40) {
                true => 63,
                false => random.range(first as i32, 63) as usize,
            };
            queues.push(refinements(random, component, first, last, deepest));
            first = last + 1;
        }
    }
    let mut scans = Vec::new();
    loop {
        queues.retain(|queue| !queue.is_empty());
        if queues.is_empty() {
            return scans;
        }
        // Encoders begin with DC; streams here most often.
        let place = match queues
            .iter()
            .position(|queue| queue.last().is_some_and(|scan| scan.ss == 0))
        {
            Some(place) if random.chance(60) => place,
            _ => random.below(queues.len()),
        };
        let Some(mut scan) = queues[place].pop() else {
            continue;
        };
        if scan.ss == 0 {
            share(random, frame, &mut scan, &mut queues);
        }
        scans.push(scan);
    }
}

/// Takes DC scans of other components into this one, if they are of the same accuracy.
fn share(random: &mut Random, frame: &Frame, scan: &mut ScanPlan, queues: &mut [Vec<ScanPlan>]) {
    for queue in queues {
        let Some(next) = queue.last() else {
            continue;
        };
        let joined = [&scan.components[..], &next.components[..]].concat();
        let is_alike = next.ss == 0 && (next.ah, next.al) == (scan.ah, scan.al);
        if is_alike && may_share(frame, &joined) && random.chance(80) {
            scan.components = joined;
            queue.pop();
        }
    }
    scan.components.sort_unstable();
    if random.below(200) == 0 {
        random.shuffle(&mut scan.components);
    }
}

fn refinements(
    random: &mut Random,
    component: usize,
    ss: usize,
    se: usize,
    deepest: u32,
) -> Vec<ScanPlan> {
    let first = match random.chance(50) {
        true => 0,
        false => random.below(deepest as usize + 1) as u32,
    };
    (0..=first)
        .map(|al| ScanPlan {
            components: vec![component],
            ss,
            se,
            ah: if al == first { 0 } else { al + 1 },
            al,
        })
        .collect()
}
