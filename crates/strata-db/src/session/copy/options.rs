//! COPY's options, checked against each other as PostgreSQL does.

use super::super::request::WireFormat;
use crate::error::{Result, SqlError};
use crate::parse::ast::{self, OptionValue};
use strata_types::sqlstate;

/// The forms of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Fields apart by a delimiter, backslashes quoting.
    Text,
    /// Comma-separated values.
    Csv,
    /// PostgreSQL's binary form: tuples of fields with their length.
    Binary,
}

impl Form {
    /// As the protocol tells it.
    pub(super) fn wire(self) -> WireFormat {
        match self {
            Form::Text | Form::Csv => WireFormat::Text,
            Form::Binary => WireFormat::Binary,
        }
    }
}

/// Whether the first line names columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// It is data.
    No,
    /// It is passed over, or written.
    Yes,
    /// It must name the columns.
    Match,
}

/// Columns that an option applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Columns {
    #[default]
    None,
    All,
    Named(Vec<String>),
}

impl Columns {
    /// Whether a column is among them.
    pub(super) fn include(&self, name: &str) -> bool {
        match self {
            Columns::None => false,
            Columns::All => true,
            Columns::Named(names) => names.iter().any(|named| named == name),
        }
    }
}

/// COPY's options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) form: Form,
    pub(super) delimiter: u8,
    /// What stands for NULL.
    pub(super) null: String,
    pub(super) header: Header,
    pub(super) quote: u8,
    pub(super) escape: u8,
    pub(super) force_quote: Columns,
    pub(super) force_not_null: Columns,
    pub(super) force_null: Columns,
}

impl Options {
    /// # Errors
    /// 42601, 22023 and 0A000 for unknown, bad or contradicting options.
    pub(super) fn parse(copy: &ast::Copy) -> Result<Options> {
        let mut form = Form::Text;
        let (mut delimiter, mut quote, mut escape) = (None, None, None);
        let (mut null, mut header) = (None, Header::No);
        let (mut force_quote, mut force_not_null, mut force_null) = Default::default();
        for option in &copy.options {
            let name = option.name.name.to_ascii_lowercase();
            match name.as_str() {
                "format" => form = form_of(option)?,
                "delimiter" => delimiter = Some(one_byte("delimiter", &text(option)?)?),
                "quote" => quote = Some(one_byte("quote", &text(option)?)?),
                "escape" => escape = Some(one_byte("escape", &text(option)?)?),
                "null" => null = Some(text(option)?),
                "header" => header = header_of(option)?,
                "force_quote" => force_quote = columns(option)?,
                "force_not_null" => force_not_null = columns(option)?,
                "force_null" => force_null = columns(option)?,
                "encoding" => check_encoding(option)?,
                "freeze" => {}
                _ => {
                    let message = format!("option \"{name}\" not recognized");
                    return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message).at(option.name.pos.0));
                }
            }
        }
        let csv = form == Form::Csv;
        let not_binary =
            [("DELIMITER", delimiter.is_some()), ("NULL", null.is_some()), ("HEADER", header != Header::No)];
        if let Some((name, _)) = not_binary.into_iter().find(|(_, given)| *given && form == Form::Binary) {
            let message = format!("cannot specify {name} in BINARY mode");
            return Err(SqlError::new(sqlstate::SYNTAX_ERROR, message));
        }
        let only_csv = [
            ("quote", quote.is_some()),
            ("escape", escape.is_some()),
            ("force quote", force_quote != Columns::None),
            ("force not null", force_not_null != Columns::None),
            ("force null", force_null != Columns::None),
        ];
        if let Some((name, _)) = only_csv.into_iter().find(|(_, given)| *given && !csv) {
            let message = format!("COPY {name} available only in CSV mode");
            return Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message));
        }
        let quote = quote.unwrap_or(b'"');
        let options = Options {
            form,
            delimiter: delimiter.unwrap_or(if csv { b',' } else { b'\t' }),
            null: null.unwrap_or_else(|| if csv { String::new() } else { "\\N".to_owned() }),
            header,
            quote,
            escape: escape.unwrap_or(quote),
            force_quote,
            force_not_null,
            force_null,
        };
        options.check(copy.from)?;
        Ok(options)
    }

    fn check(&self, from: bool) -> Result<()> {
        let refuse = |state, message: &str| Err(SqlError::new(state, message));
        if matches!(self.delimiter, b'\n' | b'\r') {
            return refuse(
                sqlstate::INVALID_PARAMETER_VALUE,
                "COPY delimiter cannot be newline or carriage return",
            );
        }
        if self.null.contains(['\n', '\r']) {
            let message = "COPY null representation cannot use newline or carriage return";
            return refuse(sqlstate::INVALID_PARAMETER_VALUE, message);
        }
        let forbidden = b"\\.abcdefghijklmnopqrstuvwxyz0123456789";
        if self.form == Form::Text && forbidden.contains(&self.delimiter) {
            let message = format!("COPY delimiter cannot be \"{}\"", char::from(self.delimiter));
            return refuse(sqlstate::INVALID_PARAMETER_VALUE, &message);
        }
        if self.form == Form::Csv && self.delimiter == self.quote {
            return refuse(sqlstate::INVALID_PARAMETER_VALUE, "COPY delimiter and quote must be different");
        }
        if self.null.bytes().any(|byte| byte == self.delimiter) {
            let message = "COPY delimiter must not appear in the NULL specification";
            return refuse(sqlstate::FEATURE_NOT_SUPPORTED, message);
        }
        if self.form == Form::Csv && self.null.bytes().any(|byte| byte == self.quote) {
            return refuse(
                sqlstate::FEATURE_NOT_SUPPORTED,
                "CSV quote character must not appear in the NULL specification",
            );
        }
        if from && self.force_quote != Columns::None {
            return refuse(sqlstate::FEATURE_NOT_SUPPORTED, "COPY force quote only available using COPY TO");
        }
        if !from && self.header == Header::Match {
            return refuse(sqlstate::FEATURE_NOT_SUPPORTED, "cannot use \"match\" with HEADER in COPY TO");
        }
        Ok(())
    }
}

