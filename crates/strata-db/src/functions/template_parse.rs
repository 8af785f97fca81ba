//! Templates of `to_char` and `to_date` for dates and times: a text as a list of fields and literals.

/// A template in pieces.
pub(super) struct Template(pub(super) Vec<Piece>);

/// One piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A field of the date or time.
    Field {
        field: Field,
        /// `FM`: no padding.
        fill: bool,
        /// `TH`, `th`: an ordinal's suffix, in capitals or not.
        suffix: Option<bool>,
        /// How its letters are written, for fields that are words.
        case: Case,
    },
    /// Itself. Whether it stood in quotes matters to readers.
    Literal { text: String, quoted: bool },
    /// `FX`: reading is exact from here on.
    Exact,
}

/// How a word is written: as in `MONTH`, `Month`, `month`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Case {
    Upper,
    Capitalized,
    Lower,
}

/// What a field shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::upper_case_acronyms, reason = "the names of PostgreSQL's template fields")]
pub(super) enum Field {
    AM {
        dotted: bool,
    },
    AD {
        dotted: bool,
    },
    CC,
    DAY,
    DY,
    DDD,
    DD,
    D,
    /// Digits of a second.
    FF(u32),
    HH12,
    HH24,
    IDDD,
    ID,
    IW,
    /// The ISO year's last digits; four are the whole year.
    IYear(u32),
    J,
    MI,
    MM,
    MONTH,
    MON,
    MS,
    OF,
    Q,
    RM,
    SSSS,
    SS,
    TZ,
    TZH,
    TZM,
    US,
    WW,
    W,
    YCommaYYY,
    /// The year's last digits; four are the whole year.
    Year(u32),
}

/// Every spelling, longer ones before their beginnings; fields that are words are told apart by case.
const FIELDS: &[(&str, Field)] = &[
    ("A.D.", Field::AD { dotted: true }),
    ("A.M.", Field::AM { dotted: true }),
    ("AD", Field::AD { dotted: false }),
    ("AM", Field::AM { dotted: false }),
    ("B.C.", Field::AD { dotted: true }),
    ("BC", Field::AD { dotted: false }),
    ("CC", Field::CC),
    ("DAY", Field::DAY),
    ("DDD", Field::DDD),
    ("DD", Field::DD),
    ("DY", Field::DY),
    ("D", Field::D),
    ("FF1", Field::FF(1)),
    ("FF2", Field::FF(2)),
    ("FF3", Field::FF(3)),
    ("FF4", Field::FF(4)),
    ("FF5", Field::FF(5)),
    ("FF6", Field::FF(6)),
    ("HH24", Field::HH24),
    ("HH12", Field::HH12),
    ("HH", Field::HH12),
    ("IDDD", Field::IDDD),
    ("ID", Field::ID),
    ("IW", Field::IW),
    ("IYYY", Field::IYear(4)),
    ("IYY", Field::IYear(3)),
    ("IY", Field::IYear(2)),
    ("I", Field::IYear(1)),
    ("J", Field::J),
    ("MI", Field::MI),
    ("MM", Field::MM),
    ("MONTH", Field::MONTH),
    ("MON", Field::MON),
    ("MS", Field::MS),
    ("OF", Field::OF),
    ("P.M.", Field::AM { dotted: true }),
    ("PM", Field::AM { dotted: false }),
    ("Q", Field::Q),
    ("RM", Field::RM),
    ("SSSSS", Field::SSSS),
    ("SSSS", Field::SSSS),
    ("SS", Field::SS),
    ("TZH", Field::TZH),
    ("TZM", Field::TZM),
    ("TZ", Field::TZ),
    ("US", Field::US),
    ("WW", Field::WW),
    ("W", Field::W),
    ("Y,YYY", Field::YCommaYYY),
    ("YYYY", Field::Year(4)),
    ("YYY", Field::Year(3)),
    ("YY", Field::Year(2)),
    ("Y", Field::Year(1)),
];

impl Template {
    /// A template's pieces. Whatever is no field stands for itself.
    pub(super) fn parse(text: &str) -> Template {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some((piece, after)) = field(rest) {
                pieces.push(piece);
                rest = after;
                continue;
            }
            if starts_with(rest, "FX") {
                pieces.push(Piece::Exact);
                rest = rest.get(2..).unwrap_or_default();
                continue;
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            match c {
                '"' => {
                    let (text, after) = quoted(rest);
                    pieces.push(Piece::Literal { text, quoted: true });
                    rest = after;
                }
                '\\' if rest.starts_with('"') => {
                    pieces.push(Piece::Literal { text: "\"".to_owned(), quoted: false });
                    rest = rest.get(1..).unwrap_or_default();
                }
                c => pieces.push(Piece::Literal { text: c.to_string(), quoted: false }),
            }
        }
        Template(pieces)
    }
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
}

fn field(text: &str) -> Option<(Piece, &str)> {
    let mut rest = text;
    let mut fill = true;
    loop {
        if starts_with(rest, "FM") {
            fill = false;
        } else if !starts_with(rest, "TM") {
            break;
        }
        rest = rest.get(2..)?;
    }
    let (name, field) = FIELDS.iter().find(|(name, _)| starts_with(rest, name))?;
    let (word, mut after) = rest.split_at(name.len());
    let mut letters = word.chars().filter(char::is_ascii_alphabetic);
    let case = match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
            Case::Upper
        }
        (Some(first), _) if first.is_ascii_uppercase() => Case::Capitalized,
        _ => Case::Lower,
    };
    let mut suffix = None;
    if starts_with(after, "TH") {
        suffix = Some(after.starts_with('T'));
        after = after.get(2..)?;
    } else if starts_with(after, "SP") {
        after = after.get(2..)?;
    }
    Some((Piece::Field { field: *field, fill, suffix, case }, after))
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    (out, chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_come_apart() {
        let template = Template::parse("FMMonth DDth, \"YYYY\"Y");
        let fields: Vec<Field> = template
            .0
            .iter()
            .filter_map(|piece| match piece {
                Piece::Field { field, .. } => Some(*field),
                _ => None,
            })
            .collect();
        assert_eq!(fields, [Field::MONTH, Field::DD, Field::Year(1)]);
        assert_eq!(
            template.0.first(),
            Some(&Piece::Field { field: Field::MONTH, fill: false, suffix: None, case: Case::Capitalized })
        );
    }
}
