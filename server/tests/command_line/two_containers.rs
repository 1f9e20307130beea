//! Two containers of one service, as Docker Compose leaves them when it is killed while it recreates one.

use serde_json::{Value, json};

use crate::{
    engine,
    installation::{Said, command},
};

#[test]
fn the_container_with_the_services_own_name_is_shown_and_nothing_advises_to_remove_it() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data/monitor").display().to_string();
    let labels = json!({
        "com.docker.compose.project": "monitor", "com.docker.compose.project.working_dir": directory,
        "com.docker.compose.service": "loki",
    });
    let engine = engine::start(
        folder.path(),
        Box::new(move |path| {
            let container = |id: &str, name: &str, state: &str| {
                json!({ "Id": id, "Names": [format!("/{name}")], "Image": "i", "ImageID": "i", "State": state,
                    "Labels": labels })
            };
            let inspected = |id: &str, name: &str, state: &str| {
                json!({ "Id": id, "Name": format!("/{name}"), "Config": { "Image": "i", "Labels": labels },
                    "State": { "Status": state, "StartedAt": "2026-11-22T07:12:56Z" } })
            };
            Some(engine::document(&match path {
                // The leftover comes first, because it is newer.
                "/containers/json" => Value::Array(vec![
                    container("new", "1a2b3c4d5e6f_loki", "created"),
                    container("good", "loki", "running"),
                ]),
                "/containers/loki/json" | "/containers/good/json" => inspected("good", "loki", "running"),
                "/containers/new/json" => inspected("new", "1a2b3c4d5e6f_loki", "created"),
                _ => return None,
            }))
        }),
    );
    let run = |arguments: &[&str]| Said::of(&mut command(folder.path(), &engine, arguments));
    assert_eq!(run(&["init"]).code, Some(0));
    let status = run(&["status", "--json"]).json();
    let services = status["services"].as_array().unwrap();
    let loki = services.iter().find(|service| service["service"] == "loki").unwrap();
    assert_eq!((&loki["container"], &loki["state"]), (&json!("loki"), &json!("running")), "{loki}");
    let doctor = run(&["doctor"]).out;
    assert!(!doctor.contains("docker rm"), "{doctor}");
}
