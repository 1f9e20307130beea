//! Tables: from pages and snapshots to words.
