//! The frames that a run over a video loses because the pipeline fails over their batches.

use crate::report::LostReport;
use std::ops::Range;

/// Failed batches that are told one by one.
const MAX_TOLD: u64 = 20;

/// Ranges of frames that are listed.
const MAX_RANGES: usize = 100;

/// Which frames are lost, and why the first of them. What is kept is bounded, however many there are.
#[derive(Debug, Default)]
pub(crate) struct LostFrames {
    batches: u64,
    frames: u64,
    /// Those that were not told one by one.
    untold_batches: u64,
    untold_frames: u64,
    /// The first ones, in order; neighbours are one range.
    ranges: Vec<Range<u64>>,
    /// Frames of none of the ranges.
    unlisted: u64,
    first_reason: String,
}

impl LostFrames {
    /// The batch of these frames, which come after all so far, failed. What to say about it, unless that would be too much.
    pub(crate) fn add(&mut self, range: Range<u64>, reason: &str) -> Option<String> {
        let count = range.end - range.start;
        self.batches += 1;
        self.frames += count;
        if self.batches == 1 {
            self.first_reason = reason.to_owned();
        }
        let text = format!(
            "{} failed and are missing from the output: {reason}",
            frames(&range)
        );
        let room = self.ranges.len() < MAX_RANGES;
        match self.ranges.last_mut() {
            Some(last) if self.unlisted == 0 && last.end == range.start => last.end = range.end,
            _ if room => self.ranges.push(range),
            _ => self.unlisted += count,
        }
        if self.batches <= MAX_TOLD {
            return Some(text);
        }
        self.untold_batches += 1;
        self.untold_frames += count;
        None
    }

    /// What to say in the end about those that were not told.
    pub(crate) fn untold(&self) -> Option<String> {
        (self.untold_batches > 0).then(|| {
            format!(
                "{} more frames, of {} more batches, failed and are missing from the output",
                self.untold_frames, self.untold_batches
            )
        })
    }

    /// All of it in one sentence; `None` where nothing is lost.
    pub(crate) fn summary(&self) -> Option<String> {
        (self.frames > 0).then(|| {
            format!(
                "{} frames of {} batches failed and are missing from the output, the first because: {}",
                self.frames, self.batches, self.first_reason
            )
        })
    }

    /// For the report; `None` where nothing is lost.
    pub(crate) fn report(&self) -> Option<LostReport> {
        let last = |range: &Range<u64>| [range.start, range.end - 1];
        (self.frames > 0).then(|| LostReport {
            frames: self.frames,
            batches: self.batches,
            ranges: self.ranges.iter().map(last).collect(),
            unlisted: self.unlisted,
        })
    }
}

/// How messages call frames, at least one.
pub(crate) fn frames(range: &Range<u64>) -> String {
    format!("frames {} to {}", range.start, range.end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_range() {
        let mut lost = LostFrames::default();
        assert!(lost.summary().is_none() && lost.report().is_none());
        for range in [0..4, 4..8, 12..13, 13..16, 20..24] {
            let text = lost.add(range.clone(), "no").unwrap();
            assert!(text.starts_with(&frames(&range)), "{text}");
        }
        let report = lost.report().unwrap();
        assert_eq!(report.ranges, [[0, 7], [12, 15], [20, 23]]);
        assert_eq!((report.frames, report.batches, report.unlisted), (16, 5, 0));
        assert_eq!(lost.untold(), None);
        assert_eq!(
            lost.summary().unwrap(),
            "16 frames of 5 batches failed and are missing from the output, the first because: no"
        );
    }

    #[test]
    fn what_is_told_and_kept_is_bounded() {
        let mut lost = LostFrames::default();
        let told = (0..1000).filter_map(|n| lost.add(10 * n..10 * n + 3, &format!("reason {n}")));
        assert_eq!(told.count(), 20);
        let report = lost.report().unwrap();
        assert_eq!(report.ranges.len(), 100);
        assert_eq!(report.ranges[99], [990, 992]);
        assert_eq!((report.frames, report.unlisted), (3000, 2700));
        let untold = lost.untold().unwrap();
        assert!(untold.starts_with("2940 more frames, of 980 more batches, "));
        assert!(lost.summary().unwrap().ends_with("because: reason 0"));
    }
}
