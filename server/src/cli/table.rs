//! Tables on standard output.

use super::output;

/// Prints the rows with aligned columns. `false` once the output is closed.
pub(super) fn print<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> bool {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    rows.iter().all(|row| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        output::line(cells.join("  ").trim_end())
    })
}
