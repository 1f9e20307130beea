//! Keeps an agent's page current: asks the server again when the agent changes. Its numbers arrive on a stream.

use std::time::Duration;

use leptos::prelude::*;
use monitor_core::{agent_page::AgentPage, agents::Agent, status::ContainerState};

use crate::api::load_agent;

/// The shortest time between two requests because the agent changed.
const PAUSE: Duration = Duration::from_secs(3);

/// Loads the page again when the agent changes, at most every `PAUSE`.
pub fn refresh_when_changed(container: String, page: RwSignal<AgentPage>, agent: Memo<Agent>) {
    let refresh = StoredValue::new(Refresh { container, page, state: State::default() });
    let stamp =
        Memo::new(move |_| agent.with(|agent| (agent.verdict, agent.state, agent.started_at, agent.causes.len())));
    Effect::new(move |before: Option<_>| {
        let now = stamp.get();
        // A container that ends may be removed before its page could be loaded again.
        if now.1 == ContainerState::Running && before.is_some_and(|before| before != now) {
            load_rate_limited(refresh);
        }
        now
    });
}

struct Refresh {
    container: String,
    page: RwSignal<AgentPage>,
    state: State,
}

/// Where the rate limit is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// The next change loads at once.
    #[default]
    Ready,
    /// The last load was less than `PAUSE` ago.
    Paused,
    /// The same, and the agent has changed since.
    PausedAndChanged,
}

impl Refresh {
    fn load(&self) {
        let (container, page) = (self.container.clone(), self.page);
        leptos::task::spawn_local(async move {
            let Some(range) = page.try_with_untracked(|page| page.range) else { return };
            if let Ok(new) = load_agent(container, range).await {
                page.try_update(|page| page.reload(new));
            }
        });
    }
}

/// After the page was left the value is gone, and nothing happens.
fn load_rate_limited(refresh: StoredValue<Refresh>) {
    let start = refresh.try_update_value(|refresh| match refresh.state {
        State::Ready => {
            refresh.state = State::Paused;
            refresh.load();
            true
        }
        State::Paused | State::PausedAndChanged => {
            refresh.state = State::PausedAndChanged;
            false
        }
    });
    if start == Some(true) {
        let end_of_pause = move || {
            let before = refresh.try_update_value(|refresh| std::mem::take(&mut refresh.state));
            if before == Some(State::PausedAndChanged) {
                load_rate_limited(refresh);
            }
        };
        set_timeout(end_of_pause, PAUSE);
    }
}
