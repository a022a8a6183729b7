//! The balance as a curve: what it shows is what the API tells, by each of its scales.

use serde_json::{Value, json};
use tests::browser::Screen;
use tests::one_machine::Append;

use crate::given::Given;

/// Keeps the newest plot where the test finds it.
const KEEP: &str = "(() => {
  let made;
  Object.defineProperty(window, 'uPlot', {
    get: () => made,
    set: (uPlot) => { made = class extends uPlot { constructor(...rest) {
      super(...rest);
      window.plotted = this;
      const destroy = this.destroy;
      this.destroy = () => { this.isGone = true; destroy(); };
    } }; },
  });
})()";
const PLOT: &str = "#main .chart .u-over";

/// Ana's account: paid in on the 1st and the 20th, and a late event of the 10th.
fn given() -> Given {
    let given = Given::new();
    given.page.before_load(KEEP);
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    let deposit = |amount: &str, day: &str| {
        json!({ "type": "MoneyDeposited", "occurred_at": format!("2026-11-{day}T10:00:00Z"),
            "data": { "amount": amount, "currency": "EUR" } })
    };
    api.append(&Append {
        account: "ACC-1".to_owned(),
        key: "november".to_owned(),
        events: vec![
            deposit("100.10", "01"),
            deposit("50.20", "20"),
            deposit("7.30", "10"),
        ],
    });
    given
}

fn open(given: &Given) {
    given.open("/accounts/ACC-1");
    given.page.wait_for("#as-of-balance", "Version 4 of 4");
    given
        .page
        .wait("the curve", "window.plotted?.data[0]?.length === 4");
}

fn balances(given: &Given) -> Value {
    given
        .page
        .evaluate("window.plotted.data[1].map((balance) => balance.toFixed(2))")
}

#[test]
fn the_curve_is_the_balance_by_when_it_was_recorded_occurred_and_by_version() {
    let given = given();
    let page = &given.page;
    open(&given);
    let told: Vec<Value> = (1..=4)
        .map(|version| {
            given
                .api()
                .get(&format!("/v1/accounts/ACC-1?as_of_version={version}"))["balance"]
                .clone()
        })
        .collect();
    assert_eq!(balances(&given), json!(told));

    page.choose("#chart-basis", "version");
    page.wait("versions", "window.plotted.data[0].join() === '1,2,3,4'");
    assert_eq!(balances(&given), json!(told));

    // What came late stands where it belongs.
    page.choose("#chart-basis", "occurred_at");
    page.wait(
        "another order",
        "window.plotted.data[1][1].toFixed(2) === '107.40'",
    );
    assert_eq!(
        balances(&given),
        json!(["100.10", "107.40", "157.60", "157.60"])
    );
    given.assert_clean();
}

#[test]
fn what_was_recorded_together_is_not_years_apart() {
    let given = Given::new();
    given.page.before_load(KEEP);
    given.api().append(&Append {
        account: "ACC-1".to_owned(),
        key: "together".to_owned(),
        events: vec![
            json!({ "type": "AccountOpened", "occurred_on": "2026-11-02", "data": { "customer_id": "ana", "currency": "EUR" } }),
            json!({ "type": "MoneyDeposited", "occurred_on": "2026-11-20", "data": { "amount": "10.00", "currency": "EUR" } }),
        ],
    });
    given.open("/accounts/ACC-1");
    given
        .page
        .wait("the curve", "window.plotted?.data[0]?.length === 2");
    let seconds = "window.plotted.scales.x.max - window.plotted.scales.x.min";
    given.page.wait("a range", &format!("{seconds} === 2"));
    // Without a time, a day is one day.
    given.page.choose("#chart-basis", "occurred_at");
    given
        .page
        .wait("the days", &format!("{seconds} === 18 * 86400"));
    given.assert_clean();
}

