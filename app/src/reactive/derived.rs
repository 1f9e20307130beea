//! Something derived, that tells its readers only when it changed.
//!
//! A `Memo` of every type would say the same, and bring all its machinery anew for each: here one `Memo` of a version
//! does for all, and the values lie beside it, behind one type. `&mut dyn` where a closure is handed on serves the same.

use std::{any::Any, marker::PhantomData};

use leptos::prelude::*;

type Slot = Box<dyn Any + Send + Sync>;

/// The derived value.
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
    /// Derives by that function, again whenever a signal it reads has changed.
    pub fn new(derive: impl Fn() -> T + Send + Sync + 'static) -> Derived<T> {
        Derived::some(move || Some(derive()))
    }

    /// The same, for a function that always answers `Some`.
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
        Derived { version: versioned(Box::new(store)), slot, of: PhantomData }
    }

    /// Reads it, and reads again when it has changed.
    pub fn with<U>(&self, reader: impl FnOnce(&T) -> U) -> U {
        let (mut reader, mut result) = (Some(reader), None);
        read(self.version, self.slot, &mut |slot| {
            if let (Some(Some(value)), Some(reader)) = (slot.downcast_ref::<Option<T>>(), reader.take()) {
                result = Some(reader(value));
            }
        });
        match result {
            Some(result) => result,
            None => unreachable!("the version is derived by storing a value of this type"),
        }
    }

    /// Reads it, and does not read again.
    pub fn with_untracked<U>(&self, reader: impl FnOnce(&T) -> U) -> U {
        untrack(|| self.with(reader))
    }

    /// A copy of it, that is not made again.
    pub fn get_untracked(&self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// A copy of it, that is not made again; none where its owner is gone.
    pub fn try_get_untracked(&self) -> Option<T>
    where
        T: Clone,
    {
        self.version.try_get_untracked().map(|_| self.get_untracked())
    }

    /// A copy of it.
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

/// Counts up whenever `store` says that it stored something new.
fn versioned(store: Box<dyn Fn() -> bool + Send + Sync>) -> Memo<u32> {
    Memo::new(move |last: Option<&u32>| {
        let last = last.copied().unwrap_or_default();
        if store() { last.wrapping_add(1) } else { last }
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn readers_see_the_newest_value_and_are_told_of_changes_only() {
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
