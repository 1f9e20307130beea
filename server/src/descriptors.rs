//! Tells a lack of file descriptors from a peer that does not answer. Both end as a connection that could not be made.

use std::{error::Error, io};

use monitor_core::error::StackError;
use rustix::io::Errno;

/// Whether the error, or what caused it, is that this process or this machine can't open another file or connection.
pub fn are_lacking(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            // What an I/O error holds is not its source.
            let held = io.get_ref().is_some_and(|held| are_lacking(held));
            if held || is_lack(io) {
                return true;
            }
        }
        next = error.source();
    }
    false
}

/// Why a request to that port was not answered.
pub fn why_no_answer(error: &reqwest::Error, port: u16) -> String {
    if are_lacking(error) {
        StackError::TooManyOpenFiles.to_string()
    } else if error.is_connect() || error.is_timeout() {
        format!("no answer on port {port}")
    } else {
        format!("no HTTP answer on port {port}")
    }
}

fn is_lack(error: &io::Error) -> bool {
    let codes = [Errno::MFILE, Errno::NFILE].map(|code| Some(code.raw_os_error()));
    codes.contains(&error.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_descriptors_is_found_wherever_it_is_in_the_chain() {
        let from = |code: Errno| io::Error::from_raw_os_error(code.raw_os_error());
        for (error, expected) in [
            (from(Errno::MFILE), true),
            (from(Errno::NFILE), true),
            (io::Error::other(from(Errno::MFILE)), true),
            (io::Error::other(io::Error::other(from(Errno::NFILE))), true),
            (from(Errno::CONNREFUSED), false),
            (io::Error::other("other"), false),
        ] {
            assert_eq!(are_lacking(&error), expected, "{error:?}");
        }
    }
}
