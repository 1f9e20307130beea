//! Sorting. One function for all types, because the WebAssembly would contain a copy of the sort for each.

use std::cmp::Ordering;

/// Returns the indices below `count`, sorted by `compare`. Equal ones keep their order.
pub fn sorted_indices(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_items_keep_their_order() {
        let words = ["b", "a", "B", "A"];
        let places = sorted_indices(words.len(), &|one, other| {
            words[one].to_ascii_lowercase().cmp(&words[other].to_ascii_lowercase())
        });
        assert_eq!(places, [1, 3, 0, 2]);
    }
}
