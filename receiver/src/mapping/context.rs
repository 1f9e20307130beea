//! What the records of a session have in common: whose they are, and which attributes never change within it.

use std::sync::Arc;

use monitor_core::telemetry::Owner;
use prost::Message as _;
use sha2::{Digest, Sha256};

use super::{Rules, attributes::find_text};
use crate::{
    otlp::messages::{KeyValue, Resource, Scope},
    records::Context,
};

/// The attribute that marks simulated data.
pub const SIMULATED: &str = "clawker.simulated";
/// The service that pages and queries look for.
const CLAUDE_CODE: &str = "claude-code";
/// What the names of Claude Code's scopes begin with. The collector of the stack goes by the same.
const CLAUDE_CODE_SCOPE: &str = "com.anthropic.claude_code";
/// Attributes that tell the account, left out unless `keep_account`.
const ACCOUNT: [&str; 2] = ["user.account_uuid", "user.account_id"];

/// Attributes of records that are the same for a whole session.
const OF_SESSIONS: [&str; 17] = [
    "project",
    "agent",
    SIMULATED,
    "session.id",
    "user.id",
    "user.email",
    "user.account_uuid",
    "user.account_id",
    "user.groups",
    "identity.source",
    "organization.id",
    "terminal.type",
    "app.version",
    "app.entrypoint",
    "anthropic.provider",
    "anthropic.custom_base_url",
    "workspace.host_paths",
];

/// Splits records of one resource and scope into what they share and what is their own.
pub struct Contexts<'a> {
    resource: Vec<KeyValue>,
    service: String,
    version: String,
    rules: &'a Rules,
    /// The last one: records of a request mostly come from one session.
    last: Option<(Vec<KeyValue>, Arc<Context>)>,
}

impl<'a> Contexts<'a> {
    pub fn new(resource: &Option<Resource>, scope: &Option<Scope>, rules: &'a Rules) -> Contexts<'a> {
        let mut attributes = resource.as_ref().map(|resource| resource.attributes.clone()).unwrap_or_default();
        remove_account(&mut attributes, rules);
        let is_claude_code = scope.as_ref().is_some_and(|scope| scope.name.starts_with(CLAUDE_CODE_SCOPE));
        let named = find_text(&attributes, "service.name");
        Contexts {
            service: if is_claude_code { CLAUDE_CODE.to_owned() } else { named },
            version: find_text(&attributes, "service.version"),
            resource: attributes,
            rules,
            last: None,
        }
    }

    /// Takes the attributes that a record shares with others out of it.
    pub fn take(&mut self, attributes: &mut Vec<KeyValue>) -> Arc<Context> {
        remove_account(attributes, self.rules);
        let is_shared = |attribute: &KeyValue| OF_SESSIONS.contains(&attribute.key.as_str());
        let shared: Vec<KeyValue> = attributes.extract_if(.., |attribute| is_shared(attribute)).collect();
        match &self.last {
            Some((known, context)) if *known == shared => context.clone(),
            _ => {
                let context = Arc::new(self.build(&shared));
                self.last = Some((shared, context.clone()));
                context
            }
        }
    }

    fn build(&self, shared: &[KeyValue]) -> Context {
        let text = |key: &str| match find_text(shared, key) {
            text if text.is_empty() => find_text(&self.resource, key),
            text => text,
        };
        let own = shared.iter().filter(|attribute| !self.resource.contains(attribute));
        let mut context = Context {
            owner: Owner::new(Some(&text("project")), Some(&text("agent"))),
            simulated: text(SIMULATED) == "true",
            session: text("session.id"),
            service: self.service.clone(),
            version: self.version.clone(),
            attributes: self.resource.iter().chain(own).cloned().collect(),
            print: [0; 16],
        };
        let mut hash = Sha256::new();
        for text in [&context.service, &context.version, &context.session] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        for attribute in &context.attributes {
            hash.update(attribute.encode_length_delimited_to_vec());
        }
        context.print.copy_from_slice(&hash.finalize()[..16]);
        context
    }
}

fn remove_account(attributes: &mut Vec<KeyValue>, rules: &Rules) {
    if !rules.keep_account {
        attributes.retain(|attribute| !ACCOUNT.contains(&attribute.key.as_str()));
    }
}
