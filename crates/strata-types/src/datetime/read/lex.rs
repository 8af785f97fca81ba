//! Splits date and time text into fields, by the look of them alone.

/// One field, in lower case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// Digits, perhaps with one point: a day, a year, `20010203`, `040506.7`.
    Number(String),
    /// Digits or letters joined by `-`, `/` or `.`: a date, or a zone's name.
    Date(String),
    /// Digits with colons.
    Time(String),
    /// A sign and digits.
    Zone(String),
    /// Letters.
    Word(String),
}

/// The fields of `text`; `None` if a character belongs in none.
pub(super) fn lex(text: &str) -> Option<Vec<Token>> {
    let lower = text.to_ascii_lowercase();
    let mut lexer = Lexer { text: &lower, at: 0 };
    let mut tokens = Vec::new();
    while let Some(byte) = lexer.peek() {
        match byte {
            _ if byte.is_ascii_whitespace() => lexer.at += 1,
            b'0'..=b'9' => tokens.push(lexer.number()),
            b'.' => tokens.push(Token::Number(lexer.while_in(|b| b == b'.' || b.is_ascii_digit()))),
            b'a'..=b'z' | 0x80.. => tokens.push(lexer.word()),
            b'+' | b'-' => tokens.push(lexer.signed()?),
            _ if byte.is_ascii_punctuation() => lexer.at += 1,
            _ => return None,
        }
    }
    Some(tokens)
}

/// Units of an interval that run into the next number: `1h30m`.
fn is_unit_letter(word: &str) -> bool {
    matches!(word, "d" | "h" | "m" | "mm" | "s" | "y")
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn while_in(&mut self, belongs: impl Fn(u8) -> bool) -> String {
        let from = self.at;
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text.as_bytes()[from..self.at]).into_owned()
    }

    fn number(&mut self) -> Token {
        let mut field = self.while_in(|b| b.is_ascii_digit());
        match self.peek() {
            Some(b':') => {
                field += &self.while_in(|b| b.is_ascii_digit() || b == b':' || b == b'.');
                Token::Time(field)
            }
            Some(delimiter @ (b'-' | b'/' | b'.')) => {
                self.at += 1;
                field.push(char::from(delimiter));
                if self.peek().is_some_and(|b| b.is_ascii_digit()) {
                    field += &self.while_in(|b| b.is_ascii_digit());
                    if self.peek() == Some(delimiter) {
                        field += &self.while_in(|b| b.is_ascii_digit() || b == delimiter);
                        return Token::Date(field);
                    }
                    return if delimiter == b'.' { Token::Number(field) } else { Token::Date(field) };
                }
                field += &self.while_in(|b| b.is_ascii_alphanumeric() || b == delimiter);
                if delimiter == b'.' && field.ends_with('.') {
                    Token::Number(field)
                } else {
                    Token::Date(field)
                }
            }
            _ => Token::Number(field),
        }
    }

    fn word(&mut self) -> Token {
        let mut field = self.while_in(|b| b.is_ascii_alphabetic() || b >= 0x80);
        let joined = match self.peek() {
            Some(b'-' | b'/' | b'.') => true,
            // `utc+2` and `etc8` are zones, `jan1` and `t04` are not.
            Some(b'+' | b'0'..=b'9') => super::words::find(&field).is_none() && !is_unit_letter(&field),
            _ => false,
        };
        if !joined {
            return Token::Word(field);
        }
        field += &self.while_in(|b| b.is_ascii_alphanumeric() || b"+-/_.:".contains(&b));
        Token::Date(field)
    }

    fn signed(&mut self) -> Option<Token> {
        let sign = char::from(self.peek()?);
        self.at += 1;
        self.while_in(|b| b.is_ascii_whitespace());
        let mut field = String::from(sign);
        match self.peek()? {
            b'0'..=b'9' => {
                field += &self.while_in(|b| b.is_ascii_digit() || b":.-".contains(&b));
                Some(Token::Zone(field))
            }
            b'a'..=b'z' => {
                field += &self.while_in(|b| b.is_ascii_alphabetic());
                Some(Token::Word(field))
            }
            _ => None,
        }
    }
}
