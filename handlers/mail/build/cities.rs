//! CLDR's names of the zones' cities, in our locales alone: those of all locales would be a megabyte of each function.

use std::fmt::Write as _;

use chrono_tz::{TZ_VARIANTS, Tz};
use icu_datetime::NoCalendarFormatter;
use icu_datetime::fieldsets::zone::ExemplarCity;
use icu_locale_core::Locale as Tag;
use icu_time::TimeZone;
use icu_time::zone::IanaParser;

use crate::catalogue::Catalogue;

/// Returns a line for each zone with cities: its name, and that of its city in each locale, in their order, behind tabs.
pub(crate) fn table(catalogue: &Catalogue) -> String {
    let formatters: Vec<_> = (catalogue.locales.iter())
        .map(|locale| {
            // A tag that ICU4X cannot read falls back to CLDR's root, `und`.
            let tag: Tag = locale.tag.parse().unwrap_or(Tag::UNKNOWN);
            NoCalendarFormatter::try_new(tag.into(), ExemplarCity)
                .expect("CLDR's data of all locales are compiled in")
        })
        .collect();
    let mut table = String::new();
    for zone in TZ_VARIANTS {
        let names: Option<Vec<String>> = formatters.iter().map(|city| name(city, zone)).collect();
        if let Some(names) = names {
            writeln!(table, "{}\t{}", zone.name(), names.join("\t")).expect("a string takes it");
        }
    }
    table
}

/// Returns the name of the zone's city; `None` if the zone is only an offset.
fn name(city: &NoCalendarFormatter<ExemplarCity>, zone: Tz) -> Option<String> {
    let of = |zone: TimeZone| city.format(&zone.without_offset()).to_string();
    let known = IanaParser::new().parse(zone.name());
    let is_offset = ["utc", "gmt"]
        .iter()
        .any(|prefix| known.as_str().starts_with(prefix));
    // CLDR has no city for `EST5EDT` and its like.
    Some(of(known)).filter(|city| !is_offset && *city != of(TimeZone::UNKNOWN))
}
