//! `receive`: runs the built-in receiver alone, without the panel.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use clap::Args;
use monitor_core::{
    error::StackError,
    settings::{Port, Retention, Settings},
};
use monitor_receiver::{
    Nanoseconds,
    http::{Limits, Paths, Receiver, serve_grpc, serve_http},
    otlp::Signal,
    store::{Options, Store},
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    LogFormat,
    output::Output,
    serve::{cannot_listen, start_logging, stop_signal},
};
use crate::{clock::now, configuration::Configuration, paths};

/// Nanoseconds in a day.
const DAY: Nanoseconds = 86_400_000_000_000;

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
    let environment = |name: &str| std::env::var_os(name);
    let stack = paths::Paths::from_environment(environment)?;
    let folder = match &options.data {
        Some(folder) => folder.clone(),
        None => stack.telemetry_folder(),
    };
    let settings = Configuration::new(stack, String::new()).settings()?;
    // Bound first, so that a port that is in use is reported before the file is touched.
    let bind = options.bind.unwrap_or(settings.bind_address);
    let http = listen(bind, settings.otel_collector_port, "otel_collector_port").await?;
    let grpc = listen(bind, settings.otel_grpc_port, "otel_grpc_port").await?;
    let file = folder.join("telemetry.db");
    let store = Store::open(&file, store_options(&settings, &options))
        .map_err(|error| StackError::TelemetryFile { detail: error.to_string() })?;
    if let Some(aside) = store.set_aside() {
        tracing::error!("the telemetry file was corrupt and is now {}; a new one was created", aside.display());
    }
    let paths = Paths::default()
        .with(settings.telemetry.logs_path.as_str(), Signal::Logs)
        .with(settings.telemetry.metrics_path.as_str(), Signal::Metrics);
    let receiver = Arc::new(Receiver::new(Arc::new(store), paths, Limits::default()));
    let stop = CancellationToken::new();
    output.line(&format!("receiving OTLP on http://{} and grpc://{}", address(&http), address(&grpc)));
    output.line(&format!("keeping it in {}", file.display()));
    let serving = [
        tokio::spawn(serve_http(http, receiver.clone(), stop.clone())),
        tokio::spawn(serve_grpc(grpc, receiver, stop.clone())),
    ];
    stop_signal().await;
    tracing::info!("stopping");
    stop.cancel();
    for task in serving {
        // What it could not finish is sent again.
        let _ = task.await;
    }
    Ok(())
}

fn store_options(settings: &Settings, options: &ReceiveOptions) -> Options {
    let keep = |retention: Retention| Some(Nanoseconds::from(retention.days()) * DAY);
    Options {
        clock: || now().unix_milliseconds().saturating_mul(1_000_000),
        keep_events: keep(settings.retention.logs),
        keep_metrics: keep(settings.retention.metrics),
        max_bytes: options.max_size.map(|megabytes| megabytes.saturating_mul(1_000_000)),
        keep_account: settings.telemetry.include_account_uuid,
        keep_spans: options.traces,
    }
}

async fn listen(bind: IpAddr, port: Port, setting: &str) -> Result<TcpListener, StackError> {
    let address = SocketAddr::new(bind, port.number());
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, Some(setting), &error))
}

fn address(listener: &TcpListener) -> String {
    listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
}
