//! The rows of the list: agents as the Engine knows them, joined with what the stores know of their owners. Pure.
//!
//! A row that did not change is the same row as before (`Arc`), so that only what changed is drawn anew.

use std::{collections::BTreeMap, sync::Arc};

use monitor_core::{
    agents::{Agent, Cause, Code, FixKind, Verdict},
    telemetry::{Numbers, Owner, OwnerNumbers},
    timestamp::Timestamp,
};

/// What a row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An agent's container.
    Container,
    /// An owner whose data arrived, and of whom there is no container any more.
    NoContainer,
    /// What arrived without project and agent.
    Untagged,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its own, as long as it is there.
    pub key: String,
    /// What it stands for.
    pub kind: Kind,
    /// The tags of its data.
    pub owner: Owner,
    /// The agent; only of a container.
    pub agent: Option<Agent>,
    /// The numbers of its owner; `None` where nothing of it arrived, or nobody knows.
    pub numbers: Option<OwnerNumbers>,
    /// Other containers bear the same tags, so that its numbers are also theirs.
    pub shared: bool,
}

impl Row {
    /// What it is called.
    pub fn title(&self) -> &str {
        match (&self.agent, &self.owner.agent) {
            (Some(agent), _) => agent.title(),
            (None, Some(agent)) => agent,
            (None, None) if self.owner.project.is_some() => "no agent",
            (None, None) => "untagged data",
        }
    }

    /// The project, where it has one.
    pub fn project(&self) -> Option<&str> {
        match &self.agent {
            Some(agent) => agent.project.as_deref(),
            None => self.owner.project.as_deref(),
        }
    }

    /// How its telemetry stands; only of a container.
    pub fn verdict(&self) -> Option<Verdict> {
        self.agent.as_ref().map(|agent| agent.verdict)
    }

    /// Made up by `clawker-monitor simulate`.
    pub fn simulated(&self) -> bool {
        self.numbers.as_ref().is_some_and(|numbers| numbers.simulated)
    }

    /// When something arrived last: the Engine's side and the stores' are asked at different moments.
    pub fn last_seen(&self) -> Option<Timestamp> {
        let by_agent = self.agent.as_ref().and_then(|agent| agent.last_seen);
        by_agent.max(self.numbers.as_ref().and_then(|numbers| numbers.last_seen))
    }

    /// What is to be said below the row: why it is dark, or what is odd about one that is not. What merely waits, and
    /// what is the same for all, is not repeated on every row.
    pub fn cause(&self) -> Option<&Cause> {
        let agent = self.agent.as_ref()?;
        let cause = agent.causes.first()?;
        let told = agent.verdict == Verdict::Dark
            || !matches!(cause.fix.kind, FixKind::Wait | FixKind::None)
                && !matches!(cause.code, Code::StoresUnreachable | Code::NotRunning);
        told.then_some(cause)
    }
}

/// All rows, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows(Vec<Arc<Row>>);

impl Rows {
    /// In the order of their keys.
    pub fn all(&self) -> &[Arc<Row>] {
        &self.0
    }

    /// The row of that key.
    pub fn find(&self, key: &str) -> Option<&Arc<Row>> {
        let place = self.0.binary_search_by(|row| row.key.as_str().cmp(key)).ok()?;
        self.0.get(place)
    }

    /// Joins agents and numbers. What is as it was in `known` is taken from there.
    pub fn merge(known: &Rows, agents: &[Agent], numbers: Option<&Numbers>) -> Rows {
        let owners = numbers.map(|numbers| numbers.owners.as_slice()).unwrap_or_default();
        let untagged = Owner::default();
        // What nobody tagged may be anybody's: it is claimed by no container.
        let mut unclaimed: BTreeMap<(bool, &Owner), &OwnerNumbers> =
            owners.iter().map(|numbers| ((numbers.simulated, &numbers.owner), numbers)).collect();
        let tags: Vec<Owner> = agents.iter().map(Agent::owner).collect();
        let mut bearers: BTreeMap<&Owner, usize> = BTreeMap::new();
        for owner in &tags {
            *bearers.entry(owner).or_default() += 1;
        }
        let mut rows = Vec::with_capacity(agents.len() + unclaimed.len());
        for (agent, owner) in agents.iter().zip(&tags) {
            let numbers = unclaimed.get(&(false, owner)).copied().filter(|_| *owner != untagged);
            let shared = *owner != untagged && bearers.get(owner).is_some_and(|count| *count > 1);
            rows.push(row(
                known,
                format!("c:{}", agent.container),
                Kind::Container,
                owner,
                Some(agent),
                numbers,
                shared,
            ));
        }
        for owner in tags.iter().filter(|owner| **owner != untagged) {
            unclaimed.remove(&(false, owner));
        }
        for ((simulated, owner), numbers) in unclaimed {
            let kind = if *owner == untagged { Kind::Untagged } else { Kind::NoContainer };
            let (project, agent) = (owner.project.as_deref(), owner.agent.as_deref());
            let key = format!(
                "{}:{}/{}",
                if simulated { 's' } else { 'o' },
                project.unwrap_or_default(),
                agent.unwrap_or_default()
            );
            rows.push(row(known, key, kind, owner, None, Some(numbers), false));
        }
        rows.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Rows(rows)
    }
}

fn row(
    known: &Rows,
    key: String,
    kind: Kind,
    owner: &Owner,
    agent: Option<&Agent>,
    numbers: Option<&OwnerNumbers>,
    shared: bool,
) -> Arc<Row> {
    match known.find(&key) {
        Some(row) if row.agent.as_ref() == agent && row.numbers.as_ref() == numbers && row.shared == shared => {
            Arc::clone(row)
        }
        _ => {
            Arc::new(Row { key, kind, owner: owner.clone(), agent: agent.cloned(), numbers: numbers.cloned(), shared })
        }
    }
}
