//! The unified routes: an assistant written once, in OpenAI's shape, for whichever provider its client picked.
//!
//! Everything here is pure translation: bytes in, bytes out; no clock, no network. What one side cannot say to the
//! other is refused by name, never dropped silently; `docs/unified.md` lists every field.

pub mod chat;
pub mod images;
