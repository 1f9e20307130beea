//! Line icons on a grid of 16, one path each, in the color of the text beside them.

use leptos::prelude::*;

/// An icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Three sheets: the stack.
    Layers,
    /// A terminal's frame with a prompt: an agent.
    Prompt,
    /// Two sliders.
    Sliders,
    /// A sheet with a folded corner.
    File,
    /// Lines of text.
    Lines,
    /// A tick in a circle.
    Check,
    /// A part of a circle.
    Arc,
    /// A warning triangle.
    Triangle,
    /// A cross in a square.
    Cross,
    /// An empty circle.
    Ring,
    /// Two sheets.
    Copy,
    /// An arrow out of a frame.
    Out,
    /// An arrow into a tray.
    Download,
}

impl Shape {
    const fn name(self) -> &'static str {
        match self {
            Shape::Arc => "arc",
            _ => "still",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Shape::Layers => "M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3",
            Shape::Prompt => "M1.8 2.5h12.4v11H1.8zM4.5 6l2.2 2-2.2 2M8.5 10.5h3",
            Shape::Sliders => {
                "M2 5h7M12.5 5H14M2 11h1.5M7 11h7M10.75 3.25a1.75 1.75 0 100 3.5 1.75 1.75 0 100-3.5M5.25 9.25a1.75 1.75 0 100 3.5 1.75 1.75 0 100-3.5"
            }
            Shape::File => "M4 1.8h5l3.2 3.2v9.2H4zM9 1.8V5h3.2",
            Shape::Lines => "M2.5 4h11M2.5 8h7M2.5 12h9",
            Shape::Check => "M8 1.8a6.2 6.2 0 100 12.4A6.2 6.2 0 108 1.8M5.2 8.2l2 2 3.7-4.2",
            Shape::Arc => "M8 1.8a6.2 6.2 0 106.2 6.2",
            Shape::Triangle => "M8 2.2l6.3 11.3H1.7zM8 6.6v3.1M8 11.6v.2",
            Shape::Cross => "M2.4 2.4h11.2v11.2H2.4zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
            Shape::Ring => "M8 2.6a5.4 5.4 0 100 10.8A5.4 5.4 0 108 2.6",
            Shape::Copy => "M6 5.5h7.5v8.7H6zM3.2 10.6H2.5V1.8H10v.9",
            Shape::Out => "M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13.2 2.8L7.5 8.5",
            Shape::Download => "M8 2v8M4.8 7L8 10.2 11.2 7M2.5 13.5h11",
        }
    }
}

/// An icon beside a word. Hidden from screen readers.
#[component]
pub fn Icon(
    /// Which icon.
    shape: Shape,
) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" data-shape=shape.name()>
            <path d=shape.path()></path>
        </svg>
    }
}
