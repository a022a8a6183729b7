//! Keys as a keyboard sends them.

use serde_json::{Value, json};

/// The two events of a key: name as in `KeyboardEvent.key`, or one character.
pub(super) fn press(key: &str, shift: bool) -> [Value; 2] {
    let letter = format!("Key{}", key.to_uppercase());
    let (code, virtual_key, text) = match key {
        "Tab" => ("Tab", 9, None),
        "Enter" => ("Enter", 13, Some("\r")),
        "Escape" => ("Escape", 27, None),
        " " => ("Space", 32, Some(" ")),
        "End" => ("End", 35, None),
        "Home" => ("Home", 36, None),
        "ArrowLeft" => ("ArrowLeft", 37, None),
        "ArrowUp" => ("ArrowUp", 38, None),
        "ArrowRight" => ("ArrowRight", 39, None),
        "ArrowDown" => ("ArrowDown", 40, None),
        "/" => ("Slash", 191, Some("/")),
        "[" => ("BracketLeft", 219, Some("[")),
        "]" => ("BracketRight", 221, Some("]")),
        "?" => ("Slash", 191, Some("?")),
        other if other.len() == 1 && other.as_bytes()[0].is_ascii_lowercase() => (
            letter.as_str(),
            u32::from(other.as_bytes()[0].to_ascii_uppercase()),
            Some(other),
        ),
        other => panic!("no such key here: {other:?}"),
    };
    let mut down = json!({
        "type": if text.is_some() { "keyDown" } else { "rawKeyDown" },
        "key": key,
        "code": code,
        "windowsVirtualKeyCode": virtual_key,
        "modifiers": if shift { 8 } else { 0 },
    });
    let mut up = down.clone();
    up["type"] = json!("keyUp");
    if let Some(text) = text {
        down["text"] = json!(text);
    }
    [down, up]
}
