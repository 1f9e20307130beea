//! What the parts of the page share: the page as last loaded, the form, and the ports that were looked up.

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
};

/// How long a pause in typing is before a port is looked up.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(300);

/// The shared state.
#[derive(Debug, Clone, Copy)]
pub struct Editing {
    /// The page as last loaded.
    pub page: RwSignal<SettingsPage>,
    /// The fields.
    pub form: RwSignal<Form>,
    /// What is known about the ports of the host; the newest last.
    pub ports: RwSignal<Vec<PortUse>>,
    /// The problems in the form.
    pub problems: Memo<Vec<Problem>>,
}

impl Editing {
    /// Starts with the loaded page and the changes in the address.
    pub fn begin(page: SettingsPage, asked: &SettingsForm) -> Editing {
        let form = RwSignal::new(Form::new(&page, asked));
        let ports = RwSignal::new(page.ports.clone());
        let problems = Memo::new(move |_| form.with(Form::problems));
        let editing = Editing { page: RwSignal::new(page), form, ports, problems };
        editing.keep_current();
        // The fields may already differ: typed before hydration, or restored by the browser after a reload.
        Effect::new(move |_| {
            dom::gather(form);
            editing.look_at_ports();
        });
        editing
    }

    /// Changes the form by something other than typing, and updates the fields.
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

    /// Looks up the port in that field after a pause in typing.
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

    /// Loads the page again when settings, files, services, or agents change.
    fn keep_current(self) {
        let live = Live::get();
        let stamp = live.derive(|snapshot| match snapshot.running_job() {
            // During a job everything changes; the page is loaded once when it ends.
            Some(_) => None,
            None => {
                let started: Vec<Option<Timestamp>> =
                    snapshot.services.iter().map(|status| status.started_at).collect();
                let job = snapshot.job.as_ref().map(|job| (job.process, job.id, job.state));
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

    /// Loads the page again, then increments `shown`.
    pub fn load(self, shown: Option<RwSignal<u32>>) {
        leptos::task::spawn_local(async move {
            let Ok(page) = load_settings().await else { return };
            let _ = self.form.try_update(|form| form.update_from(&page));
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
