//! Estimated sizes of the images. The Engine only knows the size of an image once it has pulled it.

use crate::service::Service;

/// Rounded size of the unpacked image in bytes, to estimate the required disk space.
pub(super) const fn estimated_bytes(service: Service) -> u64 {
    const MEGABYTE: u64 = 1_000_000;
    match service {
        Service::OtelCollector => 400 * MEGABYTE,
        Service::Prometheus => 400 * MEGABYTE,
        Service::Loki => 150 * MEGABYTE,
        Service::Jaeger => 100 * MEGABYTE,
        Service::Grafana => 1000 * MEGABYTE,
        Service::Promtail => 250 * MEGABYTE,
    }
}

/// Formats bytes: `1.4 GB`, `700 MB`.
pub(super) fn format_bytes(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
