//! Making a key for the person, where a provider has an API for it.

pub mod openai;
