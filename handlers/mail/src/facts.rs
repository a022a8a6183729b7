//! The values of a template's variables, by name.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

/// A few dozen names, each looked up once or twice a mail. A linear search, which mostly compares lengths, is cheaper than
/// a map that compares values.
#[derive(Debug, Clone)]
pub(crate) struct Facts(Vec<(&'static str, Value)>);

impl Facts {
    /// Takes each name once.
    pub(crate) fn new<const N: usize>(facts: [(&'static str, Value); N]) -> Self {
        Self(facts.into())
    }

    /// Adds other facts, whose names differ.
    pub(crate) fn and(mut self, others: Facts) -> Self {
        self.0.extend(others.0);
        self
    }

    /// Adds a fact with a new name.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn get(&self, wanted: &str) -> Option<Value> {
        let found = self.0.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.clone())
    }

    #[cfg(test)]
    pub(crate) fn names(&self) -> std::collections::BTreeSet<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    #[cfg(test)]
    pub(crate) fn first_of(&self, list: &str) -> Value {
        self.get(list).unwrap().get_item_by_index(0).unwrap()
    }
}

impl Object for Facts {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.get(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names: Vec<Value> = self.0.iter().map(|(name, _)| Value::from(*name)).collect();
        Enumerator::Iter(Box::new(names.into_iter()))
    }
}

/// Builds [`Facts`] with the syntax of `minijinja::context!`.
macro_rules! facts {
    ($($name:ident => $value:expr),* $(,)?) => {
        $crate::facts::Facts::new([
            $((stringify!($name), minijinja::Value::from($value))),*
        ])
    };
}

pub(crate) use facts;
