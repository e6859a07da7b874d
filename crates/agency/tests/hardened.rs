//! What the shipped server promises about its process: no core files, and nothing for a debugger of another user to read.
#![allow(clippy::unwrap_used, reason = "a test says what it expected by failing")]

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A user without rights, so that what belongs to root shows even where root runs the tests.
const NOBODY: u32 = 65_534;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ended_already = self.0.wait();
    }
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a program as nobody where that is possible, else as whoever runs the tests.
fn start(program: &Path, words: &[&str], as_nobody: bool) -> Running {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if as_nobody {
        command.uid(NOBODY).gid(NOBODY);
    }
    Running(command.spawn().unwrap())
}

/// Whom the kernel lets look into a process: its own user, or, once it is not dumpable, root alone.
fn owner(process: &Running) -> u32 {
    fs::metadata(format!("/proc/{}/status", process.0.id())).unwrap().uid()
}

fn core_limit(process: &Running) -> String {
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.0.id())).unwrap();
    let line = limits.lines().find(|l| l.starts_with("Max core file size")).unwrap();
    line.trim_start_matches("Max core file size").split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_shipped_server_leaves_no_core_file_and_cannot_be_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let program = folder.path().join("ownkey-agency");
    fs::copy(env!("CARGO_BIN_EXE_ownkey-agency"), &program).unwrap();
    let data = folder.path().join("agency");
    fs::create_dir(&data).unwrap();
    if root {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let usual = start(Path::new("/bin/sleep"), &["60"], root);
    let words = ["serve", "--listen", "127.0.0.1:0", "--public-url", "http://127.0.0.1:4000", "--name", "Practice"];
    let all = [&["--data", data.to_str().unwrap()], words.as_slice(), &["--contact", "help@agency.example"]].concat();
    let server = start(&program, &all, root);
    wait_for("the server did not start", || data.join("operator.sock").exists());
    wait_for("the other process did not start", || {
        fs::read_to_string(format!("/proc/{}/comm", usual.0.id())).unwrap().trim() == "sleep"
    });

    assert_eq!(core_limit(&server), "0 0");
    assert_eq!(owner(&server), 0, "it is dumpable");
    if root {
        assert_eq!(owner(&usual), NOBODY, "this system shows no difference, so the line above says nothing");
    }
}
