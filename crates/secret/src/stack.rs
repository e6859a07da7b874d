//! What libraries leave behind on the stack. Freed memory is wiped by the allocator; a stack that a call has returned from is
//! overwritten by the next call that reaches as deep, which in a thread that waits is nobody.

use std::hint::black_box;

use zeroize::Zeroize;

/// How deep calls are assumed to have gone.
const DEEP: usize = 128 * 1024;

/// Wipes what calls that have returned left on this thread's stack: call it from where they were called. For a library that
/// copies a secret piece by piece through variables of its own, as a cipher does with its blocks.
#[inline(never)]
pub fn clear_stack() {
    let mut left = [0_u8; DEEP];
    black_box(&mut left).as_mut_slice().zeroize();
    black_box(&left);
}
