//! Numbers as pages show them: figures that link to their source, and small charts. Knows no page.

pub mod data;
pub mod figure;
pub mod plot;
pub mod spark;
pub mod stacked;
