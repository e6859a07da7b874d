//! Randomness from the operating system: the one exception to "no I/O" in this crate (seal.md §1).

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness to give: nothing safe can be done then.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the operating system gives randomness");
    out
}
