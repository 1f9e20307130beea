//! The moments at which a killed process, a full disk or one that hangs can interrupt a change of files. Nothing happens
//! there, except in tests, which make it happen at each of them.

#[cfg(not(test))]
pub(super) fn write_point() -> std::io::Result<()> {
    Ok(())
}

#[cfg(not(test))]
pub(super) fn kill_point() {}

/// The same work, for another thread.
#[cfg(not(test))]
pub(super) fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    work
}

#[cfg(test)]
pub(super) use faults::{Fault, carried, fail_at, kill_point, never_fail, passed, write_point};

#[cfg(test)]
mod faults {
    use std::{
        cell::RefCell,
        io,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        thread,
        time::Duration,
    };

    /// What happens at a write point.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Fault {
        /// The process ends without tidying up.
        Kill,
        /// This write fails.
        OneFailure,
        /// This write fails, and all after it.
        FullDisk,
        /// This write does not end before `never_fail`.
        Hang,
    }

    #[derive(Default)]
    struct Plan {
        /// The fault, and at which point.
        fault: Option<(Fault, u32)>,
        passed: u32,
    }

    type Shared = Arc<Mutex<Plan>>;

    thread_local! {
        /// The plan of this test. Threads that write for it share it.
        static PLAN: RefCell<Shared> = RefCell::default();
    }

    fn shared() -> Shared {
        PLAN.with_borrow(Arc::clone)
    }

    fn lock(plan: &Shared) -> MutexGuard<'_, Plan> {
        plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same work, for another thread: it meets the faults that are planned here.
    pub fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
        let plan = shared();
        move || {
            PLAN.set(plan);
            work()
        }
    }

    /// Makes the fault happen at that write point from now on, counted from 1.
    pub fn fail_at(fault: Fault, point: u32) {
        *lock(&shared()) = Plan { fault: Some((fault, point)), passed: 0 };
    }

    /// No fault happens from now on, and what hangs continues.
    pub fn never_fail() {
        lock(&shared()).fault = None;
    }

    /// How many points were passed since `fail_at`.
    pub fn passed() -> u32 {
        lock(&shared()).passed
    }

    /// A moment before something is written.
    pub fn write_point() -> io::Result<()> {
        let Some(fault) = due() else { return Ok(()) };
        match fault {
            Fault::Kill => std::process::abort(),
            Fault::OneFailure => never_fail(),
            Fault::FullDisk => {}
            Fault::Hang => {
                let plan = shared();
                while lock(&plan).fault.is_some() {
                    thread::sleep(Duration::from_millis(1));
                }
                return Ok(());
            }
        }
        Err(io::ErrorKind::StorageFull.into())
    }

    /// A moment at which nothing can fail.
    pub fn kill_point() {
        let kills = lock(&shared()).fault.is_some_and(|(fault, _)| fault == Fault::Kill);
        if kills && due().is_some() {
            std::process::abort();
        }
    }

    fn due() -> Option<Fault> {
        let plan = shared();
        let mut plan = lock(&plan);
        plan.passed += 1;
        let (fault, point) = plan.fault?;
        (plan.passed >= point).then_some(fault)
    }
}
