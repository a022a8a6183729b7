//! What a template may say, by name.

use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

/// Some tens of names, each looked up once or twice a mail: to compare lengths, one after the other, is next to nothing
/// beside a map that compares values.
#[derive(Debug, Clone)]
pub(crate) struct Facts(Vec<(&'static str, Value)>);

impl Facts {
    /// Each name once.
    pub(crate) fn new<const N: usize>(facts: [(&'static str, Value); N]) -> Self {
        Self(facts.into())
    }

    /// Both, whose names differ.
    pub(crate) fn and(mut self, others: Facts) -> Self {
        self.0.extend(others.0);
        self
    }

    /// One more, of a new name.
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

/// As `minijinja::context!` writes it.
macro_rules! facts {
    ($($name:ident => $value:expr),* $(,)?) => {
        $crate::facts::Facts::new([
            $((stringify!($name), minijinja::Value::from($value))),*
        ])
    };
}

pub(crate) use facts;
