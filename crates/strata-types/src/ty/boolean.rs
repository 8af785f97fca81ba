//! `boolean`: any unambiguous prefix of true, false, yes, no, on, off; 1 and 0.

use crate::error::{Error, Result};
use crate::sql_type::Type;

pub(super) fn parse(text: &str) -> Result<bool> {
    let word = text.trim_ascii().to_ascii_lowercase();
    let starts = |full: &str, least: usize| word.len() >= least && full.starts_with(&word);
    if starts("true", 1) || starts("yes", 1) || word == "on" || word == "1" {
        Ok(true)
    } else if starts("false", 1) || starts("no", 1) || starts("off", 2) || word == "0" {
        Ok(false)
    } else {
        Err(Error::invalid_text(Type::BOOL, text))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn prefixes_are_enough() {
        for word in ["t", "TRUE", " tru ", "y", "yes", "on", "1"] {
            assert_eq!(super::parse(word), Ok(true), "{word}");
        }
        for word in ["f", "fals", "n", "No", "of", "off", "0"] {
            assert_eq!(super::parse(word), Ok(false), "{word}");
        }
        for word in ["", "o", "2", "truee"] {
            assert!(super::parse(word).is_err(), "{word}");
        }
    }
}
