//! Going back or forward returns to where the page was. The browser tries that before the page's content is there, and so
//! ends up at the top.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    rc::Rc,
};

use leptos::{ev, prelude::*};

/// So many addresses are remembered.
const MOST_ADDRESSES: usize = 50;
/// In frames, of which browsers draw 60 a second: a page is held in place until its content is there, and given up if it has
/// become too short.
const FEWEST_FRAMES: u32 = 20;
const MOST_FRAMES: u32 = 180;

/// Where the page of each address was last, in pixels from the top.
type Positions = Rc<RefCell<VecDeque<(String, f64)>>>;

/// Remembers from now on.
pub fn start() {
    let positions = Positions::default();
    // The position that is being returned to.
    let returning = Rc::new(Cell::new(None));
    window_event_listener(ev::scroll, {
        let (positions, returning) = (Rc::clone(&positions), Rc::clone(&returning));
        move |_| {
            if returning.get().is_none() {
                remember(&positions, address(), position());
            }
        }
    });
    // Whoever scrolls meanwhile is not pulled back.
    let cancel = {
        let returning = Rc::clone(&returning);
        move || returning.set(None)
    };
    window_event_listener(ev::wheel, {
        let cancel = cancel.clone();
        move |_| cancel()
    });
    window_event_listener(ev::touchstart, {
        let cancel = cancel.clone();
        move |_| cancel()
    });
    window_event_listener(ev::keydown, move |_| cancel());
    window_event_listener(ev::popstate, move |_| {
        let known = positions.borrow().iter().find(|(known, _)| *known == address()).map(|(_, top)| *top);
        returning.set(known);
        return_to(Rc::clone(&returning), 0);
    });
}

fn return_to(returning: Rc<Cell<Option<f64>>>, frame: u32) {
    request_animation_frame(move || {
        let Some(top) = returning.get() else { return };
        window().scroll_to_with_x_and_y(0.0, top);
        let has_arrived = (position() - top).abs() < 1.0 && frame >= FEWEST_FRAMES;
        if has_arrived || frame >= MOST_FRAMES {
            returning.set(None);
        } else {
            return_to(returning, frame + 1);
        }
    });
}

fn remember(positions: &Positions, address: String, top: f64) {
    let mut positions = positions.borrow_mut();
    positions.retain(|(known, _)| *known != address);
    positions.push_front((address, top));
    positions.truncate(MOST_ADDRESSES);
}

/// Path and query.
fn address() -> String {
    let location = window().location();
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

fn position() -> f64 {
    window().scroll_y().unwrap_or_default()
}
