//! A cause as the screen shows it: the problem, the evidence, and the fix.

use leptos::prelude::*;
use monitor_core::agents::{Cause, Verdict, Weight};

use crate::{
    components::{Copy, Evidence, Prose, Tone, show_if},
    words,
};

/// The color and icon of a verdict.
pub const fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Reporting => Tone::Ok,
        Verdict::Waiting => Tone::Busy,
        Verdict::Idle | Verdict::Off => Tone::Off,
        Verdict::Dark => Tone::Bad,
        Verdict::Unknown => Tone::Warn,
    }
}

/// The color of one cause: that of the verdict only where it is the reason for it.
pub const fn cause_tone(cause: &Cause, verdict: Verdict) -> Tone {
    match cause.weight {
        Weight::Reason => tone(verdict),
        Weight::Warning => Tone::Warn,
        Weight::Note => Tone::Off,
    }
}

/// The evidence, the advice, and the command of a cause. Its sentence is shown by the caller, as a heading or a summary.
pub fn remedy(cause: &Cause, hydrated: Memo<bool>) -> AnyView {
    let evidence = (!cause.evidence.is_empty()).then(|| {
        let text = words::sentence(&cause.evidence);
        view! {
            <p>
                <Evidence text hydrated />
            </p>
        }
    });
    view! {
        <div class="cause-fix">
            {evidence}
            <p class="hint">
                <b>"Next: "</b>
                <Prose text=cause.advice().to_owned() />
            </p>
            {cause.fix.command.as_ref().map(|text| command(text, hydrated))}
        </div>
    }
    .into_any()
}

/// A command with a button to copy it.
pub fn command(text: &str, hydrated: Memo<bool>) -> AnyView {
    let copied: std::sync::Arc<str> = text.into();
    view! {
        <div class="command">
            <code tabindex="0">{text.to_owned()}</code>
            {show_if(hydrated, move || view! { <Copy text=copied.clone() what=" the command" /> })}
        </div>
    }
    .into_any()
}
