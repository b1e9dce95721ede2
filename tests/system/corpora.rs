//! What fuzzing has found worth keeping, replayed through the same entries: no panic, and whatever is decoded or named can
//! be said again. `cargo fuzz run --fuzz-dir tests/fuzz frames` (or `identity`) looks for more.

use std::fs;
use std::path::PathBuf;

use tests::paths;

/// The files of one target's corpus.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = paths::repository().join("tests/fuzz/corpus").join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut all: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_corpus_of_frames_is_decoded_or_refused() {
    let all = corpus("frames");
    assert!(all.len() >= 30, "{} files", all.len());
    for (path, bytes) in all {
        eprintln!("{}", path.display());
        proto::wire::codec::fuzz_entry(&bytes);
    }
}

#[test]
fn the_corpus_of_certificates_has_an_identity_or_none() {
    let all = corpus("identity");
    assert!(all.len() >= 12, "{} files", all.len());
    let mut named = 0;
    for (path, bytes) in all {
        eprintln!("{}", path.display());
        if let Ok(identity) = certs::identity::identity_of(&bytes) {
            assert_eq!(identity.to_string().parse(), Ok(identity), "{}", path.display());
            named += 1;
        }
    }
    assert!(named >= 2, "the honest certificates are not in it");
}

#[test]
fn the_corpus_of_plans_is_decoded_or_refused() {
    let all = corpus("plan");
    assert!(all.len() >= 40, "{} files", all.len());
    let mut plans = 0;
    for (path, bytes) in all {
        eprintln!("{}", path.display());
        proto::wire::plan::fuzz_entry(&bytes);
        plans += usize::from(proto::wire::plan::decode(&bytes).is_ok());
    }
    assert!(plans >= 40, "{plans} plans");
}

#[test]
fn the_corpus_of_sql_is_lowered_or_refused() {
    let all = corpus("sql");
    assert!(all.len() >= 200, "{} files", all.len());
    for (path, bytes) in all {
        eprintln!("{}", path.display());
        proto::sql::fuzz_entry(&bytes);
    }
}
