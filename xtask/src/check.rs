//! `cargo xtask check`: what must hold before anything else is looked at.

use anyhow::{Context, Result};

use crate::run::{command, root, run};
use crate::{arrows, build, setup, wire};

pub(crate) fn check() -> Result<()> {
    setup::for_building()?;
    step("formatting", || run(&mut command("cargo fmt --all --check")))?;
    step("arrows between crates", arrows::check)?;
    step("generated types and capabilities", wire::check)?;
    build::page()?;
    step("page: types, lints, locales", || run(command("npm run --silent check").current_dir(root().join("ui"))))?;
    step("lints", || {
        run(&mut command("cargo clippy --quiet --workspace --all-targets --features ownkey/practice -- -D warnings"))
    })?;
    setup::for_checking()?;
    step("licences, sources, bans", || run(&mut command("cargo deny --log-level error check bans licenses sources")))?;
    advisories()
}

/// The advisory database may be out of reach: then this says so.
fn advisories() -> Result<()> {
    let reached = command("cargo deny --log-level error check advisories").output()?;
    let words = String::from_utf8_lossy(&reached.stderr).into_owned();
    if reached.status.success() {
        println!("ok   advisories");
    } else if words.contains("failed to fetch") || words.contains("failed to clone") || words.contains("unable to") {
        println!("--   advisories: their database cannot be reached from here; not checked");
    } else {
        anyhow::bail!("advisories:\n{words}");
    }
    Ok(())
}

fn step(name: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
    act().with_context(|| name.to_owned())?;
    println!("ok   {name}");
    Ok(())
}
