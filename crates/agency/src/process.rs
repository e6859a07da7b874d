//! What the process promises beside its code: no core files, nothing for a debugger of another user to read.

/// Switches core files off and makes the process undumpable (design.md §3).
///
/// # Errors
/// When the system refuses.
pub fn harden() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
