//! From what was typed to the pages and their arguments.

use serde_json::{Map, Value};
use siskin_blueprints::{Arguments, Blueprint, visual_page_names};

use super::{LooksArgs, PagesArgs};
use crate::cli::output::Stop;
use crate::visual::pages::{PagesError, Rebase, Suite, read_file, read_sitemap, read_storybook};

/// A page and how it is looked at.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) arguments: Arguments,
}

pub(super) async fn pages(which: &PagesArgs, looks: &LooksArgs) -> Result<Vec<Page>, Stop> {
    let mut suite = suite(which).await?;
    add(&mut suite.common, looks)?;
    let pages = suite.arguments().map_err(Stop::usage)?;
    let name = |arguments: &Arguments| visual_page_names(arguments).pop().unwrap_or_default();
    let mut pages: Vec<_> = pages.into_iter().map(|arguments| Page { name: name(&arguments), arguments }).collect();
    if let Some(only) = &which.only {
        pages.retain(|page| only.is_match(&page.name));
        if pages.is_empty() {
            return Err(Stop::usage(format_args!("--only {only}: no page has such a name")));
        }
    }
    Ok(pages)
}

async fn suite(which: &PagesArgs) -> Result<Suite, Stop> {
    let told = |error: PagesError| match error {
        PagesError::Invalid { .. } => Stop::usage(error),
        PagesError::Unreadable { .. } => Stop::tooling(error),
    };
    if let Some(file) = &which.pages {
        return read_file(file, which.base.as_ref()).map_err(Stop::usage);
    }
    if let Some(at) = &which.sitemap {
        let mut suite = read_sitemap(at).await.map_err(told)?;
        if let Some(base) = &which.base {
            suite.rebase(base, Rebase::All).map_err(Stop::usage)?;
        }
        return Ok(suite);
    }
    if let Some(base) = &which.storybook {
        return read_storybook(base).await.map_err(told);
    }
    Ok(Suite::of_urls(which.urls.iter().map(|url| (url.clone(), None))))
}

/// What was typed comes before what a file says.
fn add(common: &mut Map<String, Value>, looks: &LooksArgs) -> Result<(), Stop> {
    for (name, list) in [("viewports", &looks.viewport), ("ignore", &looks.ignore), ("hide", &looks.hide)] {
        if !list.is_empty() {
            common.insert(name.to_owned(), list.clone().into());
        }
    }
    if let Some(selector) = &looks.wait_for {
        common.insert("wait_for".to_owned(), selector.as_str().into());
    }
    let visual = Blueprint::named("visual").expect("the blueprint is one of the table");
    for param in &looks.param {
        let pair = param.split_once('=').ok_or_else(|| Stop::usage(format_args!("--param {param}: NAME=VALUE")))?;
        let (name, value) = pair;
        if name == "url" {
            return Err(Stop::usage(format_args!("--param {param}: pages are arguments of their own")));
        }
        visual.set(common, name, value).map_err(Stop::usage)?;
    }
    Ok(())
}
