//! The gateway, the connector and any other program as a real process: its log is read as it comes, waited on, and
//! asserted; the process ends with the value that stands for it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::sync::watch;

use crate::netns::Namespace;
use crate::wait;

/// How long one command of a command-line tool may take before the test calls it hung.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// Lines printed of each log when a test fails.
const TAIL: usize = 60;

/// What to start.
#[derive(Debug)]
pub struct Launch<'a> {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    namespace: Option<&'a Namespace>,
    input: Option<Vec<u8>>,
}

impl<'a> Launch<'a> {
    /// `program` without arguments. Its file name is the name in messages and of the log.
    #[must_use]
    pub fn new(program: &Path) -> Self {
        let name = program
            .file_name()
            .unwrap_or(program.as_os_str())
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            program: program.to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            namespace: None,
            input: None,
        }
    }

    /// Another name, where a test runs the same program twice.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Adds a variable to the environment, which is otherwise the test's own.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds variables to the environment.
    #[must_use]
    pub fn envs(mut self, variables: &[(String, String)]) -> Self {
        self.environment.extend_from_slice(variables);
        self
    }

    /// Runs it inside a network namespace, if there is one.
    #[must_use]
    pub fn inside(mut self, namespace: impl Into<Option<&'a Namespace>>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// What it reads on standard input, which is empty otherwise.
    #[must_use]
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    fn command(&self) -> Command {
        let mut command = match self.namespace {
            Some(namespace) => namespace.command(&self.program),
            None => Command::new(&self.program),
        };
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(k, v)| (k, v)));
        command.stdin(if self.input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn spawn(&self) -> Result<Child> {
        let mut child = self
            .command()
            .spawn()
            .with_context(|| format!("starting {}", self.name))?;
        if let (Some(bytes), Some(mut stdin)) = (&self.input, child.stdin.take()) {
            // A program that refuses before it reads closes the pipe: its answer is what the test wants to see.
            let _ = stdin.write_all(bytes);
        }
        Ok(child)
    }

    /// Runs it to its end, for commands that do one thing. Says nothing about success.
    ///
    /// # Errors
    /// When it does not start, or does not end within 30 seconds; then it is killed.
    pub async fn run(self) -> Result<Finished> {
        let mut child = self.spawn()?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let readers = [collect(out), collect(err)];
        let ended = wait::until(&format!("the end of {}", self.name), COMMAND_LIMIT, async || {
            child.try_wait().transpose()
        })
        .await;
        if ended.is_err() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let [stdout, stderr] =
            readers.map(|r| String::from_utf8_lossy(&r.join().unwrap_or_default()).into_owned());
        let status = ended.with_context(|| format!("{}: {stderr}", self.name))??;
        Ok(Finished {
            name: self.name,
            status,
            stdout,
            stderr,
        })
    }

    /// Starts it to stay. Its output goes line by line to `folder/NAME.log`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(self, folder: &Path) -> Result<Process> {
        let path = folder.join(format!("{}.log", self.name));
        let file = fs::OpenOptions::new().create(true).append(true).open(&path)?;
        let mut child = self.spawn()?;
        let log = Arc::new(Log {
            lines: Mutex::new(Vec::new()),
            count: watch::Sender::new(0),
            file: Mutex::new(file),
        });
        if let Some(pipe) = child.stdout.take() {
            follow(pipe, Arc::clone(&log));
        }
        if let Some(pipe) = child.stderr.take() {
            follow(pipe, Arc::clone(&log));
        }
        Ok(Process {
            name: self.name,
            child,
            log,
        })
    }
}

/// A command that ended.
#[derive(Debug)]
pub struct Finished {
    name: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Everything on standard output.
    pub stdout: String,
    /// Everything on standard error.
    pub stderr: String,
}

impl Finished {
    /// The value, where it ended with exit code 0.
    ///
    /// # Errors
    /// With what it printed on standard error.
    pub fn succeeded(self) -> Result<Self> {
        ensure!(
            self.status.success(),
            "{} ended with {}: {}{}",
            self.name,
            self.status,
            self.stdout,
            self.stderr
        );
        Ok(self)
    }

    /// Standard output as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_str(&self.stdout).with_context(|| format!("{} printed {:?}", self.name, self.stdout))
    }
}

/// One line of output.
#[derive(Debug, Clone)]
pub struct Line {
    /// As it was printed.
    pub text: String,
    /// As JSON, where it is a JSON object: the log of our own programs is.
    pub json: Option<Value>,
}

impl Line {
    /// The log level, in upper case, where the line has one.
    #[must_use]
    pub fn level(&self) -> Option<&str> {
        self.json.as_ref()?.get("level")?.as_str()
    }

    /// A field, at the top or under `fields`, as text. `message` is the sentence.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        let json = self.json.as_ref()?;
        let value = json
            .get("fields")
            .and_then(|f| f.get(name))
            .or_else(|| json.get(name))?;
        Some(
            value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned),
        )
    }
}

