//! One renewal step by step, with an authority and a folder of its own, and whatever can get lost.

use certs::{
    authority::{Authority, LEAF_LIFETIME},
    csr::VerifiedRequest,
};
use proto::error::Code;

use super::*;
use crate::identity::Enrolled;

/// A connector that has joined, and the authority that it joined.
struct Site {
    _keep: tempfile::TempDir,
    authority: Authority,
    identity: Arc<Identity>,
    metrics: Arc<Metrics>,
    start: SystemTime,
}

impl Site {
    fn new() -> Self {
        let keep = tempfile::tempdir().expect("a folder");
        let start = SystemTime::now();
        let authority = Authority::create("gw.example".parse().expect("a domain"), start).expect("a root");
        let key = PrivateKey::generate().expect("a key");
        let folder = keep.path().join("state").join("identity");
        let enrolled = Enrolled {
            chain: issue(&authority, &request(&key).expect("a request"), "prod-1", start),
            key,
            bundle: authority.bundle().to_pem(),
            tenant: "acme".parse().expect("a name"),
            connector: "prod-1".parse().expect("a name"),
            trust_domain: "gw.example".parse().expect("a domain"),
            tunnel_address: "gw.example:443".parse().expect("an address"),
            api_address: Some("gw.example:443".parse().expect("an address")),
        };
        super::super::store(&folder, &enrolled, false).expect("stored");
        Self {
            authority,
            identity: Arc::new(Identity::load(&folder).expect("loaded")),
            metrics: Arc::new(Metrics::new(prometheus::Registry::new()).expect("registered")),
            start,
            _keep: keep,
        }
    }

    fn renewal(&self, skew: i64) -> Renewal {
        let facts = self.identity.credential.facts();
        Renewal::new(
            Arc::clone(&self.identity),
            Arc::clone(&self.metrics),
            facts,
            skew,
            0.0,
        )
    }

    fn after(&self, share: f64) -> SystemTime {
        self.start + LEAF_LIFETIME.mul_f64(share)
    }

    fn answer(&self, request: &Bytes, share: f64) -> Result<String, Fault> {
        Ok(issue(&self.authority, request, "prod-1", self.after(share)))
    }

    /// What a start after a crash would find.
    fn on_disk(&self) -> String {
        let found = Identity::load(&self.identity.folder).expect("whole");
        found.credential.facts().serial.to_string()
    }

    fn in_use(&self) -> String {
        self.identity.credential.facts().serial.to_string()
    }

    fn count(&self, result: &str) -> u64 {
        self.metrics.renewals.with_label_values(&[result]).get()
    }
}

fn issue(authority: &Authority, request: &Bytes, connector: &str, at: SystemTime) -> String {
    let proven = VerifiedRequest::from_der(request).expect("proven");
    let (tenant, connector) = (
        "acme".parse().expect("a name"),
        connector.parse().expect("a name"),
    );
    let issued = authority
        .issuing()
        .issue_connector(&proven, &tenant, &connector, at, LEAF_LIFETIME);
    issued.expect("issued").chain_pem
}

fn asked(step: Step) -> Bytes {
    match step {
        Step::Ask(request) => request,
        other => panic!("nothing asked: {other:?}"),
    }
}

#[test]
fn a_new_certificate_is_asked_for_at_half_life_and_stored_before_it_is_used() {
    let site = Site::new();
    let old = site.in_use();
    let mut renewal = site.renewal(0);
    assert_eq!(renewal.step(site.after(0.49), 0.0), Step::Wait);
    assert_eq!(
        renewal.sleep(site.after(0.1)),
        LOOK,
        "a clock may be set meanwhile"
    );
    let request = asked(renewal.step(site.after(0.51), 0.0));
    // A crash here finds the old one, and the gateway takes it.
    assert_eq!(site.on_disk(), old);
    let answer = site.answer(&request, 0.51);
    assert_eq!(
        renewal.answered(answer.clone(), site.after(0.51), 0.0),
        Some(Renewed)
    );
    assert_ne!(site.in_use(), old);
    assert_eq!(site.on_disk(), site.in_use(), "a crash here finds the new one");
    // Once is enough: the tunnel is that of the old certificate now.
    assert_eq!(renewal.answered(answer, site.after(0.52), 0.0), None);
    assert_eq!(renewal.step(site.after(0.9), 0.0), Step::Wait);
    assert_eq!(renewal.step(site.after(1.01), 0.0), Step::Expired);
    assert_eq!((site.count("ok"), site.count("failed")), (1, 0));
    // The next tunnel goes on from there.
    let mut next = site.renewal(0);
    assert_eq!(next.step(site.after(1.0), 0.0), Step::Wait);
    asked(next.step(site.after(1.02), 0.0));
}

