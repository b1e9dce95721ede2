//! The calendar of one process, wrong by as much as a test likes and set right while it runs: a library that stands before
//! the C library's function adds what a file says.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const SOURCE: &str = r#"#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
static volatile int64_t *moved;
__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("MOVED_CLOCK");
    int file = path ? open(path, O_RDONLY) : -1;
    if (file < 0) return;
    void *map = mmap(0, sizeof *moved, PROT_READ, MAP_SHARED, file, 0);
    if (map != MAP_FAILED) moved = map;
    close(file);
}
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, now);
    if (result == 0 && id == CLOCK_REALTIME && moved) now->tv_sec += *moved;
    return result;
}
"#;

/// The clock of the processes that are started with its environment.
#[derive(Debug)]
pub struct MovedClock {
    library: PathBuf,
    path: PathBuf,
    file: File,
}

impl MovedClock {
    /// A clock that is right, for now. `folder` has to outlive the processes.
    ///
    /// # Errors
    /// When there is no C compiler.
    pub fn new(folder: &Path, name: &str) -> Result<Self> {
        let (source, library) = (folder.join("clock.c"), folder.join(format!("{name}.so")));
        fs::write(&source, SOURCE)?;
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(&source);
        ensure!(cc.status().context("a C compiler")?.success(), "cc failed");
        let path = folder.join(format!("{name}.clock"));
        fs::write(&path, 0_i64.to_ne_bytes())?;
        // In place: the processes have mapped it.
        let file = OpenOptions::new().write(true).open(&path)?;
        Ok(Self { library, path, file })
    }

    /// Moves it: so many seconds ahead of the host's.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(&self, seconds: i64) -> Result<()> {
        Ok(self.file.write_all_at(&seconds.to_ne_bytes(), 0)?)
    }

    /// What a process needs in its environment.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let pair = |name: &str, path: &Path| (name.to_owned(), path.display().to_string());
        vec![pair("LD_PRELOAD", &self.library), pair("MOVED_CLOCK", &self.path)]
    }
}
