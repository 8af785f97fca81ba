//! The rules of the house, as tests: what a reviewer would otherwise have to say again and again.
//!
//! | rule | why |
//! |---|---|
//! | every file says where it stands | a newcomer opens any file first |
//! | no `utils`, `helpers`, `common` … | a module is named for what it knows |
//! | no file beyond [`LINES_MAX`] lines | a file is one idea |
//! | crates and modules import downwards only | the folder tree is the architecture |
//! | files, clocks and threads come from `vfs` | so that the simulator sees every one of them |

#[cfg(test)]
mod layers;
#[cfg(test)]
mod source;
#[cfg(test)]
mod style;

/// Lines beyond which a file holds more than one idea.
pub const LINES_MAX: usize = 900;
