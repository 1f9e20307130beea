//! Reads what is stored, beside the writer. Each call is one short read transaction.

mod events;
mod export;
mod seen;
mod statistics;
mod totals;

use std::path::Path;

use rusqlite::Connection;

pub use events::{EventPlace, StoredEvent};
pub use seen::{ManagedSettings, Seen};
pub use statistics::Statistics;
pub use totals::{Step, Total};

use super::open::{OpenError, open_for_reading};
use crate::{Nanoseconds, store::rollups::MINUTE};

/// A time from a minute to another, which is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub(super) from: i64,
    pub(super) to: i64,
}

impl Window {
    /// All time.
    pub const ALL: Window = Window { from: i64::MIN / 4, to: i64::MAX / 4 };

    /// The minutes that touch this time, in nanoseconds since 1970.
    pub fn touching(from: Nanoseconds, to: Nanoseconds) -> Window {
        Window { from: from.div_euclid(MINUTE), to: to.div_euclid(MINUTE) + 1 }
    }

    /// Splits into whole buckets of `length` minutes, and what is before and after them.
    pub(super) fn split(self, length: i64) -> (Window, Window, Window) {
        let first = -(-self.from).div_euclid(length) * length;
        let last = self.to.div_euclid(length) * length;
        if first >= last {
            let nothing = Window { from: self.to, to: self.to };
            return (self, nothing, nothing);
        }
        (Window { from: self.from, to: first }, Window { from: first, to: last }, Window { from: last, to: self.to })
    }

    fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

/// A connection that only reads.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the file beside its writer.
    ///
    /// # Errors
    /// Why it can't be read.
    pub fn open(path: &Path) -> Result<Reader, OpenError> {
        Ok(Reader { connection: open_for_reading(path)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_split_at_whole_buckets() {
        let window = |from, to| Window { from, to };
        let parts = |from, to| window(from, to).split(60);
        assert_eq!(parts(30, 200), (window(30, 60), window(60, 180), window(180, 200)));
        assert_eq!(parts(60, 120), (window(60, 60), window(60, 120), window(120, 120)));
        assert_eq!(parts(61, 119).0, window(61, 119), "no whole bucket");
        assert_eq!(parts(-90, 70), (window(-90, -60), window(-60, 60), window(60, 70)));
        for (from, to) in [(0, 0), (5, 5), (-1, 1), (59, 61)] {
            let (before, whole, after) = parts(from, to);
            let length = |part: Window| part.to - part.from;
            assert_eq!(length(before) + length(whole) + length(after), to - from);
        }
    }
}
