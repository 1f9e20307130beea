//! The verdict, a row a cause: one healthy agent, one thing changed, and everything that is then said about it.

mod cases;
mod new_agents;
mod outside;
mod proxies;
mod random;
mod releases;
mod rules;
mod secrets;
mod table;

use std::collections::BTreeMap;

use super::*;
use crate::{
    agent_environment::{Source, environment},
    agents::{ClawkerVariable, ClawkerVariables, CollectorEvidence, SettingsFile, SettingsLayer, UnreadFile},
    settings::{RawValue, RawValues, Settings},
    stack::NETWORK,
    status::ContainerState,
    telemetry::{CollectorThen, LastSeen, Losses, Mismatch, Owner, OwnerLastSeen},
};

/// That time of one day.
fn at(time: &str) -> Timestamp {
    Timestamp::from_rfc3339(&format!("2026-11-22T{time}Z")).expect("a time")
}

fn settings(values: &[(&str, &str)]) -> Settings {
    let raw = |text: &str| RawValue { text: text.to_owned(), line: None };
    let values: RawValues = values.iter().map(|(key, text)| ((*key).to_owned(), raw(text))).collect();
    Settings::from_values(&values).expect("valid")
}

fn lines(settings: &Settings, sources: &[Source]) -> Vec<String> {
    let variables = environment(settings, "shop", "dev").into_iter();
    let given = variables.filter(|variable| sources.contains(&variable.source));
    given.map(|variable| format!("{}={}", variable.name, variable.value)).collect()
}

/// An agent with all that is around it.
#[derive(Clone)]
struct Scene {
    agent: AgentContainer,
    stack: StackEvidence,
}

/// Made by Clawker while the stack ran, with Clawker's defaults, and heard twelve seconds ago.
fn healthy() -> Scene {
    let settings = Settings::default();
    let agent = AgentContainer {
        id: "1f".into(),
        container: "clawker.shop.dev".into(),
        managed: true,
        project: Some("shop".into()),
        agent: "dev".into(),
        image: "clawker-shop:latest".into(),
        state: ContainerState::Running,
        created_at: Some(at("10:00:00")),
        started_at: Some(at("10:00:02")),
        finished_at: None,
        workdir: Some("/home/ada/shop".into()),
        networks: vec![NETWORK.into()],
        addresses: vec!["172.18.0.7".into()],
        environment: lines(&settings, &[Source::Image, Source::Creation]),
        image_environment: Some(lines(&settings, &[Source::Image])),
        claude_version: Some("2.1.330".into()),
        settings_files: Vec::new(),
        clawker: ClawkerVariables::default(),
        proxy: Default::default(),
        files_read: true,
    };
    let heard =
        OwnerLastSeen { last_seen: Some(at("11:59:48")), version: Some("2.1.330".into()), ..OwnerLastSeen::default() };
    let stack = StackEvidence {
        now: at("12:00:00"),
        settings,
        collector: CollectorEvidence {
            container: Some("otel-collector".into()),
            running: true,
            labelled: true,
            on_network: true,
            started_at: Some(at("09:00:00")),
            created_at: Some(at("08:00:00")),
            finished_at: None,
        },
        containers_known: true,
        collector_then: Ok(BTreeMap::new()),
        last_seen: Ok(LastSeen { owners: [(owner(Some("shop"), Some("dev")), heard)].into(), ..LastSeen::default() }),
        losses: Losses::default(),
    };
    Scene { agent, stack }
}

/// The same, and nothing was ever heard of it.
fn silent() -> Scene {
    healthy().unheard()
}

fn owner(project: Option<&str>, agent: Option<&str>) -> Owner {
    Owner::new(project, agent)
}

impl Scene {
    fn unheard(mut self) -> Scene {
        self.stack.last_seen = Ok(LastSeen::default());
        self
    }

    /// LastSeen last at that time.
    fn heard(self, time: &str) -> Scene {
        self.heard_of(owner(Some("shop"), Some("dev")), time)
    }

    fn heard_of(mut self, owner: Owner, time: &str) -> Scene {
        let heard = OwnerLastSeen { last_seen: Some(at(time)), ..OwnerLastSeen::default() };
        self.stack.last_seen.as_mut().expect("stores that answer").owners.insert(owner, heard);
        self
    }

    /// What Prometheus measured of the collector when the agent was created.
    fn collector_then(mut self, then: CollectorThen) -> Scene {
        let created = self.agent.created_at.expect("a time");
        self.stack.collector_then = Ok([(created, then)].into());
        self
    }

