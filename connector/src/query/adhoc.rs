//! The steps that a plan goes through which came over the tunnel and is in no catalogue, before the policy sees it.
//!
//! Nothing of what came is believed: the plan is decoded within the bounds, its fingerprint is that of what was understood,
//! and its parameters are exactly those that it states, of their types.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use proto::{
    error::{Code, Fault},
    query::{fingerprint::Fingerprint, plan::Plan, types::Value},
    recent::Recent,
    wire::plan::EncodedPlan,
};

/// Bytes of encoded plans that are kept with what they decode to, in each of two generations: some thousand of the usual
/// size. Decoded, a plan takes up to twenty times its encoded bytes.
const KEPT_BYTES: usize = 512 * 1024;

/// A plan and the fingerprint of what was understood of it.
#[derive(Debug, Clone)]
pub(super) struct Decoded {
    pub(super) plan: Arc<Plan>,
    pub(super) fingerprint: Fingerprint,
}

/// Plans that came lately. What bytes decode to depends on nothing else, so that a plan may be kept whoever sent it.
#[derive(Debug)]
pub struct Plans(Mutex<Recent<Bytes, Decoded>>);

impl Default for Plans {
    fn default() -> Self {
        Self(Mutex::new(Recent::new(KEPT_BYTES)))
    }
}

impl Plans {
    /// The plan of these bytes.
    ///
    /// # Errors
    /// `protocol_violation`, `limit_exceeded`, `invalid_sql`.
    pub(super) fn decode(&self, encoded: &EncodedPlan) -> Result<Decoded, Fault> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(decoded) = kept().get(encoded.bytes()) {
            return Ok(decoded);
        }
        let plan = encoded.decode()?;
        let fingerprint = plan.fingerprint();
        let plan = Arc::new(plan);
        let decoded = Decoded { plan, fingerprint };
        // A copy, since the bytes share the buffer of the frame that they came in.
        let key = Bytes::copy_from_slice(encoded.bytes());
        kept().put(key, decoded.clone(), encoded.bytes().len());
        Ok(decoded)
    }
}

/// Refuses a plan that is not the one that the gateway means: what this version does not know of it was dropped.
pub(super) fn compare(understood: Fingerprint, stated: Fingerprint) -> Result<(), Fault> {
    if understood == stated {
        return Ok(());
    }
    Err(Fault::new(
        Code::ProtocolViolation,
        "the plan is another one than its fingerprint says; update the older side",
    ))
}

/// One value for each parameter of the plan, in their order. Values themselves were checked with their frame.
pub(super) fn bind(plan: &Plan, given: Vec<(String, Value)>) -> Result<Vec<Value>, Fault> {
    let refuse = |detail: String| Err(Fault::new(Code::InvalidParameter, detail));
    let stated = plan.parameters();
    if stated.len() != given.len() {
        let (takes, came) = (stated.len(), given.len());
        return refuse(format!(
            "the plan takes {takes} parameters, and {came} came with it"
        ));
    }
    let mut values = Vec::with_capacity(given.len());
    for (parameter, (name, value)) in stated.iter().zip(given) {
        let (wanted, param_type) = (parameter.name.as_str(), parameter.param_type);
        if name != wanted {
            return refuse(format!(
                "parameter `{wanted}` of the plan did not come in its place"
            ));
        }
        if value.param_type() != Some(param_type) {
            return refuse(format!("parameter `{wanted}` is not of type {param_type}"));
        }
        values.push(value);
    }
    Ok(values)
}
