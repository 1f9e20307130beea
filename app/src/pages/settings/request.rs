//! The request of a form with fields, and the note where the server refused it.

use leptos::prelude::*;

use crate::{
    api::ApiError,
    components::ErrorNote,
    forms::{post_form, posted_refusal},
    live::Carried,
};

/// The last request of a form, and its outcome.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    url: &'static str,
    refusal: RwSignal<Option<ApiError>>,
    pending: RwSignal<bool>,
}

impl Request {
    /// A form that posts to that address. Must be called within a route, outside of a resource: the refusal of a form that
    /// was posted without JavaScript is in context, and travels with the page.
    pub fn new(url: &'static str) -> Request {
        let refusal = move || posted_refusal().filter(|(posted_to, _)| posted_to == url).map(|(_, error)| error);
        let refusal = SharedValue::new_str(move || Carried(refusal())).into_inner().0;
        Request { url, refusal: RwSignal::new(refusal), pending: RwSignal::new(false) }
    }

    /// Whether the server has not answered yet.
    pub fn pending(self) -> bool {
        self.pending.get()
    }

    /// Sends the form, and calls `done` where the server did not refuse it. Does nothing while a request is pending.
    pub fn send(self, body: String, done: impl FnOnce() + 'static) {
        if self.pending.get_untracked() {
            return;
        }
        self.refusal.set(None);
        self.pending.set(true);
        leptos::task::spawn_local(async move {
            let answer = post_form(self.url, &body).await;
            self.pending.try_set(false);
            match answer {
                Ok(()) => done(),
                Err(error) => drop(self.refusal.try_set(Some(error))),
            }
        });
    }
}

/// Why the server refused the last request.
#[component]
pub fn RequestRefusal(request: Request, title: &'static str) -> impl IntoView {
    view! {
        <div role="alert">
            {move || {
                request.refusal.get().map(|error| view! { <ErrorNote title=title.to_owned() error /> }).into_any()
            }}
        </div>
    }
}
