//! A statement with something in it that must not be there.

use rand::Rng as _;

use super::Generator;

/// Relations that nobody may read.
const RELATIONS: &[&str] = &[
    "pg_catalog.pg_authid",
    "information_schema.tables",
    "public.customers",
    "raw.orders",
    "pg_stat_activity",
    "sqlite_master",
    "duckdb_settings()",
    "generate_series(1, 9)",
    "read_csv('/etc/passwd')",
    "LATERAL (SELECT 1) AS l",
    "(TABLE public.customers) AS l",
    "(VALUES (1)) AS l",
];

/// Values that reach for something.
const VALUES: &[&str] = &[
    "pg_sleep(0)",
    "current_setting('is_superuser')",
    "set_config('search_path', 'public', false)",
    "pg_read_file('/etc/passwd')",
    "lo_import('/etc/passwd')",
    "query_to_xml('select 1', true, true, '')",
    "nextval('s')",
    "random()",
    "getenv('HOME')",
    "version()",
    "session_user",
    "'pg_authid'::regclass",
    "repeat('a', 1000000000)",
    "(SELECT ssn FROM public.customers LIMIT 1)",
    "E'\\' OR 1=1 --'",
    "U&'\\0061'",
    "$$a$$",
    "(ARRAY[1])[1]",
    "ctid",
    "public.leak('a')",
];

/// What is put behind.
const TAILS: &[&str] = &[
    "; DROP TABLE dbt_models",
    "; COMMIT; DELETE FROM dbt_models",
    " FOR UPDATE",
    " UNION SELECT ssn FROM public.customers",
    " INTO OUTFILE 'x'",
    " -- ",
    "; SELECT 1",
    " \\; SELECT 1",
    "\0",
];

/// What is put in front.
const HEADS: &[&str] = &[
    "EXPLAIN ANALYZE ",
    "CREATE TABLE x AS ",
    "COPY (",
    "DECLARE c CURSOR FOR ",
    "WITH d AS (DELETE FROM dbt_models RETURNING *) ",
    "PREPARE p AS ",
    "/*! */ ",
    "SET search_path = public; ",
];

impl Generator<'_> {
    /// A statement, spoilt: none that is admitted may do more than read.
    pub fn hostile(&mut self) -> String {
        let text = self.statement();
        match self.rng.random_range(0..6) {
            0 => self.in_place_of(&text, " FROM ", RELATIONS, " FROM "),
            1 => self.in_place_of(&text, "SELECT ", VALUES, "SELECT "),
            2 => text + self.pick(TAILS),
            3 => self.pick(HEADS).to_owned() + &text,
            _ => self.shaken(&text),
        }
    }

    /// The word that follows one of the places where `mark` stands becomes one of `with`.
    fn in_place_of(&mut self, text: &str, mark: &str, with: &[&str], keep: &str) -> String {
        let places: Vec<usize> = text.match_indices(mark).map(|(at, _)| at).collect();
        let Some(at) = places.get(self.rng.random_range(0..places.len().max(1))) else {
            return text.to_owned();
        };
        let (before, after) = text.split_at(*at);
        let rest = after.get(mark.len()..).unwrap_or_default();
        let rest = rest.find(' ').and_then(|end| rest.get(end..)).unwrap_or_default();
        format!("{before}{keep}{}{rest}", self.pick(with))
    }

    /// Words taken out, doubled and exchanged.
    fn shaken(&mut self, text: &str) -> String {
        let mut words: Vec<&str> = text.split_inclusive([' ', '(', ')', ',', '.', '\'']).collect();
        for _ in 0..self.rng.random_range(1..4) {
            let (a, b) = (
                self.rng.random_range(0..words.len()),
                self.rng.random_range(0..words.len()),
            );
            match self.rng.random_range(0..3) {
                0 if words.len() > 1 => drop(words.remove(a)),
                1 => words.insert(a, words.get(b).copied().unwrap_or_default()),
                _ => words.swap(a, b),
            }
        }
        words.concat()
    }
}