/// A running process. It is killed with SIGKILL when the value goes; when that happens in a failing test, the end of
/// its log is printed.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    log: Arc<Log>,
}

impl Process {
    /// Its process id: the program's own, inside a namespace too.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Every line so far.
    #[must_use]
    pub fn log(&self) -> Vec<Line> {
        self.log.lines().clone()
    }

    /// Waits for a line that `wanted` accepts, those already printed included.
    ///
    /// # Errors
    /// When `limit` passes or the process ends first.
    pub async fn logged(
        &mut self,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Line) -> bool,
    ) -> Result<Line> {
        let mut count = self.log.count.subscribe();
        let mut seen = 0;
        let found = tokio::time::timeout(limit, async {
            loop {
                let all = *count.borrow_and_update();
                let line = self
                    .log
                    .lines()
                    .get(seen..)
                    .and_then(|new| new.iter().find(|l| wanted(l)).cloned());
                seen = all.min(self.log.lines().len()).max(seen);
                if let Some(line) = line {
                    return Some(line);
                }
                // The log is dropped to one holder, this one, when both pipes have ended.
                if Arc::strong_count(&self.log) == 1 {
                    return None;
                }
                // A line, or a moment after which the end of the process shows.
                let _ = tokio::time::timeout(Duration::from_millis(100), count.changed()).await;
            }
        });
        match found.await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => bail!("{} ended before it logged {what}", self.name),
            Err(_) => bail!("{} did not log {what} within {limit:?}", self.name),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("a process id")?;
        kill_process(pid, signal).with_context(|| format!("signalling {}", self.name))
    }

    /// SIGKILL, and waits until the kernel has taken it away.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and the way it ended.
    ///
    /// # Errors
    /// When it has not ended after `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.ended(limit).await
    }

    /// Waits for it to end by itself.
    ///
    /// # Errors
    /// When it has not ended after `limit`.
    pub async fn ended(&mut self, limit: Duration) -> Result<ExitStatus> {
        let what = format!("the end of {}", self.name);
        Ok(wait::until(&what, limit, async || self.child.try_wait().transpose()).await??)
    }

    /// Waits for it to end, blocking: for a `drop`, after an order to shut down.
    pub(crate) fn wait_blocking(&mut self) {
        let _ = self.child.wait();
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Fails when the log holds an ERROR line that contains none of `expected`.
    ///
    /// # Errors
    /// With the first such line.
    pub fn assert_no_errors_but(&self, expected: &[&str]) -> Result<()> {
        for line in self.log() {
            let known = expected.iter().any(|e| line.text.contains(e));
            ensure!(
                line.level() != Some("ERROR") || known,
                "{} logged an unexpected error: {}",
                self.name,
                line.text
            );
            ensure!(
                !line.text.contains("panicked at"),
                "{} panicked: {}",
                self.name,
                line.text
            );
        }
        Ok(())
    }

    /// Open file descriptors.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn open_files(&self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// Threads.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn threads(&self) -> Result<u64> {
        self.status("Threads:")
    }

    /// Resident memory now and at its highest, in bytes.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn memory(&self) -> Result<(u64, u64)> {
        Ok((self.status("VmRSS:")? * 1024, self.status("VmHWM:")? * 1024))
    }

    /// A number, or one of kibibytes, that the kernel tells of it.
    fn status(&self, key: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix(key))
            .with_context(|| format!("no {key}"))?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Starts to measure the highest memory anew.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn reset_peak_memory(&self) -> Result<()> {
        // proc(5): 5 resets the peak resident set size.
        Ok(fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let lines = self.log();
            eprintln!("--- the end of the log of {} ---", self.name);
            for line in lines.iter().skip(lines.len().saturating_sub(TAIL)) {
                eprintln!("{}", line.text);
            }
        }
    }
}

#[derive(Debug)]
struct Log {
    lines: Mutex<Vec<Line>>,
    count: watch::Sender<usize>,
    file: Mutex<File>,
}

impl Log {
    fn lines(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, text: String) {
        let _ = writeln!(self.file.lock().unwrap_or_else(PoisonError::into_inner), "{text}");
        let json = serde_json::from_str(&text).ok().filter(Value::is_object);
        let count = {
            let mut lines = self.lines();
            lines.push(Line { text, json });
            lines.len()
        };
        self.count.send_replace(count);
    }
}

/// Threads and not tasks: a log must be read even while a test blocks its runtime, or the process would stop at a full
/// pipe. They end with the pipe.
fn follow(pipe: impl Read + Send + 'static, log: Arc<Log>) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            log.add(String::from_utf8_lossy(line.trim_ascii_end()).into_owned());
            line.clear();
        }
    });
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut all);
        }
        all
    })
}
