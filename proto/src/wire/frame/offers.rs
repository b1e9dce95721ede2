//! The customer's own queries on the wire: which are approved, which wait, and how one is proposed.
//!
//! A gateway may propose a text and learn what became of it. There is no frame with which it could approve one: what a
//! connector runs beside the shipped queries is decided on the customer's host alone.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::{
    CallerName, FrameError, Purpose, raw,
    text::{fixed, name},
};
use crate::{
    id::QueryName,
    limits::{MAX_APPROVED, MAX_PARAMETERS, MAX_PENDING, MAX_SQL_BYTES},
    query::{fingerprint::Fingerprint, plan::Identifier, types::ParamType},
};

/// The customer's own queries at one connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Those that it runs, each name once, at most [`MAX_APPROVED`].
    pub approved: Vec<OfferedQuery>,
    /// Those that were proposed and wait for the customer, at most [`MAX_PENDING`].
    pub pending: Vec<PendingQuery>,
}

/// An approved query, as much of it as a gateway needs to bind a request to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedQuery {
    /// Its name.
    pub name: QueryName,
    /// Of its plan, as the connector computed it.
    pub fingerprint: Fingerprint,
    /// What it answers.
    pub purpose: Purpose,
    /// At most [`MAX_PARAMETERS`], each name once.
    pub parameters: Vec<OfferedParameter>,
}

/// A parameter of an approved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedParameter {
    /// Its name.
    pub name: Identifier,
    /// Its type.
    pub param_type: ParamType,
    /// Whether a request must give it.
    pub need: Need,
}

/// Whether a request must give a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// The connector has a default.
    Optional,
}

/// A query that waits for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingQuery {
    /// The name that it was proposed under.
    pub name: QueryName,
    /// Of its plan, as the connector computed it.
    pub fingerprint: Fingerprint,
}

/// A query that the gateway would like to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// A catalogue file: a header, then the query. At most [`MAX_SQL_BYTES`].
    pub text: String,
    /// Who proposes, for the customer's audit log.
    pub caller: CallerName,
}

/// What became of a proposal that was not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalReply {
    /// The name in the text's header.
    pub name: QueryName,
    /// Of its plan, as the connector computed it.
    pub fingerprint: Fingerprint,
    /// Where it stands.
    pub state: ProposalState,
}

/// Where a proposed query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProposalState {
    /// It waits for the customer.
    Pending,
    /// The customer had approved the same query before.
    Approved,
}

impl ProposalState {
    /// The word in answers of the API.
    pub const fn name(self) -> &'static str {
        match self {
            ProposalState::Pending => "pending",
            ProposalState::Approved => "approved",
        }
    }
}

impl Offers {
    /// Whether a query of this name and fingerprint is approved.
    pub fn holds(&self, name: &QueryName, fingerprint: Fingerprint) -> bool {
        let mut approved = self.approved.iter();
        approved.any(|query| query.name == *name && query.fingerprint == fingerprint)
    }
}

fn print(field: &'static str, bytes: &[u8]) -> Result<Fingerprint, FrameError> {
    let bytes: [u8; 32] = fixed(field, bytes)?;
    Fingerprint::from_bytes(&bytes).ok_or(FrameError::Field(field))
}

fn bytes(fingerprint: &Fingerprint) -> Bytes {
    Bytes::copy_from_slice(fingerprint.as_bytes())
}

impl TryFrom<raw::Offers> for Offers {
    type Error = FrameError;

    fn try_from(raw: raw::Offers) -> Result<Self, FrameError> {
        if raw.approved.len() > MAX_APPROVED {
            return Err(FrameError::Field("offers.approved"));
        }
        if raw.pending.len() > MAX_PENDING {
            return Err(FrameError::Field("offers.pending"));
        }
        let approved = raw.approved.into_iter().map(OfferedQuery::try_from);
        let approved = approved.collect::<Result<Vec<_>, _>>()?;
        let names: BTreeSet<_> = approved.iter().map(|query| &query.name).collect();
        if names.len() != approved.len() {
            return Err(FrameError::Field("offers.approved"));
        }
        let pending = raw.pending.into_iter().map(|query| {
            Ok(PendingQuery {
                name: name("pending.name", &query.name)?,
                fingerprint: print("pending.fingerprint", &query.fingerprint)?,
            })
        });
        Ok(Self {
            approved,
            pending: pending.collect::<Result<Vec<_>, FrameError>>()?,
        })
    }
}

