//! The digest of a request's values, which stands in the audit records of both sides in place of the values.
//!
//! Whoever can guess the values can check the guess: the digest proves what was asked, it does not hide it.

use sha2::{Digest as _, Sha256};

use super::{plan::Plan, types::Value};

const VERSION: &[u8] = b"elementary-values/1";

/// SHA-256 over the plan's parameters with their values, in the plan's order: names and texts with their lengths, numbers
/// big-endian, a tag before each value. Defaults that were filled in count as values.
pub fn digest(plan: &Plan, values: &[Value]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(VERSION);
    for (parameter, value) in plan.parameters().iter().zip(values) {
        let name = parameter.name.as_str();
        hash.update((name.len() as u64).to_be_bytes());
        hash.update(name);
        match value {
            Value::Null => hash.update([0]),
            Value::Boolean(value) => hash.update([1, u8::from(*value)]),
            Value::Integer(value) => {
                hash.update([2]);
                hash.update(value.to_be_bytes());
            }
            Value::Float(value) => {
                hash.update([3]);
                hash.update(value.to_bits().to_be_bytes());
            }
            Value::Text(value) => {
                hash.update([4]);
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value);
            }
            Value::Timestamp(value) => {
                hash.update([5]);
                hash.update(value.to_be_bytes());
            }
            Value::Date(value) => {
                hash.update([6]);
                hash.update(value.to_be_bytes());
            }
        }
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{
        expr::Expr,
        plan::{Body, Distinct, Identifier, Item, Parameter, Query, Select},
        types::{Literal, ParamType},
    };

    fn plan() -> Plan {
        let name = |text: &str| Identifier::new(text).expect("a name");
        let select = Select {
            distinct: Distinct::No,
            items: vec![Item {
                expr: Expr::Literal(Literal::Integer(1)),
                name: name("one"),
            }],
            from: None,
            filter: None,
            group_by: Vec::new(),
            having: None,
        };
        let query = Query {
            ctes: Vec::new(),
            body: Body::Select(Box::new(select)),
            order_by: Vec::new(),
            limit: None,
            offset: None,
        };
        let parameters = ["a", "b"].map(|text| Parameter {
            name: name(text),
            param_type: ParamType::Text,
        });
        Plan::new(query, parameters.to_vec()).expect("a plan")
    }

    #[test]
    fn values_that_differ_have_digests_that_differ() {
        let text = |text: &str| Value::Text(text.to_owned());
        let all = [
            [text("x"), text("y")],
            [text("y"), text("x")],
            [text("xy"), text("")],
            [Value::Integer(1), text("")],
            [Value::Timestamp(1), text("")],
            [Value::Date(1), text("")],
            [Value::Boolean(true), Value::Null],
            [Value::Null, Value::Boolean(true)],
            [Value::Float(0.0), Value::Null],
        ];
        let digests: std::collections::BTreeSet<_> =
            all.iter().map(|values| digest(&plan(), values)).collect();
        assert_eq!(digests.len(), all.len());
        assert_eq!(digest(&plan(), &all[0]), digest(&plan(), &all[0].clone()));
    }
}
