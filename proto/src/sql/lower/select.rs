//! One SELECT block with its sort: outputs and their names, grouping, and what names mean in GROUP BY and ORDER BY.

use sqlparser::{ast, tokenizer::Location};

use super::{Lowerer, fold, identifier, literal, parts, place, refuse, sort_options, without_brackets};
use crate::{
    query::{
        expr::Expr,
        plan::{Distinct, From, Identifier, Item, Select, SortBy, SortKey},
    },
    sql::{
        SqlError,
        refusal::named as about,
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
        if qualify.is_some() {
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
        self.windows.push(named_window);

        let items = self.items(projection, start)?;
        let filter = selection.as_ref().map(|expr| self.expr(expr)).transpose()?;
        let group_by = self.group_by(group_by, &items, start)?;
        let having = having.as_ref().map(|expr| self.expr(expr)).transpose()?;
        let distinct = match distinct {
            None | Some(ast::Distinct::All) => Distinct::No,
            Some(ast::Distinct::Distinct) => Distinct::All,
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
            let (expr, descending, nulls_first) = sort_options(key)?;
            keys.push(SortKey {
                by: self.sort_by(expr, &items)?,
                descending,
                nulls_first,
            });
        }

        self.windows.pop();
        let level = self.scope.pop();
        if let Some(from) = &mut from {
            self.close(from, &level);
        }
        self.depth -= 1;
        Ok((
            Select {
                distinct,
                items,
                from,
                filter,
                group_by,
                having,
            },
            keys,
        ))
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
                    let label = label(expr).1;
                    let name = Identifier::new(&label)
                        .or_else(|error| refuse(place(expr), SqlError::from(error).message))?;
                    items.push(Item { expr: lowered, name });
                }
                ast::SelectItem::ExprWithAlias { expr, alias } => {
                    let needs_as = alias.quote_style.is_none() && NEED_AS.contains(&fold(alias).as_str());
                    if needs_as && !self.follows_as(alias.span.start) {
                        return refuse(alias.span.start, "this word is an alias only after AS");
                    }
                    let name = identifier(alias)?;
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
                    let parts = parts(name)?;
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
                    let name = fold(ident);
                    let local = self
                        .scope
                        .innermost()
                        .is_some_and(|level| !matches!(level.only(&name), Ok(None)));
                    match named(items, &name) {
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
                let name = fold(ident);
                let mut same = items.iter().filter(|item| item.name.as_str() == name);
                let first = same.next();
                if same.any(|other| Some(&other.expr) != first.map(|item| &item.expr)) {
                    return refuse(ident.span.start, about("two outputs are named ", &name, ""));
                }
                named(items, &name)
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
}

fn named(items: &[Item], name: &str) -> Option<usize> {
    items.iter().position(|item| item.name.as_str() == name)
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

/// How much a label says, as PostgreSQL ranks them: a cast's operand yields to nothing but another name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    None,
    Weak,
    Strong,
}

/// The name that PostgreSQL gives to an output without an alias. It accepts nothing: the expression was taken apart before.
fn label(expr: &ast::Expr) -> (Strength, String) {
    let strong = |name: &str| (Strength::Strong, name.to_owned());
    match expr {
        ast::Expr::Identifier(ident) => (Strength::Strong, fold(ident)),
        ast::Expr::CompoundIdentifier(parts) => {
            (Strength::Strong, parts.last().map(fold).unwrap_or_default())
        }
        ast::Expr::Nested(inner) => label(inner),
        ast::Expr::Function(call) => match parts(&call.name).ok().and_then(|mut parts| parts.pop()) {
            Some(name) => (Strength::Strong, name),
            None => strong("?column?"),
        },
        ast::Expr::Cast { expr, data_type, .. } => match label(expr) {
            (Strength::None, _) => (Strength::Weak, type_label(data_type).to_owned()),
            named => named,
        },
        ast::Expr::Case { else_result, .. } => match else_result.as_deref().map(label) {
            Some((Strength::Strong, name)) => (Strength::Strong, name),
            _ => (Strength::Weak, "case".to_owned()),
        },
        ast::Expr::Exists { negated: false, .. } => strong("exists"),
        ast::Expr::Subquery(query) => match &*query.body {
            ast::SetExpr::Select(select) => match select.projection.as_slice() {
                [ast::SelectItem::ExprWithAlias { alias, .. }] => (Strength::Strong, fold(alias)),
                [ast::SelectItem::UnnamedExpr(expr)] => label(expr),
                _ => (Strength::None, "?column?".to_owned()),
            },
            _ => (Strength::None, "?column?".to_owned()),
        },
        ast::Expr::Extract { .. } => strong("extract"),
        ast::Expr::AtTimeZone { .. } => strong("timezone"),
        ast::Expr::Position { .. } => strong("position"),
        ast::Expr::Substring { shorthand, .. } => strong(if *shorthand { "substr" } else { "substring" }),
        ast::Expr::Trim { trim_where, .. } => strong(match trim_where {
            None | Some(ast::TrimWhereField::Both) => "btrim",
            Some(ast::TrimWhereField::Leading) => "ltrim",
            Some(ast::TrimWhereField::Trailing) => "rtrim",
        }),
        ast::Expr::Ceil { .. } => strong("ceil"),
        ast::Expr::Floor { .. } => strong("floor"),
        ast::Expr::Interval(_) => (Strength::Weak, "interval".to_owned()),
        ast::Expr::TypedString(typed) => (Strength::Weak, type_label(&typed.data_type).to_owned()),
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::Boolean(_),
            ..
        }) => (Strength::Weak, "bool".to_owned()),
        _ => (Strength::None, "?column?".to_owned()),
    }
}

/// The name of a type in the catalogue of PostgreSQL.
fn type_label(data_type: &ast::DataType) -> &'static str {
    use crate::query::types::SqlType;
    match literal::sql_type(data_type, || Location { line: 0, column: 0 }) {
        Ok(SqlType::Boolean) => "bool",
        Ok(SqlType::SmallInt) => "int2",
        Ok(SqlType::Integer) => "int4",
        Ok(SqlType::BigInt) => "int8",
        Ok(SqlType::Numeric(_)) => "numeric",
        Ok(SqlType::Real) => "float4",
        Ok(SqlType::Double) => "float8",
        Ok(SqlType::Text) => "text",
        Ok(SqlType::Varchar(_)) => "varchar",
        Ok(SqlType::Date) => "date",
        Ok(SqlType::Time) => "time",
        Ok(SqlType::Timestamp) => "timestamp",
        Ok(SqlType::TimestampTz) => "timestamptz",
        Ok(SqlType::Interval) => "interval",
        Ok(SqlType::Json) => "json",
        Ok(SqlType::Jsonb) => "jsonb",
        Ok(SqlType::Uuid) => "uuid",
        Err(_) => "?column?",
    }
}
