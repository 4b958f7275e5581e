//! A file as an answer: to be saved under its name, never shown as a page of ours.

use crate::service::exports::FileOut;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// A file to be saved.
#[derive(Debug)]
pub struct Download(pub FileOut);

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let FileOut { name, media_type, bytes } = self.0;
        let safe = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
        let name: String = name.chars().map(safe).collect();
        let header = |text: String, otherwise: &'static str| {
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(otherwise))
        };
        let headers = [
            (header::CONTENT_TYPE, header(media_type, "application/octet-stream")),
            (header::CONTENT_DISPOSITION, header(format!("attachment; filename=\"{name}\""), "attachment")),
            (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (headers, bytes).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        let file = FileOut { name: "a\"; x=\r\n/b.pdf".to_owned(), media_type: "text/x\n".to_owned(), bytes: vec![1] };
        let headers = Download(file).into_response().headers().clone();
        assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment; filename=\"a---x----b.pdf\"");
        assert_eq!(headers[header::CONTENT_TYPE], "application/octet-stream");
    }
}
