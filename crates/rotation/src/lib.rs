//! Rotation as a state machine: told what happened, it says what to do next. No I/O, no clock.
//!
//! Its place in the house is kept; the machine itself comes with one-click rotation. Until then a key is replaced through
//! the connect journey, which pushes the next version of a connection.
