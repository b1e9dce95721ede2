//! Names: which table, CTE or column a name means, by PostgreSQL's scoping.
//!
//! A bare table name is a CTE in scope, else a table of the schema, else a refusal: nothing is ever looked up elsewhere. A
//! column is a known column of a relation in scope, innermost query first; so system columns, whole rows and attribute
//! calls cannot be said.

use std::{borrow::Cow, collections::BTreeMap};

use super::{Names, Syntax};
use crate::{
    query::{
        expr::{ColumnRef, Expr, RelId},
        functions::Scalar,
        plan::{CteId, From, Identifier},
    },
    schema::Table,
};

/// A relation of a FROM clause.
pub(super) struct Relation<'a> {
    pub(super) id: RelId,
    /// What qualifies its columns: the alias, or the table's name.
    pub(super) alias: String,
    /// Whether `namespace.table.column` reaches it: a table without an alias.
    pub(super) plain_table: bool,
    pub(super) columns: Columns<'a>,
}

/// The columns of a relation.
pub(super) enum Columns<'a> {
    /// Those of a table; a reference marks a column as read.
    Table(&'a Table),
    /// The outputs of a query.
    Outputs(Vec<Identifier>),
}

impl Columns<'_> {
    fn names(&self, syntax: Syntax) -> Vec<Cow<'_, str>> {
        match self {
            Columns::Table(table) => table
                .columns
                .iter()
                .map(|column| syntax.of_schema(column.name))
                .collect(),
            Columns::Outputs(names) => names.iter().map(|name| Cow::Borrowed(name.as_str())).collect(),
        }
    }
}

/// A column as an unqualified name and `*` see it.
#[derive(Clone)]
pub(super) struct Visible {
    pub(super) name: String,
    pub(super) source: Source,
}

/// Where a visible column comes from.
#[derive(Clone)]
pub(super) enum Source {
    /// A column of a relation, by position in all its columns.
    Column(RelId, usize),
    /// The two sides of a FULL JOIN ... USING.
    Either(Box<Source>, Box<Source>),
}

/// What one FROM clause, or a part of one, brings into scope.
#[derive(Default)]
pub(super) struct Level<'a> {
    pub(super) relations: Vec<Relation<'a>>,
    pub(super) visible: Vec<Visible>,
}

impl<'a> Level<'a> {
    pub(super) fn of(relation: Relation<'a>, syntax: Syntax) -> Self {
        let column = |(index, name): (usize, Cow<'_, str>)| Visible {
            name: name.into_owned(),
            source: Source::Column(relation.id, index),
        };
        let visible = relation
            .columns
            .names(syntax)
            .into_iter()
            .enumerate()
            .map(column)
            .collect();
        Self {
            relations: vec![relation],
            visible,
        }
    }

    /// Both sides of a join; the error is the alias that both use.
    pub(super) fn beside(mut self, other: Level<'a>, syntax: Syntax) -> Result<Self, String> {
        for relation in other.relations {
            if self
                .relations
                .iter()
                .any(|known| syntax.same(&known.alias, &relation.alias))
            {
                return Err(relation.alias);
            }
            self.relations.push(relation);
        }
        self.visible.extend(other.visible);
        Ok(self)
    }

    /// The one visible column of this name.
    pub(super) fn only(&self, name: &str, syntax: Syntax) -> Result<Option<&Visible>, Ambiguous> {
        let mut found = self
            .visible
            .iter()
            .filter(|visible| syntax.same(&visible.name, name));
        let first = found.next();
        if found.next().is_some() {
            Err(Ambiguous)
        } else {
            Ok(first)
        }
    }
}

/// More than one column has the name.
pub(super) struct Ambiguous;

/// What a table name means.
pub(super) enum Meaning<'a> {
    Cte(CteId, Vec<Identifier>),
    Table(&'a Table),
    /// PostgreSQL means the table; another engine may mean a CTE that is only being defined.
    Unsure,
}

struct CteInScope {
    name: String,
    id: CteId,
    columns: Vec<Identifier>,
}

