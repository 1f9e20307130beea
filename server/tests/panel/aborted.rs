//! Browsers that leave while a page is being rendered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Body;
use futures::StreamExt;
use monitor_testing::harness::{get, panel};
use tower::ServiceExt;

/// What is loaded: pages that wait for nothing, for files, for stores, and for a log.
const PATHS: [&str; 6] =
    ["/", "/agents", "/agents/clawker.demo.dev", "/settings?loki_port=3101", "/files", "/logs/loki"];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_waits_for_panics_nowhere() {
    let panics = Arc::new(AtomicUsize::new(0));
    let before = std::panic::take_hook();
    std::panic::set_hook({
        let panics = Arc::clone(&panics);
        Box::new(move |panic| {
            panics.fetch_add(1, Ordering::Relaxed);
            before(panic);
        })
    });
    let panel = panel();
    panel.up().await;
    panel.have_dev();
    panel.until("there", |snapshot| snapshot.agents.len() == 1).await;
    // Pages about agents then wait as long as they may.
    panel.telemetry.answers().hangs = true;
    let loads = (0..600_u64).map(|number| {
        let path = PATHS[number as usize % PATHS.len()];
        let request = get(path).body(Body::empty()).unwrap();
        let response = panel.router.clone().oneshot(request);
        async move {
            // Some leave before the head of the response, others after its first part.
            let wait = Duration::from_micros(number * 371 % 300_000);
            if let Ok(Ok(response)) = tokio::time::timeout(wait, response).await {
                let mut body = response.into_body().into_data_stream();
                for _ in 0..number % 3 {
                    body.next().await;
                }
            }
        }
    });
    futures::stream::iter(loads).for_each_concurrent(16, |load| load).await;
    // Work that was left behind would fail only now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(panics.load(Ordering::Relaxed), 0);
}
