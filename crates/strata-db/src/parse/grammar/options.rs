//! `(name = value, ..)` lists, and the small clauses that several statements share.

use super::super::ast::*;
use super::super::cursor::{Parser, Result};
use super::super::keyword::{Category, Keyword as K};
use super::super::token::TokenKind as T;

impl Parser<'_> {
    /// The last byte read.
    pub(super) fn last_byte(&self) -> Option<u8> {
        self.text_from(self.last_end.saturating_sub(1)).bytes().next()
    }

    /// `(name [= value], ..)`.
    pub(super) fn option_list(&mut self) -> Result<Vec<OptionDef>> {
        self.paren_list(|p| {
            let mut name = p.label()?;
            let mut namespace = None;
            if p.eat_punct(b'.') {
                namespace = Some(std::mem::replace(&mut name, p.label()?));
            }
            let value = if p.eat_operator("=") { Some(p.option_value()?) } else { None };
            Ok(OptionDef { namespace, name, value })
        })
    }

    /// `(name value, ..)`, as COPY, EXPLAIN and VACUUM take them.
    pub(super) fn utility_options(&mut self) -> Result<Vec<OptionDef>> {
        self.paren_list(|p| {
            let name = p.label()?;
            let value = match p.token.kind {
                T::Punct(b',' | b')') => None,
                _ => Some(p.option_value()?),
            };
            Ok(OptionDef { namespace: None, name, value })
        })
    }

    /// The value of an option.
    pub(super) fn option_value(&mut self) -> Result<OptionValue> {
        match &self.token.kind {
            T::String(_) => Ok(OptionValue::Text(self.string()?)),
            T::Integer(_) | T::Number(_) => Ok(OptionValue::Number(self.signed_number()?)),
            T::Operator(symbol) => match symbol.as_ref() {
                "*" => {
                    self.advance();
                    Ok(OptionValue::Star)
                }
                "+" | "-" => Ok(OptionValue::Number(self.signed_number()?)),
                other => {
                    let text = other.into();
                    self.advance();
                    Ok(OptionValue::Text(text))
                }
            },
            T::Punct(b'(') => Ok(OptionValue::List(self.paren_list(Self::option_value)?)),
            T::Keyword(keyword) if keyword.category() == Category::Reserved => {
                let text = keyword.text().into();
                self.advance();
                Ok(OptionValue::Text(text))
            }
            T::Keyword(K::None) => {
                self.advance();
                Ok(OptionValue::Text("none".into()))
            }
            _ => {
                let ty = self.type_name()?;
                let plain =
                    ty.name.0.len() == 1 && ty.modifiers.is_empty() && ty.array.is_empty() && !ty.setof;
                Ok(if plain { OptionValue::Text(ty.name.base().into()) } else { OptionValue::Type(ty) })
            }
        }
    }

    /// An option without a value.
    pub(super) fn flag(&self, name: &str) -> OptionDef {
        OptionDef { namespace: None, name: Ident::new(name, self.pos()), value: None }
    }

    /// `TEMP`, `TEMPORARY`, `LOCAL TEMP`, `UNLOGGED`.
    pub(super) fn persistence(&mut self) -> Persistence {
        if self.at_any(&[K::Local, K::Global]) && (self.peek_is(1, K::Temp) || self.peek_is(1, K::Temporary))
        {
            self.advance();
        }
        match self.eat_any(&[K::Temp, K::Temporary, K::Unlogged]) {
            Some(K::Unlogged) => Persistence::Unlogged,
            Some(_) => Persistence::Temporary,
            None => Persistence::Permanent,
        }
    }

    /// `IF EXISTS`.
    pub(super) fn if_exists(&mut self) -> bool {
        self.eat_two(K::If, K::Exists)
    }

    /// `IF NOT EXISTS`.
    pub(super) fn if_not_exists(&mut self) -> Result<bool> {
        if !(self.at(K::If) && self.peek_is(1, K::Not)) {
            return Ok(false);
        }
        self.advance();
        self.advance();
        self.expect(K::Exists)?;
        Ok(true)
    }

    /// `CASCADE` (true), `RESTRICT`, or nothing.
    pub(super) fn cascade(&mut self) -> bool {
        self.eat_any(&[K::Cascade, K::Restrict]) == Some(K::Cascade)
    }

    /// A role.
    pub(super) fn role(&mut self) -> Result<RoleRef> {
        let pos = self.pos();
        match self.eat_any(&[K::CurrentUser, K::CurrentRole, K::SessionUser]) {
            Some(K::SessionUser) => return Ok(RoleRef::SessionUser(pos)),
            Some(_) => return Ok(RoleRef::CurrentUser(pos)),
            None => {}
        }
        let quoted = self.at_quoted();
        let name = self.non_reserved_word()?;
        Ok(match &*name.name {
            "public" if !quoted => RoleRef::Public(pos),
            _ => RoleRef::Named(name),
        })
    }

    fn at_quoted(&self) -> bool {
        self.token_text().starts_with('"')
    }
}
