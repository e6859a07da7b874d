//! What the process promises beside its code: no core files, nothing for a debugger of another user to read, no file that
//! others may read. And what it needs: as many open files as it may have,
//! and processors for its calls first.

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

/// How far what is done beside the calls steps back.
const BESIDE: i32 = 10;

/// This thread does what no call waits for: where a processor is wanted by both, calls have it first.
pub fn yields_to_calls() {
    if let Err(error) = rustix::process::nice(BESIDE) {
        tracing::debug!(%error, "a thread could not step back");
    }
}

/// Takes as many open files as the system allows this process, and tells how many; `None` is no limit. What it starts
/// with is often 1,024, and each call takes two: the caller's connection and the provider's.
///
/// # Errors
/// When the system refuses.
pub fn allow_many_files() -> std::io::Result<Option<u64>> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most })?;
    Ok(most)
}