#[test]
fn a_reply_that_is_lost_is_asked_for_again_with_another_key() {
    let site = Site::new();
    let old = site.in_use();
    let mut renewal = site.renewal(0);
    let first = asked(renewal.step(site.after(0.51), 0.0));
    assert_eq!(renewal.step(site.after(0.51), 0.0), Step::Wait);
    let second = asked(renewal.step(site.after(0.52), 0.0));
    assert_ne!(first, second);
    // The late answer is for a key that is gone.
    assert_eq!(
        renewal.answered(site.answer(&first, 0.51), site.after(0.52), 0.0),
        None
    );
    assert_eq!((site.in_use(), site.on_disk()), (old.clone(), old));
    let third = asked(renewal.step(site.after(0.54), 0.0));
    assert_eq!(
        renewal.answered(site.answer(&third, 0.54), site.after(0.54), 0.0),
        Some(Renewed)
    );
}

#[test]
fn a_certificate_that_is_not_this_connectors_next_is_not_stored() {
    let site = Site::new();
    let old = site.in_use();
    let other = request(&PrivateKey::generate().expect("a key")).expect("a request");
    let answers: [fn(&Site, &Bytes, &Bytes) -> String; 4] = [
        |site, _, other| issue(&site.authority, other, "prod-1", site.after(0.5)),
        |site, asked, _| issue(&site.authority, asked, "prod-2", site.after(0.5)),
        |site, asked, _| issue(&site.authority, asked, "prod-1", site.start - LEAF_LIFETIME / 2),
        |_, _, _| "no certificate".to_owned(),
    ];
    let mut renewal = site.renewal(0);
    for (round, answer) in answers.iter().enumerate() {
        let share = 0.51 + round as f64 / 20.0;
        let request = asked(renewal.step(site.after(share), 0.0));
        let chain = answer(&site, &request, &other);
        assert_eq!(renewal.answered(Ok(chain), site.after(share), 0.0), None);
    }
    assert_eq!((site.in_use(), site.on_disk()), (old.clone(), old));
    assert_eq!(site.count("failed"), 4);
}

#[test]
fn a_refusal_is_counted_and_honours_the_time_that_it_names() {
    let site = Site::new();
    let mut renewal = site.renewal(0);
    let at = site.after(0.51);
    asked(renewal.step(at, 0.0));
    let wait = Duration::from_secs(3_600);
    let fault = Fault::new(Code::RateLimited, "later").retry_after(wait);
    assert_eq!(renewal.answered(Err(fault), at, 0.0), None);
    assert_eq!(site.count("failed"), 1);
    assert_eq!(renewal.step(at + wait - Duration::from_secs(1), 0.0), Step::Wait);
    asked(renewal.step(at + wait, 0.0));
}

#[test]
fn time_is_the_gateways() {
    let site = Site::new();
    let hours = |share: f64| LEAF_LIFETIME.mul_f64(share).as_secs() as i64;
    assert_eq!(site.renewal(0).step(site.after(0.4), 0.0), Step::Wait);
    asked(site.renewal(hours(0.2)).step(site.after(0.4), 0.0));
    assert_eq!(site.renewal(-hours(0.2)).step(site.after(0.6), 0.0), Step::Wait);
    assert_eq!(site.renewal(hours(0.7)).step(site.after(0.4), 0.0), Step::Expired);
}

#[test]
fn of_two_tunnels_one_asks_and_the_other_waits_for_its_turn() {
    let site = Site::new();
    let (mut one, mut other) = (site.renewal(0), site.renewal(0));
    asked(one.step(site.after(0.51), 0.0));
    assert_eq!(other.step(site.after(0.51), 0.0), Step::Wait);
    assert_eq!(other.sleep(site.after(0.51)), TURN);
    // The tunnel that asked has ended without an answer: the other asks, and the first keeps quiet.
    drop(one);
    let request = asked(other.step(site.after(0.52), 0.0));
    let mut one = site.renewal(0);
    assert_eq!(one.step(site.after(0.52), 0.0), Step::Wait);
    let mut renewed = site.identity.renewed.subscribe();
    let answer = site.answer(&request, 0.52);
    assert_eq!(other.answered(answer, site.after(0.52), 0.0), Some(Renewed));
    // It hears that there is another certificate, and asks for none with its own.
    assert!(renewed.has_changed().expect("the identity is there"));
    renewed.mark_unchanged();
    assert_eq!(one.step(site.after(0.6), 0.0), Step::Wait);
    assert_eq!((site.count("ok"), site.count("failed")), (1, 0));
}
