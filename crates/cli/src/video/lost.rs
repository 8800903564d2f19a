//! The frames of a video that are lost because the pipeline failed on their batches.

use crate::report::LostReport;
use std::ops::Range;

/// The number of failed batches that are reported one by one.
const MAX_TOLD: u64 = 20;

/// The number of ranges of frames that are listed.
const MAX_RANGES: usize = 100;

/// The lost frames, and the reason of the first failure. Its size is bounded, however many frames are lost.
#[derive(Debug, Default)]
pub(crate) struct LostFrames {
    batches: u64,
    frames: u64,
    /// Failed batches that were not reported one by one.
    untold_batches: u64,
    untold_frames: u64,
    /// The first ranges, in order; adjacent ranges are merged.
    ranges: Vec<Range<u64>>,
    /// Lost frames beyond those ranges.
    unlisted: u64,
    first_reason: String,
}

impl LostFrames {
    /// Adds the frames of a failed batch, which follow all earlier ones. Returns the message, unless too many were printed.
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

    /// The final message about failed batches that were not reported one by one.
    pub(crate) fn untold(&self) -> Option<String> {
        (self.untold_batches > 0).then(|| {
            format!(
                "{} more frames, of {} more batches, failed and are missing from the output",
                self.untold_frames, self.untold_batches
            )
        })
    }

    /// A summary in one sentence; `None` where no frame is lost.
    pub(crate) fn summary(&self) -> Option<String> {
        (self.frames > 0).then(|| {
            format!(
                "{} frames of {} batches failed and are missing from the output, the first because: {}",
                self.frames, self.batches, self.first_reason
            )
        })
    }

    /// The entry of the report; `None` where no frame is lost.
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

/// A range of frames, at least one, in words.
fn frames(range: &Range<u64>) -> String {
    format!("frames {} to {}", range.start, range.end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_frames_are_one_range() {
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
