//! What the documents say holds: commands and flags exist, scripts run, settings are accepted, links lead somewhere.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tests::paths;

fn documents() -> Vec<(PathBuf, String)> {
    let root = paths::repository();
    let mut files = vec![root.join("README.md")];
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root.join(folder)).expect("the folder of documents") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|e| e == "md") {
                files.push(path);
            }
        }
    }
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a document");
        (path, text)
    };
    files.into_iter().map(read).collect()
}

/// The fenced blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect()
}

fn help(program: &Path, path: &[&str]) -> String {
    let output = Command::new(program)
        .args(path)
        .arg("--help")
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{} {path:?} --help", program.display());
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Whether a help text lists the word as a command.
fn lists(help: &str, word: &str) -> bool {
    let commands = help.split("Commands:").nth(1).unwrap_or("");
    commands
        .lines()
        .any(|line| line.split_whitespace().next() == Some(word))
}

#[test]
fn every_command_in_the_documents_exists_with_its_flags() {
    let mut checked = 0;
    for (file, text) in documents() {
        for line in blocks(&text, "sh").into_iter().flat_map(str::lines) {
            let line = line.split(" #").next().unwrap_or("");
            let line = line.split(" > ").next().unwrap_or("");
            let mut words = line.split_whitespace();
            let program = match words.next() {
                Some(name @ ("gateway" | "connector")) => paths::program(name).expect("a built program"),
                Some(script) if script.starts_with("deploy/") || script.starts_with("tests/") => {
                    let script = paths::repository().join(script);
                    let mode = fs::metadata(&script)
                        .expect("the script exists")
                        .permissions()
                        .mode();
                    assert_ne!(mode & 0o111, 0, "{} can be run", script.display());
                    script
                }
                _ => continue,
            };
            let words: Vec<&str> = words.collect();
            let mut path = Vec::new();
            let mut shown = help(&program, &path);
            for word in words.iter().take_while(|word| !word.starts_with('-')) {
                if !lists(&shown, word) {
                    break;
                }
                path.push(*word);
                shown = help(&program, &path);
            }
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(shown.contains(flag), "{}: {flag} of `{line}`", file.display());
            }
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} commands were found");
}

#[test]
fn the_policy_in_the_documents_is_accepted() {
    let text = fs::read_to_string(paths::repository().join("docs/policy.md")).expect("docs/policy.md");
    let folder = paths::scratch("docs").expect("a folder");
    let file = folder.path().join("policy.toml");
    for block in blocks(&text, "toml") {
        fs::write(&file, block).expect("written");
        let output = Command::new(paths::program("connector").expect("a built program"))
            .args(["policy", "check"])
            .arg(&file)
            .output()
            .expect("the connector runs");
        assert!(
            output.status.success(),
            "{block}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    for (file, text) in documents() {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap_or("");
            if path.is_empty() || target.contains("://") {
                continue;
            }
            let there = file.parent().expect("a folder").join(path);
            assert!(there.exists(), "{}: {target}", file.display());
        }
    }
}

#[test]
fn every_metric_that_the_documents_name_exists() {
    let mut sources = String::new();
    for folder in ["gateway/src", "connector/src"] {
        collect(&paths::repository().join(folder), &mut sources);
    }
    for (file, text) in documents() {
        let named = text.split('`').skip(1).step_by(2);
        for name in named.filter(|word| word.starts_with("gateway_") || word.starts_with("connector_")) {
            // Some tests are called after their side, too.
            let there = [format!("\"{name}\""), format!("fn {name}(")];
            assert!(
                there.iter().any(|text| sources.contains(text)),
                "{}: {name}",
                file.display()
            );
        }
    }
}

/// Every test that the threat model names is there.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let text =
        fs::read_to_string(paths::repository().join("docs/threat-model.md")).expect("docs/threat-model.md");
    let mut sources = String::new();
    for folder in ["proto", "certs", "gateway", "connector", "tests"] {
        collect(&paths::repository().join(folder), &mut sources);
    }
    let named: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| {
            word.contains('_')
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        })
        .filter(|word| word.matches('_').count() >= 3)
        .collect();
    assert!(named.len() > 20, "only {} tests are named", named.len());
    let missing: Vec<&&str> = named
        .iter()
        .filter(|name| !sources.contains(&format!("fn {name}(")))
        .collect();
    assert!(missing.is_empty(), "named but not there: {missing:?}");
}

fn collect(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|e| e == "rs") {
            sources.push_str(&fs::read_to_string(&path).expect("a source file"));
        }
    }
}
