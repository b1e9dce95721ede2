//! FROM: known tables, CTEs, derived tables and joins.

use sqlparser::ast;

use super::{Lowerer, parts, place, refuse};
use crate::{
    query::{
        expr::{BinaryOp, Expr},
        plan::{From, Identifier, JoinKind, Scan},
    },
    sql::{
        SqlError, Syntax,
        refusal::{named, numbered},
        scope::{Columns, Level, Meaning, Relation, Source, Visible},
    },
};

/// A join's condition as written.
enum Condition<'a> {
    On(&'a ast::Expr),
    Using(&'a [ast::ObjectName]),
    Cross,
}

impl<'a> Lowerer<'a> {
    /// The FROM clause and what it brings into scope. Commas are cross joins, of which a plan has one.
    pub(super) fn from(
        &mut self,
        tables: &'a [ast::TableWithJoins],
    ) -> Result<(Option<From>, Level<'a>), SqlError> {
        let mut whole: Option<(From, Level<'a>)> = None;
        for table in tables {
            let next = self.joined(table)?;
            whole = Some(match whole {
                None => next,
                Some(before) => self.join(table, JoinKind::Cross, before, next, Condition::Cross)?,
            });
        }
        Ok(whole.map_or_else(|| (None, Level::default()), |(from, level)| (Some(from), level)))
    }

    fn joined(&mut self, table: &'a ast::TableWithJoins) -> Result<(From, Level<'a>), SqlError> {
        let ast::TableWithJoins { relation, joins } = table;
        let mut whole = self.factor(relation)?;
        for join in joins {
            let ast::Join {
                relation,
                global,
                join_operator,
            } = join;
            if *global {
                return refuse(place(relation), "GLOBAL JOIN is not accepted");
            }
            use ast::JoinOperator as Operator;
            let (kind, constraint) = match join_operator {
                Operator::Join(constraint) | Operator::Inner(constraint) => (JoinKind::Inner, constraint),
                Operator::Left(constraint) | Operator::LeftOuter(constraint) => (JoinKind::Left, constraint),
                Operator::Right(constraint) | Operator::RightOuter(constraint) => {
                    (JoinKind::Right, constraint)
                }
                Operator::FullOuter(constraint) => (JoinKind::Full, constraint),
                Operator::CrossJoin(constraint) => (JoinKind::Cross, constraint),
                _ => return refuse(place(relation), "this kind of join is not accepted"),
            };
            let condition = match (kind, constraint) {
                (JoinKind::Cross, ast::JoinConstraint::None) => Condition::Cross,
                (JoinKind::Cross, _) => return refuse(place(relation), "a cross join has no condition"),
                (_, ast::JoinConstraint::On(on)) => Condition::On(on),
                (_, ast::JoinConstraint::Using(columns)) => Condition::Using(columns),
                (_, ast::JoinConstraint::UsingAlias(_, _)) => {
                    return refuse(place(relation), "an alias of USING is not accepted");
                }
                (_, ast::JoinConstraint::Natural) => {
                    return refuse(
                        place(relation),
                        "NATURAL JOIN is not accepted; name the columns with USING",
                    );
                }
                (_, ast::JoinConstraint::None) => {
                    return refuse(
                        place(relation),
                        "a join needs ON or USING directly after its table",
                    );
                }
            };
            let right = self.factor(relation)?;
            whole = self.join(relation, kind, whole, right, condition)?;
        }
        Ok(whole)
    }

    fn join(
        &mut self,
        node: &impl ast::Spanned,
        kind: JoinKind,
        left: (From, Level<'a>),
        right: (From, Level<'a>),
        condition: Condition<'a>,
    ) -> Result<(From, Level<'a>), SqlError> {
        let merged = match &condition {
            Condition::Using(columns) => self.using(node, kind, &left.1, &right.1, columns)?,
            Condition::On(_) | Condition::Cross => Merged::default(),
        };
        let mut level = left.1.beside(right.1, self.syntax).or_else(|alias| {
            refuse(
                place(node),
                named("two relations are named ", &alias, "; give one an alias"),
            )
        })?;
        if !merged.visible.is_empty() {
            let rest = level.visible.into_iter().filter(|visible| {
                let same = |merged: &Visible| self.syntax.same(&merged.name, &visible.name);
                !merged.visible.iter().any(same)
            });
            level.visible = merged.visible.iter().cloned().chain(rest).collect();
        }
        let on = match condition {
            Condition::Cross => None,
            Condition::Using(_) => merged.on,
            Condition::On(on) => {
                self.scope.push(level);
                let on = self.expr(on)?;
                level = self.scope.pop();
                Some(on)
            }
        };
        Ok((
            From::Join {
                kind,
                left: Box::new(left.0),
                right: Box::new(right.0),
                on,
            },
            level,
        ))
    }

    fn using(
        &mut self,
        node: &impl ast::Spanned,
        kind: JoinKind,
        left: &Level<'a>,
        right: &Level<'a>,
        columns: &[ast::ObjectName],
    ) -> Result<Merged, SqlError> {
        let mut merged = Merged::default();
        let mut conditions = Vec::with_capacity(columns.len());
        for column in columns {
            let parts = parts(column, self.syntax)?;
            let [name] = parts.as_slice() else {
                return refuse(place(column), "USING takes bare column names");
            };
            if merged
                .visible
                .iter()
                .any(|known| self.syntax.same(&known.name, name))
            {
                return refuse(place(column), named("USING names ", name, " twice"));
            }
            let (Ok(Some(on_left)), Ok(Some(on_right))) =
                (left.only(name, self.syntax), right.only(name, self.syntax))
            else {
                return refuse(
                    place(column),
                    named("", name, " is not one column on each side of the join"),
                );
            };
            conditions.push(Expr::Binary {
                op: BinaryOp::Eq,
                left: Box::new(self.scope.expr(&on_left.source)),
                right: Box::new(self.scope.expr(&on_right.source)),
            });
            let source = match kind {
                JoinKind::Right => on_right.source.clone(),
                JoinKind::Full => Source::Either(
                    Box::new(on_left.source.clone()),
                    Box::new(on_right.source.clone()),
                ),
                JoinKind::Inner | JoinKind::Left | JoinKind::Cross => on_left.source.clone(),
            };
            merged.visible.push(Visible {
                name: name.clone(),
                source,
            });
        }
        merged.on = match conditions.len() {
            0 => return refuse(place(node), "USING names no column"),
            1 => conditions.pop(),
            _ => Some(Expr::And(conditions)),
        };
        Ok(merged)
    }

    fn factor(&mut self, factor: &'a ast::TableFactor) -> Result<(From, Level<'a>), SqlError> {
        match factor {
            ast::TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_directives,
                inheritance,
            } => {
                if args.is_some() || *with_ordinality {
                    return refuse(place(factor), "a function as a table is not accepted");
                }
                let bare = with_hints.is_empty()
                    && version.is_none()
                    && partitions.is_empty()
                    && json_path.is_none()
                    && sample.is_none()
                    && index_directives.is_empty()
                    && inheritance.is_none();
                if !bare {
                    return refuse(
                        place(factor),
                        "hints, versions, samples, partitions and ONLY are not accepted",
                    );
                }
                self.table(name, alias.as_ref())
            }
            ast::TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample,
            } => {
                if *lateral || sample.is_some() {
                    return refuse(place(factor), "LATERAL and samples are not accepted");
                }
                if alias.is_none() && self.syntax.is_postgres() {
                    return refuse(place(factor), "a subquery in FROM needs an alias");
                }
                let query = self.query(subquery)?;
                let id = self.relation(place(factor))?;
                let (alias, columns) = match alias {
                    Some(alias) => (self.written(&alias.name), self.renamed(alias, query.output())?),
                    // No text can write this name.
                    None => (numbered("\0", usize::from(id.0)), query.output()),
                };
                let columns = Columns::Outputs(columns);
                let level = Level::of(
                    Relation {
                        id,
                        alias,
                        plain_table: false,
                        columns,
                    },
                    self.syntax,
                );
                Ok((
                    From::Derived {
                        id,
                        query: Box::new(query),
                    },
                    level,
                ))
            }
            ast::TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => {
                self.deepen(|| place(factor))?;
                let joined = self.joined(table_with_joins)?;
                self.depth -= 1;
                Ok(joined)
            }
            ast::TableFactor::NestedJoin {
                table_with_joins: _,
                alias: Some(_),
            } => refuse(place(factor), "an alias of a join in brackets is not accepted"),
            ast::TableFactor::TableFunction { .. }
            | ast::TableFactor::Function { .. }
            | ast::TableFactor::UNNEST { .. } => {
                refuse(place(factor), "a function as a table is not accepted")
            }
            _ => refuse(place(factor), "FROM takes tables, CTEs, subqueries and joins"),
        }
    }

    fn table(
        &mut self,
        name: &'a ast::ObjectName,
        alias: Option<&'a ast::TableAlias>,
    ) -> Result<(From, Level<'a>), SqlError> {
        let mut parts = parts(name, self.syntax)?;
        if self.syntax.quoted_paths() {
            parts = parts
                .iter()
                .flat_map(|part| part.split('.'))
                .map(str::to_owned)
                .collect();
        }
        let Some(meaning) = self.scope.table(&parts) else {
            return refuse(
                place(name),
                named("", &parts.join("."), " is not a table of the Elementary schema"),
            );
        };
        let (visible, plain_table) = match alias {
            None => (parts.last().cloned().unwrap_or_default(), true),
            Some(ast::TableAlias {
                explicit: _,
                name,
                columns: _,
                at: _,
            }) => {
                // What reads as an alias is a modifier there: it would change which rows are read.
                let modifier = name.quote_style.is_none()
                    && ["final", "sample", "prewhere"]
                        .iter()
                        .any(|word| name.value.eq_ignore_ascii_case(word));
                if modifier && self.syntax == Syntax::ClickHouse {
                    return refuse(name.span.start, "FINAL, SAMPLE and PREWHERE are not accepted");
                }
                (self.written(name), false)
            }
        };
        let id = self.relation(place(name))?;
        let (from, columns) = match meaning {
            Meaning::Unsure => {
                return refuse(
                    place(name),
                    "a CTE of this name is being defined: put the schema before the table's name",
                );
            }
            Meaning::Cte(cte, outputs) => {
                let outputs = match alias {
                    None => outputs,
                    Some(alias) => self.renamed(alias, outputs)?,
                };
                (From::Cte { id, cte }, Columns::Outputs(outputs))
            }
            Meaning::Table(table) => {
                if let Some(ast::TableAlias {
                    explicit: _,
                    name,
                    columns,
                    at,
                }) = alias
                    && (!columns.is_empty() || at.is_some())
                {
                    return refuse(
                        name.span.start,
                        "an alias that renames a table's columns is not accepted",
                    );
                }
                self.scope.scan(id);
                let table_name = Identifier::new(table.name)?;
                (
                    From::Scan(Scan {
                        id,
                        table: table_name,
                        columns: Vec::new(),
                    }),
                    Columns::Table(table),
                )
            }
        };
        let is_table = matches!(columns, Columns::Table(_));
        let plain_table = plain_table && is_table;
        Ok((
            from,
            Level::of(
                Relation {
                    id,
                    alias: visible,
                    plain_table,
                    columns,
                },
                self.syntax,
            ),
        ))
    }
}

/// What USING makes of its columns.
#[derive(Default)]
struct Merged {
    visible: Vec<Visible>,
    on: Option<Expr>,
}
