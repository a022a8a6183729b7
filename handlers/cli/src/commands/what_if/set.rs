//! `--set`: single members of the preferences.

use serde_json::{Value, json};

/// The path of a member, and its value.
pub(super) type Member = (Vec<String>, Value);

/// Reads `NAME=VALUE`. A value that is no JSON is a text.
pub(super) fn member(text: &str) -> Result<Member, &'static str> {
    const MESSAGE: &str = "must be a name and a value, such as delivery=daily";
    let (path, value) = text.split_once('=').ok_or(MESSAGE)?;
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    if path.iter().any(String::is_empty) || value.is_empty() {
        return Err(MESSAGE);
    }
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((path, value))
}

/// Returns the preferences that consist of these members. A later one replaces an earlier one.
pub(super) fn change(members: &[Member]) -> Value {
    let mut change = json!({});
    for (path, value) in members {
        let place = path.iter().fold(&mut change, |place, name| {
            if !place.is_object() {
                *place = json!({});
            }
            &mut place[name]
        });
        *place = value.clone();
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_become_preferences() {
        let members = [
            "delivery=daily",
            "kinds.deposit.enabled=false",
            "delivery=weekly",
        ];
        let members: Vec<Member> = members.iter().map(|text| member(text).unwrap()).collect();
        assert_eq!(
            change(&members),
            json!({"delivery": "weekly", "kinds": {"deposit": {"enabled": false}}})
        );
    }

    #[test]
    fn a_member_has_a_name_and_a_value() {
        for text in ["delivery", "=daily", "delivery=", "kinds..enabled=true"] {
            assert!(member(text).is_err(), "{text}");
        }
    }
}