/// The names in scope at one point of a text.
pub(super) struct Scope<'a> {
    names: &'a Names,
    levels: Vec<Level<'a>>,
    ctes: Vec<CteInScope>,
    /// CTEs of the WITH clauses around that are not in scope yet.
    pending: Vec<String>,
    /// For each scan: the columns read so far, by position in the table, in the order of first use.
    read: BTreeMap<RelId, Vec<usize>>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(names: &'a Names) -> Self {
        Self {
            names,
            levels: Vec::new(),
            ctes: Vec::new(),
            pending: Vec::new(),
            read: BTreeMap::new(),
        }
    }

    pub(super) fn push(&mut self, level: Level<'a>) {
        self.levels.push(level);
    }

    pub(super) fn pop(&mut self) -> Level<'a> {
        self.levels.pop().unwrap_or_default()
    }

    /// The innermost level.
    pub(super) fn innermost(&self) -> Option<&Level<'a>> {
        self.levels.last()
    }

    /// CTEs in scope, to be given back to [`Scope::leave`].
    pub(super) fn enter(&self) -> usize {
        self.ctes.len()
    }

    pub(super) fn leave(&mut self, entered: usize) {
        self.ctes.truncate(entered);
    }

    /// Brings the next of the announced CTEs into scope.
    pub(super) fn define(&mut self, name: String, id: CteId, columns: Vec<Identifier>) {
        self.pending.pop();
        self.ctes.push(CteInScope { name, id, columns });
    }

    /// Whether a CTE of this name was defined since `entered`.
    pub(super) fn defined_since(&self, entered: usize, name: &str) -> bool {
        let syntax = self.names.syntax;
        self.ctes
            .iter()
            .skip(entered)
            .any(|cte| syntax.same(&cte.name, name))
    }

    /// Announces the CTEs of a WITH clause.
    pub(super) fn announce(&mut self, names: impl DoubleEndedIterator<Item = String>) {
        self.pending.extend(names.rev());
    }

    /// What a table name of one to three parts means.
    pub(super) fn table(&self, parts: &[String]) -> Option<Meaning<'a>> {
        let (names, syntax) = (self.names, self.names.syntax);
        let table = match parts {
            [name] => {
                let unsure = self.pending.iter().any(|pending| syntax.same(pending, name));
                if unsure && !syntax.is_postgres() {
                    return Some(Meaning::Unsure);
                }
                if let Some(cte) = self.ctes.iter().rev().find(|cte| syntax.same(&cte.name, name)) {
                    return Some(Meaning::Cte(cte.id, cte.columns.clone()));
                }
                name
            }
            [namespace, name] if self.is_namespace(namespace) => name,
            [database, namespace, name]
                if syntax.three_parts()
                    && names
                        .database
                        .as_ref()
                        .is_some_and(|own| syntax.same_table(&syntax.of_schema(own), database))
                    && self.is_namespace(namespace) =>
            {
                name
            }
            _ => return None,
        };
        let mut tables = names.schema.tables.iter();
        tables
            .find(|known| syntax.same_table(&syntax.of_schema(known.name), table))
            .map(Meaning::Table)
    }

    fn is_namespace(&self, name: &str) -> bool {
        let syntax = self.names.syntax;
        let own = self.names.namespace.as_ref();
        own.is_some_and(|own| syntax.same_table(&syntax.of_schema(own), name))
    }

    /// Whether a column of the innermost FROM clause has this name.
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.innermost()
            .is_some_and(|level| !matches!(level.only(name, self.names.syntax), Ok(None)))
    }

    /// Registers the scan of a table, of which nothing is read yet.
    pub(super) fn scan(&mut self, id: RelId) {
        self.read.insert(id, Vec::new());
    }

    /// The expression of a column name of one to three parts; the error is a sentence.
    pub(super) fn column(&mut self, parts: &[String]) -> Result<Expr, String> {
        let source = self.find(parts)?;
        Ok(self.expr(&source))
    }

    fn find(&self, parts: &[String]) -> Result<Source, String> {
        let syntax = self.names.syntax;
        let unknown = || format!("there is no column `{}` in scope", parts.join("."));
        let (qualifier, name) = match parts {
            [name] => {
                for level in self.levels.iter().rev() {
                    match level.only(name, syntax) {
                        Ok(Some(visible)) => return Ok(visible.source.clone()),
                        Ok(None) => {}
                        Err(Ambiguous) => return Err(format!("column `{name}` is ambiguous")),
                    }
                }
                return Err(unknown());
            }
            [qualifier, name] => (qualifier, name),
            [namespace, qualifier, name] if self.is_namespace(namespace) => {
                let plain = |relation: &&Relation<'_>| {
                    syntax.same(&relation.alias, qualifier) && relation.plain_table
                };
                if !self
                    .levels
                    .iter()
                    .rev()
                    .any(|level| level.relations.iter().any(|r| plain(&r)))
                {
                    return Err(unknown());
                }
                (qualifier, name)
            }
            _ => return Err(unknown()),
        };
        let relation = self
            .levels
            .iter()
            .rev()
            .find_map(|level| {
                level
                    .relations
                    .iter()
                    .find(|relation| syntax.same(&relation.alias, qualifier))
            })
            .ok_or_else(unknown)?;
        let names = relation.columns.names(syntax);
        let mut found = names
            .iter()
            .enumerate()
            .filter(|(_, known)| syntax.same(known, name));
        let (index, _) = found.next().ok_or_else(unknown)?;
        match found.next() {
            None => Ok(Source::Column(relation.id, index)),
            Some(_) => Err(format!("column `{name}` is ambiguous")),
        }
    }

    /// What a source computes; marks a table's column as read.
    pub(super) fn expr(&mut self, source: &Source) -> Expr {
        match source {
            Source::Column(rel, index) => {
                let position = match self.read.get_mut(rel) {
                    None => *index,
                    Some(read) => read.iter().position(|known| known == index).unwrap_or_else(|| {
                        read.push(*index);
                        read.len() - 1
                    }),
                };
                // A table or query of more columns than this does not pass `Plan::new`.
                let column = u16::try_from(position).unwrap_or(u16::MAX);
                Expr::Column(ColumnRef { rel: *rel, column })
            }
            Source::Either(left, right) => {
                let args = vec![self.expr(left), self.expr(right)];
                Expr::Call {
                    function: Scalar::Coalesce,
                    args,
                }
            }
        }
    }

    /// Whether an expression is just this column; nothing is marked as read.
    pub(super) fn is(&self, expr: &Expr, source: &Source) -> bool {
        let (Expr::Column(ColumnRef { rel, column }), Source::Column(id, index)) = (expr, source) else {
            return false;
        };
        let position = match self.read.get(id) {
            None => Some(*index),
            Some(read) => read.iter().position(|known| known == index),
        };
        rel == id && position == Some(usize::from(*column))
    }

    /// Every column of a relation of the innermost level, by its alias.
    pub(super) fn all_of(&self, alias: &str) -> Option<Vec<Visible>> {
        let relation = self
            .levels
            .last()?
            .relations
            .iter()
            .find(|relation| self.names.syntax.same(&relation.alias, alias))?;
        let column = |(index, name): (usize, Cow<'_, str>)| Visible {
            name: name.into_owned(),
            source: Source::Column(relation.id, index),
        };
        Some(
            relation
                .columns
                .names(self.names.syntax)
                .into_iter()
                .enumerate()
                .map(column)
                .collect(),
        )
    }

    /// Writes into the scans of a FROM clause the columns that were read; called when nothing can refer to them any more.
    pub(super) fn close(&mut self, from: &mut From, level: &Level<'a>) {
        match from {
            From::Scan(scan) => {
                let read = self.read.remove(&scan.id).unwrap_or_default();
                let relation = level.relations.iter().find(|relation| relation.id == scan.id);
                let Some(Columns::Table(table)) = relation.map(|relation| &relation.columns) else {
                    return;
                };
                let names = read.into_iter().filter_map(|index| table.columns.get(index));
                scan.columns = names
                    .filter_map(|column| Identifier::new(column.name).ok())
                    .collect();
            }
            From::Derived { id: _, query: _ } | From::Cte { id: _, cte: _ } => {}
            From::Join {
                kind: _,
                left,
                right,
                on: _,
            } => {
                self.close(left, level);
                self.close(right, level);
            }
        }
    }
}
