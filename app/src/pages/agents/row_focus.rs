//! The focus within a long list: one tab stop for the list, and arrow keys between its rows. Without JavaScript every row
//! is a tab stop, because nothing else moves between them.

use leptos::{ev::KeyboardEvent, html, prelude::*};

/// Which row is the tab stop. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct RowFocus {
    hydrated: Memo<bool>,
    focused: RwSignal<Option<String>>,
    /// The row that had the focus last, while it is in the list.
    stop: Memo<Option<String>>,
}

impl RowFocus {
    /// No row had the focus yet, so the list itself is the tab stop. `has` says whether a row is in the list.
    pub fn new(hydrated: Memo<bool>, has: impl Fn(&str) -> bool + Send + Sync + 'static) -> RowFocus {
        let focused = RwSignal::new(None::<String>);
        let stop = Memo::new(move |_| focused.get().filter(|id| has(id)));
        RowFocus { hydrated, focused, stop }
    }

    /// The attribute of a row, or of the list itself (`None`).
    pub fn tab_index(self, row: Option<&str>) -> Option<String> {
        let index = match (self.hydrated.get(), row) {
            (false, None) => Some("0"),
            (false, Some(_)) => None,
            (true, _) => Some(if self.stop.with(|stop| stop.as_deref() == row) { "0" } else { "-1" }),
        };
        index.map(str::to_owned)
    }

    /// Notes that the row has the focus.
    pub fn has_focus(self, row: String) {
        self.focused.set(Some(row));
    }

    /// Moves the focus to another row, if the key says so. From the list itself, it goes to the newest row, which is last.
    pub fn move_focus(self, event: &KeyboardEvent, list: NodeRef<html::Div>) {
        #[cfg(feature = "hydrate")]
        if !(event.ctrl_key() || event.alt_key() || event.meta_key() || event.shift_key())
            && let Some(list) = list.get_untracked()
            && let Some(to) = browser::find_row(&list, &event.key())
        {
            event.prevent_default();
            browser::focus(&to);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (event, list);
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement};

    const ROW: &str = "details";

    /// The row that the key leads to; the same one at either end. `None` for other keys, and in an empty list.
    pub fn find_row(list: &Element, key: &str) -> Option<Element> {
        let (first, last) = (list.first_element_child(), list.last_element_child());
        let at = document().active_element().and_then(|focused| focused.closest(ROW).ok().flatten());
        let found = match (key, at) {
            ("Home", _) => first,
            ("End", _) | ("ArrowDown" | "ArrowUp", None) => last,
            ("ArrowDown", Some(row)) => row.next_element_sibling().or(Some(row)),
            ("ArrowUp", Some(row)) => row.previous_element_sibling().or(Some(row)),
            _ => None,
        };
        found.filter(|row| row.matches(ROW) == Ok(true))
    }

    /// Focuses the part of the row that opens it.
    pub fn focus(row: &Element) {
        let summary = row.first_element_child().and_then(|summary| summary.dyn_into::<HtmlElement>().ok());
        if let Some(summary) = summary {
            let _ = summary.focus();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_tab_stop_whatever_the_list_holds() {
        let owner = Owner::new();
        owner.set();
        let hydrated = RwSignal::new(false);
        let list = RwSignal::new(vec!["a", "b", "c"]);
        let rows = RowFocus::new(Memo::new(move |_| hydrated.get()), move |id| list.with(|list| list.contains(&id)));
        let stops = || {
            let all: Vec<Option<&str>> = std::iter::once(None).chain(list.get().into_iter().map(Some)).collect();
            all.into_iter().filter(|row| rows.tab_index(*row).as_deref() != Some("-1")).collect::<Vec<_>>()
        };
        assert_eq!(stops(), [None, Some("a"), Some("b"), Some("c")], "nothing else moves the focus without JavaScript");
        hydrated.set(true);
        assert_eq!(stops(), [None]);
        rows.has_focus("b".into());
        assert_eq!(stops(), [Some("b")]);
        list.set(vec!["c", "d"]);
        assert_eq!(stops(), [None], "the row that had the focus is gone");
    }
}