fn value_text(value: &OptionValue) -> Option<String> {
    match value {
        OptionValue::Text(text) | OptionValue::Number(text) => Some(text.to_string()),
        // A bare word stands where a type could.
        OptionValue::Type(word) => Some(word.name.base().to_owned()),
        OptionValue::List(_) | OptionValue::Star => None,
    }
}

fn text(option: &ast::OptionDef) -> Result<String> {
    option.value.as_ref().and_then(value_text).ok_or_else(|| {
        let message = format!("{} requires a parameter", option.name.name);
        SqlError::new(sqlstate::SYNTAX_ERROR, message).at(option.name.pos.0)
    })
}

fn one_byte(what: &str, text: &str) -> Result<u8> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        _ => {
            let message = format!("COPY {what} must be a single one-byte character");
            Err(SqlError::new(sqlstate::FEATURE_NOT_SUPPORTED, message))
        }
    }
}

fn form_of(option: &ast::OptionDef) -> Result<Form> {
    let text = text(option)?;
    match text.as_str() {
        "text" => Ok(Form::Text),
        "csv" => Ok(Form::Csv),
        "binary" => Ok(Form::Binary),
        other => {
            let message = format!("COPY format \"{other}\" not recognized");
            Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message).at(option.name.pos.0))
        }
    }
}

fn header_of(option: &ast::OptionDef) -> Result<Header> {
    let Some(value) = option.value.as_ref().and_then(value_text) else { return Ok(Header::Yes) };
    match value.to_ascii_lowercase().as_str() {
        "true" | "on" | "1" => Ok(Header::Yes),
        "false" | "off" | "0" => Ok(Header::No),
        "match" => Ok(Header::Match),
        _ => Err(SqlError::new(sqlstate::SYNTAX_ERROR, "header requires a Boolean value or \"match\"")),
    }
}

fn columns(option: &ast::OptionDef) -> Result<Columns> {
    match &option.value {
        Some(OptionValue::List(items)) => Ok(Columns::Named(items.iter().filter_map(value_text).collect())),
        Some(OptionValue::Star) => Ok(Columns::All),
        Some(value) => Ok(value_text(value).map_or(Columns::All, |name| Columns::Named(vec![name]))),
        None => {
            let message =
                format!("argument to option \"{}\" must be a list of column names", option.name.name);
            Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message).at(option.name.pos.0))
        }
    }
}

fn check_encoding(option: &ast::OptionDef) -> Result<()> {
    let name = text(option)?;
    match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
        "utf8" | "unicode" | "sqlascii" => Ok(()),
        _ => {
            let message =
                format!("argument to option \"encoding\" must be a valid encoding name: \"{name}\"");
            Err(SqlError::new(sqlstate::INVALID_PARAMETER_VALUE, message).at(option.name.pos.0))
        }
    }
}
