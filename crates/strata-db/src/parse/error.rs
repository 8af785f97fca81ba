//! Why a text is not a statement.

use super::ast::Pos;
use std::borrow::Cow;

/// What is wrong with a statement's text, in PostgreSQL's words.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// The five characters that clients branch on.
    pub sqlstate: &'static str,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// More about it.
    pub detail: Option<Cow<'static, str>>,
    /// What to do about it.
    pub hint: Option<Cow<'static, str>>,
    /// Where.
    pub pos: Pos,
}

/// `syntax_error`.
pub(super) const SYNTAX_ERROR: &str = "42601";
/// `feature_not_supported`.
pub(super) const FEATURE_NOT_SUPPORTED: &str = "0A000";
/// `statement_too_complex` is another: PostgreSQL reports deep nesting as `stack_depth_limit_exceeded`.
pub(super) const STACK_DEPTH_EXCEEDED: &str = "54001";

impl ParseError {
    /// An error at a place.
    pub(super) fn new(sqlstate: &'static str, message: impl Into<Cow<'static, str>>, pos: Pos) -> Self {
        Self { sqlstate, message: message.into(), detail: None, hint: None, pos }
    }

    /// A syntax error in words of its own.
    pub(super) fn syntax(message: impl Into<Cow<'static, str>>, pos: Pos) -> Self {
        Self::new(SYNTAX_ERROR, message, pos)
    }

    /// The same with a hint.
    pub(super) fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ParseError> for crate::SqlError {
    fn from(error: ParseError) -> Self {
        let mut out = Self::new(error.sqlstate, error.message).at(error.pos.0);
        if let Some(detail) = error.detail {
            out = out.detail(detail);
        }
        match error.hint {
            Some(hint) => out.hint(hint),
            None => out,
        }
    }
}
