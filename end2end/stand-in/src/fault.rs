//! Faults that tests switch on with `STAND_IN_FAULT`.

use std::{str::FromStr, time::Duration};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `exit:3`: logs a line and exits with that code.
    Exit(i32),
    /// `never-ready`: answers readiness probes with 503.
    NeverReady,
    /// `slow-ready:1500`: like `never-ready`, for that many milliseconds.
    SlowReady(Duration),
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Fault, String> {
        let fault = match text.split_once(':') {
            None if text == "never-ready" => Some(Fault::NeverReady),
            Some(("exit", code)) => code.parse().ok().map(Fault::Exit),
            Some(("slow-ready", wait)) => wait.parse().ok().map(Duration::from_millis).map(Fault::SlowReady),
            _ => None,
        };
        fault.ok_or_else(|| {
            format!("STAND_IN_FAULT is `{text}`; allowed are `exit:CODE`, `never-ready`, `slow-ready:MILLISECONDS`")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_three_faults_are_parsed() {
        assert_eq!("exit:3".parse(), Ok(Fault::Exit(3)));
        assert_eq!("never-ready".parse(), Ok(Fault::NeverReady));
        assert_eq!("slow-ready:1500".parse(), Ok(Fault::SlowReady(Duration::from_millis(1500))));
        assert!("exit".parse::<Fault>().is_err());
        assert!("slow-ready:soon".parse::<Fault>().is_err());
    }
}
