//! The recorded cases: hostile texts that must be refused, honest ones that must be accepted.
#![expect(clippy::unwrap_used, reason = "a test: its helpers too")]

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use proto::{
    error::Code,
    schema::described,
    sql::{self, Names, Syntax},
};
use serde_json::Value as Json;

/// Honest cases that are refused for now, by id.
const NOT_YET_ACCEPTED: &[&str] = &[];

fn cases(text: &str) -> Vec<Json> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn public() -> Vec<Json> {
    cases(include_str!("../../tests/data/sql/corpus-public.jsonl"))
}

/// Our own: what analysts write in each dialect, and what must be refused in each.
fn own() -> Vec<Json> {
    cases(include_str!("../../tests/data/sql/corpus-own.jsonl"))
}

fn invariant() -> Vec<Json> {
    cases(include_str!("../../tests/data/sql/corpus-invariant.jsonl"))
}

/// The tables that the cases were recorded on, as the engine of a case reads names.
fn names(case: &Json) -> Names {
    let described = described::parse(include_bytes!("../../tests/data/sql/schema.json")).unwrap();
    let syntax = Syntax::of_dialect(case["dialect"].as_str().unwrap()).unwrap();
    Names::qualified(
        &described.tables,
        described.schema.as_str(),
        described.database.as_deref(),
    )
    .read_as(syntax)
}

#[test]
fn every_hostile_case_is_refused_and_every_honest_one_accepted() {
    let mut not_accepted = BTreeSet::new();
    let (mut admitted, mut refused) = (0, 0);
    for case in public() {
        let id = case["id"].as_str().unwrap().to_owned();
        let answer = sql::lower_with(case["sql"].as_str().unwrap(), &names(&case), vec![]);
        match (case["expect"].as_str().unwrap(), answer) {
            ("refuse", Ok(_)) => panic!("{id} was accepted: {}", case["why"]),
            ("refuse", Err(error)) => {
                refused += 1;
                assert!(
                    matches!(error.code, Code::InvalidSql | Code::LimitExceeded),
                    "{id}: {error}"
                );
            }
            ("admit", Ok(_)) => admitted += 1,
            ("admit", Err(error)) => {
                println!("{id}: {error}: {}", case["sql"]);
                not_accepted.insert(id);
            }
            (other, _) => panic!("{id} expects {other}"),
        }
    }
    println!(
        "{admitted} accepted, {refused} refused, {} not accepted yet",
        not_accepted.len()
    );
    assert_eq!(
        not_accepted,
        NOT_YET_ACCEPTED.iter().map(|id| (*id).to_owned()).collect()
    );
    assert_eq!((admitted + not_accepted.len(), refused), (43, 121));
}

#[test]
fn our_own_cases_come_out_as_marked_in_each_dialect() {
    let mut wrong = Vec::new();
    for case in own() {
        let answer = sql::lower_with(case["sql"].as_str().unwrap(), &names(&case), vec![]);
        if answer.is_ok() != (case["expect"] == "admit") {
            wrong.push((case["id"].to_string(), case["sql"].to_string(), answer.err()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_case_fails_the_parser_or_takes_long() {
    for case in public().iter().chain(&invariant()).chain(&own()) {
        let names = names(case);
        let begun = Instant::now();
        let answer = sql::lower_with(case["sql"].as_str().unwrap(), &names, vec![]);
        assert!(begun.elapsed() < Duration::from_secs(1), "{}", case["id"]);
        if let Err(error) = answer {
            assert!(
                matches!(error.code, Code::InvalidSql | Code::LimitExceeded),
                "{}: {error}",
                case["id"]
            );
        }
    }
}

/// What PostgreSQL itself does not parse must not mean something to us.
#[test]
fn what_postgresql_does_not_parse_is_refused() {
    let syntax_error = |case: &&Json| case["original"].as_str().unwrap().contains("42601");
    let invariant = invariant();
    assert!(invariant.iter().any(|case| syntax_error(&case)));
    for case in invariant.iter().filter(syntax_error) {
        let answer = sql::lower_with(case["sql"].as_str().unwrap(), &names(case), vec![]);
        assert!(
            answer.is_err(),
            "{}: {} ({})",
            case["id"],
            case["sql"],
            case["why"]
        );
    }
}
