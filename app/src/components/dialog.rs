//! Dialogs that ask before something is done. Without JavaScript, a dialog is a popover that its buttons open and close. With
//! JavaScript it is modal: the rest of the page can't be used meanwhile, and the focus returns to the button afterwards.

use leptos::ev::MouseEvent;

/// Opens the dialog with this id instead of its popover.
#[cfg(feature = "hydrate")]
pub fn open_dialog(event: &MouseEvent, id: &str) {
    if browser::dialog(id).is_some_and(|dialog| dialog.show_modal().is_ok()) {
        event.prevent_default();
    }
}

/// Only the browser has dialogs.
#[cfg(not(feature = "hydrate"))]
pub fn open_dialog(_event: &MouseEvent, _id: &str) {}

/// Closes the dialog with this id, modal or popover.
#[cfg(feature = "hydrate")]
pub fn close_dialog(id: &str) {
    if let Some(dialog) = browser::dialog(id) {
        if dialog.open() {
            dialog.close();
        } else {
            // It fails where the popover is already closed.
            let _ = dialog.hide_popover();
        }
    }
}

/// Only the browser has dialogs.
#[cfg(not(feature = "hydrate"))]
pub fn close_dialog(_id: &str) {}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::document;
    use wasm_bindgen::JsCast;
    use web_sys::HtmlDialogElement;

    pub fn dialog(id: &str) -> Option<HtmlDialogElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }
}
