//! What the parts of the page share while somebody edits: the page as the server last answered, the form, and the ports
//! that were asked about.

use leptos::prelude::*;
use monitor_core::{
    problem::Problem,
    settings::{KEYS, Kind},
    settings_page::{PortUse, SettingsForm, SettingsPage},
    timestamp::Timestamp,
};

use super::{dom, form::Form, port};
use crate::{
    api::{load_settings, look_at_port},
    live::Live,
    reactive::Derived,
};

/// How long somebody may go on typing before a port is asked about.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// The shared state.
#[derive(Debug, Clone, Copy)]
pub struct Editing {
    /// What the server answered last.
    pub page: RwSignal<SettingsPage>,
    /// What the fields say.
    pub form: RwSignal<Form>,
    /// What is known of the host's ports; the newest last.
    pub ports: RwSignal<Vec<PortUse>>,
    /// What is wrong in the form.
    pub problems: Derived<Vec<Problem>>,
}

impl Editing {
    /// Begins with what the server answered and what the address asks for.
    pub fn begin(page: SettingsPage, asked: &SettingsForm) -> Editing {
        let form = RwSignal::new(Form::new(&page, asked));
        let ports = RwSignal::new(page.ports.clone());
        let problems = Derived::new(move || form.with(Form::problems));
        let editing = Editing { page: RwSignal::new(page), form, ports, problems };
        editing.keep_current();
        // What was typed before the page was interactive, or kept by the browser over a reload, is not lost.
        Effect::new(move |_| {
            dom::gather(form);
            editing.look_at_ports();
        });
        editing
    }

    /// Changes the form by something else than typing, and shows it in the fields.
    pub fn change(self, change: impl FnOnce(&mut Form)) {
        let mut change = Some(change);
        self.change_with(&mut |form| {
            if let Some(change) = change.take() {
                change(form);
            }
        });
    }

    fn change_with(self, change: &mut dyn FnMut(&mut Form)) {
        self.form.update(change);
        self.form.with_untracked(dom::show);
        self.look_at_ports();
    }

    /// Asks about the port in that field, once its typist pauses.
    pub fn look_at_port_soon(self, path: &'static str) {
        let wanted = move || self.form.try_with_untracked(|form| form.port(path)).flatten();
        let port = wanted();
        let look = move || {
            if let Some(port) = port.filter(|_| wanted() == port) {
                self.look_at(path, port);
            }
        };
        set_timeout(look, PAUSE);
    }

    fn look_at_ports(self) {
        for key in KEYS.iter().filter(|key| key.kind == Kind::Port) {
            if let Some(port) = self.form.with_untracked(|form| form.port(key.path)) {
                self.look_at(key.path, port);
            }
        }
    }

    fn look_at(self, path: &str, port: u16) {
        let needless = |ports: &Vec<PortUse>| {
            let answered = |found: &PortUse| found.port == port && (found.holder.is_some() || found.key.is_empty());
            !port::is_published(path, ports) || ports.iter().any(answered)
        };
        if self.ports.with_untracked(needless) {
            return;
        }
        leptos::task::spawn_local(async move {
            let holder_and_free = look_at_port(port).await.map(|found| (found.holder, found.free));
            let (holder, free) = holder_and_free.unwrap_or_default();
            self.ports.try_update(|ports| ports.push(PortUse { key: String::new(), port, holder, free }));
        });
    }

    /// Asks the server again whenever it saw settings, files, services or agents change.
    fn keep_current(self) {
        let live = Live::get();
        let stamp = live.derive(|snapshot| match snapshot.running_job() {
            // While a job is at work everything changes; what it came to is looked at once.
            Some(_) => None,
            None => {
                let started: Vec<Option<Timestamp>> =
                    snapshot.services.iter().map(|status| status.started_at).collect();
                let job = snapshot.job.as_ref().map(|job| (job.id, job.state));
                let agents: Vec<(String, Option<Timestamp>, bool)> = snapshot
                    .agents
                    .iter()
                    .map(|agent| (agent.container.clone(), agent.created_at, agent.state.is_up()))
                    .collect();
                Some((snapshot.configuration.clone(), started, agents, job))
            }
        });
        Effect::new(move |looked_at: Option<Option<_>>| {
            let now = stamp.get();
            match looked_at {
                Some(before) if now.is_some() && before != now => {
                    self.load(None);
                    now
                }
                Some(before) if now.is_none() => before,
                _ => now,
            }
        });
    }

    /// Asks the server again, and counts up `shown` once what it answered is shown.
    pub fn load(self, shown: Option<RwSignal<u32>>) {
        leptos::task::spawn_local(async move {
            let Ok(page) = load_settings().await else { return };
            let _ = self.form.try_update(|form| form.follow(&page));
            let _ = self.ports.try_update(|ports| ports.clone_from(&page.ports));
            self.page.try_set(page);
            if self.form.try_with_untracked(dom::show).is_some() {
                self.look_at_ports();
            }
            if let Some(shown) = shown {
                shown.try_update(|count| *count += 1);
            }
        });
    }
}
