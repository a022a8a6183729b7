//! The order in which statements follow from one another.

use std::collections::BTreeSet;

use domain::Money;

use crate::{Balance, Doubt, Statement, identity};

/// Sorts statements so that each follows from the one before: by opening date,
/// closing date, number and page, and, if those of an account and the same days
/// are not consecutive then, by their balances.
///
/// Some banks write the newest statement first or give all pages of a day one
/// number, and files are named in any order. Equal statements keep their order.
pub fn in_order(mut statements: Vec<Statement>) -> Vec<Statement> {
    statements.sort_by_cached_key(|statement| {
        let date = |balance: Option<Balance>| balance.map(|balance| balance.date);
        (
            statement.account_id.clone(),
            date(statement.opening),
            date(statement.closing),
            statement.sequence(),
        )
    });
    let mut ordered: Vec<Statement> = Vec::with_capacity(statements.len());
    let mut rest = statements.into_iter().peekable();
    while let Some(first) = rest.next() {
        let days = days(&first);
        let account = first.account_id.clone();
        let mut group = vec![first];
        while let Some(next) =
            rest.next_if(|next| next.account_id == account && self::days(next) == days)
        {
            group.push(next);
        }
        let before = ordered
            .last()
            .filter(|before| before.account_id == account)
            .and_then(|before| before.closing)
            .map(|closing| closing.amount);
        ordered.extend(chained(group, before));
    }
    ordered
}

type Days = (Option<chrono::NaiveDate>, Option<chrono::NaiveDate>);

fn days(statement: &Statement) -> Days {
    let date = |balance: Option<Balance>| balance.map(|balance| balance.date);
    (date(statement.opening), date(statement.closing))
}

/// Orders statements of the same days so that each opens with the closing
/// balance of the one before, if there is such an order. Copies go to the end.
fn chained(group: Vec<Statement>, before: Option<Money>) -> Vec<Statement> {
    let mut known = BTreeSet::new();
    let closing_of = |path: Option<Vec<usize>>, of: &[&Statement]| {
        let last = path.map(|path| of.get(*path.last()?)?.closing)?;
        Some(last?.amount)
    };
    let end = |of: &[&Statement]| closing_of(path(of, before), of);
    let with_copies = end(&group.iter().collect::<Vec<_>>());
    let (mut distinct, mut again): (Vec<Statement>, Vec<Statement>) = group
        .into_iter()
        .partition(|statement| known.insert(identity::identity(statement)));
    let all: Vec<&Statement> = distinct.iter().collect();
    let order = path(&all, before);
    let without_copies = closing_of(order.clone(), &all);
    let is_certain = |statement: &&Statement| statement.doubt != Doubt::OtherTexts;
    let certain = end(&all.into_iter().filter(is_certain).collect::<Vec<_>>());
    // The balances require these statements, so there is no doubt.
    if certain.is_none() || certain != without_copies {
        for statement in &mut distinct {
            statement.doubt = Doubt::None;
        }
    }
    let mut group = match order {
        Some(order) => reordered(distinct, &order),
        None => distinct,
    };
    // Copies are recorded once, so their position does not matter.
    for statement in &mut again {
        statement.doubt = match with_copies {
            None => Doubt::None,
            ends if ends == without_copies => Doubt::SameBalance,
            Some(_) => Doubt::OtherBalance,
        };
    }
    group.extend(again);
    group
}

fn reordered(statements: Vec<Statement>, order: &[usize]) -> Vec<Statement> {
    let mut left: Vec<Option<Statement>> = statements.into_iter().map(Some).collect();
    order
        .iter()
        .filter_map(|&index| left.get_mut(index)?.take())
        .collect()
}

/// Returns an order of all statements in which each opens with the closing
/// balance of the one before: an Eulerian path, with balances as vertices and
/// statements as edges. Of several choices it takes the first. `None` if there
/// is no such path, or a statement has no balances.
fn path(statements: &[&Statement], before: Option<Money>) -> Option<Vec<usize>> {
    let ends: Vec<(Money, Money)> = statements
        .iter()
        .map(|statement| Some((statement.opening?.amount, statement.closing?.amount)))
        .collect::<Option<_>>()?;
    if ends
        .windows(2)
        .all(|two| matches!(two, [(_, end), (begin, _)] if end == begin))
    {
        return Some((0..ends.len()).collect());
    }
    let departures = |place: Money| ends.iter().filter(|(begin, _)| *begin == place).count();
    let arrivals = |place: Money| ends.iter().filter(|(_, end)| *end == place).count();
    let source = ends
        .iter()
        .map(|(begin, _)| *begin)
        .find(|&place| departures(place) > arrivals(place));
    let start = source
        .or(before.filter(|&before| departures(before) > 0))
        .or(ends.first().map(|(begin, _)| *begin))?;
    // Hierholzer's algorithm: follow unused edges to a dead end, then return to
    // the last vertex that has another one.
    let mut used = vec![false; ends.len()];
    let mut way: Vec<(Money, Option<usize>)> = vec![(start, None)];
    let mut path = Vec::with_capacity(ends.len());
    while let Some(&(place, by)) = way.last() {
        let next = (0..ends.len()).find(|&index| !used[index] && ends[index].0 == place);
        match next {
            Some(index) => {
                used[index] = true;
                way.push((ends[index].1, Some(index)));
            }
            None => {
                path.extend(by);
                way.pop();
            }
        }
    }
    path.reverse();
    let follows = path
        .windows(2)
        .all(|two| matches!(two, &[one, next] if ends[one].1 == ends[next].0));
    (path.len() == ends.len() && follows).then_some(path)
}
