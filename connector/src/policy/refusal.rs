//! What a refused query is told: the table or column, and the setting that would allow it.

use std::time::Duration;

use proto::{
    error::{Code, Fault},
    query::plan::PlanError,
};

use super::{
    budget::Exceeded,
    explain,
    file::{Budget, Document, Profile, Tables, Withheld},
    hours::Hours,
    pause,
    taint::{Computed, Masked},
};
use crate::mask::Mask;

/// Names in one refusal at the most: the widest table has under 40 columns, and a detail has to fit a log line.
const MAX_NAMED: usize = 12;

/// A query that the policy does not admit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For the metric's label.
    pub reason: Reason,
    /// For the caller.
    pub fault: Fault,
}

/// Why a query was refused: a label of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A table that is not in the inventory, or held back by name.
    Table,
    /// A column that is not in the inventory, or held back by name.
    Column,
    /// A category that is off.
    Category,
    /// A sensitive column that is not listed.
    Sensitivity,
    /// Rows in a form within which a bound on samples cannot be kept.
    Samples,
    /// Something is computed with a column that the connector masks.
    Masked,
    /// A plan of no catalogue.
    AdHoc,
    /// Outside the hours of service.
    Hours,
    /// The customer has paused the source.
    Paused,
    /// The policy makes too much of the plan.
    Size,
    /// Too many queries at once.
    Concurrency,
    /// Too many queries in a minute.
    Rate,
    /// Too many bytes in a day.
    Day,
    /// A statement that would cost the warehouse too much.
    Cost,
    /// A statement of which the warehouse itself says that it would do more than read the schema.
    Warehouse,
}

impl Reason {
    /// Every reason.
    pub const ALL: &[Reason] = &[
        Reason::Table,
        Reason::Column,
        Reason::Category,
        Reason::Sensitivity,
        Reason::Samples,
        Reason::Masked,
        Reason::AdHoc,
        Reason::Hours,
        Reason::Paused,
        Reason::Size,
        Reason::Concurrency,
        Reason::Rate,
        Reason::Day,
        Reason::Cost,
        Reason::Warehouse,
    ];

    /// The label.
    pub const fn name(self) -> &'static str {
        match self {
            Reason::Table => "table",
            Reason::Column => "column",
            Reason::Category => "category",
            Reason::Sensitivity => "sensitivity",
            Reason::Samples => "samples",
            Reason::Masked => "masked",
            Reason::AdHoc => "adhoc",
            Reason::Hours => "hours",
            Reason::Paused => "paused",
            Reason::Size => "size",
            Reason::Concurrency => "concurrent_queries",
            Reason::Rate => "queries_per_minute",
            Reason::Day => "bytes_per_day",
            Reason::Cost => "cost_per_query",
            Reason::Warehouse => "warehouse",
        }
    }
}

fn refuse(reason: Reason, detail: impl Into<String>) -> Refusal {
    Refusal {
        reason,
        fault: Fault::new(Code::RefusedByPolicy, detail.into()),
    }
}

/// A budget that is used up.
pub(super) fn exceeded(exceeded: Exceeded, budget: &Budget) -> Refusal {
    Refusal {
        reason: match exceeded {
            Exceeded::Concurrency => Reason::Concurrency,
            Exceeded::Rate(_) => Reason::Rate,
            Exceeded::Day(_) => Reason::Day,
        },
        fault: exceeded.fault(budget),
    }
}

/// The customer has paused the source.
pub fn paused(by: pause::By) -> Refusal {
    refuse(
        Reason::Paused,
        match by {
            pause::By::Policy => {
                "the customer has paused this source; it answers again once `pause = true` is taken out of its policy"
            }
            pause::By::Switch => {
                "the customer has paused this connector; it answers again after `connector resume` on its host"
            }
        },
    )
}

pub(super) fn closed(hours: &Hours, wait: Duration) -> Refusal {
    let minutes = wait.as_secs().div_ceil(60);
    let mut refusal = refuse(
        Reason::Hours,
        format!(
            "the customer's `[hours]` of service are {hours}; they begin in {} h {} min",
            minutes / 60,
            minutes % 60
        ),
    );
    refusal.fault = refusal.fault.retry_after(wait);
    refusal
}

