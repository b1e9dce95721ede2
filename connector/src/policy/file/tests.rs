//! What a policy file means, and which mistakes are refused.

use super::*;

/// A document of this text after the two lines that every one has.
pub(crate) fn document(rest: &str) -> Result<Document, FileError> {
    let text = format!("source = \"shop\"\nschema = \"analytics_elementary\"\n{rest}");
    Document::parse(Path::new("policy.toml"), text.as_bytes())
}

fn refusal(rest: &str) -> String {
    document(rest).expect_err(rest).to_string()
}

fn table(name: &str) -> &'static Table {
    elementary::schema().table(name).expect(name)
}

#[test]
fn the_example_is_a_policy_and_says_the_defaults() {
    let example = Document::parse(Path::new("example.toml"), EXAMPLE.as_bytes()).expect("parses");
    let bare = document("").expect("parses");
    assert_eq!(example.categories, bare.categories);
    assert_eq!(example.budget, bare.budget);
    assert_eq!(example.tables, bare.tables);
    assert_eq!(
        (&example.allowed, &example.dropped),
        (&bare.allowed, &bare.dropped)
    );
    assert_eq!((&example.masked, &example.samples), (&bare.masked, &bare.samples));
    assert_eq!((example.profile, example.adhoc), (bare.profile, bare.adhoc));
    assert_eq!((example.paused, example.hours), (bare.paused, bare.hours));
    assert_eq!(example.sha256_key, bare.sha256_key);
}

#[test]
fn rows_and_statements_are_off_by_default() {
    let policy = document("").expect("parses");
    assert!(!policy.categories.contains(&Category::FailedRowsSample));
    assert!(!policy.categories.contains(&Category::QueryLogs));
    let off = policy.column(table("test_result_rows"), "result_row");
    assert_eq!(off.err(), Some(Withheld::Category(Category::FailedRowsSample)));
    let on = document("[categories]\nfailed_rows_sample = true").expect("parses");
    assert!(on.column(table("test_result_rows"), "result_row").is_ok());
}

fn leaves(policy: &Document, table_name: &str, column: &str) -> Result<Treatment, Withheld> {
    policy
        .column(table(table_name), column)
        .map(|readable| readable.treatment)
}

const REDACTED: Treatment = Treatment::Connector(Mask::Redact);

#[test]
fn each_profile_treats_each_sensitivity_in_its_own_way() {
    let strict = document("profile = \"strict\"").expect("parses");
    let balanced = document("").expect("parses");
    assert_eq!(balanced.profile(), Profile::Balanced);
    let full = "profile = \"full\"\n[tables]\nallow = [\"dbt_invocations\", \"dbt_run_results\", \"data_monitoring_metrics\", \"dbt_models\"]\n\
        [categories]\nmetadata = true\nconfiguration = true\nrun_results = true\nquery_logs = false\ntable_metrics = true\n\
        aggregated_metrics = true\nfailed_rows_sample = false\n";
    let full = document(full).expect("parses");
    for (table_name, column, sensitivity, by_strict, by_balanced, by_full) in [
        (
            "dbt_models",
            "name",
            Sensitivity::None,
            true,
            Some(Treatment::Plain),
            true,
        ),
        (
            "dbt_models",
            "owner",
            Sensitivity::Personal,
            true,
            Some(Treatment::Plain),
            false,
        ),
        (
            "dbt_run_results",
            "message",
            Sensitivity::Literal,
            false,
            Some(REDACTED),
            false,
        ),
        ("dbt_invocations", "vars", Sensitivity::Secret, false, None, false),
        (
            "data_monitoring_metrics",
            "dimension_value",
            Sensitivity::Raw,
            false,
            None,
            false,
        ),
    ] {
        let plain = |yes: bool| {
            yes.then_some(Treatment::Plain)
                .ok_or(Withheld::Sensitive(sensitivity))
        };
        assert_eq!(leaves(&strict, table_name, column), plain(by_strict), "{column}");
        assert_eq!(leaves(&full, table_name, column), plain(by_full), "{column}");
        let by_balanced = by_balanced.ok_or(Withheld::Sensitive(sensitivity));
        assert_eq!(leaves(&balanced, table_name, column), by_balanced, "{column}");
        let listed = document(&format!("[columns]\nallow = [\"{table_name}.{column}\"]")).expect("parses");
        assert_eq!(
            leaves(&listed, table_name, column),
            Ok(Treatment::Plain),
            "{column}"
        );
    }
    // Every column that is more than personal is closed by strict, and plain in none of the two.
    for table in &elementary::schema().tables {
        for column in table
            .columns
            .iter()
            .filter(|c| c.sensitivity > Sensitivity::Personal)
        {
            assert!(
                strict.column(table, column.name).is_err(),
                "{}.{}",
                table.name,
                column.name
            );
            let balanced = balanced.column(table, column.name);
            assert!(balanced.is_err() || balanced.is_ok_and(|r| r.treatment == REDACTED));
        }
    }
}

