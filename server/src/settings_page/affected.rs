//! Which services are recreated, and why: what the plan says, with the files and the settings behind it.

use monitor_core::{
    file_view::FileState,
    lifecycle::{Observed, Recreate, ServiceAction, plan_up},
    settings::{KEYS, RawValue, RawValues, Settings},
    settings_page::{AffectedService, FieldDrift},
    stack::{HostFacts, Mount, ServiceSpec, StackSpec, service_config_hash},
};

/// How the generated files differ from those on disk.
#[derive(Debug, Default)]
pub(super) struct FileChanges {
    /// Settings that the files on disk do not have yet.
    pub fields: Vec<FieldDrift>,
    /// Generated files that differ.
    pub files: Vec<(String, FileState)>,
}

/// Services whose containers the next start creates or recreates. Empty if a start is impossible, which the doctor
/// reports.
pub(super) fn affected_services(
    settings: &Settings,
    facts: &HostFacts,
    observed: &Observed,
    changes: &FileChanges,
) -> Vec<AffectedService> {
    let stack = StackSpec::new(settings, facts);
    let before: Vec<(&str, StackSpec)> = changes
        .fields
        .iter()
        .filter_map(|field| Some((field.key.as_str(), with_old(settings, field, facts)?)))
        .collect();
    let plan = plan_up(&stack, observed).map(|plan| plan.services).unwrap_or_default();
    let affected = plan.into_iter().filter_map(|planned| {
        let because = match planned.action {
            ServiceAction::Keep { .. } | ServiceAction::Start { .. } => return None,
            ServiceAction::Create => None,
            ServiceAction::Recreate { because, .. } => Some(because),
        };
        let spec = stack.service(planned.service)?;
        let (files, settings) = match because {
            None | Some(Recreate::Dead | Recreate::NetworkChanged | Recreate::OtherName { .. }) => Default::default(),
            Some(Recreate::FilesChanged) => (mounted(spec, &changes.files), behind(spec, &before)),
            Some(_) => (Vec::new(), behind(spec, &before)),
        };
        Some(AffectedService { service: planned.service, because, files, settings })
    });
    affected.collect()
}

/// The stack as it would be if this one setting still had the value that the files have. `None` if that is not possible
/// together with the other settings, for example because another service has the port now.
fn with_old(settings: &Settings, field: &FieldDrift, facts: &HostFacts) -> Option<StackSpec> {
    let value = |path: &str| if path == field.key { field.files.clone() } else { settings.value(path) };
    let values: RawValues = KEYS
        .iter()
        .map(|key| (key.path.to_owned(), RawValue { text: value(key.path), line: None }))
        .filter(|(_, raw)| !raw.text.is_empty())
        .collect();
    Some(StackSpec::new(&Settings::from_values(&values).ok()?, facts))
}

/// The settings without whose change the service would be another.
fn behind(spec: &ServiceSpec, before: &[(&str, StackSpec)]) -> Vec<String> {
    let differs = |old: &StackSpec| {
        old.service(spec.service).is_some_and(|old| service_config_hash(old) != service_config_hash(spec))
    };
    before.iter().filter(|(_, old)| differs(old)).map(|(key, _)| (*key).to_owned()).collect()
}

/// Those of the files that the service mounts.
fn mounted(spec: &ServiceSpec, files: &[(String, FileState)]) -> Vec<String> {
    let is_mounted = |name: &str| {
        spec.mounts.iter().any(|mount| match mount {
            Mount::File { source, .. } => source.rsplit('/').next() == Some(name),
            Mount::Volume { .. } => false,
        })
    };
    files.iter().filter(|(name, _)| is_mounted(name)).map(|(name, _)| name.clone()).collect()
}
