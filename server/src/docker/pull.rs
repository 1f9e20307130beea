//! Pulls images, and adds up the progress of their layers.

use std::{collections::HashMap, time::Duration};

use bollard::{models::CreateImageInfo, query_parameters::CreateImageOptionsBuilder};
use futures::TryStreamExt;
use monitor_core::{error::StackError, job::Pull, service::Service, settings::ImageRef, timestamp::format_duration};
use tokio::time::{Instant, timeout_at};

use super::client::Client;
use crate::engine::PullProgress;

/// How long nothing may arrive. The Engine itself waits without end for a registry that hangs.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// After this time, and each time it has passed again, the progress says so.
    notice: Duration,
    /// After so many notices the pull has failed.
    most_notices: u32,
}

const PATIENCE: Patience = Patience { notice: Duration::from_secs(60), most_notices: 10 };

/// Pulls an image. Dropping the future closes the connection, and the Engine then cancels the pull.
pub(super) async fn pull_image(
    client: &Client,
    service: Service,
    image: &ImageRef,
    progress: PullProgress<'_>,
) -> Result<(), StackError> {
    pull_patiently(client, service, image, progress, PATIENCE).await
}

async fn pull_patiently(
    client: &Client,
    service: Service,
    image: &ImageRef,
    progress: PullProgress<'_>,
    patience: Patience,
) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let failed = |detail| StackError::PullFailed { service, image: image.to_string(), detail };
    let (repository, tag) = repository_and_tag(image.as_str());
    let options = CreateImageOptionsBuilder::default().from_image(repository).tag(tag).build();
    // The Engine answers when the registry has.
    let longest = patience.notice * (patience.most_notices + 1);
    let mut reports = engine.docker.clone().with_timeout(longest).create_image(Some(options), None, None);
    let mut layers = Layers::default();
    progress(layers.total(image, false));
    let (mut last_news, mut notices) = (Instant::now(), 0);
    loop {
        let Ok(report) = timeout_at(last_news + patience.notice * (notices + 1), reports.try_next()).await else {
            if layers.are_queued() {
                last_news = Instant::now();
                continue;
            }
            notices += 1;
            let silence = (patience.notice * notices).as_secs();
            if notices >= patience.most_notices {
                return Err(failed(format!("nothing has arrived for {}", format_duration(silence))));
            }
            progress(Pull { silent_seconds: silence as u32, ..layers.total(image, false) });
            continue;
        };
        match report.map_err(|error| engine.failure(error)) {
            Ok(Some(report)) => {
                let mut is_shown = layers.is_news(&report);
                if is_shown {
                    last_news = Instant::now();
                    is_shown = std::mem::take(&mut notices) > 0;
                }
                if layers.update(report) || is_shown {
                    progress(layers.total(image, false));
                }
            }
            Ok(None) => break,
            Err(failure) => return Err(failure.or_else(failed)),
        }
    }
    drop(reports);
    // An Engine that is shut down ends the stream without an error.
    match super::observe::image_id(client, image.as_str()).await? {
        Some(_) => {
            progress(layers.total(image, true));
            Ok(())
        }
        None => Err(failed("the Engine closed the connection before the image was complete".into())),
    }
}

/// Splits a reference into the two parameters of the Engine's API. A digest replaces the tag. The default tag is `latest`,
/// because without a tag the Engine would pull all of them.
fn repository_and_tag(image: &str) -> (&str, &str) {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    let (repository, tag) = match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (name, "latest"),
    };
    (repository, digest.unwrap_or(tag))
}

/// The most layers whose progress is followed. Docker's images have up to 127.
const MOST_LAYERS: usize = 1000;

/// Progress by layer, with the Engine's short ids as keys.
#[derive(Default)]
struct Layers {
    fetched: HashMap<String, Layer>,
    /// The last report about each.
    reported: HashMap<String, Report>,
}

#[derive(Default, Clone, Copy)]
struct Layer {
    fetched: u64,
    total: u64,
}

/// What a report says, and how many bytes of it are done.
type Report = (Option<String>, Option<i64>);

impl Layers {
    /// Whether a report differs from the last one about its layer: while nothing arrives, an Engine may repeat itself.
    fn is_news(&mut self, report: &CreateImageInfo) -> bool {
        let id = report.id.clone().unwrap_or_default();
        let says = (report.status.clone(), report.progress_detail.as_ref().and_then(|detail| detail.current));
        if self.reported.len() >= MOST_LAYERS && !self.reported.contains_key(&id) {
            return false;
        }
        self.reported.insert(id, says.clone()) != Some(says)
    }

    /// Whether what is missing has not begun: the Engine downloads three layers at a time, of all images.
    fn are_queued(&self) -> bool {
        let statuses = || self.reported.values().filter_map(|(status, _)| status.as_deref());
        statuses().any(|status| status == "Waiting")
            && !statuses().any(|status| matches!(status, "Downloading" | "Verifying Checksum" | "Extracting"))
    }

    /// Applies a report and returns whether it changed anything. Only downloads count. Reports about unpacking are in bytes
    /// of unpacked data.
    fn update(&mut self, report: CreateImageInfo) -> bool {
        let (Some(id), Some(status)) = (report.id, report.status) else { return false };
        let known = self.fetched.get(&id).copied();
        if known.is_none() && self.fetched.len() >= MOST_LAYERS {
            return false;
        }
        let layer = match (status.as_str(), report.progress_detail) {
            ("Downloading", Some(detail)) => {
                let count = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
                let (fetched, total) = (count(detail.current), count(detail.total));
                // If the registry does not report the size of a layer, the bytes so far count as its size.
                Layer { fetched, total: total.max(fetched) }
            }
            ("Download complete" | "Verifying Checksum" | "Pull complete", _) => {
                let total = known.unwrap_or_default().total;
                Layer { fetched: total, total }
            }
            _ => return false,
        };
        self.fetched.insert(id, layer);
        known.is_none_or(|known| (known.fetched, known.total) != (layer.fetched, layer.total))
    }

    fn total(&self, image: &ImageRef, complete: bool) -> Pull {
        let fetched_bytes = self.fetched.values().map(|layer| layer.fetched).sum();
        let total_bytes = self.fetched.values().map(|layer| layer.total).sum();
        Pull {
            image: image.to_string(),
            fetched_bytes: if complete { total_bytes } else { fetched_bytes },
            total_bytes,
            complete,
            silent_seconds: 0,
        }
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
