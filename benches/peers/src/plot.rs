//! Lines in an SVG: enough for four plots, without a library.

use std::fmt::Write;

const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 260.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 55.0;
const COLORS: [&str; 6] = ["#0b6e4f", "#d1495b", "#2a6fbb", "#6cc2a1", "#f0a3ad", "#8fbce6"];

pub struct Plot<'a> {
    pub title: &'a str,
    pub x: Axis<'a>,
    pub y: Axis<'a>,
    pub lines: Vec<Line<'a>>,
}

#[derive(Clone, Copy)]
pub struct Axis<'a> {
    pub label: &'a str,
    /// Each step is ten times the one before.
    pub logarithmic: bool,
}

pub struct Line<'a> {
    pub name: &'a str,
    pub points: Vec<(f64, f64)>,
}

/// Maps a number to its coordinate.
struct Scale {
    low: f64,
    high: f64,
    logarithmic: bool,
    from: f64,
    to: f64,
}

impl Scale {
    fn of(numbers: impl Iterator<Item = f64> + Clone, axis: Axis<'_>, from: f64, to: f64) -> Self {
        let highest = numbers.clone().fold(0.0, f64::max);
        let logarithmic = axis.logarithmic;
        let (low, high) = if logarithmic {
            let lowest = numbers.fold(f64::MAX, f64::min);
            (lowest.log10().floor(), highest.log10().ceil())
        } else {
            let step = step(highest);
            (0.0, (highest / step).ceil() * step)
        };
        Self { low, high, logarithmic, from, to }
    }

    fn place(&self, number: f64) -> f64 {
        let number = if self.logarithmic { number.log10() } else { number };
        self.from + (number - self.low) / (self.high - self.low).max(f64::EPSILON) * (self.to - self.from)
    }

    fn ticks(&self) -> Vec<f64> {
        let step = if self.logarithmic { 1.0 } else { step(self.high) };
        let count = ((self.high - self.low) / step).round() as usize;
        let ticks = (0..=count).map(|tick| self.low + tick as f64 * step);
        ticks.map(|tick| if self.logarithmic { 10_f64.powf(tick) } else { tick }).collect()
    }
}

/// 1, 2 or 5 times a power of ten, so that there are 4 to 10 steps.
fn step(highest: f64) -> f64 {
    let power = 10_f64.powf((highest / 4.0).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|times| times * power).find(|step| highest / step >= 4.0).unwrap_or(power)
}

impl Plot<'_> {
    pub fn svg(&self) -> String {
        let points = self.lines.iter().flat_map(|line| &line.points);
        let x = Scale::of(points.clone().map(|point| point.0), self.x, LEFT, WIDTH - RIGHT);
        let y = Scale::of(points.map(|point| point.1), self.y, HEIGHT - BOTTOM, TOP);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n"
        );
        text(&mut svg, LEFT, 22.0, "start", self.title, "font-weight=\"bold\" font-size=\"14\"");
        for tick in y.ticks() {
            let place = y.place(tick);
            line(&mut svg, [LEFT, place, WIDTH - RIGHT, place], "#dddddd");
            text(&mut svg, LEFT - 8.0, place + 4.0, "end", &tick.to_string(), "");
        }
        for tick in x.ticks() {
            let place = x.place(tick);
            line(&mut svg, [place, HEIGHT - BOTTOM, place, HEIGHT - BOTTOM + 5.0], "#333333");
            text(&mut svg, place, HEIGHT - BOTTOM + 20.0, "middle", &tick.to_string(), "");
        }
        line(&mut svg, [LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM], "#333333");
        text(&mut svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 12.0, "middle", self.x.label, "");
        let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        let turned = format!("transform=\"rotate(-90 18 {middle})\"");
        text(&mut svg, 18.0, middle, "middle", self.y.label, &turned);
        for (number, (each, color)) in self.lines.iter().zip(COLORS).enumerate() {
            each.draw(&mut svg, &x, &y, color);
            let place = TOP + 10.0 + 22.0 * number as f64;
            let from = WIDTH - RIGHT + 20.0;
            line(&mut svg, [from, place, from + 24.0, place], color);
            text(&mut svg, from + 32.0, place + 4.0, "start", each.name, "");
        }
        svg + "</svg>\n"
    }
}

impl Line<'_> {
    fn draw(&self, svg: &mut String, x: &Scale, y: &Scale, color: &str) {
        let places: Vec<_> = self.points.iter().map(|point| (x.place(point.0), y.place(point.1))).collect();
        let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        put(
            svg,
            format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>\n",
                path.join(" ")
            ),
        );
        for (x, y) in places {
            put(svg, format_args!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{color}\"/>\n"));
        }
    }
}

fn line(svg: &mut String, [x1, y1, x2, y2]: [f64; 4], color: &str) {
    put(
        svg,
        format_args!(
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{color}\" \
             stroke-width=\"1.5\"/>\n"
        ),
    );
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str, style: &str) {
    put(
        svg,
        format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" {style}>{text}</text>\n"),
    );
}

fn put(svg: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a `String` does not fail.
    svg.write_fmt(what).unwrap_or_default();
}
