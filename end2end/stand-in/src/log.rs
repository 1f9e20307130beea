//! Log lines in the format of the simulated service, so that the panel parses what the real service would write.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::role::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// Writes to stderr, as five of the six services do; Grafana writes to stdout.
#[derive(Debug, Clone, Copy)]
pub struct ServiceLog {
    role: Role,
}

impl ServiceLog {
    pub const fn new(role: Role) -> ServiceLog {
        ServiceLog { role }
    }

    pub fn write(self, level: Level, message: &str) {
        self.write_line(&self.line(level, message, OffsetDateTime::now_utc()));
    }

    /// A line of Loki's or Promtail's with these fields after level and time.
    pub fn write_fields(self, level: Level, fields: &str) {
        let time = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        self.write_line(&format!("level={} ts={time} caller=main.go:1 {fields}", level.name()));
    }

    fn write_line(self, line: &str) {
        use std::io::Write as _;
        // A log that cannot be written to is no reason to stop.
        let _ = if self.role == Role::Grafana {
            writeln!(std::io::stdout(), "{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    fn line(self, level: Level, message: &str, now: OffsetDateTime) -> String {
        let time = now.format(&Rfc3339).unwrap_or_default();
        let level = level.name();
        match self.role {
            Role::OtelCollector => format!("{time}\t{level}\tstand-in/main.go:1\t{message}\t{{\"stand_in\": true}}"),
            Role::Prometheus => {
                format!("time={time} level={} source=main.go:1 msg={message:?}", level.to_ascii_uppercase())
            }
            Role::Loki | Role::Promtail => format!("level={level} ts={time} caller=main.go:1 msg={message:?}"),
            Role::Jaeger => {
                let seconds = now.unix_timestamp_nanos() as f64 / 1e9;
                format!("{{\"level\":\"{level}\",\"ts\":{seconds:.6},\"caller\":\"main.go:1\",\"msg\":{message:?}}}")
            }
            Role::Grafana => format!("logger=stand-in t={time} level={level} msg={message:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_services_format() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let line = |role| ServiceLog::new(role).line(Level::Warn, "a \"b\"", now);
        assert_eq!(
            line(Role::OtelCollector),
            "1970-01-01T00:00:00Z\twarn\tstand-in/main.go:1\ta \"b\"\t{\"stand_in\": true}"
        );
        assert_eq!(line(Role::Prometheus), r#"time=1970-01-01T00:00:00Z level=WARN source=main.go:1 msg="a \"b\"""#);
        assert_eq!(line(Role::Loki), r#"level=warn ts=1970-01-01T00:00:00Z caller=main.go:1 msg="a \"b\"""#);
        assert_eq!(line(Role::Jaeger), r#"{"level":"warn","ts":0.000000,"caller":"main.go:1","msg":"a \"b\""}"#);
        assert_eq!(line(Role::Grafana), r#"logger=stand-in t=1970-01-01T00:00:00Z level=warn msg="a \"b\"""#);
    }
}
