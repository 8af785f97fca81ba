//! Rows survive the round trip, whole and by column; damage is an error.

use super::*;
use crate::column::Column;
use crate::sample;
use proptest::prelude::*;

proptest! {
    #[test]
    fn rows_come_back((types, values) in sample::row()) {
        let bytes = encode(&types, &values);
        let back = decode(&types, &bytes).unwrap();
        prop_assert_eq!(format!("{back:?}"), format!("{values:?}"));
        let layout = RowLayout::new(&types);
        let reader = layout.reader(&bytes).unwrap();
        for (column, (ty, value)) in types.iter().zip(&values).enumerate() {
            let mut builder = ColumnBuilder::new(*ty);
            reader.push(column, &Value::Null, &mut builder).unwrap();
            let built: Column = builder.finish();
            prop_assert_eq!(format!("{:?}", built.value(0)), format!("{value:?}"));
        }
    }

    #[test]
    fn damage_is_never_a_panic((types, values) in sample::row(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = encode(&types, &values);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(&types, &bytes);
        bytes.truncate(at);
        let _ = decode(&types, &bytes);
    }
}

#[test]
fn columns_added_later_are_missing() {
    let old = encode(&[Type::INT4, Type::TEXT], &[Value::Int4(7), Value::text("seven")]);
    let layout = RowLayout::new(&[Type::INT4, Type::TEXT, Type::INT8, Type::TEXT]);
    let reader = layout.reader(&old).unwrap();
    assert_eq!(reader.value(0).unwrap(), Some(Value::Int4(7)));
    assert_eq!(reader.value(1).unwrap(), Some(Value::text("seven")));
    assert_eq!(reader.value(2).unwrap(), None);
    assert_eq!(reader.value(3).unwrap(), None);
}

#[test]
fn long_rows_take_wide_ends() {
    let types = [Type::TEXT, Type::TEXT];
    let values = [Value::text("x".repeat(70_000)), Value::text("tail")];
    let bytes = encode(&types, &values);
    assert_eq!(bytes[0], WIDE);
    assert_eq!(decode(&types, &bytes).unwrap(), values);
}
