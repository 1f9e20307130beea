//! Health checks that the Engine can't run. The panel asks the services themselves, so it is not misled, but other tools
//! believe the Engine.

use super::{Check, EngineEvidence, Finding, Grade, HealthEvidence};
use crate::stack::StackSpec;

/// Whether the Engine failed to run a health check's program, by what it said: the program is not in the image.
pub fn is_unrunnable(output: &str) -> bool {
    // runc, crun, and Docker's own words.
    ["executable file not found", "no such file or directory", "command not found"]
        .iter()
        .any(|message| output.to_lowercase().contains(message))
}

pub(super) fn findings(stack: &StackSpec, engine: &EngineEvidence) -> Vec<Finding> {
    engine.health.iter().filter_map(|evidence| finding(stack, evidence)).collect()
}

fn finding(stack: &StackSpec, HealthEvidence { service, output }: &HealthEvidence) -> Option<Finding> {
    let spec = stack.service(*service)?;
    let program = spec.healthcheck.as_ref()?.command.first()?;
    Some(Finding {
        check: Check::Health,
        subject: Some(service.name().to_owned()),
        grade: Grade::Warning,
        summary: format!("Docker can't run the health check of {}", service.title()),
        evidence: format!("the image `{}` has no `{program}`: {output}", spec.image),
        next: Some(
            "no action needed: clawker-monitor asks the service itself; `docker ps` and other tools will show it as \
             unhealthy"
                .into(),
        ),
    })
}
