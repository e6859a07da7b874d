//! What `cargo xtask bench` measures with the practice client.

mod connect;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod start;

pub use connect::{Connect, connect};
#[cfg(target_os = "linux")]
pub use start::{Start, start};

/// The middle of what was measured; 0 of nothing.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
