//! Which outputs of a plan are masked by the connector, and that nothing is computed with a masked column.
//!
//! A column that the connector masks in the result reaches the warehouse's statement as it is, so a predicate, a
//! function, a sort or a group over it would tell of what the mask hides, a bit at a time. Such a column may only be
//! selected: as a bare output, through derived tables, CTEs, joins and `UNION ALL`. Everything else is refused. The walk
//! takes every form apart field by field, so that a new one does not compile until it is thought of here.

use std::collections::{BTreeMap, BTreeSet};

use proto::query::{
    expr::{ColumnRef, Expr, RelId},
    plan::{Body, Cte, CteId, Distinct, From, Item, Plan, Query, Scan, Select, SetOp, SortBy, SortKey},
    walk::Child,
};

use super::file::{ColumnName, Document, Treatment};
use crate::mask::Mask;

/// A column of a relation: masked, or free to be computed with.
pub(super) type Taint = Option<Masked>;

/// A masked column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Masked {
    /// How.
    pub(super) mask: Mask,
    /// Which.
    pub(super) column: ColumnName,
}

/// Why a plan does more than select masked columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Computed {
    /// The plan computes with it.
    With(Masked),
    /// `UNION ALL` would put two masks on one output.
    Mixed(Masked, Masked),
    /// A reference that a checked plan does not have.
    Unresolved,
}

/// What the walk found.
#[derive(Debug)]
pub(super) struct Found {
    /// The mask of each output.
    pub(super) outputs: Vec<Taint>,
    /// Every relation's number.
    pub(super) relations: BTreeSet<RelId>,
}

/// Walks a plan.
pub(super) fn walk(document: &Document, plan: &Plan) -> Result<Found, Computed> {
    let mut walk = Walk {
        document,
        ctes: BTreeMap::new(),
        relations: BTreeMap::new(),
    };
    let outputs = walk.query(plan.query())?;
    Ok(Found {
        outputs,
        relations: walk.relations.into_keys().collect(),
    })
}

struct Walk<'a> {
    document: &'a Document,
    ctes: BTreeMap<CteId, Vec<Taint>>,
    /// Numbers are unique in a plan, so that every relation that was met can stay: scopes were checked with the plan.
    relations: BTreeMap<RelId, Vec<Taint>>,
}

impl Walk<'_> {
    fn query(&mut self, query: &Query) -> Result<Vec<Taint>, Computed> {
        let Query {
            ctes,
            body,
            order_by,
            limit: _,
            offset: _,
        } = query;
        for Cte {
            id,
            query,
            materialized: _,
        } in ctes
        {
            let columns = self.query(query)?;
            self.ctes.insert(*id, columns);
        }
        let outputs = match body {
            Body::Select(select) => self.select(select)?,
            Body::Set { op, all, left, right } => {
                let (left, right) = (self.query(left)?, self.query(right)?);
                let keeps_rows = matches!((op, all), (SetOp::Union, true));
                let both = left.into_iter().zip(right);
                both.map(|(left, right)| match (left, right) {
                    (None, None) => Ok(None),
                    // Any other operation compares rows.
                    (Some(masked), _) | (None, Some(masked)) if !keeps_rows => Err(Computed::With(masked)),
                    (Some(one), Some(other)) if one.mask != other.mask => Err(Computed::Mixed(one, other)),
                    // The other side's values are masked with it: more than is needed, and never less.
                    (Some(masked), _) | (None, Some(masked)) => Ok(Some(masked)),
                })
                .collect::<Result<_, _>>()?
            }
        };
        for SortKey {
            by,
            descending: _,
            nulls_first: _,
        } in order_by
        {
            match by {
                SortBy::Output(position) => {
                    let output = outputs.get(usize::from(*position));
                    free(*output.ok_or(Computed::Unresolved)?)?;
                }
                SortBy::Expr(expr) => self.computes(expr)?,
            }
        }
        Ok(outputs)
    }

    fn select(&mut self, select: &Select) -> Result<Vec<Taint>, Computed> {
        let Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        } = select;
        if let Some(from) = from {
            self.from(from)?;
        }
        let mut outputs = Vec::with_capacity(items.len());
        for Item { expr, name: _ } in items {
            outputs.push(match expr {
                Expr::Column(column) => self.column(*column)?,
                computed => {
                    self.computes(computed)?;
                    None
                }
            });
        }
        match distinct {
            Distinct::No => {}
            Distinct::All => outputs.iter().try_for_each(|output| free(*output))?,
            Distinct::On(exprs) => exprs.iter().try_for_each(|expr| self.computes(expr))?,
        }
        for expr in filter.iter().chain(group_by).chain(having) {
            self.computes(expr)?;
        }
        Ok(outputs)
    }

    fn from(&mut self, from: &From) -> Result<(), Computed> {
        match from {
            From::Scan(Scan { id, table, columns }) => {
                let taints = columns
                    .iter()
                    .map(|column| self.scanned(table.as_str(), column.as_str()));
                let taints = taints.collect();
                self.relations.insert(*id, taints);
                Ok(())
            }
            From::Derived { id, query } => {
                let columns = self.query(query)?;
                self.relations.insert(*id, columns);
                Ok(())
            }
            From::Cte { id, cte } => {
                let columns = self.ctes.get(cte).cloned().ok_or(Computed::Unresolved)?;
                self.relations.insert(*id, columns);
                Ok(())
            }
            From::Join {
                kind: _,
                left,
                right,
                on,
            } => {
                self.from(left)?;
                self.from(right)?;
                on.iter().try_for_each(|on| self.computes(on))
            }
        }
    }

    /// What is withheld altogether was refused before this walk.
    fn scanned(&self, table: &str, column: &str) -> Taint {
        let table = self.document.table(table).ok()?;
        let readable = self.document.column(table, column).ok()?;
        match readable.treatment {
            Treatment::Plain | Treatment::Null | Treatment::Truncate(_) => None,
            Treatment::Connector(mask) => Some(Masked {
                mask,
                column: ColumnName {
                    table: table.name,
                    column: readable.column.name,
                },
            }),
        }
    }

    fn column(&self, column: ColumnRef) -> Result<Taint, Computed> {
        let ColumnRef { rel, column } = column;
        let columns = self.relations.get(&rel).ok_or(Computed::Unresolved)?;
        columns
            .get(usize::from(column))
            .copied()
            .ok_or(Computed::Unresolved)
    }

    /// An expression whose value decides or becomes something else: it has no masked column anywhere in it.
    fn computes(&mut self, expr: &Expr) -> Result<(), Computed> {
        if let Expr::Column(column) = expr {
            return free(self.column(*column)?);
        }
        let mut children = Vec::new();
        expr.visit_children(&mut |child| children.push(child));
        for child in children {
            match child {
                Child::Expr(expr) => self.computes(expr)?,
                Child::Query(query) => {
                    let outputs = self.query(query)?;
                    outputs.into_iter().try_for_each(free)?;
                }
            }
        }
        Ok(())
    }
}

fn free(taint: Taint) -> Result<(), Computed> {
    match taint {
        None => Ok(()),
        Some(masked) => Err(Computed::With(masked)),
    }
}
