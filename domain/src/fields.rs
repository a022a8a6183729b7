//! Reading a JSON object field by field, so that each refusal names its field.

use serde::Serialize;
use serde_json::{Map, Value};

/// The location of a fault in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// A JSON pointer (RFC 6901) into the body.
    Pointer(String),
    /// A request header.
    Header(String),
    /// A parameter of the path or the query.
    Parameter(String),
}

/// One fault of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The location of the fault.
    #[serde(flatten)]
    pub location: Location,
    /// The fault, for the caller.
    pub detail: String,
}

impl FieldError {
    /// A fault in the body, at this JSON pointer (RFC 6901).
    pub fn pointer(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError {
            location: Location::Pointer(pointer.into()),
            detail: detail.into(),
        }
    }

    /// A fault of the header with this name.
    pub fn header(name: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError {
            location: Location::Header(name.into()),
            detail: detail.into(),
        }
    }

    /// A fault of the parameter of path or query with this name.
    pub fn parameter(name: impl Into<String>, detail: impl Into<String>) -> Self {
        FieldError {
            location: Location::Parameter(name.into()),
            detail: detail.into(),
        }
    }
}

/// Returns the faults as one line, each with its location.
#[must_use]
pub fn describe(errors: &[FieldError]) -> String {
    let lines = errors.iter().map(|error| match &error.location {
        Location::Pointer(place) | Location::Header(place) | Location::Parameter(place) => {
            format!("{place} {}", error.detail)
        }
    });
    lines.collect::<Vec<_>>().join("; ")
}

/// The pointer of a member of the object at `pointer`. RFC 6901: "~" and "/" inside a name are escaped.
pub(crate) fn pointer_below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// The fields of one JSON object, taken out one by one. Fields that are left at the end are unknown and refused, unless a
/// later version may have written them.
#[derive(Debug)]
pub struct Fields {
    pointer: String,
    map: Map<String, Value>,
    errors: Vec<FieldError>,
    ignores_unknown: bool,
}

impl Fields {
    /// An object at `pointer`; anything else is an error and reads as empty.
    pub fn new(value: Value, pointer: impl Into<String>) -> Self {
        let pointer = pointer.into();
        let name = name_of(&value);
        let (map, errors) = if let Value::Object(map) = value {
            (map, Vec::new())
        } else {
            let detail = format!("must be an object, not {name}");
            let error = FieldError::pointer(pointer.clone(), detail);
            (Map::new(), vec![error])
        };
        Fields {
            pointer,
            map,
            errors,
            ignores_unknown: false,
        }
    }

    /// Ignores unknown fields, here and in nested objects: a later version may
    /// have written them.
    #[must_use]
    pub fn ignoring_unknown(self) -> Self {
        Fields {
            ignores_unknown: true,
            ..self
        }
    }

    /// A nested object, whose unknown fields are treated like those of this one.
    pub fn part(&self, value: Value, pointer: impl Into<String>) -> Self {
        Fields {
            ignores_unknown: self.ignores_unknown,
            ..Fields::new(value, pointer)
        }
    }

    /// The pointer to a member of this object.
    #[must_use]
    pub fn pointer_to(&self, name: &str) -> String {
        pointer_below(&self.pointer, name)
    }

    /// Adds a fault of a member.
    pub fn refuse(&mut self, name: &str, detail: impl std::fmt::Display) {
        let pointer = self.pointer_to(name);
        self.errors
            .push(FieldError::pointer(pointer, detail.to_string()));
    }

    /// A fault of the object as a whole.
    pub fn refuse_whole(&mut self, detail: impl std::fmt::Display) {
        let error = FieldError::pointer(self.pointer.clone(), detail.to_string());
        self.errors.push(error);
    }

    /// Adds the faults below a member.
    pub fn add_errors(&mut self, errors: impl IntoIterator<Item = FieldError>) {
        self.errors.extend(errors);
    }

    /// Whether there is such a member, with whatever value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Takes a member; `None` if it is absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name)
    }

    /// Takes a member. Its absence is a fault.
    pub fn required(&mut self, name: &str) -> Option<Value> {
        let value = self.take(name);
        if value.is_none() && self.readable() {
            self.refuse(name, "is missing");
        }
        value
    }

    /// Takes an optional string.
    pub fn optional_text(&mut self, name: &str) -> Option<String> {
        let value = self.take(name)?;
        let found = name_of(&value);
        if let Value::String(text) = value {
            return Some(text);
        }
        self.refuse(name, format!("must be a string, not {found}"));
        None
    }

    /// Takes a required string.
    pub fn text(&mut self, name: &str) -> Option<String> {
        if !self.has(name) {
            self.required(name);
            return None;
        }
        self.optional_text(name)
    }

    /// Takes a required string and parses it.
    pub fn parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        self.parse(name, &text, parse)
    }

    /// Takes an optional string and parses it.
    pub fn optional_parsed<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.optional_text(name)?;
        self.parse(name, &text, parse)
    }

    /// Takes an optional string and parses it, or `default` if it is absent.
    pub fn parsed_or<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        default: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        if self.has(name) {
            self.parsed(name, parse)
        } else {
            self.parse(name, default, parse)
        }
    }

    fn parse<T, E: std::fmt::Display>(
        &mut self,
        name: &str,
        text: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(name, error);
                None
            }
        }
    }

    /// Takes an optional boolean.
    pub fn optional_bool(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        let truth = value.as_bool();
        if truth.is_none() {
            let found = name_of(&value);
            self.refuse(name, format!("must be true or false, not {found}"));
        }
        truth
    }

    fn readable(&self) -> bool {
        !self
            .errors
            .iter()
            .any(|error| error.location == Location::Pointer(self.pointer.clone()))
    }

    /// Finishes the object: unknown fields are faults too, unless they are ignored.
    ///
    /// # Errors
    /// Every fault of the object. If `value` is `None`, there is at least the fault that made it so.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        if !self.ignores_unknown {
            for (name, _) in std::mem::take(&mut self.map) {
                self.refuse(&name, "is not a known field");
            }
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.errors),
        }
    }
}

/// The kind of a JSON value, as faults name it.
#[must_use]
pub fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
