//! The vital verbs as forms: the same ones work before hydration and without JavaScript.

use leptos::prelude::*;

use crate::{
    api::{ApiError, CancelJob, Initialize, RemoveStackAndData, StartStack, StopStack},
    components::{ErrorNote, Icon, Shape, Tone, part, text},
};

/// The actions of the page. One set, so that an error is shown in one place.
#[derive(Clone, Copy)]
pub struct Actions {
    initialize: ServerAction<Initialize>,
    start: ServerAction<StartStack>,
    stop: ServerAction<StopStack>,
    remove: ServerAction<RemoveStackAndData>,
    cancel: ServerAction<CancelJob>,
}

impl Actions {
    /// Must be made within a route: there, a form that was posted without JavaScript leaves its error in context.
    pub fn new() -> Actions {
        Actions {
            initialize: ServerAction::new(),
            start: ServerAction::new(),
            stop: ServerAction::new(),
            remove: ServerAction::new(),
            cancel: ServerAction::new(),
        }
    }

    /// A request is under way.
    pub fn pending(self) -> bool {
        self.initialize.pending().get()
            || self.start.pending().get()
            || self.stop.pending().get()
            || self.remove.pending().get()
            || self.cancel.pending().get()
    }

    fn error(self) -> Option<(&'static str, ApiError)> {
        fn of<T: Clone + Send + Sync>(value: Option<Result<T, ApiError>>) -> Option<ApiError> {
            value.and_then(Result::err)
        }
        None.or_else(|| of(self.initialize.value().get()).map(|error| ("The files were not written", error)))
            .or_else(|| of(self.start.value().get()).map(|error| ("The stack was not started", error)))
            .or_else(|| of(self.stop.value().get()).map(|error| ("The stack was not stopped", error)))
            .or_else(|| of(self.remove.value().get()).map(|error| ("The stack was not removed", error)))
            .or_else(|| of(self.cancel.value().get()).map(|error| ("The job was not cancelled", error)))
    }

    /// A new request makes the old answer stale.
    pub fn forget_errors(self) {
        self.initialize.value().set(None);
        self.start.value().set(None);
        self.stop.value().set(None);
        self.remove.value().set(None);
        self.cancel.value().set(None);
    }
}

/// What the last request was refused for.
#[component]
pub fn Refusal(actions: Actions) -> impl IntoView {
    view! {
        <div role="alert">
            {part(move || actions.error().map(|(title, error)| view! { <ErrorNote title=title.to_owned() error /> }).into_any())}
        </div>
    }
    .into_any()
}

/// `Initialize`.
#[component]
pub fn InitializeForm(actions: Actions) -> impl IntoView {
    view! {
        <ActionForm action=actions.initialize>
            <Verb actions rank="primary" words="Initialize" />
        </ActionForm>
    }
    .into_any()
}

/// Writes the files that differ anew.
#[component]
pub fn ReplaceForm(actions: Actions) -> impl IntoView {
    view! {
        <ActionForm action=actions.initialize>
            <input type="hidden" name="replace" value="true" />
            <Verb actions rank="plain" words="Replace the files" />
        </ActionForm>
    }
    .into_any()
}

/// `Start stack`.
#[component]
pub fn StartForm(actions: Actions) -> impl IntoView {
    view! {
        <ActionForm action=actions.start>
            <Verb actions rank="primary" words="Start stack" />
        </ActionForm>
    }
    .into_any()
}

/// `Stop stack`.
#[component]
pub fn StopForm(actions: Actions) -> impl IntoView {
    view! {
        <ActionForm action=actions.stop>
            <Verb actions rank="plain" words="Stop stack" />
        </ActionForm>
    }
    .into_any()
}

/// Stops the job at work.
#[component]
pub fn CancelForm(actions: Actions) -> impl IntoView {
    view! {
        <ActionForm action=actions.cancel>
            <Verb actions rank="plain" words="Cancel" />
        </ActionForm>
    }
    .into_any()
}

/// `Remove stack and data`, which asks first. The question is a popover: it opens, closes on Escape and hands the
/// focus back without a line of script.
#[component]
pub fn RemoveForm(actions: Actions) -> impl IntoView {
    view! {
        <button type="button" class="button asks" data-rank="danger" popovertarget="remove">
            "Remove stack and data"
        </button>
        <dialog id="remove" popover="auto" aria-labelledby="remove-title">
            <h2 id="remove-title">
                <Icon shape=Tone::Warn.shape() />
                "Remove the stack and all recorded data?"
            </h2>
            <p>
                "The containers go, and with them three volumes: the metrics in Prometheus, the events in Loki, and \
                 what was changed in Grafana. This cannot be undone."
            </p>
            <p>"The configuration files stay, and so does the agents’ network."</p>
            <div class="actions">
                <button type="button" class="button" popovertarget="remove" popovertargetaction="hide">
                    "Keep everything"
                </button>
                <ActionForm action=actions.remove>
                    <Verb actions rank="danger" words="Remove stack and data" closes="remove" />
                </ActionForm>
            </div>
        </dialog>
    }
    .into_any()
}

/// Opens a service's own page.
#[component]
pub fn OpenPage(url: String, words: &'static str) -> impl IntoView {
    view! {
        <a class="button" data-rank="primary" href=url target="_blank" rel="noreferrer">
            {words}
            <Icon shape=Shape::Out />
        </a>
    }
}

#[component]
fn Verb(
    actions: Actions,
    rank: &'static str,
    words: &'static str,
    /// The popover that pressing it closes.
    #[prop(optional)]
    closes: Option<&'static str>,
) -> impl IntoView {
    let close = move |_| {
        #[cfg(feature = "hydrate")]
        if let Some(id) = closes
            && let Some(element) = document().get_element_by_id(id)
            && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element)
        {
            let _ = element.hide_popover();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = closes;
    };
    view! {
        <button
            type="submit"
            class="button"
            data-rank=rank
            aria-busy=text(move || actions.pending().to_string())
            on:click=close
        >
            {words}
        </button>
    }
}
