//! The order of keys is the order of values.

use super::*;
use crate::sample;
use proptest::prelude::*;

fn key(ty: Type, value: &Value, order: SortOrder) -> Vec<u8> {
    let mut out = Vec::new();
    encode(ty, value, order, &mut out);
    out
}

proptest! {
    #[test]
    fn bytes_sort_as_values((ty, a, b) in sample::pair()) {
        let (ka, kb) = (key(ty, &a, SortOrder::ASCENDING), key(ty, &b, SortOrder::ASCENDING));
        prop_assert_eq!(ka.cmp(&kb), a.cmp(&b), "{:?} {:?} {:?}", ty, a, b);
        prop_assert!(ka == kb || (!ka.starts_with(&kb) && !kb.starts_with(&ka)), "no key is a prefix of another");
        let (ka, kb) = (key(ty, &a, SortOrder::DESCENDING), key(ty, &b, SortOrder::DESCENDING));
        prop_assert_eq!(ka.cmp(&kb), b.cmp(&a), "descending {:?} {:?}", a, b);
    }

    #[test]
    fn keys_come_back((ty, a, b) in sample::pair(), descending: bool, nulls_first: bool) {
        let order = SortOrder { descending, nulls_first };
        let mut bytes = key(ty, &a, order);
        encode(ty, &b, order, &mut bytes);
        let mut rest = bytes.as_slice();
        let back = decode(ty, order, &mut rest).unwrap();
        prop_assert_eq!(&back, &a);
        if decodes_exactly(ty) {
            prop_assert_eq!(format!("{back:?}"), format!("{a:?}"));
        }
        prop_assert_eq!(&decode(ty, order, &mut rest).unwrap(), &b);
        prop_assert!(rest.is_empty());
    }

    #[test]
    fn damage_is_never_a_panic((ty, a, _) in sample::pair(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = key(ty, &a, SortOrder::ASCENDING);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = decode(ty, SortOrder::ASCENDING, &mut bytes.as_slice());
        let _ = decode(ty, SortOrder::ASCENDING, &mut &bytes[..at]);
    }
}

#[test]
fn padding_does_not_tell_characters_apart() {
    let (a, b) = (Value::text("ab"), Value::text("ab   "));
    assert_eq!(key(Type::BPCHAR, &a, SortOrder::ASCENDING), key(Type::BPCHAR, &b, SortOrder::ASCENDING));
}

#[test]
fn prefixes_end_somewhere() {
    assert_eq!(after_prefix(&[1, 2, 255]), Some(vec![1, 3]));
    assert_eq!(after_prefix(&[255, 255]), None);
}
