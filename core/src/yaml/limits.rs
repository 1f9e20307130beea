//! Limits for YAML that somebody else wrote. They are checked before anything builds a tree from it: what builds trees
//! calls itself for each level, and a few kilobytes of nesting would end the process.

use std::{collections::BTreeMap, fmt};

use saphyr_parser::{BufferedInput, Event, Parser, ScanError};

/// Longer texts are refused, in bytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;
/// Nodes deeper than this are refused.
pub(crate) const DEEPEST: usize = 50;
/// More nodes than this are refused, counting those that aliases stand for: a small file can stand for a huge one.
pub(crate) const MOST_NODES: usize = 20_000;

/// Why a text is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not YAML.
    Invalid(ScanError),
    /// It is larger than any file that people write.
    TooMuch {
        /// The line where that shows, counted from 1.
        line: usize,
        /// What there is too much of.
        of: TooMuch,
    },
}

/// What there is too much of in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// Bytes.
    Text,
    /// Levels.
    Nesting,
    /// Nodes, with those that aliases stand for.
    Nodes,
}

impl Refusal {
    /// The line of the problem, counted from 1.
    pub(crate) fn line(&self) -> usize {
        match self {
            Refusal::Invalid(error) => error.marker().line(),
            Refusal::TooMuch { line, .. } => *line,
        }
    }
}

impl fmt::Display for TooMuch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            TooMuch::Text => "it is too large: the limit is 1 MiB",
            TooMuch::Nesting => "it is nested more than 50 levels deep",
            TooMuch::Nodes => "it has more than 20,000 values, or aliases that stand for so many",
        })
    }
}

/// How large a node is with everything in it.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    nodes: usize,
    /// 0 for a scalar, 1 for a collection of scalars.
    levels: usize,
}

impl Extent {
    const SCALAR: Extent = Extent { nodes: 1, levels: 0 };
    const COLLECTION: Extent = Extent { nodes: 1, levels: 1 };

    fn add(&mut self, inner: Extent) {
        self.nodes = self.nodes.saturating_add(inner.nodes);
        self.levels = self.levels.max(inner.levels + 1);
    }
}

/// Fails if the text exceeds a limit, or is not YAML. Takes no more memory than the limits allow, and does not call
/// itself: the parser's events come one by one.
#[expect(clippy::disallowed_methods, reason = "this is the check that comes before all other parsers")]
pub(crate) fn check(text: &str) -> Result<(), Refusal> {
    if text.len() > MOST_BYTES {
        return Err(Refusal::TooMuch { line: 1, of: TooMuch::Text });
    }
    // The open collections with their anchors, below all documents together.
    let mut open: Vec<(Extent, usize)> = vec![(Extent::default(), 0)];
    let mut anchored: BTreeMap<usize, Extent> = BTreeMap::new();
    for event in Parser::new(BufferedInput::new(text.chars())) {
        let (event, span) = event.map_err(Refusal::Invalid)?;
        let too_much = |of| Err(Refusal::TooMuch { line: span.start.line(), of });
        let (extent, anchor) = match event {
            Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _) => {
                if open.len() > DEEPEST {
                    return too_much(TooMuch::Nesting);
                }
                open.push((Extent::COLLECTION, anchor));
                continue;
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop().unwrap_or_default(),
            Event::Scalar(_, _, anchor, _) => (Extent::SCALAR, anchor),
            // An alias inside of what it stands for has no value.
            Event::Alias(anchor) => (anchored.get(&anchor).copied().unwrap_or(Extent::SCALAR), 0),
            _ => continue,
        };
        if anchor > 0 {
            anchored.insert(anchor, extent);
        }
        if open.len() - 1 + extent.levels > DEEPEST {
            return too_much(TooMuch::Nesting);
        }
        let Some((outer, _)) = open.last_mut() else { return Ok(()) };
        outer.add(extent);
        if outer.nodes > MOST_NODES {
            return too_much(TooMuch::Nodes);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<TooMuch> {
        match check(text) {
            Ok(()) => None,
            Err(Refusal::TooMuch { of, .. }) => Some(of),
            Err(Refusal::Invalid(error)) => panic!("{error}: {:.60}", text),
        }
    }

    #[test]
    fn nesting_is_refused_in_every_notation() {
        let by_indentation = |item: &str, levels: usize| {
            (0..levels).map(|level| format!("{}{item}\n", " ".repeat(level))).collect::<String>()
        };
        for levels in [60, 3_000] {
            let (open, close) = ("[".repeat(levels), "]".repeat(levels));
            for text in [
                "- ".repeat(levels),
                "? ".repeat(levels),
                by_indentation("-", 60.min(levels)),
                by_indentation("a:", 60.min(levels)),
                by_indentation("?", 60.min(levels)),
                format!("{open}{close}"),
                format!("a: {}{}", "{a: ".repeat(levels), "}".repeat(levels)),
                format!("[{}", "? [".repeat(levels)),
            ] {
                // The parser itself refuses 256 nested brackets, which it sees in advance.
                let is_refused = match check(&text) {
                    Err(Refusal::TooMuch { of, .. }) => of == TooMuch::Nesting,
                    Err(Refusal::Invalid(_)) => levels > 255 && text.contains(['[', '{']),
                    Ok(()) => false,
                };
                assert!(is_refused, "{:?}: {text:.60}", check(&text));
            }
        }
        assert_eq!(refused(&"- ".repeat(DEEPEST)), None);
        assert_eq!(refused(&"- ".repeat(DEEPEST + 1)), Some(TooMuch::Nesting));
    }

    #[test]
    fn aliases_count_as_what_they_stand_for() {
        let mut wide = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        let mut deep = String::from("a0: &a0 [x]\n");
        for level in 1..60 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            wide.push_str(&format!("a{level}: &a{level} [{before}]\n"));
            deep.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        }
        assert_eq!(refused(&wide), Some(TooMuch::Nodes));
        assert_eq!(refused(&deep), Some(TooMuch::Nesting));
        assert_eq!(refused("a: &a {b: 1}\nc: *a\nd: &d [*d]\n"), None);
    }

    #[test]
    fn the_line_of_the_excess_is_named() {
        let text = format!("a: 1\nb: {}", "[".repeat(60));
        assert_eq!(check(&text), Err(Refusal::TooMuch { line: 2, of: TooMuch::Nesting }));
    }

    #[test]
    fn many_values_and_long_texts_are_refused() {
        assert_eq!(refused(&"- a\n".repeat(MOST_NODES)), Some(TooMuch::Nodes), "the sequence counts as well");
        assert_eq!(refused(&"--- a\n".repeat(MOST_NODES + 1)), Some(TooMuch::Nodes), "documents count together");
        assert_eq!(refused(&"#\n".repeat(MOST_BYTES)), Some(TooMuch::Text));
        assert_eq!(refused(""), None);
    }
}
