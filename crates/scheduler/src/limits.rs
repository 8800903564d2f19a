//! Limits of schedules and of replay.

/// The most streams that a schedule or an executor may use.
pub const MAX_STREAMS: usize = 32;

/// The most replay keys of a schedule for which executable graphs may be kept.
pub const MAX_REPLAY_KEYS: usize = 1024;

/// The default number of replay keys of a schedule: a runner keeps 8 plans by default, and each has two keys, for its
/// largest batch and for a smaller last one.
pub const DEFAULT_REPLAY_KEYS: usize = 16;
