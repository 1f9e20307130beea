//! Tables on standard output.

use super::{output::Output, printable::Printable, terminal};

/// A column that is shortened becomes no narrower than this.
const NARROWEST: usize = 12;

/// Prints the rows with aligned columns. On a terminal, cells of the column `flexible` are shortened so that rows fit it.
/// `false` once the output is closed.
pub(super) fn print<const COLUMNS: usize>(output: &Output, rows: &[[String; COLUMNS]], flexible: usize) -> bool {
    print_within(output, rows, flexible, usize::MAX)
}

/// The same, with rows of at most `limit` characters where the output is no terminal.
pub(super) fn print_within<const COLUMNS: usize>(
    output: &Output,
    rows: &[[String; COLUMNS]],
    flexible: usize,
    limit: usize,
) -> bool {
    lines(rows, flexible, terminal::columns().unwrap_or(limit)).iter().all(|line| output.line(line))
}

fn lines<const COLUMNS: usize>(rows: &[[String; COLUMNS]], flexible: usize, limit: usize) -> Vec<String> {
    // Escapes count for the width.
    let clean = |cell: &String| Printable::line(cell).to_string().replace('\t', " ");
    let mut rows: Vec<[String; COLUMNS]> = rows.iter().map(|row| row.each_ref().map(clean)).collect();
    let width = |rows: &[[String; COLUMNS]], column: usize| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let others: usize = (0..COLUMNS).filter(|column| *column != flexible).map(|column| width(&rows, column) + 2).sum();
    let left = limit.saturating_sub(others).max(NARROWEST);
    for row in &mut rows {
        row[flexible] = shortened(&row[flexible], left);
    }
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(&rows, column));
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_the_width_and_columns_stay_aligned_whatever_a_cell_holds() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned);
        let rows =
            [row(["NAME", "STATE", "PORTS"]), row(["a\u{1b}b", &"long ".repeat(40), "1, 2"]), row(["c", "ok", "3"])];
        let lines = lines(&rows, 1, 60);
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{lines:#?}");
        assert!(lines[1].starts_with(r"a\u{1b}b  long long"), "{lines:#?}");
        let place = |line: &str, text: &str| line.split(text).next().map(|before| before.chars().count());
        assert_eq!(place(&lines[0], "PORTS"), place(&lines[1], "1, 2"));
        assert_eq!(place(&lines[0], "PORTS"), place(&lines[2], "3"));
        // One that does not fit at all is still readable.
        assert!(super::lines(&rows, 1, 10)[1].contains("long long l…"), "{lines:#?}");
    }
}
