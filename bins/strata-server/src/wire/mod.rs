//! The wire protocol: frames, messages in, messages out (PostgreSQL documentation, chapter 55).

pub mod decode;
pub mod encode;
pub mod frame;

pub use encode::WireOutbox;
pub use frame::{Frame, FrameError};
