//! `serve`: runs the panel.

use std::{sync::Arc, time::Duration};

use monitor_core::error::StackError;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::{LogFormat, ServeOptions, output::Output, terminal};
use crate::{
    access::Gate,
    configuration::Configuration,
    docker::endpoint_from_environment,
    file_watch::FileWatch,
    host, http,
    installation::Installation,
    panel::Panel,
    watch::{Watch, receive_while_free},
};

/// How long open connections may take to close at shutdown.
const GRACE: Duration = Duration::from_secs(5);

pub(super) async fn serve(options: ServeOptions, output: &Output) -> Result<(), StackError> {
    start_logging(options.log_format);
    if let Ok(endpoint) = endpoint_from_environment(|name| std::env::var(name).ok()) {
        endpoint.passed_over().iter().for_each(|it| tracing::warn!("{}", it.what));
    }
    // Bound first, so that a port that is in use is reported at once.
    let listener =
        TcpListener::bind(options.listen).await.map_err(|error| host::cannot_listen(options.listen, None, &error))?;
    let address = listener.local_addr().unwrap_or(options.listen);
    let panel = Arc::new(Panel::new(Installation::from_environment()?));
    let shutdown = CancellationToken::new();
    let router = http::router(Gate::open(Arc::clone(&panel)), shutdown.clone());

    panel.installation.configuration.read(Configuration::tidy_up).await;
    // Kept until the end: dropping it ends the watch.
    let _files = FileWatch::start(panel.installation.configuration.clone()).inspect_err(
        |error| tracing::warn!(%error, "can't watch for file changes; they are noticed when a page is loaded"),
    );
    let receiving = (!options.no_receive)
        .then(|| tokio::spawn(receive_while_free(Arc::clone(&panel), shutdown.clone().cancelled_owned())));
    let watching = tokio::spawn(Watch::new(Arc::clone(&panel)).run());
    let url = format!("http://{address}");
    output.line(&format!("listening on {url}"));
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "anyone who can reach this address can start and stop the stack");
    }
    if options.open {
        open_in_browser(&url);
    }
    let serving = {
        let shutdown = shutdown.clone();
        tokio::spawn(http::serve(listener, router, http::Limits::default(), shutdown))
    };
    stop_signal().await;
    tracing::info!("stopping");
    shutdown.cancel();
    // A running job is canceled. What it completed is kept, and the next `up` continues from there.
    panel.jobs.shut_down().await;
    watching.abort();
    if let Some(receiving) = receiving {
        // What was acknowledged is on disk already.
        let _ = tokio::time::timeout(GRACE, receiving).await;
    }
    if tokio::time::timeout(GRACE, serving).await.is_err() {
        tracing::warn!("some connections did not close in time");
    }
    Ok(())
}

/// Resolves at SIGINT or SIGTERM.
pub(super) async fn stop_signal() {
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

pub(super) fn start_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_env("CLAWKER_MONITOR_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let logging = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| terminal::LogWriter);
    match format {
        LogFormat::Text => logging.with_target(false).with_ansi(terminal::is_log_colored()).init(),
        LogFormat::Json => logging.json().flatten_event(true).init(),
    }
}

/// Best effort: the address is printed anyway.
fn open_in_browser(url: &str) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let opened = std::process::Command::new(program)
        .arg(url)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn();
    if let Err(error) = opened {
        tracing::warn!(%error, program, "can't open the browser");
    }
}
