//! Permits for the queries that a customer approved at their own connector.
//!
//! The gateway has no copy of them: it binds the parameters by the types that the connector told, and sends the fingerprint
//! that it told. Defaults, ranges and columns are the connector's to check, as is whether the query is still approved.

use std::sync::Arc;

use proto::{
    error::{Code, Fault},
    query::{parameters, plan::Identifier},
    wire::frame::{Columns, Need, OfferedQuery, Question},
};

use super::{Allowlist, Ask, Permit};
use crate::auth::Grant;

impl Allowlist {
    /// Makes the permit for a query that the source's connector offers.
    ///
    /// # Errors
    /// `invalid_parameter`; `limit_exceeded`, as in [`Allowlist::permit`].
    pub fn permit_offered(&self, grant: Grant, ask: Ask, offer: &OfferedQuery) -> Result<Permit, Fault> {
        let bounds = self.bounds(ask.deadline, ask.max_rows, ask.max_bytes)?;
        let mut given = ask.parameters;
        let mut parameters = Vec::with_capacity(offer.parameters.len());
        for parameter in &offer.parameters {
            let name = parameter.name.as_str();
            match (given.remove(name), parameter.need) {
                (Some(value), _) => {
                    let value = value
                        .to_value(parameter.param_type)
                        .map_err(|why| invalid(format!("parameter `{name}` {why}")))?;
                    value.check(name)?;
                    parameters.push((name.to_owned(), value));
                }
                (None, Need::Optional) => {}
                (None, Need::Required) => {
                    let wanted = parameter.param_type;
                    return Err(invalid(format!(
                        "parameter `{name}` is missing: of type {wanted}"
                    )));
                }
            }
        }
        if !given.is_empty() {
            let known: Vec<&str> = offer.parameters.iter().map(|p| p.name.as_str()).collect();
            let known = known.join(", ");
            return Err(invalid(format!(
                "`{}` takes no other parameter than: {known}",
                offer.name
            )));
        }
        let columns = ask.columns.iter().map(|name| Identifier::new(name));
        let columns = columns.collect::<Result<Vec<_>, _>>();
        let columns = columns.map_err(|error| invalid(format!("`columns`: {error}")))?;
        if !columns.is_empty() && Columns::new(columns.clone()).is_none() {
            return Err(invalid("`columns` names too many".to_owned()));
        }
        let parameters_digest = parameters::digest(parameters.iter().map(|(n, v)| (n.as_str(), v)));
        Ok(Permit {
            grant,
            question: Question::Catalogued {
                name: offer.name.clone(),
                columns: Columns::new(columns),
            },
            tables: Arc::default(),
            fingerprint: offer.fingerprint,
            parameters,
            parameters_digest,
            bounds,
        })
    }
}

fn invalid(detail: String) -> Fault {
    Fault::new(Code::InvalidParameter, detail)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proto::{
        catalogue::value::Given,
        query::{fingerprint::Fingerprint, types::ParamType},
        wire::frame::{OfferedParameter, Purpose},
    };

    use super::*;
    use crate::{allowlist::tests::allowlist, auth::test_grant};

    fn offer() -> OfferedQuery {
        let parameter = |name: &str, param_type, need| OfferedParameter {
            name: Identifier::new(name).unwrap(),
            param_type,
            need,
        };
        OfferedQuery {
            name: "own.models".parse().unwrap(),
            fingerprint: Fingerprint::from_bytes(&[7; 32]).unwrap(),
            purpose: Purpose::new("Models of an owner.").unwrap(),
            parameters: vec![
                parameter("owner", ParamType::Text, Need::Required),
                parameter("limit", ParamType::Integer, Need::Optional),
            ],
        }
    }

    fn ask(parameters: &[(&str, Given)], columns: &[&str]) -> Ask {
        let parameters: BTreeMap<_, _> = parameters
            .iter()
            .map(|(n, g)| ((*n).to_owned(), g.clone()))
            .collect();
        Ask {
            query: "own.models".parse().unwrap(),
            parameters,
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            deadline: None,
            max_rows: None,
            max_bytes: None,
        }
    }

    fn permit(ask: Ask) -> Result<Permit, Code> {
        let permit = allowlist().permit_offered(test_grant("acme", "dw"), ask, &offer());
        permit.map_err(|fault| fault.code)
    }

    #[test]
    fn an_offered_query_is_bound_by_the_types_that_its_connector_told() {
        let owner = ("owner", Given::Text("ann".to_owned()));
        let made = permit(ask(std::slice::from_ref(&owner), &["unique_id"])).unwrap();
        assert_eq!(made.fingerprint(), offer().fingerprint);
        assert_eq!(made.parameters().len(), 1, "defaults are the connector's");
        assert_eq!(made.columns().unwrap().len(), 1);
        for wrong in [
            ask(&[], &[]),
            ask(&[("owner", Given::Integer(1))], &[]),
            ask(&[owner.clone(), ("limit", Given::Text("all".to_owned()))], &[]),
            ask(&[owner.clone(), ("nobody", Given::Integer(1))], &[]),
            ask(&[owner], &["a\0b"]),
        ] {
            assert_eq!(permit(wrong).err(), Some(Code::InvalidParameter));
        }
    }
}
