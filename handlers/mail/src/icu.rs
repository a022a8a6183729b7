//! ICU4X's formatters, created once for each thread and locale.
//!
//! They are not `Sync`, and creating the one for times takes longer than rendering a mail.

use icu_datetime::fieldsets::zone::LocalizedOffsetShort;
use icu_datetime::fieldsets::{self, Combo};
use icu_datetime::options::TimePrecision;
use icu_datetime::{DateTimeFormatter, DateTimeFormatterLoadError, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale as Tag;
use icu_plurals::PluralRules;

use crate::Locale;

pub(crate) struct Formatters {
    pub(crate) number: DecimalFormatter,
    pub(crate) plurals: PluralRules,
    /// `Sunday, November 22, 2026`.
    pub(crate) weekday: DateTimeFormatter<fieldsets::YMDE>,
    /// `November 22, 2026`.
    pub(crate) day: DateTimeFormatter<fieldsets::YMD>,
    /// `Nov 22, 2026`.
    pub(crate) short_day: DateTimeFormatter<fieldsets::YMD>,
    /// `Nov 22, 11:00 AM`.
    pub(crate) short_time: DateTimeFormatter<fieldsets::MDT>,
    /// `Sunday, November 22, 2026 at 11:00 AM`.
    pub(crate) time: DateTimeFormatter<fieldsets::YMDET>,
    /// `Sunday, November 22, 2026 at 11:00 AM GMT+1`.
    pub(crate) time_and_offset: DateTimeFormatter<Combo<fieldsets::YMDET, LocalizedOffsetShort>>,
    /// `GMT+1`.
    pub(crate) offset: NoCalendarFormatter<LocalizedOffsetShort>,
}

impl Formatters {
    fn new(locale: Locale) -> Result<Self, DateTimeFormatterLoadError> {
        // A tag that ICU4X cannot read falls back to CLDR's root, `und`.
        let tag: Tag = locale.as_str().parse().unwrap_or(Tag::UNKNOWN);
        let minutes = TimePrecision::Minute;
        Ok(Self {
            number: DecimalFormatter::try_new(tag.clone().into(), Default::default())?,
            plurals: PluralRules::try_new(tag.clone().into(), Default::default())?,
            weekday: DateTimeFormatter::try_new(tag.clone().into(), fieldsets::YMDE::long())?,
            day: DateTimeFormatter::try_new(tag.clone().into(), fieldsets::YMD::long())?,
            short_day: DateTimeFormatter::try_new(tag.clone().into(), fieldsets::YMD::medium())?,
            short_time: DateTimeFormatter::try_new(
                tag.clone().into(),
                fieldsets::MDT::medium().with_time_precision(minutes),
            )?,
            time: DateTimeFormatter::try_new(
                tag.clone().into(),
                fieldsets::YMDET::long().with_time_precision(minutes),
            )?,
            offset: NoCalendarFormatter::try_new(tag.clone().into(), LocalizedOffsetShort)?,
            time_and_offset: DateTimeFormatter::try_new(
                tag.into(),
                fieldsets::YMDET::long()
                    .with_time_precision(minutes)
                    .with_zone(LocalizedOffsetShort),
            )?,
        })
    }
}

thread_local! {
    static FORMATTERS: [Formatters; Locale::ALL.len()] = Locale::ALL.map(|locale| {
        Formatters::new(locale).expect("CLDR's data of all locales are compiled in")
    });
}

pub(crate) fn with<T>(locale: Locale, format: impl FnOnce(&Formatters) -> T) -> T {
    FORMATTERS.with(|formatters| format(&formatters[locale as usize]))
}
