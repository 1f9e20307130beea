//! What was compared, for `docs/REAL.md`: one line of JSON for each comparison, in the file that `cargo xtask test`
//! names.

use std::{fs::OpenOptions, io::Write as _};

use serde_json::json;

/// Records a comparison. `sent` and `found` have the unit that `what` names.
pub fn record(test: &str, what: &str, sent: f64, found: f64) {
    let Some(path) = std::env::var_os("MONITOR_TEST_REAL_TABLE") else { return };
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{}", json!({ "test": test, "what": what, "sent": sent, "found": found })).unwrap();
}
