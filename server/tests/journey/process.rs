//! Running programs with a deadline: one that hangs fails its test instead of stalling the run.

use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{self, Receiver},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value;

/// For a command that runs to its end. `up` waits 120 s for services by itself.
const DEADLINE: Duration = Duration::from_secs(180);

/// The binary with its settings and data in this folder, not yet run.
pub fn panel(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawker-monitor"));
    command
        .args(arguments)
        .env("CLAWKER_CONFIG_DIR", folder)
        .env("CLAWKER_DATA_DIR", folder.join("data"))
        .env_remove("DOCKER_CONTEXT");
    command
}

/// Runs the command to its end and returns what it wrote.
pub fn output(command: &mut Command) -> Output {
    let words = format!("{command:?}");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{words} does not start: {error}"));
    let (stdout, stderr) = (read_all(child.stdout.take()), read_all(child.stderr.take()));
    let status = wait(&mut child, &words);
    Output { status, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Exit code and output of a command.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Runs the command to its end.
    pub fn of(command: &mut Command) -> Said {
        let Output { status, stdout, stderr } = output(command.stdin(Stdio::null()));
        assert_eq!(status.signal(), None, "{command:?} was killed");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { code: status.code(), out: text(stdout), err: text(stderr) }
    }

    /// Asserts that the command succeeded.
    pub fn done(self) -> Said {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// The JSON document on standard output, which is the only one.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

fn read_all(stream: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    })
}

fn wait(child: &mut Child, words: &str) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("{words} did not end within {} s", DEADLINE.as_secs());
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// A program that is read line by line while it runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    words: String,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the command and reads its standard output.
    pub fn reading_stdout(mut command: Command) -> Running {
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        Running::of(child, format!("{command:?}"), |child| child.stdout.take())
    }

    /// Starts the command and reads its standard error.
    pub fn reading_stderr(mut command: Command) -> Running {
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        Running::of(child, format!("{command:?}"), |child| child.stderr.take())
    }

    fn of<R: Read + Send + 'static>(mut child: Child, words: String, take: fn(&mut Child) -> Option<R>) -> Running {
        let (sender, lines) = mpsc::channel();
        let stream = BufReader::new(take(&mut child).unwrap());
        // The thread ends with the stream, or when no one reads its lines anymore.
        thread::spawn(move || stream.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Running { child, words, lines }
    }

    /// The next line, if one comes within that time.
    pub fn line_within(&self, time: Duration) -> Option<String> {
        self.lines.recv_timeout(time).ok()
    }

    /// The first line from here on that is as wanted.
    pub fn line(&self, awaited: &str, is_wanted: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let left = DEADLINE.saturating_sub(began.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) if is_wanted(&line) => return line,
                Ok(_) => {}
                Err(reason) => panic!("{}: waited for {awaited}: {reason}", self.words),
            }
        }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills the program, which gets no chance to tidy up.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the program's own end.
    pub fn ended(mut self) -> ExitStatus {
        wait(&mut self.child, &self.words)
    }

    /// Tells the program to stop, as Ctrl-C and service managers do, and waits for its end. Returns the lines that were
    /// left.
    pub fn stop(mut self) -> (ExitStatus, Vec<String>) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success(), "{} has ended already", self.words);
        let status = wait(&mut self.child, &self.words);
        (status, self.lines.iter().collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}
