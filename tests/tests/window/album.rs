//! The album: of every screen a picture in both languages and themes, and what axe and a ruler find on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ownkey_demo::drive::Window;

use crate::scene::screens;

/// The window's own list of its screens: a new one that no journey visits is noticed.
const LIST: &str = include_str!("../../../ui/src/screens.ts");

/// Language and theme. The last one is how the window is left.
const DRESSES: [(&str, &str); 4] = [("de", "dark"), ("de", "light"), ("en", "dark"), ("en", "light")];

/// What a person cannot see or must move sideways for, and texts that have no words: one sentence each.
const RULER: &str = "
    const found = [];
    const name = (e) => (e.dataset.testid ?? e.className) + ': ' + e.textContent.trim().slice(0, 60);
    const clipped = (e) => e !== null && (getComputedStyle(e).clipPath !== 'none' || clipped(e.parentElement));
    const shown = (e) => e.checkVisibility() && !clipped(e);
    const above = document.querySelector('dialog[open]') ?? document.body;
    for (const e of above.querySelectorAll('*')) {
        if (!shown(e)) continue;
        const style = getComputedStyle(e), box = e.getBoundingClientRect();
        const field = e.matches('input, select');
        if (!field && style.display !== 'inline' && e.scrollWidth > e.clientWidth + 1 && style.overflowX !== 'visible') {
            found.push('wider than its place: ' + name(e));
        }
        if (e.children.length === 0 && e.textContent.trim() !== '' && (box.left < -1 || box.right > innerWidth + 1)) {
            found.push('outside the window: ' + name(e));
        }
        if (e.matches('button, summary, select, input.input') && (box.height < 31.5 || box.width < 31.5)) {
            found.push('a small target: ' + name(e));
        }
    }
    if (document.documentElement.scrollWidth > innerWidth) found.push('the page scrolls sideways');
    const words = document.body.innerText.match(/\\[[a-z_-]+\\]|\\{ *\\$/);
    if (words) found.push('no words: ' + words[0]);
    return found;";

/// Whether there is more below, and a step down to it.
const DOWN: &str = "
    const of = document.querySelector('dialog[open]') ?? document.querySelector('main');
    const more = of.scrollHeight - of.clientHeight > 48;
    of.scrollTo(0, of.scrollHeight);
    return more;";
const UP: &str = "
    for (const e of document.querySelectorAll('dialog[open], main')) e.scrollTo(0, 0);
    if (document.activeElement?.matches('h1, h2')) document.activeElement.focus({ preventScroll: true });";

/// What was seen so far, and what was found on it.
pub(crate) struct Album {
    axe: String,
    folder: PathBuf,
    seen: BTreeSet<String>,
    findings: Vec<String>,
}

impl Album {
    pub(crate) fn new() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
        let axe = std::fs::read_to_string(root.join("ui/node_modules/axe-core/axe.min.js"))?;
        Ok(Self { axe, folder: screens(), seen: BTreeSet::new(), findings: Vec::new() })
    }

    /// Looks at the screen that is open in both languages and themes; it must be `screen` all the while.
    pub(crate) async fn keep(&mut self, window: &Window, screen: &str, name: &str) -> Result<()> {
        for (language, theme) in DRESSES {
            window.dress(language, theme).await?;
            let open =
                "const all = document.querySelectorAll('[data-screen]'); return all[all.length - 1]?.dataset.screen;";
            let open = window.run(open).await?;
            anyhow::ensure!(open == screen, "{name}: {open} is open, not {screen}:\n{}", window.text().await?);
            let file = format!("{name}-{language}-{theme}");
            window.picture(&self.folder, &file).await?;
            self.look(window, &file).await?;
            if (language, theme) == ("en", "light") || (language, theme) == ("de", "dark") {
                if window.run(DOWN).await? == true {
                    window.still().await?;
                    window.picture(&self.folder, &format!("{file}-below")).await?;
                }
                window.run(UP).await?;
                window.still().await?;
            }
        }
        self.seen.insert(screen.to_owned());
        Ok(())
    }

    /// Axe and the ruler, as the window is now.
    pub(crate) async fn look(&mut self, window: &Window, name: &str) -> Result<()> {
        let axe = window.axe(&self.axe).await?;
        let ruler: Vec<String> = serde_json::from_value(window.run(RULER).await?)?;
        self.findings.extend(axe.into_iter().chain(ruler).map(|found| format!("{name}: {found}")));
        Ok(())
    }

    /// As [`Self::look`], with a picture.
    pub(crate) async fn snap(&mut self, window: &Window, name: &str) -> Result<()> {
        window.still().await?;
        window.picture(&self.folder, name).await?;
        self.look(window, name).await
    }

    /// Everything that was found; nothing when all is well.
    pub(crate) fn findings(&self) -> &[String] {
        &self.findings
    }

    /// Screens of the window's list that were not looked at.
    pub(crate) fn unseen(&self) -> Vec<&'static str> {
        listed().into_iter().filter(|name| !self.seen.contains(*name)).collect()
    }
}

/// The names between the brackets of `SCREENS = [ … ]`.
fn listed() -> Vec<&'static str> {
    let names = LIST.split_once("SCREENS = [").and_then(|(_, rest)| rest.split_once(']'));
    let (names, _) = names.unwrap_or_default();
    names.split('"').skip(1).step_by(2).collect()
}

#[test]
fn the_list_of_screens_is_read() {
    let names = listed();
    assert!(names.contains(&"welcome") && names.contains(&"invite-dialog"), "{names:?}");
}
