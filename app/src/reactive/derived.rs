//! A derived value that notifies its readers only when it changes.
//!
//! It does what `Memo` does. A `Memo` is compiled for each type of value; here all types share one `Memo` of a version number,
//! and the values are stored beside it as `dyn Any`. Closures are passed on as `&mut dyn` for the same reason.
//!
//! **Invariant:** the slot of a `Derived<T>` holds an `Option<T>`, which is `Some` after the memo has run. Only `Derived::some`
//! creates slots, and reading the version runs the memo.

use std::{any::Any, marker::PhantomData};

use leptos::prelude::*;

type Slot = Box<dyn Any + Send + Sync>;

/// A derived value.
#[derive(Debug)]
pub struct Derived<T> {
    version: Memo<u32>,
    slot: StoredValue<Slot>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Derived<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Derived<T> {}

impl<T: PartialEq + Send + Sync + 'static> Derived<T> {
    /// Derives with that function, again whenever a signal it reads changes.
    pub fn new(derive: impl Fn() -> T + Send + Sync + 'static) -> Derived<T> {
        Derived::some(move || Some(derive()))
    }

    /// The same, for a function that always returns `Some`.
    pub(crate) fn some(derive: impl Fn() -> Option<T> + Send + Sync + 'static) -> Derived<T> {
        let slot = StoredValue::new(Box::new(None::<T>) as Slot);
        let store = move || {
            let mut value = derive();
            let mut changed = false;
            change(slot, &mut |slot| {
                if let Some(known) = slot.downcast_mut::<Option<T>>()
                    && *known != value
                {
                    *known = value.take();
                    changed = true;
                }
            });
            changed
        };
        Derived { version: version_memo(Box::new(store)), slot, of: PhantomData }
    }

    /// Reads the value and subscribes to changes.
    pub fn with<U>(&self, reader: impl FnOnce(&T) -> U) -> U {
        let (mut reader, mut result) = (Some(reader), None);
        read(self.version, self.slot, &mut |slot| {
            if let (Some(Some(value)), Some(reader)) = (slot.downcast_ref::<Option<T>>(), reader.take()) {
                result = Some(reader(value));
            }
        });
        match result {
            Some(result) => result,
            None => unreachable!("see the invariant of this module"),
        }
    }

    /// Reads the value without subscribing.
    pub fn with_untracked<U>(&self, reader: impl FnOnce(&T) -> U) -> U {
        untrack(|| self.with(reader))
    }

    /// Returns a copy without subscribing.
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// Returns a copy without subscribing; `None` after the owner was disposed of.
    pub fn try_get_untracked(&self) -> Option<T>
    where
        T: Clone,
    {
        self.version.try_get_untracked().map(|_| self.get_untracked())
    }

    /// Returns a copy and subscribes to changes.
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }
}

fn read(version: Memo<u32>, slot: StoredValue<Slot>, reader: &mut dyn FnMut(&Slot)) {
    version.get();
    slot.with_value(reader);
}

fn change(slot: StoredValue<Slot>, writer: &mut dyn FnMut(&mut Slot)) {
    slot.try_update_value(writer);
}

/// A version number that increases whenever `store` reports that it stored a new value.
fn version_memo(store: Box<dyn Fn() -> bool + Send + Sync>) -> Memo<u32> {
    Memo::new(move |last: Option<&u32>| {
        let last = last.copied().unwrap_or_default();
        if store() { last.wrapping_add(1) } else { last }
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn readers_get_the_newest_value_and_are_notified_of_changes_only() {
        Owner::new().with(|| {
            let number = RwSignal::new(4);
            let even = Derived::new(move || number.get() % 2 == 0);
            assert!(even.get());
            let before = even.version.get_untracked();
            number.set(6);
            assert!(even.get());
            assert_eq!(even.version.get_untracked(), before);
            number.set(7);
            assert!(!even.get());
            assert_ne!(even.version.get_untracked(), before);
        });
    }
}
