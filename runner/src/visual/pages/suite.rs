//! The pages of a suite, and what holds for all of them.

use std::collections::HashSet;

use serde_json::{Map, Value};
use siskin_blueprints::{Arguments, Blueprint, Invalid};
use url::Url;

/// Most pages of a suite.
pub const PAGES_MAX: usize = 5_000;

/// The pages of a suite, and what holds for all of them: parameters of the blueprint `visual`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suite {
    /// All parameters but `url`.
    pub common: Map<String, Value>,
    /// Entries of `url`, in order.
    pub pages: Vec<Map<String, Value>>,
}

/// Which pages get another server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rebase {
    /// All: sitemaps name the public one.
    All,
    /// Those of which nothing but the path is known.
    Paths,
}

impl Suite {
    /// Pages of which nothing but addresses, and perhaps names, is known.
    pub fn of_urls(urls: impl IntoIterator<Item = (Url, Option<String>)>) -> Self {
        let page = |(url, name): (Url, Option<String>)| page(url.as_str(), name.as_deref());
        Self { common: Map::new(), pages: urls.into_iter().map(page).collect() }
    }

    /// Has pages be of a server: its origin, and its path before that of the page.
    ///
    /// # Errors
    /// For an address that is none.
    pub fn rebase(&mut self, base: &Url, which: Rebase) -> Result<(), Invalid> {
        for (index, page) in self.pages.iter_mut().enumerate() {
            let url = page.get("url").and_then(Value::as_str).unwrap_or_default();
            if which == Rebase::Paths && !url.starts_with('/') {
                continue;
            }
            let url = rebased(url, base)
                .map_err(|reason| Invalid::new(format!("url[{index}]"), format!("\"{url}\""), reason))?;
            page.insert("url".to_owned(), url.as_str().into());
        }
        Ok(())
    }

    /// The arguments of each page's run.
    ///
    /// # Errors
    /// The first rule of the blueprint that is broken, and pages whose names are the same.
    pub fn arguments(&self) -> Result<Vec<Arguments>, Invalid> {
        if self.pages.is_empty() {
            return Err(Invalid::new("url", "(none)", "at least one page"));
        }
        if self.pages.len() > PAGES_MAX {
            return Err(Invalid::new("url", self.pages.len(), format!("at most {PAGES_MAX} pages")));
        }
        let visual = Blueprint::named("visual").expect("the blueprint is one of the table");
        let mut names = HashSet::new();
        let of_page = |(index, page): (usize, &Map<String, Value>)| {
            let mut given = self.common.clone();
            given.insert("url".to_owned(), Value::Array(vec![Value::Object(page.clone())]));
            let arguments = Arguments::parse(visual, given).map_err(|mut invalid| {
                invalid.field = invalid.field.replacen("url[0]", &format!("url[{index}]"), 1);
                invalid
            })?;
            let name = visual_name(&arguments);
            if !names.insert(name.clone()) {
                let rule = "a name of its own: another page has the same, so they would have one baseline";
                return Err(Invalid::new(format!("url[{index}].name"), format!("\"{name}\""), rule));
            }
            Ok(arguments)
        };
        self.pages.iter().enumerate().map(of_page).collect()
    }
}

/// An entry of `url`.
pub(super) fn page(url: &str, name: Option<&str>) -> Map<String, Value> {
    let fields = [("url", Some(url)), ("name", name)];
    fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.into()))).collect()
}

/// What the only page's baseline is called.
fn visual_name(arguments: &Arguments) -> String {
    siskin_blueprints::visual_page_names(arguments).pop().unwrap_or_default()
}

fn rebased(url: &str, base: &Url) -> Result<Url, String> {
    match Url::parse(url) {
        Ok(mut url) => {
            let path = format!("{}{}", base.path().trim_end_matches('/'), url.path());
            url.set_scheme(base.scheme()).map_err(|()| "an http or https address".to_owned())?;
            url.set_host(base.host_str()).map_err(|error| error.to_string())?;
            url.set_port(base.port()).map_err(|()| "an address with a host".to_owned())?;
            url.set_path(&path);
            Ok(url)
        }
        // A path alone.
        Err(_) if url.starts_with('/') => {
            let origin = base.as_str().trim_end_matches('/');
            Url::parse(&format!("{origin}{url}")).map_err(|error| error.to_string())
        }
        Err(_) => base.join(url).map_err(|error| error.to_string()),
    }
}
