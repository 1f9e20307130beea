//! What the stores answer, over HTTP.

use std::process::Command;

use monitor_core::service::Service;
use serde_json::Value;

use crate::{process, stack::Stack};

/// The body of a `GET` with these parameters. An error is the status and the body.
pub fn get(url: &str, parameters: &[(&str, &str)]) -> Result<String, String> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--write-out", "\n%{http_code}", "--get", url]);
    for (name, value) in parameters {
        command.args(["--data-urlencode", &format!("{name}={value}")]);
    }
    let output = process::output(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    match said.rsplit_once('\n') {
        Some((body, status)) if status.starts_with('2') => Ok(body.to_owned()),
        _ => Err(format!("{said}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

impl Stack {
    /// Asks Prometheus or Loki. The answer's `data`.
    pub fn ask(&self, service: Service, path: &str, parameters: &[(&str, &str)]) -> Result<Value, String> {
        let body = get(&format!("{}{path}", self.address(service)), parameters)?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        match (answer["status"].as_str(), &answer["warnings"]) {
            (Some("success"), Value::Null) => Ok(answer["data"].clone()),
            _ => Err(body),
        }
    }
}
