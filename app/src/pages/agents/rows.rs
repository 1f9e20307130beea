//! The rows of the list: agents as the Engine knows them, joined with what the stores know of their owners. Pure.
//!
//! A row that did not change is the same row as before (`Arc`), so that only what changed is drawn anew.

use std::sync::Arc;

use monitor_core::{
    agents::{Agent, Cause, CauseCode, FixKind, Verdict},
    telemetry::{Numbers, Owner, OwnerNumbers},
    timestamp::Timestamp,
};

use crate::order::order;

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
                && !matches!(cause.code, CauseCode::StoresUnreachable | CauseCode::NotRunning);
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
        let place_of = |place: usize| (owners[place].simulated, &owners[place].owner);
        let by_owner = order(owners.len(), &|one, other| place_of(one).cmp(&place_of(other)));
        let tags: Vec<Owner> = agents.iter().map(Agent::owner).collect();
        let by_tags = order(tags.len(), &|one, other| tags[one].cmp(&tags[other]));
        let mut shared = vec![false; tags.len()];
        for pair in by_tags.windows(2).filter(|pair| tags[pair[0]] == tags[pair[1]]) {
            shared[pair[0]] = true;
            shared[pair[1]] = true;
        }
        let mut claimed = vec![false; owners.len()];
        let mut rows = Vec::with_capacity(agents.len() + owners.len());
        for ((agent, owner), shared) in agents.iter().zip(&tags).zip(shared) {
            // What nobody tagged may be anybody's: it is claimed by no container.
            let tagged = *owner != Owner::default();
            let found = by_owner.binary_search_by(|place| place_of(*place).cmp(&(false, owner)));
            let found = found.ok().map(|place| by_owner[place]).filter(|_| tagged);
            if let Some(place) = found {
                claimed[place] = true;
            }
            let (key, numbers) = (format!("c:{}", agent.container), found.map(|place| &owners[place]));
            rows.push(row(known, key, Kind::Container, owner, Some(agent), numbers, shared && tagged));
        }
        for numbers in owners.iter().zip(claimed).filter(|(_, claimed)| !claimed).map(|(numbers, _)| numbers) {
            let owner = &numbers.owner;
            let kind = if *owner == Owner::default() { Kind::Untagged } else { Kind::NoContainer };
            let (project, agent) = (owner.project.as_deref(), owner.agent.as_deref());
            let key = format!(
                "{}:{}/{}",
                if numbers.simulated { 's' } else { 'o' },
                project.unwrap_or_default(),
                agent.unwrap_or_default()
            );
            rows.push(row(known, key, kind, owner, None, Some(numbers), false));
        }
        let by_key = order(rows.len(), &|one, other| rows[one].key.cmp(&rows[other].key));
        Rows(by_key.into_iter().map(|place| Arc::clone(&rows[place])).collect())
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
