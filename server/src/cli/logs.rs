//! `logs`: prints a service's log.

use futures::StreamExt;
use monitor_core::{error::StackError, service::Service};

use super::output::Output;
use crate::installation::Installation;

pub(super) async fn logs(service: Service, follow: bool, tail: u32, output: &Output) -> Result<(), StackError> {
    let engine = Installation::from_environment()?.engine;
    let mut lines = if follow { engine.follow_logs(service, tail) } else { engine.read_logs(service, tail) };
    loop {
        let line = tokio::select! {
            line = lines.next() => line,
            () = super::serve::stop_signal() => return Ok(()),
        };
        let Some(line) = line else { return Ok(()) };
        if !output.line(&line?.text) {
            return Ok(());
        }
    }
}
