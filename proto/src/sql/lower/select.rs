//! One SELECT block with its sort: outputs and their names, grouping, and what names mean in GROUP BY and ORDER BY.

use sqlparser::{ast, tokenizer::Location};

use super::label::label;
use super::{Lowerer, literal, parts, place, refuse, sort_options, without_brackets};
use crate::{
    query::{
        expr::{ColumnRef, Expr},
        plan::{Body, Distinct, From, Identifier, Item, Query, Select, SortBy, SortKey},
    },
    sql::{
        SqlError, Syntax,
        refusal::{named as about, numbered},
        scope::{Level, Visible},
    },
};

/// Words that PostgreSQL does not take as a column's alias without AS, but the parser does.
const NEED_AS: &[&str] = &[
    "array",
    "as",
    "char",
    "character",
    "create",
    "day",
    "except",
    "fetch",
    "filter",
    "for",
    "from",
    "grant",
    "group",
    "having",
    "hour",
    "intersect",
    "into",
    "isnull",
    "limit",
    "minute",
    "month",
    "notnull",
    "offset",
    "on",
    "order",
    "over",
    "overlaps",
    "precision",
    "returning",
    "second",
    "to",
    "union",
    "varying",
    "where",
    "window",
    "with",
    "within",
    "without",
    "year",
];

impl<'a> Lowerer<'a> {
    pub(super) fn select(
        &mut self,
        select: &'a ast::Select,
        order_by: &'a [ast::OrderByExpr],
    ) -> Result<(Select, Vec<SortKey>), SqlError> {
        let ast::Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        let start = || place(select);
        if into.is_some() {
            return refuse(start(), "SELECT INTO is not accepted");
        }
        if qualify.is_some() && !self.syntax.qualify() {
            return refuse(start(), "QUALIFY is not accepted");
        }
        let standard = optimizer_hints.is_empty()
            && select_modifiers.is_none()
            && top.is_none()
            && exclude.is_none()
            && lateral_views.is_empty()
            && prewhere.is_none()
            && connect_by.is_empty()
            && cluster_by.is_empty()
            && distribute_by.is_empty()
            && sort_by.is_empty()
            && value_table_mode.is_none()
            && matches!(flavor, ast::SelectFlavor::Standard);
        if !standard {
            return refuse(start(), "a clause of another dialect is not accepted");
        }
        self.deepen(start)?;
        let (mut from, level) = self.from(from)?;
        self.scope.push(level);
        self.windows.push((named_window, vec![false; named_window.len()]));

        let around = std::mem::take(&mut self.unsure);
        let items = self.items(projection, start)?;
        let clashes = self.clashes(&items);
        if self.syntax == Syntax::ClickHouse {
            self.unsure.clone_from(&clashes);
        }
        let filter = selection.as_ref().map(|expr| self.expr(expr)).transpose()?;
        // DuckDB takes the column first here, as PostgreSQL does.
        if self.syntax != Syntax::DuckDb {
            self.unsure.clone_from(&clashes);
        }
        let group_by = self.group_by(group_by, &items, start)?;
        let having = having.as_ref().map(|expr| self.expr(expr)).transpose()?;
        let qualify = match qualify {
            None => None,
            Some(expr) => {
                let outputs = std::mem::replace(&mut self.outputs, items.clone());
                self.unsure = clashes;
                let lowered = self.expr(expr)?;
                self.outputs = outputs;
                Some(lowered)
            }
        };
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => Distinct::No,
            Some(ast::Distinct::Distinct) => Distinct::All,
            Some(ast::Distinct::On(_)) if !self.syntax.distinct_on() => {
                return refuse(start(), "this engine has no DISTINCT ON");
            }
            Some(ast::Distinct::On(exprs)) => {
                let mut on = Vec::with_capacity(exprs.len());
                for expr in exprs {
                    on.push(match self.sort_by(without_brackets(expr), &items)? {
                        SortBy::Expr(expr) => expr,
                        SortBy::Output(position) => output(&items, usize::from(position), place(expr))?,
                    });
                }
                Distinct::On(on)
            }
        };
        let mut keys = Vec::with_capacity(order_by.len());
        for key in order_by {
            let (expr, descending, nulls_first) = sort_options(key, self.syntax)?;
            keys.push(SortKey {
                by: self.sort_by(expr, &items)?,
                descending,
                nulls_first,
            });
        }

