//! Why a form that was posted without JavaScript was refused. Leptos puts the error into the address that the browser is
//! redirected to. Anybody could write such an address, and the panel would show the words as its own; so the error stays
//! here, and the address gets an id that one page can use once.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, header},
    middleware::Next,
    response::Response,
};
use leptos::nonce::Nonce;
use monitor_app::forms::PostedRefusal;

/// How many refusals wait for their page. An older one is forgotten: its page shows no error.
const MOST_KEPT: usize = 100;

/// The parameter with the id.
const ID: &str = "refused";
/// Leptos' parameters: the address of the form, and the encoded error.
const FORM: &str = "__path";
const ERROR: &str = "__err";

/// The refusals whose pages have not been loaded yet, oldest first, each with its id.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    kept: Mutex<VecDeque<(String, PostedRefusal)>>,
}

/// Exchanges the error in a redirect for an id, and the id in the next request for the error.
pub(super) async fn exchange(State(refusals): State<Arc<Refusals>>, mut request: Request, next: Next) -> Response {
    let is_post = request.method() == Method::POST;
    if let Some(refusal) = request.uri().query().and_then(|query| refusals.take(query)) {
        request.extensions_mut().insert(refusal);
    }
    let mut response = next.run(request).await;
    let location = response.headers().get(header::LOCATION).filter(|_| is_post);
    let location = location.and_then(|location| location.to_str().ok()).map(|location| refusals.keep(location));
    if let Some(Ok(location)) = location.map(HeaderValue::try_from) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

impl Refusals {
    /// The address without an error. If it had one, that is kept, and the address has its id.
    fn keep(&self, location: &str) -> String {
        let (address, fragment) = location.split_once('#').map_or((location, None), |(a, f)| (a, Some(f)));
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let is_ours = |pair: &&str| [ID, FORM, ERROR].contains(&pair.split('=').next().unwrap_or_default());
        // The page may have had such parameters before; those of this answer come last.
        let last = |name| pairs(query).filter(|(found, _)| *found == name).map(|(_, value)| value).last();
        let refusal = last(FORM).zip(last(ERROR)).map(|(form, error)| PostedRefusal::new(form, error));
        let mut kept_pairs: Vec<String> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_ours(pair)).map(str::to_owned).collect();
        kept_pairs.extend(refusal.map(|refusal| format!("{ID}={}", self.insert(refusal))));
        let query = if kept_pairs.is_empty() { String::new() } else { format!("?{}", kept_pairs.join("&")) };
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        format!("{path}{query}{fragment}")
    }

    fn insert(&self, refusal: PostedRefusal) -> String {
        let id = Nonce::new().to_string();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == MOST_KEPT {
            kept.pop_front();
        }
        kept.push_back((id.clone(), refusal));
        id
    }

    fn take(&self, query: &str) -> Option<PostedRefusal> {
        let (_, id) = pairs(query).find(|(name, _)| *name == ID)?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == id)?;
        kept.remove(place).map(|(_, refusal)| refusal)
    }
}

fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_redirect_becomes_an_id_that_works_once() {
        let refusals = Refusals::default();
        let location =
            refusals.keep("http://h/settings?base=a&__path=%2Fold&__err=old&__path=%2Fapi%2Fx&__err=bmV3#top");
        let id = location.strip_prefix("http://h/settings?base=a&refused=").expect("the rest is kept");
        let query = format!("base=a&refused={}", id.strip_suffix("#top").expect("the fragment is kept"));
        assert_eq!(refusals.take(&query), Some(PostedRefusal::new("%2Fapi%2Fx", "bmV3")));
        assert_eq!(refusals.take(&query), None);
        assert_eq!(refusals.keep("/?refused=spent"), "/");
        assert_eq!(refusals.keep("/agents?range=1h"), "/agents?range=1h");
    }

    #[test]
    fn only_so_many_are_kept() {
        let refusals = Refusals::default();
        let query = |location: String| location.trim_start_matches("/?").to_owned();
        let first = query(refusals.keep("/?__path=a&__err=b"));
        let last = (0..MOST_KEPT).map(|_| query(refusals.keep("/?__path=a&__err=b"))).last().expect("there are some");
        assert_eq!((refusals.take(&first), refusals.take(&last).is_some()), (None, true));
    }
}
