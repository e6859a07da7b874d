//! The graph of stages and effects, as a page.

/// The whole graph as Markdown: docs/rotation.md.
#[must_use]
pub fn graph() -> String {
    String::new()
}
