//! One `EventSource`: reopened after errors, closed when dropped, and closed while the page is hidden, because browsers open
//! at most six connections to a host and a seventh tab would wait forever. Does not know what the stream carries.

use std::{cell::RefCell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// The pause before reopening. Browsers do not retry by themselves after a status other than 200.
const RETRY: Duration = Duration::from_secs(3);

const VISIBILITY_CHANGE: &str = "visibilitychange";

/// What happened on the stream.
#[derive(Debug)]
pub enum Report {
    /// The connection is open.
    Opened,
    /// An event arrived; its data.
    Message(String),
    /// The server says why there is no data at the moment. The stream stays open.
    Trouble(String),
    /// The connection is lost; it is reopened.
    Lost,
    /// The server ended the stream. It is not reopened.
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
    /// Opens the stream at that address as soon as the page is visible.
    pub fn open(url: String, listener: impl Fn(Report) + 'static) -> Source {
        let handlers = Rc::new(RefCell::new(None));
        let listener: Listener = Rc::new(listener);
        let follow_visibility = {
            let handlers = Rc::clone(&handlers);
            move || {
                let open = handlers.borrow().is_some();
                if document().hidden() {
                    drop(handlers.borrow_mut().take());
                } else if !open {
                    connect(url.clone(), listener.clone(), &handlers);
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
        // Weak, so that a dropped stream is not reopened after its last error.
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
