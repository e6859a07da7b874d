//! What building and testing need from the system. Called by the other recipes when something is missing; says what
//! it installs before it does.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{command, have, root, run, target};

/// To build the window.
const BUILD: &[(&str, &str)] = &[
    ("webkit2gtk-4.1", "libwebkit2gtk-4.1-dev"),
    ("ayatana-appindicator3-0.1", "libayatana-appindicator3-dev"),
    ("librsvg-2.0", "librsvg2-dev"),
];
const BUILD_MORE: &str = "libxdo-dev pkg-config build-essential curl";

/// To drive the real window in tests: program and package.
const DRIVE: &[(&str, &str)] = &[
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
    ("xauth", "xauth"),
    ("dbus-run-session", "dbus"),
    ("dbus-launch", "dbus-x11"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("secret-tool", "libsecret-tools"),
    ("xclip", "xclip"),
    ("xdotool", "xdotool"),
    ("import", "imagemagick"),
    ("faketime", "faketime"),
    ("gdbus", "libglib2.0-bin"),
];

/// Everything.
pub(crate) fn everything() -> Result<()> {
    for_building()?;
    for_driving()?;
    for_checking()?;
    for_sdks()
}

/// System libraries of the window, and the page's packages.
pub(crate) fn for_building() -> Result<()> {
    let known = |library: &str| {
        have("pkg-config") && command(&format!("pkg-config --exists {library}")).status().is_ok_and(|s| s.success())
    };
    let missing: Vec<&str> = BUILD.iter().filter(|(library, _)| !known(library)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        install(&format!("{} {BUILD_MORE}", missing.join(" ")))?;
    }
    for_page()
}

/// The page's packages.
pub(crate) fn for_page() -> Result<()> {
    let ui = root().join("ui");
    let stamp = ui.join("node_modules/.package-lock.json");
    let fresh = |path: &std::path::Path| path.metadata().and_then(|m| m.modified()).ok();
    if fresh(&stamp) < fresh(&ui.join("package-lock.json")) {
        println!("installing the page's packages (npm ci)");
        run(command("npm ci --no-audit --no-fund").current_dir(&ui))?;
        let _touched = std::fs::File::open(&stamp).and_then(|f| f.set_modified(std::time::SystemTime::now()));
    }
    Ok(())
}

/// A display, a keychain and a driver for the real window.
pub(crate) fn for_driving() -> Result<()> {
    let missing: Vec<&str> = DRIVE.iter().filter(|(program, _)| !have(program)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        install(&missing.join(" "))?;
    }
    tool("tauri-driver", "2.1.0")
}

/// Portkey's gateway. It cannot stream on newer versions of what it stands on (its issue 1389): this is the newest on which it can.
const PORTKEY: &str = r#"{ "private": true, "dependencies": { "@portkey-ai/gateway": "1.15.2" },
  "overrides": { "@hono/node-server": "1.14.1" } }"#;
/// The LiteLLM proxy.
const LITELLM: &str = "litellm[proxy]==1.106.12";

/// What the gateway is measured beside, and with: programs of the system, and the two gateways in `target`.
pub(crate) fn for_benches() -> Result<()> {
    let missing: Vec<&str> = [("nginx", "nginx-light"), ("wrk", "wrk")]
        .iter()
        .filter(|(p, _)| !have(p))
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        install(&missing.join(" "))?;
    }
    let folder = target().join("portkey");
    once("Portkey's gateway", &folder, PORTKEY, || {
        std::fs::write(folder.join("package.json"), PORTKEY)?;
        run(command("npm install --silent --no-audit --no-fund --ignore-scripts").current_dir(&folder))
    })?;
    environment("the LiteLLM proxy", "litellm", LITELLM, &[LITELLM])
}

/// What the agency's book of calls is asked beside.
const DUCKDB: &str = "duckdb==2.0.1";

/// DuckDB, in a Python environment of its own.
pub(crate) fn for_bills() -> Result<()> {
    environment("DuckDB", "duckdb", DUCKDB, &[DUCKDB])
}

/// The script of Portkey's server, and the program of the LiteLLM proxy.
pub(crate) fn other_gateways() -> [PathBuf; 2] {
    let portkey = target().join("portkey/node_modules/@portkey-ai/gateway/build/start-server.js");
    [portkey, target().join("litellm/bin/litellm")]
}

/// Licences and advisories.
pub(crate) fn for_checking() -> Result<()> {
    tool("cargo-deny", "0.18.5")
}

/// The providers' official SDKs, in a Python environment of the project's own.
pub(crate) fn for_sdks() -> Result<()> {
    let packages = root().join("tests/sdks/requirements.txt");
    environment(
        "the providers' SDKs",
        "sdks",
        &std::fs::read_to_string(&packages)?,
        &["-r", &packages.display().to_string()],
    )
}

/// A Python environment in `target/NAME`; `arguments` tell pip what, `wanted` is what they come to.
fn environment(what: &str, name: &str, wanted: &str, arguments: &[&str]) -> Result<()> {
    let venv = target().join(name);
    once(what, &venv, wanted, || {
        if !makes_environments() {
            install("python3 python3-venv")?;
            if !makes_environments() {
                bail!("`python3 -m venv` does not work with the python3 that comes first in PATH: it lacks ensurepip");
            }
        }
        run(command("python3 -m venv").arg(&venv))?;
        run(std::process::Command::new(venv.join("bin/pip")).args(["install", "--quiet"]).args(arguments))
    })
}

/// Installs into a folder unless what is wanted is there already.
fn once(what: &str, folder: &Path, wanted: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    println!("installing {what} into {}", folder.display());
    std::fs::create_dir_all(folder)?;
    act()?;
    Ok(std::fs::write(stamp, wanted)?)
}

/// Whether `python3 -m venv` can work: Debian has a part of it in a package of its own, python3-venv.
fn makes_environments() -> bool {
    let mut python = std::process::Command::new("python3");
    python.args(["-c", "import ensurepip, venv"]).stderr(std::process::Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Without optimization: each tool works for seconds in a run of everything, and optimizing it takes minutes.
fn tool(name: &str, version: &str) -> Result<()> {
    if have(name) {
        return Ok(());
    }
    println!("installing {name} {version} (cargo install)");
    let mut install = command(&format!("cargo install {name} --version {version} --locked --debug"));
    run(install.env("CARGO_PROFILE_DEV_DEBUG", "0"))
}

fn install(packages: &str) -> Result<()> {
    println!("installing system packages: {packages}");
    let sudo = if command("id -u").output().is_ok_and(|o| o.stdout == b"0\n") { "" } else { "sudo " };
    run(&mut command(&format!("{sudo}apt-get update -qq"))).context("apt-get update")?;
    let line = format!("{sudo}apt-get install -y -qq --no-install-recommends {packages}");
    run(command(&line).env("DEBIAN_FRONTEND", "noninteractive")).context("apt-get install")
}
