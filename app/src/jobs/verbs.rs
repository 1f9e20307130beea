//! The vital verbs: forms that a browser posts by itself before hydration and without JavaScript, and that are sent in
//! the background after.

#[cfg(feature = "ssr")]
use leptos::server_fn::error::ServerFnUrlError;
use leptos::{ev::SubmitEvent, prelude::*, server_fn::ServerFn};

use crate::{
    api::{self, ApiError},
    components::ErrorNote,
    live::Carried,
    reactive::{part, text},
};

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Writes the files that are missing.
    Initialize,
    /// Writes the files that differ, too.
    Replace,
    /// Starts the stack.
    Start,
    /// Stops it.
    Stop,
    /// Stops it and removes its data.
    Remove,
    /// Stops the job at work.
    Cancel,
    /// Sends for the doctor.
    CheckUp,
}

impl Verb {
    /// The button.
    pub const fn words(self) -> &'static str {
        match self {
            Verb::Initialize => "Initialize",
            Verb::Replace => "Replace the files",
            Verb::Start => "Start stack",
            Verb::Stop => "Stop stack",
            Verb::Remove => "Remove stack and data",
            Verb::Cancel => "Cancel",
            Verb::CheckUp => "Check again",
        }
    }

    const fn refused(self) -> &'static str {
        match self {
            Verb::Initialize | Verb::Replace => "The files were not written",
            Verb::Start => "The stack was not started",
            Verb::Stop => "The stack was not stopped",
            Verb::Remove => "The stack was not removed",
            Verb::Cancel => "The job was not cancelled",
            Verb::CheckUp => "Nothing was checked",
        }
    }

    fn url(self) -> &'static str {
        match self {
            Verb::Initialize | Verb::Replace => api::Initialize::url(),
            Verb::Start => api::StartStack::url(),
            Verb::Stop => api::StopStack::url(),
            Verb::Remove => api::RemoveStackAndData::url(),
            Verb::Cancel => api::CancelJob::url(),
            Verb::CheckUp => api::CheckUp::url(),
        }
    }

    /// What the form posts besides.
    const fn body(self) -> &'static str {
        match self {
            Verb::Replace => "replace=true",
            _ => "",
        }
    }
}

/// The requests of one page. One set, so that a refusal is shown in one place.
#[derive(Debug, Clone, Copy)]
pub struct Verbs {
    refusal: RwSignal<Option<(Verb, ApiError)>>,
    pending: RwSignal<bool>,
}

impl Verbs {
    /// Must be made within a route: there, a form that was posted without JavaScript leaves its refusal in context.
    pub fn new() -> Verbs {
        let posted = SharedValue::new_str(|| Carried(posted())).into_inner().0;
        let refusal = posted.and_then(|(index, error)| Some((*POSTED.get(usize::from(index))?, error)));
        Verbs { refusal: RwSignal::new(refusal), pending: RwSignal::new(false) }
    }

    fn send(self, verb: Verb) {
        self.refusal.set(None);
        self.pending.set(true);
        leptos::task::spawn_local(async move {
            let answer = post(verb.url(), verb.body()).await;
            self.pending.try_set(false);
            if let Err(error) = answer {
                self.refusal.try_set(Some((verb, error)));
            }
        });
    }
}

/// What a form without JavaScript can have posted. `Replace` posts to the address of `Initialize`.
const POSTED: [Verb; 6] = [Verb::Initialize, Verb::Start, Verb::Stop, Verb::Remove, Verb::Cancel, Verb::CheckUp];

/// The refusal of the form that brought the browser here, and the verb's place in `POSTED`.
#[cfg(feature = "ssr")]
fn posted() -> Option<(u8, ApiError)> {
    let error = use_context::<ServerActionError>()?;
    let index = POSTED.into_iter().position(|verb| verb.url() == error.path())?;
    Some((u8::try_from(index).ok()?, ServerFnUrlError::<ApiError>::decode_err(error.err())))
}

/// Why a form without JavaScript, posted to that address, was refused, where it brought the browser here.
#[cfg(feature = "ssr")]
pub fn refused(url: &str) -> Option<ApiError> {
    let error = use_context::<ServerActionError>().filter(|error| error.path() == url)?;
    Some(ServerFnUrlError::<ApiError>::decode_err(error.err()))
}

/// In the browser it comes with the page.
#[cfg(not(feature = "ssr"))]
pub fn refused(_url: &str) -> Option<ApiError> {
    None
}

/// In the browser it comes with the page.
#[cfg(not(feature = "ssr"))]
fn posted() -> Option<(u8, ApiError)> {
    None
}

/// Posts a form in the background. The verbs share it: a client of a server function apiece weighs some kilobytes.
#[cfg(feature = "hydrate")]
pub async fn post(url: &str, body: &str) -> Result<(), ApiError> {
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{Headers, RequestInit, Response};

    let request = || {
        let headers = Headers::new()?;
        headers.set("Content-Type", "application/x-www-form-urlencoded")?;
        let options = RequestInit::new();
        options.set_method("POST");
        options.set_headers(&headers);
        options.set_body(&JsValue::from_str(body));
        Ok::<_, JsValue>(window().fetch_with_str_and_init(url, &options))
    };
    let unreachable = |_| ApiError::Unreachable;
    let response: Response =
        JsFuture::from(request().map_err(unreachable)?).await.and_then(JsCast::dyn_into).map_err(unreachable)?;
    if response.ok() {
        return Ok(());
    }
    let text = JsFuture::from(response.text().map_err(unreachable)?).await.map_err(unreachable)?;
    let text = text.as_string().unwrap_or_default();
    Err(serde_json::from_slice(text.as_bytes()).unwrap_or(ApiError::Misunderstood))
}

/// Only a browser posts.
#[cfg(not(feature = "hydrate"))]
pub async fn post(_url: &str, _body: &str) -> Result<(), ApiError> {
    Ok(())
}

/// What the last request was refused for.
#[component]
pub fn Refusal(verbs: Verbs) -> impl IntoView {
    view! {
        <div role="alert">
            {part(move || {
                let refusal = verbs.refusal.get();
                refusal.map(|(verb, error)| view! { <ErrorNote title=verb.refused().to_owned() error /> }).into_any()
            })}
        </div>
    }
}

/// The form of a verb: one button.
#[component]
pub fn VerbForm(
    verbs: Verbs,
    verb: Verb,
    /// `primary`, `plain` or `danger`.
    rank: &'static str,
    /// The popover that closes when it is pressed.
    #[prop(optional)]
    closes: Option<&'static str>,
) -> impl IntoView {
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        #[cfg(feature = "hydrate")]
        if let Some(id) = closes
            && let Some(element) = document().get_element_by_id(id)
            && let Ok(element) = wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(element)
        {
            let _ = element.hide_popover();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = closes;
        verbs.send(verb);
    };
    view! {
        <form method="post" action=verb.url() on:submit=submit>
            {(verb == Verb::Replace).then(|| view! { <input type="hidden" name="replace" value="true" /> })}
            <button
                type="submit"
                class="button"
                data-rank=rank
                aria-busy=text(move || verbs.pending.get().to_string())
            >
                {verb.words()}
            </button>
        </form>
    }
}
