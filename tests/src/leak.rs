//! Searching for leaks.
