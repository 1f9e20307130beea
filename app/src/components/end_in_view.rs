//! Keeps the end of a growing list in view, unless its reader has scrolled up.

use std::{cell::Cell, rc::Rc};

use leptos::{html, prelude::*};

/// Pixels above the end that still count as the end.
const SLACK: i32 = 40;

/// Scrolls to the end once. Returns two functions: one to call before the list grows, which checks where the reader is, and
/// one to call after, which scrolls to the new end.
pub fn keep_end_in_view(scroller: NodeRef<html::Div>) -> (impl Fn() + 'static, impl Fn() + 'static) {
    let at_end = Rc::new(Cell::new(true));
    let measure = {
        let at_end = at_end.clone();
        move || {
            if let Some(element) = scroller.get_untracked() {
                let below = element.scroll_height() - element.scroll_top() - element.client_height();
                at_end.set(below < SLACK);
            }
        }
    };
    let scroll_to_end = move || {
        if let Some(element) = scroller.get_untracked() {
            element.set_scroll_top(element.scroll_height());
        }
    };
    Effect::new(move |_| scroll_to_end());
    let follow = move || {
        if at_end.get() {
            // The new items are laid out by the next frame.
            request_animation_frame(scroll_to_end);
        }
    };
    (measure, follow)
}
