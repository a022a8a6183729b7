//! Reading a schedule, with a fault named for each field.

use chrono_tz::Tz;
use serde_json::Value;

use super::{At, Cron, Operation, Rate, Schedule, When};
use crate::FieldError;
use crate::event::{MovementKind, read_movement};
use crate::fields::Fields;
use crate::time::WrittenBy;

pub(super) fn schedule(mut fields: Fields, by: WrittenBy) -> Result<Schedule, Vec<FieldError>> {
    let operation = nested(&mut fields, "operation", operation);
    let when = nested(&mut fields, "when", |fields| when(fields, by));
    let time_zone = fields.parsed_or("time_zone", "UTC", |text| {
        text.parse::<Tz>()
            .map_err(|_| "must be a name of the IANA time zone database, like \"Europe/Paris\"")
    });
    let end = fields.optional_parsed("end", |text| by.parse_time(text));
    let schedule = match (operation, when, time_zone) {
        (Some(operation), Some(when), Some(time_zone)) => Some(Schedule {
            operation,
            when,
            time_zone,
            end,
        }),
        _ => None,
    };
    fields.finish(schedule)
}

fn nested<T>(
    fields: &mut Fields,
    name: &str,
    read: impl FnOnce(Fields) -> Result<T, Vec<FieldError>>,
) -> Option<T> {
    let value = fields.required(name)?;
    let pointer = fields.pointer_to(name);
    match read(fields.part(value, pointer)) {
        Ok(value) => Some(value),
        Err(errors) => {
            fields.add_errors(errors);
            None
        }
    }
}

fn operation(mut fields: Fields) -> Result<Operation, Vec<FieldError>> {
    let kind = fields.parsed("type", |text| match text {
        "MoneyDeposited" => Ok(MovementKind::Deposit),
        "MoneyWithdrawn" => Ok(MovementKind::Withdrawal),
        _ => Err("must be MoneyDeposited or MoneyWithdrawn"),
    });
    let movement = nested(&mut fields, "data", |data| {
        let value_date = data.pointer_to("value_date");
        let movement = read_movement(data)?;
        match movement.value_date {
            None => Ok(movement),
            Some(_) => Err(vec![FieldError::pointer(
                value_date,
                "cannot be scheduled: each occurrence has a day of its own",
            )]),
        }
    });
    let operation = kind
        .zip(movement)
        .map(|(kind, movement)| Operation { kind, movement });
    fields.finish(operation)
}

fn when(mut fields: Fields, by: WrittenBy) -> Result<When, Vec<FieldError>> {
    let given: Vec<Option<Value>> = ["at", "rate", "cron"]
        .map(|name| fields.take(name))
        .into_iter()
        .collect();
    let mut named = ["at", "rate", "cron"].into_iter().zip(given);
    let mut present = named
        .by_ref()
        .filter_map(|(name, value)| Some((name, value?)));
    let (Some((name, value)), None) = (present.next(), present.next()) else {
        let detail = "must hold exactly one of \"at\", \"rate\" and \"cron\"";
        fields.refuse_whole(detail);
        return fields.finish(None);
    };
    let Value::String(text) = value else {
        let detail = format!("must be a string, not {}", crate::fields::name_of(&value));
        fields.refuse(name, detail);
        return fields.finish(None);
    };
    let when = match name {
        "at" => At::parse(&text, by).map(When::At),
        "rate" => Rate::parse(&text).map(When::Rate),
        _ => Cron::parse(&text).map(When::Cron),
    };
    let when = when.map_err(|detail| fields.refuse(name, detail)).ok();
    fields.finish(when)
}
