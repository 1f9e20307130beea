//! The program in the throw-away containers: a static binary that logs known lines and then does what `THROWAWAY` says.

use std::{env, process, thread, time::Duration};

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

extern "C" fn end(_number: i32) {
    process::exit(0);
}

fn main() {
    // The first process of a container ignores SIGTERM unless it handles it.
    unsafe { signal(15, end) };
    println!("first line");
    eprintln!("level=warn second line");
    // The Engine cuts lines at 16 KiB.
    println!("{}", "x".repeat(40_000));
    match env::var("THROWAWAY").as_deref() {
        Ok("exit") => process::exit(3),
        _ => {
            for tick in 1u64.. {
                println!("tick {tick}");
                thread::sleep(Duration::from_millis(200));
            }
        }
    }
}
