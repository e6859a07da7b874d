//! `cargo xtask demo`: builds what is needed and hands over to `crates/demo`.

use anyhow::Result;

use crate::run::{command, run};
use crate::{build, setup};

pub(crate) fn demo(rest: &[&str]) -> Result<()> {
    let mut mode = rest.first().copied().unwrap_or("--window");
    if mode == "--window" && std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        println!("No display here: the same journey is driven without one (--headless).");
        mode = "--headless";
    }
    if mode == "--servers" {
        return run(&mut command("cargo run --quiet -p ownkey-demo -- --servers"));
    }
    let app = build::practice_window()?;
    run(&mut command("cargo build --quiet -p ownkey-demo"))?;
    let demo = crate::run::target().join("debug/ownkey-demo");
    if mode == "--headless" {
        setup::for_driving()?;
        return run(in_a_desktop(&demo.display().to_string()).arg("--headless").env("OWNKEY_APP", app));
    }
    run(command(&demo.display().to_string()).arg("--window").env("OWNKEY_APP", app))
}

/// A display, a session bus and an unlocked keychain of their own around a program.
pub(crate) fn in_a_desktop(program: &str) -> std::process::Command {
    let keyring = "export XDG_DATA_HOME=$(mktemp -d); export XDG_RUNTIME_DIR=$(mktemp -d); \
        trap 'rm -rf \"$XDG_DATA_HOME\" \"$XDG_RUNTIME_DIR\"' EXIT; \
        printf '\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; \
        for i in $(seq 50); do secret-tool search probe probe >/dev/null 2>&1 && break; sleep 0.1; done; \"$0\" \"$@\"";
    let mut command = std::process::Command::new("xvfb-run");
    command.args(["-a", "-s", "-screen 0 1280x900x24", "dbus-run-session", "--", "bash", "-c", keyring, program]);
    command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env("GDK_BACKEND", "x11");
    command
}
