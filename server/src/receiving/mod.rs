//! Runs the built-in receiver in this process: for `receive`, and beside the panel while nothing else has the ports.

mod control;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use monitor_core::{
    error::StackError,
    live::ReceiverAddresses,
    settings::{Port, Retention, Settings},
};
use monitor_receiver::{
    Nanoseconds,
    http::{Limits, Paths, Receiver, serve_grpc, serve_http},
    otlp::Signal,
    store::{Options, Store},
};
use tokio::{
    net::TcpListener,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

pub use self::control::ReceiverControl;
use crate::{background::in_background, clock::now, configuration::Configuration, host::cannot_listen};

/// Nanoseconds in a day.
const DAY: Nanoseconds = 86_400_000_000_000;
/// How long requests may take to finish when the receiver stops. What is cut off is sent again.
const GRACE: Duration = Duration::from_secs(2);
/// How long opening the file may take: a disk may hang, and the ports are taken meanwhile.
const OPENED_WITHIN: Duration = Duration::from_secs(10);
/// How long a receiver in another process may take to make way.
const WAY_MADE_WITHIN: Duration = Duration::from_secs(5);

/// How to receive.
#[derive(Debug, Clone, PartialEq)]
pub struct Receive {
    /// The address to listen on.
    pub bind: IpAddr,
    /// The ports, and what is kept for how long.
    pub settings: Settings,
    /// The file.
    pub file: PathBuf,
    /// The most bytes that the file may have.
    pub max_bytes: Option<u64>,
    /// Whether traces are kept.
    pub traces: bool,
    /// Whether this receiver ends when a stack needs its ports.
    pub makes_way: bool,
}

/// A receiver that runs.
pub struct RunningReceiver {
    /// Where it listens.
    pub addresses: ReceiverAddresses,
    /// Where a corrupt file was moved to when it was started.
    pub set_aside: Option<PathBuf>,
    stop: CancellationToken,
    serving: [JoinHandle<()>; 2],
    store: Arc<Store>,
}

impl Receive {
    /// Listens, then opens the file.
    ///
    /// # Errors
    /// A port that is in use, or a file that can't be used.
    pub async fn start(self) -> Result<RunningReceiver, StackError> {
        let Receive { bind, settings, file, .. } = &self;
        // Bound first, so that a port that is in use is reported before the file is touched.
        let http = listen(*bind, settings.otel_collector_port, "otel_collector_port").await?;
        let grpc = listen(*bind, settings.otel_grpc_port, "otel_grpc_port").await?;
        let (path, options) = (file.clone(), self.options());
        let unusable = |detail: String| StackError::TelemetryFile { detail };
        let opened = timeout(OPENED_WITHIN, in_background(move || Store::open(&path, options))).await;
        let opened = opened.map_err(|_| unusable(format!("the disk of `{}` does not answer", file.display())))?;
        let store = Arc::new(opened.map_err(|error| unusable(error.to_string()))?);
        let paths = Paths::default()
            .with(settings.telemetry.logs_path.as_str(), Signal::Logs)
            .with(settings.telemetry.metrics_path.as_str(), Signal::Metrics);
        let receiver = Arc::new(Receiver::new(Arc::clone(&store), paths, Limits::default()));
        let stop = CancellationToken::new();
        let addresses =
            ReceiverAddresses { http: address(&http), grpc: address(&grpc), file: file.display().to_string() };
        let serving = [
            tokio::spawn(serve_http(http, Arc::clone(&receiver), stop.clone())),
            tokio::spawn(serve_grpc(grpc, receiver, stop.clone())),
        ];
        Ok(RunningReceiver { addresses, set_aside: store.set_aside().map(Path::to_owned), stop, serving, store })
    }

    fn options(&self) -> Options {
        let keep = |retention: Retention| Some(Nanoseconds::from(retention.days()) * DAY);
        Options {
            clock: || now().unix_milliseconds().saturating_mul(1_000_000),
            keep_events: keep(self.settings.retention.logs),
            keep_metrics: keep(self.settings.retention.metrics),
            max_bytes: self.max_bytes,
            keep_account: self.settings.telemetry.include_account_uuid,
            keep_spans: self.traces,
            makes_way: self.makes_way,
        }
    }
}

impl RunningReceiver {
    /// Changes after every commit.
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.store.commits()
    }

    /// Stops listening, finishes requests that are being answered, and closes the file.
    pub async fn stop(self) {
        self.stop.cancel();
        for mut task in self.serving {
            if timeout(GRACE, &mut task).await.is_err() {
                task.abort();
                // Its end is awaited, because it holds the listener.
                let _ = task.await;
            }
        }
        let store = self.store;
        in_background(move || drop(store)).await;
    }
}

/// Waits until a receiver that makes way for the stack in another process has seen that work has begun. One that does
/// not is left to the Engine, which reports the port.
pub async fn wait_until_way_is_made(configuration: &Configuration) {
    let asked = Instant::now();
    while asked.elapsed() < WAY_MADE_WITHIN {
        if configuration.read(Configuration::receiver_that_makes_way).await.is_none() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn listen(bind: IpAddr, port: Port, setting: &str) -> Result<TcpListener, StackError> {
    let address = SocketAddr::new(bind, port.number());
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, Some(setting), &error))
}

fn address(listener: &TcpListener) -> String {
    listener.local_addr().map(|address| address.to_string()).unwrap_or_default()
}