impl From<&Offers> for raw::Offers {
    fn from(offers: &Offers) -> Self {
        raw::Offers {
            approved: offers.approved.iter().map(raw::OfferedQuery::from).collect(),
            pending: offers
                .pending
                .iter()
                .map(|query| raw::PendingQuery {
                    name: query.name.as_str().into(),
                    fingerprint: bytes(&query.fingerprint),
                })
                .collect(),
        }
    }
}

impl TryFrom<raw::OfferedQuery> for OfferedQuery {
    type Error = FrameError;

    fn try_from(raw: raw::OfferedQuery) -> Result<Self, FrameError> {
        if raw.parameters.len() > MAX_PARAMETERS {
            return Err(FrameError::Field("offered.parameters"));
        }
        let parameters = raw.parameters.into_iter().map(|parameter| {
            Ok(OfferedParameter {
                name: Identifier::new(&parameter.name)
                    .map_err(|_| FrameError::Field("offered.parameter.name"))?,
                param_type: ParamType::from_name(&parameter.r#type)
                    .ok_or(FrameError::Field("offered.parameter.type"))?,
                need: if parameter.required {
                    Need::Required
                } else {
                    Need::Optional
                },
            })
        });
        let parameters = parameters.collect::<Result<Vec<_>, FrameError>>()?;
        let names: BTreeSet<_> = parameters
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        if names.len() != parameters.len() {
            return Err(FrameError::Field("offered.parameters"));
        }
        Ok(Self {
            name: name("offered.name", &raw.name)?,
            fingerprint: print("offered.fingerprint", &raw.fingerprint)?,
            purpose: Purpose::new(&raw.purpose).map_err(|_| FrameError::Field("offered.purpose"))?,
            parameters,
        })
    }
}

impl From<&OfferedQuery> for raw::OfferedQuery {
    fn from(query: &OfferedQuery) -> Self {
        let parameters = query.parameters.iter().map(|parameter| raw::OfferedParameter {
            name: parameter.name.as_str().into(),
            r#type: parameter.param_type.name().into(),
            required: parameter.need == Need::Required,
        });
        raw::OfferedQuery {
            name: query.name.as_str().into(),
            fingerprint: bytes(&query.fingerprint),
            purpose: query.purpose.as_str().into(),
            parameters: parameters.collect(),
        }
    }
}

impl TryFrom<raw::Proposal> for Proposal {
    type Error = FrameError;

    fn try_from(raw: raw::Proposal) -> Result<Self, FrameError> {
        if raw.text.len() > MAX_SQL_BYTES {
            return Err(FrameError::Field("proposal.text"));
        }
        Ok(Self {
            text: raw.text,
            caller: CallerName::new(&raw.caller).map_err(|_| FrameError::Field("proposal.caller"))?,
        })
    }
}

impl From<&Proposal> for raw::Proposal {
    fn from(proposal: &Proposal) -> Self {
        raw::Proposal {
            text: proposal.text.clone(),
            caller: proposal.caller.as_str().into(),
        }
    }
}

impl TryFrom<raw::ProposalReply> for ProposalReply {
    type Error = FrameError;