#[test]
fn a_mask_is_laid_on_the_column_that_it_names() {
    let masks = "[columns.mask]\n\"dbt_models.owner\" = \"sha256\"\n\"dbt_models.description\" = \"truncate 40\"\n\
        \"dbt_models.name\" = \"redact\"\n\"dbt_run_results.failures\" = \"null\"\n\"dbt_invocations.vars\" = \"sha256\"";
    let policy = document(masks).expect("parses");
    for (table_name, column, treatment) in [
        ("dbt_models", "owner", Treatment::Connector(Mask::Sha256)),
        ("dbt_models", "description", Treatment::Truncate(40)),
        ("dbt_models", "name", REDACTED),
        ("dbt_run_results", "failures", Treatment::Null),
        ("dbt_invocations", "vars", Treatment::Connector(Mask::Sha256)),
        ("dbt_models", "alias", Treatment::Plain),
    ] {
        assert_eq!(leaves(&policy, table_name, column), Ok(treatment), "{column}");
    }
    assert_eq!(policy.sha256_key().as_str(), "mask.key");
}

#[test]
fn columns_within_which_a_bound_on_samples_cannot_be_kept_are_withheld() {
    let on = "[categories]\nfailed_rows_sample = true\n[samples]\n";
    let columns = [
        ("test_result_rows", "result_row"),
        ("elementary_test_results", "result_rows"),
        ("alerts_dbt_tests", "result_rows"),
        ("alerts_v2", "data"),
    ];
    for (setting, open) in [
        ("", [true, true, true, true]),
        ("exclude_tables = [\"a.b.c\"]", [true, true, true, false]),
        ("rows_per_result = 1", [true, false, false, false]),
        ("max_age_days = 1", [true, true, true, true]),
    ] {
        let policy = document(&format!("{on}{setting}")).expect("parses");
        for ((table_name, column), open) in columns.into_iter().zip(open) {
            let found = leaves(&policy, table_name, column);
            assert_eq!(found.is_ok(), open, "{setting}: {column} {found:?}");
        }
    }
}

#[test]
fn an_open_policy_holds_nothing_of_any_inventory_back() {
    let schema = Identifier::new("s").expect("a name");
    let open = Document::open("shop".parse().expect("a name"), schema, elementary::schema());
    assert_eq!(open.adhoc(), AdHoc::On);
    for table in &elementary::schema().tables {
        for column in &table.columns {
            assert_eq!(leaves(&open, table.name, column.name), Ok(Treatment::Plain));
        }
    }
    static OTHER: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(|| Schema { tables: Vec::new() });
    let text = b"source = \"shop\"\nschema = \"s\"\n[tables]\ndeny = [\"dbt_models\"]";
    assert!(Document::parse_for(Path::new("p"), text, &OTHER).is_err());
    assert!(Document::parse_for(Path::new("p"), text, elementary::schema()).is_ok());
}

#[test]
fn tables_and_columns_are_held_back_by_name() {
    let policy = document("[tables]\ndeny = [\"dbt_groups\"]\n[columns]\ndrop = [\"dbt_models.owner\"]")
        .expect("parses");
    assert_eq!(policy.table("dbt_groups").err(), Some(Withheld::Table));
    assert_eq!(
        policy.column(table("dbt_models"), "owner").err(),
        Some(Withheld::Dropped)
    );
    assert!(policy.table("dbt_models").is_ok());
    let only = document("[tables]\nallow = [\"dbt_models\"]").expect("parses");
    assert!(only.table("dbt_models").is_ok());
    assert_eq!(only.table("dbt_tests").err(), Some(Withheld::Table));
    assert_eq!(only.table("pg_authid").err(), Some(Withheld::UnknownTable));
}

