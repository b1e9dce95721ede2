//! The name of an output without an alias, as PostgreSQL gives it.

use sqlparser::{ast, tokenizer::Location};

use super::{literal, parts, written};
use crate::sql::Syntax;

/// How much a label says, as PostgreSQL ranks them: a cast's operand yields to nothing but another name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    None,
    Weak,
    Strong,
}

/// The name that PostgreSQL gives to an output without an alias. It accepts nothing: the expression was taken apart before.
pub(super) fn label(expr: &ast::Expr, syntax: Syntax) -> (Strength, String) {
    let strong = |name: &str| (Strength::Strong, name.to_owned());
    match expr {
        ast::Expr::Identifier(ident) => (Strength::Strong, written(ident, syntax)),
        ast::Expr::CompoundIdentifier(parts) => (
            Strength::Strong,
            parts
                .last()
                .map(|ident| written(ident, syntax))
                .unwrap_or_default(),
        ),
        ast::Expr::Nested(inner) => label(inner, syntax),
        ast::Expr::Function(call) => match parts(&call.name, syntax).ok().and_then(|mut parts| parts.pop()) {
            Some(name) => (Strength::Strong, name),
            None => strong("?column?"),
        },
        ast::Expr::Cast { expr, data_type, .. } => match label(expr, syntax) {
            (Strength::None, _) => (Strength::Weak, type_label(data_type, syntax).to_owned()),
            named => named,
        },
        ast::Expr::Case { else_result, .. } => match else_result.as_deref().map(|expr| label(expr, syntax)) {
            Some((Strength::Strong, name)) => (Strength::Strong, name),
            _ => (Strength::Weak, "case".to_owned()),
        },
        ast::Expr::Exists { negated: false, .. } => strong("exists"),
        ast::Expr::Subquery(query) => match &*query.body {
            ast::SetExpr::Select(select) => match select.projection.as_slice() {
                [ast::SelectItem::ExprWithAlias { alias, .. }] => (Strength::Strong, written(alias, syntax)),
                [ast::SelectItem::UnnamedExpr(expr)] => label(expr, syntax),
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
        ast::Expr::TypedString(typed) => (Strength::Weak, type_label(&typed.data_type, syntax).to_owned()),
        ast::Expr::Value(ast::ValueWithSpan {
            value: ast::Value::Boolean(_),
            ..
        }) => (Strength::Weak, "bool".to_owned()),
        _ => (Strength::None, "?column?".to_owned()),
    }
}

/// The name of a type in the catalogue of PostgreSQL.
fn type_label(data_type: &ast::DataType, syntax: Syntax) -> &'static str {
    use crate::query::types::SqlType;
    match literal::sql_type(data_type, syntax, false, || Location { line: 0, column: 0 }) {
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