    fn try_from(raw: raw::ProposalReply) -> Result<Self, FrameError> {
        Ok(Self {
            name: name("proposal_reply.name", &raw.name)?,
            fingerprint: print("proposal_reply.fingerprint", &raw.fingerprint)?,
            state: match raw.state {
                1 => ProposalState::Pending,
                2 => ProposalState::Approved,
                _ => return Err(FrameError::Field("proposal_reply.state")),
            },
        })
    }
}

impl From<&ProposalReply> for raw::ProposalReply {
    fn from(reply: &ProposalReply) -> Self {
        raw::ProposalReply {
            name: reply.name.as_str().into(),
            fingerprint: bytes(&reply.fingerprint),
            state: match reply.state {
                ProposalState::Pending => 1,
                ProposalState::Approved => 2,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        limits::MAX_FRAME_BYTES,
        wire::{
            frame::{ControlFrame, ExchangeFrame, Frame as _},
            samples,
        },
    };

    fn raw() -> raw::Offers {
        (&samples::offers()).into()
    }

    #[test]
    fn offers_out_of_bounds_are_refused_by_field() {
        assert!(Offers::try_from(raw()).is_ok());
        type Change = fn(&mut raw::Offers);
        let refused: [(&str, Change); 10] = [
            ("offers.approved", |o| o.approved = vec![o.approved[0].clone(); 2]),
            ("offers.approved", |o| {
                o.approved = vec![o.approved[0].clone(); MAX_APPROVED + 1];
            }),
            ("offers.pending", |o| {
                o.pending = vec![o.pending[0].clone(); MAX_PENDING + 1];
            }),
            ("offered.name", |o| o.approved[0].name = "select 1".into()),
            ("offered.fingerprint", |o| {
                o.approved[0].fingerprint = Bytes::from_static(&[1; 31]);
            }),
            ("offered.purpose", |o| o.approved[0].purpose = "a\nb".into()),
            ("offered.parameters", |o| {
                let one = o.approved[0].parameters[0].clone();
                o.approved[0].parameters = vec![one; MAX_PARAMETERS + 1];
            }),
            ("offered.parameters", |o| {
                let one = o.approved[0].parameters[0].clone();
                o.approved[0].parameters = vec![one; 2];
            }),
            ("offered.parameter.type", |o| {
                o.approved[0].parameters[0].r#type = "regclass".into();
            }),
            ("pending.name", |o| o.pending[0].name = "../x".into()),
        ];
        for (field, change) in refused {
            let mut offers = raw();
            change(&mut offers);
            assert_eq!(Offers::try_from(offers), Err(FrameError::Field(field)));
        }
    }

    #[test]
    fn the_longest_offers_fit_a_frame() {
        let parameters = (0..MAX_PARAMETERS).map(|n| OfferedParameter {
            name: Identifier::new(&format!("{n:0>63}")).expect("a name"),
            param_type: ParamType::Timestamp,
            need: Need::Required,
        });
        let parameters: Vec<_> = parameters.collect();
        let query = |n: usize| OfferedQuery {
            name: format!("{n:0>64}").parse().expect("a name"),
            purpose: Purpose::new(&"p".repeat(Purpose::MAX_BYTES)).expect("a purpose"),
            parameters: parameters.clone(),
            ..samples::offers().approved[0].clone()
        };
        let offers = Offers {
            approved: (0..MAX_APPROVED).map(query).collect(),
            pending: vec![samples::offers().pending[0].clone(); MAX_PENDING],
        };
        let bytes = ControlFrame::Offers(offers).encode().expect("fits");
        assert!(bytes.len() < MAX_FRAME_BYTES);
    }

    #[test]
    fn a_proposal_of_the_bound_is_taken_and_a_longer_one_is_not() {
        let proposal = |length: usize| Proposal {
            text: "x".repeat(length),
            ..samples::proposal()
        };
        let decoded = |length| {
            let bytes = ExchangeFrame::Proposal(proposal(length)).encode().expect("fits");
            let prefix =
                prost::length_delimiter_len(prost::decode_length_delimiter(&bytes[..]).expect("a prefix"));
            ExchangeFrame::decode(bytes.slice(prefix..))
        };
        assert!(decoded(MAX_SQL_BYTES).is_ok());
        assert_eq!(
            decoded(MAX_SQL_BYTES + 1),
            Err(FrameError::Field("proposal.text"))
        );
    }
}