#[test]
fn what_is_pointed_at_is_said_in_the_banks_own_digits_and_a_click_goes_to_its_version() {
    let given = given();
    let page = &given.page;
    open(&given);
    page.choose("#chart-basis", "version");
    page.wait("versions", "window.plotted.data[0].join() === '1,2,3,4'");
    // Versions 1 to 4 are at 0, 1/3, 2/3 and 1.
    page.point_at(PLOT, 0.34);
    page.wait_for(".chart-told", "Deposit +100.10 EUR");
    page.wait_for(".chart-told", "Balance 100.10 EUR");
    page.wait_for(".chart-told", "version 2");
    page.click(PLOT);
    page.wait_for("#as-of-balance", "Version");
    page.wait(
        "a version",
        "['2', '3'].includes(document.querySelector('#as-of-balance').dataset.version)",
    );
    given.assert_clean();
}

#[test]
fn what_is_dragged_over_is_zoomed_into_and_all_is_shown_again() {
    let given = given();
    let page = &given.page;
    open(&given);
    page.choose("#chart-basis", "version");
    page.wait("versions", "window.plotted.data[0].join() === '1,2,3,4'");
    assert_eq!(
        page.evaluate("document.querySelector('#chart-whole').hidden"),
        json!(true)
    );
    page.drag_over(PLOT, &[0.3, 0.4, 0.5, 0.6, 0.7]);
    page.wait(
        "a part",
        "window.plotted.scales.x.min > 1.5 && window.plotted.scales.x.max < 3.5",
    );
    // A zoom is no choice of a version.
    assert_eq!(
        page.evaluate("document.querySelector('#as-of-balance').dataset.version"),
        json!("4")
    );
    // News leaves it as it is, and is drawn.
    let _ = page.evaluate(
        "(() => { const { redraw } = window.plotted; window.redrawn = 0;
            window.plotted.redraw = (...rest) => { window.redrawn += 1; redraw(...rest); }; })()",
    );
    given.deposit("ACC-1", "more", "1.00", "more");
    page.wait(
        "the news",
        "window.plotted.data[0].length === 5 && window.redrawn > 0",
    );
    assert_eq!(
        page.evaluate("window.plotted.scales.x.max < 3.5"),
        json!(true)
    );
    page.click("#chart-whole");
    page.wait(
        "all",
        "window.plotted.scales.x.min === 1 && window.plotted.scales.x.max === 5",
    );
    given.assert_clean();
}

#[test]
fn a_curve_has_the_colours_that_were_chosen_and_fits_a_phone() {
    let given = given();
    let page = &given.page;
    open(&given);
    let line = "window.plotted.series[1].stroke(window.plotted, 1)";
    let light = page.evaluate(line);
    page.choose("#scheme", "dark");
    let dark = page.evaluate(line);
    assert_ne!(light, dark);
    page.choose("#scheme", "system");
    page.screen(Screen::DESKTOP.dark());
    assert_eq!(page.evaluate(line), dark);
    // What was chosen is kept.
    page.choose("#scheme", "light");
    page.go("about:blank");
    open(&given);
    assert_eq!(page.evaluate(line), light);
    page.choose("#scheme", "system");

    page.screen(Screen {
        width: 320,
        ..Screen::PHONE
    });
    page.wait(
        "the width",
        "window.plotted.width <= 320 && window.plotted.width > 200",
    );
    assert_eq!(
        page.evaluate("document.documentElement.scrollWidth"),
        json!(320)
    );
    given.assert_clean();
}

#[test]
fn the_longest_balance_is_not_cut_off_and_a_curve_ends_with_its_view() {
    let given = given();
    let page = &given.page;
    given.deposit("ACC-1", "much", "90071992547409.93", "much");
    given.open("/accounts/ACC-1");
    page.wait("the curve", "window.plotted?.data[0]?.length === 5");
    page.wait(
        "room for the values",
        "(() => {
          const { axes, over, root } = window.plotted;
          const ctx = document.createElement('canvas').getContext('2d');
          ctx.font = '11px system-ui, sans-serif';
          const widest = Math.max(...axes[1]._values.map((value) => ctx.measureText(value).width));
          return widest > 80 && root.getBoundingClientRect().right - over.getBoundingClientRect().right >= widest + axes[1].gap;
        })()",
    );
    page.click("nav [data-entry='accounts']");
    page.wait_for("#accounts", "ACC-1");
    page.wait("its end", "window.plotted.isGone === true");
    // Nobody redraws it.
    page.choose("#scheme", "dark");
    given.assert_clean();
}
