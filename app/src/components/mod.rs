//! Small components that pages share. **Invariant:** they make no requests; what they show is passed to them.

mod chip;
mod copy;
mod dialog;
#[cfg(feature = "hydrate")]
mod end_in_view;
mod icon;
mod moment;
mod note;
mod prose;
mod show;

pub use chip::{Chip, Tone, chip};
pub use copy::Copy;
pub use dialog::{close_dialog, open_dialog};
#[cfg(feature = "hydrate")]
pub use end_in_view::keep_end_in_view;
pub use icon::{Icon, Shape};
pub use moment::{Ago, LocalTime, Moment};
pub use note::ErrorNote;
pub use prose::{Evidence, Prose};
pub use show::{keyed_list, show_if};