pub(super) fn adhoc() -> Refusal {
    refuse(
        Reason::AdHoc,
        "the customer admits catalogued queries only; ad-hoc SQL needs `adhoc = true` in the policy",
    )
}

/// The plan is too large once the policy is written into it.
pub(super) fn rewriting(error: &PlanError) -> Refusal {
    Refusal {
        reason: Reason::Size,
        fault: Fault::new(
            Code::LimitExceeded,
            format!("with the customer's filters written into it, {error}; ask for less in one query"),
        ),
    }
}

/// Something is computed with a column that the connector masks.
pub(super) fn computed(document: &Document, why: Computed) -> Refusal {
    let setting = |masked: Masked| {
        let Masked { mask, column } = masked;
        let how = match mask {
            Mask::Redact => "redacted",
            Mask::Sha256 => "hashed",
        };
        let by = if document.is_masked_by_name(column) {
            format!("`columns.mask.\"{column}\" = \"{}\"`", mask.name())
        } else {
            format!("`profile = \"{}\"`", document.profile().name())
        };
        format!("column `{column}` leaves {how} by {by}")
    };
    match why {
        Computed::With(masked) => refuse(
            Reason::Masked,
            format!(
                "{}: it may be selected and not computed with, so leave it out of conditions, functions, joins, sorting, grouping, DISTINCT and subqueries that are values",
                setting(masked)
            ),
        ),
        Computed::Mixed(one, other) => refuse(
            Reason::Masked,
            format!(
                "{}, and {}: two masks cannot share an output of UNION ALL",
                setting(one),
                setting(other)
            ),
        ),
        Computed::Unresolved => refuse(Reason::Masked, "the plan refers to a column that is not in scope"),
    }
}

/// Tables or columns that are held back for one cause.
pub(super) fn withheld(document: &Document, cause: Withheld, names: &[String]) -> Refusal {
    let more = names.len().saturating_sub(MAX_NAMED);
    let list = |mark: char| {
        let names = names.iter().take(MAX_NAMED);
        let marked: Vec<String> = names.map(|name| format!("{mark}{name}{mark}")).collect();
        marked.join(", ")
    };
    let (mut what, quoted) = (list('`'), list('"'));
    if more > 0 {
        what.push_str(&format!(" and {more} more"));
    }
    let is = if names.len() == 1 { "is" } else { "are" };
    match cause {
        Withheld::UnknownTable => refuse(
            Reason::Table,
            format!(
                "table {what} is not part of the Elementary schema that this connector serves; no setting allows it"
            ),
        ),
        Withheld::UnknownColumn => refuse(
            Reason::Column,
            format!(
                "column {what} is not part of the Elementary schema that this connector serves; no setting allows it"
            ),
        ),
        Withheld::Table => {
            let setting = match document.tables() {
                Tables::AllBut(_) => format!("take {quoted} out of `tables.deny`"),
                Tables::Only(_) => format!("add {quoted} to `tables.allow`"),
            };
            refuse(
                Reason::Table,
                format!("table {what} is held back by the customer; {setting}"),
            )
        }
        Withheld::Category(category) => refuse(
            Reason::Category,
            format!("{what} {is} of category {category}, which is off; set `categories.{category} = true`"),
        ),
        Withheld::Dropped => refuse(
            Reason::Column,
            format!("column {what} is held back by the customer; take {quoted} out of `columns.drop`"),
        ),
        Withheld::Sensitive(sensitivity) => {
            let profile = match document.profile() {
                Profile::Strict => "choose the profile \"balanced\" and ",
                Profile::Balanced | Profile::Full => "",
            };
            refuse(
                Reason::Sensitivity,
                format!(
                    "column {what} holds {} (sensitivity {}); {profile}set `columns.allow = [{quoted}]`",
                    explain::holds(sensitivity),
                    sensitivity.name(),
                ),
            )
        }
        Withheld::Sample(setting) => refuse(
            Reason::Samples,
            format!(
                "column {what} holds rows in a form within which `{setting}` cannot be kept, so it is withheld; `test_result_rows` has the rows one by one, and without `{setting}` the column can be read"
            ),
        ),
    }
}