#[test]
fn a_mistake_names_file_key_value_and_remedy() {
    for (rest, words) in [
        ("[categoriez]\n", vec!["policy.toml", "categoriez"]),
        ("[categories]\nmetadata = \"yes\"", vec!["metadata", "boolean"]),
        (
            "[tables]\ndeny = [\"dbt_model\"]",
            vec!["tables.deny", "dbt_model", "did you mean `dbt_models`"],
        ),
        (
            "[columns]\ndrop = [\"dbt_models.ownr\"]",
            vec!["columns.drop", "ownr", "did you mean `owner`"],
        ),
        (
            "[columns]\nallow = [\"owner\"]",
            vec!["columns.allow", "table.column"],
        ),
        (
            "[columns]\nallow = [\"dbt_models.owner\"]\ndrop = [\"dbt_models.owner\"]",
            vec!["columns.allow", "take it out of one"],
        ),
        (
            "[budget]\nrows_per_query = 0",
            vec!["budget.rows_per_query = 0", "choose 1 to"],
        ),
        (
            "[budget]\nseconds_per_query = 100000",
            vec!["budget.seconds_per_query", "choose 1 to 600 seconds"],
        ),
        (
            "profile = \"open\"",
            vec!["profile", "strict", "balanced", "full"],
        ),
        ("profile = \"full\"", vec!["profile", "categories.metadata"]),
        (
            "profile = \"strict\"\n[categories]\nfailed_rows_sample = true",
            vec!["categories.failed_rows_sample", "strict", "balanced"],
        ),
        (
            "profile = \"strict\"\n[columns]\nallow = [\"dbt_run_results.message\"]",
            vec!["columns.allow", "dbt_run_results.message", "strict", "balanced"],
        ),
        (
            "profile = \"strict\"\n[columns.mask]\n\"dbt_run_results.message\" = \"redact\"",
            vec!["columns.mask", "strict", "sha256"],
        ),
        (
            "[columns.mask]\n\"dbt_models.owner\" = \"truncate 0\"",
            vec!["columns.mask", "dbt_models.owner", "truncate N"],
        ),
        (
            "[columns.mask]\n\"dbt_run_results.failures\" = \"sha256\"",
            vec!["columns.mask", "not a column of text", "null"],
        ),
        (
            "[columns]\ndrop = [\"dbt_models.owner\"]\nmask = { \"dbt_models.owner\" = \"null\" }",
            vec!["columns.mask", "keep one"],
        ),
        (
            "[columns]\nsha256_key = \"../key\"",
            vec!["columns.sha256_key", "state folder"],
        ),
        (
            "[samples]\nexclude_tables = [\"a.b.c.d\"]",
            vec!["samples.exclude_tables", "database.schema.table"],
        ),
        (
            "[samples]\nrows_per_result = 0",
            vec!["samples.rows_per_result", "failed_rows_sample"],
        ),
        (
            "[samples]\nmax_age_days = 0",
            vec!["samples.max_age_days", "choose 1 to"],
        ),
        (
            "[hours]\ndays = [\"mon\"]\nfrom = \"8\"\nto = \"18:00\"\nzone = \"UTC\"",
            vec!["hours.from", "08:00"],
        ),
    ] {
        let message = refusal(rest);
        for word in words {
            assert!(message.contains(word), "{message} lacks {word}");
        }
    }
    assert!(Document::parse(Path::new("p"), b"\xff").is_err());
    assert!(Document::parse(Path::new("p"), b"source = \"A\"\nschema = \"s\"").is_err());
}

#[test]
fn the_digest_is_of_the_bytes() {
    let one = document("").expect("parses");
    assert_eq!(one.digest(), document("").expect("parses").digest());
    assert_ne!(one.digest(), document("# a word\n").expect("parses").digest());
}
