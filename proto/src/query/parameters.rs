//! The digest of a query's parameters, as the audit logs of both sides carry it.

use sha2::{Digest, Sha256};

use super::types::Value;

/// SHA-256 over names, types and values in the order of the plan's parameters, defaults filled in. The same on both
/// sides for the same question, so that their records can be compared.
///
/// It proves what was asked to whoever knows it; it does not hide it: a value of few bits can be guessed.
pub fn digest<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a Value)>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"elementary-parameters/1");
    for (name, value) in parameters {
        // Length first, then a type tag and a value of known length: no two lists have one encoding.
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        match value {
            Value::Null => hash.update([0]),
            Value::Boolean(truth) => hash.update([1, u8::from(*truth)]),
            Value::Integer(number) => {
                hash.update([2]);
                hash.update(number.to_be_bytes());
            }
            Value::Float(number) => {
                hash.update([3]);
                hash.update(number.to_bits().to_be_bytes());
            }
            Value::Text(text) => {
                hash.update([4]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text);
            }
            Value::Timestamp(micros) => {
                hash.update([5]);
                hash.update(micros.to_be_bytes());
            }
            Value::Date(days) => {
                hash.update([6]);
                hash.update(days.to_be_bytes());
            }
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_another_digest() {
        let text = |t: &str| Value::Text(t.to_owned());
        let lists: Vec<Vec<(&str, Value)>> = vec![
            vec![],
            vec![("a", Value::Null)],
            vec![("b", Value::Null)],
            vec![("a", text(""))],
            vec![("a", text("bc"))],
            vec![("ab", text("c"))],
            vec![("a", Value::Integer(1))],
            vec![("a", Value::Timestamp(1))],
            vec![("a", Value::Date(1))],
            vec![("a", Value::Float(1.0))],
            vec![("a", Value::Boolean(true))],
            vec![("a", Value::Integer(1)), ("b", Value::Integer(2))],
            vec![("b", Value::Integer(2)), ("a", Value::Integer(1))],
        ];
        let digests: std::collections::BTreeSet<_> = lists
            .iter()
            .map(|list| digest(list.iter().map(|(n, v)| (*n, v))))
            .collect();
        assert_eq!(digests.len(), lists.len());
        assert_eq!(digest([("a", &text("x"))]), digest([("a", &text("x"))]));
    }
}
