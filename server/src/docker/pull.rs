//! Pulls images, and adds up the progress of their layers.

use std::collections::HashMap;

use bollard::{models::CreateImageInfo, query_parameters::CreateImageOptionsBuilder};
use futures::TryStreamExt;
use monitor_core::{error::StackError, job::Pull, service::Service, settings::ImageRef};

use super::client::Client;
use crate::engine::PullProgress;

/// Pulls an image. Dropping the future closes the connection, and the Engine then cancels the pull.
pub(super) async fn pull_image(
    client: &Client,
    service: Service,
    image: &ImageRef,
    progress: PullProgress<'_>,
) -> Result<(), StackError> {
    let engine = client.connection().await?;
    let failed = |detail| StackError::PullFailed { service, image: image.to_string(), detail };
    let (repository, tag) = repository_and_tag(image.as_str());
    let options = CreateImageOptionsBuilder::default().from_image(repository).tag(tag).build();
    let mut reports = engine.docker.create_image(Some(options), None, None);
    let mut layers = Layers::default();
    progress(layers.total(image, false));
    loop {
        match reports.try_next().await.map_err(|error| engine.failure(error)) {
            Ok(Some(report)) => {
                if layers.update(report) {
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

/// Progress by layer, with the Engine's short ids as keys.
#[derive(Default)]
struct Layers(HashMap<String, Layer>);

#[derive(Default, Clone, Copy)]
struct Layer {
    fetched: u64,
    total: u64,
}

impl Layers {
    /// Applies a report and returns whether it changed anything. Only downloads count. Reports about unpacking are in bytes
    /// of unpacked data.
    fn update(&mut self, report: CreateImageInfo) -> bool {
        let (Some(id), Some(status)) = (report.id, report.status) else { return false };
        let known = self.0.get(&id).copied();
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
        self.0.insert(id, layer);
        known.is_none_or(|known| (known.fetched, known.total) != (layer.fetched, layer.total))
    }

    fn total(&self, image: &ImageRef, complete: bool) -> Pull {
        let fetched_bytes = self.0.values().map(|layer| layer.fetched).sum();
        let total_bytes = self.0.values().map(|layer| layer.total).sum();
        Pull {
            image: image.to_string(),
            fetched_bytes: if complete { total_bytes } else { fetched_bytes },
            total_bytes,
            complete,
        }
    }
}

#[cfg(test)]
#[path = "pull_tests.rs"]
mod tests;
