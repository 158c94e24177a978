use super::*;

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";

fn reply(status: u16, kind: &str, body: &str) -> Reply {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind.parse().unwrap())]);
    Reply { status, headers, body: body.as_bytes().to_vec() }
}

fn with(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    reply.headers.insert(name, value.parse().unwrap());
    reply
}

fn error(reply: Reply) -> Error {
    reply.success(None, str::to_owned).err().expect("an error")
}

fn refused(status: u16, message: &str) -> Error {
    Error::Refused { status, message: message.to_owned() }
}

fn not_flagsmith(status: u16, reason: &str) -> Error {
    Error::NotFlagsmith { status, reason: reason.to_owned() }
}

#[test]
fn each_status_says_who_must_act() {
    let message = |text: &str| text.to_owned();
    let detail = r#"{"detail": "Invalid token."}"#;
    let change_requests = r#"{"detail": "Cannot.", "code": "change_requests_enabled"}"#;
    let rows = [
        (401, JSON, detail, Error::CredentialRefused { message: message("Invalid token.") }),
        (403, JSON, detail, Error::Forbidden { message: message("Invalid token."), right: None }),
        (404, JSON, detail, Error::NotFound),
        (404, HTML, "<h1>Not Found</h1>", Error::RouteMissing),
        (404, "", "", Error::RouteMissing),
        (409, JSON, change_requests, Error::ChangeRequests),
        (409, JSON, detail, refused(409, "Invalid token.")),
        (400, JSON, detail, refused(400, "Invalid token.")),
        (415, "application/problem+json", detail, refused(415, "Invalid token.")),
        (429, JSON, detail, Error::Throttled { retry_after: DEFAULT_RETRY }),
        (429, HTML, "", Error::Throttled { retry_after: DEFAULT_RETRY }),
        (500, HTML, "<h1>Server Error (500)</h1>", Error::Server { status: 500 }),
        (503, JSON, detail, Error::Server { status: 503 }),
        (400, HTML, "", not_flagsmith(400, "it answers 400 with text/html where JSON is due")),
        (401, HTML, "", not_flagsmith(401, "it answers 401 with text/html where JSON is due")),
        (403, "", "", not_flagsmith(403, "it answers 403 with no content type where JSON is due")),
    ];
    for (status, kind, body, expected) in rows {
        assert_eq!(error(reply(status, kind, body)), expected, "{status} {kind} {body}");
    }
}

