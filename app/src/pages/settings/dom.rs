//! The fields in the browser. The browser owns what is typed and the form follows; the fields are written only when the
//! form changes by something other than typing.

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use monitor_core::settings::Kind;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlInputElement;

    use crate::pages::settings::form::Form;

    fn input(id: &str) -> Option<HtmlInputElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    /// Reads every field into the form.
    pub fn gather(form: RwSignal<Form>) {
        form.update(|form| {
            let fields: Vec<_> = form.fields().iter().map(|field| field.key).collect();
            for key in fields {
                if key.kind == Kind::Switch {
                    // Before hydration the browser alone recorded clicks on radio buttons.
                    for (on, word) in [(true, "on"), (false, "off")] {
                        let chosen = input(&format!("{}-{word}", key.path)).is_some_and(|input| input.checked());
                        if chosen && form.field(key.path).is_some_and(|field| (field.effective() == "true") != on) {
                            form.switch(key.path, on);
                        }
                    }
                } else if let Some(input) = input(key.path)
                    && form.field(key.path).is_some_and(|field| field.value != input.value())
                {
                    form.type_in(key.path, &input.value());
                }
            }
        });
    }

    /// Writes every field that differs from the form.
    pub fn show(form: &Form) {
        for field in form.fields() {
            let path = field.key.path;
            if field.key.kind == Kind::Switch {
                let word = if field.effective() == "true" { "on" } else { "off" };
                if let Some(input) = input(&format!("{path}-{word}")) {
                    input.set_checked(true);
                }
            } else if let Some(input) = input(path)
                && input.value().trim() != field.value
            {
                input.set_value(&field.value);
            }
        }
    }

    /// Focuses a field.
    pub fn focus(path: &str) {
        let element = input(path).or_else(|| input(&format!("{path}-on")));
        if let Some(element) = element {
            let _ = element.focus();
        }
    }

    /// Puts the changes into the address, so that going back from the preview restores them.
    pub fn remember(address: &str) {
        let history = window().history();
        let _ = history.and_then(|history| {
            let state = history.state()?;
            history.replace_state_with_url(&state, "", Some(address))
        });
    }
}

#[cfg(not(feature = "hydrate"))]
mod browser {
    use leptos::prelude::RwSignal;

    use crate::pages::settings::form::Form;

    pub fn gather(_form: RwSignal<Form>) {}

    pub fn show(_form: &Form) {}

    pub fn focus(_path: &str) {}

    pub fn remember(_address: &str) {}
}

pub use browser::{focus, gather, remember, show};
