//! The list of containers, also where it has states that are not Docker's.

use bollard::{
    errors::Error,
    models::{ContainerSummary, ContainerSummaryStateEnum},
    query_parameters::ListContainersOptionsBuilder,
};
use monitor_core::error::StackError;
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

/// Reads a list with states that bollard doesn't know. One such state makes it refuse the whole list: Podman 5.8 lists a
/// container that has just been stopped as `stopped`.
fn read(list: Value) -> Option<Vec<ContainerSummary>> {
    let Value::Array(entries) = list else { return None };
    let read_entry = |mut entry: Value| {
        if let Some(state) = entry.get_mut("State")
            && serde_json::from_value::<ContainerSummaryStateEnum>(state.clone()).is_err()
        {
            *state = state_from_name(state.as_str().unwrap_or_default()).name().into();
        }
        serde_json::from_value(entry).ok()
    };
    entries.into_iter().map(read_entry).collect()
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
