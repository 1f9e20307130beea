//! A form that bears more than a button: posted by a browser without JavaScript, sent in the background with it.

use leptos::prelude::*;

use crate::{
    api::ApiError,
    components::ErrorNote,
    forms::{post_form, posted_refusal},
    live::Carried,
};

/// One kind of request of one page, and what became of the last.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    url: &'static str,
    refusal: RwSignal<Option<ApiError>>,
    pending: RwSignal<bool>,
}

impl Request {
    /// To that address. Must be made within a route and outside of what is loaded: a form that was posted without
    /// JavaScript leaves its refusal in context, and it travels with the page.
    pub fn new(url: &'static str) -> Request {
        let refusal = move || posted_refusal().filter(|(posted_to, _)| posted_to == url).map(|(_, error)| error);
        let refusal = SharedValue::new_str(move || Carried(refusal())).into_inner().0;
        Request { url, refusal: RwSignal::new(refusal), pending: RwSignal::new(false) }
    }

    /// An answer is awaited.
    pub fn pending(self) -> bool {
        self.pending.get()
    }

    /// Sends it, and goes on by `done` where it was not refused. A second one waits for the first.
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

/// What the last request was refused for.
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
