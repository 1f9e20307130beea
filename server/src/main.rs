//! The `clawker-monitor` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    clawker_monitor::cli::main()
}
