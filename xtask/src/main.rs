//! Every recipe of the project: `cargo xtask demo`, `test`, `check`, `bench`, `setup`, `wire`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to its person")]

mod arrows;
mod bench;
mod build;
mod check;
mod demo;
mod run;
mod setup;
mod test;
mod wire;

use anyhow::{Result, bail};

const HELP: &str = "\
cargo xtask demo [--headless | --servers]   the app beside an embedded agency and simulated providers
cargo xtask test [SUITE] [--long]           every test, or one suite: check unit ui gateway fallback real-sdks isolation leaks bad-days crash window
cargo xtask check                           formatting, lints, generated types, arrows, licences, locales
cargo xtask bench [NAME] [--json]           figures that anyone can measure again; `rotation 100`, `bills 200000`: so many; `gateway --readme` writes its own into README.md
cargo xtask setup                           what building and testing need from the system
cargo xtask wire                            writes the TypeScript of what travels between engine and window";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    std::env::set_current_dir(run::root())?;
    match words.as_slice() {
        ["demo", rest @ ..] => demo::demo(rest),
        ["test", rest @ ..] => test::test(rest),
        ["check"] => check::check(),
        ["bench", rest @ ..] => bench::bench(rest),
        ["setup"] => setup::everything(),
        ["wire"] => wire::write(),
        ["help" | "--help" | "-h"] | [] => {
            println!("{HELP}");
            Ok(())
        }
        other => bail!("no such recipe: {}\n\n{HELP}", other.join(" ")),
    }
}
