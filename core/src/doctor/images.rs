//! How much room the images take: rounded estimates, since the Engine knows an image's size only once it has it.

use crate::service::Service;

/// Bytes of the unpacked image, roughly. Meant for "is there room at all?", not for accounting.
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

/// `1.4 GB`, `700 MB`.
pub(super) fn format_bytes(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
