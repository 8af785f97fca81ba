//! Messages in: a frame's body to a [`Request`]. Every count is checked against what is there, every text is
//! UTF-8, and the body is consumed to its last byte.

use super::Frame;
use bytes::{Buf, Bytes};
use strata_db::SqlError;
use strata_db::session::{Request, WireFormat};
use strata_types::{Oid, Type, sqlstate};

/// Decodes a frame. A body that is not what its type promises becomes [`Request::Malformed`], which is
/// answered in its turn.
pub fn request(frame: Frame) -> Request {
    let kind = frame.kind;
    let mut body = Body(frame.body);
    let decoded = match kind {
        b'Q' => body.text().map(Request::Query),
        b'P' => parse(&mut body),
        b'B' => bind(&mut body),
        b'D' => target(&mut body, Request::DescribeStatement, Request::DescribePortal),
        b'C' => target(&mut body, Request::CloseStatement, Request::ClosePortal),
        b'E' => execute(&mut body),
        b'S' => Ok(Request::Sync),
        b'H' => Ok(Request::Flush),
        b'd' => Ok(Request::CopyData(std::mem::take(&mut body.0))),
        b'c' => Ok(Request::CopyDone),
        b'f' => body.text().map(Request::CopyFail),
        b'F' => {
            body.0.clear();
            Err(SqlError::unsupported("the function call protocol"))
        }
        _ => Err(violation(format!("invalid frontend message type {kind}"))),
    };
    let malformed = match kind {
        b'Q' | b'F' => Request::MalformedQuery,
        _ => Request::Malformed,
    };
    match decoded {
        Ok(_) if !body.0.is_empty() => malformed(violation("invalid message format")),
        Ok(request) => request,
        Err(error) => malformed(error),
    }
}

fn violation(message: impl Into<String>) -> SqlError {
    SqlError::new(sqlstate::PROTOCOL_VIOLATION, message)
}

fn parse(body: &mut Body) -> Result<Request, SqlError> {
    let statement = body.text()?;
    let sql = body.text()?;
    let count = body.count(4)?;
    let types = (0..count).map(|_| body.oid()).collect::<Result<_, _>>()?;
    Ok(Request::Parse { statement, sql, types })
}

fn bind(body: &mut Body) -> Result<Request, SqlError> {
    let portal = body.text()?;
    let statement = body.text()?;
    let formats = body.formats()?;
    let count = body.count(4)?;
    let params = (0..count).map(|_| body.value()).collect::<Result<_, _>>()?;
    let results = body.formats()?;
    Ok(Request::Bind { portal, statement, formats, params, results })
}

fn execute(body: &mut Body) -> Result<Request, SqlError> {
    let portal = body.text()?;
    // Negative means all, as zero does.
    let max_rows = u32::try_from(body.int4()?).unwrap_or(0);
    Ok(Request::Execute { portal, max_rows })
}

fn target(
    body: &mut Body,
    statement: fn(String) -> Request,
    portal: fn(String) -> Request,
) -> Result<Request, SqlError> {
    match body.byte()? {
        b'S' => body.text().map(statement),
        b'P' => body.text().map(portal),
        other => Err(violation(format!("invalid message subtype {other}"))),
    }
}

/// What is left of a message.
pub struct Body(pub Bytes);

impl Body {
    fn short() -> SqlError {
        violation("insufficient data left in message")
    }

    fn byte(&mut self) -> Result<u8, SqlError> {
        self.0.try_get_u8().map_err(|_| Self::short())
    }

    fn int4(&mut self) -> Result<i32, SqlError> {
        self.0.try_get_i32().map_err(|_| Self::short())
    }

    /// A count of items of at least `least` bytes each, checked before anything is allocated for them.
    fn count(&mut self, least: usize) -> Result<usize, SqlError> {
        let count = usize::from(self.0.try_get_u16().map_err(|_| Self::short())?);
        if self.0.len() < count * least { Err(Self::short()) } else { Ok(count) }
    }

