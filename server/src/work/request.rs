//! A request for work on the stack, and the lock that it needs.

use monitor_core::{error::StackError, job::JobKind};

use crate::{
    background::in_background,
    configuration::Configuration,
    work_lock::{Attempt, HeldLock},
};

/// What is asked for. Requests with equal words would do the same and can share one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What the job will do.
    pub kind: JobKind,
    /// Kind, options, and what the settings say.
    pub words: String,
}

impl Request {
    /// A request with these options, for example `force`; empty without. Reads the settings file.
    pub async fn new(configuration: &Configuration, kind: JobKind, options: &str) -> Request {
        let settings = match kind {
            // What is stopped does not depend on them.
            JobKind::Down | JobKind::Remove => String::new(),
            JobKind::Initialize | JobKind::Up | JobKind::Apply => {
                let configuration = configuration.clone();
                in_background(move || configuration.settings_base()).await
            }
        };
        Request { kind, words: format!("{kind:?} [{options}] {settings}") }
    }

    /// Tries to get the lock for it.
    ///
    /// # Errors
    /// As `WorkLock::try_acquire`.
    pub async fn lock(&self, configuration: &Configuration) -> Result<Attempt, StackError> {
        let (configuration, Request { kind, words }) = (configuration.clone(), self.clone());
        in_background(move || {
            // The stack of a later Clawker is not ours to lock. The work reports it.
            if configuration.check_generation().is_err() {
                return Ok(Attempt::Acquired(HeldLock::without_file()));
            }
            if kind == JobKind::Initialize && configuration.settings().is_ok() {
                // The work reports why it can't be created.
                configuration.create_directory().ok();
            }
            configuration.work_lock().try_acquire(&words)
        })
        .await
    }
}
