//! Statements that nobody thought of: a random walk over a grammar of typed SELECTs, and the same with something in them that
//! must not be there. One seed, one sequence.
//!
//! What is generated is well typed by PostgreSQL's and DuckDB's rules alike, so that most of it is admitted and runs; sorts are
//! total where rows are limited, so that an answer is one answer.

mod hostile;
mod plans;

use proto::schema::{ColumnType, Schema, Table};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// Expressions within each other at the most: beyond this the statements only grow.
const DEPTH: u32 = 3;

/// A kind of value, as far as an operator cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Time,
    Truth,
}

const KINDS: [Kind; 4] = [Kind::Text, Kind::Number, Kind::Time, Kind::Truth];

/// A column that can be named where an expression stands.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: Kind,
}

/// A source of statements.
#[derive(Debug)]
pub struct Generator<'s> {
    rng: StdRng,
    /// The tables that are read.
    tables: Vec<&'s Table>,
    /// What stands before a table's name, dot included.
    qualifier: String,
    /// For names that are unique in a statement.
    named: u32,
}

impl<'s> Generator<'s> {
    /// Over a schema, whose tables are named with a qualifier or without.
    #[must_use]
    pub fn new(seed: u64, schema: &'s Schema, qualifier: &str) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            tables: schema.tables.iter().collect(),
            qualifier: qualifier.to_owned(),
            named: 0,
        }
    }

    /// A SELECT.
    pub fn statement(&mut self) -> String {
        self.named = 0;
        match self.rng.random_range(0..10) {
            0 => self.with_a_cte(),
            1 => self.combined(),
            2 => self.grouped(),
            3 => self.windowed(),
            4 => self.distinct(),
            _ => self.plain(),
        }
    }

    fn name(&mut self, prefix: char) -> String {
        self.named += 1;
        format!("{prefix}{}", self.named)
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.rng.random_range(0..n) == 0
    }

    fn kind(&mut self) -> Kind {
        KINDS.choose(&mut self.rng).copied().unwrap_or(Kind::Text)
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from.choose(&mut self.rng).copied().unwrap_or_default()
    }

    // Relations

    fn table(&mut self) -> (String, Vec<Column>) {
        let Some(table) = self.tables.choose(&mut self.rng).copied() else {
            return ("nothing".to_owned(), Vec::new());
        };
        let alias = self.name('t');
        let columns = table
            .columns
            .iter()
            .map(|column| Column {
                name: format!("{alias}.{}", column.name),
                kind: match column.column_type {
                    ColumnType::Text => Kind::Text,
                    ColumnType::Integer | ColumnType::BigInt | ColumnType::Double => Kind::Number,
                    ColumnType::Boolean => Kind::Truth,
                    ColumnType::Timestamp => Kind::Time,
                },
            })
            .collect();
        (format!("{}{} AS {alias}", self.qualifier, table.name), columns)
    }

    /// Something to read from, and its columns.
    fn from(&mut self) -> (String, Vec<Column>) {
        match self.rng.random_range(0..8) {
            0 => {
                let (left, mut columns) = self.table();
                let (right, more) = self.table();
                let (a, b) = (self.column(&columns, Kind::Text), self.column(&more, Kind::Text));
                let kind = self.pick(&["JOIN", "LEFT JOIN", "INNER JOIN", "RIGHT JOIN"]);
                columns.extend(more);
                match (a, b) {
                    (Some(a), Some(b)) => (format!("{left} {kind} {right} ON {a} = {b}"), columns),
                    _ => self.table(),
                }
            }
            1 => {
                let (inner, columns) = self.block(2);
                let alias = self.name('d');
                let columns = columns
                    .into_iter()
                    .map(|column| Column {
                        name: format!("{alias}.{}", column.name),
                        kind: column.kind,
                    })
                    .collect();
                (format!("({inner}) AS {alias}"), columns)
            }
            _ => self.table(),
        }
    }

    fn column(&mut self, columns: &[Column], kind: Kind) -> Option<String> {
        let fitting: Vec<&Column> = columns.iter().filter(|column| column.kind == kind).collect();
        fitting.choose(&mut self.rng).map(|column| column.name.clone())
    }

    // Statements

    /// `SELECT … FROM … [WHERE …]` with so many outputs, which are its columns.
    fn block(&mut self, outputs: u32) -> (String, Vec<Column>) {
        let (from, columns) = self.from();
        let mut items = Vec::new();
        let mut named = Vec::new();
        for _ in 0..outputs {
            let kind = self.kind();
            let expr = self.expr(&columns, kind, DEPTH);
            let name = self.name('c');
            items.push(format!("{expr} AS {name}"));
            named.push(Column { name, kind });
        }
        let filter = self.filter(&columns);
        (format!("SELECT {} FROM {from}{filter}", items.join(", ")), named)
    }

    fn filter(&mut self, columns: &[Column]) -> String {
        if self.one_in(3) {
            return String::new();
        }
        format!(" WHERE {}", self.expr(columns, Kind::Truth, DEPTH))
    }

    /// Sorts by every output, so that a limit cuts at one place.
    fn tail(&mut self, outputs: usize) -> String {
        let keys: Vec<String> = (1..=outputs)
            .map(|n| {
                let direction = self.pick(&["", " DESC", " ASC NULLS FIRST", " DESC NULLS LAST"]);
                format!("{n}{direction}")
            })
            .collect();
        let limit = self.rng.random_range(1..40);
        let offset = if self.one_in(6) { " OFFSET 2" } else { "" };
        format!(" ORDER BY {} LIMIT {limit}{offset}", keys.join(", "))
    }

    fn plain(&mut self) -> String {
        let outputs = self.rng.random_range(1..5);
        let (block, columns) = self.block(outputs);
        let tail = self.tail(columns.len());
        block + &tail
    }

    fn distinct(&mut self) -> String {
        let (block, columns) = self.block(2);
        let tail = self.tail(columns.len());
        block.replacen("SELECT ", "SELECT DISTINCT ", 1) + &tail
    }

    fn with_a_cte(&mut self) -> String {
        let (inner, columns) = self.block(3);
        let (cte, alias) = (self.name('w'), self.name('r'));
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|column| Column {
                name: format!("{alias}.{}", column.name),
                kind: column.kind,
            })
            .collect();
        let kind = self.kind();
        let (expr, filter) = (self.expr(&columns, kind, DEPTH), self.filter(&columns));
        let tail = self.tail(1);
        format!("WITH {cte} AS ({inner}) SELECT {expr} AS x FROM {cte} AS {alias}{filter}{tail}")
    }

    fn combined(&mut self) -> String {
        let kind = self.kind();
        let op = self.pick(&["UNION", "UNION ALL", "INTERSECT", "EXCEPT"]);
        let mut sides = Vec::new();
        for _ in 0..2 {
            let (from, columns) = self.from();
            let (expr, filter) = (self.expr(&columns, kind, DEPTH), self.filter(&columns));
            sides.push(format!("SELECT {expr} AS x FROM {from}{filter}"));
        }
        let tail = self.tail(1);
        format!("{}{tail}", sides.join(&format!(" {op} ")))
    }

    fn grouped(&mut self) -> String {
        let (from, columns) = self.from();
        let filter = self.filter(&columns);
        let kind = self.kind();
        // A constant is cast where it is a key, lest it be a position, and then reads as another plan.
        let Some(key) = self.column(&columns, kind) else {
            return self.plain();
        };
        let (number, text) = (
            self.expr(&columns, Kind::Number, 1),
            self.expr(&columns, Kind::Text, 1),
        );
        let aggregate = match self.rng.random_range(0..7) {
            0 => "count(*)".to_owned(),
            1 => format!("count(DISTINCT {text})"),
            2 => format!("min({number})"),
            3 => format!("max({text})"),
            4 => format!("count({number}) FILTER (WHERE {number} > 1)"),
            5 => format!("bool_or({})", self.expr(&columns, Kind::Truth, 1)),
            _ => format!("min({text})"),
        };
        let having = if self.one_in(3) {
            " HAVING count(*) > 1"
        } else {
            ""
        };
        let tail = self.tail(2);
        format!("SELECT {key} AS k, {aggregate} AS a FROM {from}{filter} GROUP BY 1{having}{tail}")
    }

    fn windowed(&mut self) -> String {
        let (from, columns) = self.from();
        // As in a group, a key is no constant.
        let keys = (
            self.column(&columns, Kind::Text),
            self.column(&columns, Kind::Number),
        );
        let (Some(text), Some(number)) = keys else {
            return self.plain();
        };
        let function = self.pick(&["rank()", "dense_rank()", "count(*)", "percent_rank()"]);
        let filter = self.filter(&columns);
        let tail = self.tail(2);
        format!(
            "SELECT {text} AS k, {function} OVER (PARTITION BY {text} ORDER BY {number}) AS r FROM {from}{filter}{tail}"
        )
    }

    // Expressions

    fn expr(&mut self, columns: &[Column], kind: Kind, depth: u32) -> String {
        if depth == 0 || self.one_in(3) {
            return match self.column(columns, kind) {
                Some(column) if !self.one_in(6) => column,
                _ => self.literal(kind),
            };
        }
        let depth = depth - 1;
        if self.one_in(8) {
            let condition = self.expr(columns, Kind::Truth, depth);
            let (then, other) = (self.expr(columns, kind, depth), self.expr(columns, kind, depth));
            return format!("CASE WHEN {condition} THEN {then} ELSE {other} END");
        }
        if self.one_in(8) {
            let (one, other) = (self.expr(columns, kind, depth), self.expr(columns, kind, depth));
            return format!("COALESCE({one}, {other})");
        }
        match kind {
            Kind::Text => self.text(columns, depth),
            Kind::Number => self.number(columns, depth),
            Kind::Time => self.time(columns, depth),
            Kind::Truth => self.truth(columns, depth),
        }
    }

    fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Kind::Text => self.pick(&[
                "'a'",
                "''",
                "'fail'",
                "'it''s'",
                "'%_\\'",
                "'-- no comment'",
                "'/*'",
                "'$1'",
                "'né'",
                "'\"q\"'",
                "'; select 1'",
            ]),
            Kind::Number => self.pick(&["0", "1", "7", "-3", "2.5", "1000000007", "0.001"]),
            Kind::Time => self.pick(&[
                "TIMESTAMP '2026-01-01 00:00:00'",
                "CAST('2025-06-30 12:00:00' AS timestamp)",
                "TIMESTAMP '1970-01-01 00:00:00'",
            ]),
            Kind::Truth => self.pick(&["TRUE", "FALSE"]),
        }
        .to_owned()
    }

    fn text(&mut self, columns: &[Column], depth: u32) -> String {
        let text = self.expr(columns, Kind::Text, depth);
        match self.rng.random_range(0..9) {
            0 => format!(
                "{}({text})",
                self.pick(&["lower", "upper", "reverse", "md5", "ltrim"])
            ),
            1 => format!(
                "{}({text}, {})",
                self.pick(&["left", "right"]),
                self.rng.random_range(0..9)
            ),
            2 => format!(
                "substr({text}, {}, {})",
                self.rng.random_range(1..5),
                self.rng.random_range(0..9)
            ),
            3 => format!("replace({text}, 'a', {})", self.literal(Kind::Text)),
            4 => format!("({text} || {})", self.expr(columns, Kind::Text, depth)),
            5 => format!("split_part({text}, '.', {})", self.rng.random_range(1..4)),
            6 => format!("CAST({} AS text)", self.expr(columns, Kind::Truth, depth)),
            7 => format!("NULLIF({text}, {})", self.literal(Kind::Text)),
            _ => format!("concat({text}, {})", self.literal(Kind::Text)),
        }
    }

    fn number(&mut self, columns: &[Column], depth: u32) -> String {
        let number = self.expr(columns, Kind::Number, depth);
        match self.rng.random_range(0..6) {
            0 => format!("length({})", self.expr(columns, Kind::Text, depth)),
            1 => format!("abs({number})"),
            2 => format!(
                "({number} {} {})",
                self.pick(&["+", "-"]),
                self.expr(columns, Kind::Number, depth)
            ),
            3 => format!(
                "EXTRACT({} FROM {})",
                self.pick(&["year", "month", "day", "hour"]),
                self.expr(columns, Kind::Time, depth)
            ),
            4 => format!("strpos({}, 'a')", self.expr(columns, Kind::Text, depth)),
            _ => format!("(CAST({number} AS double precision) * 2.0)"),
        }
    }

    fn time(&mut self, columns: &[Column], depth: u32) -> String {
        let time = self.expr(columns, Kind::Time, depth);
        match self.rng.random_range(0..2) {
            0 => format!(
                "date_trunc('{}', {time})",
                self.pick(&["day", "hour", "month", "year"])
            ),
            _ => format!(
                "({time} {} INTERVAL '{} days')",
                self.pick(&["+", "-"]),
                self.rng.random_range(1..40)
            ),
        }
    }

    fn truth(&mut self, columns: &[Column], depth: u32) -> String {
        let kinds = [Kind::Text, Kind::Number, Kind::Time];
        let kind = kinds.choose(&mut self.rng).copied().unwrap_or(Kind::Text);
        let value = self.expr(columns, kind, depth);
        match self.rng.random_range(0..10) {
            0 => format!("({value} IS {}NULL)", self.pick(&["", "NOT "])),
            1 => format!("({value} IN ({}, {}))", self.literal(kind), self.literal(kind)),
            2 => format!(
                "({value} {}BETWEEN {} AND {})",
                self.pick(&["", "NOT "]),
                self.literal(kind),
                self.literal(kind)
            ),
            3 => {
                let text = self.expr(columns, Kind::Text, depth);
                format!(
                    "({text} {} {})",
                    self.pick(&["LIKE", "NOT LIKE", "ILIKE"]),
                    self.pick(&["'%a%'", "'model.%'", "'_'"])
                )
            }
            4 => format!("(NOT {})", self.expr(columns, Kind::Truth, depth)),
            5 | 6 => {
                let (one, other) = (
                    self.expr(columns, Kind::Truth, depth),
                    self.expr(columns, Kind::Truth, depth),
                );
                format!("({one} {} {other})", self.pick(&["AND", "OR"]))
            }
            7 => format!(
                "({value} IS {}DISTINCT FROM {})",
                self.pick(&["", "NOT "]),
                self.expr(columns, kind, depth)
            ),
            8 if depth > 0 => {
                let (table, inner) = self.table();
                match (self.column(&inner, Kind::Text), self.column(columns, Kind::Text)) {
                    (Some(theirs), Some(ours)) => {
                        let negated = self.pick(&["", "NOT "]);
                        format!("({negated}EXISTS (SELECT 1 FROM {table} WHERE {theirs} = {ours}))")
                    }
                    _ => "TRUE".to_owned(),
                }
            }
            _ => format!(
                "({value} {} {})",
                self.pick(&["=", "<>", "<", ">=", ">", "<="]),
                self.expr(columns, kind, depth)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::schema::elementary;

    use super::*;

    #[test]
    fn a_seed_is_a_sequence_and_most_of_it_is_admitted() {
        let statements = |seed| {
            let mut generator = Generator::new(seed, elementary::schema(), "");
            (0..300).map(|_| generator.statement()).collect::<Vec<_>>()
        };
        assert_eq!(statements(1), statements(1));
        assert_ne!(statements(1), statements(2));
        let mut refused: Vec<String> = Vec::new();
        for text in statements(3) {
            if let Err(error) = proto::sql::lower(&text, elementary::schema(), Vec::new()) {
                refused.push(format!("{error}: {text}"));
            }
        }
        assert!(
            refused.len() < 30,
            "{}: {:#?}",
            refused.len(),
            &refused[..refused.len().min(9)]
        );
    }
}
