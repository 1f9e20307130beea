//! Puts things in order. One function for all of them: a sort, or a tree, for each type weighs some kilobytes in the
//! browser.

use std::cmp::Ordering;

/// The numbers below `count` in the order that `compare` gives them; what is equal stays as it is.
pub fn order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|one, other| compare(*one, *other));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_stays_as_it_is() {
        let words = ["b", "a", "B", "A"];
        let places =
            order(words.len(), &|one, other| words[one].to_ascii_lowercase().cmp(&words[other].to_ascii_lowercase()));
        assert_eq!(places, [1, 3, 0, 2]);
    }
}
