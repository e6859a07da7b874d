//! `cargo xtask test [SUITE]`: runs suites and ends with plain counts.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, bail};

use crate::demo::in_a_desktop;
use crate::run::{command, root, run, target};
use crate::{build, check, setup};

const SUITES: &[&str] = &[
    "check",
    "unit",
    "ui",
    "gateway",
    "fallback",
    "meter",
    "bills",
    "rotation",
    "real-sdks",
    "isolation",
    "leaks",
    "bad-days",
    "crash",
    "window",
];

/// Asks the suites for their long form: more mutated inputs, more random orders. They read `OWNKEY_LONG`.
const LONG: &str = "--long";

/// Passed and failed.
#[derive(Default, Clone, Copy)]
struct Count {
    passed: u32,
    failed: u32,
}

pub(crate) fn test(rest: &[&str]) -> Result<()> {
    let wanted: Vec<&str> = rest.iter().copied().filter(|w| *w != LONG).collect();
    let long = rest.contains(&LONG);
    let suites: Vec<&str> = if wanted.is_empty() { SUITES.to_vec() } else { wanted };
    if let Some(other) = suites.iter().find(|suite| !SUITES.contains(suite)) {
        bail!("no such suite: {other}; there are {}", SUITES.join(" "));
    }
    let mut all = Count::default();
    let mut rows = Vec::new();
    for suite in suites {
        println!("\n== {suite}");
        let begun = Instant::now();
        let count = or_failed(suite, one(suite, long));
        all.passed += count.passed;
        all.failed += count.failed;
        rows.push((suite, count, begun.elapsed().as_secs()));
    }
    println!();
    for (suite, count, seconds) in rows {
        println!("{suite:10} {} passed, {} failed, {seconds} s", count.passed, count.failed);
    }
    println!("\n{} passed, {} failed", all.passed, all.failed);
    if all.failed > 0 { bail!("{} failed", all.failed) } else { Ok(()) }
}

/// A suite that could not run counts as one that failed, says why, and keeps no other from running.
fn or_failed(suite: &str, ran: Result<Count>) -> Count {
    ran.unwrap_or_else(|error| {
        println!("{suite}: {error:#}");
        Count { passed: 0, failed: 1 }
    })
}

fn one(suite: &str, long: bool) -> Result<Count> {
    match suite {
        "check" => check::check().map(|()| Count { passed: 1, failed: 0 }),
        "unit" => counted(
            long,
            &mut command(
                "cargo test --workspace --exclude ownkey --exclude ownkey-tests --exclude ownkey-empty-window --no-fail-fast",
            ),
        ),
        "ui" => {
            setup::for_page()?;
            counted(long, command("npm test --silent").current_dir(root().join("ui")).env("NO_COLOR", "1"))
        }
        "bad-days" => {
            setup::for_driving()?;
            run(&mut command("cargo build --quiet -p ownkey-agency"))?;
            let mut words = on_a_small_disk(in_a_desktop("cargo"))?;
            counted(long, words.args(ACROSS).args(["bad_days", "--no-fail-fast"]))
        }
        "real-sdks" => {
            setup::for_sdks()?;
            counted(long, command("cargo").args(ACROSS).args(["real_sdks", "--test", "unified_chat", "--no-fail-fast"]))
        }
        "fallback" => {
            setup::for_sdks()?;
            across(long, suite)
        }
        "leaks" => {
            setup::for_driving()?;
            run(&mut command("cargo build --quiet -p ownkey-demo -p ownkey-agency"))?;
            let mut desktop = in_a_desktop("cargo");
            desktop.args(ACROSS).args([suite, "--no-fail-fast"]);
            counted(long, &mut who_may_read_memory(desktop)?)
        }
        "gateway" | "meter" => {
            run(&mut command("cargo build --quiet -p ownkey-agency"))?;
            across(long, suite)
        }
        "isolation" | "rotation" | "bills" => across(long, suite),
        "crash" => {
            setup::for_driving()?;
            run(&mut command("cargo build --quiet -p ownkey-demo -p ownkey-agency"))?;
            // One after the other: Debian's keyring daemon aborts now and then when several clients die at once.
            counted(long, in_a_desktop("cargo").args(ACROSS).args([suite, "--no-fail-fast", "--", "--test-threads=1"]))
        }
        "window" => {
            setup::for_driving()?;
            let app = build::practice_window()?;
            let mut words = in_a_desktop("cargo");
            words.args(ACROSS).args([suite, "--no-fail-fast", "--", "--test-threads=1", "--nocapture"]);
            counted(long, words.env("OWNKEY_APP", app))
        }
        other => bail!("no such suite: {other}; there are {}", SUITES.join(" ")),
    }
}

