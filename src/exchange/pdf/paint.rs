//! Pages to bytes: PDF/A-2 with the fonts in it. Nothing of the machine or the moment goes in.

use super::{
    PdfError,
    fonts::Fonts,
    layout::{HEIGHT, Ink, Mark, Shape, WIDTH},
};
use crate::domain::Locale;
use chrono::{Datelike, NaiveDate};
use krilla::{
    Document, SerializeSettings,
    color::rgb,
    configure::{Archival, ConfigurationBuilder},
    geom::{Path, PathBuilder, Point},
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, Stroke, StrokeDash},
    surface::Surface,
};

/// How far the handles of a curve lie from its ends, as a part of the radius, to draw a quarter of a circle.
const KAPPA: f32 = 0.552_284_8;

/// What the file says about itself.
pub(super) struct About {
    /// Title, which viewers show.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// Language.
    pub locale: Locale,
    /// Its day.
    pub on: NaiveDate,
}

/// The file.
pub(super) fn write(pages: &[Vec<Mark>], fonts: &Fonts, about: About) -> Result<Vec<u8>, PdfError> {
    let configuration =
        ConfigurationBuilder::new().with_archival_validator(Archival::A2_B).finish().map_err(|error| failed(&error))?;
    let mut file = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or(PdfError::Fonts)?;
    for marks in pages {
        let mut page = file.start_page_with(settings.clone());
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, fonts);
        }
        surface.finish();
        page.finish();
    }
    file.set_metadata(metadata(about));
    file.finish().map_err(|error| failed(&error))
}

fn failed(error: &impl std::fmt::Debug) -> PdfError {
    PdfError::Write(format!("{error:?}"))
}

/// Title, author, language and the day of the document, at midnight in universal time.
fn metadata(about: About) -> Metadata {
    let part = |number: u32| u8::try_from(number).unwrap_or(1);
    let year = u16::try_from(about.on.year()).unwrap_or(0);
    let on = DateTime::new(year)
        .month(part(about.on.month()))
        .day(part(about.on.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    let language = match about.locale {
        Locale::Nl => "nl-NL",
        Locale::En => "en-GB",
    };
    Metadata::new()
        .document_id(about.title.clone())
        .title(about.title)
        .authors(vec![about.author])
        .creator("Strippenkaart".to_owned())
        .language(language.to_owned())
        .creation_date(on)
}

/// One mark.
fn draw(surface: &mut Surface<'_>, mark: &Mark, fonts: &Fonts) {
    match mark {
        Mark::Text { x, y, style, text } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(style.ink)));
            let mut x = *x;
            for run in fonts.runs(style.weight, &fonts.printable(style.weight, text)) {
                let glyphs = run.face.shape(&run.text);
                let font = run.face.font.clone();
                surface.draw_glyphs(Point::from_xy(x, *y), &glyphs, font, &run.text, style.size, false);
                x += run.face.width(&run.text, style.size);
            }
        }
        Mark::Fill { shapes, ink } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*ink)));
            if let Some(path) = path(shapes) {
                surface.draw_path(&path);
            }
        }
        Mark::Outline { shape, ink, dash } => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*ink, *dash)));
            if let Some(path) = path(std::slice::from_ref(shape)) {
                surface.draw_path(&path);
            }
        }
    }
}

fn fill(ink: Ink) -> Fill {
    Fill { paint: rgb::Color::new(ink.0, ink.1, ink.2).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn stroke(ink: Ink, dash: Option<f32>) -> Stroke {
    Stroke {
        paint: rgb::Color::new(ink.0, ink.1, ink.2).into(),
        width: 0.75,
        dash: dash.map(|length| StrokeDash { array: vec![length, length], offset: 0.0 }),
        ..Stroke::default()
    }
}

/// Figures as one path; `None` where there is nothing to draw.
fn path(shapes: &[Shape]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for shape in shapes {
        match *shape {
            Shape::Box { x, y, w, h, round } => corners(&mut path, (x, y, w, h), round),
            Shape::Disc { x, y, r } => corners(&mut path, (x - r, y - r, 2.0 * r, 2.0 * r), r),
        }
    }
    path.finish()
}

/// A box with round corners; with half its side as radius it is a disc.
fn corners(path: &mut PathBuilder, (x, y, w, h): (f32, f32, f32, f32), round: f32) {
    let (right, bottom) = (x + w, y + h);
    if round <= 0.0 {
        path.move_to(x, y);
        path.line_to(right, y);
        path.line_to(right, bottom);
        path.line_to(x, bottom);
        path.close();
        return;
    }
    let handle = round * (1.0 - KAPPA);
    path.move_to(x + round, y);
    path.line_to(right - round, y);
    path.cubic_to(right - handle, y, right, y + handle, right, y + round);
    path.line_to(right, bottom - round);
    path.cubic_to(right, bottom - handle, right - handle, bottom, right - round, bottom);
    path.line_to(x + round, bottom);
    path.cubic_to(x + handle, bottom, x, bottom - handle, x, bottom - round);
    path.line_to(x, y + round);
    path.cubic_to(x, y + handle, x + handle, y, x + round, y);
    path.close();
}
