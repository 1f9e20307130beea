//! Tables: from snapshots to words.
