//! The list of containers and their inspections, also with states that are not Docker's.
//!
//! bollard refuses a whole answer for one state that it doesn't know. Podman 5.8 lists a container that has just been
//! stopped as `stopped`, and inspects one whose health check begins again as `reset`.

use bollard::{
    errors::Error,
    models::{
        ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, ContainerSummaryHealthStatusEnum,
        ContainerSummaryStateEnum, HealthStatusEnum,
    },
    query_parameters::ListContainersOptionsBuilder,
};
use monitor_core::error::StackError;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{client::Connection, convert::state_from_name, plain};

/// All containers, in any state, or those whose name contains `name`.
pub(super) async fn containers(engine: &Connection, name: Option<&str>) -> Result<Vec<ContainerSummary>, StackError> {
    let options = ListContainersOptionsBuilder::default().all(true);
    let options = match name {
        Some(name) => options.filters(&[("name", vec![name])].into()),
        None => options,
    };
    let error = match engine.docker.list_containers(Some(options.build())).await {
        Ok(listed) => return Ok(listed),
        Err(error) => error,
    };
    if matches!(error, Error::JsonDataError { .. })
        && let Some(listed) = plain::get_json(engine, "/containers/json?all=true").await.and_then(read)
    {
        return Ok(listed.into_iter().filter(|container| name.is_none_or(|name| is_named(container, name))).collect());
    }
    Err(engine.failure(error).or_refused("list the containers"))
}

/// Inspects a container by id or name.
pub(super) async fn inspect(engine: &Connection, id: &str) -> Result<ContainerInspectResponse, Error> {
    let answer = engine.docker.inspect_container(id, None).await;
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if matches!(answer, Err(Error::JsonDataError { .. }))
        && is_plain
        && let Some(read) = plain::get_json(engine, &format!("/containers/{id}/json")).await.and_then(read_inspection)
    {
        return Ok(read);
    }
    answer
}

fn read(list: Value) -> Option<Vec<ContainerSummary>> {
    let Value::Array(entries) = list else { return None };
    let read_entry = |mut entry: Value| {
        replace_unknown::<ContainerSummaryStateEnum>(entry.get_mut("State"), |state| state_from_name(state).name());
        replace_unknown::<ContainerSummaryHealthStatusEnum>(entry.pointer_mut("/Health/Status"), |_| "none");
        serde_json::from_value(entry).ok()
    };
    entries.into_iter().map(read_entry).collect()
}

fn read_inspection(mut inspection: Value) -> Option<ContainerInspectResponse> {
    let state = inspection.pointer_mut("/State/Status");
    replace_unknown::<ContainerStateStatusEnum>(state, |state| state_from_name(state).name());
    replace_unknown::<HealthStatusEnum>(inspection.pointer_mut("/State/Health/Status"), |_| "none");
    serde_json::from_value(inspection).ok()
}

/// Replaces a value that bollard's `T` does not have.
fn replace_unknown<T: DeserializeOwned>(value: Option<&mut Value>, known: impl Fn(&str) -> &'static str) {
    if let Some(value) = value
        && serde_json::from_value::<T>(value.clone()).is_err()
    {
        *value = known(value.as_str().unwrap_or_default()).into();
    }
}

fn is_named(container: &ContainerSummary, name: &str) -> bool {
    container.names.iter().flatten().any(|own| own.contains(name))
}

#[cfg(test)]
mod tests {
    use monitor_core::status::ContainerState;

    use crate::{
        docker::{
            DockerEngine,
            scripted::{PODMAN, at, scripted},
        },
        engine::ContainerEngine,
    };

    const LIST: &str = r#"[
        {"Id":"1","Names":["/loki"],"State":"stopped","Status":"Exited (0)"},
        {"Id":"2","Names":["/otel-collector"],"State":"stopping","Status":"Stopping"},
        {"Id":"3","Names":["/grafana"],"State":"initialized"},
        {"Id":"4","Names":["/jaeger"],"State":"unknown"},
        {"Id":"5","Names":["/promtail"],"State":"running"}
    ]"#;

    #[tokio::test]
    async fn a_list_with_podmans_states_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        let requested = scripted(&path, &[(200, PODMAN), (200, LIST), (200, LIST), (200, LIST), (200, LIST)]);
        let engine = DockerEngine::at(at(&path));
        let found = engine.containers().await.expect("a list");
        let states: Vec<(&str, ContainerState)> =
            found.iter().map(|container| (container.name.as_str(), container.state)).collect();
        let expected = [
            ("loki", ContainerState::Exited),
            ("otel-collector", ContainerState::Running),
            ("grafana", ContainerState::Created),
            ("jaeger", ContainerState::Dead),
            ("promtail", ContainerState::Running),
        ];
        assert_eq!(states, expected);
        let connection = engine.client.connection().await.expect("a connection");
        let collector = super::containers(&connection, Some("otel-collector")).await.expect("a list");
        assert_eq!(collector.len(), 1);
        let requested = requested.join().expect("no panic");
        assert_eq!(requested[2], "/v1.44/containers/json?all=true");
    }

    #[tokio::test]
    async fn an_inspection_with_podmans_states_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        const RESET: &str = r#"{"Id":"1","State":{"Status":"running","Health":{"Status":"reset","FailingStreak":0}}}"#;
        const STOPPED: &str = r#"{"Id":"1","State":{"Status":"stopped"}}"#;
        let requested = scripted(&path, &[(200, PODMAN), (200, RESET), (200, RESET), (200, STOPPED), (200, STOPPED)]);
        let engine = DockerEngine::at(at(&path));
        let detail = engine.container_detail("prometheus").await.expect("it is read");
        assert_eq!((detail.state, detail.problem), (ContainerState::Running, None));
        assert_eq!(engine.container_detail("prometheus").await.expect("it is read").state, ContainerState::Exited);
        let requested = requested.join().expect("no panic");
        assert_eq!(requested[2], "/v1.44/containers/prometheus/json");
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("docker.sock");
        const STRANGE: &str = r#"[{"Id":"1","State":"stopped","Ports":"none"}]"#;
        let requested = scripted(&path, &[(200, PODMAN), (200, STRANGE), (200, STRANGE)]);
        let error = DockerEngine::at(at(&path)).containers().await.expect_err("it can't be read");
        assert!(error.to_string().contains("refused to list the containers"), "{error}");
        requested.join().expect("no panic");
    }
}