    fn stores_down(mut self) -> Scene {
        self.stack.last_seen = Err("no answer on port 3100".into());
        self
    }

    /// Set when the container was created, by anyone.
    fn given(mut self, line: &str) -> Scene {
        self.agent.environment.push(line.into());
        self
    }

    /// Baked into the image, and so in the container.
    fn baked(mut self, line: &str) -> Scene {
        self.agent.image_environment.get_or_insert_default().push(line.into());
        self.given(line)
    }

    /// Set by the project's file, and so in the container.
    fn filed(self, line: &str) -> Scene {
        self.clawker_file(line, "/home/ada/shop/.clawker.yaml", "agent.env").given(line)
    }

    /// Set by one of Clawker's files, since the container was created.
    fn clawker_file(mut self, line: &str, file: &str, key: &str) -> Scene {
        let (name, value) = line.split_once('=').expect("a value");
        self.agent.clawker.variables.push(ClawkerVariable {
            name: name.into(),
            value: Some(value.into()),
            file: file.into(),
            key: format!("{key}.{name}"),
        });
        self
    }

    /// In neither image nor container.
    fn without(mut self, name: &str) -> Scene {
        let is_other = |line: &String| !line.starts_with(&format!("{name}="));
        self.agent.environment.retain(is_other);
        if let Some(image) = &mut self.agent.image_environment {
            image.retain(is_other);
        }
        self
    }

    fn agent(mut self, change: impl FnOnce(&mut AgentContainer)) -> Scene {
        change(&mut self.agent);
        self
    }

    fn collector(mut self, change: impl FnOnce(&mut CollectorEvidence)) -> Scene {
        change(&mut self.stack.collector);
        self
    }

    fn settings(mut self, values: &[(&str, &str)]) -> Scene {
        self.stack.settings = settings(values);
        self
    }

    fn stack(mut self, change: impl FnOnce(&mut StackEvidence)) -> Scene {
        change(&mut self.stack);
        self
    }

    fn losses(mut self, change: impl FnOnce(&mut Losses)) -> Scene {
        change(&mut self.stack.losses);
        self
    }

    fn managed_settings(self, text: &str) -> Scene {
        self.settings_file(SettingsLayer::Managed, "/etc/claude-code/managed-settings.json", text)
    }

    fn user_settings(self, text: &str) -> Scene {
        self.settings_file(SettingsLayer::User, "/home/claude/.claude/settings.json", text)
    }

    fn config(self, text: &str) -> Scene {
        self.settings_file(SettingsLayer::Config, "/home/claude/.claude.json", text)
    }

    fn project_settings(self, text: &str) -> Scene {
        self.settings_file(SettingsLayer::Project, "/home/ada/shop/.claude/settings.json", text)
    }

    fn settings_file(mut self, layer: SettingsLayer, path: &str, text: &str) -> Scene {
        self.agent.settings_files.push(SettingsFile::parse(layer, path, text));
        self
    }

    fn version(self, version: &str) -> Scene {
        let version = (!version.is_empty()).then(|| version.to_owned());
        self.agent(|agent| agent.claude_version = version)
    }

    /// Created with `docker run` with all variables that Clawker sets.
    fn by_hand(self) -> Scene {
        self.agent(|agent| {
            agent.managed = false;
            agent.container = "my-claude".into();
            agent.image = "node:22".into();
            agent.workdir = None;
            agent.image_environment = Some(Vec::new());
        })
    }

    fn stopped(self, finished: &str) -> Scene {
        let finished = at(finished);
        self.agent(|agent| {
            agent.state = ContainerState::Exited;
            agent.finished_at = Some(finished);
        })
    }

    fn judged(&self) -> Diagnosis {
        diagnose_agent(&self.agent, &self.stack)
    }

    fn verdict(&self) -> Verdict {
        self.judged().verdict
    }

    fn codes(&self) -> Vec<CauseCode> {
        self.judged().causes.iter().map(|cause| cause.code).collect()
    }

    /// Everything that is said, as one reads it.
    fn told(&self) -> String {
        let judgement = self.judged();
        let mut told = judgement.verdict.name().to_owned();
        if let Some(seen) = judgement.last_seen {
            told.push_str(&format!(", last seen {}", seen.to_rfc3339()));
        }
        for cause in judgement.causes {
            let command = cause.fix.command.map(|command| format!(" $ {command}")).unwrap_or_default();
            told.push_str(&format!("\n  {}: {}\n    {:?}{command}", cause.code.name(), cause.evidence, cause.fix.kind));
            if let Some(advice) = cause.advice {
                told.push_str(&format!(": {advice}"));
            }
        }
        told
    }
}