const NO_NAMESPACES: &str = "this suite fills a small disk of its own, which `unshare --mount` mounts for it alone. That \
    needs root or user namespaces, and here is neither: run it as root, or allow user namespaces \
    (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or, in a \
    container, start that one with more rights";

/// Mounts a disk of sixteen megabytes, for this command and its children alone; `OWNKEY_SMALL_DISK` says where.
fn on_a_small_disk(inner: Command) -> Result<Command> {
    let folder = target().join("small-disk");
    std::fs::create_dir_all(&folder)?;
    let mount = "mount -t tmpfs -o size=16m tmpfs \"$OWNKEY_SMALL_DISK\" && exec \"$0\" \"$@\"";
    let how: &[&str] = if root_runs_this()? { &["--mount"] } else { &["--map-root-user", "--mount"] };
    let may = Command::new("unshare").args(how).arg("true").stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        bail!(NO_NAMESPACES);
    }
    let mut words = Command::new("unshare");
    words.args(how).args(["bash", "-c", mount]).env("OWNKEY_SMALL_DISK", folder);
    Ok(around(words, &inner))
}

const NO_RIGHTS: &str = "this suite reads the memory of processes that it starts and that have made themselves \
    undumpable. That needs root or user namespaces, and here is neither: run it as root, or allow user namespaces \
    (sysctl kernel.unprivileged_userns_clone=1, on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0)";

/// As root, or as the root of a user namespace that holds the whole suite: its rights reach what is started there.
fn who_may_read_memory(inner: Command) -> Result<Command> {
    if root_runs_this()? {
        return Ok(inner);
    }
    let mut words = Command::new("unshare");
    words.arg("--map-root-user");
    let may = Command::new("unshare").args(["--map-root-user", "true"]).stderr(Stdio::null()).status();
    if !may.is_ok_and(|status| status.success()) {
        bail!(NO_RIGHTS);
    }
    Ok(around(words, &inner))
}

/// A command that ends in another.
fn around(mut outer: Command, inner: &Command) -> Command {
    outer.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            outer.env(name, value);
        }
    }
    outer
}

fn root_runs_this() -> Result<bool> {
    Ok(String::from_utf8(command("id -u").output()?.stdout)?.trim() == "0")
}

const ACROSS: [&str; 4] = ["test", "-p", "ownkey-tests", "--test"];

fn across(long: bool, name: &str) -> Result<Count> {
    counted(long, &mut command(&format!("cargo test -p ownkey-tests --test {name} --no-fail-fast")))
}

/// Runs a command, passes its output on, and adds up what test runners say about themselves.
fn counted(long: bool, command: &mut Command) -> Result<Count> {
    if long {
        command.env("OWNKEY_LONG", "1");
    }
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            let (passed, failed) = numbers(&line);
            count.passed += passed;
            count.failed += failed;
        }
    }
    if !child.wait()?.success() && count.failed == 0 {
        count.failed = 1;
    }
    Ok(count)
}

/// `test result: ok. 3 passed; 0 failed; …` (cargo) and `Tests  3 passed | 1 failed (4)` (vitest).
fn numbers(line: &str) -> (u32, u32) {
    let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || c == ';').filter(|w| !w.is_empty()).collect();
    if !line.starts_with("test result:") && words.first() != Some(&"Tests") {
        return (0, 0);
    }
    let before =
        |word: &str| words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok()).unwrap_or(0);
    (before("passed"), before("failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suite_that_cannot_run_counts_as_one_that_failed() {
        let ran = or_failed("gateway", Ok(Count { passed: 3, failed: 0 }));
        assert_eq!((ran.passed, ran.failed), (3, 0));
        let broken = or_failed("bad-days", Err(anyhow::anyhow!(NO_NAMESPACES)));
        assert_eq!((broken.passed, broken.failed), (0, 1));
        assert!(test(&["no-such-suite"]).is_err_and(|error| error.to_string().contains("no such suite")));
    }

    #[test]
    fn runners_are_understood() {
        assert_eq!(numbers("test result: FAILED. 13 passed; 1 failed; 0 ignored; 0 measured"), (13, 1));
        assert_eq!(numbers("Tests  3 passed | 1 failed (4)"), (3, 1));
        assert_eq!(numbers("something else passed"), (0, 0));
    }
}