#[test]
fn what_is_forbidden_names_the_right_that_it_needs() {
    let reply = reply(403, JSON, r#"{"detail": "You do not have permission to perform this action."}"#);
    let error = reply.success(Some(Right::CreateFeature), str::to_owned).err().unwrap();
    let text = "Flagsmith forbids it: You do not have permission to perform this action.; the credential's owner needs the \
                right CREATE_FEATURE on the project";
    assert_eq!(error.to_string(), text);
}

#[test]
fn the_five_shapes_of_a_refusal_become_one_text() {
    let rows = [
        (r#"{"detail": "Duplicate priority: 0."}"#, "Duplicate priority: 0."),
        (r#"{"initial_value": ["Not a valid string."]}"#, "initial_value: Not a valid string."),
        (
            r#"{"non_field_errors": ["An environment with this name already exists."]}"#,
            "An environment with this name already exists.",
        ),
        (r#"["Invalid or missing value for project parameter."]"#, "Invalid or missing value for project parameter."),
        (
            r#"{"environment_default": {"value": ["'yes' is not a valid boolean"]}, "x": "y"}"#,
            "environment_default.value: 'yes' is not a valid boolean; x: y",
        ),
        (
            r#"{"segment_overrides": [{"segment": {"id": ["Segment not found."]}}]}"#,
            "segment_overrides[0].segment.id: Segment not found.",
        ),
        ("{}", "no reason given"),
        ("not json after all", "no reason given"),
    ];
    for (body, text) in rows {
        assert_eq!(error(reply(400, JSON, body)), refused(400, text), "{body}");
    }
}

#[test]
fn a_refusal_is_redacted_and_bounded() {
    let body = serde_json::json!({ "detail": format!("s3cret\n{}", "x".repeat(1000)) }).to_string();
    let error = reply(400, JSON, &body).success(None, |text| text.replace("s3cret", "[redacted]")).err();
    let Some(Error::Refused { message, .. }) = error else { panic!("{error:?}") };
    assert!(message.starts_with("[redacted] xxx"), "{message}");
    assert_eq!(message.chars().count(), 500);
}

#[test]
fn retry_after_is_seconds_or_a_date_and_bounded() {
    let wait = |value: &str| {
        let reply = with(reply(429, JSON, "{}"), DATE, "Tue, 24 Nov 2026 14:00:00 GMT");
        match error(with(reply, RETRY_AFTER, value)) {
            Error::Throttled { retry_after } => retry_after.as_secs(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(wait("7"), 7);
    assert_eq!(wait("Tue, 24 Nov 2026 14:00:42 GMT"), 42);
    assert_eq!(wait("Tue, 24 Nov 2026 13:00:00 GMT"), 60);
    assert_eq!(wait("soon"), 60);
    assert_eq!(wait("18446744073709551615"), 3600);
}

#[test]
fn a_redirect_names_the_other_server_but_no_path() {
    let redirect = |location: &str| error(with(reply(301, HTML, ""), LOCATION, location));
    let named = "it answers 301, a redirect to https://b.example.com, which is not followed";
    assert_eq!(redirect("https://b.example.com/environments/s3cret/?next=s3cret"), not_flagsmith(301, named));
    let relative = "it answers 301, a redirect to another path, which is not followed";
    assert_eq!(redirect("/environments/s3cret/"), not_flagsmith(301, relative));
    assert_eq!(error(reply(302, HTML, "")), not_flagsmith(302, &relative.replace("301", "302")));
}

#[derive(Debug, serde::Deserialize)]
#[expect(dead_code, reason = "only its shape matters")]
struct Named {
    id: i64,
}

fn shape(status: u16, kind: &str, body: &str) -> Error {
    reply(status, kind, body).json::<Vec<Named>>(&Call::get("things/{key}")).unwrap_err()
}

#[test]
fn json_of_another_shape_names_the_field_and_no_value() {
    let text = |body: &str| shape(200, JSON, body).to_string();
    assert_eq!(
        text(r#"[{"id": 1}, {"id": "a \" s3cret"}]"#),
        r#"Flagsmith's answer to things/{key} is not understood: [1].id: invalid type: string "…", expected i64"#
    );
    assert_eq!(text("[{}]"), "Flagsmith's answer to things/{key} is not understood: [0]: missing field `id`");
}

#[test]
fn what_is_not_json_at_all_is_not_flagsmith() {
    assert_eq!(shape(200, HTML, "<html>"), not_flagsmith(200, "it answers 200 with text/html where JSON is due"));
    let broken = not_flagsmith(200, "it answers 200 with a body that is not whole JSON");
    assert_eq!(shape(200, JSON, "[{\"id\": 1}"), broken);
    assert_eq!(shape(200, JSON, "<html>"), broken);
    assert_eq!(shape(204, "", ""), not_flagsmith(204, "it answers 204 with no content type where JSON is due"));
}

#[test]
fn a_deletion_is_confirmed_by_204_or_json_but_not_by_a_page() {
    assert_eq!(reply(204, "", "").nothing(), Ok(()));
    assert_eq!(reply(200, JSON, "{}").nothing(), Ok(()));
    assert!(reply(200, HTML, "<html>").nothing().is_err());
}

#[test]
fn the_servers_clock_and_release_are_read_from_the_headers() {
    let reply = with(with(reply(200, JSON, "{}"), DATE, "Tue, 24 Nov 2026 14:29:44 GMT"), VERSION, "2.265.0");
    assert_eq!(reply.date(), Some("2026-11-24T14:29:44Z".parse().unwrap()));
    assert_eq!(reply.version().as_deref(), Some("2.265.0"));
}
