//! Charts as SVG.

use plotters::{
    coord::ranged1d::{AsRangedCoord, ValueFormatter},
    prelude::*,
};

use super::part::Chart;
use crate::error::{Error, Result};

const SIZE: (u32, u32) = (960, 420);
/// The colours of the lines. Each line also has its name at its end, for readers who cannot distinguish them.
const COLOURS: [RGBColor; 5] = [
    RGBColor(31, 95, 131),
    RGBColor(168, 68, 42),
    RGBColor(92, 104, 115),
    RGBColor(122, 92, 158),
    RGBColor(60, 125, 70),
];

/// Draws a chart whose y axis begins at zero.
pub(super) fn draw(chart: &Chart) -> Result<String> {
    let points = || chart.series.iter().flat_map(|line| &line.points);
    let least = points().map(|point| point[0]).fold(f64::INFINITY, f64::min);
    let most = points()
        .map(|point| point[0])
        .fold(f64::NEG_INFINITY, f64::max);
    let highest = points().map(|point| point[1]).fold(0.0, f64::max);
    if !(least.is_finite() && most > least && highest > 0.0) {
        return Err(Error::Bench(format!(
            "the chart {} has nothing to draw",
            chart.name
        )));
    }
    let mut svg = String::new();
    let drawn = if chart.log_x {
        drawn_over(chart, (least.max(1.0)..most).log_scale(), highest, &mut svg)
    } else {
        drawn_over(chart, least..most, highest, &mut svg)
    };
    drawn.map_err(|error| Error::Bench(format!("{}: {error}", chart.name)))?;
    Ok(svg)
}

fn drawn_over<X>(
    chart: &Chart,
    across: X,
    highest: f64,
    svg: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>>
where
    X: AsRangedCoord<Value = f64>,
    X::CoordDescType: ValueFormatter<f64>,
{
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut plot = ChartBuilder::on(&area)
        .caption(&chart.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(84)
        .build_cartesian_2d(across, 0.0..highest * 1.08)?;
    plot.configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc(&chart.x)
        .y_desc(&chart.y)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    for (line, colour) in chart.series.iter().zip(COLOURS.iter().cycle()) {
        let points = || line.points.iter().map(|point| (point[0], point[1]));
        plot.draw_series(LineSeries::new(points(), colour.stroke_width(2)))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
        plot.draw_series(points().map(|point| Circle::new(point, 3, colour.filled())))?;
    }
    plot.configure_series_labels()
        .background_style(WHITE.mix(0.85))
        .border_style(TRANSPARENT)
        .position(SeriesLabelPosition::LowerRight)
        .draw()?;
    area.present()?;
    Ok(())
}

/// Formats a number briefly: `1 M`, `20 k`, `0.25`.
fn short(value: f64) -> String {
    let (scaled, unit) = match value {
        value if value >= 1e6 => (value / 1e6, " M"),
        value if value >= 1e4 => (value / 1e3, " k"),
        value => (value, ""),
    };
    let text = format!("{scaled:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::part::Series;

    fn chart(points: Vec<[f64; 2]>) -> Chart {
        Chart {
            name: "growth".to_owned(),
            title: "Growth <of> it".to_owned(),
            x: "events".to_owned(),
            y: "a second".to_owned(),
            log_x: true,
            series: vec![Series {
                label: "ledgerbell".to_owned(),
                points,
            }],
        }
    }

    #[test]
    fn a_chart_names_its_axes_and_lines_and_is_xml() {
        let svg = draw(&chart(vec![[1.0, 10.0], [1_000_000.0, 9.0]])).unwrap();
        for told in [
            "Growth &lt;of&gt; it",
            "events",
            "a second",
            "ledgerbell",
            "1 M",
        ] {
            assert!(svg.contains(told), "{told}");
        }
    }

    #[test]
    fn a_single_point_is_not_drawn() {
        assert!(draw(&chart(vec![[1.0, 10.0]])).is_err());
    }
}
