//! Random values of random types, for the property tests of the codecs.

use crate::{Array, Bits, Interval, Json, Jsonb, Numeric, TimeTz, Type, Value};
use proptest::prelude::*;
use std::sync::Arc;

fn numeric() -> BoxedStrategy<Numeric> {
    prop_oneof![
        (any::<i64>(), 0u32..20).prop_map(|(m, scale)| Numeric::from_i128(m.into(), scale)),
        (-200i128..200, 0u32..4).prop_map(|(m, scale)| Numeric::from_i128(m, scale)),
        "-?[1-9][0-9]{30,60}(\\.[0-9]{1,30})?".prop_map(|text| Numeric::parse(&text).unwrap()),
        Just(Numeric::NAN),
        Just(Numeric::INFINITY),
        Just(Numeric::NEG_INFINITY),
    ]
    .boxed()
}

fn json() -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-100i64..100).prop_map(|n| Json::Number(n.into())),
        "[a-c\\x01]{0,3}".prop_map(|s| Json::String(s.into())),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
            prop::collection::vec(("[a-c]{0,2}", inner), 0..3)
                .prop_map(|m| Json::object(m.into_iter().map(|(k, v)| (k.into(), v)).collect())),
        ]
    })
    .boxed()
}

/// A value of `ty`, now and then NULL.
fn value(ty: Type) -> BoxedStrategy<Value> {
    let value = match ty {
        Type::BOOL => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::INT2 => any::<i16>().prop_map(Value::Int2).boxed(),
        Type::INT4 => any::<i32>().prop_map(Value::Int4).boxed(),
        Type::INT8 => any::<i64>().prop_map(Value::Int8).boxed(),
        Type::FLOAT4 => any::<f32>().prop_map(Value::Float4).boxed(),
        Type::FLOAT8 => prop_oneof![any::<f64>(), Just(-0.0), Just(f64::NAN), Just(f64::INFINITY)]
            .prop_map(Value::Float8)
            .boxed(),
        Type::NUMERIC => numeric().prop_map(Value::Numeric).boxed(),
        Type::TEXT => "[a-c\\x01é]{0,5}".prop_map(Value::text).boxed(),
        Type::BYTEA => prop::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()], 0..5)
            .prop_map(|bytes| Value::Bytea(bytes.into()))
            .boxed(),
        Type::DATE => any::<i32>().prop_map(Value::Date).boxed(),
        Type::TIMESTAMPTZ => any::<i64>().prop_map(Value::TimestampTz).boxed(),
        Type::TIMETZ => (0..crate::datetime::DAY, -50_000i32..50_000)
            .prop_map(|(us, zone)| Value::TimeTz(TimeTz { us, zone }))
            .boxed(),
        Type::INTERVAL => (-1000i32..1000, -40i32..40, any::<i32>())
            .prop_map(|(months, days, us)| Value::Interval(Interval::new(months, days, us.into())))
            .boxed(),
        Type::UUID => any::<[u8; 16]>().prop_map(Value::Uuid).boxed(),
        Type::OID => any::<u32>().prop_map(Value::Oid).boxed(),
        Type::VARBIT => prop::collection::vec(any::<bool>(), 0..20)
            .prop_map(|bits| Value::Bit(Arc::new(Bits::from_bits(bits))))
            .boxed(),
        Type::JSONB => json().prop_map(|json| Value::Jsonb(Jsonb::from(json))).boxed(),
        _ => match ty.element() {
            Some(element) => prop::collection::vec(self::value(element), 0..4)
                .prop_map(move |values| Value::Array(Arc::new(Array::new(element, values))))
                .boxed(),
            None => unreachable!("no samples of {ty}"),
        },
    };
    prop_oneof![9 => value, 1 => Just(Value::Null)].boxed()
}

fn any_type() -> impl Strategy<Value = Type> {
    prop::sample::select(vec![
        Type::BOOL,
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::NUMERIC,
        Type::TEXT,
        Type::BYTEA,
        Type::DATE,
        Type::TIMESTAMPTZ,
        Type::TIMETZ,
        Type::INTERVAL,
        Type::UUID,
        Type::OID,
        Type::VARBIT,
        Type::JSONB,
        Type::INT4_ARRAY,
        Type::TEXT_ARRAY,
    ])
}

/// Two values of one type.
pub(crate) fn pair() -> impl Strategy<Value = (Type, Value, Value)> {
    any_type().prop_flat_map(|ty| (Just(ty), value(ty), value(ty)))
}

/// A row of up to eleven columns.
pub(crate) fn row() -> impl Strategy<Value = (Vec<Type>, Vec<Value>)> {
    prop::collection::vec(any_type(), 0..12).prop_flat_map(|types| {
        let values: Vec<_> = types.iter().map(|ty| value(*ty)).collect();
        (Just(types), values)
    })
}
