//! `receive`: runs the built-in receiver alone, without the panel.

use std::{net::IpAddr, path::PathBuf};

use clap::Args;
use monitor_core::error::StackError;

use super::{
    LogFormat,
    output::Output,
    serve::{start_logging, stop_signal},
};
use crate::{
    configuration::Configuration,
    paths::{Paths, TELEMETRY_FILE},
    receiving::Receive,
};

#[derive(Debug, Clone, Args)]
pub(super) struct ReceiveOptions {
    /// The address to listen on. The default is `monitoring.bind_address`.
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<IpAddr>,
    /// The folder of the file `telemetry.db`. The default is `telemetry` in Clawker's data folder.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Delete the oldest data when the file has more than this many megabytes.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..))]
    max_size: Option<u64>,
    /// Also keep traces.
    #[arg(long)]
    traces: bool,
    /// The format of the log on standard error.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

pub(super) async fn receive(options: ReceiveOptions, output: &Output) -> Result<(), StackError> {
    start_logging(options.log_format);
    let paths = Paths::from_environment(|name: &str| std::env::var_os(name))?;
    let file = options.data.as_ref().map_or_else(|| paths.telemetry_file(), |folder| folder.join(TELEMETRY_FILE));
    let settings = Configuration::new(paths, String::new()).settings()?;
    let receive = Receive {
        bind: options.bind.unwrap_or(settings.bind_address),
        settings,
        file,
        max_bytes: options.max_size.map(|megabytes| megabytes.saturating_mul(1_000_000)),
        traces: options.traces,
        makes_way: false,
    };
    let receiver = receive.start().await?;
    if let Some(aside) = &receiver.set_aside {
        tracing::error!("the telemetry file was corrupt and is now {}; a new one was created", aside.display());
    }
    let addresses = &receiver.addresses;
    output.line(&format!("receiving OTLP on http://{} and grpc://{}", addresses.http, addresses.grpc));
    output.line(&format!("keeping it in {}", addresses.file));
    stop_signal().await;
    tracing::info!("stopping");
    receiver.stop().await;
    Ok(())
}
