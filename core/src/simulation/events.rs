//! Events other than prompts, requests, and tools: at the start of a session, in between, and at its end. Only the
//! newest release sends them.
//!
//! `managed_settings_resolved`, `plugin_loaded`, and `retention_sweep` are as recorded. The others follow the
//! documentation; if it leaves a type open, numbers are text, as in the recorded `retention_sweep`.

use super::{
    metric::Metric,
    script::{Mode, ScriptWriter},
    value::{Value, as_text},
};

impl ScriptWriter<'_> {
    /// From the start of the process until it is ready for a prompt.
    pub(super) fn begin(&mut self) {
        if self.is_newest_release() {
            self.wait(60, 140);
            self.event(
                "managed_settings_resolved",
                vec![
                    ("managed_settings.trigger", "startup".into()),
                    ("managed_settings.sources", Value::List(Vec::new())),
                    ("managed_settings.source_behavior", "first-wins".into()),
                    ("managed_settings.helper.state", "none".into()),
                    ("managed_settings.helper.applied", "none".into()),
                ],
            );
            self.wait(60, 120);
            for (plugin, hash) in [
                ("cc-plugin-agents-md", "da63145d0acbb62d"),
                ("cc-plugin-privacy", "a2f27f067781660d"),
                ("cc-plugin-plugin-authoring", "559932fe5f722b82"),
            ] {
                self.plugin_loaded(plugin, hash);
            }
        }
        self.wait(10, 40);
        match self.identity.release {
            super::Release::V2_0_30 => {}
            super::Release::V2_1_100 => self.add(Metric::Sessions, Vec::new(), 1),
            super::Release::V2_1_330 => {
                let start = if self.random.chance(150) { "resume" } else { "fresh" };
                self.add(Metric::Sessions, vec![("start_type", start.into())], 1);
            }
        }
        if self.is_newest_release() {
            self.surroundings();
        }
        self.wait(80, 200);
    }

    fn plugin_loaded(&mut self, plugin: &str, hash: &str) {
        self.event(
            "plugin_loaded",
            vec![
                ("plugin.name", plugin.into()),
                ("marketplace.name", "builtin".into()),
                ("plugin.scope", "default-bundle".into()),
                ("enabled_via", "default-enable".into()),
                ("plugin_id_hash", hash.into()),
                ("has_hooks", true.into()),
                ("has_mcp", false.into()),
                ("host_owned_mcp", false.into()),
                ("skill_path_count", 0_u64.into()),
                ("command_path_count", 0_u64.into()),
                ("agent_path_count", 0_u64.into()),
                ("safe_mode", "false".into()),
            ],
        );
    }

    fn surroundings(&mut self) {
        if self.random.chance(400) {
            self.event(
                "hook_registered",
                vec![
                    ("hook_event", "PostToolUse".into()),
                    ("hook_type", "command".into()),
                    ("hook_source", "projectSettings".into()),
                    ("safe_mode", "false".into()),
                    ("hook_matcher", "Edit|Write".into()),
                ],
            );
        }
        if self.random.chance(500) {
            let duration = self.wait(150, 900);
            let failed = self.random.chance(150);
            let mut attributes = vec![
                ("status", if failed { "failed" } else { "connected" }.into()),
                ("transport_type", "stdio".into()),
                ("server_scope", "project".into()),
                ("duration_ms", as_text(duration)),
                ("server_name", "tickets".into()),
            ];
            if failed {
                attributes.push(("error_code", "ECONNREFUSED".into()));
                attributes.push(("error", "connect ECONNREFUSED 127.0.0.1:7337".into()));
            }
            self.event("mcp_server_connection", attributes);
        }
        if self.random.chance(60) {
            self.event(
                "auth",
                vec![("action", "login".into()), ("success", "true".into()), ("auth_method", "api_key".into())],
            );
        }
        if self.random.chance(60) {
            self.event(
                "plugin_installed",
                vec![
                    ("marketplace.is_official", true.into()),
                    ("install.trigger", "cli".into()),
                    ("plugin.name", "code-review".into()),
                    ("plugin.version", "1.4.0".into()),
                    ("marketplace.name", "official".into()),
                ],
            );
        }
    }

    /// Events that may accompany a prompt.
    pub(super) fn around_a_prompt(&mut self) {
        if self.random.chance(150) {
            self.event("at_mention", vec![("mention_type", "file".into()), ("success", "true".into())]);
        }
        if self.random.chance(100) {
            self.event(
                "skill_activated",
                vec![
                    ("skill.name", "release-notes".into()),
                    ("invocation_trigger", "user".into()),
                    ("skill.source", "project".into()),
                    ("skill.kind", "prompt".into()),
                ],
            );
        }
        if self.mode == Mode::Interactive && self.random.chance(150) {
            self.event(
                "permission_mode_changed",
                vec![
                    ("from_mode", "default".into()),
                    ("to_mode", "acceptEdits".into()),
                    ("trigger", "shift_tab".into()),
                ],
            );
        }
        if self.random.chance(20) {
            self.event("internal_error", vec![("error_name", "AbortError".into()), ("error_code", "ABORT_ERR".into())]);
        }
    }

    /// A hook that runs after an edit.
    pub(super) fn hook(&mut self) {
        let of = |own: Vec<(&'static str, Value)>| {
            let mut attributes = vec![
                ("hook_event", "PostToolUse".into()),
                ("hook_name", "PostToolUse:Edit".into()),
                ("num_hooks", as_text(1)),
                ("managed_only", "false".into()),
                ("hook_source", "projectSettings".into()),
                ("safe_mode", "false".into()),
            ];
            attributes.extend(own);
            attributes
        };
        self.event("hook_execution_start", of(Vec::new()));
        let duration = self.wait(40, 2500);
        let blocked = u64::from(self.random.chance(50));
        self.event(
            "hook_execution_complete",
            of(vec![
                ("num_success", as_text(1 - blocked)),
                ("num_blocking", as_text(blocked)),
                ("num_non_blocking_error", as_text(0)),
                ("num_cancelled", as_text(0)),
                ("total_duration_ms", as_text(duration)),
            ]),
        );
        if self.random.chance(200) {
            let checked = self.random.between(1, 9);
            self.event(
                "hook_plugin_metrics",
                vec![
                    ("plugin_id", "code-review@official".into()),
                    ("hook_event", "PostToolUse".into()),
                    ("files_checked", checked.into()),
                    ("clean", (blocked == 0).into()),
                ],
            );
        }
    }

    /// The daily cleanup of old transcripts, 5 seconds after the first prompt, if it is still running.
    pub(super) fn sweep(&mut self, prompted_ms: u64) {
        let due_ms = prompted_ms + 5000;
        if !self.is_newest_release() || due_ms >= self.at_ms {
            return;
        }
        let now_ms = std::mem::replace(&mut self.at_ms, due_ms);
        let counts = [
            ("transcripts_deleted", 0),
            ("transcripts_exempted_desktop", 0),
            ("session_files_deleted", 0),
            ("artifacts_deleted", 0),
            ("files_retained_fresh", self.random.between(2, 60)),
            ("files_past_cutoff", 0),
            ("error_count", 0),
            ("history_entries_pruned", 0),
        ];
        let mut attributes =
            vec![("result", "complete".into()), ("period_days", as_text(30)), ("used_default", "true".into())];
        attributes.extend(counts.map(|(key, count)| (key, as_text(count))));
        self.event("retention_sweep", attributes);
        self.at_ms = now_ms;
    }

    /// The end of a session.
    pub(super) fn close(&mut self) {
        if self.mode == Mode::Interactive && self.random.chance(150) {
            self.wait(500, 4000);
            let appearance = self.random.uuid();
            self.event(
                "feedback_survey",
                vec![
                    ("event_type", "appeared".into()),
                    ("appearance_id", appearance.into()),
                    ("survey_type", "session".into()),
                    ("enabled_via_override", false.into()),
                ],
            );
        }
    }
}
