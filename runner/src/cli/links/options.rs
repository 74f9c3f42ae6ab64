//! From what was typed to what is checked.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use regex::Regex;
use reqwest::header::{HeaderName, HeaderValue};
use siskin_blueprints::{Invalid, StatusSet};
use url::Url;

use super::LinksArgs;
use crate::check::link::{CacheOptions, HostLimit, HostOptions, Judging, LinkOptions, RequestOptions};
use crate::cli::output::Stop;
use crate::config::parse_duration;

/// Bytes of a list of URLs.
const LIST_BYTES_MAX: u64 = 64 << 20;
/// The largest code that hosts are known to make up.
const STATUS_MAX: u16 = 999;

pub(super) fn options(arguments: &LinksArgs) -> Result<LinkOptions, Stop> {
    let mut start = arguments.urls.clone();
    if let Some(list) = &arguments.urls_from {
        start.extend(urls_from(list)?);
    }
    let (reach, judging, reports) = (&arguments.reach, &arguments.judging, &arguments.reports);
    let cache = match &reports.cache {
        Some(file) => Some(CacheOptions { file: file.clone(), age: duration("cache-age", &reports.cache_age)? }),
        None => None,
    };
    let options = LinkOptions {
        scope: reach.scope.clone(),
        depth: reach.depth,
        include: regexes("include", &reach.include)?,
        exclude: regexes("exclude", &reach.exclude)?,
        external: !reach.internal_only,
        judging: Judging {
            accept: judging.accept.parse().map_err(|invalid: Invalid| named("accept", &invalid))?,
            unverifiable: codes(&judging.unverifiable)?,
        },
        fragments: !judging.no_fragments,
        mixed_content: !judging.allow_mixed_content,
        robots: !reach.ignore_robots,
        sitemaps: reach.sitemaps,
        private: reach.allow_private,
        requests: requests(arguments)?,
        hosts: hosts(arguments)?,
        pages_max: reach.max_pages,
        links_max: reach.max_links,
        time_max: reach.max_time.as_deref().map(|text| duration("max-time", text)).transpose()?,
        cache,
        ..LinkOptions::new(start)
    };
    options.check().map_err(Stop::usage)?;
    Ok(options)
}

fn requests(arguments: &LinksArgs) -> Result<RequestOptions, Stop> {
    let given = &arguments.requests;
    let defaults = RequestOptions::default();
    let basic_auth = match given.basic_auth.as_deref().map(|text| text.split_once(':')) {
        None => None,
        Some(Some((user, password))) => Some((user.to_owned(), password.to_owned())),
        // The text is a secret: it is not told.
        Some(None) => return Err(Stop::usage("--basic-auth: USER:PASSWORD")),
    };
    Ok(RequestOptions {
        timeout: duration("timeout", &given.timeout)?,
        redirects_max: given.max_redirects,
        retries: given.retries,
        retry_wait: duration("retry-wait", &given.retry_wait)?,
        headers: given.header.iter().map(|text| header(text)).collect::<Result<_, _>>()?,
        basic_auth,
        user_agent: given.user_agent.clone().unwrap_or(defaults.user_agent),
        head_first: !given.get,
        insecure: given.insecure,
    })
}

fn hosts(arguments: &LinksArgs) -> Result<HostOptions, Stop> {
    let given = &arguments.hosts;
    let limit =
        |field, at_a_time, interval: &str| Ok::<_, Stop>(HostLimit { at_a_time, interval: duration(field, interval)? });
    Ok(HostOptions {
        at_a_time: given.concurrency,
        own: limit("own-interval", given.own_concurrency, &given.own_interval)?,
        other: limit("host-interval", given.host_concurrency, &given.host_interval)?,
        adaptive: !given.no_adaptation,
        wait_max: duration("max-wait", &given.max_wait)?,
    })
}

fn urls_from(list: &Path) -> Result<Vec<Url>, Stop> {
    let unreadable = |error: io::Error| Stop::usage(format_args!("--urls-from {}: {error}", list.display()));
    let mut text = String::new();
    if list == Path::new("-") {
        io::stdin().lock().take(LIST_BYTES_MAX).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        fs::File::open(list)
            .and_then(|file| file.take(LIST_BYTES_MAX).read_to_string(&mut text))
            .map_err(unreadable)?;
    }
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            line.parse().map_err(|error| Stop::usage(format_args!("{}:{number}: \"{line}\": {error}", list.display())))
        })
        .collect()
}

fn duration(field: &str, text: &str) -> Result<Duration, Stop> {
    parse_duration(field, text).map_err(|invalid| Stop::usage(format_args!("--{invalid}")))
}

fn regexes(field: &str, texts: &[String]) -> Result<Vec<Regex>, Stop> {
    let regex = |text: &String| Regex::new(text).map_err(|error| Stop::usage(format_args!("--{field}: {error}")));
    texts.iter().map(regex).collect()
}

fn named(field: &str, invalid: &Invalid) -> Stop {
    Stop::usage(format_args!("--{field} = {}: {}", invalid.value, invalid.rule))
}

/// Single codes, beyond those of the standard as well: some hosts make up their own.
fn codes(text: &str) -> Result<Vec<u16>, Stop> {
    let mut codes = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        if let Ok(code @ 100..=STATUS_MAX) = part.parse() {
            codes.push(code);
        } else {
            let set: StatusSet = part.parse().map_err(|invalid: Invalid| named("unverifiable", &invalid))?;
            codes.extend((100..=STATUS_MAX).filter(|code| set.contains(*code)));
        }
    }
    Ok(codes)
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), Stop> {
    // The value may be a secret: it is not told.
    let (name, value) = text.split_once(':').ok_or_else(|| Stop::usage("--header: \"NAME: VALUE\""))?;
    let header = name.trim().parse::<HeaderName>();
    let header = header.map_err(|_| Stop::usage(format_args!("--header \"{name}\": no name of a header")))?;
    let value = HeaderValue::from_str(value.trim());
    let mut value = value.map_err(|_| Stop::usage(format_args!("--header {name}: a value of visible characters")))?;
    value.set_sensitive(true);
    Ok((header, value))
}