        self.unsure = around;
        // What nobody uses is not looked at, and what was not looked at is not accepted.
        let (_, used) = self.windows.pop().unwrap_or_default();
        if let Some((ast::NamedWindowDefinition(name, _), _)) =
            named_window.iter().zip(used).find(|(_, used)| !used)
        {
            return refuse(
                name.span.start,
                about("window ", &self.written(name), " is not used"),
            );
        }
        let level = self.scope.pop();
        if let Some(from) = &mut from {
            self.close(from, &level);
        }
        self.depth -= 1;
        let block = Select {
            distinct,
            items,
            from,
            filter,
            group_by,
            having,
        };
        match qualify {
            None => Ok((block, keys)),
            Some(condition) => self.qualified(block, keys, condition, start()),
        }
    }

    /// QUALIFY filters what windows computed: the block becomes a derived table, and its condition, sort keys and
    /// DISTINCT ON become outputs of it.
    fn qualified(
        &mut self,
        mut block: Select,
        mut keys: Vec<SortKey>,
        condition: Expr,
        start: Location,
    ) -> Result<(Select, Vec<SortKey>), SqlError> {
        let names: Vec<Identifier> = block.items.iter().map(|item| item.name.clone()).collect();
        let distinct = std::mem::replace(&mut block.distinct, Distinct::No);
        let mut hidden = Vec::new();
        let mut hide = |expr: Expr| -> Result<u16, SqlError> {
            hidden.push(expr);
            u16::try_from(names.len() + hidden.len() - 1).or_else(|_| refuse(start, "too many outputs"))
        };
        let condition = hide(condition)?;
        let mut on = Vec::new();
        if let Distinct::On(exprs) = &distinct {
            for expr in exprs {
                on.push(hide(expr.clone())?);
            }
        }
        let mut by = Vec::with_capacity(keys.len());
        for key in &keys {
            by.push(match &key.by {
                SortBy::Expr(expr) => Some(hide(expr.clone())?),
                SortBy::Output(_) => None,
            });
        }
        for (number, expr) in hidden.into_iter().enumerate() {
            let name = Identifier::new(&numbered("qualify", number))?;
            block.items.push(Item { expr, name });
        }
        let rel = self.relation(start)?;
        let column = |column| Expr::Column(ColumnRef { rel, column });
        for (key, by) in keys.iter_mut().zip(by) {
            if let Some(position) = by {
                key.by = SortBy::Expr(column(position));
            }
        }
        let query = Box::new(Query {
            ctes: Vec::new(),
            body: Body::Select(Box::new(block)),
            order_by: Vec::new(),
            limit: None,
            offset: None,
        });
        let mut items = Vec::with_capacity(names.len());
        for (position, name) in names.into_iter().enumerate() {
            let position = u16::try_from(position).or_else(|_| refuse(start, "too many outputs"))?;
            items.push(Item {
                expr: column(position),
                name,
            });
        }
        let block = Select {
            distinct: match distinct {
                Distinct::On(_) => Distinct::On(on.into_iter().map(column).collect()),
                other => other,
            },
            items,
            from: Some(From::Derived { id: rel, query }),
            filter: Some(column(condition)),
            group_by: Vec::new(),
            having: None,
        };
        Ok((block, keys))
    }

    /// Outputs that are named like a column of the FROM clause and are something else: outside PostgreSQL, what such a
    /// name means after the projection is not the same everywhere.
    fn clashes(&self, items: &[Item]) -> Vec<String> {
        if self.syntax.is_postgres() {
            return Vec::new();
        }
        let level = self.scope.innermost();
        let other = |item: &&Item| match level.map(|level| level.only(item.name.as_str(), self.syntax)) {
            Some(Ok(Some(visible))) => !self.scope.is(&item.expr, &visible.source),
            _ => false,
        };
        items
            .iter()
            .filter(other)
            .map(|item| item.name.as_str().to_owned())
            .collect()
    }

    fn close(&mut self, from: &mut From, level: &Level<'a>) {
        self.scope.close(from, level);
    }

    fn items(
        &mut self,
        projection: &'a [ast::SelectItem],
        start: impl Fn() -> Location,
    ) -> Result<Vec<Item>, SqlError> {
        let mut items = Vec::with_capacity(projection.len());
        for item in projection {
            match item {
                ast::SelectItem::UnnamedExpr(expr) => {
                    let lowered = self.expr(expr)?;
                    let label = label(expr, self.syntax).1;
                    let name = Identifier::new(&label)
                        .or_else(|error| refuse(place(expr), SqlError::from(error).message))?;
                    items.push(Item { expr: lowered, name });
                }
                ast::SelectItem::ExprWithAlias { expr, alias } => {
                    let needs_as = alias.quote_style.is_none()
                        && NEED_AS.contains(&alias.value.to_ascii_lowercase().as_str());
                    if needs_as && !self.follows_as(alias.span.start) {
                        return refuse(alias.span.start, "this word is an alias only after AS");
                    }
                    let name = self.identifier(alias)?;
                    items.push(Item {
                        expr: self.expr(expr)?,
                        name,
                    });
                }
                ast::SelectItem::Wildcard(options) => {
                    plain_wildcard(options)?;
                    let visible = self
                        .scope
                        .innermost()
                        .map(|level| level.visible.clone())
                        .unwrap_or_default();
                    if visible.is_empty() {
                        return refuse(start(), "`*` needs a FROM clause");
                    }
                    self.expand(visible, &mut items)?;
                }
                ast::SelectItem::QualifiedWildcard(kind, options) => {
                    plain_wildcard(options)?;
                    let ast::SelectItemQualifiedWildcardKind::ObjectName(name) = kind else {
                        return refuse(start(), "`.*` after an expression is not accepted");
                    };
                    let parts = parts(name, self.syntax)?;
                    let visible = match parts.as_slice() {
                        [alias] => self.scope.all_of(alias),
                        _ => None,
                    };
                    let Some(visible) = visible else {
                        return refuse(
                            place(name),
                            about("", &parts.join("."), " is not a relation of this FROM clause"),
                        );
                    };
                    self.expand(visible, &mut items)?;
                }
                ast::SelectItem::ExprWithAliases { expr, aliases: _ } => {
                    return refuse(place(expr), "several aliases of one expression are not accepted");
                }
            }
        }
        if items.is_empty() {
            return refuse(start(), "SELECT returns at least one column");
        }
        Ok(items)
    }

    fn expand(&mut self, columns: Vec<Visible>, items: &mut Vec<Item>) -> Result<(), SqlError> {
        for Visible { name, source } in columns {
            items.push(Item {
                expr: self.scope.expr(&source),
                name: Identifier::new(&name)?,
            });
        }
        Ok(())
    }

    fn group_by(
        &mut self,
        group_by: &'a ast::GroupByExpr,
        items: &[Item],
        start: impl Fn() -> Location,
    ) -> Result<Vec<Expr>, SqlError> {
        let exprs = match group_by {
            ast::GroupByExpr::Expressions(exprs, modifiers) if modifiers.is_empty() => exprs,
            _ => return refuse(start(), "GROUP BY takes expressions and positions only"),
        };
        let mut grouped = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let expr = without_brackets(expr);
            grouped.push(match expr {
                // An input column comes before an output of the same name.
                ast::Expr::Identifier(ident) => {
                    let name = self.written(ident);
                    let local = self.scope.is_local(&name);
                    match self.named(items, &name) {
                        Some(position) if !local => output(items, position, ident.span.start)?,
                        _ => self.expr(expr)?,
                    }
                }
                ast::Expr::Value(_) => match literal::position(expr)? {
                    Some(position) => output(items, position, place(expr))?,
                    None => return refuse(place(expr), "a constant in GROUP BY is not accepted"),
                },
                _ => self.expr(expr)?,
            });
        }
        Ok(grouped)
    }

    /// What a key of ORDER BY or DISTINCT ON means: an output by position or name, else an expression. An output that is a
    /// mere column becomes that column, so that the same query has one form.
    fn sort_by(&mut self, expr: &'a ast::Expr, items: &[Item]) -> Result<SortBy, SqlError> {
        let position = match expr {
            ast::Expr::Identifier(ident) => {
                let name = self.written(ident);
                let mut same = items
                    .iter()
                    .filter(|item| self.syntax.same(item.name.as_str(), &name));
                let first = same.next();
                if same.any(|other| Some(&other.expr) != first.map(|item| &item.expr)) {
                    return refuse(ident.span.start, about("two outputs are named ", &name, ""));
                }
                self.named(items, &name)
            }
            ast::Expr::Value(_) => match literal::position(expr)? {
                Some(position) => Some(position),
                None => return refuse(place(expr), "a constant in ORDER BY is not accepted"),
            },
            _ => None,
        };
        let Some(position) = position else {
            return Ok(SortBy::Expr(self.expr(expr)?));
        };
        match (items.get(position), u16::try_from(position)) {
            (
                Some(Item {
                    expr: column @ Expr::Column(_),
                    name: _,
                }),
                _,
            ) => Ok(SortBy::Expr(column.clone())),
            (Some(_), Ok(position)) => Ok(SortBy::Output(position)),
            _ => refuse(place(expr), "there is no output at this position"),
        }
    }

    fn named(&self, items: &[Item], name: &str) -> Option<usize> {
        items
            .iter()
            .position(|item| self.syntax.same(item.name.as_str(), name))
    }
}

fn output(items: &[Item], position: usize, place: Location) -> Result<Expr, SqlError> {
    match items.get(position) {
        Some(item) => Ok(item.expr.clone()),
        None => refuse(place, "there is no output at this position"),
    }
}

fn plain_wildcard(options: &ast::WildcardAdditionalOptions) -> Result<(), SqlError> {
    let ast::WildcardAdditionalOptions {
        wildcard_token,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    if plain {
        Ok(())
    } else {
        refuse(wildcard_token.0.span.start, "`*` with options is not accepted")
    }
}
