//! The lines on the page: capped, held while paused, replaced after a reconnect. Pure.

use monitor_core::logs::LogLine;

use crate::live::feed::{FeedBuffer, drop_oldest};

/// The most lines on the page.
pub const CAP: usize = 2000;

/// A line with a number that identifies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Increases and is not reused.
    pub number: u32,
    /// The line.
    pub line: LogLine,
}

/// The lines shown, and those that arrived since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Buffer {
    shown: Vec<Numbered>,
    waiting: Vec<LogLine>,
    replace: bool,
    next: u32,
}

impl Buffer {
    /// Starts with the lines that the server rendered.
    pub fn new(lines: Vec<LogLine>) -> Buffer {
        let mut buffer = Buffer { waiting: lines, ..Buffer::default() };
        buffer.flush();
        buffer
    }

    /// The lines shown.
    pub fn shown(&self) -> &[Numbered] {
        &self.shown
    }
}

impl FeedBuffer for Buffer {
    #[cfg(any(test, feature = "hydrate"))]
    type Item = LogLine;

    /// The tail that the stream starts with replaces the lines shown, once it has arrived.
    #[cfg(any(test, feature = "hydrate"))]
    fn reopen(&mut self) {
        self.waiting.clear();
        self.replace = true;
    }

    #[cfg(any(test, feature = "hydrate"))]
    fn push(&mut self, lines: Vec<LogLine>) {
        self.waiting.extend(lines);
        drop_oldest(&mut self.waiting, CAP);
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.replace) {
            self.shown.clear();
        }
        for line in self.waiting.drain(..) {
            self.shown.push(Numbered { number: self.next, line });
            self.next = self.next.wrapping_add(1);
        }
        drop_oldest(&mut self.shown, CAP);
    }

    fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

/// Which lines to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// A text that lines must contain. Case is ignored.
    pub text: String,
    /// Whether to show only warnings and errors.
    pub serious: bool,
}

impl Filter {
    /// Whether to show the line.
    pub fn matches(&self, line: &LogLine) -> bool {
        use monitor_core::logs::Level;
        (!self.serious || matches!(line.level, Level::Error | Level::Warn))
            && (self.text.is_empty() || line.text.to_ascii_lowercase().contains(&self.text.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::logs::Level;

    use super::*;

    fn lines(range: std::ops::Range<usize>) -> Vec<LogLine> {
        range.map(|number| LogLine { at: None, level: Level::Info, text: format!("line {number}") }).collect()
    }

    fn texts(buffer: &Buffer) -> Vec<&str> {
        buffer.shown().iter().map(|numbered| numbered.line.text.as_str()).collect()
    }

    #[test]
    fn lines_are_shown_when_they_are_flushed() {
        let mut buffer = Buffer::new(lines(0..1));
        buffer.push(lines(1..3));
        assert_eq!((texts(&buffer), buffer.waiting()), (vec!["line 0"], 2));
        buffer.flush();
        assert_eq!((texts(&buffer), buffer.waiting()), (vec!["line 0", "line 1", "line 2"], 0));
    }

    #[test]
    fn after_a_reconnect_the_tail_replaces_the_lines_once_it_has_arrived() {
        let mut buffer = Buffer::new(lines(0..2));
        buffer.reopen();
        assert_eq!(buffer.waiting(), 0, "an empty tail does not change the page");
        buffer.push(lines(1..4));
        buffer.flush();
        buffer.push(lines(4..5));
        buffer.flush();
        assert_eq!(texts(&buffer), ["line 1", "line 2", "line 3", "line 4"]);
    }

    #[test]
    fn both_the_page_and_a_long_pause_are_capped() {
        let mut buffer = Buffer::new(lines(0..CAP));
        buffer.push(lines(CAP..CAP * 3));
        assert_eq!(buffer.waiting(), CAP);
        buffer.flush();
        assert_eq!(buffer.shown().len(), CAP);
        assert_eq!(buffer.shown().last().map(|last| last.line.text.clone()), Some(format!("line {}", CAP * 3 - 1)));
    }

    #[test]
    fn numbers_are_not_reused() {
        let mut buffer = Buffer::new(lines(0..2));
        buffer.reopen();
        buffer.push(lines(0..2));
        buffer.flush();
        assert_eq!(buffer.shown().iter().map(|numbered| numbered.number).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn the_filter_selects_by_text_and_by_level() {
        let line = |level, text: &str| LogLine { at: None, level, text: text.into() };
        for (text, serious, admitted) in
            [("", false, true), ("LOKI", false, true), ("x", false, false), ("", true, false)]
        {
            assert_eq!(Filter { text: text.into(), serious }.matches(&line(Level::Info, "msg=loki")), admitted);
        }
        assert!(Filter { text: String::new(), serious: true }.matches(&line(Level::Warn, "")));
    }
}
