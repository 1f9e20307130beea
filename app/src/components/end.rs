//! A list that keeps its end in sight, unless its reader has scrolled up to read.

use std::{cell::Cell, rc::Rc};

use leptos::{html, prelude::*};

/// Pixels above the end that still count as the end.
const SLACK: i32 = 40;

/// Shows the end of what the list begins with. Answers with what is to be called before the list grows, which looks
/// where the reader is, and after.
pub fn keep_to_the_end(scroller: NodeRef<html::Div>) -> (impl Fn() + 'static, impl Fn() + 'static) {
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
    let to_end = move || {
        if let Some(element) = scroller.get_untracked() {
            element.set_scroll_top(element.scroll_height());
        }
    };
    Effect::new(move |_| to_end());
    let follow = move || {
        if at_end.get() {
            // After what is new is on the page.
            request_animation_frame(to_end);
        }
    };
    (measure, follow)
}
