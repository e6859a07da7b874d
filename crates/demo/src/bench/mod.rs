//! What `cargo xtask bench` measures with the practice client.

#[cfg(target_os = "linux")]
mod bills;
mod connect;
#[cfg(target_os = "linux")]
mod gateway;
#[cfg(target_os = "linux")]
mod rotation;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod start;

#[cfg(target_os = "linux")]
pub use bills::{Asked, Bills, Year, bills};
pub use connect::{Connect, connect};
#[cfg(target_os = "linux")]
pub use gateway::{Calls, Held, Measured, Pace, Programs, gateway, provider};
#[cfg(target_os = "linux")]
pub use rotation::{Part, Rotations, rotation};
#[cfg(target_os = "linux")]
pub use start::{Start, start};

/// A process and all that it started.
#[cfg(target_os = "linux")]
fn tree(root: u32) -> Vec<u32> {
    let mut all = vec![root];
    let mut next = 0;
    while let Some(parent) = all.get(next).copied() {
        all.extend(children(parent));
        next += 1;
    }
    all
}

/// What a process started.
#[cfg(target_os = "linux")]
fn children(parent: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Processor time of a process so far, in seconds.
#[cfg(target_os = "linux")]
fn processor_time(process: u32) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// The middle of what was measured; 0 of nothing.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(since: std::time::Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
