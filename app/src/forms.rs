//! Forms that post to server functions. Before hydration and without JavaScript the browser posts them; afterwards they
//! are posted in the background.

#[cfg(feature = "hydrate")]
use leptos::prelude::window;
#[cfg(feature = "ssr")]
use leptos::server_fn::error::ServerFnUrlError;

use crate::api::ApiError;

/// The refusal of a form that was posted without JavaScript, in the context of the page that the browser is redirected to.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedRefusal {
    form: String,
    error: String,
}

#[cfg(feature = "ssr")]
impl PostedRefusal {
    /// `form`: the form's address, percent-encoded. `error`: the `ApiError` as Leptos encodes it in a redirect.
    pub fn new(form: &str, error: &str) -> PostedRefusal {
        PostedRefusal { form: form.to_owned(), error: error.to_owned() }
    }
}

/// The address of the form that was refused, and the error. The server provides it for one page load.
#[cfg(feature = "ssr")]
pub fn posted_refusal() -> Option<(String, ApiError)> {
    let refusal = leptos::prelude::use_context::<PostedRefusal>()?;
    let error = ServerFnUrlError::<ApiError>::decode_err(&crate::address::decode(&refusal.error));
    Some((crate::address::decode(&refusal.form), error))
}

/// Only the server reads it; in the browser it arrives with the page.
#[cfg(not(feature = "ssr"))]
pub fn posted_refusal() -> Option<(String, ApiError)> {
    None
}

/// Posts a form in the background. All forms share this function: the generated client of each server function would add
/// several kilobytes to the WebAssembly.
#[cfg(feature = "hydrate")]
pub async fn post_form(url: &str, body: &str) -> Result<(), ApiError> {
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

/// Only the browser posts in the background.
#[cfg(not(feature = "hydrate"))]
pub async fn post_form(_url: &str, _body: &str) -> Result<(), ApiError> {
    Ok(())
}
