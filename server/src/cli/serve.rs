//! `serve`: the panel.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use monitor_core::error::StackError;
use tokio::{net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{LogFormat, ServeOptions, installation::Installation, output};
use crate::{
    agents::Details,
    control_plane::LocalControlPlane,
    file_watch::FileWatch,
    http::{self, Panel},
    hub::Hub,
    jobs::Jobs,
    lifecycle::Patience,
    visits::Visits,
    watch::{Watch, first_snapshot},
};

/// How long open connections may take to end at shutdown.
const GRACE: Duration = Duration::from_secs(5);

pub(super) async fn serve(options: ServeOptions) -> Result<(), StackError> {
    start_logging(options.log_format);
    // Bound before anything else is done: a port that is taken is said at once.
    let listener = TcpListener::bind(options.listen).await.map_err(|error| cannot_listen(&options, &error))?;
    let address = listener.local_addr().unwrap_or(options.listen);
    let Installation { engine, readiness, telemetry, configuration } = Installation::find()?;

    let jobs = Jobs::default();
    let hub = Hub::new(first_snapshot(&configuration));
    let configuration_changed = Arc::new(Notify::new());
    let (configuration_folders, news) = (configuration.folders(), Arc::clone(&configuration_changed));
    let checkup_due = Arc::new(Notify::new());
    let (details, visits) = (Details::default(), Visits::default());
    let watch = Watch {
        engine: Arc::clone(&engine),
        readiness: Arc::clone(&readiness),
        telemetry: Arc::clone(&telemetry),
        details: details.clone(),
        configuration: configuration.clone(),
        jobs: jobs.clone(),
        hub: hub.clone(),
        configuration_changed: Arc::clone(&configuration_changed),
        checkup_due: Arc::clone(&checkup_due),
        visits: visits.clone(),
    };
    let control_plane = LocalControlPlane {
        engine: Arc::clone(&engine),
        readiness,
        telemetry: Arc::clone(&telemetry),
        details,
        configuration,
        jobs: jobs.clone(),
        hub: hub.clone(),
        configuration_changed,
        checkup_due,
        visits: visits.clone(),
        patience: Patience::default(),
    };
    let shutdown = CancellationToken::new();
    let router = http::router(Panel {
        control_plane: Arc::new(control_plane),
        hub,
        visits,
        telemetry,
        engine,
        shutdown: shutdown.clone(),
    });

    // Held until the end: dropping it ends the watch.
    let _files = FileWatch::start(configuration_folders, news)
        .inspect_err(|error| tracing::warn!(%error, "changes of files show at the next load only"));
    let watching = tokio::spawn(watch.run());
    let url = format!("http://{address}");
    output::line(&format!("listening on {url}"));
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "anyone who can reach this address can start and stop the stack");
    }
    if options.open {
        open_in_browser(&url);
    }
    let serving = {
        let shutdown = shutdown.clone();
        tokio::spawn(
            async move { axum::serve(listener, router).with_graceful_shutdown(shutdown.cancelled_owned()).await },
        )
    };
    told_to_stop().await;
    tracing::info!("stopping");
    shutdown.cancel();
    // A job that is at work stops where it is; what it made so far stays, and the next `up` goes on from there.
    jobs.shut_down().await;
    watching.abort();
    if tokio::time::timeout(GRACE, serving).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    Ok(())
}

/// Resolves at SIGINT or SIGTERM.
pub(super) async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupted = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupted.await;
        }
    }
}

fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CLAWKER_MONITOR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logging.with_target(false).with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => logging.json().flatten_event(true).init(),
    }
}

fn cannot_listen(options: &ServeOptions, error: &std::io::Error) -> StackError {
    let address = options.listen;
    let what = match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not listen there".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        _ => error.to_string(),
    };
    StackError::CannotListen { address: address.to_string(), detail: what }
}

/// Best effort: the address is printed either way.
fn open_in_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = std::process::Command::new(program)
        .arg(url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if let Err(error) = opened {
        tracing::warn!(%error, program, "the browser could not be opened");
    }
}
