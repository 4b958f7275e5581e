//! The OpenAPI 3.1 document: what each handler says about itself, and here, once, what holds for all of them: the token,
//! the key that makes a repetition harmless, and the ways in which a request can fail.

use crate::web::problem::ProblemBody;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Spec, Ref, RefOr, Required, Response, ResponseBuilder};

/// What every path shares.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Strippenkaart",
        description = "Who pays for this quarter of an hour, and how much is left?\n\n\
            Amounts are texts (\"400.00\"), minutes whole numbers, days ISO 8601 in the time zone of the provider, \
            instants RFC 3339. Unknown fields are refused; `null` counts as left out.\n\n\
            What belongs to another customer does not exist (404); what a role may not do is forbidden (403). \
            A refusal of the rules (409) wrote nothing, names itself in `type` and carries its figures."
    ),
    components(schemas(ProblemBody)),
    security(("token" = [])),
    tags(
        (name = "customers", description = "Customers and their persons"),
        (name = "cards", description = "Cards are ordered and renewed"),
        (name = "invoices", description = "Documents, what settles them, and how they are collected"),
        (name = "tickets", description = "What customers report"),
        (name = "coverage", description = "Who pays: the rules, and what is decided for a ticket"),
        (name = "estimates", description = "Hours are agreed beforehand"),
        (name = "time", description = "Time is logged, reversed and covered"),
        (name = "fair use", description = "Where customers stand against the average"),
        (name = "ledger", description = "What is left, and why"),
        (name = "reversals", description = "Payments that came undone, and what they cost"),
        (name = "arrears", description = "Who is late, and what is done about it"),
        (name = "availability", description = "What could be used, month by month"),
        (name = "accounting", description = "The books as a whole: months, balances, deferred revenue"),
        (name = "exports", description = "Files for the bookkeeper, the bank and the archive, each once"),
        (name = "bank", description = "Files of the bank, and what waits for a person"),
        (name = "policies", description = "The terms, by version"),
    )
)]
struct Outline;

/// The document before the paths are added.
#[must_use]
pub fn outline() -> Spec {
    let mut document = Outline::openapi();
    document.info.license = None; // the macro takes it from the package, which need not name one
    document
}

/// The name under `components`, the status and what it means.
const FAILURES: [(&str, &str, &str); 11] = [
    ("Unreadable", "400", "The body cannot be read as JSON, or the `Idempotency-Key` is not one."),
    ("Unauthenticated", "401", "No token, or one that is no longer good."),
    ("Forbidden", "403", "The role does not allow this."),
    ("NotFound", "404", "There is no such thing, or it belongs to another customer."),
    ("TooSlow", "408", "The body came in too slowly to be waited for; nothing was done."),
    (
        "Refused",
        "409",
        "The rules say no; nothing was written. `type` tells which rule, further members tell the figures.",
    ),
    ("TooLarge", "413", "The body is larger than 64 KiB."),
    ("Invalid", "422", "A field cannot be right, or the `Idempotency-Key` was used for another request."),
    (
        "TooMany",
        "429",
        "Too many requests of this caller are under way; this one was not begun, and may be sent again.",
    ),
    ("Fault", "500", "A fault of the service; nothing was written."),
    ("Unavailable", "503", "Too busy, or the database does not answer; the same request may be sent again."),
];

/// Adds to a document with all paths what holds for every one of them.
#[must_use]
pub fn complete(mut document: Spec) -> Spec {
    let components = document.components.get_or_insert_default();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("Made by `strippenkaart token create`; works for 90 days unless told otherwise."))
        .build();
    components.security_schemes.insert("token".to_owned(), SecurityScheme::Http(scheme).into());
    for (name, _, text) in FAILURES {
        components.responses.insert(name.to_owned(), problem(text).into());
    }
    components.parameters.insert("IdempotencyKey".to_owned(), idempotency_key().into());
    for (path, item) in &mut document.paths.paths {
        let named = path.contains('{');
        let operations =
            [(&mut item.get, false), (&mut item.post, true), (&mut item.put, true), (&mut item.delete, true)];
        for (operation, writes) in operations {
            if let Some(operation) = operation {
                describe(operation, named, writes);
            }
        }
        if let Some(post) = &mut item.post {
            let key = RefOr::Ref(Ref::new("#/components/parameters/IdempotencyKey"));
            post.parameters.get_or_insert_default().push(key);
        }
    }
    document
}

/// The name of one operation, for programs that make clients, and its failures.
fn describe(operation: &mut Operation, named: bool, writes: bool) {
    operation.operation_id = operation.summary.as_ref().map(|summary| summary.to_lowercase().replace(' ', "_"));
    let in_query = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
        RefOr::Ref(_) => false,
    };
    let searches = operation.parameters.iter().flatten().any(in_query);
    let for_some =
        operation.description.as_ref().is_some_and(|text| text.contains("For staff.") || text.contains("For finance."));
    for (name, status, _) in FAILURES {
        let possible = match status {
            "400" | "408" | "409" | "413" => writes,
            "403" => writes || for_some,
            "404" => named,
            "422" => writes || searches,
            _ => true,
        };
        if possible {
            let response = RefOr::Ref(Ref::from_response_name(name));
            operation.responses.responses.insert(status.to_owned(), response);
        }
    }
}

fn problem(text: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    ResponseBuilder::new().description(text).content("application/problem+json", content).build()
}

fn idempotency_key() -> Parameter {
    let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(200));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "1 to 200 printable ASCII characters. A request that is repeated under the same key is done once and answered \
             the same. Another request under that key is refused; a refused request leaves the key free.",
        ))
        .schema(Some(schema))
        .build()
}
