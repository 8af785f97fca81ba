//! Identity, which is more than equality: 1.0 = 1.00, -0 = 0 and a month = 30 days, but each shows as what it is.
//!
//! `==` serves GROUP BY and ORDER BY. Whoever keeps a result for the values that it came from needs identity.

use crate::array::Array;
use crate::json::Json;
use crate::value::Value;

impl Value {
    /// No expression can tell the two, which are of one type, apart.
    pub fn is_identical(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Float4(a), Value::Float4(b)) => a.to_bits() == b.to_bits(),
            (Value::Float8(a), Value::Float8(b)) => a.to_bits() == b.to_bits(),
            (Value::Numeric(a), Value::Numeric(b)) => a.is_identical(b),
            (Value::Interval(a), Value::Interval(b)) => (a.months, a.days, a.us) == (b.months, b.days, b.us),
            (Value::Jsonb(a), Value::Jsonb(b)) => a.root().is_identical(b.root()),
            (Value::Array(a), Value::Array(b)) => a.is_identical(b),
            (Value::Record(a), Value::Record(b)) => all_identical(a, b),
            _ => self == other,
        }
    }
}

impl Array {
    /// As [`Value::is_identical`].
    fn is_identical(&self, other: &Array) -> bool {
        self.element == other.element
            && self.dimensions == other.dimensions
            && all_identical(&self.values, &other.values)
    }
}

impl Json {
    /// As [`Value::is_identical`].
    fn is_identical(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Number(a), Json::Number(b)) => a.is_identical(b),
            (Json::Array(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_identical(b))
            }
            (Json::Object(a), Json::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.is_identical(&b.1))
            }
            _ => self == other,
        }
    }
}

fn all_identical(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_identical(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::Interval;
    use crate::numeric::Numeric;
    use crate::sql_type::Type;
    use std::sync::Arc;

    #[test]
    fn equal_values_of_two_looks_are_not_identical() {
        let one = |scale: u32| Numeric::from_i128(10_i128.pow(scale), scale);
        let number = |scale| Value::Numeric(one(scale));
        let array = |scale| Value::Array(Arc::new(Array::new(Type::NUMERIC, vec![number(scale)])));
        let json = |scale| {
            let items = Json::Array(vec![Json::Number(one(scale))]);
            Value::Jsonb(Json::object(vec![("k".into(), items)]).into())
        };
        let record = |scale| Value::Record(Arc::from([number(scale)]));
        let pairs = [
            (number(1), number(2)),
            (array(1), array(2)),
            (json(1), json(2)),
            (record(1), record(2)),
            (Value::Float8(0.0), Value::Float8(-0.0)),
            (Value::Float4(0.0), Value::Float4(-0.0)),
            (Value::Interval(Interval::new(1, 0, 0)), Value::Interval(Interval::new(0, 30, 0))),
        ];
        for (a, b) in pairs {
            assert_eq!(a, b);
            assert!(!a.is_identical(&b), "{a:?} and {b:?}");
            assert!(a.is_identical(&a.clone()) && b.is_identical(&b.clone()));
        }
    }

    #[test]
    fn what_is_identical_to_itself() {
        for value in [Value::Null, Value::Float8(f64::NAN), Value::Numeric(Numeric::NAN), Value::text("a")] {
            assert!(value.is_identical(&value.clone()), "{value:?}");
        }
        assert!(!Value::Null.is_identical(&Value::Int4(0)));
    }
}