    /// Text up to a zero byte.
    ///
    /// # Errors
    /// 08P01 without the zero byte, 22021 for what is not UTF-8.
    pub fn text(&mut self) -> Result<String, SqlError> {
        let Some(end) = self.0.iter().position(|byte| *byte == 0) else {
            return Err(violation("invalid string in message"));
        };
        let bytes = self.0.split_to(end);
        self.0.advance(1);
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(not_utf8(&bytes, error.valid_up_to())),
        }
    }

    fn oid(&mut self) -> Result<Type, SqlError> {
        match self.int4()? as u32 {
            0 => Ok(Type::UNKNOWN),
            oid => Ok(Type(Oid(oid))),
        }
    }

    fn formats(&mut self) -> Result<Vec<WireFormat>, SqlError> {
        let count = self.count(2)?;
        let mut formats = Vec::with_capacity(count);
        for _ in 0..count {
            formats.push(match self.0.try_get_i16().map_err(|_| Self::short())? {
                0 => WireFormat::Text,
                1 => WireFormat::Binary,
                other => {
                    return Err(SqlError::new(
                        sqlstate::INVALID_PARAMETER_VALUE,
                        format!("unsupported format code: {other}"),
                    ));
                }
            });
        }
        Ok(formats)
    }

    fn value(&mut self) -> Result<Option<Bytes>, SqlError> {
        let len = self.int4()?;
        if len == -1 {
            return Ok(None);
        }
        let len = usize::try_from(len).ok().filter(|len| *len <= self.0.len()).ok_or_else(Self::short)?;
        Ok(Some(self.0.split_to(len)))
    }
}

/// PostgreSQL's words for bytes that are no text.
fn not_utf8(bytes: &[u8], at: usize) -> SqlError {
    let shown: Vec<String> = bytes.iter().skip(at).take(2).map(|byte| format!("0x{byte:02x}")).collect();
    SqlError::new(
        sqlstate::CHARACTER_NOT_IN_REPERTOIRE,
        format!("invalid byte sequence for encoding \"UTF8\": {}", shown.join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(kind: u8, body: &'static [u8]) -> Request {
        request(Frame { kind, body: Bytes::from_static(body) })
    }

    fn is_malformed(request: &Request, state: &str) -> bool {
        matches!(request, Request::Malformed(error) | Request::MalformedQuery(error) if error.sqlstate() == state)
    }

    #[test]
    fn whole_messages_decode() {
        assert!(matches!(decode(b'Q', b"select 1\0"), Request::Query(sql) if sql == "select 1"));
        let bind = decode(b'B', b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x01x\xff\xff\xff\xff\0\0");
        let Request::Bind { portal, statement, formats, params, results } = bind else { panic!("{bind:?}") };
        assert_eq!((portal.as_str(), statement.as_str()), ("p", "s"));
        assert_eq!(formats, [WireFormat::Binary]);
        assert_eq!(params, [Some(Bytes::from_static(b"x")), None]);
        assert!(results.is_empty());
        assert!(matches!(decode(b'E', b"\0\xff\xff\xff\xff"), Request::Execute { max_rows: 0, .. }));
    }

    #[test]
    fn counts_and_lengths_beyond_the_message_are_violations() {
        for (kind, body) in [
            (b'Q', &b"select 1"[..]),
            (b'Q', b"a\0b"),
            (b'P', b"\0\0\xff\xff"),
            (b'B', b"\0\0\xff\xff"),
            (b'B', b"\0\0\0\0\0\x01\0\0\xff\xffx\0\0"),
            (b'B', b"\0\0\0\0\0\x01\xff\xff\xff\xfe\0\0"),
            (b'D', b"X\0"),
            (b'S', b"x"),
        ] {
            let request = decode(kind, body);
            assert!(is_malformed(&request, "08P01"), "{} {body:?}: {request:?}", kind as char);
        }
        assert!(is_malformed(&decode(b'Q', b"\xff\0"), "22021"));
    }
}
