//! The difference between two texts. Each line has a sign; the color repeats it.

use leptos::prelude::*;
use monitor_core::diff::{DiffLine, FileDiff, Hunk, LineTag};

/// Counts the lines: `1 line added, 2 removed`.
pub fn counts(diff: &FileDiff) -> String {
    let (added, removed) = diff.counts();
    let lines = |count| if count == 1 { "line" } else { "lines" };
    match (added, removed) {
        (0, 0) => "no changes".into(),
        (added, 0) => format!("{added} {} added", lines(added)),
        (0, removed) => format!("{removed} {} removed", lines(removed)),
        (added, removed) => format!("{added} {} added, {removed} removed", lines(added)),
    }
}

/// The changed lines with their context.
pub fn lines(diff: &FileDiff) -> AnyView {
    let hunks: Vec<AnyView> = diff.hunks.iter().map(hunk).collect();
    view! {
        <pre class="diff" tabindex="0" role="region" aria-label=format!("Changes in {}", diff.name)>
            {hunks}
        </pre>
    }
    .into_any()
}

fn hunk(hunk: &Hunk) -> AnyView {
    let lines: Vec<AnyView> = hunk.lines.iter().map(line).collect();
    view! { <code>{lines}</code> }.into_any()
}

fn line(line: &DiffLine) -> AnyView {
    let tag = match line.tag {
        LineTag::Kept => "kept",
        LineTag::Removed => "removed",
        LineTag::Added => "added",
    };
    let number = line.new_line.or(line.old_line).map(|number| number.to_string()).unwrap_or_default();
    view! {
        <span class="diff-line" data-tag=tag>
            <span class="number" aria-hidden="true">{number}</span>
            <span>{format!("{} {}\n", line.tag.sign(), line.text)}</span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_and_removed_lines_are_counted() {
        let of = |tag| DiffLine { tag, old_line: None, new_line: None, text: String::new() };
        let diff = |tags: &[LineTag]| FileDiff {
            name: "f".into(),
            hunks: vec![Hunk { lines: tags.iter().map(|tag| of(*tag)).collect() }],
        };
        use LineTag::{Added, Kept, Removed};
        for (tags, words) in [
            (&[Kept][..], "no changes"),
            (&[Added, Kept], "1 line added"),
            (&[Removed, Removed], "2 lines removed"),
            (&[Added, Added, Removed], "2 lines added, 1 removed"),
        ] {
            assert_eq!(counts(&diff(tags)), words);
        }
    }
}
