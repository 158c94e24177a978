//! The table of routes, and how a path finds its handler: as Django does it, the first pattern that fits.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::store::Store;

pub(crate) type Handler = fn(&mut Store, &Call) -> Outcome;

/// How a route knows its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// By the `Authorization` header.
    Account,
    /// Not at all.
    Open,
    /// By the `X-Environment-Key` header, which the handler reads itself.
    EnvironmentKey,
}

/// A pattern and what each method does there. `{name}` takes a segment without dots (as the viewsets of Django REST
/// framework do), `{name:str}` any segment, `{name:int}` digits.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) pattern: &'static str,
    pub(crate) access: Access,
    pub(crate) methods: &'static [(&'static str, Handler)],
}

impl Route {
    pub(crate) const fn account(pattern: &'static str, methods: &'static [(&'static str, Handler)]) -> Self {
        Self { pattern, access: Access::Account, methods }
    }

    pub(crate) const fn open(pattern: &'static str, methods: &'static [(&'static str, Handler)]) -> Self {
        Self { pattern, access: Access::Open, methods }
    }

    pub(crate) const fn sdk(pattern: &'static str, methods: &'static [(&'static str, Handler)]) -> Self {
        Self { pattern, access: Access::EnvironmentKey, methods }
    }

    pub(crate) fn handler(&self, method: &str) -> Option<Handler> {
        let method = if method == "HEAD" { "GET" } else { method };
        let found = self.methods.iter().find(|(name, _)| *name == method);
        found.map(|(_, handler)| *handler)
    }

    pub(crate) fn wrong_method(&self, method: &str) -> Answer {
        let allowed: Vec<_> = self.methods.iter().map(|(name, _)| *name).collect();
        Answer::detail(405, &format!("Method \"{method}\" not allowed.")).with("allow", allowed.join(", "))
    }

    fn params(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let mut params = Vec::new();
        let mut given = path.split('/');
        for wanted in self.pattern.split('/') {
            let segment = given.next()?;
            match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                None if wanted == segment => {}
                Some(param) => params.push(fit(param, segment)?),
                None => return None,
            }
        }
        given.next().is_none().then_some(params)
    }
}

fn fit(param: &'static str, segment: &str) -> Option<(&'static str, String)> {
    let (name, kind) = param.split_once(':').unwrap_or((param, "key"));
    let fits = match kind {
        "int" => segment.bytes().all(|byte| byte.is_ascii_digit()),
        "str" => true,
        _ => !segment.contains('.'),
    };
    (fits && !segment.is_empty()).then(|| (name, segment.to_owned()))
}

/// All that the server answers to, in order.
#[derive(Debug)]
pub(crate) struct Routes {
    present: Vec<&'static Route>,
    /// Those of a newer server.
    absent: Vec<&'static Route>,
}

/// Where a path leads.
#[derive(Debug)]
pub(crate) enum Found {
    Route(&'static Route, Vec<(&'static str, String)>),
    /// To a route, had it ended in a slash.
    WithSlash,
    Nowhere,
}

impl Routes {
    /// Every route, apart from those that a server of before 2.263, or of before 2.205, did not have.
    pub(crate) fn new(with_future: bool, with_update_flag: bool) -> Self {
        let tables: [&'static [Route]; 24] = [
            crate::user::ROUTES,
            crate::organisation::ROUTES,
            crate::organisation_key::ROUTES,
            crate::project::ROUTES,
            crate::environment::ROUTES,
            crate::environment_clone::ROUTES,
            crate::metadata::ROUTES,
            crate::server_key::ROUTES,
            crate::tag::ROUTES,
            crate::feature::ROUTES,
            crate::owner::ROUTES,
            crate::variant::ROUTES,
            crate::segment::ROUTES,
            crate::state_list::ROUTES,
            crate::segment_override::ROUTES,
            crate::identity::ROUTES,
            crate::version::ROUTES,
            crate::version_state::ROUTES,
            crate::versioning::ROUTES,
            crate::membership::ROUTES,
            crate::group::ROUTES,
            crate::grant::ROUTES,
            crate::document::ROUTES,
            crate::sdk::ROUTES,
        ];
        let mut routes = Self { present: tables.into_iter().flatten().collect(), absent: Vec::new() };
        for (present, table) in [(with_future, crate::future::ROUTES), (with_update_flag, crate::update_flag::ROUTES)] {
            let kept = if present { &mut routes.present } else { &mut routes.absent };
            kept.extend(table);
        }
        routes
    }

    /// Whether a path leads to a route that only a newer server has.
    pub(crate) fn lack(&self, path: &str) -> bool {
        self.absent.iter().any(|route| route.params(path).is_some())
    }

    pub(crate) fn find(&self, path: &str) -> Found {
        if let Some((route, params)) = self.exact(path) {
            return Found::Route(route, params);
        }
        if !path.ends_with('/') && self.exact(&format!("{path}/")).is_some() {
            return Found::WithSlash;
        }
        Found::Nowhere
    }

    fn exact(&self, path: &str) -> Option<(&'static Route, Vec<(&'static str, String)>)> {
        self.present.iter().find_map(|route| route.params(path).map(|params| (*route, params)))
    }
}
