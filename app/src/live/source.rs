//! One `EventSource`, opened again when the browser gives up on it, closed when dropped, and closed while nobody can see
//! the page: a browser opens six connections to a host, and seven tabs would leave one waiting for ever. Knows nothing
//! of what it carries.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// After a refusal (any answer but 200) a browser does not try again by itself.
const RETRY: Duration = Duration::from_secs(3);

const VISIBILITY_CHANGE: &str = "visibilitychange";

/// What the source reports.
#[derive(Debug)]
pub enum Report {
    /// The connection is open.
    Opened,
    /// One event's data.
    Message(String),
    /// The server says why there is nothing at the moment; it goes on.
    Trouble(String),
    /// The connection is gone; it is tried again.
    Lost,
    /// The server said that there is no more to come. It is not asked again.
    Ended,
}

type Listener = Rc<dyn Fn(Report)>;

struct Handlers {
    source: EventSource,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
    _on_end: Closure<dyn FnMut(Event)>,
    _on_trouble: Closure<dyn FnMut(MessageEvent)>,
}

impl Drop for Handlers {
    fn drop(&mut self) {
        self.source.set_onopen(None);
        self.source.set_onmessage(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

/// An open stream. Dropping it closes it.
pub struct Source {
    handlers: Rc<RefCell<Option<Handlers>>>,
    on_visibility: Closure<dyn FnMut(Event)>,
}

impl Source {
    /// Opens the stream at that address, as soon as the page can be seen.
    pub fn open(url: String, listener: impl Fn(Report) + 'static) -> Source {
        let handlers = Rc::new(RefCell::new(None));
        let listener: Listener = Rc::new(listener);
        let follow_visibility = {
            let handlers = Rc::clone(&handlers);
            move || {
                let open = handlers.borrow().is_some();
                match document().hidden() {
                    true => drop(handlers.borrow_mut().take()),
                    false if open => {}
                    false => connect(url.clone(), listener.clone(), &handlers),
                }
            }
        };
        follow_visibility();
        let on_visibility = Closure::new(move |_: Event| follow_visibility());
        let _ = document().add_event_listener_with_callback(VISIBILITY_CHANGE, on_visibility.as_ref().unchecked_ref());
        Source { handlers, on_visibility }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = document()
            .remove_event_listener_with_callback(VISIBILITY_CHANGE, self.on_visibility.as_ref().unchecked_ref());
        self.handlers.borrow_mut().take();
    }
}

fn connect(url: String, listener: Listener, slot: &Rc<RefCell<Option<Handlers>>>) {
    let Ok(source) = EventSource::new(&url) else { return };
    let on_open = Closure::new({
        let listener = listener.clone();
        move |_: Event| listener(Report::Opened)
    });
    let on_data = |report: fn(String) -> Report| {
        let listener = listener.clone();
        Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                listener(report(text));
            }
        })
    };
    let (on_message, on_trouble) = (on_data(Report::Message), on_data(Report::Trouble));
    let on_error = Closure::new({
        let listener = listener.clone();
        // A weak hold, so that a dropped stream is not opened again by its own last error.
        let slot = Rc::downgrade(slot);
        let source = source.clone();
        move |_: Event| {
            listener(Report::Lost);
            if source.ready_state() == EventSource::CLOSED {
                let (url, listener, slot) = (url.clone(), listener.clone(), slot.clone());
                let reopen = move || {
                    if let Some(slot) = slot.upgrade()
                        && slot.borrow().is_some()
                    {
                        connect(url, listener, &slot);
                    }
                };
                set_timeout(reopen, RETRY);
            }
        }
    });
    let on_end = Closure::new({
        let source = source.clone();
        move |_: Event| {
            source.close();
            listener(Report::Ended);
        }
    });
    let _ = source.add_event_listener_with_callback("end", on_end.as_ref().unchecked_ref());
    let _ = source.add_event_listener_with_callback("trouble", on_trouble.as_ref().unchecked_ref());
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    slot.replace(Some(Handlers {
        source,
        _on_open: on_open,
        _on_message: on_message,
        _on_error: on_error,
        _on_end: on_end,
        _on_trouble: on_trouble,
    }));
}
