//! The moments at which a killed process or a full disk can interrupt a change of files. Nothing happens there, except in
//! tests, which make it happen at each of them.

#[cfg(not(test))]
pub(super) fn write_point() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(test))]
pub(super) fn kill_point() {}

#[cfg(test)]
pub(super) use faults::{Fault, fail_at, kill_point, never_fail, passed, write_point};

#[cfg(test)]
mod faults {
    use std::{cell::Cell, io};

    /// What happens at a write point.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Fault {
        /// The process ends without tidying up.
        Kill,
        /// This write fails.
        OneFailure,
        /// This write fails, and all after it.
        FullDisk,
    }

    thread_local! {
        /// The fault, and at which point from now on.
        static PLAN: Cell<Option<(Fault, u32)>> = const { Cell::new(None) };
        static PASSED: Cell<u32> = const { Cell::new(0) };
    }

    /// Makes the fault happen at that write point of this thread, counted from 1.
    pub fn fail_at(fault: Fault, point: u32) {
        PASSED.set(0);
        PLAN.set(Some((fault, point)));
    }

    /// No fault happens from now on.
    pub fn never_fail() {
        PLAN.set(None);
    }

    /// How many points this thread has passed since `fail_at`.
    pub fn passed() -> u32 {
        PASSED.get()
    }

    /// A moment before something is written.
    pub fn write_point() -> io::Result<()> {
        let Some(fault) = due() else { return Ok(()) };
        match fault {
            Fault::Kill => std::process::abort(),
            Fault::OneFailure => PLAN.set(None),
            Fault::FullDisk => {}
        }
        Err(io::ErrorKind::StorageFull.into())
    }

    /// A moment at which nothing can fail.
    pub fn kill_point() {
        if PLAN.get().is_some_and(|(fault, _)| fault == Fault::Kill) && due().is_some() {
            std::process::abort();
        }
    }

    fn due() -> Option<Fault> {
        PASSED.set(PASSED.get() + 1);
        let (fault, point) = PLAN.get()?;
        (PASSED.get() >= point).then_some(fault)
    }
}
