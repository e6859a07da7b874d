//! What the process promises beside its code: no core files, nothing for a debugger of another user to read, no file that
//! others may read.

/// Switches core files off, makes the process undumpable (design.md §3), and closes every file that it makes to others.
///
/// # Errors
/// When the system refuses.
pub fn harden() -> std::io::Result<()> {
    use rustix::fs::Mode;
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    umask(Mode::RWXG | Mode::RWXO);
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
