//! Files that only Docker Compose uses.

use super::*;
use crate::{compose_env::ComposeEnv, compose_override::ComposeOverride};

#[test]
fn an_override_file_is_a_warning() {
    let found = ComposeOverride::read("compose.override.yaml", "services:\n  grafana: {mem_limit: 512m}\n");
    insta::assert_snapshot!(after(Check::Files, |it| it.compose_override = Some(found)), @"
    ok: The files match the settings (all 2 in `/data/monitor`)
    warning: Only `docker compose` uses `compose.override.yaml` (`docker compose` merges it into `compose.yaml` (it names grafana); `clawker-monitor up` and `apply` recreate such services without it) → move what it changes to `settings.yaml`, then remove it
    ");
}

#[test]
fn variables_that_only_compose_reads_are_a_warning() {
    let env = |text: &str| {
        let found = after(Check::Files, |it| it.compose_env = ComposeEnv::read(text, None));
        found.split_once("\n").map(|(_, found)| found.to_owned()).unwrap_or_default()
    };
    insta::assert_snapshot!(env("COMPOSE_FILE=compose.yaml:more.yaml\n"), @"warning: `.env` changes what `docker compose` does in this folder (`COMPOSE_FILE=compose.yaml:more.yaml`: `docker compose` uses these files instead of `compose.yaml` alone; clawker-monitor does not read `.env`) → remove these lines from `.env`, and move what other files change to `settings.yaml`");
    insta::assert_snapshot!(env("COMPOSE_PROJECT_NAME=other\n"), @"warning: `.env` changes what `docker compose` does in this folder (`COMPOSE_PROJECT_NAME=other`: `docker compose` looks for that project and finds none of the stack's containers, which belong to `monitor`; clawker-monitor does not read `.env`) → remove these lines from `.env`");
}
